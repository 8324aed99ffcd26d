"""An offer comes from anybody who may watch: the dearest there can be costs a few milliseconds, whatever it repeats."""

import sys
from contextlib import suppress
from types import FrameType

import pytest

from roadshow.ids import PublisherId
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import plan_publish, plan_watch
from roadshow.rooms.relay.wire.sdp import MAX_CODECS, MAX_LINES, MAX_OFFER, MAX_SECTIONS, BadOffer, parse_offer
from tests.relay.heavy_offers import heavy_offers

OFFERS = dict(heavy_offers())
MAX_CALLS = 60_000
"""Calls of functions, ours and Python's, of reading an offer and planning both ways: about 4 ms. Feedback for all
formats at once took 826,000."""


def cost(offer: str) -> int:
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        with suppress(BadOffer):
            read = parse_offer(offer)
            with suppress(BadOffer):
                plan_publish(read, PublisherId("a"), False)
            plan_watch(read, LaneTable())
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("of", OFFERS)
def test_no_offer_costs_more_than_so_much(of: str) -> None:
    """Every viewer waits while one is read."""
    assert len(OFFERS[of]) <= MAX_OFFER
    assert cost(OFFERS[of]) <= MAX_CALLS


def test_an_offer_of_many_lines_is_refused_before_they_are_read() -> None:
    offer = OFFERS["feedback for all"]
    with pytest.raises(BadOffer) as refused:
        parse_offer(offer + "a=x\r\n" * MAX_LINES)
    assert refused.value.details["reason"] == "length"


def test_of_what_is_compared_with_each_section_there_is_little() -> None:
    """No call shows what a long list costs that is searched for each of many."""
    assert len(parse_offer(OFFERS["names in the session's bundle"]).bundle) <= MAX_SECTIONS
    read = parse_offer("v=0\r\nm=application 9 UDP/DTLS/SCTP" + " x" * 20_000 + "\r\na=mid:0\r\n")
    assert len(read.sections[0].format_line.split()) == MAX_CODECS


def test_feedback_for_all_formats_is_feedback_for_each() -> None:
    """Chromium names it by format, others by ``*``; both are answered."""
    head = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 24 + "\r\na=setup:actpass\r\n"
    head += "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
    section = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"
    plan = plan_publish(parse_offer(head + section + "a=rtcp-fb:* nack pli\r\n"), PublisherId("a"), False)
    assert "a=rtcp-fb:96 nack pli" in plan.answers[0].lines
