"""A viewer whose network lets nothing through but TCP to port 443, before a whole installation: HAProxy, Caddy and
coturn by the files of deploy/, each host in a network of its own."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from roadshow.bench.lines.devtools import Browser, Page
from roadshow.bench.lines.network import Host, Network, missing
from tests.demo_server import DemoServer
from tests.installation import DOMAIN, TURN, Installation, has_haproxy, until

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
SECRET = "t" * 32
PATIENCE_S = 30.0
ENOUGH = 6
"""Pictures that are no accident."""
ONLY_443 = """table inet closed {
  chain out { type filter hook output priority 0; policy drop; oif lo accept; tcp dport 443 accept; }
  chain in { type filter hook input priority 0; policy drop; iif lo accept; tcp sport 443 accept; }
}"""
WAY = """lines.peer.pc.getStats().then((report) => {
  const pair = report.get([...report.values()].find((one) => one.type === "transport")?.selectedCandidatePairId);
  const { relayProtocol, url } = report.get(pair?.localCandidateId) ?? {};
  return { relayProtocol, url };
})"""
PEER = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
with context.wrap_socket(socket.create_connection(("127.0.0.1", 443), 5), server_hostname=sys.argv[2]) as client:
    print(client.getpeercert()["serialNumber"])
"""


class Place:
    """An installation on a host, and pages of it on others."""

    def __init__(self, network: Network, installation: Installation, server: DemoServer) -> None:
        self.network, self.installation, self.server = network, installation, server
        self.here = network["server"]
        self.room: dict[str, Any] = server.links["rooms"][0]
        self.authority = installation.caddys / "caddy/pki/authorities/local/root.crt"

    def open_doors(self) -> None:
        started = self.installation
        started.caddy(self.server.port, https=8443)
        started.haproxy()
        coturn = started.coturn("coturn", SECRET, self.here.address)
        until(lambda: started.listens(3478), [coturn])
        # As at the very first start there is no certificate yet. When it comes, coturn ends, and is started again.
        started.certificates()
        until(lambda: coturn.poll() is not None)
        started.running.remove(coturn)
        coturn = started.coturn("coturn", SECRET, self.here.address)
        until(lambda: started.listens(3478) and started.listens(443), started.running)

    @asynccontextmanager
    async def browser(self, host: str) -> AsyncIterator[Browser]:
        names = f"--host-resolver-rules=MAP {DOMAIN} {self.here.address},MAP *.{DOMAIN} {self.here.address}"
        async with Browser(self.network[host], [names, "--ignore-certificate-errors"]) as browser:
            yield browser

    async def page(self, browser: Browser) -> Page:
        page = await browser.page(f"https://{DOMAIN}/as/nobody/practice")
        await page.run(files("roadshow.bench.lines").joinpath("page.js").read_text("utf-8"))
        return page

    def serial(self) -> str:
        """Of the certificate that coturn shows to whoever asks for its name on 443; it must be good."""
        return ran(self.here, sys.executable, "-c", PEER, str(self.authority), TURN)

    def renew(self) -> None:
        """A new certificate for coturn, as Caddy leaves it: of another issuer, if the first one was away."""
        issued = self.installation.caddys / "caddy/certificates"
        there = issued / "another" / TURN
        caddy = Path(sys.executable).with_name("caddy")
        config = self.installation.folder / "renewal"
        config.write_text(
            "{\n local_certs\n skip_install_trust\n admin off\n https_port 9443\n http_port 9080\n}\n"
            f"{TURN} {{\n respond 404\n}}\n"
        )
        own = self.installation.folder / "renewed"
        shutil.copytree(self.authority.parents[2], own / "caddy/pki")
        renewal = self.installation.start(
            "renewal", caddy, "run", "--config", config, "--adapter", "caddyfile", XDG_DATA_HOME=str(own)
        )
        made = own / "caddy/certificates/local" / TURN
        until((made / f"{TURN}.json").exists, [renewal])
        shutil.copytree(made, there)


def ran(host: Host, *words: str) -> str:
    return subprocess.run(host.command(*words), capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    assert has_haproxy(), "haproxy is missing: scripts/setup.sh turn"
    with Network("server", "viewer", "pitcher") as network:
        here = network["server"]
        here.run("ip", "link", "set", "lo", "up")
        settings = {
            "ROADSHOW_PUBLIC_URL": f"https://{DOMAIN}",
            "ROADSHOW_UDP_HOST": here.address,
            "ROADSHOW_TRUSTED_PROXIES": "127.0.0.1",
            "ROADSHOW_TURN_URLS": f"turn:{DOMAIN}:3478?transport=udp,turns:{TURN}:443?transport=tcp",
            "ROADSHOW_TURN_SECRET": SECRET,
        }
        program = tuple(here.command(sys.executable, "-m", "roadshow"))
        with (
            DemoServer(tmp_path, program=program, environment={**os.environ, **settings}) as server,
            Installation(tmp_path / "installation", here.command) as installation,
        ):
            place = Place(network, installation, server)
            place.open_doors()
            yield place


async def shows(page: Page) -> None:
    """From now on."""
    await page.run("lines.take()")
    seen = 0
    async with asyncio.timeout(PATIENCE_S):
        while seen < ENOUGH:
            await asyncio.sleep(0.1)
            seen += len((await page.run("lines.take()"))["frames"])


@pytest.mark.alone
async def test_a_viewer_whose_network_lets_tls_to_443_through_alone_gets_page_and_picture(place: Place) -> None:
    """Hotels and offices let nothing else out. And a certificate that is renewed ends nobody's picture."""
    async with place.browser("pitcher") as theirs, place.browser("viewer") as ours:
        pitcher = await place.page(theirs)
        await pitcher.call("lines.publish.bind(lines)", place.room["whip"], place.room["publish_token"], 1)
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        place.network["viewer"].run("env", f"PATH={path}", "nft", ONLY_443)
        viewer = await place.page(ours)
        await viewer.call("lines.watch.bind(lines)", place.room["whep"])
        await shows(viewer)
        assert await viewer.run(WAY) == {"relayProtocol": "tls", "url": f"turns:{TURN}:443?transport=tcp"}

        first = place.serial()
        place.renew()
        async with asyncio.timeout(PATIENCE_S):
            while place.serial() == first:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await shows(viewer)
        assert (await viewer.run("lines.take()"))["state"] == "live"
        assert await viewer.run("lines.peer.sessions") == 1
