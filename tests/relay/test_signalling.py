"""WHIP and WHEP over HTTP: status codes, headers and the life of a session. docs/whip.md names each test."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

from roadshow.moments import Duration, Instant
from roadshow.rooms.relay.offers.ice_servers import IceServer, link
from roadshow.signalling.routes import FRAGMENT, SDP, signalling_routes
from tests.relay.light_peer import LightPeer, section
from tests.relay.support import ROOM, Gate, Listener, ShiftedClock, running_relay

WHIP, WHEP = f"/rooms/{ROOM}/whip", f"/rooms/{ROOM}/whep"
WATCH = section("video", "0", "recvonly", ["VP8"])
PUBLISH = section("video", "0", "sendonly", ["VP8"])


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with serving() as made:
        yield made


@asynccontextmanager
async def serving(
    max_viewers: int = 2,
    overflow: str | None = None,
    ice_servers: tuple[IceServer, ...] = (),
    listener: Listener | None = None,
    clock: ShiftedClock | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    async with running_relay(listener, clock=clock, max_viewers=max_viewers, ice_servers=ice_servers) as relay:
        app = Starlette(routes=signalling_routes(relay, Gate(), overflow=overflow))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://relay.test") as made:
            yield made


async def watch(client: httpx.AsyncClient, query: str = "", name: str | None = None) -> httpx.Response:
    headers = {"Content-Type": SDP} | ({"Authorization": f"Bearer {name}"} if name else {})
    return await client.post(WHEP + query, content=LightPeer().offer(WATCH), headers=headers)


async def publish(client: httpx.AsyncClient, name: str | None = "alpha", query: str = "") -> httpx.Response:
    headers = {"Content-Type": SDP} | ({"Authorization": f"Bearer {name}"} if name else {})
    return await client.post(WHIP + query, content=LightPeer().offer(PUBLISH), headers=headers)


async def test_an_offer_is_answered_with_a_session(client: httpx.AsyncClient) -> None:
    """What RFC 9725, section 4.2, asks of a 201; and pages of other origins must be able to read it."""
    for reply in (await watch(client), await publish(client), await publish(client, query="?as=slides")):
        assert reply.status_code == 201
        assert reply.headers["content-type"].startswith(SDP)
        assert reply.headers["location"].startswith(str(reply.request.url.path) + "/")
        assert len(reply.headers["location"].rsplit("/", 1)[1]) >= 32
        assert reply.headers["etag"].startswith('"')
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "Location" in reply.headers["access-control-expose-headers"]
        assert "a=ice-lite" in reply.text
        assert "a=setup:passive" in reply.text


async def test_the_answer_says_only_what_is_done(client: httpx.AsyncClient) -> None:
    """A browser told of transport-wide feedback, or of simulcast whose packets name no layer, would wait in vain."""
    offer = LightPeer().offer(
        [*PUBLISH, "a=rid:q send", "a=rid:f send", "a=simulcast:send q;f", "a=rtcp-fb:96 transport-cc"],
        ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:9", "a=sctp-port:5000"],
    )
    headers = {"Content-Type": SDP, "Authorization": "Bearer alpha"}
    text = (await client.post(WHIP, content=offer, headers=headers)).text
    assert "rid" not in text
    assert "simulcast" not in text
    assert "transport-cc" not in text
    assert "a=rtcp-fb:96 nack pli" in text
    assert "a=group:BUNDLE 0\r\n" in text
    assert "m=application 0 UDP/DTLS/SCTP" in text


async def test_delete_of_an_ended_session_succeeds_again(client: httpx.AsyncClient) -> None:
    """Clients close their connection and then say so, or say it twice; what they ask for is so (RFC 9110, section
    9.2.2). What never was a session is none."""
    where = (await watch(client)).headers["location"]
    assert [(await client.delete(where)).status_code for _ in range(2)] == [200, 200]
    assert (await client.get(where)).status_code == 404
    never = await client.delete(where + "x")
    assert (never.status_code, never.json()["code"]) == (404, "relay.session")


async def test_a_session_that_the_relay_ended_can_be_deleted() -> None:
    """A page that closes its peer connection ends DTLS, and its DELETE comes a moment later."""
    async with running_relay(max_viewers=2) as relay:
        app = Starlette(routes=signalling_routes(relay, Gate()))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://relay.test") as client:
            where = (await watch(client)).headers["location"]
            relay.close(ROOM)
            assert (await client.get(where)).status_code == 404
            assert (await client.delete(where)).status_code == 200


async def test_a_full_relay_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    """Rather than let everybody's picture suffer."""
    assert [(await watch(client)).status_code for _ in range(2)] == [201, 201]
    refused = await watch(client)
    assert (refused.status_code, refused.json()["code"]) == (503, "relay.full")
    assert int(refused.headers["retry-after"]) > 0


