"""What the front answers itself, over real sockets."""

import asyncio
import socket

import pytest

from roadshow.front import connection, hall
from roadshow.front.answering import Answer, Asked
from roadshow.front.bounds import MOST_HEAD
from roadshow.front.requests import MOST_HEADERS
from tests.front.client import Client, get
from tests.front.conftest import Place, opened, until


async def test_what_is_in_memory_is_answered_without_the_house(place: Place) -> None:
    """The whole point of a front."""
    async with await place.client() as client:
        reply = await client.ask(get("/cached"))
    assert (reply.status, reply.body) == (200, b"from memory")
    assert reply.headers["content-length"] == "11"
    assert "date" in reply.headers
    assert place.taken == 0


async def test_a_connection_is_used_again(place: Place) -> None:
    """A page has two dozen files."""
    async with await place.client() as client:
        for _ in range(3):
            assert (await client.ask(get("/cached"))).body == b"from memory"
    assert place.front.tally.answered == 3


async def test_head_tells_the_length_and_sends_no_body(place: Place) -> None:
    """A body that nobody expects would be read as the next answer."""
    async with await place.client() as client:
        reply = await client.ask(get("/cached", method="HEAD"), head_only=True)
        assert reply.headers["content-length"] == "11"
        assert (await client.ask(get("/cached"))).body == b"from memory"


async def test_an_answer_without_a_body_has_no_length(place: Place) -> None:
    """A 304's length would be that of a body which is not sent."""
    async with await place.client() as client:
        reply = await client.ask(get("/unchanged"))
        assert (reply.status, "content-length" in reply.headers) == (304, False)
        assert (await client.ask(get("/cached"))).status == 200


async def test_requests_sent_without_waiting_are_answered_in_order(place: Place) -> None:
    """More than one turn of the loop answers, and one among them that is made first."""
    place.answers.made.set()
    many = connection.ANSWERS_PER_TURN + 5
    async with await place.client() as client:
        client.send(get("/cached") * many + get("/made") + get("/cached", method="HEAD"))
        for _ in range(many):
            assert (await client.reply()).body == b"from memory"
        assert (await client.reply()).body == b"made"
        assert (await client.reply(head_only=True)).status == 200


async def test_a_request_in_pieces_is_one_request(place: Place) -> None:
    """Networks cut where they like, also in the middle of the empty line."""
    data = get("/cached", "Accept-Language: ru")
    async with await place.client() as client:
        for piece in (data[:3], data[3:20], data[20:-3], data[-3:-1], data[-1:]):
            client.send(piece)
            await client.writer.drain()
            await asyncio.sleep(0)
        assert (await client.reply()).status == 200
    assert place.answers.asked[-1].headers["accept-language"] == "ru"


async def test_what_is_asked_is_told_as_the_interface_says(place: Place) -> None:
    """Path decoded, query as it was sent, names in lower case, several of one name joined."""
    async with await place.client() as client:
        await client.ask(get("/cached/%D1%8F?a=%20b", "Accept-Encoding: br", "X-One: 1", "accept-encoding: gzip"))
    asked = place.answers.asked[-1]
    assert (asked.method, asked.path, asked.query) == ("GET", "/cached/я", "a=%20b")
    assert asked.headers == {"accept-encoding": "br, gzip"}


