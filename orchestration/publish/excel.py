"""Published tables as one Excel workbook: a first sheet that says what they are, a sheet of columns, a sheet for each.

Written row by row in constant memory. A text is written as a text and never as a formula, a link or a number; what
would be read as mark-up of Excel's own is written so that it reads as it was. Dates are dates, instants are in UTC.
A table with more rows than a sheet holds goes on in further sheets.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from orchestration.errors import UsageProblem
from orchestration.progress import report
from orchestration.publish.csv_files import WITH_ZONE
from orchestration.publish.files import SHEET_ROWS, Source, SourceTable

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

LONGEST_TEXT = 32_767  # UTF-16 units in a cell
_CUT = " … (cut: Excel holds no longer text)"
_EXACT_INTEGER = 10**15  # Excel keeps fifteen digits: a longer number is written as a text
_FIRST_YEAR = 1900  # of Excel's calendar: an earlier date is written as a text
_NAME_LENGTH = 31
_FETCHED = 10_000  # rows
_WIDEST, _NARROWEST = 40, 10  # of a column, in characters
_ABOUT, _COLUMNS = "About", "Columns"
_STATES_OF = ("metrics", "kpi_results", "quality_state")
_STATE = re.compile(r"\b([A-Z][A-Z_]+)\b(?: \(([^()]+)\))?")  # as that column's description lists them
_DEFINITIONS = ("kpi_id", "label", "definition", "formula", "unit", "better", "owner", "status", "reason")

_Write = Callable[[int, int, Any], object]  # row, column, value


def write(source: Source, target: Path) -> None:
    """Write the workbook beside its place, then put it there. Raises UsageProblem where it cannot be."""
    import xlsxwriter

    if target.suffix != ".xlsx":
        raise UsageProblem(f"{target} does not end in .xlsx: Excel would not open it.")
    if not target.parent.is_dir():
        raise UsageProblem(f"There is no folder {target.parent} to write {target.name} into; make it first.")
    if target.exists():
        raise UsageProblem(f"{target} is there already; choose another name or remove it.")
    writing = target.with_name(f".{target.name}.writing")
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    try:
        with xlsxwriter.Workbook(str(writing), options) as book:
            published = datetime.fromisoformat(source.generation.published_at).astimezone(UTC).replace(tzinfo=None)
            book.set_properties({"title": f"Generation {source.generation.generation}", "created": published})
            _Workbook(book, source).write()
        writing.replace(target)
    finally:
        writing.unlink(missing_ok=True)


def sheet_names(tables: Sequence[SourceTable]) -> dict[str, str]:
    """A sheet's name for each table: its own, cut to what Excel takes, never one twice (whatever its case)."""
    taken = {_ABOUT.lower(), _COLUMNS.lower(), "history"}
    names = {}
    for table in tables:
        stem = re.sub(r"[\[\]:*?/\\']", "_", table.name)
        name, number = stem[: _NAME_LENGTH - 4], 1  # room for the number of a further sheet
        while name.lower() in taken:
            number += 1
            name = f"{stem[: _NAME_LENGTH - 6]}~{number}"
        taken.add(name.lower())
        names[table.full_name] = name
    return names


