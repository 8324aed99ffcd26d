"""By what people know one of their sign-ins from another: families of browsers and systems, and where it came from,
coarsely. Pure.

A library would name thousands of devices and their versions. Here somebody has to tell their own laptop from a
stranger's telephone, and what is not kept cannot leak.
"""

import ipaddress
from typing import Final

from roadshow.competitions.signins.life import Browser, Device, Network, System

MOST_READ = 400
"""Letters of a User-Agent that are looked at; browsers send half of it."""

_BROWSERS: Final = (
    ("MicroMessenger/", Browser.WECHAT),
    ("YaBrowser/", Browser.YANDEX),
    ("SamsungBrowser/", Browser.SAMSUNG),
    ("Edg", Browser.EDGE),
    ("OPR/", Browser.OPERA),
    ("Firefox/", Browser.FIREFOX),
    ("FxiOS/", Browser.FIREFOX),
    ("Chrome/", Browser.CHROME),
    ("CriOS/", Browser.CHROME),
    ("Safari/", Browser.SAFARI),
)
"""The first that is found: most browsers also call themselves by the names further down."""
_SYSTEMS: Final = (
    ("iPhone", System.IPHONE),
    ("iPad", System.IPAD),
    ("Android", System.ANDROID),
    ("CrOS", System.CHROMEOS),
    ("Windows", System.WINDOWS),
    ("Macintosh", System.MACOS),
    ("Linux", System.LINUX),
)


def device(user_agent: str, host: str) -> Device:
    """``host``: the client's address."""
    said = user_agent[:MOST_READ]
    browser = next((family for word, family in _BROWSERS if word in said), Browser.OTHER)
    system = next((family for word, family in _SYSTEMS if word in said), System.OTHER)
    return Device(browser, system, network(host))


def network(host: str) -> Network:
    """Of which kind an address is."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return Network.UNKNOWN
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return Network.HERE
    return Network.LOCAL if address.is_private or address.is_link_local else Network.INTERNET
