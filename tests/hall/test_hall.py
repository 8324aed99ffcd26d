"""The campaign's short form; `make hall` plays a hall of 500."""

from pathlib import Path

import pytest

from tests.hall.play import play


@pytest.mark.alone
async def test_a_hall_enters_watches_and_votes_while_another_address_attacks(tmp_path: Path) -> None:
    """One address could hold every picture and every socket, and a hall that came later saw nothing of the final. There
    are as many places for each of the hall as in the campaign; how long they take is for a quiet machine to say."""
    played = await play(tmp_path, people=30, viewers=90, attacked_for=4.0, within=120.0, floods=4)
    assert played.held, played
