"""What the cast, its invitations and its browsers need of a store. (pure)"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from roadshow.competitions.former import FormerPerson
from roadshow.competitions.invitations import Access, Invitation, Use
from roadshow.competitions.merging import Records
from roadshow.competitions.signins.life import SignIn
from roadshow.ids import PersonId, SignInId
from roadshow.moments import Instant


class CastStore(Protocol):
    """Every method may raise Unavailable("store.away"): whether it happened is then unknown, and calling it again is
    safe."""

    async def load(self) -> Records:
        """All of them, those that are not in the cast any more as well."""
        ...

    async def former(self) -> tuple[FormerPerson, ...]:
        """Whom the version before the cast had; by id."""
        ...

    async def write(self, records: Records) -> None:
        """All or none of them, durable when it returns. Raises Conflict("cast.stale") unless each one's revision
        follows the stored one (0 where there is none); what is stored already may be written again."""
        ...

    async def words(self) -> Mapping[str, str]:
        """What judges said of their conflicts in their own words, under what ``keep_words`` was told."""
        ...

    async def keep_words(self, words: Mapping[str, str]) -> None:
        """In the place of what was there under these names; empty ones are deleted."""
        ...


class SignInStore(Protocol):
    """All times are of the store's own clock, and what is read comes with the present one: several servers agree on
    what has ended. Otherwise as ``PeopleStore``. ``browser`` is the hash of a browser's session."""

    async def held(self, browser: str) -> tuple[tuple[SignIn, ...], Instant]:
        """Everybody's that the browser holds or held, ended ones as well; and the present moment. Writes nothing."""
        ...

    async def sign_ins(self) -> tuple[tuple[SignIn, ...], Instant]:
        """All there are, and were not so long ago. Writes nothing."""
        ...

    async def open(self, sign_in: SignIn, browser: str, former: str | None) -> None:
        """Keep it, opened and seen now, and let the browser hold it. ``former``: a session of which this one takes the
        place, with all that it holds; it holds nothing from then on. Nothing of a sign-in that is there is changed.
        Forgets what was not seen for ``KEPT``."""
        ...

    async def seen(self, sign_ins: Iterable[SignInId]) -> None:
        """They were seen now."""
        ...

    async def end(self, sign_ins: Iterable[SignInId]) -> None:
        """They have ended now; of those that had before, nothing changes."""
        ...

    async def former_session(self, browser: str) -> Mapping[PersonId, int]:
        """Of a version before this one: everybody whom the browser holds, with their eras."""
        ...

    async def forget_former_session(self, browser: str) -> None: ...


class PeopleStore(SignInStore, Protocol):
    """Every method is durable when it returns, and each may raise Unavailable("store.away"): whether it happened is
    then unknown, and calling it again is safe. (``raise_issue`` and ``raise_era`` may then count twice, which does no
    harm: they only ever end older links.) Hashes are of ``invitations.hash_token``."""

    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        """The counters of each of them, read together; for strangers they are 0."""
        ...

    async def raise_issue(self, person: PersonId) -> Access:
        """Add 1 to the person's issue; atomic."""
        ...

    async def raise_era(self, person: PersonId) -> Access:
        """Add 1 to the person's era and issue; atomic."""
        ...

    async def add_invitation(self, token_hash: str, invitation: Invitation) -> None:
        """Kept until ``REMEMBERED`` after its end; the person's ``sent`` tells of it."""
        ...

    async def invitation(self, token_hash: str) -> Invitation | None: ...

    async def take(self, invitation: Invitation, session_hash: str, follows: str) -> Use:
        """Use the invitation's issue up, for the session. Of any number of simultaneous calls one wins and the others
        are refused, as is a call for an issue or an era that is not the person's any more; the winner's repeated call
        wins for ``REPEATED_WITHIN``. ``follows``: hash of the session that is to take its place; while another is,
        for ``MOVES_WITHIN``, the answer is AGAIN and nothing is used up."""
        ...
