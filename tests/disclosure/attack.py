"""Tries to work out what a published table hides, as somebody would who knows which counts add up.

It reads rows as they are published (a numerator, a denominator, a value, or none) and knows that areas add up to the
force, months to quarters and quarters to years, that a share is its numerator by its denominator, and that no numerator
is larger than its denominator. It shares no code with what hides them. First every sum is turned over until nothing
narrows any more, then each hidden count is bounded with linear programming.

`make disclosure-attack` attacks a thousand random tables, with and without the hiding of a second member.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import linprog

from orchestration.analysis import disclosure

Key = tuple[str, str, str, str, date]  # count, scope type, scope code, period type, first day
SMALL = 5
AREAS = ("A", "B", "C", "D", "E")


@dataclass(frozen=True)
class Row:
    """A row as it is published."""

    kpi: str
    scope_type: str
    scope_code: str
    period: str
    start: date
    numerator: float | None
    denominator: float | None
    value: float | None
    is_share: bool


def quarter(day: date) -> date:
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def year(day: date) -> date:
    return date(day.year - (day.month < 4), 4, 1)


class Attack:
    """What can be said of every count: from nothing to the bounds that the published rows leave."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.low: dict[Key, float] = {}
        self.high: dict[Key, float] = {}
        self.equations: list[tuple[Key, list[Key]]] = []
        self.at_most: list[tuple[Key, Key]] = []
        for row in rows:
            self._learn(row)
        self._find_sums()

    def _learn(self, row: Row) -> None:
        place = (row.scope_type, row.scope_code, row.period, row.start)
        own: Key = (f"{row.kpi} of", *place)
        whole: Key = (f"{row.kpi} all", *place)
        numerator, denominator = row.numerator, row.denominator
        if row.value is not None and row.is_share:  # a share and one of its counts give the other
            if numerator is None and denominator is not None:
                numerator = row.value * denominator
            if denominator is None and numerator is not None and row.value:
                denominator = numerator / row.value
        for key, count in ((own, numerator), (whole, denominator)):
            if key[0].endswith("all") and not row.is_share:
                continue
            self.low[key] = 0.0 if count is None else float(count)
            self.high[key] = float("inf") if count is None else float(count)
        if row.is_share:
            self.at_most.append((own, whole))

    def _find_sums(self) -> None:
        by_scope: dict[tuple[Key, str], list[Key]] = defaultdict(list)
        by_time: dict[Key, list[Key]] = defaultdict(list)
        for key in self.low:
            count, scope, code, period, start = key
            if scope != "force":
                by_scope[((count, "force", "FORCE", period, start), scope)].append(key)
            if period == "month":
                by_time[(count, scope, code, "quarter", quarter(start))].append(key)
            if period == "quarter":
                by_time[(count, scope, code, "year", year(start))].append(key)
        for total, members in [*((total, members) for (total, _), members in by_scope.items()), *by_time.items()]:
            if total in self.low:
                self.equations.append((total, members))

    def narrow(self) -> None:
        """Turn every sum over, until nothing narrows."""
        for _ in range(50):
            before = (dict(self.low), dict(self.high))
            for total, members in self.equations:
                self._bound(total, sum(self.low[m] for m in members), sum(self.high[m] for m in members))
                for one in members:
                    others = [m for m in members if m != one]
                    self._bound(
                        one,
                        self.low[total] - sum(self.high[m] for m in others),
                        self.high[total] - sum(self.low[m] for m in others),
                    )
            for less, more in self.at_most:
                self._bound(less, 0.0, self.high[more])
                self._bound(more, self.low[less], float("inf"))
            if before == (self.low, self.high):
                return

    def _bound(self, key: Key, low: float, high: float) -> None:
        if low > self.low[key] + 1e-9:
            self.low[key] = min(low, self.high[key])
        if high < self.high[key] - 1e-9:
            self.high[key] = max(high, self.low[key])

    def widths(self, keys: Iterable[Key]) -> dict[Key, tuple[float, float]]:
        """Bounds of each by linear programming over all that is published."""
        places = {key: at for at, key in enumerate(self.low)}
        equal = np.zeros((len(self.equations), len(places)))
        for at, (total, members) in enumerate(self.equations):
            equal[at, places[total]] = -1
            for member in members:
                equal[at, places[member]] += 1
        less = np.zeros((len(self.at_most), len(places)))
        for at, (small, large) in enumerate(self.at_most):
            less[at, places[small]], less[at, places[large]] = 1, -1
        bounds = [(self.low[key], None if self.high[key] == float("inf") else self.high[key]) for key in places]
        found = {}
        for key in keys:
            aim = np.zeros(len(places))
            aim[places[key]] = 1
            ends = []
            for sign in (1, -1):
                solved = linprog(
                    sign * aim,
                    A_eq=equal if len(equal) else None,
                    b_eq=np.zeros(len(equal)) if len(equal) else None,
                    A_ub=less if len(less) else None,
                    b_ub=np.zeros(len(less)) if len(less) else None,
                    bounds=bounds,
                )
                ends.append(sign * solved.fun if solved.status == 0 else sign * -float("inf"))
            found[key] = (ends[0], ends[1])
        return found


