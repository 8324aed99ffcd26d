"""A competition's voting, with its keys and where it stood; and how a changed cast reaches the polls."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from roadshow.competitions.cast import Cast
from roadshow.competitions.casting import Fit
from roadshow.competitions.definition import Competition
from roadshow.errors import Conflict, SetupError
from roadshow.fields.plans import locked, poll_spec
from roadshow.ids import PollId
from roadshow.store.lease import Lease
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.boxes.keeping import box_key
from roadshow.voting.key_file import Once, key_path, load_signer, other_key
from roadshow.voting.office.leads import Leads
from roadshow.voting.ports import Listener, PollChanged, VoteStore
from roadshow.voting.seals.heads import Heads, not_contained
from roadshow.voting.service import VotingService
from roadshow.voting.stamps.stamper import Stamps


class Kept(Protocol):
    """What of ``adapters.Stores`` is needed here."""

    @property
    def lease(self) -> Lease: ...

    @property
    def votes(self) -> VoteStore: ...

    @property
    def heads(self) -> Heads: ...

    @property
    def stamps(self) -> Stamps: ...

    @property
    def boxes(self) -> Boxes: ...


async def open_voting(
    data: Path, competition: Competition, cast: Cast, kept: Kept, listener: Listener, leads: Leads, once: Once
) -> tuple[VotingService, Fit]:
    """Where it stood; with what fits it to another cast. Raises SetupError, Unavailable."""
    path = key_path(data, competition.id)
    signer = load_signer(path)
    if (bound := await kept.lease.bind_key(signer.public_key, anew=once.new_key)) != signer.public_key:
        raise SetupError(other_key(path, signer.public_key, bound))
    sealing = box_key(path) if competition.voting.sealed else None
    if sealing is not None:
        kept.boxes.use(sealing.key)
    mark = kept.boxes.mark
    kept.heads.load(forget=once.restored)
    voting = VotingService(
        kept.votes,
        signer,
        {field.room: poll_spec(competition, field, cast, mark) for field in competition.fields},
        listener,
        kept.heads,
        kept.stamps,
        kept.boxes,
        leads,
        names_judges=competition.rules.show_judges,
    )
    try:
        await voting.prepare()
    except PollChanged as problem:
        raise SetupError((sealing and sealing.other(problem)) or locked(problem)) from None
    except Conflict as problem:
        raise SetupError(not_contained(problem)) from None
    if sealing is not None:
        sealing.keep()
    return voting, _fitting(voting, competition, mark)


def _fitting(voting: VotingService, competition: Competition, mark: Callable[[PollId], str]) -> Fit:
    """How a changed cast reaches the polls."""

    async def fit(cast: Cast) -> None:
        for field in competition.fields:
            await voting.refit(field.room, poll_spec(competition, field, cast, mark))

    return fit
