"""Tables as files that a spreadsheet opens: nothing in them runs, and Chinese is Chinese."""

import csv
import io
import zipfile
from decimal import Decimal
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from roadshow.desks.result.export import COLUMNS, IN_GENERAL, Exported, explained, sheets
from roadshow.desks.result.spreadsheet import BOM, FORMULA, Sheet, as_csv, as_xlsx
from roadshow.desks.result.table import Line, Spread, Table
from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.languages import catalogue
from roadshow.moments import Instant
from roadshow.voting.results import PublishedResult, Standing

XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def _sheet(*cells: object) -> Sheet:
    return Sheet("Results", tuple(f"c{number}" for number in range(len(cells))), (cells,))  # type: ignore[arg-type]


def _read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_excel_reads_chinese_in_a_csv() -> None:
    """It goes by the first three bytes, and by the system's letters without them."""
    data = as_csv(_sheet("听轨", "Тингуй"))
    assert data.startswith(b"\xef\xbb\xbf")
    assert not data.decode("utf-8-sig").startswith(BOM)
    assert _read(data)[1] == ["听轨", "Тингуй"]


@given(st.sampled_from(["", " ", "\N{IDEOGRAPHIC SPACE}"]), st.sampled_from([*FORMULA]), names)
def test_no_text_is_a_formula(before: str, first: str, rest: str) -> None:
    """A project may be called what it likes."""
    text = before + first + rest
    ((_heading,), (cell,)) = _read(as_csv(_sheet(text)))
    assert cell.startswith("'")
    page = zipfile.ZipFile(io.BytesIO(as_xlsx([_sheet(text)]))).read("xl/worksheets/sheet1.xml")
    cells = list(ET.fromstring(page).iter(f"{XML}c"))  # noqa: S314
    assert [one.get("t") for one in cells] == ["s", "s"]
    assert not list(ET.fromstring(page).iter(f"{XML}f"))  # noqa: S314


@given(names.filter(lambda text: not text.strip(" \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}").startswith(FORMULA)))
def test_any_other_text_stays_as_it_is(text: str) -> None:
    """Quotes, commas and all."""
    assert _read(as_csv(_sheet(text, "x")))[1] == [text, "x"]


def test_numbers_are_numbers() -> None:
    """Points can be below zero: that is no formula, and a spreadsheet adds them up."""
    sheet = _sheet(Decimal("-3.50"), 2, None, "")
    assert _read(as_csv(sheet))[1] == ["-3.50", "2", "", ""]
    page = zipfile.ZipFile(io.BytesIO(as_xlsx([sheet]))).read("xl/worksheets/sheet1.xml").decode()
    assert "<v>-3.5</v>" in page


def test_a_workbook_is_taken_whatever_it_is_called_and_however_long_a_text_is() -> None:
    """Excel calls a file damaged over one letter too many."""
    long = Sheet("[a]: results/of\\the * field?" * 3, ("x" * 40_000,), (("y" * 40_000,),))
    assert zipfile.ZipFile(io.BytesIO(as_xlsx([long, Sheet("'", ("a",), ())]))).testzip() is None
    assert as_xlsx([long]) == as_xlsx([long]), "equal tables are equal files"


def test_every_column_is_explained_in_three_languages() -> None:
    """Whoever gets the file by mail reads one of them."""
    sheet = explained(catalogue("zh"))
    assert sheet.name == "列说明"
    assert len(sheet.headings) == 6
    assert len(sheet.rows) == len(COLUMNS) + len(IN_GENERAL)
    assert all(all(cell for cell in row) and len({*row}) == 6 for row in sheet.rows)


def test_prizes_have_a_column_where_the_rules_name_any() -> None:
    """Beside the awards, and nothing stands there for who has none."""
    arm, leg = ProjectId("arm"), ProjectId("leg")
    standings = (Standing(arm, 1, "90.00", 3, {}, "score"), Standing(leg, 2, "80.00", 3, {}, "score"))
    result = PublishedResult(PollId("f"), standings, PersonId("chair"), Instant(0), "", 9, "", "")
    lines = tuple(Line(one, None, (), (), Spread((), None, "", "")) for one in standings)

    def column(prizes: list[tuple[str, list[ProjectId]]]) -> list[object]:
        of = Exported(result, Table((), lines, ()), {}, {}, prizes, [("Impact", [leg])], "mean")
        sheet, _ = sheets(of, "en")
        assert [row[sheet.headings.index("Awards")] for row in sheet.rows] == ["", "Impact"]
        return [row[sheet.headings.index("Prize")] for row in sheet.rows] if "Prize" in sheet.headings else []

    assert column([("Gold", [arm]), ("Silver", [])]) == ["Gold", ""]
    assert column([]) == []
