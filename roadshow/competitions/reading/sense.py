"""Whether a definition of the right shape makes sense: names that exist, judges enough, times to be kept. (pure)"""

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, tzinfo
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from roadshow.competitions.cast import first_cast
from roadshow.competitions.definition import Competition, Criterion, Field, Judge, PhasePlan, Project, Rules
from roadshow.competitions.jury import faults
from roadshow.competitions.reading.document import Path
from roadshow.competitions.reading.shape import Problem
from roadshow.competitions.reading.staging import staged
from roadshow.ids import FEED, ProjectId

_TODAY = re.compile(r"today ([01]\d|2[0-3]):([0-5]\d)")
ZONES = frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()) - {"Factory"}
"""Zones and links of the IANA database, as the package tzdata lists them. A machine's own folder of zones holds names
that no browser knows (``posix/Europe/Moscow``, ``localtime``); of the list itself, that is ``Factory`` alone."""
_RESERVED = frozenset({ProjectId(FEED)})


def sense_problems(
    competition: Competition, today: date, *, cast: bool, misshaped: Collection[Path] = ()
) -> Iterator[Problem]:
    """What would not work. ``cast``: projects, judges and an organiser are asked for. ``misshaped``: where the document
    is not even of the right shape, so that nothing is said of what only follows from that."""
    for problems, relies_on in _questions(competition, today, cast=cast):
        if not any(_breaks_relations(path, relies_on) for path in misshaped):
            yield from (problem for problem in problems if not any(_is_near(problem[0], path) for path in misshaped))


def _questions(
    competition: Competition, today: date, *, cast: bool
) -> Iterator[tuple[Iterable[Problem], tuple[str, ...]]]:
    """What is asked, each with the tables whose ids, numbers and links between entries the answer hangs on."""
    yield _schedule(competition, today), ()
    for name in ("pitch", "questions", "voting"):
        yield _phase(getattr(competition.stage, name), ("stage", name)), ()
    yield _unique((criterion.id for criterion in competition.criteria), "criteria"), ()
    for index, criterion in enumerate(competition.criteria):
        yield _anchors(criterion, ("criteria", index, "anchors")), ()
    yield _rules(competition.rules, ("rules",)), ()
    yield _awards(competition, ("rules",)), ("criteria",)
    yield _reasons(competition, ("rules",)), ("criteria",)
    yield _unique((field.id for field in competition.fields), "fields"), ()
    for index, field in enumerate(competition.fields):
        yield from _judging(competition, field, ("fields", index))
    yield _samples(competition), ()
    if competition.projects or competition.judges:
        yield from _cast(competition)
    elif cast:
        missing = ("projects",), "rules without a cast; expected [[projects]], [[judges]] and organisers"
        yield (missing,), ("projects", "judges")


_RELATING = frozenset(
    {"id", "field", "chair", "deputy", "recused", "quorum", "chair_votes", "deputy_votes", "panel", "panels", "reserve"}
)
"""Keys by which entries hang together."""
_KNOWN = frozenset(name for entry in (Rules, Field, Project, Judge) for name in entry.__struct_fields__)


def _breaks_relations(path: Path, tables: tuple[str, ...]) -> bool:
    """Whether one of the tables lacks an entry, or an entry one of its links. (An unknown key may be meant for one.)"""
    if path and path[0] not in tables:
        return False
    keys = [step for step in path[1:] if isinstance(step, str)]
    return not keys or keys[0] not in _KNOWN or keys[0] in _RELATING


def _is_near(path: Path, misshaped: Path) -> bool:
    """Whether a question about ``path`` is also one about what is ``misshaped``: the same value or, where numbers are
    held against each other, one beside it."""
    shared = 2 if path[0] in ("stage", "criteria", "rules") else 3
    return path[:shared] == misshaped[:shared] or misshaped == path[: len(misshaped)]


