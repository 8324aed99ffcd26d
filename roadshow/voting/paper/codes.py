"""The code on a printed card: it names poll, judge and project, and nobody makes one without the server's key. (pure)

Nine characters in threes, such as ``K7Q-F2M-9X4``. The last is a check: counting modulo 31, a prime, each of the nine
places has a weight of its own. So one wrong character is always noticed, and so are any two that changed places,
neighbours or not.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from roadshow.errors import InputError
from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.voting.ballot import canonical
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.tally import Pair

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31: without 0 and O, 1, I and L, which look alike in handwriting and in many typefaces."""
LENGTH = 9
"""With the check. 31⁸ are 8.5 · 10¹¹: of a field with 100 judges and 200 projects every forty-millionth text is a
card's, and two cards have the same with a chance of one in four thousand; the limits on pages let nobody try more than
some a second."""
GROUP = 3
_DOMAIN = b"roadshow card 1\n"
_BREAKS = str.maketrans("", "", " -–—.\t")


def code_of(poll: PollId, judge: PersonId, project: ProjectId, signer: Signer) -> str:
    """Without breaks. Signatures with Ed25519 are the same for the same text, so a card printed again has the same."""
    signed = signer.sign(_DOMAIN + canonical([poll, judge, project])).encode()
    number = int.from_bytes(sha256(signed).digest())
    digits: list[int] = []
    for _ in range(LENGTH - 1):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(digit)
    return "".join(ALPHABET[digit] for digit in (*digits, _check(digits)))


def codes_of(
    poll: PollId, judges: Sequence[PersonId], projects: Sequence[ProjectId], signer: Signer
) -> Mapping[str, Pair]:
    """All of a poll."""
    pairs = ((judge, project) for judge in judges for project in projects)
    return {code_of(poll, *pair, signer): pair for pair in pairs}


def spelled(code: str) -> str:
    """As it is printed."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def read_code(text: str) -> str:
    """As somebody typed it, or a reader of QR codes: small letters and breaks do not matter. Raises
    InputError("code.length", length), InputError("code.character", character) and, where just its check tells,
    InputError("code.mistyped")."""
    code = text.translate(_BREAKS).upper()
    if strange := next((one for one in code if one not in ALPHABET), None):
        raise InputError("code.character", character=strange)
    if len(code) != LENGTH:
        raise InputError("code.length", length=LENGTH)
    *digits, check = (ALPHABET.index(one) for one in code)
    if check != _check(digits):
        raise InputError("code.mistyped")
    return code


def _check(digits: Sequence[int]) -> int:
    """With the last place, whose weight is -1, the weighted sum is a multiple of 31; weights are 1 to 8 and 30."""
    return sum(weight * digit for weight, digit in enumerate(digits, start=1)) % len(ALPHABET)
