"""Which figures may leave the force: small counts hidden, and enough beside them that no sum gives them away.

A figure is one or two counts (its numerator, its denominator) in a period and a scope. Counts add up: areas to the
force, months to quarters, quarters to years, some indicators to others. Whoever knows all but one member of such a sum
knows the last. So first what is small is hidden, then in every sum with one hidden member another, and then it is
worked out, as an attacker would with linear programming, how far each hidden count can be narrowed down; what can be
narrowed down too far has more hidden beside it. Months are decided before quarters, quarters before years, each from
its own counts: a later month changes nothing that went out. What belongs here: the arithmetic. Reading and writing
stand in `parts/public.py`; the rules in words in docs/disclosure.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

PERIODS = ("month", "quarter", "year")
PARTS_OF = {"quarter": ("month", 3), "year": ("quarter", 4)}
FORCE = ("force", "FORCE")
_MANY = 400  # hidden counts that hang together; with more the whole breakdown is hidden

Disclosure = Literal["SHOWN", "SUPPRESSED_SMALL", "SUPPRESSED_COMPLEMENTARY", "NOT_AVAILABLE"]


class Cell(NamedTuple):
    """A count in one period and scope. `series` names what is counted: figures that share a count share the name."""

    series: str
    scope_type: str
    scope_code: str
    period_type: str
    period_start: date


@dataclass(frozen=True)
class Figure:
    """A published figure. Counts are whole numbers; what is no count of people or calls has None for it."""

    kpi_id: str
    scope_type: str
    scope_code: str
    period_type: str
    period_start: date
    numerator: float | None
    denominator: float | None
    value: float | None
    counted: float | None  # on how many it rests: those measured of a percentile or mean, the whole of a share
    kind: Literal["share", "count", "other"]


@dataclass(frozen=True)
class Shown:
    """What may be shown of a figure."""

    figure: Figure
    numerator: float | None
    denominator: float | None
    value: float | None
    disclosure: Disclosure


@dataclass(frozen=True)
class Limits:
    small: int = 5  # counts from one to below it are hidden
    percentage: int = 10  # shares, percentiles and means of fewer are hidden


# Counts that several figures show, by one name; `d` is a denominator, `n` a numerator.
SAME: Mapping[tuple[str, str], str] = {
    ("calls_101_within_30s", "n"): "101 in time",
    ("calls_101_within_30s_of_offered", "n"): "101 in time",
    ("calls_999_within_10s", "n"): "999 in time",
    ("calls_999_within_10s_of_offered", "n"): "999 in time",
    ("calls_offered", "n"): "offered",
    ("calls_short_abandoned", "d"): "offered",
    ("calls_presented", "n"): "presented",
    ("calls_abandoned_in_menu", "d"): "presented",
    ("diary_kept_on_time", "d"): "appointments passed",
    ("diary_failed", "d"): "appointments passed",
    ("diary_domestic_abuse", "d"): "appointments",
    ("diary_inappropriate", "d"): "appointments",
    ("demand_internal", "d"): "answered with a wrap code",
    ("demand_failure", "d"): "answered with a wrap code",
    ("demand_other_agency", "d"): "answered with a wrap code",
    **{
        (f"da_{name}", "d"): "domestic-abuse incidents"
        for name in ("attended_24h", "arrest", "risk_assessed", "positive_action", "victim_supports", "repeat_28d")
    },
}
# Sums between counts of one period and scope.
SUMS: Sequence[tuple[str, Sequence[str]]] = (("offered", ("calls_abandoned.d", "calls_short_abandoned.n")),)


def series_of(kpi_id: str, part: Literal["n", "d"]) -> str:
    """The name of a figure's numerator or denominator as a count."""
    return SAME.get((kpi_id, part), f"{kpi_id}.{part}")


@dataclass(frozen=True)
class Sum:
    """A total and its members; what a member lacks is nought."""

    total: Cell
    members: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.total, *self.members)


