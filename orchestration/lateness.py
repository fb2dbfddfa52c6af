"""Which exports are late: what should have arrived by now, by `due_days` in the profile's reference/exports.csv.

An export is due before the daily management meeting of the due_days-th day after the day, or month, that it covers.
Without a number none is expected: what is sent when something changed, or is no longer sent. This is told from the days
that files cover; Dagster's own freshness policies, made from the same numbers, go by when something last came.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestration.arrivals import arrived, is_monthly
from orchestration.landing import Profile, load_profile
from orchestration.settings import Settings

MEETING_HOUR = 6  # local; the daily management meeting
_LOOKED_BACK = {"day": 31, "month": 3}  # days, or months, that are looked at
NEVER = "never"


@dataclass(frozen=True)
class Late:
    """Days or months in a row of one export that should be there."""

    export: str
    since: str  # the first of them, as its partition is called, or NEVER when nothing of the export ever arrived
    last: str  # the newest of them
    count: int  # of those that were looked at

    def __str__(self) -> str:
        if self.since == NEVER:
            return f"{self.export}: nothing has ever arrived; due up to {self.last}"
        if self.since == self.last:
            return f"{self.export}: {self.since} has not arrived"
        return f"{self.export}: nothing since {self.since}; due up to {self.last}"


def due_days(profile: Profile) -> dict[str, int]:
    """Export to how many days after the end of what it covers a file is due; exports that are not expected left out."""
    path = profile.folder / "reference" / "exports.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["export"]: int(row["due_days"]) for row in rows if (row.get("due_days") or "").strip()}


def late_exports(settings: Settings, now: datetime) -> list[Late]:
    """What should have arrived by `now` (with a zone) and has not, a line for each run of days or months in a row."""
    profile = load_profile(settings.profile)
    came = arrived(profile, settings.warehouse)
    if not came:
        return []  # nothing was ever delivered: a warehouse that is not in use yet
    found: list[Late] = []
    for export, days in due_days(profile).items():
        due = _due_periods(profile, export, days, now.astimezone(ZoneInfo(profile.time_zone)))
        found += _spells(export, due, set(came.get(export, {})), is_month=is_monthly(profile, export))
    return found


def _due_periods(profile: Profile, export: str, days: int, now: datetime) -> list[str]:
    """Keys of the periods looked at that are due by now, oldest first."""
    # The newest day whose due_days-th day after it has had its meeting.
    last_day = now.date() - timedelta(days=days if now.hour >= MEETING_HOUR else days + 1)
    if not is_monthly(profile, export):
        return [str(last_day - timedelta(days=back)) for back in range(_LOOKED_BACK["day"] - 1, -1, -1)]
    # A month is over when the day after it is the first of the next.
    after = (last_day + timedelta(days=1)).replace(day=1)
    months = []
    for _ in range(_LOOKED_BACK["month"]):
        after = (after - timedelta(days=1)).replace(day=1)
        months.append(str(after))
    return months[::-1]


def _spells(export: str, due: list[str], came: set[str], *, is_month: bool) -> list[Late]:
    missing: list[list[str]] = []
    before_was_there = True
    for key in due:
        if key in came:
            before_was_there = True
            continue
        if before_was_there:
            missing.append([])
        missing[-1].append(key)
        before_was_there = False
    return [Late(export, _since(keys[0], due[0], came, is_month=is_month), keys[-1], len(keys)) for keys in missing]


def _since(first: str, looked_at_from: str, came: set[str], *, is_month: bool) -> str:
    """The first that is missing, also where that lies before what was looked at."""
    if first != looked_at_from:
        return first
    earlier = [key for key in came if key < first]
    if not earlier:
        return NEVER if not came else first
    newest = date.fromisoformat(max(earlier))
    return str((newest + timedelta(days=31)).replace(day=1)) if is_month else str(newest + timedelta(days=1))
