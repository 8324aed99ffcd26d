"""Which built pages are kept, and for how long one is given out without a look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.front.public.cache import CALM, FRESH_FOR, WORTH_IT, Key, Page, PageCache
from roadshow.pages.encodings import OFFERED, Encoded

KEYS = st.builds(Key, st.sampled_from("abcdefgh"), st.sampled_from(["en", "ru"]), st.sampled_from(["auto", "dark"]))


def page(
    body: bytes = b"page", revision: tuple[int, ...] = (1,), read_at: float = 0.0, same_since: float = 0.0
) -> Page:
    return Page((), Encoded(body), (0,), revision, read_at, same_since)


@given(st.lists(st.tuples(KEYS, st.binary(max_size=40))), st.integers(1, 5), st.integers(1, 100))
def test_it_never_grows_beyond_its_bounds(built: list[tuple[Key, bytes]], most_pages: int, most_bytes: int) -> None:
    """One page alone may be larger: it was asked for."""
    cache = PageCache(most_pages, most_bytes)
    for key, body in built:
        cache.put(key, page(body))
        assert len(cache) <= most_pages
        assert cache.size <= most_bytes or len(cache) == 1
        kept = cache.get(key)
        assert kept is not None
        assert kept.encoded.body == body


@given(st.lists(KEYS, min_size=1))
def test_what_was_asked_for_longest_ago_goes_first(keys: list[Key]) -> None:
    """The page that the hall reloads stays."""
    cache = PageCache(most_pages=4)
    first = cache.put(Key("first", "en", "auto"), page())
    for key in keys:
        assert cache.get(Key("first", "en", "auto")) is first
        cache.put(key, page())


@given(st.floats(0, 1e9), st.floats(0, 100), st.integers(0, 3), st.integers(0, 3))
def test_a_page_is_given_out_while_nothing_was_heard_and_not_for_long(
    read_at: float, passed: float, built: int, heard: int
) -> None:
    """A number that is another, smaller too, means that something was told since."""
    one = page(revision=(built, 7), read_at=read_at)
    assert one.is_fresh((heard, 7), read_at + passed) is (built == heard and read_at + passed - read_at < FRESH_FOR)
    assert not one.is_fresh((built,), read_at)


def test_a_page_that_reads_as_before_keeps_what_was_compressed() -> None:
    """Read anew every quarter of a minute, it would otherwise never be compressed well."""
    cache = PageCache()
    key = Key("/results", "en", "auto")
    former = cache.put(key, page())
    former.encoded.improve()
    forms = [former.encoded.form(encoding) for encoding in OFFERED]
    again = cache.put(key, page(revision=(2,), read_at=5.0))
    assert again.is_fresh((2,), 6.0)
    assert [again.encoded.form(encoding) for encoding in OFFERED] == forms
    assert cache.put(key, page(b"another")).encoded.form("br") != forms[0]


@pytest.mark.parametrize("times", [WORTH_IT - 1, WORTH_IT, 3 * WORTH_IT])
def test_a_page_becomes_worth_the_effort_once(times: int) -> None:
    """What one person looked at is not compressed for half a second."""
    one = page()
    assert sum(one.becomes_worth_it(CALM) for _ in range(times)) == (times >= WORTH_IT)


def test_a_page_that_changes_with_every_place_is_not_worth_it_yet() -> None:
    """The effort would be for nothing, in the very moment in which the show needs the machine."""
    cache = PageCache()
    key = Key("/results", "en", "auto")
    one, asked = page(), 0
    for moment in range(10):
        one = cache.put(key, page(b"%d" % moment, same_since=moment * CALM / 2))
        asked += sum(one.becomes_worth_it(one.same_since + CALM / 2) for _ in range(10 * WORTH_IT))
    assert asked == 0
    again = cache.put(key, page(b"9", same_since=1e9))
    assert again.becomes_worth_it(one.same_since + CALM)
