"""Everything under web/static, held in memory and served under its own fingerprint.

All files share one fingerprint, of all their contents, as a folder in the address: ES modules import one another by
relative paths, which then lead to the same version, and every response may be cached for ever. ES modules go out as
they are but for their comments (docs/decisions/comments-stay-here.md). Of the stylesheets a page gets one: those it
names, joined.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from posixpath import dirname, join, normpath, relpath

from starlette.requests import Request
from starlette.responses import Response

from roadshow.errors import NotFound, SetupError
from roadshow.pages.encodings import IDENTITY, Encoded, Sent, send

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""Files of other kinds (this folder's READMEs) are not served."""
COMPRESSED = frozenset({".css", ".js", ".json", ".svg", ".txt"})
MAX_BYTES = 16 * 1024 * 1024
"""Of all files together: more would not belong in memory."""
FOREVER = "public, max-age=31536000, immutable"

_IMPORT = re.compile(r"""(?:^|[;}\s])import\s*(?:[^"'();]*?\sfrom\s*)?\(?\s*"(\.{1,2}/[\w./-]+\.js)\"""", re.MULTILINE)
_LATER = re.compile(r"""\bimport\("[^"]*"\)""")
_REEXPORT = re.compile(r'^export\s[^"();]*\sfrom\s*"(\.{1,2}/[\w./-]+\.js)"', re.MULTILINE)
_UNREAD = re.compile(rb"/\*.*?\*/\s*|(?<=\n)\s+", re.DOTALL)
"""What only people read in a stylesheet: comments, empty lines, indentation."""
_COMMENT = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.DOTALL | re.MULTILINE)
"""At the beginning of a line: what stands further on may be part of a text."""
_TYPE = re.compile(r"/\*\*.*?\*/", re.DOTALL)
"""A JSDoc type names modules that are not loaded for it."""


_TARGET = re.compile(r'url\("(?!data:)([^"]+)"\)')


@dataclass(frozen=True, slots=True)
class StaticFile:
    encoded: Encoded
    media_type: str


class StaticFiles:
    def __init__(self, folder: Path) -> None:
        """Reads all files. Raises SetupError when the folder is not there or too large."""
        self._files: dict[str, StaticFile] = {}
        digest = sha256()
        total = 0
        for path in sorted(folder.rglob("*")):
            if path.suffix not in MEDIA_TYPES or not path.is_file():
                continue
            name = path.relative_to(folder).as_posix()
            body = path.read_bytes()
            if path.suffix == ".css":
                body = _UNREAD.sub(b"", body)
            elif path.suffix == ".js":
                body = without_comments(body.decode()).encode()
            total += len(body)
            if total > MAX_BYTES:
                raise SetupError(f"The files in {folder} are larger than {MAX_BYTES} bytes together.")
            digest.update(name.encode() + b"\0" + sha256(body).digest())
            encoded = Encoded(body, compressible=path.suffix in COMPRESSED)
            self._files[name] = StaticFile(encoded, MEDIA_TYPES[path.suffix])
        if not self._files:
            raise SetupError(f"The folder {folder} is not there or empty: this installation is not complete.")
        self.fingerprint = digest.hexdigest()[:12]
        self._modules = self._closures(later=True)
        self._at_once = self._closures(later=False)

    def url(self, name: str) -> str:
        """The address of ``css/base.css``. Raises KeyError for a file that is not there."""
        if name not in self._files:
            raise KeyError(f"no static file {name}")
        return f"/static/{self.fingerprint}/{name}"

    def modules(self, name: str) -> tuple[str, ...]:
        """``js/watch.js`` and every module it imports, near or far. Raises KeyError."""
        return self._modules[name]

    def at_once(self, name: str) -> tuple[str, ...]:
        """Of ``modules``, those without which the page does not begin: not what is asked for later, by ``import()``.
        Raises KeyError."""
        return self._at_once[name]

    def imports(self, name: str, *, later: bool = True) -> list[str]:
        """The modules that a module imports itself; ``later``: also by ``import()``. Raises KeyError."""
        source = _TYPE.sub("", self._files[name].encoded.body.decode())
        if not later:
            source = _LATER.sub("", source)
        named = _IMPORT.findall(source) + _REEXPORT.findall(source)
        targets = dict.fromkeys(normpath(join(dirname(name), imported)) for imported in named)
        return [target for target in targets if target in self._files]

    def join_sheets(self, sheets: Sequence[str]) -> str:
        """One address for all of these, ``components/badge`` for css/components/badge.css, in the order of the cascade.
        Raises KeyError for one that is not there."""
        name = joined_name(sheets)
        if name not in self._files:
            text = "\n".join(self._rebased(f"css/{sheet}.css") for sheet in sheets)
            self._files[name] = StaticFile(Encoded(text.encode()), MEDIA_TYPES[".css"])
        return self.url(name)

    async def serve(self, request: Request) -> Response:
        """``/static/{fingerprint}/{path}``."""
        sent = self.send(
            request.path_params["fingerprint"],
            request.path_params["path"],
            request.headers.get("accept-encoding"),
            request.headers.get("if-none-match"),
        )
        if sent is None:
            raise NotFound("page.unknown")
        return Response(sent.body, sent.status, headers=dict(sent.headers))

    def send(self, fingerprint: str, name: str, accepted: str | None, if_none_match: str | None) -> Sent | None:
        """None: there is no such file. An older version's page gets today's, and is told not to keep it."""
        file = self._files.get(name)
        if file is None:
            return None
        sent = send(file.encoded, accepted, if_none_match)
        kept = FOREVER if fingerprint == self.fingerprint else "no-cache"
        kind = () if sent.status == HTTPStatus.NOT_MODIFIED else (("Content-Type", file.media_type),)
        return Sent(sent.status, (("Cache-Control", kept), *kind, *sent.headers), sent.body)

    def encoded(self) -> Iterator[Encoded]:
        """Every file there is."""
        return (file.encoded for file in tuple(self._files.values()))

    def _rebased(self, name: str) -> str:
        """A sheet as it reads one folder further up, where joined ones are."""

        def rebased(found: re.Match[str]) -> str:
            return f'url("{relpath(normpath(join(dirname(name), found[1])), "css")}")'

        return _TARGET.sub(rebased, self._files[name].encoded.body.decode())

    def always(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        """Serves ``name`` at an address that never changes, so not for ever. Raises KeyError."""
        file = self._files[name]

        async def serve(_request: Request) -> Response:
            tag, body = file.encoded.form(IDENTITY)
            headers = {"Cache-Control": "public, max-age=86400", "ETag": tag}
            return Response(body, media_type=file.media_type, headers=headers)

        return serve

    def _closures(self, *, later: bool) -> dict[str, tuple[str, ...]]:
        """Each module with all that it leads to."""
        imports = {name: self.imports(name, later=later) for name in self._files if name.endswith(".js")}

        def closure(start: str) -> tuple[str, ...]:
            found = [start]
            for name in found:
                found += [imported for imported in imports[name] if imported not in found]
            return tuple(found)

        return {name: closure(name) for name in imports}


def joined_name(sheets: Sequence[str]) -> str:
    """A short one: a page may have twenty."""
    return f"css/joined-{sha256(' '.join(sheets).encode()).hexdigest()[:8]}.css"


def without_comments(source: str) -> str:
    """A module for browsers. Its lines keep their numbers, so that an error's place is that in the source."""
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), source)
