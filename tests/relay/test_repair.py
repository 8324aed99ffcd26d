"""What a publisher is asked for again where its line is full, or nobody sees it. No sockets: the clock is a number.

``fallen_line.txt`` is what came to the relay of three layers, of which one was seen, as a pitcher's line fell to 500
kbit/s within a run of ``roadshow bench lines``: for each packet the time in ms, the layer, its number, its picture's
timestamp in ms, and a point where it ends the picture. Then 73 packets of two layers that nobody saw were asked for
again, 640 kbit, and four key frames, three of them for packets from before one that had just come: it took 5.5 s until
the picture moved again, where it now takes 2.8.
"""

import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import SourceId
from roadshow.rooms.relay.sources.nack import (
    FIRST_WAIT_MS,
    FULL,
    FULL_MS,
    GIVE_UP_MS,
    LATE_PACKETS,
    RECENT,
    NackGenerator,
    Share,
)
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.repair import Repair
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import parse
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import vp8

TICK_MS = 20
FALLEN = Path(__file__).with_name("fallen_line.txt")
KEY_AT = ("h", 1534)
"""The key frame that began the smaller picture."""


class Sender:
    """Sources of one picture, lowest first, and what is asked of them."""

    def __init__(self, layers: str, seen: str) -> None:
        self.sources = {name: Source(SourceId("a"), True, {96: Codec.VP8}, 0, SenderClock(), name) for name in layers}
        self.share = Share()
        taken = {self.sources[name] for name in seen}
        self.repair = Repair([Publication(list(self.sources.values()))], self.share, taken.__contains__)
        self.asked: dict[str, list[int]] = {name: [] for name in layers}
        """Numbers, as often as they were asked for."""
        self.key_frames = Counter[str]()
        self.now = 0

    def come(
        self, name: str, number: int, at: int, *, timestamp: int | None = None, key: bool = False, end: bool = True
    ) -> None:
        self.until(at)
        source, timestamp = self.sources[name], at if timestamp is None else timestamp
        before = source.kept(source.newest)
        start = before is None or before.timestamp != timestamp * 90
        packet = parse(vp8(number, timestamp * 90, key, marker=end, start=start))
        assert packet is not None
        self.share.came()
        newest = source.newest
        assert source.accept(packet, at) is not None
        self.repair.came(source, newest, at)
        self.ask(name, at)

    def until(self, at: int) -> None:
        while self.now + TICK_MS <= at:
            self.now += TICK_MS
            for name in self.sources:
                self.ask(name, self.now)

    def ask(self, name: str, now: int) -> None:
        source = self.sources[name]
        self.asked[name] += self.repair.due(source, now)
        self.key_frames[name] += source.keyframes.due(now)


def fallen(seen: str) -> Sender:
    """The recorded line, up to the end of the smaller picture's key frame."""
    sender = Sender("lmh", seen)
    for line in FALLEN.read_text(encoding="ascii").splitlines():
        at, name, number, timestamp, *end = line.split()
        key = int(number) == 0 or (name, int(timestamp)) == KEY_AT
        sender.come(name, int(number), int(at), timestamp=int(timestamp), key=key, end=bool(end))
    return sender


def test_of_layers_that_nobody_sees_nothing_is_asked_for() -> None:
    """Whoever comes to see one begins with a key frame; until then it takes the place of what is seen."""
    sender = fallen("h")
    assert sender.asked["l"] == sender.asked["m"] == []
    assert not sender.key_frames["l"] + sender.key_frames["m"]


def test_a_full_line_gets_no_repeats_but_a_key_frame_once_there_is_room() -> None:
    """What was asked for before it was seen to be full is a fifth of what was lost."""
    sender = fallen("h")
    assert 0 < len(sender.asked["h"]) <= 31
    assert sender.key_frames["h"] <= 2
    sender.until(sender.now + 2 * GIVE_UP_MS)
    assert sender.key_frames["h"] <= 2, "what the key frame made up for is no reason for another"
    assert sender.sources["h"].nacks.idle


def test_where_somebody_sees_the_smallest_it_is_asked_for_on_a_full_line_too() -> None:
    """It is what such a line can still carry."""
    sender = fallen("lh")
    assert sender.asked["l"]
    assert sender.asked["m"] == []
    assert len(sender.asked["h"]) <= 31


def test_where_nobody_sees_any_layer_all_are_asked_for() -> None:
    """A line check has no viewers, and counts what is missing after repair."""
    sender = Sender("lmh", "")
    for name in "lmh":
        sender.come(name, 1, 10, key=True)
        sender.come(name, 2 + LATE_PACKETS, 80)
    sender.until(200)
    assert all(set(sender.asked[name]) == {2, 3, 4} for name in "lmh")


