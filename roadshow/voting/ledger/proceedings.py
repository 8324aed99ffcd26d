"""Whether a ledger could have come about: every act is asked again what the store asked of it when it was done. (pure)

Written apart from the stores, from docs/voting.md: what one of them lets through by mistake, the other notices.
"""

from collections.abc import Iterable, Mapping

import msgspec

from roadshow.ids import CommandId, PersonId, ProjectId, is_command_id
from roadshow.voting.acts import (
    MOST_COUNTS,
    ActBody,
    CloseBody,
    ConfirmBody,
    OpenBody,
    RevealBody,
    RevoteBody,
    SettleBody,
    open_body,
)
from roadshow.voting.ballot import MAX_REVISIONS, canonical, decode_ballot, encode_ballot
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry, Pair, SetAside
from roadshow.voting.votes import FIRST_ROUND, Ballot, BallotKind

Body = OpenBody | CloseBody | SettleBody | RevoteBody | ConfirmBody | RevealBody | ActBody

_BODIES: Mapping[EntryKind, type[Body]] = {
    "open": OpenBody,
    "close": CloseBody,
    "settle": SettleBody,
    "revote": RevoteBody,
    "confirm": ConfirmBody,
    "reveal": RevealBody,
    "accept": ActBody,
    "reject": ActBody,
    "void": ActBody,
    "restore": ActBody,
    "penalty": ActBody,
    "countersign": ActBody,
    "close-count": ActBody,
    "ask-reopening": ActBody,
    "reopen": ActBody,
}


def _written(body: Body) -> bytes:
    if not isinstance(body, OpenBody):
        return canonical(body)
    head, tail = open_body(body.project, body.round)
    return head + canonical(body.closes_at) + tail


class Impossible(Exception):
    """An act that the store would have refused. Its text says why, in English."""


