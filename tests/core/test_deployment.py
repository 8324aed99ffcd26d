"""docker-compose.yml, Dockerfile and what they mount, as far as reading them shows."""

import os
import re
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from roadshow.adapters import LIBRARIES
from roadshow.settings import Settings, variable
from roadshow.store.functions import library_name, read_library
from tests.guarded_store import SECRETS as STORE_SECRETS
from tests.guarded_store import guarded_store

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


TURN = ("coturn", "coturn-people")
"""For everybody, and for those who were invited."""


def test_it_is_the_application_its_store_turn_and_tls() -> None:
    """The whole installation comes up with one command."""
    assert set(SERVICES) == {"app", "functions", "valkey", *TURN, "caddy", "haproxy", "certificates"}


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_can_write_its_own_files_or_gain_rights(name: str) -> None:
    """Who breaks into one service must not be able to settle there."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_tells_whether_it_works(name: str) -> None:
    """A service that hangs must be seen, and the ones after it must wait for it."""
    if SERVICES[name]["restart"] == "no":  # it does one thing, and has done it when it ends well
        after = [one for one in SERVICES.values() if name in one.get("depends_on", {})]
        assert after
        assert all(one["depends_on"][name]["condition"] == "service_completed_successfully" for one in after)
        return
    assert SERVICES[name]["healthcheck"]["test"]


def test_images_are_pinned() -> None:
    """An installation must be the same next week."""
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert images
    for image in images:
        tag = image.rpartition("/")[2].partition(":")[2]
        assert re.match(r"\d+\.\d+", tag), f"{image} names no version"


def test_only_tls_and_media_are_open() -> None:
    """The store has all scores; the plain-text web port has all cookies."""
    assert "ports" not in SERVICES["valkey"]
    assert SERVICES["app"]["ports"] == ["8001:8001/udp", "8001:8001/tcp"]
    # TCP to 443 is HAProxy's, on the machine's own network; from there Caddy is reached, by this machine alone.
    assert SERVICES["caddy"]["ports"] == ["80:80", "443:443/udp", "127.0.0.1:8443:443"]
    bound = re.findall(r"^ +bind (\S+)", (ROOT / "deploy" / "haproxy.cfg").read_text(), flags=re.MULTILINE)
    assert bound == [":::443", "127.0.0.1:8404"]
    assert SERVICES["certificates"]["network_mode"] == "none"
    assert SERVICES["valkey"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"] is True


def test_the_store_keeps_every_acknowledged_write() -> None:
    """A receipt is a promise."""
    command = SERVICES["valkey"]["command"]
    options = dict(zip(command[::2], command[1::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"
    assert any(volume.endswith(":/data") for volume in SERVICES["valkey"]["volumes"])


def test_there_are_no_default_secrets() -> None:
    """A password that everybody can read here is none. Each value is asked for once, and stands in the example."""
    text = (ROOT / "docker-compose.yml").read_text()
    names = set(re.findall(r"\$\{(\w+)", text))
    asked_for = set(re.findall(r"\$\{(\w+):\?", text))
    assert names == asked_for
    assert ":-" not in text
    example = (ROOT / "deploy" / "env.example").read_text()
    assert set(re.findall(r"^(\w+)=$", example, flags=re.MULTILINE)) == names


def test_the_application_gets_settings_it_understands() -> None:
    """A misspelt or malformed setting would stop the server at its first start."""
    values = {
        "STORE_PASSWORD": "p" * 32,
        "STORE_LOADER_PASSWORD": "l" * 32,
        "DOMAIN": "final.example.org",
        "PUBLIC_IP": "203.0.113.7",
        "TURN_SECRET": "t" * 32,
        "TURN_PEOPLE_SECRET": "p" * 32,
    }
    environment = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: values[found[1]], text)
        for name, text in SERVICES["app"]["environment"].items()
    }
    settings = Settings.from_environment(environment)
    assert settings.public_url == "https://final.example.org"
    assert settings.is_secure
    assert settings.trusted_proxies == (COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"],)
    for name, urls in zip(TURN, (settings.turn_urls, settings.turn_people_urls), strict=True):
        port, tls = _options(name)["--listening-port"], SERVICES[name]["environment"]["TLS_NAME"]
        tls = tls.replace("${DOMAIN}", values["DOMAIN"])
        assert urls == (f"turn:{values['DOMAIN']}:{port}?transport=udp", f"turns:{tls}:443?transport=tcp")
    known = {variable(name) for name in Settings.__dataclass_fields__}
    assert set(environment) <= known
    in_image = set(re.findall(r"\b(ROADSHOW_\w+)=", (ROOT / "Dockerfile").read_text()))
    assert in_image <= known


def test_the_image_does_not_run_as_root() -> None:
    """Neither does anything else need to."""
    last_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!root)\S+", last_stage, flags=re.MULTILINE)


def test_what_the_image_is_built_from_is_let_in() -> None:
    """.dockerignore lets nothing in by itself; what is copied and not named there stops the build on the server."""
    first_stage = (ROOT / "Dockerfile").read_text().split("\nFROM ")[1]
    copied = {name for line in re.findall(r"^COPY (.+) \S+$", first_stage, flags=re.MULTILINE) for name in line.split()}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


# TURN ---------------------------------------------------------------------------------------------------------------


def _options(name: str) -> dict[str, str]:
    """Of a service's command, those with a value."""
    return dict(word.split("=", 1) for word in SERVICES[name]["command"] if "=" in word)


