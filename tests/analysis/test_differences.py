"""The arithmetic of differences: against statsmodels, against plain means, against every assignment tried by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from orchestration.analysis.differences import (
    Comparison,
    Interval,
    Observations,
    assignments,
    detectable,
    inverted,
    planned_error,
    shifted_interval,
    webb_draws,
)

WEEKS, FIRST = 10, 6
TREATED = (1, 4)


def panel(seed: int = 1, areas: int = 5, *, is_triple: bool = False, effect: float = 0.0) -> Observations:
    """Areas by weeks, for a triple difference over two years, with weights and a few cells missing."""
    draws = np.random.default_rng(seed)
    rows = [
        (area, week, year)
        for year in range(2 if is_triple else 1)
        for area in range(areas)
        for week in range(WEEKS)
        if (area, week, year) not in {(0, 3, 0), (2, 8, 0)}
    ]
    area, week, year = (np.array(column) for column in zip(*rows, strict=True))
    exposed = ((week >= FIRST) & (year == 0)).astype(float)
    value = draws.normal(0.5, 0.1, len(area)) + effect * exposed * np.isin(area, TREATED)
    effects = (area * WEEKS + week, week * 2 + year, area * 2 + year) if is_triple else (week,)
    weight = draws.integers(20, 200, len(area)).astype(float)
    return Observations(area, effects, exposed, weight, value, area * 2 + year, week)


def balanced(seed: int = 2) -> Observations:
    whole = panel(seed)
    area, week = (grid.ravel() for grid in np.meshgrid(np.arange(5), np.arange(WEEKS), indexing="ij"))
    value = np.random.default_rng(seed).normal(0.5, 0.1, area.size)
    exposed = (week >= FIRST).astype(float)
    assert len(whole.area) < area.size
    return Observations(area, (week,), exposed, np.ones(area.size), value, area, week)


@pytest.mark.parametrize("is_triple", [False, True])
def test_estimate_and_robust_error_are_those_of_statsmodels(is_triple: bool) -> None:
    """Else the regression is not the one it is said to be."""
    sm = pytest.importorskip("statsmodels.api")
    data = panel(is_triple=is_triple, effect=0.2)
    mine = Comparison(data, TREATED)
    columns = [np.isin(data.area, TREATED) * data.exposure]
    for effect in (data.area, *data.effects):
        columns += [(effect == level).astype(float) for level in np.unique(effect)]
    # Columns that the ones before them explain are left out, as a person writing the formula would.
    kept: list[np.ndarray] = []
    for column in columns:
        if np.linalg.matrix_rank(np.column_stack([*kept, column])) > len(kept):
            kept.append(column)
    fitted = sm.WLS(data.value, np.column_stack(kept), weights=data.weight).fit(
        cov_type="cluster", cov_kwds={"groups": data.area, "use_correction": True}, use_t=True
    )
    assert mine.parameters == len(kept)
    assert mine.effect == pytest.approx(fitted.params[0], abs=1e-9)
    assert mine.standard_error == pytest.approx(fitted.bse[0], abs=1e-9)
    answer = mine.by_areas_t(0.9)
    lower, upper = fitted.conf_int(alpha=0.1)[0]
    assert answer.p_value == pytest.approx(fitted.pvalues[0], abs=1e-9)
    assert (answer.interval.lower, answer.interval.upper) == pytest.approx((lower, upper), abs=1e-9)


def test_with_equal_weights_the_estimate_is_the_difference_of_four_means() -> None:
    data = balanced()
    took_part, during = np.isin(data.area, TREATED), data.exposure > 0
    by_hand = (
        data.value[took_part & during].mean()
        - data.value[took_part & ~during].mean()
        - data.value[~took_part & during].mean()
        + data.value[~took_part & ~during].mean()
    )
    assert Comparison(data, TREATED).effect == pytest.approx(by_hand, abs=1e-12)


def test_with_equal_weights_the_error_between_areas_is_that_of_a_t_test_on_five_changes() -> None:
    """Donald and Lang's: a two-sample t-test, equal variances, on one change per area."""
    from scipy.stats import ttest_ind

    draws = np.random.default_rng(3)
    data = balanced()
    # Changes of areas that are large beside the noise of weeks, so that the areas' own error is the wider one.
    moved = data.value + data.exposure * draws.normal(0, 1, 5)[data.area]
    data = Observations(data.area, data.effects, data.exposure, data.weight, moved, data.series, data.step)
    during = data.exposure > 0
    changes = np.array(
        [moved[(data.area == a) & during].mean() - moved[(data.area == a) & ~during].mean() for a in range(5)]
    )
    told = ttest_ind(changes[list(TREATED)], changes[[0, 2, 3]])
    expected = told.confidence_interval(0.9)
    answer = Comparison(data, TREATED).by_area_changes(0.9)
    assert answer.p_value == pytest.approx(told.pvalue, abs=1e-9)
    assert (answer.interval.lower, answer.interval.upper) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_areas_that_happen_to_agree_do_not_make_the_interval_narrower_than_the_noise_of_weeks() -> None:
    data = balanced()
    mean = np.zeros(data.value.size)
    for area in range(5):
        for part in (data.exposure > 0, data.exposure == 0):
            cells = (data.area == area) & part
            mean[cells] = data.value[cells].mean()
    agreeing = Observations(
        data.area, data.effects, data.exposure, data.weight, data.value - mean, data.series, data.step
    )
    answer = Comparison(agreeing, TREATED).by_area_changes(0.9)
    assert answer.interval.lower is not None
    assert answer.interval.upper is not None
    assert answer.interval.upper - answer.interval.lower > 0.05


