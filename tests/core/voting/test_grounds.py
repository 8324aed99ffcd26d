"""Why a judge gives no score: what is public of it, and what is sealed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from roadshow.errors import InputError
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.ballot import canonical, decode_ballot, digest, encode_ballot
from roadshow.voting.grounds import CATEGORIES, Grounds, check_grounds, grounds_view, seal, sealed, unscored_of
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.tally import Revote, Tally
from roadshow.voting.votes import Accepted, Ballot, BallotKind

POLL = PollId("robotics")
COMMAND = CommandId("command-1")
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(b"1" * 32))
WORDS = "My brother founded it."


BROTHER = Grounds("close", WORDS)


def withheld(sequence: int, grounds: Grounds, kind: BallotKind = "recuse", in_round: int = 1) -> Accepted:
    """A recusal or an abstention, as the store would hand it back."""
    given = sealed(POLL, COMMAND, grounds, SIGNER.sign)
    ballot = Ballot(
        PersonId("lin"),
        ProjectId("arm"),
        1,
        COMMAND,
        {},
        Instant(0),
        recused=kind == "recuse",
        abstained=kind == "abstain",
        round=in_round,
        category=given.category,
        words=given.seal,
    )
    return Accepted(ballot, sequence, "")


@pytest.mark.parametrize("kind", ["recuse", "abstain"])
def test_a_reason_is_of_a_known_kind(kind: BallotKind) -> None:
    """Of a kind that everybody can be told; words are the judge's to give, but "other" alone says nothing."""
    for category in CATEGORIES[kind]:
        if category != "other":
            check_grounds(Grounds(category), kind)  # type: ignore[arg-type]
        check_grounds(Grounds(category, "Since last year."), kind)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"reason\.length"):
        check_grounds(Grounds("other"), kind)
    with pytest.raises(InputError, match=r"reason\.length"):
        check_grounds(Grounds(CATEGORIES[kind][0], "x" * 501), kind)  # type: ignore[arg-type]
    other = CATEGORIES["abstain" if kind == "recuse" else "recuse"][0]
    with pytest.raises(InputError, match=r"ballot\.malformed"):
        check_grounds(Grounds(other), kind)  # type: ignore[arg-type]


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_seal_holds_for_its_words_alone(words: str, others: str) -> None:
    """The same command again must be the same entry; other words, another act's, another poll's must not fit."""
    made = seal(POLL, COMMAND, words, SIGNER.sign)
    assert seal(POLL, COMMAND, words, SIGNER.sign) == made
    assert (seal(POLL, COMMAND, others, SIGNER.sign) == made) is (words == others)
    assert seal(PollId("bio"), COMMAND, words, SIGNER.sign) != made
    assert seal(POLL, CommandId("command-2"), words, SIGNER.sign) != made


def test_nobody_without_the_key_can_try_which_words_fit() -> None:
    """The record is public and likely sentences are few: all that a stranger can compute from both must be no seal."""
    made = seal(POLL, COMMAND, WORDS, SIGNER.sign)
    known = [WORDS.encode(), canonical({"command": COMMAND, "poll": POLL, "words": WORDS})]
    tried = [prefix + text for prefix in (b"", b"roadshow words 1\n", SIGNER.public_key.encode()) for text in known]
    assert made not in {digest(text) for text in tried}
    stranger = Signer(Ed25519PrivateKey.from_private_bytes(b"2" * 32))
    assert seal(POLL, COMMAND, WORDS, stranger.sign) != made


def test_no_words_have_no_seal() -> None:
    """One of nothing would be the same for everybody, and look as if something had been said."""
    assert seal(POLL, COMMAND, "", SIGNER.sign) == ""


@pytest.mark.parametrize("kind", ["recuse", "abstain"])
@pytest.mark.parametrize("in_round", [1, 2])
@pytest.mark.parametrize("words", [WORDS, ""])
def test_the_ledger_has_category_and_seal(kind: BallotKind, in_round: int, words: str) -> None:
    """These bytes are documented; the words are in none of them."""
    ballot = withheld(7, Grounds("close", words), kind, in_round).ballot
    body = encode_ballot(ballot)
    ends = (',"round":2' if in_round == 2 else "") + (f',"words":"{ballot.words}"' if words else "")
    assert body.decode() == (
        f'{{"category":"close","command":"command-1","judge":"lin","project":"arm","revision":1{ends}}}'
    )
    assert decode_ballot(kind, body, ballot.cast_at) == ballot


def test_chair_and_organisers_are_shown_the_words() -> None:
    """In the order in which they came, those of a re-vote among them; what has a score is not listed."""
    recused, abstained = withheld(9, BROTHER), withheld(7, Grounds("missed"), "abstain")
    again = withheld(12, Grounds("conflict", "He is my cousin."), "abstain", 2)
    scored = Accepted(Ballot(PersonId("mei"), ProjectId("arm"), 1, COMMAND, {}, Instant(0)), 8, "")
    revote = Revote(2, (), "", (again,))
    unscored = unscored_of(Tally(ballots=(recused, scored, abstained), revotes=(revote,)))
    told = grounds_view(POLL, unscored, {9: WORDS, 12: "He is my cousin."}, SIGNER.sign).unscored
    assert [(one.state, one.round, one.category, one.words, one.intact) for one in told] == [
        ("abstained", 1, "missed", "", True),
        ("recused", 1, "close", WORDS, True),
        ("abstained", 2, "conflict", "He is my cousin.", True),
    ]


@pytest.mark.parametrize("kept", ["My brother founded it!", "", None])
def test_words_that_were_changed_or_deleted_are_told(kept: str | None) -> None:
    """Whoever holds the store could else put words into a judge's mouth."""
    words = {} if kept is None else {7: kept}
    (told,) = grounds_view(POLL, (withheld(7, BROTHER),), words, SIGNER.sign).unscored
    assert not told.intact


def test_a_reason_from_before_is_shown_as_it_was() -> None:
    """A poll that was begun then goes on, and its ledger has it in the open."""
    ballot = Ballot(PersonId("lin"), ProjectId("arm"), 1, COMMAND, {}, Instant(0), True, "my own company")
    (told,) = grounds_view(POLL, (Accepted(ballot, 7, ""),), {}, SIGNER.sign).unscored
    assert (told.category, told.words, told.intact) == ("", "my own company", True)