def _configured() -> dict[str, list[str]]:
    """Of deploy/turnserver.conf: what each option is given."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "deploy" / "turnserver.conf").read_text().splitlines():
        if line and not line.startswith("#"):
            option, _, value = line.partition("=")
            found.setdefault(option, []).append(value)
    return found


def test_turn_has_no_accounts_and_no_way_in() -> None:
    """An open relay is a way into the network behind it."""
    conf = _configured()
    assert {"use-auth-secret", "no-cli", "no-tcp-relay", "no-multicast-peers"} <= conf.keys()
    assert not conf.keys() & {"user", "static-auth-secret", "lt-cred-mech", "allowed-peer-ip", "allow-loopback-peers"}
    assert {"0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"} <= set(conf["denied-peer-ip"])


@pytest.mark.parametrize("name", TURN)
def test_turn_relays_to_the_address_of_media_alone(name: str) -> None:
    """By coturn's options, which know addresses; ports are the firewall's (deploy/turn.nft)."""
    assert _options(name)["--allowed-peer-ip"] == "${PUBLIC_IP}"
    assert SERVICES["app"]["environment"]["ROADSHOW_ADVERTISED_ADDRESSES"].startswith("${PUBLIC_IP:?")


@pytest.mark.parametrize("page", ["deploy/turn.nft", "docs/operating.md"])
def test_the_rule_for_turn_is_there_after_a_restart_and_whoever_loads_it_can_tell(page: str) -> None:
    """Debian's own file flushes all rules and includes none: TURN would reach every port again, in silence."""
    told = (ROOT / page).read_text("utf-8")
    for step in (
        "install -D --mode=644 deploy/turn.nft /etc/nftables.d/roadshow-turn.nft",
        """echo 'include "/etc/nftables.d/*.nft"' >> /etc/nftables.conf""",
        "systemctl enable nftables",
        "nft list table inet roadshow_turn",
    ):
        assert step in told


def test_turn_reaches_no_port_but_that_of_media() -> None:
    """It shares an address with all that listens on the machine. The rule knows relayed packets by ports that nothing
    else is given: above those of which the system gives away one to whoever asks (to 60,999)."""
    rule = re.search(r"udp sport (\d+)-(\d+) udp dport != (\d+) .*drop", (ROOT / "deploy" / "turn.nft").read_text())
    assert rule is not None
    lowest, highest, media = (int(number) for number in rule.groups())
    assert (lowest, highest, SERVICES["app"]["ports"]) == (
        61_000,
        65_535,
        [f"{media}:{media}/udp", f"{media}:{media}/tcp"],
    )
    assert media == Settings().udp_port
    ranges = sorted((int(_options(name)["--min-port"]), int(_options(name)["--max-port"])) for name in TURN)
    assert [lowest, *(first for first, _ in ranges[1:]), highest + 1] == [
        ranges[0][0],
        *(last + 1 for _, last in ranges),
    ]


