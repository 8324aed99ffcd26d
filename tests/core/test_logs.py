"""What the log says, and in which form."""

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow import logs
from roadshow.errors import Conflict
from roadshow.settings import LOG_FORMATS
from roadshow.telemetry import Telemetry
from roadshow.terminal import visible


class Log:
    def __init__(self, form: str) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(logs.formatter(form))

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """What ``roadshow`` loggers write, in the form that a test asks for by its parameter; else JSON."""
    given = Log(getattr(request, "param", "json"))
    logger = logging.getLogger("roadshow")
    level = logger.level
    logger.addHandler(given.handler)
    logger.setLevel(logging.INFO)
    yield given
    logger.removeHandler(given.handler)
    logger.setLevel(level)


def test_a_line_for_programs_has_all_that_is_known_as_fields(log: Log) -> None:
    """Whoever collects logs searches by fields; what was written by ``logging`` as ever must have them, too."""
    logging.getLogger("roadshow.store").warning("the store has %d copies", 2, extra={"wanted": 3})
    (line,) = log.lines
    found = json.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {"event": "the store has 2 copies", "level": "warning", "logger": "roadshow.store", "wanted": 3}


@pytest.mark.parametrize("log", LOG_FORMATS, indirect=True)
def test_the_words_by_which_the_way_out_is_known_are_in_every_form(log: Log) -> None:
    """Documents and scripts look for them."""
    logging.getLogger("roadshow.rooms.relay.relay").info("Media goes out by the native fan-out, with %d threads.", 2)
    assert "native fan-out, with 2 threads" in log.stream.getvalue()


@pytest.mark.parametrize("log", LOG_FORMATS, indirect=True)
def test_a_traceback_shows_no_values(log: Log) -> None:
    """A crash in the voting must not write scores into the log."""
    secret = "nine" + "ty-nine"
    try:
        int(secret[:1])
    except ValueError:
        logging.getLogger("roadshow").exception("on purpose")
    assert "ValueError: invalid literal" in log.stream.getvalue()
    assert "test_logs.py" in log.stream.getvalue()
    assert secret not in log.stream.getvalue()


def test_uvicorn_is_not_quoted_twice(log: Log) -> None:
    """Control codes of a terminal have no place in a file."""
    logging.getLogger("roadshow").info("Started [%d]", 7, extra={"color_message": "Started [\x1b[36m%d\x1b[0m]"})
    assert "\\u001b" not in log.stream.getvalue()


def test_an_error_for_programs_is_still_one_line(log: Log) -> None:
    """A collector takes each line for an event."""
    try:
        int("ten")
    except ValueError:
        logging.getLogger("roadshow").exception("on purpose")
    (line,) = log.lines
    assert "\nValueError: invalid literal" in json.loads(line)["exception"]


@pytest.mark.parametrize("log", LOG_FORMATS, indirect=True)
def test_a_field_makes_no_line_of_its_own(log: Log) -> None:
    """A command's id is whatever a browser sent."""
    with Telemetry().act("session.pause", who="organiser", role="organiser", field="ai", command="x\nforged"):
        pass
    assert len(log.lines) == 1


HOSTILE = st.text(
    st.one_of(st.sampled_from(list("\n\r\x0b\x1b\x85\x9b\u2028\u202e\ud800\"'\\=[] ")), st.characters()), max_size=30
)


@pytest.mark.parametrize("form", LOG_FORMATS)
@given(text=HOSTILE)
def test_whatever_strangers_send_is_in_its_place_on_one_line(form: str, text: str) -> None:
    """Nothing of it begins a line, moves a terminal, or passes for what we say ourselves."""
    given_log = Log(form)
    line = logging.LogRecord("roadshow.access", logging.WARNING, "", 0, "refused %s", (text,), None)
    line.path = text
    given_log.handler.handle(line)
    (written,) = given_log.stream.getvalue().splitlines()
    assert visible(written) == written
    if form == "json":
        found = json.loads(written)
        assert found.keys() == {"timestamp", "level", "logger", "event", "path"}
        assert (found["event"], found["path"]) == (f"refused {text}", text)
    else:
        # An event and a field's value are quoted whole or not at all; a lone mark within an event is none of theirs.
        quoted = r'(?:(?<=^)|(?<==))(?:"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')'
        outside = re.sub(quoted, "", written[written.index("] ") + 2 :])
        assert outside.count("=") == 1
        assert outside.count(" [") == 1


