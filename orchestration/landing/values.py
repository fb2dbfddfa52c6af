"""Values: a batch of files of one contract, from text columns to typed rows in a private in-memory engine.

What belongs here: running a contract's SQL, tokens and masks on the way, what is said of a bad row. Not here: which
files there are, what is stored where. Personal columns are tokens before the engine sees them.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing.layout import Layout, Years
from orchestration.landing.reading import BadRecord
from orchestration.landing.subjects import (
    Marks,
    is_old_sql,
    mention_columns,
    subject_expressions,
    subjects_of,
    without_mentions,
)
from orchestration.landing.times import (
    FIRST_YEAR,
    LAST_YEAR,
    SECOND,
    local_day,
    local_midnight,
    quote,
    wall_day,
)
from orchestration.landing.tokens import (
    ORDINARY_IDENTIFIER,
    PERHAPS_PERSONAL,
    WITHHELD,
    Tokens,
    holds_somebody,
    is_telephone_number,
    mask_text,
    printable,
)

NOT_STORED = "(not stored)"
_QUARTER_HOUR = 900 * SECOND
_ROW_GROUP = 100_000


@dataclass
class TextFile:
    """The records of one delivered file on their way to typed rows."""

    content_no: int  # unique in the registry
    header: list[str]
    columns: dict[str, Any]  # delivered header -> text column
    lines: pa.Array
    bad: list[BadRecord]
    business_date: date
    covered_until: date | None = None  # last local day that it covers


@dataclass(frozen=True)
class QuarantinedValue:
    """One thing that is wrong with one row, without anything personal in it."""

    content_no: int
    row_number: int
    column_name: str | None
    value: str | None
    reason: str
    raw_row: str | None
    field_count: int
    row_sha256: str | None
    subjects: str | None = None  # keyed digests of what it may be of, by comma: see landing/subjects.py


@dataclass
class FileRows:
    """What became of one file's records."""

    good: int = 0
    bad: int = 0
    left_out: int = 0  # records that are not of the contract's export
    emptied: dict[str, int] = field(default_factory=dict)  # fields made null because they lay beyond their bound
    erased: int = 0  # records that were erased before, or are too old to be kept: stored nowhere
    oldest: int | None = None  # of all times of its good rows, microseconds since 1970
    newest: int | None = None
    quarantined: list[QuarantinedValue] = field(default_factory=list)


