"""Instants and the three ways the exports write them.

The simulation runs in whole UTC seconds; only files know local time. Europe/London, as `exports.md` states.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
_EPOCH = date(1970, 1, 1).toordinal()
_HMS = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86400)]
_MARGIN_DAYS = 90  # appointments are booked ahead of the period's end


class Clock:
    """Conversions for one period, from tables: millions of times are written."""

    def __init__(self, first: date, last: date) -> None:
        start = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=3)
        hours = ((last - first).days + 6 + _MARGIN_DAYS) * 24
        self._base_hour = int(start.timestamp()) // 3600
        self._offsets = [
            int((start + timedelta(hours=h)).astimezone(LONDON).utcoffset().total_seconds())  # type: ignore[union-attr]
            for h in range(hours)
        ]
        days = [first + timedelta(days=d) for d in range(-4, hours // 24 + 2)]
        self._uk = {d.toordinal() - _EPOCH: d.strftime("%d/%m/%Y ") for d in days}
        self._iso = {d.toordinal() - _EPOCH: d.isoformat() + "T" for d in days}

    def offset(self, instant: int) -> int:
        """Seconds that London is ahead of UTC."""
        return self._offsets[instant // 3600 - self._base_hour]

    def local(self, instant: int) -> str:
        """Wall clock without offset: ``DD/MM/YYYY HH:MM:SS``."""
        day, second = divmod(instant + self._offsets[instant // 3600 - self._base_hour], 86400)
        return self._uk[day] + _HMS[second]

    def with_offset(self, instant: int) -> str:
        """ISO 8601 wall clock with its offset."""
        ahead = self._offsets[instant // 3600 - self._base_hour]
        day, second = divmod(instant + ahead, 86400)
        return self._iso[day] + _HMS[second] + ("+01:00" if ahead else "+00:00")

    def utc(self, instant: int) -> str:
        """ISO 8601 with ``Z``."""
        day, second = divmod(instant, 86400)
        return self._iso[day] + _HMS[second] + "Z"

    def hms(self, instant: int) -> str:
        """Local time of day only: ``HH:MM:SS``."""
        return _HMS[(instant + self._offsets[instant // 3600 - self._base_hour]) % 86400]

    def local_day(self, instant: int) -> date:
        """The local calendar day that holds the instant."""
        return date.fromordinal((instant + self.offset(instant)) // 86400 + _EPOCH)

    def local_second(self, instant: int) -> int:
        """Seconds since local midnight by the wall clock."""
        return (instant + self.offset(instant)) % 86400


def midnight(day: date) -> int:
    """The instant at which a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=LONDON).timestamp())


def at_local(day: date, hour: int, minute: int = 0, second: int = 0) -> int:
    """The instant of a local wall-clock time (first pass where it occurs twice)."""
    return int(datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=LONDON).timestamp())


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=d) for d in range((last - first).days + 1)]


def months_between(first: date, last: date) -> list[date]:
    """The first of every month that holds one of the days."""
    months = []
    month = first.replace(day=1)
    while month <= last:
        months.append(month)
        month = next_month(month)
    return months


def next_month(month: date) -> date:
    """The first of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
