"""A viewer whose network lets nothing through but TCP to port 443, before a whole installation."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadshow.bench.lines.devtools import Page
from roadshow.bench.lines.network import missing
from tests.closed_network import Place, closed_network
from tests.installation import TURN, until

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
PATIENCE_S = 30.0
ENOUGH = 6
"""Pictures that are no accident."""
WAY = """lines.peer.pc.getStats().then((report) => {
  const pair = report.get([...report.values()].find((one) => one.type === "transport")?.selectedCandidatePairId);
  const { relayProtocol, url } = report.get(pair?.localCandidateId) ?? {};
  return { relayProtocol, url };
})"""
SHOWN = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
with context.wrap_socket(socket.create_connection(("127.0.0.1", 443), 5), server_hostname=sys.argv[2]) as client:
    print(client.getpeercert()["serialNumber"])
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with closed_network(tmp_path) as place:
        yield place


def serial(place: Place) -> str:
    """Of the certificate that coturn shows to whoever asks for its name on 443; it must be good."""
    words = place.here.command(sys.executable, "-c", SHOWN, str(place.authority), TURN)
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout


def renew(place: Place) -> None:
    """A new certificate for coturn, as Caddy leaves it: of another issuer, if the first one was away."""
    installation = place.installation
    own, config = installation.folder / "renewed", installation.folder / "renewal"
    config.write_text(
        "{\n local_certs\n skip_install_trust\n admin off\n https_port 9443\n http_port 9080\n}\n"
        f"{TURN} {{\n respond 404\n}}\n"
    )
    shutil.copytree(place.authority.parents[2], own / "caddy/pki")
    words = (Path(sys.executable).with_name("caddy"), "run", "--config", config, "--adapter", "caddyfile")
    renewal = installation.start("renewal", *words, XDG_DATA_HOME=str(own))
    made = own / "caddy/certificates/local" / TURN
    until((made / f"{TURN}.json").exists, [renewal])
    shutil.copytree(made, installation.caddys / "caddy/certificates/another" / TURN)


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
        await place.pitch(theirs)
        place.shut(443)
        viewer = await place.page(ours)
        await viewer.call("lines.watch.bind(lines)", place.room["whep"])
        await shows(viewer)
        assert await viewer.run(WAY) == {"relayProtocol": "tls", "url": f"turns:{TURN}:443?transport=tcp"}

        first = serial(place)
        renew(place)
        async with asyncio.timeout(PATIENCE_S):
            while serial(place) == first:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await shows(viewer)
        assert (await viewer.run("lines.take()"))["state"] == "live"
        assert await viewer.run("lines.peer.sessions") == 1
