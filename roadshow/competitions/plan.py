"""What follows from a definition: which fields there are, and when. (pure)

Takes a Competition that ``loading`` has checked; asks nothing of one that it has not.
"""

from datetime import datetime

from roadshow.competitions.definition import Competition, Event, Field, Stage
from roadshow.ids import FieldId
from roadshow.moments import Duration, Instant


def field_of(competition: Competition, field: FieldId) -> Field:
    """Raises KeyError."""
    for candidate in competition.fields:
        if candidate.id == field:
            return candidate
    raise KeyError(field)


def slot_length(stage: Stage) -> Duration:
    """One project's time on stage, voting included."""
    return Duration.seconds(stage.pitch.seconds + stage.questions.seconds + stage.voting.seconds)


def opens_at(field: Field | Event) -> Instant:
    """When the first slot or the event begins. Raises ValueError for a time that ``loading`` has not resolved."""
    return _moment(field.starts_at)


def _moment(text: str) -> Instant:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return Instant(int(moment.timestamp()) * 1000)


def conflicts_until(competition: Competition, field: Field) -> Instant:
    """Until when the field's judges may say what conflicts they have, and take it back."""
    if not competition.conflicts_until:
        return opens_at(field)
    return _moment(competition.conflicts_until)


def ends_at(event: Event) -> Instant:
    """As it is planned."""
    return opens_at(event) + Duration.minutes(event.minutes)
