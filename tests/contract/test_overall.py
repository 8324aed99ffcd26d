"""The podium of all fields together: who signs it and when, and that anybody comes to it from the fields' records."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.cli import main
from roadshow.clock import SystemClock
from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount
from roadshow.voting.aftermath.acts import Amend, AskAmendment
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.ledger.chain import entry_hash, genesis
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.overall.counting import recount_together
from roadshow.voting.overall.podium import OVERALL, OverallResult, overall_spec, signed_text
from roadshow.voting.overall.record import OverallRecord, encode_overall, is_overall
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import PlaceView
from roadshow.voting.seals.heads import HeadFile
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast

NOT_SO = "Its ledger is not a count that was closed, a confirmation, a second signature and each place announced."
IDEA = CriterionId("idea")
AI, BIO = RoomId("ai"), RoomId("bio")
RULES = RuleSet("mean", 1, ("shared",), "exact", 3, overall=True)
SCORES = {AI: {"arm": (90, 92), "leg": (70, 71)}, BIO: {"seed": (80, 80), "leaf": (91, 91)}}
ANNA, DENG = PersonId("organiser"), PersonId("organiser-2")
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))
PODIUM = (
    PlaceView(3, (ProjectId("seed"),), "80.00"),
    PlaceView(1, (ProjectId("arm"), ProjectId("leaf")), "91.00"),
)
"""In the order of the ceremony: two share the first place."""


class _Heard:
    def __init__(self) -> None:
        self.ceremonies: list[str] = []

    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None:
        self.ceremonies.append(room)


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    return RedisVoteStore(request.getfixturevalue("connected"), Keys(CompetitionId("final")))


def _spec(room: RoomId) -> PollSpec:
    judges = tuple(PersonId(f"judge-{room}-{number}") for number in (1, 2))
    projects = tuple(ProjectId(project) for project in SCORES[room])
    return PollSpec(PollId(room), projects, judges, judges[0], (), (Criterion(IDEA, 1, 100),), RULES)


async def _begun(store: VoteStore, heard: _Heard | None = None) -> VotingService:
    service = VotingService(store, SIGNER, {room: _spec(room) for room in SCORES}, heard or _Heard())
    await service.prepare()
    return service


async def _held(service: VotingService, room: RoomId) -> None:
    """From the first window to the last place."""
    spec = _spec(room)
    for project, scores in SCORES[room].items():
        await service.open_window(room, ProjectId(project), Duration.minutes(1))
        for judge, score in zip(spec.judges, scores, strict=True):
            cast = Cast(CommandId(f"cast-{judge}-{project}"), ProjectId(project), {IDEA: score}, 0)
            await service.cast(room, judge, cast)
        await service.close_window(room, ProjectId(project))
    await service.act(room, spec.chair, CloseCount(1), CommandId(f"close-count-{room}"))
    await service.confirm(room, spec.chair, False, CommandId(f"confirm-{room}"))
    announced, remaining = 0, 1
    while remaining:
        view = await service.reveal_next(room, ANNA, announced, CommandId(f"reveal-{room}-{announced}"))
        announced, remaining = len(view.announced), view.remaining


def _command(what: str) -> CommandId:
    return CommandId(f"overall-{what}")


async def _announced(service: VotingService) -> None:
    for room in SCORES:
        await _held(service, room)
    await service.overall.confirm(ANNA, _command("confirm"))
    await service.overall.countersign(DENG, _command("sign"))
    for announced in range(len(PODIUM)):
        await service.overall.reveal_next(ANNA, announced, _command(f"reveal-{announced}"))


async def test_it_is_confirmed_signed_and_announced_place_by_place(store: VoteStore) -> None:
    """Each step is told in every room of the competition, and a repeated command is the same act."""
    heard = _Heard()
    service = await _begun(store, heard)
    overall = service.overall
    assert (await overall.views()).view().state == "waiting"
    await _held(service, AI)
    with pytest.raises(Conflict, match=r"result\.sealed"):
        await overall.confirm(ANNA, _command("confirm"))
    await _held(service, BIO)
    assert (await overall.views()).view().state == "ready"
    with pytest.raises(Conflict, match=r"result\.sealed"):
        await overall.reveal_next(ANNA, 0, _command("reveal-0"))
    with pytest.raises(Conflict, match=r"result\.sealed"):
        await overall.countersign(DENG, _command("sign"))
    heard.ceremonies.clear()
    for _ in range(2):
        await overall.confirm(ANNA, _command("confirm"))
    assert set(heard.ceremonies) == {AI, BIO}
    view = (await overall.views()).view()
    assert (view.state, view.announced, view.confirmed_by) == ("awaiting", (), ANNA)
    with pytest.raises(Conflict, match=r"result\.confirmed"):
        await overall.confirm(DENG, _command("confirm-2"))
    with pytest.raises(Conflict, match=r"result\.unsigned"):
        await overall.reveal_next(ANNA, 0, _command("reveal-0"))
    with pytest.raises(NotAllowed, match=r"result\.same_person"):
        await overall.countersign(ANNA, _command("sign"))
    await overall.countersign(DENG, _command("sign"))
    for announced in range(len(PODIUM)):
        assert (await overall.views()).view().remaining == (3, 2)[announced], "places, and not announcements"
        with pytest.raises(Conflict, match=r"result\.sealed"):
            (await overall.views()).published()
        for _ in range(2):
            await overall.reveal_next(ANNA, announced, _command(f"reveal-{announced}"))
        assert (await overall.views()).view().announced == PODIUM[: announced + 1]
    with pytest.raises(Conflict, match=r"reveal\.moved_on"):
        await overall.reveal_next(ANNA, len(PODIUM), _command("reveal-more"))
    places = [(line.project, line.place) for line in (await overall.views()).published().standings]
    assert places == [("arm", 1), ("leaf", 1), ("seed", 3), ("leg", 4)]
    assert (await overall.views()).view().remaining == 0


async def test_a_confirmation_that_broke_off_after_its_closed_count_is_made_again_by_anybody(
    store: VoteStore,
) -> None:
    """Two calls of the store: the server may stop between them, and two organisers press at once."""
    service = await _begun(store)
    for room in SCORES:
        await _held(service, room)
    spec = overall_spec([_spec(room) for room in SCORES])
    await store.prepare(spec, genesis(spec))
    await store.act(OVERALL, DENG, CloseCount(1), _command("counted"))
    for _ in range(2):
        await service.overall.confirm(ANNA, _command("confirm"))
    with pytest.raises(Conflict, match=r"result\.confirmed"):
        await service.overall.confirm(DENG, _command("confirm-2"))
    assert (await service.overall.views()).view().confirmed_by == ANNA


async def test_another_server_finds_it_where_it_stood(store: VoteStore) -> None:
    """It is in the store, as all that was announced; looking needs no key."""
    await _announced(await _begun(store))
    again = await _begun(store)
    assert (await again.overall.views()).view().state == "revealed"
    looked = await again.looking(store).overall()
    assert looked.published() == (await again.overall.views()).published()


# Counted again ------------------------------------------------------------------------------------------------------

Document = dict[str, Any]


async def _files() -> tuple[dict[RoomId, bytes], bytes]:
    service = await _begun(MemoryVoteStore(SystemClock()))
    await _announced(service)
    records = {room: encode_record(await service.record(room)) for room in SCORES}
    return records, encode_overall(await service.overall.record())


async def test_whoever_has_the_fields_records_comes_to_the_same() -> None:
    """In whatever order they are given, and without the file of what was announced."""
    records, overall = await _files()
    assert is_overall(overall)
    assert not is_overall(records[AI])
    for files in ([records[AI], records[BIO]], [records[BIO], records[AI]]):
        report = recount_together(files, overall)
        assert report.faults == ()
        assert "1. arm, leaf (91.00); 3. seed (80.00)" in report.findings[0].text
        assert {one.check for one in report.findings} == {"overall", "signature", "acts"}
    assert recount_together([records[AI], records[BIO]]).holds


def _written(document: Document) -> bytes:
    return encode_overall(msgspec.convert(document, OverallRecord))


def _signed(document: Document) -> None:
    """Signed and confirmed anew by whoever has the key; the chain mended."""
    unsigned = msgspec.convert({**document["result"], "signature": ""}, OverallResult)
    signed = msgspec.structs.replace(unsigned, signature=SIGNER.sign(signed_text(unsigned)))
    document["result"] = msgspec.to_builtins(signed)
    body = json.loads(document["entries"][1]["body"])
    document["entries"][1]["body"] = canonical({**body, "result": digest(canonical(signed))}).decode()
    _mended(document)


def _mended(document: Document) -> None:
    parent = document["entries"][0]["parent"]
    for sequence, entry in enumerate(document["entries"], start=1):
        entry["sequence"], entry["parent"] = sequence, parent
        parent = entry["hash"] = entry_hash(
            parent, sequence, entry["kind"], Instant(entry["at"]), entry["body"].encode()
        )


def _swapped(document: Document) -> None:
    document["result"]["standings"][0]["project"], document["result"]["standings"][2]["project"] = "seed", "arm"
    _signed(document)


def _without_a_field(document: Document) -> None:
    del document["result"]["fields"][1]
    _signed(document)


def _of_another_version(document: Document) -> None:
    document["result"]["fields"][0]["version"] = 2
    _signed(document)


def _by_one_person(document: Document) -> None:
    body = json.loads(document["entries"][2]["body"])
    document["entries"][2]["body"] = canonical({**body, "by": ANNA}).decode()
    _mended(document)


def _unsigned(document: Document) -> None:
    del document["entries"][2]
    _mended(document)


def _of_an_open_count(document: Document) -> None:
    closed = document["entries"].pop(0)
    document["entries"][0]["parent"] = closed["parent"]
    _mended(document)


def _of_another_count(document: Document) -> None:
    body = json.loads(document["entries"][0]["body"])
    document["entries"][0]["body"] = canonical({**body, "count": 2}).decode()
    _mended(document)


def _other_podium(document: Document) -> None:
    document["podium"].pop()


def _never_acknowledged(document: Document) -> None:
    del document["seals"][1]


def _sealed_by_another(document: Document) -> None:
    document["seals"][1]["signature"] = document["seals"][0]["signature"]


def _with_a_stranger_as_the_second(document: Document) -> None:
    body = json.loads(document["entries"][2]["body"])
    document["entries"][2]["body"] = canonical({**body, "by": "somebody"}).decode()
    _mended(document)


def _provisional(document: Document) -> None:
    document["result"]["provisional"] = True


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (_swapped, "The places that were signed are not those that the fields come to."),
        (_without_a_field, "bio was not counted in."),
        (_of_another_version, "The record of ai is not the one that was counted in."),
        (_by_one_person, "The second signature is that of whoever confirmed."),
        (_unsigned, NOT_SO),
        (_of_an_open_count, NOT_SO),
        (_of_another_count, "Another count was closed than the only one there is."),
        (_other_podium, "The podium that was announced is not that of the count."),
        (_never_acknowledged, "Entry 2 (confirm) was never acknowledged"),
        (_sealed_by_another, "The seal of entry 2 (confirm) is not the server's"),
        (_with_a_stranger_as_the_second, "The seal of entry 3 (countersign) is not the server's"),
        (_provisional, "Its signature is not genuine."),
    ],
)
async def test_what_was_bent_is_told(tamper: Callable[[Document], None], told: str) -> None:
    """Also by whoever has the key, and has made every hash fit."""
    records, overall = await _files()
    document: Document = json.loads(overall)
    tamper(document)
    report = recount_together([records[AI], records[BIO]], _written(document))
    assert any(fault.text.startswith(told) for fault in report.faults)


async def test_a_file_written_in_another_way_is_told() -> None:
    """Two readers may find different things in it."""
    records, overall = await _files()
    report = recount_together([records[AI], records[BIO]], json.dumps(json.loads(overall)).encode())
    assert "in another way than Roadshow writes it" in report.faults[0].text
    longer = overall.replace(b'"public_key": "', b'"public_key": "A')
    assert "another length" in recount_together([records[AI], records[BIO]], longer).faults[0].text


@pytest.mark.parametrize("method", ["act", "confirm", "announce"])
async def test_what_was_done_when_the_server_was_killed_is_sealed_by_the_next(
    store: VoteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Its acts are noted before the store hears of them, as those of a field are."""

    async def server() -> VotingService:
        heads = HeadFile(tmp_path / "heads.json")
        heads.load()
        service = VotingService(store, SIGNER, {room: _spec(room) for room in SCORES}, _Heard(), heads)
        await service.prepare()
        return service

    killed, done = await server(), getattr(store, method)
    for room in SCORES:
        await _held(killed, room)
    if method == "announce":
        await killed.overall.confirm(ANNA, _command("confirm"))
        await killed.overall.countersign(DENG, _command("sign"))

    async def and_gone(*args: object, **kwargs: object) -> None:
        await done(*args, **kwargs)
        raise asyncio.CancelledError

    monkeypatch.setattr(store, method, and_gone)
    with pytest.raises(asyncio.CancelledError):
        await (
            killed.overall.reveal_next(ANNA, 0, _command("reveal-0"))
            if method == "announce"
            else killed.overall.confirm(ANNA, _command("confirm"))
        )
    monkeypatch.setattr(store, method, done)
    await killed.aclose()
    await (await server()).aclose()
    entries = await whole_ledger(store, OVERALL)
    assert set(await store.seals(OVERALL)) == {entry.sequence for entry in entries}


