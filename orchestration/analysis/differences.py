"""Differences in differences with few areas: one estimate, and four answers to how far it can be trusted.

Pure functions over small arrays. Nothing here knows of outcomes, weeks or tables: an observation has an area, a cell of
time, a weight (its incidents) and a value. What the estimates mean is in `docs/pilot.md`.

With five areas, two of which changed, large-sample errors are wrong. The interval that counts (`by_area_changes`) takes
one change per area and a t with as many degrees of freedom as areas less two; beside it stand every other choice of
areas (`by_assignment`), the wild bootstrap, and the errors that packages print.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import comb, inf, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_ASSIGNMENTS = 2_000  # more are drawn at random, with a fixed seed
_MOST_WEBB_DRAWS = 9_999
_WEBB = (-sqrt(1.5), -1.0, -sqrt(0.5), sqrt(0.5), 1.0, sqrt(1.5))
_TIE = 1e-9  # figures nearer than this, of the largest, are equal
_SEED = 2021


@dataclass(frozen=True)
class Interval:
    """From lower to upper; an end that the data do not bound is None."""

    lower: float | None
    upper: float | None

    def holds(self, value: float) -> bool:
        """Whether the value lies in it."""
        return (self.lower is None or self.lower <= value) and (self.upper is None or value <= self.upper)


@dataclass(frozen=True)
class Answer:
    """What one method says: the chance of an effect this far from none if there were none, and the interval."""

    p_value: float
    interval: Interval
    standard_error: float | None = None

    def reach(self, effect: float) -> float:
        """How far the interval goes up from the effect."""
        return inf if self.interval.upper is None else self.interval.upper - effect


@dataclass(frozen=True)
class Observations:
    """The cells that are there, in any order. All arrays are of one length.

    `area` numbers the areas from 0, `effects` holds for each fixed effect of time the number of the cell's level (one
    array per effect, area itself not among them). `exposure` is 1 in cells of the pilot's time, whatever the area,
    else 0 (or a number of weeks, for a trend). `series` and `step` say which cells follow each other in time: only
    `planned_error` asks.
    """

    area: NDArray[np.int64]
    effects: tuple[NDArray[np.int64], ...]
    exposure: Floats
    weight: Floats
    value: Floats
    series: NDArray[np.int64]
    step: NDArray[np.int64]


class Comparison:
    """A weighted regression of the value on fixed effects and on (area took part) x (time of the pilot).

    Raises ValueError where the effect cannot be told from the fixed effects: nothing to compare with.
    """

    def __init__(self, data: Observations, treated: Sequence[int]) -> None:
        self.data = data
        self.areas = int(data.area.max()) + 1 if len(data.area) else 0
        self.treated = tuple(sorted(treated))
        self._root = np.sqrt(data.weight)
        self._basis = _orthonormal(_dummies((data.area, *data.effects)) * self._root[:, None])
        self._value = self._swept(data.value * self._root)
        self._regressor = self._of(self.treated)
        self._size = float(self._regressor @ self._regressor)
        if self._size < _TIE * max(1.0, float(data.weight.sum())):
            raise ValueError("the pilot's areas and time cannot be told apart from the others")

    def _swept(self, column: Floats) -> Floats:
        """What the fixed effects leave of a column that is already weighted."""
        swept: Floats = column - self._basis @ (self._basis.T @ column)
        return swept

    def _of(self, treated: Sequence[int]) -> Floats:
        took_part = np.isin(self.data.area, np.asarray(treated))
        return self._swept(took_part * self.data.exposure * self._root)

    @cached_property
    def effect(self) -> float:
        """The estimate."""
        return float(self._regressor @ self._value) / self._size

    @property
    def pull(self) -> Floats:
        """How much each cell's value, times the root of its weight, adds to the estimate."""
        return self._regressor / self._size

    @cached_property
    def parameters(self) -> int:
        """How many the regression has, the effect among them."""
        return int(self._basis.shape[1]) + 1

    def _area_sums(self, column: Floats) -> Floats:
        sums: Floats = np.bincount(self.data.area, weights=column, minlength=self.areas).astype(float)
        return sums

    @cached_property
    def standard_error(self) -> float:
        """Robust to what the cells of one area have in common (CR1, as statsmodels corrects it)."""
        residual = self._value - self.effect * self._regressor
        scores = self._area_sums(self._regressor * residual)
        observed = len(self.data.value)
        correction = self.areas / (self.areas - 1) * (observed - 1) / (observed - self.parameters)
        return sqrt(correction * float(scores @ scores)) / self._size

    # -- assignments of areas --

    @cached_property
    def assignments(self) -> list[tuple[int, ...]]:
        """Every choice of as many areas as took part, the one that was made first; beyond a number, a drawn part."""
        return assignments(self.areas, self.treated)

    @cached_property
    def _by_assignment(self) -> tuple[Floats, Floats]:
        """Per assignment: the estimate, and by how much it moves with the real effect."""
        regressors = [self._of(chosen) for chosen in self.assignments]
        sizes = [float(each @ each) for each in regressors]
        estimates = [float(each @ self._value) / size for each, size in zip(regressors, sizes, strict=True)]
        slopes = [float(each @ self._regressor) / size for each, size in zip(regressors, sizes, strict=True)]
        return np.array(estimates), np.array(slopes)

    @property
    def estimates(self) -> Floats:
        """The estimate that each assignment would have given, in the order of `assignments`."""
        return self._by_assignment[0]

    def by_assignment(self, level: float) -> Answer:
        """Randomisation inference: the effect is none if any other areas could as well have shown what these do.

        p is the share of assignments with an estimate at least as far from none; the interval holds every effect that,
        taken off, leaves a p above 1 - level. It cannot be narrower than the number of assignments allows.
        """
        estimates, slopes = self._by_assignment
        return Answer(_share_as_large(estimates, 0), shifted_interval(estimates, slopes, level))

    # -- errors within areas --

    def by_areas_t(self, level: float) -> Answer:
        """Robust errors with a t of one less than the areas: what a package prints. Too narrow with few areas."""
        return self._t_answer(self.standard_error, self.areas - 1, level)

    def by_area_changes(self, level: float) -> Answer:
        """How much areas of one kind differ among themselves in their change, as the measure of chance.

        A t with as many degrees of freedom as areas less two: exact where each area's change is off by a normal error
        that shrinks with its weight, whatever its weeks have in common (Donald and Lang). With three degrees of freedom
        the areas may happen to agree; so it is never narrower than what the weeks' own noise would give.
        """
        by_areas = self._t_answer(self._error_between_areas, self.areas - 2, level)
        degrees = len(self.data.value) - self.parameters
        if degrees < 1:
            return by_areas
        by_cells = self._t_answer(self._error_of_cells(degrees), degrees, level)
        return Answer(
            p_value=max(by_areas.p_value, by_cells.p_value),
            interval=max(by_areas, by_cells, key=lambda each: each.reach(self.effect)).interval,
            standard_error=max(by_areas, by_cells, key=lambda each: each.reach(self.effect)).standard_error,
        )

    @cached_property
    def _error_between_areas(self) -> float:
        own = np.column_stack([self._of((area,)) for area in range(self.areas)])
        left, sizes, _ = np.linalg.svd(own, full_matrices=False)
        explained = left[:, sizes > sizes[0] * 1e-10].T @ self._value
        between = max(0.0, float(explained @ explained) - self.effect**2 * self._size)
        return sqrt(between / (self.areas - 2) / self._size)

    def _error_of_cells(self, degrees: int) -> float:
        residual = self._value - self.effect * self._regressor
        return sqrt(float(residual @ residual) / degrees / self._size)

    def _t_answer(self, error: float, degrees: int, level: float) -> Answer:
        from scipy.special import stdtr, stdtrit

        reach = float(stdtrit(degrees, (1 + level) / 2)) * error
        if error <= _TIE * abs(self.effect) or error == 0:
            p_value = 1.0 if self.effect == 0 else 0.0
        else:
            p_value = float(2 * stdtr(degrees, -abs(self.effect) / error))
        return Answer(p_value, Interval(self.effect - reach, self.effect + reach), error)

    def by_wild_bootstrap(self, level: float) -> Answer:
        """Restricted wild cluster bootstrap with Webb's six weights, every draw of them where they are few enough."""
        draws = webb_draws(self.areas)
        return Answer(
            self._wild_p(0.0, draws),
            inverted(lambda effect: self._wild_p(effect, draws), self.effect, self.standard_error, 1 - level),
            self.standard_error,
        )

    def _wild_p(self, supposed: float, draws: Floats) -> float:
        """The share of draws whose t is at least as large as the one seen, were the effect as supposed."""
        residual = self._value - supposed * self._regressor
        pulls = self._area_sums(self._regressor * residual)  # what each area's residuals add to the estimate
        # The scores of each area once the regression is fitted again to residuals of which those of area h were kept.
        kept = np.zeros((self.areas, self.areas))
        for area in range(self.areas):
            mine = self._swept(np.where(self.data.area == area, residual, 0.0))
            kept[:, area] = self._area_sums(self._regressor * mine)
        own = self._area_sums(self._regressor**2)
        shifts = draws @ pulls / self._size
        scores = draws @ kept.T - shifts[:, None] * own[None, :]
        errors = np.sqrt((scores**2).sum(axis=1))
        seen = kept.sum(axis=1) - pulls.sum() / self._size * own
        error = sqrt(float(seen @ seen))
        if error <= _TIE * max(1.0, float(np.abs(pulls).max())):
            return 0.0 if abs(self.effect - supposed) > _TIE else 1.0
        ratio = abs(float(pulls.sum()) / self._size) / error
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(errors > 0, np.abs(shifts) / errors, np.where(np.abs(shifts) > 0, inf, 0.0))
        return float(np.mean(ratios >= ratio * (1 - _TIE)))


