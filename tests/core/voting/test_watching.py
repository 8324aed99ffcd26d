"""What an auditor is told of the ledger: every act at once, and nothing that is sealed."""

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting import acts
from roadshow.voting.aftermath.acts import Amend, AskAmendment, Object, after_body
from roadshow.voting.ballot import canonical, frame
from roadshow.voting.ledger.chain import chained
from roadshow.voting.ledger.watching import LATE_ACTS, SeenEntry, seen
from roadshow.voting.tally import EntryKind
from roadshow.voting.votes import Cast

ARM, LEG, LIN, CHAIR = ProjectId("arm"), ProjectId("leg"), PersonId("lin"), PersonId("chair")
COMMAND, WHY = CommandId("command-0001"), "a reason"
WORDS = Path("web/static/js/audit/words.js").read_text()


def told(kind: EntryKind, body: bytes) -> SeenEntry:
    return seen(chained("parent", 7, kind, Instant(1_000), body))


def test_a_ballot_tells_who_and_for_what_and_no_score() -> None:
    """Sealed until it is announced, also for who watches over it."""
    cast = Cast(COMMAND, ARM, {}, 1)
    found = told("ballot", frame(LIN, msgspec.structs.replace(cast, scores={"impact": 9}), "ballot").at_revision(1))
    assert (found.by, found.project, found.late) == (LIN, ARM, False)
    assert b"9" not in msgspec.json.encode(found).replace(found.hash.encode(), b"")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("settle", acts.settle_body(CHAIR, (LEG, ARM), WHY, COMMAND)),
        ("revote", b"2".join(acts.revote_body(CHAIR, (ARM, LEG), WHY, COMMAND))),
        ("open", acts.open_body(ARM, 2)[0] + b"null" + acts.open_body(ARM, 2)[1]),
        ("close", acts.close_body(ARM, "command", 2)),
    ],
)
def test_who_stands_level_is_not_told(kind: EntryKind, body: bytes) -> None:
    """Only the chair knows, and only once the count is closed: an auditor could pass it on."""
    found = told(kind, body)
    assert found.late
    assert not re.search(b"arm|leg", msgspec.json.encode(found))


def test_a_ruling_tells_whom_it_is_about_and_why_and_not_how_many_points() -> None:
    """With the scores of one project they would tell its place."""
    found = told("penalty", acts.act_body(CHAIR, acts.Penalise(ARM, 12_34, WHY), COMMAND))
    assert (found.by, found.project, found.reason, found.late) == (CHAIR, ARM, WHY, True)
    assert b"12" not in msgspec.json.encode(found).replace(found.hash.encode(), b"")
    found = told("void", acts.act_body(CHAIR, acts.Void(LIN, ARM, WHY), COMMAND))
    assert (found.judge, found.project, found.reason) == (LIN, ARM, WHY)


def test_after_the_podium_an_auditor_sees_who_moves_which_place_and_why() -> None:
    """All of it is public, but whose an objection is."""
    objection = Object("procedure", "a" * 64, "b" * 64)
    found = told("object", after_body(LIN, objection, COMMAND))
    assert (found.by, found.late) == (None, True)
    assert b"aaa" not in msgspec.json.encode(found).replace(found.hash.encode(), b"")
    found = told("ask-amendment", after_body(CHAIR, AskAmendment(ARM, "disqualify", WHY), COMMAND))
    assert (found.by, found.project, found.reason, found.late) == (CHAIR, ARM, WHY, True)
    assert told("amend", after_body(LIN, Amend(7), COMMAND)).by == LIN


@given(
    kind=st.sampled_from(get_args(EntryKind)),
    more=st.dictionaries(
        st.sampled_from(["scores", "points", "order", "projects", "result", "rank"]), st.just("SECRET")
    ),
)
def test_what_a_body_says_beside_the_act_stays_in_the_ledger(kind: EntryKind, more: dict[str, Any]) -> None:
    """A kind that comes later is not told more of by mistake."""
    body = {"by": CHAIR, "chair": CHAIR, "judge": LIN, "project": ARM, "command": COMMAND, **more}
    assert b"SECRET" not in msgspec.json.encode(told(kind, canonical(body)))


def test_every_kind_of_act_has_a_word() -> None:
    """In the auditor's language, not in the store's."""
    missing = [kind for kind in get_args(EntryKind) if f'case "{kind}":' not in WORDS]
    assert not missing, f"give {missing} a text in web/static/js/audit/words.js"
    assert set(get_args(EntryKind)) >= LATE_ACTS
