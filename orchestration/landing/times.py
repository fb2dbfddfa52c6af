"""Times: how a written date, clock or instant is checked and read in SQL, and the clock changes of a time zone.

What belongs here: format patterns, time-zone transitions, the SQL made from them. Not here: columns, files, shapes.
The engine's own time-zone function is never called for a row: a handful of clock changes stands in the SQL instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
FIRST_YEAR, LAST_YEAR = 1850, 2199  # clock changes are known between them, and taken to stand still outside
YEAR_ONE = -62_135_596_800 * SECOND
_EPOCH = datetime(1970, 1, 1)
_MIDNIGHT_OF_1900 = -2208988800 * SECOND  # the day that the engine gives to a clock without a date

_OFFSET = "[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_ANY_OFFSET = "(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_PARTS = re.compile(r"%:?-?.|[^%]+")
_NUMBERED = {"epoch_seconds": 1_000_000, "epoch_milliseconds": 1000, "excel_days": DAY}
"""Times written as a number, and the microseconds of one."""
_EXCEL_START = -25_569 * DAY  # 30 December 1899: day 0 of a spreadsheet's serial dates
_AM_PM = r"([AaPp])[.]?[Mm][.]?"

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
    "%p": (_AM_PM.replace("(", "(?:"), "%p"),
    "%f": ("[0-9]{1,9}", "%f"),
    "%g": ("[0-9]{3}", "%g"),
    "%b": ("[A-Za-z]{3}", "%b"),
    "%B": ("[A-Za-z]{3,9}", "%B"),
    "%a": ("[A-Za-z]{3}", "%a"),
    "%A": ("[A-Za-z]{6,9}", "%A"),
    "%j": ("[0-9]{3}", "%j"),
    "%-m": ("(?:0?[1-9]|1[0-2])", "%m"),
    "%-d": ("(?:0?[1-9]|[12][0-9]|3[01])", "%d"),
    "%-H": ("(?:[01]?[0-9]|2[0-3])", "%H"),
    "%-I": ("(?:0?[1-9]|1[0-2])", "%I"),
}


@dataclass(frozen=True)
class Pattern:
    """A written format, such as `%d/%m/%Y %H:%M:%S`, or a word for times written as a number (`epoch_seconds`).

    An offset may stand last: `%z` is `+HH:MM`, `%:z` also takes `+HHMM`, `+HH` and `Z`.
    """

    text: str

    def __post_init__(self) -> None:
        if self.is_number:
            return
        for part in _PARTS.findall(self._base):
            if part.startswith("%") and part not in _DIRECTIVES and part not in ("%z", "%:z"):
                raise ValueError(
                    f"{part} in the format {self.text!r} is not known; known are {' '.join(_DIRECTIVES)} %z %:z "
                    f"and the words {', '.join(_NUMBERED)}"
                )
        if "%z" in self._base or "%:z" in self._base:
            raise ValueError(f"%z must be the last part of the format {self.text!r}")
        if not any(part.startswith("%") for part in self._parts):
            raise ValueError(
                f"the format {self.text!r} holds no directive such as %Y; for times written as numbers there are "
                f"{', '.join(_NUMBERED)}"
            )
        named = [part.replace("-", "") for part in self._parts if part.startswith("%")]
        if len(set(named)) < len(named):
            raise ValueError(f"the format {self.text!r} holds a directive twice")
        if "%I" in named and "%p" not in named:
            raise ValueError(f"%I in the format {self.text!r} is an hour of twelve and wants %p")

    @property
    def is_number(self) -> bool:
        """Is the time written as one number?"""
        return self.text in _NUMBERED

    @property
    def is_utc(self) -> bool:
        """Is the written time an instant by its nature?"""
        return self.text.startswith("epoch")

    @property
    def has_offset(self) -> bool:
        return self.text.endswith(("%z", "%:z"))

    @property
    def has_day(self) -> bool:
        """Does it say a day of a month of a year?"""
        named = {part.replace("-", "") for part in self._parts}
        return self.is_number or bool({"%Y", "%y"} & named and ({"%d", "%m"} <= named or {"%d", "%b"} <= named
            or {"%d", "%B"} <= named or "%j" in named))  # fmt: skip

    @property
    def has_clock(self) -> bool:
        """Does it say an hour?"""
        return self.is_number or bool({"%H", "%I", "%-H", "%-I"} & set(self._parts))

    @property
    def _base(self) -> str:
        return self.text.removesuffix("%z").removesuffix("%:z")

    @property
    def _parts(self) -> list[str]:
        return _PARTS.findall(self._base)

    @property
    def _offset_regex(self) -> str:
        return "" if not self.has_offset else _ANY_OFFSET if self.text.endswith("%:z") else _OFFSET

    @property
    def regex(self) -> str:
        """What a value must match, whole, to stand in this format."""
        if self.is_number:
            return "-?[0-9]{1,14}(?:[.][0-9]{1,15})?"
        parts = [_DIRECTIVES[p][0] if p.startswith("%") else re.escape(p) for p in self._parts]
        return "".join(parts) + self._offset_regex

    @property
    def engine(self) -> str:
        """The format in the engine's words, without the offset."""
        return "".join(_DIRECTIVES[p][1] if p.startswith("%") else p for p in self._parts)

    @property
    def width(self) -> int | None:
        """Characters of every value without its offset; None where they vary."""
        widths = {"%Y": 4, "%g": 3, "%j": 3, "%b": 3, "%a": 3}
        total = 0
        for part in self._parts:
            if not part.startswith("%"):
                total += len(part)
            elif "-" in part or part in ("%f", "%p", "%B", "%A"):
                return None
            else:
                total += widths.get(part, 2)
        return total

    def written_sql(self, value: str, is_clock: bool = False) -> str:
        """SQL for microseconds since 1970 of the time as written (an offset taken off), since midnight for a clock.

        Null where the text does not stand in the exact format. Decimals of a second after the sixth are cut off.
        """
        if self.is_number:
            return self._number_sql(value, is_clock)
        base = value
        if self.text.endswith("%:z"):
            base = f"regexp_replace({value}, '{_ANY_OFFSET}$', '')"
        elif self.has_offset:
            base = f"left({value}, -6)"
        if "%f" in self._parts:
            base = f"regexp_replace({base}, '([0-9]{{6}})[0-9]{{1,3}}{self._behind_fraction}$', '\\1\\2')"
        if "%p" in self._parts:
            base = f"regexp_replace({base}, '{_AM_PM}', '\\1m')"
        micros_ = f"epoch_us(case when {self._check_sql(value)} then try_strptime({base}, {quote(self.engine)}) end)"
        if is_clock:
            return f"{micros_} - ({_MIDNIGHT_OF_1900})"
        return f"{micros_} - {self._offset_sql(value)}" if self.has_offset else micros_

    @property
    def _behind_fraction(self) -> str:
        """A pattern of what may stand behind the decimals of a second."""
        behind = self._parts[self._parts.index("%f") + 1 :]
        return "(" + "".join(_DIRECTIVES[p][0] if p.startswith("%") else re.escape(p) for p in behind) + ")"

    def _number_sql(self, value: str, is_clock: bool) -> str:
        number = (
            f"try_cast(case when regexp_full_match({value}, {quote(self.regex)}) then {value} end as decimal(38,15))"
        )
        if self.text == "excel_days":
            # A spreadsheet keeps fifteen digits of a day: what they mean is true to the millisecond, and rounded to it.
            written = f"round({number} * {DAY // 1000})::bigint * 1000"
            if is_clock:
                return f"try(case when {number} >= 0 and {number} < 1 then {written} end)"
            return f"try({written} + ({_EXCEL_START}))"
        return f"try(floor({number} * {_NUMBERED[self.text]})::bigint)"

    def _check_sql(self, value: str) -> str:
        # A pattern of fixed width is checked by a glob, at half the cost of a regular expression. It lets through what
        # the engine refuses by itself (day 32, hour 25); a zero year it does not refuse, hence the second condition.
        if self.width is None or self.has_offset or {"%b", "%a"} & set(self._parts):
            return f"regexp_full_match({value}, {quote(self.regex)})"
        glob = "".join("[0-9]" * _digits(p) if p.startswith("%") else _glob_literal(p) for p in self._parts)
        return f"{value} glob {quote(glob)}"

    def _offset_sql(self, value: str) -> str:
        """SQL for the offset behind the time, in microseconds east of UTC."""
        if self.text.endswith("%:z"):
            sign, hours, minutes = (
                f"regexp_extract({value}, '([+-])([0-9]{{2}}):?([0-9]{{2}})?$', {n})" for n in (1, 2, 3)
            )
            told = (
                f"(coalesce(try_cast({hours} as bigint), 0) * 3600 + coalesce(try_cast({minutes} as bigint), 0) * 60)"
            )
            return (
                f"(case when right({value}, 1) = 'Z' then 0 when {sign} = '-' then -1 else 1 end * {told} * {SECOND})"
            )
        # Of a text that is no time at all as well, where the engine looks at both in one go: never an error.
        hours, minutes = f"try_cast(right({value}, 5)[1:2] as bigint)", f"try_cast(right({value}, 2) as bigint)"
        return f"(case right({value}, 6)[1] when '-' then -1 else 1 end * ({hours} * 3600 + {minutes} * 60) * {SECOND})"

    def parse(self, value: str) -> datetime | None:
        """The time as written, in Python and not by the engine; with an offset, or as an epoch, UTC. None: not so."""
        match = re.fullmatch(self._groups, value)
        if match is None:
            return None
        try:
            if self.is_number:
                start = _EPOCH + timedelta(microseconds=_EXCEL_START if self.text == "excel_days" else 0)
                return start + timedelta(microseconds=int(Decimal(value) * _NUMBERED[self.text]))
            return _moment(match.groupdict())
        except (ValueError, OverflowError):
            return None

    @cached_property
    def _groups(self) -> re.Pattern[str]:
        """The pattern with a group for each directive, named by its letter."""
        if self.is_number:
            return re.compile(self.regex)
        parts = [f"(?P<{p[-1]}>{_DIRECTIVES[p][0]})" if p.startswith("%") else re.escape(p) for p in self._parts]
        return re.compile("".join(parts) + (f"(?P<z>{self._offset_regex})" if self.has_offset else ""))


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _moment(said: dict[str, str]) -> datetime:
    """A time from the groups of a pattern. Raises ValueError for one that cannot be."""
    year = int(said["Y"]) if "Y" in said else 1900
    if "y" in said:
        year = int(said["y"]) + (1900 if int(said["y"]) >= 69 else 2000)
    month, day = int(said.get("m", 1)), int(said.get("d", 1))
    if name := said.get("b") or said.get("B"):
        month = _MONTHS.index(name[:3].lower()) + 1
    hour = int(said.get("H", 0))
    if "I" in said:
        hour = int(said["I"]) % 12 + (12 if said["p"][0] in "Pp" else 0)
    fraction = (said.get("f") or said.get("g") or "0")[:6].ljust(6, "0")
    moment = datetime(year, month, day, hour, int(said.get("M", 0)), int(said.get("S", 0)), int(fraction))
    if "j" in said:
        moment = moment.replace(month=1, day=1) + timedelta(days=int(said["j"]) - 1)
    offset = said.get("z", "Z")
    if offset != "Z":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        east = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        moment -= east if offset[0] == "+" else -east
    return moment


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

    def to_wall_sql(self, instant: str) -> str:
        """The wall clock of an instant."""
        whens = [f"when {instant} < {change.at} then {instant} + {change.before}" for change in self._changes]
        last = self._changes[-1].after if self._changes else first_offset(self.zone, self.first_year)
        return f"(case {' '.join(whens)} else {instant} + {last} end)" if whens else f"({instant} + {last})"

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
