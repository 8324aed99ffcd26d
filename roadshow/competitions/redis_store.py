"""The cast, its invitations and its sign-ins in Valkey or Redis. Server-side functions (functions.lua for records,
functions/people.lua) do what must be atomic, or by the store's own clock."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.competitions.former import FormerPerson
from roadshow.competitions.invitations import MOVES_WITHIN, REMEMBERED, REPEATED_WITHIN, Access, Invitation, Taken, Use
from roadshow.competitions.merging import Key, Record, Records
from roadshow.competitions.ports import CastStore, PeopleStore
from roadshow.competitions.signins.life import KEPT, LONGEST_WHOLE, Device, SignIn
from roadshow.errors import Conflict
from roadshow.ids import PersonId, SignInId
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

    @override
    async def words(self) -> Mapping[str, str]:
        with guard():
            rows = cast("dict[bytes, bytes]", await self._redis.hgetall(self._keys.conflict_words()))
        return {name.decode(): said.decode() for name, said in rows.items()}

    @override
    async def keep_words(self, words: Mapping[str, str]) -> None:
        key = self._keys.conflict_words()
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                for name, said in words.items():
                    if said:
                        batch.hset(key, name, said)
                    else:
                        batch.hdel(key, name)
                await batch.execute()


class _Body(msgspec.Struct, frozen=True):
    """What never changes of a sign-in."""

    person: PersonId
    era: int
    issue: int
    device: Device
    let_in: PersonId | None = None


class RedisPeopleStore(PeopleStore):
    """``take`` touches one key alone; a browser and all sign-ins share a slot."""

    def __init__(self, redis: Redis, keys: Keys, fence: Fence | None = None) -> None:
        self._redis = redis
        self._keys = keys
        self._fence = fence or Fence(keys)
        self._library = Library(read_library("roadshow.competitions", "people"))

    @override
    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        ids = list(dict.fromkeys(people))
        if not ids:
            return {}
        fields = [field for one in ids for field in (f"{one}:issue", f"{one}:era", f"{one}:taken", f"{one}:sent")]
        with guard():
            rows = await self._redis.hmget(self._keys.access(), fields)
        each = zip(*(rows[at::4] for at in range(4)), strict=True)
        return {
            one: Access(int(issue or 0), int(era or 0), _taken(taken), int(sent or 0))
            for one, (issue, era, taken, sent) in zip(ids, each, strict=True)
        }

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
                batch.hmget(self._keys.access(), [f"{person}:taken", f"{person}:sent"])
                issue, era, (taken, sent) = await batch.execute()
        return Access(issue, era, _taken(taken), int(sent or 0))

    @override
    async def add_invitation(self, token_hash: str, invitation: Invitation) -> None:
        key = self._keys.invitation(token_hash)
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.hset(key, _BODY, msgspec.json.encode(invitation, enc_hook=encode_moment))
                batch.pexpireat(key, (invitation.expires_at + REMEMBERED).ms)
                await batch.execute()
            await self._redis.hset(self._keys.access(), f"{invitation.person}:sent", str(invitation.issue))

    @override
    async def invitation(self, token_hash: str) -> Invitation | None:
        with guard():
            body, consumed_by = await self._redis.hmget(self._keys.invitation(token_hash), [_BODY, _CONSUMED_BY])
        if body is None:
            return None
        invitation = msgspec.json.decode(body, type=Invitation, dec_hook=decode_moment)
        return msgspec.structs.replace(invitation, consumed_by=None if consumed_by is None else _text(consumed_by))

    @override
    async def take(self, invitation: Invitation, session_hash: str, follows: str) -> Use:
        keys = [self._keys.access(), self._keys.moving(session_hash)]
        words = (invitation.person, invitation.issue, invitation.era, session_hash, REPEATED_WITHIN.ms)
        return Use(await self._call("take", keys, *words, follows, MOVES_WITHIN.ms))

    @override
    async def held(self, browser: str) -> tuple[tuple[SignIn, ...], Instant]:
        return _sign_ins(await self._call("held", [self._keys.browser(browser), self._keys.sign_ins()]))

    @override
    async def sign_ins(self) -> tuple[tuple[SignIn, ...], Instant]:
        return _sign_ins(await self._call("all", [self._keys.sign_ins()]))

    @override
    async def open(self, sign_in: SignIn, browser: str, former: str | None) -> None:
        body = msgspec.json.encode(_Body(sign_in.person, sign_in.era, sign_in.issue, sign_in.device, sign_in.let_in))
        keys = [self._keys.browser(browser), self._keys.browser(former or browser), self._keys.sign_ins()]
        await self._call("open", keys, sign_in.id, sign_in.person, body, LONGEST_WHOLE.ms, KEPT.ms)

    @override
    async def seen(self, sign_ins: Iterable[SignInId]) -> None:
        await self._call("seen", [self._keys.sign_ins()], *sign_ins)

    @override
    async def end(self, sign_ins: Iterable[SignInId]) -> None:
        await self._call("end", [self._keys.sign_ins()], *sign_ins)

    @override
    async def former_session(self, browser: str) -> Mapping[PersonId, int]:
        with guard():
            rows = await self._redis.hgetall(self._keys.former_session(browser))
        return {PersonId(_text(one)): int(era) for one, era in rows.items()}

    @override
    async def forget_former_session(self, browser: str) -> None:
        with guard():
            async with self._fence.transaction(self._redis) as batch:
                batch.delete(self._keys.former_session(browser))
                await batch.execute()

    async def _call(self, function: str, keys: list[str], *words: str | bytes | int) -> Any:
        with guard():
            return await self._library.call(
                self._redis, f"{self._library.name}_{function}", keys, *words, fence=self._fence
            )


def _sign_ins(answer: list[Any]) -> tuple[tuple[SignIn, ...], Instant]:
    """Of the functions that read: the present moment, and for each sign-in its id, its body and its times."""
    now, *rows = answer
    found = []
    for id_, row, opened, seen, ended in zip(*(rows[at::5] for at in range(5)), strict=True):
        body = msgspec.json.decode(row, type=_Body)
        ended_at = Instant(int(ended)) if ended else None
        times = (Instant(int(opened)), Instant(int(seen)), ended_at)
        found.append(SignIn(SignInId(_text(id_)), body.person, body.era, body.issue, body.device, *times, body.let_in))
    return tuple(found), Instant(int(now))


def _taken(row: bytes | str | None) -> Taken | None:
    if row is None:
        return None
    issue, session, at = _text(row).split(" ")
    return Taken(int(issue), session, Instant(int(at)))


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode()


def _key(field: bytes) -> Key:
    kind, _, name = field.decode().partition(":")
    return Key(kind, name)
