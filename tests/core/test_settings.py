"""What the operator decides, and what they are told when it makes no sense."""

import re
import stat
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.errors import SetupError
from roadshow.settings import Settings, variable

SECRET = "0123456789abcdef" * 4
ROOT = Path(__file__).parents[2]


def test_without_any_setting_it_serves_this_machine_alone() -> None:
    """Trying it out must not open a port to the network."""
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.host, settings.udp_host) == ("127.0.0.1", "127.0.0.1")
    assert settings.public_url == "http://localhost:8000"
    assert not settings.is_secure


def test_every_setting_can_be_given() -> None:
    """One that is read under another name than documented would be silently ignored."""
    environment = {
        "ROADSHOW_HOST": "0.0.0.0",  # noqa: S104
        "ROADSHOW_PORT": "9000",
        "ROADSHOW_UDP_HOST": "::",
        "ROADSHOW_UDP_PORT": "9001",
        "ROADSHOW_MEDIA_TCP": "Off",
        "ROADSHOW_ADVERTISED_ADDRESSES": "203.0.113.7, 2001:db8::7",
        "ROADSHOW_PUBLIC_URL": "https://final.example.org/",
        "ROADSHOW_DATA": "somewhere",
        "REDIS_URL": "rediss://user:word@store.example.org:6380/2",
        "ROADSHOW_STORE_REPLICAS": "2",
        "ROADSHOW_MAX_VIEWERS": "42",
        "ROADSHOW_RELAY_PATH": "Python",
        "ROADSHOW_RELAY_WORKERS": "3",
        "ROADSHOW_WHEP_REDIRECT": "https://second.example.org/rooms/{room}/whep",
        "ROADSHOW_TURN_PEOPLE_URLS": "turn:c.example.org",
        "ROADSHOW_TURN_PEOPLE_SECRET": SECRET.upper(),
        "ROADSHOW_TURN_URLS": "stun:a.example.org, turn:b.example.org:3478?transport=tcp",
        "ROADSHOW_TURN_SECRET": SECRET,
        "ROADSHOW_TRUSTED_PROXIES": "10.0.0.1, 192.0.2.0/24",
        "ROADSHOW_SECRET": SECRET,
        "ROADSHOW_TIMESTAMP_URL": "https://timestamp.example.org/",
        "ROADSHOW_METRICS_TOKEN": SECRET,
        "ROADSHOW_BACKUP_PASSPHRASE": "three words and more",
        "ROADSHOW_LOG_LEVEL": "DEBUG",
        "ROADSHOW_LOG_FORMAT": "JSON",
    }
    assert set(environment) == {variable(entry.name) for entry in fields(Settings)}
    assert Settings.from_environment(environment) == Settings(
        host="0.0.0.0",  # noqa: S104
        port=9000,
        udp_host="::",
        udp_port=9001,
        media_tcp="off",
        advertised_addresses=("203.0.113.7", "2001:db8::7"),
        public_url="https://final.example.org",
        data=Path("somewhere"),
        redis_url="rediss://user:word@store.example.org:6380/2",
        store_replicas=2,
        max_viewers=42,
        relay_path="python",
        relay_workers=3,
        whep_redirect="https://second.example.org/rooms/{room}/whep",
        turn_urls=("stun:a.example.org", "turn:b.example.org:3478?transport=tcp"),
        turn_secret=SECRET,
        turn_people_urls=("turn:c.example.org",),
        turn_people_secret=SECRET.upper(),
        trusted_proxies=("10.0.0.1/32", "192.0.2.0/24"),
        secret=SECRET,
        timestamp_url="https://timestamp.example.org/",
        metrics_token=SECRET,
        backup_passphrase="three words and more",
        log_level="debug",
        log_format="json",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ROADSHOW_PORT", "http"),
        ("ROADSHOW_PORT", "-1"),
        ("ROADSHOW_PORT", "65536"),
        ("ROADSHOW_PORT", "8_000"),
        ("ROADSHOW_PORT", "٨٠٠٠"),
        ("ROADSHOW_UDP_PORT", "8001.0"),
        ("ROADSHOW_MAX_VIEWERS", "0"),
        ("ROADSHOW_RELAY_PATH", "fastest"),
        ("ROADSHOW_RELAY_WORKERS", "65"),
        ("ROADSHOW_HOST", "example.org"),
        ("ROADSHOW_UDP_HOST", "127.0.0"),
        ("ROADSHOW_ADVERTISED_ADDRESSES", "::"),
        ("ROADSHOW_ADVERTISED_ADDRESSES", "here"),
        ("ROADSHOW_PUBLIC_URL", "final.example.org"),
        ("ROADSHOW_PUBLIC_URL", "ftp://final.example.org"),
        ("ROADSHOW_PUBLIC_URL", "https://final.example.org/somewhere"),
        ("ROADSHOW_PUBLIC_URL", "https://user@final.example.org"),
        ("ROADSHOW_PUBLIC_URL", "https://final.example.org:port"),
        ("ROADSHOW_PUBLIC_URL", "https://[::1"),
        ("ROADSHOW_WHEP_REDIRECT", "second.example.org"),
        ("ROADSHOW_TIMESTAMP_URL", "file:///etc/passwd"),
        ("ROADSHOW_WHEP_REDIRECT", "https://second.example.org/{hall}/whep"),
        ("ROADSHOW_WHEP_REDIRECT", "https://{room}.example.org/whep"),
        ("ROADSHOW_WHEP_REDIRECT", "https://{competition}.example.org/whep"),
        ("ROADSHOW_WHEP_REDIRECT", "https://second.example.org;x/whep"),
        ("ROADSHOW_WHEP_REDIRECT", "https://user:word@second.example.org/whep"),
        ("ROADSHOW_WHEP_REDIRECT", "https://second.example.org/wh ep"),
        ("REDIS_URL", "store.example.org:6379"),
        ("REDIS_URL", "http://store.example.org"),
        ("REDIS_URL", "unix://"),
        ("ROADSHOW_TURN_URLS", "turn.example.org"),
        ("ROADSHOW_TURN_URLS", "turn://turn.example.org"),
        ("ROADSHOW_TURN_URLS", "turn:turn example.org"),
        ("ROADSHOW_TURN_URLS", "turn:user@turn.example.org"),
        ("ROADSHOW_TURN_URLS", "turn:turn.example.org?transport=sctp"),
        ("ROADSHOW_TURN_URLS", "turns:turn.example.org:443?transport=udp"),
        ("ROADSHOW_TURN_URLS", "turns:203.0.113.7:443?transport=tcp"),
        ("ROADSHOW_TURN_URLS", "turns:[2001:db8::7]:443"),
        ("ROADSHOW_TURN_SECRET", "short"),
        ("ROADSHOW_TRUSTED_PROXIES", "proxy.example.org"),
        ("ROADSHOW_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("ROADSHOW_SECRET", "hunter2"),
        ("ROADSHOW_LOG_LEVEL", "loud"),
        ("ROADSHOW_LOG_FORMAT", "xml"),
        ("ROADSHOW_DATA", __file__),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, text: str) -> None:
    """The operator must see which setting it was, before the doors open."""
    with pytest.raises(SetupError, match=rf"^{name} must "):
        Settings.from_environment({name: text})


@given(st.sampled_from([variable(entry.name) for entry in fields(Settings)]), st.text(max_size=200))
def test_no_text_crashes_the_reading(name: str, text: str) -> None:
    """An environment may hold anything; what is accepted must be usable."""
    try:
        settings = Settings.from_environment({name: text})
    except SetupError as refusal:
        assert name in str(refusal)  # noqa: PT017
    else:
        assert 0 <= settings.port <= 65535
        assert settings.public_url == settings.public_url.strip().rstrip("/")


@pytest.mark.parametrize("name", ["REDIS_URL", "ROADSHOW_SECRET", "ROADSHOW_TURN_SECRET"])
def test_a_refusal_does_not_repeat_a_secret(name: str) -> None:
    """Error messages end in logs and screenshots."""
    with pytest.raises(SetupError) as refusal:
        Settings.from_environment({name: "foo:hunter2@bar"})
    assert "hunter2" not in str(refusal.value)


def test_secrets_are_not_shown_with_the_settings() -> None:
    """Somebody will log the settings one day."""
    settings = Settings.from_environment({"ROADSHOW_SECRET": SECRET, "ROADSHOW_TURN_SECRET": SECRET})
    assert SECRET not in repr(settings)


def test_a_misspelt_setting_is_noticed() -> None:
    """Otherwise the server would run on a default, and nobody would know why."""
    with pytest.raises(SetupError, match="Did you mean ROADSHOW_PUBLIC_URL"):
        Settings.from_environment({"ROADSHOW_PUBLIC_ULR": "https://final.example.org"})
    assert Settings.from_environment({"ROADSHOW_SERVICE_HOST_OF_SOMEBODY_ELSE": "10.0.0.1"}) == Settings()


def test_a_turn_server_needs_its_secret() -> None:
    """Without it no credential can be made, and viewers behind strict networks would see nothing."""
    with pytest.raises(SetupError, match="ROADSHOW_TURN_SECRET"):
        Settings.from_environment({"ROADSHOW_TURN_URLS": "turn:turn.example.org"})
    assert Settings.from_environment({"ROADSHOW_TURN_URLS": "stun:stun.example.org"}).turn_urls
    with pytest.raises(SetupError, match="ROADSHOW_TURN_PEOPLE_SECRET must be set"):
        Settings.from_environment({"ROADSHOW_TURN_PEOPLE_URLS": "turn:turn.example.org"})


def test_places_kept_for_people_have_a_secret_of_their_own() -> None:
    """With one secret for both, every viewer's credentials would open the server that is kept from them."""
    with pytest.raises(SetupError, match="must be another"):
        Settings.from_environment({"ROADSHOW_TURN_SECRET": SECRET, "ROADSHOW_TURN_PEOPLE_SECRET": SECRET})


def test_the_command_line_wins(tmp_path: Path) -> None:
    """``make run PORT=…`` must do what it says whatever the shell has set."""
    environment = {"ROADSHOW_PORT": "9000", "ROADSHOW_DATA": "elsewhere"}
    settings = Settings.from_environment(environment, port=7000, data=tmp_path, udp_port=None)
    assert (settings.port, settings.data, settings.udp_port) == (7000, tmp_path, 8001)
    assert settings.public_url == "http://localhost:7000"
    with pytest.raises(SetupError, match=r"^--udp-port must "):
        Settings.from_environment({}, udp_port=70000)


def test_ports_that_the_system_chose_are_taken_over() -> None:
    """Links must lead to the port that is really open; a public address that was given stays."""
    assert (
        Settings.from_environment({}, port=0).bound_to(port=4321, udp_port=4322).public_url == "http://localhost:4321"
    )
    given = Settings.from_environment({"ROADSHOW_PUBLIC_URL": "https://final.example.org"}, port=0)
    assert given.bound_to(port=4321).public_url == "https://final.example.org"


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """A new one at every start would cut off every feed that was set up before."""
    settings = Settings(data=tmp_path / "new")
    made = settings.signing_secret()
    assert len(made) >= 64
    assert settings.signing_secret() == made
    file = tmp_path / "new" / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["secret"]
    assert Settings(data=tmp_path, secret=SECRET).signing_secret() == SECRET.encode()


def test_copies_are_those_of_a_store_of_ones_own() -> None:
    """The embedded store has none: no vote would ever be acknowledged."""
    with pytest.raises(SetupError, match="REDIS_URL must be set too"):
        Settings.from_environment({"ROADSHOW_STORE_REPLICAS": "1"})


def test_a_secret_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    """Whoever reads it makes tokens that put them on stage."""
    Settings(data=tmp_path).signing_secret()
    (tmp_path / "secret").chmod(0o640)
    with pytest.raises(SetupError, match="chmod 600"):
        Settings(data=tmp_path).signing_secret()


def test_a_damaged_secret_is_not_used(tmp_path: Path) -> None:
    """An empty file after a full disk would let anybody make tokens."""
    (tmp_path / "secret").touch(0o600)
    with pytest.raises(SetupError, match="damaged"):
        Settings(data=tmp_path).signing_secret()


@pytest.mark.docs
def test_every_setting_is_documented_with_its_default() -> None:
    """docs/operating.md is what operators read."""
    text = (ROOT / "docs" / "operating.md").read_text()
    rows = re.findall(r"^\| `((?:ROADSHOW_|REDIS_)\w+)` \| ([^|]*) \|", text, flags=re.MULTILINE)
    documented = {name: default.strip().strip("`") for name, default in rows}
    assert len(documented) == len(rows)
    assert documented == {variable(entry.name): _shown(getattr(Settings(), entry.name)) for entry in fields(Settings)}


def _shown(default: object) -> str:
    return "–" if default in (None, ()) else str(default)
