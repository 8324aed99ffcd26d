"""What a room's encoders are set up with, and an end to a token: beside a server, or without one."""

from urllib.parse import urlsplit

from roadshow.access.tokens import SignallingTokens
from roadshow.adapters import feed_store, is_served
from roadshow.clock import SystemClock
from roadshow.commands.links import RoomLinks, room_links
from roadshow.competitions.definition import Competition
from roadshow.errors import Conflict, InputError, SetupError
from roadshow.ids import EncoderId, RoomId
from roadshow.languages import message_for
from roadshow.rooms.feeds.crew import Crew
from roadshow.rooms.feeds.encoders import ALWAYS, MAIN
from roadshow.settings import Settings
from roadshow.store.connection import NeverServed, open_running_store


async def feed_links(
    settings: Settings, competition: Competition, room: RoomId, encoder: EncoderId = MAIN
) -> RoomLinks:
    """For a server of these settings, whether or not it is running. An encoder of another name than ``ALWAYS`` is there
    from now on.

    Raises SetupError for an unknown room, for a name that cannot be had, and where there is no secret yet: a token of a
    new one would open nothing. Unavailable.
    """
    _require(settings, competition, room)
    generation = 0
    try:
        async with open_running_store(settings, competition.id) as store:
            crew = Crew(feed_store(store, competition.id))
            await crew.name(room, encoder)
            generation = await crew.generation(room, encoder)
    except (Conflict, InputError) as problem:
        raise SetupError(message_for(problem.code, problem.details, "en")) from None
    except NeverServed:
        if encoder not in ALWAYS:
            raise
    return _links(settings, competition, room, encoder, generation)


async def withdraw(
    settings: Settings, competition: Competition, room: RoomId, encoder: EncoderId
) -> tuple[RoomLinks, bool]:
    """End the encoder's token, whether or not the show is running: a running server ends what was opened with it by
    itself (``signins.presence.LOOK_EVERY``). What to set it up with now, and whether a server runs. Raises SetupError
    as ``feed_links``, for an encoder that was never named, and where nothing was ever served; Unavailable."""
    _require(settings, competition, room)
    async with open_running_store(settings, competition.id) as store:
        crew = Crew(feed_store(store, competition.id))
        there = (await crew.of(room)).names
        if encoder not in there:
            raise SetupError(f"{room} has no encoder {encoder}. There are: {', '.join(there)}.")
        generation = await crew.withdraw(room, encoder)
        return _links(settings, competition, room, encoder, generation), await is_served(store, competition.id)


def told(room: RoomId, encoder: EncoderId, is_served: bool) -> str:
    """As whoever gave the command reads it."""
    server = "a server is running and ends what was sent with it" if is_served else "no server is running"
    return f"The token of {encoder} in {room} is withdrawn; {server}. From now on:"


def _require(settings: Settings, competition: Competition, room: RoomId) -> None:
    rooms = [field.room for field in competition.fields]
    if room not in rooms:
        raise SetupError(f"There is no room {room}. There are: {', '.join(rooms)}.")
    if settings.secret is None and not (settings.data / "secret").exists():
        raise SetupError(
            f"{settings.data} has no secret: nothing was served from there. Choose another --data, start the server "
            "first, or set ROADSHOW_SECRET as it is set for the server."
        )
    if urlsplit(settings.public_url).port == 0:
        raise SetupError("The server takes any free port, so nobody knows its address: set ROADSHOW_PUBLIC_URL.")


def _links(
    settings: Settings, competition: Competition, room: RoomId, encoder: EncoderId, generation: int
) -> RoomLinks:
    tokens = SignallingTokens(settings.signing_secret(), SystemClock(), competition.id)
    return room_links(f"{settings.public_url}/c/{competition.id}", tokens, room, generation, encoder)
