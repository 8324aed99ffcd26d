"""What Linux tells of our UDP socket: bytes that wait, and datagrams it threw away because nobody read them."""

import os
import socket
from pathlib import Path

from roadshow.rooms.relay.stats import IngestStats

TABLES = {socket.AF_INET: Path("/proc/self/net/udp"), socket.AF_INET6: Path("/proc/self/net/udp6")}
MAX_TABLE = 4 * 1024 * 1024
"""Bytes read: some 25,000 sockets. A machine with more gets no figure."""
_QUEUES, _INODE, _DROPS, _COLUMNS = 4, 9, 12, 13
"""Columns of /proc/net/udp (proc(5)): ``tx_queue:rx_queue`` in hex, inode, drops."""


def in_table(table: str, inode: int) -> IngestStats | None:
    """The row of the socket with this inode. Never raises: a table that reads otherwise has no such row."""
    for line in table.splitlines()[1:]:
        columns = line.split()
        if len(columns) < _COLUMNS or columns[_INODE] != str(inode):
            continue
        _, _, waiting = columns[_QUEUES].partition(":")
        try:
            return IngestStats(int(waiting, 16), int(columns[_DROPS]))
        except ValueError:
            return None
    return None


def ingest(sock: socket.socket | None) -> IngestStats | None:
    """None for no socket, on a system without such a table, or if it cannot be read."""
    table = TABLES.get(sock.family) if sock is not None else None
    if sock is None or table is None:
        return None
    try:
        inode = os.fstat(sock.fileno()).st_ino
        with table.open(encoding="ascii", errors="replace") as file:
            return in_table(file.read(MAX_TABLE), inode)
    except OSError:
        return None
