"""Heads stamped by an authority outside the house: what it says of whom, and what a recount makes of it."""

import asyncio
import base64
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from typing_extensions import override

from roadshow.cli import main
from roadshow.clock import SystemClock
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.voting.acts import CloseCount
from roadshow.voting.ballot import digest
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.findings import Finding
from roadshow.voting.ledger.record import Stamp, decode_record, encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.ledger.stamping import authorities, stamp_findings
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.stamps import stamper as stamper_module
from roadshow.voting.stamps.authority import Authority, HttpAuthority, Unanswered
from roadshow.voting.stamps.stamper import Stamper
from roadshow.voting.votes import Cast
from tests.authority import LocalAuthority, local_authority

POLL, TEXT = PollId("ai"), b"parent\n1\nopen\n10\n{}"
HEAD, RULES = digest(TEXT), digest(b"rules")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAuthority]:
    with local_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


async def _stamped(stamper: Stamper) -> tuple[Stamp, ...]:
    await stamper.stamp_all()
    return stamper.of(POLL)


def _found(stamp: Stamp, *roots: bytes, hashes: tuple[str, ...] = (HEAD,)) -> Finding:
    certificates = [one for pem in roots for one in authorities(pem)]
    (found,) = stamp_findings([stamp], RULES, hashes, certificates)
    return found


async def test_a_head_is_stamped_and_checked_without_the_authority(authority: LocalAuthority, tmp_path: Path) -> None:
    """Also with everyday tools: what was stamped is the text that the head is the hash of."""
    stamper = Stamper(tmp_path / "stamps", HttpAuthority(authority.url))
    stamper.want(POLL, HEAD, TEXT)
    (stamp,) = await _stamped(stamper)
    assert "seen the ledger up to entry 1 at" in _found(stamp, authority.certificate).text
    assert "only --authority" in _found(stamp).text
    (tmp_path / "text").write_bytes(TEXT)
    (tmp_path / "answer").write_bytes(base64.b64decode(stamp.token))
    (tmp_path / "root.pem").write_bytes(authority.certificate)
    command = ["openssl", "ts", "-verify", "-data", "text", "-in", "answer", "-CAfile", "root.pem"]
    await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, check=True, capture_output=True, timeout=30)


async def test_a_stamp_is_asked_for_once_and_kept_over_a_restart(authority: LocalAuthority, tmp_path: Path) -> None:
    """An authority is somebody else's machine; and whoever holds the store has no hand in the file."""
    path = tmp_path / "stamps"
    stamper = Stamper(path, HttpAuthority(authority.url))
    stamper.want(POLL, HEAD, TEXT)
    stamper.want(POLL, HEAD, TEXT)
    asked = authority.asked
    kept = await _stamped(stamper)
    assert authority.asked == asked + 1
    with path.open("ab") as file:
        file.write(b'{"poll":"ai"')
    assert path.stat().st_mode & 0o077 == 0
    again = Stamper(path, HttpAuthority(authority.url))
    again.want(POLL, HEAD, TEXT)
    assert await _stamped(again) == kept
    assert authority.asked == asked + 1


async def test_a_stamp_of_something_else_is_told(authority: LocalAuthority, tmp_path: Path) -> None:
    """Under another head, of another ledger, changed, or by an authority that nobody knows."""
    stamper = Stamper(tmp_path / "stamps", HttpAuthority(authority.url))
    stamper.want(POLL, HEAD, TEXT)
    (stamp,) = await _stamped(stamper)
    assert "is not genuine: it is of something else" in _found(Stamp(RULES, stamp.token)).text
    assert "no head of this ledger" in _found(stamp, hashes=()).text
    changed = bytearray(base64.b64decode(stamp.token))
    changed[-5] ^= 1
    forged = Stamp(HEAD, base64.b64encode(changed).decode())
    assert not _found(forged, authority.certificate).holds
    assert not _found(Stamp(HEAD, "AAAA"), authority.certificate).holds
    assert not _found(Stamp(HEAD, "é"), authority.certificate).holds
    stranger = LocalAuthority(tmp_path / "stranger")
    assert not _found(stamp, stranger.certificate).holds
    assert _found(stamp, stranger.certificate, authority.certificate).holds


