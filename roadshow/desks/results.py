"""Podiums and rankings, once they are announced; before that, when to expect them."""

from msgspec import to_builtins
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.competitions.definition import Field
from roadshow.competitions.plan import projects_in
from roadshow.desks.pages import DeskContext, live_address, page_projects, page_room
from roadshow.desks.public import programme, programmes
from roadshow.ids import RoomId
from roadshow.voting.export import encode_record, table_csv
from roadshow.voting.ports import CeremonyState


def routes(context: DeskContext) -> list[Route]:
    pages, competition = context.pages, context.competition
    records: dict[RoomId, bytes] = {}

    async def all_results(request: Request) -> Response:
        language = pages.language(request)
        fields = await programmes(context)
        return pages.render(
            request,
            "results/all.html",
            mood="paper",
            module="results",
            data={
                "live": live_address(language),
                "rooms": [field.field.room for field in fields],
                "projects": page_projects(competition.projects, language),
                "ceremonies": {field.field.room: to_builtins(field.ceremony) for field in fields},
            },
            programmes=fields,
        )

    async def of_room(request: Request) -> Response:
        language = pages.language(request)
        field = context.field(request)
        projects = projects_in(competition, field.id)
        ceremony = await context.voting.ceremony(field.room)
        revealed = ceremony.state is CeremonyState.REVEALED
        result = await context.voting.published(field.room) if revealed else None
        number = competition.fields.index(field) + 1
        return pages.render(
            request,
            "results/room.html",
            mood="paper",
            module="results",
            data={
                "live": live_address(language),
                "rooms": [field.room],
                "room": page_room(field, language),
                "projects": page_projects(projects, language),
                "ceremonies": {field.room: to_builtins(ceremony)},
            },
            programme=programme(competition, field, number, context.rooms[field.room].snapshot(), ceremony),
            result=result,
            by_id={project.id: project for project in projects},
            judges={judge.id: judge for judge in competition.judges},
        )

    async def record(request: Request) -> Response:
        field = context.field(request)
        if field.room not in records:  # once there, it never changes; making it takes a signature for each ballot
            found = await context.voting.record(field.room)
            records[field.room] = encode_record(found)
        return Response(records[field.room], media_type="application/json", headers=_as_file(field, "json"))

    async def table(request: Request) -> Response:
        field = context.field(request)
        result = await context.voting.published(field.room)
        text = table_csv(result.standings, [criterion.id for criterion in competition.criteria])
        return Response(text, media_type="text/csv", headers=_as_file(field, "csv"))

    return [
        context.guarded("/results", all_results, "results"),
        context.guarded("/rooms/{room}/record.json", record, "record"),
        context.guarded("/rooms/{room}/table.csv", table, "table"),
        context.guarded("/rooms/{room}/results", of_room, "room-results"),
    ]


def _as_file(field: Field, ending: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{field.id}.{ending}"'}
