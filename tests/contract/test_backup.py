"""Backups: of what is served, as it is written to a file and comes back."""

import io
import itertools
import stat
import tarfile
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from roadshow import settings as settings_
from roadshow.cli import main
from roadshow.commands.backing_up import back_up, passphrase_of, restore
from roadshow.errors import SetupError
from roadshow.ids import CompetitionId
from roadshow.settings import Settings
from roadshow.store.backup import vault
from roadshow.store.backup.archive import read_archive, write_archive
from roadshow.store.backup.vault import CHUNK, HEADER_BYTES, Damaged, Opener, Sealer, WrongPassphrase
from roadshow.store.connection import connect, open_store, socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.keys import Keys
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.redis_store import RedisVoteStore
from tests.contract.test_vote_store import ARM, LIN, MEI, POLL, SPEC, _cast

PASSPHRASE = "correct horse battery staple"
SECRET = b"whatever nobody else may read"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes each guess dear would make each test so, too."""
    monkeypatch.setattr(vault, "SCRYPT_N", 2**4)


def _sealed(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    sealer = Sealer(file, passphrase)
    sealer.write(data)
    sealer.close()
    return file.getvalue()


def _opened(sealed: bytes, passphrase: str = PASSPHRASE) -> bytes:
    opener = Opener(io.BytesIO(sealed), passphrase)
    return b"".join(iter(lambda: opener.read(1000), b""))


# What is written ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_what_was_sealed_is_opened_with_the_passphrase_whatever_its_length(length: int) -> None:
    """A backup that does not come back is none."""
    data = bytes(itertools.islice(itertools.cycle(range(251)), length))
    assert _opened(_sealed(data)) == data


def test_another_passphrase_is_told_from_a_file_that_was_changed() -> None:
    """Whoever mistypes must not throw the backup away."""
    with pytest.raises(WrongPassphrase):
        _opened(_sealed(SECRET), "correct horse battery stable")


def test_nothing_can_be_read_in_it_and_no_two_are_alike() -> None:
    """Neither what is in it, nor whether anything changed since the last."""
    one, other = _sealed(SECRET), _sealed(SECRET)
    assert SECRET not in one
    assert not set(one[HEADER_BYTES + 4 :: 16]) <= set(SECRET)
    assert one[HEADER_BYTES:] != other[HEADER_BYTES:]


@given(st.data())
def test_whatever_is_changed_in_it_is_noticed(data: st.DataObject) -> None:
    """Bit by bit, wherever it is: nothing that was not written comes out."""
    written = SECRET * 4000  # two parts
    sealed = bytearray(_sealed(written))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SetupError):
        _opened(bytes(sealed))


@given(st.integers(0, 4000 * len(SECRET)))
def test_wherever_it_is_cut_it_is_said_to_be_cut(length: int) -> None:
    """An upload that stopped is no attack, and the copy beside it may be whole."""
    sealed = _sealed(SECRET * 4000)
    with pytest.raises(Damaged, match="cut short"):
        _opened(sealed[:length])


def test_parts_cannot_be_left_out_exchanged_repeated_or_put_behind_the_end() -> None:
    """Each is genuine in its place alone."""
    sealed = _sealed(bytes(CHUNK) + bytes([1]) * CHUNK + b"end")
    size = 4 + CHUNK + 16
    head, first, second, last = (
        sealed[:HEADER_BYTES],
        *(sealed[HEADER_BYTES + at * size : HEADER_BYTES + (at + 1) * size] for at in range(3)),
    )
    for parts in (
        (second, last),
        (first, last),
        (second, first, last),
        (first, first, second, last),
        (first, second, last, last),
        (last,),
    ):
        with pytest.raises(Damaged, match="changed"):
            _opened(head + b"".join(parts))
    made_the_last = bytes([first[0] | 128]) + first[1:]
    with pytest.raises(Damaged, match="changed"):
        _opened(head + made_the_last)


def test_memory_does_not_grow_with_a_backup() -> None:
    """A store of gigabytes is backed up on a machine that has less."""

    class Endless(io.RawIOBase):
        longest = 0

        @override
        def write(self, data: object) -> int:
            assert isinstance(data, bytes)
            self.longest = max(self.longest, len(data))
            return len(data)

    sink = Endless()
    sealer = Sealer(sink, PASSPHRASE)  # type: ignore[arg-type]  # it is written to, and no more
    for _ in range(200):
        sealer.write(bytes(CHUNK // 3))
        assert len(sealer._waiting) <= 2 * CHUNK
    assert sink.longest <= CHUNK + 20


# What is in it ------------------------------------------------------------------------------------------------------


def _folder(path: Path) -> Path:
    (path / "store").mkdir(parents=True, mode=0o700)
    (path / "secret").write_text("5" * 64)
    (path / "signing.key").write_bytes(SECRET)
    (path / "lock").write_text("1")
    (path / "store" / "valkey.log").write_text("started")
    return path


def _contents(path: Path) -> dict[str, bytes]:
    return {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*") if one.is_file()}


@pytest.mark.parametrize("passphrase", [PASSPHRASE, None], ids=["encrypted", "in the clear"])
def test_a_folder_comes_back_as_it_was_and_for_its_owner_alone(passphrase: str | None, tmp_path: Path) -> None:
    """Keys that others can read stop the start."""
    data, file = _folder(tmp_path / "var"), tmp_path / "backup"
    back_up(Settings(data=data), file, None, passphrase)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (SECRET in file.read_bytes()) is False
    again = tmp_path / "again"
    restore(Settings(data=again), file, None, passphrase)
    assert _contents(again) == {name: text for name, text in _contents(data).items() if name != "lock"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in again.rglob("*")} == {0o600, 0o700}


async def test_what_was_acknowledged_beside_a_running_server_is_in_it(tmp_path: Path) -> None:
    """Nobody stops a final for a backup, and no receipt of before may be missing in it."""
    data, file, again = _folder(tmp_path / "var"), tmp_path / "backup", tmp_path / "again"
    async with EmbeddedStore(data) as store, connect(socket_url(store.socket)) as connected:
        votes = RedisVoteStore(connected, Keys(CompetitionId("final")))
        await votes.prepare(SPEC, genesis(SPEC))
        await votes.open_window(POLL, ARM, None)
        receipt = await votes.cast(POLL, LIN, _cast("1"))
        back_up(Settings(data=data), file, None, PASSPHRASE)
        await votes.cast(POLL, MEI, _cast("2"))
    restore(Settings(data=again), file, None, PASSPHRASE)
    async with open_store(Settings(data=again)) as restored:
        tally = (await RedisVoteStore(restored, Keys(CompetitionId("final"))).read(POLL)).tally
        assert tally.ballots == (receipt,)


def test_files_of_a_store_of_ones_own_go_with_it_and_are_asked_where_to(tmp_path: Path) -> None:
    """Votes and keys that are of different moments do not start."""
    data, own = _folder(tmp_path / "var"), tmp_path / "valkey"
    (own / "appendonlydir").mkdir(parents=True)
    (own / "appendonlydir" / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    (own / "appendonlydir" / "appendonly.aof.1.incr.aof").write_text("*1")
    file = tmp_path / "backup"
    back_up(Settings(data=data), file, own, PASSPHRASE)
    with pytest.raises(SetupError, match="--store"):
        restore(Settings(data=tmp_path / "again"), file, None, PASSPHRASE)
    assert not (tmp_path / "again").exists()
    restore(Settings(data=tmp_path / "again"), file, tmp_path / "valkey-again", PASSPHRASE)
    assert _contents(tmp_path / "valkey-again") == _contents(own)


@pytest.mark.parametrize("harm", ["cut", "changed", "passphrase"])
def test_of_a_backup_that_is_not_whole_nothing_is_restored(harm: str, tmp_path: Path) -> None:
    """Half a folder would start, and miss what is in the other half."""
    data, file = _folder(tmp_path / "var"), tmp_path / "backup"
    back_up(Settings(data=data), file, None, PASSPHRASE)
    whole = file.read_bytes()
    file.write_bytes({"cut": whole[:-1], "changed": whole[:-1] + bytes([whole[-1] ^ 1])}.get(harm, whole))
    again = tmp_path / "again"
    with pytest.raises(SetupError):
        restore(Settings(data=again), file, None, PASSPHRASE + ("!" if harm == "passphrase" else ""))
    assert not again.exists()


def test_a_folder_with_something_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    """It may be that of the final that runs."""
    data, file = _folder(tmp_path / "var"), tmp_path / "backup"
    back_up(Settings(data=data), file, None, None)
    with pytest.raises(SetupError, match="not empty"):
        restore(Settings(data=data), file, None, None)
    with pytest.raises(SetupError, match="there already"):
        back_up(Settings(data=data), file, None, None)
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("backup")] == ["backup"]


def test_a_restored_disk_that_is_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next try finds an empty folder."""
    data, file, again = _folder(tmp_path / "var"), tmp_path / "backup", tmp_path / "again"
    back_up(Settings(data=data), file, None, PASSPHRASE)

    def full(source: IO[bytes], target: IO[bytes]) -> None:
        target.write(source.read(1))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("roadshow.store.backup.archive.shutil.copyfileobj", full)
    with pytest.raises(SetupError, match="No space left"):
        restore(Settings(data=again), file, None, PASSPHRASE)
    assert _contents(again) == {}


