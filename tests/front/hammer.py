"""Asks for one page on many connections, as fast as it is answered: ``python hammer.py PORT CONNECTIONS PATH``. It is a
program of its own, so that it does not slow down whoever is to be kept waiting by it."""

import re
import selectors
import socket
import sys

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Hammer:
    def __init__(self, port: int, path: str, waiting: selectors.BaseSelector) -> None:
        self.port = port
        self.request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        self.waiting = waiting
        self.socket: socket.socket | None = None
        self.read = b""

    def ask(self) -> None:
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self.waiting.register(self.socket, selectors.EVENT_READ, self)
            self.read = b""
            self.socket.sendall(self.request)
        except OSError:
            self.drop()

    def hear(self) -> None:
        assert self.socket is not None
        try:
            data = self.socket.recv(65_536)
        except OSError:
            data = b""
        self.read += data
        if not data:
            self.drop()
            self.ask()
            return
        head, end, body = self.read.partition(b"\r\n\r\n")
        length = LENGTH.search(head + b"\r\n")
        if end and length is not None and len(body) >= int(length[1]) and b"onnection: close" not in head:
            self.ask()

    def drop(self) -> None:
        if self.socket is not None:
            self.waiting.unregister(self.socket)
            self.socket.close()
            self.socket = None


def main(port: int, connections: int, path: str) -> None:
    waiting = selectors.DefaultSelector()
    hammers = [Hammer(port, path, waiting) for _ in range(connections)]
    while True:
        for hammer in hammers:
            if hammer.socket is None:
                hammer.ask()
        for key, _ in waiting.select(1.0):
            key.data.hear()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
