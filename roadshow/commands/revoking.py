"""Putting somebody out from the server's own console, and letting them in again: for when nobody who could do it at a
desk is left, or can be trusted."""

from collections.abc import Iterator
from dataclasses import dataclass

from roadshow.adapters import cast_store, is_served, people_store
from roadshow.clock import SystemClock
from roadshow.competitions.casting import Casting
from roadshow.competitions.definition import Competition
from roadshow.competitions.guests import Guests
from roadshow.competitions.people import Person
from roadshow.errors import NotFound, SetupError
from roadshow.ids import PersonId
from roadshow.settings import Settings
from roadshow.store.connection import open_running_store


@dataclass(frozen=True, slots=True)
class Revoked:
    """What came of it."""

    link: str
    """The person's new one."""
    sign_ins: int
    """That were open, and have ended."""
    links: int
    """That nobody had used, and have ended."""
    is_served: bool
    """Whether a server runs the competition, and so closes desks by itself."""


async def revoke(settings: Settings, competition: Competition, person: PersonId) -> Revoked:
    """End all links and sign-ins of the person, and make them a new link, whether or not the show is running: a running
    server closes their desks by itself (``signins.presence.LOOK_EVERY``). Raises SetupError for nobody of this cast,
    and where nothing of the competition was ever served; Unavailable."""
    async with open_running_store(settings, competition.id) as store:
        # With what the definition brings now, as the next start would have it: nothing of that is written.
        casting = await Casting.load(cast_store(store, competition.id), competition)
        guests = Guests(people_store(store, competition.id), casting.who, SystemClock())
        try:
            waits = (await guests.access([person]))[person].waits
            sign_ins = sum(seen.is_open for seen in await guests.presence.all(person))
            token = await guests.invite(person)
        except NotFound:
            lines = "\n".join(_listed(casting.cast.everybody(), competition))
            raise SetupError(f"There is no person {person}. There are:\n{lines}") from None
        link = f"{settings.public_url}/c/{competition.id}/i/{token}"
        return Revoked(link, sign_ins, int(waits), await is_served(store, competition.id))


def told(person: PersonId, revoked: Revoked) -> str:
    """As whoever gave the command reads it."""
    ended = f"{_counted(revoked.sign_ins, 'sign-in')} and {_counted(revoked.links, 'unused link')} ended"
    server = "a server is running and closes their desks" if revoked.is_served else "no server is running"
    return f"{person} is signed out everywhere: {ended}; {server}.\nA new link, works once: {revoked.link}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(people: tuple[Person, ...], competition: Competition) -> Iterator[str]:
    """A line for each, for somebody who looks for one of them."""
    fields = {field.room: field.title.en for field in competition.fields}
    width = max((len(person.id) for person in people), default=0)
    for person in people:
        places = (
            f"{held.role.value}, {fields.get(held.room, held.room)}" if held.room is not None else held.role.value
            for held in person.appointments
        )
        yield f"  {person.id:<{width}}  {', '.join((person.name.en, *dict.fromkeys(places)))}"