def planned_error(before: Observations, planned: Observations, treated: Sequence[int]) -> float:
    """The error that the estimate of a planned comparison will have, from the time before alone.

    What the fixed effects leave in the cells before is taken for noise whose variance shrinks with the weight and whose
    neighbours in time are alike by a correlation between 0 and 0.9, the likeliest one (restricted likelihood).
    """
    root = np.sqrt(before.weight)
    basis = _orthonormal(_dummies((before.area, *before.effects)) * root[:, None])
    degrees = len(root) - basis.shape[1]
    if degrees < 2:
        raise ValueError("the time before is too short to tell its noise")
    best, correlation, variance = inf, 0.0, 0.0
    for tried in (number / 10 for number in range(10)):
        alike = _alike(before, tried)
        half = np.linalg.cholesky(alike)
        swept, left = np.linalg.solve(half, basis), np.linalg.solve(half, before.value * root)
        upright, triangle = np.linalg.qr(swept)
        left = left - upright @ (upright.T @ left)
        squares = max(float(left @ left), 1e-300)
        logs = 2 * float(np.log(np.diag(half)).sum()) + 2 * float(np.log(np.abs(np.diag(triangle))).sum())
        deviance = degrees * float(np.log(squares)) + logs
        if deviance < best - _TIE:
            best, correlation, variance = deviance, tried, squares / degrees
    comparison = Comparison(planned, treated)
    pull = comparison.pull
    return sqrt(variance * float(pull @ _alike(planned, correlation) @ pull))