class Proceedings:
    """What was done in a poll, entry by entry."""

    def __init__(self, spec: PollSpec) -> None:
        self._spec = spec
        self._judges = frozenset(spec.judges)
        self._projects = frozenset(spec.projects)
        self._criteria = {criterion.id: criterion.maximum for criterion in spec.criteria}
        self._recused = set(spec.recused)
        self._windows: dict[tuple[ProjectId, int], int | None] = {}
        """The open ones, and until when: milliseconds since the epoch."""
        self._opened: set[tuple[ProjectId, int]] = set()
        self._rounds: dict[int, frozenset[ProjectId]] = {FIRST_ROUND: self._projects}
        self._revisions: dict[tuple[PersonId, ProjectId, int], int] = {}
        self._counted: dict[Pair, EntryKind] = {}
        self._late: dict[Pair, int] = {}
        self._void: dict[Pair, SetAside] = {}
        self._counts = spec.procedure > 1
        """Whether ties are told by an act only. Before that came to be, they were once all had had their turn."""
        self._count = 1
        self._count_closed = False
        self._asked: tuple[int, PersonId] | None = None
        """The request for another count that waits: its entry's number, and who asks."""
        self._sent_late: set[Pair] = set()
        self._ruled: set[tuple[str, PersonId | None, ProjectId | None]] = set()
        """Upon what, in a count that is not the first."""
        self._commands: set[CommandId] = set()
        self._at = 0
        self.state = CeremonyState.SEALED
        self.version = 0
        """How many results were confirmed."""
        self.announced = 0
        self.confirmed: tuple[int, ConfirmBody] | None = None
        """The newest confirmation and its entry's number; None if it was taken back."""

    def take(self, entry: LedgerEntry) -> None:
        """Raises Impossible. Entries come in their order; their hashes are not looked at."""
        self._at = entry.at.ms
        kind = entry.kind
        if kind == "ballot" or kind == "recuse" or kind == "abstain" or kind == "late":
            try:
                ballot = decode_ballot(kind, entry.body, entry.at)
            except (ValueError, RecursionError) as problem:
                raise Impossible("its text is no ballot") from problem
            if encode_ballot(ballot) != entry.body:
                raise Impossible("its text is not written as the store writes it")
            self._use(ballot.command)
            self._take_ballot(kind, entry.sequence, ballot)
            return
        try:
            body = msgspec.json.decode(entry.body, type=_BODIES[kind])
        except (ValueError, RecursionError) as problem:
            raise Impossible("its text cannot be read") from problem
        if _written(body) != entry.body:
            raise Impossible("its text is not written as the store writes it")
        if not isinstance(body, OpenBody | CloseBody):
            self._use(body.command)
        match body:
            case OpenBody():
                self._open(body)
            case CloseBody():
                self._close(body)
            case SettleBody():
                self._require_sealed()
                self._require_deciding(body.chair, body.order)
                self._require_counted()
            case RevoteBody():
                self._revote(body)
            case ConfirmBody():
                self._confirm(entry.sequence, body)
            case RevealBody():
                self._reveal(body)
            case ActBody():
                self._act(kind, entry.sequence, body)

    # Windows --------------------------------------------------------------------------------------------------------

    def _open(self, body: OpenBody) -> None:
        self._require_sealed()
        if body.project not in self._rounds.get(body.round, ()):
            raise Impossible(f"there is no such window: {body.project}, round {body.round}")
        if body.round == FIRST_ROUND:
            self._require_counting()
        self._windows[body.project, body.round] = body.closes_at
        self._opened.add((body.project, body.round))

    def _close(self, body: CloseBody) -> None:
        self._require_sealed()
        if (body.project, body.round) not in self._windows:
            raise Impossible(f"the window of {body.project} is not open")
        closes_at = self._windows.pop((body.project, body.round))
        if body.by == "deadline" and (closes_at is None or self._at < closes_at):
            raise Impossible(f"the time of {body.project} was not over")

    def _is_open(self, project: ProjectId, in_round: int) -> bool:
        if (project, in_round) not in self._windows:
            return False
        closes_at = self._windows[project, in_round]
        return closes_at is None or self._at < closes_at

    def _any_open(self) -> bool:
        return any(self._is_open(*window) for window in self._windows)

    # Judges ---------------------------------------------------------------------------------------------------------

    def _take_ballot(self, kind: BallotKind, sequence: int, ballot: Ballot) -> None:
        pair, key = (ballot.judge, ballot.project), (ballot.judge, ballot.project, ballot.round)
        self._require_sealed()
        if ballot.judge not in self._judges or ballot.project not in self._projects:
            raise Impossible(f"{ballot.judge} has no vote on {ballot.project}")
        if pair in self._recused:
            raise Impossible(f"{ballot.judge} is recused from {ballot.project}")
        if pair in self._void and kind != "recuse":
            raise Impossible(f"the ballots of {ballot.judge} for {ballot.project} are set aside")
        if ballot.round == FIRST_ROUND:
            self._require_counting()
        self._require_window(kind, ballot)
        if kind == "late" and self._counts and pair in self._sent_late:
            raise Impossible(f"{ballot.judge} has sent a late ballot for {ballot.project} before")
        revision = self._revisions.get(key, 0) + 1
        if ballot.revision != revision or revision > MAX_REVISIONS:
            raise Impossible(f"it says revision {ballot.revision} where {revision} is next")
        if kind == "ballot" or kind == "late":
            self._check_scores(ballot)
        elif not ballot.reason.strip() or ballot.scores:
            raise Impossible("it must have a reason and no scores")
        self._revisions[key] = revision
        if kind == "late":
            self._late[pair] = sequence
            self._sent_late.add(pair)
            return
        if ballot.round == FIRST_ROUND:
            self._late.pop(pair, None)
            self._counted[pair] = kind
        if kind == "recuse":
            self._recused.add(pair)

    def _require_window(self, kind: BallotKind, ballot: Ballot) -> None:
        is_open = self._is_open(ballot.project, ballot.round)
        if kind == "late":
            if is_open or ballot.round != FIRST_ROUND or (ballot.project, FIRST_ROUND) not in self._opened:
                raise Impossible("it says late, but the window was not over")
        elif kind == "recuse":
            if ballot.round != FIRST_ROUND or not (is_open or self._is_open(ballot.project, max(self._rounds))):
                raise Impossible(f"no window of {ballot.project} is open")
        elif not is_open:
            raise Impossible(f"the window of {ballot.project} is not open")

    def _check_scores(self, ballot: Ballot) -> None:
        if ballot.scores.keys() != self._criteria.keys():
            raise Impossible("it does not score just the criteria of the rubric")
        for criterion, score in ballot.scores.items():
            if not 0 <= score <= self._criteria[criterion]:
                raise Impossible(f"it gives {criterion} {score} of {self._criteria[criterion]}")

    # Chair ----------------------------------------------------------------------------------------------------------

    def _act(self, kind: EntryKind, sequence: int, body: ActBody) -> None:
        match kind:
            case "countersign":
                self._countersign(body)
            case "close-count":
                self._close_count(body)
            case "reopen" if body.asked is not None:
                self._reopen(body)
            case _ if not (body.reason or "").strip():
                raise Impossible("it has no reason")
            case "ask-reopening":
                self._ask_reopening(sequence, body)
            case "reopen":
                self._take_back(body)
            case _:
                self._rule(kind, body)

    def _rule(self, kind: EntryKind, body: ActBody) -> None:
        self._require_sealed()
        if body.project is None or body.project not in self._projects:
            raise Impossible("there is no such project")
        if not (kind == "penalty" and self._is_organiser(body.by)):  # a penalty may be the organiser's
            self._require_deciding(body.by, (body.project,), body.judge)
        self._require_counting()
        upon = ("penalty" if kind == "penalty" else "late" if body.late else "ballots", body.judge, body.project)
        if upon in self._ruled:
            raise Impossible("it was decided before in this count")
        if kind == "penalty":
            if body.points is None or body.points < 0:
                raise Impossible("there is no such penalty")
        elif body.judge is None:
            raise Impossible("it does not say whose ballot it is about")
        else:
            self._decide(kind, (body.judge, body.project), body)
        if self._count > 1:
            self._ruled.add(upon)

    def _decide(self, kind: EntryKind, pair: Pair, body: ActBody) -> None:
        match kind:
            case "void":
                if pair in self._void or self._counted.get(pair) not in ("ballot", "late"):
                    raise Impossible("there is no ballot that counts")
                self._void[pair] = SetAside(*pair, body.reason or "")
            case "restore":
                if self._void.pop(pair, None) is None:
                    raise Impossible("the ballots are not set aside")
            case "accept" | "reject":
                if body.late is None or self._late.get(pair) != body.late:
                    raise Impossible("no such late ballot waits")
                if kind == "accept" and pair in self._void:
                    raise Impossible("the ballots are set aside")
                del self._late[pair]
                if kind == "accept":
                    self._counted[pair] = "late"
            case _:
                raise Impossible("there is no such act")

    def _revote(self, body: RevoteBody) -> None:
        self._require_sealed()
        self._require_deciding(body.chair, body.projects)
        self._require_counted()
        if self._any_open():
            raise Impossible("a window is open")
        if body.round != max(self._rounds) + 1 or not self._projects.issuperset(body.projects):
            raise Impossible("there is no such round")
        self._rounds[body.round] = frozenset(body.projects)

    def _confirm(self, sequence: int, body: ConfirmBody) -> None:
        self._require_sealed()
        self._require_chair(body.chair)
        if self._any_open():
            raise Impossible("a window is open")
        if self._late:
            raise Impossible("a late ballot waits for the chair's word")
        self._require_counted()
        self.version += 1
        self.confirmed = (sequence, body)
        second = self._spec.rules.second_confirmation
        self.state = CeremonyState.AWAITING if second else CeremonyState.CONFIRMED

    def _countersign(self, body: ActBody) -> None:
        if self.state is not CeremonyState.AWAITING or body.version != self.version:
            raise Impossible("no second signature is wanted")
        if body.by == self._spec.chair:
            raise Impossible("the second signature is the chair's own")
        self.state = CeremonyState.CONFIRMED

    def _close_count(self, body: ActBody) -> None:
        self._require_sealed()
        self._require_chair(body.by)
        self._require_counting()
        if body.count != self._count:
            raise Impossible(f"it closes count {body.count} where {self._count} is open")
        if self._any_open():
            raise Impossible("a window is open")
        if self._late:
            raise Impossible("a late ballot waits for the chair's word")
        self._count_closed = True

    def _ask_reopening(self, sequence: int, body: ActBody) -> None:
        if self.announced:
            raise Impossible("a place was announced")
        if body.by not in (self._spec.chair, self._spec.deputy):
            raise Impossible(f"{body.by} is neither the chair nor the deputy")
        if not self._count_closed or body.count != self._count:
            raise Impossible(f"count {body.count} is not closed")
        if self._count >= MOST_COUNTS:
            raise Impossible(f"there are {MOST_COUNTS} counts at most")
        self._asked = (sequence, body.by)

    def _reopen(self, body: ActBody) -> None:
        if self.announced:
            raise Impossible("a place was announced")
        if self._asked is None or self._asked[0] != body.asked:
            raise Impossible("no such request waits")
        if body.by in (self._asked[1], self._spec.chair) or body.by in self._judges:
            raise Impossible(f"{body.by} is no second person who could sign it")
        if self._any_open():
            raise Impossible("a window is open")
        self._count, self._count_closed, self._asked = self._count + 1, False, None
        self._ruled.clear()
        self.state, self.confirmed = CeremonyState.SEALED, None

    def _take_back(self, body: ActBody) -> None:
        """A confirmation, by the chair alone: so it was before counts were closed."""
        self._require_chair(body.by)
        if self._counts or self._count_closed:
            raise Impossible("the chair alone reopens nothing")
        if self.state not in (CeremonyState.AWAITING, CeremonyState.CONFIRMED) or body.version != self.version:
            raise Impossible("there is nothing to reopen")
        self.state, self.confirmed = CeremonyState.SEALED, None

    def _reveal(self, body: RevealBody) -> None:
        if self.state not in (CeremonyState.CONFIRMED, CeremonyState.REVEALING):
            raise Impossible("the result is not confirmed")
        if body.announced != self.announced + 1:
            raise Impossible(f"it announces place number {body.announced} where {self.announced + 1} is next")
        self.announced += 1
        self.state = CeremonyState.REVEALING

    # ----------------------------------------------------------------------------------------------------------------

    def _use(self, command: CommandId) -> None:
        if not is_command_id(command) or command in self._commands:
            raise Impossible(f"its command {command[:64]} was used before, or is none")
        self._commands.add(command)

    def _require_sealed(self) -> None:
        if self.state is not CeremonyState.SEALED:
            raise Impossible("the result was confirmed before")

    def _require_chair(self, person: PersonId) -> None:
        if person != self._spec.chair:
            raise Impossible(f"{person} is not the chair")

    def _require_counting(self) -> None:
        if self._count_closed:
            raise Impossible("the count is closed")

    def _require_counted(self) -> None:
        if self._counts and not self._count_closed:
            raise Impossible("the count is not closed")

    def _is_organiser(self, person: PersonId) -> bool:
        """Or nobody; the record does not name them."""
        return person not in self._judges and person not in (self._spec.chair, self._spec.deputy)

    def _require_deciding(self, by: PersonId, projects: Iterable[ProjectId], judge: PersonId | None = None) -> None:
        """The chair decides; about projects they are recused from, and about their own ballots, the deputy; where that
        is so of both, or there is none, an organiser."""
        if not self._counts:
            self._require_chair(by)
            return
        about = tuple(projects)

        def may(person: PersonId | None) -> bool:
            return person is not None and person != judge and not any((person, one) in self._recused for one in about)

        first = next((one for one in (self._spec.chair, self._spec.deputy) if may(one)), None)
        if by != first and not (first is None and self._is_organiser(by)):
            raise Impossible(f"{by} had not to decide that" if first is None else f"that was {first}'s to decide")
