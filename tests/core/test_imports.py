"""The contracts of .importlinter cover what they mean to cover; `make imports` checks the imports themselves."""

import ast
import configparser
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter", encoding="utf-8")

CORES = ("competitions", "fields", "rooms", "voting")
IMPURE = {
    "competitions": {"casting", "guests", "loading", "memory_store", "redis_store"},
    "competitions.reading": set(),
    "competitions.signins": {"presence"},
    "fields": {"announcing", "field", "lines", "news", "polls", "records", "revisions", "timekeeper", "turns"},
    "rooms": {"memory_store", "redis_store", "runner"},
    "rooms.lines": {"memory_store", "redis_store"},
    "rooms.feeds": {"crew", "memory_store", "redis_store"},
    "rooms.relay": {
        "clockwork",
        "departures",
        "diagnosing",
        "observer",
        "probes",
        "publishing",
        "relay",
        "share",
        "side_rooms",
        "ticks",
        "watching",
    },
    "rooms.relay.diagnosis": set(),
    "rooms.relay.egress": {"choosing", "egress", "source"},
    "rooms.relay.egress.native": {"build", "fan", "line"},
    "rooms.relay.feeds": {"places"},
    "rooms.relay.last_mile": set(),
    "rooms.relay.last_mile.estimate": set(),
    "rooms.relay.offers": set(),
    "rooms.relay.sources": set(),
    "rooms.relay.stage": {"fanout", "leg", "outlet", "repeats", "sinks", "stage", "thin_fanout"},
    "rooms.relay.transport.native": {"reader"},
    "rooms.relay.transport": {"arrival", "dtls", "handshake", "kernel", "peer", "sessions", "tcp", "udp"},
    "rooms.relay.wire": set(),
    "voting": {"key_file", "looking", "memory_store", "redis_store", "service"},
    "voting.acting": {"judging", "office"},
    "voting.aftermath": {"service"},
    "voting.boxes": {"boxes", "keeping"},
    "voting.calibration": {"service", "stored"},
    "voting.carried": {"service"},
    "voting.paper": {"service"},
    "voting.cards": {"showing"},
    "voting.identity": set(),
    "voting.comments": {"service"},
    "voting.audience": {"memory_store", "redis_store", "service"},
    "voting.ledger": set(),
    "voting.ledger.proceedings": set(),
    "voting.overall": {"looking", "service"},
    "voting.deliberation": set(),
    "voting.office": set(),
    "voting.questions": {"service"},
    "voting.rules": set(),
    "voting.seating": set(),
    "voting.stamps": {"authority", "stamper"},
    "voting.stores": {"entries"},
    "voting.seals": {"asked", "files", "heads", "held", "notary", "own", "signed"},
}
"""Modules that read files or clocks, talk to somebody, or bring tasks to life. Think twice before adding one."""


def _modules(package: str) -> set[str]:
    folder = ROOT / "roadshow" / package.replace(".", "/")
    return {file.stem for file in folder.glob("*.py")} - {"__init__"}


def _imports(module: str) -> Iterator[str]:
    path = ROOT / f"{module.replace('.', '/')}.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else ():
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _reached(modules: Iterable[str]) -> set[str]:
    """What these import, and what that imports: the contract looks as far."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        new = set(_imports(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def test_every_module_of_the_core_is_pure_or_said_not_to_be() -> None:
    """A rule that reads a clock cannot be tested in every situation, nor replayed after a restart. What a pure module
    imports is pure with it and need not be listed: a new section's view, which the table of sections imports."""
    pure = set(CONTRACTS["importlinter:contract:pure"]["source_modules"].split())
    whole = {f"roadshow.{package}" for package in IMPURE} & pure
    reached = _reached(pure)
    for package, impure in IMPURE.items():
        if f"roadshow.{package}" in whole:
            assert not impure
            continue
        listed = {name.rpartition(".")[2] for name in pure - whole if name.rpartition(".")[0] == f"roadshow.{package}"}
        modules = _modules(package)
        looked_at = {name for name in modules if f"roadshow.{package}.{name}" in reached} | listed
        assert not looked_at & impure
        assert modules == looked_at | impure, f"give every module of {package} its place"


def test_every_folder_of_the_core_is_looked_at() -> None:
    """A new folder would otherwise be free to do anything."""
    folders = {
        ".".join(file.parent.relative_to(ROOT / "roadshow").parts)
        for core in CORES
        for file in (ROOT / "roadshow" / core).rglob("*.py")
    }
    assert folders == set(IMPURE) | ({"competitions.presets"} & folders)
