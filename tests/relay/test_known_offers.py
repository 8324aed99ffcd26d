"""A plan that is kept is the plan that would be made: nothing of one viewer's connection gets into another's."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadshow.errors import RoadshowError
from roadshow.rooms.relay.offers.known import MAX_KEPT, MAX_KNOWN, KnownOffers
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import WatchPlan, plan_watch
from roadshow.rooms.relay.wire.sdp import parse_offer
from tests.fuzz.offers import WATCHED, spoiled
from tests.relay.light_peer import LightPeer, section

TABLE = LaneTable()


def planned(text: str) -> WatchPlan | str:
    try:
        return plan_watch(parse_offer(text), TABLE)
    except RoadshowError as refused:
        return f"{type(refused).__name__} {refused}"


def known(offers: KnownOffers, text: str) -> WatchPlan | str:
    try:
        return offers.plan(text, 0)[0]
    except RoadshowError as refused:
        return f"{type(refused).__name__} {refused}"


def renewed(text: str, dice: random.Random) -> str:
    """The same offer of another connection, true or spoiled."""
    word = dice.choice(("", "abc", "abcd", "a b c d", "new+name", "\u00f6" * 8, "x" * 257, "name\rmore"))
    digest = dice.choice((":".join(["CD"] * 32), ":".join(["ef"] * 20), "CD", "", "CD:" * 31 + "CG"))
    for name, value in (
        ("o=", f"- {dice.randrange(99)} 2 IN IP4 127.0.0.1"),
        ("a=ice-ufrag:", word),
        ("a=ice-pwd:", dice.choice((word, "p" * 24))),
        ("a=fingerprint:", f"{dice.choice(('sha-256', 'SHA-256', 'sha-1', 'sha-512', 'md5'))} {digest}"),
    ):
        if dice.randrange(2):
            count = dice.choice((0, 0, 0, 1))
            text = re.sub(f"(?m)^{re.escape(name)}[^\r\n]*", lambda _, line=name + value: line, text, count=count)  # type: ignore[misc]
    return text


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**64))
def test_an_offer_gets_the_same_plan_whether_its_like_was_seen_or_not(seed: int) -> None:
    dice, offers = random.Random(seed), KnownOffers(TABLE)
    text = dice.choice(WATCHED)
    for _ in range(8):
        if dice.randrange(4) == 0:
            text = spoiled((text, dice.choice(WATCHED)), dice)
        text = renewed(dice.choice((text, text, dice.choice(WATCHED))), dice)
        assert known(offers, text) == planned(text)


def test_two_viewers_of_one_make_are_read_once_and_answered_to_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """What saves the time is that the second is not planned again."""
    offers, texts = (
        KnownOffers(TABLE),
        [LightPeer().offer(section("video", "0", "recvonly", ["VP8"])) for _ in range(2)],
    )
    first, _ = offers.plan(texts[0], 0)
    monkeypatch.setattr("roadshow.rooms.relay.offers.known.plan_watch", lambda *_: pytest.fail("planned again"))
    second, _ = offers.plan(texts[1], 0)
    assert first.remote.credentials != second.remote.credentials
    assert first.remote.fingerprints != second.remote.fingerprints
    assert first.wanted is second.wanted


def test_no_more_is_kept_than_there_are_browsers() -> None:
    """Offers come from anybody."""
    offers, offer = KnownOffers(TABLE), LightPeer().offer(section("video", "0", "recvonly", ["VP8"]))
    for number in range(MAX_KNOWN + 10):
        offers.plan(offer + f"a=x:{number}\r\n", 0)
    assert len(offers._makes) == MAX_KNOWN
    long = offer + "a=x:" + "y" * MAX_KEPT + "\r\n"
    assert offers.plan(long, 0) == (planned(long), None)
    assert len(offers._makes) == MAX_KNOWN
    assert not any(len(form) > MAX_KEPT for form in offers._makes)
