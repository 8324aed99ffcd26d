"""Coming in with a message that has a link in it, and going out again."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.pasted import find_invitation, has_part_of_one
from roadshow.desks.context import DeskContext, signed_in
from roadshow.desks.forms import SEE_OTHER, fields_of, question, was_asked

SIGNED_OUT = "signed-out"
"""In the query of the sign-in's address: somebody has just gone out here."""


def routes(context: DeskContext) -> list[Route]:
    async def page(request: Request) -> Response:
        return await shown(request)

    async def shown(request: Request, *, refused: str | None = None) -> Response:
        language = context.pages.language(request)
        return context.pages.render(
            request,
            "signin/page.html",
            mood="paper",
            module=None,
            data={},
            status=404 if refused else 200,
            refused=refused,
            signed_out=request.method == "GET" and SIGNED_OUT in request.query_params,
            held=[
                {
                    "name": one.person.name.in_language(language),
                    "role": one.person.role.value,
                    "url": f"{context.base}/as/{one.person.id}",
                }
                for one in await context.door.held(request)
            ],
        )

    async def find(request: Request) -> Response:
        """Leads on to the invitation. Nothing of the text is kept or shown again."""
        text = (await fields_of(request)).get("text", "")
        found = find_invitation(text)
        if found is None:
            await context.door.missed(request)
            return await shown(request, refused="cut" if has_part_of_one(text) else "none")
        return RedirectResponse(found.path if found.competition else f"{context.base}{found.path}", SEE_OTHER)

    async def sign_out(request: Request) -> Response:
        """Of the person whose desk it is, or of everybody in the browser."""
        person = signed_in(request)
        fields = await fields_of(request)
        everybody = fields.get("who") == "everybody"
        if not was_asked(fields):
            what, also = ("sign-out-all", {"who": "everybody"}) if everybody else ("sign-out", {})
            return question(context.pages, request, what, back=f"{context.base}/as/{person.id}", also=also)
        held = await context.door.held(request)
        for one in held:
            if everybody or one.person.id == person.id:
                await context.guests.presence.end(one.person.id, [one.sign_in])
        response = RedirectResponse(f"{context.base}/sign-in?{SIGNED_OUT}", SEE_OTHER)
        if everybody or len(held) == 1:
            context.door.forget(response)
        return response

    return [
        context.guarded("/sign-in", page, "sign-in"),
        context.guarded("/sign-in", find, "find-link", methods=("POST",)),
        context.guarded("/as/{person}/sign-out", sign_out, "sign-out", methods=("POST",)),
    ]
