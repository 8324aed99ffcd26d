"""Everything one address can do to keep the others out, for as long as it lives.

    python -m tests.hall.attack BASE ADDRESS SECONDS FLOODS

For so long it takes as many sockets and pictures as it gets. Then it says ``ready``, and besides asks for pages, makes
offers that never connect, and talks on its sockets, as fast as it is answered. ``quit`` on its standard input ends it;
then it says what it holds.
"""

import asyncio
import json
import sys
from collections import Counter
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.hall.asking import Asking
from tests.hall.guests import CONSENT_EVERY_S, ROOM, WATCHED
from tests.relay.light_peer import LightPeer

OPENING = 24
ENOUGH = 20
"""Refusals in a row for want of a place, of one that opens: it gets no more."""
TROUBLE = (OSError, EOFError, ConnectionClosed, InvalidHandshake, TimeoutError, AssertionError)


class Attack:
    def __init__(self, base: str, address: str) -> None:
        self._base, self._address = base, address
        self._port = int(base.rpartition(":")[2])
        self.sockets: list[ClientConnection] = []
        self.pictures: list[LightPeer] = []
        self.told: Counter[str] = Counter()
        self._gets_no_more = asyncio.Event()
        self._refused: Counter[str] = Counter()

    async def run(self, seconds: float, floods: int) -> None:
        """``floods``: connections for each kind of them."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stay())
            for _ in range(OPENING):
                tasks.create_task(self._open_sockets())
                tasks.create_task(self._open_pictures())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gets_no_more.wait(), seconds)
            _say("ready")
            for number in range(floods):
                tasks.create_task(self._flood("GET", ("/", f"/rooms/{ROOM}/results", "/nothing")[number % 3], b""))
                tasks.create_task(self._flood("POST", f"/rooms/{ROOM}/whep", LightPeer().offer(*WATCHED).encode()))
            tasks.create_task(self._talk())

    async def _open_sockets(self) -> None:
        while True:
            try:
                opened = await connect(
                    f"ws://127.0.0.1:{self._port}/live?lang=en",
                    origin=self._base,  # type: ignore[arg-type]  # a NewType of theirs
                    compression=None,
                    local_addr=(self._address, 0),
                    ping_interval=None,
                )
                first = json.loads(await opened.recv())
            except TROUBLE:
                await asyncio.sleep(0.1)
                continue
            self.told[f"socket: {first.get('code', 'taken')}"] += 1
            if first["type"] == "welcome":
                self.sockets.append(opened)
                self._took("socket")
                continue
            await opened.close()
            self._is_refused("socket", first["code"])
            await asyncio.sleep(0.05)

    async def _open_pictures(self) -> None:
        while True:
            peer = LightPeer()
            try:
                async with Asking(self._port, self._base, self._address) as media:
                    offer = peer.offer(*WATCHED).encode()
                    answer = await media.ask("POST", f"/rooms/{ROOM}/whep", offer, Content_Type="application/sdp")
                if answer.status == 201:
                    await peer.connect(answer.body.decode())
                    self.pictures.append(peer)
                    self._took("picture")
                    continue
            except TROUBLE:
                peer.vanish()
                continue
            try:
                code = json.loads(answer.body)["code"]
            except ValueError:
                code = str(answer.status)  # of the front, which has no words for players
            self.told[f"picture: {code}"] += 1
            self._is_refused("picture", code)
            await asyncio.sleep(0.05)

    def _took(self, what: str) -> None:
        self._refused[what] = 0

    def _is_refused(self, what: str, code: str) -> None:
        """Told to come again in a moment is not refused."""
        self._refused[what] += code == "rate.network"
        if min(self._refused["socket"], self._refused["picture"]) >= ENOUGH:
            self._gets_no_more.set()

    async def _flood(self, method: str, path: str, body: bytes) -> None:
        kind = {"Content_Type": "application/sdp"} if body else {"Accept": "text/html"}
        async with Asking(self._port, self._base, self._address) as one:
            while True:
                try:
                    answer = await one.ask(method, path, body, **kind)
                    self.told[f"{method}: {answer.status}"] += 1
                except TROUBLE:
                    await asyncio.sleep(0.05)

    async def _talk(self) -> None:
        while True:
            for socket in tuple(self.sockets):
                try:
                    await socket.send('{"type":"clock.ping","sent":1}')
                except TROUBLE:
                    self.sockets.remove(socket)
            await asyncio.sleep(0)

    async def _stay(self) -> None:
        while True:
            for peer in tuple(self.pictures):
                peer.send(bytes(peer.binding()))
            await asyncio.sleep(CONSENT_EVERY_S)


async def main(base: str, address: str, seconds: str, floods: str) -> None:
    attack = Attack(base, address)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    running = asyncio.create_task(attack.run(float(seconds), int(floods)))
    await lines.readline()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    told = {"sockets": len(attack.sockets), "pictures": len(attack.pictures), "told": dict(attack.told)}
    _say(json.dumps(told))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
