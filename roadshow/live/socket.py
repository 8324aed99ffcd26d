"""The WebSocket's address: who may come in, and how the others are turned away."""

import asyncio
from contextlib import nullcontext, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from roadshow.access.admission.house import Admission
from roadshow.access.admission.origins import origin_of
from roadshow.access.admission.places import NoPlace
from roadshow.access.identity import Door
from roadshow.access.limits import HANDSHAKES_FROM_ADDRESS, HANDSHAKES_OF_PERSON, Limits, client_address
from roadshow.access.rates import spend_from
from roadshow.access.roles import Visitor
from roadshow.access.speaking import Speaking
from roadshow.access.voters import Booth, Voters
from roadshow.clock import Clock, SteadyClock
from roadshow.errors import NotSignedIn, RoadshowError, TooMany, Unavailable
from roadshow.live.connection import SLOWEST_CLOSE, Connection, Texts, refusal, written
from roadshow.live.family import Families, Sender
from roadshow.live.hub import POLICY, TRY_LATER, Hub
from roadshow.live.messages import Refused, Welcome
from roadshow.live.protocol import encode
from roadshow.telemetry import Telemetry

HANDSHAKES_RETRY_S = 2
"""By then all that were counted are over."""


class LiveEndpoint:
    """The ``/live`` route: ``WebSocketRoute("/live", endpoint.serve, name="live")``."""

    def __init__(
        self,
        door: Door,
        limits: Limits,
        hub: Hub,
        families: Families,
        clock: Clock,
        texts: Texts,
        languages: tuple[str, ...],
        voters: Voters | None = None,
        telemetry: Telemetry | None = None,
        competition: str = "",
        admission: Admission | None = None,
        speaking: Speaking | None = None,
        steady: Clock | None = None,
    ) -> None:
        """``languages``: the first is for whoever asks for none of them. ``voters`` None: nobody votes.
        ``competition``: whose people are counted apart from another's of the same names. ``admission`` and
        ``speaking``: of the house; None: its own alone. ``steady``: by which these count."""
        self._door = door
        self._limits = limits
        self._hub = hub
        self._families = families
        self._clock = clock
        self._steady = steady or SteadyClock()
        self._texts = texts
        self._languages = languages
        self._voters = voters
        self._telemetry = telemetry or Telemetry()
        self._competition = competition
        self._admission = admission or Admission()
        self._speaking = speaking or Speaking(self._admission.messages)

    async def serve(self, websocket: WebSocket) -> None:
        # Accepted before anything is known: a browser's script sees close codes, but no status of a refused handshake.
        await websocket.accept()
        asked = websocket.query_params.get("lang", "")
        language = asked if asked in self._languages else self._languages[0]
        with nullcontext() if self._voters is None else self._voters.booth(websocket) as booth:
            await self._serve(websocket, booth, language)

    async def _serve(self, websocket: WebSocket, booth: Booth | None, language: str) -> None:
        try:
            visitor = await self._admit(websocket)
            sender = Sender(visitor, booth)
            connection = Connection(
                websocket,
                sender,
                self._hub,
                self._families,
                self._clock,
                self._texts,
                language,
                self._telemetry,
                lambda now: self._speaking.may(visitor, self._competition, now),
                self._steady,
            )
            self._hub.join(connection)
        except RoadshowError as error:
            await turn_away(websocket, error, self._refusal(error, language), self._hub.retry_ms)
            return
        try:
            # Asked again, now that a revocation or another appointment would find the connection.
            person = visitor.person
            if person is not None and await self._door.visitor(websocket, person.id) != visitor:
                self._hub.recall(person.id)
            connection.send(
                Welcome(
                    server_now=self._clock.now().ms,
                    role=visitor.role.value,
                    person=None if visitor.person is None else visitor.person.id,
                    retry_ms=self._hub.retry_ms,
                )
            )
            await connection.run()
        except RoadshowError as error:
            await turn_away(websocket, error, self._refusal(error, language), self._hub.retry_ms)
        finally:
            self._hub.leave(connection)

    async def _admit(self, websocket: WebSocket) -> Visitor:
        try:
            visitor = await self._door.enter(websocket, "live", websocket.query_params.get("as"))
        except NotSignedIn:
            await self._count_stranger(websocket)
            raise
        if visitor.person is None:
            await self._count_stranger(websocket)
        else:
            # By who they are alone: a guest in the same hall who reconnects for ever must not keep a judge out.
            await self._limits.spend(HANDSHAKES_OF_PERSON, f"{self._competition}/{visitor.person.id}")
        return visitor

    async def _count_stranger(self, websocket: WebSocket) -> None:
        # The address first: whoever is over their own limit takes nothing from the others.
        address = client_address(websocket)
        await spend_from(self._limits, HANDSHAKES_FROM_ADDRESS, address)
        try:
            self._admission.handshakes.take(origin_of(address), self._steady.now())
        except NoPlace as refusal:
            raise refusal.told(HANDSHAKES_RETRY_S) from None

    def _refusal(self, error: RoadshowError, language: str) -> Refused:
        return refusal(None, error, self._texts, language)


async def turn_away(websocket: WebSocket, error: RoadshowError, refused: Refused, retry_ms: int) -> None:
    """Say why, and close an accepted socket: for a while, or for good."""
    with suppress(WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(SLOWEST_CLOSE):
            await written(websocket.send_text(encode(refused)))
            if isinstance(error, TooMany | Unavailable):
                await written(websocket.close(TRY_LATER, f"retry_ms={max(retry_ms, error.retry_after * 1000)}"))
            else:
                await written(websocket.close(POLICY, error.code))