def _alike(data: Observations, correlation: float) -> Floats:
    """Correlation of every two cells: of one series, less the farther apart."""
    apart = np.abs(data.step[:, None] - data.step[None, :])
    same = data.series[:, None] == data.series[None, :]
    return np.where(same, correlation ** apart.astype(float), 0.0)


def detectable(error: float, areas: int, level: float, power: float) -> float:
    """The effect that the test on changes of areas finds with that power."""
    from scipy.special import stdtrit

    degrees = areas - 2
    return error * float(stdtrit(degrees, (1 + level) / 2) + stdtrit(degrees, power))


def assignments(areas: int, treated: Sequence[int]) -> list[tuple[int, ...]]:
    """Every choice of as many areas as `treated`, that one first; a seeded part of them where they are too many."""
    actual = tuple(sorted(treated))
    if comb(areas, len(actual)) <= MOST_ASSIGNMENTS:
        others = [each for each in combinations(range(areas), len(actual)) if each != actual]
        return [actual, *others]
    draws = np.random.default_rng(_SEED)
    found = {actual: None}
    while len(found) < MOST_ASSIGNMENTS:
        found.setdefault(tuple(sorted(int(area) for area in draws.choice(areas, len(actual), replace=False))))
    return list(found)


def webb_draws(areas: int) -> Floats:
    """Webb's weights for each area: all draws where there are at most 9,999, else that many with a fixed seed."""
    if len(_WEBB) ** areas <= _MOST_WEBB_DRAWS:
        return np.array(list(product(_WEBB, repeat=areas)))
    return np.random.default_rng(_SEED).choice(np.array(_WEBB), size=(_MOST_WEBB_DRAWS, areas))


