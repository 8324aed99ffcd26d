"""What is told of a room, section by section, and who may see how much of it: one table. (pure)

A section replaces its former value whole. Its name on the wire is the tag of its view. Hub, snapshot, protocol and
browser go by this table; docs/extending.md adds a row.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from roadshow.fields.calls import CallsView
from roadshow.rooms.lines.views import LinesView
from roadshow.rooms.views import RundownView, SessionView, StageView
from roadshow.voting.audience.award import AudienceView, TurnoutView
from roadshow.voting.grounds import GroundsView
from roadshow.voting.ledger.told import HeadsView
from roadshow.voting.ledger.watching import LedgerView
from roadshow.voting.overall.podium import OverallView
from roadshow.voting.paper.views import PapersView
from roadshow.voting.questions.views import QuestionsView, without_level
from roadshow.voting.results import CardsView, CeremonyView
from roadshow.voting.review import Office, ProgressView, ReviewView, Striking, WindowsView, without_first


class Group(StrEnum):
    """Who sees the same of a room."""

    AUDIENCE = "audience"
    """Also pitchers, and judges of other rooms."""
    JUDGE = "judge"
    CHAIR = "chair"
    DEPUTY = "deputy"
    CONTROL = "control"
    CLERK = "clerk"
    """Who types in cards of paper."""
    AUDITOR = "auditor"
    """Who watches that all is done by the rules."""


View: TypeAlias = msgspec.Struct
"""A section's value: a struct whose tag, under ``section``, is the section's name."""
Redaction = Callable[[Any], View]
"""What of a view a group may see."""


@dataclass(frozen=True, slots=True)
class Section:
    view: type[View]
    sees: Mapping[Group, Redaction]
    """A group that is missing sees nothing of it, not even that it changed."""

    @property
    def name(self) -> str:
        return str(self.view.__struct_config__.tag)


def whole(view: View) -> View:
    return view


def of_office(office: Office) -> Redaction:
    """Of ties those that wait for this office, and nothing else that tells whether there are any: neither is the way to
    the result free, nor has the ledger grown; nor who would be first by other rules, nor what is striking in scores."""

    def redacted(review: ReviewView) -> ReviewView:
        ties = tuple(tie for tie in review.ties if tie.decided_by == office)
        unvoted = tuple(one for one in review.unvoted if one.waits_for == "jury" or one.decided_by == office)
        review = replace(review, striking=Striking(), cards=(), caveat=without_first(review.caveat))
        return replace(review, ready=False, ties=ties, unvoted=unvoted, head="", sequence=0)

    return redacted


def casting_by(office: Office) -> Redaction:
    """Whether a question wants a casting vote, if it is this office's to give."""

    def redacted(view: QuestionsView) -> QuestionsView:
        newest = view.newest
        return view if newest is None or newest.decided_by == office else without_level(view)

    return redacted


def _seen_by(*groups: Group) -> dict[Group, Redaction]:
    return dict.fromkeys(groups, whole)


EVERYBODY: Final = tuple(Group)
INNER: Final = (Group.CHAIR, Group.DEPUTY, Group.CONTROL)
JURY_AND_CONTROL: Final = (Group.JUDGE, *INNER)

SECTIONS: Final = (
    Section(SessionView, _seen_by(*EVERYBODY)),
    Section(RundownView, _seen_by(*EVERYBODY)),
    Section(StageView, _seen_by(*EVERYBODY)),
    Section(CeremonyView, _seen_by(*EVERYBODY)),
    Section(CardsView, _seen_by(*EVERYBODY)),
    Section(OverallView, _seen_by(*EVERYBODY)),
    Section(HeadsView, _seen_by(*EVERYBODY)),
    Section(ProgressView, _seen_by(*INNER)),
    Section(
        ReviewView,
        {Group.CHAIR: whole, Group.DEPUTY: of_office("deputy"), Group.CONTROL: of_office("organiser")},
    ),
    Section(GroundsView, _seen_by(*INNER)),
    Section(WindowsView, _seen_by(*JURY_AND_CONTROL)),
    Section(
        QuestionsView,
        {
            Group.JUDGE: without_level,
            Group.CHAIR: casting_by("chair"),
            Group.DEPUTY: casting_by("deputy"),
            Group.CONTROL: casting_by("organiser"),
        },
    ),
    Section(PapersView, _seen_by(*JURY_AND_CONTROL, Group.CLERK)),
    Section(LedgerView, _seen_by(Group.AUDITOR)),
    Section(AudienceView, _seen_by(*EVERYBODY)),
    Section(CallsView, _seen_by(Group.CONTROL)),
    Section(TurnoutView, _seen_by(Group.CONTROL)),
    Section(LinesView, _seen_by(Group.CONTROL)),
)

_BY_VIEW: Final = {section.view: section for section in SECTIONS}


def visible(views: Iterable[View], group: Group) -> dict[str, View]:
    """Of these views what the group may see, by section; in their order."""
    shown: dict[str, View] = {}
    for view in views:
        section = _BY_VIEW[type(view)]
        redaction = section.sees.get(group)
        if redaction is not None:
            shown[section.name] = redaction(view)
    return shown


def seen_by(group: Group) -> tuple[type[View], ...]:
    """The views a group sees anything of, in the table's order."""
    return tuple(section.view for section in SECTIONS if group in section.sees)
