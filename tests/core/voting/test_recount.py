"""A record holds, or is told what is wrong with it. Every tampered one here is made from a real export."""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, get_args

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from roadshow.cli import main
from roadshow.competitions import definition
from roadshow.ids import AwardId, CommandId, CriterionId, PanelId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.voting.acts import (
    AcceptLate,
    Act,
    AskReopening,
    CloseCount,
    Countersign,
    Penalise,
    Reopen,
    Restore,
    Void,
)
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.chain import entry_hash, genesis
from roadshow.voting.ledger.reading import MAX_RECORD_BYTES, MOST
from roadshow.voting.ledger.record import Names, decode_record, encode_record, make_record, names_text
from roadshow.voting.ledger.recount import Report, recount
from roadshow.voting.ledger.signing import Signer, entry_text, needs_signature, result_text, signed_result
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.results import SignedResult
from roadshow.voting.seating.lots import drawn
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Award, Criterion, Panel, PollSpec, Prize, RuleSet, TieStep, Trim
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Cast

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE, EAR = ProjectId("arm"), ProjectId("leg"), ProjectId("eye"), ProjectId("ear")
LIN, MEI, OLGA, CHAIR = PersonId("lin"), PersonId("mei"), PersonId("olga"), PersonId("chair")
ORGANISER = PersonId("organiser-1")
IMPACT, TEAM = CriterionId("impact"), CriterionId("team")
SPEC = PollSpec(
    POLL,
    (ARM, LEG, EYE, EAR),
    (CHAIR, LIN, MEI, OLGA),
    CHAIR,
    ((OLGA, EAR),),
    (Criterion(IMPACT, 3, 10), Criterion(TEAM, 1, 10)),
    RuleSet(
        "trimmed-mean",
        2,
        ("net", "heaviest-criterion", "re-vote", "chair", "shared"),
        "exact",
        3,
        trim=Trim(1, 4),
        awards=(Award(AwardId("team-award"), "criterion", TEAM),),
        prizes=(Prize(AwardId("first"), 1, 9_000), Prize(AwardId("second"), 2)),
        second_confirmation=True,
    ),
    procedure=2,
)
SIGNER, STRANGER = (Signer(Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32))) for seed in (1, 2))


class _Clock:
    def __init__(self) -> None:
        self.time = Instant(1_700_000_000_000)

    def now(self) -> Instant:
        self.time += Duration(1000)
        return self.time


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


async def _final() -> tuple[bytes, bytes]:
    """A field's record, with every kind of entry in it, and Lin's receipt for arm."""
    service = VotingService(MemoryVoteStore(_Clock()), SIGNER, {ROOM: SPEC}, _Deaf())
    await service.prepare()
    numbers: Iterator[int] = iter(range(1000))

    def command() -> CommandId:
        return CommandId(f"command-{next(numbers):04}")

    def cast(project: ProjectId, impact: int, team: int, expected: int = 0, in_round: int = 1) -> Cast:
        return Cast(command(), project, {IMPACT: impact, TEAM: team}, expected, in_round)

    async def act(by: PersonId, act: Act) -> None:
        await service.act(ROOM, by, act, command())

    scores = {
        ARM: {LIN: (8, 7), MEI: (7, 8), OLGA: (9, 9), CHAIR: (8, 8)},
        LEG: {LIN: (8, 8), MEI: (8, 8), OLGA: (8, 8)},
        EYE: {LIN: (4, 5), MEI: (5, 5)},
        EAR: {LIN: (6, 6), MEI: (6, 6)},
    }
    own = None
    for project, given_scores in scores.items():
        await service.open_window(ROOM, project, Duration.minutes(5))
        for judge, (impact, team) in given_scores.items():
            stored = await service.cast(ROOM, judge, cast(project, impact, team))
            own = stored if own is None else own
        if project == EYE:
            await service.recuse(ROOM, CHAIR, EYE, Grounds("stake", "我的公司"), command())
            await service.abstain(ROOM, OLGA, Cast(command(), EYE, {}, 0), Grounds("missed"))
        await service.close_window(ROOM, project)
    late = await service.cast_late(ROOM, CHAIR, cast(LEG, 8, 8))
    await act(ORGANISER, AcceptLate(CHAIR, LEG, late.sequence, "the line was down"))
    await act(CHAIR, Void(LIN, EAR, "was not there"))
    await act(CHAIR, Restore(LIN, EAR, "was there"))
    await act(ORGANISER, Penalise(EAR, 150, "overtime"))
    await act(CHAIR, CloseCount(1))
    await service.revote(ROOM, CHAIR, (ARM, LEG), "level", None, command())
    for judge in (LIN, MEI):
        await service.cast(ROOM, judge, cast(ARM, 5, 5, in_round=2))
        await service.cast(ROOM, judge, cast(LEG, 6, 6, in_round=2))
    await service.close_revote(ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, command())
    await act(CHAIR, AskReopening(1, "looked again"))
    asked = (await service.views(ROOM)).review().asked
    assert asked is not None
    await act(ORGANISER, Reopen(asked.sequence))
    await act(CHAIR, CloseCount(2))
    await service.confirm(ROOM, CHAIR, False, command())
    await act(LIN, Countersign(2))
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, ORGANISER, len(view.announced), command())
    assert own is not None
    names = Names({ARM: "机械臂"}, {LIN: "Lin"})
    return encode_record(await service.record(ROOM, names)), canonical(own)


