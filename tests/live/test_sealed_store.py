"""A final whose ballots the store cannot read: served, and what becomes of it without its key."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from roadshow.adapters import stored_for_reading
from roadshow.commands.exporting import export_record
from roadshow.competitions.definition import Competition
from roadshow.competitions.voting import Voting
from roadshow.errors import SetupError
from roadshow.ids import PollId
from roadshow.store.connection import socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from tests.bend.final import ARM, CRITERIA, LIN, ROOM, OneFinal, World, a_final, clear


@pytest.fixture
async def final(tmp_path: Path) -> AsyncIterator[OneFinal]:
    """With one ballot in, which its judge signed."""
    async with (
        EmbeddedStore(tmp_path / "shared") as store,
        a_final(World(socket_url(store.socket), tmp_path), clear, sealed=True, ballot_keys=True) as final,
    ):
        await final.to_voting(ARM)
        await final.vote(LIN, ARM)
        final.voted_already.add((LIN, ARM))
        yield final


def _key(final: OneFinal) -> Path:
    (key,) = final.settings.data.glob("boxes*.key")
    return key


async def test_the_loss_of_the_key_is_told_at_the_start_and_mends_with_its_copy(final: OneFinal) -> None:
    """In the middle of a final nobody has the time to find out; and no new key takes the place of the one that is
    missing. What judges were given stays: their receipts say what they gave. Nor can the ballots that come from now on
    be in the open: that would tell what those before were."""
    key = _key(final)
    copy = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    await final.stop()
    final.competition = _with(final, False)
    with pytest.raises(SetupError, match=r"voting\.sealed: false, was true"):
        await final.start()
    final.competition = _with(final, True)
    key.unlink()
    with pytest.raises(SetupError, match=r"boxes\S*\.key is missing"):
        await final.start()
    assert not key.exists()
    key.write_text("00" * 32 + "\n")
    key.chmod(0o600)
    with pytest.raises(SetupError, match="has another key"):
        await final.start()
    key.write_text(copy[:20])
    with pytest.raises(SetupError, match="damaged"):
        await final.start()
    key.write_text(copy)
    key.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        await final.start()
    key.chmod(0o600)
    await final.start()
    async with stored_for_reading(final.settings) as readers:  # a front, which shows cards after each pitch
        (ballot,) = (await readers(final.competition.id).votes.read(PollId(ROOM))).tally.ballots
    assert ballot.ballot.scores == final.receipts[LIN][0]["scores"]
    await final.announced()
    record = (await final.published()).record
    assert recount(record, final.public_key).holds
    # The command reads them by the same key.
    exported = await export_record(final.settings, final.competition, ROOM)
    assert recount(encode_record(exported), final.public_key).holds
    key.unlink()
    with pytest.raises(SetupError, match=r"boxes\.key"):
        await export_record(final.settings, final.competition, ROOM)
    assert final.receipts[LIN][0]["scores"] == {one: clear(LIN, ARM, at) for at, one in enumerate(CRITERIA)}


def _with(final: OneFinal, sealed: bool) -> Competition:
    return replace(final.competition, voting=Voting(sealed=sealed))
