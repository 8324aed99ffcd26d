"""An address that nobody can reach is said at the start, not found out at the final."""

import logging

import pytest

from roadshow.clock import SystemClock
from roadshow.rooms.relay.offers.reach import shortfall
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig
from tests.relay.support import Listener

SITE = "https://final.example.org"


@pytest.mark.parametrize(
    ("hosts", "site", "words"),
    [
        (["127.0.0.1"], SITE, "can be reached from another machine"),
        (["127.0.0.1", "::1"], "http://192.168.1.5:8000", "can be reached from another machine"),
        (["10.0.0.5", "127.0.0.1"], SITE, "private addresses alone"),
        (["172.17.0.2"], "https://8.8.8.8", "private addresses alone"),
        (["fe80::1", "fd00::5"], SITE, "private addresses alone"),
        (["10.0.0.5", "8.8.4.4", "127.0.0.1"], SITE, None),
        (["10.0.0.5"], "http://10.0.0.5:8000", None),
        (["127.0.0.1"], "http://localhost:8000", None),
        (["127.0.0.1"], "http://127.0.0.1:8000", None),
        (["127.0.0.1"], "http://final.localhost:8000", None),
        (["127.0.0.1"], "", None),
        (["0.0.0.0"], SITE, "can be reached from another machine"),  # noqa: S104  (nothing is bound)
    ],
)
def test_what_the_operator_is_told(hosts: list[str], site: str, words: str | None) -> None:
    """Only what is certain, and never for a show on one's own machine."""
    told = shortfall(hosts, site)
    assert told is None if words is None else told is not None and words in told


async def test_it_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Once, when the relay begins."""
    config = RelayConfig(host="127.0.0.1", max_viewers=1, site=SITE)
    relay = ForwardingRelay(config, SystemClock(), Listener())
    with caplog.at_level(logging.WARNING):
        await relay.start()
        await relay.stop()
    assert [record.message for record in caplog.records if "final.example.org" in record.message]
