"""WHIP and WHEP as a client: an offer by HTTP, the answer, and go. Blocking; one object for each thread."""

import http.client
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from roadshow.bench import sdp
from roadshow.bench.peer import Peer

TIMEOUT_S = 30
STREAM = "bench"


class Refused(Exception):
    """The server said no. ``status`` is HTTP's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status} {text[:200]}")
        self.status = status


class Exchange:
    """One persistent connection to a WHIP or WHEP endpoint.

    ``source``: the address to come from. The server counts offers by address, as people in one hall share one; a load
    of thousands comes from several of 127/8, as an audience of thousands would.
    """

    def __init__(self, url: str, token: str = "", source: str = "127.0.0.1") -> None:
        self._url, self._source = urlsplit(url), source
        self.token = token
        self.headers: Mapping[str, str] = {}
        """Sent with each offer, beside what WHIP has."""
        self._connection: http.client.HTTPConnection | None = None

    def watch(self, peer: Peer) -> None:
        """Begin to get one picture and one sound. Raises Refused, OSError, ValueError."""
        own = peer.behaviour
        audio = sdp.section("audio", "0", "recvonly", answers=own.answers, red=own.red)
        video = sdp.section("video", "1", "recvonly", repairs=own.repairs, answers=own.answers)
        self._offer(peer, [audio, video])

    def publish(self, peer: Peer, ssrcs: tuple[int, int]) -> None:
        """Begin to send sound and picture, with these SSRCs. Raises as ``watch``."""
        self._offer(peer, publishing(ssrcs))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _offer(self, peer: Peer, sections: Sequence[Sequence[str]]) -> None:
        offer = sdp.write(peer, peer.client.fingerprint, sections)
        peer.asked_at = time.monotonic_ns()
        peer.start(sdp.parse(self._post(offer)))

    def _post(self, body: str) -> str:
        headers = {"Content-Type": "application/sdp", **self.headers}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            status, text = self._request(body, headers)
        except (http.client.HTTPException, OSError):
            self.close()  # a kept connection may have been closed meanwhile
            status, text = self._request(body, headers)
        if status != HTTPStatus.CREATED:
            raise Refused(status, text)
        return text

    def _request(self, body: str, headers: dict[str, str]) -> tuple[int, str]:
        connection = self._open()
        connection.request("POST", self._url.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._url.port or 80, timeout=TIMEOUT_S, source_address=(self._source, 0)
            )
        return self._connection


def publishing(ssrcs: tuple[int, int]) -> list[list[str]]:
    """The sections of a publisher's offer."""
    sections = []
    for kind, mid, ssrc in (("audio", "0", ssrcs[0]), ("video", "1", ssrcs[1])):
        names = [f"a=ssrc:{ssrc} cname:{STREAM}", f"a=ssrc:{ssrc} msid:{STREAM} {kind}", f"a=msid:{STREAM} {kind}"]
        sections.append(sdp.section(kind, mid, "sendonly", names))
    return sections
