"""Competitions of a test's own, served as an organiser would: ``roadshow serve --competition``."""

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
from typing_extensions import override

from tests.chaos.desks import Guest, origin_of
from tests.demo_server import LOOK_EVERY, START_WITHIN, DemoServer

DEFINITION = """extends = "final-2020"
include = ["demo/ai", "demo/robotics", "demo/bio"]

id = "own-rules"
organisers = [{ en = "Anna Grigorieva", zh = "安娜·格里戈里耶娃", ru = "Анна Григорьева" }]
"""
ONE_OF_TWO = """extends = "final-2020"
include = ["demo/ai", "demo/robotics", "demo/bio"]

id = "{name}"
title = {{ en = "{title}", zh = "{title}", ru = "{title}" }}
organisers = [{{ en = "Anna", zh = "安娜", ru = "Анна" }}]
"""
SERVING = re.compile(r"Serving .* on (\S+)")
ORGANISER = re.compile(r"Organiser's link, works once: (\S+)")
INVITATION = re.compile(r"(?:/c/[a-z0-9-]+)?/i/[A-Za-z0-9_-]+")


class RulesServer(DemoServer):
    """The demo's people under other rules. ``people`` is empty: the organiser makes the links, by ``invite``."""

    def __init__(self, folder: Path, rules: str) -> None:
        super().__init__(folder)
        self.definition = folder / "competition.toml"
        self.definition.write_text(f"{DEFINITION}\n[rules]\n{rules}")
        self.organiser_link = ""

    @override
    def start(self) -> None:
        """Returns once it serves."""
        command = [sys.executable, "-m", "roadshow", "serve", "--competition", str(self.definition)]
        command += ["--port", str(self.port), "--udp-port", str(self.udp_port), "--data", str(self.data)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.links = {"base": f"http://127.0.0.1:{self.port}", "links": {}}
        give_up = time.monotonic() + START_WITHIN
        while not (found := ORGANISER.search(self.log())):
            assert self.process.poll() is None, f"the server ended: {self.log()}"
            assert time.monotonic() < give_up, f"the server does not serve: {self.log()}"
            time.sleep(LOOK_EVERY)
        self.organiser_link = found.group(1)
        self.links["base"] = self.organiser_link.rpartition("/i/")[0]

    async def invite(self, organiser: Guest, person: str) -> str:
        return await invite(organiser, person)


class TwoServer(DemoServer):
    """Two competitions with the same field, projects and people, at once. ``people`` is empty: see ``invite``."""

    def __init__(self, folder: Path, titles: dict[str, str]) -> None:
        """``titles``: by the competitions' ids."""
        super().__init__(folder)
        self.titles = titles
        self.definitions: list[str] = []
        for name, title in titles.items():
            path = folder / f"{name}.toml"
            path.write_text(ONE_OF_TWO.format(name=name, title=title))
            self.definitions += ["--competition", str(path)]
        self.addresses: list[str] = []
        """Of each competition, in their order."""
        self.organiser_links: list[str] = []
        """Made by the first start alone."""

    @override
    def start(self) -> None:
        """Returns once it serves."""
        command = [sys.executable, "-m", "roadshow", "serve", *self.definitions]
        command += ["--port", str(self.port), "--udp-port", str(self.udp_port), "--data", str(self.data)]
        with self.log_file.open("ab") as log:
            begins = log.tell()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        give_up = time.monotonic() + START_WITHIN
        while True:
            said = self.log_file.read_bytes()[begins:].decode(errors="replace")
            self.addresses = SERVING.findall(said)
            self.organiser_links = ORGANISER.findall(said) or self.organiser_links
            if len(self.addresses) == len(self.organiser_links) == len(self.titles):
                break
            assert self.process.poll() is None, f"the server ended: {self.log()}"
            assert time.monotonic() < give_up, f"the server does not serve: {self.log()}"
            time.sleep(LOOK_EVERY)
        self.links = {"base": origin_of(self.addresses[0]), "links": {}}


async def invite(organiser: Guest, person: str) -> str:
    """A link for this person, made on the organiser's page of people."""
    async with httpx.AsyncClient(cookies=organiser.cookies) as client:
        address = f"{organiser.base}/as/{organiser.person}/people/{person}/invite"
        answer = await client.post(address, headers={"Origin": origin_of(organiser.base)}, data={"asked": "yes"})
    found = INVITATION.search(answer.text)
    assert found is not None, answer.text[:500]
    return f"{origin_of(organiser.base)}{found.group(0)}"
