"""A message with a link in it, as it arrives after mail and messengers."""

import base64
import quopri
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.access.pasted import MOST_PASTED, TOKEN_LETTERS, Found, find_invitation

TOKEN = "Ab3-_xYz0123456789abcdefGHIJKL-_"
LINK = f"https://show.example.org/i/{TOKEN}"
LETTERS = string.ascii_letters + string.digits + "-_"
TOKENS = st.text(LETTERS, min_size=TOKEN_LETTERS, max_size=TOKEN_LETTERS)
PROSE = st.text(st.characters(exclude_characters="/%=\x00", exclude_categories=["Cs"]), max_size=60)
ENDS = [
    "",
    ".",
    ",",
    "!",
    ")",
    ">",
    "]",
    "»",
    "”",
    "。",
    "，",
    "！",
    "）",
    "》",
    "」",
    "…",
    "*",
    "'",
    '"',
    ":",
    ";",
    "</a>",
    "\n",
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "begin", ["", "(", "<", "[", "«", "“", "（", "《", "「", "Your link: ", "您的链接：", "Ваша ссылка: "]
)
def test_a_link_in_a_sentence_is_found(begin: str, end: str) -> None:
    """Whatever a sentence of three languages puts around it."""
    assert find_invitation(f"{begin}{LINK}{end}") == Found(TOKEN)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"https://show.example.org/i/{TOKEN[:10]}\n{TOKEN[10:]}", id="a line too short"),
        pytest.param(f"> https://show.example.org/\r\n> i/{TOKEN[:20]}\r\n> {TOKEN[20:]}\r\n> Anna", id="a reply"),
        pytest.param(f"https://show.example.org/i/{TOKEN}\nSee you there", id="a word on the next line"),
        pytest.param(f"https://show.example.org/i/=\n{TOKEN[:9]}=\n{TOKEN[9:]}", id="quoted-printable"),
        pytest.param(f"https://show.example.org/i/{TOKEN.replace('_', '=5F')}", id="quoted-printable letters"),
        pytest.param("\u200b".join(LINK), id="zero-width spaces"),
        pytest.param(f"\u2068{LINK}\u2069\ufeff", id="marks of direction"),
        pytest.param("".join(chr(ord(one) + 0xFEE0) for one in LINK), id="full-width letters"),
        pytest.param(f"https://outlook.example/?url={quote(LINK, safe='')}&data=5", id="wrapped into another link"),
        pytest.param(f"https://a.example/?u={quote(quote(LINK, safe=''), safe='')}", id="wrapped twice"),
        pytest.param(f"[{LINK}]({LINK})", id="markdown"),
        pytest.param(f'<a href="{LINK}">here</a>', id="a tag"),
        pytest.param(TOKEN, id="the token alone"),
        pytest.param(f"  {TOKEN} \n", id="the token with space around it"),
        pytest.param(f"Organiser's link, works once: http://localhost:8000/i/{TOKEN}", id="as serve prints it"),
        pytest.param(
            f"  Organiser   Anna   http://localhost:8000/i/{TOKEN}\n\n  AI\n    Watch  http://x/", id="as demo does"
        ),
    ],
)
def test_what_mail_and_messengers_do_to_a_link_is_undone(text: str) -> None:
    """A judge who cannot open the link rings the organiser ten minutes before the final."""
    assert find_invitation(text) == Found(TOKEN)


def test_a_links_competition_goes_with_it() -> None:
    """One house has several."""
    found = find_invitation(f"https://show.example.org/c/youth-2027/i/{TOKEN}.")
    assert found == Found(TOKEN, "youth-2027")
    assert found.path == f"/c/youth-2027/i/{TOKEN}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        f"https://show.example.org/i/{TOKEN[:-1]}",
        f"https://show.example.org/rooms/{TOKEN[:9]}/watch",
        "/i/",
        "%",
    ],
)
def test_where_there_is_no_link_none_is_found(text: str) -> None:
    """The page then says what to paste."""
    assert find_invitation(text) is None


@given(TOKENS, PROSE, PROSE)
def test_a_link_is_found_in_any_prose(token: str, before: str, after: str) -> None:
    """Where it is a word of its own."""
    assert find_invitation(f"{before} https://show.example.org/i/{token} {after}") == Found(token)


@given(TOKENS)
def test_quoted_printable_is_undone_for_any_token(token: str) -> None:
    """As the standard library writes it, with its soft line breaks."""
    body = f"Dear judge, this is your personal link for the final: https://show.example.org/i/{token} - please keep it."
    assert find_invitation(quopri.encodestring(body.encode(), quotetabs=True).decode()) == Found(token)


@given(
    TOKENS,
    st.lists(st.integers(0, 70), max_size=4, unique=True),
    st.sampled_from(["\n", "\r\n", "\n> ", "\n  ", "\n>> "]),
)
def test_line_breaks_anywhere_in_it_are_undone(token: str, places: list[int], broken: str) -> None:
    """Mail programs cut where the line is full."""
    link = f"https://show.example.org/i/{token}"
    for at in sorted(places, reverse=True):
        link = link[:at] + broken + link[at:] if at < len(link) else link
    assert find_invitation(f"Your link:\n{link}\n\nAnna") == Found(token)


@given(st.text(max_size=300) | st.text(alphabet="/i\n>= %abc-", max_size=3_000))
def test_anything_may_be_pasted(text: str) -> None:
    """It comes from outside: no text makes it fail, or take long."""
    found = find_invitation(text)
    assert found is None or set(found.token) <= set(LETTERS)


@pytest.mark.parametrize(
    "piece",
    ["/i/", "/i/a\n", "/i/a\n" + ">" * 60, "/c/a/i/", "a", "%2", "=3", f"/i/{TOKEN[:-1]}\n\n ", "/c/" + "a" * 64],
)
def test_a_long_text_is_read_up_to_a_bound(piece: str) -> None:
    """A megabyte of almost-links costs no more than a long mail."""
    assert find_invitation(piece * MOST_PASTED + LINK) in (
        None,
        Found(TOKEN[:-1] + "_"),
        find_invitation(piece * MOST_PASTED),
    )


def test_a_picture_in_the_message_is_no_link() -> None:
    """Base64 has tokens' letters, but no address before them, and longer words."""
    assert find_invitation(base64.b64encode(bytes(range(256)) * 4).decode()) is None
