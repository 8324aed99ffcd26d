"""Every message between a browser and ``/live``, both ways. docs/protocol.md explains them; a test holds the two equal.

One JSON object a message, its kind in ``type``. Times are milliseconds since the epoch. A browser's identity is never
in a message: it comes from the connection (the cookie, and ``?as=`` naming which of the cookie's people is meant).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from roadshow.ids import ID_PATTERN
from roadshow.rooms.phases import Phase, StageMode
from roadshow.rooms.views import RundownView, SessionView, StageView
from roadshow.voting.audience.award import AudienceView
from roadshow.voting.results import CeremonyView
from roadshow.voting.review import ProgressView, ReviewView, WindowsView
from roadshow.voting.votes import Receipt

Slug = Annotated[str, Meta(pattern=rf"^{ID_PATTERN}\Z", max_length=64)]
Command = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z", max_length=64)]
Reason = Annotated[str, Meta(min_length=3, max_length=500)]
Score = Annotated[int, Meta(ge=-1000, le=1000)]
"""Wide on purpose: the rubric decides, and answers with the criterion's own limits."""

Scores = Annotated[dict[Slug, Score], Meta(max_length=50)]
Revision = Annotated[int, Meta(ge=0, le=1_000_000)]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]

MAX_MESSAGE_BYTES = 16 * 1024


