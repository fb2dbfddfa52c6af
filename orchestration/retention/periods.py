"""How long rows of an export are kept: from the profile's periods to the first day that is kept. No rows, no files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from orchestration.landing.contracts import PERIOD, Period


def first_days_kept(periods: Mapping[str, Period], as_of: date) -> dict[str, date]:
    """Export to the first day kept of it, as of a day: the period back from it, and from there back to a month's first.

    Whole months go, so that no month's figure is ever made of a part of its rows.
    """
    return {export: _back(as_of, period).replace(day=1) for export, period in periods.items()}


def _back(day: date, period: Period) -> date:
    match = PERIOD.fullmatch(period)
    assert match is not None  # the profile was checked
    count, unit = int(match[1]), match[2]
    if unit == "days":
        return day - timedelta(days=count)
    number = day.year * 12 + day.month - 1 - count * (12 if unit == "years" else 1)
    return date(number // 12, number % 12 + 1, 1)
