"""Call and response indicators. What belongs here: which facts enter which figure, and the periods. No facts derived.

Each fact is entered once per scope under its London day; days are then added up to weeks, months, quarters and years.
Values are fractions, so nothing is rounded before the last comparison.

Choices that hold for all rows:
- Force rows stand for every period from the one that holds the indicator's first business date to the one that holds
  its last; other scopes only where eligible_count > 0, and only in those periods too.
- Facts dated before the first business date count in the periods that hold that date (its week, month ...), no others.
- A period of which no day was delivered and in which no fact lies is not available: numerator, denominator and value
  are None, never 0.
- Counts: eligible_count = measured_count = the value; so a line that has none of a kind has no row.
- Ratios and means: measured_count is the denominator in facts, eligible_count what it would be were everything known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from .call_facts import Call
from .clocks import day_date, local_day, period_starts
from .incident_facts import Incident
from .landing import Landing, delivered_days, exports_of, first_day, last_day

Scope = tuple[str, str]
FORCE: Scope = ("force", "FORCE")


class KpiRow(NamedTuple):
    kpi_id: str
    period_type: str
    period_start: date
    scope_type: str
    scope_code: str
    numerator: int | None
    denominator: int | None
    value: Fraction | None
    measured_count: int
    eligible_count: int
    is_delivered: bool  # at least one day of the period was delivered by an export the indicator needs


class ResponseTarget(NamedTuple):
    """A response target in force; none is public, so the default of `indicators` is none."""

    grade: str
    is_urban: bool
    seconds: int
    valid_from: date = date.min
    valid_to: date = date.max


# --- what is known of a scope on a day -----------------------------------------------------------------------------
class _Cell:
    __slots__ = ("denominator", "eligible", "measured", "numerator", "values")

    def __init__(self) -> None:
        self.numerator = self.denominator = self.measured = self.eligible = 0
        self.values: list[int] = []

    def add(self, other: _Cell) -> None:
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.measured += other.measured
        self.eligible += other.eligible
        self.values += other.values


class _Figure(NamedTuple):
    """One indicator: how its cells become a row. `kind` is count, ratio, mean, max or a percentile's share."""

    kpi_id: str
    kind: str
    share: Fraction = Fraction(0)
    has_force: bool = True


class _Ledger:
    """Cells of one family of figures (those that share their facts), by day and scope."""

    def __init__(self, *figures: _Figure) -> None:
        self.figures = figures
        self.cells: dict[tuple[int, Scope], _Cell] = {}

    def cell(self, day: int, scope: Scope) -> _Cell:
        found = self.cells.get((day, scope))
        if found is None:
            found = self.cells[day, scope] = _Cell()
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

    def value(self, day: int, scopes: Iterable[Scope], value: int | None) -> None:
        """One eligible fact and its measured value, for means and percentiles."""
        for scope in scopes:
            cell = self.cell(day, scope)
            cell.eligible += 1
            if value is not None:
                cell.measured += 1
                cell.denominator += 1
                cell.numerator += value
                cell.values.append(value)

    def parts(self, day: int, scopes: Iterable[Scope], parts: tuple[int, int] | None) -> None:
        """One eligible fact that adds to both sides, for ratios of sums."""
        for scope in scopes:
            cell = self.cell(day, scope)
            cell.eligible += 1
            if parts is not None:
                cell.measured += 1
                cell.numerator += parts[0]
                cell.denominator += parts[1]


# --- periods ------------------------------------------------------------------------------------------------------
class _Span(NamedTuple):
    """The periods an indicator is stated for, and which of them hold a delivered day."""

    periods: dict[tuple[str, date], bool]


def _span(landing: Landing, inputs: tuple[str, ...], system: str) -> _Span | None:
    first, last = first_day(landing, inputs), last_day(landing, exports_of(system))
    if first is None or last is None:
        return None
    delivered = delivered_days(landing, inputs)
    periods: dict[tuple[str, date], bool] = {}
    for day in range(first, last + 1):
        for period in period_starts(day):
            periods[period] = periods.get(period, False) or day in delivered
    return _Span(periods)


