"""A published result as a table for a spreadsheet: names, places, points, each judge's total, awards. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from roadshow.desks.result.spreadsheet import Cell, Sheet
from roadshow.desks.result.table import Line, Row, Table
from roadshow.desks.result.words import ESTIMATORS
from roadshow.ids import CriterionId, ProjectId
from roadshow.languages import OWN_NAMES, Catalogue, catalogue
from roadshow.texts import LANGUAGES
from roadshow.voting.results import PublishedResult


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


PLACE, ANNOUNCED, PROJECT, ID = _("Place"), _("Place as announced"), _("Project"), _("Project's id")
POINTS, BALLOTS, DECIDED = _("Points"), _("Ballots"), _("Remark")
PRIZE, AWARDS = _("Prize"), _("Awards")
ESTIMATOR, PROVISIONAL = _("Counted by"), _("Provisional")
COLUMNS: Mapping[str, str] = {
    PLACE: _("The place as it stands. Empty: too few ballots, did not pitch, or disqualified; the remark says which."),
    ANNOUNCED: _("The place as it was announced, where places have moved since."),
    PROJECT: _("The project's name."),
    ID: _("How the record and the addresses name the project; it never changes."),
    POINTS: _("Points of 100, rounded half up to two decimals. Places may go by the exact points."),
    BALLOTS: _("How many judges' ballots count."),
    DECIDED: _("What decided the place, if it was not the points alone."),
    PRIZE: _("The prize by place, where the rules name any."),
    AWARDS: _("Awards of the jury, and the audience's."),
    ESTIMATOR: _("How points were made of the ballots, the same for the whole field."),
    PROVISIONAL: _("Whether ballots are missing that could move other projects, too."),
}
"""What each column is. Those of criteria and judges are explained in general."""
CRITERIA = _("Criteria, with their greatest score")
JUDGES = _("Judges")
IN_GENERAL: Mapping[str, str] = {
    CRITERIA: _("The mean of the ballots that count, in the criterion's own scale."),
    JUDGES: _("The judge's total of 100, or the place in the judge's order, or why there is none."),
}


@dataclass(frozen=True, slots=True)
class Exported:
    """All that a table is made of, in the reader's language."""

    result: PublishedResult
    table: Table
    projects: Mapping[ProjectId, str]
    criteria: Mapping[CriterionId, str]
    """With their greatest score, in the rubric's order."""
    prizes: Sequence[tuple[str, Sequence[ProjectId]]]
    """By place, by name: who has it. Empty: the rules name none."""
    awards: Sequence[tuple[str, Sequence[ProjectId]]]
    """By name: who has it."""
    estimator: str
    """Of the rules; the one that was used is told."""


def sheets(of: Exported, language: str) -> tuple[Sheet, Sheet]:
    """The table, and what its columns are in every language."""
    texts = catalogue(language)
    return Sheet(texts.gettext(_("Results")), _headings(of, texts), _rows(of, texts)), explained(texts)


def explained(texts: Catalogue) -> Sheet:
    """``texts``: of the reader, whose language names the sheet."""
    catalogues = [catalogue(language) for language in LANGUAGES]
    headings = tuple(
        f"{one.gettext(heading)} ({OWN_NAMES[language]})"
        for language, one in zip(LANGUAGES, catalogues, strict=True)
        for heading in (_("Column"), _("What it is"))
    )
    return Sheet(
        texts.gettext(_("Columns")),
        headings,
        tuple(
            tuple(one.gettext(text) for one in catalogues for text in column)
            for column in (*COLUMNS.items(), *IN_GENERAL.items())
        ),
    )


def _headings(of: Exported, texts: Catalogue) -> tuple[str, ...]:
    announced = (ANNOUNCED,) if of.result.announced else ()
    prize = (PRIZE,) if of.prizes else ()
    return (
        *(texts.gettext(one) for one in (PLACE, *announced, PROJECT, ID, POINTS, BALLOTS)),
        *of.criteria.values(),
        *of.table.judges,
        *(texts.gettext(one) for one in (DECIDED, *prize, AWARDS, ESTIMATOR, PROVISIONAL)),
    )


def _rows(of: Exported, texts: Catalogue) -> tuple[tuple[Cell, ...], ...]:
    """The last two cells are the same in each, so that no line can lose them."""
    caveat = of.result.caveat
    used = of.estimator if caveat is None else caveat.used or of.estimator
    provisional = _("yes") if caveat is not None and caveat.provisional else _("no")
    field = (texts.gettext(ESTIMATORS[used]), texts.gettext(provisional))
    return tuple((*_row(of, line), *field) for line in of.table.lines)


def _row(of: Exported, line: Line) -> tuple[Cell, ...]:
    standing = line.standing
    before = {one.project: one.place for one in of.result.announced}
    return (
        standing.place,
        *((before[standing.project],) if before else ()),
        of.projects.get(standing.project, standing.project),
        standing.project,
        Decimal(standing.score) if standing.score else None,
        standing.ballots,
        *(Decimal(standing.by_criterion[one]) if one in standing.by_criterion else None for one in of.criteria),
        *(_judged(row) for row in line.rows),
        "" if line.remark is None else line.remark.text,
        *((_won(of.prizes, standing.project),) if of.prizes else ()),
        _won(of.awards, standing.project),
    )


def _judged(row: Row) -> Cell:
    if row.line.place:
        return row.line.place
    return Decimal(row.total) if row.total else row.no_ballot


def _won(honours: Sequence[tuple[str, Sequence[ProjectId]]], project: ProjectId) -> str:
    return "; ".join(name for name, winners in honours if project in winners)
