"""Where a competition keeps what must outlive the process: in the store, or in memory for rehearsals and tests. The
only place that names these adapters."""

import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from roadshow.clock import Clock, SystemClock
from roadshow.competitions.memory_store import MemoryCastStore, MemoryPeopleStore
from roadshow.competitions.ports import CastStore, PeopleStore
from roadshow.competitions.redis_store import RedisCastStore, RedisPeopleStore
from roadshow.ids import CompetitionId
from roadshow.rooms.feeds.memory_store import MemoryFeedStore
from roadshow.rooms.feeds.ports import FeedStore
from roadshow.rooms.feeds.redis_store import RedisFeedStore
from roadshow.rooms.lines.memory_store import MemoryLineStore
from roadshow.rooms.lines.ports import LineStore
from roadshow.rooms.lines.redis_store import RedisLineStore
from roadshow.rooms.memory_store import MemoryJournal
from roadshow.rooms.ports import Journal
from roadshow.rooms.redis_store import RedisJournal
from roadshow.settings import Settings
from roadshow.store.connection import Store, connect, guard, open_store, running_url
from roadshow.store.fence import Fence
from roadshow.store.functions import load_functions, read_library
from roadshow.store.keys import Keys
from roadshow.store.lease import Lease
from roadshow.store.memory_lease import MemoryLease, behind
from roadshow.store.redis_lease import RedisLease, bound_key, is_held
from roadshow.voting.audience.award import AudienceStore
from roadshow.voting.audience.memory_store import MemoryAudienceStore
from roadshow.voting.audience.redis_store import RedisAudienceStore
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.boxes.keeping import finding
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import PARTS, RedisVoteStore
from roadshow.voting.seals.heads import ForgottenHeads, HeadFile, Heads, heads_path
from roadshow.voting.stamps.stamper import NoStamps, Stamps, stamps_of


@dataclass(frozen=True, slots=True)
class Stores:
    """Of one competition. All but the lease are behind its fence: who has not taken it cannot write."""

    lease: Lease
    cast: CastStore
    people: PeopleStore
    journal: Journal
    feeds: FeedStore
    lines: LineStore
    votes: VoteStore
    awards: AudienceStore
    heads: Heads
    """What was signed last. Not in the store, for it is to tell of one that was put back or rewritten."""
    stamps: Stamps
    boxes: Boxes
    """What opens sealed ballots; the votes here are read with their scores."""
    looks: VoteStore
    """The same votes for whoever only looks. Where a store's connections can all be taken, these and the awards' are
    others than those of people at work."""


OpenStores: TypeAlias = Callable[[CompetitionId], Stores]
Adapters: TypeAlias = Callable[[Settings, Clock], AbstractAsyncContextManager[OpenStores]]
"""Opens what the stores of all competitions share, for as long as the block does. Raises SetupError, Unavailable."""


@asynccontextmanager
async def stored(settings: Settings, clock: Clock) -> AsyncIterator[OpenStores]:
    """In Valkey or Redis. The audience has connections of its own: however many of it wait for an answer, a judge's
    ballot does not wait behind them."""
    async with (
        open_store(settings) as store,
        connect(running_url(settings), settings.store_replicas) as audience,
    ):

        def of(competition: CompetitionId) -> Stores:
            keys = Keys(competition)
            fence, boxes = Fence(keys, clock), Boxes(finding(settings.data, competition))
            return Stores(
                lease=RedisLease(store, keys, fence, _own_name()),
                cast=RedisCastStore(store.redis, keys, fence),
                people=RedisPeopleStore(store.redis, keys, fence),
                journal=RedisJournal(store.redis, keys, fence),
                feeds=RedisFeedStore(store.redis, keys, fence),
                lines=RedisLineStore(store.redis, keys, fence),
                votes=RedisVoteStore(store, keys, fence, boxes),
                awards=RedisAudienceStore(audience, keys, fence),
                boxes=boxes,
                looks=RedisVoteStore(audience, keys, fence, boxes),
                heads=HeadFile(heads_path(settings.data, competition)),
                stamps=stamps_of(heads_path(settings.data, competition), settings.timestamp_url),
            )

        yield of


