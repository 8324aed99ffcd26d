"""How many viewers' sessions of one address may wait for their media to connect.

Whoever posts an offer and never connects holds a place for 20 seconds (``peer.CONNECT_MS``). A watcher of a public room
shows no token, so the share of one address is bounded; connected viewers, such as a hall's behind one address, do not
count.
"""

from collections.abc import Callable

from roadshow.errors import TooMany

SHARE = 4
"""One address may keep a quarter of all places waiting: it takes four to fill the house with nobody, and a hall that
joins all at once needs no more, because a real player connects within a second."""
LEAST = 8
"""However small the house: a household, or a classroom behind one address."""
RETRY_S = 2
"""By then players that mean it are connected."""


class Waiting:
    """``connected`` is asked of a session: None if it is gone. ``places`` is how many viewers there may be in all."""

    def __init__(self, places: int, connected: Callable[[str], bool | None]) -> None:
        self._most = max(LEAST, places // SHARE)
        self._connected = connected
        self._addresses: dict[str, str] = {}
        """Of sessions that were not connected when last looked at."""

    def admit(self, address: str) -> None:
        """Raises TooMany("rate.media")."""
        self._addresses = {one: by for one, by in self._addresses.items() if self._connected(one) is False}
        if sum(by == address for by in self._addresses.values()) >= self._most:
            raise TooMany("rate.media", retry_after=RETRY_S)

    def add(self, session: str, address: str) -> None:
        self._addresses[session] = address
