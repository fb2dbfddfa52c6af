"""kpi_results holds the true figures, whatever was delivered when. A failure means that published figures are wrong."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import pytest

from .conftest import Builder, rows_of
from .reckoning import reckon
from .world import World, made_up, write

FIRST, LAST = date(2021, 3, 10), date(2021, 4, 18)  # over a clock change, a quarter's end and a financial year's
SUBJECTS = ("calls", "incidents", "agents", "completeness")
COLUMNS = (
    "kpi_id, period_type, period_start, scope_type, scope_code, numerator, denominator, value, measured_count, "
    "eligible_count, value_excluding_disruptions, quality_state, disruption_keys, target"
)
EVERYTHING = (
    f"select {COLUMNS}, period_end, is_target_met, coverage_ratio, day_count, delivered_day_count, "
    "complete_day_count, definition_version from metrics.kpi_results order by all"
)


def is_near(found: float | None, expected: object) -> bool:
    if found is None or expected is None:
        return found is None and expected is None
    return math.isclose(found, float(expected), rel_tol=1e-12, abs_tol=1e-9)  # type: ignore[arg-type]


def assert_true(path: Path, world: World) -> None:
    """Every figure of the indicators that are reckoned; what reads other marts has its own proof."""
    expected = reckon(world)
    reckoned = {key[0] for key in expected}
    rows = rows_of(path, f"select {COLUMNS} from metrics.kpi_results")
    found = {row[:5]: row[5:] for row in rows if row[0] in reckoned}
    assert set(found) == {key for key, figure in expected.items() if key[3] == "force" or figure.eligible}
    wrong = []
    for key, row in found.items():
        figure = expected[key]
        numerator, denominator, value, measured, eligible, excluding, *rest = row
        is_right = (
            is_near(numerator, figure.numerator)
            and is_near(value, figure.value)
            and is_near(excluding, figure.value_excluding)
            and (denominator, measured, eligible) == (figure.denominator, figure.measured, figure.eligible)
            and rest == [figure.state, figure.disruptions, figure.target]
        )
        if not is_right:
            wrong.append((key, row, figure))
    assert not wrong, f"{len(wrong)} of {len(found)} rows, such as {wrong[:3]}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, build_metrics: Builder) -> Path:
    path = tmp_path_factory.mktemp("world") / "occ_build.duckdb"
    write(made_up(1, FIRST, LAST), path, generation="g1")
    build_metrics(path, full=True)
    return path


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_equals_an_independent_calculation(seed: int, tmp_path: Path, build_metrics: Builder) -> None:
    world = made_up(seed, FIRST, LAST)
    write(world, tmp_path / "occ_build.duckdb", generation="g1")
    build_metrics(tmp_path / "occ_build.duckdb", full=True)
    assert_true(tmp_path / "occ_build.duckdb", world)


def test_a_run_of_changes_gives_what_a_run_from_nothing_gives(tmp_path: Path, build_metrics: Builder) -> None:
    path, whole = tmp_path / "occ_build.duckdb", made_up(5, FIRST, LAST)
    # First without the newest week, the disruption and the oldest days; then each of them comes, then a correction.
    early = FIRST + timedelta(days=6)
    late = LAST - timedelta(days=7)
    first = cut(whole, early, late)
    first.disruptions = []
    for fact in first.calls + first.incidents + first.intervals:
        fact["disruption_key"] = None
    write(first, path, generation="g1")
    build_metrics(path, full=True)
    assert_true(path, first)

    second = cut(whole, early, LAST)
    disrupted = {row["offered_date"] for row in whole.calls if row["disruption_key"]}
    disrupted |= {row["created_date"] for row in whole.incidents if row["disruption_key"]}
    disrupted |= {row["interval_date"] for row in whole.intervals if row["disruption_key"]}
    newest = {late + timedelta(days=n) for n in range(1, 8)} | disrupted
    write(second, path, generation="g2", affected=dict.fromkeys(SUBJECTS, newest))
    build_metrics(path, full=False)
    assert_true(path, second)
    assert ("g1",) in rows_of(path, "select distinct generation from metrics.kpi_results"), (
        "everything was computed again"
    )

    # What an export is expected to send begins with its first day: an older one makes later gaps count.
    oldest = {FIRST + timedelta(days=n) for n in range(6)}
    every_day = {FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)}
    write(whole, path, generation="g3", affected=dict.fromkeys(SUBJECTS, oldest) | {"completeness": every_day})
    build_metrics(path, full=False)
    assert_true(path, whole)

    # A correction leaves a line without answered calls, and moves what the stages of an incident begin with.
    corrected = early + timedelta(days=2)
    for call in whole.calls:
        if call["offered_date"] == corrected and call["outcome"] == "answered":
            call["outcome"], call["answered_at"] = "lost", None
    whole.targets[0]["target"] = 0.25
    write(whole, path, generation="g4", affected={"calls": {corrected}})
    build_metrics(path, full=False)
    assert_true(path, whole)
    carried_on = rows_of(path, EVERYTHING)
    build_metrics(path, full=True)
    assert rows_of(path, EVERYTHING) == carried_on


def cut(world: World, first: date, last: date) -> World:
    """The world as it was known from deliveries of these days only."""
    return World(
        calls=[dict(row) for row in world.calls if first <= row["offered_date"] <= last],
        incidents=[dict(row) for row in world.incidents if first <= row["created_date"] <= last],
        intervals=[dict(row) for row in world.intervals if first <= row["interval_date"] <= last],
        disruptions=world.disruptions,
        delivered={
            export: {day: version for day, version in days.items() if first <= day <= last}
            for export, days in world.delivered.items()
        },
        targets=world.targets,
    )


def test_a_day_alone_touches_only_the_periods_that_hold_it(tmp_path: Path, build_metrics: Builder) -> None:
    path, world = tmp_path / "occ_build.duckdb", made_up(6, FIRST, LAST)
    write(world, path, generation="g1")
    build_metrics(path, full=True)
    day = date(2021, 4, 14)
    write(world, path, generation="g2", affected={"agents": {day}})
    build_metrics(path, full=False)
    touched = rows_of(
        path,
        "select distinct kpi_id, period_type, period_start from metrics.kpi_results "
        "where generation = 'g2' order by all",
    )
    starts = [("day", day), ("month", date(2021, 4, 1)), ("quarter", date(2021, 4, 1)), ("week", date(2021, 4, 12))]
    assert touched == [("calls_occupancy", *start) for start in [*starts, ("year", date(2021, 4, 1))]]


def test_nothing_delivered_gives_an_empty_table(tmp_path: Path, build_metrics: Builder) -> None:
    write(World(), tmp_path / "occ_build.duckdb", generation="g1")
    build_metrics(tmp_path / "occ_build.duckdb", full=True)
    assert rows_of(tmp_path / "occ_build.duckdb", "select count(*) from metrics.kpi_results") == [(0,)]


def test_an_export_that_never_came_leaves_its_indicators_not_available(tmp_path: Path, build_metrics: Builder) -> None:
    """An outage of delivery must never read as zero calls or as an empty cell without a reason."""
    world = made_up(7, FIRST, LAST)
    gone = {FIRST + timedelta(days=n) for n in range(3, 20)}
    world.delivered["acd_segments"] = {d: v for d, v in world.delivered["acd_segments"].items() if d not in gone}
    world.calls = [call for call in world.calls if call["offered_date"] not in gone]
    world.delivered["saab_resource_status"] = {}
    world.delivered["saab_incidents"] = dict.fromkeys(world.delivered["saab_incidents"], "5")
    for row in world.incidents:
        row.update(first_en_route_at=None, first_at_scene_at=None, response_seconds=None, is_within_target=None)
        row.update(is_attended=False)
    write(world, tmp_path / "occ_build.duckdb", generation="g1")
    build_metrics(tmp_path / "occ_build.duckdb", full=True)
    assert_true(tmp_path / "occ_build.duckdb", world)
    states = rows_of(
        tmp_path / "occ_build.duckdb",
        "select distinct quality_state, numerator, value from metrics.kpi_results where kpi_id = 'calls_presented' "
        "and period_type = 'day' and scope_type = 'force' and period_start between '2021-03-13' and '2021-03-29'",
    )
    assert states == [("NOT_AVAILABLE", None, None)]
    response = rows_of(
        tmp_path / "occ_build.duckdb",
        "select distinct quality_state, value from metrics.kpi_results where kpi_id like 'response_grade%'",
    )
    assert response == [("NOT_AVAILABLE", None)]


def test_every_call_ends_in_exactly_one_way(built: Path) -> None:
    """presented = offered + in the menu + elsewhere; a call that is in neither or in both makes every share wrong."""
    sql = """
        with figures as (
            select period_type, period_start, period_end, scope_code,
                max(case kpi_id when 'calls_presented' then value end) as presented,
                coalesce(max(case kpi_id when 'calls_offered' then value end), 0) as offered,
                coalesce(max(case kpi_id when 'calls_answered_elsewhere' then value end), 0) as elsewhere
            from metrics.kpi_results where scope_type in ('force', 'line') and subject = 'calls' group by all
        )
        select figures.period_type, period_start, scope_code
        from figures inner join marts.fct_calls as calls
            on calls.offered_date between period_start and period_end and scope_code in ('FORCE', calls.line)
        where presented is not null
        group by all
        having any_value(presented - offered - elsewhere)
            <> count(*) filter (where outcome in ('abandoned_in_menu', 'ended_by_menu'))
    """
    assert rows_of(built, sql) == []


def test_figures_that_add_up_are_sums_of_their_days(built: Path) -> None:
    sql = """
        with longer as (
            select * from metrics.kpi_results
            where period_type in ('week', 'month', 'quarter', 'year') and numerator is not null
        )
        select longer.kpi_id, longer.period_type, longer.period_start, longer.scope_type, longer.scope_code
        from longer inner join metrics.kpi_results as days
            on days.period_type = 'day' and days.kpi_id = longer.kpi_id and days.scope_type = longer.scope_type
            and days.scope_code = longer.scope_code
            and days.period_start between longer.period_start and longer.period_end
        group by all
        having sum(days.numerator) <> any_value(longer.numerator)
            -- What is divided by a constant shows that constant in every row.
            or (any_value(longer.unit) <> 'hours' and sum(days.denominator) <> any_value(longer.denominator))
            or sum(days.eligible_count) <> any_value(longer.eligible_count)
    """
    assert rows_of(built, sql) == []


def test_scopes_add_up_to_the_force(built: Path) -> None:
    sql = """
        with parts as (
            select kpi_id, period_type, period_start, scope_type, sum(numerator) as numerator,
                sum(measured_count) as measured, sum(eligible_count) as eligible
            from metrics.kpi_results where scope_type <> 'force' group by all
        )
        select parts.* from parts inner join metrics.kpi_results as whole
            on parts.kpi_id = whole.kpi_id and parts.period_type = whole.period_type
            and parts.period_start = whole.period_start and whole.scope_type = 'force'
        where parts.eligible <> whole.eligible_count or parts.measured <> whole.measured_count
            or coalesce(parts.numerator <> whole.numerator, false)
    """
    assert rows_of(built, sql) == []


def test_no_figure_is_blank_without_a_state_or_not_a_number(built: Path) -> None:
    sql = """
        select * from metrics.kpi_results
        where (value is null) <> (quality_state = 'NOT_AVAILABLE')
            or isnan(value) or isinf(value) or isnan(value_excluding_disruptions)
            or value < 0 or (unit = 'ratio' and kpi_id <> 'calls_occupancy' and value > 1)
            or measured_count > eligible_count or coverage_ratio not between 0 and 1
            or (value is not null and target is not null) <> (is_target_met is not null)
    """
    assert rows_of(built, sql) == []


def test_every_call_and_response_indicator_is_there(built: Path) -> None:
    """The published names: other people's dashboards hang on them."""
    stages = ("answer", "create", "grade", "assign", "en_route", "scene", "close")
    expected = {
        *(f"calls_{name}{ending}" for name in ("999_within_10s", "101_within_30s") for ending in ("", "_of_offered")),
        *(f"calls_{name}" for name in ("presented", "offered", "answered", "answered_elsewhere", "overflowed")),
        *(f"calls_wait_{name}" for name in ("mean", "median", "p90", "p95", "max")),
        *(f"calls_{name}" for name in ("abandoned", "short_abandoned", "abandoned_in_menu", "redialled")),
        *("calls_handle_time_mean", "calls_occupancy", "demand_internal", "demand_failure", "demand_other_agency"),
        *(f"response_grade{grade}_{name}" for grade in (1, 2) for name in ("median", "p90", "within_target")),
        *(f"response_stage_{stage}_median" for stage in stages),
    }
    assert expected <= {row[0] for row in rows_of(built, "select distinct kpi_id from metrics.kpi_results")}