async def test_patch_takes_candidates_and_restarts(client: httpx.AsyncClient) -> None:
    """RFC 9725, sections 4.3.1 to 4.3.3, and RFC 6585 for the missing condition."""
    made = await publish(client)
    where, etag = made.headers["location"], made.headers["etag"]
    candidates = "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n"
    restart = "a=ice-ufrag:fresh\r\na=ice-pwd:0123456789012345678901\r\n"
    kind = {"Content-Type": FRAGMENT}

    async def patch(body: str, headers: dict[str, str]) -> httpx.Response:
        return await client.patch(where, content=body, headers=headers)

    assert (await patch(restart, kind)).status_code == 428
    assert (await patch(candidates, kind | {"If-Match": '"other"'})).status_code == 412
    assert (await patch(candidates, kind | {"If-Match": f"W/{etag}"})).status_code == 412
    assert (await patch(candidates, {"Content-Type": SDP, "If-Match": etag})).status_code == 415
    taken = await patch(candidates, kind | {"If-Match": etag})
    assert (taken.status_code, taken.content, "etag" in taken.headers) == (204, b"", False)
    assert (await patch(candidates, kind | {"If-Match": f'"other", {etag}'})).status_code == 204
    assert (await patch(candidates, kind | {"If-Match": "*"})).status_code == 204
    restarted = await patch(restart, kind | {"If-Match": "*"})
    assert restarted.status_code == 200
    assert restarted.headers["content-type"].startswith(FRAGMENT)
    assert restarted.headers["etag"] != etag
    assert "a=ice-ufrag:" in restarted.text
    for shared in ("a=ice-lite", "a=ice-options:trickle ice2", "a=end-of-candidates"):
        assert shared in made.text
        assert shared in restarted.text
    assert (await patch(restart.replace("fresh", "later"), kind | {"If-Match": '"*"'})).status_code == 200
    assert (await patch(candidates, kind | {"If-Match": etag})).status_code == 412
    gone = await client.patch(where + "x", content=candidates, headers=kind | {"If-Match": etag})
    assert gone.status_code == 404


async def test_candidates_alone_need_no_tag(client: httpx.AsyncClient) -> None:
    """Players in use read no ETag and trickle all the same. The fragment itself says of which ICE session they are;
    those of an earlier one come late, and would restart the present one, were they taken."""
    offer = LightPeer().offer(WATCH)
    where = (await client.post(WHEP, content=offer, headers={"Content-Type": SDP})).headers["location"]
    ours = "".join(f"{line}\r\n" for line in offer.splitlines() if line.startswith(("a=ice-ufrag", "a=ice-pwd")))
    kind, candidates = {"Content-Type": FRAGMENT}, "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n"
    for fragment in (candidates, ours + candidates, "a=end-of-candidates\r\n"):
        taken = await client.patch(where, content=fragment, headers=kind)
        assert (taken.status_code, taken.content) == (204, b"")
    restart = "a=ice-ufrag:fresh\r\na=ice-pwd:0123456789012345678901\r\n"
    assert (await client.patch(where, content=restart, headers=kind | {"If-Match": "*"})).status_code == 200
    late = await client.patch(where, content=ours + candidates, headers=kind)
    assert (late.status_code, late.json()["code"]) == (428, "relay.if-match")
    assert (await client.patch(where, content=restart + candidates, headers=kind)).status_code == 204
    assert (await client.patch(where + "x", content=candidates, headers=kind)).status_code == 404


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "fragment"),
        ("hello", "fragment"),
        ("v=0\r\na=mid:0\r\n", "fragment"),
        ("a=mid:0\r\n" * 300, "fragment"),
        ("a=mid:0\r\na=candidate:1 1 udp\r\n", "candidate"),
        ("a=ice-ufrag:fresh\r\n", "ice"),
        ("a=ice-ufrag:x\r\na=ice-pwd:short\r\n", "ice"),
        ("a=ice-ufrag:fr\u00e9sh\r\na=ice-pwd:" + "x" * 22 + "\r\n", "ice"),
    ],
)
async def test_a_bad_fragment_changes_nothing(client: httpx.AsyncClient, body: str, reason: str) -> None:
    """A restart that cannot be done must leave the session as it was (RFC 9725, section 4.3.3)."""
    made = await watch(client)
    where, headers = made.headers["location"], {"Content-Type": FRAGMENT, "If-Match": made.headers["etag"]}
    reply = await client.patch(where, content=body, headers=headers)
    assert (reply.status_code, reply.json()["details"]) == (422, {"reason": reason})
    assert (await client.patch(where, content="a=end-of-candidates\r\n", headers=headers)).status_code == 204


