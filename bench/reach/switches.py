"""Two publishers send all the time; control puts now one, now the other on stage, and every viewer watches its numbers.

The switches go the product's own way: an organiser signs in with the link and selects over the live socket.
"""

import http.client
import json
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from roadshow.access.tokens import SignallingTokens
from roadshow.bench.fleet import Fleet
from roadshow.bench.machine import Cores
from roadshow.bench.peer import Behaviour, Client
from roadshow.bench.publisher import Publisher
from roadshow.bench.results import quantile
from roadshow.bench.server import Server
from roadshow.bench.signalling import Exchange
from roadshow.clock import SystemClock
from roadshow.ids import CompetitionId, PublisherId, RoomId
from roadshow.settings import Settings

EVERY_S = 1.0
"""Between two switches."""
LATEST_S = 3.0
"""So long a viewer may take before it counts as left behind."""
LOOK_EVERY_S = 0.1
JOIN_RATE = 200.0
MODES = ("pitcher", "feed")


class Switched(msgspec.Struct, frozen=True):
    viewers: int
    switches: int
    slowest_ms: float | None
    """From the command to the last packet of the new picture's first key frame, of all viewers and switches."""
    p99_ms: float | None
    left_behind: int
    """Viewers times switches that got no new picture in time."""
    backwards: int
    """Timestamps that ran back, or leapt ahead."""
    disordered: int
    """Sequence numbers that came twice or out of order."""
    undecodable: int
    """Frames of a new picture before its key frame."""
    problems: list[str]


class Control:
    """The organiser's desk."""

    def __init__(self, server: Server) -> None:
        base, room = server.show.base, server.room.id
        self._room = room
        address = urlsplit(server.show.links.organiser)
        signing_in = http.client.HTTPConnection("127.0.0.1", address.port or 80, timeout=10)
        signing_in.request(
            "POST", address.path, headers={"Origin": base, "Host": address.netloc, "Content-Length": "0"}
        )
        answer = signing_in.getresponse()
        answer.read()
        cookie, where = answer.getheader("set-cookie", ""), answer.getheader("location", "")
        signing_in.close()
        assert answer.status < 400, f"signing in was answered with {answer.status}"
        self._live: ClientConnection = connect(
            f"{base.replace('http', 'ws')}/live?as={where.split('/')[2]}",
            origin=Origin(base),
            additional_headers={"Cookie": cookie.partition(";")[0]},
        )

    def select(self, mode: str) -> None:
        """Put something on stage; returns once the server has taken it."""
        command = secrets.token_urlsafe(9)
        self._live.send(json.dumps({"type": "stage.select", "command": command, "room": self._room, "mode": mode}))
        answer = self._until(lambda message: message.get("command") == command)
        assert answer["type"] == "command.accepted", answer

    def project(self) -> str:
        """Whose slot it is."""
        self._live.send(json.dumps({"type": "follow", "room": self._room}))
        return str(self._until(lambda message: message["type"] == "room.snapshot")["session"]["project"])

    def _until(self, wanted: Any) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(self._live.recv(timeout=10))
            if wanted(message):
                return message

    def close(self) -> None:
        self._live.close()


def measure(client: Client, cores: Cores, *, viewers: int, switches: int, path: str) -> Switched:
    """Raises SetupError."""
    watching = Behaviour(watches_all=True)
    with Server(cores.server, max_viewers=2 * viewers, path=path) as server:
        control = Control(server)
        tokens = SignallingTokens(Settings(data=server.data).signing_secret(), SystemClock(), CompetitionId("demo"))
        project = tokens.publish_token(RoomId(server.room.id), PublisherId(control.project()))
        fleet = Fleet(client, lambda source: Exchange(server.room.whep, source=source), watching)
        try:
            with Publisher(server.room.whip, server.room.publish_token, "A"), Publisher(server.room.whip, project, "B"):
                control.select(MODES[1])
                time.sleep(1)
                joins = fleet.grow(viewers, JOIN_RATE)
                time.sleep(1)
                return _switch(control, fleet, switches, list(joins.problems))
        finally:
            fleet.close()
            control.close()


def _switch(control: Control, fleet: Fleet, switches: int, problems: list[str]) -> Switched:
    begin, took, left_behind = fleet.look(), list[float](), 0
    for number in range(switches):
        before, started = [one.switches for one in fleet.look().counters], time.monotonic()
        commanded = time.time_ns()
        control.select(MODES[number % 2])
        waiting = set(range(len(before)))
        while waiting and time.monotonic() < started + LATEST_S:
            time.sleep(LOOK_EVERY_S)
            for viewer in list(waiting):
                counters = fleet.viewers[viewer].counters()
                if counters.switches > before[viewer]:
                    waiting.discard(viewer)
                    took.append((counters.t_switch - commanded) / 1e6)
        left_behind += len(waiting)
        time.sleep(max(0.0, started + EVERY_S - time.monotonic()))
    end = fleet.look()
    seen = end.since(begin)
    blind = sum(b.blind - a.blind for a, b in zip(begin.counters, end.counters, strict=True))
    took.sort()
    if seen.lost:
        problems.append(f"{seen.lost} packets lost")
    return Switched(
        viewers=seen.up,
        switches=switches,
        slowest_ms=quantile(took, 1.0),
        p99_ms=quantile(took, 0.99),
        left_behind=left_behind,
        backwards=seen.backwards,
        disordered=seen.late + seen.duplicates,
        undecodable=blind,
        problems=problems,
    )
