"""What a stranger puts into a request's path, query or Host leads nobody away from us."""

import asyncio
import re
from datetime import date
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_house
from roadshow.competitions.loading import load_preset
from roadshow.settings import Settings
from tests.live.conftest import listening_socket, served

DEMO = load_preset("demo", today=date(2026, 1, 1))
OURS = "https://final.example.org"
ELSEWHERE = "evil.example"
ADDRESSES = re.compile(r'\b(?:href|src|action|content)="([^"]*)"')
HEADERS = re.compile(r"^(?:location|link|refresh|content-location): *(.*?)\r?$", re.IGNORECASE | re.MULTILINE)
REQUESTS = [
    (f"//{ELSEWHERE}/x", "final.example.org"),
    (f"///{ELSEWHERE}", "final.example.org"),
    (f"/\\{ELSEWHERE}/x", "final.example.org"),
    (f"/%5C{ELSEWHERE}/x", "final.example.org"),
    (f"/%5C%5C{ELSEWHERE}/x", "final.example.org"),
    (f"/%09/{ELSEWHERE}/x", "final.example.org"),
    (f"/%0d%0aLocation:%20https://{ELSEWHERE}", "final.example.org"),
    (f"/%2F/{ELSEWHERE}", "final.example.org"),
    (f"http://{ELSEWHERE}/x", ELSEWHERE),
    (f"/?next=//{ELSEWHERE}&lang=zh", "final.example.org"),
    (f"/x?//{ELSEWHERE}", "final.example.org"),
    (f"/c/demo//{ELSEWHERE}", "final.example.org"),
    ("/c/demo", ELSEWHERE),
    ("/results", ELSEWHERE),
    ("/results", f"{ELSEWHERE}/as/x"),
    ("/", f"final.example.org/?//{ELSEWHERE}#"),
    ("/rooms/ai/watch", f"final.example.org@{ELSEWHERE}"),
    (f"/i/{ELSEWHERE}", ELSEWHERE),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_address_on_a_page_or_in_a_header_leads_to_a_strangers_host(tmp_path: Path, method: str) -> None:
    """A link on our own 404 is trusted as ours is; a careless cache would show it to others."""
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url=OURS)
    with listening_socket() as (listening, base):
        async with (
            open_house(settings, [DEMO], adapters=in_memory) as house,
            served(house.app, listening, house.say_goodbye),
        ):
            for target, host in REQUESTS:
                told = await _answer(base, method, target, host)
                head, _, page = told.partition("\r\n\r\n")
                assert head.startswith("HTTP/1.1 ")
                where = urljoin(f"{OURS}/", target) if target.startswith("/") and target[1:2] not in "/\\" else OURS
                for address in [*ADDRESSES.findall(page), *HEADERS.findall(head)]:
                    assert ELSEWHERE not in urlsplit(_as_browsers_read_it(where, address)).netloc, (
                        target,
                        host,
                        address,
                    )
                # Nor does what they wrote stand there in any form that could be mistaken for ours.
                assert not re.search(rf'(?:href|src|action)="[^"?]*{ELSEWHERE}', page), (target, host)


def _as_browsers_read_it(page: str, address: str) -> str:
    return urljoin(page, re.sub(r"[\t\r\n]", "", address).replace("\\", "/"))


async def _answer(base: str, method: str, target: str, host: str) -> str:
    """To a request as it stands; clients would put it in order first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: {OURS}\r\nAccept: text/html\r\n"
    writer.write(f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    told = await reader.read()
    writer.close()
    await writer.wait_closed()
    return told.decode()
