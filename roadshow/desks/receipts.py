"""A judge's receipts on paper: each with a code that holds all of it, to be read by any camera and checked anywhere."""

from functools import lru_cache

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.roles import JURY
from roadshow.desks.context import DeskContext, appointed
from roadshow.voting.ballot import canonical, kind_of
from roadshow.voting.votes import Receipt

QUIET = 4
"""Modules of white around a code, as its standard has it."""
CODES = 128
"""That are kept, each of 14 kB: to make one holds up everybody for 20 ms, and a judge looks at a dozen, and again."""


def routes(context: DeskContext) -> list[Route]:
    async def page(request: Request) -> Response:
        field = context.field(request)
        person, _ = appointed(request, JURY, field.room)
        language = context.pages.language(request)
        own = await context.voting.own_ballots(field.room, person.id)
        given = sorted((*own.receipts, *own.late, *own.revote), key=lambda one: one.sequence)
        return context.pages.render(
            request,
            "judge/receipts.html",
            mood="paper",
            module="receipts",
            data={"receipts": [_fields(one) for one in given if one.signature], "key": context.voting.public_key},
            field=field,
            person=person,
            public_key=context.voting.public_key,
            # All of them, from the first on: which stand there, and in what order, tells nothing.
            projects=[
                {
                    "id": project.id,
                    "name": project.name.in_language(language),
                    "given": [
                        {"receipt": one, "kind": kind_of(one), "code": code_of(one) if one.signature else ""}
                        for one in given
                        if one.project == project.id
                    ],
                }
                for project in context.cast.projects_in(field.id)
            ],
            desk_url=f"{context.base}/as/{person.id}/judge/{field.room}",
        )

    return [context.guarded("/as/{person}/receipts/{room}", page, "receipts")]


def code_of(receipt: Receipt) -> str:
    """An SVG that says what ``roadshow recount --receipt`` takes."""
    return _drawn(canonical(receipt))


@lru_cache(CODES)
def _drawn(text: bytes) -> str:
    code = segno.make(text, error="l", micro=False, boost_error=False)
    return str(code.svg_inline(border=QUIET, omitsize=True, svgclass="qr", lineclass=None, light="#fff"))


def _fields(receipt: Receipt) -> dict[str, object]:
    names = receipt.__struct_fields__
    return {name: getattr(receipt, name) for name in names if name != "cast_at"} | {"cast_at": receipt.cast_at.ms}
