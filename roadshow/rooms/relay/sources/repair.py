"""Which of the packets that a publisher's line lost are asked for again. Pure.

A repeat is worth its place on the line where somebody waits for it, and where there is room for it. So nothing of a
layer is asked for that nobody sees while another is seen: whoever comes to see it begins with a key frame. And nothing
of a picture while the line is full: it would take the place of what is new, and a browser counts what it sends again
against what its picture may take. Once there is room, what is missing is asked for if that is less than a key frame,
which else makes up for it. The smallest of several layers is asked for whatever happens, and so is sound.
"""

from collections.abc import Callable, Iterable

from roadshow.rooms.relay.sources.nack import Share
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source


class Repair:
    """Of one connection. ``takes``: whether anybody sees or hears this, or waits for it."""

    def __init__(self, publications: Iterable[Publication], share: Share, takes: Callable[[Source], bool]) -> None:
        self._share = share
        self._takes = takes
        self._publication_of = {layer: one for one in publications for layer in one.layers}
        self._held = set[Source]()
        """Those of which nothing was asked for since the line was full."""

    def came(self, source: Source, newest: int, now: int) -> None:
        """The source took a packet; before it ``newest`` was its newest."""
        if newest and source.newest - newest > 1:
            self._share.gone(source.newest - newest - 1, now)

    def due(self, source: Source, now: int) -> list[int]:
        """Sequence numbers on the wire to ask for now. Of a picture's layers the lowest are served first."""
        lost = source.nacks.lost
        asked = self._ask(source, now)
        self._share.take(len(asked))
        self._share.lost += source.nacks.lost - lost
        return asked

    def _ask(self, source: Source, now: int) -> list[int]:
        layers = self._publication_of[source].layers
        seen = [layer for layer in layers if self._takes(layer)] or list(layers)
        if source not in seen:
            source.spare(now)
            return []
        smallest = len(layers) > 1 and source is layers[0]
        if source.video and not smallest and self._share.full(now):
            self._held.add(source)
            return source.missed(now, 0)
        if source in self._held:
            self._held.discard(source)
            if source.nacks.missing > source.key_frame_packets():
                source.begin_anew()
        return source.missed(now, self._share.free(seen.index(source), len(seen)))
