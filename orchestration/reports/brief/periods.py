"""Periods as people name them: `2021-11-22`, `2021-W47`, `2021-11`, `2021/22-Q3` or `2021-Q4`.

What belongs here: from words to a day and back. Not here: which periods there are (reports.brief_periods).
"""

from __future__ import annotations

import re
from datetime import date

from orchestration.errors import UsageProblem
from orchestration.reports.brief.blocks import Period
from orchestration.reports.formatting import day, month

_EXAMPLES = {
    "daily": "a day, as 2021-11-22",
    "weekly": "a week, as 2021-W47",
    "monthly": "a month, as 2021-11",
    "quarterly": "a quarter, as 2021/22-Q3 of the financial year, or 2021-Q4 of the calendar's",
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WEEK = re.compile(r"(\d{4})-?W(\d\d?)", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)
_FINANCIAL_QUARTER = re.compile(r"(\d{4})/(\d\d)-?Q([1-4])", re.IGNORECASE)


def first_day(kind: str, asked: str) -> date:
    """The first day of a period as named on the command line. Raises UsageProblem where it is none of the kind."""
    asked = asked.strip()
    try:
        found = {"daily": _of_day, "weekly": _of_week, "monthly": _of_month, "quarterly": _of_quarter}[kind](asked)
    except ValueError:
        found = None
    if found is None:
        raise UsageProblem(f"'{asked}' is no period of a {kind} briefing: name {_EXAMPLES[kind]}.")
    return found


def named(kind: str, first: date, last: date) -> Period:
    """A period in words and under the name that `--period` takes."""
    if kind == "daily":
        return Period(first, last, day(first), first.isoformat())
    if kind == "weekly":
        year, number, _ = first.isocalendar()
        return Period(first, last, f"Week {number} of {year}: {day(first)} to {day(last)}", f"{year}-W{number:02d}")
    if kind == "monthly":
        return Period(first, last, month(first), f"{first:%Y-%m}")
    year = first.year if first.month >= 4 else first.year - 1
    number = (first.month - 4) % 12 // 3 + 1
    label = f"Quarter {number} of {year}/{(year + 1) % 100:02d}: {month(first)} to {month(last)}"
    return Period(first, last, label, f"{first.year}-Q{(first.month + 2) // 3}")


def _of_day(asked: str) -> date | None:
    return date.fromisoformat(asked) if _DAY.fullmatch(asked) else None


def _of_week(asked: str) -> date | None:
    found = _WEEK.fullmatch(asked)
    return date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None


def _of_month(asked: str) -> date | None:
    found = _MONTH.fullmatch(asked)
    return date(int(found[1]), int(found[2]), 1) if found else None


def _of_quarter(asked: str) -> date | None:
    if found := _FINANCIAL_QUARTER.fullmatch(asked):
        year, following, quarter = int(found[1]), int(found[2]), int(found[3])
        if following != (year + 1) % 100:
            return None
        return date(year + (quarter == 4), (4, 7, 10, 1)[quarter - 1], 1)
    if found := _QUARTER.fullmatch(asked):
        return date(int(found[1]), 3 * int(found[2]) - 2, 1)
    return None
