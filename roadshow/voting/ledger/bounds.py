"""What no record holds, so that reading and counting one end in good time whoever has written it. (pure)

Every text and number of a record has a limit; what is counted has one in ``reading.py``.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from roadshow.voting.ledger.record import Record

KEY_LETTERS, SIGNATURE_LETTERS = 43, 86
"""Of 32 and 64 bytes in base64url without padding."""
LONGEST_BODY = 32 * 1024
"""Characters of an entry: 200 projects in an order, each with an id of 64, and the longest reason make two thirds."""
TOKEN_LETTERS = 32 * 1024
"""Of a time stamp in base64; one with three certificates in it has six thousand."""
MOST_STAMPS = 1_000
"""Three for each of 200 windows; each takes a verification."""
LONGEST_TEXT = 2_000
"""Of any other: a reason has 500, an exact fraction of 50 criteria and 100 judges some hundred digits."""
LARGEST = 2**53
"""Numbers beyond it are not the same in every language's JSON; a time in milliseconds is a thousandth of it."""
MOST_VOTES_ON_TIES = 1_000
"""Of the chair's, and re-votes: each is looked through for each tie."""


def too_large(record: Record) -> str | None:
    """A sentence's end about the first thing that no record holds; None: all is within bounds."""
    if len(record.public_key) != KEY_LETTERS or len(record.result.public_key) != KEY_LETTERS:
        return f"a key has {KEY_LETTERS} letters"
    signatures = [record.result.signature, record.names.signature, *(one.signature for one in record.receipts)]
    if any(len(one) != SIGNATURE_LETTERS for one in [*signatures, *(seal.signature for seal in record.seals)]):
        return f"a signature has {SIGNATURE_LETTERS} letters"
    if any(len(entry.body) > LONGEST_BODY for entry in record.entries):
        return f"no entry has more than {LONGEST_BODY} characters"
    if len(record.stamps) > MOST_STAMPS or any(len(one.token) > TOKEN_LETTERS for one in record.stamps):
        return f"no record has more than {MOST_STAMPS} time stamps, and none has more than {TOKEN_LETTERS} letters"
    if sum(entry.kind in ("settle", "revote", "question") for entry in record.entries) > MOST_VOTES_ON_TIES:
        return f"no ledger has more than {MOST_VOTES_ON_TIES} votes on ties"
    for value in _values(record):
        if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
            return "a number is too large"
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            return f"no text has more than {LONGEST_TEXT} characters"
    return None


def _values(record: Record) -> Iterator[object]:
    """All texts and numbers but the entries' bodies and the stamps' tokens. Types bound how deep they lie."""
    waiting: list[object] = [record]
    while waiting:
        value = waiting.pop()
        if isinstance(value, msgspec.Struct):
            waiting += (getattr(value, name) for name in value.__struct_fields__ if name not in ("body", "token"))
        elif isinstance(value, Mapping):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, Sequence) and not isinstance(value, str):
            waiting += value
        else:
            yield value
