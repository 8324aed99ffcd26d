"""What the front does not own becomes the house's connection, with everything that was read from it."""

import asyncio
import socket
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect

from roadshow.front import connection, hall, handing
from roadshow.front.handing import AT_ONCE
from roadshow.front.house import taking
from roadshow.front.lanes import Lane
from roadshow.front.requests import SMALL_BODY
from tests.front.client import get
from tests.front.conftest import HELD, Place, opened, until


async def test_a_request_that_is_not_the_fronts_is_the_houses(place: Place) -> None:
    """It sees the client's own address, as if there were no front; then it closes, so that the next one is the
    front's."""
    async with await place.client() as client:
        reply = await client.ask(get("/page"))
        assert (reply.status, reply.body) == (200, b"GET /page 127.0.0.1 0")
        assert reply.closes
        assert await client.ended()


async def test_a_connection_may_be_answered_by_both(place: Place) -> None:
    """A browser keeps one connection for files, and then follows a link to a desk."""
    async with await place.client() as client:
        assert (await client.ask(get("/cached"))).body == b"from memory"
        client.send(get("/cached") + get("/page"))
        assert (await client.reply()).body == b"from memory"
        assert (await client.reply()).body == b"GET /page 127.0.0.1 0"


@pytest.mark.parametrize("size", [0, 5, 65_536, 300_000])
async def test_a_body_arrives_whole(place: Place, size: int) -> None:
    """Part of it was read by the front, part of it is still in the socket."""
    async with await place.client() as client:
        head = get("/form", f"Content-Length: {size}", method="POST")
        reply = await client.ask(head + b"x" * size)
    assert reply.body == b"POST /form 127.0.0.1 %d" % size


async def test_a_body_that_comes_later_and_in_chunks_arrives(place: Place) -> None:
    """The front stops reading at the head."""
    async with await place.client() as client:
        client.send(get("/form", "Transfer-Encoding: chunked", method="POST"))
        await until(lambda: place.taken)
        client.send(b"3\r\nabc\r\n")
        client.send(b"2\r\nde\r\n0\r\n\r\n")
        assert (await client.reply()).body == b"POST /form 127.0.0.1 5"


async def test_whoever_asks_first_may_send(place: Place) -> None:
    """``Expect: 100-continue``, as curl sends it."""
    async with await place.client() as client:
        client.send(get("/form", "Content-Length: 3", "Expect: 100-continue", method="POST"))
        async with asyncio.timeout(10):
            assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        client.send(b"abc")
        assert (await client.reply()).body == b"POST /form 127.0.0.1 3"


async def test_a_websocket_stays_in_the_house(place: Place) -> None:
    """For hours; and it is no work any more once it was welcomed."""
    async with connect(f"ws://127.0.0.1:{place.port}/live") as talk:
        assert await talk.recv() == "welcome"
        await until(lambda: place.settled == [Lane.CROWD])
        for word in ("one", "two"):
            await talk.send(word)
            assert await talk.recv() == word.upper()


