"""A server that is killed between the store's act and its seal: the next one seals what was asked for, and no more."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.clock import SystemClock
from roadshow.errors import Unavailable
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.keys import Keys
from roadshow.voting.acts import AskReopening, CloseCount, Penalise, Reopen
from roadshow.voting.aftermath.acts import Amend, AskAmendment
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer, entry_text, is_signed
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import CeremonyState
from roadshow.voting.seals.asked import AskedFile
from roadshow.voting.seals.heads import HeadFile
from roadshow.voting.seals.requests import Asked, close_request, open_request
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Cast

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG = ProjectId("arm"), ProjectId("leg")
LIN, CHAIR, ORGANISER = PersonId("lin"), PersonId("chair"), PersonId("organiser")
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    POLL, (ARM, LEG), (CHAIR, LIN), CHAIR, (), (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("re-vote", "chair", "shared"), "exact", 2), procedure=2,
)  # fmt: skip
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))
SPENT = Duration.minutes(5)
PENALTY = Penalise(ARM, 9, "overtime")

Act = Callable[[VotingService], Awaitable[object]]


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    return RedisVoteStore(request.getfixturevalue("connected"), Keys(CompetitionId("final")))


def _heads(folder: Path) -> HeadFile:
    heads = HeadFile(folder / "heads.json")
    heads.load()
    return heads


async def _server(store: VoteStore, folder: Path) -> VotingService:
    """As it starts, over whatever is in the store and beside its key."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody(), _heads(folder))
    await service.prepare()
    return service


def _command(number: int) -> CommandId:
    return CommandId(f"command-{number:04}")


async def _level(service: VotingService) -> None:
    """Both projects stand level, and wait for a ruling."""
    for number, project in enumerate((ARM, LEG)):
        await service.open_window(ROOM, project, SPENT)
        await service.cast(ROOM, LIN, Cast(_command(number), project, {IMPACT: 5}, 0))
        await service.close_window(ROOM, project)


async def _counted(service: VotingService) -> None:
    await _level(service)
    await service.act(ROOM, CHAIR, CloseCount(1), _command(9))


async def _asked_again(service: VotingService) -> None:
    await _counted(service)
    await service.act(ROOM, CHAIR, AskReopening(1, "looked again"), _command(13))


async def _ruled(service: VotingService) -> None:
    await _counted(service)
    await service.settle(ROOM, CHAIR, (LEG, ARM), "by vote", _command(10))


async def _confirmed(service: VotingService) -> None:
    await _ruled(service)
    await service.confirm(ROOM, CHAIR, False, _command(11))


async def _announced(service: VotingService) -> None:
    await _confirmed(service)
    for number in range(SPEC.rules.places):
        await service.reveal_next(ROOM, ORGANISER, number, _command(30 + number))


async def _asked_to_amend(service: VotingService) -> None:
    await _announced(service)
    await service.aftermath.act(ROOM, CHAIR, AskAmendment(ARM, "disqualify", "bought"), _command(35))


async def _amend(service: VotingService) -> None:
    waits = await service.aftermath.waiting(ROOM)
    assert waits is not None
    await service.aftermath.act(ROOM, ORGANISER, Amend(waits.sequence), _command(36))


async def _object(service: VotingService) -> None:
    await service.aftermath.object(ROOM, LIN, ARM, "procedure", "The clock stood still for us.", _command(37))


async def _in_revote(service: VotingService) -> None:
    await _counted(service)
    await service.revote(ROOM, CHAIR, (LEG, ARM), "level", SPENT, _command(12))


async def _open(service: VotingService) -> None:
    await service.open_window(ROOM, ARM, SPENT)


async def _new(_: VotingService) -> None: ...


