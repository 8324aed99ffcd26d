"""Where a competition keeps what must outlive the process: in the store, or in memory for rehearsals and tests. The
only place that names these adapters."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from roadshow.clock import Clock
from roadshow.competitions.memory_store import MemoryCastStore, MemoryPeopleStore
from roadshow.competitions.ports import CastStore, PeopleStore
from roadshow.competitions.redis_store import RedisCastStore, RedisPeopleStore
from roadshow.ids import CompetitionId
from roadshow.rooms.memory_store import MemoryJournal
from roadshow.rooms.ports import Journal
from roadshow.rooms.redis_store import RedisJournal
from roadshow.settings import Settings
from roadshow.store.connection import Store, connect, open_store, running_url
from roadshow.store.keys import Keys
from roadshow.voting.audience.award import AudienceStore
from roadshow.voting.audience.memory_store import MemoryAudienceStore
from roadshow.voting.audience.redis_store import RedisAudienceStore
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore


@dataclass(frozen=True, slots=True)
class Stores:
    """Of one competition."""

    cast: CastStore
    people: PeopleStore
    journal: Journal
    votes: VoteStore
    awards: AudienceStore
    looks: VoteStore
    """The same votes for whoever only looks. Where a store's connections can all be taken, these and the awards' are
    others than those of people at work."""


OpenStores: TypeAlias = Callable[[CompetitionId], Stores]
Adapters: TypeAlias = Callable[[Settings, Clock], AbstractAsyncContextManager[OpenStores]]
"""Opens what the stores of all competitions share, for as long as the block does. Raises SetupError, Unavailable."""


@asynccontextmanager
async def stored(settings: Settings, _clock: Clock) -> AsyncIterator[OpenStores]:
    """In Valkey or Redis, whose own clock closes windows. The audience has connections of its own: however many of it
    wait for an answer, a judge's ballot does not wait behind them."""
    async with (
        open_store(settings) as store,
        connect(running_url(settings), settings.store_replicas) as audience,
    ):

        def of(competition: CompetitionId) -> Stores:
            keys = Keys(competition)
            return Stores(
                cast=cast_store(store, competition),
                people=people_store(store, competition),
                journal=RedisJournal(store.redis, keys),
                votes=vote_store(store, competition),
                awards=RedisAudienceStore(audience, keys),
                looks=vote_store(audience, competition),
            )

        yield of


@asynccontextmanager
async def in_memory(_settings: Settings, clock: Clock) -> AsyncIterator[OpenStores]:
    """Gone with the process."""

    def of(_competition: CompetitionId) -> Stores:
        votes = MemoryVoteStore(clock)
        return Stores(
            cast=MemoryCastStore(),
            people=MemoryPeopleStore(clock),
            journal=MemoryJournal(clock),
            votes=votes,
            awards=MemoryAudienceStore(clock),
            looks=votes,
        )

    yield of


@dataclass(frozen=True, slots=True)
class ReadStores:
    """What public pages are made of. Satisfies ``front.reading.Readers``."""

    cast: CastStore
    journal: Journal
    votes: VoteStore


@asynccontextmanager
async def stored_for_reading(settings: Settings) -> AsyncIterator[Callable[[CompetitionId], ReadStores]]:
    """The store of a house that runs, for as long as the block does: over connections of its own, which open when
    something is read."""
    async with connect(running_url(settings)) as store:

        def of(competition: CompetitionId) -> ReadStores:
            return ReadStores(
                cast_store(store, competition),
                RedisJournal(store.redis, Keys(competition)),
                vote_store(store, competition),
            )

        yield of


def cast_store(store: Store, competition: CompetitionId) -> CastStore:
    """Where a competition's people and projects are."""
    return RedisCastStore(store.redis, Keys(competition))


def people_store(store: Store, competition: CompetitionId) -> PeopleStore:
    """Where a competition's invitations and sign-ins are."""
    return RedisPeopleStore(store.redis, Keys(competition))


def vote_store(store: Store, competition: CompetitionId) -> VoteStore:
    """Where a competition's votes are."""
    return RedisVoteStore(store, Keys(competition))
