"""How the log's lines look: for people (``text``) or for programs (``json``), one event a line.

Modules write by the standard library's ``logging``, so that nobody who embeds or tests them has to set anything up.
What they give as ``extra``, and the id of the request they serve, become fields of the line.
"""

import logging
import sys
from pathlib import Path

from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, Processor, WrappedLogger


def set_up(level: str, form: str) -> None:
    """Everything this process logs, uvicorn's and aiortc's lines too. ``form``: one of ``settings.LOG_FORMATS``."""
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
        return [format_exc_info, JSONRenderer(ensure_ascii=False)]
    # Not structlog's own traceback, which shows the values of variables: scores and tokens are among them.
    return [
        ConsoleRenderer(
            colors=colours, pad_event_to=0, pad_level=False, sort_keys=False, exception_formatter=plain_traceback
        )
    ]


def of_request(request_id: str) -> None:
    """What is logged from here on in this task, and in those it starts, is this request's."""
    bind_contextvars(request=request_id)
