"""Acts of the chair, the organiser and a second person, and the bodies of all entries of the ledger. (pure)

Bodies are the same whatever store keeps them. Each is canonical JSON; a pair is what stands before and after a value
that only the store knows.
"""

from functools import cache
from typing import Literal

import msgspec

from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.voting.aftermath.acts import AfterBody
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.carried.terms import CarryBody
from roadshow.voting.deliberation.acts import DeliberateBody
from roadshow.voting.identity.browsers import MOST_BROWSERS, UseBrowser
from roadshow.voting.identity.keys import MOST_ASKED, AskKey, SignKey
from roadshow.voting.office.acts import AskChair, PassChair, Passing
from roadshow.voting.paper.acts import PaperBody
from roadshow.voting.questions.acts import QuestionBody
from roadshow.voting.tally import EntryKind
from roadshow.voting.votes import FIRST_ROUND

# Each act is an entry of the ledger, whose kind is the tag and whose body is these fields with ``by`` and ``command``.


class Void(msgspec.Struct, frozen=True, tag_field="act", tag="void"):
    """A judge's ballots for a project stop to count. Raises Conflict("ballot.none") if there are none that count,
    Conflict("ballot.void") if they are set aside already."""

    judge: PersonId
    project: ProjectId
    reason: str


class Restore(msgspec.Struct, frozen=True, tag_field="act", tag="restore"):
    """They count again. Raises Conflict("ballot.not_void")."""

    judge: PersonId
    project: ProjectId
    reason: str


class AcceptLate(msgspec.Struct, frozen=True, tag_field="act", tag="accept"):
    """A late ballot becomes the judge's newest revision. Raises Conflict("late.moved_on") if another one waits than
    that of entry ``late``, or none."""

    judge: PersonId
    project: ProjectId
    late: int
    reason: str


class RejectLate(msgspec.Struct, frozen=True, tag_field="act", tag="reject"):
    """A late ballot will not count. Raises as ``AcceptLate``."""

    judge: PersonId
    project: ProjectId
    late: int
    reason: str


class Penalise(msgspec.Struct, frozen=True, tag_field="act", tag="penalty"):
    """Replaces the project's penalty. Raises NotFound("project.unknown")."""

    project: ProjectId
    points: int
    """Hundredths of a point of 100; 0 lifts it."""
    reason: str


class Countersign(msgspec.Struct, frozen=True, tag_field="act", tag="countersign"):
    """The second person's signature. Raises Conflict("result.sealed") before the chair's, Conflict("result.confirmed")
    if none is wanted any more, Conflict("result.moved_on") if that of another version is."""

    version: int


class CloseCount(msgspec.Struct, frozen=True, tag_field="act", tag="close-count"):
    """All has been given that counts. Raises Conflict("count.closed"), Conflict("count.moved_on") if another count is
    open, Conflict("poll.open") while a window is, Conflict("result.late") while a late ballot waits."""

    count: int
    """Its number."""


class AskReopening(msgspec.Struct, frozen=True, tag_field="act", tag="ask-reopening"):
    """Ask a second person to open the count again, before the first place is announced. Replaces an earlier request.
    Raises Conflict("count.open"), Conflict("result.announced"), Conflict("count.moved_on") if another count is closed,
    Conflict("count.no_more", limit)."""

    count: int
    reason: str


class Reopen(msgspec.Struct, frozen=True, tag_field="act", tag="reopen"):
    """The second person signs: a new count is open, in which each ruling can be made once, and a confirmation is taken
    back. Raises Conflict("result.announced"), Conflict("count.moved_on") if another request waits than that of entry
    ``asked``, or none, Conflict("poll.open") while a re-vote is open, NotAllowed("count.second_person") if a judge
    signs, or who asked."""

    asked: int


class AskSubstitute(msgspec.Struct, frozen=True, tag_field="act", tag="ask-substitute"):
    """Ask a second person to give a judge's seat to somebody of the reserve, from a project on. Replaces an earlier
    request. Raises what ``seating.substitutes.require_free`` does, and Conflict("count.closed")."""

    judge: PersonId
    substitute: PersonId
    project: ProjectId
    reason: str


class Substitute(msgspec.Struct, frozen=True, tag_field="act", tag="substitute"):
    """The second person signs. Raises Conflict("substitute.moved_on") if another request waits than that of entry
    ``asked``, or none, NotAllowed("substitute.second_person") if who asked signs, or whom it is about; and as
    ``AskSubstitute``."""

    asked: int


class ShowCards(msgspec.Struct, frozen=True, tag_field="act", tag="show-cards"):
    """Everybody is told what each judge gave a project, before the ceremony. From here on no ballot for it is taken, no
    window of it opened, and nothing is ruled upon it in this count. Raises Conflict("cards.shown"),
    Conflict("cards.early") before its window was opened or, with ``one-later``, before that of a project after it is
    over, or the count closed; Conflict("poll.open") while its window is, Conflict("result.late") while a late ballot
    for it waits, Conflict("cards.quorum") if too few ballots count, Conflict("cards.moved_on") if another number of
    judges is missing than ``missing``."""

    project: ProjectId
    missing: int
    """Judges from whom nothing came, as whoever acts has seen it: they have no say in it any more."""


MOST_COUNTS = 3
"""The first, and two versions after it: whoever looks at the ties and changes something learns of three orders at most,
and needs somebody else for it."""

Seating = AskSubstitute | Substitute
Identifying = UseBrowser | AskKey | SignKey
Ruling = Void | Restore | AcceptLate | RejectLate | Penalise
"""What changes a score."""
Act = Ruling | Countersign | CloseCount | AskReopening | Reopen | Seating | Passing | ShowCards | Identifying


class OpenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    closes_at: int | None
    """Milliseconds since the epoch."""
    project: ProjectId
    round: int = FIRST_ROUND
    """The first goes without saying, here and in all bodies."""


class CloseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    by: Literal["command", "deadline"]
    """``deadline``: the time was over and a ballot came too late, before anybody closed the window."""
    project: ProjectId
    round: int = FIRST_ROUND


class SettleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chair: PersonId
    """Or who acts for them."""
    command: CommandId
    order: tuple[ProjectId, ...]
    """Best first."""
    reason: str


class RevoteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chair: PersonId
    command: CommandId
    projects: tuple[ProjectId, ...]
    reason: str
    round: int


class ConfirmBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chair: PersonId
    command: CommandId
    result: str
    """SHA-256 (hex) of the stored result."""


class RevealBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    announced: int
    """How many places are announced with this one."""
    by: PersonId
    command: CommandId


class ActBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of every ``Act``: who did it, with which command, and its fields."""

    by: PersonId
    command: CommandId
    asked: int | None = None
    browser: str | None = None
    chair: PersonId | None = None
    count: int | None = None
    judge: PersonId | None = None
    key: str | None = None
    late: int | None = None
    let_in: PersonId | None = None
    missing: int | None = None
    points: int | None = None
    project: ProjectId | None = None
    reason: str | None = None
    since: int | None = None
    substitute: PersonId | None = None
    version: int | None = None


Body = (
    OpenBody
    | CloseBody
    | SettleBody
    | RevoteBody
    | ConfirmBody
    | RevealBody
    | ActBody
    | PaperBody
    | QuestionBody
    | DeliberateBody
    | AfterBody
    | CarryBody
)
"""Of every entry but judges' own, which is a ``Ballot``."""

BY_RULE = PersonId("")
"""Who shows cards that are shown by themselves. No person has this id."""


def open_body(project: ProjectId, in_round: int = FIRST_ROUND) -> tuple[bytes, bytes]:
    """Around ``closes_at``."""
    if in_round == FIRST_ROUND:
        return b'{"closes_at":', b',"project":%b}' % canonical(project)
    head, tail = revote_window_body(project)
    return head, b"%b%d}" % (tail, in_round)


def revote_window_body(project: ProjectId) -> tuple[bytes, bytes]:
    """Around ``closes_at``, and from there to the number of the round, which ends it but for a brace."""
    return b'{"closes_at":', b',"project":%b,"round":' % canonical(project)


@cache
def close_body(project: ProjectId, by: Literal["command", "deadline"], in_round: int = FIRST_ROUND) -> bytes:
    return canonical(CloseBody(by, project, in_round))


def settle_body(chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId) -> bytes:
    return canonical(SettleBody(chair, command, order, reason))


def revote_body(
    chair: PersonId, projects: tuple[ProjectId, ...], reason: str, command: CommandId
) -> tuple[bytes, bytes]:
    """Around the number of the round."""
    named = {"chair": chair, "command": command, "projects": projects, "reason": reason}
    return canonical(named)[:-1] + b',"round":', b"}"


def confirm_body(chair: PersonId, result: bytes, command: CommandId) -> tuple[bytes, bytes]:
    """In two parts: the first makes the command, the second holds the hash of the stored result."""
    return canonical({"chair": chair, "command": command})[:-1], b',"result":"' + digest(result).encode() + b'"}'


def reveal_body(by: PersonId, announced: int, command: CommandId) -> bytes:
    return canonical(RevealBody(announced, by, command))


def about(act: Act) -> tuple[ProjectId, ...]:
    """The projects that an act decides something about."""
    return (act.project,) if isinstance(act, Ruling) else ()


def subject_of(by: PersonId, act: Act) -> tuple[str, int | str]:
    """What the store has to know of an act: whom or what it is about, and upon what it was decided."""
    match act:
        case Void() | Restore():
            return f"{act.judge}|{act.project}", ""
        case AcceptLate() | RejectLate():
            return f"{act.judge}|{act.project}", act.late
        case Penalise():
            return act.project, act.points
        case Countersign():
            return by, act.version
        case CloseCount():
            return "", act.count
        case AskReopening():
            return f"{by}|{MOST_COUNTS}", act.count
        case Reopen() | Substitute() | SignKey() | PassChair():
            return by, act.asked
        case AskSubstitute():
            return f"{act.judge}|{act.substitute}|{by}", act.project
        case AskChair():
            return f"{act.chair}|{by}", "" if act.count is None else act.count
        case ShowCards():
            return act.project, act.missing
        case UseBrowser():
            return by, MOST_BROWSERS
        case AskKey():
            return f"{by}|{act.let_in or ''}|{act.key}", MOST_ASKED


def ruled_upon(act: Ruling) -> str:
    """Upon what, so that it can be told from all else that can be ruled upon."""
    match act:
        case Penalise():
            return f"penalty|{act.project}"
        case AcceptLate() | RejectLate():
            return f"late|{act.judge}|{act.project}"
        case Void() | Restore():
            return f"ballots|{act.judge}|{act.project}"


def act_kind(act: Act) -> EntryKind:
    kind: EntryKind = msgspec.convert(act.__struct_config__.tag, EntryKind)
    return kind


def act_body(by: PersonId, act: Act, command: CommandId) -> bytes:
    return canonical(ActBody(by, command, **{name: getattr(act, name) for name in act.__struct_fields__}))
