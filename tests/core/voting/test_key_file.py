"""Each competition of a folder signs with a key of its own, and keeps it."""

from pathlib import Path

from roadshow.ids import CompetitionId
from roadshow.voting.key_file import key_path, known_key, load_signer

FINAL, YOUTH = CompetitionId("final"), CompetitionId("youth")


def test_no_two_competitions_share_a_key(tmp_path: Path) -> None:
    """A receipt of one would otherwise be a receipt of the other."""
    assert load_signer(key_path(tmp_path, FINAL)).public_key != load_signer(key_path(tmp_path, YOUTH)).public_key


def test_a_competition_keeps_its_key_whoever_is_served_first(tmp_path: Path) -> None:
    """Next year's final is started first, and this year's receipts must still be checked."""
    first = key_path(tmp_path, FINAL)
    assert first == tmp_path / "signing.key"  # as in folders of earlier versions
    assert [path.name for path in tmp_path.iterdir()] == ["signing.owner"], "whole, and nothing of how it was made"
    assert key_path(tmp_path, YOUTH) == tmp_path / "signing-youth.key"
    assert key_path(tmp_path, FINAL) == first


def test_who_only_reads_a_key_notes_no_owner(tmp_path: Path) -> None:
    """An export with the wrong file would give the folder's key to another competition for good."""
    assert known_key(tmp_path, FINAL) is None
    load_signer(tmp_path / "signing.key")
    assert known_key(tmp_path, YOUTH) == tmp_path / "signing.key", "of a version that noted none: the store knows whose"
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]
    key_path(tmp_path, FINAL)
    assert (known_key(tmp_path, FINAL), known_key(tmp_path, YOUTH)) == (tmp_path / "signing.key", None)
