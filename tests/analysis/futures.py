"""Simulated figures whose future is known: do the intervals of the forecast hold it as often as they say?

`python -m tests.analysis.futures --worlds 80` (`make forecast-worlds`) prints, by kind of world, how much of the weeks
ahead lay in the 80 and 95 % intervals, and how far off the forecast was beside repeating the last week.
A world is daily counts: calls and those answered in time, or a number; nothing of the forecast is used to make it.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from orchestration.analysis.forecast import Days, Outlook, outlook
from orchestration.analysis.forecasting import Forecasting, Measure

Floats = NDArray[np.float64]
START = date(2018, 1, 1)  # a Monday
HORIZON = 26
_WEEKDAY = np.array([0.15, 0.05, 0.0, 0.0, -0.05, -0.1, -0.05])


@dataclass(frozen=True)
class Kind:
    """How the level of a world moves: from a generator and a number of weeks to log odds (or logs) by week."""

    label: str
    level: Callable[[np.random.Generator, int], Floats]
    weeks: int = 105
    is_share: bool = True
    spread: float = 0.0  # of days, beyond counting
    calls: int = 400


def _flat(rng: np.random.Generator, weeks: int) -> Floats:
    return np.full(weeks, rng.normal(1.0, 0.3))


def _trend(rng: np.random.Generator, weeks: int) -> Floats:
    return rng.normal(0.8, 0.2) + rng.normal(0, 0.008) * np.arange(weeks)


def _shift(rng: np.random.Generator, weeks: int) -> Floats:
    at = rng.integers(20, weeks - HORIZON - 10)
    return rng.normal(1.0, 0.2) + rng.normal(0, 0.5) * (np.arange(weeks) >= at)


def _season(rng: np.random.Generator, weeks: int) -> Floats:
    turn = 2 * np.pi * np.arange(weeks) * 7 / 365.25
    return rng.normal(1.0, 0.2) + 0.3 * np.sin(turn + rng.uniform(0, 6.28)) + 0.05 * np.sin(2 * turn)


def _walk(rng: np.random.Generator, weeks: int) -> Floats:
    return rng.normal(1.0, 0.2) + np.cumsum(rng.normal(0, 0.05, weeks))


def _alike(rng: np.random.Generator, weeks: int) -> Floats:
    level, out = 0.0, np.empty(weeks)
    for at in range(weeks):
        level = 0.7 * level + rng.normal(0, 0.15)
        out[at] = level
    return rng.normal(1.0, 0.2) + out


KINDS = (
    Kind("stable", _flat),
    Kind("days vary beyond counting", _flat, spread=0.3),
    Kind("trend", _trend, spread=0.1),
    Kind("one shift", _shift, spread=0.1),
    Kind("weeks alike", _alike, spread=0.1),
    Kind("a walk", _walk, spread=0.1),
    Kind("season, two years", _season, spread=0.1),
    Kind("season, three years", _season, weeks=160, spread=0.1),
    Kind("number, season, three years", _season, weeks=160, is_share=False, spread=0.1),
    Kind("one year", _alike, weeks=56, spread=0.1),
)


def days_of_world(kind: Kind, rng: np.random.Generator) -> tuple[Days, Floats]:
    """Days up to now, and what the weeks ahead turned out to be."""
    weeks = kind.weeks + HORIZON
    daily = np.repeat(kind.level(rng, weeks), 7) + np.tile(_WEEKDAY, weeks) + rng.normal(0, kind.spread, weeks * 7)
    if kind.is_share:
        weight = rng.poisson(kind.calls * np.exp(np.tile(-_WEEKDAY, weeks))).astype(float)
        value = rng.binomial(weight.astype(int), 1 / (1 + np.exp(-daily))) / weight
    else:
        weight, value = np.ones(weeks * 7), rng.poisson(np.exp(daily + 3)).astype(float)
    lost = rng.random(weeks * 7) < 0.01  # a day that did not come
    known = Days(START, value, np.where(lost, 0, weight), np.zeros(weeks * 7, dtype=bool), kind.is_share)
    totals = (value * weight).reshape(-1, 7).sum(axis=1) / weight.reshape(-1, 7).sum(axis=1)
    return known.until(kind.weeks), totals[kind.weeks :]


ASKED = Forecasting(measures=(Measure(kpi="made_up", kind="share"),), horizon_weeks=HORIZON)


@dataclass
class Held:
    """Of one kind of world: means over worlds and weeks."""

    covered: dict[float, float]
    error: float  # of the forecast as a part of the naive one's
    models: dict[str, int]


def held(kind: Kind, worlds: int, seed: int) -> Held:
    inside: dict[float, list[float]] = {0.8: [], 0.95: []}
    own, naive, models = 0.0, 0.0, {}
    for number in range(worlds):
        days, real = days_of_world(kind, np.random.default_rng([seed, KINDS.index(kind), number]))
        found: Outlook = outlook(days, ASKED)
        models[found.model] = models.get(found.model, 0) + 1
        for level, shares in inside.items():
            shares.append(
                float(
                    np.mean(
                        [
                            a.interval[level][0] <= r <= a.interval[level][1]
                            for a, r in zip(found.ahead, real, strict=True)
                        ]
                    )
                )
            )
        told = np.array([each.value for each in found.ahead])
        own += float(np.abs(told - real).mean())
        naive += float(np.abs(days.by_week[~np.isnan(days.by_week)][-1] - real).mean())
    return Held({level: float(np.mean(shares)) for level, shares in inside.items()}, own / naive, models)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--worlds", type=int, default=80, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{asked.worlds} worlds of each kind, {HORIZON} weeks ahead; error as a part of repeating the last week")
    print(f"{'kind':<30}{'in 80 %':>10}{'in 95 %':>10}{'error':>8}   models used")
    total: dict[float, list[float]] = {0.8: [], 0.95: []}
    for kind in KINDS:
        found = held(kind, asked.worlds, asked.seed)
        for level, share in found.covered.items():
            total[level].append(share)
        used = ", ".join(f"{name} {count}" for name, count in sorted(found.models.items(), key=lambda each: -each[1]))
        print(
            f"{kind.label:<30}{found.covered[0.8]:>9.1%} {found.covered[0.95]:>9.1%}{found.error:>8.2f}   {used}",
            flush=True,
        )
    count = asked.worlds * len(KINDS)
    print(f"{f'all {count}':<30}{np.mean(total[0.8]):>9.1%} {np.mean(total[0.95]):>9.1%}")


if __name__ == "__main__":
    main()
