"""Sound with redundancy (RFC 2198): on the wire, on the lanes, and from publishers."""

import itertools

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from roadshow.ids import RoomId, SourceId
from roadshow.rooms.lanes import FLOOR_1
from roadshow.rooms.relay.egress.egress import Target
from roadshow.rooms.relay.last_mile.protection import HOLD_MS, NEEDED, Protection
from roadshow.rooms.relay.offers.lanes import LaneTable, StreamForm, Variant, Wanted
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.redundancy import missing, unwrapped
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.fanout import UNWANTED_MS
from roadshow.rooms.relay.stage.leg import MAX_SECTIONS, Leg
from roadshow.rooms.relay.stage.repeats import resend
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.wire import red
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.red import MAX_BLOCKS, MAX_LENGTH, MAX_OFFSET, Block
from roadshow.rooms.relay.wire.rtp import Packet, parse
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import head
from tests.relay.test_layers import Recorder

OPUS, RED = 111, 63
FRAME, FRAME_MS = 960, 20
FORM = StreamForm(((Codec.OPUS, OPUS),), red_type=RED)
WANTED = Wanted(FLOOR_1, False, FORM)

types = st.integers(0, 127)
formers = st.builds(Block, types, st.integers(1, MAX_OFFSET), st.binary(min_size=1, max_size=MAX_LENGTH))
own = st.builds(Block, types, st.just(0), st.binary(max_size=1275))


@given(st.lists(formers, max_size=MAX_BLOCKS), own)
def test_what_is_written_is_read(carried: list[Block], last: Block) -> None:
    assert red.read(red.write(carried, last)) == [*carried, last]


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(payload: bytes) -> None:
    """It comes from anybody who may publish: nothing is raised, and no byte is taken twice."""
    blocks = red.read(payload)
    if blocks is not None:
        assert len(blocks) <= MAX_BLOCKS + 1
        assert sum(len(block.payload) for block in blocks) + 4 * (len(blocks) - 1) + 1 == len(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x80\x00\x00",
        red.write([Block(OPUS, 960, b"former")], Block(OPUS, 0, b""))[:-1],
        red.write([Block(OPUS, 960, b"a")] * (MAX_BLOCKS + 1), Block(OPUS, 0, b"own")),
    ],
)
def test_what_is_cut_short_or_has_too_many_blocks_is_refused(payload: bytes) -> None:
    """What a block says of its length is not what there is."""
    assert red.read(payload) is None


def test_the_bytes_are_those_of_the_rfc() -> None:
    """Section 3: F, payload type, offset of 14 bits, length of 10; then F clear and the own payload's type."""
    written = red.write([Block(OPUS, 960, b"ab")], Block(OPUS, 0, b"cde"))
    assert written == bytes([0x80 | OPUS, 960 >> 6, (960 & 63) << 2, 2, OPUS]) + b"abcde"


@pytest.mark.parametrize("block", [Block(OPUS, MAX_OFFSET + 1, b"a"), Block(OPUS, 960, bytes(MAX_LENGTH + 1))])
def test_what_does_not_fit_is_not_written(block: Block) -> None:
    """Cut to their bits, the fields would name another time or length."""
    with pytest.raises(ValueError, match="before"):
        red.write([block], Block(OPUS, 0, b"own"))


class Voice:
    """A microphone: packets that can be told apart."""

    def __init__(self, name: str, sequence: int, timestamp: int) -> None:
        self.source = Source(SourceId(name), False, {OPUS: Codec.OPUS}, 0, SenderClock())
        self.sequence, self.timestamp = sequence, timestamp
        self._count = 0

    def says(self, pause: int = 1) -> Packet:
        """The next packet, after so many frames' time; its number follows, as where nothing was sent meanwhile."""
        self._count += 1
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + FRAME * pause) & 0xFFFFFFFF
        packet = parse(head(self.sequence, self.timestamp, 2, OPUS, False) + f"{self.source.id}{self._count}".encode())
        assert packet is not None
        return packet


