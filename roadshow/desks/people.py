"""The people desk: who takes part, new links, revocation. And the way from an invitation to its desk."""

from contextlib import AbstractContextManager
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.competitions.people import Appointment, Person, Role
from roadshow.desks.context import DeskContext, signed_in
from roadshow.desks.roles import FACES, desks_of, where
from roadshow.errors import Conflict
from roadshow.ids import PersonId, ProjectId
from roadshow.languages import catalogue


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


INVITED = _("invited")
NOT_INVITED = _("no link yet")
REVOKED = _("signed out")
ORGANISERS = _("Organisers")
OTHERS = _("Others")


def routes(context: DeskContext) -> list[Route]:
    async def desk(request: Request) -> Response:
        """Leads to the desk of the person's role, or shows those of their several."""
        person = signed_in(request)
        found = desks_of(person, context.base)
        if len(found) == 1:
            return RedirectResponse(found[0].url, 303)
        language = context.pages.language(request)
        return context.pages.render(
            request,
            "people/desks.html",
            mood="paper",
            module=None,
            data={},
            name=person.name.in_language(language),
            desks=[
                {
                    "url": one.url,
                    "label": catalogue(language).gettext(FACES[one.appointment.role].label),
                    "places": tuple(where(one.appointment, context.competition, context.cast, language)),
                }
                for one in found
            ],
        )

    async def people(request: Request) -> Response:
        return await page(request)

    async def page(
        request: Request, *, invitation: dict[str, str] | None = None, revoked: Person | None = None
    ) -> Response:
        organiser = signed_in(request)
        language = context.pages.language(request)
        gettext = catalogue(language).gettext
        cast = context.cast
        access = await context.guests.access(cast.people)
        base = f"{context.base}/as/{organiser.id}/people"

        def row(person: Person, appointment: Appointment | None) -> dict[str, Any]:
            invited = access[person.id].issue > 0
            gone = revoked is not None and revoked.id == person.id
            project = None if appointment is None else cast.projects.get(appointment.project or ProjectId(""))
            return {
                "id": person.id,
                "name": person.name.in_language(language),
                "role": "" if appointment is None else gettext(FACES[appointment.role].label),
                "project": "" if project is None else project.name.in_language(language),
                "access": gettext(REVOKED if gone else INVITED if invited else NOT_INVITED),
                "badge": "bad" if gone else "done" if invited else "",
                "invited": invited and not gone,
                "invite_url": f"{base}/{person.id}/invite",
                "revoke_url": f"{base}/{person.id}/revoke",
                "can_revoke": person.id != organiser.id,
            }

        fields = context.competition.fields
        rooms = {field.room for field in fields}
        groups = [
            {
                "title": gettext(ORGANISERS),
                "people": [row(one, held) for one, held in cast.everybody_in(None)],
            }
        ]
        for field in fields:
            here = [row(one, held) for one, held in cast.everybody_in(field.room)]
            groups.append({"title": field.title.in_language(language), "people": here})
        # In no room there is: without a role, or of a field that the definition no longer has.
        others = [one for one in cast.everybody() if not any(held.room in (None, *rooms) for held in one.appointments)]
        if others:
            groups.append({"title": gettext(OTHERS), "people": [row(one, None) for one in others]})
        return context.pages.render(
            request,
            "people/desk.html",
            mood="paper",
            module="people",
            data={},
            groups=groups,
            invitation=invitation,
            revoked=None if revoked is None else revoked.name.in_language(language),
            people_url=base,
            control_url=f"{context.base}/as/{organiser.id}/control",
        )

    async def invite(request: Request) -> Response:
        """The new link is on the page that answers, and nowhere else."""
        other = _other(context, request)
        with _told(context, "people.invite", request, other):
            token = await context.guests.invite(other.id)
        name = other.name.in_language(context.pages.language(request))
        url = f"{context.settings.public_url}{context.base}/i/{token}"
        return await page(request, invitation={"name": name, "url": url})

    async def revoke(request: Request) -> Response:
        other = _other(context, request)
        with _told(context, "people.revoke", request, other):
            if other.id == signed_in(request).id:
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
    """A line in the log, however it goes."""
    organiser = signed_in(request)
    field = next((one.room for one in other.appointments), None)
    return context.telemetry.act(what, who=organiser.id, role=Role.ORGANISER.value, field=field, whom=other.id)


def _other(context: DeskContext, request: Request) -> Person:
    return context.guests.person(PersonId(request.path_params["other"]))