@cache
def _export() -> tuple[bytes, bytes]:
    return asyncio.run(_final())


Document = dict[str, Any]


def _document() -> Document:
    document: Document = json.loads(_export()[0])
    return copy.deepcopy(document)


def _written(document: Document) -> bytes:
    """As Roadshow writes it, as far as it is a record at all."""
    data = json.dumps(document, ensure_ascii=False).encode(errors="surrogatepass")
    try:
        return encode_record(decode_record(data))
    except (ValueError, RecursionError, OverflowError):
        return data


def _told(data: bytes | Document, key: str | None = None) -> Report:
    return recount(data if isinstance(data, bytes) else _written(data), key)


def _faults(report: Report) -> dict[str, str]:
    """By check, the first of each."""
    return {fault.check: fault.text for fault in reversed(report.faults)}


def _entry(document: Document, kind: str, *parts: str) -> Document:
    return next(
        entry for entry in document["entries"] if entry["kind"] == kind and all(part in entry["body"] for part in parts)
    )


def _mend(document: Document) -> None:
    """Number all entries anew and make every hash fit: what somebody would do who has read the documentation."""
    parent = document["entries"][0]["parent"]
    for sequence, entry in enumerate(document["entries"], start=1):
        entry["sequence"], entry["parent"] = sequence, parent
        parent = entry["hash"] = entry_hash(
            parent, sequence, entry["kind"], Instant(entry["at"]), entry["body"].encode()
        )


def test_a_real_record_holds_with_every_kind_of_entry_in_it() -> None:
    """Nobody must be accused of tampering without it."""
    report = _told(_export()[0], SIGNER.public_key)
    assert report.faults == ()
    assert {finding.check for finding in report.findings} == {
        "file", "rules", "chain", "receipts", "seals", "acknowledged", "acts", "confirmation", "key", "signature",
        "names", "count", "caveat", "podium",
    }  # fmt: skip
    assert {entry["kind"] for entry in _document()["entries"]} >= {
        "open", "close", "ballot", "recuse", "abstain", "late", "accept", "void", "restore", "penalty", "revote",
        "close-count", "confirm", "ask-reopening", "reopen", "countersign", "reveal",
    }  # fmt: skip
    assert "1. leg" in report.findings[-1].text
    assert "Version 2" in next(one.text for one in report.findings if one.check == "confirmation")


def test_a_record_is_one_file_and_no_other() -> None:
    """What says the same in another way may say something else to another reader: it is told what is off."""
    data = _export()[0]
    assert encode_record(decode_record(data)) == data
    assert "reformatted" in _faults(_told(json.dumps(_document(), ensure_ascii=False).encode()))["file"]
    twice = data.replace(b'"poll":"robotics"', b'"poll":"robotic","poll":"robotics"', 1)
    assert "the name poll stands there twice" in _faults(_told(twice))["file"]
    unknown = data.replace(b'"recused":false', b'"recused":false,"weight":9', 1)
    assert "fields are unknown" in _faults(_told(unknown))["file"]
    for other in (twice, unknown):
        assert _faults(_told(other)).keys() == {"file"}


