"""A poll as the store in memory keeps it: every act with what it needs and what it does. (pure)

Time is an argument, and never before the newest entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from typing_extensions import override

from roadshow.errors import Conflict, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import (
    MOST_COUNTS,
    AcceptLate,
    Act,
    AskReopening,
    AskSubstitute,
    CloseCount,
    Countersign,
    Penalise,
    RejectLate,
    Reopen,
    Restore,
    Ruling,
    Seating,
    ShowCards,
    Substitute,
    Void,
    about,
    act_body,
    act_kind,
    ruled_upon,
)
from roadshow.voting.aftermath.memory import MemoryAfter
from roadshow.voting.ballot import MAX_REVISIONS, frame
from roadshow.voting.cards.view import refusal
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.identity.browsers import UseBrowser
from roadshow.voting.identity.keys import AskKey, SignKey
from roadshow.voting.identity.memory import MemoryIdentity
from roadshow.voting.ledger.counting import accepted_of, substitution_of
from roadshow.voting.ledger.counting import in_force as tally_in_force
from roadshow.voting.memory_ledger import MemoryLedger, is_given
from roadshow.voting.office.acts import AskChair, PassChair
from roadshow.voting.office.memory import MemoryOffice
from roadshow.voting.office.passing import in_force as with_chair
from roadshow.voting.paper.rows import decided, given_on_paper, own_comes, require_confirmed
from roadshow.voting.questions.memory import MemoryQuestions
from roadshow.voting.results import CeremonyState
from roadshow.voting.seating.seats import elsewhere
from roadshow.voting.seating.substitutes import gone, in_force, replaced, require_free
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import FIRST_COUNT, Asked, Count, LedgerEntry, Pair, PollState, Substitution
from roadshow.voting.votes import FIRST_ROUND, Accepted, BallotKind, Cast


@dataclass(slots=True, kw_only=True)
class MemoryPoll(MemoryLedger):
    spec: PollSpec
    state: CeremonyState = CeremonyState.SEALED
    names: dict[str, LedgerEntry] = field(default_factory=dict)
    """What is in force, under the names of ``counting.in_force``."""
    revisions: dict[tuple[PersonId, ProjectId, int], int] = field(default_factory=dict)
    recused: set[Pair] = field(default_factory=set)
    rounds: int = FIRST_ROUND
    results: list[bytes] = field(default_factory=list)
    seals: dict[int, str] = field(default_factory=dict)
    """Signatures of entries, by sequence."""
    announced: int = 0
    confirmed_at: Instant | None = None
    countersigned_by: PersonId | None = None
    count: Count = FIRST_COUNT
    asked: Asked | None = None
    sent_late: set[Pair] = field(default_factory=set)
    ruled: set[str] = field(default_factory=set)
    """Upon what, in the open count, if it is not the first."""
    words: dict[int, str] = field(default_factory=dict)
    """People's own, by their entry's number."""
    questions: MemoryQuestions = field(default_factory=MemoryQuestions)
    aftermath: MemoryAfter = field(default_factory=MemoryAfter)
    office: MemoryOffice = field(default_factory=MemoryOffice)
    identity: MemoryIdentity = field(init=False)
    through: frozenset[ProjectId] | None = None
    """Who was let in from earlier polls, once it is fixed."""
    shown: dict[ProjectId, int] = field(default_factory=dict)
    """Whose cards, and in which count."""
    substitutions: list[Substitution] = field(default_factory=list)
    offered: Substitution | None = None
    seated: PollSpec = field(init=False)
    """With whoever took a seat, or the chair's office."""
    elsewhere: frozenset[Pair] = field(init=False)
    replaced: frozenset[Pair] = field(init=False)

    def __post_init__(self) -> None:
        self.identity = MemoryIdentity(self.spec)
        self.seat()

    def seat(self) -> None:
        """After a seat or the chair's office passed, and at the beginning."""
        self.seated = with_chair(in_force(self.spec, self.substitutions), self.office.passed)
        self.elsewhere, self.replaced = elsewhere(self.seated), replaced(self.spec, self.substitutions)

    @override
    def any_open(self, now: Instant) -> bool:
        """Also a question to the jury."""
        return MemoryLedger.any_open(self, now) or self.questions.is_open(now)

    @property
    def opened(self) -> tuple[ProjectId, ...]:
        """As ``PollState.opened``."""
        return tuple(project for project, in_round in self.windows if in_round == FIRST_ROUND)

    def require_sealed(self) -> None:
        if self.state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")

    def require_counting(self) -> None:
        if self.count.closed:
            raise Conflict("count.closed")

    def require_counted(self) -> None:
        if not self.count.closed:
            raise Conflict("count.open")

    def require_hidden(self, project: ProjectId) -> None:
        """What was told of a project stays so."""
        if project in self.shown:
            raise Conflict("cards.shown")

    def require_no_conflict(self, by: PersonId, projects: Iterable[ProjectId]) -> None:
        """Who is recused from a project decides nothing about it."""
        if any((by, project) in self.recused for project in projects):
            raise NotAllowed("ruling.conflict")

    def require_settling(self, by: PersonId, projects: Iterable[ProjectId]) -> None:
        """Who goes first of those level, or has an award."""
        about = tuple(projects)
        self.require_no_conflict(by, about)
        self.office.require_settling(self.seated, self.recused, by, about)

    # Judges ---------------------------------------------------------------------------------------------------------

    def take(
        self, judge: PersonId, cast: Cast, kind: BallotKind, grounds: SealedGrounds | None, now: Instant
    ) -> Accepted:
        framed = frame(judge, cast, kind, *(() if grounds is None else (grounds.category, grounds.seal)))
        seen = self.commands.get(cast.command)
        if seen is not None:
            if not framed.fits(seen.kind, seen.body):
                raise Conflict("ballot.command_reused")
            return accepted_of(seen.sequence, seen.kind, seen.at, seen.body)

        pair = f"{judge}|{cast.project}"
        if judge not in self.seated.judges or cast.project not in self.spec.projects:
            raise NotAllowed("ballot.not_entitled")
        if (judge, cast.project) in self.replaced if cast.round == FIRST_ROUND else judge in gone(self.substitutions):
            raise NotAllowed("ballot.replaced")
        self.identity.require_key(judge, cast.key)
        if (judge, cast.project) in self.recused:
            raise Conflict("ballot.recused")
        if cast.round == FIRST_ROUND and kind != "recuse" and (judge, cast.project) in self.elsewhere:
            raise NotAllowed("ballot.elsewhere")
        self.require_sealed()
        if kind != "recuse" and f"void|{pair}" in self.names:
            raise Conflict("ballot.void")
        if cast.round == FIRST_ROUND:
            self.require_counting()
            self.require_hidden(cast.project)
        self.require_window(cast, kind, self.rounds, now)
        if kind == "late" and (judge, cast.project) in self.sent_late:
            raise Conflict("late.repeated")
        revision = self.revisions.get((judge, cast.project, cast.round), 0)
        if kind != "recuse" and cast.expected_revision != revision:
            raise Conflict("ballot.stale", revision=revision)
        if revision >= MAX_REVISIONS:
            raise Conflict("ballot.too_many", limit=MAX_REVISIONS)

        if kind == "late":
            self.close_if_over(cast.project, cast.round, now)
        entry = self.append(kind, framed.at_revision(revision + 1), now, cast.command)
        self.revisions[judge, cast.project, cast.round] = revision + 1
        if grounds is not None and grounds.words:
            self.words[entry.sequence] = grounds.words
        if cast.round == FIRST_ROUND:
            own_comes(self.names, pair, kind)
        if kind == "late":
            self.names[f"late|{pair}"] = entry
            self.sent_late.add((judge, cast.project))
        else:
            self.names[f"ballot|{pair}|{cast.round}"] = entry
            if cast.round == FIRST_ROUND:
                self.names.pop(f"late|{pair}", None)
            if kind == "recuse":
                self.recused.add((judge, cast.project))
        return accepted_of(entry.sequence, entry.kind, entry.at, entry.body)

    # Acts of the chair and others -----------------------------------------------------------------------------------

    def act(self, by: PersonId, act: Act, command: CommandId, now: Instant) -> None:
        kind, body = act_kind(act), act_body(by, act, command)
        if self.is_repeated(command, kind, body):
            return
        if isinstance(act, Seating):
            self.require_sealed()
        self.office.require_act(self.seated, self.recused, by, act, self.offered)
        self._require(by, act, now)
        entry = self.append(kind, body, now, command)
        if isinstance(act, Ruling) and self.count.number > 1:
            self.ruled.add(ruled_upon(act))
        match act:
            case Void():
                self.names[f"void|{act.judge}|{act.project}"] = entry
            case Restore():
                del self.names[f"void|{act.judge}|{act.project}"]
            case AcceptLate() | RejectLate():
                decided(self.names, f"{act.judge}|{act.project}", accepted=isinstance(act, AcceptLate))
            case Penalise():
                if act.points:
                    self.names[f"penalty|{act.project}"] = entry
                else:
                    self.names.pop(f"penalty|{act.project}", None)
            case Countersign():
                self.state, self.countersigned_by = CeremonyState.CONFIRMED, by
            case CloseCount():
                self.count = Count(self.count.number, closed=True)
                self.names[f"count|{self.count.number}"] = entry
            case AskReopening():
                self.asked = Asked(entry.sequence, by, act.reason)
                self.names["ask"] = entry
            case Reopen():
                self.state, self.confirmed_at, self.countersigned_by = CeremonyState.SEALED, None, None
                self.count, self.asked = Count(self.count.number + 1), None
                self.names[f"count|{self.count.number}"] = entry
                del self.names["ask"]
                self.ruled.clear()
            case AskSubstitute():
                self.offered = substitution_of(entry.sequence, body)
                self.names["ask-substitute"] = entry
            case Substitute():
                asked = self.names.pop("ask-substitute")
                taken = substitution_of(asked.sequence, asked.body)
                self.names[f"seat|{taken.judge}"] = asked
                self.substitutions.append(taken)
                self.offered = None
                self.seat()
            case AskChair() | PassChair():
                self.office.carry_out(by, act, entry, self.names, self.seated.chair)
                self.seat()
            case UseBrowser() | AskKey() | SignKey():
                self.identity.carry_out(by, act, entry, self.names)
            case ShowCards():
                self.shown[act.project] = self.count.number
                self.names[f"shown|{act.project}"] = entry

    def _require(self, by: PersonId, act: Act, now: Instant) -> None:
        """What the act needs."""
        match act:
            case Countersign():
                self._require_unsigned(act)
            case AskReopening():
                self._require_unannounced()
                self.require_counted()
                if act.count != self.count.number:
                    raise Conflict("count.moved_on")
                if self.count.number >= MOST_COUNTS:
                    raise Conflict("count.no_more", limit=MOST_COUNTS)
            case Reopen():
                self._require_unannounced()
                if self.asked is None or self.asked.sequence != act.asked:
                    raise Conflict("count.moved_on")
                if by == self.asked.by or by in self.seated.judges:
                    raise NotAllowed("count.second_person")
                if self.any_open(now):
                    raise Conflict("poll.open")
            case CloseCount():
                self.require_sealed()
                self.require_counting()
                if act.count != self.count.number:
                    raise Conflict("count.moved_on")
                if self.any_open(now):
                    raise Conflict("poll.open")
                if any(name.startswith("late|") for name in self.names):
                    raise Conflict("result.late")
                require_confirmed(self.names)
            case AskSubstitute():
                self._require_seat(act.judge, act.substitute, act.project)
            case Substitute():
                offered = self.offered
                if offered is None or offered.asked != act.asked:
                    raise Conflict("substitute.moved_on")
                if by in (offered.by, offered.judge, offered.substitute):
                    raise NotAllowed("substitute.second_person")
                self._require_seat(offered.judge, offered.substitute, offered.project)
            case AskChair() | PassChair():
                told = (self.spec, self.seated, self.substitutions)
                stands = (self.count, self.announced, bool(self.opened))
                self.office.require_passing(by, act, *told, *stands)
            case UseBrowser() | AskKey() | SignKey():
                self.require_sealed()
                self.identity.require(by, act, has_begun=bool(self.entries), judges=self.seated.judges)
            case ShowCards():
                self._require_showable(act, now)
            case _:
                self._require_ruling(by, act)

    def _require_seat(self, judge: PersonId, substitute: PersonId, project: ProjectId) -> None:
        self.require_counting()
        given = [one for who, one, in_round in self.revisions if who == judge and in_round == FIRST_ROUND]
        given += given_on_paper(self.names, self.entries, judge)
        require_free(self.spec, self.substitutions, given, self.shown, judge, substitute, project)

    def _require_unsigned(self, act: Countersign) -> None:
        if self.state is CeremonyState.SEALED:
            raise Conflict("result.sealed")
        if len(self.results) != act.version:
            raise Conflict("result.moved_on")
        if self.state is not CeremonyState.AWAITING:
            raise Conflict("result.confirmed")

    def _require_unannounced(self) -> None:
        if self.announced:
            raise Conflict("result.announced")

    def _require_showable(self, act: ShowCards, now: Instant) -> None:
        self.require_sealed()
        if act.project not in self.spec.projects:
            raise NotFound("project.unknown")
        problem = refusal(self.spec, self.read(now), act.project, act.missing)
        if problem is not None:
            raise problem

    def _require_ruling(self, by: PersonId, act: Ruling) -> None:
        self.require_sealed()
        self.require_no_conflict(by, about(act))
        self.require_counting()
        if self.shown.get(act.project) == self.count.number:
            raise Conflict("cards.shown")
        if ruled_upon(act) in self.ruled:
            raise Conflict("ruling.repeated")
        if isinstance(act, Penalise):
            if act.project not in self.spec.projects:
                raise NotFound("project.unknown")
            return
        pair = f"{act.judge}|{act.project}"
        set_aside, late = f"void|{pair}" in self.names, self.names.get(f"late|{pair}")
        match act:
            case Void():
                if set_aside:
                    raise Conflict("ballot.void")
                if not is_given(self.spec, self.names, act.judge, act.project):
                    raise Conflict("ballot.none")
            case Restore():
                if not set_aside:
                    raise Conflict("ballot.not_void")
            case AcceptLate() | RejectLate():
                if late is None or late.sequence != act.late:
                    raise Conflict("late.moved_on")
                if set_aside and isinstance(act, AcceptLate):
                    raise Conflict("ballot.void")

    # ----------------------------------------------------------------------------------------------------------------

    def read(self, now: Instant) -> PollState:
        return PollState(
            sequence=len(self.entries),
            head=self.head,
            windows=tuple(
                msgspec.structs.replace(
                    window,
                    open=self.is_open(window.project, window.round, now),
                    closes_at=None if window.closes_at is None else window.closes_at - self.ahead,
                )
                for window in self.windows.values()
            ),
            tally=tally_in_force((name, e.sequence, e.kind, e.at, e.body) for name, e in self.names.items()),
            state=self.state,
            result=None if self.state is CeremonyState.SEALED else self.results[-1],
            announced=self.announced,
            confirmed_at=self.confirmed_at,
            version=len(self.results),
            countersigned_by=self.countersigned_by,
            opened=self.opened,
            published_at=self.aftermath.published_at,
            asking=self.questions.asking(now, self.ahead),
        )
