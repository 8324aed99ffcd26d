"""The chain, the fold, the signatures."""

import json
from collections.abc import Callable, Sequence

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant, encode_moment
from roadshow.voting.acts import close_body, open_body, settle_body
from roadshow.voting.ballot import ballot_hash, encode_ballot
from roadshow.voting.ledger.chain import Fault, chained, entry_hash, genesis, verify
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.signing import Signer, is_genuine, is_in, is_signed, receipt_text, unsigned_receipt
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import EntryKind, LedgerEntry
from roadshow.voting.votes import Accepted, Ballot, Receipt

LIN, MEI = PersonId("lin"), PersonId("mei")
ARM, LEG = ProjectId("arm"), ProjectId("leg")
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    PollId("robotics"),
    (ARM, LEG),
    (LIN, MEI),
    LIN,
    (),
    (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("chair", "shared"), "exact", 3),
)
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def _ballot(judge: PersonId, project: ProjectId, revision: int, score: int, at: int) -> Ballot:
    command = CommandId(f"{judge}-{project}-{revision}")
    return Ballot(judge, project, revision, command, {IMPACT: score}, Instant(at))


def _ledger(acts: Sequence[tuple[EntryKind, bytes, int]]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    parent = genesis(SPEC)
    for sequence, (kind, body, at) in enumerate(acts, start=1):
        entries.append(chained(parent, sequence, kind, Instant(at), body))
        parent = entries[-1].hash
    return entries


FIRST = _ballot(LIN, ARM, 1, 3, 20)
REVISED = _ballot(LIN, ARM, 2, 7, 30)
OTHER = _ballot(MEI, ARM, 1, 5, 30)
HEAD, TAIL = open_body(ARM)
LEDGER = _ledger(
    [
        ("open", HEAD + b"null" + TAIL, 10),
        ("ballot", encode_ballot(FIRST), 20),
        ("ballot", encode_ballot(REVISED), 30),
        ("ballot", encode_ballot(OTHER), 30),
        ("close", close_body(ARM, "command"), 40),
        ("settle", settle_body(LIN, (LEG, ARM), "the chair's vote", CommandId("settle-1")), 50),
    ]
)


def test_the_chain_is_the_documented_one() -> None:
    """Ledgers of years past must still verify: any change of these values breaks them."""
    assert genesis(SPEC) == "3ac6c759e64f8236bb94e46c0bfe8c9b197f17507eadb1efea91081aa6e18fbb"
    assert entry_hash("0" * 64, 1, "close", Instant(1_700_000_000_000), b'{"by":"command","project":"arm"}') == (
        "d11ca298811600897f6f4adedc164cfc2f80d60f997d0c7f59d07c2965344bad"
    )


def test_a_whole_ledger_verifies() -> None:
    """Nobody must be accused of tampering without it."""
    assert verify(LEDGER, genesis(SPEC)) is None
    assert verify([], genesis(SPEC)) is None


def _replaced(entry: int, **changes: object) -> Callable[[list[LedgerEntry]], list[LedgerEntry]]:
    return lambda ledger: [
        msgspec.structs.replace(e, **changes) if n == entry else e for n, e in enumerate(ledger, start=1)
    ]


def _forged(ledger: list[LedgerEntry]) -> list[LedgerEntry]:
    """Entry 3 changed and its own hash mended."""
    old = ledger[2]
    new = chained(old.parent, old.sequence, old.kind, old.at, encode_ballot(_ballot(LIN, ARM, 2, 10, 30)))
    return [*ledger[:2], new, *ledger[3:]]


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (_replaced(3, body=encode_ballot(_ballot(LIN, ARM, 2, 10, 30))), Fault(3, "changed")),
        (_replaced(3, at=Instant(31)), Fault(3, "changed")),
        (_replaced(3, kind="recuse"), Fault(3, "changed")),
        (_forged, Fault(4, "not-joined")),
        (lambda ledger: [*ledger[:2], *ledger[3:]], Fault(3, "missing")),
        (lambda ledger: ledger[1:], Fault(1, "missing")),
        (lambda ledger: [*ledger[:2], ledger[3], ledger[2], *ledger[4:]], Fault(3, "missing")),
        (lambda ledger: [*ledger[:2], ledger[1], *ledger[2:]], Fault(3, "missing")),
        (lambda _: _ledger([("close", b"{}", 20), ("close", b"{}", 10)]), Fault(2, "back-in-time")),
    ],
    ids=["score", "time", "kind", "mended", "removed", "first removed", "reordered", "doubled", "back in time"],
)
def test_what_was_tampered_with_is_named(
    tamper: Callable[[list[LedgerEntry]], list[LedgerEntry]], fault: Fault
) -> None:
    """ "Something is wrong" is no help to whoever has to find out what."""
    assert verify(tamper(LEDGER), genesis(SPEC)) == fault


def test_another_rubric_does_not_verify() -> None:
    """The first entry's parent is the hash of the rules it was voted under."""
    others = msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, places=1))
    assert verify(LEDGER, genesis(others)) == Fault(1, "not-joined")


def test_the_tally_is_a_fold_of_the_ledger() -> None:
    """The newest revision counts, once, wherever it was counted."""
    tally = fold(LEDGER)
    assert tally.ballots == (
        Accepted(REVISED, 3, ballot_hash(REVISED)),
        Accepted(OTHER, 4, ballot_hash(OTHER)),
    )
    assert tally.settled == ((LEG, ARM),)