@pytest.mark.parametrize("name", ["data/../../etc/passwd", "/etc/passwd", "elsewhere/file", "data/link"])
def test_a_backup_writes_nowhere_else(name: str, tmp_path: Path) -> None:
    """One in the clear may be anybody's."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w|gz") as archive:
        entry = tarfile.TarInfo(name)
        if name == "data/link":
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    made.seek(0)
    with pytest.raises(SetupError, match="none has"):
        read_archive(made, tmp_path / "data", tmp_path / "store")
    assert list(tmp_path.rglob("*")) == []


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    """Also one of a later version, which this one would misread."""
    file = tmp_path / "backup"
    for text, said in (
        (b"hello" * 100, "cannot be restored"),
        (b"roadshow backup 2\n" + bytes(200), "another version"),
    ):
        file.write_bytes(text)
        with pytest.raises(SetupError, match=said):
            restore(Settings(data=tmp_path / "again"), file, None, PASSPHRASE)


def test_a_store_that_rewrites_its_files_meanwhile_is_read_as_of_one_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manifest that names files which are not in the backup starts nothing."""
    data = _folder(tmp_path / "var")
    files = data / "store" / "appendonlydir"
    files.mkdir()
    (files / "aof.manifest").write_text("file aof.1")
    (files / "aof.1").write_text("1")
    opened = Path.open

    def rewriting(path: Path, *how: Any, **more: Any) -> IO[bytes]:
        found: IO[bytes] = opened(path, *how, **more)
        if path.name == "aof.1":
            (files / "aof.2").write_text("2")
            (files / "aof.manifest").write_text("file aof.2")
            path.unlink()
        return found

    monkeypatch.setattr(Path, "open", rewriting)
    sink = io.BytesIO()
    write_archive(sink, data, None)
    monkeypatch.undo()
    sink.seek(0)
    read_archive(sink, tmp_path / "again", None)
    assert _contents(tmp_path / "again" / "store" / "appendonlydir") == {"aof.2": b"2", "aof.manifest": b"file aof.2"}


