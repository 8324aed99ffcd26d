"""The clerk's desk: a card is typed in by one person and by another once more. A form that works without a script, and
keeps what was typed when something is refused.

Organisers come here as the second person. Whoever confirms is not shown what was typed first.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import CLERK, ON_PAPER
from roadshow.competitions.definition import Field
from roadshow.competitions.people import Person
from roadshow.desks.context import DeskContext, appointed, signed_in
from roadshow.desks.forms import SEE_OTHER, a_command, fields_of, number_of
from roadshow.desks.page_data import live_address, page_criteria, page_room
from roadshow.desks.paper.figures import field_of, scores_of
from roadshow.desks.paper.words import FAULT_NAMES, to_a_clerk
from roadshow.errors import InputError, RoadshowError
from roadshow.ids import CommandId, CriterionId
from roadshow.languages import catalogue
from roadshow.voting.paper.acts import FAULTS, Fault
from roadshow.voting.paper.cards import Card
from roadshow.voting.paper.codes import spelled

MOST_FIELDS = 60
"""One for each of 50 criteria, and what goes with them."""


def routes(context: DeskContext) -> list[Route]:
    async def first_room(request: Request) -> Response:
        """The first field that is not over."""
        person = signed_in(request)
        room = context.current(context.competition.fields).room
        return RedirectResponse(f"{context.base}/as/{person.id}/paper/{room}", SEE_OTHER)

    async def desk(request: Request) -> Response:
        return await page(request)

    async def page(
        request: Request,
        typed: Mapping[str, str] | None = None,
        refusal: RoadshowError | None = None,
        wrong: Mapping[CriterionId, RoadshowError] | None = None,
    ) -> Response:
        field = context.field(request)
        person, _appointment = appointed(request, ON_PAPER, field.room)
        language = context.pages.language(request)
        texts, judging = catalogue(language), context.competition.judging(field)
        cards = await context.voting.paper.cards(field.room)
        waiting = [card for card in cards if card.confirmed_by is None]
        typed = {} if typed is None else typed
        number = typed.get("paper") or request.query_params.get("confirm", "")
        second = next((card for card in waiting if str(card.typed.sequence) == number), None)
        here = f"{context.base}/as/{person.id}/paper"
        return context.pages.render(
            request,
            "paper/desk.html",
            mood="paper",
            module="paper",
            data={
                "live": live_address(context, language, person.id),
                "room": page_room(field, language),
                "card": f"{here}/{field.room}/card",
            },
            status=200 if refusal is None else refusal.status,
            field=field,
            rooms=[
                {
                    "url": f"{here}/{one.room}",
                    "title": one.title.in_language(language),
                    "current": one.room == field.room,
                }
                for one in context.competition.fields
            ],
            criteria=[
                {
                    **row,
                    "field": field_of(criterion),
                    "step": criterion.step,
                    "typed": typed.get(field_of(criterion), ""),
                    "wrong": to_a_clerk(wrong[criterion.id], language) if wrong and criterion.id in wrong else "",
                }
                for row, criterion in zip(page_criteria(judging, language), judging.criteria, strict=True)
            ],
            typed={"code": typed.get("code", ""), "command": typed.get("command") or a_command()},
            refused=None if refusal is None else to_a_clerk(refusal, language),
            done=request.query_params.get("done", ""),
            types=person.holds(*CLERK),
            takes_paper=context.voting.paper.takes(field.room),
            second=None if second is None else told(second, field, person, language),
            waiting=[told(card, field, person, language) for card in waiting],
            confirmed=[told(card, field, person, language) for card in cards if card.confirmed_by is not None],
            faults={fault: texts.gettext(FAULT_NAMES[fault]) for fault in FAULTS},
            command=a_command(),
            here=f"{here}/{field.room}",
            cards_url=None if person.holds(*CLERK) else f"{here}/{field.room}/cards",
            desk_url=None if person.holds(*CLERK) else f"{context.base}/as/{person.id}/control/{field.room}",
        )

    def told(card: Card, field: Field, person: Person, language: str) -> dict[str, Any]:
        """Of a card, without what is on it."""
        judge, project = card.pair
        people, ballot = context.cast.people, card.typed.ballot
        names = {one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)}
        return {
            "paper": card.typed.sequence,
            "judge": people[judge].name.in_language(language) if judge in people else judge,
            "project": names.get(project, project),
            "by": people[ballot.typed_by].name.in_language(language) if ballot.typed_by in people else ballot.typed_by,
            "at": ballot.cast_at,
            "late": ballot.late,
            "contested": card.contested is not None,
            "own": ballot.typed_by == person.id,
        }

    async def card(request: Request) -> Response:
        """Whose card has this code, while the clerk goes on to the scores."""
        field = context.field(request)
        appointed(request, ON_PAPER, field.room)
        language = context.pages.language(request)
        try:
            code, (judge, project) = context.voting.paper.whose(field.room, request.query_params.get("code", ""))
        except RoadshowError as refusal:
            return _json({"code": refusal.code, "error": to_a_clerk(refusal, language)}, refusal.status)
        people = context.cast.people
        name = next((one.name for one in context.cast.projects_in(field.id) if one.id == project), None)
        return _json(
            {
                "code": spelled(code),
                "judge": people[judge].name.in_language(language) if judge in people else judge,
                "project": project if name is None else name.in_language(language),
            }
        )

    async def enter(request: Request) -> Response:
        field = context.field(request)
        person, _appointment = appointed(request, ON_PAPER, field.room)
        typed = await fields_of(request, MOST_FIELDS)
        here = f"{context.base}/as/{person.id}/paper/{field.room}"
        command, paper = CommandId(typed.get("command", "")), context.voting.paper
        wrong: dict[CriterionId, InputError] = {}
        try:
            if typed.get("act") == "reject":
                fault = typed.get("fault", "")
                if fault not in FAULTS:
                    raise InputError("paper.malformed")
                await paper.reject(
                    field.room,
                    person.id,
                    number_of(typed.get("paper", ""), "paper.malformed"),
                    msgspec.convert(fault, Fault),
                    command,
                )
                return RedirectResponse(f"{here}?done=rejected", SEE_OTHER)
            confirms = typed.get("act") == "confirm"
            scores, wrong = scores_of(typed, context.competition.judging(field).criteria)
            paper.whose(field.room, typed.get("code", ""))  # a wrong code is told first: it is at the top
            if wrong:
                raise next(iter(wrong.values()))
            doing = paper.confirm if confirms else paper.type_in
            await doing(field.room, person.id, typed.get("code", ""), scores, command)
        except RoadshowError as refusal:
            return await page(request, typed, refusal, wrong)
        return RedirectResponse(f"{here}?done={'confirmed' if confirms else 'typed'}", SEE_OTHER)

    return [
        context.guarded("/as/{person}/paper", first_room, "paper"),
        context.guarded("/as/{person}/paper/{room}", desk, "paper-room"),
        context.guarded("/as/{person}/paper/{room}", enter, "enter-paper", methods=("POST",)),
        context.guarded("/as/{person}/paper/{room}/card", card, "paper-card"),
    ]


def _json(value: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(value), status, media_type="application/json", headers=headers)