@pytest.mark.parametrize("name", TURN)
def test_turn_is_found_behind_443_by_the_name_browsers_are_told(name: str) -> None:
    """HAProxy, Caddy, the certificates and coturn each know the name: one misspelt, and there is no way in."""
    tls, port = SERVICES[name]["environment"]["TLS_NAME"], _options(name)["--listening-port"]
    haproxy = (ROOT / "deploy" / "haproxy.cfg").read_text()
    (asked,) = re.findall(rf'acl (\S+) req.ssl_sni -i "{re.escape(tls)}"', haproxy)
    (backend,) = re.findall(rf"use_backend (\S+) if {asked}$", haproxy, flags=re.MULTILINE)
    assert re.search(rf"^backend {backend}\n +server \S+ 127\.0\.0\.1:{port}$", haproxy, flags=re.MULTILINE)
    (names,) = re.findall(r"^(turn\S+, .*) \{$", (ROOT / "deploy" / "Caddyfile").read_text(), flags=re.MULTILINE)
    assert tls.replace("${DOMAIN}", "{$DOMAIN}") in names.split(", ")
    assert tls in SERVICES["certificates"]["command"]
    assert _options(name)["--tls-listening-port"] == port
    # What the one writes for its group, the other reads.
    writer, reader = SERVICES["certificates"]["user"].split(":"), SERVICES[name]["user"].split(":")
    assert writer[1] == reader[1]
    assert "turn-certificates:/certificates:ro" in SERVICES[name]["volumes"]


def test_caddy_believes_the_proxy_before_it_and_nobody_else() -> None:
    """HAProxy reaches it by way of the network's own gateway."""
    (allowed,) = re.findall(r"^\s+allow (.*)$", (ROOT / "deploy" / "Caddyfile").read_text(), flags=re.MULTILINE)
    assert allowed == COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"]


def test_turn_has_room_for_every_viewer_there_may_be() -> None:
    """Browsers allocate by UDP and by TLS while they look for a way, whether they need both or not."""
    conf, everybody = _configured(), _options("coturn")
    total = int(everybody["--total-quota"])
    assert total >= Settings().max_viewers * 2 * 1.2
    (one,) = conf["user-quota"]
    assert 8 <= int(one) <= total / 100
    for name in TURN:
        options = _options(name)
        ports = int(options["--max-port"]) - int(options["--min-port"]) + 1
        assert ports >= int(options["--total-quota"])
        assert SERVICES[name]["ulimits"]["nofile"] > 4 * int(options["--total-quota"])


def test_strangers_take_nothing_of_what_is_kept_for_people() -> None:
    """Another process, other ports, and a secret of which viewers' credentials are not made."""
    secrets = {SERVICES[name]["environment"]["TURN_SECRET"] for name in TURN}
    assert secrets == {"${TURN_SECRET}", "${TURN_PEOPLE_SECRET}"}
    environment = SERVICES["app"]["environment"]
    assert environment["ROADSHOW_TURN_PEOPLE_SECRET"].startswith("${TURN_PEOPLE_SECRET:?")
    assert environment["ROADSHOW_TURN_SECRET"].startswith("${TURN_SECRET:?")


SECRETS = {**STORE_SECRETS, "TURN_SECRET": "turn-5ecret-" * 3}
HASHED = sha256(SECRETS["STORE_PASSWORD"].encode()).hexdigest()


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    for item in value if isinstance(value, list) else [value]:
        yield from _words(item) if isinstance(item, dict | list) else [str(item)]


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_an_argument(name: str) -> None:
    """Everybody on the machine sees arguments (ps), those of a check that runs every five seconds too."""
    arguments = [SERVICES[name].get(key, []) for key in ("command", "entrypoint", "healthcheck")]
    assert not [word for word in _words(arguments) if re.search(r"\$\{?\w*(SECRET|PASSWORD|TOKEN|KEY)", word)]


