"""A browser whose network lets nothing through but TCP to the TURN server."""

import os
from collections.abc import Iterator
from pathlib import Path

import aioice.ice
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, VideoStreamTrack

from tests.browser.acts import plays, until
from tests.browser.conftest import People
from tests.browser.test_feed import connect
from tests.demo_server import DemoServer
from tests.turn_server import turn_server

SECRET = "t" * 32
ONLY_RELAYED = """{
  const Real = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Real {
    constructor(configuration) { super({...configuration, iceTransportPolicy: "relay"}); }
  };
}"""
WAY = """document.querySelector("room-stage").viewer.pc.getStats().then(report => {
  const all = [...report.values()];
  const pair = report.get(all.find(one => one.type === "transport")?.selectedCandidatePairId);
  const {candidateType, relayProtocol, usernameFragment} = report.get(pair?.localCandidateId) ?? {};
  return {candidateType, relayProtocol, usernameFragment};
})"""
OUTLIVED = """(() => {
  const {pc} = document.querySelector("room-stage").viewer;
  const old = pc.getConfiguration();
  pc.setConfiguration({...old, iceServers: old.iceServers.map(one => ({...one, username: "1:gone"}))});
})()"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DemoServer]:
    """A brisk demo final whose TURN server takes TCP."""
    with turn_server(tmp_path / "turn", SECRET) as turn:
        settings = {"ROADSHOW_TURN_URLS": turn.url("tcp"), "ROADSHOW_TURN_SECRET": SECRET}
        with DemoServer(tmp_path, environment={**os.environ, **settings}) as running:
            yield running


async def test_a_viewer_behind_a_network_of_tcp_alone_gets_a_picture(
    server: DemoServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an office or a hotel that is all there is. And when the way breaks after an hour, the credentials that it was
    made with are no good any more: a restart of ICE gets new ones."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    room = server.links["rooms"][0]
    feed = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        feed.addTrack(VideoStreamTrack())
        await connect(feed, room["whip"], room["publish_token"])
        audience = (await people.visit(server.base)).page
        await audience.context.add_init_script(ONLY_RELAYED)
        await audience.goto(server.people["audience"][room["id"]])
        await plays(audience)
        before = await audience.evaluate(WAY)
        assert (before["candidateType"], before["relayProtocol"]) == ("relay", "tcp")

        await audience.evaluate(OUTLIVED)
        await audience.evaluate("dispatchEvent(new Event('online'))")
        fragment = before["usernameFragment"]
        await until(audience, f"{WAY}.then(way => way.usernameFragment && way.usernameFragment !== '{fragment}')")
        await plays(audience)
        assert (await audience.evaluate(WAY))["relayProtocol"] == "tcp"
        assert await audience.evaluate("document.querySelector('room-stage').viewer.sessions") == 1
    finally:
        await feed.close()
