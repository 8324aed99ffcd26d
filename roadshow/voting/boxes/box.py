"""One field's ballot box: scores are sealed with its key before the store hears of them, and so are the jury's votes
on questions (``jury.py``). (pure)

What is sealed is the scores alone, as canonical JSON with blanks to one length for all ballots of the poll. Who gave
what for which project and when stands beside it, for the store has to know; the seal covers it, so that sealed scores
fit their own ballot and no other. The same ballot has the same seal, and so a repeated command is known again; another
one's has nothing in common with it, for each ballot holds a command's random id. docs/voting.md tells the format.
"""

import base64
import binascii
import hmac
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace

from roadshow.ids import CriterionId, PersonId, PollId
from roadshow.voting.ballot import canonical, digest, kind_of
from roadshow.voting.spec import PollSpec
from roadshow.voting.votes import Ballot, BallotKind, Cast

KEY_BYTES = 32
NONCE_BYTES = 12
SIGNATURE_LETTERS = 86
"""Of 64 bytes in base64url."""
FIELD_DOMAIN: Final = b"roadshow field key 1\n"
"""Goes before what a key is made of or known by, so that none is ever made for two ends."""
BALLOT_DOMAIN: Final = b"roadshow sealed ballot 1\n"
RESULT_DOMAIN: Final = b"roadshow sealed result 1\n"
CARD_DOMAIN: Final = b"roadshow sealed calibration card 1\n"
MARK_DOMAIN: Final = b"roadshow box 1\n"

PAGE = 4096
"""Bytes. How long a result is hangs on fractions that do not end, and a little on who is level."""


