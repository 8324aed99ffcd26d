"""The newest packets of a source, kept to be sent again. Pure."""

from collections.abc import Iterator

from roadshow.rooms.relay.sources.media import Media

VIDEO_CACHE = 1024
"""Packets kept: five seconds of 1.5 Mbit/s; also SRTP's replay window, beyond which nothing may be sent again."""
AUDIO_CACHE = 128


class Cache:
    """A ring: a packet takes the place of the one ``size`` numbers before it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._ring: list[Media | None] = [None] * size

    def put(self, media: Media) -> bool:
        """Keep the packet. False: it came before, or one that has its place came since."""
        place = media.index % self.size
        former = self._ring[place]
        if former is not None and former.index >= media.index:
            return False
        self._ring[place] = media
        return True

    def get(self, index: int) -> Media | None:
        """The packet with this number, if it came and is still held."""
        media = self._ring[index % self.size]
        return media if media is not None and media.index == index else None

    def since(self, first: int, newest: int) -> Iterator[Media]:
        """All held packets from one number up to another, in order."""
        for index in range(max(first, newest - self.size + 1), newest + 1):
            media = self.get(index)
            if media is not None:
                yield media