def _fail(why: str) -> None:
    raise ValueError(why)


@pytest.mark.parametrize("log", LOG_FORMATS, indirect=True)
def test_a_traceback_begins_no_line_of_the_log(log: Log) -> None:
    """What failed may quote what was sent, and that may look like a line of ours."""
    forged = "2026-01-01T00:00:00Z [info] act [roadshow.telemetry] outcome=accepted"
    try:
        _fail(f"cannot read\n{forged}\x1b[2J")
    except ValueError:
        logging.getLogger("roadshow").exception("on purpose")
    assert len(log.lines) == 1 or {line[:4] for line in log.lines[1:]} == {"    "}
    assert "\x1b" not in log.stream.getvalue()


def test_no_terminal_is_needed_to_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service manager may have closed it."""
    added: list[logging.Handler] = []
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(logging, "basicConfig", lambda **given: added.extend(given["handlers"]))
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "filters", [])
    logs.set_up("info", "text")
    assert len(added) == 1


async def test_lines_of_a_request_and_of_the_tasks_it_starts_have_its_id(log: Log) -> None:
    """What one press of a button led to must be found among what everybody else did."""

    async def serve(request: str) -> None:
        logs.of_request(request)
        await asyncio.sleep(0)
        await asyncio.create_task(work())

    async def work() -> None:
        logging.getLogger("roadshow").info("done")

    await asyncio.gather(serve("first"), serve("second"))
    await asyncio.create_task(work())
    assert [json.loads(line).get("request") for line in log.lines] == ["first", "second", None]


# -- acts and cues ----------------------------------------------------------------------------------------------------


def _seconds(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(f"roadshow_{name}_seconds_count", labels)


def test_an_act_leaves_one_line_when_it_is_done(log: Log) -> None:
    """Who did what, where, how long it took, and what they were told."""
    telemetry = Telemetry("final-2026")
    with telemetry.act("session.pause", who="organiser", role="organiser", field="ai", command="command-0001"):
        assert log.lines == []
    (line,) = log.lines
    found = json.loads(line)
    assert found["ms"] >= 0
    assert {
        name: found[name] for name in ("event", "what", "who", "role", "competition", "field", "command", "outcome")
    } == {
        "event": "act",
        "what": "session.pause",
        "who": "organiser",
        "role": "organiser",
        "competition": "final-2026",
        "field": "ai",
        "command": "command-0001",
        "outcome": "accepted",
    }
    assert _seconds(telemetry, "act", family="session") == 1


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [(Conflict("ballot.closed"), "ballot.closed"), (ValueError(), "internal"), (asyncio.CancelledError(), "abandoned")],
)
def test_an_act_that_was_not_done_says_what_they_were_told(log: Log, problem: BaseException, outcome: str) -> None:
    """ "It did not work" is looked up by its code."""
    with pytest.raises(type(problem)), Telemetry().act("ballot.cast", who="judge-ai", role="judge", field="ai"):
        raise problem
    (line,) = log.lines
    assert json.loads(line)["outcome"] == outcome


def test_a_cue_leaves_one_line_however_many_follow(log: Log) -> None:
    """Five thousand sockets must not be five thousand lines."""
    telemetry = Telemetry()
    with telemetry.cue("session", field="ai", sockets=5000):
        pass
    (line,) = log.lines
    found = json.loads(line)
    assert (found["event"], found["what"], found["field"], found["sockets"]) == ("cue", "session", "ai", 5000)
    assert _seconds(telemetry, "cue") == 1


def test_shows_in_one_process_count_apart() -> None:
    """Figures of one competition are none of another's operator."""
    one, other = Telemetry(), Telemetry()
    one.request("page", 200, 0.01)
    assert _seconds(one, "request", kind="page", status="2xx") == 1
    assert _seconds(other, "request", kind="page", status="2xx") is None
