"""The checks of one peer that were seen of late, so that the same one counts from no second address. Pure."""

from roadshow.rooms.relay.wire.datagrams import Address

REMEMBERED_MS = 30_000
"""So long a transaction id is remembered. Whoever repeats a check later gets an answer of its size and a request that
only the peer can answer; nothing is done on the word of a check alone (``way.py``)."""
MAX_TRANSACTIONS = 1500
"""Ids remembered: one every 20 ms, as fast as checks are paced (RFC 8445, section 14.2). A peer that sends more has
them refused until the oldest are forgotten: to forget early is what a repeated one would wait for."""


class Transactions:
    """In the order in which they came."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[bytes, tuple[int, Address]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def admit(self, transaction: bytes, address: Address, now: int) -> bool:
        """Whether an authentic check may count: its id was not seen from another address. Repeating one's own is how
        STUN copes with loss."""
        seen = self._seen
        former = seen.get(transaction)
        if former is not None and now - former[0] <= REMEMBERED_MS:
            return former[1] == address
        while seen:
            oldest = next(iter(seen))
            if now - seen[oldest][0] <= REMEMBERED_MS:
                break
            del seen[oldest]
        if len(seen) >= MAX_TRANSACTIONS:
            return False
        seen[transaction] = (now, address)
        return True
