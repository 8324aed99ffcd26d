"""The people desk: who takes part, links, revocation. And the way from an invitation to its desk."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.competitions.invitations import Access
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.desks.context import DeskContext, signed_in
from roadshow.desks.forms import asked, question
from roadshow.desks.roles import FACES, desks_of, where
from roadshow.errors import Conflict
from roadshow.ids import PersonId, ProjectId
from roadshow.languages import catalogue


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


SIGNED_IN = _("signed in")
WAITING = _("link not used yet")
OUT = _("not signed in")
NOT_INVITED = _("no link yet")
ORGANISERS = _("Organisers")
CLERKS = _("Clerks")
AUDITORS = _("Auditors")
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
        opened: Counter[PersonId] = Counter()
        soon: set[PersonId] = set()
        now = context.clock.now()
        for one in await context.guests.presence.all():
            if one.is_open:
                opened[one.sign_in.person] += 1
                if one.last_day(now):
                    soon.add(one.sign_in.person)

        def row(person: Person, appointment: Appointment | None) -> dict[str, Any]:
            gone = revoked is not None and revoked.id == person.id
            project = None if appointment is None else cast.projects.get(appointment.project or ProjectId(""))
            stands = standing(context, organiser, person, access[person.id], opened[person.id], language)
            return {
                **stands,
                "role": "" if appointment is None else gettext(FACES[appointment.role].label),
                "project": "" if project is None else project.name.in_language(language),
                "badge": "done" if opened[person.id] else "bad" if gone else "",
                "ends_soon": person.id in soon,
            }

        fields = context.competition.fields
        jury = [(field, juror) for field in fields for juror in cast.jury_of(field)]
        rooms = {field.room for field in fields}
        everywhere = [(row(one, held), held.role) for one, held in cast.everybody_in(None)]
        groups = [
            {"title": gettext(title), "people": here}
            for title, role in ((ORGANISERS, Role.ORGANISER), (CLERKS, Role.CLERK), (AUDITORS, Role.AUDITOR))
            if (here := [one for one, held in everywhere if held is role])
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
            organisers=len(groups[0]["people"]),
            people_url=people_of(context, organiser),
            conflicts_url=f"{context.base}/as/{organiser.id}/conflicts",
            answered=sum((juror.id, field.room) in cast.declarations for field, juror in jury),
            judges=len(jury),
            control_url=f"{context.base}/as/{organiser.id}/control",
        )

    async def has_access(person: Person) -> bool:
        """Whether a new link ends something."""
        access = (await context.guests.access([person.id]))[person.id]
        return access.waits or any(one.is_open for one in await context.guests.presence.all(person.id))

    def inviting(
        what: str, make: Callable[[PersonId, PersonId], Awaitable[str]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The link is on the page that answers, and nowhere else."""

        async def invite(request: Request) -> Response:
            other, organiser = person_of_path(context, request), signed_in(request)
            if what == "invite" and other.id != organiser.id and not await asked(request) and await has_access(other):
                name = other.name.in_language(context.pages.language(request))
                return question(context.pages, request, what, name=name, back=people_of(context, organiser))
            with told(context, f"people.{what.replace('-', '_')}", request, other):
                if what == "invite" and other.id == organiser.id:
                    raise Conflict("people.own_link")
                token = await make(other.id, organiser.id)
            name = other.name.in_language(context.pages.language(request))
            url = f"{context.settings.public_url}{context.base}/i/{token}"
            return await page(request, invitation={"name": name, "url": url, "kind": what})

        return invite

    async def revoke(request: Request) -> Response:
        other, organiser = person_of_path(context, request), signed_in(request)
        if other.id != organiser.id and not await asked(request):
            name = other.name.in_language(context.pages.language(request))
            return question(context.pages, request, "revoke", name=name, back=people_of(context, organiser))
        with told(context, "people.revoke", request, other):
            if other.id == organiser.id:
                raise Conflict("people.yourself")
            await context.guests.revoke(other.id)
        return await page(request, revoked=other)

    return [
        context.guarded("/as/{person}", desk, "desk"),
        context.guarded("/as/{person}/people", people, "people"),
        *(
            context.guarded(f"/as/{{person}}/people/{{other}}/{what}", inviting(what, make), what, methods=("POST",))
            for what, make in (
                ("invite", context.guests.invite),
                ("invite-again", context.guests.invite_again),
                ("invite-further", context.guests.invite_further),
            )
        ),
        context.guarded("/as/{person}/people/{other}/revoke", revoke, "revoke", methods=("POST",)),
    ]


def people_of(context: DeskContext, organiser: Person) -> str:
    """The address of the organiser's page of everybody."""
    return f"{context.base}/as/{organiser.id}/people"


def standing(
    context: DeskContext, organiser: Person, person: Person, access: Access, sign_ins: int, language: str
) -> dict[str, Any]:
    """How somebody's access stands, and what the organiser may do about it: for a row of the people desk, and for the
    person's own page. ``sign_ins``: how many are open."""
    waits = access.waits and not sign_ins
    state = SIGNED_IN if sign_ins else WAITING if waits else OUT if access.issue else NOT_INVITED
    url = f"{people_of(context, organiser)}/{person.id}"
    return {
        "id": person.id,
        "name": person.name.in_language(language),
        "access": catalogue(language).gettext(state),
        "sign_ins": sign_ins,
        "waits": access.waits,
        "further_waits": access.waits and sign_ins > 0,
        "invited": sign_ins > 0 or access.waits,
        "ever_invited": state != NOT_INVITED,
        "is_own": person.id == organiser.id,
        "url": url,
        "invite_url": f"{url}/invite",
        "again_url": f"{url}/invite-again",
        "further_url": f"{url}/invite-further",
        "revoke_url": f"{url}/revoke",
    }


def told(context: DeskContext, what: str, request: Request, other: Person) -> AbstractContextManager[None]:
    """A line in the log, however it goes."""
    by = signed_in(request)
    field = next((one.room for one in other.appointments), None)
    return context.telemetry.act(what, who=by.id, role=by.role.value, field=field, whom=other.id)


def person_of_path(context: DeskContext, request: Request) -> Person:
    """The one of whom the path tells. Raises NotFound("person.unknown")."""
    return context.guests.person(PersonId(request.path_params["other"]))
