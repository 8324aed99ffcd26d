"""docs/definition.md is what people copy from."""

import re
from pathlib import Path

from roadshow.competitions.loading import load, preset_names
from tests.core.competitions.definitions import TODAY

PAGE = Path(__file__).parents[3].joinpath("docs", "definition.md").read_text("utf-8")


def test_the_example_is_a_whole_competition() -> None:
    """An example that does not load costs a newcomer the first hour."""
    example = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    competition = load(example, "docs/definition.md", today=TODAY)
    assert competition.stage.pitch.seconds == 300
    assert competition.fields[0].starts_at == "2027-05-20T14:00:00+03:00"


def test_every_set_of_rules_is_named() -> None:
    """A preset that nobody mentions is never used."""
    assert all(name in PAGE for name in preset_names() if name != "demo")