def test_two_of_five_areas_can_be_chosen_in_ten_ways_and_p_is_never_under_a_tenth() -> None:
    ways = assignments(5, TREATED)
    assert ways[0] == TREATED
    assert sorted(ways) == sorted(combinations(range(5), 2))
    huge = Comparison(panel(effect=50.0), TREATED).by_assignment(0.9)
    assert huge.p_value == pytest.approx(0.1)


def test_every_assignment_is_estimated_as_if_it_were_the_real_one() -> None:
    data = panel(effect=0.2)
    comparison = Comparison(data, TREATED)
    for chosen, estimate in zip(comparison.assignments, comparison.estimates, strict=True):
        assert estimate == pytest.approx(Comparison(data, chosen).effect, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_interval_by_assignment_holds_just_the_effects_that_are_not_rejected(seed: int) -> None:
    """A step outside either end p is at most a tenth, a step inside more."""
    data = panel(seed, effect=0.1)
    comparison = Comparison(data, TREATED)
    interval = comparison.by_assignment(0.9).interval
    took_part = np.isin(data.area, TREATED)

    def p_of(supposed: float) -> float:
        taken_off = data.value - supposed * took_part * data.exposure
        less = Observations(data.area, data.effects, data.exposure, data.weight, taken_off, data.series, data.step)
        return Comparison(less, TREATED).by_assignment(0.9).p_value

    assert interval.lower is not None
    assert interval.upper is not None
    assert p_of(interval.lower - 1e-6) <= 0.1 + 1e-9 < p_of(interval.lower + 1e-6)
    assert p_of(interval.upper + 1e-6) <= 0.1 + 1e-9 < p_of(interval.upper - 1e-6)
    assert interval.holds(comparison.effect)


def test_an_interval_that_the_data_do_not_bound_says_so() -> None:
    """Another assignment that follows the effect as closely as the real one can never be told from it."""
    assert shifted_interval(np.array([1.0, 3.0]), np.array([1.0, 1.0]), 0.9) == Interval(None, None)


def test_the_wild_bootstrap_tries_every_draw_of_webbs_weights_and_inverts_its_test() -> None:
    draws = webb_draws(5)
    assert draws.shape == (6**5, 5)
    assert (draws**2).mean() == pytest.approx(1.0)
    comparison = Comparison(panel(effect=0.3), TREATED)
    answer = comparison.by_wild_bootstrap(0.9)
    assert answer.interval.lower is not None
    assert answer.interval.upper is not None
    assert (
        comparison._wild_p(answer.interval.lower - 0.01, draws)
        <= 0.1
        < comparison._wild_p(answer.interval.lower + 0.01, draws)
    )
    assert comparison._wild_p(comparison.effect, draws) == pytest.approx(1.0, abs=0.01)


def test_the_wild_bootstrap_is_that_of_refitting_every_draw() -> None:
    """The quick form, by sums of areas, against the regression fitted anew to each drawn world."""
    data = panel(4, effect=0.2)
    comparison, draws = Comparison(data, TREATED), webb_draws(5)[::97]
    without = data.value * np.sqrt(data.weight)
    residual = comparison._swept(without)
    seen = abs(comparison.effect) / comparison.standard_error
    larger = 0
    for draw in draws:
        drawn = residual * draw[data.area] / np.sqrt(data.weight)
        again = Comparison(
            Observations(data.area, data.effects, data.exposure, data.weight, drawn, data.series, data.step), TREATED
        )
        larger += abs(again.effect) / again.standard_error >= seen
    assert comparison._wild_p(0.0, draws) == pytest.approx(larger / len(draws))


@pytest.mark.parametrize("areas", [3, 4, 8])
def test_any_number_of_areas_can_be_compared(areas: int) -> None:
    comparison = Comparison(panel(areas=areas), (1,))
    for answer in (comparison.by_area_changes(0.9), comparison.by_assignment(0.9), comparison.by_wild_bootstrap(0.9)):
        assert 0 <= answer.p_value <= 1
    assert comparison.by_assignment(0.9).p_value >= 1 / areas - 1e-12


def test_many_areas_are_drawn_with_a_fixed_seed() -> None:
    chosen = tuple(range(12))
    first = assignments(24, chosen)
    assert len(first) == 2_000
    assert first[0] == chosen
    assert first == assignments(24, chosen)


def test_nothing_to_compare_with_is_an_error_and_no_figure() -> None:
    with pytest.raises(ValueError, match="told apart"):
        Comparison(panel(), (0, 1, 2, 3, 4))


def test_the_planned_error_is_that_of_the_noise_before() -> None:
    """With independent noise of a known size it is found again, and the detectable effect is 3.33 times it."""
    draws = np.random.default_rng(5)
    area, week = (grid.ravel() for grid in np.meshgrid(np.arange(5), np.arange(40), indexing="ij"))
    quiet = np.zeros(area.size)
    before = Observations(area, (week,), quiet, np.ones(area.size), draws.normal(0, 0.1, area.size), area, week)
    planned = Observations(area, (week,), (week >= 30).astype(float), np.ones(area.size), quiet, area, week)
    known = 0.1 * np.sqrt((1 / 2 + 1 / 3) * (1 / 10 + 1 / 30))
    assert planned_error(before, planned, TREATED) == pytest.approx(known, rel=0.15)
    assert detectable(1.0, 5, 0.9, 0.8) == pytest.approx(2.3534 + 0.9785, abs=1e-3)


def test_walking_out_from_the_estimate_finds_both_ends_or_says_that_there_is_none() -> None:
    found = inverted(lambda effect: 1.0 if -2 < effect < 3 else 0.0, 1.0, 0.5, 0.1)
    assert (found.lower, found.upper) == pytest.approx((-2, 3), abs=1e-3)
    assert inverted(lambda effect: 1.0, 0.0, 1.0, 0.1) == Interval(None, None)
