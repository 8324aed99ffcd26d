"""Votes in Valkey or Redis. The acts themselves are in functions/; here answers become values and errors.

An answer comes after the write is on disk where the store has ``appendfsync always``. Each act is one call at one
place (``_act``), on a line, which answers when the write is durable. What only reads goes by any connection
(``_look``).
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from typing import Any

import msgspec
from typing_extensions import override

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store, guard
from roadshow.store.fence import Fence
from roadshow.store.functions import Caller, Library, in_rows, read_library
from roadshow.store.keys import Keys
from roadshow.store.rewritten import of_one_piece
from roadshow.voting.acts import (
    BY_RULE,
    Act,
    about,
    act_body,
    act_kind,
    close_body,
    confirm_body,
    open_body,
    reveal_body,
    revote_body,
    revote_window_body,
    settle_body,
    subject_of,
)
from roadshow.voting.aftermath.acts import AfterAct, after_body, after_kind, after_subject
from roadshow.voting.ballot import MAX_REVISIONS, Frame, canonical, frame
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.calibration.stored import RedisCalibration
from roadshow.voting.carried.carrying import carry_body
from roadshow.voting.carried.terms import Brought
from roadshow.voting.comments.comment import Comment, Fate, is_at_once
from roadshow.voting.deliberation.acts import deliberate_body, time_of
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.ledger.counting import accepted_of, in_force
from roadshow.voting.ledger.following import FollowedChain
from roadshow.voting.looking import LEDGER_PAGE
from roadshow.voting.paper.acts import MOST_CARDS, PaperAct, TypeCard, paper_body, paper_kind, told
from roadshow.voting.ports import PollChanged
from roadshow.voting.questions.acts import (
    MOST_QUESTIONS,
    PutQuestion,
    QuestionAct,
    question_body,
    question_kind,
    question_subject,
)
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec, term_of
from roadshow.voting.stores.comments import comments_of
from roadshow.voting.stores.entries import Stored, instant, kind_of, stored
from roadshow.voting.stores.known import known_of
from roadshow.voting.stores.refusals import SpecChanged, refuse
from roadshow.voting.tally import Asking, LedgerEntry, PollState
from roadshow.voting.votes import FIRST_ROUND, Accepted, Cast, Window

PARTS = (
    *("poll", "paper", "cards", "carried", "calibration", "windows", "ballots", "acts", "seats", "office"),
    *("identity", "questions", "deliberation"),
    *("result", "aftermath", "comments", "seals", "reading"),
)
"""Of the library, in this order: all others use what the first ones define."""

OVERTAKEN_BY = 0.05
"""Seconds in which the answers of acts that came before arrive, over another line: with the rest of their batch, which
may take one more flush of a slow disk. After that the ledger is read, as it must be for an entry that nobody waits for:
a window's end by its deadline."""
SEALS_AT_ONCE = 500
"""In one call: Lua passes a few thousand values on at most, and other acts wait meanwhile."""


