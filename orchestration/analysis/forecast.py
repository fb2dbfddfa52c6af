"""Where a figure is going as it now runs: forecasts by week, tested on the past, and when a target is met.

Days are freed of their weekday and bank holiday, weeks of the season where the data hold two years and enough to test
it on; what is left is forecast with exponential smoothing (statsmodels). Each model is tried from earlier weeks onward
(rolling origin) beside two that know nothing: the last week again, and the same week a year before. The one with the
smallest error is published, whichever it is. Intervals come from the errors it made (conformal), not from its own
assumptions. What belongs here: the arithmetic on arrays. Reading and writing stand in `parts/forecasts.py`; the method
in words in docs/forecast.md.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from orchestration.analysis.forecasting import LEAST_ORIGINS, Forecasting

Floats = NDArray[np.float64]
BLOCK_WEEKS = 4  # a level is the mean of so many weeks: one week's luck meets no target
LEVELS = (0.8, 0.95)
NAIVE, SEASONAL_NAIVE = "naive", "seasonal_naive"
_SEASON_WEEKS = 104  # two of every week of the year, or a season is a trend
_YEAR = 52
_LEAST_DAYS = 4  # days of a week that make its level
_WAVES = (1, 2)


class CannotSay(Exception):
    """Why nothing can be said, in words."""


@dataclass(frozen=True)
class Days:
    """A figure by day, from a Monday to a Sunday; one entry a day. Where nothing is known, `weight` is 0."""

    first: date
    value: Floats  # the share, or the number of a day
    weight: Floats  # what it is a share of; 1 for a number
    is_holiday: NDArray[np.bool_]
    is_share: bool
    holidays_ahead: frozenset[date] = frozenset()
    per_week: float = 1.0  # what a mean day is multiplied with: 7 where a week is the sum of its days

    @cached_property
    def weeks(self) -> int:
        return len(self.value) // 7

    def until(self, weeks: int) -> Days:
        """The first so many weeks, as they were known then."""
        end = weeks * 7
        ahead = {
            self.first + timedelta(days=at) for at in range(end, len(self.value)) if self.is_holiday[at]
        } | self.holidays_ahead
        return Days(
            self.first,
            self.value[:end],
            self.weight[:end],
            self.is_holiday[:end],
            self.is_share,
            frozenset(ahead),
            self.per_week,
        )

    @cached_property
    def by_week(self) -> Floats:
        """The figure of each week as it is published: what is forecast, and what forecasts are judged by."""
        known = self.weight.reshape(-1, 7)
        total = np.where(known > 0, self.value.reshape(-1, 7) * known, 0).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = np.where(
                (known > 0).sum(axis=1) >= _LEAST_DAYS, self.per_week * total / known.sum(axis=1), np.nan
            )
        return found


# --- the scale on which errors are alike ----------------------------------------------------------------------------
def _scaled(value: Any, is_share: bool, weight: Any = 1000.0) -> Any:
    """Log odds of a share, log of a number; both drawn in from where they have no end."""
    if is_share:
        inside = (value * weight + 0.5) / (weight + 1)
        return np.log(inside / (1 - inside))
    return np.log(np.maximum(value, 0) + 0.5)


def _back(scaled: Any, is_share: bool, weight: float = 1000.0) -> Any:
    if is_share:
        inside = 1 / (1 + np.exp(-scaled))
        return np.clip((inside * (weight + 1) - 0.5) / weight, 0, 1)
    return np.maximum(np.exp(scaled) - 0.5, 0)


# --- models ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Pattern:
    """What a day of the week, a bank holiday and the time of the year add, and the level of each week without them."""

    level: Floats  # by week; the gaps filled
    day: Floats  # (7,)
    day_weight: Floats  # (7,) usual share of the week's calls
    holiday: float
    season: Callable[[NDArray[np.int64]], Floats] | None


def _pattern(days: Days, with_season: bool) -> _Pattern:
    """Weekday and bank holiday by least squares within weeks, so that no trend becomes a weekday."""
    used = (days.weight > 0).reshape(-1, 7)
    value = np.where(days.weight > 0, days.value, 0.5 if days.is_share else 1.0)
    weight = np.maximum(days.weight, 1.0)
    y = _scaled(value, days.is_share, weight).reshape(-1, 7)
    # Log odds of a share are the less sure the fewer calls, and the nearer to none or all.
    inside = np.clip(value, 0.02, 0.98)
    sure = (weight * inside * (1 - inside) if days.is_share else np.ones_like(value)).reshape(-1, 7) * used
    holiday = days.is_holiday.reshape(-1, 7).astype(float)
    columns = np.stack([np.broadcast_to(np.eye(7)[each], y.shape) for each in range(7)] + [holiday])
    total = np.maximum(sure.sum(axis=1, keepdims=True), 1e-12)
    inner = [each - (each * sure).sum(axis=1, keepdims=True) / total for each in (y, *columns)]
    root = np.sqrt(sure).ravel()
    found, *_ = np.linalg.lstsq(np.stack([each.ravel() * root for each in inner[1:]], axis=1), inner[0].ravel() * root)
    effects = np.tensordot(found, columns, axes=1)
    by_day = (days.weight.reshape(-1, 7) * used).sum(axis=0)
    level = np.where(used.sum(axis=1) >= _LEAST_DAYS, ((y - effects) * sure).sum(axis=1) / total[:, 0], np.nan)
    level = _filled(level)
    season = _season(level) if with_season else None
    if season is not None:
        level = level - season(np.arange(len(level)))
    return _Pattern(level, found[:7], by_day / max(by_day.sum(), 1e-12), float(found[7]), season)


def _filled(level: Floats) -> Floats:
    at = np.arange(len(level))
    known = ~np.isnan(level)
    filled: Floats = np.interp(at, at[known], level[known])
    return filled


def _season(level: Floats) -> Callable[[NDArray[np.int64]], Floats]:
    """Two waves of the year, beside a straight line that is not part of them."""

    def waves(at: NDArray[np.int64]) -> Floats:
        turn = 2 * math.pi * at / (365.25 / 7)
        return np.stack([part(wave * turn) for wave in _WAVES for part in (np.sin, np.cos)], axis=1)

    at = np.arange(len(level))
    straight = np.stack([np.ones(len(level)), at / len(level)], axis=1)
    found, *_ = np.linalg.lstsq(np.concatenate([straight, waves(at)], axis=1), level)

    def season(at: NDArray[np.int64]) -> Floats:
        added: Floats = waves(at) @ found[2:]
        return added

    return season


def _smoothed(days: Days, horizon: int, *, with_trend: bool, with_season: bool) -> Floats:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    pattern = _pattern(days, with_season)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a level that does not move is no news
        model = ExponentialSmoothing(
            pattern.level,
            trend="add" if with_trend else None,
            damped_trend=with_trend,
            initialization_method="heuristic",
        ).fit()
        ahead = np.asarray(model.forecast(horizon), float)
    if pattern.season is not None:
        ahead = ahead + pattern.season(np.arange(days.weeks, days.weeks + horizon))
    start = days.first + timedelta(weeks=days.weeks)
    is_holiday = np.array(
        [[start + timedelta(days=week * 7 + day) in days.holidays_ahead for day in range(7)] for week in range(horizon)]
    )
    by_day = ahead[:, None] + pattern.day + pattern.holiday * is_holiday
    usual = float(np.median(days.weight[days.weight > 0])) if days.is_share else 1.0
    told: Floats = days.per_week * (_back(by_day, days.is_share, usual) @ pattern.day_weight)
    return told


def _naive(days: Days, horizon: int) -> Floats:
    known = days.by_week[~np.isnan(days.by_week)]
    return np.full(horizon, known[-1])


def _seasonal_naive(days: Days, horizon: int) -> Floats:
    filled = _filled(days.by_week)
    return np.array([filled[days.weeks - _YEAR + at % _YEAR] for at in range(horizon)])


@dataclass(frozen=True)
class Model:
    """A way to forecast, and the weeks it needs."""

    name: str
    weeks: int
    forecast: Callable[[Days, int], Floats]


MODELS = (
    Model(NAIVE, 1, _naive),
    Model(SEASONAL_NAIVE, _YEAR, _seasonal_naive),
    Model("level", 1, lambda days, horizon: _smoothed(days, horizon, with_trend=False, with_season=False)),
    Model("trend", 1, lambda days, horizon: _smoothed(days, horizon, with_trend=True, with_season=False)),
    Model("level_season", _SEASON_WEEKS, lambda d, horizon: _smoothed(d, horizon, with_trend=False, with_season=True)),
    Model("trend_season", _SEASON_WEEKS, lambda d, horizon: _smoothed(d, horizon, with_trend=True, with_season=True)),
)


# --- tried on the past ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Tried:
    """A model tried from earlier weeks onward; nan where a week had no figure, or lies after the data."""

    model: Model
    origins: tuple[int, ...]  # weeks known then
    told: Floats  # (origins, horizon)
    real: Floats

    @property
    def mean_error(self) -> float:
        """Mean absolute error, in the figure's unit."""
        return float(np.nanmean(np.abs(self.told - self.real)))


