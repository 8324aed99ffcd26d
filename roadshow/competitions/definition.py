"""What a competition is: read from one TOML file, checked on load, never changed while it runs.

Everything a reader sees is a ``Text`` in English, Chinese and Russian. Times are whole seconds.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from roadshow.ids import CompetitionId, CriterionId, FieldId, PersonId, ProjectId, RoomId

LANGUAGES = ("en", "zh", "ru")


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in every language of the interface."""

    en: str
    zh: str
    ru: str

    def in_language(self, language: str) -> str:
        """The text in ``en``, ``zh`` or ``ru``; English for anything else."""
        return {"zh": self.zh, "ru": self.ru}.get(language, self.en)


class EndPolicy(StrEnum):
    """What happens at 0:00 of a phase."""

    WARN = "warn"
    """The clock runs on into overtime; control decides."""
    MUTE = "mute"
    """As WARN, and the pitcher's microphone is taken off the floor."""
    CUT = "cut"
    """The next phase begins by itself."""


class PhasePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seconds: int
    policy: EndPolicy
    warnings: tuple[int, ...] = ()
    """Seconds before the end at which the clock turns amber, then red; falling."""


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The timed phases of every slot."""

    pitch: PhasePlan
    questions: PhasePlan
    voting: PhasePlan


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a score means, so that judges mean the same by it."""

    score: int
    text: Text


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: CriterionId
    title: Text
    hint: Text
    weight: int
    """Relative; the weights of all criteria are normalised to 1."""
    maximum: int = 10
    """Scores are whole numbers 0..maximum."""
    anchors: tuple[Anchor, ...] = ()


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How ballots become places. Names as in docs/voting.md."""

    estimator: Literal["mean"] = "mean"
    quorum: int = 3
    """Valid ballots a project needs; with fewer it is incomplete and gets no place."""
    tie_chain: tuple[Literal["heaviest-criterion", "pairwise-majority", "chair", "shared"], ...] = (
        "heaviest-criterion",
        "pairwise-majority",
        "chair",
        "shared",
    )
    rank_on: Literal["exact", "rounded"] = "exact"
    places: int = 3
    chair_votes: bool = True


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: FieldId
    title: Text
    summary: Text
    starts_at: str
    """When the field's room opens: ISO 8601 with an offset."""

    @property
    def room(self) -> RoomId:
        """Each field has a room of its own, of the same name."""
        return RoomId(self.id)


class Slide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a deck in the browser: a title, and lines under it."""

    title: Text
    lines: tuple[Text, ...] = ()
    figure: str = ""
    """A short number or word set large ("94 %"), the same in every language."""


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: ProjectId
    field: FieldId
    name: Text
    one_liner: Text
    summary: Text
    team: Text
    """Who they are: founder's name and role."""
    place: Text
    """City and country."""
    needs: tuple[Literal["financing", "research", "customers", "park", "talent"], ...]
    deck: tuple[Slide, ...]


class Judge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: PersonId
    name: Text
    affiliation: Text
    field: FieldId
    chair: bool = False
    recused: tuple[ProjectId, ...] = ()
    """Declared conflicts of interest: these projects this judge never scores."""


class Competition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: CompetitionId
    title: Text
    tagline: Text
    about: Text
    hosts: tuple[Text, ...]
    time_zone: str
    """IANA name of the event's time zone; pages show it beside the reader's own."""
    stage: Stage
    criteria: tuple[Criterion, ...]
    rules: Rules
    fields: tuple[Field, ...]
    projects: tuple[Project, ...]
    judges: tuple[Judge, ...]
    organisers: tuple[Text, ...] = ()
