"""Branded identifiers: a judge's id can never be passed where a project's is expected.

Every id is a short slug (``ID_PATTERN``). They appear in URLs and store keys, so input is checked with ``slug``.
"""

import re
from typing import NewType

CompetitionId = NewType("CompetitionId", str)
FieldId = NewType("FieldId", str)
RoomId = NewType("RoomId", str)
ProjectId = NewType("ProjectId", str)
CriterionId = NewType("CriterionId", str)
AwardId = NewType("AwardId", str)
PanelId = NewType("PanelId", str)
"""A part of a jury, whose scores together have a weight of their own."""
PersonId = NewType("PersonId", str)
"""Anybody with an invitation: organiser, judge, chair, pitcher. Judges are people, so their ballots carry this id."""
OrganisationId = NewType("OrganisationId", str)
SignInId = NewType("SignInId", str)
"""One person in one browser: 16 hex letters, of no use to anybody without the cookie."""
SlotId = NewType("SlotId", str)
PollId = NewType("PollId", str)
"""One poll for each field; its ballots are keyed by judge and project."""
CommandId = NewType("CommandId", str)
"""Chosen by the browser for each command; sending it again returns the first answer."""
PublisherId = NewType("PublisherId", str)
"""Who sends media into a room: a project's id, ``FEED``, or whoever has a side room."""
FEED = PublisherId("feed")
"""Whoever holds the token of one of the room's encoders: OBS, say. No project may have this name."""
EncoderId = NewType("EncoderId", str)
"""One of the machines that may send a room's feed: ``main``, ``backup`` (``rooms/feeds/encoders.py``)."""
SourceId = NewType("SourceId", str)
"""One published track: ``<publisher>/<camera|microphone|slides|slides-sound>``."""
LaneId = NewType("LaneId", str)
"""One outgoing track that every viewer has: ``main``, ``floor-2`` (``rooms/lanes.py``)."""

ID_PATTERN = r"[a-z0-9][a-z0-9-]{0,63}"
_ID = re.compile(ID_PATTERN)
_COMMAND = re.compile(r"[A-Za-z0-9_-]{8,64}")


def is_slug(text: str) -> bool:
    """Whether ``text`` may serve as an id: 1–64 of a–z, 0–9 and hyphen, not starting with a hyphen."""
    return _ID.fullmatch(text) is not None


def is_command_id(text: str) -> bool:
    """Whether ``text`` may serve as a command id: 8–64 of the URL-safe base64 letters."""
    return _COMMAND.fullmatch(text) is not None
