"""The links of a demo: printed for people, and as a file for programs that drive one."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec

from roadshow.access.tokens import SignallingTokens
from roadshow.competitions.people import Role
from roadshow.errors import SetupError
from roadshow.ids import EncoderId, RoomId
from roadshow.rooms.feeds.encoders import MAIN
from roadshow.show import Show


class RoomLinks(msgspec.Struct, frozen=True):
    id: RoomId
    whip: str
    whep: str
    publish_token: str
    """Of the room's main encoder: straight onto its stage."""
    watch_token: str
    """Empty: the room is public."""


class PeopleLinks(msgspec.Struct, frozen=True):
    """Addresses to open in a browser. Those of the organiser, judges, chairs and pitchers work once."""

    organiser: str
    """The first of ``organisers``."""
    screen: dict[str, str]
    audience: dict[str, str]
    judges: dict[str, list[str]]
    chairs: dict[str, str]
    pitchers: dict[str, str]
    organisers: list[str] = []
    auditors: list[str] = []
    clerks: list[str] = []


class Links(msgspec.Struct, frozen=True):
    base: str
    rooms: list[RoomLinks]
    links: PeopleLinks


async def make_links(show: Show) -> Links:
    """New invitations for everybody; unused ones of an earlier start end, and who is signed in stays so."""
    base = show.address
    crew = show.parts.context.crew
    rooms = [room_links(base, show.tokens, room, await crew.generation(room, MAIN)) for room in show.rooms]
    organisers: list[str] = []
    auditors: list[str] = []
    clerks: list[str] = []
    judges: dict[str, list[str]] = {room: [] for room in show.rooms}
    chairs: dict[str, str] = {}
    pitchers: dict[str, str] = {}
    for person in show.people:
        link = await show.invite(person.id)
        for held in person.appointments:
            match held.role:
                case Role.ORGANISER:
                    organisers.append(link)
                case Role.JUDGE | Role.DEPUTY:
                    judges.setdefault(str(held.room), []).append(link)
                case Role.CHAIR:
                    chairs[str(held.room)] = link
                case Role.PITCHER:
                    pitchers.setdefault(str(held.project), link)
                case Role.CLERK:
                    clerks.append(link)
                case Role.AUDITOR:
                    auditors.append(link)
                case Role.AUDIENCE:
                    pass
    return Links(
        base=base,
        rooms=rooms,
        links=PeopleLinks(
            organiser=organisers[0] if organisers else "",
            screen={room: f"{base}/rooms/{room}/screen" for room in show.rooms},
            audience={room: f"{base}/rooms/{room}/watch" for room in show.rooms},
            judges=judges,
            chairs=chairs,
            pitchers=pitchers,
            organisers=organisers,
            auditors=auditors,
            clerks=clerks,
        ),
    )


def room_links(
    base: str, tokens: SignallingTokens, room: RoomId, generation: int, encoder: EncoderId = MAIN
) -> RoomLinks:
    return RoomLinks(
        id=room,
        whip=f"{base}/rooms/{room}/whip",
        whep=f"{base}/rooms/{room}/whep",
        publish_token=tokens.encoder_token(room, encoder, generation),
        watch_token="",  # empty says: none is needed
    )


def write_links(links: Links, path: Path) -> None:
    """For the owner alone, and whole or not at all: a program that waits for the file never reads half of it.

    Raises SetupError.
    """
    text = msgspec.json.format(msgspec.json.encode(links), indent=2)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        # A file of our own making: in a folder that others may write to, one that lies there could be theirs.
        with open(draft, "xb", opener=_private) as file:
            file.write(text + b"\n")
        draft.replace(path)
    except OSError as problem:
        raise SetupError(f"The links cannot be written to {path}: {problem.strerror}.") from problem


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def printed(links: Links, show: Show) -> str:
    """The links as a person reads them in a terminal."""
    lines = [
        "",
        f"  {show.competition.title.en}",
        f"  {links.base}",
        "",
        "  Each person's link works once: open it in a browser and press the button. All may share one browser.",
        "",
        *_named(show, "Organiser", Role.ORGANISER, links.links.organisers),
        *_named(show, "Clerk", Role.CLERK, links.links.clerks),
        *_named(show, "Auditor", Role.AUDITOR, links.links.auditors),
    ]
    cast = show.casting.cast
    for field in show.competition.fields:
        room = field.room
        lines += ["", f"  {field.title.en}", f"    Watch     {links.links.audience[room]}"]
        lines.append(f"    Screen    {links.links.screen[room]}")
        lines.append(f"    Chair     {links.links.chairs[room]}")
        lines += [f"    Judge {number}   {link}" for number, link in enumerate(links.links.judges[room], start=1)]
        for project in cast.projects_in(field.id):
            if project.id in links.links.pitchers:
                lines.append(f"    {_label(project.name.en)}  {links.links.pitchers[project.id]}")
    return "\n".join([*lines, "", "  Ctrl+C stops the server. Its data stays."])


def _named(show: Show, title: str, role: Role, links: list[str]) -> Iterator[str]:
    """Each with their name: two links that look alike would be handed to the wrong people."""
    names = [person.name.en for person in show.people if person.holds(role)]
    width = max(map(len, names), default=0)
    for name, link in zip(names, links, strict=True):
        yield f"  {title:<9}   {name:<{width}}   {link}"


def _label(project: str) -> str:
    return f"Pitch: {project}"[:40].ljust(34)
