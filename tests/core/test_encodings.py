"""How a body goes over the wire: what a browser takes decides, and it knows again what it has."""

import gzip

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from roadshow.pages.encodings import IDENTITY, OFFERED, Encoded, chosen_encoding, send

NAMES = st.sampled_from([*OFFERED, IDENTITY, "*", "deflate", "BR"])
WEIGHTS = st.sampled_from(["", ";q=0", ";q=0.0", ";q=0.5", "; q=0.25", ";q=1", ";q=1.000", ";Q=0.9"])
HEADERS = st.lists(st.tuples(NAMES, WEIGHTS), max_size=6).map(lambda those: ", ".join(map("".join, those)))
BODIES = st.binary(max_size=2_000)
DECODED = {
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    "gzip": gzip.decompress,
    IDENTITY: bytes,
}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (None, IDENTITY),
        ("", IDENTITY),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.2, zstd;q=0.8, gzip", "gzip"),
        ("zstd, gzip", "zstd"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "zstd"),
        ("identity, gzip;q=0.5", IDENTITY),
        ("identity;q=0", IDENTITY),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("br;q=0", IDENTITY),
        ("br;q=2, gzip", "gzip"),
        ("br;level=4, gzip", "gzip"),
        ("x" * 5_000 + ", br", IDENTITY),
    ],
)
def test_a_browser_gets_what_it_likes_best(accepted: str | None, encoding: str) -> None:
    """What it does not take it cannot show."""
    assert chosen_encoding(accepted) == encoding


@given(HEADERS)
def test_nothing_is_sent_that_was_refused(accepted: str) -> None:
    """A weight of nothing is a refusal, also by the star."""
    chosen = chosen_encoding(accepted)
    entries = [entry.strip().lower().partition(";") for entry in accepted.split(",")]
    weights = {name: rest.replace("q=", "").strip() or "1" for name, _, rest in entries}
    if chosen != IDENTITY:
        assert float(weights.get(chosen, weights.get("*", "0"))) > 0


@given(st.text(max_size=200))
def test_any_header_gets_an_answer(accepted: str) -> None:
    """It is a stranger's."""
    assert chosen_encoding(accepted) in (*OFFERED, IDENTITY)


@given(BODIES, HEADERS)
def test_every_form_is_the_same_body(body: bytes, accepted: str) -> None:
    """Quickly compressed or well, a browser sees the same page."""
    encoded = Encoded(body)
    for _ in range(2):
        sent = send(encoded, accepted, None)
        assert DECODED[dict(sent.headers).get("Content-Encoding", IDENTITY)](sent.body) == body
        encoded.improve()


@given(BODIES)
def test_two_different_bodies_never_have_one_tag(body: bytes) -> None:
    """A strong tag stands for exactly these bytes: an encoding's, a level's."""
    encoded, other = Encoded(body), Encoded(body + b" ")
    forms = [one.form(encoding) for one in (encoded, other) for encoding in (IDENTITY, *OFFERED)]
    encoded.improve()
    forms += [encoded.form(encoding) for encoding in OFFERED]
    assert len(dict(forms)) == 11
    assert len({(tag, form) for tag, form in forms}) == 11


@given(BODIES, st.sampled_from((IDENTITY, *OFFERED)), HEADERS)
def test_who_has_it_in_any_form_is_told_so(body: bytes, encoding: str, accepted: str) -> None:
    """Also once it is better compressed, and by a browser that is now behind a proxy that takes less."""
    encoded = Encoded(body)
    tag, _ = encoded.form(encoding)
    encoded.improve()
    for header in (tag, f'W/{tag}, "other"', f'"other",{tag}'):
        sent = send(encoded, accepted, header)
        assert (sent.status, sent.body, dict(sent.headers)["ETag"]) == (304, b"", tag)
    assert send(Encoded(body + b" "), accepted, tag).status == 200
    for header in ("*", '"', tag[:-2] + '"', f'"{encoded.digest}-br99"', ""):
        assert send(encoded, accepted, header).status == 200


def test_what_is_compressed_already_stays_as_it_is() -> None:
    """A font or a picture would only grow."""
    encoded = Encoded(b"a" * 100, compressible=False)
    encoded.improve()
    assert send(encoded, "br, gzip", None).body == b"a" * 100
