"""Calibration rounds were held, before the first window. They count for nothing, so there is little to ask. (pure)"""

from roadshow.ids import is_slug
from roadshow.voting.acts import BY_RULE
from roadshow.voting.calibration.rounds import MOST_ROUNDS, CalibrateBody, ToldRound
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.tally import LedgerEntry


def _calibrate(standing: Standing, entry: LedgerEntry, body: CalibrateBody) -> None:
    standing.require_sealed()
    if standing.calibrated or standing.opened:
        raise Impossible("the rounds were told before, or a window was opened")
    if standing.spec.carried is not None and standing.through is None:
        raise Impossible("what is carried was not fixed yet")
    if body.by != BY_RULE:
        raise Impossible(f"{body.by} had not to decide that")
    if not 1 <= len(body.rounds) <= MOST_ROUNDS:
        raise Impossible("there were no such rounds")
    jury = len(standing.spec.judges) + len(standing.spec.reserve)
    for number, one in enumerate(body.rounds, start=1):
        if not (is_slug(one.sample) and is_slug(one.by) and 0 <= one.judges <= jury):
            raise Impossible(f"round {number} had no such sample, or more judges than there are")
    for one, following in zip(body.rounds, body.rounds[1:], strict=False):
        if one.closed is None or one.closed > following.opened:
            raise Impossible("one round was opened before another was closed")
    if not all(_took_place(one, entry.at.ms) for one in body.rounds):
        raise Impossible("a round was closed before it was opened, or after it was told")
    standing.calibrated = True


def _took_place(one: ToldRound, by: int) -> bool:
    return 0 <= one.opened <= (one.opened if one.closed is None else one.closed) <= by


KINDS: Kinds = {"calibrate": Kind(written_as(CalibrateBody), _calibrate)}
