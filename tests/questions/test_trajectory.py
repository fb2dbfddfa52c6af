"""Q04 on two years of figures: what is published, worked out again in plain Python from the days and the forecasts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from orchestration import questions
from orchestration.settings import Settings
from tests.support import ask

KPI = "calls_101_within_30s"
MONDAY = date(2022, 1, 3)  # of the newest week that is over
Row = dict[str, Any]


@pytest.fixture(scope="module")
def answer(two_years: Settings) -> list[Row]:
    found = questions.ask(two_years, questions.question("Q04"))
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


@pytest.fixture(scope="module")
def days(two_years: Settings) -> dict[date, tuple[float, float]]:
    """Day to answered in time and answered, of days that nothing disrupted."""
    rows = ask(
        two_years,
        "select period_start, numerator, denominator from metrics.kpi_results where kpi_id = ? and period_type = 'day' "
        "and scope_type = 'force' and quality_state in ('OK', 'ESTIMATED', 'LATE') and denominator > 0",
        [KPI],
    )
    return {day: (within, answered) for day, within, answered in rows}


def by_week(days: dict[date, tuple[float, float]]) -> dict[date, float]:
    found: dict[date, list[tuple[float, float]]] = {}
    for day, pair in days.items():
        found.setdefault(day - timedelta(days=day.weekday()), []).append(pair)
    return {
        monday: sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs)
        for monday, pairs in found.items()
        if len(pairs) >= 4 and monday <= MONDAY
    }


def test_where_101_stands_is_its_figure_over_thirteen_weeks(
    answer: list[Row], days: dict[date, tuple[float, float]]
) -> None:
    newest = [pair for day, pair in days.items() if MONDAY - timedelta(weeks=12) <= day < MONDAY + timedelta(weeks=1)]
    within, answered = sum(pair[0] for pair in newest), sum(pair[1] for pair in newest)
    row = answer[0]
    assert row["part"] == "1 as it now runs"
    assert (row["numerator"], row["denominator"]) == (within, answered)
    assert row["standing_ratio"] == pytest.approx(within / answered, abs=1e-8)
    assert row["target"] == 0.8


def test_its_trend_is_that_of_least_squares_over_half_a_year(
    answer: list[Row], days: dict[date, tuple[float, float]]
) -> None:
    weeks = [value for _, value in sorted(by_week(days).items())][-26:]
    middle, mean = 12.5, sum(weeks) / 26
    slope = sum((at - middle) * (value - mean) for at, value in enumerate(weeks)) / sum(
        (at - middle) ** 2 for at in range(26)
    )
    row = answer[0]
    assert row["trend_per_week"] == pytest.approx(slope, rel=1e-6, abs=1e-9)
    assert row["trend_lower_95"] < slope < row["trend_upper_95"]


def test_the_date_is_that_of_the_first_four_weeks_whose_mean_meets_the_target(
    answer: list[Row], two_years: Settings
) -> None:
    ahead = ask(
        two_years,
        "select period_start, value, lower_80, upper_80 from metrics.kpi_forecasts where kpi_id = ? order by 1",
        [KPI],
    )
    assert [monday for monday, *_ in ahead] == [MONDAY + timedelta(weeks=at) for at in range(1, 27)]
    blocks = [ahead[at : at + 4] for at in range(0, 24, 4)]
    met = [block[0][0] for block in blocks if sum(value for _, value, *_ in block) / 4 >= 0.8]
    row = answer[0]
    assert row["met_on"] == (met[0] if met else None)
    assert row["last_ratio"] == ahead[-1][1]
    if row["met_on"] is None:
        assert "not met within 26 weeks" in row["reason"]
    assert row["met_early"] is None or row["met_on"] is None or row["met_early"] <= row["met_on"]


def test_its_forecast_did_better_than_repeating_exactly_where_it_says_so(
    answer: list[Row], two_years: Settings, days: dict[date, tuple[float, float]]
) -> None:
    """The naive forecast's mean error by hand, from the thirty weeks that were tried."""
    rows = ask(
        two_years,
        "select model, mae, naive_mae, beats_naive, is_used, origins_count from metrics.forecast_accuracy "
        "where kpi_id = ?",
        [KPI],
    )
    found = {row[0]: row for row in rows}
    weeks = [value for _, value in sorted(by_week(days).items())]
    picked = sorted({round(20 + at * (len(weeks) - 1 - 20) / 29) for at in range(30)})
    errors = [
        abs(weeks[origin - 1] - weeks[origin + ahead])
        for origin in picked
        for ahead in range(min(26, len(weeks) - origin))
    ]
    assert found["naive"][1] == pytest.approx(sum(errors) / len(errors), rel=1e-6)
    (used,) = (row for row in rows if row[4])
    assert answer[0]["model"] == used[0]
    assert answer[0]["forecast_beats_naive"] == used[3]
    assert used[3] is None or used[3] == (used[1] < used[2])


def test_what_is_ahead_is_in_the_unit_of_the_weeks_behind(two_years: Settings) -> None:
    """Counts of a week beside sums of a week, not means of a day: else every picture shows a fall."""
    rows = ask(
        two_years,
        "select ahead.kpi_id, ahead.scope_code, avg(ahead.value), avg(behind.value) "
        "from metrics.kpi_forecasts as ahead "
        "inner join metrics.kpi_results as behind using (kpi_id, scope_type, scope_code) "
        "where behind.period_type = 'week' and behind.period_start between ahead.made_from - 56 and ahead.made_from "
        "and ahead.horizon_weeks <= 4 group by all order by all",
    )
    assert len(rows) == 5
    assert all(behind / 2 < ahead < behind * 2 for _, _, ahead, behind in rows), rows


def test_every_scenario_of_the_file_has_its_date_or_says_that_it_has_none(
    answer: list[Row], two_years: Settings
) -> None:
    months = ask(
        two_years,
        "select scenario, month, within_101_ratio from metrics.capacity_scenarios order by scenario, month",
    )
    scenarios = {row["scenario"]: row for row in answer[1:]}
    assert {"vacancies_filled", "part_time_to_full", "abstraction_normal"} <= scenarios.keys()
    for name, row in scenarios.items():
        met = [month for scenario, month, share in months if scenario == name and share >= 0.8]
        assert row["met_on"] == (met[0] if met else None)
        assert met or "not under this scenario" in row["reason"]


def test_a_season_too_short_to_forecast_is_said(season_warehouse: Settings) -> None:
    found = questions.ask(season_warehouse, questions.question("Q04"))
    row = dict(zip(found.columns, found.rows[0], strict=True))
    assert (row["status"], row["met_on"]) == ("NOT_AVAILABLE", None)
    assert "whole weeks of figures; 40 are needed" in row["reason"]


def test_the_pilot_is_held_against_the_year_before_where_there_is_one(two_years: Settings) -> None:
    rows = ask(
        two_years,
        "select distinct comparison, status from metrics.pilot_effects where is_main and outcome = 'da_arrest'",
    )
    assert [row[0] for row in rows] == ["TRIPLE"]
    assert rows[0][1] in {"OK", "PARTIAL"}
