"""Times: how a written date, clock or instant is checked and read in SQL, and the clock changes of a time zone.

What belongs here: format patterns, time-zone transitions, the SQL made from them. Not here: columns, files, shapes.
The engine's own time-zone function is never called for a row: a handful of clock changes stands in the SQL instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
FIRST_YEAR, LAST_YEAR = 1850, 2199  # clock changes are known between them, and taken to stand still outside
YEAR_ONE = -62_135_596_800 * SECOND
_EPOCH = datetime(1970, 1, 1)

# directive of a format: (regular expression, the engine's own directive)
_DIRECTIVES: dict[str, tuple[str, str]] = {
    "%Y": ("[0-9]{4}", "%Y"),
    "%y": ("[0-9]{2}", "%y"),
    "%m": ("(?:0[1-9]|1[0-2])", "%m"),
    "%d": ("(?:0[1-9]|[12][0-9]|3[01])", "%d"),
    "%H": ("(?:[01][0-9]|2[0-3])", "%H"),
    "%I": ("(?:0[1-9]|1[0-2])", "%I"),
    "%M": ("[0-5][0-9]", "%M"),
    "%S": ("[0-5][0-9]", "%S"),
    "%p": ("(?:AM|PM|am|pm)", "%p"),
    "%f": ("[0-9]{1,6}", "%f"),
    "%g": ("[0-9]{3}", "%g"),
    "%b": ("[A-Za-z]{3}", "%b"),
    "%j": ("[0-9]{3}", "%j"),
    "%-m": ("(?:0?[1-9]|1[0-2])", "%m"),
    "%-d": ("(?:0?[1-9]|[12][0-9]|3[01])", "%d"),
    "%-H": ("(?:[01]?[0-9]|2[0-3])", "%H"),
    "%-I": ("(?:0?[1-9]|1[0-2])", "%I"),
}
_OFFSET = "[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_PARTS = re.compile(r"%-?.|[^%]+")


@dataclass(frozen=True)
class Pattern:
    """A written format, such as `%d/%m/%Y %H:%M:%S`; `%z` may stand last and is `+HH:MM`."""

    text: str

    def __post_init__(self) -> None:
        for part in _PARTS.findall(self._base):
            if part.startswith("%") and part not in _DIRECTIVES:
                raise ValueError(
                    f"{part} in the format {self.text!r} is not known; known are {' '.join(_DIRECTIVES)} %z"
                )
        if "%z" in self._base:
            raise ValueError(f"%z must be the last part of the format {self.text!r}")

    @property
    def has_offset(self) -> bool:
        return self.text.endswith("%z")

    @property
    def _base(self) -> str:
        return self.text.removesuffix("%z")

    @property
    def regex(self) -> str:
        """What a value must match, whole, to stand in this format."""
        parts = [_DIRECTIVES[p][0] if p.startswith("%") else re.escape(p) for p in _PARTS.findall(self._base)]
        return "".join(parts) + (_OFFSET if self.has_offset else "")

    @property
    def engine(self) -> str:
        """The format in the engine's words, without the offset."""
        return "".join(_DIRECTIVES[p][1] if p.startswith("%") else p for p in _PARTS.findall(self._base))

    @property
    def width(self) -> int | None:
        """Characters of every value without its offset; None where they vary."""
        sample = [_DIRECTIVES[p][0] if p.startswith("%") else "x" * len(p) for p in _PARTS.findall(self._base)]
        widths = {"[0-9]{4}": 4, "[0-9]{3}": 3, "[A-Za-z]{3}": 3}
        total = 0
        for part in sample:
            if part.startswith("x"):
                total += len(part)
            elif part in ("[0-9]{1,6}",) or "?" in part.removeprefix("(?:"):
                return None
            else:
                total += widths.get(part, 2)
        return total

    def parse_sql(self, value: str) -> str:
        """SQL for the naive TIMESTAMP as written, null where the text does not stand in the exact format."""
        base = value if not self.has_offset else f"left({value}, -6)"
        return f"case when {self._check_sql(value)} then try_strptime({base}, {quote(self.engine)}) end"

    def _check_sql(self, value: str) -> str:
        # A pattern of fixed width is checked by a glob, at half the cost of a regular expression. It lets through what
        # the engine refuses by itself (day 32, hour 25); a zero year it does not refuse, hence the second condition.
        if self.width is None or self.has_offset or "%b" in self.text or "%p" in self.text:
            return f"regexp_full_match({value}, {quote(self.regex)})"
        glob = "".join(
            "[0-9]" * _digits(p) if p.startswith("%") else _glob_literal(p) for p in _PARTS.findall(self._base)
        )
        return f"{value} glob {quote(glob)}"

    def offset_sql(self, value: str) -> str:
        """SQL for the offset behind the time, in microseconds east of UTC."""
        hours, minutes = f"right({value}, 5)[1:2]::bigint", f"right({value}, 2)::bigint"
        return f"(case right({value}, 6)[1] when '-' then -1 else 1 end * ({hours} * 3600 + {minutes} * 60) * {SECOND})"


