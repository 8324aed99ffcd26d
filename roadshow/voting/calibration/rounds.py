"""Calibration rounds: what may be done when, and what is left of it in the ledger. (pure)

A jury scores a sample, looks at all cards side by side, and talks. None of it is a ballot: it has keys of its own in
the store, a form and a seal of its own, and the ledger hears of it once, with the first window, that it was held.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import CommandId, CriterionId, PersonId, PollId
from roadshow.moments import Instant
from roadshow.voting.acts import BY_RULE
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.grounds import Sign
from roadshow.voting.spec import PollSpec

MOST_ROUNDS = 12
"""Of one field: each of six samples, and each once more after the talk."""
CARD_DOMAIN = b"roadshow calibration card 1\n"
"""Goes before what is signed for a card's seal: no ballot's receipt can be made of one, nor a card of a receipt."""

CalibrationKind = Literal["calibrate"]


# What is done ---------------------------------------------------------------------------------------------------------


class OpenRound(msgspec.Struct, frozen=True):
    """Raises Conflict("calibration.open") while another one is, Conflict("calibration.too_many", limit), and
    Conflict("calibration.moved_on") unless ``number`` is the next."""

    number: int
    sample: str
    by: PersonId


class HandIn(msgspec.Struct, frozen=True):
    """A judge's card, in the place of the one they gave before. Raises NotAllowed("calibration.not_entitled") for who
    is neither of the jury nor of its reserve, Conflict("calibration.closed") unless the round is open."""

    number: int
    judge: PersonId
    scores: str
    """As ``written`` or, in a poll with sealed ballots, sealed."""
    seal: str


class CloseRound(msgspec.Struct, frozen=True):
    """From here on all cards lie open. Raises Conflict("calibration.moved_on") if there is no such round."""

    number: int


CalibrationAct = OpenRound | HandIn | CloseRound
"""All of them: Conflict("calibration.over") from the first window on, and once the rounds are in the ledger. The same
again: nothing."""


# What there is --------------------------------------------------------------------------------------------------------


class Card(msgspec.Struct, frozen=True):
    """As a store keeps it."""

    judge: PersonId
    scores: str
    seal: str


class Round(msgspec.Struct, frozen=True):
    sample: str
    by: PersonId
    """Who opened it."""
    opened_at: Instant
    closed_at: Instant | None = None
    """None: it is open, or the first window ended it, and then nobody saw its cards."""
    cards: tuple[Card, ...] = ()
    """By judge."""


class Calibration(msgspec.Struct, frozen=True):
    """Of one poll."""

    rounds: tuple[Round, ...] = ()
    changes: int = 0
    """How many acts there were: whoever says what there is says how many they have seen."""
    is_over: bool = False
    is_told: bool = False
    """It is in the ledger."""

    @property
    def open(self) -> Round | None:
        """The one that is, if it still can be scored."""
        last = self.rounds[-1] if self.rounds and not self.is_over else None
        return last if last is not None and last.closed_at is None else None


def after(now: Calibration, act: CalibrationAct, spec: PollSpec, at: Instant) -> Calibration:
    """With the act, at that time. Raises what the act does."""
    if now.is_over:
        raise Conflict("calibration.over")
    rounds = list(now.rounds)
    match act:
        case OpenRound(number=number, sample=sample, by=by):
            if now.open is not None:
                if (number, sample, by) == (len(rounds), now.open.sample, now.open.by):
                    return now
                raise Conflict("calibration.open")
            if number != len(rounds) + 1:
                raise Conflict("calibration.moved_on")
            if number > MOST_ROUNDS:
                raise Conflict("calibration.too_many", limit=MOST_ROUNDS)
            rounds.append(Round(sample, by, at))
        case HandIn(number=number, judge=judge):
            if judge not in (*spec.judges, *spec.reserve):
                raise NotAllowed("calibration.not_entitled")
            if now.open is None or number != len(rounds):
                raise Conflict("calibration.closed")
            card = Card(judge, act.scores, act.seal)
            if card in now.open.cards:
                return now
            others = [one for one in now.open.cards if one.judge != judge]
            cards = tuple(sorted((*others, card), key=lambda one: one.judge))
            rounds[-1] = msgspec.structs.replace(now.open, cards=cards)
        case CloseRound(number=number):
            if not 1 <= number <= len(rounds):
                raise Conflict("calibration.moved_on")
            if rounds[number - 1].closed_at is not None:
                return now
            rounds[number - 1] = msgspec.structs.replace(rounds[number - 1], closed_at=at)
    return msgspec.structs.replace(now, rounds=tuple(rounds), changes=now.changes + 1)


# A card ---------------------------------------------------------------------------------------------------------------


class About(NamedTuple):
    """Whose card it is, and of which round: of no other one is its seal."""

    poll: PollId
    number: int
    sample: str
    judge: PersonId

    def text(self) -> bytes:
        return canonical(self._asdict())


def written(scores: Mapping[CriterionId, int]) -> bytes:
    """Steps of each criterion, as canonical JSON."""
    return canonical(dict(scores))


def read(text: bytes, spec: PollSpec) -> dict[CriterionId, int] | None:
    """None for what is no card of the poll's criteria."""
    try:
        scores = msgspec.json.decode(text, type=dict[CriterionId, int])
    except (ValueError, RecursionError):
        return None
    sound = {one.id: one.most for one in spec.criteria}
    fits = scores.keys() == sound.keys() and all(0 <= scores[one] <= most for one, most in sound.items())
    return scores if fits and written(scores) == text else None


def seal(about: About, scores: str, sign: Sign) -> str:
    """SHA-256 (hex) of the server's signature: nobody without the key can make it for other scores, another judge or
    another round."""
    return digest(sign(CARD_DOMAIN + about.text() + b"\n" + scores.encode()).encode())


# What the ledger is told ----------------------------------------------------------------------------------------------


class ToldRound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A round that was held: no score, and not whose cards there were."""

    by: PersonId
    closed: int | None
    """Milliseconds since the epoch. None: the first window ended it."""
    judges: int
    """How many handed in a card."""
    opened: int
    sample: str


class CalibrateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    by: PersonId
    command: CommandId
    rounds: tuple[ToldRound, ...]


def told(now: Calibration, spec: PollSpec) -> tuple[ToldRound, ...]:
    """Of those who are of the jury or its reserve as the voting begins."""
    jury = {*spec.judges, *spec.reserve}
    return tuple(
        ToldRound(
            one.by,
            None if one.closed_at is None else one.closed_at.ms,
            sum(card.judge in jury for card in one.cards),
            one.opened_at.ms,
            one.sample,
        )
        for one in now.rounds
    )


def calibrate_body(rounds: tuple[ToldRound, ...], command: CommandId) -> bytes:
    return canonical(CalibrateBody(BY_RULE, command, rounds))