def percentile(ordered: Sequence[int], share: Fraction) -> Fraction:
    """Linear interpolation between the two nearest ranks, as PERCENTILE.INC; `ordered` is sorted and not empty."""
    place = (len(ordered) - 1) * share
    low = place.numerator // place.denominator
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _statistic(figure: _Figure, ordered: list[int]) -> Fraction | None:
    if not ordered:
        return None
    return Fraction(ordered[-1]) if figure.kind == "max" else percentile(ordered, figure.share)


def _row_values(figure: _Figure, cell: _Cell, ordered: list[int]) -> tuple[int | None, int | None, Fraction | None]:
    if figure.kind == "count":
        return cell.numerator, None, Fraction(cell.numerator)
    if figure.kind in ("ratio", "mean"):
        value = Fraction(cell.numerator, cell.denominator) if cell.denominator else None
        return cell.numerator, cell.denominator, value
    # Percentiles, and the maximum as the last of them: no numerator.
    return None, cell.measured, _statistic(figure, ordered)


def _rows(ledger: _Ledger, span: _Span) -> Iterator[KpiRow]:
    totals: dict[tuple[tuple[str, date], Scope], _Cell] = {}
    if any(figure.has_force for figure in ledger.figures):
        totals = {(period, FORCE): _Cell() for period in span.periods}
    for (day, scope), cell in ledger.cells.items():
        for period in period_starts(day):
            if period in span.periods:
                total = totals.get((period, scope))
                if total is None:
                    total = totals[period, scope] = _Cell()
                total.add(cell)
    for (period, scope), total in totals.items():
        ordered = sorted(total.values)
        for figure in ledger.figures:
            if scope == FORCE and not figure.has_force:
                continue
            if scope == FORCE or total.eligible > 0:
                yield _row(figure, period, scope, total, ordered, span.periods[period])


def _row(
    figure: _Figure, period: tuple[str, date], scope: Scope, cell: _Cell, ordered: list[int], is_delivered: bool
) -> KpiRow:
    is_available = is_delivered or cell.eligible > 0
    numerator, denominator, value = _row_values(figure, cell, ordered) if is_available else (None, None, None)
    return KpiRow(
        figure.kpi_id, *period, *scope, numerator, denominator, value, cell.measured, cell.eligible, is_delivered
    )


# --- calls --------------------------------------------------------------------------------------------------------
_THRESHOLDS = {"999": ("calls_999_within_10s", 10), "101": ("calls_101_within_30s", 30)}
_COUNTED = {
    "calls_answered": "answered",
    "calls_answered_elsewhere": "answered_elsewhere",
    "calls_overflowed": "overflow",
}
_NOT_OFFERED = frozenset({"abandoned_in_menu", "ended_by_menu", "answered_elsewhere"})
_DEMANDS = ("internal", "failure", "other_agency")


def _ratio_ledgers(*names: str) -> dict[str, _Ledger]:
    return {name: _Ledger(_Figure(name, "ratio")) for name in names}


