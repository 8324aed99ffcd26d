"""What each judge gave a project, told before the ceremony where the rules say so. (pure)"""

from collections.abc import Iterable, Sequence
from typing import Literal

from roadshow.errors import Conflict
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.ballot import digest
from roadshow.voting.explanation import Counted, Deducted, Dropped, Estimated, Figure, JudgeLine, Penalised, Weighed
from roadshow.voting.results import Card, CardsView, CeremonyState, Showable, ShownProject
from roadshow.voting.rules import evaluate
from roadshow.voting.seating.seats import elsewhere, has_quorum, panels, shadows
from roadshow.voting.seating.substitutes import alone, in_force, replaced
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PollState, Tally
from roadshow.voting.votes import FIRST_ROUND


def numbering(spec: PollSpec, key: str) -> tuple[PersonId, ...]:
    """The jury by its numbers where it is not named, as on the results page."""
    jury = {*spec.judges, *spec.reserve, spec.chair, *(() if spec.deputy is None else (spec.deputy,))}
    return shuffled(jury, key)


def shuffled(jury: Iterable[PersonId], key: str) -> tuple[PersonId, ...]:
    """Nobody without the key can lay the numbers beside the jury as it is published."""
    return tuple(sorted(jury, key=lambda person: digest(f"{key} {person}".encode())))


def cards_view(spec: PollSpec, tally: Tally, numbers: Sequence[PersonId] | None) -> CardsView:
    """``numbers``: as ``numbering``; None: judges are named."""
    return CardsView(
        spec.rules.scores_told or "ceremony",
        tuple(_shown(spec, tally, one.project, one.at.ms, numbers) for one in tally.shown),
    )


def for_the_chair(spec: PollSpec, tally: Tally, numbers: Sequence[PersonId] | None) -> tuple[ShownProject, ...]:
    """All cards, once the count is closed, if the rules tell the chair."""
    if spec.rules.scores_told != "chair" or not tally.count.closed:
        return ()
    return tuple(_shown(spec, tally, project, 0, numbers) for project in spec.projects)


def showable(spec: PollSpec, state: PollState) -> tuple[Showable, ...]:
    """In the order in which the projects pitched."""
    if not spec.rules.shows_cards or state.state is not CeremonyState.SEALED:
        return ()
    due = (project for project in state.opened if _untimely(spec, state, project) is None)
    return tuple(
        Showable(project, _missing(spec, state.tally, project), _waits(spec, state.tally, project)) for project in due
    )


def refusal(spec: PollSpec, state: PollState, project: ProjectId, missing: int) -> Conflict | None:
    """Why its cards cannot be shown; None: they can."""
    untimely = _untimely(spec, state, project)
    if untimely is not None:
        return untimely
    waits = _waits(spec, state.tally, project)
    if waits == "late":
        return Conflict("result.late")
    if waits == "paper":
        return Conflict("paper.unconfirmed")
    if waits == "quorum":
        return Conflict("cards.quorum")
    return None if _missing(spec, state.tally, project) == missing else Conflict("cards.moved_on")


def _untimely(spec: PollSpec, state: PollState, project: ProjectId) -> Conflict | None:
    is_open = {window.project for window in state.windows if window.open and window.round == FIRST_ROUND}
    if project in {one.project for one in state.tally.shown}:
        return Conflict("cards.shown")
    if project not in state.opened:
        return Conflict("cards.early")
    if project in is_open:
        return Conflict("poll.open")
    if spec.rules.scores_told == "after-each" or state.tally.count.closed:
        return None
    after = state.opened[state.opened.index(project) + 1 :]
    return None if set(after) - is_open else Conflict("cards.early")


def _waits(spec: PollSpec, tally: Tally, project: ProjectId) -> Literal["", "late", "paper", "quorum"]:
    if any(one.ballot.project == project for one in tally.late):
        return "late"
    if any(card.typed.ballot.project == project and card.confirmed_by is None for card in tally.cards):
        return "paper"
    void = {one.judge for one in tally.set_aside if one.project == project}
    given = {one.ballot.judge: one.ballot for one in tally.ballots if one.ballot.project == project}
    now, scoring = _scoring(spec, tally, project)
    counting = [
        judge
        for judge in scoring
        if judge in given and judge not in void and not (given[judge].recused or given[judge].abstained)
    ]
    return "" if has_quorum(now.rules, panels(now), counting) else "quorum"


def _missing(spec: PollSpec, tally: Tally, project: ProjectId) -> int:
    given = {one.ballot.judge for one in tally.ballots if one.ballot.project == project}
    _, scoring = _scoring(spec, tally, project)
    return sum(judge not in given and (judge, project) not in spec.recused for judge in scoring)


def _scoring(spec: PollSpec, tally: Tally, project: ProjectId) -> tuple[PollSpec, Sequence[PersonId]]:
    """The spec as if the project were all of the field, with whoever has a seat for it; and those of them whose ballots
    can count: no shadow judges, and nobody whom the lot has given other projects."""
    only, substitutions = alone(spec, tally.substitutions, project)
    now = in_force(only, substitutions)
    unseen, out = shadows(now), elsewhere(now) | replaced(only, substitutions)
    return now, [judge for judge in now.judges if judge not in unseen and (judge, project) not in out]


def _shown(
    spec: PollSpec, tally: Tally, project: ProjectId, at: int, numbers: Sequence[PersonId] | None
) -> ShownProject:
    """By the field's rules, as if the project were all of it. Whose ballots cannot count for it has no card."""
    only, substitutions = alone(spec, tally.substitutions, project)
    ballots = (accepted.ballot for accepted in tally.ballots if accepted.ballot.project == project)
    result = evaluate(only, ballots, set_aside=tally.set_aside, penalties=tally.penalties, substitutions=substitutions)
    lines: Sequence[JudgeLine] = ()
    score = estimator = penalty = ""
    out: set[PersonId] = set()
    for step in result.explanations[0].steps:
        match step:
            case Counted(judges=judges):
                lines = [line for line in judges if line.state not in ("shadow", "elsewhere", "replaced")]
            case Weighed(panels=weighed):
                for panel in weighed:
                    out |= _dropped([line for line in lines if line.panel == panel.panel], panel.dropped)
            case Estimated(used=used, value=value, dropped=dropped):
                score, estimator = value.shown, used
                out |= _dropped(lines, dropped)
            case Deducted(net=Figure() as net):
                score = net.shown
            case Penalised(points=points, net=net):
                score, penalty = net.shown, points.shown
            case _:
                pass
    order = in_force(spec, tally.substitutions).judges if numbers is None else numbers
    cards = [
        Card(
            judge=line.judge if numbers is None else None,
            number=order.index(line.judge) + 1,
            state=line.state,
            total="" if line.total is None else line.total.shown,
            dropped=line.judge in out,
        )
        for line in lines
    ]
    return ShownProject(project, at, tuple(sorted(cards, key=lambda card: card.number)), score, estimator, penalty)


def _dropped(lines: Sequence[JudgeLine], dropped: Sequence[Dropped]) -> set[PersonId]:
    """Whose totals were left out."""
    out: set[PersonId] = set()
    for value in (value for one in dropped if one.criterion is None for value in (*one.low, *one.high)):
        given = (line.judge for line in reversed(lines) if line.total is not None and line.total.shown == value)
        out.add(next(judge for judge in given if judge not in out))
    return out
