"""What the public is told of a ledger while it grows: enough to hold the record against, and nothing of ties."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import CloseCount, act_body, close_body, confirm_body, settle_body
from roadshow.voting.aftermath.acts import Amend, Rule, after_body
from roadshow.voting.ledger.chain import chained
from roadshow.voting.ledger.told import HeadsView, gone_on
from roadshow.voting.tally import EntryKind, LedgerEntry

RULES = "0" * 64
ARM, LEG, CHAIR, COMMAND = ProjectId("arm"), ProjectId("leg"), PersonId("chair"), CommandId("command-0001")
CLOSE: tuple[EntryKind, bytes] = ("close", close_body(ARM, "command"))
CLOSE_REVOTE: tuple[EntryKind, bytes] = ("close", close_body(ARM, "command", 2))
COUNT: tuple[EntryKind, bytes] = ("close-count", act_body(CHAIR, CloseCount(1), COMMAND))
SETTLE: tuple[EntryKind, bytes] = ("settle", settle_body(CHAIR, (ARM, LEG), "by vote", COMMAND))
CONFIRM: tuple[EntryKind, bytes] = ("confirm", b"".join(confirm_body(CHAIR, b"result", COMMAND)))
RULE: tuple[EntryKind, bytes] = ("rule", after_body(CHAIR, Rule(9, False, "It was announced."), COMMAND))
AMEND: tuple[EntryKind, bytes] = ("amend", after_body(CHAIR, Amend(9), COMMAND))
BALLOT: tuple[EntryKind, bytes] = ("ballot", b'{"command":"command-0002"}')
ANY = st.lists(st.sampled_from([CLOSE, CLOSE_REVOTE, COUNT, SETTLE, CONFIRM, BALLOT, AMEND]), max_size=12)


def _ledger(acts: Sequence[tuple[EntryKind, bytes]]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for sequence, (kind, body) in enumerate(acts, start=1):
        parent = entries[-1].hash if entries else RULES
        entries.append(chained(parent, sequence, kind, Instant(sequence), body))
    return entries


def test_a_head_is_told_when_a_window_the_count_and_the_confirmation_close_and_when_a_place_moves() -> None:
    """The newest of each stands for all before it; with how much there was, as long as that tells of nothing else."""
    entries = _ledger([BALLOT, CLOSE, BALLOT, CLOSE, COUNT, SETTLE, CONFIRM, RULE, AMEND, RULE, AMEND])
    told = gone_on(HeadsView(RULES), entries)
    assert [(one.when, one.hash, one.entries, one.at) for one in told.heads] == [
        ("closed", entries[3].hash, 4, 4),
        ("counted", entries[4].hash, 5, 5),
        ("confirmed", entries[6].hash, 0, 7),
        ("amended", entries[10].hash, 0, 11),
    ]


@given(st.lists(st.sampled_from([SETTLE, CLOSE_REVOTE]), max_size=5))
def test_votes_on_ties_and_revotes_are_told_to_nobody(ties: Sequence[tuple[EntryKind, bytes]]) -> None:
    """That there is a tie is sealed until it is announced. A hash is one whether or not there was."""
    bare, tied = (
        gone_on(HeadsView(RULES), _ledger([BALLOT, CLOSE, COUNT, *between, CONFIRM, COUNT, *between, CONFIRM]))
        for between in ([], ties)
    )

    def masked(view: HeadsView) -> list[object]:
        return [replace(one, hash="", at=0) for one in view.heads]

    assert masked(bare) == masked(tied)


@given(ANY, st.integers(0, 12))
def test_a_ledger_read_in_pieces_tells_the_same(acts: Sequence[tuple[EntryKind, bytes]], cut: int) -> None:
    """The server reads each entry once."""
    entries = _ledger(acts)
    assert gone_on(gone_on(HeadsView(RULES), entries[:cut]), entries[cut:]) == gone_on(HeadsView(RULES), entries)