class Message(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """Root of every message."""


# From browsers ------------------------------------------------------------------------------------------------------


class Follow(Message, frozen=True, tag="follow"):
    """Follow a room. With ``epoch`` and ``offset`` of the last event seen, a browser that reconnects gets what it
    missed."""

    room: Slug
    epoch: Annotated[str, Meta(max_length=64)] = ""
    offset: Annotated[int, Meta(ge=0)] = 0


class ClockPing(Message, frozen=True, tag="clock.ping"):
    sent: float
    """The browser's own clock, given back untouched."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sender saw when pressing the button: a double click or an old page must not act twice."""

    phase: Phase
    slot: Slug | None


class RoomAct(Message, frozen=True):
    """Asks something of a room. ``command`` makes a repetition known: it is answered as the first time."""

    command: Command
    room: Slug


class StageAct(RoomAct, frozen=True):
    """Moves the session on, from what the sender saw."""

    expected: Expected


class SlotAct(RoomAct, frozen=True):
    slot: Slug


class ScoreAct(RoomAct, frozen=True):
    """Gives scores."""

    project: Slug
    scores: Scores
    expected_revision: Revision


class BallotAct(RoomAct, frozen=True):
    """The chair's word on a judge's ballots for a project."""

    judge: Slug
    project: Slug


class LateAct(BallotAct, frozen=True):
    """On a late one."""

    late: Annotated[int, Meta(ge=1)]
    """The number of the ballot's ledger entry, as the review tells it."""
    reason: Reason


class StartPhase(StageAct, frozen=True, tag="session.start"):
    """The slot in standby goes on stage."""


class Pause(RoomAct, frozen=True, tag="session.pause"):
    """The clock stands."""


class Resume(RoomAct, frozen=True, tag="session.resume"):
    """It runs again."""


class AddTime(RoomAct, frozen=True, tag="session.add_time"):
    seconds: Annotated[int, Meta(ge=-3600, le=3600)]


class NextPhase(StageAct, frozen=True, tag="session.next"):
    """On to the next phase, or the next slot."""


class BackPhase(StageAct, frozen=True, tag="session.back"):
    """To the phase before."""


class SkipSlot(SlotAct, frozen=True, tag="slot.skip"):
    """The slot does not take place, or ends here."""


class DeferSlot(SlotAct, frozen=True, tag="slot.defer"):
    """The slot goes to the end of the rundown."""


class SelectStage(RoomAct, frozen=True, tag="stage.select"):
    mode: StageMode


class CastBallot(ScoreAct, frozen=True, tag="ballot.cast"):
    round: Annotated[int, Meta(ge=1, le=1000)] = 1
    """More than 1: for a re-vote."""


class LateBallot(ScoreAct, frozen=True, tag="ballot.late"):
    """A ballot that comes after its window: kept apart until the chair accepts or rejects it."""


class AbstainBallot(RoomAct, frozen=True, tag="ballot.abstain"):
    """Give no score, for another reason than a conflict of interest. A later ballot may replace it."""

    project: Slug
    reason: Reason
    expected_revision: Revision
    round: Annotated[int, Meta(ge=1, le=1000)] = 1


class RecuseBallot(RoomAct, frozen=True, tag="ballot.recuse"):
    project: Slug
    reason: Reason


class VoidBallot(BallotAct, frozen=True, tag="ballot.void"):
    """The chair sets a judge's ballots for a project aside: they do not count, and no more are taken."""

    reason: Reason


class RestoreBallot(BallotAct, frozen=True, tag="ballot.restore"):
    """They count again."""

    reason: Reason


class AcceptLate(LateAct, frozen=True, tag="late.accept"):
    """It counts."""


class RejectLate(LateAct, frozen=True, tag="late.reject"):
    """It does not."""


class Penalise(RoomAct, frozen=True, tag="project.penalty"):
    """Points off a project, in hundredths of a point of 100. Replaces the penalty it has; 0 lifts it."""

    project: Slug
    points: Annotated[int, Meta(ge=0, le=1_000_000)]
    reason: Reason


class OpenRevote(RoomAct, frozen=True, tag="result.revote"):
    """The jury scores the tied projects once more. ``seconds`` null: until it is closed."""

    projects: Annotated[tuple[Slug, ...], Meta(min_length=2, max_length=50)]
    reason: Reason
    seconds: Annotated[int, Meta(ge=5, le=3600)] | None = None


class CloseRevote(RoomAct, frozen=True, tag="result.revote_close"):
    """Close what is still open of the newest re-vote."""


class SettleTie(RoomAct, frozen=True, tag="result.settle"):
    """The chair's vote: the tied projects, best first."""

    order: Annotated[tuple[Slug, ...], Meta(min_length=2, max_length=50)]
    reason: Reason


class ConfirmResult(RoomAct, frozen=True, tag="result.confirm"):
    accept_incomplete: bool = False


class CountersignResult(RoomAct, frozen=True, tag="result.countersign"):
    """The second person's signature. ``version`` is that of the result which the review shows."""

    version: Version


class ReopenResult(RoomAct, frozen=True, tag="result.reopen"):
    """Take the confirmation back, before anything is announced."""

    version: Version
    reason: Reason


class RevealNext(RoomAct, frozen=True, tag="result.reveal"):
    """Announce the next place. ``announced`` is how many the sender has seen announced."""

    announced: Annotated[int, Meta(ge=0, le=100)]


class VoteForAward(RoomAct, frozen=True, tag="audience.vote"):
    """The browser's vote for the audience award. Replaces its former one."""

    project: Slug


class OpenAward(RoomAct, frozen=True, tag="audience.open"):
    """Take the audience's votes. ``seconds`` null: until it is closed."""

    seconds: Annotated[int, Meta(ge=5, le=86_400)] | None = None


class CloseAward(RoomAct, frozen=True, tag="audience.close"):
    """Take no more."""


class AnnounceAward(RoomAct, frozen=True, tag="audience.announce"):
    """Count, and tell everybody. Final."""


SessionCommand = StartPhase | Pause | Resume | AddTime | NextPhase | BackPhase | SkipSlot | DeferSlot | SelectStage
BallotCommand = CastBallot | LateBallot | AbstainBallot | RecuseBallot
ChairCommand = (
    VoidBallot
    | RestoreBallot
    | AcceptLate
    | RejectLate
    | Penalise
    | OpenRevote
    | CloseRevote
    | SettleTie
    | ConfirmResult
    | CountersignResult
    | ReopenResult
    | RevealNext
)
VoteCommand = BallotCommand | ChairCommand
AwardCommand = OpenAward | CloseAward | AnnounceAward
FromBrowser = Follow | ClockPing | SessionCommand | VoteCommand | VoteForAward | AwardCommand


# To browsers --------------------------------------------------------------------------------------------------------


class Welcome(Message, frozen=True, tag="welcome"):
    """First on every connection."""

    server_now: int
    role: str
    person: str | None
    retry_ms: int
    """Upper bound of the first reconnect delay: wait a random time up to it, doubling to 15 s (full jitter)."""


class ClockPong(Message, frozen=True, tag="clock.pong"):
    sent: float
    server_now: int


class RoomState(Message, frozen=True, tag="room.snapshot"):
    """All sections the follower may see; replaces everything known."""

    room: str
    epoch: str
    offset: int
    server_now: int
    session: SessionView
    rundown: RundownView
    stage: StageView
    ceremony: CeremonyView
    viewers: int
    progress: ProgressView | None = None
    """Control and chair only."""
    review: ReviewView | None = None
    """Chair (and organiser) only."""
    windows: WindowsView | None = None
    """The jury and control only."""
    audience: AudienceView = AudienceView()


class RoomChanged(Message, frozen=True, tag="room.changed"):
    """One section's new value. ``offset`` is one more than the event's before; a gap means: follow again."""

    room: str
    epoch: str
    offset: int
    server_now: int
    value: SessionView | RundownView | StageView | CeremonyView | ProgressView | ReviewView | WindowsView | AudienceView


class Viewers(Message, frozen=True, tag="room.viewers"):
    """How many follow the room; at most once a second, and not numbered."""

    room: str
    viewers: int


class OwnBallot(msgspec.Struct, frozen=True):
    project: str
    revision: int
    scores: dict[str, int]
    recused: bool
    receipt: Receipt | None
    abstained: bool = False
    round: int = 1


class OwnBallots(Message, frozen=True, tag="ballot.own"):
    """To a judge, after ``follow``: what the store holds of their own ballots."""

    room: str
    ballots: tuple[OwnBallot, ...]
    recused: tuple[str, ...]
    """Projects they declared a conflict with beforehand."""
    late: tuple[OwnBallot, ...] = ()
    """Wait for the chair's word."""
    revote: tuple[OwnBallot, ...] = ()
    """Of the newest re-vote."""
    set_aside: tuple[str, ...] = ()
    """Projects for which the chair has set their ballots aside."""


class OwnVote(Message, frozen=True, tag="audience.own"):
    """After ``follow``: what this browser's vote for the audience award is for."""

    room: str
    project: str


class AudienceAccepted(Message, frozen=True, tag="audience.accepted"):
    """Durable: the browser's vote counts for this project."""

    command: str
    project: str


class BallotAccepted(Message, frozen=True, tag="ballot.accepted"):
    """Durable. The receipt repeats what was stored."""

    command: str
    receipt: Receipt


class CommandAccepted(Message, frozen=True, tag="command.accepted"):
    command: str


class Refused(Message, frozen=True, tag="refused"):
    """A message was not acted on. ``text`` is in the connection's language; ``retry`` says that sending the same
    command again later may succeed (a dependency was away, a rate limit)."""

    command: str | None
    code: str
    text: str
    details: dict[str, str | int]
    retry: bool


class Superseded(Message, frozen=True, tag="superseded"):
    """This person's access was revoked; the connection closes. Nothing typed is lost."""

    reason: Literal["revoked"]


ToBrowser = (
    Welcome
    | ClockPong
    | RoomState
    | RoomChanged
    | Viewers
    | OwnBallots
    | OwnVote
    | AudienceAccepted
    | BallotAccepted
    | CommandAccepted
    | Refused
    | Superseded
)
