"""Whether a field can be held with the cast it has: a project, one chair, judges enough for every project. (pure)

And what it hangs on: whether somebody who does not vote would switch the rule for all of it, and whether there is
anybody to decide what its chair may not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from roadshow.competitions.cast import Cast, Juror, panel_of, votes
from roadshow.competitions.definition import MOST_JUDGES, Competition, Field, Rules
from roadshow.competitions.people import Role
from roadshow.ids import ProjectId

MOST_ORDERED = 50
"""Projects of a field where ballots are orders: nobody puts more in order by hand."""
WISELY_ORDERED = 20
"""From more on, the middle of an order says little."""
MOST_COMPARED = 20
"""Others that a judge compares one project with: as many questions as fit the minutes after a pitch."""
WISELY_COMPARED = 150
"""Comparisons of one judge: some ten seconds each make half an hour of a day."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a field from being held; of one project if it is named."""

    text: str
    project: ProjectId | None = None


def faults(cast: Cast, field: Field, rules: Rules) -> Iterator[Fault]:
    """What is wrong with the field's projects and jury, in English, as whoever runs the server reads it."""
    named = f"field “{field.id}”"
    projects = cast.projects_in(field.id)
    jury = cast.jury_of(field)
    chairs = sum(juror.chair for juror in jury)
    if not projects:
        yield Fault(f"{named} has no project")
    yield from _unwieldy(rules, named, len(projects))
    if chairs != 1:
        yield Fault(f"{named} has {chairs or 'no'} judges with chair = true; expected one")
    if sum(juror.deputy for juror in jury) > 1:
        yield Fault(f"{named} has several judges with deputy = true; expected one at most")
    if any(juror.reserve and (juror.chair or juror.deputy) for juror in jury):
        yield Fault(f"{named} has a chair or a deputy with reserve = true; expected a judge")
    if len(jury) > MOST_JUDGES:
        yield Fault(f"{named} has {len(jury)} judges; expected at most {MOST_JUDGES}")
    if any(juror.panel not in ("", *(panel.id for panel in rules.panels)) for juror in jury):
        yield Fault(f"{named} has a judge on a panel that the rules do not know")
        return
    voting = sum(votes(juror, rules) for juror in jury)
    if voting < rules.quorum:
        yield Fault(f"{named} has too few voting judges: {voting}, the quorum is {rules.quorum}")
        return  # every project of it would say the same again
    for project in projects:
        left = ballots((juror for juror in jury if project.id not in juror.recused), rules)
        if sum(left.values()) < rules.quorum:
            few = sum(left.values())
            yield Fault(f"too few judges left after recusals: {few}, the quorum is {rules.quorum}", project.id)
        for panel in rules.panels:
            if panel.weight and left[panel.id] < panel.quorum:
                few = left[panel.id]
                yield Fault(f"too few judges of “{panel.id}” are left: {few}, its quorum is {panel.quorum}", project.id)


def ballots(able: Iterable[Juror], rules: Rules) -> Mapping[str, int]:
    """How many that count these can give a project, by panel with a weight; of a jury that is one, under no name."""
    jury = [juror for juror in able if votes(juror, rules)]
    if not rules.panels:
        return {"": len(jury)}
    seats = Counter(panel.id for juror in jury if (panel := panel_of(juror, rules)))
    return {
        panel.id: min(seats[panel.id], panel.each) if panel.each else seats[panel.id]
        for panel in rules.panels
        if panel.weight
    }


def short(cast: Cast, field: Field, rules: Rules) -> dict[ProjectId, int]:
    """Projects that have fewer judges left than the quorum asks for, and how many: what judges declare is true whether
    or not it suits, so it keeps no field from being held, and somebody has to be told."""
    jury = cast.jury_of(field)
    left = {
        project.id: sum(ballots((juror for juror in jury if project.id not in juror.conflicts), rules).values())
        for project in cast.projects_in(field.id)
    }
    return {project: count for project, count in left.items() if count < rules.quorum}


def warnings(cast: Cast, competition: Competition) -> Iterator[str]:
    """What can be held and is still not wise, in English, field by field."""
    for field in competition.fields:
        rules = competition.judging(field).rules
        yield from _of_deductions(rules, field)
        for project, left in short(cast, field, rules).items():
            yield (
                f"Warning: in field “{field.id}” {project} has {left} judges left after what they declared; "
                f"the quorum is {rules.quorum}. Appoint another judge, or it gets no place."
            )
        if rules.estimator == "trimmed-mean":
            yield from _of_trimming(cast, rules, field)
        if rules.estimator in ("mean", "trimmed-mean", "place-points"):
            yield from _of_lots(cast, rules, field)
        if rules.ballots == "pairs":
            yield from _of_pairs(rules, field, len(cast.projects_in(field.id)))
        if rules.ballots == "orders" and (many := len(cast.projects_in(field.id))) > WISELY_ORDERED:
            yield (
                f"Warning: in field “{field.id}” each judge puts {many} projects in one order; of more than "
                f"{WISELY_ORDERED} nobody tells those in the middle apart. Hold several fields, or take scores."
            )
        if not _has_second_person(cast, field):
            yield (
                f"Warning: in field “{field.id}” nobody can decide what its chair may not, such as a late ballot of "
                "their own, nor sign that the count be opened again: it has no deputy, and every organiser judges it. "
                "Appoint a deputy, or a second organiser."
            )


