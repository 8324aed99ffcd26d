"""Polls with sealed ballots, for tests that hold whether they are or not."""

from msgspec.structs import replace

from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.spec import PollSpec

KEY = bytes(range(32))
BOXES = Boxes(lambda: KEY)


def with_sealed_ballots(spec: PollSpec) -> PollSpec:
    return replace(spec, sealed=BOXES.mark(spec.poll))


def box_for(spec: PollSpec) -> Box | None:
    return BOXES.box(spec.poll) if spec.sealed else None