def tried(days: Days, asked: Forecasting, model: Model) -> Tried | None:
    """Forecasts from up to `origins` earlier weeks, evenly spread to the last week but one; None where too few."""
    first = max(asked.weeks_before_origin, model.weeks)
    possible = np.arange(first, days.weeks)
    if len(possible) < LEAST_ORIGINS:
        return None
    picked = np.unique(np.linspace(possible[0], possible[-1], min(asked.origins, len(possible))).round().astype(int))
    told, real = (np.full((len(picked), asked.horizon_weeks), np.nan) for _ in range(2))
    for row, origin in enumerate(picked):
        there = min(asked.horizon_weeks, days.weeks - int(origin))
        told[row] = model.forecast(days.until(int(origin)), asked.horizon_weeks)
        real[row, :there] = days.by_week[origin : origin + there]
    told[np.isnan(real)] = np.nan
    return Tried(model, tuple(int(each) for each in picked), told, real)


@dataclass(frozen=True)
class Widths:
    """How far off forecasts were, on the scale of errors: a spread by horizon, and how many of it a level takes."""

    spread: Floats  # (horizon,)
    reach: Mapping[float, float]

    def around(self, told: Floats, level: float, is_share: bool) -> tuple[Floats, Floats]:
        """Lower and upper end of the interval of that level."""
        middle, half = _scaled(told, is_share), self.reach[level] * self.spread
        return _back(middle - half, is_share), _back(middle + half, is_share)


