"""What each factor went with in the weeks in which performance fell. Association, never cause: no word here says more.

Pure: series by week (or month) in, rows of `metrics.factor_associations` out. Changes from one week to the next are
compared, not levels: two series that drift would go together whatever they are. Chance is judged by shifting the weeks
of the one series round against the other's, which keeps what neighbouring weeks have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.analysis.design import AssociationDesign
from orchestration.analysis.differences import shifted_interval

Row = dict[str, Any]
Series = Mapping[date, float]  # by the first day of the period
Floats = NDArray[np.float64]
WEEK = timedelta(days=7)
_TIE = 1e-9


def associate(
    weekly: Mapping[str, Series],
    monthly: Mapping[str, Series],
    monthly_performance: Mapping[str, Series],
    labels: Mapping[str, str],
    design: AssociationDesign,
) -> list[Row]:
    """One row per measure of performance and factor.

    `weekly` holds performance and weekly factors, `monthly` the factors that are known by month only; they are laid
    beside `monthly_performance`. `labels` are names for people.
    """
    rows = []
    for performance in design.performance:
        mine = []
        for factor in design.factors:
            is_monthly = factor in monthly
            base = monthly_performance if is_monthly else weekly
            needed = design.months_needed if is_monthly else design.weeks_needed
            others = [] if is_monthly else [each for each in design.factors if each != factor and each in weekly]
            mine.append(
                _one(
                    performance,
                    factor,
                    base.get(performance, {}),
                    (monthly if is_monthly else weekly).get(factor, {}),
                    [weekly[each] for each in others],
                    "month" if is_monthly else "week",
                    needed,
                    labels,
                    design,
                )
            )
        _adjust(mine)
        rows += mine
    return rows


def _one(
    performance: str,
    factor: str,
    base: Series,
    beside: Series,
    others: Sequence[Series],
    grain: str,
    needed: int,
    labels: Mapping[str, str],
    design: AssociationDesign,
) -> Row:
    row: Row = {"performance": performance, "factor": factor, "kind": "ASSOCIATION", "grain": grain}
    known = sorted(set(base) & set(beside))
    if grain == "week":
        known = known[-design.weeks :]
    pairs = [(first, second) for first, second in pairwise(known) if _follows(first, second, grain)]
    row |= {"changes_count": len(pairs), "first_period": known[0] if known else None}
    row |= {"last_period": known[-1] if known else None}
    moved = np.array([base[second] - base[first] for first, second in pairs])
    changes = np.array([beside[second] - beside[first] for first, second in pairs])
    fell = moved < 0
    row["falls_count"] = int(fell.sum())
    why = _too_little(pairs, fell, changes, grain, needed)
    if why:
        return row | {"status": "NOT_AVAILABLE", "reason": why}
    estimates, slopes = _shifted(changes, fell)
    interval = shifted_interval(estimates, slopes, design.level)
    sizes = np.abs(estimates)
    row |= {
        "change_when_fell": float(changes[fell].mean()),
        "change_otherwise": float(changes[~fell].mean()),
        "difference": float(estimates[0]),
        "lower_90": interval.lower,
        "upper_90": interval.upper,
        "rank_correlation": _correlation(_ranks(moved), _ranks(changes)),
        "partial_rank_correlation": _partial(moved, changes, others, pairs),
        "p_value": float(np.mean(sizes >= sizes[0] - _TIE * max(1.0, float(sizes.max())))),
        "lowest_p_value": 1 / len(estimates),
        "status": "OK",
        "reason": None,
    }
    return row | {"words": _words(row, labels)}


def _follows(first: date, second: date, grain: str) -> bool:
    if grain == "week":
        return second - first == WEEK
    return (second.year - first.year) * 12 + second.month - first.month == 1


def _too_little(pairs: Sequence[Any], fell: NDArray[np.bool_], changes: Floats, grain: str, needed: int) -> str | None:
    if len(pairs) < needed:
        return f"too few {grain}s: {len(pairs)} changes from one {grain} to the next are known, {needed} are needed"
    few = min(int(fell.sum()), int((~fell).sum()))
    if few < 3:
        return f"performance fell in {int(fell.sum())} of {len(pairs)} {grain}s: too one-sided to compare"
    if float(np.ptp(changes)) == 0:
        return "the factor did not move in this time"
    return None


def _shifted(changes: Floats, fell: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Difference of means for each shift round of the weeks, the real one first, and how it moves with a real one."""
    pulls = np.where(fell, 1 / fell.sum(), -1 / (~fell).sum())
    turned = np.array([np.roll(pulls, shift) for shift in range(len(changes))])
    return turned @ changes, turned @ fell.astype(float)


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, the mean of the places for equal ones."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    return (ends - (count - 1) / 2)[place]


def _correlation(first: Floats, second: Floats) -> float | None:
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > _TIE else None


def _partial(
    moved: Floats, changes: Floats, others: Sequence[Series], pairs: Sequence[tuple[date, date]]
) -> float | None:
    """Rank correlation once the ranks of the other factors' changes are taken out; None where weeks are too few."""
    known = np.array([all(first in other and second in other for other in others) for first, second in pairs])
    if not others or int(known.sum()) < 4 * (len(others) + 2):
        return None
    there = [pair for pair, is_known in zip(pairs, known, strict=True) if is_known]
    kept = [_ranks(np.array([other[second] - other[first] for first, second in there])) for other in others]
    held = np.column_stack([np.ones(len(there)), *kept])
    left, sizes, _ = np.linalg.svd(held, full_matrices=False)
    basis = left[:, sizes > sizes[0] * 1e-10]
    swept = [ranks - basis @ (basis.T @ ranks) for ranks in (_ranks(moved[known]), _ranks(changes[known]))]
    if min(float(np.abs(each).max()) for each in swept) < 1e-6:
        return None
    return _correlation(swept[0], swept[1])


def _adjust(rows: Sequence[Row]) -> None:
    """Holm's correction: with many factors tried, some go with a fall by chance."""
    tried = sorted((row for row in rows if row.get("p_value") is not None), key=lambda row: row["p_value"])
    highest = 0.0
    for place, row in enumerate(tried):
        highest = max(highest, min(1.0, row["p_value"] * (len(tried) - place)))
        row["p_value_adjusted"] = highest


def _words(row: Row, labels: Mapping[str, str]) -> str:
    """The row as a sentence that claims no more than it shows."""
    factor = labels.get(row["factor"], row["factor"])
    performance = labels.get(row["performance"], row["performance"])
    lower, upper = row["lower_90"], row["upper_90"]
    is_told = (lower is not None and lower > 0) or (upper is not None and upper < 0)
    when = f"in the {row['falls_count']} of {row['changes_count']} {row['grain']}s in which it fell"
    if not is_told:
        return f"{performance}: {factor} moved no differently {when} than chance would have it."
    way = "rose more or fell less" if row["difference"] > 0 else "fell more or rose less"
    return f"{performance}: {factor} {way} {when} than in the others. This is association, not cause."
