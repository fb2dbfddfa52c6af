"""Which files count and which rows stand. What belongs here: names, bytes, records, quarantine, accounting. No meaning.

A landing folder is read to the end in one pass; nothing depends on when a file arrived, so neither does this module:
files are put into their delivery order (business date, `_HHMMSS`, sha256) before the first row is looked at.
"""

from __future__ import annotations

import csv
import gc
import gzip
import hashlib
import io
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from . import clocks
from .clocks import BadValueError
from .layouts import LAYOUTS, MONTHLY, SYSTEM_OF, TIME_KINDS, Layout

csv.field_size_limit(2**30)

MIB = 1 << 20
GIB = 1 << 30
LARGEST_FILE = GIB  # as delivered; the profile's `largest_file_mib`
IGNORED_ENDINGS = (".part", ".tmp", ".filepart")
FAR_DAYS = 31
_NAME = re.compile(r"([a-z0-9_]+?)_([0-9]{8})(?:_([0-9]{6})|_part[0-9]{2})?\.csv(\.gz)?")
_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SENTINEL = "\U0010ffff"  # no character: never in an export
_LONE_RETURN = "\U0010fffe"
_NEVER = -(1 << 62)  # an absent update stamp is older than every stamp


class FileFaultError(Exception):
    """The whole file is quarantined, for this reason."""


class Delivery(NamedTuple):
    """One delivered file and where its rows went."""

    path: str
    name: str
    export: str | None
    version: str | None
    sha256: str
    size: int
    business_date: date | None
    status: str
    reason: str | None
    rows_read: int = 0
    rows_loaded: int = 0
    rows_superseded: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    rows_erased: int = 0  # nothing is erased in a folder read to the end


class Landing(NamedTuple):
    deliveries: list[Delivery]
    ignored: list[str]
    tables: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]  # export -> key -> (version, kept fields ...)


class _File(NamedTuple):
    path: Path
    relative: str
    sha256: str
    size: int
    export: str | None
    business_date: date | None
    clock: str  # `_HHMMSS`, empty where none: sorts first, which is earliest
    fault: str | None

    @property
    def sort_key(self) -> tuple[date, str, str]:
        return self.business_date or date.max, self.path.name, self.relative

    @property
    def delivery_order(self) -> tuple[date, str, str]:
        return self.business_date or date.max, self.clock, self.sha256


class _Row(NamedTuple):
    key: tuple[Any, ...]
    stamp: int
    # Choice: "equal in every contract column" compares the text as delivered (CLI too, before any token is made), and
    # rows of two contract versions are never equal. A hash of it, since a season's rows are too many to keep.
    content: int
    record: tuple[Any, ...]


class _Parsed(NamedTuple):
    layout: Layout
    rows: list[_Row]
    rows_read: int
    rows_quarantined: int


# --- names and bytes ----------------------------------------------------------------------------------------------
def _look_at(path: Path, root: Path) -> _File:
    export, business_date, clock, fault = _read_name(path.name)
    size = path.stat().st_size
    if size > LARGEST_FILE:
        # Choice: it is not read; its size, first and last MiB stand for its bytes.
        with path.open("rb") as stream:
            start = stream.read(MIB)
            stream.seek(size - MIB)
            digest = hashlib.sha256(b"%d" % size + start + stream.read())
        fault = fault or "over the bound of a delivered file"
        business_date = None
    else:
        digest = hashlib.sha256(path.read_bytes())
    return _File(path, path.relative_to(root).as_posix(), digest.hexdigest(), size, export, business_date, clock, fault)


def _read_name(name: str) -> tuple[str | None, date | None, str, str | None]:
    match = _NAME.fullmatch(name)
    if match is None or match[1] not in LAYOUTS:
        return None, None, "", "name fits no contract"
    export, digits = match[1], match[2]
    try:
        business_date = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None, None, "", "name holds no date"
    if export in MONTHLY and business_date.day != 1:
        # Choice: a monthly file is named by the first of its month; another day fits no contract.
        return None, None, "", "monthly file not named by the first of the month"
    return export, business_date, match[3] or "", None


def _bytes_of(file: _File) -> bytes:
    raw = file.path.read_bytes()
    if not file.path.name.endswith(".gz"):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            content = stream.read(GIB + 1)
    except (OSError, EOFError, zlib.error):
        raise FileFaultError("not decodable: broken compression") from None
    if len(content) > GIB or len(content) > 100 * len(raw):
        raise FileFaultError("compressed file over 1 GiB or 100 : 1")
    return content


