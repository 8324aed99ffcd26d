"""What people see of a poll, made of its state. Only the announced places tell a score or an order. (pure)"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.aftermath.places import stand
from roadshow.voting.aftermath.views import AftermathView, aftermath_view
from roadshow.voting.cards.striking import striking
from roadshow.voting.cards.view import cards_view, for_the_chair, showable
from roadshow.voting.carried.terms import Brought
from roadshow.voting.entitlement import deciding
from roadshow.voting.explanation import Explanation
from roadshow.voting.grounds import unscored_of
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.watching import LedgerView
from roadshow.voting.office.passing import at_present
from roadshow.voting.office.view import office_view
from roadshow.voting.paper.views import PapersView, late_ballots, papers_view
from roadshow.voting.questions.views import QuestionsView, questions_view
from roadshow.voting.results import (
    CardsView,
    CeremonyState,
    CeremonyView,
    PlaceView,
    PublishedResult,
    SignedResult,
    Standing,
    decode_result,
)
from roadshow.voting.review import (
    JudgeProgress,
    ProgressView,
    ProjectProgress,
    ReviewView,
    RevoteProgress,
    Tie,
    Unvoted,
    WindowsView,
    without_first,
)
from roadshow.voting.rules import FieldResult, Votes, evaluate, honours
from roadshow.voting.rules.heard import heard, heard_again
from roadshow.voting.rules.prizes import is_below, prizes_of, winners
from roadshow.voting.seating.preview import offered_seat
from roadshow.voting.seating.seats import elsewhere, has_quorum, panels, shadows
from roadshow.voting.seating.substitutes import gone, in_force, replaced
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair, PollState, Tally
from roadshow.voting.votes import FIRST_ROUND, Accepted, Ballot

Newest = dict[Pair, Accepted]
T = TypeVar("T", Tie, Unvoted)


class PollViews:
    """All views of one reading of a poll. Each is made when it is asked for, and none contradicts another."""

    def __init__(self, spec: PollSpec, state: PollState, numbers: Sequence[PersonId] | None = None) -> None:
        """``numbers``: the jury by the numbers that cards bear; None: they bear names."""
        self._spec = spec
        self._poll = state
        self._numbers = numbers
        self._decoded: SignedResult | None = None
        """The result, once a view has asked for it: a page asks for five, and decoding takes longer than any."""

    @property
    def state(self) -> CeremonyState:
        """How far the poll is."""
        return self._poll.state

    @property
    def entries(self) -> int:
        """How many the ledger has."""
        return self._poll.sequence

    def ceremony(self) -> CeremonyView:
        """Public: what was announced, and how many places are still to come."""
        result = self._signed()
        told = ceremony(self._spec, self._poll, () if result is None else self._standings(result))
        after = self._poll.tally.aftermath
        return msgspec.structs.replace(told, after=after.acts, amended=bool(after.amendments))

    def cards(self) -> CardsView:
        """Public: the cards that were shown before the ceremony."""
        return cards_view(self._spec, self._poll.tally, self._numbers)

    def windows(self) -> WindowsView:
        """Where scores are taken, for the jury."""
        passed = self._poll.tally.passed
        return WindowsView(self._poll.windows, passed[-1].chair if passed else None)

    def progress(self) -> ProgressView:
        """Who has submitted what; no score."""
        return progress(self._spec, self._poll)

    def review(self) -> ReviewView:
        """What the chair needs to know before confirming. Ties are not told while the count or a window is open."""
        spec, tally = self._spec, self._poll.tally
        return msgspec.structs.replace(
            review(spec, self._poll),
            cards=for_the_chair(spec, tally, self._numbers),
            striking=striking(votes_of(spec, tally), counted=tally.count.closed),
        )

    def questions(self) -> QuestionsView:
        """What the jury votes on, and who has voted."""
        return questions_view(self._spec, self._poll, recused(self._spec, self._poll.tally))

    def papers(self) -> PapersView:
        """That something is new among the cards of paper."""
        return papers_view(self._poll.tally.cards)

    def ledger(self) -> LedgerView:
        """How far the ledger is, for an auditor."""
        rules = genesis(self._spec)
        return LedgerView(self._poll.sequence, self._poll.head or rules, rules)

    def unscored(self) -> tuple[Accepted, ...]:
        """The recusals and abstentions in force, by sequence."""
        return unscored_of(self._poll.tally)

    @property
    def has_begun(self) -> bool:
        """Whether a window was ever opened: from then on jury, conflicts and rules are fixed."""
        return self._poll.sequence > 0

    @property
    def out(self) -> frozenset[ProjectId]:
        """Who is disqualified."""
        return self._poll.tally.aftermath.out

    @property
    def brought(self) -> Brought | None:
        """What was taken over from earlier polls. Those are published, so it is no secret."""
        return self._poll.tally.brought

    @property
    def is_counted(self) -> bool:
        """Whether the count is closed."""
        return self._poll.tally.count.closed

    def published(self) -> PublishedResult:
        """The whole result. Raises Conflict("result.sealed") before the last place was announced."""
        state, confirmed = self._poll, self.revealed()
        out = state.tally.aftermath.out
        if state.confirmed_at is None:
            raise Conflict("ledger.rewritten")
        standings, prizes, awards = self._standings(confirmed), confirmed.prizes, confirmed.awards
        if out:
            prizes, awards = honours(self.votes(), standings, out)
        return PublishedResult(
            poll=self._spec.poll,
            standings=standings,
            confirmed_by=confirmed.confirmed_by,
            confirmed_at=state.confirmed_at,
            head=confirmed.head,
            sequence=confirmed.sequence,
            public_key=confirmed.public_key,
            signature=confirmed.signature,
            version=confirmed.version,
            countersigned_by=state.countersigned_by,
            awards=awards,
            explanations=confirmed.explanations and self.explanations(),
            caveat=confirmed.caveat,
            prizes=prizes,
            announced=confirmed.standings if state.tally.aftermath.amendments else (),
        )

    def explanations(self) -> tuple[Explanation, ...]:
        """How each place came about, with every judge's totals, in the order of the standings. Raises as
        ``published``."""
        signed = self.revealed()
        told = signed.explanations or result_of(self._spec, self._poll.tally).explanations
        of = {one.project: one for one in told}
        return tuple(of[standing.project] for standing in self._standings(signed))

    def aftermath(self, now: Instant) -> AftermathView:
        """Objections, and what became of each. Raises as ``published``."""
        self.revealed()
        return aftermath_view(self._spec, self._poll, now)

    def ballots(self) -> tuple[Ballot, ...]:
        """The newest ballot of each judge for each project, those that do not count among them; re-votes aside. Raises
        as ``published``."""
        self.revealed()
        return tuple(accepted.ballot for accepted in heard(self._spec, self._poll.tally))

    def votes(self) -> Votes:
        """What the rules work with. Raises as ``published``."""
        self.revealed()
        return votes_of(self._spec, self._poll.tally)

    def revealed(self) -> SignedResult:
        """As it was signed. Raises as ``published``."""
        result = self._signed()
        if self._poll.state is not CeremonyState.REVEALED or result is None:
            raise Conflict("result.sealed")
        return result

    def _standings(self, result: SignedResult) -> tuple[Standing, ...]:
        """As they are now: places may have moved since they were announced."""
        return stand(result.standings, self._poll.tally.aftermath.out)

    def _signed(self) -> SignedResult | None:
        if self._decoded is None and self._poll.result is not None:
            self._decoded = decode_result(self._poll.result)
        return self._decoded


def votes_of(spec: PollSpec, tally: Tally) -> Votes:
    """What a tally gives the rules to work with."""
    return Votes(
        spec,
        tuple(accepted.ballot for accepted in tally.ballots),
        settled=tally.settled,
        settled_because=tally.settled_because,
        set_aside=tally.set_aside,
        penalties=tally.penalties,
        revotes=tally.revotes,
        substitutions=tally.substitutions,
        questions=tally.questions,
        brought=tally.brought,
    )


def result_of(spec: PollSpec, tally: Tally) -> FieldResult:
    """What a tally comes to by the poll's rules."""
    return evaluate(
        spec,
        (accepted.ballot for accepted in tally.ballots),
        tally.settled,
        settled_because=tally.settled_because,
        set_aside=tally.set_aside,
        penalties=tally.penalties,
        revotes=tally.revotes,
        substitutions=tally.substitutions,
        questions=tally.questions,
        brought=tally.brought,
    )


