"""What is told of line checks: to control, and to whoever made one. (pure)"""

from typing import Final

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.rooms.lines.verdict import Figures, LineCheck, Reason, Verdict, up_rate

OLD_AFTER: Final = Duration.minutes(7 * 24 * 60)
"""A week ago somebody was in another flat, hotel or office: the check should be made again."""


class LineView(msgspec.Struct, frozen=True):
    """A pitcher's newest check; without ``verdict``: there is none."""

    person: PersonId
    project: ProjectId
    verdict: Verdict | None = None
    reasons: tuple[Reason, ...] = ()
    at: int | None = None
    old_at: int | None = None
    """From then on it tells little."""


class LinesView(msgspec.Struct, frozen=True, tag_field="section", tag="lines"):
    lines: tuple[LineView, ...]
    """In the running order."""


class LineTold(msgspec.Struct, frozen=True):
    """What somebody is told of their own. Figures as ``rooms.lines.verdict.Figures`` has them."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    at: int
    old_at: int
    elsewhere: bool
    """It was made from another network than this one."""
    up: int
    """Bits a second."""
    figures: Figures
    missing: float | None


def _old_at(check: LineCheck) -> int:
    return (Instant(check.at) + OLD_AFTER).ms


def line_view(person: PersonId, project: ProjectId, check: LineCheck | None) -> LineView:
    """Of somebody who pitches the project."""
    if check is None:
        return LineView(person, project)
    return LineView(person, project, check.verdict, check.reasons, check.at, _old_at(check))


def line_told(check: LineCheck, origin: str) -> LineTold:
    """``origin``: the network they come from now, as ``LineCheck.origin``."""
    return LineTold(
        check.verdict,
        check.reasons,
        check.at,
        _old_at(check),
        check.origin != origin,
        up_rate(check.figures),
        check.figures,
        check.missing,
    )
