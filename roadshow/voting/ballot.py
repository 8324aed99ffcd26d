"""What a judge may send, and the one way a ballot is written down. (pure)

A ballot's *canonical encoding* is the body of its ledger entry: JSON with sorted keys, no blanks, UTF-8. It holds who
scored what with which command and revision. It does not hold the time, which the store gives to the entry as a whole.
"""

from hashlib import sha256

import msgspec

from roadshow.errors import InputError
from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId, is_command_id
from roadshow.moments import Instant, encode_moment
from roadshow.voting.spec import PollSpec
from roadshow.voting.votes import FIRST_ROUND, Ballot, BallotKind, Cast, Receipt

MAX_REVISIONS = 100
"""Of one ballot. A careful judge needs a handful; a runaway page must not fill the ledger."""
SHORTEST_REASON, LONGEST_REASON = 3, 500
"""Characters, blanks at its ends aside, and as many letters or digits at least. Messages and the pages' fields take
their bounds from here."""
_UNSEEN = "\u115f\u1160\u3164\uffa0"
"""Fillers of Hangul: letters by their class, and blank."""

_encoder = msgspec.json.Encoder(enc_hook=encode_moment, order="sorted")


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no blanks, UTF-8: equal values have equal bytes, in any language's JSON library."""
    return _encoder.encode(value)


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return sha256(data).hexdigest()


def check(cast: Cast, spec: PollSpec) -> None:
    """Refuse what the rubric does not allow. Deductions that are not made go without saying. Raises InputError:
    ``command.malformed``, ``ballot.unknown_criterion``, ``ballot.missing_criterion`` (criterion),
    ``ballot.out_of_range`` (criterion, maximum in points), ``ballot.malformed``; of what is no scores,
    as ``check_order`` and ``check_pairs``."""
    check_command(cast.command)
    if cast.expected_revision < 0:
        raise InputError("ballot.malformed")
    if spec.rules.ballots == "orders":
        check_order(cast, spec)
        return
    if spec.rules.ballots == "pairs":
        check_pairs(cast, spec)
        return
    criteria, deductions = spec.criteria, spec.rules.deductions
    if not cast.scores.keys() <= {one.id for one in criteria} | {one.id for one in deductions}:
        raise InputError("ballot.unknown_criterion")
    for criterion in criteria:
        score = cast.scores.get(criterion.id)
        if score is None:
            raise InputError("ballot.missing_criterion", criterion=criterion.id)
        if type(score) is not int:
            raise InputError("ballot.malformed")
        if not 0 <= score <= criterion.most:
            raise InputError("ballot.out_of_range", criterion=criterion.id, maximum=criterion.maximum)
    for deduction in deductions:
        taken = cast.scores.get(deduction.id, 1)
        if type(taken) is not int:
            raise InputError("ballot.malformed")
        if not 1 <= taken <= deduction.most:  # nothing at all is said in one way only
            raise InputError("ballot.out_of_range", criterion=deduction.id, maximum=deduction.maximum)


def check_order(cast: Cast, spec: PollSpec) -> None:
    """``scores`` are places: each project's is one more than there are projects ahead of it, and the ballot's own is
    among them. Raises InputError: ``ballot.order``, ``ballot.level`` if projects share a place and may not."""
    places = cast.places
    if cast.project not in places or not places.keys() <= set(spec.projects):
        raise InputError("ballot.order")
    if any(type(place) is not int for place in places.values()):
        raise InputError("ballot.order")
    falling = sorted(places.values())
    if any(falling.index(place) + 1 != place for place in falling):
        raise InputError("ballot.order")
    if not spec.rules.level_places and len(set(falling)) < len(falling):
        raise InputError("ballot.level")


def check_pairs(cast: Cast, spec: PollSpec) -> None:
    """``scores`` are halves of a point, by the others that the ballot's own project is compared with. Raises
    InputError: ``ballot.pairs``, ``ballot.level`` if two are level and may not be."""
    given = cast.places
    if not given or not given.keys() <= set(spec.projects) - {cast.project}:
        raise InputError("ballot.pairs")
    if any(type(halves) is not int or not 0 <= halves <= 2 for halves in given.values()):
        raise InputError("ballot.pairs")
    if not spec.rules.level_places and 1 in given.values():
        raise InputError("ballot.level")


def check_command(command: CommandId) -> None:
    """Raises InputError("command.malformed")."""
    if not is_command_id(command):
        raise InputError("command.malformed")