class Contents(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a ballot is sealed."""

    scores: dict[CriterionId, int]
    signature: str = ""
    """The judge's own, where they have a key: in the open, anybody could try which scores it fits."""


_contents = msgspec.json.Decoder(Contents)


class Box:
    """Of one poll. Who has its key can read all ballots in it."""

    def __init__(self, poll: PollId, key: bytes) -> None:
        self.poll = poll
        self._key = key
        self.key = _to_text(key)
        """As a record opens it, once the result is published: 32 bytes in base64url."""
        self.mark = digest(MARK_DOMAIN + canonical({"key": self.key, "poll": poll}))
        """SHA-256 (hex), by which the poll's spec binds the key and tells nothing of it."""

    @classmethod
    def of(cls, poll: PollId, competitions_key: bytes) -> "Box":
        """Each field's key is another, and tells nothing of the competition's."""
        return cls(poll, hmac.digest(competitions_key, FIELD_DOMAIN + poll.encode(), "sha256"))

    @classmethod
    def opened_by(cls, spec: PollSpec, key: str) -> "Box":
        """Raises ValueError if the key is none, or not the one that the spec binds."""
        box = cls(spec.poll, _from_text(key))
        if box.key != key or box.mark != spec.sealed:
            raise ValueError("not the key that the rules bind")
        return box

    def seal(self, spec: PollSpec, judge: PersonId, cast: Cast, kind: BallotKind) -> str:
        """The scores of a ballot that is to replace revision ``cast.expected_revision``."""
        about = self._about(kind, judge, cast, cast.expected_revision + 1)
        text = canonical(Contents(cast.scores, cast.signature)).ljust(width_of(spec, signed=bool(cast.signature)))
        return self.seal_text(text, about, BALLOT_DOMAIN)

    def contents(self, ballot: Ballot) -> Contents:
        """What is sealed in it. Raises ValueError if it is another ballot's, or nobody's."""
        about = self._about(kind_of(ballot), ballot.judge, ballot, ballot.revision)
        text = self.open_text(ballot.sealed, about, BALLOT_DOMAIN)
        contents = _contents.decode(text)
        if canonical(contents) != text:
            raise ValueError("not written as ballots are")
        return contents

    def seal_text(self, text: bytes, about: bytes, domain: bytes) -> str:
        """What is to be opened as ``about`` the same only. ``text``: with blanks to the length of all of its kind."""
        cipher, naming = self._keys_for(about, domain)
        nonce = _nonce(naming, text)
        return _to_text(nonce + cipher.encrypt(nonce, text, about))

    def open_text(self, sealed: str, about: bytes, domain: bytes) -> bytes:
        """Without its blanks. Raises ValueError if it is not about that, or is nobody's; there is one way to seal."""
        cipher, naming = self._keys_for(about, domain)
        data = _from_text(sealed)
        nonce = data[:NONCE_BYTES]
        try:
            text = cipher.decrypt(nonce, data[NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as problem:
            raise ValueError("not sealed with this box's key, or about something else") from problem
        if _nonce(naming, text) != nonce or _to_text(data) != sealed:
            raise ValueError("not sealed as it is here")
        return text.rstrip(b" ")

    def seal_result(self, result: bytes) -> bytes:
        """A confirmed result, which waits for its places to be announced, in pages of the same length."""
        text = _in_pages(result)
        cipher, naming = self._keys_for(b"", RESULT_DOMAIN)
        nonce = _nonce(naming, text)
        return RESULT_DOMAIN + nonce + cipher.encrypt(nonce, text, RESULT_DOMAIN)

    def result(self, sealed: bytes) -> bytes:
        """Raises ValueError."""
        cipher, _ = self._keys_for(b"", RESULT_DOMAIN)
        sealed = sealed.removeprefix(RESULT_DOMAIN)
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], RESULT_DOMAIN).rstrip(b" ")
        except (InvalidTag, ValueError) as problem:
            raise ValueError("not sealed with this box's key") from problem

    def seal_card(self, about: bytes, text: bytes) -> str:
        """Of a calibration round; ``about``: whose card it is. No card fills a page, so all are as long."""
        cipher, naming = self._keys_for(about, CARD_DOMAIN)
        text = _in_pages(text)
        nonce = _nonce(naming, text)
        return _to_text(nonce + cipher.encrypt(nonce, text, about))

    def card(self, about: bytes, sealed: str) -> bytes:
        """Raises ValueError."""
        cipher, _ = self._keys_for(about, CARD_DOMAIN)
        data = _from_text(sealed)
        try:
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], about).rstrip(b" ")
        except (InvalidTag, ValueError) as problem:
            raise ValueError("not sealed with this box's key") from problem

    def opened(self, ballot: Ballot) -> Ballot:
        """With what is sealed in it. Raises ValueError as ``contents``."""
        contents = self.contents(ballot)
        return replace(ballot, scores=contents.scores, signature=contents.signature)

    def _about(self, kind: BallotKind, judge: PersonId, what: Cast | Ballot, revision: int) -> bytes:
        """All of the ballot but its scores."""
        return canonical(
            {
                "command": what.command,
                "judge": judge,
                "kind": kind,
                "poll": self.poll,
                "project": what.project,
                "revision": revision,
                "round": what.round,
            }
        )

    def _keys_for(self, about: bytes, domain: bytes) -> tuple[AESGCM, bytes]:
        """Of this text alone: one that encrypts, one that makes nonces."""
        made = hmac.digest(self._key, domain + about, "sha512")
        return AESGCM(made[:KEY_BYTES]), made[KEY_BYTES:]


def width_of(spec: PollSpec, *, signed: bool) -> int:
    """Bytes of the longest contents that there may be: all are as long, so that no length tells a score, how many
    projects are in an order or compared, or whether points were taken off."""
    if spec.rules.ballots:
        highest = {CriterionId(project): len(spec.projects) for project in spec.projects}
    else:
        highest = {one.id: one.most for one in spec.criteria}
        highest |= {one.id: one.most for one in spec.rules.deductions}
    return len(canonical(Contents(highest, "0" * SIGNATURE_LETTERS if signed else "")))


def _nonce(naming: bytes, text: bytes) -> bytes:
    """Made of the text: should other scores come under the same command, they are sealed with another nonce."""
    return hmac.digest(naming, text, "sha256")[:NONCE_BYTES]


def _in_pages(text: bytes) -> bytes:
    return text.ljust(-(-len(text) // PAGE) * PAGE)


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _from_text(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError("not base64url") from problem