@pytest.mark.parametrize(
    "odd",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"get /cached HTTP/1.1\r\n\r\n",
        b"GET /cached HTTP/1.1\nHost: x\n\n",
        b"GET /cached HTTP/7.0\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused_as_ever(place: Place, odd: bytes) -> None:
    """At its first wrong byte, and by the one parser whose answers are known."""
    async with await place.client() as client:
        client.send(odd)
        assert (await client.reply()).status == 400


@pytest.mark.parametrize(
    "head",
    [
        get("/cached", "Content-Length: 3") + b"abc",
        get("/cached", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        get("/cached", "Expect: 100-continue"),
        get("/cached", "Upgrade: h2c", "Connection: Upgrade"),
        get("http://localhost/cached"),
        b"GET /cached\r\n\r\n",
        b"GET /caf%E9 HTTP/1.1\r\nHost: x\r\n\r\n",
        get("/cached", method="OPTIONS"),
        get("/cached%0a"),
        get("/cached%C2%85"),
    ],
)
async def test_what_is_unusual_is_for_the_house(place: Place, head: bytes) -> None:
    """Two parsers that disagree about where a request ends are a way to smuggle one in."""
    async with await place.client() as client:
        client.send(head)
        await until(lambda: place.taken == 1)
    assert place.front.tally.answered == 0


async def test_a_failing_answer_is_the_houses(place: Place) -> None:
    """A mistake in one page must not become a connection that never answers."""
    async with await place.client() as client:
        assert (await client.ask(get("/broken"))).body == b"GET /broken 127.0.0.1 0"


async def test_a_proxys_clients_have_their_own_addresses() -> None:
    """Limits count them, and a hall of proxies' clients is not one client."""
    async with opened(trusted=("127.0.0.1",)) as place, await place.client() as proxy:
        reply = await proxy.ask(get("/page", "X-Forwarded-For: 203.0.113.7"))
        assert reply.body == b"GET /page 203.0.113.7 0"


async def test_the_house_works_on_a_few_at_a_time_and_staff_do_not_wait(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd at the doors must not keep the jury from its desks."""
    monkeypatch.setattr(taking, "SETTLED_WITHIN", 3600)
    crowd = [await place.client() for _ in range(40)]
    for number, client in enumerate(crowd):
        client.send(get(f"{HELD}/{number}"))
    await until(lambda: place.taken == AT_ONCE[Lane.CROWD])
    async with await place.client() as judge:
        assert (await judge.ask(get("/as/judge/judge"))).status == 200
    assert place.taken == AT_ONCE[Lane.CROWD] + 1
    place.release.set()
    for client in crowd:
        assert (await client.reply()).status == 200
        await client.__aexit__()


async def test_a_request_that_takes_long_makes_place_for_others(place: Place) -> None:
    """It waits for the store, not for the house's core: sockets must come in while the store stands still."""
    crowd = [await place.client() for _ in range(AT_ONCE[Lane.CROWD] + 1)]
    for number, client in enumerate(crowd):
        client.send(get(f"{HELD}/{number}"))
    await until(lambda: len(place.served) == len(crowd))
    for client in crowd:
        await client.__aexit__()


async def test_slow_senders_take_no_place(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few that never finish their form would else keep everybody out."""
    monkeypatch.setattr(taking, "SETTLED_WITHIN", 3600)
    slow = [await place.client() for _ in range(AT_ONCE[Lane.CROWD] * 2)]
    for client in slow:
        client.send(get("/form", f"Content-Length: {SMALL_BODY + 1}", method="POST") + b"abc")
    await until(lambda: place.taken == len(slow))
    async with await place.client() as client:
        assert (await client.ask(get("/page"))).status == 200
    for client in slow:
        await client.__aexit__()


async def test_the_house_has_nothing_to_do_with_a_small_body_before_it_is_there(place: Place) -> None:
    """Hundreds of forms whose bodies never come would hold its descriptors, and staff could not get in."""
    slow = [await place.client() for _ in range(5)]
    for client in slow:
        client.send(get("/form", f"Content-Length: {SMALL_BODY}", method="POST") + b"\r\n\r\n" * 100)
    async with await place.client() as client:
        assert (await client.ask(get("/page"))).status == 200
        assert place.taken == 1
        for _ in range(4):
            slow[0].send(b"\r\n\r\n" * (SMALL_BODY // 16 - 25))
            await slow[0].writer.drain()
            await asyncio.sleep(0)
    assert (await slow[0].reply()).body == b"POST /form 127.0.0.1 %d" % SMALL_BODY
    assert place.taken == 2
    slow[1].writer.write_eof()
    assert await slow[1].ended()
    for one in slow:
        await one.__aexit__()
    await until(lambda: not place.front.connections)
    assert place.taken == 2


async def test_many_small_bodies_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are kept like heads that are not whole, and count with them."""
    monkeypatch.setattr(connection, "MOST_HELD", 200_000)
    async with opened() as place:
        slow = [await place.client() for _ in range(6)]
        for client in slow:
            client.send(get("/form", f"Content-Length: {SMALL_BODY}", method="POST") + b"x" * 60_000)
            await client.writer.drain()
        await until(lambda: place.front.connections == 3)
        for client in slow:
            await client.__aexit__()


async def test_a_body_that_never_comes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a head is."""
    monkeypatch.setattr(hall, "REQUEST_WITHIN", 0.05)
    async with opened() as place, await place.client() as client:
        client.send(get("/form", "Content-Length: 9", method="POST") + b"abc")
        assert await client.ended()
        assert place.taken == 0


async def test_whoever_waits_too_long_is_asked_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """In their language, and browsers do it by themselves."""
    monkeypatch.setattr(handing, "WAITS_WITHIN", 0.05)
    monkeypatch.setattr(taking, "SETTLED_WITHIN", 3600)
    async with opened() as place:
        crowd = [await place.client() for _ in range(AT_ONCE[Lane.CROWD])]
        for client in crowd:
            client.send(get(HELD))
        await until(lambda: place.taken == len(crowd))
        async with await place.client() as late:
            reply = await late.ask(get("/page", "Accept-Language: ru"))
            assert (reply.status, reply.headers["retry-after"]) == (503, str(connection.BUSY.retry_after))
            assert "Сервер занят" in reply.body.decode()
            assert await late.ended()
        assert place.front.tally.refused == 1
        place.release.set()
        for client in crowd:
            assert (await client.reply()).status == 200
            await client.__aexit__()


async def test_whoever_has_gone_is_not_handed_over(place: Place) -> None:
    """Somebody who reloads five times leaves four connections behind."""
    crowd = [await place.client() for _ in range(AT_ONCE[Lane.CROWD])]
    for client in crowd:
        client.send(get(HELD))
    await until(lambda: place.taken == len(crowd))
    async with await place.client() as impatient:
        impatient.send(get("/page"))
        await until(lambda: place.front.connections == 1)
    place.release.set()
    for client in crowd:
        await client.reply()
        await client.__aexit__()
    await until(lambda: place.front.connections == 0)
    assert "/page" not in place.served


async def test_a_house_without_descriptors_loses_one_client_and_not_its_count() -> None:
    """The system drops what it cannot pass; the place in the lane must come back."""
    async with opened(descriptors_lost=True) as place:
        for _ in range(AT_ONCE[Lane.CROWD] + 1):
            async with await place.client() as client:
                client.send(get("/page"))
                assert await client.ended()
        assert place.taken == AT_ONCE[Lane.CROWD] + 1


async def test_small_answers_of_the_house_are_not_held_back(place: Place) -> None:
    """The pong that browsers set their clocks by is one of them."""
    seen: list[int] = []

    def looking(*_: object) -> None:
        for protocol in place.state.connections:
            client: socket.socket = protocol.transport.get_extra_info("socket")
            seen.append(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async with await place.client() as client:
        client.send(get(HELD))
        await until(lambda: place.served)
        looking()
    assert seen == [1]


async def test_what_waits_when_the_house_ends_is_told_so(place: Place) -> None:
    """A browser shows an answer, not a broken connection."""
    crowd = [await place.client() for _ in range(AT_ONCE[Lane.CROWD] + 1)]
    for client in crowd:
        client.send(get(HELD))
    await until(lambda: place.front.tally.handed == AT_ONCE[Lane.CROWD] and place.front.connections == 1)
    ending = asyncio.create_task(place.front.end())
    place.release.set()
    statuses = sorted([(await client.reply()).status for client in crowd])
    assert statuses == [200] * AT_ONCE[Lane.CROWD] + [503]
    for client in crowd:
        await client.__aexit__()
    await ending


async def test_an_answer_that_comes_before_the_whole_request_arrives(place: Place) -> None:
    """Whoever is refused in the middle of sending would see a broken connection instead of the reason."""
    size = 8_000_000
    async with await place.client() as client:
        client.send(get("/refused", f"Content-Length: {size}", method="POST") + b"x" * 100_000)
        await until(lambda: place.served)
        for _ in range(20):
            client.send(b"x" * ((size - 100_000) // 20))
            await client.writer.drain()
        reply = await client.reply()
        assert (reply.status, reply.closes) == (413, True)
        assert await client.ended()


@pytest.mark.parametrize("closes", [(), ("Connection: close",)])
@pytest.mark.parametrize("second", [get("/second"), get("/second", "Content-Length: 10", method="POST"), b"\x00\r\n"])
async def test_nothing_behind_the_houses_one_request_is_run(
    place: Place, caplog: pytest.LogCaptureFixture, closes: tuple[str, ...], second: bytes
) -> None:
    """Its sender was told that the connection ends; a second one would run with nobody to answer, and any stranger
    could fill the log with what comes of that."""
    async with await place.client() as client:
        client.send(get("/page", *closes) + second)
        reply = await client.reply()
        assert (reply.status, reply.body, reply.closes) == (200, b"GET /page 127.0.0.1 0", True)
        with suppress(OSError):  # it may have ended already
            client.send(second * 100)
            client.writer.write_eof()
        assert await client.ended()
    await until(lambda: not place.state.connections and not place.state.tasks)
    assert place.served == ["/page"]
    assert not [line for line in caplog.records if line.levelname == "ERROR"]


@pytest.mark.parametrize(
    "asks", [get("/page"), get("/form", "Content-Length: 3", method="POST") + b"abc", get("/cached"), get("/made")]
)
async def test_whoever_has_said_all_still_reads(place: Place, asks: bytes) -> None:
    """Some clients end their half of the connection behind the last request."""
    place.answers.made.set()
    async with await place.client() as client:
        client.send(asks)
        client.writer.write_eof()
        assert (await client.reply()).status == 200
        assert await client.ended()


async def test_whoever_has_said_all_and_waits_is_asked_to_come_back(place: Place) -> None:
    """Nobody knows whether they have gone: the house is spared, and they are not left without a word."""
    crowd = [await place.client() for _ in range(AT_ONCE[Lane.CROWD])]
    for client in crowd:
        client.send(get(HELD))
    await until(lambda: place.taken == len(crowd))
    async with await place.client() as client:
        client.send(get("/page"))
        client.writer.write_eof()
        await until(lambda: place.front.connections == 1)
        place.release.set()
        assert (await client.reply()).status == 503
    for one in crowd:
        await one.reply()
        await one.__aexit__()
