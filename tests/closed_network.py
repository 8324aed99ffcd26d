"""An installation, and browsers whose network lets little through: HAProxy, Caddy and coturn by the files of deploy/,
each host in a network of its own."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from roadshow.bench.lines.devtools import Browser, Page
from roadshow.bench.lines.network import Network
from tests.demo_server import DemoServer
from tests.installation import DOMAIN, TURN, Installation, has_haproxy, until

SECRET = "t" * 32
CLOSED = """table inet closed {{
  chain out {{ type filter hook output priority 0; policy drop; oif lo accept; tcp dport {{ {ports} }} accept; }}
  chain in {{ type filter hook input priority 0; policy drop; iif lo accept; tcp sport {{ {ports} }} accept; }}
}}"""
NFT = ("env", f"PATH={os.environ['PATH']}:/usr/sbin:/sbin", "nft")


class Place:
    """An installation on the host ``server``, and pages of it on ``viewer`` and ``pitcher``."""

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
        started.coturn("coturn", SECRET, self.here.address)
        until(lambda: started.listens(3478) and started.listens(443), started.running)

    @asynccontextmanager
    async def browser(self, host: str) -> AsyncIterator[Browser]:
        names = f"--host-resolver-rules=MAP {DOMAIN} {self.here.address},MAP *.{DOMAIN} {self.here.address}"
        async with Browser(self.network[host], [names, "--ignore-certificate-errors"]) as browser:
            yield browser

    async def page(self, browser: Browser) -> Page:
        """With what the pages of ``roadshow bench lines`` can do."""
        page = await browser.page(f"https://{DOMAIN}/as/nobody/practice")
        await page.run(files("roadshow.bench.lines").joinpath("page.js").read_text("utf-8"))
        return page

    async def pitch(self, browser: Browser) -> Page:
        page = await self.page(browser)
        await page.call("lines.publish.bind(lines)", self.room["whip"], self.room["publish_token"], 1)
        return page

    def shut(self, *ports: int) -> None:
        """From now on the viewer's network lets TCP to these ports through, and nothing else."""
        self.network["viewer"].run(*NFT, CLOSED.format(ports=", ".join(map(str, ports))))

    def open_again(self) -> None:
        self.network["viewer"].run(*NFT, "delete table inet closed")


@contextmanager
def closed_network(folder: Path) -> Iterator[Place]:
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
            DemoServer(folder, program=program, environment={**os.environ, **settings}) as server,
            Installation(folder / "installation", here.command) as installation,
        ):
            place = Place(network, installation, server)
            place.open_doors()
            yield place
