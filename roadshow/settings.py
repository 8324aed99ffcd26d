"""What the operator decides. The environment is read here, once; everything else takes a ``Settings``.

Names, defaults and meanings are listed in docs/operating.md (held equal by tests/core/test_settings.py).
"""

import difflib
import ipaddress
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from roadshow.addresses.hosts import canonical_host
from roadshow.addresses.origins import origin_and_rest
from roadshow.errors import SetupError

PREFIX = "ROADSHOW_"
DEFAULT_PORT = 8000
MIN_SECRET = 32
"""Characters of a signing secret: 128 bits even when written in hex."""
MAX_LISTED = 32
"""Entries of a comma-separated setting; more is a mistake."""
REPLICAS_CEILING = 9
"""More copies make a vote slower, not safer; catches a mistyped number."""
_ICE_URL = re.compile(r"(stuns?|turns?):(\[[^\]]+\]|[^\s/:?#@\[\]%]+)((?::[0-9]{1,5})?(?:\?transport=(?:udp|tcp))?)")
RELAY_PATHS = ("auto", "native", "python")
WORKERS_CEILING = 64
"""Threads beyond a machine's cores only wait for each other."""
VIEWERS_CEILING = 100_000
"""Above any machine's reach; catches a mistyped number."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked values. Make one with ``from_environment``."""

    host: str = "127.0.0.1"
    """Address the web server listens on."""
    port: int = DEFAULT_PORT
    """TCP port; 0 lets the system choose."""
    udp_host: str = "127.0.0.1"
    """Address all media is sent to and from."""
    udp_port: int = 8001
    """UDP port of all media; 0 lets the system choose."""
    advertised_addresses: tuple[str, ...] = ()
    """IP addresses browsers are told to send media to; empty: ``udp_host``, or the machine's own for a wildcard."""
    public_url: str = f"http://localhost:{DEFAULT_PORT}"
    """What people type, as browsers say it (addresses/): links are built from it, and only it may open sockets."""
    data: Path = Path("var")
    """Folder of everything that must outlive the process."""
    redis_url: str | None = None
    """An existing Valkey or Redis; None: the embedded one, with its files in ``data``."""
    store_replicas: int = 0
    """Copies of the store at ``redis_url`` that must have a vote on disk before it is acknowledged."""
    media_tcp: str = "on"
    """``off`` or not: whether media go by TCP, too, on the number of ``udp_port``, where UDP does not get through."""
    max_viewers: int = 1500
    """Viewers' media connections at one time; later ones are asked to come back."""
    relay_path: str = "auto"
    """How media goes out: ``native``, ``python``, or ``auto``: natively where that was compiled."""
    relay_workers: int = 0
    """Threads that help to send, where the native way is used."""
    whep_redirect: str | None = None
    """Another WHEP address, with ``{room}`` for the room and ``{competition}`` for whose it is: viewers are sent there
    once ``max_viewers`` is reached."""
    turn_urls: tuple[str, ...] = ()
    """STUN and TURN servers browsers are told about."""
    turn_secret: str | None = field(default=None, repr=False)
    """Shared with the TURN server; short-lived credentials are made from it."""
    turn_people_urls: tuple[str, ...] = ()
    """As ``turn_urls``, told to those alone who were invited: no stranger takes their places."""
    turn_people_secret: str | None = field(default=None, repr=False)
    """Another than ``turn_secret``, which viewers' credentials are made from."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose ``X-Forwarded-*`` headers are believed."""
    secret: str | None = field(default=None, repr=False)
    """Makes the tokens that publish and watch; None: kept in a file in ``data``, made on first use."""
    timestamp_url: str | None = None
    """Of an authority that stamps heads of ledgers (RFC 3161)."""
    metrics_token: str | None = field(default=None, repr=False)
    """Whoever reads ``/metrics`` shows it; None: programs on this machine alone read them."""
    backup_passphrase: str | None = field(default=None, repr=False)
    """Backups are encrypted with it; None: they are not, unless a command is given another."""
    log_level: str = "info"
    """One of ``LOG_LEVELS``."""
    log_format: str = "text"
    """One of ``LOG_FORMATS``."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **overrides: str | int | Path | None) -> Self:
        """``overrides`` are command-line options by field name; they win, and None means not given.

        Raises SetupError, naming the setting and what is expected.
        """
        _refuse_misspelt(environment)
        values: dict[str, Any] = {}
        for entry in fields(cls):
            given = overrides.get(entry.name)
            if given is not None:
                values[entry.name] = _READERS[entry.name](str(given), "--" + entry.name.replace("_", "-"))
                continue
            name = variable(entry.name)
            text = environment.get(name, "").strip()
            if text:
                values[entry.name] = _READERS[entry.name](text, name)
        unknown = overrides.keys() - _READERS.keys()
        if unknown:
            raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
        if "public_url" not in values:
            values["public_url"] = _local_url(values.get("port", DEFAULT_PORT))
        settings = cls(**values)
        for urls, secret in (("turn_urls", "turn_secret"), ("turn_people_urls", "turn_people_secret")):
            if any(url.startswith("turn") for url in getattr(settings, urls)) and getattr(settings, secret) is None:
                raise SetupError(f"{variable(urls)} names a TURN server, so {variable(secret)} must be set too.")
        if settings.turn_people_secret is not None and settings.turn_people_secret == settings.turn_secret:
            raise SetupError(
                f"{variable('turn_people_secret')} must be another than {variable('turn_secret')}: with the same one, "
                "viewers' credentials would take the places kept for people."
            )
        if settings.store_replicas and settings.redis_url is None:
            raise SetupError(
                f"{variable('store_replicas')} is for a store of your own: {variable('redis_url')} must be set too."
            )
        return settings

    def bound_to(self, *, port: int | None = None, udp_port: int | None = None) -> Self:
        """The same with the ports that were really bound; a default ``public_url`` follows the port."""
        new_port = self.port if port is None else port
        url = _local_url(new_port) if self.public_url == _local_url(self.port) else self.public_url
        return replace(self, port=new_port, udp_port=self.udp_port if udp_port is None else udp_port, public_url=url)

    @property
    def is_secure(self) -> bool:
        """Whether people reach the server over TLS, so that cookies can be ``Secure``."""
        return self.public_url.startswith("https://")

    def signing_secret(self) -> bytes:
        """The secret as given, or the one in ``data``/secret, which is made on first use, readable by its owner alone.

        Raises SetupError when the file cannot be read or made, or is damaged.
        """
        if self.secret is not None:
            return self.secret.encode()
        path = self.data / "secret"
        try:
            return _read_or_make_secret(path)
        except OSError as problem:
            raise SetupError(f"The file {path} cannot be read or made: {problem.strerror}.") from problem


LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")


def variable(name: str) -> str:
    """The environment variable of a field."""
    return "REDIS_URL" if name == "redis_url" else PREFIX + name.upper()


def _read_or_make_secret(path: Path) -> bytes:
    if not path.exists():
        make_private_folder(path.parent)
        # Written whole under another name, then linked: two first starts agree on one, and none is half written.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with open(draft, "x", opener=_private) as file:
            file.write(secrets.token_hex(MIN_SECRET))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # somebody else was first: theirs counts
        finally:
            draft.unlink()
    with path.open() as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise SetupError(f"The file {path} can be read by other users. Run: chmod 600 {path}")
        kept = file.read().strip()
    if len(kept) < MIN_SECRET:
        raise SetupError(
            f"The file {path} is damaged: fewer than {MIN_SECRET} characters. Restore it from a backup, or delete it: "
            "then feeds need new tokens."
        )
    return kept.encode()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def make_private_folder(path: Path) -> None:
    """Make ``path`` and its parents, the last for the owner alone. Raises SetupError when it cannot be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SetupError(f"The data folder {path} cannot be made: {problem.strerror}.") from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise SetupError(f"The data folder {path} cannot be written to.")