def unsettled(spec: PollSpec, tally: Tally) -> tuple[Tie, ...]:
    """The ties there would be if the chair had not voted."""
    return result_of(spec, msgspec.structs.replace(tally, settled=(), settled_because=())).ties


def is_open(state: PollState) -> bool:
    """Whether any window is, or a question to the jury."""
    return state.asking is not None or any(window.open for window in state.windows)


def progress(spec: PollSpec, state: PollState) -> ProgressView:
    """Who has submitted what; no score."""
    newest = _newest(heard(spec, state.tally))
    revote = state.tally.revotes[-1] if state.tally.revotes else None
    return ProgressView(
        tuple(_project(spec, state, project, newest, FIRST_ROUND) for project in spec.projects),
        None
        if revote is None
        else RevoteProgress(
            revote.round,
            tuple(
                _project(spec, state, project, _newest(heard_again(spec, revote)), revote.round)
                for project in revote.projects
            ),
        ),
        showable(spec, state),
    )


def _newest(ballots: tuple[Accepted, ...]) -> Newest:
    return {(accepted.ballot.judge, accepted.ballot.project): accepted for accepted in ballots}


def _project(spec: PollSpec, state: PollState, project: ProjectId, newest: Newest, in_round: int) -> ProjectProgress:
    first_round = _newest(heard(spec, state.tally))
    set_aside = {(one.judge, one.project) for one in state.tally.set_aside}
    late = {(one.ballot.judge, one.ballot.project) for one in state.tally.late}
    papers = {card.pair for card in state.tally.cards}
    now = in_force(spec, state.tally.substitutions)
    unseen, left = shadows(now), gone(state.tally.substitutions)
    others = elsewhere(now) | replaced(spec, state.tally.substitutions)

    def sits(judge: PersonId) -> bool:
        return (judge, project) not in others if in_round == FIRST_ROUND else judge not in left

    def of_judge(judge: PersonId) -> JudgeProgress:
        paper = in_round == FIRST_ROUND and (judge, project) in papers
        return msgspec.structs.replace(seen(judge), shadow=judge in unseen, paper=paper)

    def seen(judge: PersonId) -> JudgeProgress:
        pair = (judge, project)
        accepted, first = newest.get(pair), first_round.get(pair)
        revision = 0 if accepted is None else accepted.ballot.revision
        if pair in spec.recused or (first is not None and first.ballot.recused):
            return JudgeProgress(judge, "recused", revision)
        if pair in set_aside:
            return JudgeProgress(judge, "void", revision)
        if accepted is not None:
            return JudgeProgress(judge, "abstained" if accepted.ballot.abstained else "submitted", revision)
        return JudgeProgress(judge, "late" if in_round == FIRST_ROUND and pair in late else "waiting", revision)

    judges = tuple(of_judge(judge) for judge in now.judges if sits(judge))
    submitted = [one.judge for one in judges if one.state == "submitted" and not one.shadow]
    opened = any(window.open for window in state.windows if (window.project, window.round) == (project, in_round))
    return ProjectProgress(project, opened, judges, has_quorum(spec.rules, panels(now), submitted))


