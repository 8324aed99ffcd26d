"""The header extensions of one form's packets (RFC 8285): one block, made once, with places for what differs. Pure."""

from roadshow.rooms.relay.offers.lanes import StreamForm
from roadshow.rooms.relay.wire.rtp import HEADER_SIZE, extension_block, send_time

_BEGIN = 4
"""Where the block's first element stands, after its head."""


class Extensions:
    """``wide_at`` is where the transport-wide number stands in a packet, which whoever sends it puts in; 0: nowhere."""

    def __init__(self, form: StreamForm, video: bool, playout: bytes | None = None) -> None:
        """``playout``: the playout-delay extension's value on every packet; None: it is not on them."""
        self._level_at = self._send_time_at = self.wide_at = 0
        # Values that differ from packet to packet come first, so that their places in the finished block are known.
        elements: list[tuple[int, bytes]] = []
        at = _BEGIN + 1
        if form.level_id and not video:
            self._level_at = at
            elements.append((form.level_id, b"\x7f"))
            at += 2
        if form.send_time_id:
            self._send_time_at = at
            elements.append((form.send_time_id, bytes(3)))
            at += 4
        if form.wide_id:
            self.wide_at = HEADER_SIZE + at
            elements.append((form.wide_id, bytes(2)))
        if form.mid_id:
            elements.append((form.mid_id, form.mid.encode()))
        if form.playout_id and playout is not None:
            elements.append((form.playout_id, playout))
        self._block = extension_block(elements)

    def __len__(self) -> int:
        return len(self._block)

    def of(self, level: int, arrived: int) -> bytes:
        """For a packet of this audio level (a byte as it came) that came to us then (ms)."""
        block = self._block
        if self._level_at:
            block = block[: self._level_at] + bytes((level,)) + block[self._level_at + 1 :]
        return self.sent(block, arrived)

    def sent(self, block: bytes, at_ms: int) -> bytes:
        """The block with another time of sending, where it has one."""
        at = self._send_time_at
        return block[:at] + send_time(at_ms) + block[at + 3 :] if at else block
