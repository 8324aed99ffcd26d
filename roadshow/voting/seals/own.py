"""What a judge is shown of what they have given, with the receipts for it."""

from roadshow.ids import PersonId
from roadshow.voting.identity.keys import key_of
from roadshow.voting.seals.notary import Notary
from roadshow.voting.seating.seats import elsewhere
from roadshow.voting.seating.substitutes import in_force, replaced
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Tally
from roadshow.voting.votes import Accepted, OwnBallots, Receipt


async def own_ballots(notary: Notary, spec: PollSpec, tally: Tally, judge: PersonId) -> OwnBallots:
    """As ``VotingService.own_ballots``, of one reading of the poll."""
    seated = in_force(spec, tally.substitutions)
    others, unseated = elsewhere(seated), replaced(spec, tally.substitutions)
    waits = judge in seated.reserve

    async def receipts(ballots: tuple[Accepted, ...]) -> tuple[Receipt, ...]:
        # Of a card that a clerk typed in, the judge has a receipt of another kind (``paper.receipts``).
        sent = [one for one in ballots if one.ballot.judge == judge and not one.ballot.typed_by]
        own = {accepted.ballot.project: accepted for accepted in sent}
        return await notary.receipts(spec, [own[project] for project in spec.projects if project in own])

    return OwnBallots(
        receipts=await receipts(tally.ballots),
        recused=tuple(project for project in spec.projects if (judge, project) in spec.recused),
        elsewhere=tuple(project for project in spec.projects if (judge, project) in others),
        replaced=tuple(project for project in spec.projects if waits or (judge, project) in unseated),
        late=await receipts(tally.late),
        revote=await receipts(tally.revotes[-1].ballots) if tally.revotes else (),
        set_aside=tuple(one.project for one in tally.set_aside if one.judge == judge),
        browsers=tuple(one for one in tally.browsers if one.judge == judge),
        key=key_of(spec.keys, tally.keys, judge),
        asked_key=next((one.key for one in tally.asked_keys if one.judge == judge), None),
        papers=tuple(project for who, project in (card.pair for card in tally.cards) if who == judge),
    )