def opening(starts_at: str, zone: tzinfo, today: date) -> datetime:
    """When a field starts: ISO 8601 with an offset, or ``today HH:MM`` on the event's clock. Raises ValueError."""
    if match := _TODAY.fullmatch(starts_at):
        return datetime(today.year, today.month, today.day, int(match[1]), int(match[2]), tzinfo=zone)
    moment = datetime.fromisoformat(starts_at)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that IANA name, or None."""
    return ZoneInfo(name) if name in ZONES else None


def _samples(competition: Competition) -> Iterator[Problem]:
    """Of calibration rounds: what is put in order has no scorecard."""
    samples = competition.voting.samples
    yield from _unique((sample.id for sample in samples), "voting", "samples")
    if samples and not any(competition.judging(field).rules.ballots == "scores" for field in competition.fields):
        yield ("voting", "samples"), "samples are scored, and in no field are ballots scores; expected none"


def _schedule(competition: Competition, today: date) -> Iterator[Problem]:
    zone = zone_named(competition.time_zone)
    if zone is None:
        near = difflib.get_close_matches(competition.time_zone, ZONES, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        expected = "expected an IANA name such as Asia/Shanghai or Europe/Moscow"
        yield ("time_zone",), f"not a time zone that browsers know; {expected}{meant}"
    starts: list[tuple[Path, str]] = [
        (("fields", index, "starts_at"), field.starts_at) for index, field in enumerate(competition.fields)
    ]
    starts += [(("events", index, "starts_at"), event.starts_at) for index, event in enumerate(competition.events)]
    if competition.conflicts_until:
        starts.append((("conflicts_until",), competition.conflicts_until))
    for path, starts_at in starts:
        try:
            moment = opening(starts_at, zone or UTC, today)
        except (ValueError, OverflowError):
            moment = None
        if moment is None or not 2000 <= moment.year <= 2100:
            expected = "expected a date and time with an offset, such as 2020-12-08T14:00:00+08:00, or “today 14:00”"
            yield path, expected


def _phase(plan: PhasePlan, path: Path) -> Iterator[Problem]:
    if any(warning >= plan.seconds for warning in plan.warnings):
        yield (*path, "warnings"), f"expected less than the phase's {plan.seconds} seconds"
    if list(plan.warnings) != sorted(set(plan.warnings), reverse=True):
        yield (*path, "warnings"), "expected falling numbers: seconds before the end, amber first"


def _anchors(criterion: Criterion, path: Path) -> Iterator[Problem]:
    scores = [anchor.score for anchor in criterion.anchors]
    for index, score in enumerate(scores):
        if score > criterion.maximum:
            yield (*path, index, "score"), f"expected 0 to {criterion.maximum}, the criterion's maximum"
    if scores != sorted(set(scores)):
        yield path, "expected rising scores, each once"


def _judging(competition: Competition, field: Field, path: Path) -> Iterator[tuple[Iterable[Problem], tuple[str, ...]]]:
    """A field's own rubric and rules, and what it takes over."""
    judging = competition.judging(field)
    yield _unique((criterion.id for criterion in field.criteria), *path, "criteria"), ()
    for index, criterion in enumerate(field.criteria):
        yield _anchors(criterion, (*path, "criteria", index, "anchors")), ()
    if judging is not competition:
        yield _rules(judging.rules, (*path, "rules")), ()
        yield _awards(judging, (*path, "rules")), ("criteria",)
        yield _reasons(judging, (*path, "rules")), ("criteria",)
    yield staged(competition, field, path), ("fields", "projects", "rules")


def _rules(rules: Rules, where: Path) -> Iterator[Problem]:
    least = 2 * rules.trim.k + 1
    if rules.trim.enough < least:
        expected = f"expected at least {least}, so that something is left when {rules.trim.k} are dropped at each end"
        yield (*where, "trim", "n_min"), expected
    if not rules.place_points[:1] or rules.place_points[0] < 1:
        yield (*where, "place_points"), "expected at least 1 for the first place"
    elif list(rules.place_points) != sorted(rules.place_points, reverse=True):
        yield (*where, "place_points"), "expected falling numbers, the first place's first"
    if rules.shows_cards and rules.estimator in ("z-score", "borda", "place-points"):
        expected = "expected mean or trimmed-mean: by this one a project's points hang on those still to come"
        yield (*where, "estimator"), f"{expected}, and “scores_told” wants them told before"
    yield from _tie_chain(rules.tie_chain, (*where, "tie_chain"))
    if rules.ballots != "scores":
        yield from _unscored(rules, where)
    elif rules.level_places:
        yield (*where, "level_places"), "asked of orders alone; expected false, or ballots = “orders”"
    if rules.ballots != "pairs":
        yield from _without_pairs(rules, where)
    elif rules.opponents % 2:
        yield (*where, "opponents"), "expected an even number: of two that lie on either side"
    yield from _unique((award.id for award in rules.awards), *where, "awards")
    yield from _panels(rules, where)
    yield from _prizes(rules, where)
    yield from _deductions(rules, where)


