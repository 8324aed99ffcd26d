"""A thousand browsers at the least cost, in a process of its own: ``python -m bench.climax.browsers``.

Each comes from an address and fetches a page as a browser does: the page, every file that it names, over up to six
connections that are kept, and then its socket, on which it follows a room until the snapshot is there. A plan comes as
JSON on standard input; what each answer took goes to standard output the same way. It waits for a line ``go``.
"""

import base64
import gzip
import os
import re
import resource
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator

import brotli
import msgspec
import zstandard

CONNECTIONS = 6
"""Of one browser to one server by HTTP/1.1."""
PATIENCE_S = 20.0
"""After the last has come."""
ENCODINGS = "gzip, deflate, br, zstd"
_FILE = re.compile(rb'(?:href|src)="(/static/[^"]+)"')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ENCODED = re.compile(rb"\r\ncontent-encoding: *(\w+)", re.IGNORECASE)
_ENDS = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_IP_BIND_ADDRESS_NO_PORT = 24
"""Linux: the port is chosen when it is known to whom, so that one address may have more than 28,000."""


class Plan(msgspec.Struct, frozen=True):
    port: int
    path: str
    room: str
    """Followed on the socket."""
    addresses: list[str]
    """One for each person; a hall's is the same."""
    within_s: float
    """They come evenly over so many seconds."""
    languages: list[str]
    """In turns."""


class Outcome(msgspec.Struct, frozen=True):
    answered: int
    """People who got the page, all of its files and their socket's snapshot."""
    took_ms: list[float]
    """Of every answer, from asking, or from connecting if that was needed for it, to its last byte."""
    requests: int
    statuses: dict[str, int]
    problems: dict[str, int]
    spent_s: float
    """This process's own time on a processor."""


class Person:
    def __init__(self, crowd: "Crowd", address: str, language: str) -> None:
        self.crowd, self.address, self.language = crowd, address, language
        self.waiting: deque[bytes] = deque()
        self.under_way = 0
        self.open = 0
        self.idle: list[Connection] = []
        self.files_known = self.done = False

    def come(self) -> None:
        self._ask(self.crowd.path)

    def got(self, connection: "Connection", what: bytes, head: bytes, body: bytes) -> None:
        self.under_way -= 1
        self.idle.append(connection)
        if what is self.crowd.path:
            files = self.crowd.files_of(head, body)
            self.files_known = True
            self.waiting.extend(files)
        while self.waiting and self.under_way < CONNECTIONS:
            self._ask(self.waiting.popleft())
        if not self.waiting and not self.under_way:
            for one in self.idle:
                one.close()
            Connection(self, b"", is_socket=True).begin()

    def failed(self, why: str) -> None:
        self.crowd.problems[why] += 1

    def _ask(self, what: bytes) -> None:
        self.under_way += 1
        if self.idle:
            self.idle.pop().ask(what)
        else:
            Connection(self, what).begin()


class Connection:
    def __init__(self, person: Person, what: bytes, *, is_socket: bool = False) -> None:
        self._person, self._what, self._is_socket = person, what, is_socket
        self._crowd = person.crowd
        self._read = bytearray()
        self._socket: socket.socket | None = None
        self._asked_at = 0.0
        self._is_open = False
        self._follows = False

    def begin(self) -> None:
        """Connect, then ask."""
        self._asked_at = time.perf_counter()
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        one.bind((self._person.address, 0))
        self._socket = one
        one.connect_ex(("127.0.0.1", self._crowd.plan.port))
        self._crowd.add(one.fileno(), self, select.EPOLLOUT)

    def ask(self, what: bytes) -> None:
        """On a connection that is open. One that the server ended meanwhile is opened anew."""
        if self._socket is None:
            self._what = what
            self._is_open = False
            self.begin()
            return
        self._what, self._asked_at = what, time.perf_counter()
        self._socket.send(self._crowd.request(what, self._person.language))

    def close(self) -> None:
        if self._socket is not None:
            self._crowd.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def ready(self, events: int) -> None:
        assert self._socket is not None
        if not self._is_open:
            if problem := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._lost(f"connecting: {os.strerror(problem)}")
                return
            self._is_open = True
            self._crowd.change(self._socket.fileno(), select.EPOLLIN)
            if self._is_socket:
                self._socket.send(self._crowd.upgrade(self._person.language))
            else:
                self._socket.send(self._crowd.request(self._what, self._person.language))
            return
        try:
            data = self._socket.recv(262_144)
        except BlockingIOError:
            return
        except OSError as problem:
            self._lost(str(problem))
            return
        if not data:
            self._lost("closed by the server")
            return
        self._read += data
        if self._is_socket:
            self._take_frames()
        else:
            self._take_answer()

    def _lost(self, why: str) -> None:
        kind = "socket" if self._is_socket else "request"
        self.close()
        if not (self._is_socket and self._person.done):
            self._person.failed(f"{kind}: {why}")

    def _take_answer(self) -> None:
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._read[:end])
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(self._read) < end + 4 + size:
            return
        body = bytes(self._read[end + 4 :])
        self._read.clear()
        self._crowd.note(head[9:12].decode(), self._asked_at)
        if _ENDS.search(head):
            self.close()
        if not head.startswith(b"HTTP/1.1 200"):
            self.close()
            self._person.failed(f"request: {head[9:12].decode()}")
            return
        self._person.got(self, self._what, head, body)

    def _take_frames(self) -> None:
        if not self._follows:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._read.startswith(b"HTTP/1.1 101"):
                self._crowd.note(self._read[9:12].decode(), self._asked_at)
                self._lost(f"not upgraded: {self._read[9:12].decode()}")
                return
            del self._read[: end + 4]
            self._follows = True
            text = msgspec.json.encode({"type": "follow", "room": self._crowd.plan.room})
            assert self._socket is not None
            self._socket.send(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)  # a mask of zeros
        for kind, text in _frames(self._read):
            if kind == 0x88:
                self._lost(f"closed with {int.from_bytes(text[:2], 'big')}")
                return
            if not self._person.done and text.startswith(b'{"type":"room.snapshot"'):
                self._person.done = True
                self._crowd.note("101", self._asked_at)
                self._crowd.answered += 1


