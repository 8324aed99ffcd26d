"""Small juries and what they give, by hand and by chance."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from hypothesis import strategies as st
from msgspec import structs

from roadshow.ids import AwardId, CommandId, CriterionId, PanelId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.carried.carrying import brought
from roadshow.voting.carried.terms import Brought, Came, Line, Source, Taken, Terms
from roadshow.voting.explanation import Explanation
from roadshow.voting.questions.state import Casting, Given, Question
from roadshow.voting.rules import FieldResult, Votes, evaluate
from roadshow.voting.spec import (
    Award,
    BallotForm,
    Criterion,
    Deduction,
    EstimatorName,
    Panel,
    PollSpec,
    Prize,
    RuleSet,
    TieStep,
    Trim,
)
from roadshow.voting.tally import Penalty, Revote, SetAside, Substitution
from roadshow.voting.votes import Accepted, Ballot

CHAIN: tuple[TieStep, ...] = ("heaviest-criterion", "pairwise-majority", "chair", "shared")
EVERY_STEP: tuple[TieStep, ...] = (
    "net",
    "heaviest-criterion",
    "pairwise-majority",
    "untrimmed-mean",
    "re-vote",
    "jury",
    "chair",
    "shared",
)
OF_ORDERS: tuple[EstimatorName, ...] = ("borda", "place-points")
"""What can be made of ballots that are orders."""
Table = dict[str, dict[str, tuple[int, ...] | None]]
"""Judge → project → scores in the order of the criteria; None: recused. A project that is not there was not scored."""
DEDUCTIONS = (Deduction(CriterionId("overtime"), 10, 2), Deduction(CriterionId("reading"), 60))
CYCLE = [[50, 40, 30], [30, 50, 40], [40, 30, 50]]
"""Two of three prefer a to b, b to c, and c to a."""


def spec_of(
    table: Table,
    criteria: Sequence[tuple[int, ...]] = ((1, 100),),
    *,
    projects: str = "",
    chain: tuple[TieStep, ...] = CHAIN,
    quorum: int = 1,
    rank_on: str = "exact",
    places: int = 3,
    recused: tuple[tuple[str, str], ...] = (),
    **rules: Any,
) -> PollSpec:
    """``criteria``: weight, maximum and steps (1) of each, named c0, c1, …; ``rules``: further parts of the rule
    set."""
    named = list(projects) or sorted({project for row in table.values() for project in row})
    return PollSpec(
        poll=PollId("poll"),
        projects=tuple(ProjectId(project) for project in named),
        judges=tuple(PersonId(judge) for judge in table),
        chair=PersonId("chair"),
        recused=tuple((PersonId(judge), ProjectId(project)) for judge, project in recused),
        criteria=tuple(Criterion(CriterionId(f"c{number}"), *numbers) for number, numbers in enumerate(criteria)),
        rules=RuleSet(
            estimator=rules.pop("estimator", "mean"),
            quorum=quorum,
            tie_chain=chain,
            rank_on="rounded" if rank_on == "rounded" else "exact",
            places=places,
            **rules,
        ),
    )


def ballot_of(judge: str, project: str, scores: Sequence[int] | None, **more: Any) -> Ballot:
    return Ballot(
        judge=PersonId(judge),
        project=ProjectId(project),
        revision=1,
        command=CommandId("command-1"),
        scores={CriterionId(f"c{number}"): score for number, score in enumerate(scores or ())},
        cast_at=Instant(0),
        recused=scores is None and "abstained" not in more,
        **more,
    )


def order_of(judge: str, window: str, places: Mapping[str, int]) -> Ballot:
    """Sent in the window of one project: the places of several."""
    scores = {CriterionId(project): place for project, place in places.items()}
    return structs.replace(ballot_of(judge, window, ()), scores=scores)


def pairs_of(judge: str, window: str, others: Mapping[str, int]) -> Ballot:
    """Sent in the window of one project: its halves of the point between it and each of the others."""
    return order_of(judge, window, others)


def lessened(ballot: Ballot, taken: Mapping[CriterionId, int]) -> Ballot:
    """The ballot with deductions."""
    return structs.replace(ballot, scores={**ballot.scores, **taken})


def ballots_of(table: Table) -> tuple[Ballot, ...]:
    return tuple(ballot_of(judge, project, scores) for judge, row in table.items() for project, scores in row.items())


def one_criterion(rows: Sequence[Sequence[int]]) -> Table:
    """A row for each judge, projects a, b, c, …"""
    return {f"j{n}": {"abcdefgh"[p]: (score,) for p, score in enumerate(row)} for n, row in enumerate(rows)}


def revote_of(table: Table) -> Revote:
    """Among the projects of the table."""
    ballots = ballots_of(table)
    named = sorted({ballot.project for ballot in ballots})
    return Revote(2, tuple(named), "a tie", tuple(Accepted(ballot, 1, "") for ballot in ballots))


def penalty(project: str, points: int, reason: str = "overtime") -> Penalty:
    return Penalty(ProjectId(project), points, reason, PersonId("chair"))


def set_aside(judge: str, project: str, reason: str = "wrong project") -> SetAside:
    return SetAside(PersonId(judge), ProjectId(project), reason)


def audience(**votes: int) -> dict[ProjectId, int]:
    return {ProjectId(project): count for project, count in votes.items()}


def places(result: FieldResult) -> dict[str, tuple[int | None, str]]:
    return {standing.project: (standing.place, standing.decided_by) for standing in result.standings}


def scores(result: FieldResult) -> dict[str, str]:
    return {standing.project: standing.score for standing in result.standings}


def explanation(result: FieldResult, project: str) -> Explanation:
    return next(one for one in result.explanations if one.project == project)


def outcome(votes: Votes) -> FieldResult:
    return evaluate(
        votes.spec,
        votes.ballots,
        votes.settled,
        settled_because=votes.settled_because,
        set_aside=votes.set_aside,
        penalties=votes.penalties,
        revotes=votes.revotes,
        audience=votes.audience,
        substitutions=votes.substitutions,
        questions=votes.questions,
        brought=votes.brought,
    )


def question_of(
    projects: Sequence[str],
    votes: Mapping[str, str],
    *,
    award: str | None = None,
    jury: Sequence[str] | None = None,
    casting: str | None = None,
) -> Question:
    """``votes``: of each judge, for which project, or for none (empty); ``jury``: who may vote, if not just these;
    ``casting``: what the chair has given the casting vote to."""
    return Question(
        sequence=1,
        at=Instant(0),
        by=PersonId("chair"),
        award=None if award is None else AwardId(award),
        projects=tuple(map(ProjectId, projects)),
        jury=tuple(map(PersonId, votes if jury is None else jury)),
        until=Instant(60_000),
        votes=tuple(
            Given(PersonId(judge), ProjectId(choice), CommandId(f"command-{judge}")) for judge, choice in votes.items()
        ),
        casting=None if casting is None else Casting(PersonId("chair"), ProjectId(casting), "the better team"),
    )


# By chance ----------------------------------------------------------------------------------------------------------


@st.composite
def rule_sets(draw: st.DrawFn, criteria: int) -> Mapping[str, Any]:
    """All that ``spec_of`` takes of rules."""
    chains = st.lists(st.sampled_from(EVERY_STEP), unique=True, max_size=8)
    k = draw(st.integers(1, 2))
    scope: Literal["total", "criterion"] = draw(st.sampled_from(["total", "criterion"]))
    deductions = draw(st.sampled_from([(), (), DEDUCTIONS[:1], DEDUCTIONS]))
    awards = [Award(AwardId("crowd"), "audience")]
    awards += [Award(AwardId(f"best-{n}"), "criterion", CriterionId(f"c{n}")) for n in range(criteria)]
    awards.insert(draw(st.integers(0, len(awards))), Award(AwardId("elected"), "jury"))
    return {
        "chain": draw(st.sampled_from([CHAIN, EVERY_STEP]) | chains.map(tuple)),
        "quorum": draw(st.integers(0, 3)),
        "rank_on": draw(st.sampled_from(["exact", "rounded"])),
        "places": draw(st.integers(1, 4)),
        "estimator": draw(
            st.sampled_from(["mean", "trimmed-mean", "trimmed-mean", "z-score", "borda", "place-points"])
        ),
        "trim": Trim(k, 2 * k + draw(st.integers(1, 3)), scope),
        "place_points": draw(st.sampled_from([(1,), (10, 8, 6, 5), (25, 18, 15, 0, 0, 0)])),
        "audience_share": draw(st.sampled_from([0, 0, 0, 20, 50, 100])),
        "awards": tuple(awards[: draw(st.integers(0, len(awards)))]),
        "revote_quorum": draw(st.integers(0, 3)),
        "vote_quorum": draw(st.integers(0, 3)),
        "least_spread": draw(st.sampled_from([0, 0, 150, 2_000])),
        "panels": draw(st.just(()) | _panels()),
        "prizes": draw(st.just(()) | _prizes()),
        "least_score": draw(st.sampled_from([0, 0, 3_333, 7_000])),
        "one_award": draw(st.booleans()),
        "deductions": deductions,
        # Without totals there is nothing else to take them off: such a definition is refused.
        "deductions_averaged": bool(deductions) and (scope == "criterion" or draw(st.booleans())),
    }


@st.composite
def _prizes(draw: st.DrawFn) -> tuple[Prize, ...]:
    minima = sorted(draw(st.lists(st.sampled_from([0, 0, 2_500, 5_000, 8_000]), min_size=1, max_size=3)), reverse=True)
    return tuple(
        Prize(AwardId(f"tier-{number}"), draw(st.integers(1, 3)), minimum) for number, minimum in enumerate(minima)
    )


@st.composite
def _panels(draw: st.DrawFn) -> tuple[Panel, ...]:
    """One at least has a weight; ``each``: whether it scores everything, for who is assigned to what is drawn anew."""
    weights = draw(st.permutations([60, 40, 0, 1]))[: draw(st.integers(1, 3))]
    return tuple(
        Panel(
            PanelId(f"p{number}"), weight or int(number == 0), draw(st.sampled_from([0, 0, 2])), draw(st.integers(0, 2))
        )
        for number, weight in enumerate(weights)
    )


@st.composite
def fields(
    draw: st.DrawFn,
    names: str = "abcde",
    jury: str = "j",
    shared: Any = None,
    form: BallotForm | None = None,
    estimator: EstimatorName | None = None,
) -> Votes:
    """Small fields with small scales, so that ties of every kind are common. ``shared``: criteria and rules.
    ``form``: what ballots are; None: scores. ``estimator``: this one, instead of any."""
    projects = names[: draw(st.integers(1, len(names)))]
    judges = [f"{jury}{number}" for number in range(draw(st.integers(1, 6)))]
    criteria, rules = shared if shared is not None else draw(rubrics())
    if form is not None:
        rules = draw(_unscored_rules(rules, form))
    if estimator is not None:
        rules = {**rules, "estimator": estimator}
    cards = st.tuples(*(st.integers(0, maximum * steps) for _, maximum, steps in criteria))
    taken = st.fixed_dictionaries({}, optional={one.id: st.integers(1, one.most) for one in rules["deductions"]})
    absent = draw(st.sampled_from([0, 0, 0, 1, 3]))
    reserve = [f"{jury}-reserve-{number}" for number in range(draw(st.sampled_from([0, 0, 0, 1, 2])))]
    seats = draw(_substitutions(judges, reserve, projects))
    began = [(judge, project) for judge in judges for project in projects]
    pairs = [(judge, project) for judge in (*judges, *reserve[: len(seats)]) for project in projects]
    ballots = []
    for judge, project in pairs:
        lot = draw(st.integers(0, 9)) if absent else 9
        if lot >= absent:
            ballots.append(lessened(ballot_of(judge, project, draw(cards)), draw(taken)))
        elif lot == 0:
            ballots.append(ballot_of(judge, project, None, category="close"))
        elif lot == 1:
            ballots.append(ballot_of(judge, project, None, abstained=True, category="subject"))
    if form is not None:
        ballots = draw(_sent(list(dict.fromkeys(judge for judge, _ in pairs)), projects, rules["level_places"], form))
    few_pairs = st.lists(st.sampled_from(pairs), max_size=2) if draw(st.booleans()) else st.just([])
    spec = spec_of(
        {judge: {} for judge in judges}, criteria, projects=projects, recused=tuple(draw(few_pairs)), **rules
    )
    if spec.rules.panels:
        placed = [(judge, draw(st.sampled_from(spec.rules.panels)).id) for judge in spec.judges]
        drawn = [(PersonId(judge), ProjectId(project)) for judge, project in began if draw(st.integers(0, 3))]
        spec = structs.replace(spec, seats=tuple(placed), assigned=tuple(drawn))
    spec = structs.replace(spec, reserve=tuple(map(PersonId, reserve)))
    points = st.tuples(st.sampled_from(projects), st.sampled_from([0, 50, 333, 2_500]))
    votes = Votes(
        spec,
        ballots,
        settled=tuple(draw(st.lists(_orders(spec.projects), max_size=1))),
        set_aside=tuple(set_aside(*pair) for pair in draw(few_pairs)),
        penalties=tuple(penalty(*one) for one in draw(st.lists(points, max_size=2))) if draw(st.booleans()) else (),
        audience={project: draw(st.integers(0, 2)) for project in spec.projects} if draw(st.booleans()) else {},
        substitutions=seats,
    )
    if draw(st.integers(0, 3)) == 0:
        terms, what = draw(carried(spec.projects))
        votes = replace(votes, spec=structs.replace(spec, carried=terms), brought=what)
    for _ in range(draw(st.integers(0, 2))):  # votes on ties that are there
        for tie in outcome(votes).ties:
            if draw(st.integers(0, 2)) == 0:
                votes = replace(votes, questions=(*votes.questions, draw(_questions(judges, tie.projects))))
            elif draw(st.integers(0, 2)) == 0:
                votes = replace(votes, settled=(*votes.settled, draw(st.permutations(tie.projects).map(tuple))))
            else:
                having_voted = draw(st.lists(st.sampled_from(judges), unique=True))
                table: Table = {judge: {project: draw(cards) for project in tie.projects} for judge in having_voted}
                given = tuple(Accepted(lessened(ballot, draw(taken)), 1, "") for ballot in ballots_of(table))
                if form is not None:
                    sent = draw(_sent(having_voted, tie.projects, rules["level_places"], form))
                    given = tuple(Accepted(ballot, 1, "") for ballot in sent if not ballot.recused)
                votes = replace(votes, revotes=(*votes.revotes, Revote(2, tie.projects, "level", given)))
    for _ in range(draw(st.integers(0, 1))):
        votes = replace(votes, questions=(*votes.questions, draw(_questions(judges, spec.projects, "elected"))))
    return votes


@st.composite
def _questions(draw: st.DrawFn, judges: Sequence[str], projects: Sequence[str], award: str | None = None) -> Question:
    """Nominated for an award are some of the projects."""
    about = projects if award is None else [one for one in projects if draw(st.integers(0, 3))] or projects[:1]
    choices = st.sampled_from([*about, ""])
    given = {judge: draw(choices) for judge in draw(st.lists(st.sampled_from(judges), unique=True))}
    jury = [*given, *(judge for judge in judges if judge not in given and draw(st.booleans()))]
    question = question_of(about, given, award=award, jury=jury)
    if draw(st.booleans()):
        casting = Casting(PersonId("chair"), draw(st.sampled_from(question.foremost())), "the better team")
        question = structs.replace(question, casting=casting)
    return question


@st.composite
def carried(draw: st.DrawFn, projects: tuple[ProjectId, ...]) -> tuple[Terms, Brought]:
    """From one or two earlier fields, whose few different points make ties common."""
    polls = [PollId(name) for name in ("up", "down")[: draw(st.integers(1, 2))]]
    tables = {poll: draw(tables_of(poll)) for poll in polls}
    earlier = st.permutations([(poll, f"was-{name}") for poll in polls for name in "vwxyz"])
    homes = draw(earlier)
    came = tuple(Came(project, poll, ProjectId(was)) for project, (poll, was) in zip(projects, homes, strict=False))
    terms = Terms(
        tuple(map(Source, polls)),
        came[draw(st.sampled_from([0, 0, 1])) :],
        draw(st.sampled_from([0, 1, 40, 100])),
        draw(st.sampled_from(["points", "best"])),
        draw(st.sampled_from([0, 0, 2, 4])),
    )
    return terms, brought(terms, tables)


@st.composite
def tables_of(draw: st.DrawFn, poll: PollId) -> tuple[Taken, tuple[Line, ...]]:
    """A published result of up to five projects, as others take it over."""
    points = sorted(draw(st.lists(st.sampled_from([-250, 0, 3_333, 8_000, 10_000]), min_size=1, max_size=5)))[::-1]
    shown = [f"{'-' if one < 0 else ''}{abs(one) // 100}.{abs(one) % 100:02}" for one in points]
    lines = tuple(
        Line(ProjectId(f"was-{'vwxyz'[number]}"), 1 + sum(other > one for other in points), score)
        for number, (one, score) in enumerate(zip(points, shown, strict=True))
    )
    return Taken(poll, 1, 9, "0" * 64, "1" * 64, shown[0]), lines


@st.composite
def _substitutions(
    draw: st.DrawFn, judges: Sequence[str], reserve: Sequence[str], projects: str
) -> tuple[Substitution, ...]:
    """One after another, of whoever sits at the end: somebody who came may be lost in turn."""
    sitting = dict.fromkeys(judges, 0)
    made: list[Substitution] = []
    for person in reserve:
        judge = draw(st.sampled_from(sorted(sitting)))
        start = draw(st.integers(sitting.pop(judge), len(projects) - 1))
        sitting[person] = start
        project = ProjectId(projects[start])
        made.append(Substitution(PersonId(judge), PersonId(person), project, "the line was down", PersonId("chair"), 1))
    return tuple(made)


@st.composite
def _unscored_rules(draw: st.DrawFn, rules: Mapping[str, Any], form: BallotForm) -> Mapping[str, Any]:
    """The same, without what asks for scores."""
    chain = tuple(step for step in rules["chain"] if step not in ("heaviest-criterion", "untrimmed-mean"))
    return {
        **rules,
        "ballots": form,
        "level_places": draw(st.booleans()),
        "estimator": draw(st.sampled_from(OF_ORDERS)) if form == "orders" else "copeland",
        "least_opponents": draw(st.integers(0, 3)) if form == "pairs" else 0,
        "chain": chain,
        "awards": tuple(award for award in rules["awards"] if award.by != "criterion"),
        "deductions": (),
        "deductions_averaged": False,
    }


@st.composite
def _sent(
    draw: st.DrawFn, judges: Sequence[str], projects: Sequence[str], level: bool, form: BallotForm
) -> list[Ballot]:
    """What judges send in some windows, in the order in which it comes: orders or comparisons, abstentions,
    recusals."""
    sent: list[Ballot] = []
    for judge in judges:
        for window in draw(st.lists(st.sampled_from(projects), unique=True, max_size=3 if form == "orders" else 5)):
            match draw(st.sampled_from([form, form, form, form, "abstain", "recuse"])):
                case "pairs":
                    halves = st.sampled_from([0, 1, 2] if level else [0, 2])
                    others = [one for one in projects if one != window]
                    if others:
                        sent.append(pairs_of(judge, window, draw(_some(others, halves))))
                case "orders":
                    others = draw(st.lists(st.sampled_from(projects), unique=True))
                    sent.append(order_of(judge, window, draw(_places({window, *others}, level))))
                case "abstain":
                    sent.append(ballot_of(judge, window, None, abstained=True, category="missed"))
                case _:
                    sent.append(ballot_of(judge, window, None, category="stake"))
    return sent


@st.composite
def _some(draw: st.DrawFn, others: Sequence[str], halves: st.SearchStrategy[int]) -> dict[str, int]:
    """One of them at least."""
    chosen = draw(st.lists(st.sampled_from(others), unique=True, min_size=draw(st.integers(1, len(others)))))
    return {other: draw(halves) for other in chosen}


@st.composite
def _places(draw: st.DrawFn, projects: Collection[str], level: bool) -> dict[str, int]:
    row = draw(st.permutations(sorted(projects)))
    if not level:
        return {project: place for place, project in enumerate(row, start=1)}
    marks = {project: draw(st.integers(1, 3)) for project in row}
    return {project: 1 + sum(other < mark for other in marks.values()) for project, mark in marks.items()}


def _orders(projects: tuple[ProjectId, ...]) -> st.SearchStrategy[tuple[ProjectId, ...]]:
    """Of some of them."""
    return st.permutations(projects).flatmap(lambda p: st.integers(1, len(p)).map(lambda n: tuple(p[:n])))


@st.composite
def rubrics(draw: st.DrawFn) -> tuple[list[tuple[int, int, int]], Mapping[str, Any]]:
    """Criteria and rules."""
    criteria = draw(
        st.lists(
            st.tuples(st.sampled_from([1, 1, 2, 3, 30_000]), st.integers(1, 4), st.sampled_from([1, 1, 1, 2, 5])),
            min_size=1,
            max_size=3,
        )
    )
    return criteria, draw(rule_sets(len(criteria)))


@st.composite
def competitions(draw: st.DrawFn) -> list[Votes]:
    """Two fields with one rubric."""
    shared = draw(rubrics())
    return [draw(fields("abc", "j", shared)), draw(fields("xyz", "k", shared))]


def submitted(ballots: Iterable[Ballot]) -> list[Ballot]:
    return [ballot for ballot in ballots if not (ballot.recused or ballot.abstained)]