class RedisVoteStore(RedisCalibration):
    """Satisfies ``ports.VoteStore``."""

    def __init__(self, store: Store, keys: Keys, fence: Fence | None = None, boxes: Boxes | None = None) -> None:
        """``fence`` None: whoever only reads, and by the store's own clock. ``boxes``: by which sealed scores are
        opened when they are read."""
        self._boxes = boxes or Boxes()
        self._store = store
        self._keys = keys
        self._fence = fence or Fence(keys)
        self._library = Library(read_library("roadshow.voting", *PARTS))
        self._names: dict[PollId, list[str]] = {}
        """Of each poll's keys, as the functions take them."""
        self._chains: dict[PollId, FollowedChain] = {}
        """As far as they were read; of an empty ledger there is none, for it may still get another genesis."""
        self._prepared: dict[PollId, tuple[str, ...]] = {}
        """The newest genesis that each poll was given here, and before it the former: reading and giving it another may
        overtake one another."""
        self._grown: dict[PollId, asyncio.Event] = {}
        """Somebody waits for a chain to go on."""
        self._looking: defaultdict[PollId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def prepare(self, spec: PollSpec, genesis: str) -> None:
        self._boxes.know(spec)
        former = self._prepared.get(spec.poll, ())
        self._prepared[spec.poll] = (*former[-1:], genesis)
        try:
            await self._act("prepare", spec.poll, genesis, canonical(spec), *known_of(spec))
        except SpecChanged as refusal:
            self._prepared[spec.poll] = former
            raise PollChanged(msgspec.json.decode(refusal.stored, type=PollSpec), spec) from None

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        span = "" if closes_in is None else closes_in.ms
        await self._act("open_window", poll, project, span, *open_body(project))

    async def close_window(self, poll: PollId, project: ProjectId, in_round: int = FIRST_ROUND) -> None:
        await self._act("close_window", poll, project, in_round, close_body(project, "command", in_round))

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
        return await self._take(poll, judge, cast, frame(judge, cast))

    async def recuse(self, poll: PollId, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Accepted:
        recusal = msgspec.structs.replace(cast, round=FIRST_ROUND)
        framed = frame(judge, recusal, "recuse", grounds.category, grounds.seal)
        return await self._take(poll, judge, recusal, framed, grounds.words)

    async def abstain(self, poll: PollId, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Accepted:
        framed = frame(judge, cast, "abstain", grounds.category, grounds.seal)
        return await self._take(poll, judge, cast, framed, grounds.words)

    async def cast_late(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
        late = msgspec.structs.replace(cast, round=FIRST_ROUND)
        return await self._take(poll, judge, late, frame(judge, late, "late"))

    async def _take(self, poll: PollId, judge: PersonId, cast: Cast, framed: Frame, words: str = "") -> Accepted:
        sequence, at, body = await self._act(
            "cast",
            poll,
            judge,
            cast.project,
            cast.round,
            cast.command,
            framed.kind,
            "" if framed.kind == "recuse" else cast.expected_revision,
            framed.head,
            framed.tail,
            MAX_REVISIONS,
            close_body(cast.project, "deadline", cast.round),
            words,
            cast.key,
        )
        self._follow(poll, (int(sequence), framed.kind, instant(at), body))
        return self._boxes.opened_one(poll, accepted_of(int(sequence), framed.kind, instant(at), body))

    async def words(self, poll: PollId) -> Mapping[int, str]:
        (said,) = await self._look("words", poll)
        return {int(sequence): words.decode() for sequence, words in in_rows(said, 2)}

    async def read(self, poll: PollId) -> PollState:
        known = self._known(poll)
        answer = await self._look("read", poll, max(known, 0))
        with of_one_piece():
            return self._state(poll, known, *answer)

    def _state(
        self, poll: PollId, known: int, meta: Any, windows: Any, names: Any, result: Any, entries: Any
    ) -> PollState:
        """Of what the store answers. ``known``: entries that were hashed before."""
        genesis, sequence, state, announced, confirmed_at, version, countersigned_by, published_at, asking, until = (
            value.decode() for value in meta
        )
        chain = self._chains.get(poll) or FollowedChain(genesis)
        given = self._prepared.get(poll) or (genesis,)
        if chain.genesis != genesis or genesis not in (given if sequence == "0" else given[-1:]):
            raise Conflict("ledger.rewritten")  # somebody else gave the poll another spec
        if sequence != "0":
            self._chains[poll] = chain
        for entry in entries:
            chain.link(*stored(entry))
        if not known <= int(sequence) <= chain.known:
            raise Conflict("ledger.rewritten")
        opened = ((int(first), project) for project, *_, first in in_rows(windows, 5) if first)
        return PollState(
            sequence=int(sequence),
            head=chain.hash_at(int(sequence)),
            windows=tuple(
                Window(
                    ProjectId(project.decode()),
                    open_ == b"1",
                    instant(closes_at) if closes_at else None,
                    int(in_round),
                )
                for project, in_round, open_, closes_at, _ in in_rows(windows, 5)
            ),
            tally=self._boxes.opened(
                poll,
                in_force(
                    (name.decode(), int(number), kind_of(kind), instant(at), body)
                    for name, number, kind, at, body in in_rows(names, 5)
                ),
            ),
            state=CeremonyState(state),
            result=self._boxes.result(poll, result) or None,
            announced=int(announced),
            confirmed_at=Instant(int(confirmed_at)) if confirmed_at else None,
            version=int(version),
            countersigned_by=PersonId(countersigned_by) if countersigned_by else None,
            opened=tuple(ProjectId(project.decode()) for _, project in sorted(opened)),
            published_at=Instant(int(published_at)) if published_at else None,
            asking=Asking(int(asking), Instant(int(until))) if asking else None,
        )

    async def settle(
        self, poll: PollId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        body = settle_body(chair, order, reason, command)
        await self._act("act", poll, "settle", command, body, "", "", chair, *order)

    async def act(self, poll: PollId, by: PersonId, act: Act, command: CommandId) -> None:
        subject, number = subject_of(by, act)
        body = act_body(by, act, command)
        await self._act("act", poll, act_kind(act), command, body, subject, number, by, *about(act))

    async def revote(
        self,
        poll: PollId,
        chair: PersonId,
        projects: tuple[ProjectId, ...],
        reason: str,
        closes_in: Duration | None,
        command: CommandId,
    ) -> None:
        windows = [part for project in projects for part in (project, *revote_window_body(project))]
        span = "" if closes_in is None else closes_in.ms
        body = revote_body(chair, projects, reason, command)
        await self._act("revote", poll, command, *body, span, chair, *windows)

    async def confirm(
        self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId, second: bool = False
    ) -> None:
        body = confirm_body(chair, result, command)
        kept = self._boxes.sealed_result(poll, result)
        await self._act("confirm", poll, kept, at_sequence, command, *body, "1" if second else "0")

    async def announce(self, poll: PollId, by: PersonId, expected: int, command: CommandId, last: bool) -> None:
        body = reveal_body(by, expected + 1, command)
        await self._act("announce", poll, expected, command, body, "1" if last else "0")

    async def deliberate(
        self, spec: PollSpec, by: PersonId, projects: tuple[ProjectId, ...], command: CommandId
    ) -> None:
        windows = [part for project in projects for part in open_body(project)]
        body, span = deliberate_body(by, projects, command), time_of(spec.rules).ms
        await self._act("deliberate", spec.poll, command, body, by, span, len(projects), *projects, *windows)

    async def question(self, poll: PollId, by: PersonId, act: QuestionAct, command: CommandId) -> None:
        about = (act.projects, act.jury) if isinstance(act, PutQuestion) else ((), ())
        told = (*question_body(by, act, command), by, *question_subject(act), MOST_QUESTIONS, len(about[0]))
        await self._act("question", poll, question_kind(act), command, *told, *about[0], *about[1])

    async def carry(self, poll: PollId, what: Brought, command: CommandId) -> None:
        through = (line.project for line in what.came)
        await self._act("carry", poll, command, carry_body(BY_RULE, what, command), *through)

    async def after(self, spec: PollSpec, by: PersonId, act: AfterAct, command: CommandId, confided: str = "") -> int:
        told = after_subject(act)
        body = after_body(by, act, command)
        term = term_of(spec.rules).ms
        (sequence,) = await self._act(
            "after", spec.poll, after_kind(act), command, body, by, *told, term, confided, *spec.projects
        )
        return int(sequence)

    async def comment(
        self, spec: PollSpec, judge: PersonId, project: ProjectId, words: str, seal: str, expected: int
    ) -> int:
        at_once = int(is_at_once(spec.rules))
        (revision,) = await self._act("comment", spec.poll, judge, project, words, seal, expected, at_once)
        return int(revision)

    async def decide_comment(
        self, poll: PollId, by: PersonId, judge: PersonId, project: ProjectId, revision: int, fate: Fate, reason: str
    ) -> None:
        await self._act("decide_comment", poll, judge, project, revision, fate, reason, by)

    async def comments(self, poll: PollId) -> tuple[Comment, ...]:
        (fields,) = await self._look("comments", poll)
        return comments_of(dict(in_rows(fields, 2)))

    async def paper(self, poll: PollId, by: PersonId, act: PaperAct, command: CommandId) -> int:
        kind, body = paper_kind(act), paper_body(by, act, command)
        closing = close_body(act.project, "deadline") if isinstance(act, TypeCard) else ""
        (sequence,) = await self._act("paper", poll, kind, command, body, by, *told(act), closing, MOST_CARDS)
        return int(sequence)

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        if after > self._known(poll):
            state = await self.read(poll)
            if after >= state.sequence:
                return ()
        (entries,) = await self._look("ledger", poll, after, limit)
        return tuple(self._chains[poll].link(*stored(entry)) for entry in entries)

    async def hashes_at(self, poll: PollId, sequence: int) -> tuple[str, str]:
        if sequence > self._known(poll):
            await self._catch_up(poll, sequence)
        chain = self._chains[poll]
        return chain.hash_at(sequence - 1), chain.hash_at(sequence)

    async def _catch_up(self, poll: PollId, sequence: int) -> None:
        """Know the chain up to an entry: from the answers of other acts, which are on their way, or else by looking.
        Raises as ``hashes_at``."""
        if poll in self._chains:
            grown = self._grown.setdefault(poll, asyncio.Event())
            with suppress(TimeoutError):
                async with asyncio.timeout(OVERTAKEN_BY):
                    while sequence > self._known(poll):
                        grown.clear()
                        await grown.wait()
        async with self._looking[poll]:  # one reading serves all who wait for it
            if poll not in self._chains:
                await self.read(poll)
                if poll not in self._chains:  # it is empty
                    raise Conflict("ledger.rewritten")
            while sequence > (known := self._known(poll)):
                if not await self.ledger(poll, known, LEDGER_PAGE) and sequence > self._known(poll):
                    raise Conflict("ledger.rewritten")

    def _known(self, poll: PollId) -> int:
        """The last entry of the chain as far as it was read; -1 before the first reading."""
        chain = self._chains.get(poll)
        return -1 if chain is None else chain.known

    async def keep_seals(self, poll: PollId, seals: Mapping[int, str]) -> None:
        words = [word for pair in seals.items() for word in pair]
        for first in range(0, len(words), 2 * SEALS_AT_ONCE):
            await self._act("keep_seals", poll, *words[first : first + 2 * SEALS_AT_ONCE])

    async def seals(self, poll: PollId, sequences: Sequence[int] | None = None) -> dict[int, str]:
        if sequences is None:
            (pairs,) = await self._look("seals", poll)
            return {int(number): seal.decode() for number, seal in in_rows(pairs, 2)}
        found: dict[int, str] = {}
        for first in range(0, len(sequences), SEALS_AT_ONCE):
            asked = sequences[first : first + SEALS_AT_ONCE]
            (seals,) = await self._look("seals", poll, *asked)
            found |= {one: seal.decode() for one, seal in zip(asked, seals, strict=True) if seal is not None}
        return found

    async def secure(self) -> None:
        with guard():
            await self._store.lines.secure()

    @override
    async def _act(self, function: str, poll: PollId, *arguments: str | bytes | int) -> Any:
        """The values that follow ``ok``, durable. The function must be safe to repeat."""
        return await self._call(function, poll, arguments, self._store.lines)

    @override
    async def _look(self, function: str, poll: PollId, *arguments: str | bytes | int) -> Any:
        """The same of a function that writes nothing."""
        return await self._call(function, poll, arguments, self._store.redis)

    async def _call(self, function: str, poll: PollId, arguments: tuple[str | bytes | int, ...], by: Caller) -> Any:
        if (keys := self._names.get(poll)) is None:
            keys = self._names[poll] = list(astuple(self._keys.poll(poll)))
        with guard(), of_one_piece():
            answer = await self._library.call(
                self._store.redis,
                f"{self._library.name}_{function}",
                keys,
                *arguments,
                by=by,
                fence=self._fence,
            )
        if answer[0] != b"ok":
            refuse(*(value.decode() for value in answer))
        return answer[1:]

    def _follow(self, poll: PollId, record: Stored) -> None:
        """What an act has just made. Raises Conflict("ledger.rewritten")."""
        if (chain := self._chains.get(poll)) is not None:
            chain.follow(*record)
            if (grown := self._grown.get(poll)) is not None:
                grown.set()
