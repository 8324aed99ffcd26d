"""What a form says, and the question before an act that ends something.

The page's script asks in a dialog, and its yes puts ``asked=yes`` into the form. A form that comes without it, because
the script has not arrived or is not run, is answered by a page that asks, whose button sends it again.
"""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from roadshow.errors import InputError, TooLarge
from roadshow.ids import CommandId
from roadshow.pages.pages import Pages

MOST_BYTES = 64 * 1024
"""A pasted mail of ``MOST_PASTED`` Chinese letters is 54 KB, nine bytes a letter once it is encoded for a form."""
MOST_FIELDS = 8
ASKED = "asked"
SEE_OTHER = 303
"""After what was done, so that a reload does not send it again."""
COMMAND_BYTES = 16
"""Of a form's command: never two alike."""
MOST_DIGITS = 9


async def fields_of(request: Request, most: int = MOST_FIELDS) -> dict[str, str]:
    """Each field's last value. Raises TooLarge("form.too_long"); what is no form, or has more than ``most`` fields, has
    none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge("form.too_long")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=most, errors="replace")
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def a_command() -> CommandId:
    """For a form, which makes two presses of its button one act."""
    return CommandId(secrets.token_urlsafe(COMMAND_BYTES))


def number_of(text: str, code: str) -> int:
    """Of a ledger's entry, or a revision, as a form says it. Raises InputError(code)."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise InputError(code)
    return int(text)


async def asked(request: Request) -> bool:
    return was_asked(await fields_of(request))


def was_asked(fields: Mapping[str, str]) -> bool:
    return fields.get(ASKED) == "yes"


def question(
    pages: Pages, request: Request, what: str, *, back: str, name: str = "", also: Mapping[str, str] | None = None
) -> Response:
    """The page that asks ``what`` of ``_partials/questions.html``; ``also`` are the form's other fields, each of which
    the caller knows: nothing of a request is repeated."""
    return pages.render(
        request,
        "people/question.html",
        mood="paper",
        module=None,
        data={},
        what=what,
        name=name,
        back=back,
        fields={ASKED: "yes", **(also or {})},
    )