def widths(told: Floats, real: Floats, is_share: bool) -> Widths:
    """Conformal: the errors made, brought to one spread over horizons, and their quantile with what few tries add.

    Errors of neighbouring origins are alike: of the many errors only as many as there are origins count.
    """
    from scipy.optimize import isotonic_regression

    error = np.abs(_scaled(real, is_share) - _scaled(told, is_share))
    count = (~np.isnan(error)).sum(axis=0)
    mean_square = np.nansum(error**2, axis=0) / np.maximum(count, 1)
    # What lies further ahead is never surer.
    spread = np.sqrt(np.maximum(isotonic_regression(mean_square, weights=np.maximum(count, 0.1)).x, 1e-12))
    ratios = np.sort((error / spread)[~np.isnan(error)])
    alone = max(LEAST_ORIGINS, int(count[0]))
    reach = {}
    for level in LEVELS:
        rank = min(1.0, level * (alone + 1) / alone)
        reach[level] = float(np.quantile(ratios, rank))
    return Widths(spread, reach)


# --- what is published ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Accuracy:
    model: str
    origins_count: int
    mean_error: float
    scaled_error: float  # divided by the mean change from one week to the next
    naive_error: float  # of the last week again, at the same origins and horizons
    seasonal_naive_error: float | None
    coverage: Mapping[float, float]  # of intervals made from the earlier half of the tries, on the later half
    is_used: bool


@dataclass(frozen=True)
class Ahead:
    """The forecast of one week."""

    week: date
    horizon: int
    value: float
    interval: Mapping[float, tuple[float, float]]


@dataclass(frozen=True)
class Block:
    """The forecast of the mean of some weeks."""

    first: date
    last_week: date
    value: float
    interval: Mapping[float, tuple[float, float]]


@dataclass(frozen=True)
class Outlook:
    """What can be said of one figure."""

    made_from: date  # Monday of the last week used
    model: str
    standing: float
    trend: float  # per week
    trend_interval: tuple[float, float]
    accuracy: Sequence[Accuracy]
    ahead: Sequence[Ahead]
    blocks: Sequence[Block]
    caveats: Sequence[str]


