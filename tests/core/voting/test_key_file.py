"""The signing key's file."""

from pathlib import Path

import pytest

from roadshow.errors import SetupError
from roadshow.voting.key_file import load_signer
from roadshow.voting.ledger.signing import is_signed


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """Receipts given before a restart must verify after it."""
    path = tmp_path / "data" / "signing.key"
    first = load_signer(path)
    again = load_signer(path)
    assert again.public_key == first.public_key
    assert is_signed(b"text", first.sign(b"text"), again.public_key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["signing.key"]


@pytest.mark.parametrize("content", ["", "00", "zz" * 32, "00" * 33, "\x00\xff"])
def test_a_damaged_key_is_not_replaced_in_silence(tmp_path: Path, content: str) -> None:
    """A new key would make every receipt given so far look forged."""
    path = tmp_path / "signing.key"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(SetupError, match="damaged"):
        load_signer(path)
    assert path.read_text() == content


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Whoever reads it can sign results."""
    path = tmp_path / "signing.key"
    load_signer(path)
    path.chmod(0o640)
    with pytest.raises(SetupError, match="chmod 600"):
        load_signer(path)


def test_a_place_where_no_file_can_be_is_said_plainly(tmp_path: Path) -> None:
    """The operator sees this text and nothing else."""
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="cannot be read or made"):
        load_signer(tmp_path / "file" / "signing.key")
