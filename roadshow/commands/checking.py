"""Definitions as a command reads them: every file, whatever is wrong with the one before; and ``roadshow check``."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from roadshow.competitions.cast import first_cast
from roadshow.competitions.definition import Competition
from roadshow.competitions.jury import warnings
from roadshow.competitions.loading import load_file
from roadshow.competitions.reading.document import DefinitionError
from roadshow.errors import SetupError
from roadshow.fields.plans import refuse_what_is_not_offered
from roadshow.fields.records import with_records
from roadshow.fields.rooms import refuse_names_of_side_rooms
from roadshow.ids import CompetitionId
from roadshow.terminal import say


def load_all(paths: Sequence[Path]) -> list[Competition]:
    """Raises SetupError, with what is wrong in any of them."""
    competitions, refusals = _looked_through(paths)
    if refusals:
        raise SetupError("\n".join(map(str, refusals)))
    return competitions


def load_today(load: Callable[[date], Competition]) -> Competition:
    """``today`` in a definition is the day it is where the event takes place, which the definition itself says."""
    now = datetime.now(UTC)
    competition = load(now.date())
    there = now.astimezone(ZoneInfo(competition.time_zone)).date()
    return competition if there == now.date() else load(there)


def check(paths: Sequence[Path]) -> bool:
    """Says all that is wrong, a line each, and what is sound. Whether everything is."""
    competitions, refusals = _looked_through(paths)
    for refusal in refusals:
        for problem in refusal.mistakes if isinstance(refusal, DefinitionError) else (refusal,):
            say(str(problem))
    if not refusals:
        named = zip(paths, competitions, strict=True)
        say("Nothing is wrong with: " + ", ".join(f"{path} ({competition.id})" for path, competition in named))
        for competition in competitions:
            if warning := lone_organiser([name.en for name in competition.organisers]):
                say(f"{competition.id}: {warning}")
            for warning in warnings(first_cast(competition), competition):
                say(f"{competition.id}: {warning}")
    return not refusals


def lone_organiser(organisers: Sequence[str]) -> str | None:
    """What to tell the operator of a competition that hangs on one person."""
    if len(organisers) > 1:
        return None
    only = ", ".join(organisers) or "nobody"
    return (
        f"Warning: {only} is the only organiser. Name a second one: if a sign-in is stolen or a laptop breaks, "
        "nobody else can let people in."
    )


def _looked_through(paths: Sequence[Path]) -> tuple[list[Competition], list[SetupError]]:
    competitions: list[Competition] = []
    refusals: list[SetupError] = []
    first: dict[CompetitionId, Path] = {}
    for path in paths:
        try:
            competition = load_today(partial(_read, path))
        except SetupError as refusal:
            refusals.append(refusal)
            continue
        for refuse in (refuse_what_is_not_offered, refuse_names_of_side_rooms):
            try:
                refuse(competition)
            except SetupError as refusal:
                refusals.append(SetupError(f"{path}: {refusal}"))
        if competition.id in first:
            refusals.append(SetupError(f"{path}: id: “{competition.id}” is also that of {first[competition.id]}"))
        first.setdefault(competition.id, path)
        competitions.append(competition)
    return competitions, refusals


def _read(path: Path, today: date) -> Competition:
    return with_records(load_file(path, today=today), path.parent)