def test_a_record_of_the_former_format_is_told_so() -> None:
    """It is no fault of the file."""
    former = _export()[0].replace(b"roadshow record 2", b"roadshow record 1")
    assert "the former format, roadshow record 1" in _faults(_told(former))["file"]


def test_a_head_that_was_noted_is_found_again() -> None:
    """Whoever wrote it down at a close knows that nothing before it was changed since, whoever holds the key."""
    record = _export()[0]
    document = _document()
    noted = [genesis(SPEC), document["entries"][4]["hash"].upper()]
    report = recount(record, heads=noted)
    assert report.holds
    assert "The ledger up to entry 5 is the one" in report.findings[-1].text
    assert recount(record, heads=["0" * 64]).faults[0].check == "head"
    assert recount(_written(_signed_by(STRANGER, document)), heads=[document["entries"][-1]["hash"]]).faults


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(public_key="A" * 4_000_000),
        lambda document: document["result"].update(public_key="A" * 44),
        lambda document: document["receipts"][0].update(signature="A" * 1_000_000),
        lambda document: document["seals"][0].update(signature=""),
        lambda document: document["entries"][0].update(body="[" * 40_000),
        lambda document: document["entries"][0].update(at=2**60),
        lambda document: document["receipts"][0].update(judge="x" * 3_000),
        lambda document: document["receipts"][0].update(scores={"x" * 3_000: 1}),
        lambda document: document["podium"][0].update(score="9" * 3_000),
        lambda document: document.update(entries=document["entries"] + [_entry(document, "revote")] * 1_000),
    ],
    ids=[
        "key", "result's key", "signature", "no signature", "body", "number", "text", "name", "score", "votes on ties",
    ],
)  # fmt: skip
def test_every_field_has_a_limit(change: Callable[[Document], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it nothing is verified, hashed or counted: a file of 4 MiB took minutes once."""
    monkeypatch.setattr("roadshow.voting.ledger.recount._findings", None)
    document = _document()
    change(document)
    assert "is not a record as Roadshow writes it" in _faults(_told(document))["file"]


# Tampering ----------------------------------------------------------------------------------------------------------


def test_a_changed_score_is_named_with_the_score_it_was() -> None:
    """By the judge's own receipt."""
    document = _document()
    entry = _entry(document, "ballot", '"judge":"lin"', '"project":"arm"')
    entry["body"] = entry["body"].replace('"impact":8', '"impact":10')
    faults = _faults(_told(document))
    assert f"Entry {entry['sequence']} (ballot) was changed" in faults["chain"]
    assert "lin's receipt for arm it has impact 10 instead of 8" in faults["chain"]
    assert "lin for arm" in faults["receipts"]
    assert "arm: published is" in faults["count"]


def test_a_changed_score_is_named_though_every_hash_was_mended() -> None:
    """Hashes anybody can compute; signatures only we."""
    document = _document()
    entry = _entry(document, "ballot", '"judge":"lin"', '"project":"arm"')
    entry["body"] = entry["body"].replace('"impact":8', '"impact":10')
    _mend(document)
    faults = _faults(_told(document))
    assert "impact 10 instead of 8. Its hash was made to fit." in faults["chain"]
    assert "confirmed over another ledger" in faults["confirmation"]


def test_a_removed_entry_is_missed() -> None:
    """A ballot somebody would rather not have had."""
    document = _document()
    entry = _entry(document, "ballot", '"judge":"mei"', '"project":"leg"')
    document["entries"].remove(entry)
    faults = _faults(_told(document))
    assert f"Entry {entry['sequence']} is missing" in faults["chain"]
    assert f"mei for leg (entry {entry['sequence']}) is for a ballot that is not in the ledger" in faults["receipts"]


def test_a_removed_entry_is_missed_though_the_rest_was_numbered_anew() -> None:
    """And its receipt taken out with it."""
    document = _document()
    entry = _entry(document, "ballot", '"judge":"mei"', '"project":"leg"')
    document["entries"].remove(entry)
    document["receipts"] = [one for one in document["receipts"] if one["sequence"] != entry["sequence"]]
    _mend(document)
    faults = _faults(_told(document))
    assert "is for another ballot" in faults["receipts"]
    assert {"chain", "confirmation"} <= faults.keys()


def test_reordered_entries_are_put_to_their_places() -> None:
    """Which came first decides which counts."""
    document = _document()
    document["entries"][3], document["entries"][4] = document["entries"][4], document["entries"][3]
    faults = _faults(_told(document))
    assert "Entry 4 stands after entry 5: entries were put into another order." in faults["chain"]


def _forged(document: Document, sequence: int) -> Document:
    body = '{"command":"forged-01","judge":"olga","project":"leg","revision":2,"scores":{"impact":0,"team":0}}'
    before = document["entries"][sequence - 2]
    at, parent = before["at"], before["hash"]
    made = entry_hash(parent, sequence, "ballot", Instant(at), body.encode())
    return {"sequence": sequence, "kind": "ballot", "at": at, "body": body, "parent": parent, "hash": made}


def test_an_added_entry_stands_out() -> None:
    """It fits the entry before it, but the next one does not follow from it; nor has it a receipt."""
    document = _document()
    close = _entry(document, "close", '"project":"leg"')
    document["entries"].insert(close["sequence"] - 1, _forged(document, close["sequence"]))
    faults = _faults(_told(document))
    assert f"There are two different entries {close['sequence']}: one was put in." in faults["chain"]
    _mend(document)
    faults = _faults(_told(document))
    assert "no such late ballot waits" in faults["acts"]
    assert {"receipts", "confirmation", "signature"} - faults.keys() == {"signature"}


def test_an_entry_added_at_the_end_cannot_have_happened() -> None:
    """No hash after it gives it away, but the result was confirmed before."""
    document = _document()
    document["entries"].append(_forged(document, len(document["entries"]) + 1))
    faults = _faults(_told(document))
    assert "cannot have happened: the result was confirmed before" in faults["acts"]
    assert "was never acknowledged" in faults["acknowledged"]


def test_a_doubled_entry_is_said_to_be_one() -> None:
    """It would count once all the same; but it is not the ledger."""
    document = _document()
    document["entries"].insert(5, copy.deepcopy(document["entries"][4]))
    assert "Entry 5 is in the file twice." in _faults(_told(document))["chain"]


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec["rules"].update(places=1),
        lambda spec: spec["rules"].update(estimator="mean"),
        lambda spec: spec["criteria"][1].update(weight=9),
        lambda spec: spec["judges"].remove("olga"),
        lambda spec: spec["judges"].__setitem__(1, "eve"),
        lambda spec: spec.update(chair="lin"),
        lambda spec: spec["recused"].clear(),
    ],
    ids=["places", "estimator", "weight", "judge removed", "judge swapped", "chair", "conflicts"],
)
def test_other_rules_than_those_of_the_beginning_are_told(change: Callable[[Document], None]) -> None:
    """Counting by other rules is the quietest way to another podium."""
    document = _document()
    change(document["spec"])
    assert "not those the voting began with" in _faults(_told(document))["rules"]


