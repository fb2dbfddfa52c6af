"""Schedules follow the wall clock: a failure means that figures are not there before a meeting, or come twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.automation import PERIOD_TAG, schedules
from orchestration.settings import Settings

LONDON = ZoneInfo("Europe/London")
BY_NAME = {schedule.name: schedule for schedule in schedules}


def ticks(name: str, start: datetime, end: datetime) -> list[datetime]:
    """Instants in UTC at which a schedule ticks, by Dagster's own reckoning."""
    found = []
    schedule = BY_NAME[name]
    for tick in schedule_execution_time_iterator(
        start.timestamp(), schedule.cron_schedule, schedule.execution_timezone
    ):
        if tick >= end:
            return found
        found.append(tick.astimezone(UTC))
    return found


@pytest.mark.parametrize(
    ("changes", "offset_before", "offset_after"),
    [(datetime(2026, 3, 29, tzinfo=LONDON), 0, 1), (datetime(2026, 10, 25, tzinfo=LONDON), 1, 0)],
    ids=["clocks go forward", "clocks go back"],
)
def test_every_local_day_around_a_clock_change_has_one_tick_at_six(
    changes: datetime, offset_before: int, offset_after: int
) -> None:
    first = changes - timedelta(days=3)
    found = ticks("daily_meeting", first, changes + timedelta(days=4))
    local = [tick.astimezone(LONDON) for tick in found]
    assert [each.date() for each in local] == [(first + timedelta(days=day)).date() for day in range(7)]
    assert {(each.hour, each.minute) for each in local} == {(6, 0)}
    assert [tick.hour for tick in found] == [6 - offset_before] * 3 + [6 - offset_after] * 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("weekly_meeting", ["2026-03-23 06:15", "2026-03-30 06:15"]),
        ("monthly_meeting", ["2026-03-01 06:30", "2026-04-01 06:30"]),
        ("quarterly_meeting", ["2026-01-01 06:45", "2026-04-01 06:45"]),
    ],
)
def test_the_other_meetings_keep_their_local_hour_over_the_clock_change(name: str, expected: list[str]) -> None:
    last = datetime(2026, 4, 2, tzinfo=LONDON)
    found = [
        f"{tick.astimezone(LONDON):%Y-%m-%d %H:%M}" for tick in ticks(name, datetime(2026, 1, 1, tzinfo=LONDON), last)
    ]
    assert found[-2:] == expected


@pytest.mark.parametrize(
    ("name", "at", "period"),
    [
        ("daily_meeting", "2026-10-25T06:00", "2026-10-24"),
        ("weekly_meeting", "2026-01-05T06:15", "2026-W01"),
        ("monthly_meeting", "2026-01-01T06:30", "2025-12"),
        ("quarterly_meeting", "2026-04-01T06:45", "2026-Q1"),
    ],
)
def test_a_scheduled_run_says_which_period_its_meeting_is_about(
    name: str, at: str, period: str, empty: Settings, instance: dg.DagsterInstance
) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=LONDON)
    context = dg.build_schedule_context(instance, scheduled_execution_time=moment)
    tick = BY_NAME[name].evaluate_tick(context)
    assert [(request.run_key, request.tags[PERIOD_TAG]) for request in tick.run_requests] == [
        (f"{name} {period}", period)
    ]


def test_a_meeting_without_a_new_delivery_starts_no_run(
    small_warehouse: Settings, instance: dg.DagsterInstance
) -> None:
    small_warehouse.export()
    moment = datetime(2026, 6, 1, 6, tzinfo=LONDON)
    tick = BY_NAME["daily_meeting"].evaluate_tick(dg.build_schedule_context(instance, scheduled_execution_time=moment))
    assert tick.run_requests == []
    assert "2026-05-31" in str(tick.skip_message)
