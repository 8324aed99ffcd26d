"""A field's record out of the store, whether or not the show is running."""

from roadshow.adapters import cast_store, signer_bound_in, vote_store
from roadshow.competitions.casting import Casting
from roadshow.competitions.definition import Competition
from roadshow.errors import Conflict, NotFound, SetupError
from roadshow.fields.plans import poll_spec, record_names
from roadshow.ids import RoomId
from roadshow.languages import message_for
from roadshow.settings import Settings
from roadshow.store.connection import open_running_store
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.boxes.keeping import finding, require_key
from roadshow.voting.key_file import known_key, load_signer, other_key
from roadshow.voting.ledger.record import Record
from roadshow.voting.seals.heads import heads_path
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.stamps.stamper import stamps_of


async def export_record(settings: Settings, competition: Competition, room: RoomId) -> Record:
    """Raises SetupError when there is no record, or not yet; Unavailable."""
    field = next((one for one in competition.fields if one.room == room), None)
    if field is None:
        rooms = ", ".join(one.room for one in competition.fields)
        raise SetupError(f"There is no room {room}. There are: {rooms}.")
    key = known_key(settings.data, competition.id)
    if key is None:
        raise SetupError(
            f"{settings.data} has no signing key of {competition.id}: nothing of it was served from there. "
            "Give the server's --data."
        )
    signer = load_signer(key)
    async with open_running_store(settings, competition.id) as store:
        # With what the definition brings now, as the next start would have it: nothing of that is written.
        casting = await Casting.load(cast_store(store, competition.id), competition)
        boxes = Boxes(finding(settings.data, competition.id))
        if competition.voting.sealed:
            require_key(boxes, settings.data)
        specs = {room: poll_spec(competition, field, casting.cast, boxes.mark)}
        stamps = stamps_of(heads_path(settings.data, competition.id), None)
        votes = vote_store(store, competition.id, boxes)
        voting = VotingService(votes, signer, specs, Nobody(), stamps=stamps, boxes=boxes)
        bound = await signer_bound_in(store, competition.id)
        if bound not in ("", signer.public_key):
            raise SetupError(other_key(key, signer.public_key, bound))
        try:
            return await voting.record(room, record_names(competition, field, casting.cast))
        except (Conflict, NotFound) as problem:
            raise SetupError(f"{room}: {message_for(problem.code, problem.details, 'en')}") from problem
