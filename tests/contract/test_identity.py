"""In which browsers judges vote, and with which keys of their own, on every store."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import structs

from roadshow.errors import Conflict, InputError, NotAllowed, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount
from roadshow.voting.grounds import Grounds
from roadshow.voting.identity.browsers import MOST_BROWSERS, UseBrowser, UsedBrowser
from roadshow.voting.identity.keys import MOST_ASKED, AskKey, JudgeKey, SignKey, ballot_text, vote_text
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.minutes import BrowserUse, minutes_of
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import Vote
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.contract.three_counts import assert_counts_agree
from tests.core.voting.test_recount import SIGNER

POLL, ROOM = PollId("robotics"), RoomId("robotics")
ARM, LEG = ProjectId("arm"), ProjectId("leg")
CHAIR, LIN, MEI, VERA, ORGANISER = map(PersonId, ("chair", "lin", "mei", "vera", "organiser"))
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    POLL,
    (ARM, LEG),
    (LIN, MEI),
    CHAIR,
    (),
    (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("shared",), "exact", 2),
    procedure=2,
    reserve=(VERA,),
)
PHONE, TABLET = (UseBrowser(name * 16, since, by) for name, since, by in (("a", 5, ORGANISER), ("b", 7, None)))
NOW = Instant(1_700_000_000_000)
_numbers = count()


class _Clock:
    def now(self) -> Instant:
        return NOW


@pytest.fixture(params=["memory", "valkey"])
def bare(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(_Clock())
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, Keys(CompetitionId("final")))


@pytest.fixture
async def store(bare: VoteStore) -> AsyncIterator[VoteStore]:
    """With a window open. Whatever a test does, the counts agree."""
    store = bare
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, None)
    yield store
    await assert_counts_agree(store, SPEC, POLL)


def _command() -> CommandId:
    return CommandId(f"command-{next(_numbers):04}")


async def _refused(act: Awaitable[object], kind: type[RoadshowError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code


def own_key(seed: int) -> tuple[str, Callable[[bytes], str]]:
    """As a browser makes it that has Ed25519: the public half, and how it signs."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return f"ed25519:{_text(key.public_key().public_bytes_raw())}", lambda text: _text(key.sign(text))