class _CallBook:
    """All ledgers of the calls; `enter` says where one call goes."""

    def __init__(self) -> None:
        counts = ("calls_presented", "calls_offered", *_COUNTED)
        self.counts = {name: _Ledger(_Figure(name, "count")) for name in counts}
        within = [name + ending for name, _ in _THRESHOLDS.values() for ending in ("", "_of_offered")]
        self.ratios = _ratio_ledgers(
            *within,
            "calls_abandoned",
            "calls_short_abandoned",
            "calls_abandoned_in_menu",
            "calls_redialled",
            *(f"demand_{name}" for name in _DEMANDS),
        )
        self.waits = _Ledger(
            _Figure("calls_wait_mean", "mean", has_force=False),
            _Figure("calls_wait_median", "percentile", Fraction(1, 2), has_force=False),
            _Figure("calls_wait_p90", "percentile", Fraction(9, 10), has_force=False),
            _Figure("calls_wait_p95", "percentile", Fraction(19, 20), has_force=False),
            _Figure("calls_wait_max", "max", has_force=False),
        )
        self.handling = _Ledger(_Figure("calls_handle_time_mean", "mean"))

    def ledgers(self) -> list[_Ledger]:
        return [*self.counts.values(), *self.ratios.values(), self.waits, self.handling]

    def enter(self, call: Call) -> None:
        if call.outcome == "test":
            return
        scopes: tuple[Scope, ...] = (FORCE, ("line", call.line))
        self._presented(call, scopes)
        if call.outcome not in _NOT_OFFERED:
            self._offered(call, scopes)
        if call.outcome == "answered":
            self._answered(call, scopes)
        if call.outcome == "abandoned":
            # Without a token whether the caller rang again cannot be known.
            is_hit = call.is_redialled if call.caller is not None else None
            self.ratios["calls_redialled"].ratio(call.offered_day, scopes, is_hit)

    def _count(self, name: str, day: int, scopes: tuple[Scope, ...]) -> None:
        self.counts[name].ratio(day, scopes, True)

    def _presented(self, call: Call, scopes: tuple[Scope, ...]) -> None:
        day = call.offered_day
        self._count("calls_presented", day, scopes)
        self.ratios["calls_abandoned_in_menu"].ratio(day, scopes, call.outcome == "abandoned_in_menu")
        for name, outcome in _COUNTED.items():
            if call.outcome == outcome:
                self._count(name, day, scopes)

    def _offered(self, call: Call, scopes: tuple[Scope, ...]) -> None:
        day = call.offered_day
        self._count("calls_offered", day, scopes)
        self.ratios["calls_short_abandoned"].ratio(day, scopes, call.is_short_abandon)
        if not call.is_short_abandon:
            # Choice, literal: abandoned with an unknown wait is not flagged short, so it counts as abandoned.
            self.ratios["calls_abandoned"].ratio(day, scopes, call.outcome == "abandoned")
        if call.line in _THRESHOLDS:
            name, seconds = _THRESHOLDS[call.line]
            is_hit = call.outcome == "answered" and call.wait_seconds is not None and call.wait_seconds <= seconds
            self.ratios[name + "_of_offered"].ratio(day, scopes, is_hit)

    def _answered(self, call: Call, scopes: tuple[Scope, ...]) -> None:
        day, wait = call.offered_day, call.wait_seconds
        if call.line in _THRESHOLDS:
            name, seconds = _THRESHOLDS[call.line]
            self.ratios[name].ratio(day, scopes, None if wait is None else wait <= seconds)
        self.waits.value(day, scopes[1:], wait)
        spans = (call.talk_seconds, call.hold_seconds, call.wrap_seconds)
        known = [seconds for seconds in spans if seconds is not None]
        self.handling.value(day, scopes, sum(known) if len(known) == len(spans) else None)
        for demand in _DEMANDS:
            is_hit = call.demand_type == demand if call.has_wrap_code else None
            self.ratios[f"demand_{demand}"].ratio(day, scopes, is_hit)


def _call_rows(landing: Landing, facts: Iterable[Call]) -> Iterator[KpiRow]:
    span = _span(landing, ("acd_segments",), "telephony")
    if span is None:
        return
    book = _CallBook()
    for call in facts:
        book.enter(call)
    for ledger in book.ledgers():
        yield from _rows(ledger, span)


def _occupancy_rows(landing: Landing) -> Iterator[KpiRow]:
    span = _span(landing, ("acd_agent_intervals",), "telephony")
    if span is None:
        return
    ledger = _Ledger(_Figure("calls_occupancy", "ratio"))
    table: dict[Any, Any] = landing.tables.get("acd_agent_intervals", {})
    for (start, team), (_, *seconds) in table.items():
        # Choice: an interval enters with all five parts known or not at all.
        parts = None
        if None not in seconds:
            staffed, talk, hold, wrap, aux = seconds
            parts = (talk + hold + wrap, staffed - aux)
        ledger.parts(local_day(start), (FORCE, ("team", team)), parts)
    yield from _rows(ledger, span)


# --- response -----------------------------------------------------------------------------------------------------
_STAGES = ("answer", "create", "grade", "assign", "en_route", "scene", "close")