def _unscored(rules: Rules, where: Path) -> Iterator[Problem]:
    """What would ask for scores, or hold the orders of one field against those of another."""
    known = ("copeland",) if rules.ballots == "pairs" else ("borda", "place-points")
    if rules.estimator not in known:
        yield (*where, "estimator"), f"expected {' or '.join(known)}: ballots are {rules.ballots} and hold no scores"
    scored = [step for step in rules.tie_chain if step in ("heaviest-criterion", "untrimmed-mean")]
    if scored:
        yield (*where, "tie_chain"), f"expected no “{scored[0]}”: ballots are {rules.ballots} and hold no scores"
    if rules.deductions:
        yield (
            (*where, "deductions"),
            f"expected none: ballots are {rules.ballots}, and there is nothing to take points off",
        )
    if rules.scores_told != "ceremony":
        yield (*where, "scores_told"), "expected “ceremony”: a ballot tells of several projects at once"
    if rules.podium == "overall":
        yield (*where, "podium"), "expected “field”: nobody has put the projects of several fields in one order"
    for index, award in enumerate(rules.awards):
        if award.by == "criterion":
            yield (*where, "awards", index, "by"), f"ballots are {rules.ballots}, so nobody is best on a criterion"


def _without_pairs(rules: Rules, where: Path) -> Iterator[Problem]:
    if rules.estimator == "copeland":
        yield (*where, "estimator"), "copeland counts comparisons; expected another one, or ballots = “pairs”"
    for name in ("opponents", "least_opponents"):
        if getattr(rules, name):
            yield (*where, name), "asked of pairs alone; expected none, or ballots = “pairs”"


def _panels(rules: Rules, where: Path) -> Iterator[Problem]:
    yield from _unique((panel.id for panel in rules.panels), *where, "panels")
    if rules.panels and not any(panel.weight for panel in rules.panels):
        yield (*where, "panels"), "expected a panel with a weight; the ballots of all others never count"
    for index, panel in enumerate(rules.panels):
        if panel.each and panel.quorum > panel.each:
            yield (*where, "panels", index, "quorum"), f"expected at most {panel.each}, the judges for each project"
    if rules.draw and not rules.opponents and not any(panel.each for panel in rules.panels):
        yield (*where, "draw"), "nothing is drawn by lot; expected a panel with “each”, or no word"


def _prizes(rules: Rules, where: Path) -> Iterator[Problem]:
    yield from _unique((prize.id for prize in rules.prizes), *where, "prizes")
    for index, award in enumerate(rules.awards):
        if award.id in [prize.id for prize in rules.prizes]:
            yield (*where, "awards", index, "id"), f"“{award.id}” is a prize's; choose another"
    minima = [prize.minimum for prize in rules.prizes]
    if minima != sorted(minima, reverse=True):
        yield (*where, "prizes"), "expected falling minima, the best tier first"
    if minima and rules.least_score > minima[-1] > 0:
        yield (*where, "least_score"), f"expected at most {minima[-1]}, the lowest minimum of a prize"
    if rules.deliberation and rules.scores_told in ("after-each", "one-later"):
        yield (*where, "deliberation"), "expected 0: scores that everybody was shown stand, so no card is opened again"
    seats = sum(prize.count for prize in rules.prizes)
    if seats > rules.places:
        yield (*where, "places"), f"expected at least {seats}, as many as there are prizes, for each is announced"


def _deductions(rules: Rules, where: Path) -> Iterator[Problem]:
    yield from _unique((deduction.id for deduction in rules.deductions), *where, "deductions")
    if not rules.deductions:
        if rules.deducted_from == "points":
            yield (*where, "deducted_from"), "there is nothing to take off; expected rules.deductions"
    elif rules.deducted_from == "points" and rules.shows_cards:
        yield (*where, "deducted_from"), "expected “total”, so that what is shown of each judge makes the points"
    elif rules.deducted_from == "total" and rules.estimator == "trimmed-mean" and rules.trim.scope == "criterion":
        expected = "expected “points”: trimmed criterion by criterion, no judge's total is left to take them off"
        yield (*where, "deducted_from"), expected


def _reasons(competition: Competition, where: Path) -> Iterator[Problem]:
    """A ballot holds scores and deductions side by side."""
    criteria = {criterion.id for criterion in competition.criteria}
    for index, deduction in enumerate(competition.rules.deductions):
        if deduction.id in criteria:
            yield (*where, "deductions", index, "id"), f"“{deduction.id}” is a criterion's; choose another"


def _seats(competition: Competition) -> Iterator[Problem]:
    of_field = {
        field.id: [panel.id for panel in competition.judging(field).rules.panels] for field in competition.fields
    }
    for index, judge in enumerate(competition.judges):
        known = of_field.get(judge.field, [panel.id for panel in competition.rules.panels])
        if judge.panel and judge.panel not in known:
            there = f"there are {', '.join(known)}" if known else "there are none in rules.panels"
            yield ("judges", index, "panel"), f"there is no such panel; {there}"