def outlook(days: Days, asked: Forecasting) -> Outlook:
    """Forecast one figure. Raises CannotSay."""
    known = int((~np.isnan(days.by_week)).sum())
    if known < asked.weeks_needed:
        raise CannotSay(f"{known} whole weeks of figures; {asked.weeks_needed} are needed")
    if known < 0.8 * days.weeks:
        raise CannotSay(f"only {known} of {days.weeks} weeks have a figure")
    tries = [found for model in MODELS if (found := tried(days, asked, model)) is not None]
    best = min(tries, key=lambda each: _beside(each, tries))
    told = best.model.forecast(days, asked.horizon_weeks)
    is_share = days.is_share
    wide = widths(best.told, best.real, is_share)
    edges = {level: wide.around(told, level, is_share) for level in LEVELS}
    start = days.first + timedelta(weeks=days.weeks)
    ahead = [
        Ahead(
            start + timedelta(weeks=at),
            at + 1,
            float(told[at]),
            {level: (float(low[at]), float(high[at])) for level, (low, high) in edges.items()},
        )
        for at in range(asked.horizon_weeks)
    ]
    trend, trend_interval = _trend(days.by_week[-asked.trend_weeks :])
    return Outlook(
        made_from=start - timedelta(weeks=1),
        model=best.model.name,
        standing=_standing(days, asked.standing_weeks),
        trend=trend,
        trend_interval=trend_interval,
        accuracy=[_judged(each, tries, days, best) for each in tries],
        ahead=ahead,
        blocks=_blocks(best, told, start, is_share),
        caveats=_caveats(days, tries, best),
    )


def _beside(one: Tried, tries: Sequence[Tried]) -> float:
    """Its error as a part of the last week's again, where both were tried: models of other origins can be compared."""
    plain = next(each for each in tries if each.model.name == NAIVE)
    own, other = _where_both(one, plain)
    return own / max(other, 1e-12)


def _where_both(one: Tried, other: Tried) -> tuple[float, float]:
    """Mean errors of two models over the origins that both were tried from; the nearest where they differ by a week."""
    places = [(a, b) for a, origin in enumerate(one.origins) if (b := _nearest(other, origin)) is not None]
    if not places:
        return float("inf"), 1.0
    mine, others = (np.array(each) for each in zip(*places, strict=True))
    own = np.abs(one.told[mine] - one.real[mine])
    beside = np.abs(other.told[others] - other.real[others])
    both = ~np.isnan(own) & ~np.isnan(beside)
    return float(own[both].mean()), float(beside[both].mean())


def _nearest(tried_: Tried, origin: int) -> int | None:
    distance = [abs(each - origin) for each in tried_.origins]
    at = int(np.argmin(distance))
    return at if distance[at] <= 2 else None


def _judged(one: Tried, tries: Sequence[Tried], days: Days, best: Tried) -> Accuracy:
    plain = next(each for each in tries if each.model.name == NAIVE)
    season = next((each for each in tries if each.model.name == SEASONAL_NAIVE), None)
    own, naive = _where_both(one, plain)
    beside = _where_both(one, season)[1] if season is not None else None
    steps = np.abs(np.diff(days.by_week))
    return Accuracy(
        model=one.model.name,
        origins_count=len(one.origins),
        mean_error=own,
        scaled_error=own / max(float(np.nanmean(steps)), 1e-12),
        naive_error=naive,
        seasonal_naive_error=beside if beside is not None and math.isfinite(beside) else None,
        coverage=_covered(one, days.is_share),
        is_used=one is best,
    )


def _covered(one: Tried, is_share: bool) -> dict[float, float]:
    """Share of weeks held by intervals that were made from the errors of earlier tries alone."""
    half = len(one.origins) // 2
    if half < LEAST_ORIGINS // 2:
        return {}
    wide = widths(one.told[:half], one.real[:half], is_share)
    found = {}
    for level in LEVELS:
        inside, count = 0, 0
        for told, real in zip(one.told[half:], one.real[half:], strict=True):
            seen = ~np.isnan(real)
            low, high = wide.around(np.where(seen, told, 0.5), level, is_share)
            inside += int(((real >= low) & (real <= high) & seen).sum())
            count += int(seen.sum())
        if count:
            found[level] = inside / count
    return found


def _blocks(best: Tried, told: Floats, start: date, is_share: bool) -> list[Block]:
    """Means of some weeks each, with intervals from the errors that such means had."""
    wide = widths(_mean_of_blocks(best.told), _mean_of_blocks(best.real), is_share)
    means = _mean_of_blocks(told[None, :])[0]
    edges = {level: wide.around(means, level, is_share) for level in LEVELS}
    return [
        Block(
            start + timedelta(weeks=at * BLOCK_WEEKS),
            start + timedelta(weeks=(at + 1) * BLOCK_WEEKS - 1),
            float(means[at]),
            {level: (float(low[at]), float(high[at])) for level, (low, high) in edges.items()},
        )
        for at in range(len(means))
    ]


