"""How message families come into a show."""

from datetime import date
from pathlib import Path

import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.live.families import FAMILIES
from roadshow.live.family import Family, Services
from roadshow.settings import Settings


async def test_a_show_has_one_of_each_family_at_all_its_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without the competition's name in the address it is one show: what a family keeps is there once."""
    made: list[Family] = []

    class Keeping(Family):
        def __init__(self, services: Services) -> None:
            super().__init__(services)
            assert services.fields
            made.append(self)

    monkeypatch.setattr("roadshow.show.FAMILIES", (*FAMILIES, Keeping))
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, load_preset("demo", today=date(2026, 1, 1)), adapters=in_memory):
        assert len(made) == 1
