"""Everything under web/static, held in memory and served under its own fingerprint.

All files share one fingerprint, of all their contents, as a folder in the address: ES modules import one another by
relative paths, which then lead to the same version, and every response may be cached for ever. ES modules go out as
they are but for their comments (docs/decisions/comments-stay-here.md).
"""

import gzip
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, join, normpath

from starlette.requests import Request
from starlette.responses import Response

from roadshow.errors import NotFound, SetupError

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
_REEXPORT = re.compile(r'^export\s[^"();]*\sfrom\s*"(\.{1,2}/[\w./-]+\.js)"', re.MULTILINE)
_UNREAD = re.compile(rb"/\*.*?\*/\s*|(?<=\n)\s+", re.DOTALL)
"""What only people read in a stylesheet: comments, empty lines, indentation."""
_COMMENT = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.DOTALL | re.MULTILINE)
"""At the beginning of a line: what stands further on may be part of a text."""
_TYPE = re.compile(r"/\*\*.*?\*/", re.DOTALL)
"""A JSDoc type names modules that are not loaded for it."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    compressed: bytes | None
    media_type: str
    etag: str


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
            own = sha256(body)
            digest.update(name.encode() + b"\0" + own.digest())
            compressed = gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSED else None
            self._files[name] = StaticFile(body, compressed, MEDIA_TYPES[path.suffix], f'"{own.hexdigest()[:24]}"')
        if not self._files:
            raise SetupError(f"The folder {folder} is not there or empty: this installation is not complete.")
        self.fingerprint = digest.hexdigest()[:12]
        self._modules = {name: self._closure(name) for name in self._files if name.endswith(".js")}

    def url(self, name: str) -> str:
        """The address of ``css/base.css``. Raises KeyError for a file that is not there."""
        if name not in self._files:
            raise KeyError(f"no static file {name}")
        return f"/static/{self.fingerprint}/{name}"

    def modules(self, name: str) -> tuple[str, ...]:
        """``js/watch.js`` and every module it imports, near or far. Raises KeyError."""
        return self._modules[name]

    def imports(self, name: str) -> list[str]:
        """The modules that a module imports itself. Raises KeyError."""
        source = _TYPE.sub("", self._files[name].body.decode())
        named = _IMPORT.findall(source) + _REEXPORT.findall(source)
        targets = dict.fromkeys(normpath(join(dirname(name), imported)) for imported in named)
        return [target for target in targets if target in self._files]

    async def serve(self, request: Request) -> Response:
        """``/static/{fingerprint}/{path}``. An older version's page gets today's file, and is told not to keep it."""
        file = self._files.get(request.path_params["path"])
        if file is None:
            raise NotFound("page.unknown")
        current = request.path_params["fingerprint"] == self.fingerprint
        headers = {"Cache-Control": FOREVER if current else "no-cache", "ETag": file.etag, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        if file.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(file.compressed, media_type=file.media_type, headers=headers)
        return Response(file.body, media_type=file.media_type, headers=headers)

    def always(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        """Serves ``name`` at an address that never changes, so not for ever. Raises KeyError."""
        file = self._files[name]

        async def serve(_request: Request) -> Response:
            headers = {"Cache-Control": "public, max-age=86400", "ETag": file.etag}
            return Response(file.body, media_type=file.media_type, headers=headers)

        return serve

    def _closure(self, start: str) -> tuple[str, ...]:
        found = [start]
        for name in found:
            found += [imported for imported in self.imports(name) if imported not in found]
        return tuple(found)


def without_comments(source: str) -> str:
    """A module for browsers. Its lines keep their numbers, so that an error's place is that in the source."""
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), source)
