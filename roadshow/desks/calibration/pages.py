"""Calibration rounds: forms that work without a script, and keep what was typed when something is refused.

One page for all: judges and the reserve score the sample of the round that is open; chair, deputy and organisers open
and close rounds; whoever is here sees the cards of those that are closed.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.roles import DECIDING, JURY, ORGANISER
from roadshow.competitions.definition import Field
from roadshow.competitions.people import Person, Role
from roadshow.competitions.voting import Sample
from roadshow.desks.calibration.figures import cards_of, said, scales_of
from roadshow.desks.context import DeskContext, appointed, pitches_in
from roadshow.desks.forms import SEE_OTHER, fields_of, number_of
from roadshow.desks.paper.figures import scores_of
from roadshow.errors import InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CriterionId
from roadshow.voting.calibration.rounds import MOST_ROUNDS
from roadshow.voting.calibration.service import SeenRound

MOST_FIELDS = 20
"""One for each of twelve criteria, and what goes with them."""
SINCE = "since"
"""In the query: what the page's script has seen. Nothing new is told in as many bytes as nothing takes."""


def calibration_address(context: DeskContext, field: Field, person: Person) -> str | None:
    """None where there are no such rounds."""
    return f"{context.base}/as/{person.id}/calibration/{field.room}" if _samples(context, field) else None


def routes(context: DeskContext) -> list[Route]:
    async def desk(request: Request) -> Response:
        return await page(request)

    async def page(
        request: Request,
        typed: Mapping[str, str] | None = None,
        refusal: RoadshowError | None = None,
        wrong: Mapping[CriterionId, RoadshowError] | None = None,
    ) -> Response:
        field = context.field(request)
        person, role = who(request, field)
        samples = {sample.id: sample for sample in require_samples(field)}
        seen = await context.voting.calibration.seen(field.room, person.id)
        stamp = f"{seen.changes}{'-over' if seen.is_over else ''}"
        if request.query_params.get(SINCE) == stamp:
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        language, judging = context.pages.language(request), context.competition.judging(field)
        people = context.cast.people
        jury = (*seen.spec.judges, *seen.spec.reserve)
        names = {one: people[one].name.in_language(language) if one in people else one for one in jury}
        now_open = next((one for one in seen.rounds if one.is_open), None)
        scored = {} if now_open is None or now_open.own is None else now_open.own

        def told(one: SeenRound) -> dict[str, Any]:
            sample = samples.get(one.sample)
            return {
                "number": one.number,
                "title": one.sample if sample is None else sample.title.in_language(language),
                "text": "" if sample is None or sample.text is None else sample.text.in_language(language),
                "link": "" if sample is None else sample.link,
                "opened_at": one.opened_at,
                "closed_at": one.closed_at,
                "given": len(one.given),
                "missing": [names[judge] for judge in seen.spec.judges if judge not in one.given],
                "spoilt": [names.get(judge, judge) for judge in sorted(one.spoilt)],
                "compared": cards_of(seen.spec, judging.criteria, one.cards, person.id, names, language),
            }

        return context.pages.render(
            request,
            "calibration/desk.html",
            mood="paper",
            module="calibration",
            data={},
            status=200 if refusal is None else refusal.status,
            field=field,
            stamp=stamp,
            over=seen.is_over,
            round=None if now_open is None else told(now_open),
            held=[told(one) for one in reversed(seen.rounds) if one.closed_at is not None],
            own=bool(scored),
            scores=person.id in jury,
            jury=len(seen.spec.judges),
            scales=scales_of(judging, scored, typed or {}, wrong or {}, language),
            opens=role in DECIDING and not seen.is_over,
            samples=[
                {"id": one.id, "title": one.title.in_language(language), "number": len(seen.rounds) + 1}
                for one in samples.values()
            ]
            if len(seen.rounds) < MOST_ROUNDS
            else [],
            refused=None if refusal is None else said(refusal, language),
            done=request.query_params.get("done", ""),
            here=here(field, person),
            desk_url=f"{context.base}/as/{person.id}/{'judge' if role in JURY else 'control'}/{field.room}",
            is_judge=role in JURY,
        )

    async def hand_in(request: Request) -> Response:
        field = context.field(request)
        person, _ = who(request, field)
        require_samples(field)
        typed = await fields_of(request, MOST_FIELDS)
        scores, wrong = scores_of(typed, context.competition.judging(field).criteria)
        try:
            number = number_of(typed.get("number", ""), "calibration.malformed")
            if wrong:
                raise next(iter(wrong.values()))
            await context.voting.calibration.hand_in(field.room, person.id, number, scores)
        except RoadshowError as refusal:
            return await page(request, typed, refusal, wrong)
        return RedirectResponse(f"{here(field, person)}?done=handed-in", SEE_OTHER)

    async def lead(request: Request) -> Response:
        field = context.field(request)
        person, role = who(request, field)
        samples = {sample.id for sample in require_samples(field)}
        typed = await fields_of(request)
        act = typed.get("act", "")
        try:
            number = number_of(typed.get("number", ""), "calibration.malformed")
            if act not in ("open", "close") or (act == "open" and typed.get("sample") not in samples):
                raise InputError("calibration.malformed")
            with context.telemetry.act(f"calibration.{act}", who=person.id, role=role.value, field=field.room):
                if act == "open":
                    await context.voting.calibration.open(field.room, person.id, typed["sample"], number)
                else:
                    await context.voting.calibration.close(field.room, number)
        except RoadshowError as refusal:
            return await page(request, None, refusal)
        return RedirectResponse(f"{here(field, person)}?done={act}", SEE_OTHER)

    def who(request: Request, field: Field) -> tuple[Person, Role]:
        """Raises NotAllowed("room.not_yours"), also for an organiser who is of one of the field's teams: how strict a
        judge is, is nothing for them to know."""
        person, appointment = appointed(request, JURY | ORGANISER, field.room)
        if pitches_in(person, field):
            raise NotAllowed("room.not_yours")
        return person, appointment.role

    def require_samples(field: Field) -> tuple[Sample, ...]:
        """Raises NotFound("calibration.none")."""
        if not (samples := _samples(context, field)):
            raise NotFound("calibration.none")
        return samples

    def here(field: Field, person: Person) -> str:
        return f"{context.base}/as/{person.id}/calibration/{field.room}"

    posted = ("POST",)
    return [
        context.guarded("/as/{person}/calibration/{room}", desk, "calibration"),
        context.guarded("/as/{person}/calibration/{room}/card", hand_in, "calibration-card", methods=posted),
        context.guarded("/as/{person}/calibration/{room}/round", lead, "calibration-round", methods=posted),
    ]


def _samples(context: DeskContext, field: Field) -> tuple[Sample, ...]:
    """None where ballots are no scorecards."""
    is_scored = context.competition.judging(field).rules.ballots == "scores"
    return context.competition.voting.samples if is_scored else ()
