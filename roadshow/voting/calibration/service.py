"""Calibration rounds of a field: opened and closed by chair, deputy or an organiser, scored by its jury and reserve.

Whoever calls has checked roles: that who opens and closes has an office in the field, and that who reads is of the jury
or an organiser.
"""

from collections.abc import Callable, Mapping
from uuid import uuid4

import msgspec

from roadshow.errors import Conflict, InputError, NotFound
from roadshow.ids import CommandId, CriterionId, PersonId, RoomId
from roadshow.moments import Instant
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.calibration.rounds import (
    About,
    CloseRound,
    HandIn,
    OpenRound,
    read,
    seal,
    written,
)
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.ports import VoteStore
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec

TELL_TRIES = 5
"""While somebody opens, scores or closes a round just as the first window is opened."""

Scores = Mapping[CriterionId, int]


class SeenRound(msgspec.Struct, frozen=True):
    """A round, for one of those who may look."""

    number: int
    sample: str
    by: PersonId
    opened_at: Instant
    closed_at: Instant | None
    is_open: bool
    given: frozenset[PersonId]
    """Who has handed in a card."""
    own: Scores | None
    """What the reader gave."""
    cards: Mapping[PersonId, Scores]
    """All cards: of a closed round only."""
    spoilt: frozenset[PersonId]
    """Whose card has not this server's seal, and is not shown."""


class SeenCalibration(msgspec.Struct, frozen=True):
    spec: PollSpec
    rounds: tuple[SeenRound, ...]
    """The oldest first."""
    changes: int
    is_over: bool


class Calibrating:
    """``spec``: the poll of a room, as it was begun. All methods raise NotFound("calibration.none") where ballots are
    no scorecards."""

    def __init__(
        self,
        store: VoteStore,
        signed: SignedActs,
        signer: Signer,
        boxes: Boxes,
        spec: Callable[[RoomId], PollSpec],
    ) -> None:
        self._store = store
        self._signed = signed
        self._signer = signer
        self._boxes = boxes
        self._found = spec

    async def open(self, room: RoomId, by: PersonId, sample: str, number: int) -> None:
        """``number``: of the new round, as whoever opens it has seen. Raises what ``OpenRound`` does."""
        await self._store.calibrate(self._spec(room).poll, OpenRound(number, sample, by))

    async def close(self, room: RoomId, number: int) -> None:
        """Idempotent. Raises what ``CloseRound`` does."""
        await self._store.calibrate(self._spec(room).poll, CloseRound(number))

    async def hand_in(self, room: RoomId, judge: PersonId, number: int, scores: Scores) -> None:
        """``scores``: steps of every criterion. Raises what ``HandIn`` does, and InputError("ballot.malformed")."""
        spec = self._spec(room)
        rounds = (await self._store.calibration(spec.poll)).rounds
        if not 1 <= number <= len(rounds):
            raise Conflict("calibration.closed")
        about = About(spec.poll, number, rounds[number - 1].sample, judge)
        text = written(scores)
        if read(text, spec) is None:
            raise InputError("ballot.malformed")
        kept = self._boxes.box(spec.poll).seal_card(about.text(), text) if spec.sealed else text.decode()
        sealed = seal(about, kept, self._signer.sign)
        await self._store.calibrate(spec.poll, HandIn(number, judge, kept, sealed))

    async def seen(self, room: RoomId, reader: PersonId) -> SeenCalibration:
        """Cards of others only of rounds that were closed: so nobody has seen any before the own one was in."""
        spec = self._spec(room)
        kept = await self._store.calibration(spec.poll)
        rounds: list[SeenRound] = []
        for number, one in enumerate(kept.rounds, start=1):
            wanted = {
                card: About(spec.poll, number, one.sample, card.judge)
                for card in one.cards
                if one.closed_at is not None or card.judge == reader
            }
            sound = {
                card: about
                for card, about in wanted.items()
                if seal(about, card.scores, self._signer.sign) == card.seal
            }
            opened = {card.judge: self._opened(spec, about, card.scores) for card, about in sound.items()}
            cards = {judge: scores for judge, scores in opened.items() if scores is not None}
            rounds.append(
                SeenRound(
                    number,
                    one.sample,
                    one.by,
                    one.opened_at,
                    one.closed_at,
                    one is kept.open,
                    frozenset(card.judge for card in one.cards),
                    cards.get(reader),
                    cards if one.closed_at is not None else {},
                    frozenset(card.judge for card in wanted.keys() - sound.keys()),
                )
            )
        return SeenCalibration(spec, tuple(rounds), kept.changes, kept.is_over)

    async def tell(self, room: RoomId) -> None:
        """Enter in the ledger that rounds were held: to be called before a window is opened."""
        spec = self._found(room)
        for tries_left in reversed(range(TELL_TRIES)):
            kept = await self._store.calibration(spec.poll)
            if kept.is_over or not kept.rounds:
                return
            try:
                await self._signed.tell_calibration(spec, kept, CommandId(f"rule-{uuid4().hex}"))
            except Conflict as conflict:
                if conflict.code == "calibration.over":  # another window's opening was faster
                    return
                if conflict.code != "calibration.moved_on" or not tries_left:
                    raise

    def _opened(self, spec: PollSpec, about: About, scores: str) -> dict[CriterionId, int] | None:
        """None for a card of another rubric than the field has by now, or sealed otherwise."""
        if not spec.sealed:
            return read(scores.encode(), spec)
        try:
            return read(self._boxes.box(spec.poll).card(about.text(), scores), spec)
        except ValueError:
            return None

    def _spec(self, room: RoomId) -> PollSpec:
        spec = self._found(room)
        if spec.rules.ballots is not None:
            raise NotFound("calibration.none")
        return spec
