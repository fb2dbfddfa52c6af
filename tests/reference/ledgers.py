"""How facts become rows of indicators: cells by day and scope, added up to periods. No facts, no indicator of its own.

Each fact is entered once per scope under its London day; days are then added up to weeks, months, quarters and years.
Values are fractions, so nothing is rounded before the last comparison.

Choices that hold for all rows:
- Force rows stand for every period from the one that holds the indicator's first business date to the one that holds
  its last; other scopes only where eligible_count > 0, and only in those periods too.
- Facts dated before the first business date count in the periods that hold that date (its week, month ...), no others.
- A period of which no day was delivered and in which no fact lies is not available: numerator, denominator and value
  are None, never 0. A fixed denominator stands in every row, as it is the same whatever came.
- Counts: eligible_count = measured_count = the value; so a line that has none of a kind has no row.
- A ratio of which there was something and nothing could be measured has no value; numerator and denominator stand.
- Ratios and means: measured_count is the denominator in facts, eligible_count what it would be were everything known.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from .clocks import PERIOD_TYPES, period_starts
from .landing import Landing, delivered_days, exports_of, first_day, last_day

Scope = tuple[str, str]
FORCE: Scope = ("force", "FORCE")


Number = Any  # int, and Fraction where figures are delivered as decimals


class KpiRow(NamedTuple):
    kpi_id: str
    period_type: str
    period_start: date
    scope_type: str
    scope_code: str
    numerator: Number
    denominator: Number
    value: Fraction | None
    measured_count: int
    eligible_count: int
    is_delivered: bool  # at least one day of the period was delivered by an export the indicator needs


# --- what is known of a scope on a day -----------------------------------------------------------------------------
class Cell:
    __slots__ = ("denominator", "eligible", "measured", "numerator", "values")

    def __init__(self) -> None:
        self.numerator: Number = 0
        self.denominator: Number = 0
        self.measured = self.eligible = 0
        self.values: list[Number] = []

    def add(self, other: Cell) -> None:
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.measured += other.measured
        self.eligible += other.eligible
        self.values += other.values


class Figure(NamedTuple):
    """One indicator: how its cells become a row. `kind` is count, fixed, ratio, mean, max, percentile."""

    kpi_id: str
    kind: str
    share: Fraction = Fraction(0)
    has_force: bool = True
    fixed_denominator: int = 0  # of kind fixed: what every numerator is divided by


class Ledger:
    """Cells of one family of figures (those that share their facts), by day and scope."""

    def __init__(self, *figures: Figure) -> None:
        self.figures = figures
        self.cells: dict[tuple[int, Scope], Cell] = {}

    def cell(self, day: int, scope: Scope) -> Cell:
        found = self.cells.get((day, scope))
        if found is None:
            found = self.cells[day, scope] = Cell()
        return found

    def ratio(self, day: int, scopes: Iterable[Scope], is_hit: bool | None) -> None:
        """One eligible fact; None: it could not be measured."""
        for scope in scopes:
            cell = self.cell(day, scope)
            cell.eligible += 1
            if is_hit is not None:
                cell.measured += 1
                cell.denominator += 1
                cell.numerator += is_hit

    def value(self, day: int, scopes: Iterable[Scope], value: Number) -> None:
        """One eligible fact and its measured value, for means and percentiles."""
        for scope in scopes:
            cell = self.cell(day, scope)
            cell.eligible += 1
            if value is not None:
                cell.measured += 1
                cell.denominator += 1
                cell.numerator += value
                cell.values.append(value)

    def parts(self, day: int, scopes: Iterable[Scope], parts: tuple[Number, Number] | None) -> None:
        """One eligible fact that adds to both sides, for ratios of sums."""
        for scope in scopes:
            cell = self.cell(day, scope)
            cell.eligible += 1
            if parts is not None:
                cell.measured += 1
                cell.numerator += parts[0]
                cell.denominator += parts[1]


# --- periods ------------------------------------------------------------------------------------------------------
class Span(NamedTuple):
    """The periods an indicator is stated for, and which of them hold a delivered day."""

    periods: dict[tuple[str, date], bool]


def span_between(first: int, last: int, delivered: Container[int], period_types: Container[str] = PERIOD_TYPES) -> Span:
    """The periods that the days from `first` to `last` lie in."""
    periods: dict[tuple[str, date], bool] = {}
    for day in range(first, last + 1):
        for period in period_starts(day):
            if period[0] in period_types:
                periods[period] = periods.get(period, False) or day in delivered
    return Span(periods)


def span_of(landing: Landing, inputs: tuple[str, ...], system: str) -> Span | None:
    """From the first date of any of `inputs` to the newest of the system; a day that any of them sent is there."""
    first, last = first_day(landing, inputs), last_day(landing, exports_of(system))
    if first is None or last is None:
        return None
    return span_between(first, last, delivered_days(landing, inputs))


def percentile(ordered: Sequence[Number], share: Fraction) -> Fraction:
    """Linear interpolation between the two nearest ranks, as PERCENTILE.INC; `ordered` is sorted and not empty."""
    place = (len(ordered) - 1) * share
    low = place.numerator // place.denominator
    high = min(low + 1, len(ordered) - 1)
    return Fraction(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


def _statistic(figure: Figure, ordered: list[Number]) -> Fraction | None:
    if not ordered:
        return None
    return Fraction(ordered[-1]) if figure.kind == "max" else percentile(ordered, figure.share)


def _row_values(figure: Figure, cell: Cell, ordered: list[Number]) -> tuple[Number, Number, Fraction | None]:
    if figure.kind == "count":
        return cell.numerator, None, Fraction(cell.numerator)
    if figure.kind == "fixed":
        return cell.numerator, figure.fixed_denominator, Fraction(cell.numerator, figure.fixed_denominator)
    if figure.kind in ("ratio", "mean"):
        is_known = bool(cell.denominator) and (cell.measured > 0 or cell.eligible == 0)
        value = Fraction(cell.numerator, cell.denominator) if is_known else None
        return cell.numerator, cell.denominator, value
    # Percentiles, and the maximum as the last of them: no numerator.
    return None, cell.measured, _statistic(figure, ordered)


def rows_of(ledger: Ledger, span: Span) -> Iterator[KpiRow]:
    totals: dict[tuple[tuple[str, date], Scope], Cell] = {}
    if any(figure.has_force for figure in ledger.figures):
        totals = {(period, FORCE): Cell() for period in span.periods}
    for (day, scope), cell in ledger.cells.items():
        for period in period_starts(day):
            if period in span.periods:
                total = totals.get((period, scope))
                if total is None:
                    total = totals[period, scope] = Cell()
                total.add(cell)
    for (period, scope), total in totals.items():
        ordered = sorted(total.values)
        for figure in ledger.figures:
            if scope == FORCE and not figure.has_force:
                continue
            if scope == FORCE or total.eligible > 0:
                yield _row(figure, period, scope, total, ordered, span.periods[period])


def _row(
    figure: Figure, period: tuple[str, date], scope: Scope, cell: Cell, ordered: list[Number], is_delivered: bool
) -> KpiRow:
    is_available = is_delivered or cell.eligible > 0
    nothing = (None, figure.fixed_denominator or None, None)
    numerator, denominator, value = _row_values(figure, cell, ordered) if is_available else nothing
    return KpiRow(
        figure.kpi_id, *period, *scope, numerator, denominator, value, cell.measured, cell.eligible, is_delivered
    )


def ratio_ledgers(*names: str) -> dict[str, Ledger]:
    return {name: Ledger(Figure(name, "ratio")) for name in names}
