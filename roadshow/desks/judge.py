"""The judge's desk; the chair's and the deputy's have the review panel. One for each field in whose jury they are."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import DECIDING, JURY
from roadshow.competitions.definition import Field
from roadshow.competitions.enrolment import Enrolment
from roadshow.competitions.people import Person, Role
from roadshow.desks.calibration.pages import calibration_address
from roadshow.desks.context import DeskContext, appointed, signed_in
from roadshow.desks.forms import fields_of
from roadshow.desks.grants import watch_token_of
from roadshow.desks.page_data import page_criteria, page_desk, page_rules
from roadshow.errors import Conflict, InputError, NotAllowed
from roadshow.voting.identity.keys import is_key
from roadshow.voting.results import CeremonyState


def routes(context: DeskContext) -> list[Route]:
    async def only(request: Request) -> Response:
        """Of a judge in one jury; whoever is in several goes to the first whose field is not over."""
        person = signed_in(request)
        fields = [field for field in context.competition.fields if person.holds(*JURY, room=field.room)]
        if not fields:
            raise NotAllowed("room.not_yours")
        if len(fields) == 1:
            return await desk(request, fields[0])
        return RedirectResponse(f"{context.base}/as/{person.id}/judge/{context.current(fields).room}", 303)

    async def of_room(request: Request) -> Response:
        return await desk(request, context.field(request))

    async def desk(request: Request, field: Field) -> Response:
        person, appointment = appointed(request, JURY, field.room)
        watch_token = await watch_token_of(context, request, person, field.room)
        language = context.pages.language(request)
        judging = context.competition.judging(field)
        rules = judging.rules
        told = page_criteria(judging, language)
        criteria = told if rules.ballots == "scores" else []
        return context.pages.render(
            request,
            "judge/desk.html",
            mood="stage",
            module="judge",
            data={
                **page_desk(context, field, person, appointment, language, watch_token),
                "criteria": criteria,
                "notes": f"roadshow.notes.{context.competition.id}.{field.room}.{person.id}.",
                "rules": page_rules(rules, language),
                "opponents": _opponents(person, field),
                "enrol": f"{context.base}/as/{person.id}/key/{field.room}" if rules.ballot_keys else None,
            },
            field=field,
            criteria=criteria,
            weighed=[] if criteria else told,
            pairs=rules.ballots == "pairs",
            objections_url=f"{context.base}/as/{person.id}/objections/{field.room}"
            if appointment.role in DECIDING and (await context.voting.state(field.room)) is CeremonyState.REVEALED
            else None,
            decides=appointment.role in (Role.CHAIR, Role.DEPUTY),
            comments_url=f"{context.base}/as/{person.id}/comments/{field.room}"
            if context.competition.judging(field).rules.comments != "off"
            else None,
            calibration_url=calibration_address(context, field, person),
            conflicts_url=f"{context.base}/as/{person.id}/conflicts/{field.room}",
            asks_conflicts=await asks_conflicts(person, field),
            practice_url=f"{context.base}/as/{person.id}/practice",
            results_url=f"{context.base}/rooms/{field.room}/results",
            paper_url=f"{context.base}/as/{person.id}/judge/{field.room}/paper",
            receipts_url=f"{context.base}/as/{person.id}/receipts/{field.room}",
            record_url=f"{context.base}/rooms/{field.room}/record.json",
        )

    def _opponents(person: Person, field: Field) -> dict[str, list[str]] | None:
        met = context.voting.opponents(field.room, person.id)
        return None if met is None else {project: sorted(others) for project, others in met.items()}

    async def asks_conflicts(person: Person, field: Field) -> bool:
        """Whether they have not said yet what conflicts they have, and still can."""
        if (person.id, field.room) in context.cast.declarations:
            return False
        return not (await context.voting.views(field.room)).has_begun

    async def enrol(request: Request) -> Response:
        """The key that a judge's browser has made, before their field's voting."""
        field = context.field(request)
        person, appointment = appointed(request, JURY, field.room)
        key = (await fields_of(request, most=1)).get("key", "")
        if not context.competition.judging(field).rules.ballot_keys:
            raise Conflict("key.off")
        if not is_key(key):
            raise InputError("key.malformed")
        with context.telemetry.act("key.enrol", who=person.id, role=appointment.role.value, field=field.room):
            await context.casting.enrol(Enrolment(person.id, field.room, key, context.clock.now().ms))
        return Response(status_code=204)

    return [
        context.guarded("/as/{person}/key/{room}", enrol, "enrol-key", methods=("POST",)),
        context.guarded("/as/{person}/judge", only, "judge"),
        context.guarded("/as/{person}/judge/{room}", of_room, "judge-room"),
    ]
