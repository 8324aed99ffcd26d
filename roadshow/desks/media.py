"""What the control desk asks every two seconds: how picture and sound of its room are doing."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.admission.places import Occupancy
from roadshow.desks.context import DeskContext
from roadshow.desks.control.encoders import encoders_of
from roadshow.ids import RoomId
from roadshow.languages import message_for
from roadshow.rooms.relay.diagnosis.diary import Entry
from roadshow.rooms.relay.diagnosis.rules import Blind
from roadshow.rooms.relay.stats import RelayStats, SourceStats, ViewersStats, ViewerStats, ViewerTotals, viewers_stats

LASTING = ("sockets", "viewers")
"""Places that are held for long; what comes and goes within a second is tight for a moment whenever many come."""
MOST_GROUPS = 8
"""Groups of viewers without a picture that are told: of two pictures, and the browsers there are."""
MOST_NOTED = 8
"""Of what went wrong, the newest: more is in the log."""
WORST = 10
"""Viewers shown one by one: what a host can make sense of."""


def routes(context: DeskContext) -> list[Route]:
    async def media(request: Request) -> Response:
        """``?worst=1`` adds the viewers with the greatest loss."""
        room = context.room(request).id
        view = media_view(room, context.relay.stats()) | {"crowd": crowd_view(tuple(context.admission.occupancy()))}
        view["encoders"] = await encoders_of(context, room)
        language = context.pages.language(request)
        view["notices"] = [
            *(message_for(code, {"seconds": seconds}, language) for code, seconds in context.clocks.notices),
            *(
                message_for("feed.disputed", {"encoder": one["encoder"]}, language)
                for one in view["encoders"]
                if one["disputed"]
            ),
        ]
        if request.query_params.get("worst") == "1":
            view["worst"] = [viewer_view(viewer) for viewer in context.relay.worst_viewers(room, WORST)]
        return Response(msgspec.json.encode(view), media_type="application/json", headers={"Cache-Control": "no-store"})

    return [context.guarded("/as/{person}/control/{room}/media", media, "control-media")]


def crowd_view(places: tuple[Occupancy, ...]) -> float | None:
    """Of sockets and pictures where it is tight, the largest share that one network holds; None: it is not tight."""
    return max((one.share for one in places if one.is_tight and one.name in LASTING), default=None)


def media_view(room: RoomId, stats: RelayStats) -> dict[str, Any]:
    """The address's answer but for its ``notices`` and ``encoders``; js/control/figures.js has its type.

    Load, and what was lost before it was read, are the server's.
    """
    here = next((one for one in stats.rooms if one.room == room), None)
    viewers = here.viewers if here is not None else viewers_stats((), ViewerTotals())
    return {
        "load": stats.load,
        "lost_before_reading": 0 if stats.ingest is None else stats.ingest.dropped,
        "sources": [source_view(source) for source in sorted(here.sources if here is not None else (), key=_by_name)],
        "viewers": _viewers_view(viewers) | {"failed": here.failed if here is not None else 0},
        "blind": [blind_view(group) for group in (here.blind if here is not None else ())[:MOST_GROUPS]],
        "noted": [noted_view(entry) for entry in (here.noted if here is not None else ())[:MOST_NOTED]],
    }


def _by_name(source: SourceStats) -> str:
    """A publisher's tracks together, the camera first."""
    return source.source


def source_view(source: SourceStats) -> dict[str, Any]:
    return {
        "source": source.source,
        "video": source.video,
        "condition": source.condition,
        "trouble": source.trouble,
        "blind": source.blind,
        "bits_per_second": source.bits_per_second,
        "loss": source.loss,
        "round_trip_ms": source.round_trip_ms,
        "layers": [{"name": layer.rid, "codec": layer.codec, "live": layer.live} for layer in source.layers],
    }


def blind_view(group: Blind) -> dict[str, Any]:
    """Viewers of one kind who do not see a picture, and why."""
    return {
        "lane": group.lane,
        "trouble": group.trouble,
        "codec": group.codec,
        "takes": group.takes,
        "viewers": group.viewers,
    }


def noted_view(entry: Entry) -> dict[str, Any]:
    return {"who": entry.who, "trouble": entry.trouble, "detail": entry.detail, "count": entry.count}


def viewer_view(viewer: ViewerStats) -> dict[str, Any]:
    """One viewer, whom nothing here tells from others."""
    return {
        "loss": viewer.loss,
        "round_trip_ms": viewer.round_trip_ms,
        "bandwidth": viewer.bandwidth,
        "lanes": {lane.lane: lane.quality for lane in viewer.lanes},
        "sees_less": viewer.sees_less,
    }


def _viewers_view(viewers: ViewersStats) -> dict[str, Any]:
    return {
        "connected": viewers.connected,
        "joining": viewers.joining,
        "see_less": viewers.see_less,
        "worst_loss": viewers.loss.worst,
        "round_trip_ms": viewers.round_trip_ms.median if viewers.round_trip_ms.count else None,
    }
