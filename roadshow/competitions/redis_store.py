"""The cast and its invitations in Valkey or Redis. One server-side function (functions.lua) writes records."""

from collections.abc import Iterable, Mapping
from typing import cast

import msgspec
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.competitions.former import FormerPerson
from roadshow.competitions.invitations import REMEMBERED, Access, Invitation, Session
from roadshow.competitions.merging import Key, Record, Records
from roadshow.competitions.ports import CastStore, PeopleStore
from roadshow.errors import Conflict
from roadshow.ids import PersonId
from roadshow.moments import Instant, decode_moment, encode_moment
from roadshow.store.connection import guard
from roadshow.store.fence import Fence
from roadshow.store.functions import Library, read_library
from roadshow.store.keys import Keys

_BODY = "body"
_CONSUMED_BY = "consumed-by"


class RedisCastStore(CastStore):
    """As durable as the store: with ``appendfsync always``, on disk when ``write`` returns."""

    def __init__(self, redis: Redis, keys: Keys, fence: Fence | None = None) -> None:
        self._redis = redis
        self._keys = keys
        self._fence = fence or Fence(keys)
        self._library = Library(read_library("roadshow.competitions"))

    @override
    async def load(self) -> Records:
        with guard():
            rows = cast("dict[bytes, bytes]", await self._redis.hgetall(self._keys.cast()))
        return {_key(field): msgspec.json.decode(row, type=Record) for field, row in sorted(rows.items())}

    @override
    async def former(self) -> tuple[FormerPerson, ...]:
        with guard():
            rows = await self._redis.hgetall(self._keys.former_people())
        return tuple(msgspec.json.decode(row, type=FormerPerson) for _, row in sorted(rows.items()))

    @override
    async def write(self, records: Records) -> None:
        arguments: list[str | bytes | int] = []
        for key, record in records.items():
            arguments += [f"{key.kind}:{key.id}", record.revision, msgspec.json.encode(record)]
        if not arguments:
            return
        with guard():
            kept = await self._library.call(
                self._redis, "roadshow_cast_write", [self._keys.cast()], *arguments, fence=self._fence
            )
        if not kept:
            raise Conflict("cast.stale")


class RedisPeopleStore(PeopleStore):
    """What must be atomic touches one key alone (``HSETNX`` makes an invitation single-use, ``HINCRBY`` ends what is
    older), so no server-side function is needed and keys may lie anywhere in a cluster."""

    def __init__(self, redis: Redis, keys: Keys, fence: Fence | None = None) -> None:
        self._redis = redis
        self._keys = keys
        self._fence = fence or Fence(keys)

    @override
    async def ping(self) -> None:
        with guard():
            await self._redis.hlen(self._keys.access())

    @override
    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        ids = list(dict.fromkeys(people))
        if not ids:
            return {}
        fields = [field for one in ids for field in (f"{one}:issue", f"{one}:era")]
        with guard():
            numbers = await self._redis.hmget(self._keys.access(), fields)
        counters = [int(number or 0) for number in numbers]
        pairs = zip(counters[::2], counters[1::2], strict=True)
        return {one: Access(issue, era) for one, (issue, era) in zip(ids, pairs, strict=True)}

    @override
    async def raise_issue(self, person: PersonId) -> Access:
        return await self._raise(person, era_by=0)

    @override
    async def raise_era(self, person: PersonId) -> Access:
        return await self._raise(person, era_by=1)

    async def _raise(self, person: PersonId, era_by: int) -> Access:
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hincrby(self._keys.access(), f"{person}:issue", 1)
                batch.hincrby(self._keys.access(), f"{person}:era", era_by)
                issue, era = await batch.execute()
        return Access(issue, era)

    @override
    async def add_invitation(self, token_hash: str, invitation: Invitation) -> None:
        key = self._keys.invitation(token_hash)
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hset(key, _BODY, msgspec.json.encode(invitation, enc_hook=encode_moment))
                batch.pexpireat(key, (invitation.expires_at + REMEMBERED).ms)
                await batch.execute()

    @override
    async def invitation(self, token_hash: str) -> Invitation | None:
        with guard():
            body, consumed_by = await self._redis.hmget(self._keys.invitation(token_hash), [_BODY, _CONSUMED_BY])
        if body is None:
            return None
        invitation = msgspec.json.decode(body, type=Invitation, dec_hook=decode_moment)
        return msgspec.structs.replace(invitation, consumed_by=None if consumed_by is None else _text(consumed_by))

    @override
    async def consume(self, token_hash: str, session_hash: str) -> bool:
        key = self._keys.invitation(token_hash)
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hsetnx(key, _CONSUMED_BY, session_hash)
                batch.hmget(key, [_BODY, _CONSUMED_BY])
                _, (body, winner) = await batch.execute()
            if body is None:
                await self._redis.delete(key)  # there was none; leave no half of one behind
                return False
        return _text(winner) == session_hash

    @override
    async def session(self, session_hash: str) -> Session | None:
        key = self._keys.session(session_hash)
        with guard():
            async with self._redis.pipeline(transaction=True) as batch:
                batch.hgetall(key)
                batch.pexpiretime(key)
                rows, expires_at = await batch.execute()
        if not rows:
            return None
        return Session({PersonId(one.decode()): int(era) for one, era in rows.items()}, Instant(expires_at))

    @override
    async def join(self, session_hash: str, person: PersonId, era: int, expires_at: Instant) -> None:
        key = self._keys.session(session_hash)
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hset(key, str(person), era)
                batch.pexpireat(key, expires_at.ms)
                await batch.execute()

    @override
    async def renew(self, session_hash: str, expires_at: Instant) -> None:
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.pexpireat(self._keys.session(session_hash), expires_at.ms)
                await batch.execute()


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode()


def _key(field: bytes) -> Key:
    kind, _, name = field.decode().partition(":")
    return Key(kind, name)
