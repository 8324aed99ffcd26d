"""Acts after the podium, as the store in memory keeps them. (pure)"""

from collections import Counter
from dataclasses import dataclass, field

from roadshow.errors import Conflict, NotAllowed, NotFound
from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.aftermath.acts import MOST_OBJECTIONS, AfterAct, Amend, AskAmendment, Change, Object, Rule


@dataclass(slots=True)
class MemoryAfter:
    """Of one poll."""

    published_at: Instant | None = None
    amended_at: Instant | None = None
    objected: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By how many amendments there were, and the team."""
    objections: dict[int, bool] = field(default_factory=dict)
    """Whether each is open."""
    request: tuple[int, PersonId, AskAmendment] | None = None
    changed: list[tuple[ProjectId, Change]] = field(default_factory=list)
    out: set[ProjectId] = field(default_factory=set)

    def require(
        self, by: PersonId, act: AfterAct, *, is_judge: bool, is_known: bool, term: Duration, now: Instant
    ) -> None:
        """What the act needs. ``is_known``: whether its project, if it has one, is of the field."""
        match act:
            case Object():
                self._require_term(term, now)
                if self.objected[len(self.changed), act.team] >= MOST_OBJECTIONS:
                    raise Conflict("objection.too_many", limit=MOST_OBJECTIONS)
            case Rule():
                self._require_open(act.objection)
            case AskAmendment():
                if not is_known:
                    raise NotFound("project.unknown")
                if act.objection is None:
                    self._require_term(term, now)
                else:
                    self._require_open(act.objection)
                if (act.project, act.change) in self.changed:
                    raise Conflict("amendment.repeated")
                if act.change == "reinstate" and act.project not in self.out:
                    raise Conflict("amendment.none")
            case Amend():
                if self.request is None or self.request[0] != act.asked:
                    raise Conflict("amendment.moved_on")
                _, asked_by, asked = self.request
                if by == asked_by or is_judge:
                    raise NotAllowed("amendment.second_person")
                if asked.objection is None:
                    self._require_term(term, now)

    def carry_out(self, by: PersonId, act: AfterAct, sequence: int, at: Instant) -> None:
        """Once its entry is there."""
        match act:
            case Object():
                self.objected[len(self.changed), act.team] += 1
                self.objections[sequence] = True
            case Rule():
                self.objections[act.objection] = False
                if self.request is not None and self.request[2].objection == act.objection:
                    self.request = None
            case AskAmendment():
                self.request = (sequence, by, act)
            case Amend():
                assert self.request is not None  # noqa: S101 - ``require`` has looked
                asked = self.request[2]
                self.changed.append((asked.project, asked.change))
                (self.out.add if asked.change == "disqualify" else self.out.discard)(asked.project)
                if asked.objection is not None:
                    self.objections[asked.objection] = False
                self.amended_at, self.request = at, None

    def _require_term(self, term: Duration, now: Instant) -> None:
        since = self.amended_at or self.published_at
        if since is None or now >= since + term:
            raise Conflict("result.final")

    def _require_open(self, objection: int) -> None:
        if not self.objections.get(objection):
            raise Conflict("objection.closed")