async def test_what_cannot_be_counted_together_is_told(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A field too few, one twice, what is no such file; in words and in the exit code, never a trace."""
    records, overall = await _files()
    assert "The record of bio is missing" in recount_together([records[AI]], overall).faults[0].text
    assert "twice" in recount_together([records[AI], records[AI]]).faults[0].text
    assert (
        "not as Roadshow writes it"
        in recount_together([records[AI]], b'{"format":"roadshow overall 1"}').faults[0].text
    )
    paths = {name: tmp_path / f"{name}.json" for name in ("ai", "bio", "overall")}
    for path, data in zip(paths.values(), (records[AI], records[BIO], overall), strict=True):
        path.write_bytes(data)

    def run(*names: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["recount", *(str(paths[name]) for name in names)])
        assert isinstance(ended.value.code, int)
        return ended.value.code

    assert run("ai", "bio", "overall") == 0
    assert "That is the podium that was signed and announced" in capsys.readouterr().out
    assert run("ai", "overall") == 1
    assert "The record of bio is missing" in capsys.readouterr().out
    assert run("overall") == 2


async def _disqualified(service: VotingService, room: RoomId, project: str) -> None:
    """The chair asks, an organiser signs."""
    after = service.aftermath
    request = AskAmendment(ProjectId(project), "disqualify", "Bought, not built.")
    await after.act(room, _spec(room).chair, request, CommandId(f"ask-amendment-{project}"))
    waiting = await after.waiting(room)
    assert waiting is not None
    await after.act(room, ANNA, Amend(waiting.sequence), CommandId(f"amend-{project}"))


async def test_who_is_disqualified_before_is_not_announced_and_who_is_later_moves_the_others_up(
    store: VoteStore,
) -> None:
    """By its own ranking, of which nothing is counted again; and whoever has the records comes to the same."""
    heard = _Heard()
    service = await _begun(store, heard)
    for room in SCORES:
        await _held(service, room)
    await _disqualified(service, AI, "arm")
    await service.overall.confirm(ANNA, _command("confirm"))
    await service.overall.countersign(DENG, _command("sign"))
    told = []
    for announced in range(3):
        await service.overall.reveal_next(ANNA, announced, _command(f"reveal-{announced}"))
        told = [(one.place, one.projects) for one in (await service.overall.views()).view().announced]
    assert told == [(3, ("leg",)), (2, ("seed",)), (1, ("leaf",))]
    heard.ceremonies.clear()
    await _disqualified(service, BIO, "leaf")
    assert set(heard.ceremonies) == {AI, BIO}, "it is told in every room"
    views = await service.overall.views()
    assert [(one.place, one.projects) for one in views.view().announced] == [(2, ("leg",)), (1, ("seed",))]
    assert {one.project: one.place for one in views.published().standings} == {
        "seed": 1,
        "leg": 2,
        "arm": None,
        "leaf": None,
    }
    files = [encode_record(await service.record(room)) for room in SCORES]
    overall = await service.overall.record()
    report = recount_together(files, encode_overall(overall))
    assert report.faults == ()
    assert any("come to: 1. seed" in finding.text for finding in report.findings)
    hidden = msgspec.structs.replace(
        overall.result, fields=tuple(msgspec.structs.replace(one, out=()) for one in overall.result.fields)
    )
    hidden = msgspec.structs.replace(hidden, signature=SIGNER.sign(signed_text(hidden)))
    assert not recount_together(files, encode_overall(msgspec.structs.replace(overall, result=hidden))).holds
