"""What plays on the pages begins as every browser lets it: WebKit on telephones is the strictest of them."""

import re

from roadshow import installation

WEB = installation.web()
TAG = re.compile(r"<(?:video|audio)\b[^>]*>")
MADE = re.compile(r'createElement\("video"\)')
SILENT = re.compile(r"\.playsInline = .*\.autoplay = .*\.muted = true;")


def test_a_picture_in_a_template_is_silent_and_stays_in_the_page() -> None:
    """Else it begins with a tap at best, and fills the telephone's screen."""
    found = [tag for page in WEB.rglob("*.html") for tag in TAG.findall(page.read_text())]
    assert found
    for tag in found:
        assert tag.startswith("<video")
        assert {"autoplay", "playsinline", "muted"} <= set(tag.strip("<>").split()), tag


def test_a_picture_made_by_a_script_is_silent_and_stays_in_the_page() -> None:
    """Sound has elements of its own: WebKit pauses films for each other and on a locked screen, but not those."""
    makers = [path for path in (WEB / "static" / "js").rglob("*.js") if MADE.search(path.read_text())]
    assert makers
    for path in makers:
        assert SILENT.search(path.read_text()), path.name