async def test_a_candidate_that_is_of_no_use_is_passed_over(client: httpx.AsyncClient) -> None:
    """Other transports and names nobody can resolve are no errors (RFC 9725, section 4.3.2)."""
    made = await watch(client)
    lines = ["a=mid:0", "a=candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active"]
    lines.append("a=candidate:2 1 udp 1 6a1f8e9c-0b2d-4c7e.local 5000 typ host")
    headers = {"Content-Type": FRAGMENT, "If-Match": made.headers["etag"]}
    reply = await client.patch(made.headers["location"], content="\r\n".join(lines), headers=headers)
    assert reply.status_code == 204


async def test_delete_asks_for_no_tag(client: httpx.AsyncClient) -> None:
    """RFC 9725, section 4.3.1: one that is sent is ignored."""
    where = (await watch(client)).headers["location"]
    assert (await client.delete(where, headers={"If-Match": '"other"'})).status_code == 200


async def test_reading_an_address_succeeds_and_shows_nothing(client: httpx.AsyncClient) -> None:
    """RFC 9725, section 4.1; and players know a WHEP address by the type in its answer to HEAD (WHEP draft)."""
    session = (await watch(client)).headers["location"]
    for method in ("GET", "HEAD"):
        for path, status, kind in ((WHIP, 204, None), (WHEP, 200, SDP), (session, 204, None)):
            reply = await client.request(method, path)
            assert (reply.status_code, reply.content, reply.headers.get("content-type")) == (status, b"", kind)
        assert (await client.request(method, "/rooms/elsewhere/whep")).status_code == 404
        assert (await client.request(method, WHEP + "/unknown")).status_code == 404


async def test_other_methods_are_told_which_there_are(client: httpx.AsyncClient) -> None:
    """RFC 9110, section 15.5.6."""
    session = (await watch(client)).headers["location"]
    for method, path, allowed in (
        ("PUT", WHIP, {"GET", "HEAD", "OPTIONS", "POST"}),
        ("DELETE", WHEP, {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", session, {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}),
    ):
        reply = await client.request(method, path)
        assert reply.status_code == 405
        assert set(reply.headers["allow"].split(", ")) == allowed


async def test_publishing_needs_the_right_token(client: httpx.AsyncClient) -> None:
    """Who may not must learn why, in codes that do not change."""
    missing, wrong = await publish(client, None), await publish(client, "nobody")
    assert (missing.status_code, missing.json()["code"]) == (401, "whip.token")
    assert missing.headers["www-authenticate"] == 'Bearer realm="roadshow"'
    assert wrong.status_code == 403
    assert wrong.headers["www-authenticate"] == 'Bearer realm="roadshow", error="insufficient_scope"'
    expired = await publish(client, "expired")
    assert expired.status_code == 401
    assert expired.headers["www-authenticate"] == 'Bearer realm="roadshow", error="invalid_token"'
    for path in ("/rooms/elsewhere/whep", "/rooms/NOT%20A%20ROOM/whep"):
        reply = await client.post(path, content="v=0", headers={"Content-Type": SDP})
        assert reply.status_code == 404


async def test_a_viewer_chooses_its_quality(client: httpx.AsyncClient) -> None:
    """Who pays by the megabyte, or wants the voice alone, must be able to say so; other pages' players too."""
    layer = (await watch(client)).headers["location"] + "/layer"
    assert (await client.get(layer)).json() == {"quality": "auto", "sent": "high", "missing": {}}
    for choice in ("high", "medium", "low", "sound", "auto"):
        reply = await client.post(layer, json={"quality": choice})
        assert (reply.status_code, reply.content) == (204, b"")
        assert reply.headers["access-control-allow-origin"] == "*"
        assert (await client.get(layer)).json()["quality"] == choice
    look = await client.options(layer)
    assert look.status_code == 204
    assert look.headers["access-control-allow-methods"] == "GET, OPTIONS, POST"
    assert "Content-Type" in look.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b'{"quality": "best"}', "application/json", 400, "relay.quality"),
        (b'{"quality": "low", "room": "ai"}', "application/json", 400, "relay.quality"),
        (b"{}", "application/json", 400, "relay.quality"),
        (b"low", "application/json", 400, "relay.quality"),
        (b'"\xff"', "application/json", 400, "relay.encoding"),
        (b'{"quality": "low"}' + b" " * 300, "application/json", 413, "relay.sdp-size"),
        (b'{"quality": "low"}', "text/plain", 415, "relay.media-type"),
    ],
)
async def test_a_choice_that_cannot_be_read_changes_nothing(
    client: httpx.AsyncClient, body: bytes, kind: str, status: int, code: str
) -> None:
    """And says why."""
    layer = (await watch(client)).headers["location"] + "/layer"
    reply = await client.post(layer, content=body, headers={"Content-Type": kind})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert (await client.get(layer)).json()["quality"] == "auto"


