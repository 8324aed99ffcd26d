"""What showing cards takes of the store: the jury's numbers, and those that are shown without anybody's word."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, PollId, RoomId
from roadshow.voting.acts import BY_RULE, Act, Ruling, ShowCards, about
from roadshow.voting.cards.view import numbering, showable
from roadshow.voting.ledger.minutes import minutes_of
from roadshow.voting.looking import whole_ledger
from roadshow.voting.ports import Listener, VoteStore
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PollState, Tally


class Showing:
    def __init__(self, store: VoteStore, signed: SignedActs, listener: Listener, *, names_judges: bool) -> None:
        self._store = store
        self._signed = signed
        self._listener = listener
        self._names_judges = names_judges
        self._keys: dict[PollId, str] = {}
        """By which judges are numbered, once there is one: it never changes."""

    async def numbers(self, spec: PollSpec, state: PollState) -> Sequence[PersonId] | None:
        """The jury by its numbers; None where judges are named, or no card is shown."""
        if self._names_judges or spec.rules.scores_told is None or not state.tally.ballots:
            return None
        if spec.poll not in self._keys:
            self._keys[spec.poll] = minutes_of(spec, await whole_ledger(self._store, spec.poll)).key
        return numbering(spec, self._keys[spec.poll])

    async def show_by_itself(self, room: RoomId, spec: PollSpec) -> None:
        """Show those from which nothing is missing, if the rules want no word for it."""
        if not (spec.rules.shown_by_itself and spec.rules.shows_cards):
            return
        shown = False
        for one in showable(spec, await self._store.read(spec.poll)):
            if not (one.missing or one.waits):
                with suppress(Conflict):  # something came in between: another time
                    await self._signed.act(spec, BY_RULE, ShowCards(one.project, 0), _command())
                    shown = True
        if shown:
            self._listener.progress_changed(room)
            self._listener.ceremony_changed(room)


def is_told(tally: Tally, act: Act) -> bool:
    """Whether it is a ruling on a project whose cards everybody sees."""
    return isinstance(act, Ruling) and any(one.project in about(act) for one in tally.shown)


def _command() -> CommandId:
    return CommandId(f"rule-{uuid4().hex}")
