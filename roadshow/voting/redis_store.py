"""Votes in Valkey or Redis. The acts themselves are in functions.lua; here answers become values and errors.

An answer comes after the write is on disk where the store has ``appendfsync always``. Each act is one call at one
place (``_act``): a replicated store waits for its copies there, with WAITAOF on the connection of the call.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import msgspec

from roadshow.errors import Conflict, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store, guard
from roadshow.store.functions import Library, read_library
from roadshow.store.keys import Keys
from roadshow.voting.acts import close_body, confirm_body, open_body, reveal_body, settle_body
from roadshow.voting.ballot import MAX_REVISIONS, canonical, decode_ballot, digest, frame
from roadshow.voting.ledger import chained
from roadshow.voting.ports import (
    Accepted,
    BallotKind,
    Cast,
    CeremonyState,
    EntryKind,
    LedgerEntry,
    PollSpec,
    PollState,
    Window,
)

Record = tuple[int, EntryKind, Instant, bytes]
"""A ledger entry as the store keeps it: sequence, kind, at, body."""

_REFUSALS: Mapping[str, type[RoadshowError]] = {
    "poll.unknown": NotFound,
    "project.unknown": NotFound,
    "ballot.not_entitled": NotAllowed,
}
"""All others are conflicts."""


class RedisVoteStore:
    """Satisfies ``ports.VoteStore``."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._redis = store.redis
        self._keys = keys
        self._library = Library(read_library("roadshow.voting"))
        self._chains: dict[PollId, list[str]] = {}
        """Hash of each entry by its number, the genesis at 0, as far as they were read. Entries never change: each is
        hashed once, and a store that has lost or changed one is found out."""

    async def prepare(self, spec: PollSpec, genesis: str) -> None:
        known = (
            *(f"judge|{judge}" for judge in spec.judges),
            *(f"project|{project}" for project in spec.projects),
            *(f"recused|{judge}|{project}" for judge, project in spec.recused),
        )
        await self._act("prepare", spec.poll, genesis, canonical(spec), *known)

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        span = "" if closes_in is None else closes_in.ms
        await self._act("open_window", poll, project, span, *open_body(project))

    async def close_window(self, poll: PollId, project: ProjectId) -> None:
        await self._act("close_window", poll, project, close_body(project, "command"))

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast, recuse_reason: str | None = None) -> Accepted:
        framed = frame(judge, cast, recuse_reason)
        answer = await self._act(
            "cast",
            poll,
            judge,
            cast.project,
            cast.command,
            framed.kind,
            cast.expected_revision if recuse_reason is None else "",
            framed.head,
            framed.tail,
            MAX_REVISIONS,
            close_body(cast.project, "deadline"),
        )
        sequence, at, body = answer
        return _accepted(int(sequence), framed.kind, _instant(at), body)

    async def read(self, poll: PollId) -> PollState:
        known = len(self._chains.get(poll, ())) - 1
        meta, windows, ballots, result, entries = await self._act("read", poll, max(known, 0))
        genesis, sequence, state, settled, announced, confirmed_at = (value.decode() for value in meta)
        chain = self._chains.setdefault(poll, [genesis])
        self._chain(poll, map(_record, entries))
        if not known <= int(sequence) < len(chain):
            raise Conflict("ledger.rewritten")
        return PollState(
            sequence=int(sequence),
            head=chain[int(sequence)],
            windows=tuple(
                Window(ProjectId(project.decode()), open_ == b"1", _instant(closes_at) if closes_at else None)
                for project, open_, closes_at in _in_rows(windows, 3)
            ),
            ballots=tuple(
                sorted(
                    (
                        _accepted(int(number), msgspec.convert(kind.decode(), BallotKind), _instant(at), body)
                        for number, kind, at, body in _in_rows(ballots, 4)
                    ),
                    key=lambda accepted: accepted.sequence,
                )
            ),
            state=CeremonyState(state),
            settled=tuple(
                tuple(ProjectId(project) for project in order.split(",")) for order in settled.split(";") if order
            ),
            result=result or None,
            announced=int(announced),
            confirmed_at=Instant(int(confirmed_at)) if confirmed_at else None,
        )

    async def settle(
        self, poll: PollId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        await self._act("settle", poll, ",".join(order), command, settle_body(chair, order, reason, command))

    async def confirm(self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId) -> None:
        await self._act("confirm", poll, result, at_sequence, command, *confirm_body(chair, result, command))

    async def announce(self, poll: PollId, by: PersonId, expected: int, command: CommandId, last: bool) -> None:
        body = reveal_body(by, expected + 1, command)
        await self._act("announce", poll, expected, command, body, "1" if last else "0")

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        if after >= len(self._chains.get(poll, ())):
            state = await self.read(poll)
            if after >= state.sequence:
                return ()
        (entries,) = await self._act("ledger", poll, after, limit)
        return self._chain(poll, map(_record, entries))

    async def _act(self, function: str, poll: PollId, *arguments: str | bytes | int) -> Any:
        """The values that follow ``ok``."""
        keys = self._keys.poll(poll)
        with guard():
            answer = await self._library.call(
                self._redis,
                f"{self._library.name}_{function}",
                [keys.meta, keys.windows, keys.ballots, keys.commands, keys.ledger, keys.result],
                *arguments,
            )
        if answer[0] != b"ok":
            _refuse(*(value.decode() for value in answer))
        return answer[1:]

    def _chain(self, poll: PollId, records: Iterable[Record]) -> tuple[LedgerEntry, ...]:
        """Hash what is new and compare what is not. Raises Conflict("ledger.rewritten")."""
        chain = self._chains[poll]
        entries: list[LedgerEntry] = []
        for sequence, kind, at, body in records:
            if sequence > len(chain):
                raise Conflict("ledger.rewritten")
            entry = chained(chain[sequence - 1], sequence, kind, at, body)
            if sequence == len(chain):
                chain.append(entry.hash)
            elif chain[sequence] != entry.hash:
                raise Conflict("ledger.rewritten")
            entries.append(entry)
        return tuple(entries)


def _refuse(code: str, *values: str) -> NoReturn:
    if code == "ballot.stale":
        raise Conflict(code, revision=int(values[0]))
    if code == "ballot.too_many":
        raise Conflict(code, limit=MAX_REVISIONS)
    raise _REFUSALS.get(code, Conflict)(code)


def _record(entry: Any) -> Record:
    number, fields = entry
    values = dict(_in_rows(fields, 2))
    kind = msgspec.convert(values[b"kind"].decode(), EntryKind)
    return int(number.split(b"-")[0]), kind, _instant(values[b"at"]), values[b"body"]


def _accepted(sequence: int, kind: BallotKind, at: Instant, body: bytes) -> Accepted:
    return Accepted(decode_ballot(kind, body, at), sequence, digest(body))


def _instant(milliseconds: bytes) -> Instant:
    return Instant(int(milliseconds))


def _in_rows(values: list[Any], width: int) -> Iterable[tuple[Any, ...]]:
    return zip(*[iter(values)] * width, strict=True)
