"""Who may do what: one table of every route and every message. Pure.

Routes stand under their Starlette name, messages under their tag. What is not in the table, nobody may do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from roadshow.competitions.people import JUDGING, Appointment, Person, Role, strongest
from roadshow.errors import NotAllowed, NotSignedIn
from roadshow.ids import PersonId, SignInId
from roadshow.moments import Instant

EVERYBODY: Final = frozenset(Role)
WITH_INVITATION: Final = EVERYBODY - {Role.AUDIENCE}
ORGANISER: Final = frozenset({Role.ORGANISER})
JURY: Final = JUDGING
CHAIR: Final = frozenset({Role.CHAIR})
CLERK: Final = frozenset({Role.CLERK})
ON_PAPER: Final = CLERK | ORGANISER
"""Who has to do with judges' cards of paper: clerks type them in, another of these confirms."""
AUDITOR: Final = frozenset({Role.AUDITOR})
PITCHER: Final = frozenset({Role.PITCHER})
CALLING: Final = JURY | PITCHER | CLERK
"""Who works alone before a desk on the day, and may call control."""
DECIDING: Final = frozenset({Role.CHAIR, Role.DEPUTY, Role.ORGANISER})
"""Who decides about a project: the first of them who has no conflict of interest. The voting knows who that is."""

ROUTES: Final[Mapping[str, frozenset[Role]]] = {
    "home": EVERYBODY,
    "programme": EVERYBODY,
    "project": EVERYBODY,
    "watch": EVERYBODY,
    # The socket's unguessable name in the address is the authority.
    "voter": EVERYBODY,
    "screen": EVERYBODY,
    "results": EVERYBODY,
    "room-results": EVERYBODY,
    "record": EVERYBODY,
    "overall-record": EVERYBODY,
    "table": EVERYBODY,
    "spreadsheet": EVERYBODY,
    "protocol": EVERYBODY,
    "manifest": EVERYBODY,
    "robots": EVERYBODY,
    # The token in the address is the authority.
    "invitation": EVERYBODY,
    "accept": EVERYBODY,
    "sign-in": EVERYBODY,
    # A text with a link in it, to be found.
    "find-link": EVERYBODY,
    "desk": WITH_INVITATION,
    "sign-out": WITH_INVITATION,
    "sign-ins": WITH_INVITATION,
    "end-sign-in": WITH_INVITATION,
    "end-sign-ins": WITH_INVITATION,
    "control": ORGANISER,
    "control-room": ORGANISER,
    "control-media": ORGANISER,
    "encoder": ORGANISER,
    "encoder-withdraw": ORGANISER,
    "encoder-first": ORGANISER,
    "people": ORGANISER,
    "person": ORGANISER,
    "invite": ORGANISER,
    "invite-again": ORGANISER,
    "invite-further": ORGANISER,
    "end-of-person": ORGANISER,
    "end-all-of-person": ORGANISER,
    "revoke": ORGANISER,
    # A card is a judge's; rounds are opened and closed by whoever has an office in the field.
    "calibration": JURY | ORGANISER,
    "calibration-card": JURY,
    "calibration-round": DECIDING,
    "conflicts": ORGANISER,
    "own-conflicts": JURY,
    "declare-conflicts": JURY,
    "practice": WITH_INVITATION,
    "line-check": WITH_INVITATION,
    "line-figures": WITH_INVITATION,
    "pitch": PITCHER,
    "pitch-project": PITCHER,
    # Of their own project; of no other's.
    "objection": PITCHER,
    "object": PITCHER,
    "objection-receipt": PITCHER,
    "comments": JURY,
    "comment": JURY,
    "all-comments": DECIDING,
    "decide-comment": DECIDING,
    # Of their own project; of no other's.
    "team-comments": PITCHER,
    "objections": DECIDING,
    "decide-objection": DECIDING,
    "full-csv": DECIDING,
    "full-xlsx": DECIDING,
    "judge": JURY,
    "judge-room": JURY,
    "receipts": JURY,
    "enrol-key": JURY,
    # Without cards on paper there is nothing to see; who types and who confirms the voting knows.
    "paper": CLERK,
    "paper-room": ON_PAPER,
    "enter-paper": ON_PAPER,
    "paper-card": ON_PAPER,
    # Whoever has all of them could fill them in.
    "paper-cards": ORGANISER,
    "own-paper": JURY,
    "contest-paper": JURY,
    "paper-receipt": JURY,
    "audit": AUDITOR,
    "audit-room": AUDITOR,
    "audit-entries": AUDITOR,
    "live": EVERYBODY,
    # The bearer token is the authority.
    "whip": EVERYBODY,
    "whip-session": EVERYBODY,
    "whep": EVERYBODY,
    "whep-session": EVERYBODY,
    # The session's unguessable id is.
    "whep-layer": EVERYBODY,
    "whip-picture": EVERYBODY,
    "whip-card": EVERYBODY,
    "static": EVERYBODY,
    "health": EVERYBODY,
    "ready": EVERYBODY,
    # The operator's token, or being a program on the server's own machine, is the authority.
    "metrics": EVERYBODY,
}