def own_p256(seed: int) -> tuple[str, Callable[[bytes], str]]:
    """As one that has not."""
    key = derive_private_key(seed, SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(text: bytes) -> str:
        r, s = decode_dss_signature(key.sign(text, ECDSA(SHA256())))
        return _text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    return f"p256:{_text(point)}", sign


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_a_judges_first_ballot_from_each_browser_enters_it_in_the_ledger(store: VoteStore) -> None:
    """Whoever comes by a judge's link without them shows: in the judge's own desk, and in the protocol."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody())
    for revision, browser in enumerate((PHONE, PHONE, TABLET, PHONE)):
        await service.comes(ROOM, LIN, browser)
        await service.cast(ROOM, LIN, Cast(_command(), ARM, {IMPACT: 5}, revision))
    used = (await service.own_ballots(ROOM, LIN)).browsers
    assert [(one.browser, one.since.ms, one.let_in) for one in used] == [("a" * 16, 5, ORGANISER), ("b" * 16, 7, None)]
    assert (await service.own_ballots(ROOM, MEI)).browsers == ()
    entries = await store.ledger(POLL, 0, 100)
    assert [one.kind for one in entries] == ["open", "browser", "ballot", "ballot", "browser", "ballot", "ballot"]
    assert [one.number for one in minutes_of(SPEC, entries).browsers] == [1, 2]
    assert minutes_of(SPEC, entries).browsers[0] == BrowserUse(LIN, 1, Instant(5), used[0].at, "organiser")
    assert {2, 5} <= (await store.seals(POLL)).keys()


async def test_another_server_knows_them_too(store: VoteStore) -> None:
    """The one after a restart would else enter each once more."""
    for _ in range(2):
        await VotingService(store, SIGNER, {ROOM: SPEC}, Nobody()).comes(ROOM, LIN, PHONE)
    (used,) = (await store.read(POLL)).tally.browsers
    assert used == UsedBrowser(LIN, "a" * 16, Instant(5), used.at, ORGANISER)


async def test_only_a_judge_enters_one_and_only_once_the_voting_has_begun(store: VoteStore) -> None:
    """The rules lock with the first entry: no judge may do that by voting early."""
    for person in (CHAIR, VERA, ORGANISER):
        await _refused(store.act(POLL, person, PHONE, _command()), NotAllowed, "ballot.not_entitled")
    other = PollSpec(PollId("early"), (ARM,), (LIN,), CHAIR, (), SPEC.criteria, SPEC.rules, procedure=2)
    await store.prepare(other, genesis(other))
    await _refused(store.act(other.poll, LIN, PHONE, _command()), Conflict, "ballot.closed")
    service = VotingService(store, SIGNER, {RoomId("early"): other}, Nobody())
    await service.comes(RoomId("early"), LIN, PHONE)
    assert (await store.read(other.poll)).sequence == 0


async def test_a_judge_who_may_not_vote_hears_why_from_the_ballot(store: VoteStore) -> None:
    """The browser's entry comes first, and must not be refused in the ballot's place."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody())
    await service.comes(ROOM, VERA, PHONE)
    await _refused(service.cast(ROOM, VERA, Cast(_command(), ARM, {IMPACT: 5}, 0)), NotAllowed, "ballot.not_entitled")
    await store.close_window(POLL, ARM)
    await store.act(POLL, CHAIR, CloseCount(1), _command())
    await store.confirm(POLL, CHAIR, b"{}", (await store.read(POLL)).sequence, _command())
    await service.comes(ROOM, MEI, TABLET)
    await _refused(service.cast(ROOM, MEI, Cast(_command(), ARM, {IMPACT: 5}, 0)), Conflict, "result.confirmed")


async def test_a_judge_has_a_number_of_browsers(store: VoteStore) -> None:
    """A page gone wild must not fill the ledger."""
    for number in range(MOST_BROWSERS):
        await store.act(POLL, LIN, UseBrowser(f"{number:016}", 5), _command())
    with pytest.raises(Conflict) as caught:
        await store.act(POLL, LIN, PHONE, _command())
    assert (caught.value.code, dict(caught.value.details)) == ("browser.too_many", {"limit": MOST_BROWSERS})
    await store.act(POLL, MEI, PHONE, _command())


# Keys of their own ----------------------------------------------------------------------------------------------------

LINS, MEIS, THIEFS = own_key(1), own_p256(2), own_key(3)
KEYED = structs.replace(
    SPEC,
    poll=PollId("keyed"),
    rules=structs.replace(SPEC.rules, ballot_keys=True),
    keys=((LIN, LINS[0]), (MEI, MEIS[0])),
)
THERE = RoomId("keyed")


@pytest.fixture
async def keyed(store: VoteStore) -> AsyncIterator[tuple[VoteStore, VotingService]]:
    """A poll in which judges sign what they send, with a window open."""
    await store.prepare(KEYED, genesis(KEYED))
    await store.open_window(KEYED.poll, ARM, None)
    yield store, VotingService(store, SIGNER, {THERE: KEYED}, Nobody())
    await assert_counts_agree(store, KEYED, KEYED.poll)


def _signed(judge: PersonId, own: tuple[str, Callable[[bytes], str]], revision: int = 0, **other: object) -> Cast:
    """A ballot for arm; ``other``: what is sent differently than it was signed."""
    cast = Cast(_command(), ARM, {IMPACT: 5}, revision)
    signature = own[1](ballot_text(genesis(KEYED), KEYED.poll, judge, cast, "ballot"))
    return structs.replace(cast, **{"key": own[0], "signature": signature, **other})


async def test_a_ballot_is_taken_with_its_judges_signature_and_no_other(
    keyed: tuple[VoteStore, VotingService],
) -> None:
    """Neither who holds the store nor who holds the server's key can make one."""
    store, service = keyed
    receipt = await service.cast(THERE, LIN, mine := _signed(LIN, LINS))
    assert receipt.signed == mine.signature
    assert await service.cast(THERE, LIN, mine) == receipt
    await service.cast(THERE, MEI, _signed(MEI, MEIS))
    for judge, cast, code in (
        (LIN, _signed(LIN, THIEFS, 1), "key.other"),
        (MEI, _signed(MEI, LINS, 1), "key.other"),
        (LIN, structs.replace(mine, command=_command(), key="", signature=""), "key.other"),
    ):
        await _refused(service.cast(THERE, judge, cast), Conflict, code)
    changes: tuple[dict[str, object], ...] = (
        {"scores": {IMPACT: 9}},
        {"command": _command()},
        {"project": LEG},
        {"expected_revision": 0},
        {"round": 2},
        {"signature": mine.signature},
        {"signature": ""},
        {"key": MEIS[0]},
        {"key": "ed25519:AAAA"},
    )
    for other in changes:
        await _refused(service.cast(THERE, LIN, _signed(LIN, LINS, 1, **other)), InputError, "key.signature")
    await _refused(service.cast(THERE, MEI, _signed(LIN, LINS)), InputError, "key.signature")
    ballots = (await store.read(KEYED.poll)).tally.ballots
    assert mine.signature in [one.ballot.signature for one in ballots]


async def test_whatever_a_judge_sends_is_signed(keyed: tuple[VoteStore, VotingService]) -> None:
    """A recusal forged would take their ballots out; a late ballot would replace them."""
    store, service = keyed
    await service.cast(THERE, LIN, _signed(LIN, LINS))
    away = Cast(_command(), ARM, {}, 1)
    signature = LINS[1](ballot_text(genesis(KEYED), KEYED.poll, LIN, away, "abstain", "missed"))
    forged = structs.replace(away, key=LINS[0], signature=signature)
    await _refused(service.abstain(THERE, LIN, forged, Grounds("subject")), InputError, "key.signature")
    await service.abstain(THERE, LIN, forged, Grounds("missed", "我迟到了"))
    command = _command()
    text = ballot_text(genesis(KEYED), KEYED.poll, MEI, Cast(command, ARM, {}, 0), "recuse", "close")
    own = {"key": MEIS[0], "signature": MEIS[1](text)}
    await _refused(service.recuse(THERE, LIN, ARM, Grounds("close"), command, **own), InputError, "key.signature")
    await service.recuse(THERE, MEI, ARM, Grounds("close"), command, **own)
    await store.close_window(KEYED.poll, ARM)
    late = Cast(_command(), ARM, {IMPACT: 7}, 2)
    signature = LINS[1](ballot_text(genesis(KEYED), KEYED.poll, LIN, late, "ballot"))
    wrong = structs.replace(late, key=LINS[0], signature=signature)
    await _refused(service.cast_late(THERE, LIN, wrong), InputError, "key.signature")
    signature = LINS[1](ballot_text(genesis(KEYED), KEYED.poll, LIN, late, "late"))
    await service.cast_late(THERE, LIN, structs.replace(late, key=LINS[0], signature=signature))


async def test_another_key_takes_a_second_person(keyed: tuple[VoteStore, VotingService]) -> None:
    """Whoever made a link of the judge's could else come by it, and vote."""
    store, service = keyed
    await service.ask_key(THERE, LIN, AskKey(THIEFS[0], ORGANISER), _command())
    asked = (await store.read(KEYED.poll)).sequence
    assert (await store.read(KEYED.poll)).tally.asked_keys == (JudgeKey(LIN, THIEFS[0], asked, ORGANISER),)
    for person in (LIN, ORGANISER):
        await _refused(store.act(KEYED.poll, person, SignKey(asked), _command()), NotAllowed, "key.second_person")
    for person in (LIN, MEI, VERA, ORGANISER):
        await _refused(service.act(THERE, person, SignKey(asked), _command()), NotAllowed, "key.second_person")
    await _refused(service.act(THERE, CHAIR, SignKey(asked + 1), _command()), Conflict, "key.moved_on")
    await service.cast(THERE, LIN, _signed(LIN, LINS))
    await service.act(THERE, CHAIR, SignKey(asked), command := _command())
    await service.act(THERE, CHAIR, SignKey(asked), command)
    await _refused(service.cast(THERE, LIN, _signed(LIN, LINS, 1)), Conflict, "key.other")
    await service.cast(THERE, LIN, _signed(LIN, THIEFS, 1))
    told = minutes_of(KEYED, await store.ledger(KEYED.poll, 0, 100)).acts
    assert [(one.kind, one.office, one.judge, one.keyless) for one in told] == [("sign-key", "chair", LIN, False)]
    tally = (await store.read(KEYED.poll)).tally
    assert (tally.keys, tally.asked_keys) == ((JudgeKey(LIN, THIEFS[0], asked, ORGANISER),), ())
    own = await service.own_ballots(THERE, LIN)
    assert (own.key, own.asked_key) == (THIEFS[0], None)
    await _refused(service.act(THERE, CHAIR, SignKey(asked), _command()), Conflict, "key.moved_on")


async def test_a_newer_request_takes_the_place_of_the_judges_own_alone(
    keyed: tuple[VoteStore, VotingService],
) -> None:
    """Two judges may have lost their telephones at once."""
    store, service = keyed
    numbers = []
    for judge, key in ((LIN, THIEFS[0]), (MEI, THIEFS[0]), (LIN, "")):
        await service.ask_key(THERE, judge, AskKey(key), _command())
        numbers.append((await store.read(KEYED.poll)).sequence)
    await _refused(service.act(THERE, CHAIR, SignKey(numbers[0]), _command()), Conflict, "key.moved_on")
    for asked in numbers[1:]:
        await service.act(THERE, ORGANISER, SignKey(asked), _command())
    assert {one.judge: one.key for one in (await store.read(KEYED.poll)).tally.keys} == {LIN: "", MEI: THIEFS[0]}


async def test_who_has_no_key_may_vote_without_once_somebody_has_signed(
    keyed: tuple[VoteStore, VotingService],
) -> None:
    """A browser that makes none must not cost a judge the vote; that nothing proves it shows."""
    store, service = keyed
    await service.ask_key(THERE, MEI, AskKey(""), _command())
    await service.act(THERE, ORGANISER, SignKey((await store.read(KEYED.poll)).sequence), _command())
    await _refused(service.cast(THERE, MEI, _signed(MEI, MEIS)), Conflict, "key.other")
    receipt = await service.cast(THERE, MEI, Cast(_command(), ARM, {IMPACT: 5}, 0, signature=MEIS[1](b"")))
    assert receipt.signed == ""
    (told,) = minutes_of(KEYED, await store.ledger(KEYED.poll, 0, 100)).acts
    assert (told.judge, told.keyless) == (MEI, True)


async def test_a_judge_without_a_key_does_not_vote(store: VoteStore) -> None:
    """Nobody else may give them one by being first at their desk once the voting has begun."""
    bare = structs.replace(KEYED, keys=((LIN, LINS[0]),))
    await store.prepare(bare, genesis(bare))
    service = VotingService(store, SIGNER, {THERE: bare}, Nobody())
    await _refused(service.ask_key(THERE, MEI, AskKey(THIEFS[0]), _command()), Conflict, "ballot.closed")
    await store.open_window(bare.poll, ARM, None)
    cast = Cast(_command(), ARM, {IMPACT: 5}, 0)
    signed = THIEFS[1](ballot_text(genesis(bare), bare.poll, MEI, cast, "ballot"))
    cast = structs.replace(cast, key=THIEFS[0], signature=signed)
    await _refused(service.cast(THERE, MEI, cast), Conflict, "key.needed")
    await _refused(service.cast(THERE, MEI, structs.replace(cast, key="", signature="")), Conflict, "key.needed")
    await _refused(service.ask_key(THERE, CHAIR, AskKey(THIEFS[0]), _command()), NotAllowed, "ballot.not_entitled")
    await service.ask_key(THERE, MEI, AskKey(THIEFS[0]), _command())
    await service.act(THERE, CHAIR, SignKey((await store.read(bare.poll)).sequence), _command())
    await service.cast(THERE, MEI, cast)
    await assert_counts_agree(store, bare, bare.poll)


async def test_requests_have_a_bound_and_a_form(keyed: tuple[VoteStore, VotingService]) -> None:
    """A page gone wild, or a hostile one."""
    _, service = keyed
    for key in ("x", "ed25519:", "ed25519:AAAA", f"{LINS[0]}=", f"p256:{LINS[0][8:]}", f"{LINS[0]}|{LIN}"):
        await _refused(service.ask_key(THERE, LIN, AskKey(key), _command()), InputError, "key.malformed")
    for _ in range(MOST_ASKED):
        await service.ask_key(THERE, LIN, AskKey(THIEFS[0]), _command())
    with pytest.raises(Conflict) as caught:
        await service.ask_key(THERE, LIN, AskKey(THIEFS[0]), _command())
    assert (caught.value.code, dict(caught.value.details)) == ("key.too_many", {"limit": MOST_ASKED})


async def test_where_nobody_signs_keys_are_let_fall(store: VoteStore) -> None:
    """A page of a competition with keys is not in the way of one without."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody())
    receipt = await service.cast(ROOM, LIN, _signed(LIN, LINS))
    assert receipt.signed == ""
    await _refused(service.ask_key(ROOM, LIN, AskKey(LINS[0]), _command()), Conflict, "key.off")


async def test_a_vote_on_a_question_is_signed_as_a_ballot_is(store: VoteStore) -> None:
    """It decides who is first: whoever comes by a judge's link must not give it."""
    rules = structs.replace(KEYED.rules, tie_chain=("jury", "shared"))
    spec = structs.replace(KEYED, poll=PollId("asked"), rules=rules)
    there, owns = RoomId("asked"), {LIN: LINS, MEI: MEIS}
    await store.prepare(spec, genesis(spec))
    service = VotingService(store, SIGNER, {there: spec}, Nobody())
    for project in (ARM, LEG):
        await store.open_window(spec.poll, project, None)
        for judge, own in owns.items():
            cast = Cast(_command(), project, {IMPACT: 5}, 0)
            signature = own[1](ballot_text(genesis(spec), spec.poll, judge, cast, "ballot"))
            await service.cast(there, judge, structs.replace(cast, key=own[0], signature=signature))
        await store.close_window(spec.poll, project)
    await service.act(there, CHAIR, CloseCount(1), _command())
    await service.questions.put(there, CHAIR, None, (ARM, LEG), Duration.minutes(1), _command())
    number = (await store.read(spec.poll)).sequence

    def signed(judge: PersonId, own: tuple[str, Callable[[bytes], str]], command: CommandId) -> Vote:
        text = vote_text(genesis(spec), spec.poll, judge, number, ARM, command)
        return Vote(number, ARM, own[0], own[1](text))

    async def votes(judge: PersonId, vote: Vote, command: CommandId) -> None:
        await service.questions.vote(there, judge, vote, command)

    command = _command()
    mine = signed(LIN, LINS, command)
    for wrong in (structs.replace(mine, choice=LEG), structs.replace(mine, signature=None)):
        await _refused(votes(LIN, wrong, command), InputError, "key.signature")
    await _refused(votes(LIN, mine, _command()), InputError, "key.signature")
    await _refused(votes(LIN, signed(LIN, THIEFS, command), command), Conflict, "key.other")
    await _refused(votes(LIN, Vote(number, ARM), _command()), Conflict, "key.other")
    await votes(LIN, mine, command)
    await votes(LIN, mine, command)
    await votes(MEI, signed(MEI, MEIS, other := _command()), other)
    await assert_counts_agree(store, spec, spec.poll)
