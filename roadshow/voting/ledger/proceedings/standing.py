"""What is in force after the entries so far, and what acts of several kinds require of it. (pure)"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roadshow.ids import AwardId, CommandId, PersonId, ProjectId, is_command_id
from roadshow.voting.acts import ActBody, ConfirmBody
from roadshow.voting.aftermath.acts import AfterBody
from roadshow.voting.boxes.box import Box
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.paper.acts import PaperBody
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, Pair, SetAside
from roadshow.voting.votes import FIRST_ROUND


class Impossible(Exception):
    """An act that the store would have refused. Its text says why, in English."""


@dataclass(slots=True)
class Paper:
    """A card that was typed in, and is neither rejected nor replaced by what the judge sent."""

    entry: int
    typed: PaperBody
    confirmed_by: PersonId | None = None
    contested: bool = False


@dataclass(slots=True)
class After:
    """What was done since the last place was announced. Times are milliseconds since the epoch."""

    published_at: int = 0
    amended_at: int = 0
    objected: dict[tuple[int, str], int] = field(default_factory=dict)
    """How often each team has, since how many amendments."""
    open: dict[int, str] = field(default_factory=dict)
    """Objections without a ruling, and what they are about."""
    request: tuple[int, AfterBody] | None = None
    """The amendment that waits for a signature, and its entry's number."""
    amended: list[tuple[ProjectId, str]] = field(default_factory=list)
    out: set[ProjectId] = field(default_factory=set)

    @property
    def has_begun(self) -> bool:
        return bool(self.objected or self.request or self.amended)


@dataclass(slots=True)
class Asked:
    """A question to the jury."""

    subject: AwardId | frozenset[ProjectId]
    """What is awarded; or which of these goes first."""
    projects: tuple[ProjectId, ...]
    jury: tuple[PersonId, ...]
    """Who may vote."""
    until: int
    """Milliseconds since the epoch."""
    votes: dict[PersonId, ProjectId] = field(default_factory=dict)
    is_cast: bool = False
    """Whoever decides has given the casting vote."""


