"""What is said of a pilot: of simulated ones with a known effect, and where figures lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from orchestration.analysis import tables
from orchestration.analysis.design import Placebo
from orchestration.analysis.pilot import YEAR, Cell, Facts, Found, TakingPart, judge
from tests.analysis.worlds import DESIGN, KINDS, METHODS, START, simulate, world

PLAIN, YEARS = KINDS["plain"], KINDS["year before"]


def judged(facts: Facts, **changed: Any) -> Found:
    return judge(facts, {"P": DESIGN.model_copy(update=changed)})


def main_row(found: Found) -> dict[str, Any]:
    (row,) = [row for row in found.effects if row["is_main"]]
    return row


@pytest.fixture(scope="module")
def with_years() -> Found:
    return judged(world(YEARS, 7))


@pytest.mark.parametrize("name", ["plain", "year before"])
def test_thirty_simulated_pilots_are_hit_about_as_often_as_the_interval_says(name: str) -> None:
    """Wide bounds, for thirty worlds are few; the thousand are in the long test and in `make pilot-worlds`."""
    told = simulate(KINDS[name], 30)
    assert abs(told.bias) < 0.2 + 3 * told.bias_error
    assert told.coverage["AREA_CHANGES"] >= 0.7


@pytest.mark.long
@pytest.mark.parametrize("name", ["plain", "year before"])
def test_a_thousand_simulated_pilots_are_hit_without_bias_and_covered_nine_times_in_ten(name: str) -> None:
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial

    with ProcessPoolExecutor(2) as pool:
        told = simulate(KINDS[name], 1000, partial(pool.map, chunksize=10))
    assert abs(told.bias) < 0.2
    assert 0.85 <= told.coverage["AREA_CHANGES"] <= 0.95
    assert 0.6 <= told.found_ratio <= 0.95


def test_the_same_figures_give_the_same_rows(with_years: Found) -> None:
    again = judged(world(YEARS, 7))
    assert again == with_years


def test_every_row_fits_its_published_table(with_years: Found) -> None:
    for name, rows in (
        ("metrics.pilot_effects", with_years.effects),
        ("metrics.pilot_permutations", with_years.permutations),
        ("metrics.pilot_weeks", with_years.weeks),
        ("metrics.pilot_checks", with_years.checks),
    ):
        assert rows
        assert {key for row in rows for key in row} <= set(tables.TABLES[name].columns)


def test_with_the_year_before_the_triple_difference_counts_and_the_plain_one_stands_beside_it(
    with_years: Found,
) -> None:
    told = {(row["comparison"], row["method"]) for row in with_years.effects}
    assert told == {(comparison, method) for comparison in ("TRIPLE", "PLAIN") for method in METHODS}
    row = main_row(with_years)
    assert (row["comparison"], row["method"], row["status"]) == ("TRIPLE", "AREA_CHANGES", "OK")
    assert {each["comparison"] for each in with_years.weeks} == {"TRIPLE"}


def test_without_the_year_before_that_is_said_and_the_plain_difference_counts() -> None:
    found = judged(world(PLAIN, 7))
    (missing,) = [row for row in found.effects if row["comparison"] == "TRIPLE"]
    assert missing["status"] == "NOT_AVAILABLE"
    assert "same weeks a year before are not there" in missing["reason"]
    assert main_row(found)["comparison"] == "PLAIN"


def test_a_seasonal_difference_between_areas_is_no_effect_once_the_year_before_is_there() -> None:
    """Areas that rise every Christmas where others do not: plain, that looks like the pilot; triple, it is gone."""
    flat = world(replace(YEARS, shock=0.0, effect=0.0), 3)
    seasonal = [
        replace(cell, value=cell.value + 0.2)
        if cell.area in ("NWORC", "TELF") and cell.week in {week for k in range(6) for week in _both(k)}
        else cell
        for cell in flat.cells
    ]
    by_comparison = {
        row["comparison"]: row
        for row in judged(replace(flat, cells=seasonal)).effects
        if row["method"] == "AREA_CHANGES"
    }
    assert by_comparison["PLAIN"]["effect"] > 0.15
    assert abs(by_comparison["TRIPLE"]["effect"]) < 0.06


def _both(number: int) -> tuple[date, date]:
    week = START + timedelta(weeks=number)
    return week, week - YEAR


def test_the_ten_permutations_are_listed_with_rank_and_the_floor_of_p(with_years: Found) -> None:
    rows = [row for row in with_years.permutations if row["comparison"] == "TRIPLE"]
    assert len(rows) == 10
    assert sorted(row["rank"] for row in rows) == list(range(1, 11))
    assert [row["areas"] for row in rows if row["is_actual"]] == ["NWORC|TELF"]
    assert {row["lowest_p_value"] for row in rows} == {0.1}
    sizes = [abs(row["effect"]) for row in sorted(rows, key=lambda row: row["rank"])]
    assert sizes == sorted(sizes, reverse=True)


def test_the_event_study_has_every_week_and_is_even_before(with_years: Found) -> None:
    assert [row["week_number"] for row in with_years.weeks] == list(range(-12, 6))
    during = [row["effect"] for row in with_years.weeks if row["phase"] == "during"]
    before = [row["effect"] for row in with_years.weeks if row["phase"] == "before"]
    assert sum(during) / len(during) > sum(before) / len(before)
    assert not any(row["is_small_number"] for row in with_years.weeks)


def test_the_smallest_detectable_effect_knows_nothing_of_the_pilots_own_weeks() -> None:
    """Said first means: from the time before alone."""
    facts = world(YEARS, 5)
    changed = [
        replace(cell, value=0.9, count=0.9 * cell.weight) if cell.week >= START else cell for cell in facts.cells
    ]
    before, after = main_row(judged(facts)), main_row(judged(replace(facts, cells=changed)))
    assert before["minimum_detectable"] == after["minimum_detectable"]
    assert before["minimum_detectable"] > 0
    assert before["effect"] != after["effect"]


def test_placebos_leave_one_out_and_trend_are_all_there(with_years: Found) -> None:
    checks = {(row["check_type"], row["subject"]) for row in with_years.checks}
    assert {(kind, subject) for kind, subject in checks if kind == "LEAVE_ONE_OUT"} == {
        ("LEAVE_ONE_OUT", area) for area in ("HEREF", "NWORC", "SWORC", "SHROP", "TELF")
    }
    assert ("TREND", "PILOT") in checks
    assert ("PLACEBO", (START - YEAR).isoformat()) in checks
    assert sum(kind == "PLACEBO" for kind, _ in checks) == 1 + 3  # a year before, and three windows of six weeks


def test_a_placebo_without_room_for_it_says_so() -> None:
    found = judged(world(PLAIN, 7), placebo=Placebo(weeks=20, weeks_before=4))
    (row, _) = [row for row in found.checks if row["check_type"] == "PLACEBO"]
    assert row["status"] == "NOT_AVAILABLE"
    assert "24 weeks before are needed, 12 are there" in row["reason"]


def test_a_drift_before_the_pilot_is_found_by_the_trend() -> None:
    facts = world(replace(PLAIN, shock=0.0, effect=0.0), 4)
    drifting = [
        replace(cell, value=cell.value + 0.03 * ((cell.week - START) // timedelta(weeks=1)))
        if cell.area in ("NWORC", "TELF")
        else cell
        for cell in facts.cells
    ]
    (trend,) = [row for row in judged(replace(facts, cells=drifting)).checks if row["check_type"] == "TREND"]
    assert trend["effect"] == pytest.approx(0.03, abs=0.01)
    assert trend["is_as_hoped"] is False


def test_displacement_is_compared_like_an_outcome() -> None:
    """Half an hour more a week per incident in the areas that took part, from the pilot's first week on."""
    facts = world(PLAIN, 6)
    hours = [
        Cell("other_unresourced_hours", cell.area, cell.week, 2.0 + 0.5 * (cell.area == "TELF" and cell.week >= START)
             + 0.01 * (cell.week.day % 7) * (cell.area == "HEREF"), 100, 100, 100, None, True)
        for cell in facts.cells
    ]  # fmt: skip
    found = judged(
        replace(facts, cells=[*facts.cells, *hours]), displacement=("other_unresourced_hours", "nothing_of_it")
    )
    told, missing = [row for row in found.checks if row["check_type"] == "DISPLACEMENT"]
    assert told["effect"] == pytest.approx(0.25, abs=0.03)
    assert missing["status"] == "NOT_AVAILABLE"


