"""Whether a tie may be settled or a result confirmed as a poll stands, and the result that is then signed. (pure)"""

from collections.abc import Sequence

from roadshow.errors import Conflict
from roadshow.ids import AwardId, ProjectId
from roadshow.voting import views
from roadshow.voting.ballot import canonical
from roadshow.voting.boxes.opening import shut
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.signing import Signer, signed_result
from roadshow.voting.office.passing import at_present
from roadshow.voting.results import CeremonyState, SignedResult
from roadshow.voting.review import Tie
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry, PollState


def confirmed(
    spec: PollSpec, state: PollState, entries: Sequence[LedgerEntry], accept_incomplete: bool, signer: Signer
) -> bytes:
    """The encoded result of this state. ``entries``: the ledger, read after the state. Raises what
    ``VotingService.confirm`` does, and Conflict("ledger.rewritten")."""
    if state.state is not CeremonyState.SEALED:
        raise Conflict("result.confirmed")
    if views.is_open(state):
        raise Conflict("poll.open")
    if fold(entries[: state.sequence]) != shut(state.tally):
        raise Conflict("ledger.rewritten")
    if not state.tally.count.closed:
        raise Conflict("count.open")
    result = views.result_of(spec, state.tally)
    if not views.podium(spec, result.standings):
        raise Conflict("result.empty")
    incomplete = sum(standing.decided_by == "incomplete" for standing in result.standings)
    if incomplete and not accept_incomplete:
        raise Conflict("result.incomplete", count=incomplete)
    if result.ties:
        raise Conflict("result.tie", count=len(result.ties))
    if any(not one.missed for one in result.unvoted):
        raise Conflict("result.unvoted", count=len(result.unvoted))
    unsigned = SignedResult(
        poll=spec.poll,
        version=state.version + 1,
        head=state.head,
        sequence=state.sequence,
        standings=result.standings,
        awards=result.awards,
        explanations=result.explanations,
        caveat=result.caveat,
        prizes=result.prizes,
        confirmed_by=at_present(spec, state.tally).chair,
        public_key="",
        signature="",
    )
    return canonical(signed_result(unsigned, signer))


def require_tie(spec: PollSpec, state: PollState, projects: tuple[ProjectId, ...], settled: bool) -> None:
    """``settled``: by the chair's vote, which may also stand in for a re-vote; else by a re-vote. Raises
    Conflict("count.open"), which comes first: as long as the count is, no answer may hang on who is level;
    Conflict("poll.open", "result.no_tie")."""
    if not state.tally.count.closed:
        raise Conflict("count.open")
    if views.is_open(state):
        raise Conflict("poll.open")
    # Votes on ties are left out, so that a later one may replace an earlier.
    ties = views.unsettled(spec, state.tally) if settled else views.result_of(spec, state.tally).ties
    for tie in ties:
        if sorted(projects) == sorted(tie.projects):
            if settled and "chair" in spec.rules.tie_chain and not _is_the_jurys(tie):
                return
            if not settled and tie.waits_for == "re-vote":
                return
    raise Conflict("result.no_tie")


def _is_the_jurys(tie: Tie) -> bool:
    """Whether the jury has yet to vote, or has voted: once its vote was not held, the chair may settle it alone."""
    return tie.waits_for == "casting-vote" or (tie.waits_for == "jury" and tie.judges is None)


def require_waiting(spec: PollSpec, state: PollState, award: AwardId | None, projects: tuple[ProjectId, ...]) -> None:
    """Whether these projects, level with one another, or an award wait for the jury's vote. Raises
    Conflict("count.open"), which comes first, as in ``require_tie``; Conflict("poll.open", "result.no_tie")."""
    if not state.tally.count.closed:
        raise Conflict("count.open")
    if views.is_open(state):
        raise Conflict("poll.open")
    if award is not None:  # whether it was asked about before, the store knows
        return
    ties = views.result_of(spec, state.tally).ties
    if not any(tie.waits_for == "jury" and sorted(tie.projects) == sorted(projects) for tie in ties):
        raise Conflict("result.no_tie")


def holds(entries: Sequence[LedgerEntry], kind: EntryKind, head: bytes) -> bool:
    """Whether an act whose body begins so was done before."""
    return any(entry.kind == kind and entry.body.startswith(head) for entry in entries)
