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
from roadshow.voting.ports import CeremonyView, ProgressView, Receipt, ReviewView

Slug = Annotated[str, Meta(pattern=f"^{ID_PATTERN}$", max_length=64)]
Command = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{8,64}$", max_length=64)]
Reason = Annotated[str, Meta(min_length=3, max_length=500)]
Score = Annotated[int, Meta(ge=-1000, le=1000)]
"""Wide on purpose: the rubric decides, and answers with the criterion's own limits."""

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


class StartPhase(Message, frozen=True, tag="session.start"):
    command: Command
    room: Slug
    expected: Expected


class Pause(Message, frozen=True, tag="session.pause"):
    command: Command
    room: Slug


class Resume(Message, frozen=True, tag="session.resume"):
    command: Command
    room: Slug


class AddTime(Message, frozen=True, tag="session.add_time"):
    command: Command
    room: Slug
    seconds: Annotated[int, Meta(ge=-3600, le=3600)]


class NextPhase(Message, frozen=True, tag="session.next"):
    command: Command
    room: Slug
    expected: Expected


class BackPhase(Message, frozen=True, tag="session.back"):
    command: Command
    room: Slug
    expected: Expected


class SkipSlot(Message, frozen=True, tag="slot.skip"):
    command: Command
    room: Slug
    slot: Slug


class DeferSlot(Message, frozen=True, tag="slot.defer"):
    command: Command
    room: Slug
    slot: Slug


class SelectStage(Message, frozen=True, tag="stage.select"):
    command: Command
    room: Slug
    mode: StageMode


class CastBallot(Message, frozen=True, tag="ballot.cast"):
    command: Command
    room: Slug
    project: Slug
    scores: Annotated[dict[Slug, Score], Meta(max_length=50)]
    expected_revision: Annotated[int, Meta(ge=0)]


class RecuseBallot(Message, frozen=True, tag="ballot.recuse"):
    command: Command
    room: Slug
    project: Slug
    reason: Reason


class SettleTie(Message, frozen=True, tag="result.settle"):
    """The chair's vote: the tied projects, best first."""

    command: Command
    room: Slug
    order: Annotated[tuple[Slug, ...], Meta(min_length=2, max_length=50)]
    reason: Reason


class ConfirmResult(Message, frozen=True, tag="result.confirm"):
    command: Command
    room: Slug
    accept_incomplete: bool = False


class RevealNext(Message, frozen=True, tag="result.reveal"):
    """Announce the next place. ``announced`` is how many the sender has seen announced."""

    command: Command
    room: Slug
    announced: Annotated[int, Meta(ge=0, le=100)]


SessionCommand = StartPhase | Pause | Resume | AddTime | NextPhase | BackPhase | SkipSlot | DeferSlot | SelectStage
VoteCommand = CastBallot | RecuseBallot | SettleTie | ConfirmResult | RevealNext
FromBrowser = Follow | ClockPing | SessionCommand | VoteCommand


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


class RoomChanged(Message, frozen=True, tag="room.changed"):
    """One section's new value. ``offset`` is one more than the event's before; a gap means: follow again."""

    room: str
    epoch: str
    offset: int
    server_now: int
    value: SessionView | RundownView | StageView | CeremonyView | ProgressView | ReviewView


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


class OwnBallots(Message, frozen=True, tag="ballot.own"):
    """To a judge, after ``follow``: what the store holds of their own ballots."""

    room: str
    ballots: tuple[OwnBallot, ...]
    recused: tuple[str, ...]
    """Projects they declared a conflict with beforehand."""


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
    | BallotAccepted
    | CommandAccepted
    | Refused
    | Superseded
)