def _frames(read: bytearray) -> Iterator[tuple[int, bytes]]:
    """Takes whole ones out of it."""
    while len(read) >= 2:
        size, start = read[1], 2
        if size == 126:
            size, start = int.from_bytes(read[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(read[2:10], "big"), 10
        if len(read) < start + size:
            return
        frame = (read[0], bytes(read[start : start + size]))
        del read[: start + size]
        yield frame


class Crowd:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.path = plan.path.encode()
        self.answered = 0
        self.took_ms: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._files: dict[bytes, list[bytes]] = {}
        self._requests: dict[tuple[bytes, str], bytes] = {}

    def run(self) -> None:
        """Until everybody has all, or patience ends."""
        people = [
            Person(self, address, self.plan.languages[number % len(self.plan.languages)])
            for number, address in enumerate(self.plan.addresses)
        ]
        begin, come = time.perf_counter(), 0
        each = self.plan.within_s / len(people)
        while self.answered + sum(self.problems.values()) < len(people):
            now = time.perf_counter() - begin
            while come < len(people) and come * each <= now:
                people[come].come()
                come += 1
            if now > self.plan.within_s + PATIENCE_S:
                self.problems["not answered in time"] += len(people) - self.answered - sum(self.problems.values())
                return
            for descriptor, events in self._epoll.poll(0.001 if come < len(people) else 0.05, 512):
                connection = self._connections.get(descriptor)
                if connection is not None:
                    connection.ready(events)

    def add(self, descriptor: int, connection: Connection, events: int) -> None:
        self._connections[descriptor] = connection
        self._epoll.register(descriptor, events)

    def change(self, descriptor: int, events: int) -> None:
        self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        self._epoll.unregister(descriptor)
        del self._connections[descriptor]

    def note(self, status: str, asked_at: float) -> None:
        self.statuses[status] += 1
        self.took_ms.append((time.perf_counter() - asked_at) * 1000)

    def files_of(self, head: bytes, body: bytes) -> list[bytes]:
        """What a page names. A page that came before in the same bytes is not read again."""
        if body not in self._files:
            found = _ENCODED.search(head)
            self._files[body] = list(dict.fromkeys(_FILE.findall(_decoded(found[1] if found else b"", body))))
        return self._files[body]

    def request(self, path: bytes, language: str) -> bytes:
        known = self._requests.get((path, language))
        if known is None:
            known = self._requests[path, language] = (
                b"GET %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept-Language: %b\r\nAccept-Encoding: %b\r\n"
                b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: text/html,*/*;q=0.8\r\n"
                b"Connection: keep-alive\r\n\r\n"
            ) % (path, self.plan.port, language.encode(), ENCODINGS.encode())
        return known

    def upgrade(self, language: str) -> bytes:
        key = base64.b64encode(os.urandom(16))
        return (
            b"GET /live?lang=%b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: %b\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ) % (language.encode(), self.plan.port, self.plan.port, key)


def _decoded(encoding: bytes, body: bytes) -> bytes:
    if encoding == b"gzip":
        return gzip.decompress(body)
    if encoding == b"br":
        return bytes(brotli.decompress(body))
    if encoding == b"zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return body


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    crowd = Crowd(plan)
    print("ready", flush=True)
    assert sys.stdin.readline() == "go\n"
    before = time.process_time()
    crowd.run()
    outcome = Outcome(
        answered=crowd.answered,
        took_ms=crowd.took_ms,
        requests=len(crowd.took_ms),
        statuses=dict(crowd.statuses),
        problems=dict(crowd.problems),
        spent_s=time.process_time() - before,
    )
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")


if __name__ == "__main__":
    main()
