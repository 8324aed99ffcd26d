"""WHIP and WHEP over HTTP: status codes, headers and the life of a session."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from roadshow.live.signalling import FRAGMENT, SDP, signalling_routes
from roadshow.moments import Instant
from roadshow.rooms.relay.ice_servers import IceServer, link
from tests.relay.light_peer import LightPeer, section
from tests.relay.support import ROOM, Gate, running_relay

WHIP, WHEP = f"/rooms/{ROOM}/whip", f"/rooms/{ROOM}/whep"
WATCH = section("video", "0", "recvonly", ["VP8"])
PUBLISH = section("video", "0", "sendonly", ["VP8"])


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with running_relay(max_viewers=2) as relay:
        transport = httpx.ASGITransport(Starlette(routes=signalling_routes(relay, Gate())))
        async with httpx.AsyncClient(transport=transport, base_url="http://relay.test") as made:
            yield made


async def watch(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post(WHEP, content=LightPeer().offer(WATCH), headers={"Content-Type": SDP})


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
    """A browser told of transport-wide feedback or simulcast would wait for what never comes."""
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


async def test_delete_ends_a_session_once(client: httpx.AsyncClient) -> None:
    """And makes room for the next viewer."""
    where = (await watch(client)).headers["location"]
    assert (await client.delete(where)).status_code == 200
    again = await client.delete(where)
    assert (again.status_code, again.json()["code"]) == (404, "relay.session")


async def test_a_full_relay_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    """Rather than let everybody's picture suffer."""
    assert [(await watch(client)).status_code for _ in range(2)] == [201, 201]
    refused = await watch(client)
    assert (refused.status_code, refused.json()["code"]) == (503, "relay.full")
    assert int(refused.headers["retry-after"]) > 0


async def test_patch_takes_candidates_and_restarts(client: httpx.AsyncClient) -> None:
    """RFC 9725, sections 4.3.1 and 4.3.3, and RFC 6585 for the missing condition."""
    made = await publish(client)
    where, etag = made.headers["location"], made.headers["etag"]
    candidates = "a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n"
    restart = "a=ice-ufrag:fresh\r\na=ice-pwd:0123456789012345678901\r\n"
    kind = {"Content-Type": FRAGMENT}

    async def patch(body: str, headers: dict[str, str]) -> httpx.Response:
        return await client.patch(where, content=body, headers=headers)

    assert (await patch(candidates, kind)).status_code == 428
    assert (await patch(candidates, kind | {"If-Match": '"other"'})).status_code == 412
    assert (await patch(candidates, kind | {"If-Match": f"W/{etag}"})).status_code == 412
    assert (await patch(candidates, {"Content-Type": SDP, "If-Match": etag})).status_code == 415
    assert (await patch(candidates, kind | {"If-Match": etag})).status_code == 204
    assert (await patch("a=ice-ufrag:x\r\n", kind | {"If-Match": etag})).status_code == 422
    restarted = await patch(restart, kind | {"If-Match": "*"})
    assert restarted.status_code == 200
    assert restarted.headers["content-type"].startswith(FRAGMENT)
    assert restarted.headers["etag"] != etag
    assert "a=ice-ufrag:" in restarted.text
    assert (await patch(candidates, kind | {"If-Match": etag})).status_code == 412
    gone = await client.patch(where + "x", content=candidates, headers=kind | {"If-Match": etag})
    assert gone.status_code == 404


async def test_publishing_needs_the_right_token(client: httpx.AsyncClient) -> None:
    """Who may not must learn why, in codes that do not change."""
    missing, wrong = await publish(client, None), await publish(client, "nobody")
    assert (missing.status_code, missing.json()["code"]) == (401, "whip.token")
    assert missing.headers["www-authenticate"] == "Bearer"
    assert wrong.status_code == 403
    for path in ("/rooms/elsewhere/whep", "/rooms/NOT%20A%20ROOM/whep"):
        reply = await client.post(path, content="v=0", headers={"Content-Type": SDP})
        assert reply.status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("v=0\r\n", SDP, 422, "relay.sdp"),
        ("hello", SDP, 422, "relay.sdp"),
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


async def test_options_tell_what_is_taken(client: httpx.AsyncClient) -> None:
    """A browser's preflight, and a client that looks before it posts."""
    reply = await client.options(WHIP)
    assert reply.status_code == 204
    assert reply.headers["accept-post"] == SDP
    assert "Authorization" in reply.headers["access-control-allow-headers"]
    below = await client.options(WHIP + "/any")
    assert "PATCH" in below.headers["access-control-allow-methods"]
    assert (await client.get(WHIP)).status_code == 405


def test_turn_credentials_are_short_lived() -> None:
    """coturn's scheme: the user name is the hour of expiry, the password proves that we gave it."""
    value = link(IceServer("turn:turn.example.org?transport=udp", "north"), Instant(1_000_000))
    assert value.startswith('<turn:turn.example.org?transport=udp>; rel="ice-server"; username="22600:roadshow"')
    assert 'credential="' in value
    assert link(IceServer("stun:stun.example.org"), Instant(0)) == '<stun:stun.example.org>; rel="ice-server"'