async def test_a_publisher_says_that_a_card_stands_for_the_camera() -> None:
    """Until the same session takes it back, or ends: a card must not outlive who it names."""
    listener = Listener()
    async with serving(listener=listener) as client:
        where = (await publish(client)).headers["location"]
        for shown in (True, True, False, True):
            assert (await client.post(f"{where}/card", json={"shown": shown})).status_code == 204
            assert listener.present == ({"alpha/card"} if shown else set())
        assert [what for what, _ in listener.events] == ["came", "went", "came"], "each change is told once"
        await client.delete(where)
        assert listener.present == set()
        slides = (await publish(client, query="?as=slides")).headers["location"]
        for session in (where, slides, f"{WHIP}/{'x' * 32}"):
            reply = await client.post(f"{session}/card", json={"shown": True})
            assert (reply.status_code, reply.json()["code"]) == (404, "relay.session")
        reply = await client.post(f"{where}/card", json={"shown": "yes"})
        assert (reply.status_code, reply.json()["code"]) == (400, "relay.card")


async def test_a_card_that_comes_and_goes_is_told_a_few_times_and_then_as_it_is() -> None:
    """Each change goes to every page of the room: thousands of messages for one request of a few bytes."""
    listener, clock = Listener(), ShiftedClock()
    async with serving(listener=listener, clock=clock) as client:
        where = (await publish(client)).headers["location"]
        for number in range(101):
            reply = await client.post(f"{where}/card", json={"shown": number % 2 == 0})
            assert reply.status_code == 204
        assert len(listener.events) <= 6
        clock.ahead = Duration.seconds(6)
        await listener.until(lambda: listener.present == {"alpha/card"})


async def test_an_encoder_of_the_feed_has_no_card() -> None:
    """One that stands by, or never connects, would cover the picture of the one that is shown."""
    listener = Listener()
    async with serving(listener=listener) as client:
        where = (await publish(client, "feed")).headers["location"]
        reply = await client.post(f"{where}/card", json={"shown": True})
        assert (reply.status_code, reply.json()["code"]) == (404, "relay.session")
        assert listener.events == []


