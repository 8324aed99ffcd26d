"""Which way out media take, as set and as this machine has it."""

import logging

from roadshow.errors import SetupError
from roadshow.rooms.relay.config import MediaPath, RelayConfig
from roadshow.rooms.relay.egress.native import NoNative
from roadshow.rooms.relay.egress.native.fan import Fan

logger = logging.getLogger(__name__)


def fan_for(config: RelayConfig) -> Fan | None:
    """The native fan-out, where it is wanted and there; one line in the log says which it is. Raises SetupError."""
    if config.path is MediaPath.PYTHON:
        logger.info("Media goes out by Python, as set.")
        return None
    try:
        fan = Fan(config.workers)
    except NoNative as error:
        if config.path is MediaPath.NATIVE:
            raise SetupError(f"The native fan-out cannot be used: {error}.") from error
        logger.info("Media goes out by Python, which holds fewer viewers; no native fan-out: %s.", error)
        return None
    logger.info("Media goes out by the native fan-out, with %d helping threads.", config.workers)
    return fan
