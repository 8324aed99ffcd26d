"""Objections to a published result: a team's own page for them, and the desk of those who rule on them.

Both are forms that work without a script, and keep what was typed when something is refused.
"""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import DECIDING
from roadshow.competitions.definition import Field, Project
from roadshow.competitions.people import Person, Role
from roadshow.desks.context import DeskContext, appointed, own_project, pitches_in
from roadshow.desks.forms import SEE_OTHER, a_command, fields_of, number_of
from roadshow.desks.result.aftermath import CHANGE_NAMES, named_categories
from roadshow.desks.result.minutes import OFFICES
from roadshow.errors import InputError, NotAllowed, RoadshowError
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.languages import catalogue, message_for
from roadshow.voting.aftermath.acts import (
    CATEGORIES,
    CHANGES,
    LONGEST_WORDS,
    MOST_OBJECTIONS,
    SHORTEST_WORDS,
    AfterAct,
    Amend,
    AskAmendment,
    Category,
    Change,
    Rule,
)
from roadshow.voting.aftermath.service import Heard
from roadshow.voting.ballot import LONGEST_REASON, SHORTEST_REASON
from roadshow.voting.results import CeremonyState

TYPED = ("act", "objection", "project", "change", "reason")
"""What the desk's forms say, and show again when something is refused."""


def routes(context: DeskContext) -> list[Route]:
    # The team's page ------------------------------------------------------------------------------------------------

    async def team(request: Request) -> Response:
        return await page(request, *own_project(context, request))

    async def page(
        request: Request,
        person: Person,
        project: Project,
        field: Field,
        typed: Mapping[str, str] | None = None,
        refusal: RoadshowError | None = None,
    ) -> Response:
        language = context.pages.language(request)
        texts = catalogue(language)
        views = await context.voting.views(field.room)
        is_revealed = views.state is CeremonyState.REVEALED
        own = await context.voting.aftermath.heard(field.room, project.id) if is_revealed else ()
        base = f"{context.base}/as/{person.id}/pitch/{project.id}"
        return context.pages.render(
            request,
            "objections/team.html",
            mood="paper",
            module="objection",
            data={"draft": f"objection:{context.competition.id}:{project.id}"},
            status=200 if refusal is None else refusal.status,
            field=field,
            project=project,
            after=views.aftermath(context.clock.now()) if is_revealed else None,
            own=[
                {
                    "told": one.told,
                    "words": one.said.words,
                    "receipt": f"{base}/objection/{one.objection.sequence}.json",
                }
                for one in own
            ],
            left=MOST_OBJECTIONS,
            categories=named_categories(texts),
            offices={office: texts.gettext(text) for office, text in OFFICES.items()},
            typed={"category": "", "words": "", "command": a_command(), **(typed or {})},
            refused=None if refusal is None else message_for(refusal.code, refusal.details, language),
            done="done" in request.query_params,
            bounds=(SHORTEST_WORDS, LONGEST_WORDS),
            desk_url=base,
            results_url=f"{context.base}/rooms/{field.room}/results",
        )

    async def object_(request: Request) -> Response:
        person, project, field = own_project(context, request)
        typed = await fields_of(request)
        try:
            category = typed.get("category", "")
            if category not in CATEGORIES:
                raise InputError("objection.category")
            await context.voting.aftermath.object(
                field.room,
                person.id,
                project.id,
                msgspec.convert(category, Category),
                typed.get("words", ""),
                CommandId(typed.get("command", "")),
            )
        except RoadshowError as refusal:
            names = ("category", "words", "command")
            kept: Mapping[str, str] = {name: typed[name] for name in names if name in typed}
            return await page(request, person, project, field, kept, refusal)
        return RedirectResponse(f"{context.base}/as/{person.id}/pitch/{project.id}/objection?done", SEE_OTHER)

    async def receipt(request: Request) -> Response:
        _, project, field = own_project(context, request)
        found = await context.voting.aftermath.receipt(field.room, project.id, request.path_params["sequence"])
        name = f"objection-{project.id}-{found.sequence}.json"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-cache"}
        return Response(msgspec.json.format(msgspec.json.encode(found), indent=1), headers=headers)

    # Those who rule -------------------------------------------------------------------------------------------------

    async def desk(request: Request) -> Response:
        return await rulings(request)

    async def rulings(
        request: Request, typed: Mapping[str, str] | None = None, refusal: RoadshowError | None = None
    ) -> Response:
        field = context.field(request)
        person, appointment = appointed(request, DECIDING, field.room)
        language = context.pages.language(request)
        texts = catalogue(language)
        views = await context.voting.views(field.room)
        is_revealed = views.state is CeremonyState.REVEALED
        after = context.voting.aftermath
        heard = await after.confided(field.room, person.id) if is_revealed else ()
        waiting = await after.waiting(field.room) if is_revealed else None
        people, is_party = context.cast.people, pitches_in(person, field)
        projects = {one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)}
        return context.pages.render(
            request,
            "objections/desk.html",
            mood="paper",
            module="objection",
            data={},
            status=200 if refusal is None else refusal.status,
            field=field,
            after=views.aftermath(context.clock.now()) if is_revealed else None,
            heard=[
                {
                    "sequence": one.objection.sequence,
                    "told": one.told,
                    **(said_by(one, projects, people, language) if may_hear and not is_party else {"words": None}),
                }
                for one, may_hear in heard
            ],
            waiting=waiting,
            asked_by=""
            if waiting is None
            else people[waiting.by].name.in_language(language)
            if waiting.by in people
            else waiting.by,
            own=waiting is not None and waiting.by == person.id,
            projects=projects,
            out=views.out,
            categories=named_categories(texts),
            offices={office: texts.gettext(text) for office, text in OFFICES.items()},
            changes={change: texts.gettext(text) for change, text in CHANGE_NAMES.items()},
            command=a_command(),
            typed={**dict.fromkeys(TYPED, ""), **(typed or {})},
            refused=None if refusal is None else message_for(refusal.code, refusal.details, language),
            bounds=(SHORTEST_REASON, LONGEST_REASON),
            here=f"{context.base}/as/{person.id}/objections/{field.room}",
            desk_url=f"{context.base}/as/{person.id}/{_desk_of(appointment.role)}/{field.room}",
            results_url=f"{context.base}/rooms/{field.room}/results",
        )

    async def decide(request: Request) -> Response:
        field = context.field(request)
        person, _appointment = appointed(request, DECIDING, field.room)
        typed = await fields_of(request)
        try:
            if pitches_in(person, field):
                raise NotAllowed("ruling.conflict")
            await context.voting.aftermath.act(
                field.room, person.id, _act_of(typed), CommandId(typed.get("command", ""))
            )
        except RoadshowError as refusal:
            return await rulings(request, typed, refusal)
        return RedirectResponse(f"{context.base}/as/{person.id}/objections/{field.room}", SEE_OTHER)

    posted = ("POST",)
    return [
        context.guarded("/as/{person}/pitch/{project}/objection", team, "objection"),
        context.guarded("/as/{person}/pitch/{project}/objection", object_, "object", methods=posted),
        context.guarded("/as/{person}/pitch/{project}/objection/{sequence:int}.json", receipt, "objection-receipt"),
        context.guarded("/as/{person}/objections/{room}", desk, "objections"),
        context.guarded("/as/{person}/objections/{room}", decide, "decide-objection", methods=posted),
    ]


