"""What the relay is told and what it answers. Values only."""

from enum import StrEnum

import msgspec

from roadshow.errors import RoadshowError
from roadshow.rooms.lanes import LANES, Lane
from roadshow.rooms.relay.offers.ice_servers import IceServer


class MediaPath(StrEnum):
    """How packets reach viewers. ``AUTO``: natively where that was compiled, else by Python."""

    AUTO = "auto"
    NATIVE = "native"
    PYTHON = "python"


class RelayConfig(msgspec.Struct, frozen=True, kw_only=True):
    host: str = "0.0.0.0"  # noqa: S104  (the operator's choice; the port answers nobody unauthenticated)
    udp_port: int = 0
    """0: any free one."""
    advertised: tuple[str, ...] = ()
    """IP addresses for candidates; empty: the bound one, or for a wildcard loopback and all of this machine's."""
    site: str = ""
    """What people type; empty: not known."""
    tcp: bool = True
    """Whether media are taken and sent by TCP as well, on the same port number."""
    max_viewers: int
    """Of the audience."""
    kept_for_people: int = 0
    """Places for viewers beyond that, for invited people. As many of them are let in while the core is busy."""
    ice_servers: tuple[IceServer, ...] = ()
    path: MediaPath = MediaPath.AUTO
    workers: int = 0
    """Threads that help to send, where the native fan-out is used: one for each further core to spare."""
    publisher_bitrate: int = 2_500_000
    """Bits per second that a publisher's encoder is told it may use, for each picture."""
    lanes: tuple[Lane, ...] = LANES


class StaleTag(RoadshowError):
    """An ETag that is no longer the session's."""

    status = 412


class Answer(msgspec.Struct, frozen=True):
    sdp: str
    session: str
    """Unguessable; whoever knows it may change or end the session."""
    etag: str


class FragmentAnswer(msgspec.Struct, frozen=True):
    fragment: str
    etag: str