MESSAGES: Final[Mapping[str, frozenset[Role]]] = {
    "follow": EVERYBODY,
    "clock.ping": EVERYBODY,
    "session.start": ORGANISER,
    "session.pause": ORGANISER,
    "session.resume": ORGANISER,
    "session.add_time": ORGANISER,
    "session.next": ORGANISER,
    "session.back": ORGANISER,
    "slot.skip": ORGANISER,
    "slot.defer": ORGANISER,
    "stage.select": ORGANISER,
    # By the browser's token, whoever holds it.
    "audience.vote": EVERYBODY,
    "audience.open": ORGANISER,
    "audience.close": ORGANISER,
    "audience.announce": ORGANISER,
    "ballot.cast": JURY,
    "ballot.recuse": JURY,
    "ballot.late": JURY,
    "ballot.abstain": JURY,
    "ballot.void": DECIDING,
    "ballot.restore": DECIDING,
    "late.accept": DECIDING,
    "late.reject": DECIDING,
    "project.penalty": DECIDING,
    "result.revote": DECIDING,
    "result.revote_close": DECIDING,
    "result.settle": DECIDING,
    "jury.deliberate": CHAIR,
    "jury.ask": DECIDING,
    # Whether they have a vote on the question, the voting knows.
    "jury.vote": JURY,
    "jury.casting": DECIDING,
    "key.ask": JURY,
    # A second person's: not the judge's, and not of whoever made the link. The voting sees to that.
    "key.sign": ORGANISER | CHAIR | {Role.DEPUTY},
    "call.make": CALLING,
    "call.withdraw": CALLING,
    "call.hear": ORGANISER,
    "seat.ask": ORGANISER | CHAIR | {Role.DEPUTY},
    "seat.sign": ORGANISER | CHAIR | {Role.DEPUTY},
    "chair.ask": DECIDING,
    # A second person's, the deputy's or an organiser's: the voting sees to that. A deputy who is chair by it says it
    # once more, for their desk is called back before it is answered.
    "chair.sign": DECIDING,
    "cards.show": ORGANISER,
    "count.close": CHAIR,
    "count.ask": CHAIR | {Role.DEPUTY},
    # A second person's: whoever asked, and every judge of the field, is refused by the voting.
    "count.reopen": ORGANISER | {Role.DEPUTY},
    "result.confirm": CHAIR,
    # Not the chair's own: a second person's. Whoever confirmed is refused by the voting.
    "result.countersign": JURY | ORGANISER,
    "result.reveal": ORGANISER,
    # Of all fields together. Not by whoever confirmed: the voting sees to that.
    "overall.confirm": ORGANISER,
    "overall.countersign": CHAIR | ORGANISER,
    "overall.reveal": ORGANISER,
}

_TABLE: Final = {**ROUTES, **MESSAGES}
_OF_THE_AUDIENCE: Final = Appointment(Role.AUDIENCE)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whom a request or a connection is from. ``person`` None: audience."""

    person: Person | None
    address: str
    """The client's address as limits count it: IPv6 by /64."""
    sign_in: SignInId | None = None
    """By which they are here; None: audience."""
    beside: int = field(default=0, compare=False)
    """Other people whom the same browser holds."""
    since: Instant | None = field(default=None, compare=False)
    """When they signed in."""
    let_in: PersonId | None = field(default=None, compare=False)
    """Who made the link they came by."""

    @property
    def appointments(self) -> tuple[Appointment, ...]:
        """Who has no other is of the audience."""
        held = () if self.person is None else self.person.appointments
        return held or (_OF_THE_AUDIENCE,)

    @property
    def role(self) -> Role:
        """The strongest of theirs, wherever they hold it."""
        return strongest(one.role for one in self.appointments)

    def roles_in(self, room: str) -> frozenset[Role]:
        """Those they hold in the room."""
        return frozenset(one.role for one in self.appointments if one.room in (None, room))

    def role_in(self, room: str) -> Role:
        """As what they come to the room; who holds nothing there, as what they are elsewhere."""
        return strongest(self.roles_in(room) or {self.role})


def allowed(role: Role, action: str) -> bool:
    """Whether the role may use the route or send the message."""
    return role in _TABLE.get(action, frozenset())


def authorise(visitor: Visitor, action: str, room: str | None = None) -> None:
    """Whether the visitor may do it, and in that room: what is not open to everybody, people may do only where one of
    their appointments permits it (an organiser's holds in all rooms).

    Raises NotSignedIn("sign_in.needed"), NotAllowed("role.not_allowed"), NotAllowed("room.not_yours").
    """
    permitting = [one for one in visitor.appointments if allowed(one.role, action)]
    if not permitting:
        if visitor.person is None:
            raise NotSignedIn("sign_in.needed")
        raise NotAllowed("role.not_allowed", role=visitor.role.value)
    if room is None or allowed(Role.AUDIENCE, action):
        return
    if not any(one.room in (None, room) for one in permitting):
        raise NotAllowed("room.not_yours")