def recused(spec: PollSpec, tally: Tally) -> frozenset[Pair]:
    """Whoever is, by what they declared before the poll or said during it."""
    later = ((one.ballot.judge, one.ballot.project) for one in tally.ballots if one.ballot.recused)
    return frozenset((*spec.recused, *later))


def review(spec: PollSpec, state: PollState) -> ReviewView:
    """What the chair needs to know before confirming. Nothing in it hangs on the order of scores while the count, or a
    window, is open."""
    tally = state.tally
    unable, seated = recused(spec, tally), at_present(spec, tally)
    counted = _newest(heard(spec, tally))
    settling = state.state is CeremonyState.SEALED and tally.count.closed and not is_open(state)
    result = result_of(spec, tally)

    def theirs(one: T) -> T:
        return msgspec.structs.replace(one, decided_by=deciding(seated, unable, one.projects, settles=True))

    return ReviewView(
        state=state.state,
        ready=settling
        and not result.ties
        and all(one.missed for one in result.unvoted)
        and bool(podium(spec, result.standings)),
        incomplete=tuple(one.project for one in result.standings if one.decided_by == "incomplete"),
        ties=tuple(theirs(tie) for tie in result.ties) if settling else (),
        unvoted=tuple(theirs(one) for one in result.unvoted) if settling else (),
        may_deliberate=bool(spec.rules.deliberation) and not (tally.deliberated or tally.count.closed),
        count=tally.count,
        asked=tally.asked,
        elsewhere={
            project: office for project in spec.projects if (office := deciding(seated, unable, (project,))) != "chair"
        },
        head=state.head,
        sequence=state.sequence,
        late=late_ballots(spec, tally, unable, counted),
        set_aside=tally.set_aside,
        penalties=tally.penalties,
        version=state.version,
        countersigned_by=state.countersigned_by,
        reserve=seated.reserve,
        substitutions=tally.substitutions,
        office=office_view(spec, state, unable),
        asked_keys=tally.asked_keys,
        offered=offered_seat(spec, seated, unable, tally),
        caveat=result.caveat if settling else without_first(result.caveat),
    )


def podium(spec: PollSpec, standings: tuple[Standing, ...]) -> tuple[PlaceView, ...]:
    """The places to announce, best first. One for which nobody has the points is announced, too: as not awarded."""
    won = winners(prizes_of(spec.rules, standings))
    places: dict[int, list[Standing]] = {}
    for standing in standings:
        if standing.place is not None and standing.place <= spec.rules.places:
            places.setdefault(standing.place, []).append(standing)
    return tuple(
        PlaceView(place, (), "")
        if is_below(spec.rules, level[0])
        else PlaceView(place, tuple(standing.project for standing in level), level[0].score, won.get(level[0].project))
        for place, level in sorted(places.items())
    )


def announcements(spec: PollSpec, standings: tuple[Standing, ...]) -> tuple[PlaceView, ...]:
    """In the order of the ceremony: the lowest place first."""
    return podium(spec, standings)[::-1]


def ceremony(spec: PollSpec, state: PollState, standings: tuple[Standing, ...]) -> CeremonyView:
    """Public: what was announced, and how many places are still to come."""
    if state.state in (CeremonyState.SEALED, CeremonyState.AWAITING):
        return CeremonyView(CeremonyState.SEALED)
    announced = announcements(spec, standings)[: state.announced]
    return CeremonyView(state.state, announced, places_ahead(spec, announced))


def places_ahead(spec: PollSpec, announced: tuple[PlaceView, ...]) -> int:
    """How many places are still to come. Not how many announcements: shared places leave gaps, so that would tell
    whether some are."""
    return announced[-1].place - 1 if announced else min(spec.rules.places, len(spec.projects))