def _digits(directive: str) -> int:
    return {"%Y": 4, "%g": 3, "%j": 3}.get(directive, 2)


def _glob_literal(text: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)


def quote(text: str) -> str:
    """An SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class ClockChange:
    """One change of a zone's offset, in microseconds since 1970: the instant, and the offsets before and after."""

    at: int
    before: int
    after: int

    @property
    def wall_from(self) -> int:
        """Where the doubled or the missing wall-clock time begins."""
        return self.at + min(self.before, self.after)

    @property
    def wall_until(self) -> int:
        return self.at + max(self.before, self.after)


def micros(moment: datetime) -> int:
    """A naive datetime as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


@cache
def clock_changes(zone: str, first_year: int, last_year: int) -> tuple[ClockChange, ...]:
    """Every change of offset from the start of the first year to the end of the last."""
    tz = ZoneInfo(zone)
    hour = datetime(first_year, 1, 1, tzinfo=UTC)
    end = datetime(last_year + 1, 1, 1, tzinfo=UTC)
    changes: list[ClockChange] = []
    while hour < end:
        following = hour + timedelta(days=1)
        if _offset(tz, hour) != _offset(tz, following):
            changes.append(_locate(tz, hour, following))
        hour = following
    return tuple(changes)


def _locate(tz: ZoneInfo, low: datetime, high: datetime) -> ClockChange:
    before, after = _offset(tz, low), _offset(tz, high)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > low else middle
        if _offset(tz, middle) == before:
            low = middle
        else:
            high = middle
    at = micros(high.replace(tzinfo=None, microsecond=0))
    return ClockChange(at, before, after)


def _offset(tz: ZoneInfo, moment: datetime) -> int:
    delta = moment.astimezone(tz).utcoffset()
    assert delta is not None
    return delta // timedelta(microseconds=1)


def first_offset(zone: str, year: int) -> int:
    """The offset at the start of a year, in microseconds."""
    return _offset(ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class LocalClock:
    """A zone's wall clock over some years, as SQL over microseconds since 1970 (`wall`: as if it were UTC)."""

    zone: str
    first_year: int
    last_year: int

    @property
    def _changes(self) -> tuple[ClockChange, ...]:
        return clock_changes(self.zone, self.first_year, self.last_year)

    def _outside_sql(self, wall: str) -> str:
        """Is the time before the year 1, or (unless all years are known) outside the years that this clock knows?"""
        low = micros(datetime(self.first_year, 1, 2)) if self.first_year > FIRST_YEAR else micros(datetime(1, 1, 2))
        if self.last_year >= LAST_YEAR:
            return f"{wall} < {low}"
        return f"{wall} < {low} or {wall} >= {micros(datetime(self.last_year, 12, 31))}"

    def to_utc_sql(self, wall: str) -> str:
        """The instant of the first pass; null for a time that does not exist or lies outside the known years."""
        whens = [f"when {self._outside_sql(wall)} then null"]
        for change in self._changes:
            if change.after > change.before:
                whens.append(f"when {wall} < {change.wall_from} then {wall} - {change.before}")
                whens.append(f"when {wall} < {change.wall_until} then null")
            else:
                whens.append(f"when {wall} < {change.wall_until} then {wall} - {change.before}")
        last = self._changes[-1].after if self._changes else first_offset(self.zone, self.first_year)
        return f"case {' '.join(whens)} else {wall} - {last} end"

    def is_ambiguous_sql(self, wall: str) -> str:
        """Does the wall-clock time occur twice?"""
        doubled = [change for change in self._changes if change.after < change.before]
        tests = [f"({wall} >= {change.wall_from} and {wall} < {change.wall_until})" for change in doubled]
        return f"({' or '.join(tests)})" if tests else "false"


def local_midnight(zone: str, day: date) -> int:
    """The instant a local day starts, in microseconds since 1970."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return micros(start.astimezone(UTC).replace(tzinfo=None))


def local_day(zone: str, instant: int) -> date:
    """The local day of an instant in microseconds since 1970."""
    moment = _EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=instant)
    return moment.astimezone(ZoneInfo(zone)).date()


def wall_day(wall: int) -> date:
    """The day of a wall-clock time in microseconds since 1970."""
    return (_EPOCH + timedelta(microseconds=wall)).date()
