"""Times and calendars. What belongs here: reading the three time formats, London wall clock to UTC, periods. No facts.

Instants are whole seconds since 1970 (UTC); days are whole days since 1970 of the London calendar. Plain integers keep
a season of events small and comparisons exact.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EPOCH = date(1970, 1, 1)
DAY_SECONDS = 86_400

_DMY = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_YMD = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_HMS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class BadValueError(ValueError):
    """A value that does not stand in its exact format, or a wall-clock time that never was."""


def day_number(day: date) -> int:
    return (day - EPOCH).days


@cache
def day_date(number: int) -> date:
    return EPOCH + timedelta(days=number)


@cache
def _plain_offset(day: int) -> int | None:
    """The London offset of a whole local day in seconds; None on the two days a year when it changes."""
    here = day_date(day)
    start = datetime(here.year, here.month, here.day, tzinfo=LONDON).utcoffset()
    end = datetime(here.year, here.month, here.day, 23, 59, 59, tzinfo=LONDON, fold=1).utcoffset()
    assert start is not None
    return int(start.total_seconds()) if start == end else None


class _Days(dict[str, tuple[int, int | None]]):
    """Date text -> (naive midnight, offset of the day or None). A dictionary, because a season has few dates."""

    def __init__(self, pattern: re.Pattern[str], day_first: bool) -> None:
        super().__init__()
        self._pattern, self._day_first = pattern, day_first

    def __missing__(self, text: str) -> tuple[int, int | None]:
        match = self._pattern.fullmatch(text)
        if match is None:
            raise BadValueError(text)
        parts = [int(group) for group in match.groups()]
        year, month, day = reversed(parts) if self._day_first else parts
        try:
            number = day_number(date(year, month, day))
        except ValueError:
            raise BadValueError(text) from None
        self[text] = number * DAY_SECONDS, _plain_offset(number)
        return self[text]


class _Clocks(dict[str, int]):
    def __missing__(self, text: str) -> int:
        match = _HMS.fullmatch(text)
        if match is None:
            raise BadValueError(text)
        hours, minutes, seconds = (int(group) for group in match.groups())
        self[text] = hours * 3600 + minutes * 60 + seconds
        return self[text]


class _Offsets(dict[str, int]):
    def __missing__(self, text: str) -> int:
        match = _OFFSET.fullmatch(text)
        if match is None:
            raise BadValueError(text)
        seconds = int(match[2]) * 3600 + int(match[3]) * 60
        self[text] = -seconds if match[1] == "-" else seconds
        return self[text]


_dmy_days = _Days(_DMY, day_first=True)
_ymd_days = _Days(_YMD, day_first=False)
_clocks = _Clocks()
_offsets = _Offsets()


def first_pass(naive: int) -> int:
    """A wall-clock time (seconds as if it were UTC) to its instant; the first pass where it occurs twice."""
    offset = _plain_offset(naive // DAY_SECONDS)
    return naive - offset if offset is not None else _first_pass_on_a_change_day(naive)


def _first_pass_on_a_change_day(naive: int) -> int:
    wall = datetime.fromtimestamp(naive, UTC).replace(tzinfo=None)
    instant = int(wall.replace(tzinfo=LONDON, fold=0).timestamp())
    # A time that the spring change skips does not come back from UTC as it went in.
    if datetime.fromtimestamp(instant, LONDON).replace(tzinfo=None) != wall:
        raise BadValueError(f"{wall} does not exist in London")
    return instant


def parse_local(text: str) -> int | None:
    """`DD/MM/YYYY HH:MM:SS`, London wall clock."""
    if not text:
        return None
    if len(text) != 19 or text[10] != " ":
        raise BadValueError(text)
    midnight, offset = _dmy_days[text[:10]]
    naive = midnight + _clocks[text[11:]]
    return naive - offset if offset is not None else _first_pass_on_a_change_day(naive)


def parse_utc(text: str) -> int | None:
    """`YYYY-MM-DDTHH:MM:SSZ`. Choice: whole seconds only, and only `Z`; anything else is not the exact format."""
    if not text:
        return None
    if len(text) != 20 or text[10] != "T" or text[19] != "Z":
        raise BadValueError(text)
    return _ymd_days[text[:10]][0] + _clocks[text[11:19]]


def parse_offset(text: str) -> int | None:
    """`YYYY-MM-DDTHH:MM:SS+HH:MM`. Choice: `Z` is the other format, `utc`, and does not parse here."""
    if not text:
        return None
    if len(text) != 25 or text[10] != "T":
        raise BadValueError(text)
    return _ymd_days[text[:10]][0] + _clocks[text[11:19]] - _offsets[text[19:]]


def parse_date(text: str) -> int | None:
    """`DD/MM/YYYY` to its naive midnight."""
    return _dmy_days[text][0] if text else None


def parse_clock(text: str) -> int | None:
    """`HH:MM:SS` to seconds after midnight."""
    return _clocks[text] if text else None


def parse_month(text: str) -> str | None:
    if text and _MONTH.fullmatch(text) is None:
        raise BadValueError(text)
    return text or None


_second_pass_hours: dict[int, bool] = {}


def second_pass(instant: int) -> int | None:
    """The second pass of a wall-clock time whose first pass is `instant`; None where it occurs only once."""
    hour = instant // 3600
    doubled = _second_pass_hours.get(hour)
    if doubled is None:
        wall = datetime.fromtimestamp(hour * 3600, LONDON)
        later = wall.replace(fold=1).timestamp()
        doubled = _second_pass_hours[hour] = wall.fold == 0 and later != hour * 3600
    return instant + 3600 if doubled else None


_hour_offsets: dict[int, int] = {}


def local_day(instant: int) -> int:
    """The London day of an instant. The offset changes on whole UTC hours only, so one look per hour is enough."""
    hour = instant // 3600
    offset = _hour_offsets.get(hour)
    if offset is None:
        delta = datetime.fromtimestamp(hour * 3600, LONDON).utcoffset()
        assert delta is not None
        offset = _hour_offsets[hour] = int(delta.total_seconds())
    return (instant + offset) // DAY_SECONDS


def local_midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=LONDON).timestamp())


def utc_text(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


PERIOD_TYPES = ("day", "week", "month", "quarter", "year")


@cache
def period_starts(day: int) -> tuple[tuple[str, date], ...]:
    """The five periods that a London day lies in. Weeks start on Monday; quarters and years are financial."""
    here = day_date(day)
    week = here - timedelta(days=here.weekday())
    # Financial quarters (April, July, October, January) start in the same months as calendar ones.
    quarter = date(here.year, (here.month - 1) // 3 * 3 + 1, 1)
    year = date(here.year if here.month >= 4 else here.year - 1, 4, 1)
    return ("day", here), ("week", week), ("month", here.replace(day=1)), ("quarter", quarter), ("year", year)


def last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
