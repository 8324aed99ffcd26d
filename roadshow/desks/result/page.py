"""Podiums and rankings, once they are announced; before that, when to expect them."""

from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.access.roles import JURY, ORGANISER
from roadshow.competitions.definition import Field, Rules
from roadshow.desks.page_data import live_address, page_prizes, page_projects, page_room
from roadshow.desks.paper.words import told_cards
from roadshow.desks.public import programme, programmes
from roadshow.desks.public_context import PublicContext
from roadshow.desks.result import tables
from roadshow.desks.result.aftermath import named_categories
from roadshow.desks.result.minutes import OFFICES, ToldMinute, told_minutes
from roadshow.desks.result.rules import told_rules, weighed
from roadshow.desks.result.table import CHART_HEIGHT, CHART_WIDTH, carried, decisions
from roadshow.desks.result.words import Words
from roadshow.errors import NotSignedIn
from roadshow.fields.plans import poll_of, record_names
from roadshow.ids import AwardId, PersonId, RoomId
from roadshow.languages import catalogue
from roadshow.texts import Text
from roadshow.voting.audience.award import AudienceView
from roadshow.voting.carried.carrying import moved_since
from roadshow.voting.carried.terms import Brought
from roadshow.voting.ledger.minutes import Minutes
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.overall.record import encode_overall
from roadshow.voting.results import CeremonyState, PublishedResult
from roadshow.voting.views import PollViews

if TYPE_CHECKING:  # a front makes public pages, and must not load what a desk needs
    from roadshow.desks.context import DeskContext


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


def titles_of_prizes(rules: Rules) -> dict[AwardId, Text]:
    """Of prizes by place and of awards beside them: they share their ids."""
    return {one.id: one.title for one in rules.prizes} | {one.id: one.title for one in rules.awards}


def routes(context: "DeskContext") -> list[Route]:
    """Also the record: making it takes the competition's key, and not every definition lets everybody have it."""
    competition = context.competition
    records: dict[RoomId, tuple[int, bytes]] = {}

    async def record(request: Request) -> Response:
        field = context.field(request)
        if not competition.rules.show_judges and not any(
            person.role in JURY | ORGANISER for person in await context.door.people(request)
        ):
            # The ledger says who gave what; where that is not for everybody, it is for those it is about.
            raise NotSignedIn("sign_in.needed")
        acts = (await context.voting.ceremony(field.room)).after
        known = records.get(field.room)
        if known is None or known[0] != acts:  # between these it never changes, and takes a while to put together
            found = await context.voting.record(field.room, record_names(competition, field, context.casting.cast))
            known = records[field.room] = (acts, encode_record(found))
        return Response(known[1], media_type="application/json", headers=_as_file(field, "json"))

    async def overall(_: Request) -> Response:
        found = encode_overall(await context.voting.overall.record())
        headers = {"content-disposition": 'attachment; filename="overall.json"', "cache-control": "private, no-cache"}
        return Response(found, media_type="application/json", headers=headers)

    return [
        context.guarded("/rooms/{room}/record.json", record, "record"),
        context.guarded("/overall.json", overall, "overall-record"),
        *tables.routes(context),
        *public_routes(context),
    ]