def _instants(incident: Incident, call: Call | None) -> tuple[int | None, ...]:
    return (
        call.offered_at if call else None,
        call.answered_at if call else None,
        incident.created_at,
        incident.first_graded_at,
        incident.first_assigned_at,
        incident.first_en_route_at,
        incident.first_at_scene_at,
        incident.closed_at,
    )


def target_of(incident: Incident, targets: Sequence[ResponseTarget]) -> int | None:
    """The target of final grade and urban in force on the London day of creation; valid_to is the last day."""
    created = day_date(incident.created_day)
    for each in targets:
        is_mine = (each.grade, each.is_urban) == (incident.grade_final, incident.is_urban)
        if is_mine and each.valid_from <= created <= each.valid_to:
            return each.seconds
    return None


def _response_scopes(incident: Incident) -> tuple[Scope, ...]:
    urban = "Y" if incident.is_urban else "N"
    area = incident.area_code
    return FORCE, ("area", area), ("urban", urban), ("area_urban", f"{area}/{urban}")


class _ResponseBook:
    def __init__(self, targets: Sequence[ResponseTarget]) -> None:
        self.targets = targets
        self.times = {
            grade: _Ledger(
                _Figure(f"response_grade{grade}_median", "percentile", Fraction(1, 2)),
                _Figure(f"response_grade{grade}_p90", "percentile", Fraction(9, 10)),
            )
            for grade in ("1", "2")
        }
        # Without a target in force the indicator is not available, and has no rows here.
        self.within = {
            grade: _Ledger(_Figure(f"response_grade{grade}_within_target", "ratio"))
            for grade in ("1", "2")
            if any(target.grade == grade for target in targets)
        }
        self.stages = [
            _Ledger(_Figure(f"response_stage_{stage}_median", "percentile", Fraction(1, 2))) for stage in _STAGES
        ]

    def ledgers(self) -> list[_Ledger]:
        return [*self.times.values(), *self.within.values(), *self.stages]

    def enter(self, incident: Incident, call: Call | None) -> None:
        if incident.is_duplicate or incident.is_back_record:
            return
        self._stages(incident, call)
        grade = incident.grade_final
        if not incident.is_attended or grade not in self.times:
            return
        scopes, seconds = _response_scopes(incident), incident.response_seconds
        self.times[grade].value(incident.created_day, scopes, seconds)
        if grade in self.within:
            target = target_of(incident, self.targets)
            is_hit = None if seconds is None or target is None else seconds <= target
            self.within[grade].ratio(incident.created_day, scopes, is_hit)

    def _stages(self, incident: Incident, call: Call | None) -> None:
        """Choices: the two instants may be equal; every incident that is neither duplicate nor back-keyed is eligible
        for every stage; the grade scope of an incident without a final grade is UNGRADED."""
        scopes = (FORCE, ("grade", incident.grade_final or "UNGRADED"))
        instants = _instants(incident, call)
        for ledger, start, end in zip(self.stages, instants, instants[1:], strict=False):
            seconds = end - start if start is not None and end is not None and end >= start else None
            ledger.value(incident.created_day, scopes, seconds)


def _response_rows(
    landing: Landing, facts: Iterable[Incident], calls: Iterable[Call], targets: Sequence[ResponseTarget]
) -> Iterator[KpiRow]:
    span = _span(landing, ("saab_incidents", "legacy_incidents"), "incidents")
    if span is None:
        return
    incidents = list(facts)
    wanted = {incident.call_key for incident in incidents if incident.call_key}
    by_key = {call.call_key: call for call in calls if call.call_key in wanted}
    book = _ResponseBook(targets)
    for incident in incidents:
        book.enter(incident, by_key.get(incident.call_key or ""))
    for ledger in book.ledgers():
        yield from _rows(ledger, span)


def indicators(
    landing: Landing,
    calls: Sequence[Call],
    incidents: Sequence[Incident],
    response_targets: Sequence[ResponseTarget] = (),
) -> list[KpiRow]:
    """Every call and response indicator, sorted by indicator, period and scope."""
    rows = [
        *_call_rows(landing, calls),
        *_occupancy_rows(landing),
        *_response_rows(landing, incidents, calls, response_targets),
    ]
    return sorted(rows, key=lambda row: row[:5])