def _local_url(port: int) -> str:
    return f"http://localhost:{port}"


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    """Only near misses: other programs may have variables with our prefix (orchestrators inject some)."""
    known = [variable(name) for name in _READERS]
    for name in environment:
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if near:
                raise SetupError(f"{name} is not a setting. Did you mean {near[0]}?")


def _text(text: str, name: str) -> str:
    if not text.isprintable():
        raise SetupError(f"{name} must be plain text on one line.")
    return text


def _number(text: str, name: str, *, lowest: int = 0, highest: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(highest)) and lowest <= int(text) <= highest):
        raise SetupError(f"{name} must be a whole number from {lowest} to {highest}, not {text[:40]!r}.")
    return int(text)


def _address(text: str, name: str) -> str:
    """An IP address or ``localhost``: a name that resolves to several would leave open which of them is bound."""
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as problem:
        raise SetupError(f"{name} must be an IP address such as 127.0.0.1 or 0.0.0.0, not {text[:60]!r}.") from problem


def _listed(text: str, name: str) -> list[str]:
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    if len(entries) > MAX_LISTED:
        raise SetupError(f"{name} may list at most {MAX_LISTED} entries.")
    return entries


def _addresses(text: str, name: str) -> tuple[str, ...]:
    addresses = tuple(_address(entry, name) for entry in _listed(text, name))
    if any(ipaddress.ip_address(address).is_unspecified for address in addresses):
        raise SetupError(f"{name} must list addresses browsers can reach, so not 0.0.0.0 or ::.")
    return addresses


