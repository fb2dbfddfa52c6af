"""What briefings read is what the tables say, for every period that can be asked. A failure: they show others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.landing import briefings
from orchestration.landing.starting import start_profile
from orchestration.reports.brief import reading, wording
from orchestration.settings import PROJECT, Settings

LIST = PROJECT / "orchestration" / "profiles" / "west_mercia" / "reference" / briefings.NAME
Row = dict[str, Any]


@pytest.fixture(scope="module")
def con(small_warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(small_warehouse.current_db), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


GRAINS = {
    "brief_periods": "brief, period_start",
    "brief_figures": "brief, period_start, section, kpi_id, scope_type, asked_scope_code, scope_code, period_type",
    "brief_signals": "kpi_id, scope_type, scope_code, period_start",
    "brief_measures": "kpi_id, scope_type, scope_code, period_start",
    "brief_trajectories": "kind, kpi_id, scope_type, scope_code, name",
    "brief_unresourced": "period_type, period_start, kind, area_code, grade",
    "brief_waiting": "local_date, kind, area_code, grade, age_band",
    "brief_diary": "local_date, which, diary_code",
    "brief_disruptions": "brief, period_start, disruption_key, line",
    "brief_coverage": "brief, period_start, export",
    "brief_findings": "brief, rule_id",
    "brief_years": "kpi_id, scope_type, scope_code, period_start",
}


@pytest.mark.parametrize("view", GRAINS)
def test_a_view_has_rows_and_each_once(con: duckdb.DuckDBPyConnection, view: str) -> None:
    ((count, distinct),) = con.execute(
        f"select count(*), count(distinct ({GRAINS[view]})) from reports.{view}"
    ).fetchall()
    assert count == distinct > 0


def test_a_period_is_shown_unasked_and_it_is_over_where_one_is(con: duckdb.DuckDBPyConnection) -> None:
    periods = rows(con, "select * from reports.brief_periods")
    as_of = max(row["as_of_date"] for row in periods)
    for brief in reading.KINDS:
        mine = [row for row in periods if row["brief"] == brief]
        (shown,) = [row for row in mine if row["is_default"]]
        over = [row["period_start"] for row in mine if row["is_complete"]]
        assert not over or shown["period_start"] == max(over)
        assert all(row["period_end"] <= as_of for row in mine if row["is_complete"])
        # The charts beside it are of the last week that is over by then.
        assert shown["standing_week_start"].weekday() == 0
        assert 0 <= (shown["reached_on"] - shown["standing_week_start"] - timedelta(days=6)).days < 7


def test_figures_are_those_of_kpi_results(con: duckdb.DuckDBPyConnection) -> None:
    """By way of Python: each figure, the one before it and the one a year before."""
    results = {
        (*row[:5],): row[5:]
        for row in con.execute(
            "select kpi_id, scope_type, scope_code, period_type, period_start, value, quality_state "
            "from metrics.kpi_results"
        ).fetchall()
    }
    figures = rows(con, "select * from reports.brief_figures")
    compared = 0
    for row in figures:
        key = (row["kpi_id"], row["scope_type"], row["scope_code"], row["period_type"])
        value, state = results.get((*key, row["figure_start"]), (None, "NOT_AVAILABLE"))
        assert (row["value"], row["quality_state"]) == (value, state)
        assert (row["missing_because"] is None) == (value is not None)
        start = row["figure_start"]
        if row["period_type"] == "day":
            earlier = {"previous": start - timedelta(days=1), "week_before": start - timedelta(days=7)}
        elif row["period_type"] == "week":
            earlier = {"previous": start - timedelta(days=7), "week_before": start - timedelta(days=7)}
        else:
            months = {"month": 1, "quarter": 3}[row["period_type"]]
            earlier = {"previous": months_before(start, months), "year_before": months_before(start, 12)}
        for name, day in earlier.items():
            before = results.get((*key, day), (None, None))
            assert (row[f"{name}_value"], row[f"{name}_state"]) == before, (name, key, start)
            compared += before[0] is not None
    assert compared > 1000


def months_before(day: date, months: int) -> date:
    months_since = day.year * 12 + day.month - 1 - months
    return date(months_since // 12, months_since % 12 + 1, 1)


def test_every_measure_of_the_list_stands_in_every_period_of_its_briefing(con: duckdb.DuckDBPyConnection) -> None:
    """A figure that cannot be had is there too, and says why."""
    asked = con.execute(
        "select periods.brief, periods.period_start, kpi_id, scope_type, scope_code from marts.dim_briefing_measures "
        "inner join reports.brief_periods as periods using (brief)"
    ).fetchall()
    found = con.execute(
        "select distinct brief, period_start, kpi_id, scope_type, asked_scope_code from reports.brief_figures"
    ).fetchall()
    assert set(asked) == set(found)
    missing = {row["missing_because"] for row in rows(con, "select missing_because from reports.brief_figures")}
    assert {"NOT_SUPPLIED", None} <= missing


def test_stock_inflow_and_outflow_add_up(con: duckdb.DuckDBPyConnection) -> None:
    """In each period, from one to the next, and over areas, grades and kinds."""
    found = rows(con, "select * from reports.brief_unresourced order by period_start")
    for row in found:
        assert row["opening_count"] + row["inflow_count"] - row["outflow_count"] == row["closing_count"]
    by_series = defaultdict(list)
    for row in found:
        by_series[row["period_type"], row["kind"], row["area_code"], row["grade"]].append(row)
    for series in by_series.values():
        for earlier, later in pairwise(series):
            assert later["opening_count"] == earlier["closing_count"]
    for row in (row for row in found if (row["area_code"], row["grade"], row["kind"]) == ("FORCE", "ALL", "LIVE")):
        mine = [each for each in found if all(each[name] == row[name] for name in ("period_type", "period_start"))]
        for part, whole in (("area_code", "FORCE"), ("grade", "ALL")):
            parts = [each for each in mine if each["kind"] == "LIVE" and each[part] != whole]
            assert sum(each["closing_count"] for each in parts) == row["closing_count"]
        kinds = [each["closing_count"] for each in mine if (each["area_code"], each["grade"]) == ("FORCE", "ALL")]
        assert 2 * max(kinds) == sum(kinds)  # ALL and its parts
    ((daily, weekly),) = con.execute(
        "select sum(inflow_count) filter (where period_type = 'day'), "
        "sum(inflow_count) filter (where period_type = 'week') "
        "from reports.brief_unresourced where kind = 'LIVE'"
    ).fetchall()
    assert daily == weekly > 0


def test_what_waits_at_the_end_of_a_day_is_what_the_first_hour_of_the_next_counts(
    con: duckdb.DuckDBPyConnection,
) -> None:
    waiting = con.execute(
        "select local_date, kind, incident_count, high_risk_count from reports.brief_waiting "
        "where area_code = 'FORCE' and grade = 'ALL' and age_band = 'ALL'"
    ).fetchall()
    hourly = {
        (day, kind): (count, risk)
        for day, kind, count, risk in con.execute(
            "select hour_date - 1, kind, sum(incident_count), sum(high_risk_count) from marts.fct_unresourced_hourly "
            "where extract('hour' from hour_at_local) = 0 group by all"
        ).fetchall()
    }
    compared = [(hourly[day, kind], (count, risk)) for day, kind, count, risk in waiting if (day, kind) in hourly]
    assert len(compared) > 10
    assert all(expected == found for expected, found in compared)
    for day, kind, count, _ in waiting:
        ((by_age,),) = con.execute(
            "select sum(incident_count) from reports.brief_waiting "
            "where local_date = ? and kind = ? and age_band <> 'ALL'",
            [day, kind],
        ).fetchall()
        assert by_age == count


def test_weeks_that_reached_the_target_are_counted_as_python_counts_them(two_years: Settings) -> None:
    """Of the last 13 charted weeks of the phase, against the target of the newest of them."""
    with duckdb.connect(str(two_years.current_db), read_only=True) as con:
        compare_weeks_met(con)
        assert all(wording.trajectory_of(row) for row in rows(con, "select * from reports.brief_trajectories"))
        for row in rows(con, "select * from reports.brief_measures where period_start = date '2021-12-06'"):
            assert wording.standing_of(row)


def compare_weeks_met(con: duckdb.DuckDBPyConnection) -> None:
    signals = defaultdict(list)
    for row in rows(con, "select * from metrics.kpi_signals where quality_state <> 'DISRUPTED' order by period_start"):
        signals[row["kpi_id"], row["scope_type"], row["scope_code"]].append(row)
    better = dict(con.execute("select kpi_id, max(better) from metrics.kpi_register group by kpi_id").fetchall())
    told = 0
    for row in rows(con, "select * from reports.brief_measures"):
        series = signals[row["kpi_id"], row["scope_type"], row["scope_code"]]
        until = [each for each in series if each["period_start"] <= row["period_start"]]
        assert row["signal_start"] == (until[-1]["period_start"] if until else None)
        if not until or until[-1]["target"] is None:
            assert row["weeks_met_count"] is None
            continue
        newest = until[-1]
        last = [each["value"] for each in until if each["phase"] == newest["phase"]][-13:]
        sign = 1 if better[row["kpi_id"]] == "higher" else -1
        met = sum(sign * (value - newest["target"]) > -1e-9 for value in last)
        assert (row["weeks_met_count"], row["weeks_compared_count"]) == (met, len(last))
        told += 1
    assert told > 100


@pytest.mark.parametrize("kind", reading.KINDS)
def test_a_briefing_can_be_read_and_said(con: duckdb.DuckDBPyConnection, kind: reading.Kind) -> None:
    read = reading.read(con, kind)
    assert read is not None
    assert read.generation["generation"]
    assert read.first_page
    assert {row["section"] for row in read.figures} == set(read.figures_of)
    for row in read.figures:
        assert row["kpi_id"] in read.definition_of
        measure = read.measure_of.get((row["kpi_id"], row["scope_type"], row["scope_code"]))
        if measure is not None:
            assert wording.standing_of(measure)
        assert wording.rests_on(row) or row["value"] is not None


def test_a_day_outside_what_was_delivered_is_refused(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageProblem, match=r"periods with deliveries in them reach from \d{4}-"):
        reading.read(con, "weekly", date(1999, 1, 1))


def test_a_generation_without_the_views_is_told_of(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "old.duckdb")) as old, pytest.raises(EnvironmentProblem, match="older than"):
        reading.read(old, "daily")


# -- The list of the profile. --


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("weekly,calls,1,calls_102_within_30s,force,FORCE,week,true,x", "'calls_102_within_30s'"),
        ("yearly,calls,1,calls_101_within_30s,force,FORCE,week,true,x", "brief is 'yearly'; write one of daily"),
        ("weekly,calls,1,calls_101_within_30s,country,FORCE,week,true,x", "scope_type is 'country'"),
        ("weekly,calls,1,calls_101_within_30s,force,FORCE,fortnight,true,x", "period_type is 'fortnight'"),
        ("weekly,calls,1,calls_101_within_30s,force,FORCE,week,yes,x", "is_first_page is 'yes'"),
        ("weekly,calls,first,calls_101_within_30s,force,FORCE,week,true,x", "place is 'first'"),
        ("weekly,Calls!,1,calls_101_within_30s,force,FORCE,week,true,x", "section is 'Calls!'"),
        ("weekly,calls,1,calls_101_within_30s,line,,week,true,x", "scope_code is empty"),
        ("weekly,calls,1,calls_101_within_30s", "more or fewer values"),
        ("weekly,calls,1,calls_101_within_30s,force,FORCE,week,true,x,y", "more or fewer values"),
        ("weekly,calls,2,calls_999_within_10s,force,FORCE,week,true,x", "the same as line 2"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_with_file_and_line(tmp_path: Path, changed: str, said: str) -> None:
    file = tmp_path / "reference" / briefings.NAME
    file.parent.mkdir()
    header = LIST.read_text(encoding="utf-8").splitlines()[0]
    good = "weekly,calls,1,calls_999_within_10s,force,FORCE,week,true,x"
    file.write_text(f"{header}\n{good}\n{changed}\n", encoding="utf-8")
    with pytest.raises(briefings.BriefingProblem) as problem:
        briefings.check(tmp_path)
    assert f"{file}, line 3: " in str(problem.value)
    assert said in str(problem.value)


def test_a_profile_without_the_list_is_told_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(briefings.BriefingProblem, match="Copy it from"):
        briefings.check(tmp_path)


def test_a_new_forces_profile_has_briefings_without_another_forces_units(tmp_path: Path) -> None:
    folder = start_profile(tmp_path / "other", name="other", title="", time_zone="Europe/London").folder
    briefings.check(folder)
    text = (folder / "reference" / briefings.NAME).read_text(encoding="utf-8")
    assert "workforce_vacancy,unit,*" in text
    assert ",OCC," not in text


def test_every_indicator_is_known_by_name(con: duckdb.DuckDBPyConnection) -> None:
    """The list is checked before the models are parsed, so names are read from their files."""
    registered = {kpi_id for (kpi_id,) in con.execute("select distinct kpi_id from metrics.kpi_register").fetchall()}
    assert briefings.indicators() == registered