def check_reason(reason: str) -> None:
    """Raises InputError("reason.length"), also of one that nobody could read: it is published word for word."""
    letters = sum(one.isalnum() and one not in _UNSEEN for one in reason)
    if letters < SHORTEST_REASON or not SHORTEST_REASON <= len(reason.strip()) <= len(reason) <= LONGEST_REASON:
        raise InputError("reason.length", minimum=SHORTEST_REASON, maximum=LONGEST_REASON)


class Frame(msgspec.Struct, frozen=True):
    """A ballot's canonical encoding around its revision, which only the store can give."""

    kind: BallotKind
    head: bytes
    tail: bytes

    def at_revision(self, revision: int) -> bytes:
        return b"%b%d%b" % (self.head, revision, self.tail)

    def fits(self, kind: str, body: bytes) -> bool:
        """Whether ``body`` is this ballot at some revision."""
        inner = body[len(self.head) : len(body) - len(self.tail)]
        return kind == self.kind and inner.isdigit() and body == self.head + inner + self.tail


def frame(judge: PersonId, cast: Cast, kind: BallotKind = "ballot", category: str = "", words: str = "") -> Frame:
    """A recusal or an abstention has ``category``, and in ``words`` the seal of the judge's own if there are any, and
    no scores; the first round goes without saying, and the judge's own signature where there is none. Where scores are
    sealed, the signature is with them."""
    named = {"command": cast.command, "judge": judge, "project": cast.project}
    tail = b"" if cast.round == FIRST_ROUND else b',"round":%d' % cast.round
    own = b',"signature":' + canonical(cast.signature) if cast.signature else b""
    if kind == "recuse" or kind == "abstain":
        sealed = own + (b',"words":' + canonical(words) if words else b"")
        return Frame(kind, canonical({**named, "category": category})[:-1] + b',"revision":', tail + sealed + b"}")
    given = b',"scores":' + canonical(cast.scores) + own
    if cast.sealed:
        given = b',"sealed":' + canonical(cast.sealed)
    return Frame(kind, canonical(named)[:-1] + b',"revision":', tail + given + b"}")


def encode_ballot(ballot: Ballot) -> bytes:
    """The canonical encoding, as in the ledger."""
    cast = Cast(
        ballot.command,
        ballot.project,
        ballot.scores,
        ballot.revision,
        ballot.round,
        sealed=ballot.sealed,
        signature=ballot.signature,
    )
    kind = kind_of(ballot)
    if ballot.reason and not ballot.category:
        return _reasoned(ballot.judge, cast, kind, ballot.reason).at_revision(ballot.revision)
    return frame(ballot.judge, cast, kind, ballot.category, ballot.words).at_revision(ballot.revision)


def _reasoned(judge: PersonId, cast: Cast, kind: BallotKind, reason: str) -> Frame:
    """A recusal or an abstention from before there were categories."""
    named = {"command": cast.command, "judge": judge, "project": cast.project, "reason": reason}
    tail = b"" if cast.round == FIRST_ROUND else b',"round":%d' % cast.round
    return Frame(kind, canonical(named)[:-1] + b',"revision":', tail + b"}")


def kind_of(ballot: Ballot | Receipt) -> BallotKind:
    """The kind of its ledger entry."""
    if ballot.recused:
        return "recuse"
    if ballot.abstained:
        return "abstain"
    return "late" if ballot.late else "ballot"


def ballot_hash(ballot: Ballot) -> str:
    """SHA-256 (hex) of the canonical encoding."""
    return digest(encode_ballot(ballot))


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    command: CommandId
    judge: PersonId
    project: ProjectId
    revision: int
    round: int = FIRST_ROUND
    scores: dict[CriterionId, int] = {}
    reason: str = ""
    category: str = ""
    signature: str = ""
    words: str = ""
    sealed: str = ""


_decoder = msgspec.json.Decoder(_Body)


def decode_ballot(kind: BallotKind, body: bytes, at: Instant) -> Ballot:
    """The inverse of ``encode_ballot``. Raises ValueError for a body that is not one."""
    read = _decoder.decode(body)
    return Ballot(
        judge=read.judge,
        project=read.project,
        revision=read.revision,
        command=read.command,
        scores=read.scores,
        cast_at=at,
        recused=kind == "recuse",
        reason=read.reason,
        abstained=kind == "abstain",
        late=kind == "late",
        round=read.round,
        category=read.category,
        signature=read.signature,
        words=read.words,
        sealed=read.sealed,
    )
