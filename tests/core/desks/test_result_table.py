"""Who gave what, and where judges are numbered: a number leads to nobody."""

from roadshow.desks.result.export import Exported, sheets
from roadshow.desks.result.table import judge_names, result_table
from roadshow.desks.result.words import Words
from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.languages import catalogue
from roadshow.moments import Instant
from roadshow.voting.results import PublishedResult
from tests.core.voting.juries import outcome
from tests.core.voting.test_orders import ordered, row
from tests.core.voting.test_pairs import compared
from tests.core.voting.test_pairs import row as row_of_pairs

JURY = [(PersonId(f"judge-{letter}"), letter.title()) for letter in ("ana", "bo", "cai", "dee", "eve", "fay", "gus")]


def _numbered(key: str) -> dict[PersonId, str]:
    return judge_names(JURY, lambda number: f"Judge {number}", key)


def test_judges_are_named_and_listed_as_the_jury_is() -> None:
    """Where the rules say so."""
    assert list(judge_names(JURY, None, "key").items()) == JURY


def test_numbers_follow_a_key_and_not_the_jury_as_it_is_published() -> None:
    """The chair is the first of every jury, and would be Judge 1. The same in every language and on every page."""
    assert list(_numbered("one").values()) == [f"Judge {number}" for number in range(1, 8)]
    assert _numbered("one") == _numbered("one")
    firsts = {next(iter(_numbered(str(key)))) for key in range(200)}
    assert firsts == {person for person, _name in JURY}


def test_where_ballots_are_comparisons_tables_tell_how_many_were_won() -> None:
    """And the explanation, against whom the jury did."""
    result = outcome(compared(*row_of_pairs("j", "bac"), *row_of_pairs("k", "bca")))
    published = PublishedResult(
        PollId("poll"), result.standings, PersonId("chair"), Instant(0), "", 0, "", "", explanations=result.explanations
    )
    projects = {ProjectId(name): name.upper() for name in "abc"}
    names = {PersonId(name): name.title() for name in "jkl"}
    table = result_table(published, result.explanations, (), names, Words(catalogue("en"), projects, {}), {})
    assert [[row.place for row in line.rows] for line in table.lines] == [
        ["2 of 2", "2 of 2", ""],
        ["1 of 2", "0 of 2", ""],
        ["0 of 2", "1 of 2", ""],
    ]
    told = [" ".join(step.text for step in line.steps if step.kind == "met") for line in table.lines]
    assert told[0] == "More judges put it ahead of: A, C."
    assert told[1] == "As many judges put it ahead as behind: C. More judges put it behind: B."
    sheet, _ = sheets(Exported(published, table, projects, {}, (), (), "copeland"), "en")
    judges = [sheet.headings.index(name) for name in names.values()]
    assert next([line[at] for at in judges] for line in sheet.rows) == [100, 100, "no ballot"]


def test_where_ballots_are_orders_tables_tell_places() -> None:
    """A share of a hundred, as a total would be, is nothing that a judge has given."""
    result = outcome(ordered(row("j", "c", "b a c"), row("k", "c", "b c")))
    published = PublishedResult(
        PollId("poll"), result.standings, PersonId("chair"), Instant(0), "", 0, "", "", explanations=result.explanations
    )
    projects = {ProjectId(name): name.upper() for name in "abc"}
    names = {PersonId(name): name.title() for name in "jkl"}
    words = Words(catalogue("en"), projects, {})
    table = result_table(published, result.explanations, (), names, words, {})
    assert [line.standing.project for line in table.lines] == ["b", "a", "c"]
    assert [row.place for row in table.lines[0].rows] == ["1 of 3", "1 of 2", ""]
    sheet, _ = sheets(Exported(published, table, projects, {}, (), (), "borda"), "en")
    judges = [sheet.headings.index(name) for name in names.values()]
    assert [[line[at] for at in judges] for line in sheet.rows] == [
        [1, 1, "no ballot"],
        [2, "no ballot", "no ballot"],
        [3, 2, "no ballot"],
    ]
