"""A studio for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.relay.studio import Studio
from tests.relay.support import Listener, ShiftedClock, running_relay


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    listener, clock = Listener(), ShiftedClock()
    async with running_relay(listener, clock=clock) as relay:
        made = Studio(relay, listener, clock)
        yield made
    for peer in made.peers:
        peer.vanish()