def _awards(competition: Competition, where: Path) -> Iterator[Problem]:
    criteria = [criterion.id for criterion in competition.criteria]
    for index, award in enumerate(competition.rules.awards):
        path = (*where, "awards", index, "criterion")
        if award.by != "criterion" and award.criterion:
            yield path, f"the {award.by} does not score criteria; expected none"
        elif award.by == "criterion" and award.criterion not in criteria:
            problem = "there is no such criterion" if award.criterion else "missing"
            yield path, f"{problem}; expected one of {', '.join(criteria)}"
        voters = ("rules", "awards", index, "judges")
        if award.by != "sponsor" and award.judges:
            yield voters, f"the {award.by} needs nobody named; expected none"
        elif award.by == "sponsor" and not award.judges:
            yield voters, "expected the judges who vote for the sponsor"
        for judge in award.judges:
            if competition.judges and judge not in [one.id for one in competition.judges]:
                yield voters, f"there is no judge “{judge}”"


def _tie_chain(chain: tuple[str, ...], path: Path) -> Iterator[Problem]:
    if len(set(chain)) != len(chain):
        yield path, "expected each step once"
    if not chain or chain[-1] not in ("chair", "shared"):
        yield path, "expected “chair” or “shared” at the end, so that every tie is settled"
    if "shared" in chain[:-1]:
        yield path, "expected nothing after “shared”, which ends every tie"
    if "re-vote" in chain and "chair" not in chain[chain.index("re-vote") :]:
        yield path, "expected “chair” after “re-vote”: judges may be unable to vote once more"
    if "jury" in chain and "chair" not in chain[chain.index("jury") :]:
        yield path, "expected “chair” after “jury”: too few judges may vote"


def _cast(competition: Competition) -> Iterator[tuple[Iterable[Problem], tuple[str, ...]]]:
    yield _unique((project.id for project in competition.projects), "projects"), ()
    yield _unique((judge.id for judge in competition.judges), "judges"), ()
    if not competition.organisers:
        yield ((("organisers",), "expected at least one name"),), ()
    yield _projects(competition), ()
    yield _seats(competition), ("rules",)
    yield _homes(competition), ("fields",)
    for index in range(len(competition.judges)):
        yield _recusals(competition, index), ("fields", "projects")
    yield _people(competition), ("projects", "organisers", "clerks", "auditors")
    for index, field in enumerate(competition.fields):
        yield _jury(competition, field, ("fields", index)), ("fields", "projects", "judges", "rules")


def _projects(competition: Competition) -> Iterator[Problem]:
    for index, project in enumerate(competition.projects):
        if project.id in _RESERVED:
            yield ("projects", index, "id"), f"“{project.id}” is taken by the room's own feed; choose another"
        if len(set(project.needs)) != len(project.needs):
            yield ("projects", index, "needs"), "expected each need once"


def _homes(competition: Competition) -> Iterator[Problem]:
    fields = {field.id for field in competition.fields}
    known = ", ".join(sorted(fields))
    homes = {
        "projects": [project.field for project in competition.projects],
        "judges": [judge.field for judge in competition.judges],
    }
    for table, named in homes.items():
        for index, field in enumerate(named):
            if field not in fields:
                yield (table, index, "field"), f"there is no such field; there are {known}"


def _recusals(competition: Competition, index: int) -> Iterator[Problem]:
    judge = competition.judges[index]
    home = {project.id: project.field for project in competition.projects}
    for at, project in enumerate(judge.recused):
        path = ("judges", index, "recused", at)
        if project not in home:
            yield path, "there is no such project"
        elif home[project] != judge.field:
            yield path, f"a project of the field “{home[project]}”, which this judge does not score"


def _people(competition: Competition) -> Iterator[Problem]:
    """Judges' ids must not be those given to organisers, clerks, auditors and pitchers."""
    given = first_cast(msgspec.structs.replace(competition, judges=())).people
    for index, judge in enumerate(competition.judges):
        if judge.id in given:
            yield ("judges", index, "id"), "taken by an organiser, a clerk, an auditor or a pitcher; choose another"


def _jury(competition: Competition, field: Field, path: Path) -> Iterator[Problem]:
    at = {project.id: ("projects", index) for index, project in enumerate(competition.projects)}
    for fault in faults(first_cast(competition), field, competition.judging(field).rules):
        yield path if fault.project is None else at[fault.project], fault.text


def _unique(ids: Iterable[str], *where: str | int) -> Iterator[Problem]:
    seen: Counter[str] = Counter()
    for index, name in enumerate(ids):
        if seen[name]:
            yield (*where, index, "id"), f"“{name}” is used twice"
        seen[name] += 1
