"""What the desks' scripts are told of people, juries and rubrics; docs/architecture.md lists the keys."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from babel.numbers import format_percent

from roadshow.competitions.cast import Cast, Juror, Project
from roadshow.competitions.definition import Competition, Criterion, Deduction, Field, Rules
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.competitions.plan import opens_at
from roadshow.desks.public_context import PublicContext
from roadshow.ids import RoomId
from roadshow.languages import catalogue
from roadshow.voting.ballot import LONGEST_REASON, SHORTEST_REASON
from roadshow.voting.rules.arithmetic import exact

if TYPE_CHECKING:  # a front makes public pages, and must not load what a desk needs
    from roadshow.desks.context import DeskContext

PERCENT = Decimal("0.001")


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


def page_room(field: Field, language: str) -> dict[str, Any]:
    """The page data's ``room``."""
    return {"id": field.room, "title": field.title.in_language(language), "starts_at": opens_at(field).ms}


def page_projects(context: PublicContext, projects: Iterable[Project], language: str) -> dict[str, dict[str, str]]:
    """The page data's ``projects``."""
    return {
        project.id: {
            "name": project.name.in_language(language),
            "one_liner": project.one_liner.in_language(language),
            "team": project.team.in_language(language),
            "place": project.place.in_language(language),
            "url": f"{context.base}/projects/{project.id}",
        }
        for project in projects
    }


def page_all_projects(context: PublicContext, language: str) -> dict[str, Any]:
    """The page data's ``all_projects``, where the rules have a podium of all fields."""
    if context.competition.rules.podium != "overall":
        return {}
    return {"all_projects": page_projects(context, context.cast.projects.values(), language)}


def page_prizes(context: PublicContext, language: str, *fields: Field) -> dict[str, Any]:
    """The page data's ``prizes``, where places of these fields' podiums are called by their prize."""
    prizes = [one for field in fields for one in context.competition.judging(field).rules.prizes]
    return {"prizes": {one.id: one.title.in_language(language) for one in prizes}} if prizes else {}


def page_shown_judges(context: PublicContext, field: Field, language: str) -> dict[str, Any]:
    """The page data's ``judges``, where everybody is shown cards that bear their names."""
    rules = context.competition.judging(field).rules
    if not (rules.shows_cards and rules.show_judges):
        return {}
    return {"judges": page_judges(context.cast.jury_of(field), language)}


def page_deck(project: Project, language: str) -> list[dict[str, Any]]:
    """The page data's ``deck``: the slides the page draws."""
    return [
        {
            "title": slide.title.in_language(language),
            "lines": [line.in_language(language) for line in slide.lines],
            "figure": slide.figure,
        }
        for slide in project.deck
    ]


def live_address(context: PublicContext, language: str, person: str | None = None) -> str:
    """Where the page's WebSocket goes."""
    return f"{context.base}/live?" + urlencode(({"as": person} if person else {}) | {"lang": language})


def page_desk(
    context: "DeskContext", field: Field, person: Person, appointment: Appointment, language: str, watch_token: str
) -> dict[str, Any]:
    """What every desk with a room's picture and its jury has: the keys from ``live`` to ``reason``. ``watch_token``
    as ``grants.watch_token_of`` gives it."""
    cast = context.cast
    return {
        "live": live_address(context, language, person.id),
        "room": page_room(field, language),
        "person": page_person(person, appointment, language),
        "projects": page_projects(context, cast.projects_in(field.id), language),
        **page_all_projects(context, language),
        "judges": page_judges(cast.jury_of(field), language),
        "whep": f"{context.base}/rooms/{field.room}/whep",
        "watch_token": watch_token,
        "reason": {"minimum": SHORTEST_REASON, "maximum": LONGEST_REASON},
    }


def page_rules(rules: Rules, language: str) -> dict[str, Any]:
    """The page data's ``rules``: what a desk has to know of them."""
    return {
        "chair_settles": "chair" in rules.tie_chain,
        "deliberation": rules.deliberation,
        "far_apart": rules.far_apart,
        "all_alike": rules.all_alike,
        "awards": {one.id: one.title.in_language(language) for one in rules.awards if one.by in ("jury", "sponsor")},
        "ballots": rules.ballots,
        "level_places": rules.level_places,
    }


def page_person(person: Person, appointment: Appointment, language: str) -> dict[str, Any]:
    """The page data's ``person``, in the role in which they are here."""
    return {
        "id": person.id,
        "name": person.name.in_language(language),
        "role": appointment.role.value,
        "project": appointment.project,
    }


def page_judges(jury: Iterable[Juror], language: str) -> dict[str, dict[str, Any]]:
    """The page data's ``judges``."""
    return {juror.id: {"name": juror.name.in_language(language), "chair": juror.chair} for juror in jury}


def page_pitchers(cast: Cast, room: RoomId, language: str) -> dict[str, str]:
    """The page data's ``pitchers``: their names."""
    return {
        person.id: person.name.in_language(language)
        for person, held in cast.everybody_in(room)
        if held.role is Role.PITCHER
    }


def page_criteria(competition: Competition, language: str) -> list[dict[str, Any]]:
    """The page data's ``criteria``; ``share`` is the weight as a percentage in words of the language. After them what
    each judge may take points off for, of no weight."""
    weights = sum(criterion.weight for criterion in competition.criteria)
    return [
        *_scored(competition, weights, language),
        *(_taken_off(one, competition.rules, language) for one in competition.rules.deductions),
    ]


def _scored(competition: Competition, weights: int, language: str) -> list[dict[str, Any]]:
    return [
        {
            "id": criterion.id,
            "title": criterion.title.in_language(language),
            "hint": criterion.hint.in_language(language),
            "weight": criterion.weight,
            "share": _percent(criterion.weight, weights, language),
            "maximum": criterion.maximum,
            "steps": criterion.steps,
            "cells": _cells(criterion, language),
            "anchors": [
                {"score": anchor.score, "text": anchor.text.in_language(language)} for anchor in criterion.anchors
            ],
        }
        for criterion in competition.criteria
    ]


def _taken_off(deduction: Deduction, rules: Rules, language: str) -> dict[str, Any]:
    texts = catalogue(language)
    most = texts.number(deduction.maximum)
    hint = texts.gettext(_("Up to %(points)s points off. Choose nothing if there is no reason."))
    return {
        "id": deduction.id,
        "title": deduction.title.in_language(language),
        "hint": hint % {"points": most},
        "weight": 0,
        "share": f"−{most}",
        "maximum": deduction.maximum,
        "steps": deduction.steps,
        "cells": _cells(deduction, language),
        "anchors": [],
        "taken_from": rules.deducted_from,
    }


def _cells(criterion: Criterion | Deduction, language: str) -> list[str]:
    """What stands in the cells of its scale; none where scores are typed."""
    if not criterion.has_cells:
        return []
    texts = catalogue(language)
    steps = criterion.steps
    return [texts.score(exact(Fraction(score, steps))) for score in range(criterion.maximum * steps + 1)]


def _percent(weight: int, weights: int, language: str) -> str:
    share = (Decimal(weight) / weights).quantize(PERCENT)
    pattern = "#,##0.#%" if language != "ru" else "#,##0.# %"
    return format_percent(share, format=pattern, locale=language)
