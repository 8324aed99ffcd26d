"""The relay's native fan-out (fan.c), where it was compiled; ``load`` says why not where it was not."""

import importlib
import os
from typing import Any

from pylibsrtp import _binding

ABI = 10
"""What fan.c must say of itself, or it was compiled from another version's source."""
BUILD_VARIABLE = "RELAY_NATIVE_BUILD"
"""For developers: ``checked`` takes the module built under the sanitizers."""


class NoNative(Exception):
    """Why there is no native fan-out."""


def load() -> tuple[Any, Any]:
    """cffi's (ffi, lib). Raises NoNative."""
    name = "_fan_checked" if os.environ.get(BUILD_VARIABLE) == "checked" else "_fan"
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise NoNative("it is not compiled (python -m roadshow.rooms.relay.egress.native.build)") from error
    except ImportError as error:
        raise NoNative(f"it cannot be loaded ({error})") from error
    if module.lib.fan_abi() != ABI:
        raise NoNative("it was compiled from another version (python -m roadshow.rooms.relay.egress.native.build)")
    module.lib.fan_openssl_at(_binding.__file__.encode())
    return module.ffi, module.lib
