"""The chair's office as the store in memory keeps it. (pure)"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.acts import Act
from roadshow.voting.entitlement import require_act, require_chair, require_deciding
from roadshow.voting.identity.browsers import UseBrowser
from roadshow.voting.identity.keys import AskKey
from roadshow.voting.office.acts import AskChair, PassChair, Passing
from roadshow.voting.office.passing import require_free
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Count, LedgerEntry, Pair, PassedChair, Substitution


@dataclass(slots=True)
class MemoryOffice:
    """Of one poll."""

    passed: list[PassedChair] = field(default_factory=list)
    asked: PassedChair | None = None

    def require_passing(
        self,
        by: PersonId,
        act: Passing,
        spec: PollSpec,
        seated: PollSpec,
        substitutions: Sequence[Substitution],
        count: Count,
        announced: int,
        has_begun: bool,
    ) -> None:
        """What the act needs. ``spec``: as the poll was begun; ``seated``: in force."""
        if isinstance(act, AskChair):
            asked = (act.chair, act.count)
        else:
            if self.asked is None or self.asked.asked != act.asked:
                raise Conflict("chair.moved_on")
            is_judge = by in seated.judges and by != seated.deputy
            if is_judge or by in (self.asked.by, seated.chair):
                raise NotAllowed("chair.second_person")
            asked = (self.asked.chair, self.asked.count)
        standing = (spec, substitutions, self.passed)
        require_free(*standing, asked, count=count, announced=announced, has_begun=has_begun)

    def carry_out(
        self, by: PersonId, act: Passing, entry: LedgerEntry, names: dict[str, LedgerEntry], chair: PersonId
    ) -> None:
        """Once its entry is there. ``chair``: who has the office until then."""
        match act:
            case AskChair():
                self.asked = PassedChair(act.chair, act.reason, by, entry.sequence, act.count)
                names["ask-chair"] = entry
            case PassChair():
                assert self.asked is not None  # noqa: S101 - ``require_passing`` has looked
                self.passed.append(self.asked)
                names[f"chair|{chair}"] = names.pop("ask-chair")
                self.asked = None

    # The office may have passed since somebody's right to act was checked: then it is asked again, here.

    def require_act(
        self, seated: PollSpec, recused: Collection[Pair], by: PersonId, act: Act, offered: Substitution | None
    ) -> None:
        """Raises what ``entitlement.require_act`` does."""
        if self.passed and not isinstance(act, UseBrowser | AskKey):
            require_act(seated, by, act, recused, offered, self.asked)

    def require_settling(
        self, seated: PollSpec, recused: Collection[Pair], by: PersonId, projects: Iterable[ProjectId]
    ) -> None:
        """Raises NotAllowed("ruling.conflict", "result.not_chair")."""
        if self.passed:
            require_deciding(seated, recused, by, projects, settles=True)

    def require_chair(self, seated: PollSpec, by: PersonId) -> None:
        """Raises NotAllowed("result.not_chair")."""
        if self.passed:
            require_chair(seated, by)

    def require_standing(self, seated: PollSpec, by: PersonId) -> None:
        """Raises NotAllowed("result.not_chair") for who was chair before."""
        if by in seated.stood_down:
            raise NotAllowed("result.not_chair")