def decide(figures: Sequence[Figure], limits: Limits) -> list[Shown]:
    """What may be shown of each figure, in the order given."""
    counts, within = _counts(figures)
    small = set(_small(figures, counts, limits))
    hidden = set(small)
    sums = _sums(counts)
    by_period: dict[str, list[Sum]] = defaultdict(list)
    for each in sums:
        by_period[each.total.period_type].append(each)
    for period in PERIODS:
        _hide_beside(hidden, counts, by_period[period])
        _hide_until_safe(hidden, small, counts, within, by_period[period], sums, limits, period)
    _show_what_is_known_anyway(hidden, small, counts, within, sums)
    held = _held(figures, limits)
    return [_shown(figure, hidden, small, held, limits) for figure in figures]


# --- counts -----------------------------------------------------------------------------------------------------------
def _cell(figure: Figure, part: Literal["n", "d"]) -> Cell:
    return Cell(
        series_of(figure.kpi_id, part), figure.scope_type, figure.scope_code, figure.period_type, figure.period_start
    )


def _parts(figure: Figure) -> Iterable[tuple[Cell, float]]:
    if figure.kind in {"share", "count"} and figure.numerator is not None:
        yield _cell(figure, "n"), figure.numerator
    if figure.kind == "share" and figure.denominator is not None:
        yield _cell(figure, "d"), figure.denominator


def _counts(figures: Sequence[Figure]) -> tuple[dict[Cell, float], list[tuple[Cell, Cell]]]:
    """Every count once, and which is never more than which."""
    counts: dict[Cell, float] = {}
    within = []
    for figure in figures:
        counts.update(_parts(figure))
        if figure.kind == "share" and figure.numerator is not None and figure.denominator is not None:
            within.append((_cell(figure, "n"), _cell(figure, "d")))
    return counts, within


def _small(figures: Sequence[Figure], counts: Mapping[Cell, float], limits: Limits) -> Iterable[Cell]:
    def is_small(count: float | None) -> bool:
        return count is not None and 0 < count < limits.small

    for cell, count in counts.items():
        if is_small(count):
            yield cell
    for figure in figures:
        if figure.kind != "share" or figure.numerator is None or figure.denominator is None:
            continue
        # All but a few is a few; and of a few nothing is said, none and all included.
        if is_small(figure.denominator - figure.numerator) or 0 < figure.denominator < limits.percentage:
            yield _cell(figure, "n")


def _sums(counts: Mapping[Cell, float]) -> list[Sum]:
    """Sums that hold: breakdowns of the force, periods of periods, counts of counts."""
    groups: dict[Cell, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    times: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in counts:
        if cell.scope_type != "force":
            groups[cell._replace(scope_type=FORCE[0], scope_code=FORCE[1])][cell.scope_type].append(cell)
        for whole, (part, _) in PARTS_OF.items():
            if cell.period_type == part:
                times[cell._replace(period_type=whole, period_start=_start_of(whole, cell.period_start))].append(cell)
    found = [
        Sum(total, tuple(sorted(members)))
        for total, kinds in groups.items()
        for members in kinds.values()
        if total in counts
    ]
    found += [Sum(total, tuple(sorted(members))) for total, members in times.items() if total in counts]
    for total, members in SUMS:
        found += [
            Sum(cell, tuple(cell._replace(series=member) for member in members))
            for cell in counts
            if cell.series == total and all(cell._replace(series=member) in counts for member in members)
        ]
    kept = [each for each in found if abs(counts[each.total] - sum(counts[cell] for cell in each.members)) < 0.5]
    return sorted(kept, key=lambda each: (each.total, each.members))


def _start_of(period: str, day: date) -> date:
    """First day of the financial quarter or year that a day lies in."""
    if period == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year if day.month >= 4 else day.year - 1, 4, 1)


# --- hiding -----------------------------------------------------------------------------------------------------------
def _hide_beside(hidden: set[Cell], counts: Mapping[Cell, float], sums: Sequence[Sum]) -> None:
    """In every sum with one hidden member hide a second, until none is left; parts of periods are decided already."""
    again = True
    while again:
        again = False
        for each in sums:
            inside = [cell for cell in each.cells if cell in hidden]
            if len(inside) != 1:
                continue
            other = _cheapest(each, hidden, counts)
            if other is not None:
                hidden.add(other)
                again = True


def _cheapest(each: Sum, hidden: set[Cell], counts: Mapping[Cell, float]) -> Cell | None:
    """What is hidden at least loss: the smallest member that is not nought and not decided earlier, else the total."""
    is_of_periods = each.total.period_type != each.members[0].period_type if each.members else False
    open_ = [] if is_of_periods else [cell for cell in each.members if cell not in hidden and counts[cell] > 0]
    open_ += [each.total] if each.total not in hidden else []
    return min(open_, key=lambda cell: (cell == each.total, counts[cell], cell), default=None)


