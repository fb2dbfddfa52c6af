"""Many force-years of exports made from one by shifting dates: as text, in names and cells, so that it is quick.

What belongs here: how one stretch of days becomes its own past. Not here: simulating (orchestration/sample), measuring.

A copy lies whole weeks back, so that every weekday stays one, and copies stand end to end: of the 365 days of a year,
364. What a date stands in is shifted with it, in incident and call references, appointments, contacts: so keys stay
unique, and what belonged together still does. The wall clock is kept: an incident of 02:10 is one of 02:10. Clocks
change on other dates in other years, so between the two dates an instant in UTC, or an offset, moves by the hour that
keeps the wall clock; on a Sunday in March the hour that does not exist is squeezed, with the one after it, into that
one hour, in order; of the 25 hours of a day in October that fall on one of 24, the first is told as the last of the day
before, and left out where a team's half hour would come twice. Incidents still open at the end are left out of the
copies: nobody would ever close them.

Monthly exports of rows with dates are sorted into the months that their rows now lie in; those of one row a month are
shifted by whole months.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.floor.exports import Stretch, day_of, files_below

LONDON = ZoneInfo("Europe/London")
BY_MONTH = ("workforce", "recruitment", "bt_999_national")  # a row says its month, and nothing finer
BY_ROW = {"da_outcomes": rb"WM-(\d{8})-", "digital_contacts": rb",(\d\d/\d\d/\d{4}) "}  # the date a row is of
_REFERENCE = re.compile(rb"WM-\d{8}-\d{5}")


@dataclass(frozen=True)
class Copy:
    """One copy of a stretch: how far back it lies."""

    days: int
    months: int  # of what only says its month

    def of(self, day: date) -> date:
        return day - timedelta(days=self.days)


def copies_of(stretch: Stretch, count: int) -> list[Copy]:
    """The copies that make `count` stretches of one: the first is the stretch itself."""
    return [Copy(number * period_of(stretch), number * months_of(stretch)) for number in range(count)]


def period_of(stretch: Stretch) -> int:
    """Days from one copy to the next: the whole weeks of the stretch."""
    return ((stretch.last - stretch.first).days + 1) // 7 * 7


def months_of(stretch: Stretch) -> int:
    """Months from one copy to the next, for what only says its month."""
    return (stretch.last.year - stretch.first.year) * 12 + stretch.last.month - stretch.first.month + 1


def multiply(stretch: Stretch, count: int, target: Path, processes: int = 2) -> int:
    """Write `count` stretches into `target`, the newest by hard link; how many bytes they are.

    Needs the exports of the stretch; gives the same bytes whenever it is called.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    files = sorted(files_below(stretch.files))
    ends = stretch.first + timedelta(days=period_of(stretch) - 1)
    for file in files:
        # A month before the stretch is one of the copy before.
        if export_of(file) not in BY_MONTH or day_of(file.name) >= stretch.first.replace(day=1):
            os.link(file, target / file.name)
    daily = [file for file in files if export_of(file) not in {*BY_MONTH, *BY_ROW} and day_of(file.name) <= ends]
    opened = frozenset(_open_at(daily))
    older = copies_of(stretch, count)[1:]
    with ProcessPoolExecutor(processes) as pool:
        written = pool.map(partial(_shift_file, older, opened, target), daily, chunksize=8)
        assert sum(written) == len(daily) * len(older)
    for file in files:
        if export_of(file) in BY_MONTH and stretch.first.replace(day=1) <= day_of(file.name) <= ends:
            for copy in older:
                _shift_month_file(copy, target, file)
    for export in BY_ROW:
        mine = [file for file in files if export_of(file) == export]
        _sort_by_month(export, mine, older, ends, opened, target)
    return sum(path.stat().st_size for path in files_below(target))


def export_of(file: Path) -> str:
    """Which export a file is of, by its name."""
    return re.sub(r"_[0-9]{8}.*", "", file.name)


# --- what is left out -----------------------------------------------------------------------------------------------
def _open_at(daily: Iterable[Path]) -> Iterator[bytes]:
    """References of the incidents whose newest row is open."""
    newest: dict[bytes, bool] = {}
    for file in daily:
        if export_of(file) == "saab_incidents":
            for line in read_export(file).splitlines()[1:]:
                newest[line[:17]] = b",OPEN," in line
    return (reference for reference, is_open in newest.items() if is_open)


def _without(data: bytes, left_out: frozenset[bytes]) -> bytes:
    """The lines that are not of an incident left out: by the first reference in a line."""
    if not left_out.intersection(_REFERENCE.findall(data)):
        return data
    kept = []
    for line in data.splitlines(keepends=True):
        found = _REFERENCE.search(line)
        if found is None or found[0] not in left_out:
            kept.append(line)
    return b"".join(kept)


