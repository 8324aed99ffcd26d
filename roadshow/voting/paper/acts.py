"""What is done with a card of paper, and what the ledger keeps of it. (pure)

As in ``voting.acts``, an act's kind is its tag, and its body these fields with who did it and with which command.
"""

from typing import Literal, get_args

import msgspec

from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId
from roadshow.voting.ballot import canonical

PaperKind = Literal["paper", "confirm-paper", "reject-paper", "contest-paper"]
"""Kinds of ledger entries."""
PAPER_KINDS: tuple[PaperKind, ...] = get_args(PaperKind)
Fault = Literal["typing", "unreadable", "unsigned", "other"]
"""Why a card is rejected: what was typed is not what it says; it cannot be read, or is not filled in; the judge has not
signed it; something else."""
FAULTS: tuple[Fault, ...] = get_args(Fault)
Claim = Literal["not-mine", "otherwise"]
"""What a judge says against a ballot in their name: they gave none; they gave another."""
CLAIMS: tuple[Claim, ...] = get_args(Claim)

MOST_CARDS = 5
"""Times that a card for one judge and project can be typed in: who mistypes it that often is not tired, but trying."""


class TypeCard(msgspec.Struct, frozen=True, tag_field="act", tag="paper"):
    """A clerk types a card in; it waits for another person's word. Raises NotAllowed("ballot.not_entitled",
    "ballot.replaced", "ballot.elsewhere") for whom the judge is, Conflict("ballot.recused"), Conflict("ballot.void"),
    Conflict("count.closed", "cards.shown"), Conflict("paper.used") if a card of the judge for the project was confirmed
    before, Conflict("paper.waiting") if one waits, Conflict("paper.voted") if the judge has sent anything themselves,
    Conflict("ballot.closed") unless its window is open, or with ``late`` was, Conflict("ballot.open") with ``late``
    while it is, Conflict("paper.too_many", limit)."""

    judge: PersonId
    project: ProjectId
    code: str
    """As ``codes.code_of`` makes it."""
    scores: dict[CriterionId, int]
    """Of every criterion, in steps."""
    late: bool = False
    """The window was over: once confirmed, it waits for the chair's word, as a late ballot does."""


class ConfirmCard(msgspec.Struct, frozen=True, tag_field="act", tag="confirm-paper"):
    """Another person has typed the same. Raises Conflict("count.closed"), Conflict("paper.moved_on") unless the card
    of entry ``paper`` waits, NotAllowed("paper.second_person") for who typed it and for the poll's judges,
    Conflict("ballot.void"), Conflict("paper.differs") if anything is different."""

    paper: int
    code: str
    scores: dict[CriterionId, int]


class RejectCard(msgspec.Struct, frozen=True, tag_field="act", tag="reject-paper"):
    """It will not count, and can be typed in again. Raises Conflict("count.closed"), Conflict("paper.moved_on")."""

    paper: int
    category: Fault


class ContestCard(msgspec.Struct, frozen=True, tag_field="act", tag="contest-paper"):
    """The judge says that it is not theirs: it counts no more, and waits for the chair's word. Raises
    Conflict("count.closed"), Conflict("paper.moved_on") unless a confirmed card of entry ``paper`` is the judge's,
    Conflict("cards.shown") where its scores were told in this count, Conflict("paper.contested")."""

    paper: int
    category: Claim


PaperAct = TypeCard | ConfirmCard | RejectCard | ContestCard


class PaperBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of every act with a card."""

    by: PersonId
    command: CommandId
    category: Fault | Claim | None = None
    code: str | None = None
    judge: PersonId | None = None
    late: bool = False
    paper: int | None = None
    """The number of the entry that typed it."""
    project: ProjectId | None = None
    scores: dict[CriterionId, int] | None = None
    """Last in its text, which the store goes by."""


def paper_kind(act: PaperAct) -> PaperKind:
    kind: PaperKind = msgspec.convert(act.__struct_config__.tag, PaperKind)
    return kind


def paper_body(by: PersonId, act: PaperAct, command: CommandId) -> bytes:
    return canonical(PaperBody(by, command, **{name: getattr(act, name) for name in act.__struct_fields__}))


def told(act: PaperAct) -> tuple[str | bytes | int, ...]:
    """What a store has to know of an act: judge, project, code, scores as they stand in its text, 1 if late, and the
    number of the entry it is about."""
    match act:
        case TypeCard():
            return act.judge, act.project, act.code, "", int(act.late), 0
        case ConfirmCard():
            return "", "", act.code, canonical(act.scores), 0, act.paper
        case RejectCard() | ContestCard():
            return "", "", "", "", 0, act.paper
