"""Call and response indicators, and all of them together. What belongs here: which facts enter which figure.

No facts derived, no periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from .call_facts import Call
from .clocks import local_day
from .incident_facts import Incident
from .incident_results import incident_rows
from .landing import Landing
from .ledgers import FORCE, Figure, KpiRow, Ledger, Scope, ratio_ledgers, rows_of, span_of
from .other_results import other_rows
from .parameters import ResponseTarget, target_of

# --- calls --------------------------------------------------------------------------------------------------------
_THRESHOLDS = {"999": ("calls_999_within_10s", 10), "101": ("calls_101_within_30s", 30)}
_COUNTED = {
    "calls_answered": "answered",
    "calls_answered_elsewhere": "answered_elsewhere",
    "calls_overflowed": "overflow",
}
_NOT_OFFERED = frozenset({"abandoned_in_menu", "ended_by_menu", "answered_elsewhere"})
_DEMANDS = ("internal", "failure", "other_agency")


class _CallBook:
    """All ledgers of the calls; `enter` says where one call goes."""

    def __init__(self) -> None:
        counts = ("calls_presented", "calls_offered", *_COUNTED)
        self.counts = {name: Ledger(Figure(name, "count")) for name in counts}
        within = [name + ending for name, _ in _THRESHOLDS.values() for ending in ("", "_of_offered")]
        self.ratios = ratio_ledgers(
            *within,
            "calls_abandoned",
            "calls_short_abandoned",
            "calls_abandoned_in_menu",
            "calls_redialled",
            *(f"demand_{name}" for name in _DEMANDS),
        )
        self.waits = Ledger(
            Figure("calls_wait_mean", "mean", has_force=False),
            Figure("calls_wait_median", "percentile", Fraction(1, 2), has_force=False),
            Figure("calls_wait_p90", "percentile", Fraction(9, 10), has_force=False),
            Figure("calls_wait_p95", "percentile", Fraction(19, 20), has_force=False),
            Figure("calls_wait_max", "max", has_force=False),
        )
        self.handling = Ledger(Figure("calls_handle_time_mean", "mean"))

    def ledgers(self) -> list[Ledger]:
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
    span = span_of(landing, ("acd_segments",), "telephony")
    if span is None:
        return
    book = _CallBook()
    for call in facts:
        book.enter(call)
    for ledger in book.ledgers():
        yield from rows_of(ledger, span)


def _occupancy_rows(landing: Landing) -> Iterator[KpiRow]:
    span = span_of(landing, ("acd_agent_intervals",), "telephony")
    if span is None:
        return
    ledger = Ledger(Figure("calls_occupancy", "ratio"))
    table: dict[Any, Any] = landing.tables.get("acd_agent_intervals", {})
    for (start, team), (_, *seconds) in table.items():
        # Choice: an interval enters with all five parts known or not at all.
        parts = None
        if None not in seconds:
            staffed, talk, hold, wrap, aux = seconds
            parts = (talk + hold + wrap, staffed - aux)
        ledger.parts(local_day(start), (FORCE, ("team", team)), parts)
    yield from rows_of(ledger, span)


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


def _response_scopes(incident: Incident) -> tuple[Scope, ...]:
    urban = "Y" if incident.is_urban else "N"
    area = incident.area_code
    return FORCE, ("area", area), ("urban", urban), ("area_urban", f"{area}/{urban}")


class _ResponseBook:
    def __init__(self, targets: Sequence[ResponseTarget]) -> None:
        self.targets = targets
        self.times = {
            grade: Ledger(
                Figure(f"response_grade{grade}_median", "percentile", Fraction(1, 2)),
                Figure(f"response_grade{grade}_p90", "percentile", Fraction(9, 10)),
            )
            for grade in ("1", "2")
        }
        # Without a target in force the indicator is not available, and has no rows here.
        self.within = {
            grade: Ledger(Figure(f"response_grade{grade}_within_target", "ratio"))
            for grade in ("1", "2")
            if any(target.grade == grade for target in targets)
        }
        self.stages = [
            Ledger(Figure(f"response_stage_{stage}_median", "percentile", Fraction(1, 2))) for stage in _STAGES
        ]

    def ledgers(self) -> list[Ledger]:
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
    span = span_of(landing, ("saab_incidents", "legacy_incidents"), "incidents")
    if span is None:
        return
    incidents = list(facts)
    wanted = {incident.call_key for incident in incidents if incident.call_key}
    by_key = {call.call_key: call for call in calls if call.call_key in wanted}
    book = _ResponseBook(targets)
    for incident in incidents:
        book.enter(incident, by_key.get(incident.call_key or ""))
    for ledger in book.ledgers():
        yield from rows_of(ledger, span)


def indicators(
    landing: Landing,
    calls: Sequence[Call],
    incidents: Sequence[Incident],
    response_targets: Sequence[ResponseTarget] = (),
) -> list[KpiRow]:
    """Every indicator, sorted by indicator, period and scope."""
    rows = [
        *_call_rows(landing, calls),
        *_occupancy_rows(landing),
        *_response_rows(landing, incidents, calls, response_targets),
        *incident_rows(landing, incidents, response_targets),
        *other_rows(landing, incidents),
    ]
    return sorted(rows, key=lambda row: row[:5])
