"""What judges send: ballots, recusals, abstentions, late ballots. (pure)"""

import re
from functools import partial
from typing import get_args

from roadshow.voting.ballot import MAX_REVISIONS, decode_ballot, encode_ballot
from roadshow.voting.grounds import CATEGORIES
from roadshow.voting.ledger.proceedings.identity import require_own
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing, require_reason
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND, Ballot, BallotKind


def _read(kind: BallotKind, entry: LedgerEntry) -> Ballot:
    try:
        ballot = decode_ballot(kind, entry.body, entry.at)
    except (ValueError, RecursionError) as problem:
        raise Impossible("its text is no ballot") from problem
    if encode_ballot(ballot) != entry.body:
        raise Impossible("its text is not written as the store writes it")
    return ballot


def _take(kind: BallotKind, standing: Standing, entry: LedgerEntry, ballot: Ballot) -> None:
    pair, key = (ballot.judge, ballot.project), (ballot.judge, ballot.project, ballot.round)
    standing.require_sealed()
    if ballot.judge not in standing.judges or ballot.project not in standing.projects:
        raise Impossible(f"{ballot.judge} has no vote on {ballot.project}")
    first_round = ballot.round == FIRST_ROUND
    if not (standing.sits(*pair) if first_round else standing.has_a_seat(ballot.judge)):
        raise Impossible(f"somebody else has the seat of {ballot.judge} for {ballot.project}")
    require_own(standing, kind, ballot)
    if pair in standing.recused:
        raise Impossible(f"{ballot.judge} is recused from {ballot.project}")
    drawn = pair in standing.assigned or ballot.judge not in standing.by_lot
    if first_round and kind != "recuse" and not drawn:
        raise Impossible(f"the lot gave {ballot.project} to others than {ballot.judge}")
    if pair in standing.void and kind != "recuse":
        raise Impossible(f"the ballots of {ballot.judge} for {ballot.project} are set aside")
    if ballot.round == FIRST_ROUND:
        standing.require_counting()
        standing.require_hidden(ballot.project)
    _require_window(standing, kind, ballot)
    if kind == "late" and standing.counts and pair in standing.sent_late:
        raise Impossible(f"{ballot.judge} has sent a late ballot for {ballot.project} before")
    revision = standing.revisions.get(key, 0) + 1
    if ballot.revision != revision or revision > MAX_REVISIONS:
        raise Impossible(f"it says revision {ballot.revision} where {revision} is next")
    if kind == "ballot" or kind == "late":
        _require_rubric(standing, ballot)
    else:
        _require_grounds(standing, kind, ballot)
    standing.revisions[key] = revision
    if kind == "late":
        standing.late[pair] = entry.sequence
        standing.sent_late.add(pair)
        return
    if ballot.round == FIRST_ROUND:
        standing.late.pop(pair, None)
        standing.counted[pair] = kind
    if kind == "recuse":
        standing.recused.add(pair)


def _require_window(standing: Standing, kind: BallotKind, ballot: Ballot) -> None:
    is_open = standing.is_open(ballot.project, ballot.round)
    if kind == "late":
        if is_open or ballot.round != FIRST_ROUND or (ballot.project, FIRST_ROUND) not in standing.opened:
            raise Impossible("it says late, but the window was not over")
    elif kind == "recuse":
        newest = max(standing.rounds)
        if ballot.round != FIRST_ROUND or not (is_open or standing.is_open(ballot.project, newest)):
            raise Impossible(f"no window of {ballot.project} is open")
    elif not is_open:
        raise Impossible(f"the window of {ballot.project} is not open")


def _require_rubric(standing: Standing, ballot: Ballot) -> None:
    if ballot.scores.keys() != standing.criteria.keys():
        raise Impossible("it does not score just the criteria of the rubric")
    for criterion, score in ballot.scores.items():
        if not 0 <= score <= standing.criteria[criterion]:
            raise Impossible(f"it gives {criterion} {score} of {standing.criteria[criterion]}")


def _require_grounds(standing: Standing, kind: BallotKind, ballot: Ballot) -> None:
    if ballot.scores:
        raise Impossible("it gives scores")
    if not standing.counts and not ballot.category:  # a reason in the open, as it once was
        require_reason(ballot.reason)
        return
    if ballot.category not in CATEGORIES[kind] or ballot.reason:
        raise Impossible("it does not say of what kind its reason is, or says more")
    if ballot.words and not re.fullmatch(r"[0-9a-f]{64}", ballot.words):
        raise Impossible("its words are not sealed")


_KINDS: tuple[BallotKind, ...] = get_args(BallotKind)
KINDS: Kinds = {kind: Kind(partial(_read, kind), partial(_take, kind)) for kind in _KINDS}
