"""What a competition is: read from TOML (``loading``), checked on load, never changed while it runs.

Everything a reader sees is a ``Text`` in English, Chinese and Russian. Times are whole seconds. The bounds below are
part of the types: msgspec holds them when it decodes, and ``shape`` explains each one that is broken. What spans
several places (ids that must exist, judges enough for a quorum) is in ``sense``.
"""

from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal

import msgspec

from roadshow.competitions.stages import Carried
from roadshow.competitions.voting import Voting
from roadshow.ids import AwardId, CompetitionId, CriterionId, FieldId, PanelId, PersonId, ProjectId, RoomId
from roadshow.texts import Label, Line, Paragraph, Text

LONGEST_PHASE = 4 * 60 * 60
"""Seconds of one phase. Longer is a slip of the keyboard, not a pitch."""
MOST_PROJECTS = 200
"""In one competition; every page that lists them stays one page."""
MOST_JUDGES = 50
"""In one field, its chair included: a ballot round stays one screen on the control desk."""
MOST_FIELDS = 12
MOST_CRITERIA = 12
"""More does not fit the judge's card, and nobody can weigh them."""
MOST_SLIDES = 40
Step = Literal["1", "0.5", "0.25", "0.2", "0.1", "0.05", "0.01"]
"""From one score to the next, as text: a number with a decimal point would be none of these exactly."""
MOST_CELLS = 11
"""On a card: 0 to 10 leave a thumb's width to each on a phone."""
MOST_DEDUCTIONS = 6
"""Over time, reading out, no prototype …: a judge goes through all of them for each project."""
MOST_AWARDS = 20
MOST_PANELS = 8
"""Experts, investors, partners, press, shadows: more parts of one jury nobody weighs against each other."""
MOST_OBJECTION_HOURS = 720
"""A month: whoever waits longer for a result has no competition."""
MOST_DELIBERATION = 120
"""Minutes: a jury that talks for longer comes back another day."""
MOST_EVENTS = 100
"""Beside the fields: a week with a dozen a day."""

_NAMED = {"expected": "an id: 1 to 48 of a–z, 0–9 and hyphen, not starting with a hyphen"}
# Shorter than ids.ID_PATTERN allows, because other ids are made of these by a prefix.
_SLUG = msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,47}\Z", extra=_NAMED)

Seconds = Annotated[int, msgspec.Meta(ge=1, le=LONGEST_PHASE)]


class EndPolicy(StrEnum):
    """What happens at 0:00 of a phase."""

    WARN = "warn"
    """The clock runs on into overtime; control decides."""
    MUTE = "mute"
    """As WARN, and the pitcher's microphone is taken off the floor."""
    CUT = "cut"
    """The next phase begins by itself."""


class PhasePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seconds: Seconds
    policy: EndPolicy
    warnings: Annotated[tuple[Seconds, ...], msgspec.Meta(max_length=2)] = ()
    """Seconds before the end at which the clock turns amber, then red; falling."""


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The timed phases of every slot."""

    pitch: PhasePlan
    questions: PhasePlan
    voting: PhasePlan


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a score means, so that judges mean the same by it."""

    score: Annotated[int, msgspec.Meta(ge=0, le=100)]
    text: Line


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[CriterionId, _SLUG]
    title: Label
    hint: Line
    weight: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    """Relative; the weights of all criteria are normalised to 1."""
    maximum: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    """Scores go from 0 to it."""
    step: Step = "1"
    anchors: Annotated[tuple[Anchor, ...], msgspec.Meta(max_length=11)] = ()
    """By rising score."""

    @property
    def steps(self) -> int:
        """Of a point."""
        return int(1 / Fraction(self.step))

    @property
    def has_cells(self) -> bool:
        """Whether each score has a cell of its own on the card; else it is typed."""
        return self.maximum * self.steps < MOST_CELLS


class Trim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the trimmed mean trims."""

    k: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    """Of each project's totals, so many are dropped at the top and as many at the bottom."""
    n_min: Annotated[int, msgspec.Meta(ge=3, le=MOST_JUDGES)] | None = None
    """If any project of a field has fewer ballots, none of the field is trimmed. None: the least that leaves something,
    so that whoever does not vote switches nothing (docs/decisions/one-absence-switches-nothing.md)."""
    scope: Literal["total", "criterion"] = "total"

    @property
    def enough(self) -> int:
        """Ballots of each project, with which a field is trimmed."""
        return 2 * self.k + 1 if self.n_min is None else self.n_min


class Deduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each judge may take points off for."""

    id: Annotated[CriterionId, _SLUG]
    title: Label
    maximum: Annotated[int, msgspec.Meta(ge=1, le=100)]
    """Points of 100."""
    step: Step = "1"

    @property
    def steps(self) -> int:
        """Of a point."""
        return int(1 / Fraction(self.step))

    @property
    def has_cells(self) -> bool:
        """As a criterion's."""
        return self.maximum * self.steps < MOST_CELLS


class Award(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Given beside the places."""

    id: Annotated[AwardId, _SLUG]
    title: Label
    by: Literal["criterion", "audience", "jury", "sponsor"]
    """To the best on one criterion, to whom the audience gave most votes, or by a vote of the jury or of a sponsor."""
    criterion: Annotated[CriterionId, _SLUG] = CriterionId("")
    judges: Annotated[tuple[PersonId, ...], msgspec.Meta(max_length=MOST_FIELDS)] = ()
    """Of a sponsor's: those of the juries who vote on it, and nobody else does."""


class Prize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tier of each field's prizes by place."""

    id: Annotated[AwardId, _SLUG]
    title: Label
    count: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    minimum: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """Points: with fewer, a project has the next tier's, and this one is not awarded."""


class Panel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of each field's jury."""

    id: Annotated[PanelId, _SLUG]
    title: Label
    weight: Annotated[int, msgspec.Meta(ge=0, le=1_000)]
    """Relative to the other panels'. 0: shadow judges, whose ballots never count."""
    each: Annotated[int, msgspec.Meta(ge=0, le=MOST_JUDGES)] = 0
    """So many of its judges score each project, by lot. 0: all of them."""
    quorum: Annotated[int, msgspec.Meta(ge=1, le=MOST_JUDGES)] = 1
    """Valid ballots of this panel that a project needs, beside ``Rules.quorum`` of all."""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How ballots become places. Names as in docs/voting.md."""

    estimator: Literal["mean", "trimmed-mean", "z-score", "borda", "place-points", "copeland"] = "mean"
    ballots: Literal["scores", "orders", "pairs"] = "scores"
    """What a judge hands in: scores on the criteria, an order of the projects, or which of two is ahead."""
    level_places: bool = False
    """Of ``orders`` and ``pairs``: whether a judge may put projects level."""
    opponents: Annotated[int, msgspec.Meta(ge=0, le=MOST_PROJECTS)] = 0
    """Of ``pairs``: with how many others each judge compares each project, by lot. 0: with all of them."""
    least_opponents: Annotated[int, msgspec.Meta(ge=1, le=MOST_PROJECTS)] | None = None
    """With how many a project must have been compared to get a place. None: half of those that it meets."""
    place_points: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0, le=1_000)], ...], msgspec.Meta(min_length=1, max_length=MOST_PROJECTS)
    ] = (10, 8, 6, 5, 4, 3, 2, 1)
    """Of ``place-points``: what a judge's first, second, … place is worth; later ones nothing."""
    trim: Trim = Trim()
    quorum: Annotated[int, msgspec.Meta(ge=1, le=MOST_JUDGES)] = 3
    """Valid ballots a project needs; with fewer it is incomplete and gets no place."""
    tie_chain: tuple[
        Literal[
            "net", "heaviest-criterion", "pairwise-majority", "untrimmed-mean", "re-vote", "jury", "chair", "shared"
        ],
        ...,
    ] = (
        "heaviest-criterion",
        "pairwise-majority",
        "chair",
        "shared",
    )
    revote_quorum: Annotated[int, msgspec.Meta(ge=1, le=MOST_JUDGES)] | None = None
    """Judges who have to score all of a group, or a re-vote on it was not held. None: as many as a project needs."""
    deliberation: Annotated[int, msgspec.Meta(ge=0, le=MOST_DELIBERATION)] = 0
    """Minutes for which the chair can open all cards once more, before the count is closed; 0: never."""
    vote_quorum: Annotated[int, msgspec.Meta(ge=1, le=MOST_JUDGES)] | None = None
    """Judges who have to vote on a question, or it was not held; where fewer may vote, all of these. None: as many as a
    project needs."""
    rank_on: Literal["exact", "rounded"] = "exact"
    audience_share: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """Per cent of a project's score that the audience's votes make."""
    podium: Literal["field", "overall"] = "field"
    """``overall``: besides each field's podium, one of all fields together."""
    places: Annotated[int, msgspec.Meta(ge=1, le=MOST_PROJECTS)] = 3
    """On each podium."""
    awards: Annotated[tuple[Award, ...], msgspec.Meta(max_length=MOST_AWARDS)] = ()
    """In each field."""
    prizes: Annotated[tuple[Prize, ...], msgspec.Meta(max_length=MOST_AWARDS)] = ()
    """In each field, by place, the best tier first."""
    least_score: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """Points: with fewer, nobody is on the podium or has a prize."""
    one_award: bool = False
    """Who has a prize or an award has no other one."""
    panels: Annotated[tuple[Panel, ...], msgspec.Meta(max_length=MOST_PANELS)] = ()
    """None: the jury is one. Judges who name no panel sit on the first."""
    draw: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """What the lot is drawn with that assigns a panel's judges, or pairs: best a word that nobody here has chosen."""
    least_spread: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0
    """Points: for z-scores, no judge's standard deviation is taken for less."""
    deductions: Annotated[tuple[Deduction, ...], msgspec.Meta(max_length=MOST_DEDUCTIONS)] = ()
    """What each judge may take points off for."""
    deducted_from: Literal["total", "points"] = "total"
    """Of the judge who takes them; or their mean of the project's points."""
    second_confirmation: bool = False
    """Whether the organiser, or a judge who is not the chair, signs the result after the chair."""
    chair_votes: bool = True
    """Whether the chair scores projects as the other judges do, besides settling ties."""
    deputy_votes: bool = True
    """Whether the deputy does. One who does not may sign that a count is opened again."""
    ballot_keys: bool = False
    """Whether judges sign what they send with keys that their browsers make and keep."""
    comments: Literal["off", "after-result", "chair"] = "off"
    """Whether judges may write to the projects' teams, and who releases that: the result, or the chair."""
    objection_hours: Annotated[int, msgspec.Meta(ge=0, le=MOST_OBJECTION_HOURS)] = 72
    """How long teams may object to a published result, and how long it is not final; 0: it is final at once."""
    far_apart: Annotated[int, msgspec.Meta(ge=0, le=100)] = 40
    all_alike: Annotated[int, msgspec.Meta(ge=0, le=MOST_PROJECTS)] = 3
    """Points between two judges of a panel, and projects with one total, from which an alarm is given; 0: never."""
    show_judges: bool = True
    """Whether pages name the judges beside their scores, once these are public; else they are numbered."""

    scores_told: Literal["ceremony", "after-each", "one-later", "chair"] = "ceremony"
    """When anybody but their judge is told scores: with the places; each judge's card on every screen after each pitch,
    or after the pitch that follows; or to the chair alone, once the count is closed."""
    shown_by_itself: bool = False
    """Whether cards are shown as soon as nobody's ballot is missing, or when control says so."""

    @property
    def shows_cards(self) -> bool:
        """Whether judges' cards are shown to everybody, project by project."""
        return self.scores_told in ("after-each", "one-later")

    @property
    def asks_the_jury(self) -> bool:
        """Whether anything is left to a vote on a question."""
        return "jury" in self.tie_chain or any(award.by in ("jury", "sponsor") for award in self.awards)

    @property
    def enough_to_vote(self) -> int:
        """As ``vote_quorum``, with its default."""
        return self.quorum if self.vote_quorum is None else self.vote_quorum

    @property
    def enough_to_vote_again(self) -> int:
        """As ``revote_quorum``, with its default."""
        return self.quorum if self.revote_quorum is None else self.revote_quorum


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[FieldId, _SLUG]
    title: Label
    summary: Line
    starts_at: Annotated[str, msgspec.Meta(max_length=40)]
    """When the field's room opens: ISO 8601 with an offset."""
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(max_length=MOST_CRITERIA)] = ()
    """Its own rubric. None: the competition's."""
    rules: Rules | None = None
    """Its own. A definition names what differs, and what it does not name is the competition's (``loading``)."""
    carried: Carried | None = None
    """What it takes over from earlier fields."""

    @property
    def room(self) -> RoomId:
        """Each field has a room of its own, of the same name."""
        return RoomId(self.id)


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What takes place beside the fields: a line of the programme."""

    kind: Literal["roundtable", "ceremony", "talk", "other"]
    title: Label
    summary: Line
    starts_at: Annotated[str, msgspec.Meta(max_length=40)]
    """As a field's."""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)]