class TypedBatch:
    """Files of one contract as the table `typed` of the engine; `close` it after use."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        layout: Layout,
        files: list[TextFile],
        tokens: Tokens,
        marks: Marks | None = None,
    ) -> None:
        self.layout = layout
        self.files = {file.content_no: file for file in files}
        self.rows = {file.content_no: FileRows() for file in files}
        self._tokens = tokens
        self._zone = layout.profile.zone_of(layout.contract)
        self._con = con
        years = [file.business_date.year for file in files]
        self._batch = _batch_table(layout, files, tokens)
        con.register("batch", self._batch)
        self._type(Years(min(years) - 1, max(years) + 1))
        self._mask_texts()
        self._count()
        if marks is not None:
            # Last, so that what is said of the file as a whole does not hang on when something of it was erased.
            _Eraser(con, layout, self.files, self.rows, marks).erase()

    def close(self) -> None:
        """Let go of the rows."""
        self._con.execute("drop table if exists typed")
        self._con.unregister("batch")

    def is_misdated(self, content_no: int, first_day: date, last_day: date) -> str | None:
        """Why the file's times do not go with the days it covers; None when they do.

        A file's times are those of its good rows, in all columns that hold instants.
        """
        rows = self.rows[content_no]
        if rows.newest is None or rows.oldest is None:
            return None
        try:
            low = local_midnight(self._zone, date.fromordinal(first_day.toordinal() - 31))
            high = local_midnight(self._zone, date.fromordinal(first_day.toordinal() + 32))
        except OverflowError:
            low, high = 0, 0
        if low > rows.oldest or rows.newest >= high:
            if self._is_swapped(content_no, first_day, low, high):
                return "day and month are swapped: over half of its times lie more than 31 days from its business date"
            if (first_day - _safe_day(self._zone, rows.newest)).days > 31:
                return "its business date is more than 31 days after its newest time"
        if self._is_swapped_nearby(content_no, first_day, last_day):
            return "day and month are swapped: its times lie on the days it covers only with them exchanged"
        return None

    def write(self, export: str, content_nos: Iterable[int], path: Path) -> int:
        """Store the good rows of some files as Parquet, in the order delivered; how many there were.

        Nothing is written when there is none.
        """
        listed = ", ".join(str(number) for number in content_nos)
        sql = self.layout.output_sql(export, f"_c in ({listed})")
        path.parent.mkdir(parents=True, exist_ok=True)
        name = str(path).replace("'", "''")
        copied = self._con.execute(
            f"copy ({sql}) to '{name}' (format parquet, compression snappy, parquet_version v2, "
            f"row_group_size {_ROW_GROUP})"
        ).fetchall()
        count = int(copied[0][0])
        if count == 0:
            path.unlink(missing_ok=True)
            return 0
        _sync(path)
        return count

    # --- steps --------------------------------------------------------------------------------------------------
    def _type(self, years: Years) -> None:
        self._con.execute(f"create or replace temp table typed as {self.layout.typed_sql(years, 'batch')}")
        bad = self._con.execute("select rowid from typed where is_bad order by rowid").fetchnumpy()["rowid"]
        if not len(bad):
            self._note_bad_records()
            return
        self._con.register("bad_text", self._batch.take(pa.array(bad)))  # typed in the order of the batch
        wider = self._wider_years(years)
        if wider != years:
            self._type(wider)
            return
        self._note_bad_records()
        self._note_bad_rows(years)
        self._con.unregister("bad_text")

    def _wider_years(self, years: Years) -> Years:
        """Years that also hold the bad rows' times: a time is not bad for being far away."""
        sql = self.layout.faults_sql(years, "bad_text")
        low, high = self._con.execute(f"select min(_low), max(_high) from ({sql})").fetchall()[0]
        if low is None:
            return years
        first, last = years.first, years.last
        if _year_of(low) <= first:
            first = max(_year_of(low) - 1, FIRST_YEAR)
        if _year_of(high) >= last:
            last = min(_year_of(high) + 1, LAST_YEAR)
        return Years(first, last)

    def _note_bad_records(self) -> None:
        for number, file in self.files.items():
            rows = self.rows[number]
            for record in file.bad:
                rows.bad += 1
                rows.quarantined.append(self._quarantined_record(file, record))

    def _note_bad_rows(self, years: Years) -> None:
        cursor = self._con.execute(self.layout.faults_sql(years, "bad_text") + " order by _c, _l")
        names = [column[0] for column in cursor.description or []]
        while chunk := cursor.fetchmany(10_000):
            for values in chunk:
                found = dict(zip(names, values, strict=True))
                rows = self.rows[found["_c"]]
                rows.bad += 1
                rows.quarantined += self._quarantined_row(found)

    def _quarantined_record(self, file: TextFile, record: BadRecord) -> QuarantinedValue:
        raw, value, subjects = None, None, None
        if record.fields is not None:
            texts = dict(zip(file.header, record.fields, strict=True))
            for header in self.layout.tokens:
                texts[header] = self._tokens.of(self.layout.token_kind(header), texts[header]) or ""
            raw = self._raw_row(file.header, texts)
            value = self._shown(record.column, texts) if record.column else None
            subjects = self._subjects(texts)
        return QuarantinedValue(
            file.content_no,
            record.line,
            mask_text(record.column) if record.column else None,
            value,
            record.reason,
            raw,
            record.field_count,
            record.sha256,
            subjects,
        )

    def _quarantined_row(self, found: dict[str, Any]) -> list[QuarantinedValue]:
        file = self.files[found["_c"]]
        texts = {header: found[f"c{number}"] or "" for number, header in enumerate(self.layout.headers)}
        raw, subjects = self._raw_row(file.header, texts), self._subjects(texts)
        wrong = list(self._faults(found)) or [(None, "a value cannot be read")]
        return [
            QuarantinedValue(
                file.content_no,
                found["_l"],
                column,
                self._shown(column, texts) if column else None,
                reason,
                raw,
                len(file.header),
                None,
                subjects,
            )
            for column, reason in wrong
        ]

    def _faults(self, found: dict[str, Any]) -> Iterator[tuple[str | None, str]]:
        """Column and reason of everything that is wrong with a row."""
        told: set[str] = set()
        for number, header in enumerate(self.layout.headers):
            if fault := found[f"is_wrong_{number}"]:
                told.add(header)
                yield header, self.layout.fault_in_words(header, fault)
        for field_fault in self.layout.field_faults:
            if found[field_fault.tag] and field_fault.column not in told:
                told.add(field_fault.column)
                yield field_fault.column, field_fault.reason
        for fault_of_null, columns in self.layout.null_faults:
            column = next((name for name in columns if self._is_empty(name, found)), columns[0])
            if found[fault_of_null.tag] and column not in told:
                told.add(column)
                yield column, fault_of_null.reason

    def _is_empty(self, header: str, found: dict[str, Any]) -> bool:
        number = self.layout.index.get(header)
        return number is not None and self.layout.is_missing(header, found[f"c{number}"] or "")

    def _shown(self, header: str, texts: dict[str, str]) -> str | None:
        """A value as it may be shown."""
        if header not in self.layout.index:
            return NOT_STORED
        if header in self.layout.tokens:
            return WITHHELD
        return mask_text(printable(texts[header])) if texts.get(header) else None

    def _raw_row(self, header: list[str], texts: dict[str, str]) -> str:
        """The row as delivered, personal columns as tokens, long numbers masked, unknown columns left out."""
        fields = [
            (texts[name] if name in self.layout.tokens else mask_text(printable(texts[name])))
            if name in self.layout.index
            else NOT_STORED
            for name in header
        ]
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(fields)
        return line.getvalue()

    def _subjects(self, texts: dict[str, str]) -> str:
        return subjects_of(self._tokens, [texts[header] for header in self.layout.headers if texts.get(header)])

    def _mask_texts(self) -> None:
        """Telephone numbers and addresses that stand where they do not belong, or in what people wrote."""
        columns = self.layout.text_columns()
        if not columns:
            return
        lengths = ", ".join(f"coalesce(max(strlen({name})), 0)" for name, _ in columns)
        longest = self._con.execute(f"select {lengths} from typed").fetchall()[0]
        for (name, kind), length in zip(columns, longest, strict=True):
            if length >= (10 if kind == "reference" else 6):
                self._mask_column(name, kind)

    def _mask_column(self, name: str, kind: str) -> None:
        # An identifier is looked at only when it begins like a telephone number, or is not written as identifiers are:
        # almost none is.
        if kind == "reference":
            begins = f"{name} >= '(' and {name} < '1' or starts_with({name}, '447')"
            suspect, looks_like = f"{begins} or not regexp_full_match({name}, $1)", ORDINARY_IDENTIFIER
        else:
            suspect, looks_like = f"regexp_matches({name}, $1)", PERHAPS_PERSONAL
        found = self._con.execute(f"select distinct {name} from typed where {suspect}", [looks_like]).fetchall()
        changed = [(old, new) for (old,) in found if (new := self._masked(kind, old)) != old]
        if not changed:
            return
        masks = pa.table({"old": [old for old, _ in changed], "new": [new for _, new in changed]})
        self._con.register("masks", masks)
        self._con.execute(f"update typed set {name} = masks.new from masks where typed.{name} = masks.old")
        self._con.unregister("masks")

    def _masked(self, kind: str, text: str) -> str:
        if kind != "reference":
            return mask_text(text)
        # An identifier stays one: equal ones stay equal, different ones different, and no number is there.
        if is_telephone_number(text):
            return f"number-{self._tokens.of('cli', text)}"
        return f"masked-{self._tokens.of('reference', text)}" if holds_somebody(text) else text

    def _count(self) -> None:
        times = self.layout.time_columns()
        lows = ", ".join(f"min({name}) filter (where x{row})" for row, name in times)
        highs = lows.replace("min(", "max(")
        low, high = (f"least({lows})", f"greatest({highs})") if times else ("null", "null")
        emptied = "".join(f", count(*) filter (where e{number})" for number in self.layout.emptied.values())
        sql = (
            "select _c, count(*) filter (where x0), count(*) filter (where not x0), "
            f"epoch_us({low}::timestamp), epoch_us({high}::timestamp) {emptied} from typed where not is_bad group by _c"
        )
        for number, good, left_out, oldest, newest, *counts in self._con.execute(sql).fetchall():
            rows = self.rows[number]
            rows.good, rows.left_out, rows.oldest, rows.newest = good, left_out, oldest, newest
            rows.emptied = {name: count for name, count in zip(self.layout.emptied, counts, strict=True) if count}

    def _is_swapped(self, content_no: int, business_date: date, low: int, high: int) -> bool:
        """Do over half of the times lie far from the date, and with day and month swapped no longer?"""
        total = far = far_swapped = 0
        for quarter, count in self._quarters(content_no):
            total += count
            far += 0 if low <= quarter < high else count
            far_swapped += count * _is_far_swapped(_safe_day(self._zone, quarter), business_date)
        return far * 2 > total and far_swapped * 2 <= total

    def _is_swapped_nearby(self, content_no: int, first_day: date, last_day: date) -> bool:
        """Are day and month swapped in a way that moves times by a month at most: 3 April for 4 March?

        Of the times that a swap would move, over half then lie on the file's own days (or beside them) and under a
        tenth do as they are written. A late correction or a back-keyed record has a time on the file's own day.
        """
        rows = self.rows[content_no]
        own_days = _days_between(first_day - timedelta(days=1), last_day + timedelta(days=1))
        oldest, newest = _safe_day(self._zone, rows.oldest or 0), _safe_day(self._zone, rows.newest or 0)
        if not any(oldest <= day <= newest for day in {_swapped(day) for day in own_days} - own_days):
            return False
        total = own = own_swapped = 0
        for quarter, count in self._quarters(content_no):
            day = _safe_day(self._zone, quarter)
            if day.day == day.month:
                continue  # the same either way
            total += count
            own += count * (day in own_days)
            own_swapped += count * (_swapped(day) in own_days and day.day <= 12)
        return own_swapped * 2 > total and own * 10 < total

    def _quarters(self, content_no: int) -> list[tuple[int, int]]:
        """Quarters of an hour that hold the file's times, with how many."""
        each = " union all ".join(
            f"select epoch_us({name}) as moment from typed "
            f"where _c = {content_no} and not is_bad and x{row} and {name} is not null"
            for row, name in self.layout.time_columns()
        )
        return self._con.execute(
            f"select moment - ((moment % {_QUARTER_HOUR}) + {_QUARTER_HOUR}) % {_QUARTER_HOUR} as quarter, count(*) "
            f"from ({each}) group by 1"
        ).fetchall()


