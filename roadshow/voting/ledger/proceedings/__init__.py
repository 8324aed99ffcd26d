"""Whether a ledger could have come about: every act is asked again what the store asked of it when it was done. (pure)

Written apart from the stores, from docs/voting.md: what one of them lets through by mistake, the other notices. What
is in force is ``Standing``; kinds of entries are modules, each with a table, and a new one joins ``_KINDS`` here.
"""

from roadshow.ids import CommandId, ProjectId
from roadshow.voting.acts import ConfirmBody
from roadshow.voting.boxes.box import Box
from roadshow.voting.ledger.proceedings import (
    aftermath,
    ballots,
    calibration,
    cards,
    carried,
    ceremony,
    counts,
    identity,
    office,
    paper,
    questions,
    rulings,
    seats,
    windows,
)
from roadshow.voting.ledger.proceedings.kinds import Kinds
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry

__all__ = ["Impossible", "Proceedings"]

_KINDS: Kinds = {
    **windows.KINDS,
    **ballots.KINDS,
    **rulings.KINDS,
    **counts.KINDS,
    **seats.KINDS,
    **office.KINDS,
    **cards.KINDS,
    **questions.KINDS,
    **identity.KINDS,
    **ceremony.KINDS,
    **paper.KINDS,
    **aftermath.KINDS,
    **carried.KINDS,
    **calibration.KINDS,
}


class Proceedings:
    """What was done in a poll, entry by entry."""

    def __init__(self, spec: PollSpec, box: Box | None = None) -> None:
        """``box``: opens the ballots, where they are sealed."""
        self._standing = Standing(spec, box)

    def take(self, entry: LedgerEntry) -> None:
        """Raises Impossible. Entries come in their order; their hashes are not looked at."""
        self._standing.at = entry.at.ms
        kind = _KINDS[entry.kind]
        body = kind.read(entry)
        command: CommandId | None = getattr(body, "command", None)
        if command is not None:
            self._standing.use(command)
        kind.take(self._standing, entry, body)

    @property
    def state(self) -> CeremonyState:
        return self._standing.state

    @property
    def version(self) -> int:
        """How many results were confirmed."""
        return self._standing.version

    @property
    def announced(self) -> int:
        return self._standing.announced

    @property
    def out(self) -> frozenset[ProjectId]:
        """Who is disqualified."""
        return frozenset(self._standing.after.out)

    @property
    def confirmed(self) -> tuple[int, ConfirmBody] | None:
        """The newest confirmation and its entry's number; None if it was taken back."""
        return self._standing.confirmed
