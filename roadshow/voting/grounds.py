"""Why a judge gives no score: a category, which is public with the result, and words, which are not. (pure)

The words are for chair, deputy and organisers alone. They lie beside the ledger, whose entry holds their **seal**: a
hash that nobody can guess them from, and that tells whether they are still the ones that were sent.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal, get_args

import msgspec

from roadshow.conflicts import ConflictCategory
from roadshow.errors import InputError
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.voting.ballot import canonical, check_reason, digest
from roadshow.voting.tally import Tally
from roadshow.voting.votes import Accepted, BallotKind

AbstentionCategory = Literal["missed", "subject", "conflict", "other"]
"""Missed the pitch or a part of it; knows too little of the subject; has a conflict of interest that came to mind in a
re-vote, when it takes no ballot of the first round out any more."""
Category = ConflictCategory | AbstentionCategory

CATEGORIES: Final[Mapping[BallotKind, tuple[str, ...]]] = {
    "recuse": get_args(ConflictCategory),
    "abstain": get_args(AbstentionCategory),
}
WORDS_DOMAIN = b"roadshow words 1\n"
"""Goes before what is signed for a seal."""

Sign = Callable[[bytes], str]


class Grounds(msgspec.Struct, frozen=True):
    category: Category
    words: str = ""
    """None need be given, but for ``other``."""


class SealedGrounds(msgspec.Struct, frozen=True):
    """As a store takes them."""

    category: Category
    words: str = ""
    seal: str = ""
    """SHA-256 (hex); empty without words."""


class Unscored(msgspec.Struct, frozen=True):
    """Who gave no score for what, and why."""

    judge: PersonId
    project: ProjectId
    state: Literal["recused", "abstained"]
    round: int
    category: str
    """Empty in polls from before there were any."""
    words: str
    intact: bool = True
    """False: these are not the words that were sent, or they are gone."""


class GroundsView(msgspec.Struct, frozen=True, tag_field="section", tag="grounds"):
    """For chair, deputy and control."""

    unscored: tuple[Unscored, ...]
    """In the order in which they came."""


def readable(words: str) -> str:
    """As a person wrote it, in lines: without what no keyboard makes. Every other blank is a plain one."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n").strip()
    plain = (one if one == "\n" or not one.isspace() else " " for one in lines)
    return "".join(one for one in plain if one == "\n" or one.isprintable())


def check_grounds(grounds: Grounds, kind: BallotKind) -> None:
    """Raises InputError("ballot.malformed") for a category of another kind, InputError("reason.length")."""
    if grounds.category not in CATEGORIES[kind]:
        raise InputError("ballot.malformed")
    if grounds.words or grounds.category == "other":
        check_reason(grounds.words)


def seal(poll: PollId, command: CommandId, words: str, sign: Sign) -> str:
    """The same for the same words. As only the key's holder can make the signature that is hashed, nobody else can try
    which words fit; and as it verifies under the public key, its holder cannot find other words that do."""
    if not words:
        return ""
    return digest(sign(WORDS_DOMAIN + canonical({"command": command, "poll": poll, "words": words})).encode())


def sealed(poll: PollId, command: CommandId, grounds: Grounds, sign: Sign) -> SealedGrounds:
    return SealedGrounds(grounds.category, grounds.words, seal(poll, command, grounds.words, sign))


def unscored_of(tally: Tally) -> tuple[Accepted, ...]:
    """The recusals and abstentions in force, of the first round and of re-votes, by sequence."""
    given: Iterable[Accepted] = (*tally.ballots, *(one for revote in tally.revotes for one in revote.ballots))
    withheld = (one for one in given if one.ballot.recused or one.ballot.abstained)
    return tuple(sorted(withheld, key=lambda one: one.sequence))


def grounds_view(poll: PollId, unscored: Iterable[Accepted], words: Mapping[int, str], sign: Sign) -> GroundsView:
    """``words``: by the number of the entry they belong to."""

    def told(one: Accepted) -> Unscored:
        ballot = one.ballot
        said = words.get(one.sequence, "") if ballot.words else ballot.reason
        return Unscored(
            judge=ballot.judge,
            project=ballot.project,
            state="recused" if ballot.recused else "abstained",
            round=ballot.round,
            category=ballot.category,
            words=said,
            intact=not ballot.words or seal(poll, ballot.command, said, sign) == ballot.words,
        )

    return GroundsView(tuple(map(told, unscored)))
