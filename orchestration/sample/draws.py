"""Random draws that give the same result on every machine.

What belongs here: seeded streams, and tables to draw durations and choices from. What does not: figures of policing.

Only ``random()`` of the Mersenne twister is used, which is exact everywhere; durations come from tables of whole
seconds, so that a last-bit difference in a machine's ``exp`` cannot reach a file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from statistics import NormalDist

TABLE_SIZE = 2048
_NORMAL = NormalDist()


def stream(seed: int, *names: object) -> Random:
    """An independent stream for a subject and a day: adding draws to one never shifts another."""
    return Random("|".join(str(part) for part in (seed, *names)))


def lognormal(median: float, spread: float, low: int, high: int) -> list[int]:
    """Whole seconds, ``TABLE_SIZE`` equally likely values of a log-normal distribution cut to low..high."""
    values = []
    for step in range(TABLE_SIZE):
        z = _NORMAL.inv_cdf((step + 0.5) / TABLE_SIZE)
        values.append(min(high, max(low, round(median * math.exp(spread * z)))))
    return values


def uniform(low: int, high: int) -> list[int]:
    """Whole seconds, equally likely from low to high."""
    return [low + (high - low) * step // (TABLE_SIZE - 1) for step in range(TABLE_SIZE)]


def exponential(mean: float, low: int, high: int) -> list[int]:
    """Whole seconds of an exponential distribution cut to low..high."""
    return [min(high, max(low, round(-mean * math.log(1 - (step + 0.5) / TABLE_SIZE)))) for step in range(TABLE_SIZE)]


def choices(shares: Mapping[str, float]) -> list[str]:
    """A table of ``TABLE_SIZE`` entries in which each key holds its share (shares need not add up to 1)."""
    total = sum(shares.values())
    table: list[str] = []
    upto = 0.0
    for key, share in shares.items():
        upto += share
        table.extend([key] * (round(TABLE_SIZE * upto / total) - len(table)))
    return table


def poisson(rng: Random, mean: float) -> int:
    """A Poisson count; large means are split so that ``exp`` never underflows."""
    count = 0
    while mean > 30:
        count += poisson(rng, 30)
        mean -= 30
    limit = rng.random()
    term = total = math.exp(-mean)
    step = 0
    while limit > total and step < 400:
        step += 1
        term *= mean / step
        total += term
    return count + step


def rounded(rng: Random, value: float) -> int:
    """A whole number whose mean is the value: 2.3 is 2 seven times in ten, else 3."""
    whole = math.floor(value)
    return whole + (1 if rng.random() < value - whole else 0)


def factor(rng: Random, spread: float) -> float:
    """A factor around 1 with the given relative spread (never below a third)."""
    z = _NORMAL.inv_cdf(min(0.999999, max(0.000001, rng.random())))
    return max(0.33, 1 + spread * z)


def shuffled(rng: Random, items: Sequence[str]) -> list[str]:
    """The items in a random order."""
    result = list(items)
    for last in range(len(result) - 1, 0, -1):
        other = int(rng.random() * (last + 1))
        result[last], result[other] = result[other], result[last]
    return result