def _share_as_large(estimates: Floats, actual: int) -> float:
    sizes = np.abs(estimates)
    return float(np.mean(sizes >= sizes[actual] - _TIE * max(1.0, float(sizes.max()))))


def shifted_interval(estimates: Floats, slopes: Floats, level: float) -> Interval:
    """Every effect d that is not rejected: |estimate - d| is not among the largest of |estimates - d x slopes|.

    The first estimate is the actual one, its slope 1. Exact, without a grid: the share changes only where two of the
    lines cross. Not bounded where another assignment follows the effect as closely as the actual one.
    """
    actual = float(estimates[0])
    allowed = 1 - level
    crossings = []
    for estimate, slope in zip(estimates[1:].tolist(), slopes[1:].tolist(), strict=True):
        for sign in (1.0, -1.0):
            # actual - d = sign * (estimate - slope * d)
            if abs(1 - sign * slope) > _TIE:
                crossings.append((actual - sign * estimate) / (1 - sign * slope))
    points = sorted(crossings)
    if not points:
        return Interval(None, None)

    def kept(effect: float) -> bool:
        off = np.abs(estimates - effect * slopes)
        return float(np.mean(off >= off[0] - _TIE * max(1.0, float(off.max())))) > allowed + _TIE

    span = max(1.0, points[-1] - points[0])
    if kept(points[0] - 10 * span) or kept(points[-1] + 10 * span):
        lower = None if kept(points[0] - 10 * span) else min(point for point in points if kept(point))
        upper = None if kept(points[-1] + 10 * span) else max(point for point in points if kept(point))
        return Interval(lower, upper)
    inside = [point for point in points if kept(point)]
    return Interval(min(inside), max(inside)) if inside else Interval(actual, actual)


def inverted(p_of: Callable[[float], float], estimate: float, step: float, allowed: float) -> Interval:
    """Every effect whose p is above `allowed`, walked out from the estimate and halved to a thousandth of the step."""
    if step <= 0:
        return Interval(estimate, estimate)

    def end(direction: float) -> float | None:
        inside, outside = 0.0, 1.0
        while p_of(estimate + direction * outside * step) > allowed + _TIE:
            inside, outside = outside, outside * 2
            if outside > 2**8:
                return None
        while outside - inside > 1e-3:
            middle = (inside + outside) / 2
            if p_of(estimate + direction * middle * step) > allowed + _TIE:
                inside = middle
            else:
                outside = middle
        return estimate + direction * (inside + outside) / 2 * step

    return Interval(end(-1.0), end(1.0))


def _dummies(effects: Sequence[NDArray[np.int64]]) -> Floats:
    """One column for each level of each effect."""
    columns = []
    for effect in effects:
        levels = np.unique(effect)
        columns.append((effect[:, None] == levels[None, :]).astype(float))
    return np.concatenate(columns, axis=1)


def _orthonormal(columns: Floats) -> Floats:
    """A basis of what the columns span; dependent ones add nothing."""
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    basis: Floats = left[:, sizes > sizes[0] * 1e-10]
    return basis
