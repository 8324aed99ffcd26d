"""People and invitations in Valkey or Redis.

What must be atomic touches one key alone (``HSETNX`` makes an invitation single-use, ``HINCRBY`` ends what is older),
so no server-side function is needed and keys may lie anywhere in a cluster.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.competitions.invitations import REMEMBERED, Access, Invitation, Session
from roadshow.competitions.people import Person
from roadshow.competitions.ports import PeopleStore
from roadshow.ids import PersonId
from roadshow.moments import Instant, decode_moment, encode_moment
from roadshow.store.connection import guard
from roadshow.store.keys import Keys

Field: TypeAlias = "bytes | bytearray | memoryview[int] | str | int | float"
"""What redis-py takes as a field or its value."""

_BODY = "body"
_CONSUMED_BY = "consumed-by"


class RedisPeopleStore(PeopleStore):
    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    @override
    async def set_people(self, people: Iterable[Person]) -> None:
        rows: dict[Field, Field] = {person.id: msgspec.json.encode(person) for person in people}
        with guard():
            async with self._redis.pipeline(transaction=True) as batch:
                batch.delete(self._keys.people())
                if rows:
                    batch.hset(self._keys.people(), mapping=rows)
                await batch.execute()

    @override
    async def people(self) -> tuple[Person, ...]:
        with guard():
            rows = await self._redis.hgetall(self._keys.people())
        return tuple(_person(row) for _, row in sorted(rows.items()))

    @override
    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, tuple[Person, Access]]:
        ids = list(dict.fromkeys(people))
        if not ids:
            return {}
        fields = [field for one in ids for field in (f"{one}:issue", f"{one}:era")]
        with guard():
            async with self._redis.pipeline(transaction=False) as batch:
                batch.hmget(self._keys.people(), [str(one) for one in ids])
                batch.hmget(self._keys.access(), fields)
                rows, numbers = await batch.execute()
        counters = [int(number or 0) for number in numbers]
        pairs = zip(counters[::2], counters[1::2], strict=True)
        return {
            one: (_person(row), Access(issue, era))
            for one, row, (issue, era) in zip(ids, rows, pairs, strict=True)
            if row is not None
        }

    @override
    async def raise_issue(self, person: PersonId) -> Access:
        return await self._raise(person, era_by=0)

    @override
    async def raise_era(self, person: PersonId) -> Access:
        return await self._raise(person, era_by=1)

    async def _raise(self, person: PersonId, era_by: int) -> Access:
        with guard():
            async with self._redis.pipeline(transaction=True) as batch:
                batch.hincrby(self._keys.access(), f"{person}:issue", 1)
                batch.hincrby(self._keys.access(), f"{person}:era", era_by)
                issue, era = await batch.execute()
        return Access(issue, era)

    @override
    async def add_invitation(self, token_hash: str, invitation: Invitation) -> None:
        key = self._keys.invitation(token_hash)
        with guard():
            async with self._redis.pipeline(transaction=True) as batch:
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
            async with self._redis.pipeline(transaction=True) as batch:
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
            async with self._redis.pipeline(transaction=True) as batch:
                batch.hset(key, str(person), era)
                batch.pexpireat(key, expires_at.ms)
                await batch.execute()

    @override
    async def renew(self, session_hash: str, expires_at: Instant) -> None:
        with guard():
            await self._redis.pexpireat(self._keys.session(session_hash), expires_at.ms)


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode()


def _person(row: bytes | str) -> Person:
    return msgspec.json.decode(row, type=Person)
