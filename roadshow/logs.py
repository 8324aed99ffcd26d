"""How the log's lines look: for people (``text``) or for programs (``json``), one event a line.

Modules write by the standard library's ``logging``, so that nobody who embeds or tests them has to set anything up.
What they give as ``extra``, and the id of the request they serve, become fields of the line.

Lines hold what strangers send. Whatever it is, an event is one line that begins with its moment; its fields are those
we gave it; and no terminal obeys any of it. What belongs to an event and needs lines of its own, a traceback, is
indented.
"""

import json
import logging
import re
import sys
import textwrap
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from roadshow.terminal import visible

_LIKE_A_FIELD = re.compile(r'[\[\]="\\]')
"""In a line for people, what may look like a logger's name, a field, or the end of a quotation."""


def set_up(level: str, form: str) -> None:
    """Everything this process logs, uvicorn's and aiortc's lines too. ``form``: one of ``settings.LOG_FORMATS``."""
    handler: logging.Handler = logging.NullHandler()
    if sys.stderr is not None:  # else it was closed before the program began
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(formatter(form, colours=sys.stderr.isatty()))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.addFilter(_is_of_no_socket)
    # Nothing is made of what the filter would drop: a line for each of a thousand sockets costs a tenth of a second.
    uvicorn.setLevel(max(logging.WARNING, uvicorn.getEffectiveLevel()))


def formatter(form: str, *, colours: bool = False) -> logging.Formatter:
    return ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            add_logger_name,
            add_log_level,
            ExtraAdder(),
            TimeStamper("iso", utc=True),
        ],
        processors=[ProcessorFormatter.remove_processors_meta, _without_repetition, *_renderers(form, colours)],
    )


def _is_of_no_socket(line: logging.LogRecord) -> bool:
    """uvicorn and websockets tell of each that came and went, and at ``debug`` its cookie and all it says; bytes that
    are no text bring a traceback. What stays is a failure of ours."""
    is_a_sockets = "websockets" in Path(line.pathname).parts
    return not is_a_sockets or (line.levelno >= logging.ERROR and not str(line.msg).startswith("Invalid UTF-8"))


def _without_repetition(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """uvicorn says some things twice, the second time in colours."""
    line.pop("color_message", None)
    return line


def _renderers(form: str, colours: bool) -> list[Processor]:
    if form == "json":
        return [format_exc_info, JSONRenderer(serializer=_json)]
    return [
        _unmistakable,
        ConsoleRenderer(
            colors=colours, pad_event_to=0, pad_level=False, sort_keys=False, exception_formatter=_traceback
        ),
    ]


def _json(line: EventDict, default: Any, **_options: Any) -> str:
    """JSON itself takes an escape sequence of eight bits and half a pair for letters; a terminal and UTF-8 do not."""
    return visible(json.dumps(line, ensure_ascii=False, default=default))


def _unmistakable(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """For people: nothing within a text can pass for what stands around it. (Values with a blank or an equals sign are
    quoted by structlog.)"""
    for name, value in line.items():
        if name == "stack":
            line[name] = _indented(str(value))
        elif name not in ("exc_info", "exception") and not isinstance(value, bool | int | float | None):
            line[name] = visible(str(value))
    event = str(line["event"])
    line["event"] = json.dumps(event, ensure_ascii=False) if _LIKE_A_FIELD.search(event) else event
    return line


def _traceback(stream: TextIO, exception: ExcInfo) -> None:
    """Not structlog's own, which shows the values of variables: scores and tokens are among them."""
    lines = StringIO()
    plain_traceback(lines, exception)
    stream.write("\n" + _indented(lines.getvalue().strip("\n")))


def _indented(lines: str) -> str:
    return textwrap.indent(visible(lines, keep="\n"), "    ", lambda _line: True)


def of_request(request_id: str) -> None:
    """What is logged from here on in this task, and in those it starts, is this request's."""
    bind_contextvars(request=request_id)
