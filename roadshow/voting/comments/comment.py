"""What a judge writes to a project's team, and when the team reads it. (pure)

A comment counts for nothing, so it is no entry of the ledger: it lies beside it, as other words do. Its **seal** tells
whether it is still what was sent.
"""

from collections.abc import Collection, Iterable
from typing import Literal

import msgspec

from roadshow.errors import Conflict, InputError, NotFound
from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.entitlement import deciding, require_judge
from roadshow.voting.grounds import Sign
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec, RuleSet
from roadshow.voting.tally import Pair, PollState, Substitution

LONGEST_COMMENT = 2_000
"""Characters, blanks at its ends aside: a page. With seven judges a team has seven of them to read."""
COMMENT_DOMAIN = b"roadshow comment 1\n"
"""Goes before what is signed for a seal."""

Fate = Literal["waiting", "released", "withheld"]
"""What has become of a comment that somebody looks through first."""


class Comment(msgspec.Struct, frozen=True):
    """As a store keeps it: one for each judge and project."""

    judge: PersonId
    project: ProjectId
    words: str
    """Empty: taken back."""
    seal: str
    revision: int
    """Counts what the judge wrote, from 1 on."""
    fate: Fate = "waiting"
    reason: str = ""
    """Why it is withheld, for its judge alone."""


class OwnComment(msgspec.Struct, frozen=True):
    """A judge's own, for one project that they may write to."""

    project: ProjectId
    words: str
    revision: int
    """0: nothing was written yet."""
    fate: Fate
    reason: str
    stands: bool
    """The team may have read it: it cannot be changed any more."""


class TeamComment(msgspec.Struct, frozen=True):
    """For the team it is about."""

    judge: PersonId
    words: str
    """Empty: these would not be the words that were sent."""
    intact: bool


def seal(poll: PollId, judge: PersonId, project: ProjectId, words: str, sign: Sign) -> str:
    """As ``grounds.seal``: nobody without the key can make it for other words. SHA-256 (hex); empty without words."""
    if not words:
        return ""
    told = {"judge": judge, "poll": poll, "project": project, "words": words}
    return digest(sign(COMMENT_DOMAIN + canonical(told)).encode())


def is_intact(poll: PollId, comment: Comment, sign: Sign) -> bool:
    return comment.seal == seal(poll, comment.judge, comment.project, comment.words, sign)


def check_comment(words: str) -> None:
    """Raises InputError("comment.length", most). An empty one takes back what was written."""
    if len(words) > LONGEST_COMMENT:
        raise InputError("comment.length", most=LONGEST_COMMENT)


def is_at_once(rules: RuleSet) -> bool:
    """Whether the result releases comments, without anybody looking them through."""
    return rules.comments == "after-result"


def is_released(rules: RuleSet, state: CeremonyState, comment: Comment) -> bool:
    """Whether the team may read it. Never before the last place was announced: what a comment says tells of scores."""
    if state is not CeremonyState.REVEALED or not comment.words:
        return False
    return is_at_once(rules) or comment.fate == "released"


def require_writing(
    spec: PollSpec,
    state: PollState,
    recused: Collection[Pair],
    judge: PersonId,
    project: ProjectId,
) -> None:
    """Whoever sits in judgement of the field, or did, may write to the team of each project that has had its turn and
    with which they have no conflict of interest. Raises NotFound("project.unknown"), Conflict("ballot.recused",
    "comment.early"), NotAllowed("ballot.not_entitled"), also of the reserve without a seat."""
    require_judge(spec, judge, project)
    if judge not in seated(spec, state.tally.substitutions):
        require_judge(msgspec.structs.replace(spec, reserve=()), judge, project)
    if (judge, project) in recused:
        raise Conflict("ballot.recused")
    if project not in state.opened:
        raise Conflict("comment.early")


def seated(spec: PollSpec, substitutions: Iterable[Substitution]) -> frozenset[PersonId]:
    """Whoever is a judge of the poll, was one, or has taken a seat."""
    return frozenset((*spec.judges, *(one.substitute for one in substitutions)))


def is_theirs(
    spec: PollSpec, recused: Collection[Pair], office: str | None, judge: PersonId, project: ProjectId
) -> bool:
    """Whether somebody of this office looks the comment through: nobody does with their own, or for a project with
    which they have a conflict of interest."""
    return office is not None and deciding(spec, recused, (project,), judge) == office


def require_comments(spec: PollSpec) -> None:
    """Raises NotFound("comments.off")."""
    if spec.rules.comments is None:
        raise NotFound("comments.off")
