"""The capacity model on the sample's own telephone room: how near it comes, what scenarios say, what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestration.analysis import capacity, tables
from orchestration.analysis.design import Design, DesignProblem, read_design
from orchestration.analysis.parts import PARTS, Facts
from orchestration.analysis.parts.capacity import observed, read_capacity, scenarios_answered
from orchestration.analysis.priority import solve
from orchestration.analysis.run import run_analyses
from orchestration.analysis.scenarios import Capacity, Scenario
from orchestration.errors import OccError
from tests.analysis import rooms

FIRST, LAST = date(2021, 5, 3), date(2021, 6, 27)
PART = next(part for part in PARTS if part.name == "capacity")
pytestmark = pytest.mark.xdist_group("capacity")


@pytest.fixture(scope="module")
def plan() -> Design:
    return rooms.design()


@pytest.fixture(scope="module")
def asked(plan: Design) -> Capacity:
    assert plan.capacity is not None
    return plan.capacity


@pytest.fixture(scope="module")
def facts(plan: Design) -> Mapping[str, Facts]:
    return read_capacity(rooms.simulated(FIRST, LAST, scale=0.5), plan)


@pytest.fixture(scope="module")
def rows(facts: Mapping[str, Facts], plan: Design) -> Any:
    return PART.analyse(facts, plan)


@pytest.fixture(scope="module")
def model(facts: Mapping[str, Facts], asked: Capacity) -> capacity.Model:
    return capacity.calibrate(observed(facts), asked)


def test_what_goes_into_the_model_is_what_the_simulation_was_given(model: capacity.Model) -> None:
    """Means of the distributions in sample/calls.py: 999; 101 (534 s) and some shorter internal calls."""
    assert model.line_handle == pytest.approx([385, 510], rel=0.03)
    assert 90 < model.patience[0] < 170
    assert 350 < model.patience[1] < 520
    assert model.redialled_ratio == pytest.approx(0.53, abs=0.06)


def test_weeks_that_the_model_has_not_seen_come_out_near_what_was_observed(rows: Any) -> None:
    """The bounds are wide: two weeks at half the volume. docs/capacity.md has the full measurement."""
    for row in rows["metrics.capacity_accuracy"]:
        assert row["status"] == "OK"
        assert row["mean_error"] < 0.06
        assert abs(row["bias"]) < abs(row["bias_uncorrected"]) + 0.02
        assert 0.85 < row["effort"] < 1.05


def test_a_room_with_other_staff_is_predicted_from_this_one(plan: Design, model: capacity.Model) -> None:
    """What scenarios do: the same demand, fewer vacancies. The room is simulated, the model has not seen it."""
    other = observed(
        read_capacity(
            rooms.simulated(FIRST, date(2021, 5, 23), scale=0.5, seed=9, calm_shortfall=0.0, strained_shortfall=0.0),
            plan,
        )
    )
    within, answered = capacity.by_week(model, other)
    for line, bound in ((0, 0.03), (1, 0.06)):
        said = capacity._shares(capacity._odds(within[line].sum() / answered[line].sum()) + model.correction[line])
        assert said == pytest.approx(other.within[line].sum() / other.answered[line].sum(), abs=bound)


def test_the_surface_is_the_chain_read_in_between(
    model: capacity.Model, facts: Mapping[str, Facts], asked: Capacity
) -> None:
    seen = observed(facts)
    slot = np.arange(5, capacity.SLOTS, 9)
    people = np.maximum(np.round(model.positions[slot]), 1)
    rates = model.rate[:, slot]
    exact = solve(
        rates[0], rates[1], people, handle=(rates * model.line_handle[:, None]).sum(axis=0) / rates.sum(axis=0),
        first_patience=float(model.patience[0]), second_patience=float(model.patience[1]), reserve=asked.room.reserve,
        first_within=10 - seen.ring_seconds[0], second_within=30 - seen.ring_seconds[1],
    )  # fmt: skip
    read = model.surface.read(rates[0], rates[1], people)
    off = np.abs(read - np.stack(capacity._four(exact)))
    assert off.mean() < 0.003
    assert off.max() < 0.04, "small rooms at night: one person more or less is much"


def test_every_half_hour_of_the_week_says_how_many_people_it_takes(rows: Any) -> None:
    halves = rows["metrics.capacity_half_hours"]
    assert {(row["weekday"], row["half_hour"], row["line"]) for row in halves} == {
        (day, half, line) for day in range(1, 8) for half in range(48) for line in ("999", "101")
    }
    busy, night = (
        next(row for row in halves if (row["weekday"], row["half_hour"], row["line"]) == (1, half, "101"))
        for half in (36, 8)
    )
    assert busy["staff_needed"] > busy["staffed"] > night["staffed"], "the simulated room is short of people"
    assert busy["staff_needed"] > night["staff_needed"] > 0
    assert busy["staff_needed"] > busy["offered_per_hour"] * busy["handle_seconds"] / 3600, (
        "80 % takes more than the load"
    )


def test_scenarios_answer_in_the_order_of_what_they_do(rows: Any) -> None:
    last: dict[str, float] = {}
    for row in rows["metrics.capacity_scenarios"]:
        assert 0 < row["within_101_lower"] <= row["within_101_ratio"] <= row["within_101_upper"] < 1
        last[row["scenario"]] = row["within_101_ratio"]
    assert last["demand_up"] < last["as_it_is"] < last["part_time_to_full"] < last["vacancies_filled"]
    assert last["vacancies_filled"] < last["all_measures"] < last["all_measures_and_less_demand"]
    assert last["as_it_is"] < last["demand_down"]


def test_a_scenario_that_does_not_get_there_says_so_and_seasons_left_out_are_named(rows: Any) -> None:
    up = [row for row in rows["metrics.capacity_scenarios"] if row["scenario"] == "demand_up"]
    assert {row["met_on"] for row in up} == {None}
    assert not any(row["is_met"] for row in up)
    assert "not under this scenario within 24 months" in up[0]["reason"]
    assert up[0]["status"] == "PARTIAL"
    assert "seasons are left out" in up[0]["reason"]


def test_a_date_lies_in_its_interval_and_is_the_first_month_that_meets_the_target(
    facts: Mapping[str, Facts], model: capacity.Model, asked: Capacity
) -> None:
    staff = [capacity.Staff(*row) for row in facts["workforce"]]
    outlook = capacity.Outlook(model, observed(facts), staff, asked, None)
    steps = Scenario.model_validate({"label": "more", "abstraction": {"ratio": 0.0, "when": {"after_months": 4}},
                                     "vacancies_filled": {"after_months": 4}})  # fmt: skip
    answer = outlook.answer(steps, 0.7)
    assert answer.met_on == next(month.month for month in answer.months if month.ratio[1] >= 0.7)
    assert answer.met_early is not None
    assert answer.met_late is not None
    assert answer.met_early <= answer.met_on <= answer.met_late
    never = outlook.answer(steps, 0.999)
    assert (never.met_on, never.met_early, never.met_late, never.met_share) == (None, None, None, 0.0)


def test_staff_of_a_month_follows_the_scenario(asked: Capacity) -> None:
    staff = [capacity.Staff(date(2021, 10, 1), 150, 135, 13.5)]
    gives = {
        name: [round(capacity.staff_in(one, staff, ahead), 2) for ahead in (1, 3, 6, 9)]
        for name, one in asked.scenarios.items()
    }
    assert gives["as_it_is"] == [121.5, 121.5, 121.5, 121.5]
    assert gives["vacancies_filled"] == [123.75, 128.25, 135.0, 135.0]
    assert gives["part_time_to_full"] == [121.5, 124.78, 124.78, 124.78]  # 26 x 0.14 = 3.64 posts
    assert gives["abstraction_normal"] == [121.5, 126.9, 126.9, 126.9]


def test_seasons_are_told_from_twelve_months_or_not_at_all() -> None:
    months = {(2021, month): (10.0 + month, 100.0) for month in range(1, 13)}
    assert capacity.season(dict(list(months.items())[:11])) is None
    found = capacity.season(months)
    assert found is not None
    assert found[12][0] > 1 > found[1][0]
    assert found[6][1] == 1


@pytest.mark.long
def test_the_same_facts_give_the_same_rows(facts: Mapping[str, Facts], plan: Design, rows: Any) -> None:
    assert PART.analyse(facts, plan) == rows


def test_too_few_weeks_or_no_staff_list_are_said_and_not_guessed(
    facts: Mapping[str, Facts], plan: Design, model: capacity.Model, asked: Capacity
) -> None:
    weeks = {**facts, "staff": [row for row in facts["staff"] if row[0] < date(2021, 5, 24)]}
    found = PART.analyse(weeks, plan)
    for name in PART.tables:
        assert {row["status"] for row in found[name]} == {"NOT_AVAILABLE"}
        assert all("3 weeks with calls and staffed time; 6 are needed" in row["reason"] for row in found[name])
    seen = observed(facts)
    no_staff = scenarios_answered({**facts, "workforce": []}, model, seen, asked, 0.8)
    no_target = scenarios_answered(facts, model, seen, asked, None)
    assert {row["status"] for row in (*no_staff, *no_target)} == {"NOT_AVAILABLE"}
    assert "no staff list" in no_staff[0]["reason"]
    assert "has no target" in no_target[0]["reason"]
    nothing = PART.analyse({**facts, "staff": []}, plan)
    assert "no day has staffed time" in nothing["metrics.capacity_half_hours"][0]["reason"]


def test_a_day_with_a_disruption_or_without_all_its_staff_is_left_out(plan: Design) -> None:
    con = rooms.simulated(FIRST, date(2021, 5, 9), scale=0.1)
    con.execute("update marts.fct_calls set disruption_key = 'D' where offered_date = '2021-05-04'")
    con.execute("delete from marts.fct_agent_intervals where interval_at_local = '2021-05-06 12:00'")
    days = {row[0].day for row in read_capacity(con, plan)["staff"]}
    assert days == {3, 5, 7, 8, 9}


def test_the_step_fills_the_tables_and_leaves_them_when_nothing_changed(plan: Design) -> None:
    con = rooms.simulated(FIRST, date(2021, 5, 9), scale=0.1)
    assert run_analyses(con, rooms.PROFILE, [PART]) == ["capacity"]
    assert run_analyses(con, rooms.PROFILE, [PART]) == []
    for name in PART.tables:
        assert con.execute(f"select count(*), min(status) from {name}").fetchall()[0][1] == "NOT_AVAILABLE"
    assert set(PART.failed("ValueError")) == set(PART.tables) <= set(tables.TABLES)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("demand: {second: -1.5}", "scenarios.one.demand.second"),
        ("vacancies_filled: {by: 2021-12-31, after_months: 3}", "give either by (a date) or after_months, not both"),
        ("vacancy_filled: {after_months: 3}", "this key is not known"),
    ],
)
def test_a_scenario_that_cannot_be_used_is_said_with_file_and_entry(tmp_path: Path, entry: str, what: str) -> None:
    file = tmp_path / "analysis" / "scenarios.yaml"
    file.parent.mkdir()
    room = (rooms.PROFILE / "analysis" / "scenarios.yaml").read_text(encoding="utf-8").partition("\nscenarios:")[0]
    file.write_text(f"{room}\nscenarios:\n  one:\n    label: One\n    {entry}\n", encoding="utf-8")
    with pytest.raises(DesignProblem) as said:
        read_design(tmp_path)
    assert isinstance(said.value, OccError)
    assert str(file) in str(said.value)
    assert what in str(said.value)


def test_the_model_needs_every_half_hour_of_the_week(facts: Mapping[str, Facts], asked: Capacity) -> None:
    seen = observed(facts)
    moved = replace(seen, slot=np.where(seen.slot == 7, 8, seen.slot))
    with pytest.raises(capacity.CannotSay, match="1 half-hours of the week never came"):
        capacity.calibrate(moved, asked)