# --- daily exports --------------------------------------------------------------------------------------------------
def _shift_file(copies: list[Copy], left_out: frozenset[bytes], target: Path, file: Path) -> int:
    data = _without(read_export(file), left_out)
    day = day_of(file.name)
    for copy in copies:
        shifted = shift_text(data, copy, day)
        if export_of(file) == "acd_agent_intervals":
            shifted = _within_the_day(shifted, copy.of(day))
        name = file.name.replace(f"{day:%Y%m%d}", f"{copy.of(day):%Y%m%d}")
        _write(target / name, shifted)
    return len(copies)


def shift_text(data: bytes, copy: Copy, day: date) -> bytes:
    """The text of one file, every date in it shifted. `day` is the file's: what says UTC keeps its wall clock."""
    # From the oldest on: what a date becomes is never one that is still to come, as it lies further back than that.
    for written, form in ((rb"WM-\d{8}-", "WM-%Y%m%d-"), (rb",\d{8}-(?=\d)", ",%Y%m%d-"), (rb"AP\d{6}", "AP%y%m%d")):
        data = _replaced(data, written, form, copy)
    data = _shift_local(data, copy)
    data = _shift_offset(data, copy)
    data = _shift_utc(data, copy, day)
    return re.sub(rb"\bD(\d{4})-(\d{3}),", partial(_disruption, copy), data)


def _replaced(data: bytes, written: bytes, form: str, copy: Copy) -> bytes:
    for each in _dates(data, written, form):
        data = data.replace(_text(each, form), _text(copy.of(each), form))
    return data


def _dates(data: bytes, written: bytes, form: str) -> list[date]:
    return sorted(datetime.strptime(each.decode(), form).date() for each in set(re.findall(written, data)))


@cache
def _text(day: date, form: str) -> bytes:
    return f"{day:{form}}".encode()


def _shift_local(data: bytes, copy: Copy) -> bytes:
    """`DD/MM/YYYY HH:MM:SS`, on a wall clock."""
    form = "%d/%m/%Y "
    for day in _dates(data, rb"\d\d/\d\d/\d{4} ", form):
        new = copy.of(day)
        if _loses_an_hour(day, new):
            pattern = _text(day, form) + rb"(0[12]):(\d\d):(\d\d)"
            data = re.sub(pattern, partial(_put_after, _text(new, form)), data)
        data = data.replace(_text(day, form), _text(new, form))
    return data


def _put_after(day: bytes, found: re.Match[bytes]) -> bytes:
    return day + _squeezed(found)


def _shift_offset(data: bytes, copy: Copy) -> bytes:
    """`YYYY-MM-DDTHH:MM:SS+HH:MM`: the wall clock is kept, the offset is that of the new date."""
    clock = rb"T(\d\d):(\d\d):(\d\d)([+-]\d\d:\d\d)"
    if not re.search(clock, data):
        return data
    for day in _dates(data, rb"\d{4}-\d\d-\d\dT", "%Y-%m-%dT"):
        if _differs(day, copy):
            data = re.sub(_text(day, "%Y-%m-%d") + clock, partial(_with_offset, day, copy), data)
        else:
            data = data.replace(_text(day, "%Y-%m-%dT"), _text(copy.of(day), "%Y-%m-%dT"))
    return data


def _with_offset(day: date, copy: Copy, found: re.Match[bytes]) -> bytes:
    new = copy.of(day)
    clock = b":".join(found.groups()[:3])
    if _loses_an_hour(day, new) and found[1] in (b"01", b"02"):
        clock = _squeezed(found)
    wall = datetime.combine(new, datetime.strptime(clock.decode(), "%H:%M:%S").time())
    is_doubled = _offset(wall.replace(fold=0)) != _offset(wall.replace(fold=1))
    offset = found[4].decode() if is_doubled else f"+{_offset(wall):02d}:00"
    return f"{new}T".encode() + clock + offset.encode()


def _shift_utc(data: bytes, copy: Copy, day: date) -> bytes:
    """`YYYY-MM-DDTHH:MM:SSZ`: by the hour more or less that keeps the wall clock of the file's day."""
    pattern = rb"(\d{4}-\d\d-\d\d)T(\d\d)(:\d\d:\d\dZ)"
    if not re.search(pattern, data):
        return data
    hours = _offset(_noon(day)) - _offset(_noon(copy.of(day)))
    if not hours:
        return _replaced(data, rb"\d{4}-\d\d-\d\dT", "%Y-%m-%dT", copy)

    @cache
    def moved(written: bytes, hour: bytes) -> bytes:
        then = datetime.fromisoformat(f"{written.decode()}T{hour.decode()}:00:00")
        return f"{then - timedelta(days=copy.days, hours=-hours):%Y-%m-%dT%H}".encode()

    return re.sub(pattern, lambda found: moved(found[1], found[2]) + found[3], data)


