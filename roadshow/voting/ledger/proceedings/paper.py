"""Ballots by paper: a clerk types a card in, another person confirms it, the judge may contest it. (pure)

Whether its code is one of the server's nobody can tell without the key, nor whether there is such a card: two people
stand for it, and the seals.
"""

from collections.abc import Callable

from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Paper, Standing
from roadshow.voting.paper.acts import CLAIMS, FAULTS, MOST_CARDS, PaperBody
from roadshow.voting.paper.codes import ALPHABET, LENGTH
from roadshow.voting.tally import LedgerEntry, Pair
from roadshow.voting.votes import FIRST_ROUND

Take = Callable[[Standing, LedgerEntry, PaperBody], None]


def _while_counting(take: Take) -> Take:
    def taken(standing: Standing, entry: LedgerEntry, body: PaperBody) -> None:
        standing.require_sealed()
        standing.require_counting()
        take(standing, entry, body)

    return taken


def _type(standing: Standing, entry: LedgerEntry, body: PaperBody) -> None:
    if body.by not in standing.spec.clerks:
        raise Impossible(f"{body.by} is no clerk")
    if standing.form is not None:
        raise Impossible("ballots that are no scores do not come on paper")
    pair = _pair(standing, body)
    judge, project = pair
    if pair in standing.recused:
        raise Impossible(f"{judge} is recused from {project}")
    if judge in standing.by_lot and pair not in standing.assigned:
        raise Impossible(f"the lot gave {project} to others than {judge}")
    if pair in standing.void:
        raise Impossible(f"the ballots of {judge} for {project} are set aside")
    standing.require_hidden(project)
    if pair in standing.carded or pair in standing.papers:
        raise Impossible(f"a card of {judge} for {project} was typed in before")
    if (judge, project, FIRST_ROUND) in standing.revisions:
        raise Impossible(f"{judge} has given something for {project} themselves")
    if standing.is_open(project, FIRST_ROUND) == body.late or (project, FIRST_ROUND) not in standing.opened:
        raise Impossible("the window was not as it says")
    if standing.typed.get(pair, 0) >= MOST_CARDS:
        raise Impossible(f"it was typed in {MOST_CARDS} times before")
    if len(body.code or "") != LENGTH or not set(body.code or "") <= set(ALPHABET):
        raise Impossible("it has no code")
    _require_scores(standing, body)
    standing.typed[pair] = standing.typed.get(pair, 0) + 1
    standing.papers[pair] = Paper(entry.sequence, body)


def _confirm(standing: Standing, _entry: LedgerEntry, body: PaperBody) -> None:
    pair, card = _waiting(standing, body)
    if body.by == card.typed.by:
        raise Impossible(f"{body.by} has typed it in, and confirms it")
    if body.by not in standing.spec.clerks and not standing.is_organiser(body.by):
        raise Impossible(f"{body.by} is no second person who could confirm it")
    if pair in standing.void:
        raise Impossible("the judge's ballots are set aside")
    if (body.code, body.scores) != (card.typed.code, card.typed.scores):
        raise Impossible("what was confirmed is not what was typed in")
    card.confirmed_by = body.by
    standing.carded.add(pair)
    if card.typed.late:
        standing.late[pair] = card.entry
    else:
        standing.counted[pair] = "paper"


def _reject(standing: Standing, _entry: LedgerEntry, body: PaperBody) -> None:
    pair, _ = _waiting(standing, body)
    if body.by not in standing.spec.clerks and not standing.is_organiser(body.by):
        raise Impossible(f"{body.by} had not to reject it")
    if body.category not in FAULTS:
        raise Impossible("it does not say why")
    del standing.papers[pair]


def _contest(standing: Standing, _entry: LedgerEntry, body: PaperBody) -> None:
    pair, card = _of(standing, body)
    if card.confirmed_by is None or body.by != pair[0]:
        raise Impossible(f"there is no ballot by paper that {body.by} could contest")
    if standing.shown.get(pair[1]) == standing.count:
        raise Impossible(f"the cards of {pair[1]} were shown in this count")
    if card.contested or body.category not in CLAIMS:
        raise Impossible("it was contested before, or it does not say why")
    card.contested = True
    if standing.counted.get(pair) == "paper":
        del standing.counted[pair]
        standing.late[pair] = card.entry


def _pair(standing: Standing, body: PaperBody) -> Pair:
    judge, project = body.judge, body.project
    if judge is None or project is None or judge not in standing.judges or project not in standing.projects:
        raise Impossible(f"{judge} has no vote on {project}")
    if not standing.sits(judge, project):
        raise Impossible(f"somebody else has the seat of {judge} for {project}")
    return judge, project


def _require_scores(standing: Standing, body: PaperBody) -> None:
    scores = body.scores or {}
    if scores.keys() != standing.criteria.keys():
        raise Impossible("it does not score just the criteria of the rubric")
    for criterion, score in scores.items():
        if not 0 <= score <= standing.criteria[criterion]:
            raise Impossible(f"it gives {criterion} {score} of {standing.criteria[criterion]}")


def _of(standing: Standing, body: PaperBody) -> tuple[Pair, Paper]:
    for pair, card in standing.papers.items():
        if card.entry == body.paper:
            return pair, card
    raise Impossible("there is no such card")


def _waiting(standing: Standing, body: PaperBody) -> tuple[Pair, Paper]:
    pair, card = _of(standing, body)
    if card.confirmed_by is not None:
        raise Impossible("it was confirmed before")
    return pair, card


KINDS: Kinds = {
    "paper": Kind(written_as(PaperBody), _while_counting(_type)),
    "confirm-paper": Kind(written_as(PaperBody), _while_counting(_confirm)),
    "reject-paper": Kind(written_as(PaperBody), _while_counting(_reject)),
    "contest-paper": Kind(written_as(PaperBody), _while_counting(_contest)),
}