def _of_trimming(cast: Cast, rules: Rules, field: Field) -> Iterator[str]:
    """A sentence about its worst project. Where no project is complete with fewer ballots than trimming needs
    (``quorum``), nobody's absence can switch it."""
    able = {
        one.id: [juror for juror in cast.jury_of(field) if one.id not in juror.conflicts]
        for one in cast.projects_in(field.id)
    }
    jury = {project: min(ballots(judges, rules).values()) for project, judges in able.items()}
    if not jury:
        return
    enough, fewest = rules.trim.enough, min(jury.values())
    few = ", ".join(project for project, count in jury.items() if count == fewest)
    if fewest < enough and fewest >= rules.quorum:
        yield (
            f"Warning: field “{field.id}” will not be trimmed: {fewest} judges may score {few}, and "
            f"rules.trim.n_min is {enough}. The mean is used instead."
        )
    elif rules.quorum < enough == fewest:
        instead = "Raise" if enough == 2 * rules.trim.k + 1 else "Leave n_min out, or raise"
        yield (
            f"Warning: in field “{field.id}” one missing ballot ends trimming for every project: {fewest} judges "
            f"may score {few}, and rules.trim.n_min is {enough}. {instead} rules.quorum to {enough}."
        )


def _unwieldy(rules: Rules, named: str, projects: int) -> Iterator[Fault]:
    """More than anybody puts in order, or compares, by hand."""
    if rules.ballots == "orders" and projects > MOST_ORDERED:
        yield Fault(f"{named} has {projects} projects to put in order; expected at most {MOST_ORDERED}")
    met = met_by_all(rules, projects)
    if rules.ballots == "pairs" and met > MOST_COMPARED:
        yield Fault(f"{named}: each judge compares each project with {met} others; expected at most {MOST_COMPARED}")
    if rules.ballots == "pairs" and (rules.least_opponents or 0) > max(met, 1):
        yield Fault(f"{named}: rules.least_opponents is more than the {met} others that each judge compares with")


def met_by_all(rules: Rules, projects: int) -> int:
    """With how many others each judge compares a project of a field, at most."""
    return min(rules.opponents or projects, max(projects - 1, 0))


def _of_pairs(rules: Rules, field: Field, projects: int) -> Iterator[str]:
    if projects * met_by_all(rules, projects) // 2 > WISELY_COMPARED:
        yield (
            f"Warning: in field “{field.id}” each judge makes some {projects * met_by_all(rules, projects) // 2} "
            f"comparisons; more than {WISELY_COMPARED} nobody makes with care. Set rules.opponents lower."
        )


def _of_deductions(rules: Rules, field: Field) -> Iterator[str]:
    """What a judge takes off the own total goes the way of that total."""
    if not rules.deductions or rules.deducted_from != "total":
        return
    if rules.estimator == "trimmed-mean":
        yield (
            f"Warning: in field “{field.id}” points that one judge alone takes off may be left out with that judge's "
            "total, for the lowest is trimmed. With rules.deducted_from = “points” every judge's deductions count."
        )
    elif rules.estimator in ("borda", "place-points"):
        yield (
            f"Warning: in field “{field.id}”, by {rules.estimator}, points that a judge takes off matter only where "
            "they change that judge's order of the projects. With rules.deducted_from = “points” they always count."
        )


def _of_lots(cast: Cast, rules: Rules, field: Field) -> Iterator[str]:
    """By a mean, whoever is given the strict judges has fewer points."""
    jury = [juror for juror in cast.jury_of(field) if votes(juror, rules)]
    seats = Counter(panel.id for juror in jury if (panel := panel_of(juror, rules)))
    for panel in rules.panels:
        if panel.weight and 0 < panel.each < seats[panel.id]:
            yield (
                f"Warning: in field “{field.id}” each project is scored by {panel.each} of {seats[panel.id]} judges of "
                f"“{panel.id}”, and by {rules.estimator} it matters who is given whom. By z-score it would less."
            )


def _has_second_person(cast: Cast, field: Field) -> bool:
    """A deputy, or an organiser who is none of its judges."""
    jury = cast.jury_of(field)
    organisers = {person.id for person, held in cast.everybody_in(None) if held.role is Role.ORGANISER}
    return any(juror.deputy for juror in jury) or not organisers <= {juror.id for juror in jury}
