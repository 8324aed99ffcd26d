"""What the browser's code and the server must know alike is the same in both."""

import ast
import re

from roadshow import installation
from roadshow.fields import lines
from roadshow.live import hub
from roadshow.rooms.lanes import LANES
from roadshow.rooms.relay.load import BUSY
from roadshow.voting.entitlement import MAX_PENALTY

SCRIPTS = installation.web() / "static" / "js"


def constant(module: str, name: str) -> object:
    """A constant of an ES module: a number, or a list of texts. The two languages write them alike."""
    source = (SCRIPTS / module).read_text(encoding="utf-8")
    found = re.search(rf"^(?:export )?const {name} = (.+?);$", source, re.MULTILINE)
    assert found is not None, f"{module} has no {name}"
    value: object = ast.literal_eval(found[1])
    return value


def test_the_control_desk_calls_the_server_busy_when_the_server_does() -> None:
    """Else it would say that all is well while newcomers are sent away."""
    assert constant("control/figures.js", "BUSY") == BUSY


def test_a_line_check_ends_before_the_server_ends_it() -> None:
    """A page that still measured would have its figures refused."""
    spent = [constant("line/check.js", name) for name in ("CONNECTS_WITHIN", "MEASURES", "ANSWERS_WITHIN")]
    assert sum(int(str(one)) for one in spent) < lines.LONGEST_S * 1000


def test_the_form_takes_the_points_that_the_rules_take() -> None:
    """A penalty that is refused after it was typed in looks like a fault."""
    most, hundredths = (constant("jury/rulings.js", name) for name in ("MOST_POINTS", "HUNDREDTHS"))
    assert isinstance(most, int)
    assert isinstance(hundredths, int)
    assert most * hundredths == MAX_PENALTY


def test_a_viewer_offers_the_lanes_that_there_are_in_their_order() -> None:
    """A section of the offer becomes a lane by its place alone."""
    assert constant("media/whep.js", "LANES") == [lane for row in LANES for lane in row.lanes]


def test_a_browser_reads_the_close_codes_that_the_server_writes() -> None:
    """A browser that takes a revoked invitation for an outage would knock for ever."""
    assert constant("live/live.js", "NOT_ALLOWED") == hub.POLICY
    assert constant("live/live.js", "TRY_LATER") == hub.TRY_LATER
    assert constant("live/live.js", "LONGEST_DELAY") == hub.LONGEST_RETRY_MS
