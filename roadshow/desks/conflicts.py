"""Conflicts of interest before the voting: the page on which a judge says theirs, and what organisers see of all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import DECIDING, JURY
from roadshow.competitions.cast import Juror, votes
from roadshow.competitions.declarations import Declaration, declaration_id, declared
from roadshow.competitions.definition import Field
from roadshow.competitions.jury import short
from roadshow.competitions.merging import Key
from roadshow.competitions.people import Appointment
from roadshow.competitions.plan import conflicts_until
from roadshow.conflicts import ConflictCategory
from roadshow.desks.context import DeskContext, appointed, signed_in
from roadshow.desks.forms import SEE_OTHER, fields_of
from roadshow.desks.result.words import GROUNDS, NO_BALLOT
from roadshow.errors import Conflict, InputError
from roadshow.ids import PersonId, ProjectId
from roadshow.languages import catalogue
from roadshow.moments import Instant
from roadshow.voting.ballot import LONGEST_REASON
from roadshow.voting.grounds import Grounds, check_grounds


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


NOBODYS = -1
"""A revision that no record has."""
SENT = "sent"
"""In the query of the page's address: it has just been answered."""
KINDS: Mapping[str, str] = {
    "works": _("I work for it or for its organisation"),
    "stake": _("I have a share in it"),
    "close": _("Family or friends"),
    "advises": _("I teach, supervise or advise it"),
    "rival": _("I work for a competitor"),
    "other": _("Another conflict of interest"),
}
"""As a judge says it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says: of which kind each conflict is, and the words beside it."""

    revision: int
    categories: dict[ProjectId, ConflictCategory]
    words: dict[ProjectId, str]

    def check(self) -> None:
        """Raises InputError("reason.length")."""
        for project, category in self.categories.items():
            check_grounds(Grounds(category, self.words.get(project, "")), "recuse")


