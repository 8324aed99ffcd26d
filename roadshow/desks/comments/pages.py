"""Comments to the teams: forms that work without a script, and keep what was typed when something is refused."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import DECIDING, JURY
from roadshow.competitions.definition import Field
from roadshow.competitions.people import Role
from roadshow.desks.context import DeskContext, appointed, own_project, pitches_in
from roadshow.desks.forms import SEE_OTHER, fields_of, number_of
from roadshow.errors import InputError, NotAllowed, RoadshowError
from roadshow.ids import PersonId, ProjectId
from roadshow.languages import message_for
from roadshow.voting.ballot import LONGEST_REASON, SHORTEST_REASON
from roadshow.voting.comments.comment import LONGEST_COMMENT, Comment
from roadshow.voting.results import CeremonyState

TYPED = ("judge", "project", "words", "reason")
"""What forms say, and show again when something is refused."""


def routes(context: DeskContext) -> list[Route]:
    # A judge's own --------------------------------------------------------------------------------------------------

    async def own(request: Request) -> Response:
        return await writing(request)

    async def writing(
        request: Request, typed: Mapping[str, str] | None = None, refusal: RoadshowError | None = None
    ) -> Response:
        field = context.field(request)
        person, appointment = appointed(request, JURY, field.room)
        found = await context.voting.comments.own(field.room, person.id)
        language = context.pages.language(request)
        rules, here = context.competition.judging(field).rules, f"{context.base}/as/{person.id}/comments/{field.room}"
        return context.pages.render(
            request,
            "comments/own.html",
            mood="paper",
            module="comments",
            data={
                "draft": f"roadshow.comment.{context.competition.id}.{field.room}.{person.id}.",
                "notes": f"roadshow.notes.{context.competition.id}.{field.room}.{person.id}.",
            },
            status=200 if refusal is None else refusal.status,
            field=field,
            comments=found,
            projects=_names(context, field, language),
            policy=rules.comments,
            named=rules.show_judges,
            typed={**dict.fromkeys(TYPED, ""), **(typed or {})},
            refused=None if refusal is None else message_for(refusal.code, refusal.details, language),
            done=request.query_params.get("done", ""),
            longest=LONGEST_COMMENT,
            here=here,
            desk_url=f"{context.base}/as/{person.id}/judge/{field.room}",
            look_url=f"{here}/all" if rules.comments == "chair" and appointment.role in DECIDING else None,
        )

    async def write(request: Request) -> Response:
        field = context.field(request)
        person, _ = appointed(request, JURY, field.room)
        typed = await fields_of(request)
        project = typed.get("project", "")
        try:
            await context.voting.comments.write(
                field.room,
                person.id,
                ProjectId(project),
                typed.get("words", ""),
                number_of(typed.get("revision", ""), "comment.malformed"),
            )
        except RoadshowError as refusal:
            return await writing(request, typed, refusal)
        here = f"{context.base}/as/{person.id}/comments/{field.room}"
        return RedirectResponse(f"{here}?done={project}#{project}", SEE_OTHER)

    # Who looks them through -----------------------------------------------------------------------------------------

    async def all_(request: Request) -> Response:
        return await looking(request)

    async def looking(
        request: Request, typed: Mapping[str, str] | None = None, refusal: RoadshowError | None = None
    ) -> Response:
        field = context.field(request)
        person, appointment = appointed(request, DECIDING, field.room)
        language = context.pages.language(request)
        is_revealed = (await context.voting.state(field.room)) is CeremonyState.REVEALED
        is_party = pitches_in(person, field)
        if not is_revealed or is_party:
            context.voting.comments.require(field.room)
            found: tuple[Comment, ...] = ()
        else:
            found = await context.voting.comments.to_look_through(field.room, person.id)
        desk = "control" if appointment.role is Role.ORGANISER else "judge"
        return context.pages.render(
            request,
            "comments/all.html",
            mood="paper",
            module="plain",
            data={},
            status=200 if refusal is None else refusal.status,
            field=field,
            comments=found,
            revealed=is_revealed,
            projects=_names(context, field, language),
            judges=_people(context, (one.judge for one in found), language),
            typed={**dict.fromkeys(TYPED, ""), **(typed or {})},
            refused=None if refusal is None else message_for(refusal.code, refusal.details, language),
            bounds=(SHORTEST_REASON, LONGEST_REASON),
            here=f"{context.base}/as/{person.id}/comments/{field.room}/all",
            desk_url=f"{context.base}/as/{person.id}/{desk}/{field.room}",
        )

    async def decide(request: Request) -> Response:
        field = context.field(request)
        person, _ = appointed(request, DECIDING, field.room)
        typed = await fields_of(request)
        act = typed.get("act", "")
        try:
            if pitches_in(person, field):
                raise NotAllowed("ruling.conflict")
            if act not in ("release", "withhold"):
                raise InputError("comment.malformed")
            await context.voting.comments.decide(
                field.room,
                person.id,
                PersonId(typed.get("judge", "")),
                ProjectId(typed.get("project", "")),
                number_of(typed.get("revision", ""), "comment.malformed"),
                release=act == "release",
                reason=typed.get("reason", ""),
            )
        except RoadshowError as refusal:
            return await looking(request, typed, refusal)
        return RedirectResponse(f"{context.base}/as/{person.id}/comments/{field.room}/all", SEE_OTHER)

    # The team -------------------------------------------------------------------------------------------------------

    async def team(request: Request) -> Response:
        person, project, field = own_project(context, request)
        language = context.pages.language(request)
        is_revealed = (await context.voting.state(field.room)) is CeremonyState.REVEALED
        context.voting.comments.require(field.room)
        found = await context.voting.comments.for_team(field.room, project.id) if is_revealed else ()
        rules = context.competition.judging(field).rules
        return context.pages.render(
            request,
            "comments/team.html",
            mood="paper",
            module="print",
            data={},
            field=field,
            project=project,
            comments=found,
            revealed=is_revealed,
            judges=_people(context, (one.judge for one in found), language) if rules.show_judges else {},
            policy=rules.comments,
            desk_url=f"{context.base}/as/{person.id}/pitch/{project.id}",
        )

    posted = ("POST",)
    return [
        context.guarded("/as/{person}/comments/{room}", own, "comments"),
        context.guarded("/as/{person}/comments/{room}", write, "comment", methods=posted),
        context.guarded("/as/{person}/comments/{room}/all", all_, "all-comments"),
        context.guarded("/as/{person}/comments/{room}/all", decide, "decide-comment", methods=posted),
        context.guarded("/as/{person}/pitch/{project}/comments", team, "team-comments"),
    ]


def _names(context: DeskContext, field: Field, language: str) -> dict[ProjectId, str]:
    return {one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)}


def _people(context: DeskContext, people: Iterable[PersonId], language: str) -> dict[PersonId, str]:
    """Names, also of those who left the jury since."""
    known = context.cast.people
    return {one: known[one].name.in_language(language) if one in known else one for one in people}