def _within_the_day(data: bytes, day: date) -> bytes:
    """Half hours that lie in the local day of their file; those of an hour too many would come twice."""
    head, *lines = data.splitlines(keepends=True)
    return b"".join([head, *(line for line in lines if _local_day(line[:13]) == day)])


@cache
def _local_day(hour: bytes) -> date:
    return datetime.fromisoformat(f"{hour.decode()}:00:00+00:00").astimezone(LONDON).date()


def _disruption(copy: Copy, found: re.Match[bytes]) -> bytes:
    """`D2021-014`: another number for each copy."""
    return b"D%d-%03d," % (int(found[1]) - copy.months // 12, int(found[2]) + copy.months % 12)


# --- clocks ---------------------------------------------------------------------------------------------------------
def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12)


def _offset(wall: datetime) -> int:
    offset = wall.replace(tzinfo=LONDON).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 3600


@cache
def _changes(day: date) -> bool:
    return _offset(datetime(day.year, day.month, day.day)) != _offset(_noon(day))


@cache
def _differs(day: date, copy: Copy) -> bool:
    """Whether an offset on this date may be another one on the new date."""
    return _offset(_noon(day)) != _offset(_noon(copy.of(day))) or _changes(day) or _changes(copy.of(day))


@cache
def _loses_an_hour(day: date, new: date) -> bool:
    """Whether the new date has no 01:00 to 01:59, and the old one had."""
    return _is_spring(new) and not _is_spring(day)


def _is_spring(day: date) -> bool:
    return _changes(day) and day.month == 3


def _squeezed(found: re.Match[bytes]) -> bytes:
    """A time from 01:00:00 to 02:59:59 within the hour from 02:00:00, in order."""
    hour, minute, second = (int(found[number]) for number in (1, 2, 3))
    seconds = ((hour - 1) * 3600 + minute * 60 + second) // 2
    return b"02:%02d:%02d" % (seconds // 60, seconds % 60)


# --- monthly exports ------------------------------------------------------------------------------------------------
def _months_back(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _shift_month_file(copy: Copy, target: Path, file: Path) -> None:
    month = day_of(file.name)
    new = _months_back(month, copy.months)
    data = read_export(file).replace(f"{month:%Y-%m}".encode(), f"{new:%Y-%m}".encode())
    _write(target / file.name.replace(f"{month:%Y%m%d}", f"{new:%Y%m%d}"), data)


def _sort_by_month(
    export: str, files: list[Path], copies: list[Copy], ends: date, left_out: frozenset[bytes], target: Path
) -> None:
    """Rows with dates, in the month that they now lie in; one month may hold rows of two copies."""
    months: dict[date, list[bytes]] = {}
    head = b""
    for file in files:
        head, *lines = _without(read_export(file), left_out).splitlines(keepends=True)
        for copy in copies:
            kept = [line for line in lines if _date_of(export, line) <= ends]
            text = shift_text(b"".join(kept), copy, day_of(file.name))
            text = re.sub(rb"(?m)^C(\d\d)(\d\d)(?=\d{5},)", partial(_contact, copy), text)
            for line in text.splitlines(keepends=True):
                months.setdefault(_date_of(export, line).replace(day=1), []).append(line)
    for month, rows in months.items():
        path = target / f"{export}_{month:%Y%m%d}.csv"
        if path.exists():  # the newest copy's own month, which only a link leads to
            data = read_export(path)
            path.unlink()
            _write(path, data + b"".join(rows))
        else:
            _write(path, head + b"".join(rows))


def _date_of(export: str, line: bytes) -> date:
    found = re.search(BY_ROW[export], line)
    assert found is not None, f"{export}: a row without a date"
    return _parsed(found[1])


@cache
def _parsed(written: bytes) -> date:
    return datetime.strptime(written.decode(), "%d/%m/%Y" if b"/" in written else "%Y%m%d").date()


def _contact(copy: Copy, found: re.Match[bytes]) -> bytes:
    """`C210900001`: the month of a contact, shifted by whole months, so that numbers stay unique."""
    return f"C{_months_back(date(2000 + int(found[1]), int(found[2]), 1), copy.months):%y%m}".encode()


# --- files ----------------------------------------------------------------------------------------------------------
def read_export(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def _write(file: Path, data: bytes) -> None:
    with file.open("xb") as new:  # never onto a link to the exports that copies are made from
        new.write(gzip.compress(data, compresslevel=6, mtime=0) if file.suffix == ".gz" else data)