def test_a_week_that_lacks_days_is_left_out_and_said() -> None:
    facts = world(PLAIN, 7)
    holed = [replace(cell, is_whole=cell.week != START + timedelta(weeks=1)) for cell in facts.cells]
    row = main_row(judged(replace(facts, cells=holed)))
    assert (row["weeks_during_count"], row["status"]) == (5, "PARTIAL")
    assert "1 week was left out" in row["reason"]


def test_small_numbers_are_marked_and_too_few_incidents_say_nothing() -> None:
    facts = world(PLAIN, 7)
    few = [replace(cell, value=2 / 40, weight=40, count=2 if cell.area == "TELF" else 0) for cell in facts.cells]
    assert all(row["is_small_number"] for row in judged(replace(facts, cells=few)).weeks)
    fewer = [replace(cell, weight=3.0) for cell in facts.cells]
    row = main_row(judged(replace(facts, cells=fewer)))
    assert row["status"] == "NOT_AVAILABLE"
    assert "fewer than 30 measured incidents" in row["reason"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pilots": {}}, "no areas stand in marts.dim_pilots"),
        ({"cells": []}, "no whole week of figures by area"),
        ({"pilots": {"P": [TakingPart(area, START, None) for area in ("HEREF", "NWORC", "SWORC", "SHROP", "TELF")]}},
         "every area took part"),
        ({"pilots": {"P": [TakingPart("TELF", START, None), TakingPart("NWORC", START + timedelta(7), None)]}},
         "did not begin and end on the same days"),
        ({"pilots": {"P": [TakingPart("TELF", date(2023, 1, 2), None)]}}, "no whole week since it began"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_said_in_words(changed: dict[str, Any], said: str) -> None:
    row = main_row(judged(replace(world(PLAIN, 7), **changed)))
    assert row["status"] == "NOT_AVAILABLE"
    assert said in row["reason"]
    assert row.get("effect") is None


def test_a_pilot_without_a_design_gets_none_afterwards() -> None:
    (row,) = judge(world(PLAIN, 7), {}).effects
    assert row["status"] == "NOT_AVAILABLE"
    assert "no design stands in analysis/pilot.yaml" in row["reason"]


def test_a_design_written_after_the_pilot_began_is_said_to_be() -> None:
    row = main_row(judged(world(PLAIN, 7), fixed_on=date(2022, 3, 1)))
    assert "the design was fixed on 01 March 2022, after the pilot had begun" in row["reason"]


def test_a_running_pilot_is_judged_on_the_weeks_so_far() -> None:
    facts = world(PLAIN, 7)
    running = {"P": [TakingPart(area, START, None) for area in ("NWORC", "TELF")]}
    early = [cell for cell in facts.cells if cell.week < START + timedelta(weeks=3)]
    row = main_row(judged(replace(facts, cells=early, pilots=running)))
    assert row["weeks_during_count"] == 3
    assert "weeks delivered so far, to 12 December 2021" in row["reason"]
