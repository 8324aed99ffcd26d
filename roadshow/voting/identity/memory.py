"""Who is who, as the store in memory keeps it. (pure)"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import PersonId
from roadshow.voting.acts import Identifying
from roadshow.voting.identity.browsers import MOST_BROWSERS, UseBrowser
from roadshow.voting.identity.keys import MOST_ASKED, AskKey, SignKey
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry


@dataclass(slots=True)
class MemoryIdentity:
    """Of one poll."""

    spec: PollSpec
    browsers: Counter[PersonId] = field(default_factory=Counter)
    """How many each judge votes in."""
    keys: dict[PersonId, str] = field(init=False)
    asked: dict[int, tuple[PersonId, AskKey]] = field(default_factory=dict)
    """Requests for a key, by their entries' numbers: those that wait."""
    times_asked: Counter[PersonId] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.keys = dict(self.spec.keys)

    def require_key(self, judge: PersonId, key: str) -> None:
        """That what the judge sends is signed with their key."""
        if not self.spec.rules.ballot_keys:
            return
        if judge not in self.keys:
            raise Conflict("key.needed")
        if self.keys[judge] != key:
            raise Conflict("key.other")

    def require(self, by: PersonId, act: Identifying, *, has_begun: bool, judges: Iterable[PersonId]) -> None:
        """What the act needs. ``has_begun``: whether a window was ever opened."""
        if isinstance(act, SignKey):
            self._require_asked(by, act)
            return
        if isinstance(act, AskKey) and not self.spec.rules.ballot_keys:
            raise Conflict("key.off")
        if not has_begun:
            raise Conflict("ballot.closed")
        if by not in judges:
            raise NotAllowed("ballot.not_entitled")
        if isinstance(act, UseBrowser):
            if self.browsers[by] >= MOST_BROWSERS:
                raise Conflict("browser.too_many", limit=MOST_BROWSERS)
        elif self.times_asked[by] >= MOST_ASKED:
            raise Conflict("key.too_many", limit=MOST_ASKED)

    def _require_asked(self, by: PersonId, act: SignKey) -> None:
        if act.asked not in self.asked:
            raise Conflict("key.moved_on")
        judge, request = self.asked[act.asked]
        if by in (judge, request.let_in):
            raise NotAllowed("key.second_person")

    def carry_out(self, by: PersonId, act: Identifying, entry: LedgerEntry, names: dict[str, LedgerEntry]) -> None:
        """Once its entry is there. ``names``: what is in force."""
        match act:
            case UseBrowser():
                self.browsers[by] += 1
                names[f"browser|{entry.sequence}"] = entry
            case AskKey():
                self.times_asked[by] += 1
                self.asked = {number: one for number, one in self.asked.items() if one[0] != by}
                self.asked[entry.sequence] = (by, act)
                names[f"ask-key|{by}"] = entry
            case SignKey():
                judge, request = self.asked.pop(act.asked)
                self.keys[judge] = request.key
                names[f"key|{judge}"] = names.pop(f"ask-key|{judge}")
