"""Putting a question to the jury, voting on it, and the casting vote; and what the ledger keeps of each. (pure)

As in ``voting.acts``, an act's kind is its tag, and its body these fields with who did it and with which command.
"""

from typing import Literal

import msgspec

from roadshow.errors import InputError
from roadshow.ids import AwardId, CommandId, PersonId, ProjectId
from roadshow.moments import Duration
from roadshow.voting.ballot import canonical

QuestionKind = Literal["question", "vote", "casting-vote"]
"""Kinds of ledger entries."""

NONE_OF_THEM = ProjectId("")
"""A vote for none: of an award, that it be not awarded; on a tie, an abstention. No project has this id."""
SHORTEST, LONGEST = Duration.seconds(30), Duration.minutes(60)
"""How long the jury has: time to read and to press, and no longer than a jury stays in the room."""
MOST_QUESTIONS = 100
"""In a poll: 20 awards and 30 ties, each put twice. One that was held is never put again."""


class PutQuestion(msgspec.Struct, frozen=True, tag_field="act", tag="question"):
    """Ask the jury. Raises Conflict("count.open"), Conflict("poll.open") while a window or another question is open,
    Conflict("vote.not_asked") if the rules have no such vote, Conflict("vote.held") if the jury has answered it,
    Conflict("vote.moved_on") if others may vote than those of ``jury``, Conflict("vote.too_many", limit),
    NotFound("project.unknown")."""

    award: AwardId | None
    """Which of the projects gets it; None: which of them goes first."""
    projects: tuple[ProjectId, ...]
    """Those it is about, in the order of the rundown."""
    jury: tuple[PersonId, ...]
    """Who may vote, in the jury's order."""
    closes_in: Duration


class Vote(msgspec.Struct, frozen=True, tag_field="act", tag="vote"):
    """A judge's only word on it. Raises NotFound("vote.unknown"), NotAllowed("vote.not_entitled") for who may not vote,
    Conflict("vote.repeated"), Conflict("vote.closed"), NotFound("vote.choice"), Conflict("key.needed", "key.other")."""

    question: int
    """Its ledger entry's number."""
    choice: ProjectId
    key: str = ""
    """With which the judge signed it, where the rules ask for that: ``identity.keys``. Not in the ledger."""
    signature: str | None = None
    """The judge's own."""
    sealed: str | None = None
    """Choice and signature as they go to the store, where its poll is held so (``boxes.jury``)."""


class CastingVote(msgspec.Struct, frozen=True, tag_field="act", tag="casting-vote"):
    """Of whoever decides, where the jury's votes are level. Raises Conflict("count.open"), Conflict("poll.open") while
    the jury votes, NotFound("vote.unknown"), Conflict("vote.decided") if it was not held, or needs no casting vote, or
    has one, NotFound("vote.choice") for what is not among those with most votes. Where votes are sealed, a store takes
    all choices for level: whoever can open them looks before."""

    question: int
    choice: ProjectId
    reason: str


QuestionAct = PutQuestion | Vote | CastingVote


class QuestionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of all three. ``until`` stands last, for only the store can give it."""

    by: PersonId
    command: CommandId
    award: AwardId | None = None
    choice: ProjectId | None = None
    jury: tuple[PersonId, ...] | None = None
    projects: tuple[ProjectId, ...] | None = None
    question: int | None = None
    reason: str | None = None
    sealed: str | None = None
    """In place of ``choice`` and ``signature``."""
    signature: str | None = None
    until: int | None = None
    """Milliseconds since the epoch."""


def question_kind(act: QuestionAct) -> QuestionKind:
    kind: QuestionKind = msgspec.convert(act.__struct_config__.tag, QuestionKind)
    return kind


def question_body(by: PersonId, act: QuestionAct, command: CommandId) -> tuple[bytes, bytes]:
    """Of a question around the number of ``until``; of the others whole, and nothing."""
    fields = {name: getattr(act, name) for name in act.__struct_fields__ if name not in ("closes_in", "key")}
    if fields.get("sealed"):
        fields |= {"choice": None, "signature": None}
    whole = canonical(QuestionBody(by, command, **fields))
    return (whole[:-1] + b',"until":', b"}") if isinstance(act, PutQuestion) else (whole, b"")


def question_subject(act: QuestionAct) -> tuple[int | str, str, int | str]:
    """What a store has to know of an act: which question, what is chosen (of a sealed vote how that is sealed) or for
    which award, and for how long the jury has, in milliseconds; of a vote, the key that it is signed with."""
    match act:
        case PutQuestion():
            return "", act.award or "", act.closes_in.ms
        case Vote():
            return act.question, act.sealed or act.choice, act.key
        case CastingVote():
            return act.question, act.choice, ""


def check_time(closes_in: Duration) -> None:
    """Raises InputError("vote.time", least, most) in seconds."""
    if not SHORTEST <= closes_in <= LONGEST:
        raise InputError("vote.time", least=SHORTEST.ms // 1000, most=LONGEST.ms // 1000)