@given(st.lists(st.tuples(st.sampled_from([LIN, MEI]), st.sampled_from([ARM, LEG]), st.integers(0, 10)), max_size=20))
def test_any_course_of_voting_folds_to_its_newest_ballots(course: list[tuple[PersonId, ProjectId, int]]) -> None:
    """Against the plainest model there is: a dictionary."""
    model: dict[tuple[PersonId, ProjectId], Ballot] = {}
    acts: list[tuple[EntryKind, bytes, int]] = []
    for at, (judge, project, score) in enumerate(course):
        before = model.get((judge, project))
        ballot = _ballot(judge, project, 1 + (before.revision if before else 0), score, at)
        model[judge, project] = ballot
        acts.append(("ballot", encode_ballot(ballot), at))
    entries = _ledger(acts)
    assert verify(entries, genesis(SPEC)) is None
    assert {(a.ballot.judge, a.ballot.project): a.ballot for a in fold(entries).ballots} == model


# Receipts -----------------------------------------------------------------------------------------------------------

ACCEPTED = Accepted(REVISED, 3, ballot_hash(REVISED))


def _given(accepted: Accepted, parent: str) -> Receipt:
    unsigned = unsigned_receipt(SPEC.poll, genesis(SPEC), parent, accepted)
    return msgspec.structs.replace(unsigned, signature=SIGNER.sign(receipt_text(unsigned)))


RECEIPT = _given(ACCEPTED, LEDGER[1].hash)


def test_a_receipt_verifies_and_is_found_in_the_ledger() -> None:
    """That is what a judge holds in hand if the result is doubted."""
    assert is_genuine(RECEIPT, SIGNER.public_key)
    assert is_in(RECEIPT, LEDGER[2])
    assert not is_in(RECEIPT, LEDGER[1])


def test_a_receipt_is_for_one_ledger_up_to_there() -> None:
    """Whoever puts an act in before a ballot, and mends every hash, has no receipt for that ballot any more."""
    before = LEDGER[1]
    entry = LEDGER[2]
    elsewhere = chained("0" * 64, entry.sequence, entry.kind, entry.at, entry.body)
    assert not is_in(RECEIPT, elsewhere)
    assert RECEIPT.parent == before.hash
    assert RECEIPT.rules == genesis(SPEC)


def test_the_same_ballot_gets_the_same_receipt() -> None:
    """A re-sent ballot must not look like a second one."""
    assert _given(ACCEPTED, LEDGER[1].hash) == RECEIPT


@pytest.mark.parametrize(
    "change",
    [
        {"poll": PollId("another")},
        {"judge": MEI},
        {"project": LEG},
        {"revision": 3},
        {"command": CommandId("another-1")},
        {"scores": {IMPACT: 8}},
        {"cast_at": Instant(31)},
        {"ballot_hash": "0" * 64},
        {"sequence": 4},
        {"rules": "0" * 64},
        {"parent": "0" * 64},
        {"entry": "0" * 64},
        {"recused": True},
        {"signature": ""},
        {"signature": RECEIPT.signature[:-2] + "é="},
    ],
    ids="-".join,
)
def test_a_receipt_with_anything_changed_is_not_genuine(change: dict[str, object]) -> None:
    """Every field of it is a claim."""
    assert not is_genuine(msgspec.structs.replace(RECEIPT, **change), SIGNER.public_key)


@given(st.integers(1, 3000), st.booleans(), st.booleans(), st.booleans(), *[st.sampled_from(["", "A" * 86])] * 2)
def test_what_is_signed_is_the_documented_text(
    in_round: int, recused: bool, abstained: bool, late: bool, signed: str, sealed: str
) -> None:
    """Others check it with tools of their own: docs/voting.md tells what is in it, and what goes without saying."""
    told = msgspec.structs.replace(
        RECEIPT, round=in_round, recused=recused, abstained=abstained, late=late, signed=signed, sealed=sealed
    )
    said = dict(msgspec.to_builtins(told, enc_hook=encode_moment))
    del said["signature"]
    for name, default in (("round", 1), ("abstained", False), ("late", False), ("signed", ""), ("sealed", "")):
        if said[name] == default:
            del said[name]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert receipt_text(told) == b"roadshow receipt 2\n" + text.encode()


def test_a_receipt_of_another_key_is_not_genuine() -> None:
    """Anybody can sign; the public key is printed with the result."""
    assert not is_genuine(RECEIPT, Signer(Ed25519PrivateKey.generate()).public_key)
    assert not is_genuine(RECEIPT, "no key")


def test_a_recusals_receipt_proves_the_recusal_in_the_ledger() -> None:
    """A judge who withdrew can show when."""
    recusal = Ballot(MEI, LEG, 1, CommandId("recuse-1"), {}, Instant(60), True, "my own company")
    entry = chained(LEDGER[-1].hash, 7, "recuse", Instant(60), encode_ballot(recusal))
    given = _given(Accepted(recusal, 7, ballot_hash(recusal)), LEDGER[-1].hash)
    assert is_genuine(given, SIGNER.public_key)
    assert is_in(given, entry)
    assert fold([*LEDGER, entry]).ballots[-1].ballot == recusal


def test_a_signature_is_for_one_text_alone() -> None:
    """RFC 8032 does it; this holds our use of it."""
    signature = SIGNER.sign(b"text")
    assert is_signed(b"text", signature, SIGNER.public_key)
    assert not is_signed(b"another", signature, SIGNER.public_key)
