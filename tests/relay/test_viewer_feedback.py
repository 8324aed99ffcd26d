"""What a viewer tells is added up until somebody looks; what calls for an act is told apart at once."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.feedback import (
    MAX_BANDWIDTHS,
    MAX_STREAMS,
    SAME_MS,
    Estimate,
    Feedback,
)


def block(ssrc: int, highest: int = 1) -> rtcp.ReportBlock:
    return rtcp.ReportBlock(ssrc, 0, 0, highest, 0, 0, 0)


def test_of_each_stream_the_newest_report_is_kept() -> None:
    """Its counts are totals, so it holds what the former ones said."""
    told = Feedback()
    for at, (ssrc, highest) in enumerate(((1, 10), (2, 20), (1, 11))):
        assert told.takes(block(ssrc, highest), at)
    assert [(report.block.highest, report.at) for report in told.reports.values()] == [(11, 2), (20, 1)]


def test_an_estimate_that_says_nothing_new_is_kept_once() -> None:
    """Browsers add the same REMB to every NACK, and one that is counted twenty times would be twenty complaints."""
    told = Feedback()
    for bits, at in ((500, 0), (500, SAME_MS - 1), (500, SAME_MS), (400, SAME_MS + 1), (500, SAME_MS + 2)):
        assert told.takes(rtcp.Bandwidth(bits), at)
    assert told.estimates == [
        Estimate(500, 0), Estimate(500, SAME_MS), Estimate(400, SAME_MS + 1), Estimate(500, SAME_MS + 2)
    ]  # fmt: skip


def test_what_calls_for_an_act_is_not_news() -> None:
    """A packet asked for again half a second later is asked for in vain."""
    told = Feedback()
    assert not told.takes(rtcp.Nacked(1, (1,)), 0)
    assert not told.takes(rtcp.KeyFrameRequest(1), 0)
    assert told == Feedback()


def test_transport_wide_feedback_is_read_from_a_compound_as_it_came() -> None:
    """After a report, as browsers may send it, and without its padding. It is the line's, not for the next look."""
    body = bytes(range(16))
    data = rtcp.receiver_report(1, [block(7)]) + b"\xaf\xcd\x00\x05" + body + b"\0\0\0\x04"
    told = Feedback()
    assert [part for part in rtcp.parse(data) if not told.takes(part, 5)] == [rtcp.TransportWide(body)]
    assert list(told.reports) == [7]


news = st.one_of(
    st.builds(block, st.integers(0, 40)),
    st.builds(rtcp.Bandwidth, st.integers(0, 3)),
)


@given(st.lists(st.tuples(news, st.integers(0, 500)), max_size=200))
def test_whatever_a_viewer_sends_between_two_looks_is_bounded(parts: list[tuple[rtcp.Part, int]]) -> None:
    """It is kept for each of a thousand viewers."""
    told, now = Feedback(), 0
    for part, later in parts:
        now += later
        assert told.takes(part, now)
    assert len(told.reports) <= MAX_STREAMS
    assert len(told.estimates) <= MAX_BANDWIDTHS
    last = [part for part, _ in parts if isinstance(part, rtcp.Bandwidth)]
    assert [one.bits_per_second for one in told.estimates[-1:]] == [one.bits_per_second for one in last[-1:]]
    told.clear()
    assert told == Feedback()
