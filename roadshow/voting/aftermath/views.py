"""What is shown of the time after the podium. Nothing here names a team that objects, or says what it says. (pure)"""

from typing import Literal

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import ProjectId
from roadshow.moments import Instant
from roadshow.voting.aftermath.acts import Category, Change
from roadshow.voting.aftermath.state import Objection, open_until
from roadshow.voting.entitlement import office_of
from roadshow.voting.office.passing import at_present
from roadshow.voting.review import Office
from roadshow.voting.spec import PollSpec, term_of
from roadshow.voting.tally import PollState

Stands = Literal["open", "pending", "final"]


class ObjectionView(msgspec.Struct, frozen=True):
    number: int
    """1, 2, …, in the order in which they came."""
    at: Instant
    category: Category
    upheld: bool | None = None
    """None: nobody has ruled on it."""
    ruled_at: Instant | None = None
    office: Office | None = None
    """Whose ruling it was."""
    reason: str = ""


class AmendmentView(msgspec.Struct, frozen=True):
    at: Instant
    """When it was signed."""
    project: ProjectId
    change: Change
    reason: str
    asked: Office
    signed: Office
    objection: int | None = None
    """The number of the objection that was upheld with it."""


class AftermathView(msgspec.Struct, frozen=True):
    stands: Stands
    """``open``: to objection. ``pending``: the term is over, and an objection without a ruling. ``final``: nothing
    moves any more."""
    until: Instant
    objections: tuple[ObjectionView, ...]
    amendments: tuple[AmendmentView, ...]


def stands(spec: PollSpec, state: PollState, now: Instant) -> tuple[Stands, Instant]:
    """And until when it is, or was, open to objection. Raises Conflict("result.sealed")."""
    if state.published_at is None:
        raise Conflict("result.sealed")
    after = state.tally.aftermath
    until = open_until(state.published_at, term_of(spec.rules), after)
    return ("open" if now < until else "pending" if after.open else "final"), until


def aftermath_view(spec: PollSpec, state: PollState, now: Instant) -> AftermathView:
    """Raises Conflict("result.sealed")."""
    after = state.tally.aftermath
    how, until = stands(spec, state, now)
    spec = at_present(spec, state.tally)  # since a place was announced, no office passes
    numbers = {one.sequence: number for number, one in enumerate(after.objections, start=1)}
    return AftermathView(
        how,
        until,
        tuple(_objection(spec, numbers[one.sequence], one) for one in after.objections),
        tuple(
            AmendmentView(
                at=one.at,
                project=one.request.project,
                change=one.request.change,
                reason=one.request.reason,
                asked=office_of(spec, one.request.by) or "chair",
                signed=office_of(spec, one.signed_by) or "organiser",
                objection=numbers.get(one.request.objection or 0),
            )
            for one in after.amendments
        ),
    )


def _objection(spec: PollSpec, number: int, one: Objection) -> ObjectionView:
    if one.ruled is None:
        return ObjectionView(number, one.at, one.category)
    ruled = one.ruled
    office = office_of(spec, ruled.by) or "chair"
    return ObjectionView(number, one.at, one.category, ruled.upheld, ruled.at, office, ruled.reason)
