"""The lanes: outgoing tracks that every viewer's connection has for its whole life. A new one is a row here. Pure."""

from enum import StrEnum

import msgspec

from roadshow.ids import LaneId


class Kind(StrEnum):
    """As SDP calls it."""

    VIDEO = "video"
    AUDIO = "audio"


class GivesWay(StrEnum):
    """What becomes of a lane on a viewer's narrow line."""

    FIRST = "first"
    """It gets smaller, then it goes."""
    LAST = "last"
    """It goes as it is, once there is room for sound alone."""
    NEVER = "never"


class Lane(msgspec.Struct, frozen=True):
    """A row: a lane, or several alike. Sections of an offer get the lanes of their kind in the order of the rows."""

    name: str
    kind: Kind
    count: int = 1
    """How many there are of it: of more than one each has its number behind the name."""
    gives_way: GivesWay = GivesWay.NEVER
    in_step: bool = False
    """Whether its first is to be played in step with the other rows' that are: lips with the voice."""

    @property
    def lanes(self) -> tuple[LaneId, ...]:
        """What the programme may fill."""
        if self.count == 1:
            return (LaneId(self.name),)
        return tuple(LaneId(f"{self.name}-{number}") for number in range(1, self.count + 1))

    @property
    def speaker(self) -> LaneId | None:
        """Of several voices: one lane more, that carries whoever speaks, for viewers that take one sound alone."""
        return LaneId(self.name) if self.kind is Kind.AUDIO and self.count > 1 else None


LANES = (
    Lane("main", Kind.VIDEO, gives_way=GivesWay.FIRST, in_step=True),
    Lane("slides", Kind.VIDEO, gives_way=GivesWay.LAST),
    Lane("floor", Kind.AUDIO, count=3, in_step=True),
)
((MAIN,), (SLIDES,), (FLOOR_1, FLOOR_2, FLOOR_3)) = (row.lanes for row in LANES)
