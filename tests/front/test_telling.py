"""What is told once for all that happened, and the rest of an answer's bytes."""

import logging

import pytest

from roadshow.front.accepting import TELL_EVERY, Seldom
from roadshow.front.answering import Answer
from roadshow.front.tally import Tally, Totals, encoded
from roadshow.front.writing import Dates, head_of


def test_what_happens_all_the_time_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever can make something fail could fill the disk with it."""
    now = 0.0
    seldom = Seldom("it happened", lambda: now)
    for number in range(2 * 512 + 1):
        now = number * TELL_EVERY / 512
        seldom.happened(logging.getLogger("test"))
    assert [line.__dict__["times"] for line in caplog.records] == [1, 512, 512]


def test_the_date_is_that_of_the_second() -> None:
    """Caches reckon by it."""
    dates = Dates()
    assert dates.header(784_111_777.9) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    assert dates.header(784_111_778.0) == "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"


def test_a_head_is_what_a_client_expects() -> None:
    """Byte for byte."""
    answer = Answer(404, (("Content-Type", "text/plain"),), b"no")
    assert head_of(answer, "Date: now\r\n", keeps=False) == (
        b"HTTP/1.1 404 Not Found\r\nDate: now\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 2\r\nConnection: close\r\n\r\n"
    )


def test_figures_of_processes_that_are_gone_stay_in_the_sum() -> None:
    """Counters only grow."""
    totals = Totals()
    totals.told(0, encoded(Tally(answered=3, handed=1)))
    totals.told(1, encoded(Tally(answered=5)))
    totals.gone(0)
    assert totals.all == Tally(answered=8, handed=1)
    totals.told(0, encoded(Tally(answered=1, refused=2)))
    totals.gone(2)
    assert totals.all == Tally(answered=9, handed=1, refused=2)
