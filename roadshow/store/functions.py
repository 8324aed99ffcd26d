"""Server-side function libraries: Lua files beside the Python that calls them.

A library starts with ``#!lua name=<library>`` and registers its functions under names that begin with the library's.
It may come in several files: they are one chunk of Lua, so that locals of a file are there for those that follow it.
The store keeps libraries with its data, so the first call of a process replaces what an earlier version of Roadshow
left there. A store that was emptied or replaced has lost them, so a call that finds its function missing loads the
library and asks once more (nothing had run). Where the store's user may not load any (deploy/store.acl), it is looked
at whether the very same text is there: somebody who may has loaded it before (``roadshow functions``).
"""

import re
from collections.abc import Awaitable, Iterable
from importlib.resources import files
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from roadshow.errors import SetupError
from roadshow.store.connection import is_passing
from roadshow.store.fence import Fence

_SHEBANG = re.compile(r"#!lua name=([a-z][a-z0-9_]*)\n")
_NOT_FOUND = "Function not found"
"""How Valkey and Redis word it; the error has no code of its own."""


def read_library(package: str, *parts: str) -> str:
    """The source of a library that ships in ``package``: one file ``functions.lua``, or ``functions/<part>.lua`` for
    each of the parts, in their order; the first has the library's first line, which the prelude of all libraries
    follows. Raises ValueError without it."""
    names = [f"functions/{part}.lua" for part in parts] or ["functions.lua"]
    source = "\n".join(files(package).joinpath(name).read_text(encoding="utf-8") for name in names)
    first_line, rest = source[: source.index("\n") + 1], source[source.index("\n") + 1 :]
    library_name(first_line)
    return "\n".join((first_line + files("roadshow.store").joinpath("prelude.lua").read_text(encoding="utf-8"), rest))


def in_rows(values: list[Any], width: int) -> Iterable[tuple[Any, ...]]:
    """What a function answers in one flat list. Raises ValueError if the last row is cut short."""
    return zip(*[iter(values)] * width, strict=True)


def library_name(source: str) -> str:
    """What the library calls itself. Raises ValueError without a proper first line."""
    found = _SHEBANG.match(source)
    if found is None:
        raise ValueError("a function library starts with '#!lua name=<library>'")
    return found[1]


async def load_functions(redis: Redis, *sources: str) -> None:
    """Load libraries, replacing older versions. Raises SetupError when the store does not accept one, or does not let
    its user load any and has another, and redis-py's own errors when it cannot take any just now: wrap calls in
    ``guard``."""
    for source in sources:
        try:
            await redis.function_load(source, replace=True)
        except NoPermissionError:
            await _require_loaded(redis, source)
        except ResponseError as problem:
            if is_passing(problem):
                raise
            raise SetupError(f"The store does not accept the library {library_name(source)}: {problem}") from problem


async def _require_loaded(redis: Redis, source: str) -> None:
    name = library_name(source)
    try:
        found: Any = await redis.function_list(library=name, withcode=True)
    except NoPermissionError:
        found = []
    said = [value for one in found for value in (one.values() if isinstance(one, dict) else one)]
    if source.encode() not in said:
        raise SetupError(
            f"The store has not got this version's functions ({name}), and its user in REDIS_URL may not load them. "
            "Run “roadshow functions” with REDIS_URL for the user that may, then start again."
        )


class Caller(Protocol):
    """A way to call functions: ``Redis``, or ``DurableLines``, which answer when what was written is durable."""

    def fcall(self, function: str, numkeys: int, /, *keys_and_args: Any) -> Awaitable[Any]: ...


class Library:
    """One library, ready to be called."""

    def __init__(self, source: str) -> None:
        self.name = library_name(source)
        self._source = source
        self._is_loaded = False

    async def load(self, redis: Redis) -> None:
        await load_functions(redis, self._source)
        self._is_loaded = True

    async def call(
        self,
        redis: Redis,
        function: str,
        keys: list[str],
        *arguments: str | bytes | int,
        by: Caller | None = None,
        fence: Fence | None = None,
    ) -> Any:
        """Run ``function``, ``by`` another way if one is given; ``keys`` share a slot. Every library that was read by
        ``read_library`` asks for the ``fence``. Errors are redis-py's own: wrap calls in ``guard``."""
        caller = by or redis
        if fence is not None:
            keys, arguments = [*keys, fence.key], (*arguments, *fence.words())
        # The store keeps libraries with its data: what it has may be an earlier version's.
        if not self._is_loaded:
            await self.load(redis)
        try:
            return await caller.fcall(function, len(keys), *keys, *arguments)
        except ResponseError as problem:
            if _NOT_FOUND not in str(problem):
                raise
        await self.load(redis)
        return await caller.fcall(function, len(keys), *keys, *arguments)
