"""Forecasts: pinned by hand, the same from the same, held by simulated futures, and silent where nothing is known."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from orchestration.analysis import forecast
from orchestration.analysis.forecast import CannotSay, Days, days_of, outlook, reached
from tests.analysis.futures import ASKED, KINDS, START, days_of_world, held

WEEKDAY = [1.3, 1.1, 1.0, 1.0, 0.9, 0.8, 0.9]


def numbers(weeks: int, level: float = 100.0) -> Days:
    """A number that has a weekday and nothing else."""
    value = np.array([level * each for _ in range(weeks) for each in WEEKDAY])
    return Days(START, value, np.ones(weeks * 7), np.zeros(weeks * 7, dtype=bool), is_share=False)


def wandering(weeks: int, seed: int = 4) -> Days:
    kind = next(each for each in KINDS if each.label == "weeks alike")
    days, _ = days_of_world(kind, np.random.default_rng(seed))
    return days.until(weeks)


def by_hand(days: Days) -> list[float]:
    """Shares of whole weeks, in plain Python."""
    found = []
    for week in range(days.weeks):
        pairs = [(days.value[week * 7 + day], days.weight[week * 7 + day]) for day in range(7)]
        found.append(sum(value * weight for value, weight in pairs) / sum(weight for _, weight in pairs))
    return found


def test_a_figure_that_only_has_weekdays_is_forecast_as_its_week() -> None:
    found = outlook(numbers(60), ASKED)
    expected = sum(100 * each for each in WEEKDAY) / 7
    assert [each.value for each in found.ahead] == pytest.approx([expected] * ASKED.horizon_weeks, rel=0.01)
    assert found.standing == pytest.approx(expected)
    assert found.trend == pytest.approx(0, abs=1e-9)


def test_a_bank_holiday_ahead_is_known_and_one_before_moves_no_week() -> None:
    days = numbers(60)
    at = 20 * 7 + 1
    days.value[at] *= 0.4
    days.is_holiday[at] = True
    ahead = START + timedelta(weeks=62, days=1)
    known = Days(days.first, days.value, days.weight, days.is_holiday, False, frozenset({ahead}))
    plain, with_one = (forecast._smoothed(each, 4, with_trend=False, with_season=False) for each in (days, known))
    assert with_one[2] < plain[2] * 0.95
    assert np.delete(with_one, 2) == pytest.approx(np.delete(plain, 2))


def test_errors_of_the_naive_forecasts_are_those_worked_out_by_hand() -> None:
    days = wandering(100)
    weeks = by_hand(days)
    for model, told in (
        (forecast.MODELS[0], lambda origin, ahead: weeks[origin - 1]),
        (forecast.MODELS[1], lambda origin, ahead: weeks[origin - 52 + ahead]),
    ):
        found = forecast.tried(days, ASKED, model)
        assert found is not None
        errors = [
            abs(told(origin, ahead) - weeks[origin + ahead])
            for origin in found.origins
            for ahead in range(min(ASKED.horizon_weeks, len(weeks) - origin))
        ]
        assert found.mean_error == pytest.approx(sum(errors) / len(errors))
        assert len(found.origins) == ASKED.origins


def test_no_model_sees_a_week_that_lies_after_its_origin() -> None:
    days = wandering(90)
    later = Days(days.first, days.value.copy(), days.weight, days.is_holiday, True)
    later.value[60 * 7 :] = 0.01
    for model in forecast.MODELS[:4]:
        assert model.forecast(days.until(60), 8) == pytest.approx(model.forecast(later.until(60), 8))


def test_the_model_with_the_smallest_error_is_published_and_its_accuracy_is_told() -> None:
    found = outlook(wandering(100), ASKED)
    used = [each for each in found.accuracy if each.is_used]
    assert [each.model for each in used] == [found.model]
    assert used[0].mean_error / used[0].naive_error == min(e.mean_error / e.naive_error for e in found.accuracy)
    assert {each.model for each in found.accuracy} == {"naive", "seasonal_naive", "level", "trend"}
    steps = [abs(b - a) for a, b in pairwise(by_hand(wandering(100)))]
    assert used[0].scaled_error == pytest.approx(used[0].mean_error / (sum(steps) / len(steps)))


def test_a_season_is_found_where_the_data_hold_it() -> None:
    kind = next(each for each in KINDS if each.label == "season, three years")
    days, real = days_of_world(kind, np.random.default_rng(8))
    found = outlook(days, ASKED)
    assert found.model.endswith("_season")
    assert not any("season is left out" in each for each in found.caveats)
    assert np.abs(np.array([each.value for each in found.ahead]) - real).mean() < 0.02


@pytest.mark.parametrize(("weeks", "said"), [(60, "no year before|season is left out"), (105, "season is left out")])
def test_a_season_or_a_year_that_is_not_there_is_said_and_not_guessed(weeks: int, said: str) -> None:
    found = outlook(wandering(weeks), ASKED)
    assert found.caveats
    assert any(part in each for each in found.caveats for part in said.split("|"))
    assert "season" not in found.model.removeprefix("seasonal_naive")


def test_few_weeks_are_not_forecast() -> None:
    with pytest.raises(CannotSay, match="39 whole weeks of figures; 40 are needed"):
        outlook(numbers(39), ASKED)
    holes = wandering(100)
    holes.weight[: 30 * 7] = 0
    with pytest.raises(CannotSay, match="only 70 of 100 weeks"):
        outlook(holes, ASKED)
    with pytest.raises(CannotSay, match="no whole week"):
        days_of([(date(2021, 9, 1), 1.0, 2.0, 0.5, True)], [], kind="share", weeks=100)


def test_weeks_run_from_monday_to_sunday_and_unused_days_count_for_nothing() -> None:
    first = date(2021, 9, 1)  # a Wednesday
    rows = [(first + timedelta(days=at), 1.0 * at, 100.0, at / 100, at != 8) for at in range(25)]
    days = days_of(rows, [date(2021, 9, 7)], kind="share", weeks=100)
    assert (days.first, days.weeks) == (date(2021, 9, 6), 2)
    assert days.weight[3] == 0  # 9 September, the ninth day
    assert list(days.is_holiday).index(True) == 1
    assert days.by_week[0] == pytest.approx(sum(at for at in range(5, 12) if at != 8) / 600)


def test_a_week_of_counts_is_the_sum_of_its_days_ahead_as_behind() -> None:
    rows = [(START + timedelta(days=at), None, None, 100 * WEEKDAY[at % 7], True) for at in range(60 * 7)]
    found = outlook(days_of(rows, [], kind="sum", weeks=100), ASKED)
    assert [each.value for each in found.ahead] == pytest.approx([100 * sum(WEEKDAY)] * 26, rel=0.01)
    assert found.standing == pytest.approx(100 * sum(WEEKDAY))
    mean = outlook(days_of(rows, [], kind="mean", weeks=100), ASKED)
    assert mean.standing == pytest.approx(100 * sum(WEEKDAY) / 7)


def test_the_same_figures_give_the_same_forecast_to_the_last_digit() -> None:
    one, other = outlook(wandering(80), ASKED), outlook(wandering(80), ASKED)
    assert repr(one) == repr(other)


def test_intervals_grow_with_their_level_and_do_not_shrink_with_time() -> None:
    found = outlook(wandering(105), ASKED)
    for each in found.ahead:
        (low_80, high_80), (low_95, high_95) = each.interval[0.8], each.interval[0.95]
        assert 0 <= low_95 <= low_80 <= each.value <= high_80 <= high_95 <= 1
    widths = [
        math.log(high / (1 - high)) - math.log(low / (1 - low)) for low, high in (e.interval[0.8] for e in found.ahead)
    ]
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(widths))


def test_a_target_is_reached_by_a_level_and_not_by_one_week() -> None:
    kind = next(each for each in KINDS if each.label == "trend")
    days, _ = days_of_world(kind, np.random.default_rng(11))
    found = outlook(days, ASKED)
    blocks = found.blocks
    aim = blocks[2].value
    rising = blocks[-1].value >= blocks[0].value
    when = reached(found, aim, "higher" if rising else "lower")
    assert when.on == next(each.first for each in blocks if (each.value >= aim if rising else each.value <= aim))
    assert when.early is not None
    assert when.early <= when.on
    assert when.late is None or when.late >= when.on
    never = reached(found, 1.01, "higher")
    assert (never.on, never.early, never.late, never.is_met_now) == (None, None, None, False)
    assert [each.first for each in blocks] == [
        found.made_from + timedelta(weeks=1 + 4 * at) for at in range(ASKED.horizon_weeks // 4)
    ]
    assert blocks[0].value == pytest.approx(sum(each.value for each in found.ahead[:4]) / 4)


def test_ten_simulated_futures_are_held_about_as_often_as_the_intervals_say() -> None:
    """Wide bounds, for ten worlds are few; eight hundred are in the long test and in `make forecast-worlds`."""
    found = [held(kind, 1, seed=3) for kind in KINDS]
    assert 0.8 <= np.mean([each.covered[0.95] for each in found]) <= 1
    assert 0.6 <= np.mean([each.covered[0.8] for each in found]) <= 0.95


@pytest.mark.long
def test_simulated_futures_are_held_by_95_per_cent_intervals_in_90_to_98_per_cent() -> None:
    found = {kind.label: held(kind, 45, seed=9) for kind in KINDS}
    assert 0.90 <= np.mean([each.covered[0.95] for each in found.values()]) <= 0.98
    assert 0.74 <= np.mean([each.covered[0.8] for each in found.values()]) <= 0.88
    assert found["season, three years"].error < 0.5
