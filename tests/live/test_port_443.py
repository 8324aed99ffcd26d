"""Port 443 of an installation: deploy/haproxy.cfg and deploy/Caddyfile as they are, as plain processes."""

import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from tests.demo_server import free_port
from tests.installation import DOMAIN, TURN, TURN_PEOPLE, Installation, has_haproxy, until

PATIENCE_S = 10.0
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
"""PROXY protocol, version 2, section 2.2."""
AHEAD = 28
"""Octets of such a header for IPv4."""
CLIENT, GREEDY = "127.0.0.5", "127.0.0.6"
MOST = 8
"""Connections of one address; a thousand times as many when deployed."""


@pytest.fixture(scope="module", autouse=True)
def _haproxy() -> None:
    assert has_haproxy(), "haproxy is missing: scripts/setup.sh turn"


class Behind:
    """What HAProxy passes connections on to: listeners that tell what came, and HAProxy before them."""

    def __init__(self, installation: Installation) -> None:
        self.listening = {name: socket.create_server(("127.0.0.1", 0)) for name in ("pages", "turn", "turn-people")}
        ports = {name: one.getsockname()[1] for name, one in self.listening.items()}
        for one in self.listening.values():
            one.settimeout(PATIENCE_S)
        self.port, health = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
        self.process = installation.haproxy(
            {
                "bind :::443 v4v6": f"bind 127.0.0.1:{self.port}",
                "127.0.0.1:8443": f"127.0.0.1:{ports['pages']}",
                "127.0.0.1:3478": f"127.0.0.1:{ports['turn']}",
                "127.0.0.1:3480": f"127.0.0.1:{ports['turn-people']}",
                "127.0.0.1:8404": f"127.0.0.1:{health}",
                "conn_cur gt 8000": f"conn_cur gt {MOST}",
            }
        )
        until(lambda: installation.listens(self.port), [self.process])

    def close(self) -> None:
        for one in self.listening.values():
            one.close()

    @contextmanager
    def client(self, address: str = CLIENT) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S, (address, 0)) as client:
            yield client

    def came(self, name: str, octets: int) -> bytes:
        """The first octets of the next connection to this one."""
        accepted, _ = self.listening[name].accept()
        with accepted:
            accepted.settimeout(PATIENCE_S)
            found = b""
            while len(found) < octets:
                more = accepted.recv(octets - len(found))
                assert more
                found += more
        return found


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with Installation(tmp_path_factory.mktemp("443")) as installation, closing(Behind(installation)) as made:
        yield made


def hello(name: str | None, protocols: tuple[str, ...] = ()) -> bytes:
    """What a TLS client says first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    if protocols:
        context.set_alpn_protocols(list(protocols))
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


@pytest.mark.parametrize(
    ("name", "protocols", "whose"),
    [
        (TURN, (), "turn"),
        (TURN.upper(), (), "turn"),
        (TURN_PEOPLE, (), "turn-people"),
        (TURN, ("stun.turn",), "turn"),
        (TURN, ("acme-tls/1",), "pages"),
        (DOMAIN, ("h2", "http/1.1"), "pages"),
        (f"other.{DOMAIN}", (), "pages"),
        (f"turn.{DOMAIN}.example.org", (), "pages"),
        ("public-name-of-ech.example.org", (), "pages"),
        (None, (), "pages"),
    ],
)
def test_the_name_asked_for_decides_between_turn_and_the_pages(
    behind: Behind, name: str | None, protocols: tuple[str, ...], whose: str
) -> None:
    """Pages must open for whoever asks for anything else: by no name, or by one that ECH shows in its place; and
    certificate authorities must find Caddy under the TURN names."""
    said = hello(name, protocols)
    with behind.client() as client:
        client.sendall(said)
        ahead = AHEAD if whose == "pages" else 0
        came = behind.came(whose, ahead + len(said))
    assert came[ahead:] == said
    if ahead:
        assert came.startswith(SIGNATURE)
        assert ipaddress.ip_address(came[16:20]) == ipaddress.ip_address(CLIENT)


def test_a_hello_in_many_packets_is_waited_for(behind: Behind) -> None:
    """With post-quantum keys a browser's takes more than one, and the name may be in the last."""
    said = hello(TURN)
    with behind.client() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(said), 7):
            client.sendall(said[at : at + 7])
        assert behind.came("turn", len(said)) == said


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-x\r\n", b"\x00\x01\x00\x00" * 8])
def test_what_is_no_tls_reaches_nobody(behind: Behind, said: bytes) -> None:
    """Whoever scans ports costs nobody behind a connection."""
    with behind.client() as client:
        client.sendall(said)
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""
    for one in behind.listening.values():
        one.settimeout(0)
        with pytest.raises(BlockingIOError):
            one.accept()
        one.settimeout(PATIENCE_S)