class Slide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a deck in the browser: a title, and lines under it."""

    title: Label
    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=6)] = ()
    figure: Annotated[str, msgspec.Meta(max_length=12)] = ""
    """A short number or word set large ("94 %"), the same in every language."""


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[ProjectId, _SLUG]
    field: FieldId
    name: Label
    one_liner: Line
    summary: Paragraph
    team: Line
    """Who they are: founder's name and role."""
    place: Label
    """City and country."""
    needs: Annotated[
        tuple[Literal["financing", "research", "customers", "park", "talent"], ...],
        msgspec.Meta(min_length=1, max_length=5),
    ]
    deck: Annotated[tuple[Slide, ...], msgspec.Meta(min_length=1, max_length=MOST_SLIDES)]


class Judge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[PersonId, _SLUG]
    name: Label
    affiliation: Line
    field: FieldId
    chair: bool = False
    deputy: bool = False
    """Decides where the chair has a conflict of interest. Without one, an organiser does."""
    recused: Annotated[tuple[ProjectId, ...], msgspec.Meta(max_length=MOST_PROJECTS)] = ()
    """Declared conflicts of interest: these projects this judge never scores."""
    panel: Annotated[str, msgspec.Meta(max_length=48)] = ""
    """One of the rules' panels. None: the first, if there are any."""
    reserve: bool = False
    """May take a judge's seat in the middle of the field, and has none before."""


