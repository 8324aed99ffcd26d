"""By what people know their sign-ins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.access.devices import MOST_READ, device, network
from roadshow.competitions.signins.life import Browser, Device, Network, System

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("agent", "family", "system"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", Browser.CHROME, System.WINDOWS),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/140.0", Browser.EDGE, System.WINDOWS),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} YaBrowser/25.8 Safari/537.36", Browser.YANDEX, System.LINUX),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", Browser.CHROME, System.CHROMEOS),
        (f"Mozilla/5.0 (Linux; Android 15; V2324A) {CHROME} Mobile MicroMessenger/8.0", Browser.WECHAT, System.ANDROID),
        (f"Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 {CHROME} Mobile", Browser.SAMSUNG, System.ANDROID),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1", Browser.SAFARI, System.MACOS),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) CriOS/140.0 Safari/604.1",
            Browser.CHROME,
            System.IPHONE,
        ),
        ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) FxiOS/140.0 Safari/605.1", Browser.FIREFOX, System.IPAD),
        ("curl/8.5.0", Browser.OTHER, System.OTHER),
        ("", Browser.OTHER, System.OTHER),
    ],
)
def test_a_browser_is_called_as_its_user_calls_it(agent: str, family: Browser, system: System) -> None:
    """Most say that they are Safari and Chrome as well."""
    assert device(agent, "") == Device(family, system)


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("127.0.0.1", Network.HERE),
        ("::1", Network.HERE),
        ("::ffff:127.0.0.1", Network.HERE),
        ("192.168.1.20", Network.LOCAL),
        ("10.1.2.3", Network.LOCAL),
        ("fe80::1", Network.LOCAL),
        ("fd12::1", Network.LOCAL),
        ("8.8.8.8", Network.INTERNET),
        ("2a00:1450:4001::1", Network.INTERNET),
        ("", Network.UNKNOWN),
        ("testclient", Network.UNKNOWN),
    ],
)
def test_of_an_address_only_its_kind_is_kept(host: str, kind: Network) -> None:
    """Enough to tell a hall from a hotel."""
    assert network(host) is kind


@given(st.text(max_size=3 * MOST_READ), st.text(max_size=50))
def test_whatever_a_client_says_makes_one_of_a_few_words(agent: str, host: str) -> None:
    """Nothing that a stranger writes is stored, or shown on an organiser's page."""
    found = device(agent, host)
    assert found.browser in Browser
    assert found.system in System
    assert found.network in Network
