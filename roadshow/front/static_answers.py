"""The files under web/static, as answers."""

from roadshow.front.answering import Answer, Asked
from roadshow.pages.static import StaticFiles

HEADERS = (("X-Content-Type-Options", "nosniff"),)


class StaticAnswers:
    """Satisfies ``Answers``."""

    def __init__(self, files: StaticFiles) -> None:
        self._files = files

    def ready(self, asked: Asked) -> Answer | None:
        """Every file there is; what is none the house refuses, in the reader's language."""
        parts = asked.path.split("/", 3)
        if len(parts) < 4 or parts[1] != "static":
            return None
        headers = asked.headers
        sent = self._files.send(parts[2], parts[3], headers.get("accept-encoding"), headers.get("if-none-match"))
        return None if sent is None else Answer(sent.status, (*sent.headers, *HEADERS), sent.body)

    async def make(self, asked: Asked) -> Answer | None:
        """Nothing: all there is, is ready."""
        return None