class _Away(Authority):
    def __init__(self) -> None:
        self.tried = asyncio.Event()
        self.is_away = True

    @override
    async def stamp(self, head: str, text: bytes) -> Stamp:
        self.tried.set()
        if self.is_away:
            raise Unanswered("nobody there")
        return Stamp(head, "token")


async def test_an_authority_that_is_away_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A final does not wait for it, and nothing is forgotten."""
    monkeypatch.setattr(stamper_module, "TRY_AGAIN", 0.0)
    away = _Away()
    stamper = Stamper(tmp_path / "missing" / "stamps", away)
    stamper.want(POLL, HEAD, TEXT)
    stamper.want(POLL, RULES, b"rules")
    running = asyncio.create_task(stamper.run())
    await away.tried.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert "nobody there" in caplog.text
    away.is_away = False
    assert {stamp.hash for stamp in await _stamped(stamper)} == {HEAD, RULES}
    with pytest.raises(Unanswered):
        await HttpAuthority("http://127.0.0.1:9/").stamp(HEAD, TEXT)


LIN, CHAIR, ORGANISER = PersonId("lin"), PersonId("chair"), PersonId("organiser")
ARM, IMPACT, ROOM = ProjectId("arm"), CriterionId("impact"), RoomId("ai")
SPEC = PollSpec(
    POLL, (ARM,), (CHAIR, LIN), CHAIR, (), (Criterion(IMPACT, 1, 10),), RuleSet("mean", 1, ("shared",), "exact", 1),
    procedure=2,
)  # fmt: skip


async def test_a_record_has_the_stamps_of_the_heads_that_were_told(
    authority: LocalAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the rules before the first window, of each end of a window, of the count and of the confirmation; whoever has
    the authority's certificate need not believe the organiser about the time."""
    stamper = Stamper(tmp_path / "stamps", HttpAuthority(authority.url))
    signer = Signer(Ed25519PrivateKey.from_private_bytes(bytes([7] * 32)))
    service = VotingService(MemoryVoteStore(SystemClock()), signer, {ROOM: SPEC}, Nobody(), stamps=stamper)
    await service.prepare()
    await stamper.stamp_all()
    assert [stamp.hash for stamp in stamper.of(POLL)] == [genesis(SPEC)], "before anything was given"
    await service.open_window(ROOM, ARM, None)
    await service.cast(ROOM, LIN, Cast(CommandId("command-0001"), ARM, {IMPACT: 5}, 0))
    await service.close_window(ROOM, ARM)
    await service.heads(ROOM, 3)
    await service.act(ROOM, CHAIR, CloseCount(1), CommandId("command-0002"))
    await service.heads(ROOM, 4)
    await service.confirm(ROOM, CHAIR, False, CommandId("command-0003"))
    told = await service.heads(ROOM, 5)
    await service.reveal_next(ROOM, ORGANISER, 0, CommandId("command-0004"))
    await stamper.stamp_all()
    record = encode_record(await service.record(ROOM))
    assert [one.hash for one in decode_record(record).stamps] == [genesis(SPEC), *(head.hash for head in told.heads)]
    report = recount(record, roots=authorities(authority.certificate))
    assert report.faults == ()
    assert sum(one.check == "stamp" for one in report.findings) == 4

    (tmp_path / "ai.json").write_bytes(record)
    (tmp_path / "root.pem").write_bytes(authority.certificate)
    (tmp_path / "other.pem").write_bytes(LocalAuthority(tmp_path / "other").certificate)
    for certificate, code in (("root.pem", 0), ("other.pem", 1), ("ai.json", 2)):
        with pytest.raises(SystemExit) as ended:
            main(["recount", str(tmp_path / "ai.json"), "--authority", str(tmp_path / certificate)])
        assert ended.value.code == code, capsys.readouterr()
    moved = decode_record(record)
    moved = replace(moved, stamps=(replace(moved.stamps[0], hash=moved.stamps[1].hash), *moved.stamps[1:]))
    assert {one.check for one in recount(encode_record(moved)).faults} == {"stamp"}
    many = replace(moved, stamps=moved.stamps * 300)
    assert "more than 1000 time stamps" in recount(encode_record(many)).faults[0].text
