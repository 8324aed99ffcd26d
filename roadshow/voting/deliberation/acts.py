"""Opening the cards for deliberation, and what the ledger keeps of it. (pure)"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.moments import Duration
from roadshow.voting.ballot import canonical
from roadshow.voting.spec import RuleSet

DeliberationKind = Literal["deliberate"]


class DeliberateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A window for each project follows, all with the same end."""

    by: PersonId
    command: CommandId
    projects: tuple[ProjectId, ...]
    """All that were judged, in the order of the rundown."""


def deliberate_body(by: PersonId, projects: tuple[ProjectId, ...], command: CommandId) -> bytes:
    return canonical(DeliberateBody(by, command, projects))


def time_of(rules: RuleSet) -> Duration:
    """How long cards are open: as the rules say, so that whoever opens them chooses nothing."""
    return Duration.minutes(rules.deliberation)


def require_free(rules: RuleSet, opened: Sequence[ProjectId], projects: Sequence[ProjectId], *, held: bool) -> None:
    """Whether it can be now. ``opened``: the projects whose windows ever were; ``held``: it was before. Raises
    Conflict("deliberation.none") if the rules have none, Conflict("deliberation.held"),
    Conflict("deliberation.moved_on") unless it is about all that were judged."""
    if not rules.deliberation:
        raise Conflict("deliberation.none")
    if held:
        raise Conflict("deliberation.held")
    if not projects or set(projects) != set(opened) or len(set(projects)) < len(projects):
        raise Conflict("deliberation.moved_on")
