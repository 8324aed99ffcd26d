"""Votes are written by nobody but who signs what was done."""

import ast
from pathlib import Path

from roadshow.voting.ports import VoteStore

VOTING = Path("roadshow/voting")
READS = {"read", "ledger", "hashes_at", "seals", "words", "comments", "calibration", "secure"}
NO_ACTS = {"prepare", "keep_seals", "comment", "decide_comment", "calibrate"}
"""They make no entry. The audience's votes are in no ledger."""
ACTS = {name for name in vars(VoteStore) if not name.startswith("_")} - READS - NO_ACTS
STORES = {"memory_store.py", "memory_poll.py", "redis_store.py"}


def _acts_in(path: Path) -> set[str]:
    """Methods of a vote store that a module calls or passes on."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ACTS
        and isinstance(node.value, ast.Attribute | ast.Name)
        and (node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id).strip("_") == "store"
    }


def test_every_act_goes_through_the_module_that_signs() -> None:
    """An act that is done past it has no signature, and looks like a forgery for good."""
    done = {
        path: _acts_in(path) for path in VOTING.rglob("*.py") if path.name not in STORES and path.parts[2] != "audience"
    }
    assert {str(path) for path, acts in done.items() if acts} == {"roadshow/voting/seals/signed.py"}
    assert done[VOTING / "seals/signed.py"] == ACTS, "a new act of the store is signed there"