def _mean_of_blocks(rows: Floats) -> Floats:
    count = rows.shape[1] // BLOCK_WEEKS
    means: Floats = rows[:, : count * BLOCK_WEEKS].reshape(len(rows), count, BLOCK_WEEKS).mean(axis=2)
    return means


def _standing(days: Days, weeks: int) -> float:
    """The figure of the newest weeks together, as it would be published: not a mean of shares."""
    value, weight = days.value[-7 * weeks :], days.weight[-7 * weeks :]
    return float(days.per_week * (value * weight).sum() / max(weight.sum(), 1e-12))


def _trend(weeks: Floats) -> tuple[float, tuple[float, float]]:
    """Change per week over the newest weeks, with a 95 % interval that knows that neighbouring weeks are alike."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools import add_constant

    known = ~np.isnan(weeks)
    fitted = OLS(weeks[known], add_constant(np.arange(len(weeks))[known].astype(float))).fit(
        cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True}
    )
    low, high = fitted.conf_int(0.05)[1]
    return float(fitted.params[1]), (float(low), float(high))


def _caveats(days: Days, tries: Sequence[Tried], best: Tried) -> list[str]:
    said = []
    names = {each.model.name for each in tries}
    if SEASONAL_NAIVE not in names:
        said.append(f"no year before to compare with: {days.weeks} weeks")
    if "trend_season" not in names:
        said.append(
            f"the season is left out: {days.weeks} weeks of figures; "
            f"to find it and to try it takes {_SEASON_WEEKS + LEAST_ORIGINS}"
        )
    if best.model.name in {NAIVE, SEASONAL_NAIVE}:
        said.append("no model was better than repeating what was: that is what is shown")
    return said


@dataclass(frozen=True)
class Reached:
    """When the level of some weeks meets a target: first Mondays of the weeks that do, None: not within the horizon."""

    on: date | None
    early: date | None
    late: date | None
    is_met_now: bool


def reached(found: Outlook, target: float, better: str, level: float = LEVELS[0]) -> Reached:
    """When the forecast level meets the target and its interval does: early with luck, late without."""

    def meets(value: float) -> bool:
        return value >= target if better == "higher" else value <= target

    def first(pick: Callable[[Block], float]) -> date | None:
        return next((each.first for each in found.blocks if meets(pick(each))), None)

    hopeful, careful = (1, 0) if better == "higher" else (0, 1)
    return Reached(
        first(lambda each: each.value),
        first(lambda each: each.interval[level][hopeful]),
        first(lambda each: each.interval[level][careful]),
        meets(found.standing),
    )


def days_of(
    rows: Sequence[tuple[date, float | None, float | None, float | None, bool]],
    holidays: Collection[date],
    *,
    kind: Literal["share", "sum", "mean"],
    weeks: int,
) -> Days:
    """Whole weeks up to the newest; rows: day, numerator, denominator, value, whether it is to be used; ordered.

    Raises CannotSay where there is no whole week.
    """
    if not rows:
        raise CannotSay("no day has a figure")
    last = rows[-1][0]
    end = last - timedelta(days=(last.weekday() + 1) % 7)  # the newest Sunday
    first = rows[0][0] + timedelta(days=-rows[0][0].weekday() % 7)
    first = max(first, end - timedelta(weeks=weeks) + timedelta(days=1))
    count = (end - first).days + 1
    if count < 7:
        raise CannotSay("there is no whole week of figures")
    value, weight = np.zeros(count), np.zeros(count)
    for day, numerator, denominator, number, is_used in rows:
        at = (day - first).days
        if not is_used or not 0 <= at < count:
            continue
        if kind == "share" and denominator:
            value[at], weight[at] = (numerator or 0.0) / denominator, denominator
        elif kind != "share" and number is not None:
            value[at], weight[at] = number, 1.0
    is_holiday = np.array([first + timedelta(days=at) in holidays for at in range(count)])
    ahead = frozenset(each for each in holidays if each > end)
    return Days(first, value, weight, is_holiday, kind == "share", ahead, 7.0 if kind == "sum" else 1.0)