def test_one_address_keeps_nobody_out_of_443(behind: Behind) -> None:
    """There are so many connections, and whoever says hello and then nothing holds one for a minute."""
    said = hello(TURN)
    with ExitStack() as held:
        for _ in range(MOST):
            held.enter_context(behind.client(GREEDY)).sendall(said)
            assert behind.came("turn", len(said)) == said
        with suppress(ConnectionError), behind.client(GREEDY) as one_more:
            one_more.sendall(said)
            assert one_more.recv(1) == b""
        other = held.enter_context(behind.client())
        other.sendall(said)
        assert behind.came("turn", len(said)) == said


class _Told(BaseHTTPRequestHandler):
    """Tells what it was told of the client."""

    def do_GET(self) -> None:
        told = json.dumps({name: self.headers[f"X-Forwarded-{name}"] for name in ("For", "Proto")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_application_is_told_who_asks(tmp_path: Path) -> None:
    """Places are shared out by address. If all came from the proxy's, everybody would be one; if anybody could name
    one, limits would hold nobody."""
    app = ThreadingHTTPServer(("127.0.0.1", 0), _Told)
    threading.Thread(target=app.serve_forever).start()
    port, https, http, admin, health = (free_port(socket.SOCK_STREAM) for _ in range(5))
    try:
        with Installation(tmp_path / "i") as installation:
            caddy = installation.caddy(app.server_port, https=https, http=http, admin=admin)
            changes = {
                "bind :::443 v4v6": f"bind 127.0.0.1:{port}",
                "127.0.0.1:8443": f"127.0.0.1:{https}",
                "127.0.0.1:8404": f"127.0.0.1:{health}",
            }
            haproxy = installation.haproxy(changes)
            authority = installation.caddys / "caddy/pki/authorities/local/root.crt"
            until(lambda: installation.listens(port) and installation.listens(https), [caddy, haproxy])
            until(authority.exists, [caddy])
            context = ssl.create_default_context(cafile=str(authority))
            certificates = installation.caddys / "caddy/certificates/local"
            until((certificates / DOMAIN / f"{DOMAIN}.key").exists, [caddy])
            until(lambda: _is_served(port, context), [caddy])  # which comes a moment after it lies there
            with socket.create_connection(("127.0.0.1", port), PATIENCE_S, (CLIENT, 0)) as plain:
                assert _asked(plain, context) == {"For": CLIENT, "Proto": "https"}
            # Who comes to Caddy directly, from elsewhere than the proxy, is not believed whom they claim to be.
            with socket.create_connection(("127.0.0.1", https), PATIENCE_S, (CLIENT, 0)) as plain:
                plain.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 443\r\n")
                with pytest.raises((ssl.SSLError, OSError)):
                    _asked(plain, context)
    finally:
        app.shutdown()
        app.server_close()


def _is_served(port: int, context: ssl.SSLContext) -> bool:
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain, suppress(ssl.SSLError):
        context.wrap_socket(plain, server_hostname=DOMAIN).close()
        return True
    return False


def _asked(plain: socket.socket, context: ssl.SSLContext) -> dict[str, str]:
    with context.wrap_socket(plain, server_hostname=DOMAIN) as client:
        head = (f"Host: {DOMAIN}", "X-Forwarded-For: 192.0.2.9", "Connection: close", "", "")
        client.sendall("\r\n".join(("GET / HTTP/1.1", *head)).encode())
        answer = b""
        while more := client.recv(4096):
            answer += more
    found: dict[str, str] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found