class _Eraser:
    """Takes out of a typed batch what must not be stored: it becomes no row of any export, and is counted."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        layout: Layout,
        files: dict[int, TextFile],
        rows: dict[int, FileRows],
        marks: Marks,
    ) -> None:
        self._con = con
        self._layout = layout
        self._files = files
        self._rows = rows
        self._marks = marks

    def erase(self) -> None:
        """Records of erased subjects go whole; of the others, rows that are too old. What is held stays as it is."""
        for number, file in self._files.items():
            self._erase_quarantined(self._rows[number], file)
        held = self._any_of(self._marks.held_among)
        erased = self._any_of(self._marks.erased_among)
        old = {export: self._is_old(export) for export in self._layout.exports if export in self._marks.kept_from}
        if erased != "false" or old:
            rows = self._layout.contract.rows
            gone = {number: f"({erased} or {old.get(row.export, 'false')})" for number, row in enumerate(rows)}
            counted = self._con.execute(
                f"select _c, count(*) from typed where not is_bad and x0 and {gone[0]} and not {held} group by _c"
            ).fetchall()
            for number, count in counted:
                self._rows[number].erased += count
            changes = ", ".join(f"x{n} = x{n} and not ({sql} and not {held})" for n, sql in gone.items())
            self._con.execute(f"update typed set {changes}")
        if self._marks.has_subjects:
            self._mask_mentions(held)

    def _erase_quarantined(self, rows: FileRows, file: TextFile) -> None:
        export = self._layout.contract.export
        gone = {
            each.row_number
            for each in rows.quarantined
            if self._marks.is_erased(export, each.subjects, file.covered_until)
        }
        if gone:
            rows.quarantined = [each for each in rows.quarantined if each.row_number not in gone]
            rows.bad -= len(gone)
            rows.erased += len(gone)

    def _any_of(self, among: Callable[[str, list[str]], list[str]]) -> str:
        """SQL for whether any row that a record becomes is of one of the subjects."""
        tests = []
        for number, row in enumerate(self._layout.contract.rows):
            for kind, sql in subject_expressions(row.export, self._layout.shape_columns(row), f"r{number}_"):
                found = self._con.execute(f"select distinct {sql} from typed where {sql} is not null").fetchall()
                if listed := among(kind, [value for (value,) in found]):
                    tests.append(f"coalesce({sql} in ({', '.join(quote(value) for value in listed)}), false)")
        return f"({' or '.join(tests)})" if tests else "false"

    def _is_old(self, export: str) -> str:
        """SQL for whether all rows that a record becomes in an export are too old to be kept."""
        days = [(n, file.covered_until) for n, file in self._files.items() if file.covered_until is not None]
        whens = " ".join(f"when {content} then date '{day}'" for content, day in days)
        covered_until = f"(case _c {whens} end)" if whens else "null::date"
        first_kept, zone = self._marks.kept_from[export], self._marks.zone
        tests = []
        for number, row in enumerate(self._layout.contract.rows):
            if row.export == export:
                columns = self._layout.shape_columns(row)
                old = is_old_sql(export, columns, covered_until, first_kept, zone, f"r{number}_")
                tests.append(f"(not x{number} or {old})")
        return f"({' and '.join(tests)})"

    def _mask_mentions(self, held: str) -> None:
        for number, row in enumerate(self._layout.contract.rows):
            filled = self._layout.shape_columns(row)
            for column in (f"r{number}_{name}" for name in mention_columns(row.export) if name in filled):
                digits = f"{column} is not null and regexp_matches({column}, '[0-9]')"
                found = self._con.execute(f"select distinct {column} from typed where {digits}").fetchall()
                marked = self._marks.mentions(text for (text,) in found)
                changed = [(old, new) for (old,) in found if (new := without_mentions(old, marked)) != old]
                for old, new in changed:
                    self._con.execute(f"update typed set {column} = ? where {column} = ? and not {held}", [new, old])


def open_engine() -> duckdb.DuckDBPyConnection:
    """A private engine in memory; nothing is ever fetched from outside."""
    con = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "temp_directory": ""})
    con.execute("set TimeZone = 'UTC'")
    return con


def _batch_table(layout: Layout, files: list[TextFile], tokens: Tokens) -> pa.Table:
    """All files' records, one after the other.

    `c<n>` the text of a column, `_c` the content, `_l` the line, `t<n>` words in a personal column that are no value.
    """
    columns: dict[str, Any] = {}
    for number, header in enumerate(layout.headers):
        text = pa.chunked_array(
            [chunk for file in files for chunk in _chunks(file, header)],
            type=pa.string(),
        )
        if layout.contract.trim:
            text = pc.utf8_trim_whitespace(text)
        if header in layout.tokens:
            columns[f"c{number}"], columns[f"t{number}"] = _tokenised(layout, header, text, tokens)
        else:
            columns[f"c{number}"] = text
    counts = [len(file.lines) for file in files]
    columns["_c"] = pa.array(np.repeat(np.array([file.content_no for file in files], dtype=np.int32), counts))
    columns["_l"] = pa.chunked_array([file.lines for file in files], type=pa.int32())
    return pa.table(columns)


def _chunks(file: TextFile, header: str) -> list[pa.Array]:
    column = file.columns.get(header)
    if column is None:  # an optional column that this file does not have
        return [pa.array([""] * len(file.lines), pa.string())]
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]


def _tokenised(layout: Layout, header: str, text: pa.ChunkedArray, tokens: Tokens) -> tuple[pa.Array, pa.Array]:
    """A personal column as tokens, and beside it the few words that the contract asks after (such as WITHHELD)."""
    encoded = pc.dictionary_encode(text.combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    values = encoded.dictionary.to_pylist()
    missing = {"", *layout.words_of(header)}
    pattern = layout.contract.columns[header].missing_pattern
    if pattern is not None:
        matched = pc.match_substring_regex(encoded.dictionary, f"^(?:{pattern})$").to_pylist()
        missing |= {value for value, is_matched in zip(values, matched, strict=True) if is_matched}
    made = iter(tokens.of_many(layout.token_kind(header), [value for value in values if value not in missing]))
    token_of = pa.array([None if value in missing else next(made) for value in values], pa.string())
    words = layout.tested_words(header)
    word_of = pa.array([value if value in words else None for value in values], pa.string())
    return token_of.take(encoded.indices), word_of.take(encoded.indices)


def _year_of(micros: int) -> int:
    try:
        return wall_day(micros).year
    except OverflowError:
        return FIRST_YEAR if micros < 0 else LAST_YEAR


def _safe_day(zone: str, instant: int) -> date:
    try:
        return local_day(zone, instant)
    except OverflowError:
        return date.min if instant < 0 else date.max


def _is_far_swapped(day: date, business_date: date) -> bool:
    return abs((_swapped(day) - business_date).days) > 31


def _swapped(day: date) -> date:
    """Day and month the other way round, where that is a date."""
    return date(day.year, day.day, day.month) if day.day <= 12 else day


def _days_between(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=number) for number in range((last - first).days + 1))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
