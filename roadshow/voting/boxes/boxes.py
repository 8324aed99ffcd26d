"""The ballot boxes of a competition, as a server or a front has them: their key, and what was opened before."""

import logging
from collections.abc import Callable

from msgspec.structs import replace

from roadshow.errors import Conflict, Unavailable
from roadshow.ids import CommandId, PersonId, PollId
from roadshow.voting.boxes.box import RESULT_DOMAIN, Box, Contents
from roadshow.voting.boxes.jury import opened_vote, seal_vote
from roadshow.voting.boxes.opening import each
from roadshow.voting.questions.acts import Vote
from roadshow.voting.questions.state import Given
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Tally
from roadshow.voting.votes import Accepted, BallotKind, Cast

log = logging.getLogger(__name__)

MOST_REMEMBERED = 20_000
"""Ballots opened before: twice as many as the largest field has. Some 6 MB; a poll is read with each act."""


class Boxes:
    """``find``: the competition's key, if there is one by now; asked as long as there is none."""

    def __init__(self, find: Callable[[], bytes | None] = lambda: None) -> None:
        self._find = find
        self._key: bytes | None = None
        self._boxes: dict[PollId, Box] = {}
        self._held_sealed: set[PollId] = set()
        self._known: dict[tuple[PollId, str, str], Contents] = {}
        """What was sealed, by poll, kind of late or not, and the ballot's hash, which covers all that is sealed."""
        self._known_votes: dict[tuple[PollId, int, Given], Given] = {}
        """Votes on questions, as they were sealed and as they are."""

    def use(self, key: bytes) -> None:
        """From now on, whatever ``find`` finds."""
        self._key = key
        self._boxes.clear()

    @property
    def has_key(self) -> bool:
        return self._known_key() is not None

    def box(self, poll: PollId) -> Box:
        """Raises Unavailable("store.away") where there is no key: who has none reads nothing."""
        if (box := self._boxes.get(poll)) is None:
            key = self._known_key()
            if key is None:
                raise Unavailable("store.away")
            box = self._boxes[poll] = Box.of(poll, key)
        return box

    def mark(self, poll: PollId) -> str:
        """What a poll's spec says of its box. Raises as ``box``."""
        return self.box(poll).mark

    def sealed(self, spec: PollSpec, judge: PersonId, cast: Cast, kind: BallotKind) -> Cast:
        """As it goes to the store, if the poll is held so."""
        return replace(cast, sealed=self.box(spec.poll).seal(spec, judge, cast, kind)) if spec.sealed else cast

    def sealed_vote(self, spec: PollSpec, judge: PersonId, vote: Vote, command: CommandId) -> Vote:
        """The same of a vote on a question."""
        if not spec.sealed:
            return vote
        return replace(vote, sealed=seal_vote(self.box(spec.poll), spec, judge, vote, command))

    def know(self, spec: PollSpec) -> None:
        """How a poll is held, before anything is kept of it: from then on nothing in the open is taken for its own."""
        (self._held_sealed.add if spec.sealed else self._held_sealed.discard)(spec.poll)

    def sealed_result(self, poll: PollId, result: bytes) -> bytes:
        """As it goes to the store."""
        return self.box(poll).seal_result(result) if poll in self._held_sealed else result

    def result(self, poll: PollId, stored: bytes) -> bytes:
        """As it was confirmed. Raises Conflict("ledger.rewritten"), Unavailable as ``box``."""
        if not stored.startswith(RESULT_DOMAIN):
            return stored
        try:
            return self.box(poll).result(stored)
        except ValueError as problem:
            raise Conflict("ledger.rewritten") from problem

    def opened(self, poll: PollId, tally: Tally) -> Tally:
        """With all scores in it, and what the jury has voted for. Raises Conflict("ledger.rewritten") where somebody
        has put something else in their place, Unavailable as ``box``."""
        given = (*tally.ballots, *tally.late, *(one for revote in tally.revotes for one in revote.ballots))
        votes = (vote for question in tally.questions for vote in question.votes)
        if (
            poll not in self._held_sealed
            and not any(one.ballot.sealed for one in given)
            and not any(vote.sealed for vote in votes)
        ):
            return tally
        return each(
            tally,
            lambda one: self.opened_one(poll, one),
            lambda question, vote: self._opened_vote(poll, question, vote),
        )

    def opened_one(self, poll: PollId, accepted: Accepted) -> Accepted:
        """As ``opened``."""
        ballot = accepted.ballot
        if not ballot.sealed:
            if ballot.scores and poll in self._held_sealed:
                log.error("%s: entry %d is in the open.", poll, accepted.sequence)
                raise Conflict("ledger.rewritten")
            return accepted
        name = (poll, "late" if ballot.late else "", accepted.hash)
        contents = self._known.get(name)
        if contents is None:
            try:
                contents = self.box(poll).contents(ballot)
            except ValueError as problem:
                log.error("%s: what is sealed in entry %d is not its own: %s.", poll, accepted.sequence, problem)  # noqa: TRY400
                raise Conflict("ledger.rewritten") from problem
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[name] = contents
        return replace(accepted, ballot=replace(ballot, scores=contents.scores, signature=contents.signature))

    def _opened_vote(self, poll: PollId, question: int, vote: Given) -> Given:
        """As ``opened``."""
        if not vote.sealed:
            if poll in self._held_sealed:
                log.error("%s: the vote of %s on %d is in the open.", poll, vote.judge, question)
                raise Conflict("ledger.rewritten")
            return vote
        opened = self._known_votes.get((poll, question, vote))
        if opened is None:
            try:
                opened = opened_vote(self.box(poll), question, vote)
            except ValueError as problem:
                log.error("%s: the sealed vote of %s on %d is not its own: %s.", poll, vote.judge, question, problem)  # noqa: TRY400
                raise Conflict("ledger.rewritten") from problem
            if len(self._known_votes) >= MOST_REMEMBERED:
                self._known_votes.clear()
            self._known_votes[poll, question, vote] = opened
        return opened

    def _known_key(self) -> bytes | None:
        if self._key is None:
            self._key = self._find()
        return self._key