def _text_of(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(raw, "utf-16")
    if max(map(len, raw.split(b"\n")), default=0) > MIB:
        raise FileFaultError("line over 1 MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _strict(raw, "cp1252")


def _strict(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise FileFaultError("not decodable") from None
    if encoding == "utf-16" and max(map(len, text.split("\n"))) * 2 > MIB:
        raise FileFaultError("line over 1 MiB")
    return text


# --- records ------------------------------------------------------------------------------------------------------
def _records(text: str) -> Iterator[list[str] | None]:
    """Header first, then every record without the empty lines; None for an open quote, which takes all the rest.

    A quote opens a field only as its first character. The csv module cannot say that a quote stayed open, so a last
    line is put behind the text: where it does not come back on its own, a quote has swallowed it.
    """
    first_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)  # on a tie the first named
    # A return without a line feed is data ("LF or CRLF" end a line); the csv module would stumble over it.
    lone = "\r" in text.replace("\r\n", "")
    if lone:
        text = re.sub(r"\r(?!\n)", _LONE_RETURN, text)
    lines = chain(io.StringIO(text, newline="\n"), [_SENTINEL])
    for row in csv.reader(lines, delimiter=delimiter):
        if not row:
            continue
        if row[-1].endswith(_SENTINEL):
            if row != [_SENTINEL]:
                yield None
            return
        yield [cell.replace(_LONE_RETURN, "\r") for cell in row] if lone else row


def _pick_layout(file: _File, header: list[str]) -> Layout:
    assert file.export is not None
    if len(set(header)) != len(header):
        raise FileFaultError("a column is doubled")
    present = set(header)
    for layout in LAYOUTS[file.export]:
        if all(column.header in present for column in layout.columns):
            return layout
    raise FileFaultError("header fits no contract")


# --- values -------------------------------------------------------------------------------------------------------
class _Seconds(dict[str, int | None]):
    """Whole seconds; a negative number is not bad, it is null. Remembered: the same small numbers come all the time."""

    def __missing__(self, text: str) -> int | None:
        value = _parse_int(text)
        self[text] = None if value is None or value < 0 else value
        return self[text]


def _parse_int(text: str) -> int | None:
    if not text:
        return None
    if _WHOLE.fullmatch(text) is None:
        raise BadValueError(text)
    return int(text)


def _parse_number(text: str) -> str | None:
    if text and _NUMBER.fullmatch(text) is None:
        raise BadValueError(text)
    return text or None


class _Ints(dict[str, int | None]):
    def __missing__(self, text: str) -> int | None:
        self[text] = _parse_int(text)
        return self[text]


_PARSERS: dict[str, Callable[[str], Any]] = {
    "text": sys.intern,  # null stays "": one object per distinct value
    "int": _Ints().__getitem__,
    "seconds": _Seconds().__getitem__,
    "number": _parse_number,
    "local": clocks.parse_local,
    "utc": clocks.parse_utc,
    "offset": clocks.parse_offset,
    "date": clocks.parse_date,
    "clock": clocks.parse_clock,
    "month": clocks.parse_month,
}


def _getter(indexes: list[int]) -> Callable[[Any], tuple[Any, ...]]:
    if not indexes:
        return lambda _row: ()
    if len(indexes) == 1:
        only = indexes[0]
        return lambda row: (row[only],)
    return itemgetter(*indexes)


class _RowReader:
    """Reads the rows of one file by its layout: key, stamp, content and the kept fields, or a bad row."""

    def __init__(self, layout: Layout, header: list[str], day: int) -> None:
        self.layout = layout
        place = {name: index for index, name in enumerate(header)}
        self.width = len(header)
        self.content = _getter([place[column.header] for column in layout.columns])
        wanted = {*layout.key, *layout.required, *layout.keep}
        columns = [column for column in layout.columns if column.kind != "text" or column.field in wanted]
        self.cells = _getter([place[column.header] for column in columns])
        self.parsers = [_PARSERS[column.kind] for column in columns]
        fields = {column.field: index for index, column in enumerate(columns)}
        self.key = _getter([fields[name] for name in layout.key])
        self.needed = _getter([fields[name] for name in layout.required])
        self.keep = _getter([fields[name] for name in layout.keep])
        self.times = _getter([fields[column.field] for column in columns if column.kind in TIME_KINDS])
        self.clocks = _getter([fields[column.field] for column in columns if column.kind in ("date", "clock")])
        self.stamp = fields[layout.stamp] if layout.stamp else None
        self.day = (day,) if layout.is_day_in_key else ()
        self.is_legacy = layout.export == "legacy_incidents"

    def read(self, row: list[str]) -> tuple[_Row, tuple[int | None, ...]]:
        """The row and its times; raises BadValueError where it is bad."""
        if len(row) != self.width:
            raise BadValueError("field count")
        values = [parse(cell) for parse, cell in zip(self.parsers, self.cells(row), strict=True)]
        key = self.key(values)
        needed = self.needed(values)
        if None in key or "" in key or None in needed:
            raise BadValueError("null key or time")
        stamp = values[self.stamp] if self.stamp is not None else None
        kept, times = self.keep(values), self.times(values)
        if self.is_legacy:
            times = _legacy_times(*self.clocks(values))
            kept += times
        record = (self.layout.version, *kept)
        return _Row(
            self.day + key, _NEVER if stamp is None else stamp, hash((self.layout.version, self.content(row))), record
        ), times


def _legacy_times(midnight: int, *of_day: int | None) -> tuple[int | None, ...]:
    """Created, assigned, at scene, closed: each after the one before it, so a smaller clock time is on the next day.

    Choice: a null is passed over, "the one before" is then the last one that is there; equal is the same day.
    """
    instants: list[int | None] = []
    previous = -1
    for seconds in of_day:
        if seconds is None:
            instants.append(None)
            continue
        if seconds < previous:
            midnight += clocks.DAY_SECONDS
        previous = seconds
        instants.append(clocks.first_pass(midnight + seconds))
    return tuple(instants)


# --- whole files --------------------------------------------------------------------------------------------------
def _parse(file: _File) -> _Parsed:
    if file.fault:
        raise FileFaultError(file.fault)
    assert file.business_date is not None
    text = _text_of(_bytes_of(file))
    records = _records(text)
    header = next(records, None)
    # Choice: the header is the first record that is not an empty line.
    if header is None:
        raise FileFaultError("no header")
    reader = _RowReader(_pick_layout(file, header), header, clocks.day_number(file.business_date))
    has_nul = "\0" in text
    rows: list[_Row] = []
    times: list[int | None] = []
    read = 0
    for row in records:
        read += 1
        if row is None or (has_nul and any("\0" in cell for cell in row)):
            continue
        try:
            good, its_times = reader.read(row)
        except BadValueError:
            continue
        rows.append(good)
        times += its_times
    # Choice: the times of a file are those of its good rows, in all time columns.
    last = clocks.last_of_month(file.business_date) if file.export in MONTHLY else file.business_date
    _judge_dates(file.business_date, last, [time for time in times if time is not None])
    return _Parsed(reader.layout, rows, read, read - len(rows))


def _judge_dates(business_date: date, last_day: date, times: list[int]) -> None:
    if not times:
        return
    newest = clocks.day_date(clocks.local_day(max(times)))
    if business_date - newest > timedelta(days=FAR_DAYS):
        raise FileFaultError("business date over 31 days after its newest time")
    low = clocks.local_midnight(business_date - timedelta(days=FAR_DAYS))
    high = clocks.local_midnight(business_date + timedelta(days=FAR_DAYS + 1))
    far = sum(1 for time in times if not low <= time < high)
    if far * 2 > len(times) and sum(_is_far_swapped(business_date, time) for time in times) * 2 <= len(times):
        raise FileFaultError("day and month swapped")
    _judge_neighbours(business_date, last_day, [clocks.day_date(clocks.local_day(time)) for time in times])


def _judge_neighbours(first: date, last: date, days: list[date]) -> None:
    """3 April for 4 March is a month away and no more; the rule with 31 days does not see it.

    Choice: days that a swap would move are the evidence. Over half of them must fall on the file's own days (or one
    beside them) with day and month exchanged, and under a tenth as they stand.
    """
    evidence = [day for day in days if day.day != day.month]
    begin, end = first - timedelta(days=1), last + timedelta(days=1)
    as_written = sum(begin <= day <= end for day in evidence)
    exchanged = sum(day.day <= 12 and begin <= _exchanged(day) <= end for day in evidence)
    if exchanged > len(evidence) / 2 and as_written < len(evidence) / 10:
        raise FileFaultError("day and month swapped")


def _exchanged(day: date) -> date:
    return date(day.year, day.day, day.month) if day.day <= 12 else day


def _is_far_swapped(business_date: date, time: int) -> bool:
    here = _exchanged(clocks.day_date(clocks.local_day(time)))
    return abs((here - business_date).days) > FAR_DAYS


def _count_rows(file: _File) -> int | None:
    """Records after the header whatever the contract says; None where the bytes cannot be read as text."""
    try:
        return max(sum(1 for _ in _records(_text_of(_bytes_of(file)))) - 1, 0)
    except FileFaultError:
        return None


# --- same bytes again ---------------------------------------------------------------------------------------------
class _Decided(NamedTuple):
    file: _File
    original: _File | None  # the file with the same bytes that counts, None where this one does


def _decide(files: list[_File]) -> list[_Decided]:
    by_bytes: dict[tuple[str, date | None], list[_File]] = {}
    same: dict[str, list[_File]] = {}
    for file in files:
        same.setdefault(file.sha256, []).append(file)
    for sha, group in same.items():
        empty = len(group) > 1 and group[0].size <= LARGEST_FILE and _count_rows(group[0]) == 0
        for file in group:
            # A file without rows is never a duplicate of another day's.
            by_bytes.setdefault((sha, file.business_date if empty else None), []).append(file)
    return [decided for group in by_bytes.values() for decided in _decide_group(group)]


def _decide_group(group: list[_File]) -> list[_Decided]:
    """Choice: the first by business date, then name, of those that can be read; of none, the first of all.

    Files whose name says no date come last: they never count where a proper name holds the same bytes.
    """
    ordered = sorted(group, key=lambda file: file.sort_key)
    original = ordered[0]
    if len(ordered) > 1:
        original = next((file for file in ordered if _is_readable(file)), ordered[0])
    return [_Decided(file, None if file is original else original) for file in ordered]


def _is_readable(file: _File) -> bool:
    try:
        _parse(file)
    except FileFaultError:
        return False
    return True


# --- which row stands ---------------------------------------------------------------------------------------------
class _Counts:
    def __init__(self) -> None:
        self.loaded = self.superseded = self.duplicate = 0


class _Table:
    """The rows of one export, met in delivery order, so that of equal stamps the later one met is the newer."""

    def __init__(self) -> None:
        self.standing: dict[tuple[Any, ...], tuple[int, int, int, tuple[Any, ...]]] = {}
        self.versions: dict[tuple[Any, ...], list[tuple[int, int, int]]] = {}

    def add(self, rows: list[_Row], number: int) -> None:
        standing = self.standing
        for key, stamp, content, record in rows:
            current = standing.get(key)
            if current is None:
                standing[key] = (stamp, content, number, record)
                continue
            history = self.versions.setdefault(key, [])
            if not history:
                history.append(current[:3])
            history.append((stamp, content, number))
            if stamp >= current[0]:
                standing[key] = (stamp, content, number, record)

    def account(self, counts: dict[int, _Counts]) -> None:
        for key, (_, content, number, _) in self.standing.items():
            history = self.versions.get(key)
            if history is None:
                counts[number].loaded += 1
                continue
            is_loaded = False
            for _, other, its_number in history:
                if other != content:
                    counts[its_number].superseded += 1
                elif is_loaded:
                    counts[its_number].duplicate += 1
                else:  # of equal rows the earliest delivery's is loaded
                    counts[its_number].loaded += 1
                    is_loaded = True

    def records(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        self.versions = {}
        result: dict[tuple[Any, ...], Any] = self.standing
        for key in result:
            result[key] = result[key][3]
        return result


def _land_export(files: list[_File]) -> tuple[dict[str, Delivery], dict[tuple[Any, ...], tuple[Any, ...]]]:
    table = _Table()
    parsed: dict[int, tuple[_File, str, int, int]] = {}
    outcome: dict[str, Delivery] = {}
    for number, file in enumerate(sorted(files, key=lambda each: each.delivery_order)):
        try:
            result = _parse(file)
        except FileFaultError as fault:
            outcome[file.relative] = _delivery(file, None, "QUARANTINED", str(fault))
            continue
        table.add(result.rows, number)
        parsed[number] = (file, result.layout.version, result.rows_read, result.rows_quarantined)
    counts = {number: _Counts() for number in parsed}
    table.account(counts)
    for number, (file, version, read, bad) in parsed.items():
        mine = counts[number]
        # Choice: SUPERSEDED is for a file that had good rows; one without rows, or with bad rows only, is LOADED.
        gone = mine.loaded == 0 and mine.superseded + mine.duplicate > 0
        outcome[file.relative] = _delivery(file, version, "SUPERSEDED" if gone else "LOADED", None)._replace(
            rows_read=read,
            rows_loaded=mine.loaded,
            rows_superseded=mine.superseded,
            rows_duplicate=mine.duplicate,
            rows_quarantined=bad,
        )
    return outcome, table.records()


def _delivery(file: _File, version: str | None, status: str, reason: str | None) -> Delivery:
    return Delivery(
        file.relative, file.path.name, file.export, version, file.sha256, file.size, file.business_date, status, reason
    )


# --- the whole folder ---------------------------------------------------------------------------------------------
def load(root: Path, exports: frozenset[str] | None = None) -> Landing:
    """Read a landing folder. `exports` keeps only those exports' rows in `tables`; the accounting is always whole."""
    was_enabled = gc.isenabled()
    gc.disable()  # millions of small tuples without a cycle among them
    try:
        return _load(Path(root), exports)
    finally:
        if was_enabled:
            gc.enable()


def _load(root: Path, exports: frozenset[str] | None) -> Landing:
    # Choice: a link is not followed, only a regular file is a file, and one that may not be read is not there yet.
    paths = sorted(
        path for path in root.rglob("*") if not path.is_symlink() and path.is_file() and os.access(path, os.R_OK)
    )
    ignored = [path.relative_to(root).as_posix() for path in paths if path.name.endswith(IGNORED_ENDINGS)]
    decided = _decide([_look_at(path, root) for path in paths if not path.name.endswith(IGNORED_ENDINGS)])
    by_export: dict[str, list[_File]] = {}
    outcome: dict[str, Delivery] = {}
    for file, original in decided:
        if original is not None:
            continue
        if file.export is None:
            outcome[file.relative] = _delivery(file, None, "QUARANTINED", file.fault)
        else:
            by_export.setdefault(file.export, []).append(file)
    tables: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    for export, files in sorted(by_export.items()):
        landed, records = _land_export(files)
        outcome.update(landed)
        tables[export] = records if exports is None or export in exports else {}
    for file, original in decided:
        if original is not None:
            outcome[file.relative] = _duplicate(file, outcome[original.relative])
    return Landing([outcome[path] for path in sorted(outcome)], ignored, tables)


def _duplicate(file: _File, original: Delivery) -> Delivery:
    read = original.rows_read
    return _delivery(file, original.version, "DUPLICATE", f"same bytes as {original.name}")._replace(
        rows_read=read, rows_duplicate=read
    )


def deliveries(landing: Path | str | Landing) -> list[Delivery]:
    """One row per delivered file, by path."""
    return landing.deliveries if isinstance(landing, Landing) else load(Path(landing), frozenset()).deliveries


# --- delivered days -----------------------------------------------------------------------------------------------
def _counting(landing: Landing, exports: tuple[str, ...], with_rows: bool) -> list[Delivery]:
    return [
        each
        for each in landing.deliveries
        if each.export in exports
        and each.status in ("LOADED", "SUPERSEDED")
        and each.business_date is not None
        and (each.rows_read > 0 or not with_rows)
    ]


def _last_day(delivery: Delivery) -> date:
    assert delivery.business_date is not None
    return clocks.last_of_month(delivery.business_date) if delivery.export in MONTHLY else delivery.business_date


def delivered_days(landing: Landing, exports: tuple[str, ...]) -> set[int]:
    """London days that these exports cover; a file without rows covers its day all the same."""
    days: set[int] = set()
    for each in _counting(landing, exports, with_rows=False):
        assert each.business_date is not None
        days.update(range(clocks.day_number(each.business_date), clocks.day_number(_last_day(each)) + 1))
    return days


def first_day(landing: Landing, exports: tuple[str, ...]) -> int | None:
    """First business date. Choice: like the as-of instant, it is not moved by a file without rows."""
    dates = [each.business_date for each in _counting(landing, exports, with_rows=True) if each.business_date]
    return clocks.day_number(min(dates)) if dates else None


def last_day(landing: Landing, exports: tuple[str, ...]) -> int | None:
    dates = [_last_day(each) for each in _counting(landing, exports, with_rows=True)]
    return clocks.day_number(max(dates)) if dates else None


def exports_of(system: str) -> tuple[str, ...]:
    return tuple(export for export in LAYOUTS if SYSTEM_OF.get(export, export) == system)


def as_of(landing: Landing) -> dict[str, datetime]:
    """System -> the end of its newest business date, as an instant. Systems that delivered nothing are not there."""
    result = {}
    for system in dict.fromkeys(SYSTEM_OF.get(export, export) for export in LAYOUTS):
        day = last_day(landing, exports_of(system))
        if day is not None:
            result[system] = datetime.fromtimestamp(clocks.local_midnight(clocks.day_date(day + 1)), UTC)
    return result