def test_a_swapped_judge_is_named() -> None:
    """By the receipt of the one whose ballot it was."""
    document = _document()
    entry = _entry(document, "ballot", '"judge":"lin"', '"project":"arm"')
    entry["body"] = entry["body"].replace('"judge":"lin"', '"judge":"eve"')
    faults = _faults(_told(document))
    assert "it says judge eve, the receipt lin" in faults["chain"]
    assert "eve has no vote on arm" in faults["acts"]


def test_a_changed_time_is_named() -> None:
    """In or after the window is a matter of a second."""
    document = _document()
    entry = _entry(document, "ballot", '"judge":"lin"', '"project":"arm"')
    entry["at"] += 1
    assert f"its time is {entry['at']}, lin's receipt says {entry['at'] - 1}" in _faults(_told(document))["chain"]
    document = _document()
    document["entries"][0]["at"] = 1
    assert "Entry 1 (open) was changed" in _faults(_told(document))["chain"]


def test_a_changed_result_is_told_line_by_line() -> None:
    """The table, its signature and its confirmation."""
    document = _document()
    first, second = document["result"]["standings"][:2]
    first["place"], second["place"] = second["place"], first["place"]
    faults = _faults(_told(document))
    assert "leg: published is place 2" in faults["count"]
    assert "counted place 1" in faults["count"]
    assert "signature is not that" in faults["signature"]
    assert "not the one that was confirmed" in faults["confirmation"]


