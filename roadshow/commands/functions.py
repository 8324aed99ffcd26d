"""Server-side functions for a store whose user for the server may not load them (deploy/store.acl)."""

from roadshow.adapters import load_libraries
from roadshow.errors import SetupError
from roadshow.settings import Settings
from roadshow.store.connection import open_own_store


async def load(settings: Settings) -> None:
    """Load this version's, and log what is wrong with how the store is set up. Raises SetupError, Unavailable."""
    if settings.redis_url is None:
        raise SetupError(
            "There is nothing to load: the embedded store takes its functions from the server. Set REDIS_URL."
        )
    async with open_own_store(settings.redis_url) as store:
        await load_libraries(store)
