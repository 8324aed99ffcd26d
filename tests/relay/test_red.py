"""Sound with redundancy (RFC 2198): on the wire, on the lanes, and from publishers."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.wire import red
from roadshow.rooms.relay.wire.red import MAX_BLOCKS, MAX_LENGTH, MAX_OFFSET, Block

types = st.integers(0, 127)
former = st.builds(Block, types, st.integers(1, MAX_OFFSET), st.binary(min_size=1, max_size=MAX_LENGTH))
own = st.builds(Block, types, st.just(0), st.binary(max_size=1275))


@given(st.lists(former, max_size=MAX_BLOCKS), own)
def test_what_is_written_is_read(carried: list[Block], last: Block) -> None:
    assert red.read(red.write(carried, last)) == [*carried, last]


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(payload: bytes) -> None:
    """It comes from anybody who may publish: nothing is raised, and no byte is taken twice."""
    blocks = red.read(payload)
    if blocks is not None:
        assert len(blocks) <= MAX_BLOCKS + 1
        assert sum(len(block.payload) for block in blocks) + 4 * (len(blocks) - 1) + 1 == len(payload)


def test_the_bytes_are_those_of_the_rfc() -> None:
    """Section 3: F, payload type, offset of 14 bits, length of 10; then F clear and the own payload's type."""
    written = red.write([Block(111, 960, b"ab")], Block(111, 0, b"cde"))
    assert written == bytes([0x80 | 111, 960 >> 6, (960 & 63) << 2, 2, 111]) + b"abcde"