def test_what_was_lost_of_a_layer_is_asked_for_when_somebody_comes_to_see_it() -> None:
    """It is remembered meanwhile: a late viewer gets the present picture from its key frame on."""
    seen = set[Source]()
    sender = Sender("lh", "h")
    sender.repair = Repair([Publication(list(sender.sources.values()))], sender.share, seen.__contains__)
    seen.add(sender.sources["h"])
    for number, at in ((1, 10), (3, 80)):
        sender.come("l", number, at, key=number == 1)
        sender.come("h", number, at, key=number == 1)
    sender.until(300)
    assert set(sender.asked["h"]) == {2}
    assert sender.asked["l"] == []
    seen.add(sender.sources["l"])
    sender.until(400)
    assert set(sender.asked["l"]) == {2}


def test_what_nobody_missed_is_no_loss_of_the_publishers() -> None:
    """Else its light would turn red for a picture that everybody sees whole."""
    sender = Sender("lh", "h")
    for name in "lh":
        sender.come(name, 1, 10, key=True)
        sender.come(name, 2 + LATE_PACKETS, 80)
    assert [source.lost() for source in sender.sources.values()] == [3, 3]
    sender.until(80 + 2 * GIVE_UP_MS)
    assert [source.lost() for source in sender.sources.values()] == [0, 3]
    assert [source.nacks.abandoned for source in sender.sources.values()] == [0, 3]
    assert sender.share.lost == 6, "the line lost them all"
    assert not sender.key_frames["l"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_key_frame_makes_up_for_what_is_older_once_it_is_whole(whole: bool) -> None:
    """Until then a repeat may come sooner. Nor is it a reason for another key frame, if it never comes."""
    sender = Sender("h", "h")
    sender.come("h", 1, 10, key=True)
    sender.come("h", 3, 80)
    sender.come("h", 4, 82, timestamp=82, key=True, end=False)
    sender.come("h", 5, 84, timestamp=82, end=False)
    if whole:
        sender.come("h", 6, 86, timestamp=82)
    sender.asked["h"].clear()
    sender.until(80 + 2 * GIVE_UP_MS)
    assert sender.asked["h"] == [] if whole else set(sender.asked["h"]) == {2}
    assert sender.sources["h"].nacks.idle
    assert not sender.key_frames["h"]


def test_what_a_key_frame_lacks_comes_before_what_is_older() -> None:
    """There is a share for some of it, and only the one half is sure to be of use."""
    nacks = NackGenerator()
    nacks.gap(5, 9, 1000)
    nacks.gap(10, 12, 1000)
    nacks.passed(30, 1000)
    assert nacks.due(1000, 3, first=10) == [5, 10, 11]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.integers(0, 70))
def test_what_is_of_no_use_is_forgotten_and_nothing_else(holes: list[int], share: int) -> None:
    nacks, number = NackGenerator(), 0
    missing: set[int] = set()
    for hole in holes:
        if nacks.gap(number, number + hole % 7, 0):
            missing.update(range(number, number + hole % 7))
        number += hole
    before = number * share // 70
    nacks.forget(before)
    nacks.passed(number + LATE_PACKETS, FIRST_WAIT_MS)
    assert set(nacks.due(FIRST_WAIT_MS)) == {each for each in missing if each >= before}


def lost(share: Share, each: Iterable[bool], ms: int = 4) -> list[bool]:
    """Packets one after the other, each lost or not: whether the line is full at each that came."""
    found, run = list[bool](), 0
    for at, is_lost in enumerate(each):
        run += is_lost
        if is_lost:
            continue
        if run:
            share.gone(run, at * ms)
        share.came()
        found.append(share.full(at * ms))
        run = 0
    return found


@given(st.integers(0, 1000))
def test_stray_loss_is_no_full_line(seed: int) -> None:
    chance = random.Random(seed)
    assert not any(lost(Share(), (chance.random() < 0.1 for _ in range(2000))))


def test_a_line_that_lets_a_quarter_through_is_full_and_one_that_was_away_is_so_for_a_moment() -> None:
    """A radio link that comes back has room for all that it lost."""
    share = Share()
    assert all(lost(share, (at % 4 > 0 for at in range(200)))[RECENT // 4 :])
    assert not share.full(800 + FULL_MS)
    share = Share()
    share.gone(FULL - 1, 1000)
    assert not share.full(1000)
    share.gone(1, 1000)
    assert share.full(1000 + FULL_MS - 1)
    assert not share.full(1000 + FULL_MS)