def test_changed_names_are_told() -> None:
    """Whoever reads a podium reads names: with others for the same ids, it is another one."""
    document = _document()
    document["names"]["projects"]["arm"] = "Leg"
    assert _faults(_told(document)).keys() == {"names"}


def test_a_changed_podium_is_told() -> None:
    """It is what everybody looks at."""
    document = _document()
    document["podium"][0]["projects"], document["podium"][1]["projects"] = (
        document["podium"][1]["projects"],
        document["podium"][0]["projects"],
    )
    assert _faults(_told(document)).keys() == {"podium"}
    document["podium"].pop()
    assert {"podium", "confirmation"} == _faults(_told(document)).keys()


def _signed_by(stranger: Signer, document: Document) -> Document:
    """The same record, but every signature and the confirmation's hash are a stranger's."""
    record = decode_record(_written(document))
    result = signed_result(record.result, stranger)
    forged: Document = json.loads(
        encode_record(msgspec.structs.replace(record, public_key=stranger.public_key, result=result))
    )
    confirm = [entry for entry in forged["entries"] if entry["kind"] == "confirm"][-1]
    body = json.loads(confirm["body"])
    body["result"] = digest(canonical(result))
    confirm["body"] = json.dumps(body, sort_keys=True, separators=(",", ":"))
    _mend(forged)
    signed = decode_record(_written(forged))
    entries = [
        LedgerEntry(one.sequence, one.parent, one.hash, one.kind, one.body.encode(), Instant(one.at))
        for one in signed.entries
    ]
    rules = genesis(signed.spec)
    seals = {one.sequence: stranger.sign(entry_text(POLL, rules, one)) for one in entries if needs_signature(one)}
    names = msgspec.structs.replace(signed.names, signature=stranger.sign(names_text(POLL, signed.names)))
    again: Document = json.loads(
        encode_record(make_record(signed.spec, entries, result, stranger.public_key, seals, names))
    )
    return again


def test_a_record_signed_with_a_foreign_key_is_told_by_whoever_knows_the_key() -> None:
    """A file can be made whole again by anybody; not by anybody with our key."""
    forged = _signed_by(STRANGER, _document())
    assert _told(forged).holds
    assert _faults(_told(forged, SIGNER.public_key)).keys() == {"key"}
    assert recount(_written(forged), None, _export()[1]).faults[0].check == "receipt"


def test_a_foreign_signature_on_the_result_alone_is_told() -> None:
    """Or on one receipt."""
    document = _document()
    document["result"]["public_key"] = STRANGER.public_key
    assert {"key", "signature", "confirmation"} == _faults(_told(document)).keys()
    document = _document()
    document["receipts"][0]["signature"] = document["receipts"][1]["signature"]
    assert "not signed with the record's key" in _faults(_told(document))["receipts"]