def _networks(text: str, name: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(entry)) for entry in _listed(text, name))
    except ValueError as problem:
        raise SetupError(f"{name} must list IP addresses or networks, such as 10.0.0.0/8: {problem}.") from problem


def _public_url(text: str, name: str) -> str:
    try:
        origin, rest = origin_and_rest(text)
    except ValueError as problem:
        expected = f"{name} must be the address people open, such as https://roadshow.example.org"
        raise SetupError(f"{expected}, not {text[:80]!r}: {problem}.") from problem
    if rest not in ("", "/"):
        raise SetupError(f"{name} must have no path: Roadshow has the whole address to itself. Got {text[:80]!r}.")
    return origin


def _whep_url(text: str, name: str, like: str = "https://second.example.org/rooms/{room}/whep") -> str:
    expected = f"{name} must be an address such as {like}, not {text[:80]!r}"
    try:
        # The origin goes into a header of every page, the rest into a header of an answer.
        origin, rest = origin_and_rest(text)
    except ValueError as problem:
        raise SetupError(f"{expected}: {problem}.") from problem
    if not re.fullmatch(r"/[\x21-\x7e]*", rest) or set('#{}<>"\\') & set(
        rest.replace("{room}", "").replace("{competition}", "")
    ):
        raise SetupError(f"{expected}.")
    return origin + rest


def _redis_url(text: str, name: str) -> str:
    # Never quoted in the message: it may hold a password.
    expected = f"{name} must look like redis://host:6379/0, rediss://… or unix:///path/to/socket."
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as problem:
        raise SetupError(expected) from problem
    if not (parts.scheme in ("redis", "rediss") and parts.hostname) and not (parts.scheme == "unix" and parts.path):
        raise SetupError(expected)
    return text


def _ice_urls(text: str, name: str) -> tuple[str, ...]:
    return tuple(_ice_url(url, name) for url in _listed(text, name))


def _ice_url(url: str, name: str) -> str:
    """With a host as browsers know it: one they cannot read ends a whole media connection before it begins."""
    expected = f"{name} must list addresses such as turn:turn.example.org:3478, not {url[:80]!r}."
    found = _ICE_URL.fullmatch(url)
    if found is None:
        raise SetupError(expected)
    scheme, host, rest = found.groups()
    try:
        named = canonical_host(host)
    except ValueError as problem:
        raise SetupError(expected) from problem
    if scheme.endswith("s") and rest.endswith("=udp"):
        raise SetupError(f"{name} must name TLS over TCP, as browsers speak no other, not {url[:80]!r}.")
    if scheme.endswith("s") and (named.startswith("[") or named.replace(".", "").isdigit()):
        raise SetupError(f"{name} must give a server with TLS by name, as its certificate does, not {url[:80]!r}.")
    return f"{scheme}:{named}{rest}"


def _secret(text: str, name: str) -> str:
    if len(text) < MIN_SECRET:
        raise SetupError(f"{name} must have at least {MIN_SECRET} characters. Make one with: openssl rand -hex 32")
    return _text(text, name)


def _folder(text: str, name: str) -> Path:
    path = Path(_text(text, name)).expanduser()
    if path.exists() and not path.is_dir():
        raise SetupError(f"{name} must be a folder, and {path} is a file.")
    return path


def _one_of(words: tuple[str, ...], text: str, name: str) -> str:
    if text.lower() not in words:
        raise SetupError(f"{name} must be one of {', '.join(words)}, not {text[:40]!r}.")
    return text.lower()


_READERS: dict[str, Callable[[str, str], Any]] = {
    "host": _address,
    "port": partial(_number, highest=65535),
    "udp_host": _address,
    "udp_port": partial(_number, highest=65535),
    "advertised_addresses": _addresses,
    "media_tcp": partial(_one_of, ("on", "off")),
    "public_url": _public_url,
    "data": _folder,
    "redis_url": _redis_url,
    "store_replicas": partial(_number, highest=REPLICAS_CEILING),
    "max_viewers": partial(_number, lowest=1, highest=VIEWERS_CEILING),
    "relay_path": partial(_one_of, RELAY_PATHS),
    "relay_workers": partial(_number, highest=WORKERS_CEILING),
    "whep_redirect": _whep_url,
    "turn_urls": _ice_urls,
    "turn_secret": _secret,
    "turn_people_urls": _ice_urls,
    "turn_people_secret": _secret,
    "trusted_proxies": _networks,
    "secret": _secret,
    "timestamp_url": partial(_whep_url, like="https://timestamp.example.org/"),
    "metrics_token": _secret,
    "log_level": partial(_one_of, LOG_LEVELS),
    "log_format": partial(_one_of, LOG_FORMATS),
    "backup_passphrase": _text,
}
