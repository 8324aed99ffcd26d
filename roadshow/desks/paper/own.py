"""What a judge sees of cards that were typed in for them, and their word against one."""

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import JURY
from roadshow.desks.context import DeskContext, appointed
from roadshow.desks.forms import SEE_OTHER, a_command, fields_of, number_of
from roadshow.desks.paper.figures import shown
from roadshow.desks.paper.words import CLAIM_NAMES
from roadshow.errors import InputError, RoadshowError
from roadshow.ids import CommandId
from roadshow.languages import catalogue, message_for
from roadshow.voting.paper.acts import CLAIMS, Claim
from roadshow.voting.paper.codes import spelled


def routes(context: DeskContext) -> list[Route]:
    async def mine(request: Request) -> Response:
        return await page(request)

    async def page(request: Request, refusal: RoadshowError | None = None) -> Response:
        field = context.field(request)
        person, _appointment = appointed(request, JURY, field.room)
        language = context.pages.language(request)
        texts = catalogue(language)
        own = await context.voting.paper.own(field.room, person.id)
        names = {one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)}
        people = context.cast.people
        here = f"{context.base}/as/{person.id}/judge/{field.room}"
        return context.pages.render(
            request,
            "paper/own.html",
            mood="paper",
            module="plain",
            data={},
            status=200 if refusal is None else refusal.status,
            field=field,
            cards=[
                {
                    "paper": one.card.typed.sequence,
                    "project": names.get(one.card.pair[1], one.card.pair[1]),
                    "code": spelled(one.card.code),
                    "at": one.card.typed.ballot.cast_at,
                    "by": people[by].name.in_language(language)
                    if (by := one.card.typed.ballot.typed_by) in people
                    else by,
                    "confirmed": one.card.confirmed_by is not None,
                    "contested": one.card.contested is not None,
                    "counts": one.counts,
                    "scores": [
                        (
                            criterion.title.in_language(language),
                            shown(one.card.typed.ballot.scores.get(criterion.id, 0), criterion, texts),
                            criterion.maximum,
                        )
                        for criterion in context.competition.judging(field).criteria
                    ],
                    "receipt": f"{here}/paper/{one.card.typed.sequence}.json",
                    "command": a_command(),
                }
                for one in own
            ],
            claims={claim: texts.gettext(CLAIM_NAMES[claim]) for claim in CLAIMS},
            refused=None if refusal is None else message_for(refusal.code, refusal.details, language),
            here=f"{here}/paper",
            desk_url=here,
        )

    async def contest(request: Request) -> Response:
        field = context.field(request)
        person, _appointment = appointed(request, JURY, field.room)
        typed = await fields_of(request)
        claim = typed.get("claim", "")
        try:
            if claim not in CLAIMS:
                raise InputError("paper.malformed")
            number = number_of(typed.get("paper", ""), "paper.malformed")
            command = CommandId(typed.get("command", ""))
            await context.voting.paper.contest(field.room, person.id, number, msgspec.convert(claim, Claim), command)
        except RoadshowError as refusal:
            return await page(request, refusal)
        return RedirectResponse(f"{context.base}/as/{person.id}/judge/{field.room}/paper", SEE_OTHER)

    async def receipt(request: Request) -> Response:
        field = context.field(request)
        person, _appointment = appointed(request, JURY, field.room)
        found = await context.voting.paper.receipt(field.room, person.id, request.path_params["sequence"])
        headers = {
            "content-disposition": f'attachment; filename="paper-{field.room}-{found.sequence}.json"',
            "cache-control": "private, no-cache",
        }
        return Response(msgspec.json.format(msgspec.json.encode(found), indent=1), headers=headers)

    return [
        context.guarded("/as/{person}/judge/{room}/paper", mine, "own-paper"),
        context.guarded("/as/{person}/judge/{room}/paper", contest, "contest-paper", methods=("POST",)),
        context.guarded("/as/{person}/judge/{room}/paper/{sequence:int}.json", receipt, "paper-receipt"),
    ]