class Scene:
    """A stage with two voices, and viewers of its first floor lane that see every byte."""

    def __init__(self, sequence: int = 0xFFF0) -> None:
        self.egress = Recorder()
        self.stage = Stage(RoomId("robotics"), self.egress, LaneTable())
        self.now = 1_000_000
        self.voices = [Voice("a", sequence, 0xFFFF0000), Voice("b", 77, 12345)]
        for voice in self.voices:
            self.stage.arrive(Publication([voice.source]), self.now)
        self.speaks(0)

    def speaks(self, which: int) -> None:
        self.voice = self.voices[which]
        self.stage.show({FLOOR_1: self.voice.source.id}, self.now)

    def viewer(self, distance: int = 0) -> Leg:
        leg = Leg(self.stage.promise(WANTED), 0, 0)
        policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
        leg.target = Target(pylibsrtp.Session(policy), None, ("127.0.0.1", 9))
        self.takes(leg, distance)
        return leg

    def takes(self, leg: Leg, distance: int) -> None:
        self.stage.fanout(WANTED, Variant(distance=distance), self.now).join(leg, self.now)

    def forward(self, packet: Packet) -> None:
        media = self.voice.source.accept(packet, self.now)
        if media is not None:
            self.stage.forward(self.voice.source, media, self.now)
        self.stage.outlet.flush(self.now)

    def say(self, packets: int = 1, pause: int = 1) -> None:
        for _ in range(packets):
            self.now += FRAME_MS * pause
            self.forward(self.voice.says(pause))

    def got(self, leg: Leg) -> list[Packet]:
        assert leg.target is not None
        read = [parse(data) for data in self.egress.got.get(leg.target, [])]
        return [packet for packet in read if packet is not None]


def heard(packets: list[Packet]) -> dict[int, bytes]:
    """What a player has of these packets: by timestamp, as libwebrtc's jitter buffer puts them."""
    found: dict[int, bytes] = {}
    for packet in packets:
        blocks = red.read(packet.payload) if packet.payload_type == RED else [Block(OPUS, 0, packet.payload)]
        assert blocks is not None
        for block in blocks:
            assert block.payload_type == OPUS
            at = (packet.timestamp - block.offset) & 0xFFFFFFFF
            assert found.setdefault(at, block.payload) == block.payload, "two sounds at one time"
    return found


@given(st.integers(1, 3), st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), min_size=1, max_size=12))
@settings(deadline=None)
def test_whatever_is_lost_up_to_the_distance_in_a_row_is_made_good(
    distance: int, losses: list[tuple[int, int]]
) -> None:
    """``losses``: so many packets come, then so many are lost."""
    scene = Scene()
    leg, whole = scene.viewer(distance), scene.viewer()
    scene.say(60)
    packets, kept, at = scene.got(leg), [], 0
    for come, lost in losses:
        kept += packets[at : at + come]
        at += come + min(lost, distance)
    kept += packets[at:]
    if kept[-1] is packets[-1]:
        assert heard(kept) == heard(scene.got(whole))


acts = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 4)),
        st.tuples(st.just("pause"), st.integers(2, 40)),
        st.tuples(st.just("speaks"), st.integers(0, 1)),
        st.tuples(st.just("takes"), st.integers(0, 3)),
        st.tuples(st.just("late"), st.integers(1, 5)),
        st.tuples(st.just("lost"), st.integers(1, 3)),
        st.tuples(st.just("asks"), st.integers(0, 20)),
        st.tuples(st.just("waits"), st.just(0)),
    ),
    max_size=40,
)


@given(acts, st.integers(0xFF00, 0xFFFF))
@settings(max_examples=300, deadline=None)
def test_going_over_to_redundancy_and_back_loses_nothing(script: list[tuple[str, int]], sequence: int) -> None:
    """Through pauses, other voices, and packets that the publisher's line loses or brings late: the viewer that goes
    back and forth has what the one has that stays, and no number ever stands for two packets."""
    scene = Scene(sequence)
    leg, plain = scene.viewer(), scene.viewer()
    scene.say()
    held: list[tuple[int, Packet]] = []
    changes = 0
    for what, number in script:
        if what == "say":
            scene.say(number)
        elif what == "pause":
            scene.say(1, pause=number)
        elif what == "speaks":
            held.clear()
            scene.speaks(number)
            scene.say()
        elif what == "takes":
            changes += 1
            if changes < MAX_SECTIONS:  # what was before so many changes cannot be had again
                scene.takes(leg, number)
        elif what == "lost":
            for _ in range(number):
                scene.voice.says()
        elif what == "late":
            held.append((number, scene.voice.says()))
        elif what == "asks":
            asked = scene.got(leg)[-number - 1 :][:1]
            resend(scene.stage.outlet, leg, tuple(packet.sequence for packet in asked), None, scene.now)
        else:
            scene.now += UNWANTED_MS + 1
            scene.stage.tick(scene.now)
        held = [(wait - 1, packet) for wait, packet in held]
        for _, packet in [each for each in held if each[0] <= 0]:
            scene.forward(packet)
        held = [each for each in held if each[0] > 0]
    scene.say(3)
    ours, theirs = scene.got(leg), scene.got(plain)
    by_number: dict[int, tuple[int, bytes]] = {}
    for packet in ours:
        seen = (packet.timestamp, packet.payload)
        assert by_number.setdefault(packet.sequence, seen) == seen, "one number for two packets"
    there = heard(theirs)
    assert heard(ours).items() <= there.items()
    # One that comes late, from before the viewer went over, is for those who ask.
    late = {packet.sequence for packet in ours} ^ {packet.sequence for packet in theirs}
    for number in late:
        resend(scene.stage.outlet, leg, tuple(number + step & 0xFFFF for step in range(4)), None, scene.now + 100)
    assert heard(scene.got(leg)) == there


