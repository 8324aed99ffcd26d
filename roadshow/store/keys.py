"""The names of all keys, in one place.

Everything of a competition starts with ``roadshow:<competition>:``. A part in braces is a hash tag: keys that share one
lie in one slot of a cluster, so that one server-side function may touch them together. Ids are slugs
(``ids.ID_PATTERN``) and hashes are hex, so no part can hold a colon or a brace.
"""

from dataclasses import dataclass

from roadshow.ids import CompetitionId, PersonId, PollId, RoomId

MARK = "roadshow:mark"
"""Written before the store's copies are waited for; what it holds means nothing. No competition's: their keys go on
after the second colon."""


@dataclass(frozen=True, slots=True)
class PollKeys:
    """Of one poll; all in one slot. Its functions take them in this order."""

    meta: str
    """Hash: state, epoch, sequence."""
    windows: str
    """Hash: project → when its window closes."""
    ballots: str
    """Hash: judge and project → newest ballot."""
    commands: str
    """Hash: command id → the answer it got."""
    ledger: str
    """Stream: every entry, each with its parent's hash."""
    result: str
    """Stream: every version of the result."""
    words: str
    """Hash: number of a ledger entry → what was said for it in somebody's own words, which is in no entry."""
    seals: str
    """Hash: number of a ledger's entry → the server's signature of it."""
    comments: str
    """Hash: what judges wrote to the projects' teams, each with its judge and project."""
    calibration: str
    """Hash: calibration rounds, and what judges gave to samples in them."""


@dataclass(frozen=True, slots=True)
class AudienceKeys:
    """Of one room's audience award; all in one slot."""

    award: str
    """Hash: state, deadline, newest batch, commands seen, the announced count."""
    votes: str
    """Hash: hash of a voter's token → project."""
    origins: str
    """Hash: keyed hash of an address → how many voters, and when its ration is whole. Gone with the announcement."""


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """Of one room; all in one slot."""

    state: str
    """Hash: revision and the room's own encoding."""
    history: str
    """Stream: a word for each save; bounded."""


class Keys:
    """The keys of one competition."""

    def __init__(self, competition: CompetitionId) -> None:
        self._competition = competition
        self.prefix = f"roadshow:{competition}:"

    def lease(self) -> str:
        """Hash: who runs the competition, and until when."""
        return f"{self.prefix}lease"

    def fence(self) -> str:
        """String: the token of the lease's holder. Apart from the lease, so that a renewal does not touch it."""
        return f"{self.prefix}fence"

    def signer(self) -> str:
        """String: the public key of the key that signs receipts and results."""
        return f"{self.prefix}signer"

    def cast(self) -> str:
        """Hash: ``person:<id>``, ``project:<id>`` and ``organisation:<id>`` → the record."""
        return f"{self.prefix}cast"

    def conflict_words(self) -> str:
        """Hash: judge, field and project → what the judge says of their conflict in their own words."""
        return f"{self.prefix}conflict-words"

    def former_people(self) -> str:
        """Hash: person → somebody as they were kept before there was a cast. Read, never written."""
        return f"{self.prefix}people"

    def access(self) -> str:
        """Hash: ``<person>:issue`` and ``<person>:era`` → the person's counters; ``<person>:taken`` → the newest issue
        that was used, by which session, when, and ``<person>:sent`` → the newest of which there was a link."""
        return f"{self.prefix}access"

    def moving(self, session_hash: str) -> str:
        """String: hash of the session that takes a session's place at this moment. In one slot with ``access``."""
        return f"{self.prefix}moving:{{{self.access()}}}:{session_hash}"

    def invitation(self, token_hash: str) -> str:
        """Hash: one invitation, found by the hash of its token, and who consumed it."""
        return f"{self.prefix}invitation:{token_hash}"

    def sign_ins(self) -> str:
        """Hash: ``<sign-in>`` → who and with what; ``<sign-in>:opened``, ``:seen`` and ``:ended`` → when."""
        return f"{self.prefix}{{sign-ins:{self._competition}}}:all"

    def browser(self, session_hash: str) -> str:
        """Hash: one browser, found by the hash of its cookie: person → sign-in."""
        return f"{self.prefix}{{sign-ins:{self._competition}}}:browser:{session_hash}"

    def former_session(self, session_hash: str) -> str:
        """Hash: a browser as the version before sign-ins kept it: person → era. Read, and taken away once it is
        moved."""
        return f"{self.prefix}session:{session_hash}"

    def feeds(self) -> str:
        """Hash: ``<room>/<encoder>`` → the generation of its token; ``<room>`` → the encoder that was put first."""
        return f"{self.prefix}feeds"

    def line(self, person: PersonId) -> str:
        """String: the person's newest line check; ends by itself. All of a competition lie in one slot."""
        return f"{self.prefix}{{lines:{self._competition}}}:{person}"

    def room(self, room: RoomId) -> RoomKeys:
        base = f"{self.prefix}{{room:{room}}}"
        return RoomKeys(state=f"{base}:state", history=f"{base}:history")

    def poll(self, poll: PollId) -> PollKeys:
        base = f"{self.prefix}{{poll:{self._competition}:{poll}}}"
        return PollKeys(
            meta=f"{base}:meta",
            windows=f"{base}:windows",
            ballots=f"{base}:ballots",
            commands=f"{base}:commands",
            ledger=f"{base}:ledger",
            result=f"{base}:result",
            words=f"{base}:words",
            seals=f"{base}:seals",
            comments=f"{base}:comments",
            calibration=f"{base}:calibration",
        )

    def audience(self, award: PollId) -> AudienceKeys:
        base = f"{self.prefix}{{audience:{self._competition}:{award}}}"
        return AudienceKeys(award=f"{base}:award", votes=f"{base}:votes", origins=f"{base}:origins")