class _Workbook:
    """One workbook being written."""

    def __init__(self, book: Workbook, source: Source) -> None:
        self._book, self._source = book, source
        self._names = sheet_names(source.tables)
        self._heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._date = book.add_format({"num_format": "yyyy-mm-dd"})
        self._instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._time = book.add_format({"num_format": "hh:mm:ss"})

    def write(self) -> None:
        self._about()
        self._columns()
        for number, table in enumerate(self._source.tables):
            report("writing excel", number, len(self._source.tables))
            self._table(table)

    # --- what stands before the tables ------------------------------------------------------------------------------
    def _about(self) -> None:
        sheet = self._sheet(_ABOUT, [26, 34, 70, 50, 12, 12, 18, 14, 40])
        for row, (style, *cells) in enumerate(self._about_lines()):
            for column, text in enumerate(cells):
                write_text(sheet, row, column, text, style or self._wrapped)

    def _about_lines(self) -> Iterator[tuple[Format | None, *tuple[str, ...]]]:
        generation, source = self._source.generation, self._source
        yield self._title, "Figures of the control room, as published"
        yield None, "Generation", generation.generation
        yield None, "Published at (UTC)", generation.published_at
        yield None, "Newest day delivered", self._newest_day()
        yield None, "Content hash", generation.content_hash
        yield None, "For", source.audience or "the data team"
        yield (None,)
        yield self._title, "How to read"
        yield None, "Times", "Columns ending in _at are in UTC, those ending in _at_local the force's own clock."
        yield None, "Shares", "Columns ending in _ratio run from 0 to 1. Never average them: divide the sums."
        yield None, "Empty cells", "Not known, or not measured. An empty value is never a zero."
        for state, meaning in self._states():
            yield None, state, meaning
        yield (None,)
        yield self._title, "Sheets"
        yield self._heading, "sheet", "table", "what it holds", "rows"
        for table in source.tables:
            yield None, self._names[table.full_name], table.full_name, table.description, f"{table.rows:,}"
        for table in source.left_out:
            left_out = f"left out: too long; ask for it with --table {table.full_name}"
            yield None, "", table.full_name, left_out, f"{table.rows:,}"
        definitions = self._definitions()
        if definitions:
            yield (None,)
            yield self._title, "Definitions of the indicators"
            yield self._heading, *_DEFINITIONS
            for definition in definitions:
                yield None, *definition

    def _newest_day(self) -> str:
        if not self._has("quality", "deliveries"):
            return "not in this file"
        newest = "select max(business_date) from quality.deliveries where status in ('LOADED', 'SUPERSEDED')"
        return str(self._source.con.execute(newest).fetchall()[0][0] or "none")

    def _states(self) -> list[tuple[str, str]]:
        """States of a figure, the first that holds, in the words of the column that holds them."""
        said = self._source.con.execute(
            "select comment from duckdb_columns() where (schema_name, table_name, column_name) = (?, ?, ?)", _STATES_OF
        ).fetchall()
        states = [pair for (text,) in said for pair in _STATE.findall(text or "")]
        return [(f"State {state}", meaning or "none of these") for state, meaning in states]

    def _definitions(self) -> list[tuple[str, ...]]:
        """What each indicator is, as the newest version of its system supplies it."""
        if not any(table.schema in {"metrics", "reports"} for table in self._source.tables):
            return []
        there = [column for column in _DEFINITIONS if self._has("metrics", "kpi_register", column)]
        if len(there) < len(_DEFINITIONS):
            return []
        found = self._source.con.execute(
            f"select {', '.join(_DEFINITIONS)} from metrics.kpi_register "
            "qualify row_number() over (partition by kpi_id order by system_version desc) = 1 order by kpi_id"
        ).fetchall()
        return [tuple(str(cell or "") for cell in row) for row in found]

    def _has(self, schema: str, table: str, column: str | None = None) -> bool:
        where = "schema_name = ? and table_name = ?" + (" and column_name = ?" if column else "")
        values = [schema, table, *([column] if column else [])]
        return bool(self._source.con.execute(f"select 1 from duckdb_columns() where {where}", values).fetchall())

    def _columns(self) -> None:
        sheet = self._sheet(_COLUMNS, [30, 34, 26, 100])
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(("sheet", "column", "type", "what it holds")):
            write_text(sheet, 0, column, heading, self._heading)
        row = 0
        for table in self._source.tables:
            for name, data_type in table.columns.items():
                row += 1
                cells = (self._names[table.full_name], name, data_type.lower(), table.column_descriptions[name])
                for column, text in enumerate(cells):
                    write_text(sheet, row, column, text, self._wrapped)
        sheet.autofilter(0, 0, max(row, 1), 3)

    # --- tables -----------------------------------------------------------------------------------------------------
    def _table(self, table: SourceTable) -> None:
        cells = ", ".join(_selected(column, data_type) for column, data_type in table.columns.items())
        cursor = self._source.con.execute(f"select {cells} from {table.full_name}")
        number, row = 1, 0
        sheet, writers = self._begun(table, number)
        while rows := cursor.fetchmany(_FETCHED):
            for values in rows:
                if row == SHEET_ROWS:
                    sheet.autofilter(0, 0, row, len(writers) - 1)
                    number, row = number + 1, 0
                    sheet, writers = self._begun(table, number)
                row += 1
                for column, value in enumerate(values):
                    if value is not None:
                        writers[column](row, column, value)
        sheet.autofilter(0, 0, max(row, 1), len(writers) - 1)

    def _begun(self, table: SourceTable, number: int) -> tuple[Worksheet, list[_Write]]:
        """A sheet with its headings, and how each column's values are written."""
        name = self._names[table.full_name]
        widths = [min(max(len(column) + 2, _NARROWEST), _WIDEST) for column in table.columns]
        sheet = self._sheet(name if number == 1 else f"{name} ({number})", widths)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(table.columns):
            write_text(sheet, 0, column, heading, self._heading)
        return sheet, [self._writer(sheet, data_type) for data_type in table.columns.values()]

    def _sheet(self, name: str, widths: Sequence[int]) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return sheet

    def _writer(self, sheet: Worksheet, data_type: str) -> _Write:
        if data_type == "BOOLEAN":
            return lambda row, column, value: sheet.write_boolean(row, column, value)
        if data_type == "TIME":
            return lambda row, column, value: sheet.write_datetime(row, column, value, self._time)
        if data_type == "DATE":
            return lambda row, column, value: _write_date(sheet, row, column, value, self._date)
        if data_type.startswith("TIMESTAMP"):
            return lambda row, column, value: _write_date(sheet, row, column, value, self._instant)
        if data_type == "VARCHAR" or data_type.endswith("]"):
            return lambda row, column, value: write_text(sheet, row, column, value)
        return lambda row, column, value: _write_number_or_text(sheet, row, column, value)


def write_text(sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> None:
    """Write a text so that it reads as it is, whatever it holds; one too long for a cell is cut and says so."""
    if len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        kept = text.encode("utf-16-le")[: 2 * (LONGEST_TEXT - len(_CUT))]
        text = kept.decode("utf-16-le", errors="ignore") + _CUT
    if text.startswith("<r>") and text.endswith("</r>"):
        # xlsxwriter takes it for mark-up that it made itself and writes it as it is: so it gets mark-up, escaped.
        text = f'<r><t xml:space="preserve">{escape(text)}</t></r>'
    sheet.write_string(row, column, text, style)


def _selected(column: str, data_type: str) -> str:
    name = f'"{column}"'
    if data_type == WITH_ZONE:
        return f"{name} at time zone 'UTC' as {name}"
    return f"cast(to_json({name}) as varchar) as {name}" if data_type.endswith("]") else name


def _write_date(sheet: Worksheet, row: int, column: int, value: date, style: Format) -> None:
    if value.year < _FIRST_YEAR:
        write_text(sheet, row, column, value.isoformat())
    else:
        sheet.write_datetime(row, column, value, style)


def _write_number_or_text(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    if isinstance(value, str) or not math.isfinite(value) or (isinstance(value, int) and abs(value) >= _EXACT_INTEGER):
        write_text(sheet, row, column, str(value))
    else:
        sheet.write_number(row, column, value)
