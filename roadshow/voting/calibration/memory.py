"""Calibration rounds as the store in memory keeps them. (pure)"""

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import CommandId
from roadshow.moments import Instant
from roadshow.voting.calibration.rounds import (
    Calibration,
    CalibrationAct,
    ToldRound,
    after,
    calibrate_body,
)
from roadshow.voting.memory_poll import MemoryPoll


class MemoryCalibration:
    """Of one poll. What its spec is may change until the voting begins, and the rounds stay."""

    def __init__(self) -> None:
        self._kept = Calibration()

    def of(self, poll: MemoryPoll) -> Calibration:
        return msgspec.structs.replace(self._kept, is_over=self._kept.is_told or bool(poll.windows))

    def act(self, poll: MemoryPoll, act: CalibrationAct, now: Instant) -> None:
        """As ``VoteStore.calibrate``."""
        self._kept = after(self.of(poll), act, poll.spec, now)
        poll.beside = now

    def tell(
        self, poll: MemoryPoll, rounds: tuple[ToldRound, ...], seen: int, command: CommandId, now: Instant
    ) -> None:
        """As ``VoteStore.tell_calibration``."""
        body, kept = calibrate_body(rounds, command), self.of(poll)
        if poll.is_repeated(command, "calibrate", body):
            return
        if kept.is_over:
            raise Conflict("calibration.over")
        if poll.spec.carried is not None and poll.through is None:
            raise Conflict("carried.early")
        if seen != kept.changes or not rounds:
            raise Conflict("calibration.moved_on")
        poll.append("calibrate", body, now, command)
        self._kept = msgspec.structs.replace(kept, is_told=True)

    def require_told(self, poll: MemoryPoll) -> None:
        """Before a window is opened. Raises Conflict("calibration.untold")."""
        kept = self.of(poll)
        if kept.rounds and not kept.is_over:
            raise Conflict("calibration.untold")
