"""Tables as files that a spreadsheet opens: CSV and XLSX.

A cell that begins as a formula does is a formula to a spreadsheet: a project's name could send the reader's other cells
to somebody. In XLSX a text is said to be one. CSV cannot say so; there it gets an apostrophe before it, which a
spreadsheet takes for "this is text".
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

Cell = str | int | Decimal | None
"""None: empty. A Decimal is shown with two decimals."""

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How one begins; the wide ones in Chinese and Japanese settings, too."""
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel reads UTF-8 as the system's own letters, and Chinese as none."""
NARROWEST, WIDEST = 8, 48
"""Letters of a column. Longer texts are cut off on the screen, and whole in the cell."""
MOST_LETTERS = 32_000
"""Of a cell; Excel takes 32,767 and calls a file with more damaged."""
LONGEST_NAME = 31
"""Letters of a sheet's name, by Excel."""
MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""Said to be when a file was made: equal tables are equal files."""


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def as_csv(sheet: Sheet) -> bytes:
    """RFC 4180, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_harmless(heading) for heading in sheet.headings])
    writer.writerows([_written(cell) for cell in row] for row in sheet.rows)
    return (BOM + text.getvalue()).encode()


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook whose first sheet is open."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - a front is to start in no time

    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    book.set_properties({"created": MADE.replace(tzinfo=None)})
    bold, points = book.add_format({"bold": True, "text_wrap": True, "valign": "top"}), book.add_format()
    points.set_num_format("0.00")
    for sheet in sheets:
        page = book.add_worksheet(_named(sheet.name))
        page.freeze_panes(1, 0)
        for column, heading in enumerate(sheet.headings):
            page.write_string(0, column, heading[:MOST_LETTERS], bold)
            widest = max([len(heading) // 2, *(len(_written(row[column])) for row in sheet.rows)])
            page.set_column(column, column, min(max(widest + 2, NARROWEST), WIDEST))
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    page.write_number(number, column, float(cell), points)
                elif isinstance(cell, int):
                    page.write_number(number, column, cell)
                elif cell:
                    page.write_string(number, column, cell[:MOST_LETTERS])
    book.close()
    return file.getvalue()


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    return str(cell) if isinstance(cell, int) else _harmless(cell)


def _harmless(text: str) -> str:
    return f"'{text}" if text.lstrip(" \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}").startswith(FORMULA) else text


def _named(name: str) -> str:
    """As Excel takes it."""
    return "".join(" " if letter in "[]:*?/\\" else letter for letter in name).strip("' ")[:LONGEST_NAME] or "1"