@pytest.mark.parametrize(
    ("name", "script", "program", "line"),
    [
        ("valkey", "store.sh", "valkey-server", f"user roadshow on #{HASHED} resetkeys"),
        *((name, "turn.sh", "turnserver", f"static-auth-secret={SECRETS['TURN_SECRET']}") for name in TURN),
    ],
)
def test_what_starts_a_service_passes_its_secret_on_out_of_sight(
    name: str, script: str, program: str, line: str, tmp_path: Path
) -> None:
    """Neither its arguments nor its environment hold it: what it reads does, and that is nobody else's to read. The
    store is told hashes alone."""
    stub = tmp_path / program
    stub.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" >arguments; env >environment\n'
        'for word do case $word in */turnserver.conf) ls -l "$word" >mode; cat "$word" >read; exit;; esac; done\n'
        "cat >read\n"
    )
    stub.chmod(0o755)
    text = (ROOT / "deploy" / script).read_text()
    text = text.replace("/tmp/", f"{tmp_path}/").replace("/etc/coturn", str(ROOT / "deploy"))  # noqa: S108  # as it says
    (tmp_path / script).write_text(text)
    (tmp_path / "store.acl").write_text((ROOT / "deploy" / "store.acl").read_text())
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", **SECRETS}
    service = SERVICES[name]
    assert service["entrypoint"][0] == "sh"
    assert service["entrypoint"][1].endswith(f"/{script}")
    subprocess.run(["sh", tmp_path / script, *service["command"]], cwd=tmp_path, env=environment, check=True)
    read = (tmp_path / "read").read_text()
    assert any(one.startswith(line) for one in read.splitlines())
    for secret in SECRETS.values():
        assert secret not in (tmp_path / "arguments").read_text()
        assert secret in line or secret not in read
    secret = SECRETS["STORE_PASSWORD"] if name == "valkey" else SECRETS["TURN_SECRET"]
    assert secret not in (tmp_path / "environment").read_text()
    assert set(service["command"]) <= {*(tmp_path / "arguments").read_text().split("\n")}
    if (tmp_path / "mode").exists():
        assert (tmp_path / "mode").read_text().startswith("-rw-------")


def test_the_store_asks_for_the_password_it_was_given_that_way(tmp_path: Path) -> None:
    """The script and the store agree on where it is read, with the very options of the service."""
    with guarded_store(tmp_path) as store:
        with Redis.from_url(store.url("loader")) as client:
            assert client.config_get("appendfsync") == {"appendfsync": "always"}
        nobody = Redis(unix_socket_path=str(store.socket), retry=Retry(NoBackoff(), 0))
        with nobody, pytest.raises(RedisError, match="authenticated"):
            nobody.ping()
        arguments = Path(f"/proc/{store.pid}/cmdline").read_bytes()
        assert not [one for one in STORE_SECRETS.values() if one.encode() in arguments]


# The store's user ---------------------------------------------------------------------------------------------------


def _allowed(user: str) -> set[str]:
    """Commands that a user of deploy/store.acl may give, whatever to."""
    text = re.sub(r"\n +", " ", (ROOT / "deploy" / "store.acl").read_text())
    (line,) = re.findall(rf"^user {user} (.*)$", text, flags=re.MULTILINE)
    return {word.strip("()+") for word in line.split() if word.lstrip("(").startswith("+")}


def test_the_servers_user_may_do_in_the_store_what_functions_do_and_no_more() -> None:
    """A store asks of what a function does whether its caller may. A command that nothing needs any more is a way in;
    one that is missing stops a vote."""
    called = {
        command.lower()
        for path in (ROOT / "roadshow").rglob("*.lua")
        for command in re.findall(r"""redis\.call\(["'](\w+)["']""", path.read_text())
    }
    by_server = {"fcall", "exists", "watch", "mget", "pexpireat", "client|setinfo"}
    by_server |= {"ping", "info", "function|stats", "function|list", "multi", "exec", "discard", "unwatch", "waitaof"}
    assert _allowed("roadshow") == called | by_server


def test_all_functions_are_loaded_that_there_are() -> None:
    """The server cannot load what whoever may has forgotten."""
    named = {
        line.removeprefix("#!lua name=").strip()
        for path in (ROOT / "roadshow").rglob("*.lua")
        for line in path.read_text().splitlines()[:1]
        if line.startswith("#!lua")
    }
    assert {library_name(read_library(*library)) for library in LIBRARIES} == named


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_from_here_exists(name: str) -> None:
    """Docker would make an empty folder of a missing file, and say nothing."""
    for volume in SERVICES[name].get("volumes", []):
        source = volume.partition(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).is_file()


def test_the_proxy_compresses_nothing() -> None:
    """What may be compressed comes so; the length of somebody's page would tell of the tokens in it (BREACH)."""
    lines = (ROOT / "deploy" / "Caddyfile").read_text("utf-8").splitlines()
    assert [line for line in lines if line.split("#")[0].split()[:1] == ["encode"]] == []