def test_what_is_late_from_before_going_over_comes_only_to_whoever_asks() -> None:
    """With redundancy it would be other bytes than the plain stream has for that number, which may be asked for."""
    scene = Scene()
    leg = scene.viewer()
    scene.say(2)
    late = scene.voice.says()
    scene.say(1)
    scene.takes(leg, 2)
    scene.forward(late)
    scene.say(1)
    came = scene.got(leg)
    assert [(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(came)] == [1, 2, 1]
    resend(scene.stage.outlet, leg, ((came[1].sequence + 1) & 0xFFFF,), None, scene.now)
    assert (scene.got(leg)[-1].payload_type, scene.got(leg)[-1].payload) == (OPUS, late.payload)


def test_who_heard_nothing_for_a_while_misses_no_number_after_it() -> None:
    """Their packets went on without them: the twin's numbers are then not right as they are."""
    scene = Scene()
    leg = scene.viewer()
    scene.say(2)
    assert leg.carrier is not None
    leg.carrier.leave(leg, scene.now)
    scene.say(3)
    scene.takes(leg, 1)
    scene.say(2)
    assert [(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(scene.got(leg))] == [1, 1, 1]


def test_no_redundancy_comes_from_another_voice_or_from_before_a_pause() -> None:
    """Offsets beyond 14 bits cannot be named, and another's words would be played in the middle of one's own."""
    scene = Scene()
    leg = scene.viewer(2)
    scene.say(3)
    scene.say(1, pause=18)  # 17,280 timestamp units
    scene.say(2)
    scene.speaks(1)
    scene.say(3)
    words = [red.read(packet.payload) if packet.payload_type == RED else [] for packet in scene.got(leg)]
    assert [max(0, len(each or []) - 1) for each in words] == [0, 1, 2, 0, 1, 2, 0, 1, 2]
    assert [block.payload for block in words[5] or []] == [b"a4", b"a5", b"a6"], "in their order"
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(scene.got(leg))} == {1}


def test_viewers_of_one_distance_share_the_making() -> None:
    """Five hundred of them cost one rendering; and what nobody takes any more is not made for ever."""
    scene = Scene()
    legs = [scene.viewer(2) for _ in range(3)]
    scene.say(2)
    assert len({leg.carrier for leg in legs}) == 1
    fanout = legs[0].carrier
    for leg in legs:
        scene.takes(leg, 0)
    scene.stage.tick(scene.now)
    scene.now += UNWANTED_MS + 1
    scene.stage.tick(scene.now)
    assert scene.stage.fanout(WANTED, Variant(distance=2), scene.now) is not fanout
    scene.say()
    assert [len(scene.got(leg)) for leg in legs] == [3, 3, 3]


def test_what_another_packet_brought_is_not_sent_again() -> None:
    """Browsers ask for every missing number. A repeat that nobody needs would make their jitter buffers wait for it."""
    scene = Scene()
    leg = scene.viewer(1)
    scene.say(6)
    numbers = [packet.sequence for packet in scene.got(leg)]

    def again(asked: list[int], now: int) -> list[int]:
        before = len(scene.got(leg))
        resend(scene.stage.outlet, leg, tuple(asked), None, now)
        return [packet.sequence for packet in scene.got(leg)[before:]]

    assert again([numbers[1]], scene.now) == []
    assert again([numbers[2], numbers[3]], scene.now) == [numbers[2]], "what would have brought it is missing, too"
    assert again([numbers[5]], scene.now) == [numbers[5]], "nothing came after it"
    assert again([numbers[0]], scene.now + 100) == [numbers[0]], "the next one was asked for, too, in another message"


# -- from publishers ---------------------------------------------------------------------------------------------------


def packed(packets: list[Packet], distance: int) -> list[Packet]:
    """A publisher's packets, each with those before it."""
    made: list[Packet] = []
    for at, packet in enumerate(packets):
        before = packets[max(0, at - distance) : at]
        blocks = [Block(OPUS, (packet.timestamp - each.timestamp) & 0xFFFFFFFF, each.payload) for each in before]
        payload = red.write(
            [block for block in blocks if red.fits(block.offset, block.payload)], Block(OPUS, 0, packet.payload)
        )
        again = parse(head(packet.sequence, packet.timestamp, 2, RED, False) + payload)
        assert again is not None
        made.append(again)
    return made


def taken(source: Source, packet: Packet) -> list[bytes]:
    carried = unwrapped(packet)
    assert carried is not None
    former = missing(source, packet, carried) if source.ssrc is not None else []
    medias = [source.accept(each, 0) for each in [*former, packet]]
    return [media.payload for media in medias if media is not None]


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(1, 20)), min_size=1, max_size=10),
)
@settings(deadline=None)
def test_what_a_publishers_line_loses_is_restored_in_order(distance: int, losses: list[tuple[int, int, int]]) -> None:
    """Of no more in a row than its packets carry: each comes once, in its place, as if it had not been lost; but not
    over a pause of the encoder, where nothing can be carried."""
    voice = Voice("a", 0xFFFA, 0xFFFFF000)
    sent: list[Packet] = [voice.says()]
    come = {0}
    for coming, lost, pause in losses:
        pauses = pause if pause < 17 else 1
        sent += [voice.says() for _ in range(min(lost, distance))]
        for number in range(coming):
            come.add(len(sent))
            sent.append(voice.says(pauses if number and not lost else 1))
    wanted = [packet.payload for packet in sent]
    heard = [
        payload
        for at, packet in enumerate(packed(sent, distance))
        if at in come
        for payload in taken(voice.source, packet)
    ]
    assert heard == wanted[: len(heard)]
    assert len(heard) == max(come) + 1