def _hide_until_safe(
    hidden: set[Cell],
    small: set[Cell],
    counts: Mapping[Cell, float],
    within: Sequence[tuple[Cell, Cell]],
    own: Sequence[Sum],
    sums: Sequence[Sum],
    limits: Limits,
    period: str,
) -> None:
    """Attack what would be shown up to this kind of period; hide more where a count can be narrowed down too far."""
    known = PERIODS[: PERIODS.index(period) + 1]
    shown_sums = [each for each in sums if each.total.period_type in known]
    bounds = [pair for pair in within if pair[0].period_type in known]
    mine: dict[Cell, list[Sum]] = defaultdict(list)
    for each in own:
        for cell in each.cells:
            mine[cell].append(each)
    checked: set[frozenset[Cell]] = set()
    while True:
        weak: list[Cell] = []
        for together in _hanging_together(hidden, shown_sums, bounds):
            if not any(cell in mine for cell in together):
                continue
            key = frozenset(together)
            if key in checked:
                continue
            found = [cell for cell in together if cell in small]
            if len(together) <= _MANY:
                found = _narrowed(together, found, limits.small, hidden, counts, shown_sums, bounds)
            weak += found
            if not found:
                checked.add(key)
        if not weak or not _hide_more(weak, hidden, counts, mine, period):
            return
        _hide_beside(hidden, counts, own)


def _hide_more(
    weak: Sequence[Cell],
    hidden: set[Cell],
    counts: Mapping[Cell, float],
    mine: Mapping[Cell, Sequence[Sum]],
    period: str,
) -> bool:
    """Hide one more beside each; of those in earlier periods, whatever of this period hangs on them."""
    is_changed = False
    for cell in weak:
        near = mine.get(cell, ())
        options = [other for each in near if (other := _cheapest(each, hidden, counts)) is not None]
        if cell.period_type != period:  # decided earlier: what it is a part of goes
            whole = cell._replace(period_type=period, period_start=_start_of(period, cell.period_start))
            options = [whole] if whole in counts and whole not in hidden else []
        if options:
            hidden.add(min(options, key=lambda other: (counts[other], other)))
            is_changed = True
    if not is_changed:
        # Nothing left beside them: the whole of their series in this period goes.
        series = {cell.series for cell in weak}
        rest = [cell for cell in mine if cell.series in series and cell.period_type == period and cell not in hidden]
        hidden.update(rest)
        is_changed = bool(rest)
    return is_changed


def _hanging_together(hidden: set[Cell], sums: Sequence[Sum], within: Sequence[tuple[Cell, Cell]]) -> list[list[Cell]]:
    """Hidden counts in groups that share a sum, or of which one bounds the other."""
    leader: dict[Cell, Cell] = {cell: cell for cell in hidden}

    def top(cell: Cell) -> Cell:
        while leader[cell] != cell:
            leader[cell] = leader[leader[cell]]
            cell = leader[cell]
        return cell

    for cells in (*(each.cells for each in sums), *within):
        inside = [cell for cell in cells if cell in hidden]
        for other in inside[1:]:
            leader[top(other)] = top(inside[0])
    groups: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in sorted(hidden):
        groups[top(cell)].append(cell)
    return list(groups.values())


def _show_what_is_known_anyway(
    hidden: set[Cell],
    small: set[Cell],
    counts: Mapping[Cell, float],
    within: Sequence[tuple[Cell, Cell]],
    sums: Sequence[Sum],
) -> None:
    """What was hidden beside others and can be worked out all the same is shown: it tells nothing new."""
    for together in _hanging_together(hidden, sums, within):
        if len(together) <= _MANY:
            beside = [cell for cell in together if cell not in small]
            hidden.difference_update(_narrowed(together, beside, 1, hidden, counts, sums, within))