class Standing:
    """Of one poll. Kinds of entries change it; what only one kind asks is with that kind."""

    def __init__(self, spec: PollSpec, box: Box | None = None) -> None:
        """``box``: what opens the ballots, where they are sealed."""
        self.spec = spec
        self.box = box
        self.judges = set(spec.judges)
        self.projects = frozenset(spec.projects)
        self.criteria = {criterion.id: criterion.maximum * criterion.steps for criterion in spec.criteria}
        self.deductions = {deduction.id: deduction.maximum * deduction.steps for deduction in spec.rules.deductions}
        self.form = spec.rules.ballots
        """What a ballot is; None: scores."""
        self.held: dict[Pair, frozenset[str]] = {}
        """What is in each ballot, by who sent it in whose window; projects, if it is no scores."""
        self.drawn: dict[PersonId, Mapping[ProjectId, frozenset[ProjectId]]] = {}
        """Where ballots are pairs: with which others each judge compares each project; of those who sent any."""
        self.recused = set(spec.recused)
        by_lot = {panel.id for panel in spec.rules.panels if panel.each > 0}
        self.by_lot = {judge for judge, panel in spec.seats if panel in by_lot}
        """Judges who score what they were assigned to."""
        self.assigned = set(spec.assigned)
        self.seats = {judge: [judge] * len(spec.projects) for judge in spec.judges}
        """Of each who began, and in the order of the rundown: who sits there."""
        self.reserve = set(spec.reserve)
        """Who has not taken a seat."""
        self.chair, self.deputy = spec.chair, spec.deputy
        """Who holds these offices now."""
        self.stood_down: set[PersonId] = set()
        """Who was chair before."""
        self.chosen_late = False
        """The chair is a judge to whom the office passed when it was known who stands level."""
        self.asked_chair: tuple[int, ActBody] | None = None
        """The request for another chair that waits, and its entry's number."""
        self.offered: tuple[int, ActBody] | None = None
        """The request for a substitute that waits, and its entry's number."""
        self.windows: dict[tuple[ProjectId, int], int | None] = {}
        """The open ones, and until when: milliseconds since the epoch."""
        self.opened: dict[tuple[ProjectId, int], None] = {}
        """Those that ever were, by their first opening."""
        self.rounds: dict[int, frozenset[ProjectId]] = {FIRST_ROUND: self.projects}
        self.revisions: dict[tuple[PersonId, ProjectId, int], int] = {}
        self.counted: dict[Pair, EntryKind] = {}
        self.late: dict[Pair, int] = {}
        """Those that wait: the numbers of their entries."""
        self.sent_late: set[Pair] = set()
        self.papers: dict[Pair, Paper] = {}
        self.typed: dict[Pair, int] = {}
        """How often a card was."""
        self.carded: set[Pair] = set()
        """For whom one was confirmed, whatever became of it."""
        self.void: dict[Pair, SetAside] = {}
        self.counts = spec.procedure > 1
        """Whether ties are told by an act only. Before that came to be, they were once all had had their turn."""
        self.count = 1
        self.count_closed = False
        self.asked: tuple[int, PersonId] | None = None
        """The request for another count that waits: its entry's number, and who asks."""
        self.ruled: set[tuple[str, PersonId | None, ProjectId | None]] = set()
        """Upon what, in a count that is not the first."""
        self.calibrated = False
        """It was told that the jury held calibration rounds."""
        self.shown: dict[ProjectId, int] = {}
        """Whose cards, and in which count."""
        self.browsers: dict[PersonId, set[str]] = {}
        """In which each judge votes."""
        self.keys = dict(spec.keys)
        """Of judges: with which they sign what they send."""
        self.asked_keys: dict[PersonId, tuple[int, ActBody]] = {}
        """Requests that wait, and their entries' numbers."""
        self.times_asked: dict[PersonId, int] = {}
        self.rules = genesis(spec)
        """Their hash, which judges sign along."""
        self.commands: set[CommandId] = set()
        self.at = 0
        """The time of the entry in hand: milliseconds since the epoch."""
        self.state = CeremonyState.SEALED
        self.version = 0
        """How many results were confirmed."""
        self.announced = 0
        self.confirmed: tuple[int, ConfirmBody] | None = None
        """The newest confirmation and its entry's number; None if it was taken back."""
        self.after = After()
        self.deliberated = False
        """All cards were opened once more."""
        self.sat_down = list(spec.judges)
        """All who have a seat, or had one, in the order in which they took it."""
        self.asked_jury: dict[int, Asked] = {}
        """By the question's entry."""
        self.through: frozenset[ProjectId] | None = None
        """Who was let in from earlier polls, once it is fixed."""

    def is_open(self, project: ProjectId, in_round: int) -> bool:
        if (project, in_round) not in self.windows:
            return False
        closes_at = self.windows[project, in_round]
        return closes_at is None or self.at < closes_at

    def holds(self, judge: PersonId, project: ProjectId) -> bool:
        """Whether a ballot of the judge's that is no scores has the project in it; as far as a store can tell."""
        given = [held for (one, _), held in self.held.items() if one == judge and held]
        return bool(given) if self.spec.sealed else any(project in held for held in given)

    def is_organiser(self, person: PersonId) -> bool:
        """Or nobody; the record does not name them."""
        known = (self.chair, self.deputy, *self.stood_down, *self.spec.reserve, *self.spec.clerks)
        return person not in self.judges and person not in known

    def sits(self, person: PersonId, project: ProjectId) -> bool:
        at = self.spec.projects.index(project)
        return any(seat[at] == person for seat in self.seats.values())

    def has_a_seat(self, person: PersonId) -> bool:
        """At the end of the field, which is what counts in a re-vote."""
        return any(seat[-1] == person for seat in self.seats.values())

    def use(self, command: CommandId) -> None:
        if not is_command_id(command) or command in self.commands:
            raise Impossible(f"its command {command[:64]} was used before, or is none")
        self.commands.add(command)

    # What acts require: each raises Impossible.

    def require_sealed(self) -> None:
        if self.state is not CeremonyState.SEALED:
            raise Impossible("the result was confirmed before")

    def require_closed_windows(self) -> None:
        if any(self.is_open(*window) for window in self.windows):
            raise Impossible("a window is open")
        if any(self.at < one.until and len(one.votes) < len(one.jury) for one in self.asked_jury.values()):
            raise Impossible("the jury votes on a question")

    def require_no_late(self) -> None:
        if self.late:
            raise Impossible("a late ballot waits for the chair's word")

    def require_no_paper(self, project: ProjectId | None = None) -> None:
        """``project`` None: any."""
        if any(one.confirmed_by is None and project in (None, pair[1]) for pair, one in self.papers.items()):
            raise Impossible("a card of paper waits to be confirmed")

    def require_counting(self) -> None:
        if self.count_closed:
            raise Impossible("the count is closed")

    def require_hidden(self, project: ProjectId) -> None:
        if project in self.shown:
            raise Impossible(f"the cards of {project} were shown before")

    def require_counted(self) -> None:
        if self.counts and not self.count_closed:
            raise Impossible("the count is not closed")

    def require_chair(self, person: PersonId) -> None:
        if person != self.chair:
            raise Impossible(f"{person} is not the chair")

    def require_deciding(
        self, by: PersonId, projects: Iterable[ProjectId], judge: PersonId | None = None, *, settles: bool = False
    ) -> None:
        """The chair decides; about projects they are recused from, and about their own ballots, the deputy; where that
        is so of both, or there is none, an organiser. ``settles``: it is about who stands level, and not the chair's
        who was chosen when that was known."""
        if not self.counts:
            self.require_chair(by)
            return
        about = tuple(projects)

        def may(person: PersonId | None) -> bool:
            return person is not None and person != judge and not any((person, one) in self.recused for one in about)

        chair = None if settles and self.chosen_late else self.chair
        first = next((one for one in (chair, self.deputy) if may(one)), None)
        if by != first and not (first is None and self.is_organiser(by)):
            raise Impossible(f"{by} had not to decide that" if first is None else f"that was {first}'s to decide")


def require_reason(reason: str | None) -> None:
    if not (reason or "").strip():
        raise Impossible("it has no reason")
