"""Putting somebody out from the server's own console, and letting them in again: for when nobody who could do it at a
desk is left, or can be trusted."""

from roadshow.adapters import cast_store, people_store
from roadshow.clock import SystemClock
from roadshow.competitions.casting import Casting
from roadshow.competitions.definition import Competition
from roadshow.competitions.guests import Guests
from roadshow.errors import NotFound, SetupError
from roadshow.ids import PersonId
from roadshow.settings import Settings
from roadshow.store.connection import open_running_store


async def new_link(settings: Settings, competition: Competition, person: PersonId) -> str:
    """End all links and sign-ins of the person, and make them a new link, whether or not the show is running: a running
    server closes their desks by itself (``signins.presence.LOOK_EVERY``). Raises SetupError for nobody of this cast;
    Unavailable."""
    async with open_running_store(settings) as store:
        # With what the definition brings now, as the next start would have it: nothing of that is written.
        casting = await Casting.load(cast_store(store, competition.id), competition)
        guests = Guests(people_store(store, competition.id), casting.who, SystemClock())
        try:
            token = await guests.invite(person)
        except NotFound:
            known = ", ".join(sorted(casting.cast.people))
            raise SetupError(f"There is no person {person}. There are: {known}.") from None
    return f"{settings.public_url}/c/{competition.id}/i/{token}"