def _narrowed(
    together: Sequence[Cell],
    asked: Sequence[Cell],
    least_width: float,
    hidden: set[Cell],
    counts: Mapping[Cell, float],
    sums: Sequence[Sum],
    within: Sequence[tuple[Cell, Cell]],
) -> list[Cell]:
    """Those of the asked that all that is shown narrows down to less than a width."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    place = {cell: at for at, cell in enumerate(together)}
    rows, right = [], []
    for each in sums:
        inside = [cell for cell in each.cells if cell in place]
        if inside:
            row = np.zeros(len(together))
            for cell in inside:
                row[place[cell]] += -1.0 if cell == each.total else 1.0
            known = sum(counts[cell] for cell in each.members if cell not in hidden)
            rows.append(row)
            right.append((0.0 if each.total in hidden else counts[each.total]) - known)
    upper, least = [], []
    caps: dict[Cell, float] = {}
    for small_one, large_one in within:
        if small_one in place and large_one in place:
            row = np.zeros(len(together))
            row[place[small_one]], row[place[large_one]] = 1.0, -1.0
            upper.append(row)
            least.append(0.0)
        elif small_one in place and large_one not in hidden:
            caps[small_one] = min(caps.get(small_one, np.inf), counts[large_one])
    floors: dict[Cell, float] = {}
    for small_one, large_one in within:
        if large_one in place and small_one not in hidden:
            floors[large_one] = max(floors.get(large_one, 0.0), counts[small_one])
    bounds = [(floors.get(cell, 0.0), caps.get(cell)) for cell in together]
    system = {
        "A_eq": csr_matrix(np.array(rows)) if rows else None,
        "b_eq": np.array(right) if rows else None,
        "A_ub": csr_matrix(np.array(upper)) if upper else None,
        "b_ub": np.array(least) if upper else None,
        "bounds": bounds,
        "method": "highs",
    }
    weak = []
    for cell in asked:
        at = place[cell]
        aim = np.zeros(len(together))
        aim[at] = 1.0
        low = linprog(aim, **system)
        high = linprog(-aim, **system)
        if high.status == 3:  # without bound
            continue
        width = -high.fun - low.fun if low.status == 0 and high.status == 0 else 0.0
        if width < least_width - 1e-6:
            weak.append(cell)
    return weak


# --- what is shown ----------------------------------------------------------------------------------------------------
Breakdown = tuple[str, str, str, date]  # indicator, kind of scope, kind of period, first day


def _breakdown(figure: Figure) -> Breakdown:
    return (figure.kpi_id, figure.scope_type, figure.period_type, figure.period_start)


def _held(figures: Sequence[Figure], limits: Limits) -> set[Breakdown]:
    """Breakdowns of times and hours that do not leave: each stands whole or not, and so does what it is a part of.

    Their sums add up as counts do: of scopes to the force, of months to quarters and years. What is of a few would be
    the rest of what is shown.
    """
    held: set[Breakdown] = set()
    for figure in figures:
        if figure.kind == "other" and figure.numerator is not None and 0 < (figure.counted or 0) < limits.percentage:
            held.add(_breakdown(figure))
            held |= {
                (figure.kpi_id, figure.scope_type, whole, _start_of(whole, figure.period_start))
                for whole in PERIODS[PERIODS.index(figure.period_type) + 1 :]
            }
    return held


def _shown(figure: Figure, hidden: set[Cell], small: set[Cell], held: set[Breakdown], limits: Limits) -> Shown:
    if figure.value is None and figure.numerator is None:
        return Shown(figure, None, None, None, "NOT_AVAILABLE")
    if figure.kind == "other":
        is_few = 0 < (figure.counted or 0) < limits.percentage
        if is_few or _breakdown(figure) in held:
            return Shown(figure, None, None, None, "SUPPRESSED_SMALL" if is_few else "SUPPRESSED_COMPLEMENTARY")
        return Shown(figure, None, None, figure.value, "SHOWN")  # its sums stay: they would add up
    own = _cell(figure, "n")
    whole = _cell(figure, "d") if figure.kind == "share" else None
    gone = {cell for cell in (own, whole) if cell is not None and cell in hidden}
    if not gone:
        return Shown(figure, figure.numerator, figure.denominator, figure.value, "SHOWN")
    return Shown(
        figure,
        None if own in gone else figure.numerator,
        None if whole is None or whole in gone else figure.denominator,
        None,
        "SUPPRESSED_SMALL" if gone & small else "SUPPRESSED_COMPLEMENTARY",
    )