ACTS: dict[str, tuple[Act, str, Act, list[str]]] = {
    "open": (_new, "open_window", _open, ["open"]),
    "close": (_open, "close_window", lambda one: one.close_window(ROOM, ARM), ["close"]),
    "penalty": (_level, "act", lambda one: one.act(ROOM, ORGANISER, PENALTY, _command(20)), ["penalty"]),
    "close-count": (_level, "act", lambda one: one.act(ROOM, CHAIR, CloseCount(1), _command(25)), ["close-count"]),
    "ask-reopening": (
        _counted,
        "act",
        lambda one: one.act(ROOM, CHAIR, AskReopening(1, "again"), _command(26)),
        ["ask-reopening"],
    ),
    "reopen": (_asked_again, "act", lambda one: one.act(ROOM, ORGANISER, Reopen(8), _command(27)), ["reopen"]),
    "settle": (_counted, "settle", lambda one: one.settle(ROOM, CHAIR, (LEG, ARM), "vote", _command(21)), ["settle"]),
    "revote": (
        _counted,
        "revote",
        lambda one: one.revote(ROOM, CHAIR, (LEG, ARM), "level", SPENT, _command(22)),
        ["revote", "open", "open"],
    ),
    "close of a re-vote": (_in_revote, "close_window", lambda one: one.close_revote(ROOM, CHAIR), ["close"]),
    "confirm": (_ruled, "confirm", lambda one: one.confirm(ROOM, CHAIR, False, _command(23)), ["confirm"]),
    "reveal": (_confirmed, "announce", lambda one: one.reveal_next(ROOM, ORGANISER, 0, _command(24)), ["reveal"]),
    "object": (_announced, "after", _object, ["object"]),
    "amend": (_asked_to_amend, "after", _amend, ["amend"]),
}  # fmt: skip
"""By name: what goes before, the store's method, the act, and the entries it makes."""


async def _killed_in(store: VoteStore, method: str, act: Awaitable[object], patch: pytest.MonkeyPatch) -> None:
    """The store has done it, and the server hears no more of it."""
    done = getattr(store, method)

    async def and_gone(*args: object, **kwargs: object) -> None:
        await done(*args, **kwargs)
        raise asyncio.CancelledError

    patch.setattr(store, method, and_gone)
    with pytest.raises(asyncio.CancelledError):
        await act
    patch.setattr(store, method, done)


async def _signed(store: VoteStore) -> dict[int, bool]:
    seals = await store.seals(POLL)

    def is_sealed(entry: LedgerEntry) -> bool:
        return is_signed(entry_text(POLL, genesis(SPEC), entry), seals.get(entry.sequence, ""), SIGNER.public_key)

    return {entry.sequence: is_sealed(entry) for entry in await whole_ledger(store, POLL)}


