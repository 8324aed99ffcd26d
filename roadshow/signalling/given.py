"""Which media a sign-in has sent: what is ended with it. The relay knows publishers alone, and somebody may send from
one device while another's sign-in ends."""

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
        self._people: dict[SignInId, PersonId] = {}

    @property
    def sign_ins(self) -> Mapping[SignInId, PersonId]:
        """That have sent something, and whose they are."""
        return self._people

    def add(self, grant: PublishGrant, session: str) -> None:
        sign_in, person = grant.sign_in, grant.holder
        if sign_in is None or person is None:  # a feed's, which hangs on nobody
            return
        if sign_in not in self._sessions and len(self._sessions) >= MOST_SIGN_INS:
            self.take(next(iter(self._sessions)))
        self._sessions.setdefault(sign_in, deque(maxlen=MOST_OF_ONE)).append(session)
        self._people[sign_in] = person

    def take(self, sign_in: SignInId) -> tuple[str, ...]:
        """Its sessions, which are then none of its any more; some may be over."""
        self._people.pop(sign_in, None)
        return tuple(self._sessions.pop(sign_in, ()))
