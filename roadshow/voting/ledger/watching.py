"""The ledger as an auditor follows it while the voting is on: who did what and when, and each entry's hash; no score,
no order, and nothing that tells who stands level. (pure)"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.tally import EntryKind, LedgerEntry

LATE_ACTS: Final = frozenset(
    {"late", "accept", "reject", "void", "restore", "penalty", "ask-reopening", "reopen", "settle", "revote"}
    | {"ask-substitute", "substitute", "question", "vote", "casting-vote", "deliberate"}
    | {"object", "rule", "ask-amendment", "amend"}
    | {"ask-key", "sign-key"}
    | {"ask-chair", "pass-chair"}
    | {"paper", "confirm-paper", "reject-paper", "contest-paper"}
)
"""What is done to a count beside the ballots in their windows, or to a result: an auditor looks at these first."""


class LedgerView(msgspec.Struct, frozen=True, tag_field="section", tag="ledger"):
    """For an auditor: how far the ledger is. Its entries are asked for."""

    sequence: int
    head: str
    """Hash of the newest entry; of an empty ledger, of the rules."""
    rules: str
    """Hash of the poll's spec (``chain.genesis``), which is the first entry's parent."""


class SeenEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One act, without what is sealed."""

    sequence: int
    at: int
    """Milliseconds since the epoch."""
    kind: EntryKind
    hash: str
    """It tells nothing of what it is over: each body has a command's id, which nobody can guess."""
    by: PersonId | None = None
    """None: the clock, or the rules."""
    project: ProjectId | None = None
    judge: PersonId | None = None
    """About whose ballot."""
    reason: str = ""
    late: bool = False
    """It is one of ``LATE_ACTS``."""


class LedgerPage(msgspec.Struct, frozen=True):
    entries: tuple[SeenEntry, ...]
    more: bool
    """There are others behind it."""


def seen(entry: LedgerEntry) -> SeenEntry:
    """What of an entry may be known before the result is."""
    body = msgspec.json.decode(entry.body)
    told = _TOLD.get(entry.kind, _nothing_more)(body)
    return SeenEntry(
        entry.sequence, entry.at.ms, entry.kind, entry.hash, late=entry.kind in LATE_ACTS or "round" in body, **told
    )


def _of_a_judge(body: Mapping[str, Any]) -> dict[str, Any]:
    # Why somebody gives no score is published by its kind (``grounds``), and only with the result.
    return {"by": body["judge"], **_of_a_window(body)}


def _of_a_window(body: Mapping[str, Any]) -> dict[str, Any]:
    # Who is scored once more stands level.
    return {} if "round" in body else {"project": body["project"]}


def _ruling(body: Mapping[str, Any]) -> dict[str, Any]:
    # Not how many points: with the scores of one project they would be told as well.
    named = ("by", "project", "judge", "reason")
    return {name: body[name] for name in named if name in body}


def _by_the_chair(body: Mapping[str, Any]) -> dict[str, Any]:
    # Which projects they are is who stands level, and a tie's order its places.
    return {"by": body.get("chair"), "reason": body.get("reason", "")}


def _cards(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"by": body["by"] or None, "project": body["project"]}


def _by_rule(_body: Mapping[str, Any]) -> dict[str, Any]:
    return {}


def _nothing_more(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"by": body.get("by"), "reason": body.get("reason", "")}


_TOLD: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "open": _of_a_window,
    "close": _of_a_window,
    **dict.fromkeys(("ballot", "recuse", "abstain", "late"), _of_a_judge),
    **dict.fromkeys(("accept", "reject", "void", "restore", "penalty", "ask-amendment", "paper"), _ruling),
    **dict.fromkeys(("settle", "revote", "confirm"), _by_the_chair),
    "show-cards": _cards,
    "carry": _by_rule,
    "calibrate": _by_rule,
}