def test_a_truncated_file_is_told() -> None:
    """Half a download is no tampering, and no record."""
    data = _export()[0]
    assert "cut short or damaged" in _faults(_told(data[: len(data) // 2]))["file"]
    assert "cut short or damaged" in _faults(_told(b""))["file"]
    document = _document()
    confirm = _entry(document, "confirm")
    document["entries"] = document["entries"][: confirm["sequence"] - 1]
    assert "has no confirmation that stands" in _faults(_told(document))["confirmation"]


def test_a_ledger_without_its_last_acts_is_told() -> None:
    """Without the second signature nothing could have been announced."""
    document = _document()
    countersign = _entry(document, "countersign")
    document["entries"] = document["entries"][: countersign["sequence"] - 1]
    assert "second signature" in _faults(_told(document))["confirmation"]
    document = _document()
    document["entries"].pop()
    assert "2 places were announced; the podium in the file has 3" in _faults(_told(document))["confirmation"]


def test_an_older_version_cannot_pass_for_the_newest() -> None:
    """It was taken back for a reason."""
    document = _document()
    document["result"]["version"] = 1
    assert "says version 1; the ledger has 2" in " ".join(one.text for one in _told(document).faults)


# Whatever comes -----------------------------------------------------------------------------------------------------

Path = tuple[str | int, ...]


def _leaves(value: object, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, number))
    else:
        yield path


LEAVES = list(_leaves(_document()))
_any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(LEAVES), _any_json, st.booleans())
def test_no_value_of_a_record_can_be_changed_unnoticed(path: Path, other: object, mended: bool) -> None:
    """Wherever, whatever to, and whether or not the hashes are made to fit; and it is always an answer, no trace."""
    document = _document()
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if type(place[path[-1]]) is type(other) and place[path[-1]] == other:
        return
    place[path[-1]] = other
    data = _written(document)
    try:
        same = decode_record(data) == decode_record(_export()[0])
    except (ValueError, RecursionError):
        same = False
    if mended and path[0] == "entries" and path[2] in ("at", "body"):
        try:
            _mend(document)
            data = _written(document)
        except (AttributeError, TypeError, UnicodeError):
            pass
    assert same or not _told(data).holds


@given(st.binary(max_size=200) | st.integers(0, 5000).map(lambda depth: b"[" * depth))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    """Somebody will give it a photograph."""
    assert _faults(_told(data)).keys() == {"file"}


@given(st.integers(0, len(_export()[0]) - 1), st.integers(0, 255))
def test_any_flipped_byte_gets_an_answer(at: int, byte: int) -> None:
    """A disk may do it, too."""
    data = bytearray(_export()[0])
    data[at] = byte
    _told(bytes(data))


def test_what_is_too_much_is_not_read() -> None:
    """A file to fill the memory, rules to count for years by, a number nobody can write."""
    assert "no record is" in _faults(_told(b" " * (MAX_RECORD_BYTES + 1)))["file"]
    document = _document()
    document["spec"]["projects"] = [f"project-{number}" for number in range(300)]
    assert "300 projects" in _faults(_told(document))["file"]
    for name, value in (("weight", 0), ("maximum", 0), ("weight", 10**30), ("maximum", -1)):
        document = _document()
        document["spec"]["criteria"][0][name] = value
        assert _faults(_told(document)).keys() == {"file"}
    document = _document()
    document["receipts"][0]["revision"] = 10**30
    assert not _told(document).holds
    document = _document()
    document["receipts"][0]["judge"] = "\x1b[2J\u202e" + "x" * 1990
    text = _faults(_told(document))["receipts"]
    assert text.isprintable()
    assert len(text) <= 1000


# A judge's own receipt, the table, and the command ------------------------------------------------------------------


def test_a_judge_finds_their_own_ballot() -> None:
    """Offline, with nothing but the receipt and the record."""
    record, own = _export()
    assert "Your ballot for arm is entry 2, as receipted." in recount(record, None, own).findings[-1].text
    changed = own.replace(b'"impact":8', b'"impact":9')
    for bad in (changed, b"{}", b"[" * 100_000, b" " * 100_000):
        assert recount(record, None, bad).faults[0].check == "receipt"


def test_the_file_that_a_judges_desk_saves_is_looked_for_whole() -> None:
    """Each receipt in it, and the key that the browser saw first."""
    record, own = _export()
    document = _document()
    mine = [one for one in document["receipts"] if one["judge"] == "lin"]
    file = {"format": "roadshow receipts 1", "public_key": SIGNER.public_key, "receipts": mine}
    report = recount(record, None, json.dumps(file).encode())
    assert report.holds
    assert sum(finding.check == "receipt" for finding in report.findings) == len(mine) > 1
    noted = recount(record, None, json.dumps({**file, "heads": [genesis(SPEC), "0" * 64]}).encode())
    assert [one.holds for one in noted.findings if one.check == "head"] == [True, False]
    assert recount(record, None, json.dumps({**file, "public_key": STRANGER.public_key}).encode()).faults
    assert recount(record, None, json.dumps({**file, "receipts": [json.loads(own)] * 1_001}).encode()).faults


def _signed_anew(document: Document, change: Callable[[Document], None]) -> Document:
    """The result changed by whoever has the key, and confirmed as such."""
    change(document["result"])
    result = msgspec.convert(document["result"], SignedResult)
    document["result"] = msgspec.to_builtins(signed_result(msgspec.structs.replace(result, signature=""), SIGNER))
    stored = digest(canonical(msgspec.convert(document["result"], SignedResult)))
    confirm = [entry for entry in document["entries"] if entry["kind"] == "confirm"][-1]
    body = json.loads(confirm["body"])
    confirm["body"] = canonical({**body, "result": stored}).decode()
    _mend(document)
    rules, by_sequence = genesis(SPEC), {entry["sequence"]: entry for entry in document["entries"]}
    for seal in document["seals"]:
        row = by_sequence[seal["sequence"]]
        entry = LedgerEntry(
            row["sequence"], row["parent"], row["hash"], row["kind"], row["body"].encode(), Instant(row["at"])
        )
        seal["signature"] = SIGNER.sign(entry_text(POLL, rules, entry))
    return document


def test_what_hangs_on_missing_ballots_is_told_whatever_the_result_says() -> None:
    """Whoever has the key could leave it out, or make it harmless: the count says it all the same."""
    said = [one.text for one in _told(_export()[0]).findings if one.check == "caveat"]
    assert "came for ear: chair" in said[0]
    assert "provisional" in said[1]
    assert "fewer than 4 ballots count for eye" in said[2]
    assert "By the trimmed-mean, it cannot be worked out." in said[2]
    document = _signed_anew(_document(), lambda result: result.pop("caveat"))
    report = _told(document)
    assert report.faults == ()
    assert [one.text for one in report.findings if one.check == "caveat"][:-1] == said
    document = _signed_anew(_document(), lambda result: result["caveat"].pop("provisional"))
    assert "missing ballots" in _faults(_told(document))["count"]


def test_a_result_of_before_keeps_hash_and_signature() -> None:
    """Its record must hold for as long as anybody keeps it: what it could not say is not in it."""
    result = decode_record(_export()[0]).result
    before = msgspec.structs.replace(result, caveat=None)
    assert b"caveat" not in canonical(before)
    assert b"caveat" not in result_text(before)
    assert b"caveat" in canonical(result)


def test_the_record_belongs_to_its_spec() -> None:
    """The first entry's parent is the hash of the rules."""
    assert _document()["entries"][0]["parent"] == genesis(decode_record(_export()[0]).spec)


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["recount", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_command_says_it_in_words_and_in_its_exit_code(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """0 if all holds, 1 if not, 2 if there is no such file; never a trace."""
    file = tmp_path / "record.json"
    file.write_bytes(_export()[0])
    assert _run(str(file), "--key", SIGNER.public_key) == 0
    assert "This record holds." in capsys.readouterr().out
    (tmp_path / "receipt.json").write_bytes(_export()[1])
    assert _run(str(file), "--receipt", str(tmp_path / "receipt.json")) == 0
    assert "compare it" in capsys.readouterr().out
    assert _run(str(file), "--key", STRANGER.public_key) == 1
    assert "WRONG" in capsys.readouterr().out
    assert _run(str(tmp_path / "none.json")) == 2
    assert "none.json cannot be read" in capsys.readouterr().err
    assert _run(str(tmp_path)) == 2


@pytest.mark.parametrize("begins", ["-", "--", "-h"])
def test_a_key_may_begin_as_options_do(tmp_path: Any, capsys: pytest.CaptureFixture[str], begins: str) -> None:
    """One key in 64 does: whoever has such a one is told of the key, and not of how to call the command."""
    file = tmp_path / "record.json"
    file.write_bytes(_export()[0])
    key = begins + STRANGER.public_key
    for arguments in ([str(file), "--key", key], ["--key", key, str(file)]):
        assert _run(*arguments) == 1
        assert "not the one you gave" in capsys.readouterr().out
    assert _run(str(file), "--key") == 2


def test_a_prize_that_the_places_do_not_give_is_told() -> None:
    """Whoever has the key could hand the first prize, which nobody has the points for, to somebody all the same."""
    document = _signed_anew(_document(), lambda result: result["prizes"][0].update(projects=["leg"], vacant=0))
    assert "prizes are not those" in _faults(_told(document))["count"]
    document = _signed_anew(_document(), lambda result: result.pop("prizes"))
    assert "prizes are not those" in _faults(_told(document))["count"]


def test_judges_who_were_not_put_there_by_the_lot_are_told() -> None:
    """Whoever writes the spec could give the strict judge to a rival: the lot is drawn again, and from the chain on
    nothing else need be wrong."""
    record = decode_record(_export()[0])
    seats = tuple((judge, PanelId("jury")) for judge in SPEC.judges)
    rules = msgspec.structs.replace(SPEC.rules, panels=(Panel(PanelId("jury"), 1, 4),), draw="8 15 23")
    spec = msgspec.structs.replace(SPEC, rules=rules, seats=seats)

    def lot(assigned: tuple[tuple[PersonId, ProjectId], ...]) -> bool:
        forged = msgspec.structs.replace(record, spec=msgspec.structs.replace(spec, assigned=assigned))
        (found,) = (one for one in recount(encode_record(forged)).findings if one.check == "lot")
        return found.holds

    assert lot(drawn(spec))
    assert not lot(drawn(spec)[:-1])
    assert not lot(drawn(spec)[::-1])


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: msgspec.structs.replace(spec, seats=()),
        lambda spec: msgspec.structs.replace(spec, seats=(*spec.seats, spec.seats[0])),
        lambda spec: msgspec.structs.replace(spec, seats=tuple((judge, PanelId("none")) for judge, _ in spec.seats)),
        lambda spec: _panels(spec, Panel(PanelId("jury"), 0)),
        lambda spec: _panels(spec, Panel(PanelId("jury"), 1), Panel(PanelId("jury"), 1)),
        lambda spec: _panels(spec, Panel(PanelId("jury"), -1)),
        lambda spec: msgspec.structs.replace(spec, assigned=(("lin", "arm"),) * 17),
        lambda spec: msgspec.structs.replace(spec, rules=msgspec.structs.replace(spec.rules, draw="x" * 201)),
    ],
)
def test_panels_that_no_poll_has_are_refused(change: Callable[[PollSpec], PollSpec]) -> None:
    """Counting could stumble over a judge without a seat, or over a jury without a weight."""
    seats = tuple((judge, PanelId("jury")) for judge in SPEC.judges)
    spec = _panels(msgspec.structs.replace(SPEC, seats=seats), Panel(PanelId("jury"), 1))
    record = decode_record(_export()[0])
    assert recount(encode_record(msgspec.structs.replace(record, spec=spec))).findings[0].holds
    told = recount(encode_record(msgspec.structs.replace(record, spec=change(spec)))).findings[0]
    assert not told.holds
    assert "The rules in the file cannot be" in told.text


def _panels(spec: PollSpec, *panels: Panel) -> PollSpec:
    return msgspec.structs.replace(spec, rules=msgspec.structs.replace(spec.rules, panels=panels))


def test_every_field_that_a_definition_allows_is_read_again() -> None:
    """The bounds of a record are there for what no competition writes, and not for the largest one."""
    assert MOST["projects"] >= definition.MOST_PROJECTS
    assert MOST["judges"] >= definition.MOST_JUDGES
    assert MOST["criteria"] >= definition.MOST_CRITERIA
    assert MOST["awards"] >= definition.MOST_AWARDS
    assert MOST["panels"] >= definition.MOST_PANELS
    assert MOST["steps"] >= len(get_args(TieStep))
