"""What is late is told by the days that files cover: a failure means an alarm without cause, or none with one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration.arrivals import arrived
from orchestration.landing import load_profile
from orchestration.lateness import Late, due_days, late_exports
from orchestration.settings import Settings

LONDON = ZoneInfo("Europe/London")
LAST = "2021-09-26"  # of the small sample's daily exports


@pytest.fixture(scope="module")
def last_day(small_warehouse: Settings) -> datetime:
    """Local midnight of the newest day of call segments in the small sample."""
    days = arrived(load_profile(small_warehouse.profile), small_warehouse.warehouse)["acd_segments"]
    return datetime.fromisoformat(max(days)).replace(tzinfo=LONDON)


def of(export: str, found: list[Late]) -> list[Late]:
    return [late for late in found if late.export == export]


def test_a_day_is_late_from_six_on_the_day_after(small_warehouse: Settings, last_day: datetime) -> None:
    missing = last_day + timedelta(days=1)
    due = (missing + timedelta(days=1)).replace(hour=6)
    before = of("acd_segments", late_exports(small_warehouse, due - timedelta(minutes=1)))
    after = of("acd_segments", late_exports(small_warehouse, due))
    tail = f"{missing:%Y-%m-%d}"
    assert tail not in {late.last for late in before}
    assert Late("acd_segments", tail, tail, 1) in after


def test_an_export_that_stopped_is_late_since_the_first_missing_day_whenever_one_looks(
    small_warehouse: Settings, last_day: datetime
) -> None:
    for days in (3, 20, 400):
        late = of("acd_segments", late_exports(small_warehouse, last_day + timedelta(days=days, hours=12)))[-1]
        assert late.since == f"{last_day + timedelta(days=1):%Y-%m-%d}"


def test_a_gap_between_delivered_days_is_late_too(small_warehouse: Settings, last_day: datetime) -> None:
    """The outage of the sample is such a gap: its days are told, and not what came after."""
    came = arrived(load_profile(small_warehouse.profile), small_warehouse.warehouse)["acd_segments"]
    days = [datetime.fromisoformat(min(came)) + timedelta(days=day) for day in range(28)]
    gaps = [f"{day:%Y-%m-%d}" for day in days if f"{day:%Y-%m-%d}" not in came and day < last_day.replace(tzinfo=None)]
    found = of("acd_segments", late_exports(small_warehouse, last_day.replace(hour=12)))
    told = [late for late in found if late.since >= min(came)]
    assert sum(late.count for late in told) == len(gaps)


def test_a_month_is_due_days_after_its_end(small_warehouse: Settings) -> None:
    days = due_days(load_profile(small_warehouse.profile))["workforce"]
    due = datetime(2021, 10, 31, 6, tzinfo=LONDON) + timedelta(days=days)
    months = [of("workforce", late_exports(small_warehouse, at)) for at in (due - timedelta(minutes=1), due)]
    assert "2021-10-01" not in {late.last for late in months[0]}
    assert "2021-10-01" in {late.last for late in months[1]}


def test_what_is_not_expected_is_never_late(small_warehouse: Settings) -> None:
    found = {late.export for late in late_exports(small_warehouse, datetime(2030, 1, 1, tzinfo=UTC))}
    assert found == set(due_days(load_profile(small_warehouse.profile)))
    assert not {"service_disruptions", "legacy_incidents"} & found


def test_a_warehouse_into_which_nothing_came_is_not_late(empty: Settings) -> None:
    assert late_exports(empty, datetime(2030, 1, 1, tzinfo=UTC)) == []


def test_dagster_shows_a_freshness_policy_on_each_export_that_is_expected(small_warehouse: Settings) -> None:
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    profile = load_profile(small_warehouse.profile)
    policies = {export: graph.get(dg.AssetKey(["landing", export])).freshness_policy for export in profile.exports}
    assert {export for export, policy in policies.items() if policy is not None} == set(due_days(profile))
    daily, monthly = policies["acd_segments"], policies["workforce"]
    assert daily.deadline_cron == "0 6 * * *"
    assert monthly.deadline_cron == "0 6 20 * *"
    assert daily.timezone == "Europe/London"