def recovered(rows: Sequence[Row], *, deep: bool = True) -> list[Key]:
    """Hidden counts that the published rows give away to the last one."""
    attack = Attack(rows)
    hidden = [key for key in attack.low if attack.low[key] != attack.high[key]]
    attack.narrow()
    known = [key for key in hidden if attack.high[key] - attack.low[key] < 0.999]
    if deep:
        rest = [key for key in hidden if key not in set(known)]
        known += [key for key, (low, high) in attack.widths(rest).items() if high - low < 0.999]
    return known


# --- random tables ----------------------------------------------------------------------------------------------------
def random_figures(seed: int) -> list[disclosure.Figure]:
    """Areas by month, quarter and year of one share: sparse, many small, some none."""
    rng = random.Random(seed)
    rate, spread, share = rng.choice([3, 8, 15, 40]), rng.uniform(0.3, 1.5), rng.choice([0.1, 0.3, 0.6])
    months = [date(2021, month, 1) for month in (4, 5, 6, 7, 8, 9)]
    size = {area: rate * rng.lognormvariate(0, spread) for area in AREAS}
    counts: dict[tuple[str, str, str, date], list[int]] = defaultdict(lambda: [0, 0])
    for month in months:
        for area in AREAS:
            whole = int(rng.gauss(size[area], size[area] ** 0.5) + 0.5)
            whole = max(whole, 0)
            own = sum(rng.random() < share for _ in range(whole))
            places = (("month", month), ("quarter", quarter(month)), ("year", year(month)))
            for scope, code in (("area", area), ("force", "FORCE")):
                for period, start in places:
                    cell = counts[(scope, code, period, start)]
                    cell[0] += own
                    cell[1] += whole
    return [
        disclosure.Figure(
            "share", scope, code, period, start, own, whole, own / whole if whole else None, None, "share"
        )
        for (scope, code, period, start), (own, whole) in sorted(counts.items())
    ]


def published(figures: Sequence[disclosure.Figure], *, with_others: bool = True) -> list[Row]:
    """The rows that would leave. Without others: small counts hidden and nothing beside them."""
    limits = disclosure.Limits()
    if with_others:
        return [
            Row(
                each.figure.kpi_id, each.figure.scope_type, each.figure.scope_code, each.figure.period_type,
                each.figure.period_start, each.numerator, each.denominator, each.value, True,
            )
            for each in disclosure.decide(figures, limits)
        ]  # fmt: skip

    def small(count: float) -> bool:
        return 0 < count < limits.small

    rows = []
    for each in figures:
        own, whole = each.numerator or 0, each.denominator or 0
        hide_own = small(own) or small(whole - own) or 0 < whole < limits.percentage
        hide_whole = small(whole)
        rows.append(
            Row(
                each.kpi_id, each.scope_type, each.scope_code, each.period_type, each.period_start,
                None if hide_own else own, None if hide_whole else whole,
                None if hide_own or hide_whole else each.value, True,
            )
        )  # fmt: skip
    return rows


def hidden_share(rows: Sequence[Row]) -> float:
    return sum(row.numerator is None for row in rows) / len(rows)


def attack_tables(seeds: Iterable[int], *, with_others: bool = True, deep: bool = True) -> Mapping[str, float]:
    """Tables in which anything was recovered, how many counts, and how much is hidden."""
    tables, counts, shares = 0, 0, []
    for seed in seeds:
        rows = published(random_figures(seed), with_others=with_others)
        found = recovered(rows, deep=deep)
        tables, counts = tables + bool(found), counts + len(found)
        shares.append(hidden_share(rows))
    return {"tables": tables, "counts": counts, "hidden": sum(shares) / len(shares)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tables", type=int, default=1000)
    asked = parser.parse_args()
    for name, with_others in (("as published", True), ("small counts hidden alone", False)):
        found = attack_tables(range(asked.tables), with_others=with_others)
        print(
            f"{name:<28}{asked.tables} tables, recovered something in {found['tables']:.0f}, "
            f"{found['counts']:.0f} counts; {found['hidden']:.0%} of numerators hidden",
            flush=True,
        )


if __name__ == "__main__":
    main()