async def test_nobody_chooses_for_a_session_that_is_not_a_viewers(client: httpx.AsyncClient) -> None:
    """The session's id is the secret; a publisher's has no quality to choose."""
    where = (await watch(client)).headers["location"]
    publisher = (await publish(client)).headers["location"].rpartition("/")[2]
    await client.delete(where)
    for session in (where, f"{WHEP}/{publisher}", f"{WHEP}/{'x' * 32}"):
        for reply in (
            await client.post(session + "/layer", json={"quality": "low"}),
            await client.get(session + "/layer"),
        ):
            assert (reply.status_code, reply.json()["code"]) == (404, "relay.session")


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("v=0\r\n", SDP, 422, "relay.sdp"),
        ("hello", SDP, 422, "relay.sdp"),
        ("", SDP, 422, "relay.sdp"),
        ("", "", 415, "relay.media-type"),
        (b"\xff\xfe", SDP, 400, "relay.encoding"),
        ("v=0" + "x" * 70_000, SDP, 413, "relay.sdp-size"),
        ("{}", "application/json", 415, "relay.media-type"),
    ],
)
async def test_bad_offers_are_refused(
    client: httpx.AsyncClient, body: str | bytes, kind: str, status: int, code: str
) -> None:
    """Each with its own status, so that a player's author sees what is wrong."""
    reply = await client.post(WHEP, content=body, headers={"Content-Type": kind})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers.get("accept-post") == (SDP if status == 415 else None)


async def test_a_patch_of_another_type_is_told_the_right_one(client: httpx.AsyncClient) -> None:
    """RFC 5789, section 2.2. SDP itself is one: no counter-offer is ever made that it could answer."""
    made = await watch(client)
    headers = {"Content-Type": SDP, "If-Match": made.headers["etag"]}
    reply = await client.patch(made.headers["location"], content="v=0", headers=headers)
    assert (reply.status_code, reply.headers["accept-patch"]) == (415, FRAGMENT)


@pytest.mark.parametrize(
    ("sections", "reason"),
    [
        ([PUBLISH, section("audio", "1", "sendonly", [])], "codec"),
        ([PUBLISH, section("video", "1", "sendonly", ["VP8"]), section("video", "2", "sendonly", ["VP8"])], "tracks"),
    ],
)
async def test_of_an_offer_to_publish_all_is_taken_or_nothing(
    client: httpx.AsyncClient, sections: list[list[str]], reason: str
) -> None:
    """Whoever streams a codec nobody here can read must hear so, not go on air half (RFC 9725, section 4.4.3)."""
    offer = LightPeer().offer(*sections).replace("SAVPF \r\n", "SAVPF 99\r\na=rtpmap:99 G729/8000\r\n")
    headers = {"Content-Type": SDP, "Authorization": "Bearer alpha"}
    reply = await client.post(WHIP, content=offer, headers=headers)
    assert (reply.status_code, reply.json()["details"]["reason"]) == (422, reason)


async def test_options_tell_what_is_taken(client: httpx.AsyncClient) -> None:
    """A browser's preflight, and a client that looks before it posts."""
    reply = await client.options(WHIP)
    assert reply.status_code == 204
    assert reply.headers["accept-post"] == SDP
    assert "Authorization" in reply.headers["access-control-allow-headers"]
    below = await client.options(WHIP + "/any")
    assert "PATCH" in below.headers["access-control-allow-methods"]
    assert below.headers["accept-patch"] == FRAGMENT


async def test_pages_of_other_origins_may_send_what_their_clients_send(client: httpx.AsyncClient) -> None:
    """There is no cookie to protect here, so a header that is of no use must not stop a client; ``Authorization`` is
    no part of ``*`` (Fetch standard). What they may read is said with every answer, refusals among them."""
    session = (await watch(client)).headers["location"]
    for path, methods in ((WHIP, ("OPTIONS", "POST")), (WHEP, ("OPTIONS", "POST")), (session, ("DELETE", "PATCH"))):
        for method in methods:
            asked = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": method}
            reply = await client.options(path, headers=asked | {"Access-Control-Request-Headers": "authorization,etag"})
            assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (204, "*")
            assert method in reply.headers["access-control-allow-methods"].split(", ")
            assert {"*", "Authorization"} <= set(reply.headers["access-control-allow-headers"].split(", "))
    for method, path in (
        ("PUT", WHIP),
        ("POST", session),
        ("DELETE", session + "x"),
        ("POST", "/rooms/elsewhere/whep"),
    ):
        refused = await client.request(method, path, headers={"Origin": "https://elsewhere.test"})
        assert (refused.status_code in (404, 405), refused.headers.get("access-control-allow-origin")) == (True, "*")
        readable = refused.headers["access-control-expose-headers"].split(", ")
        assert {"Location", "Link", "ETag", "Accept-Patch", "WWW-Authenticate", "Retry-After"} <= set(readable)


