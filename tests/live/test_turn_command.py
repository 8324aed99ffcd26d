"""`roadshow check --turn`: an operator is told what browsers would find, and what to do."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from roadshow.commands.reaching import Wrong, look, reach
from roadshow.rooms.relay.offers.ice_servers import Endpoint, IceServer, endpoint
from tests.demo_server import free_port
from tests.turn_server import TurnServer, turn_server

SECRET = "t" * 32


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key, made = folder / "key.pem", folder / "certificate.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    words += f" -addext subjectAltName=DNS:localhost -keyout {key} -out {made}"
    subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    return made, key


@pytest.fixture(scope="module")
def turn(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnServer]:
    """It speaks TLS on the port it has for all."""
    made, key = certificate
    with turn_server(tmp_path_factory.mktemp("turn"), SECRET, cert=made, pkey=key) as running:
        yield running


@pytest.fixture
def trusted(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


@contextmanager
def answering(said: bytes) -> Iterator[int]:
    """Somebody on a port who says this to whatever comes, and no more."""

    def serve() -> None:
        accepted, _ = listening.accept()
        with accepted:
            accepted.recv(1000)
            accepted.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "scheme", ["turn:127.0.0.1:{}?transport=udp", "turn:127.0.0.1:{}?transport=tcp", "turns:localhost:{}"]
)
def test_a_server_that_does_what_browsers_ask_is_good(turn: TurnServer, trusted: ssl.SSLContext, scheme: str) -> None:
    """What is good must not be called wrong, or nobody looks a second time."""
    assert "takes our credentials" in look(IceServer(scheme.format(turn.port), SECRET), trusted)
    assert look(IceServer(f"stun:127.0.0.1:{turn.port}")).startswith("answers")


def test_what_is_wrong_is_said_in_words(turn: TurnServer, trusted: ssl.SSLContext) -> None:
    """Browsers only say that there was no way."""
    nobody = free_port(socket.SOCK_STREAM)
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as pages, answering(b"\0") as mute:
        for server, expected in (
            (IceServer(f"turn:127.0.0.1:{turn.port}", "o" * 32), "static-auth-secret is another one"),
            (IceServer(f"turn:127.0.0.1:{nobody}?transport=tcp", SECRET), "nothing answers at 127.0.0.1 on TCP port"),
            (IceServer("turns:turn.invalid:443", SECRET), "the name turn.invalid is not known"),
            (IceServer(f"turn:127.0.0.1:{pages}?transport=tcp", SECRET), "it is not TURN"),
            (IceServer(f"turn:127.0.0.1:{mute}?transport=tcp", SECRET), "it is not TURN"),
        ):
            with pytest.raises(Wrong, match=expected):
                look(server, trusted)
    with pytest.raises(Wrong, match="its certificate is not good for localhost"):
        look(IceServer(f"turns:localhost:{turn.port}", SECRET))


def test_it_ends_with_a_fault_if_one_of_them_is_wrong(turn: TurnServer, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that sets a server up must notice."""
    good, bad = IceServer(f"turn:127.0.0.1:{turn.port}", SECRET), IceServer(f"turn:127.0.0.1:{turn.port}", "o" * 32)
    assert reach([good])
    assert not reach([bad, good])
    assert not reach([])
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == [
        good.url, f"{bad.url}:", good.url, "No",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("turn:a.example", Endpoint("a.example", 3478, "udp", tls=False)),
        ("turns:a.example", Endpoint("a.example", 5349, "tcp", tls=True)),
        ("turns:a.example:443?transport=tcp", Endpoint("a.example", 443, "tcp", tls=True)),
        ("turn:[::1]:9?transport=tcp", Endpoint("::1", 9, "tcp", tls=False)),
        ("stun:[::1]", Endpoint("::1", 3478, "udp", tls=False)),
    ],
)
def test_a_servers_address_is_read_as_browsers_read_it(url: str, there: Endpoint) -> None:
    """RFC 7064, RFC 7065."""
    assert endpoint(url) == there
