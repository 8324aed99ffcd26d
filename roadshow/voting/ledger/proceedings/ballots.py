"""What judges send: ballots, recusals, abstentions, late ballots. (pure)"""

import re
from functools import partial
from typing import get_args

from roadshow.voting.ballot import MAX_REVISIONS, decode_ballot, encode_ballot
from roadshow.voting.grounds import CATEGORIES
from roadshow.voting.ledger.proceedings.identity import require_own
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds
from roadshow.voting.ledger.proceedings.pairs import require_pairs
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
    if kind == "ballot" or kind == "late":
        ballot = _opened(standing, ballot)
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
    if standing.form is not None and kind == "late":
        raise Impossible("orders and comparisons are taken in a window alone")
    if standing.form == "orders" and kind == "ballot":
        _require_order(standing, ballot)
    elif standing.form == "pairs" and kind == "ballot":
        require_pairs(standing, ballot)
    elif kind == "ballot" or kind == "late":
        _require_rubric(standing, ballot)
    else:
        _require_grounds(standing, kind, ballot)
    standing.revisions[key] = revision
    if first_round:
        _replace_card(standing, kind, ballot)
    if kind == "late":
        standing.late[pair] = entry.sequence
        standing.sent_late.add(pair)
        return
    if ballot.round == FIRST_ROUND:
        standing.late.pop(pair, None)
        standing.counted[pair] = kind
        standing.held[pair] = frozenset((*ballot.scores, ballot.project) if kind == "ballot" else ())
    if kind == "recuse":
        standing.recused.add(pair)


def _replace_card(standing: Standing, kind: BallotKind, ballot: Ballot) -> None:
    """What judges send themselves goes before paper. A late ballot goes before a card that waits, for whatever it
    does, and leaves one that counts to the chair."""
    pair = (ballot.judge, ballot.project)
    if kind == "late" and standing.counted.get(pair) == "paper":
        return
    standing.papers.pop(pair, None)


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


def _opened(standing: Standing, ballot: Ballot) -> Ballot:
    """With its scores, and the judge's own signature."""
    if bool(ballot.sealed) != bool(standing.spec.sealed):
        raise Impossible("its scores are " + ("sealed" if ballot.sealed else "in the open"))
    if not ballot.sealed:
        return ballot
    if ballot.scores or ballot.signature:
        raise Impossible("it is sealed, and in the open")
    if standing.box is None:
        raise Impossible("its scores are sealed, and there is no key that opens them")
    try:
        return standing.box.opened(ballot)
    except (ValueError, RecursionError) as problem:
        raise Impossible(f"its scores cannot be opened: {problem}") from problem


def _require_rubric(standing: Standing, ballot: Ballot) -> None:
    given = ballot.scores
    if given.keys() - standing.deductions.keys() != standing.criteria.keys():
        raise Impossible("it does not score just the criteria of the rubric")
    for criterion, most in standing.criteria.items():
        if not 0 <= given[criterion] <= most:
            raise Impossible(f"it gives {criterion} {given[criterion]} of {most}")
    for reason, most in standing.deductions.items():
        if reason in given and not 0 < given[reason] <= most:
            raise Impossible(f"it takes {given[reason]} of {most} off for {reason}")


def _require_order(standing: Standing, ballot: Ballot) -> None:
    """Places are handed out one after the other, as at a finish."""
    left = ballot.places
    if ballot.project not in left:
        raise Impossible(f"{ballot.project} is not in its order")
    if ballot.round != FIRST_ROUND and left.keys() != standing.rounds[ballot.round]:
        raise Impossible("it does not put just the projects of the tie in order")
    if unheard := [project for project in left if (project, ballot.round) not in standing.opened]:
        raise Impossible(f"it puts {unheard[0]} in order, of which no window was opened")
    place = 1
    while left:
        level = [project for project, one in left.items() if one == place]
        if not level:
            raise Impossible(f"nobody has place {place} in its order")
        if len(level) > 1 and not standing.spec.rules.level_places:
            raise Impossible(f"it puts {level[0]} and {level[1]} level")
        for project in level:
            del left[project]
        place += len(level)


def _require_grounds(standing: Standing, kind: BallotKind, ballot: Ballot) -> None:
    if ballot.scores or ballot.sealed:
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
