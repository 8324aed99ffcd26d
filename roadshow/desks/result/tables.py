"""Files of a published result for a spreadsheet: everybody's, and the one that names the judges whatever pages do.

Neither is there before the last place is announced: not for the organiser, who announces them, either.
"""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.competitions.definition import Competition, Criterion, Field
from roadshow.desks.public_context import PublicContext
from roadshow.desks.result.export import Exported, sheets
from roadshow.desks.result.spreadsheet import CSV_TYPE, XLSX_TYPE, Sheet, as_csv, as_xlsx
from roadshow.desks.result.table import Table, judge_names, result_table
from roadshow.desks.result.words import Words
from roadshow.fields.plans import poll_of
from roadshow.ids import PersonId, PollId
from roadshow.languages import catalogue
from roadshow.voting.views import PollViews

if TYPE_CHECKING:  # as in ``page``
    from roadshow.desks.context import DeskContext


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


ENDINGS = ("csv", "xlsx")


def routes(context: "DeskContext") -> list[Route]:
    """Those of chair, deputy and organiser."""
    from roadshow.access.roles import DECIDING  # noqa: PLC0415 - a front needs none of this
    from roadshow.desks.context import appointed  # noqa: PLC0415

    async def full(request: Request) -> Response:
        field = context.field(request)
        appointed(request, DECIDING, field.room)
        return await _file(context, request, field, named=True)

    return [
        context.guarded(f"/as/{{person}}/objections/{{room}}/table.{ending}", full, f"full-{ending}")
        for ending in ENDINGS
    ]


def public_routes(context: PublicContext) -> list[Route]:
    async def table(request: Request) -> Response:
        field = context.field(request)
        return await _file(context, request, field, named=context.competition.rules.show_judges)

    return [
        context.guarded("/rooms/{room}/table.csv", table, "table"),
        context.guarded("/rooms/{room}/table.xlsx", table, "spreadsheet"),
    ]


def judges_of(
    context: PublicContext, field: Field, key: str, language: str, *, named: bool | None = None
) -> dict[PersonId, str]:
    """What each judge is called; ``named`` None: as the rules show them."""
    jury = [(judge.id, judge.name.in_language(language)) for judge in context.cast.jury_of(field)]
    numbered = catalogue(language).gettext(_("Judge %(number)s"))
    shown = context.competition.rules.show_judges if named is None else named
    return judge_names(jury, None if shown else (lambda number: numbered % {"number": number}), key)


def fields_of(context: PublicContext, language: str) -> dict[PollId, str]:
    """What the polls of this competition are called."""
    return {poll_of(one.room): one.title.in_language(language) for one in context.competition.fields}


def table_of(
    context: PublicContext, field: Field, views: PollViews, key: str, language: str, *, named: bool | None = None
) -> Table:
    """A result as pages show it. Raises Conflict("result.sealed")."""
    judging = context.competition.judging(field)
    words = Words(
        texts=catalogue(language),
        projects={one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)},
        criteria={
            **{one.id: one.title.in_language(language) for one in judging.criteria},
            **{one.id: one.title.in_language(language) for one in judging.rules.deductions},
        },
        prizes={one.id: one.title.in_language(language) for one in judging.rules.prizes},
        panels={one.id: one.title.in_language(language) for one in judging.rules.panels},
        fields=fields_of(context, language),
    )
    return result_table(
        views.published(),
        views.explanations(),
        views.ballots(),
        judges_of(context, field, key, language, named=named),
        words,
        {
            **{one.id: one.steps for one in judging.criteria},
            **{one.id: one.steps for one in judging.rules.deductions},
        },
        skipped=context.rundown(field.room).skipped,
    )


async def _file(context: PublicContext, request: Request, field: Field, *, named: bool) -> Response:
    language = context.pages.language(request)
    table, columns = await _sheets(context, field, language, named=named)
    ending = request.url.path.rpartition(".")[2]
    headers = {
        "content-disposition": f'attachment; filename="{field.id}.{ending}"',
        "cache-control": "private, no-cache",
    }
    if ending == "csv":
        return Response(as_csv(table), headers={"content-type": CSV_TYPE, **headers})
    return Response(as_xlsx((table, columns)), headers={"content-type": XLSX_TYPE, **headers})


def scored(competition: Competition) -> tuple[Criterion, ...]:
    """The criteria by which ballots score; none where they do not."""
    return competition.criteria if competition.rules.ballots == "scores" else ()


async def _sheets(context: PublicContext, field: Field, language: str, *, named: bool) -> tuple[Sheet, Sheet]:
    views = await context.polls.views(field.room)
    result = views.published()
    key = (await context.polls.minutes(field.room)).key
    audience = await context.award.view(field.room)
    judging = context.competition.judging(field)
    titles = {award.id: award.title.in_language(language) for award in judging.rules.awards}
    prizes = {one.id: one.title.in_language(language) for one in judging.rules.prizes}
    awards = [(titles.get(one.award, one.award), one.projects) for one in result.awards]
    if audience.winners:
        winners = tuple(one.project for one in audience.winners)
        awards.append((catalogue(language).gettext(_("Audience award")), winners))
    return sheets(
        Exported(
            result,
            table_of(context, field, views, key, language, named=named),
            {one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)},
            {one.id: f"{one.title.in_language(language)} / {one.maximum}" for one in scored(judging)},
            [(prizes.get(one.prize, one.prize), one.projects) for one in result.prizes],
            awards,
            judging.rules.estimator,
        ),
        language,
    )
