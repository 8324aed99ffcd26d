"""Bearer tokens for WHIP and WHEP: which room somebody may publish into, and as whom.

Compact and signed: ``<kind>.<room>.<publisher>.<expiry>.<holder>.<era>.<signature>``, HMAC-SHA256 in base64url. There
is one algorithm and no header to choose another. They hold for this server's secret: another secret ends them all. A
token given to a person names them, the era of their access, and by which sign-in they got it (``<era>~<sign-in>``);
whoever admits it asks whether both still hold. That of an encoder names it (``feed~<encoder>``; of main, ``feed``
alone, as before there were several), and as its era the generation of its token.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Container
from dataclasses import dataclass
from hashlib import sha256

from roadshow.clock import Clock
from roadshow.errors import NotAllowed, NotSignedIn
from roadshow.ids import FEED, CompetitionId, EncoderId, PersonId, PublisherId, RoomId, SignInId
from roadshow.moments import Instant
from roadshow.rooms.feeds.encoders import MAIN

MAX_LENGTH = 512
"""Letters; no token of ours is longer."""
_PURPOSE = b"roadshow: tokens for publishing and watching"
"""Keeps this use of the secret apart from its others."""
_PUBLISH = "p"
_WATCH = "w"
_OF = "~"
"""Between a feed and which of its encoders; in no id."""
_PARTS = 6
"""Of a claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Whose access a grant hangs on."""

    holder: PersonId | None = None
    """None: nobody's, as a feed's."""
    era: int = 0
    """The holder's, when the token was made (``invitations.Access``); of an encoder's, the token's generation."""
    sign_in: SignInId | None = None
    """By which they were given it."""


@dataclass(frozen=True, slots=True)
class PublishGrant(Hold):
    room: RoomId
    publisher: PublisherId
    encoder: EncoderId | None = None
    """Whose token it is, of a feed's."""


class SignallingTokens:
    def __init__(
        self,
        secret: bytes,
        clock: Clock,
        competition: CompetitionId,
        private_rooms: Container[RoomId] = frozenset(),
    ) -> None:
        """Whoever watches a private room needs a token; all others are public. A token of one competition opens
        nothing of another."""
        self._key = hmac.digest(secret, _PURPOSE + b"\0" + competition.encode(), "sha256")
        self._clock = clock
        self._private_rooms = private_rooms

    def publish_token(
        self,
        room: RoomId,
        publisher: PublisherId,
        expires_at: Instant | None = None,
        holder: PersonId | None = None,
        era: int = 0,
        sign_in: SignInId | None = None,
    ) -> str:
        """``expires_at`` None: good for as long as the secret. The rest as in ``Hold``."""
        return self._sign(_PUBLISH, room, publisher, expires_at, Hold(holder=holder, era=era, sign_in=sign_in))

    def encoder_token(self, room: RoomId, encoder: EncoderId, generation: int) -> str:
        """With which an encoder sends the room's feed, until a later generation of it."""
        publisher = PublisherId(FEED if encoder == MAIN else f"{FEED}{_OF}{encoder}")
        return self.publish_token(room, publisher, era=generation)

    def watch_token(
        self,
        room: RoomId,
        expires_at: Instant | None = None,
        holder: PersonId | None = None,
        era: int = 0,
        sign_in: SignInId | None = None,
    ) -> str:
        """Empty for a public room and nobody in particular: none is needed. Somebody who was invited gets one in any
        room, which says so when the house is full. The rest as of ``publish_token``."""
        if holder is None and room not in self._private_rooms:
            return ""
        return self._sign(_WATCH, room, "", expires_at, Hold(holder=holder, era=era, sign_in=sign_in))

    def may_publish(self, room: RoomId, bearer: str | None) -> PublishGrant:
        """Raises NotSignedIn("whip.token") without a valid token, NotAllowed("whip.room") for another room's."""
        kind, token_room, publisher, hold = self._read(bearer)
        if kind != _PUBLISH or not publisher:
            raise NotSignedIn("whip.token")
        if token_room != room:
            raise NotAllowed("whip.room")
        sender, _, encoder = publisher.partition(_OF)
        encoder = encoder or (MAIN if sender == FEED else "")
        return PublishGrant(
            room,
            PublisherId(sender),
            EncoderId(encoder) if encoder else None,
            holder=hold.holder,
            era=hold.era,
            sign_in=hold.sign_in,
        )

    def may_watch(self, room: RoomId, bearer: str | None) -> Hold:
        """Anybody may watch a public room, whatever token they show; one of ours for it says who they are. Raises for
        a private room as ``may_publish``, whose token opens its room for watching, too."""
        is_private = room in self._private_rooms
        try:
            _, token_room, _, hold = self._read(bearer)
        except NotSignedIn:
            if is_private:
                raise
            return Hold()
        if token_room != room:
            if is_private:
                raise NotAllowed("whip.room")
            return Hold()
        return hold

    def _sign(self, kind: str, room: str, publisher: str, expires_at: Instant | None, hold: Hold) -> str:
        era = f"{hold.era}~{hold.sign_in}" if hold.sign_in else str(hold.era)
        claim = f"{kind}.{room}.{publisher}.{0 if expires_at is None else expires_at.ms}.{hold.holder or ''}.{era}"
        return f"{claim}.{self._signature(claim)}"

    def _signature(self, claim: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, claim.encode(), sha256)).rstrip(b"=").decode()

    def _read(self, bearer: str | None) -> tuple[str, str, str, Hold]:
        """Kind, room, publisher, and on whose access it hangs. Nothing is looked at before the signature."""
        if bearer is None or len(bearer) > MAX_LENGTH or not bearer.isascii():
            raise NotSignedIn("whip.token")
        claim, _, signature = bearer.rpartition(".")
        if not hmac.compare_digest(signature, self._signature(claim)):
            raise NotSignedIn("whip.token")
        parts = claim.split(".")
        if len(parts) != _PARTS:  # of an earlier version of this program
            raise NotSignedIn("whip.token")
        kind, room, publisher, expires_at, holder, era = parts
        if int(expires_at) and int(expires_at) <= self._clock.now().ms:
            raise NotSignedIn("whip.token")
        number, _, sign_in = era.partition("~")
        hold = Hold(
            holder=PersonId(holder) if holder else None, era=int(number), sign_in=SignInId(sign_in) if sign_in else None
        )
        return kind, room, publisher, hold
