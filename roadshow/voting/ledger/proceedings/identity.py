"""In which browsers judges vote, and with which keys of their own. (pure)"""

from roadshow.voting.acts import ActBody
from roadshow.voting.identity.browsers import LONGEST_ID, MOST_BROWSERS
from roadshow.voting.identity.keys import MOST_ASKED, is_key, is_own, is_signed_by, vote_text
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.questions.acts import QuestionBody
from roadshow.voting.spec import KEYLESS
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Ballot, BallotKind


def _use(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    standing.require_sealed()
    if not standing.opened:
        raise Impossible("no window was opened before")
    if body.by not in standing.judges:
        raise Impossible(f"{body.by} has no vote")
    if body.browser is None or not 0 < len(body.browser) <= LONGEST_ID or body.since is None:
        raise Impossible("it names no browser")
    used = standing.browsers.setdefault(body.by, set())
    if body.browser in used or len(used) >= MOST_BROWSERS:
        raise Impossible(f"{body.by} votes in it already, or in {MOST_BROWSERS} others")
    used.add(body.browser)


def _ask_key(standing: Standing, entry: LedgerEntry, body: ActBody) -> None:
    standing.require_sealed()
    if not standing.spec.rules.ballot_keys:
        raise Impossible("judges sign nothing here")
    if not standing.opened:
        raise Impossible("no window was opened before")
    if body.by not in standing.judges:
        raise Impossible(f"{body.by} has no vote")
    if body.key is None or (body.key != KEYLESS and not is_key(body.key)):
        raise Impossible("it names no key")
    asked = standing.times_asked.get(body.by, 0) + 1
    if asked > MOST_ASKED:
        raise Impossible(f"{body.by} has asked {MOST_ASKED} times before")
    standing.times_asked[body.by] = asked
    standing.asked_keys[body.by] = (entry.sequence, body)


def _sign_key(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    standing.require_sealed()
    waiting = [one for number, one in standing.asked_keys.values() if number == body.asked]
    if not waiting:
        raise Impossible("no such request waits")
    (asked,) = waiting
    has_office = body.by in (standing.chair, standing.deputy) or standing.is_organiser(body.by)
    if not has_office or body.by in (asked.by, asked.let_in):
        raise Impossible(f"{body.by} is no second person who could sign it")
    standing.keys[asked.by] = asked.key or KEYLESS
    del standing.asked_keys[asked.by]


def require_own(standing: Standing, kind: BallotKind, ballot: Ballot) -> None:
    """That the judge has signed it, with the key that was theirs then."""
    if not standing.spec.rules.ballot_keys:
        if ballot.signature:
            raise Impossible("it is signed where nobody signs")
        return
    key = standing.keys.get(ballot.judge)
    if key is None:
        raise Impossible(f"{ballot.judge} had no key to sign it with")
    if not is_own(ballot, kind, standing.rules, standing.spec.poll, key):
        raise Impossible(f"it is not signed with the key of {ballot.judge}")


def require_own_vote(standing: Standing, body: QuestionBody) -> None:
    """The same of a vote on a question."""
    key = standing.keys.get(body.by) if standing.spec.rules.ballot_keys else KEYLESS
    if key is None:
        raise Impossible(f"{body.by} had no key to sign it with")
    if key == KEYLESS:
        is_right = body.signature is None
    else:
        spec = standing.spec
        text = vote_text(standing.rules, spec.poll, body.by, body.question or 0, body.choice or "", body.command)
        is_right = is_signed_by(key, text, body.signature or "")
    if not is_right:
        raise Impossible(f"it is not signed with the key of {body.by}")


KINDS: Kinds = {
    "browser": Kind(written_as(ActBody), _use),
    "ask-key": Kind(written_as(ActBody), _ask_key),
    "sign-key": Kind(written_as(ActBody), _sign_key),
}
