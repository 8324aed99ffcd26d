"""For whoever runs the server: is it well, and how busy is it."""

import gzip
import hmac
import ipaddress
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import override

from roadshow.desks.context import DeskContext, RelayFigures
from roadshow.desks.operator import admission_metrics, relay_metrics
from roadshow.desks.operator.figures import figure, single
from roadshow.errors import NotSignedIn, RoadshowError
from roadshow.moments import Duration, Instant
from roadshow.telemetry import Telemetry

HEALTH_LIFE = Duration.seconds(1)
"""An answer serves everybody who asks so soon after: ``/health`` is open, and each look costs the store a question."""
GZIP_LEVEL = 5
"""A tenth of the size; a higher level takes longer for hardly less."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""What proxies add. A request with one of these is somebody else's, whatever address it comes from."""


class _Now(Collector):
    """What rooms and relay say at the moment somebody asks."""

    def __init__(self, contexts: Sequence[DeskContext], relay: RelayFigures) -> None:
        self._contexts = contexts
        self._relay = relay

    @override
    def collect(self) -> Iterator[Metric]:
        for metric in (
            *_sockets(self._contexts),
            *admission_metrics.families(tuple(self._contexts[0].admission.occupancy())),
            *relay_metrics.families(self._relay.stats()),
        ):
            if metric.samples:
                yield metric


def routes(contexts: Sequence[DeskContext], relay: RelayFigures, telemetry: Telemetry) -> list[Route]:
    """For the whole house."""
    context, registry = contexts[0], telemetry.registry
    registry.register(_Now(contexts, relay))
    asked: tuple[Instant, str | None] | None = None

    async def health(_request: Request) -> Response:
        """200 while the store answers, else 503. Tells nothing else."""
        nonlocal asked
        now = context.clock.now()
        if asked is None or now - asked[0] >= HEALTH_LIFE:
            try:
                await context.guests.ping()
            except RoadshowError as problem:
                asked = now, problem.code
            else:
                asked = now, None
        if asked[1] is not None:
            return JSONResponse({"status": "down", "code": asked[1]}, 503)
        return JSONResponse({"status": "up"})

    async def metrics(request: Request) -> Response:
        if not may_read(request, context.settings.metrics_token):
            refusal = NotSignedIn("metrics.token")
            answer = context.pages.error(request, refusal.code, refusal.status)
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        encode, content_type = _form(request.headers.get("accept", ""))
        page = encode(registry)
        headers = {"Content-Type": content_type, "Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            page = gzip.compress(page, GZIP_LEVEL)
        return Response(page, headers=headers)

    return [Route("/health", health, name="health"), Route("/metrics", metrics, name="metrics")]


def _form(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """OpenMetrics or Prometheus' own text, as the collector prefers; the latter for whoever asks for nonsense."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is no number
        return choose_encoder("")


def may_read(request: HTTPConnection, token: str | None) -> bool:
    """With a token: who shows it. Without: programs on this machine that ask directly, by a name of this machine.

    A proxy beside the server has a loopback address too, so the address alone proves nothing: what a proxy passes on
    is known by the headers it adds, or by the public name that was asked for."""
    if token is not None:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode())
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    return _is_loopback(request.client.host) and _is_loopback(_host(request.headers))


def _host(headers: Headers) -> str:
    """The Host header's name, without port and brackets."""
    host = headers.get("host", "")
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _sockets(contexts: Sequence[DeskContext]) -> Iterator[Metric]:
    yield single("sockets", "gauge", "Open WebSocket connections.", sum(one.traffic.sockets for one in contexts))
    yield figure(
        "room_followers",
        "gauge",
        "Audience sockets that follow a room.",
        (({"room": one.relay.full_name(room)}, one.traffic.viewers(room)) for one in contexts for room in one.rooms),
    )
