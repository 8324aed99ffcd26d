"""A studio for each test that asks for one, with the native way out and without."""

from collections.abc import AsyncIterator

import pytest

from roadshow.rooms.relay.config import MediaPath
from tests.relay.studio import Studio
from tests.relay.support import Listener, ShiftedClock, running_relay


@pytest.fixture(params=[MediaPath.NATIVE, MediaPath.PYTHON])
def media_path(request: pytest.FixtureRequest) -> MediaPath:
    """Both ways out must do the same. The native one is compiled by the set-up; without it these tests fail."""
    return MediaPath(request.param)


@pytest.fixture
async def studio(media_path: MediaPath) -> AsyncIterator[Studio]:
    listener, clock = Listener(), ShiftedClock()
    async with running_relay(listener, clock=clock, path=media_path) as relay:
        made = Studio(relay, listener, clock)
        yield made
    for peer in made.peers:
        peer.vanish()
