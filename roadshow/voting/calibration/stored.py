"""Calibration rounds as Valkey or Redis keeps them: a part of the store of votes. The acts are in functions/."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from roadshow.ids import CommandId, PersonId, PollId, is_slug
from roadshow.moments import Instant
from roadshow.store.functions import in_rows
from roadshow.store.rewritten import of_one_piece
from roadshow.voting.calibration.rounds import (
    MOST_ROUNDS,
    Calibration,
    CalibrationAct,
    Card,
    CloseRound,
    HandIn,
    OpenRound,
    Round,
    ToldRound,
    calibrate_body,
)


class RedisCalibration:
    """Methods are those of ``VoteStore``."""

    async def _act(self, function: str, poll: PollId, *arguments: str | bytes | int) -> Any:
        raise NotImplementedError

    async def _look(self, function: str, poll: PollId, *arguments: str | bytes | int) -> Any:
        raise NotImplementedError

    async def calibrate(self, poll: PollId, act: CalibrationAct) -> None:
        match act:
            case OpenRound(number=number, sample=sample, by=by):
                await self._act("calibrate", poll, "open", number, sample, by, MOST_ROUNDS)
            case HandIn(number=number, judge=judge, scores=scores, seal=seal):
                await self._act("calibrate", poll, "hand-in", number, judge, scores, seal)
            case CloseRound(number=number):
                await self._act("calibrate", poll, "close", number)

    async def tell_calibration(
        self, poll: PollId, rounds: tuple[ToldRound, ...], seen: int, command: CommandId
    ) -> None:
        body, any_ = calibrate_body(rounds, command), "1" if rounds else "0"
        await self._act("tell_calibration", poll, command, body, seen, any_)

    async def calibration(self, poll: PollId) -> Calibration:
        fields, is_over, is_told = await self._look("calibration", poll)
        with of_one_piece():
            return _calibration({name.decode(): value.decode() for name, value in in_rows(fields, 2)}, is_over, is_told)


def _calibration(fields: Mapping[str, str], is_over: bytes, is_told: bytes) -> Calibration:
    """``fields``: as functions/calibration.lua has them. Raises ValueError for what it could not have left."""
    count = int(fields.get("rounds", "0"))
    if not 0 <= count <= MOST_ROUNDS:
        raise ValueError("rounds that nobody has opened")
    try:
        rounds = tuple(_round(fields, str(number)) for number in range(1, count + 1))
    except KeyError as problem:
        raise ValueError("rounds that nobody has opened") from problem
    if not all(map(_could_be, rounds)) or any(
        one.closed_at is None or one.closed_at > following.opened_at for one, following in pairwise(rounds)
    ):
        raise ValueError("rounds of which the ledger cannot be told")
    return Calibration(
        rounds,
        int(fields.get("changes", "0")),
        is_over == b"1",
        is_told == b"1",
    )


def _could_be(one: Round) -> bool:
    return is_slug(one.sample) and is_slug(one.by) and (one.closed_at is None or one.opened_at <= one.closed_at)


def _round(fields: Mapping[str, str], number: str) -> Round:
    judges = sorted(name.split("|")[2] for name in fields if name.startswith(f"card|{number}|"))
    closed = fields.get(f"closed|{number}")
    return Round(
        fields[f"sample|{number}"],
        PersonId(fields[f"by|{number}"]),
        Instant(int(fields[f"opened|{number}"])),
        None if closed is None else Instant(int(closed)),
        tuple(
            Card(PersonId(judge), fields[f"card|{number}|{judge}"], fields.get(f"seal|{number}|{judge}", ""))
            for judge in judges
        ),
    )