def routes(context: DeskContext) -> list[Route]:
    async def own(request: Request) -> Response:
        return await page(request, context.field(request))

    async def page(
        request: Request, field: Field, *, said: Said | None = None, refused: Conflict | InputError | None = None
    ) -> Response:
        """``said``: what was sent and could not be taken, so that nobody writes it twice."""
        person, appointment = appointed(request, JURY, field.room)
        language = context.pages.language(request)
        cast, now = context.cast, context.clock.now()
        declaration = cast.declarations.get((person.id, field.room))
        begun = await has_begun(field)
        words = await context.casting.words_of(field.room)
        if said is None:
            said = Said(
                context.casting.revision_of(_key(person.id, field)),
                {} if declaration is None else dict(declaration.categories),
                {project: text for (judge, project), text in words.items() if judge == person.id},
            )
        until = conflicts_until(context.competition, field)
        return context.pages.render(
            request,
            "judge/conflicts.html",
            mood="paper",
            module=None,
            data={},
            status=200 if refused is None else refused.status,
            field=field,
            projects=[
                {
                    "id": project.id,
                    "name": project.name.in_language(language),
                    "line": project.one_liner.in_language(language),
                    "place": project.place.in_language(language),
                    "url": f"{context.base}/projects/{project.id}",
                    "category": said.categories.get(project.id, ""),
                    "words": said.words.get(project.id, ""),
                    "given": project.id in appointment.recused,
                }
                for project in cast.projects_in(field.id)
            ],
            kinds={category: catalogue(language).gettext(text) for category, text in KINDS.items()},
            revision=said.revision,
            longest=LONGEST_REASON,
            answered=None if declaration is None else Instant(declaration.at),
            sent=refused is None and SENT in request.query_params,
            refused=None if refused is None else catalogue(language).error(refused.code, refused.details),
            until=until,
            over=now >= until,
            begun=begun,
            desk_url=f"{context.base}/as/{person.id}/judge/{field.room}",
            others=await table(field, language) if appointment.role in DECIDING else None,
        )

    async def declare(request: Request) -> Response:
        field = context.field(request)
        person, appointment = appointed(request, JURY, field.room)
        projects = [project.id for project in context.cast.projects_in(field.id)]
        said = _said(await fields_of(request, most=2 * len(projects) + 1), projects, appointment)
        try:
            await require_time(field)
            said.check()
            declaration = declared(
                context.cast.declarations.get((person.id, field.room)),
                person.id,
                field.room,
                said.categories,
                projects,
                context.clock.now(),
                conflicts_until(context.competition, field),
            )
            role = appointment.role.value
            with context.telemetry.act("conflicts.declare", who=person.id, role=role, field=field.room):
                await context.casting.declare(declaration, said.words, said.revision)
        except (Conflict, InputError) as refused:
            stale = isinstance(refused, Conflict) and refused.code == "cast.stale"
            return await page(request, field, said=None if stale else said, refused=refused)
        return RedirectResponse(f"{context.base}/as/{person.id}/conflicts/{field.room}?{SENT}", SEE_OTHER)

    async def overview(request: Request) -> Response:
        organiser = signed_in(request)
        language = context.pages.language(request)
        return context.pages.render(
            request,
            "people/conflicts.html",
            mood="paper",
            module=None,
            data={},
            fields=[await table(field, language) for field in context.competition.fields],
            people_url=f"{context.base}/as/{organiser.id}/people",
        )

    async def table(field: Field, language: str) -> dict[str, Any]:
        """What a field's jury has said, with their own words: for chair, deputy and organisers."""
        cast = context.cast
        words = await context.casting.words_of(field.room)
        names = {project.id: project.name.in_language(language) for project in cast.projects_in(field.id)}
        gettext = catalogue(language).gettext

        def row(juror: Juror) -> dict[str, Any]:
            declaration = cast.declarations.get((juror.id, field.room))
            own = {} if declaration is None else {one.project: one for one in declaration.conflicts}
            return {
                "name": juror.name.in_language(language),
                "chair": juror.chair,
                "deputy": juror.deputy,
                "votes": votes(juror, context.competition.judging(field).rules),
                "answered": None if declaration is None else Instant(declaration.at),
                "conflicts": [
                    {
                        "project": names[project],
                        "kind": gettext(GROUNDS.get(("recused", own[project].category), NO_BALLOT["recused"]))
                        if project in own
                        else "",
                        "words": words.get((juror.id, project), "") if project in own else "",
                        "late": project in own and own[project].late,
                    }
                    for project in names
                    if project in juror.conflicts
                ],
            }

        jury = [row(juror) for juror in cast.jury_of(field)]
        return {
            "title": field.title.in_language(language),
            "room": field.room,
            "until": conflicts_until(context.competition, field),
            "over": context.clock.now() >= conflicts_until(context.competition, field),
            "begun": await has_begun(field),
            "jury": jury,
            "answered": sum(one["answered"] is not None for one in jury),
            "quorum": context.competition.judging(field).rules.quorum,
            "short": [
                {"project": names[project], "left": left}
                for project, left in short(cast, field, context.competition.judging(field).rules).items()
            ],
        }

    async def require_time(field: Field) -> None:
        """Raises Conflict("conflicts.begun")."""
        if await has_begun(field):
            raise Conflict("conflicts.begun")

    async def has_begun(field: Field) -> bool:
        """Whether the field's voting has, with the first window: its jury and their conflicts are fixed from there."""
        return (await context.voting.views(field.room)).has_begun

    posted = ("POST",)
    return [
        context.guarded("/as/{person}/conflicts", overview, "conflicts"),
        context.guarded("/as/{person}/conflicts/{room}", own, "own-conflicts"),
        context.guarded("/as/{person}/conflicts/{room}", declare, "declare-conflicts", methods=posted),
    ]


def _key(person: PersonId, field: Field) -> Key:
    return Key(str(Declaration.__struct_config__.tag), declaration_id(person, field.room))


def _said(fields: Mapping[str, str], projects: list[ProjectId], appointment: Appointment) -> Said:
    """``kind.<project>`` and ``words.<project>`` of each project with which no conflict is on record already; a kind
    that there is not is none."""
    known = get_args(ConflictCategory)
    kinds = {project: fields.get(f"kind.{project}", "") for project in projects if project not in appointment.recused}
    categories = {project: msgspec.convert(kind, ConflictCategory) for project, kind in kinds.items() if kind in known}
    words = {project: fields.get(f"words.{project}", "").strip() for project in categories}
    revision = fields.get("revision", "")
    return Said(int(revision) if re.fullmatch(r"[0-9]{1,9}", revision) else NOBODYS, categories, words)
