"""Closing the count, and opening it again, as the people of a field do it."""

from itertools import count

from roadshow.ids import CommandId, PersonId, RoomId
from roadshow.voting.acts import AskReopening, CloseCount, Reopen
from roadshow.voting.service import VotingService

_numbers = count()


def _command() -> CommandId:
    return CommandId(f"count-{next(_numbers):08}")


async def close_count(service: VotingService, room: RoomId, chair: PersonId) -> None:
    """From here on ties are told. One that is closed stays so."""
    now = (await service.views(room)).review().count
    if not now.closed:
        await service.act(room, chair, CloseCount(now.number), _command())


async def reopen_count(
    service: VotingService, room: RoomId, by: PersonId, signs: PersonId, reason: str = "A late finding."
) -> None:
    """Two people open it again."""
    now = (await service.views(room)).review().count
    await service.act(room, by, AskReopening(now.number, reason), _command())
    asked = (await service.views(room)).review().asked
    assert asked is not None
    await service.act(room, signs, Reopen(asked.sequence), _command())
