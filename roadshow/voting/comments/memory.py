"""Comments as the store in memory keeps them. (pure)"""

from dataclasses import dataclass, field

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.comments.comment import Comment, Fate
from roadshow.voting.tally import Pair


@dataclass(slots=True)
class MemoryComments:
    """Of one poll."""

    kept: dict[Pair, Comment] = field(default_factory=dict)

    def write(
        self, judge: PersonId, project: ProjectId, words: str, seal: str, expected: int, *, is_public: bool
    ) -> int:
        """As ``VoteStore.comment``. ``is_public``: whatever is written may have been read."""
        former = self.kept.get((judge, project), Comment(judge, project, "", "", 0))
        if former.words == words:
            return former.revision
        if former.fate == "released" or (former.words and is_public):
            raise Conflict("comment.stands")
        if former.revision != expected:
            raise Conflict("comment.moved_on")
        self.kept[judge, project] = Comment(judge, project, words, seal, former.revision + 1)
        return former.revision + 1

    def decide(self, judge: PersonId, project: ProjectId, revision: int, fate: Fate, reason: str) -> None:
        """As ``VoteStore.decide_comment``."""
        former = self.kept.get((judge, project))
        if former is None or not former.words or former.revision != revision:
            raise Conflict("comment.moved_on")
        if (former.fate, former.reason) == (fate, reason):
            return
        if former.fate == "released":
            raise Conflict("comment.stands")
        self.kept[judge, project] = msgspec.structs.replace(former, fate=fate, reason=reason)