def test_redundancy_that_skips_a_packet_is_not_given_its_number() -> None:
    """Where a sender leaves one out, the block before belongs to another number: it would be played twice."""
    voice = Voice("a", 10, 0)
    first, second, third = (voice.says() for _ in range(3))
    assert taken(voice.source, packed([first], 1)[0]) == [first.payload]
    skipping = parse(
        head(third.sequence, third.timestamp, 2, RED, False)
        + red.write([Block(OPUS, third.timestamp - first.timestamp, first.payload)], Block(OPUS, 0, third.payload))
    )
    assert skipping is not None
    assert taken(voice.source, skipping) == [third.payload]
    whole = packed([first, second, third], 2)[2]
    carried = unwrapped(whole)
    assert carried is not None
    assert [each.payload for each in missing(voice.source, whole, carried)] == [second.payload], "what came is there"
    assert second.payload not in [first.payload, third.payload]


# -- how far back ------------------------------------------------------------------------------------------------------


def test_the_distance_follows_the_loss_up_at_once_and_down_late() -> None:
    """A lossy line is lossy again; and a clean one carries nothing twice."""
    protection, now = Protection(), 1_000_000
    protection.reported(1000, 2, now)
    assert protection.distance(now) == 0
    for far, loss in enumerate(NEEDED, 1):
        now += 5000
        protection.reported(1000, round(1000 * loss), now)
        assert protection.distance(now) == far
    protection.reported(1000, 0, now + HOLD_MS - 1)
    assert protection.distance(now + HOLD_MS - 1) == 3
    assert protection.distance(now + HOLD_MS) == 0


@pytest.mark.parametrize(("loss", "least", "most"), [(0.0, 0, 0), (0.02, 1, 1), (0.05, 2, 2), (0.12, 3, 3)])
def test_repeated_sound_counts_as_lost_whatever_else_is_reported(loss: float, least: int, most: int) -> None:
    """Reports count it as received: it comes under its own number. What is asked for and what goes out come at other
    moments than reports, of which those on pictures are more; none must be taken for the other."""
    protection, now, owed = Protection(), 1_000_000, 0.0
    for _ in range(60):
        for _ in range(10):
            now += 100
            owed += 5 * loss
            protection.missed(int(owed), now)
            owed -= int(owed)
        protection.sent(50, now)
        protection.reported(150, round(150 * loss), now)
    assert least <= protection.distance(now) <= most


def test_two_requests_for_sound_tell_sooner_than_a_report() -> None:
    """Of sound alone browsers report every five seconds: so long it would be missing."""
    protection = Protection()
    protection.missed(1, 1000)
    assert protection.distance(1000) == 0
    protection.missed(1, 2000)
    assert protection.distance(2000) == 1