def said_by(
    one: Heard, projects: Mapping[ProjectId, str], people: Mapping[PersonId, Person], language: str
) -> dict[str, str]:
    """What an objection says, and who says it."""
    by = people[one.said.by].name.in_language(language) if one.said.by in people else one.said.by
    return {"words": one.said.words, "team": projects.get(one.said.project, one.said.project), "by": by}


def _desk_of(role: Role) -> str:
    return "control" if role is Role.ORGANISER else "judge"


def _act_of(typed: Mapping[str, str]) -> AfterAct:
    """What a form asks for. Raises InputError("objection.malformed")."""
    reason = typed.get("reason", "").strip()
    match typed.get("act", ""):
        case "dismiss" | "uphold" as ruling:
            return Rule(number_of(typed.get("objection", ""), "objection.malformed"), ruling == "uphold", reason)
        case "ask":
            change = typed.get("change", "")
            if change not in CHANGES:
                raise InputError("objection.malformed")
            objection = typed.get("objection", "")
            return AskAmendment(
                ProjectId(typed.get("project", "")),
                msgspec.convert(change, Change),
                reason,
                number_of(objection, "objection.malformed") if objection else None,
            )
        case "sign":
            return Amend(number_of(typed.get("asked", ""), "objection.malformed"))
        case _:
            raise InputError("objection.malformed")
