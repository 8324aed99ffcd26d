"""Cards to be printed: one for each judge and project, two on a sheet, each with its code."""

from collections.abc import Iterator
from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.roles import ORGANISER
from roadshow.competitions.cast import Juror
from roadshow.competitions.definition import Field
from roadshow.desks.context import DeskContext, appointed
from roadshow.desks.page_data import page_criteria
from roadshow.voting.paper.codes import spelled

QUIET = 4
"""Modules of white around a code, as its standard has it."""


def routes(context: DeskContext) -> list[Route]:
    async def page(request: Request) -> Response:
        """``?judge=``: one judge's alone, as for somebody who has lost theirs."""
        field = context.field(request)
        person, _ = appointed(request, ORGANISER, field.room)
        language = context.pages.language(request)
        jury, judging = list(context.cast.jury_of(field)), context.competition.judging(field)
        wanted = request.query_params.get("judge", "")
        chosen = [one for one in jury if one.id == wanted] or jury
        here = f"{context.base}/as/{person.id}/paper/{field.room}"
        return context.pages.render(
            request,
            "paper/cards.html",
            mood="paper",
            module="print",
            data={},
            field=field,
            cards=list(cards(field, jury, chosen, language)),
            criteria=[
                {**row, "step": criterion.step}
                for row, criterion in zip(page_criteria(judging, language), judging.criteria, strict=True)
            ],
            jury=[
                {
                    "url": f"{here}/cards?judge={one.id}",
                    "name": one.name.in_language(language),
                    "current": wanted == one.id,
                }
                for one in jury
            ],
            all_url=f"{here}/cards",
            desk_url=here,
        )

    def cards(field: Field, jury: list[Juror], chosen: list[Juror], language: str) -> Iterator[dict[str, Any]]:
        """Judge by judge, each in the order of the rundown: a set for each hand."""
        codes = context.voting.paper.printed(field.room)
        numbers = {one.id: number for number, one in enumerate(jury, start=1)}
        for juror in chosen:
            for number, project in enumerate(context.cast.projects_in(field.id), start=1):
                code = codes.get((juror.id, project.id))
                if code is not None:
                    yield {
                        "judge": juror.name.in_language(language),
                        "judge_number": numbers[juror.id],
                        "project": project.name.in_language(language),
                        "project_number": number,
                        "code": spelled(code),
                        "picture": picture_of(spelled(code)),
                    }

    return [context.guarded("/as/{person}/paper/{room}/cards", page, "paper-cards")]


def picture_of(code: str) -> str:
    """An SVG that says the code, for a reader that types what it reads."""
    made = segno.make(code, error="m", micro=False)
    return str(made.svg_inline(border=QUIET, omitsize=True, svgclass="qr", lineclass=None, light="#fff"))