async def test_ice_servers_go_to_whoever_may_connect() -> None:
    """Their passwords are worth money: to nobody without a right to publish or watch, nor to a browser's preflight
    (RFC 9725, section 4.6)."""
    servers = (IceServer("stun:stun.example.org"), IceServer("turns:turn.example.org", "north"))
    async with serving(ice_servers=servers) as client:
        made = await publish(client)
        told = made.headers.get_list("link")
        assert [value.partition(">")[0] for value in told] == ["<stun:stun.example.org", "<turns:turn.example.org"]
        assert 'credential-type="password"' in told[1]
        bearer = {"Authorization": "Bearer alpha"}
        asked = await client.options(WHIP, headers=bearer)
        assert "turns:turn.example.org" in asked.headers["link"]
        assert "turns:turn.example.org" in (await client.options(WHEP)).headers["link"]
        preflight = {"Origin": "http://elsewhere.test", "Access-Control-Request-Method": "POST"}
        for path, headers in ((WHIP, {}), (WHIP, bearer | preflight), ("/rooms/elsewhere/whip", bearer)):
            reply = await client.options(path, headers=headers)
            assert (reply.status_code, "link" in reply.headers) == (204, False)


def test_turn_credentials_are_short_lived() -> None:
    """coturn's scheme: the user name begins with the hour of expiry, the password proves that we gave it."""
    value = link(IceServer("turn:turn.example.org?transport=udp", "north"), Instant(1_000_000), "session-1")
    assert value.startswith('<turn:turn.example.org?transport=udp>; rel="ice-server"; username="4600:')
    assert 'credential="' in value
    stun = link(IceServer("stun:stun.example.org"), Instant(0), "session-1")
    assert stun == '<stun:stun.example.org>; rel="ice-server"'


async def test_each_client_is_a_turn_user_of_its_own() -> None:
    """coturn counts by user: were they all one, eight viewers would have all there is. A restart stays the same user,
    so nobody is two; and nobody reads a session's address, which rules it, from what TURN sends in the clear."""
    servers = (IceServer("turn:turn.example.org", "north"),)
    async with serving(max_viewers=4, ice_servers=servers) as client:
        made = [await watch(client) for _ in range(3)]
        users = [_turn_user(one) for one in made]
        assert len(set(users)) == 3
        session = made[0].headers["location"]
        assert session.rpartition("/")[2] not in made[0].headers["link"]
        again = await _restart(client, session, LightPeer().offer(WATCH))
        assert (again.status_code, _turn_user(again)) == (200, users[0])
        asked = [await client.options(WHEP) for _ in range(2)]
        assert _turn_user(asked[0]) == _turn_user(asked[1]) not in users


async def test_a_server_kept_for_people_is_told_to_them_alone() -> None:
    """Who publishes was invited, and so were some who watch. However many strangers there are, its allocations stay
    theirs."""
    servers = (IceServer("turn:people.example.org", "south", for_people=True), IceServer("turn:turn.example.org", "x"))
    async with serving(ice_servers=servers) as client:
        published, watched, judged = await publish(client), await watch(client), await watch(client, name="judge")
        bearer = {"Authorization": "Bearer alpha"}
        told = [published, await client.options(WHIP, headers=bearer), watched, await client.options(WHEP)]
        for one in (published, watched, judged):
            offer = LightPeer().offer(WATCH)
            told.append(await _restart(client, one.headers["location"], offer))
        told.append(judged)
        to_people = ["people.example.org" in one.headers["link"] for one in told]
        assert to_people == [True, True, False, False, True, False, True, True]
        assert all("turn.example.org" in one.headers["link"] for one in told)


async def _restart(client: httpx.AsyncClient, session: str, offer: str) -> httpx.Response:
    fragment = "\r\n".join(line for line in offer.splitlines() if line.startswith(("a=ice-ufrag", "a=ice-pwd")))
    headers = {"If-Match": "*", "Content-Type": FRAGMENT}
    return await client.patch(session, content=f"{fragment}\r\n", headers=headers)


def _turn_user(reply: httpx.Response) -> str:
    found = re.search(r'username="\d+:([0-9a-f]+)"', reply.headers["link"])
    assert found is not None
    return found[1]
