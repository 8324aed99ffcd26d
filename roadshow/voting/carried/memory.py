"""Taking points over, as the store in memory keeps it. (pure)"""

from roadshow.errors import Conflict
from roadshow.ids import CommandId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import BY_RULE
from roadshow.voting.carried.carrying import carry_body
from roadshow.voting.carried.terms import Brought
from roadshow.voting.memory_poll import MemoryPoll


def carry(poll: MemoryPoll, what: Brought, command: CommandId, now: Instant) -> None:
    """As ``VoteStore.carry``."""
    body = carry_body(BY_RULE, what, command)
    if poll.is_repeated(command, "carry", body):
        return
    if poll.spec.carried is None:
        raise Conflict("carried.none")
    if poll.entries:
        raise Conflict("carried.fixed")
    poll.names["carried"] = poll.append("carry", body, now, command)
    poll.through = frozenset(line.project for line in what.came)


def require_through(poll: MemoryPoll, project: ProjectId) -> None:
    """Raises Conflict("carried.early", "carried.behind")."""
    if poll.spec.carried is None:
        return
    if poll.through is None:
        raise Conflict("carried.early")
    if project not in poll.through:
        raise Conflict("carried.behind")
