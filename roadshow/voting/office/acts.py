"""What is done for the chair's office to pass. (pure)

Each act is an entry of the ledger, whose kind is the tag and whose body is these fields with ``by`` and ``command``.
"""

import msgspec

from roadshow.ids import PersonId


class AskChair(msgspec.Struct, frozen=True, tag_field="act", tag="ask-chair"):
    """Ask a second person to give the chair's office to somebody else. Replaces an earlier request. Raises
    Conflict("chair.early") before the voting began, Conflict("result.announced") once a place was,
    Conflict("chair.moved_on") if it is another count by now, or the first was closed,
    NotAllowed("chair.person") unless it is the deputy, or a judge with a seat that counts, who was not chair before."""

    chair: PersonId
    """Who is to have it."""
    count: int | None
    """The number of the count, once one was closed; None: none was. What whoever signs was told hangs on it."""
    reason: str


class PassChair(msgspec.Struct, frozen=True, tag_field="act", tag="pass-chair"):
    """The second person signs. Raises Conflict("chair.moved_on") if another request waits than that of entry
    ``asked``, or none, NotAllowed("chair.second_person") if who asked signs, the chair, or a judge who is not the
    deputy; and as ``AskChair``."""

    asked: int


Passing = AskChair | PassChair