@asynccontextmanager
async def in_memory(settings: Settings, clock: Clock) -> AsyncIterator[OpenStores]:
    """Gone with the process."""

    def of(competition: CompetitionId) -> Stores:
        lease, boxes = MemoryLease(SystemClock()), Boxes(finding(settings.data, competition))
        votes = behind(MemoryVoteStore(clock, boxes), lease.check, reads=READS)
        return Stores(
            lease=lease,
            cast=behind(MemoryCastStore(), lease.check, reads=READS),
            people=behind(MemoryPeopleStore(clock), lease.check, reads=READS),
            journal=behind(MemoryJournal(clock), lease.check, reads=READS),
            feeds=behind(MemoryFeedStore(), lease.check, reads=READS),
            lines=behind(MemoryLineStore(clock), lease.check, reads=READS),
            votes=votes,
            awards=behind(MemoryAudienceStore(clock), lease.check, reads=READS),
            heads=ForgottenHeads(),
            stamps=NoStamps(),
            boxes=boxes,
            looks=votes,
        )

    yield of


READS = frozenset(
    {
        *("load", "former", "history", "ping", "access", "invitation", "held", "sign_ins", "former_session"),
        *(
            "read",
            "secure",
            "ledger",
            "hashes_at",
            "seals",
            "words",
            "comments",
            "calibration",
            "choice",
            "encoders",
            "lines",
        ),
    }
)
"""What the stores are asked without writing."""


def _own_name() -> str:
    return f"{socket.gethostname()}, process {os.getpid()}"


@dataclass(frozen=True, slots=True)
class ReadStores:
    """What public pages are made of. Satisfies ``front.reading.Readers``."""

    cast: CastStore
    journal: Journal
    votes: VoteStore
    awards: AudienceStore


@asynccontextmanager
async def stored_for_reading(settings: Settings) -> AsyncIterator[Callable[[CompetitionId], ReadStores]]:
    """The store of a house that runs, for as long as the block does: over connections of its own, which open when
    something is read."""
    async with connect(running_url(settings)) as store:

        def of(competition: CompetitionId) -> ReadStores:
            return ReadStores(
                cast_store(store, competition),
                RedisJournal(store.redis, Keys(competition)),
                vote_store(store, competition, Boxes(finding(settings.data, competition))),
                RedisAudienceStore(store, Keys(competition)),
            )

        yield of


LIBRARIES = (
    ("roadshow.store",),
    ("roadshow.rooms",),
    ("roadshow.competitions",),
    ("roadshow.competitions", "people"),
    ("roadshow.voting", *PARTS),
    ("roadshow.voting.audience",),
)
"""Of server-side functions: each one's package, and its parts."""


async def load_libraries(store: Store) -> None:
    """All that a server of this version calls, for one whose own user may not load them. Raises SetupError,
    Unavailable."""
    with guard():
        await load_functions(store.redis, *(read_library(*library) for library in LIBRARIES))


def cast_store(store: Store, competition: CompetitionId) -> CastStore:
    """Where a competition's people and projects are, for whoever only reads."""
    return RedisCastStore(store.redis, Keys(competition))


async def signer_bound_in(store: Store, competition: CompetitionId) -> str:
    """The public key of whatever signs a competition's receipts; empty before the first. Raises Unavailable."""
    return await bound_key(store, Keys(competition))


async def is_served(store: Store, competition: CompetitionId) -> bool:
    """Whether a server runs it now. Raises Unavailable."""
    return await is_held(store, Keys(competition))


def people_store(store: Store, competition: CompetitionId) -> PeopleStore:
    """Where a competition's invitations and sign-ins are."""
    return RedisPeopleStore(store.redis, Keys(competition))


def feed_store(store: Store, competition: CompetitionId) -> FeedStore:
    """Where a competition's encoders are."""
    return RedisFeedStore(store.redis, Keys(competition))


def vote_store(store: Store, competition: CompetitionId, boxes: Boxes | None = None) -> VoteStore:
    """Where a competition's votes are, for whoever only reads."""
    return RedisVoteStore(store, Keys(competition), boxes=boxes)
