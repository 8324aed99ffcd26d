"""The code on a card: what a tired clerk does to it is noticed, and nobody makes one."""

from contextlib import suppress

import hypothesis.strategies as st
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given

from roadshow.errors import InputError
from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.paper.codes import ALPHABET, LENGTH, code_of, codes_of, read_code, spelled

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
POLL = PollId("robotics")
slugs = st.text("abcdefgh0123456789", min_size=1, max_size=8)
codes = st.builds(
    lambda judge, project: code_of(POLL, PersonId(judge), ProjectId(project), SIGNER), judge=slugs, project=slugs
)
places = st.integers(0, LENGTH - 1)


@given(codes)
def test_a_code_is_read_as_it_is_printed_and_as_people_type(code: str) -> None:
    """With dashes or blanks, in small letters, as one word."""
    for text in (code, spelled(code), spelled(code).lower(), f" {spelled(code).replace('-', ' ')} ", ".".join(code)):
        assert read_code(text) == code


@given(codes, places, st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(code: str, place: int, other: str) -> None:
    """Else somebody else's card would be opened, and the scores be theirs."""
    assume(code[place] != other)
    with pytest.raises(InputError) as refused:
        read_code(code[:place] + other + code[place + 1 :])
    assert refused.value.code == "code.mistyped"


@given(codes, places, places)
def test_two_characters_that_changed_places_are_always_noticed(code: str, one: int, other: int) -> None:
    """Neighbours, as fast fingers exchange them, and any two."""
    swapped = list(code)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assume("".join(swapped) != code)
    with pytest.raises(InputError) as refused:
        read_code("".join(swapped))
    assert refused.value.code == "code.mistyped"


@pytest.mark.parametrize("strange", ["0", "O", "1", "I", "l", "é", "五", "·"])
def test_a_character_that_no_code_has_is_named(strange: str) -> None:
    """A clerk looks at that very place of the card again."""
    with pytest.raises(InputError) as refused:
        read_code("K7QF2M9X"[:4] + strange + "2M9X")
    assert refused.value.code == "code.character"
    assert refused.value.details["character"] == strange.upper()


@given(st.text(ALPHABET, max_size=30).filter(lambda text: len(text) != LENGTH))
def test_a_code_that_is_too_short_or_too_long_is_told_as_such(text: str) -> None:
    """Half a code is not another card's."""
    with pytest.raises(InputError) as refused:
        read_code(text)
    assert refused.value.code == "code.length"


@given(st.text(max_size=60))
def test_whatever_is_typed_there_is_an_answer(text: str) -> None:
    """It comes from outside."""
    with suppress(InputError):
        assert len(read_code(text)) == LENGTH


def test_every_card_of_a_field_has_a_code_of_its_own_and_the_same_when_printed_again() -> None:
    """Judge and project are known by it alone."""
    judges, projects = [PersonId(f"judge-{n}") for n in range(20)], [ProjectId(f"project-{n}") for n in range(20)]
    known = codes_of(POLL, judges, projects, SIGNER)
    assert len(known) == 400
    assert known == codes_of(POLL, judges, projects, SIGNER)


def test_a_code_is_of_one_field_and_one_server() -> None:
    """The same judge has another in another field; and whoever knows all names has none without the key."""
    card = (PersonId("lin"), ProjectId("arm"))
    other = Signer(Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
    made = {code_of(POLL, *card, SIGNER), code_of(PollId("bio"), *card, SIGNER), code_of(POLL, *card, other)}
    assert len(made) == 3
