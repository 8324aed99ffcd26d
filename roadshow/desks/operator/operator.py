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
from roadshow.errors import NotSignedIn
from roadshow.fields.timekeeper import Timekeeper
from roadshow.store.tenure import Standing
from roadshow.telemetry import Telemetry

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
            _clocks(self._contexts[0].clocks),
            *admission_metrics.families(tuple(self._contexts[0].admission.occupancy())),
            *relay_metrics.families(self._relay.stats()),
        ):
            if metric.samples:
                yield metric


def health_routes(standing: Standing) -> list[Route]:
    """Open to all, and cheap: nobody makes the store write by asking. What it takes is known from the lease, which is
    renewed more often than anybody asks."""

    async def health(_request: Request) -> Response:
        """200 while the process lives: a supervisor that kills it for its store's sake would mend nothing."""
        return JSONResponse({"status": "waiting" if standing.is_waiting else "up"})

    async def ready(_request: Request) -> Response:
        """200 while the server has its competitions and the store takes what it writes."""
        trouble = standing.trouble()
        if trouble is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "code": trouble.code, "text": trouble.words}, 503)

    return [Route("/health", health, name="health"), Route("/ready", ready, name="ready")]


def routes(
    contexts: Sequence[DeskContext], relay: RelayFigures, telemetry: Telemetry, standing: Standing
) -> list[Route]:
    """For the whole house."""
    context, registry = contexts[0], telemetry.registry
    registry.register(_Now(contexts, relay))

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

    return [*health_routes(standing), Route("/metrics", metrics, name="metrics")]


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


def _clocks(clocks: Timekeeper) -> Metric:
    return figure(
        "clock_off_seconds",
        "gauge",
        "How far another clock is ahead of the show's, once that is certain and more than a second.",
        (
            ({"clock": "wall"}, clocks.wall_off.in_seconds()),
            ({"clock": "store"}, clocks.store_off.in_seconds()),
        ),
    )


def _sockets(contexts: Sequence[DeskContext]) -> Iterator[Metric]:
    yield single("sockets", "gauge", "Open WebSocket connections.", sum(one.traffic.sockets for one in contexts))
    yield figure(
        "room_followers",
        "gauge",
        "Audience sockets that follow a room.",
        (({"room": one.relay.full_name(room)}, one.traffic.viewers(room)) for one in contexts for room in one.rooms),
    )