def public_routes(context: PublicContext) -> list[Route]:
    pages, competition = context.pages, context.competition
    judges_of, table_of = partial(tables.judges_of, context), partial(tables.table_of, context)

    async def award_of(field: Field) -> AudienceView:
        return await context.award.view(field.room)

    async def all_results(request: Request) -> Response:
        language = pages.language(request)
        fields = await programmes(context)
        told = page_projects(context, context.cast.projects.values(), language)
        audiences = {one.field.room: await award_of(one.field) for one in fields}
        overall = await context.polls.overall()
        view = overall.view()
        together = overall.published() if view.state == "revealed" else None
        names = {field.id: field.title.in_language(language) for field in competition.fields}
        home = {project.id: names[project.field] for project in context.cast.projects.values()}
        return pages.render(
            request,
            "results/all.html",
            mood="paper",
            module="results",
            data={
                "live": live_address(context, language),
                "rooms": [field.field.room for field in fields],
                "projects": told,
                **page_prizes(context, language, *competition.fields),
                "ceremonies": {field.field.room: to_builtins(field.ceremony) for field in fields},
                "overall": to_builtins(view),
            },
            overall=view,
            together=together,
            home=home,
            caveats=Words(catalogue(language), {}, {}).together(together, competition.rules.estimator),
            programmes=fields,
            audiences=audiences,
            projects=told,
        )

    def signatory(result: PublishedResult | None, language: str) -> dict[PersonId, str]:
        """Who confirms and signs is named, whatever the rules say of scores; by id, should they have left since."""
        signed = () if result is None else (result.confirmed_by, result.countersigned_by)
        people = context.cast.people
        return {one: people[one].name.in_language(language) if one in people else one for one in signed if one}

    def told_in(field: Field, minutes: Minutes, language: str) -> tuple[ToldMinute, ...]:
        projects = {one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)}
        titles = {one.id: one.title.in_language(language) for one in competition.judging(field).rules.awards}
        judges, named = judges_of(field, minutes.key, language), competition.rules.show_judges
        return told_minutes(minutes.acts, judges, projects, catalogue(language), titles, named=named)

    def sources_of(field: Field, language: str) -> list[str]:
        """What the fields are called that something is taken over from."""
        names = tables.fields_of(context, language)
        carried = field.carried
        if carried is None:
            return []
        own = (poll_of(RoomId(one)) for one in carried.fields)
        polls = (*own, *(one.poll for one in carried.published))
        return [names.get(poll, poll) for poll in polls]

    async def moved_in(field: Field, what: Brought | None, language: str) -> list[str]:
        """The fields of this competition that something was taken over from, in which places have moved since."""
        if what is None or field.carried is None:
            return []
        rooms = [RoomId(one) for one in field.carried.fields]
        now = {poll_of(room): (await context.polls.views(room)).out for room in rooms}
        return [tables.fields_of(context, language)[poll] for poll in moved_since(what, now)]

    def on_paper(field: Field, minutes: Minutes, language: str) -> dict[str, Any]:
        """What the page tells of ballots on paper, and how many of those that count came so."""
        projects = {one.id: one.name.in_language(language) for one in context.cast.projects_in(field.id)}
        judges = judges_of(field, minutes.key, language)
        return {
            "papers": told_cards(minutes.papers, judges, projects, catalogue(language)),
            "paper_ballots": sum(one.counts for one in minutes.papers),
        }

    def offices_in(language: str) -> dict[str, str]:
        return {office: catalogue(language).gettext(text) for office, text in OFFICES.items()}

    def after_context(views: PollViews | None, language: str) -> dict[str, Any]:
        """What a page tells of the time after the podium."""
        return {
            "after": None if views is None else views.aftermath(context.clock.now()),
            "categories": named_categories(catalogue(language)),
            "offices": offices_in(language),
        }

    async def of_room(request: Request) -> Response:
        language = pages.language(request)
        field = context.field(request)
        projects = context.cast.projects_in(field.id)
        views = await context.polls.views(field.room)
        ceremony, revealed = views.ceremony(), views.state is CeremonyState.REVEALED
        result = views.published() if revealed else None
        number = competition.fields.index(field) + 1
        told = page_projects(context, projects, language)
        minutes = await context.polls.minutes(field.room) if revealed else Minutes((), ())
        return pages.render(
            request,
            "results/room.html",
            mood="paper",
            module="results",
            data={
                "live": live_address(context, language),
                "rooms": [field.room],
                "room": page_room(field, language),
                "projects": told,
                **page_prizes(context, language, field),
                "ceremonies": {field.room: to_builtins(ceremony)},
            },
            programme=programme(context, field, number, ceremony),
            projects=told,
            result=result,
            table=table_of(field, views, minutes.key, language) if revealed else None,
            minutes=told_in(field, minutes, language),
            late=minutes.late,
            **on_paper(field, minutes, language),
            **after_context(views if revealed else None, language),
            moved_in=await moved_in(field, views.brought, language) if revealed else [],
            judges=judges_of(field, minutes.key, language),
            names={project.id: project.name.in_language(language) for project in projects},
            audience=await award_of(field),
            signatory=signatory(result, language),
            awards=titles_of_prizes(competition.judging(field).rules),
            voted={one.id for one in competition.judging(field).rules.awards if one.by in ("jury", "sponsor")},
            competition=competition.judging(field),
            chart=(CHART_WIDTH, CHART_HEIGHT),
            scored=tables.scored(competition.judging(field)),
        )

    async def protocol(request: Request) -> Response:
        """What chair, organiser and auditor sign on paper."""
        language = pages.language(request)
        field = context.field(request)
        views = await context.polls.views(field.room)
        minutes = await context.polls.minutes(field.room)
        table = table_of(field, views, minutes.key, language)
        projects = context.cast.projects_in(field.id)
        return pages.render(
            request,
            "results/protocol.html",
            mood="paper",
            module="print",
            data={},
            field=field,
            result=views.published(),
            table=table,
            decisions=decisions(table),
            carried=carried(table),
            criteria=weighed(tables.scored(competition.judging(field))),
            rules=told_rules(
                competition.judging(field).rules, catalogue(language), field.carried, sources_of(field, language)
            ),
            late=minutes.late,
            **on_paper(field, minutes, language),
            windows=minutes.windows,
            browsers=minutes.browsers,
            minutes=told_in(field, minutes, language),
            **after_context(views, language),
            moved_in=await moved_in(field, views.brought, language),
            judges=judges_of(field, minutes.key, language),
            audience=await award_of(field),
            names={project.id: project.name.in_language(language) for project in projects},
            signatory=signatory(views.published(), language),
            awards=titles_of_prizes(competition.judging(field).rules),
            voted={one.id for one in competition.judging(field).rules.awards if one.by in ("jury", "sponsor")},
            competition=competition.judging(field),
        )

    return [
        context.guarded("/results", all_results, "results"),
        context.guarded("/rooms/{room}/protocol", protocol, "protocol"),
        context.guarded("/rooms/{room}/results", of_room, "room-results"),
        *tables.public_routes(context),
    ]


def _as_file(field: Field, ending: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{field.id}.{ending}"', "cache-control": "private, no-cache"}
