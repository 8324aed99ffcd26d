"""The people desk: who takes part, new links, revocation. And the way from an invitation to its desk."""

from contextlib import AbstractContextManager
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import Visitor
from roadshow.competitions.people import Person, Role
from roadshow.desks.context import DeskContext
from roadshow.errors import Conflict, NotSignedIn
from roadshow.ids import PersonId
from roadshow.languages import catalogue


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


ROLES = {
    Role.ORGANISER: _("Organiser"),
    Role.CHAIR: _("Chair of the jury"),
    Role.JUDGE: _("Judge"),
    Role.PITCHER: _("Startup"),
    Role.AUDIENCE: _("Audience"),
}
INVITED = _("invited")
NOT_INVITED = _("no link yet")
REVOKED = _("signed out")
ORGANISERS = _("Organisers")


def routes(context: DeskContext) -> list[Route]:
    async def desk(request: Request) -> Response:
        """Leads to the desk of the person's role."""
        person = _who(request)
        leaf = {Role.ORGANISER: "control", Role.PITCHER: "pitch"}.get(person.role, "judge")
        return RedirectResponse(f"{context.base}/as/{person.id}/{leaf}", 303)

    async def people(request: Request) -> Response:
        return await page(request)

    async def page(
        request: Request, *, invitation: dict[str, str] | None = None, revoked: Person | None = None
    ) -> Response:
        organiser = _who(request)
        language = context.pages.language(request)
        everybody = await context.guests.people()
        access = await context.guests.access(everybody)
        base = f"{context.base}/as/{organiser.id}/people"

        projects = {project.id: project for project in context.competition.projects}

        def row(person: Person) -> dict[str, Any]:
            invited = access[person.id].issue > 0
            gone = revoked is not None and revoked.id == person.id
            project = projects.get(person.project) if person.project is not None else None
            return {
                "id": person.id,
                "name": _name(person, language),
                "role": catalogue(language).gettext(ROLES[person.role]),
                "project": "" if project is None else project.name.in_language(language),
                "access": catalogue(language).gettext(REVOKED if gone else INVITED if invited else NOT_INVITED),
                "badge": "bad" if gone else "done" if invited else "",
                "invited": invited and not gone,
                "invite_url": f"{base}/{person.id}/invite",
                "revoke_url": f"{base}/{person.id}/revoke",
                "can_revoke": person.id != organiser.id,
            }

        order = {role: number for number, role in enumerate(ROLES)}
        groups = [
            {
                "title": catalogue(language).gettext(ORGANISERS),
                "people": [row(person) for person in everybody if person.room is None],
            }
        ]
        for field in context.competition.fields:
            in_room = [person for person in everybody if person.room == field.room]
            in_room.sort(key=lambda person: order[person.role])
            groups.append({"title": field.title.in_language(language), "people": [row(person) for person in in_room]})
        return context.pages.render(
            request,
            "people/desk.html",
            mood="paper",
            module="people",
            data={},
            groups=groups,
            invitation=invitation,
            revoked=None if revoked is None else _name(revoked, language),
            people_url=base,
            control_url=f"{context.base}/as/{organiser.id}/control",
        )

    async def invite(request: Request) -> Response:
        """The new link is on the page that answers, and nowhere else."""
        other = await _other(context, request)
        with _told(context, "people.invite", request, other):
            token = await context.guests.invite(other.id)
        name = _name(other, context.pages.language(request))
        return await page(
            request, invitation={"name": name, "url": f"{context.settings.public_url}{context.base}/i/{token}"}
        )

    async def revoke(request: Request) -> Response:
        other = await _other(context, request)
        with _told(context, "people.revoke", request, other):
            if other.id == _who(request).id:
                raise Conflict("people.yourself")
            await context.guests.revoke(other.id)
        return await page(request, revoked=other)

    return [
        context.guarded("/as/{person}", desk, "desk"),
        context.guarded("/as/{person}/people", people, "people"),
        context.guarded("/as/{person}/people/{other}/invite", invite, "invite", methods=("POST",)),
        context.guarded("/as/{person}/people/{other}/revoke", revoke, "revoke", methods=("POST",)),
    ]


def _told(context: DeskContext, what: str, request: Request, other: Person) -> AbstractContextManager[None]:
    organiser = _who(request)
    return context.telemetry.act(what, who=organiser.id, role=organiser.role.value, field=other.room, whom=other.id)


def _who(request: Request) -> Person:
    visitor: Visitor = request.state.visitor
    if visitor.person is None:
        raise NotSignedIn("sign_in.needed")
    return visitor.person


async def _other(context: DeskContext, request: Request) -> Person:
    return await context.guests.person(PersonId(request.path_params["other"]))


def _name(person: Person, language: str) -> str:
    return person.name.get(language, person.name["en"])
