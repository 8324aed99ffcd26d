"""Questions to the jury, its votes, and casting votes. (pure)"""

import msgspec

from roadshow.ids import AwardId, PersonId, ProjectId
from roadshow.voting.boxes.jury import said
from roadshow.voting.ledger.proceedings.identity import require_own_vote
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Asked, Impossible, Standing, require_reason
from roadshow.voting.questions.acts import LONGEST, MOST_QUESTIONS, SHORTEST, QuestionBody
from roadshow.voting.tally import LedgerEntry

NOBODY = ProjectId("")


def _put(standing: Standing, entry: LedgerEntry, body: QuestionBody) -> None:
    standing.require_sealed()
    projects, jury, until = body.projects, body.jury, body.until
    if not projects or jury is None or until is None or body.choice is not None or body.question is not None:
        raise Impossible("it asks nothing")
    if body.sealed is not None:
        raise Impossible("it is sealed")
    if not standing.projects.issuperset(projects) or len(set(projects)) < len(projects):
        raise Impossible("there are no such projects")
    standing.require_deciding(body.by, projects, settles=True)
    standing.require_counted()
    standing.require_closed_windows()
    _require_rule(standing, body.award)
    if not SHORTEST.ms <= until - standing.at <= LONGEST.ms:
        raise Impossible("the jury has no time, or no end of it")
    subject = frozenset(projects) if body.award is None else body.award
    if any(one.subject == subject and _is_held(standing, one) for one in standing.asked_jury.values()):
        raise Impossible("the jury has answered that")
    if len(standing.asked_jury) >= MOST_QUESTIONS:
        raise Impossible(f"there are {MOST_QUESTIONS} questions at most")
    if jury != _jury(standing, body.award, projects):
        raise Impossible("others may vote on it than it says")
    standing.asked_jury[entry.sequence] = Asked(subject, projects, jury, until)


def _vote(standing: Standing, _entry: LedgerEntry, body: QuestionBody) -> None:
    standing.require_sealed()
    question = _asked(standing, body)
    if body.by not in question.jury:
        raise Impossible(f"{body.by} has no vote on it")
    if body.by in question.votes:
        raise Impossible(f"{body.by} has voted before")
    if standing.at >= question.until:
        raise Impossible("its time is over")
    body = _opened(standing, body)
    if body.choice is None:
        raise Impossible("it is for nothing")
    if body.choice != NOBODY and body.choice not in question.projects:
        raise Impossible("that cannot be chosen")
    require_own_vote(standing, body)
    question.votes[body.by] = body.choice or NOBODY


def _cast(standing: Standing, _entry: LedgerEntry, body: QuestionBody) -> None:
    standing.require_sealed()
    require_reason(body.reason)
    question = _asked(standing, body)
    standing.require_deciding(body.by, question.projects, settles=True)
    standing.require_counted()
    standing.require_closed_windows()
    choices = question.projects if isinstance(question.subject, frozenset) else (*question.projects, NOBODY)
    votes = {choice: list(question.votes.values()).count(choice) for choice in choices}
    level = [choice for choice in choices if votes[choice] == max(votes.values())]
    is_level = level == list(choices) if isinstance(question.subject, frozenset) else len(level) > 1
    if question.is_cast or not is_level or not _is_held(standing, question):
        raise Impossible("no casting vote is wanted")
    if body.choice is None or body.choice not in level or body.sealed is not None:
        raise Impossible("that has not the most votes")
    question.is_cast = True


def _asked(standing: Standing, body: QuestionBody) -> Asked:
    question = standing.asked_jury.get(body.question or 0)
    if question is None or body.projects is not None or body.jury is not None:
        raise Impossible("there is no such question")
    return question


def _opened(standing: Standing, body: QuestionBody) -> QuestionBody:
    """A vote with what was chosen, and the judge's own signature."""
    if (body.sealed is not None) != bool(standing.spec.sealed):
        raise Impossible("it is " + ("in the open" if body.sealed is None else "sealed"))
    if body.sealed is None:
        return body
    if body.choice is not None or body.signature is not None:
        raise Impossible("it is sealed, and in the open")
    if standing.box is None:
        raise Impossible("it is sealed, and there is no key that opens it")
    try:
        found = said(standing.box, body.by, body.question or 0, body.command, body.sealed)
    except (ValueError, RecursionError) as problem:
        raise Impossible(f"it cannot be opened: {problem}") from problem
    return msgspec.structs.replace(body, choice=found.choice, signature=found.signature or None)


def _is_held(standing: Standing, question: Asked) -> bool:
    return len(question.votes) >= min(standing.spec.rules.vote_quorum, len(question.jury))


def _require_rule(standing: Standing, award: AwardId | None) -> None:
    rules = standing.spec.rules
    by = {one.id: one.by for one in rules.awards}
    sponsored = any(one == award for one, _ in standing.spec.sponsors)
    if award is None and "jury" in rules.tie_chain:
        return
    if award is not None and (by.get(award) == "jury" or (by.get(award) == "sponsor" and sponsored)):
        return
    raise Impossible("the rules leave that to no vote of the jury")


def _jury(standing: Standing, award: AwardId | None, projects: tuple[ProjectId, ...]) -> tuple[PersonId, ...]:
    """Who has a seat at the end of the field, and no conflict; without shadow judges, or the sponsor's people alone."""
    spec = standing.spec
    unheard = {panel.id for panel in spec.rules.panels if not panel.weight}
    panels, sponsors = dict(spec.seats), {judge for one, judge in spec.sponsors if one == award}
    seated = {seat[-1]: panels.get(first) for first, seat in standing.seats.items()}
    barred = {judge for judge, project in (*standing.recused, *standing.void) if project in projects}
    return tuple(
        judge
        for judge in standing.sat_down
        if judge in seated and judge not in barred and (judge in sponsors if sponsors else seated[judge] not in unheard)
    )


KINDS: Kinds = {
    "question": Kind(written_as(QuestionBody), _put),
    "vote": Kind(written_as(QuestionBody), _vote),
    "casting-vote": Kind(written_as(QuestionBody), _cast),
}