class Competition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[CompetitionId, _SLUG]
    title: Line
    tagline: Line
    about: Text
    hosts: Annotated[tuple[Line, ...], msgspec.Meta(max_length=12)]
    time_zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """IANA name of the event's time zone; pages show it beside the reader's own."""
    stage: Stage
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(min_length=1, max_length=MOST_CRITERIA)]
    rules: Rules
    fields: Annotated[tuple[Field, ...], msgspec.Meta(min_length=1, max_length=MOST_FIELDS)]
    projects: Annotated[tuple[Project, ...], msgspec.Meta(max_length=MOST_PROJECTS)] = ()
    """A field's projects pitch in the order they stand in here. None, and no judges: rules without a cast."""
    judges: Annotated[tuple[Judge, ...], msgspec.Meta(max_length=MOST_FIELDS * MOST_JUDGES)] = ()
    organisers: Annotated[tuple[Label, ...], msgspec.Meta(max_length=12)] = ()
    """Names."""
    auditors: Annotated[tuple[Label, ...], msgspec.Meta(max_length=6)] = ()
    """Names: a notary's two, and one from each of several sponsors."""
    clerks: Annotated[tuple[Label, ...], msgspec.Meta(max_length=12)] = ()
    """Names of those who type in judges' cards of paper: two in each of six halls. None: no ballot comes on paper."""
    conflicts_until: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """Until when judges say what conflicts of interest they have, and may take it back; written as a field's start.
    Empty: until their field opens."""
    voting: Voting = Voting()
    events: Annotated[tuple[Event, ...], msgspec.Meta(max_length=MOST_EVENTS)] = ()

    def judging(self, field: Field) -> "Competition":
        """The same with the rubric and the rules by which this field is judged."""
        if not field.criteria and field.rules is None:
            return self
        return msgspec.structs.replace(self, criteria=field.criteria or self.criteria, rules=field.rules or self.rules)

    @property
    def prizes(self) -> tuple[Prize, ...]:
        """By place: those of the rules, and of each field that has rules of its own."""
        return (*self.rules.prizes, *(one for field in self.fields if field.rules for one in field.rules.prizes))
