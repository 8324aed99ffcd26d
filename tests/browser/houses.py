"""Demo finals that tests share. A server costs the machine as much as a short test; what happens in one of its rooms
disturbs nobody in another."""

from pathlib import Path

from tests.chaos.desks import Guest
from tests.demo_server import DemoServer

ROOMS = ("ai", "bio", "robotics")
"""In the order of the links to their pitchers."""
OF_EACH = 6


def projects_in(server: DemoServer, room: str) -> list[str]:
    """Those of a room of the demo, in the order of its rundown."""
    first = ROOMS.index(room) * OF_EACH
    return list(server.people["pitchers"])[first : first + OF_EACH]


def pitcher_in(server: DemoServer, room: str, number: int = 0) -> str:
    """The link of who pitches there, as the first if nothing else is said."""
    link: str = server.people["pitchers"][projects_in(server, room)[number]]
    return link


class House(DemoServer):
    """A brisk demo final on free ports. Its organisers, auditors and clerks are everybody's: their links work once, and
    who comes by one of them again is signed in as the first one was."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.signed_in: dict[str, Guest] = {}
        """By the link."""
        self.fresh = list(ROOMS)
        """Nothing has happened there, and nobody has come by a link to it."""

    async def guest(self, link: str) -> Guest:
        """Somebody without a browser."""
        if link not in self.signed_in:
            self.signed_in[link] = await Guest.accepted(self.base, link)
        return self.signed_in[link]


class Houses:
    """One at a time, from the first test that asks to the last; the next when its rooms are used up, or when a test has
    failed in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun = 0
        self._house: House | None = None

    def house(self, *, fresh_room: bool) -> House:
        """``fresh_room``: one that has such a room left."""
        if self._house is not None and fresh_room and not self._house.fresh:
            self.leave()
        if self._house is None:
            self._begun += 1
            folder = self._folder / str(self._begun)
            folder.mkdir()
            begun = House(folder)
            begun.__enter__()
            self._house = begun
        return self._house

    def leave(self) -> None:
        """Nobody comes to this one again."""
        if self._house is not None:
            self._house.stop()
            self._house = None
