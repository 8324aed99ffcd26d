"""Where somebody is signed in: a page of their own for everybody, and one of each person for organisers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.competitions.people import Person
from roadshow.competitions.signins.life import DAY, LIFETIMES
from roadshow.competitions.signins.presence import Seen
from roadshow.desks.context import DeskContext, signed_in
from roadshow.desks.entry.sign_in import SIGNED_OUT
from roadshow.desks.forms import SEE_OTHER, asked, question
from roadshow.desks.people import person_of_path, standing, told
from roadshow.ids import SignInId

MOST_ENDED = 10
"""Of those that have ended, the newest: who looks for a theft looks at the last days."""


def routes(context: DeskContext) -> list[Route]:
    async def own(request: Request) -> Response:
        person = signed_in(request)
        here = request.state.visitor.sign_in
        base = f"{context.base}/as/{person.id}"
        return await page(request, person, here, f"{base}/sign-ins", back={"url": base, "own": True})

    async def of_other(request: Request) -> Response:
        other, organiser = person_of_path(context, request), signed_in(request)
        here = request.state.visitor.sign_in if other.id == organiser.id else None
        base = f"{context.base}/as/{organiser.id}/people"
        return await page(request, other, here, f"{base}/{other.id}/sign-ins", back={"url": base, "own": False})

    async def page(
        request: Request, person: Person, here: SignInId | None, base: str, *, back: dict[str, Any]
    ) -> Response:
        language = context.pages.language(request)
        seen = await context.guests.presence.all(person.id)
        life = LIFETIMES[person.role]
        acts = None
        if not back["own"]:
            access = (await context.guests.access([person.id]))[person.id]
            acts = standing(context, signed_in(request), person, access, sum(one.is_open for one in seen), language)
        return context.pages.render(
            request,
            "people/signins.html",
            mood="paper",
            module="signins",
            data={},
            name=person.name.in_language(language),
            role=person.role.value,
            open=[_row(one, here, base) for one in seen if one.is_open],
            ended=[_row(one, here, base) for one in seen if not one.is_open][:MOST_ENDED],
            idle=life.idle.ms // DAY.ms,
            whole=life.whole.ms // DAY.ms,
            end_all_url=f"{base}/end",
            back=back,
            acts=acts,
        )

    async def end_own(request: Request) -> Response:
        return await end(request, signed_in(request), own=True, only=[SignInId(request.path_params["sign_in"])])

    async def end_all_own(request: Request) -> Response:
        return await end(request, signed_in(request), own=True, only=None)

    async def end_of_other(request: Request) -> Response:
        only = [SignInId(request.path_params["sign_in"])]
        return await end(request, person_of_path(context, request), own=False, only=only)

    async def end_all_of_other(request: Request) -> Response:
        return await end(request, person_of_path(context, request), own=False, only=None)

    async def end(request: Request, person: Person, *, own: bool, only: list[SignInId] | None) -> Response:
        by = signed_in(request)
        mine = f"{context.base}/as/{by.id}"
        back = f"{mine}/sign-ins" if own else f"{mine}/people/{person.id}"
        if not await asked(request):
            here = own and only == [request.state.visitor.sign_in]
            what = "sign-out" if here else "end" if only is not None else "end-all-own" if own else "end-all"
            return question(context.pages, request, what, back=back)
        with told(context, "people.end", request, person):
            ended = await context.guests.presence.end(person.id, only)
        if request.state.visitor.sign_in in {one.id for one in ended}:
            return RedirectResponse(f"{context.base}/sign-in?{SIGNED_OUT}", SEE_OTHER)
        return RedirectResponse(back, SEE_OTHER)

    posted = ("POST",)
    return [
        context.guarded("/as/{person}/sign-ins", own, "sign-ins"),
        context.guarded("/as/{person}/sign-ins/end", end_all_own, "end-sign-ins", methods=posted),
        context.guarded("/as/{person}/sign-ins/{sign_in}/end", end_own, "end-sign-in", methods=posted),
        context.guarded("/as/{person}/people/{other}", of_other, "person"),
        context.guarded(
            "/as/{person}/people/{other}/sign-ins/end", end_all_of_other, "end-all-of-person", methods=posted
        ),
        context.guarded(
            "/as/{person}/people/{other}/sign-ins/{sign_in}/end", end_of_other, "end-of-person", methods=posted
        ),
    ]


def _row(one: Seen, here: SignInId | None, base: str) -> dict[str, Any]:
    sign_in = one.sign_in
    return {
        "browser": sign_in.device.browser.value,
        "system": sign_in.device.system.value,
        "network": sign_in.device.network.value,
        "issue": sign_in.issue,
        "opened_at": sign_in.opened_at,
        "seen_at": sign_in.seen_at,
        "ends_at": one.ends_at,
        "standing": one.standing.value,
        "here": sign_in.id == here,
        "end_url": f"{base}/{sign_in.id}/end",
    }
