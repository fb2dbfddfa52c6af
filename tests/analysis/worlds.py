"""Simulated pilots whose effect is known: does the estimate hit it, and does the interval hold it as often as it says?

`python -m tests.analysis.worlds --worlds 1000` (or `make pilot-worlds`) prints a table; a thousand worlds of each kind
take some ten minutes on two cores. Every world goes the way of the real figures: cells of area and week into
`orchestration.analysis.pilot.judge`.

A world has five areas of the force's sizes, two of which take part. Areas differ, weeks differ, Christmas is busier and
different, and each area has a shock of its own in every week, like the one before by a correlation; incidents are drawn
one by one on top. A hard world has shocks that are as large as the effect and last for weeks.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np

from orchestration.analysis.design import PilotDesign
from orchestration.analysis.pilot import YEAR, Cell, Facts, TakingPart, judge

START, WEEKS_BEFORE, WEEKS_DURING = date(2021, 11, 22), 12, 6
AREAS = {"HEREF": 119, "NWORC": 181, "SWORC": 185, "SHROP": 166, "TELF": 119}  # domestic-abuse incidents a week
TOOK_PART = ("NWORC", "TELF")
OUTCOME = "da_attended_24h"
DESIGN = PilotDesign(fixed_on=date(2021, 11, 1), main_outcome=OUTCOME, outcomes=(OUTCOME,))
METHODS = ("AREA_CHANGES", "PERMUTATION", "WILD_BOOTSTRAP", "AREA_ROBUST")


@dataclass(frozen=True)
class Kind:
    """What a world is like. Effect and shocks are parts of one, for times parts of the median of an hour."""

    name: str
    has_year_before: bool
    shock: float = 0.02
    correlation: float = 0.5
    effect: float = 0.06
    is_time: bool = False
    took_part: tuple[str, ...] = TOOK_PART


KINDS = {
    kind.name: kind
    for kind in (
        Kind("plain, counting noise only", False, 0.0, 0.0),
        Kind("plain", False),
        Kind("plain, hard", False, 0.04, 0.8),
        Kind("year before, counting noise only", True, 0.0, 0.0),
        Kind("year before", True),
        Kind("year before, hard", True, 0.04, 0.8),
        Kind("year before, no effect", True, effect=0.0),
        Kind("year before, the two smallest areas", True, took_part=("HEREF", "TELF")),
        Kind("plain, times", False, 0.05, 0.5, effect=-0.2, is_time=True),
    )
}


def world(kind: Kind, seed: int) -> Facts:
    """The figures of one world; the same seed gives the same."""
    draws = np.random.default_rng([2021, seed])
    count = WEEKS_BEFORE + WEEKS_DURING
    scale = 3600.0 if kind.is_time else 1.0
    level = {area: draws.normal(0, 0.04) for area in AREAS}
    season = draws.normal(0, 0.02, count)
    cells = []
    for year in range(2 if kind.has_year_before else 1):
        common = draws.normal(0, 0.02, count)
        for area, size in AREAS.items():
            own = draws.normal(0, 0.02)
            shock = draws.normal(0, kind.shock) if kind.shock else 0.0
            for number in range(count):
                if kind.shock and number:
                    rest = np.sqrt(1 - kind.correlation**2) * draws.normal(0, kind.shock)
                    shock = kind.correlation * shock + rest
                is_pilot = year == 0 and number >= WEEKS_BEFORE and area in kind.took_part
                moved = level[area] + season[number] + common[number] + own + shock + kind.effect * is_pilot
                incidents = int(draws.poisson(size * (1.25 if number >= count - 2 else 1.0)))
                week = START + timedelta(weeks=number - WEEKS_BEFORE) - year * YEAR
                cells.append(_cell(draws, kind, area, week, incidents, moved, scale))
    return Facts(
        cells=cells,
        pilots={
            "P": [TakingPart(area, START, START + timedelta(weeks=WEEKS_DURING, days=-1)) for area in kind.took_part]
        },
        areas=[(area, date(2018, 1, 1), None) for area in AREAS],
        units={OUTCOME: ("seconds" if kind.is_time else "ratio", "higher")},
        small_number=5,
    )


def _cell(
    draws: np.random.Generator, kind: Kind, area: str, week: date, incidents: int, moved: float, scale: float
) -> Cell:
    if kind.is_time:
        times = scale * (1 + moved) * np.exp(draws.normal(0, 0.9, incidents))
        value, counted = float(np.median(times)), None
    else:
        counted = float(draws.binomial(incidents, min(max(0.3 + moved, 0.01), 0.99)))
        value = counted / incidents
    return Cell(OUTCOME, area, week, value, incidents, incidents, incidents, counted, True)


@dataclass(frozen=True)
class Seen:
    """What the analysis said of one world, in the unit of the effect (percentage points, or per cent of an hour)."""

    off: float  # estimate less the real effect
    holds: tuple[bool, ...]  # per method: whether its interval holds the real effect
    widths: tuple[float | None, ...]
    would_be_found: bool  # an effect of the smallest detectable size, added to this world


def look(kind: Kind, seed: int) -> Seen:
    """Analyse one world."""
    found = judge(world(kind, seed), {"P": DESIGN}, only_effects=True)
    wanted = "TRIPLE" if kind.has_year_before else "PLAIN"
    by_method = {row["method"]: row for row in found.effects if row["comparison"] == wanted}
    unit = 3600.0 if kind.is_time else 1.0
    real = kind.effect * unit
    rows = [by_method[method] for method in METHODS]
    main = rows[0]
    reach = main["upper_90"] - main["effect"]
    return Seen(
        off=100 * (main["effect"] - real) / unit,
        holds=tuple(
            (row["lower_90"] is None or row["lower_90"] <= real)
            and (row["upper_90"] is None or row["upper_90"] >= real)
            for row in rows
        ),
        widths=tuple(
            None
            if row["lower_90"] is None or row["upper_90"] is None
            else 100 * (row["upper_90"] - row["lower_90"]) / unit
            for row in rows
        ),
        would_be_found=main["effect"] - real + main["minimum_detectable"] > reach,
    )


@dataclass(frozen=True)
class Summary:
    """Many worlds of one kind."""

    kind: str
    worlds: int
    bias: float
    bias_error: float  # of the simulation
    coverage: dict[str, float]
    median_width: dict[str, float]
    found_ratio: float


def summary(kind: Kind, seen: Sequence[Seen]) -> Summary:
    off = np.array([each.off for each in seen])
    widths = {
        method: [each.widths[place] for each in seen if each.widths[place] is not None]
        for place, method in enumerate(METHODS)
    }
    return Summary(
        kind=kind.name,
        worlds=len(seen),
        bias=float(off.mean()),
        bias_error=float(off.std(ddof=1) / np.sqrt(len(seen))),
        coverage={m: float(np.mean([each.holds[place] for each in seen])) for place, m in enumerate(METHODS)},
        median_width={method: float(np.median(each)) for method, each in widths.items()},  # type: ignore[arg-type]
        found_ratio=float(np.mean([each.would_be_found for each in seen])),
    )


def simulate(kind: Kind, worlds: int, run: Callable[..., object] = map) -> Summary:
    """Look at that many worlds of a kind; `run` is map, or that of a pool."""
    seen: list[Seen] = list(run(partial(look, kind), range(worlds)))  # type: ignore[call-overload]
    return summary(kind, seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    print(f"{asked.worlds} worlds of each kind; bias and width in percentage points (times: per cent of an hour)")
    heads = "".join(f"{method:>22}" for method in METHODS)
    print(f"{'kind':<38}{'bias':>15}{heads}{'found at smallest':>20}")
    with ProcessPoolExecutor(asked.processes) as pool:
        for kind in KINDS.values():
            told = simulate(kind, asked.worlds, partial(pool.map, chunksize=10))
            cells = "".join(f"{told.coverage[m]:>12.1%} ({told.median_width[m]:>5.1f} )" for m in METHODS)
            print(
                f"{kind.name:<38}{told.bias:>7.2f} ± {told.bias_error:.2f}{cells}{told.found_ratio:>20.0%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
