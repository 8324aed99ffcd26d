"""Which media a sign-in has sent, and which pictures it gets: what is ended with it. The relay knows publishers and
viewers alone; somebody may send from one device while another's sign-in ends, and a picture that a stolen sign-in got
would keep its place among those of the person (``viewing.PER_PERSON``)."""

from collections import deque
from collections.abc import Mapping

from roadshow.access.tokens import PublishGrant
from roadshow.ids import PersonId, SignInId

MOST_OF_ONE = 8
"""Sessions of one sign-in: camera and slides, each begun anew a few times. The relay ends a publisher's earlier ones
by itself."""
MOST_SIGN_INS = 4_096
"""Of one competition; the first is forgotten, whose media then end by another way: when they stop."""


class Given:
    def __init__(self) -> None:
        self._sessions: dict[SignInId, deque[str]] = {}
        self._watched: dict[SignInId, set[str]] = {}
        """Told when each is over, so there are no more than places."""
        self._people: dict[SignInId, PersonId] = {}

    @property
    def sign_ins(self) -> Mapping[SignInId, PersonId]:
        """That have sent something or get a picture, and whose they are: as it is now."""
        return dict(self._people)

    def add(self, grant: PublishGrant, session: str) -> None:
        sign_in, person = grant.sign_in, grant.holder
        if sign_in is None or person is None:  # a feed's, which hangs on nobody
            return
        if sign_in not in self._sessions and len(self._sessions) >= MOST_SIGN_INS:
            self.take(next(iter(self._sessions)))
        self._sessions.setdefault(sign_in, deque(maxlen=MOST_OF_ONE)).append(session)
        self._people[sign_in] = person

    def watches(self, person: PersonId, sign_in: SignInId, session: str) -> None:
        self._watched.setdefault(sign_in, set()).add(session)
        self._people[sign_in] = person

    def watches_no_more(self, sign_in: SignInId, session: str) -> None:
        watched = self._watched.get(sign_in)
        if watched is None:
            return
        watched.discard(session)
        if not watched:
            del self._watched[sign_in]
            if sign_in not in self._sessions:
                self._people.pop(sign_in, None)

    def take(self, sign_in: SignInId) -> tuple[str, ...]:
        """Its sessions, which are then none of its any more; some may be over."""
        self._people.pop(sign_in, None)
        return (*self._sessions.pop(sign_in, ()), *self._watched.pop(sign_in, ()))

    def take_all(self, person: PersonId) -> tuple[str, ...]:
        """Those of all their sign-ins."""
        theirs = [sign_in for sign_in, whose in self._people.items() if whose == person]
        return tuple(session for sign_in in theirs for session in self.take(sign_in))