# What an operator types ---------------------------------------------------------------------------------------------


@pytest.fixture
def _in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings_.variable("backup_passphrase"), PASSPHRASE)


@pytest.mark.usefixtures("_in_the_environment")
def test_the_passphrase_comes_by_the_environment_or_a_file_and_is_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Arguments are read by everybody on the machine."""
    data, file = _folder(tmp_path / "var"), tmp_path / "backup"
    main(["backup", str(file), "--data", str(data)])
    main(["restore", str(file), "--data", str(tmp_path / "again")])
    other = tmp_path / "passphrase"
    other.write_text("another passphrase altogether\n")
    with pytest.raises(SystemExit):
        main(["restore", str(file), "--data", str(tmp_path / "third"), "--passphrase-file", str(other)])
    told = capsys.readouterr()
    assert "not the one" in told.err
    assert PASSPHRASE not in told.out + told.err
    assert PASSPHRASE not in repr(Settings(backup_passphrase=PASSPHRASE))


def test_whoever_makes_one_in_the_clear_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It holds every score and the keys."""
    main(["backup", str(tmp_path / "backup"), "--data", str(_folder(tmp_path / "var"))])
    assert "not encrypted" in capsys.readouterr().out


def test_a_passphrase_that_anybody_guesses_is_refused(tmp_path: Path) -> None:
    """It would look like one that protects."""
    short = tmp_path / "passphrase"
    short.write_text("secret\n")
    with pytest.raises(SetupError, match="16 characters"):
        passphrase_of(Settings(), short)
