"""Coming in with a message that has a link in it, and going out again."""

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from roadshow.access.pasted import find_invitation
from roadshow.desks.context import DeskContext, signed_in
from roadshow.errors import TooLarge

SEE_OTHER = 303
MOST_BYTES = 64 * 1024
"""A pasted mail of ``MOST_PASTED`` Chinese letters is 54 KB, nine bytes a letter once it is encoded for a form."""
MOST_FIELDS = 8


def routes(context: DeskContext) -> list[Route]:
    async def page(request: Request) -> Response:
        return await shown(request)

    async def shown(request: Request, *, nothing_found: bool = False) -> Response:
        language = context.pages.language(request)
        return context.pages.render(
            request,
            "signin/page.html",
            mood="paper",
            module=None,
            data={},
            status=404 if nothing_found else 200,
            nothing_found=nothing_found,
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
        found = find_invitation((await _form(request)).get("text", ""))
        if found is None:
            await context.door.missed(request)
            return await shown(request, nothing_found=True)
        return RedirectResponse(found.path if found.competition else f"{context.base}{found.path}", SEE_OTHER)

    async def sign_out(request: Request) -> Response:
        """Of the person whose desk it is, or of everybody in the browser."""
        person = signed_in(request)
        everybody = (await _form(request)).get("who") == "everybody"
        held = await context.door.held(request)
        for one in held:
            if everybody or one.person.id == person.id:
                await context.guests.presence.end(one.person.id, [one.sign_in])
        response = RedirectResponse(f"{context.base}/sign-in", SEE_OTHER)
        if everybody or len(held) == 1:
            context.door.forget(response)
        return response

    return [
        context.guarded("/sign-in", page, "sign-in"),
        context.guarded("/sign-in", find, "find-link", methods=("POST",)),
        context.guarded("/as/{person}/sign-out", sign_out, "sign-out", methods=("POST",)),
    ]


async def _form(request: Request) -> dict[str, str]:
    """Each field's last value. Raises TooLarge("form.too_long"); what is no form has no fields."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge("form.too_long")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}
