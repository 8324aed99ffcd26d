"""Rooms without a session in the relay: they show what stands, come and go with whoever is in them, and are few."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from roadshow.errors import Unavailable
from roadshow.ids import PublisherId, RoomId, SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.ports import Programme
from roadshow.rooms.relay import side_rooms
from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.stats import Refusal
from tests.relay.light_peer import LightPeer, opus, vp8
from tests.relay.studio import PUBLISHED, WATCHED, Studio, pictures
from tests.relay.support import Listener, ShiftedClock, running_relay

ANN, BEN = RoomId("own-ann"), RoomId("own-ben")


def standing(room: RoomId) -> Programme:
    kind, _, owner = room.partition("-")
    return {} if kind != "own" else {MAIN: SourceId(f"{owner}/camera"), FLOOR_1: SourceId(f"{owner}/microphone")}


@pytest.fixture
async def house(media_path: MediaPath) -> AsyncIterator[Studio]:
    listener, clock = Listener(), ShiftedClock()
    async with running_relay(listener, clock=clock, path=media_path, standing=standing) as relay:
        made = Studio(relay, listener, clock)
        yield made
    for peer in made.peers:
        peer.vanish()


async def enter(house: Studio, room: RoomId) -> tuple[LightPeer, LightPeer]:
    """Its owner publishes and watches."""
    publisher, viewer = LightPeer(), LightPeer()
    house.peers += [publisher, viewer]
    owner = PublisherId(room.partition("-")[2])
    await publisher.connect((await house.relay.publish(room, owner, False, publisher.offer(*PUBLISHED))).sdp)
    await viewer.connect((await house.relay.watch(room, viewer.offer(*WATCHED))).sdp)
    return publisher, viewer


async def until(condition: Callable[[], bool]) -> None:
    """The relay has noticed who is gone."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (the relay tells nobody)
            await asyncio.sleep(0.02)


async def test_whoever_is_in_a_side_room_sees_and_hears_themselves(house: Studio) -> None:
    """Nobody shows a programme there: what stands is there before the first track and after the last."""
    publisher, viewer = await enter(house, ANN)
    for number in range(3):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0, body=b"me%d" % number))
        publisher.send_rtp(opus(number, 960 * number))
    await viewer.until(lambda: len(viewer.rtp) == 6)
    assert [packet.payload[-3:] for packet in pictures(viewer)] == [b"me0", b"me1", b"me2"]


async def test_two_side_rooms_and_a_stage_do_not_hear_of_each_other(house: Studio) -> None:
    """Somebody who tries a camera must not appear in a show, nor in another's trial."""
    house.show("ann")
    hall = await house.viewer()
    publisher, viewer = await enter(house, ANN)
    _, other = await enter(house, BEN)
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    assert (hall.rtp, other.rtp) == ([], [])


async def test_a_side_room_is_gone_with_the_last_who_was_in_it(house: Studio) -> None:
    """Everybody's rooms together would otherwise grow with the cast; the figures keep nothing of them either."""
    before = house.relay.stats().rooms
    publisher, viewer = await enter(house, ANN)
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    assert house.relay.stats().side_rooms == 1
    assert house.relay.stats().rooms == before, "who is trying what is nobody's business"
    await publisher.close()
    await viewer.close()
    await until(lambda: ANN not in house.relay._stages)
    assert house.relay.stats().side_rooms == 0
    assert house.relay.stats().rooms == before


async def test_side_rooms_are_few_and_stages_are_not_counted_with_them(
    house: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many try at once, publishing connections are left for the shows; whoever is in may come and go."""
    monkeypatch.setattr(side_rooms, "MOST", 2)
    publisher, viewer = await enter(house, ANN)
    await enter(house, BEN)
    third = LightPeer()
    house.peers.append(third)
    for attempt in (
        house.relay.publish(RoomId("own-cy"), PublisherId("cy"), False, third.offer(*PUBLISHED)),
        house.relay.watch(RoomId("own-cy"), third.offer(*WATCHED)),
    ):
        with pytest.raises(Unavailable, match=r"relay\.side-rooms") as refusal:
            await attempt
        assert refusal.value.retry_after == side_rooms.FULL_RETRY_S
    assert house.relay.stats().tally.refused[Refusal.SIDE_ROOMS] == 2
    await house.publisher("alpha")
    second_tab = await house.relay.watch(ANN, LightPeer().offer(*WATCHED))

    await house.relay.end(second_tab.session)
    await publisher.close()
    await viewer.close()
    await until(lambda: house.relay.stats().side_rooms == 1)
    await enter(house, RoomId("own-cy"))


async def test_a_busy_relay_opens_no_side_room(house: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows go first; a publisher of a show is still let in."""
    monkeypatch.setattr(type(house.relay._clockwork), "busy", property(lambda _: True))
    offer = LightPeer().offer(*PUBLISHED)
    with pytest.raises(Unavailable, match=r"relay\.busy"):
        await house.relay.publish(ANN, PublisherId("ann"), False, offer)
    await house.publisher("alpha")


async def test_closing_a_room_ends_all_that_is_in_it_and_nothing_else(house: Studio) -> None:
    """A revocation ends a trial at once, on both of its ways."""
    house.show("alpha")
    on_stage = await house.publisher("alpha")
    hall = await house.viewer()
    await enter(house, ANN)
    publisher, viewer = await enter(house, BEN)
    house.relay.close(ANN)
    assert house.relay.stats().side_rooms == 1
    publisher.send_rtp(vp8(1, 0, key=True))
    on_stage.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    await hall.until(lambda: hall.rtp)
