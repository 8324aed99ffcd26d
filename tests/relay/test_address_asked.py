"""A machine with several addresses answers from the one it was asked at, or no answer is one."""

from typing import Any

import pytest
from typing_extensions import override

from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.egress.source import Sources, came_to, leaving
from tests.relay.light_peer import LightPeer, vp8
from tests.relay.studio import PUBLISHED, WATCHED, Studio
from tests.relay.support import ROOM, Listener, ShiftedClock, running_relay

ELSEWHERE = ("192.0.2.1", 5000)


class Asking(LightPeer):
    """Asks at another address than the kernel would answer from, and hears where answers come from."""

    def __init__(self) -> None:
        super().__init__()
        self.heard_from: set[str] = set()

    @property
    @override
    def server(self) -> tuple[str, int]:
        return "127.0.0.2", super().server[1]

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard_from.add(addr[0])
        super().datagram_received(data, addr)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104
async def test_checks_handshake_and_media_leave_from_where_they_were_asked_for(
    host: str, media_path: MediaPath
) -> None:
    """Two lines, or an address for each name: a browser drops what comes from another address than it asked."""
    listener, clock = Listener(), ShiftedClock()
    async with running_relay(listener, clock=clock, path=media_path, host=host) as relay:
        studio = Studio(relay, listener, clock)
        publisher = await studio.publisher("p", *PUBLISHED)
        viewer = Asking()
        studio.peers.append(viewer)
        await viewer.connect((await relay.watch(ROOM, viewer.offer(*WATCHED))).sdp)
        studio.show("p")
        # Pictures of two packets, which the kernel cuts, and of one.
        for frame in range(3):
            publisher.send_rtp(vp8(2 * frame, 3_000 * frame, key=not frame, marker=False))
            publisher.send_rtp(vp8(2 * frame + 1, 3_000 * frame, start=False))
        publisher.send_rtp(vp8(6, 9_000))
        await viewer.until(lambda: len(viewer.rtp) >= 7)
        relay._viewers[next(iter(relay._viewers))].beat(relay._now())
        await viewer.until(lambda: viewer.rtcp)
        assert viewer.heard_from == {"127.0.0.2"}
        for peer in studio.peers:
            peer.vanish()


def test_what_goes_beside_a_datagram_is_read_as_it_is_written() -> None:
    """One form for both directions, of both families."""
    for host in (bytes((127, 0, 0, 2)), bytes(range(16))):
        assert came_to(leaving(host)) == (host if len(host) == 16 else b"\0" * 4)
    told: list[tuple[int, int, bytes]] = leaving(bytes(range(16)))
    assert came_to([(0, 8, bytes(8) + bytes((127, 0, 0, 2)))]) == bytes((127, 0, 0, 2))
    assert came_to([(0, 8, bytes(12)), *told]) == bytes(range(16)), "a socket for both families has its own form"
    assert came_to([(0, 8, b"short"), (41, 50, b"short")]) == b""


def test_where_two_of_ours_were_asked_the_one_named_for_use_counts() -> None:
    """A browser tries all pairs from one port, and takes one; another later, if it must."""
    sources = Sources()
    one, other = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
    assert not sources.learn(ELSEWHERE, one, named=True)
    assert sources.of(ELSEWHERE) == b"", "a socket of one address has nothing to learn"
    sources.several = True
    steps: list[tuple[bytes, bool, bool, Any]] = [
        (one, False, False, one),
        (other, False, False, one),
        (b"", True, False, one),
        (other, True, True, other),
        (other, True, False, other),
    ]
    for host, named, changed, kept in steps:
        assert sources.learn(ELSEWHERE, host, named) == changed
        assert sources.of(ELSEWHERE) == kept
    sources.forget(ELSEWHERE)
    assert sources.of(ELSEWHERE) == b""
