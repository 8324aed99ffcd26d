"""Addresses that nothing is at, whatever the routes say."""

from starlette.routing import BaseRoute, Match, Router
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from roadshow.addresses.paths import is_nowhere


class Nowhere(BaseRoute):
    """The first of all routes: what it takes is not found."""

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return Match.FULL if "path" in scope and is_nowhere(scope["path"]) else Match.NONE, {}

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        router: Router = scope["router"]
        await router.not_found(scope, receive, send)