@pytest.mark.parametrize("name", ACTS)
async def test_an_act_that_was_done_when_the_server_was_killed_is_sealed_by_the_next(
    store: VoteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An honest crash must not look like a forgery for good."""
    before, method, act, kinds = ACTS[name]
    server = await _server(store, tmp_path)
    await before(server)
    await _killed_in(store, method, act(server), monkeypatch)
    made = [entry for entry in await whole_ledger(store, POLL) if entry.sequence not in await store.seals(POLL)]
    assert [entry.kind for entry in made if entry.kind != "ballot"] == kinds
    await _server(store, tmp_path)
    await server.aclose()  # of the ballots before
    assert set((await _signed(store)).values()) == {True}


@pytest.mark.parametrize("name", ["settle", "confirm", "reveal", "object", "amend"])
async def test_recount_finds_nothing_wrong_after_an_honest_crash(
    store: VoteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The chair and the organiser go on, with commands of their own, where the server left off."""
    before, method, act, _ = ACTS[name]
    killed = await _server(store, tmp_path)
    await before(killed)
    await _killed_in(store, method, act(killed), monkeypatch)
    await killed.aclose()
    server = await _server(store, tmp_path)
    if (await server.state(ROOM)) is CeremonyState.SEALED:
        await server.confirm(ROOM, CHAIR, False, _command(40))
    view = await server.ceremony(ROOM)
    while view.remaining:
        view = await server.reveal_next(ROOM, ORGANISER, len(view.announced), _command(41 + len(view.announced)))
    record = encode_record(await server.record(ROOM))
    assert [fault.text for fault in recount(record, SIGNER.public_key).faults] == []
    await server.aclose()


async def test_what_nobody_asked_for_is_not_sealed_at_a_start(store: VoteStore, tmp_path: Path) -> None:
    """Whoever holds the store puts it in while the server is down, beside an act that was under way."""
    await (await _server(store, tmp_path)).open_window(ROOM, ARM, SPENT)
    await _heads(tmp_path).ask(Asked(POLL, 1, close_request(ARM)))
    await store.act(POLL, ORGANISER, PENALTY, _command(30))
    await store.close_window(POLL, ARM)
    await store.open_window(POLL, ARM, None)
    await _server(store, tmp_path)
    assert await _signed(store) == {1: True, 2: False, 3: True, 4: False}


@pytest.mark.parametrize("times", [1, 2])
async def test_one_request_is_good_for_one_entry(store: VoteStore, tmp_path: Path, times: int) -> None:
    """Else whoever holds the store could open a window again and again, once control has asked for it."""
    await _server(store, tmp_path)
    heads = _heads(tmp_path)
    for _ in range(times):
        await heads.ask(Asked(POLL, 0, open_request(ARM, SPENT)))
    for span in (SPENT, None, SPENT):
        await store.open_window(POLL, ARM, span)
    await _server(store, tmp_path)
    assert await _signed(store) == {1: True, 2: False, 3: times == 2}


async def test_an_entry_that_was_there_when_it_was_asked_for_is_not_the_requests(
    store: VoteStore, tmp_path: Path
) -> None:
    """A window is closed by whoever holds the store; control, which closes it later, has not closed it then."""
    server = await _server(store, tmp_path)
    await server.open_window(ROOM, ARM, SPENT)
    await store.close_window(POLL, ARM)
    await server.close_window(ROOM, ARM)
    assert await _signed(store) == {1: True, 2: False}


async def test_a_request_that_came_to_nothing_is_good_for_nothing_later(store: VoteStore, tmp_path: Path) -> None:
    """It was asked for at its time; an entry that somebody makes of it after the next start is a forgery."""
    await _heads(tmp_path).ask(Asked(POLL, 0, open_request(ARM, SPENT)))
    await _server(store, tmp_path)
    await store.open_window(POLL, ARM, SPENT)
    await _server(store, tmp_path)
    assert await _signed(store) == {1: False}


async def test_a_request_in_the_same_words_as_one_before_seals_an_entry_of_its_own(
    store: VoteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers to those before were lost; all of them were done."""
    server, opening = await _server(store, tmp_path), store.open_window

    async def without_an_answer(poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        await opening(poll, project, closes_in)
        raise Unavailable("store.not_durable")

    monkeypatch.setattr(store, "open_window", without_an_answer)
    for span in (SPENT, None):
        with pytest.raises(Unavailable):
            await server.open_window(ROOM, ARM, span)
    monkeypatch.setattr(store, "open_window", opening)
    await server.open_window(ROOM, ARM, SPENT)
    assert await _signed(store) == {1: True, 2: True, 3: True}


async def test_a_seal_that_the_store_did_not_take_is_held_for_the_next_server(
    store: VoteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made once, and will not be made again."""
    server, keep = await _server(store, tmp_path), store.keep_seals

    async def away(*_: object) -> None:
        raise Unavailable("store.away")

    monkeypatch.setattr(store, "keep_seals", away)
    with pytest.raises(Unavailable):
        await server.open_window(ROOM, ARM, SPENT)
    monkeypatch.setattr(store, "keep_seals", keep)
    assert (tmp_path / "heads.asked").read_bytes() == b""
    await _server(store, tmp_path)
    assert await _signed(store) == {1: True}
    await server.aclose()


# The file -----------------------------------------------------------------------------------------------------------


def _asked(*projects: ProjectId) -> Sequence[Asked]:
    return [Asked(POLL, number, open_request(project, SPENT)) for number, project in enumerate(projects)]


async def test_requests_are_found_again_until_they_are_answered(tmp_path: Path) -> None:
    """Only its owner can read the file; a line that a kill cut short costs itself alone."""
    path = tmp_path / "heads.asked"
    file, (first, second) = AskedFile(path), _asked(ARM, LEG)
    assert file.asked() == ()
    await asyncio.gather(file.note(first), file.note(second))
    with path.open("ab") as cut:
        cut.write(b'{"poll":"robot')
    assert AskedFile(path).asked() == (first, second)
    assert path.stat().st_mode & 0o077 == 0
    file.answered([first])
    assert AskedFile(path).asked() == (first, second), "its lines are let go together"
    file.answered([second])
    assert AskedFile(path).asked() == ()
    file.close()


async def test_a_disk_that_takes_nothing_does_not_stop_a_final(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is lost is the means to bring a crash to a good end; the log says so."""
    file, (asked,) = AskedFile(tmp_path / "missing" / "heads.asked"), _asked(ARM)
    await file.note(asked)
    file.answered([asked])
    assert "cannot be noted" in caplog.text
