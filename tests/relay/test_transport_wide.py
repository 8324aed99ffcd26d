"""Transport-wide feedback on the wire: what is written is what is read, and what anybody sends harms nobody."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM
from roadshow.rooms.relay.wire.transport_wide import (
    MAX_ARRIVALS,
    MAX_PACKETS,
    TRANSPORT_WIDE,
    Malformed,
    read,
    write,
)

WRAP = 1 << 32
ARRIVALS = st.lists(st.none() | st.integers(0, 40_000_000_000), min_size=1, max_size=600)
STEPS = st.lists(st.none() | st.integers(0, 700), min_size=1, max_size=600)


def body_of(packet: bytes) -> bytes:
    """As the walker of compound packets hands it on: without the common header and padding."""
    first, kind, words = packet[0], packet[1], packet[2] << 8 | packet[3]
    assert (first >> 6, first & 0x1F, kind) == (2, TRANSPORT_WIDE, rtcp.RTP_FEEDBACK)
    assert len(packet) == 4 + 4 * words
    return packet[4 : len(packet) - packet[-1]] if first & 0x20 else packet[4:]


def told(base: int, arrivals: list[int | None]) -> list[int | None]:
    """All that feedbacks tell of these packets, one after another."""
    result: list[int | None] = []
    while any(tick is not None for tick in arrivals[len(result) :]):
        packet, taken = write(1, 2, len(result), base + len(result), arrivals[len(result) :])
        assert len(packet) <= MAX_DATAGRAM - 100
        feedback = read(body_of(packet))
        assert feedback.base == (base + len(result)) & 0xFFFF
        assert feedback.number == len(result) & 0xFF
        assert taken == len(feedback.arrivals) > 0
        result += feedback.arrivals
    return result


def without_wraps(arrivals: list[int | None]) -> list[int | None]:
    return [None if tick is None else tick % WRAP for tick in arrivals]


def until_last(arrivals: list[int | None]) -> list[int | None]:
    while arrivals and arrivals[-1] is None:
        arrivals = arrivals[:-1]
    return arrivals


@given(st.integers(0, 0xFFFF), ARRIVALS)
@example(0xFFFF, [0, None, 0x7FFF, 0xFFFF, 0xFF, None])
def test_what_is_written_is_read_whatever_the_times(base: int, arrivals: list[int | None]) -> None:
    """Steps that no delta can hold begin a further feedback; nothing is lost or moved by a tick."""
    assert without_wraps(told(base, arrivals)) == without_wraps(until_last(arrivals))


@given(st.integers(0, 0xFFFF), st.integers(0, 1 << 33), STEPS)
def test_what_is_written_is_read_of_packets_soon_after_each_other(
    base: int, begin: int, steps: list[int | None]
) -> None:
    """As media come: losses, small and large deltas in every mixture of chunks."""
    arrivals: list[int | None] = []
    for step in steps:
        begin += step or 0
        arrivals.append(None if step is None else begin)
    assert without_wraps(told(base, arrivals)) == without_wraps(until_last(arrivals))


def test_an_example_by_hand() -> None:
    """Against a mistake that writing and reading share: the draft's own layout, bit by bit."""
    packet, taken = write(0x01020304, 0x0A0B0C0D, 7, 0xFFFE, [258, 258, None, 514, 513])
    assert taken == 5
    assert packet.hex(" ", 4) == " ".join(
        (
            "8fcd0006",  # version 2, fmt 15; transport-layer feedback; 6 words more
            "01020304",
            "0a0b0c0d",
            "fffe0005",
            "00000107",  # 64 ms, the eighth feedback
            # two bits each: small, small, not, wide (256 is one too many for small), wide (negative)
            f"{0b11_01_01_00_10_10_00_00:04x}0200",
            "0100ffff",
        )
    )
    assert write(1, 2, 0, 0, [1])[0].hex(" ", 4) == "afcd0005 00000001 00000002 00000001 00000000 20010101"


def test_a_run_takes_one_chunk() -> None:
    packet, _ = write(1, 2, 0, 0, [0] + [None] * 1000 + [4])
    assert len(packet) < 40
    assert read(body_of(packet)).arrivals == (0, *[None] * 1000, 4)


def test_a_feedback_holds_so_many_arrivals_and_packets() -> None:
    """So its size and the work of reading it have a bound."""
    assert write(1, 2, 0, 0, [0] * (MAX_ARRIVALS + 5))[1] == MAX_ARRIVALS
    assert write(1, 2, 0, 0, [0] + [None] * 5000 + [0])[1] == 1
    with pytest.raises(ValueError, match="nothing came"):
        write(1, 2, 0, 0, [None] * MAX_PACKETS + [3])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (bytes(15), "short"),
        (bytes.fromhex("00000001000000020000000000000000"), "count"),
        (bytes.fromhex("00000001000000020000ffff000000001fff1fff1fff1fff1fff1fff1fff1fff1fff"), "count"),
        (bytes.fromhex("00000001000000020000000500000000"), "chunks"),
        (bytes.fromhex("000000010000000200000005000000002005") + bytes(4), "delta"),
        (bytes.fromhex("000000010000000200000001000000004001") + bytes(1), "delta"),
        (bytes.fromhex("000000010000000200000001000000006001") + bytes(8), "delta"),
    ],
)
def test_what_is_no_feedback_is_refused(body: bytes, reason: str) -> None:
    """Cut short, of nothing, of too much, with the symbol that is reserved."""
    with pytest.raises(Malformed, match=reason):
        read(body)


@given(st.binary(max_size=1500), st.integers(0, 0xFFFF))
def test_no_bytes_do_harm(rest: bytes, count: int) -> None:
    """Whoever has a session may send these: no other error, and never more than there is room for."""
    for body in (rest, bytes(10) + count.to_bytes(2, "big") + rest):
        try:
            feedback = read(body)
        except Malformed:
            continue
        assert 0 < len(feedback.arrivals) <= MAX_PACKETS
        assert sum(tick is not None for tick in feedback.arrivals) <= len(body)


@given(st.integers(1, MAX_PACKETS), st.integers(0, 4))
def test_chunks_without_length_end(count: int, symbol: int) -> None:
    """Runs of no packets cost their two bytes each, and no more."""
    body = bytes(10) + count.to_bytes(2, "big") + bytes(4) + (symbol << 13 & 0x7FFF).to_bytes(2, "big") * 700
    with pytest.raises(Malformed, match="chunks"):
        read(body)
