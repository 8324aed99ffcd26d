"""The clients that ``make strangers`` tries, and how each is told to publish or to watch."""

import asyncio
import json
import os
import shlex
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from tests.strangers.pages_of_others import OtherPage, Told, Trouble

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
"""GStreamer's bindings are Debian's, for Debian's own."""
ENDS_WITHIN = 45.0
"""Seconds that a program may take beside its time, which begins when it is connected: only so that each run ends."""

FFMPEG_SENDS = shlex.split(
    "-loglevel warning -nostdin -re -f lavfi -i testsrc2=size=320x180:rate=15"
    " -re -f lavfi -i sine=frequency=440:sample_rate=48000 -pix_fmt yuv420p -c:v libx264 -profile:v baseline -bf 0"
    " -preset ultrafast -tune zerolatency -g 15 -b:v 300k -c:a libopus -ac 2 -b:a 32k"
)
"""As docs/publishing.md has it, in a small size."""


@dataclass(frozen=True)
class Act:
    """One client publishes or watches."""

    what: str
    url: str
    token: str
    seconds: int
    told: Told


Way = Callable[[Act], Coroutine[Any, Any, None]]
"""Does it, until its time is over and its session deleted. Raises Trouble, or whatever went wrong."""


@dataclass(frozen=True)
class Stage:
    """What clients need beside the server."""

    ffmpeg: str
    node: list[str]
    page: str
    """Of another origin."""
    chromium: Browser
    firefox: Browser | None


def program(*command: str, **environment: str) -> Way:
    """A program that takes ``publish|watch URL SECONDS`` and tells what came as JSON, a line each time."""

    async def run(act: Act) -> None:
        await _run([*command, act.what, act.url, str(act.seconds)], act, environment)

    return run


def ffmpeg_wheel(ffmpeg: str) -> Way:
    async def run(act: Act) -> None:
        to = ["-t", str(act.seconds), "-f", "whip", "-authorization", act.token, act.url]
        await _run([ffmpeg, *FFMPEG_SENDS, *to], act, {})

    return run


def page(browser: Browser, address: str, client: str, *, relayed: bool = False) -> Way:
    async def run(act: Act) -> None:
        other = OtherPage(browser, address, client, relayed=relayed)
        await other.run(act.what, act.url, act.token, act.seconds, act.told)

    return run


async def _run(command: list[str], act: Act, environment: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment, "WHIP_TOKEN": act.token},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(act.seconds + ENDS_WITHIN):
            async for line in process.stdout:
                if line.startswith(b"{"):
                    got = json.loads(line)
                    act.told(got["video"], got["audio"])
            status = await process.wait()
    except TimeoutError:
        raise Trouble("it did not end by itself") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        text = (await said).decode(errors="replace").strip()
    if status != 0:
        raise Trouble(f"it ended with {status}: {text[-400:]}")


def all_clients(stage: Stage) -> dict[str, Way]:
    """By the names that ``rounds.py`` uses."""
    python = sys.executable
    gstreamer = (SYSTEM_PYTHON, str(HERE / "gstreamer_client.py"))

    def node(name: str) -> Way:
        return program(*stage.node, str(HERE / "node" / f"{name}.mjs"), FFMPEG=stage.ffmpeg)

    def npm(client: str, *, relayed: bool = False) -> Way:
        return page(stage.chromium, stage.page, client, relayed=relayed)

    ways = {
        "FFmpeg": ffmpeg_wheel(stage.ffmpeg),
        "PyAV": program(python, str(HERE / "pyav_client.py")),
        "GStreamer VP8": program(*gstreamer, CODEC="vp8"),
        "GStreamer H264": program(*gstreamer, CODEC="h264"),
        "werift": node("werift"),
        "@roamhq/wrtc": node("wrtc"),
        "libdatachannel": node("libdatachannel"),
        "aiortc": program(python, str(HERE / "aiortc_client.py")),
        "whip-whep": npm("whip-whep"),
        "Eyevinn": npm("eyevinn"),
        "Chromium behind coturn": npm("whip-whep", relayed=True),
    }
    if stage.firefox is not None:
        ways["Firefox ESR"] = page(stage.firefox, stage.page, "whip-whep")
    return ways
