"""What can be done once the last place was announced, and what the ledger keeps of it. (pure)

As in ``voting.acts``, an act's kind is its tag, and its body these fields with who did it and with which command.
"""

from typing import Literal, get_args

import msgspec

from roadshow.errors import InputError
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.voting.ballot import canonical

AfterKind = Literal["object", "rule", "ask-amendment", "amend"]
"""Kinds of ledger entries after the podium."""
Category = Literal["procedure", "counting", "eligibility", "jury", "other"]
"""What an objection is about: how the pitches went; how it was counted; whether a project may take part; how the jury,
or somebody in it, has acted; something else."""
CATEGORIES: tuple[Category, ...] = get_args(Category)
Change = Literal["disqualify", "reinstate"]
CHANGES: tuple[Change, ...] = get_args(Change)

MOST_OBJECTIONS = 3
"""Of a team, for each publication of the result. Enough for whoever forgot something; a team that has more to say says
it in one of them."""
SHORTEST_WORDS, LONGEST_WORDS = 20, 3_000
"""Characters of an objection, blanks at its ends aside: a sentence at least, a page and a half of print at most."""


class Object(msgspec.Struct, frozen=True, tag_field="act", tag="object"):
    """A team objects. Neither its name nor its words are in the ledger, but what binds it to both (``sealing``). Raises
    Conflict("result.final") once the term is over, Conflict("objection.too_many", limit)."""

    category: Category
    team: str
    """64 hex digits: the same for all objections of one team to one result, and known to nobody else."""
    words: str
    """64 hex digits: hash of who, what about, and the words, with a salt."""


class Rule(msgspec.Struct, frozen=True, tag_field="act", tag="rule"):
    """A ruling that moves no place. Raises Conflict("objection.closed") if that objection is not open."""

    objection: int
    """Its ledger entry's number."""
    upheld: bool
    reason: str


class AskAmendment(msgspec.Struct, frozen=True, tag_field="act", tag="ask-amendment"):
    """Ask a second person to sign that a project is disqualified, or is not any more. Replaces a former request. Raises
    NotFound("project.unknown"), Conflict("amendment.repeated") if that was signed before, Conflict("amendment.none")
    for a reinstatement of who is not out, Conflict("result.final") once the term is over and no objection is
    answered by it, Conflict("objection.closed") if the one that is named is not open."""

    project: ProjectId
    change: Change
    reason: str
    objection: int | None = None
    """The one that is upheld with it."""


class Amend(msgspec.Struct, frozen=True, tag_field="act", tag="amend"):
    """The second person signs. Raises Conflict("amendment.moved_on") if another request waits than that of entry
    ``asked``, or none, NotAllowed("amendment.second_person") if a judge signs, or who asked,
    Conflict("result.final") as above."""

    asked: int


AfterAct = Object | Rule | AskAmendment | Amend


class AfterBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of every act after the podium. ``by`` is missing in an objection alone."""

    command: CommandId
    by: PersonId | None = None
    asked: int | None = None
    category: Category | None = None
    change: Change | None = None
    objection: int | None = None
    project: ProjectId | None = None
    reason: str | None = None
    team: str | None = None
    upheld: bool | None = None
    words: str | None = None


def after_kind(act: AfterAct) -> AfterKind:
    kind: AfterKind = msgspec.convert(act.__struct_config__.tag, AfterKind)
    return kind


def after_body(by: PersonId, act: AfterAct, command: CommandId) -> bytes:
    fields = {name: getattr(act, name) for name in act.__struct_fields__}
    return canonical(AfterBody(command, None if isinstance(act, Object) else by, **fields))


def after_subject(act: AfterAct) -> tuple[str, str, int | str]:
    """What a store has to know of an act: whom it is about, what is to become of it, and a number of another entry, or
    a limit."""
    match act:
        case Object():
            return act.team, "", MOST_OBJECTIONS
        case Rule():
            return "", "", act.objection
        case AskAmendment():
            return act.project, act.change, "" if act.objection is None else act.objection
        case Amend():
            return "", "", act.asked


def check_words(words: str) -> None:
    """Raises InputError("objection.length", fewest, most)."""
    if not SHORTEST_WORDS <= len(words.strip()) <= LONGEST_WORDS:
        raise InputError("objection.length", fewest=SHORTEST_WORDS, most=LONGEST_WORDS)