@pytest.mark.parametrize(
    ("request_", "closes"),
    [
        (get("/cached", "Connection: close"), True),
        (b"GET /cached HTTP/1.0\r\n\r\n", True),
        (b"GET /cached HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
async def test_a_connection_stays_as_long_as_the_client_wants(place: Place, request_: bytes, closes: bool) -> None:
    """Old clients wait for the end of the connection, and hang without it."""
    async with await place.client() as client:
        reply = await client.ask(request_)
        assert reply.body == b"from memory"
        assert reply.closes is closes
        if closes:
            assert await client.ended()
        else:
            assert (await client.ask(get("/cached"))).status == 200


async def test_endless_headers_are_refused(place: Place) -> None:
    """They would be kept in memory, before anybody knows who sends them."""
    async with await place.client() as client:
        client.send(b"GET /cached HTTP/1.1\r\nX: " + b"a" * (MOST_HEAD + 100_000))
        assert (await client.reply()).status == 400
    assert place.taken == 0


@pytest.mark.parametrize("path", ["/cached", "/page"])
async def test_a_row_of_headers_that_no_browser_sends_is_refused(place: Place, path: str) -> None:
    """Reading twelve thousand of them costs the house thirty milliseconds, which packets and clocks would wait for."""
    async with await place.client() as client:
        assert (await client.ask(get(path, *["X: y"] * (MOST_HEADERS - 1)))).status == 200
    async with await place.client() as client:
        assert (await client.ask(get(path, *["X: y"] * MOST_HEADERS))).status == 400
        assert await client.ended()
    assert place.taken == (path == "/page")


@pytest.mark.parametrize("too_long", [0, 1])
async def test_a_head_that_comes_at_once_is_no_longer_either(place: Place, too_long: int) -> None:
    """The bound is not only for those who dawdle."""
    without = len(get("/cached", "X: "))
    async with await place.client() as client:
        client.send(get("/cached", "X: " + "a" * (MOST_HEAD - without + too_long)))
        assert (await client.reply()).status == (400 if too_long else 200)


async def test_a_row_of_requests_that_cost_much_is_answered_over_several_turns(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty-two at once, each of which takes a millisecond, would keep everybody else waiting."""
    monkeypatch.setattr(connection, "TURN_WITHIN", 0.0)
    turns = 0
    later = connection.Connection._go_on_later

    def counted(self: connection.Connection) -> None:
        nonlocal turns
        turns += 1
        later(self)

    monkeypatch.setattr(connection.Connection, "_go_on_later", counted)
    async with await place.client() as client:
        client.send(get("/cached") * 5)
        for _ in range(5):
            assert (await client.reply()).status == 200
    assert turns >= 4


@pytest.mark.parametrize("behind", [b"", b"GET /cac", get("/page")])
async def test_a_row_of_requests_is_answered_to_its_end_also_when_the_client_says_nothing_more(
    place: Place, monkeypatch: pytest.MonkeyPatch, behind: bytes
) -> None:
    """It has ended its half of the connection, and reads on."""
    monkeypatch.setattr(connection, "TURN_WITHIN", 0.0)
    async with await place.client() as client:
        client.send(get("/cached") * 20 + behind)
        client.writer.write_eof()
        for _ in range(20):
            assert (await client.reply()).body == b"from memory"
        if behind == get("/page"):
            assert (await client.reply()).body == b"GET /page 127.0.0.1 0"
        assert await client.ended()
    await until(lambda: not place.front.connections)


async def test_a_request_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of them, which cost their sender nothing, would leave no connection for others."""
    monkeypatch.setattr(hall, "REQUEST_WITHIN", 0.05)
    async with opened() as place, await place.client() as silent, await place.client() as slow:
        slow.send(b"GET /cached HTTP/1.1\r\nHost")
        assert await silent.ended()
        assert await slow.ended()


async def test_an_idle_connection_is_closed_but_a_proxys_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy sends somebody's request on it at any moment, and has to say 502 if it is just being closed."""
    monkeypatch.setattr(hall, "IDLE", 0.05)
    async with (
        opened(trusted=("127.0.0.2",)) as place,
        await Client.connect(place.port, "127.0.0.2") as proxy,
        await place.client() as client,
    ):
        await proxy.ask(get("/cached"))
        await client.ask(get("/cached"))
        assert await client.ended()
        assert (await proxy.ask(get("/cached"))).status == 200


async def test_a_client_that_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would hold its answer, and what it has asked for meanwhile, for ever."""
    monkeypatch.setattr(hall, "UNREAD_MS", 50)
    async with opened() as place:
        place.answers.body = b"x" * 8_000_000
        with socket.create_connection(("127.0.0.1", place.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(get("/cached") * 3)
            await until(lambda: place.front.tally.answered == 1 and not place.front.connections)
        assert place.front.tally.answered == 1


async def test_a_long_answer_arrives_whole_and_the_next_one_after_it(place: Place) -> None:
    """It does not fit into the system's buffers at once."""
    place.answers.body = bytes(range(256)) * 20_000
    async with await place.client() as client:
        client.send(get("/cached") * 3)
        for _ in range(3):
            assert (await client.reply()).body == place.answers.body


async def test_an_answer_that_is_being_made_holds_nobody_else_up(place: Place) -> None:
    """Only whoever asked waits for the store."""
    async with await place.client() as waiting, await place.client() as other:
        waiting.send(get("/made"))
        assert (await other.ask(get("/cached"))).status == 200
        place.answers.made.set()
        assert (await waiting.reply()).body == b"made"
        assert (await waiting.ask(get("/cached"))).body == b"from memory"


async def test_small_answers_are_not_held_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nagle's algorithm and delayed acknowledgements together cost 40 ms on each request of a connection in use."""
    seen: list[int] = []
    real = connection.Connection.__init__

    def looked_at(self: object, shared: object, client: socket.socket, peer: str) -> None:
        seen.append(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        real(self, shared, client, peer)  # type: ignore[arg-type]

    monkeypatch.setattr(connection.Connection, "__init__", looked_at)
    async with await place.client() as client:
        await client.ask(get("/cached"))
    assert all(seen)
    assert len(seen) == 1


async def test_many_slow_requests_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of heads, each as long as one may be, and none of them whole: the slowest of them goes."""
    monkeypatch.setattr(connection, "MOST_HELD", 200_000)
    async with opened() as place:
        slow = [await place.client() for _ in range(6)]
        for client in slow:
            client.send(b"GET /cached HTTP/1.1\r\nX: " + b"a" * 60_000)
            await client.writer.drain()
        await until(lambda: place.front.connections == 3)
        async with await place.client() as client:
            assert (await client.ask(get("/cached"))).status == 200
        for client in slow:
            await client.__aexit__()


async def test_more_may_come_while_a_row_of_requests_is_answered(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the row waits for the next turn of the loop; what came meanwhile has its turn there, too, and
    must not be handed over twice."""
    monkeypatch.setattr(connection, "ANSWERS_PER_TURN", 1)
    answers = type(place.answers).ready
    handed = 0
    with socket.create_connection(("127.0.0.1", place.port)) as client:

        def ready(asked: Asked) -> Answer | None:
            if not place.answers.asked:
                client.sendall(get("/page"))
            return answers(place.answers, asked)

        def hand(_connection: object) -> None:
            nonlocal handed
            handed += 1

        monkeypatch.setattr(place.answers, "ready", ready)
        monkeypatch.setattr(place.front.handing, "hand", hand)
        client.sendall(get("/cached") * 3)
        await until(lambda: handed)
    assert (handed, place.front.tally.answered) == (1, 3)


async def test_an_answer_that_is_never_made_is_given_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that stands still would collect connections."""
    monkeypatch.setattr(connection, "MADE_WITHIN", 0.05)
    async with await place.client() as client:
        assert (await client.ask(get("/made"))).status == 503
        assert await client.ended()
    assert (place.front.tally.answered, place.front.tally.refused) == (0, 1)


async def test_what_is_asked_behind_an_answer_that_is_not_taken_is_kept_in_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thousands of requests sent without reading an answer: each connection keeps one head's worth, and all together
    what is kept of unfinished ones."""
    monkeypatch.setattr(connection, "MOST_HELD", 200_000)
    async with opened() as place:
        place.answers.body = b"x" * 8_000_000
        slow = []
        for _ in range(6):
            client = socket.create_connection(("127.0.0.1", place.port))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            client.send(get("/cached") * 10_000)
            slow.append(client)
        await until(lambda: place.front.tally.answered == 6 and place.front.connections <= 3)
        assert place.front.connections == 3
        for client in slow:
            client.close()


async def test_a_row_of_requests_longer_than_what_is_kept_is_answered(place: Place) -> None:
    """What has no room here yet waits in the system's buffers."""
    many = 3 * connection.MOST_READ // len(get("/cached"))
    async with await place.client() as client:
        client.send(get("/cached") * many)
        for _ in range(many):
            assert (await client.reply()).status == 200
