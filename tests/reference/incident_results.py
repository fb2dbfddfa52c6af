"""Indicators of incidents, of their waiting and of their tasking: which facts enter which figure. No facts derived.

Choices, beside those of the ledgers:
- A piece is one interval on one London day; one still open goes on to the as-of instant. Days that were not delivered
  are in neither side of hours and averages.
- unresourced_daily_average stands for every area and grade, as every cell of every hour does; an hour counts once.
- Events that decline on a day and in an area without a tasking are eligible once; there is nothing to measure them by.
- The areas, risks and flags are those of the incident now; an event whose incident never came has the unknown area.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from . import clocks
from .incident_facts import Incident, resolved_events
from .landing import Landing, delivered_days, exports_of, first_day, last_day
from .layouts import UNKNOWN
from .ledgers import FORCE, Figure, KpiRow, Ledger, Scope, Span, rows_of, span_between, span_of
from .parameters import BACK_KEY_SECONDS, RETHRIVE_SECONDS, ResponseTarget, target_of
from .states import UNGRADED, State, states, states_as_of
from .unresourced import DAILY, HOUR, days_delivered, unresourced_hourly

_INCIDENTS = ("saab_incidents",)


def _area(incident: Incident) -> tuple[Scope, ...]:
    return FORCE, ("area", incident.area_code)


def _median(kpi_id: str) -> Ledger:
    return Ledger(Figure(kpi_id, "percentile", Fraction(1, 2)))


def _span_of_incidents(landing: Landing, needed: tuple[str, ...]) -> Span | None:
    """From the first day of the incidents to the newest of their system; a day is there when all needed came."""
    first, last = first_day(landing, _INCIDENTS), last_day(landing, exports_of("incidents"))
    if first is None or last is None:
        return None
    days = [delivered_days(landing, (export,)) for export in needed]
    return span_between(first, last, days[0].intersection(*days[1:]))


# --- created, keyed in, tasked ------------------------------------------------------------------------------------
def _created_rows(landing: Landing, facts: Iterable[Incident]) -> Iterator[KpiRow]:
    span = span_of(landing, ("saab_incidents", "legacy_incidents"), "incidents")
    if span is None:
        return
    ledger = Ledger(Figure("incidents_created", "count"))
    for each in facts:
        if not each.is_duplicate and not each.is_admin:
            scopes = (*_area(each), ("source", each.source_code), ("grade", each.grade_final or UNGRADED))
            ledger.ratio(each.created_day, scopes, True)
    yield from rows_of(ledger, span)


def _back_key_rows(landing: Landing, facts: Iterable[Incident]) -> Iterator[KpiRow]:
    span = _span_of_incidents(landing, _INCIDENTS)
    if span is None:
        return
    keyed, delay = Ledger(Figure("records_back_keyed", "ratio")), _median("back_key_delay_median")
    for each in facts:
        if each.system_version == "legacy":
            continue
        seconds = None if each.recorded_at is None else each.recorded_at - each.created_at
        is_late = each.is_back_record or (seconds is not None and seconds > BACK_KEY_SECONDS)
        is_known = each.is_back_record or seconds is not None
        keyed.ratio(each.created_day, (FORCE,), is_late if is_known else None)
        if is_late:
            delay.value(each.created_day, (FORCE,), seconds if seconds is not None and seconds >= 0 else None)
    for ledger in (keyed, delay):
        yield from rows_of(ledger, span)


def _tasking_rows(landing: Landing, facts: Sequence[Incident]) -> Iterator[KpiRow]:
    span = _span_of_incidents(landing, DAILY)
    if span is None:
        return
    time = _median("tasking_time_median")
    for each in facts:
        if each.first_tasked_at is None:
            continue
        seconds = None if each.first_assigned_at is None else each.first_assigned_at - each.first_tasked_at
        time.value(each.created_day, _area(each), seconds if seconds is not None and seconds >= 0 else None)
    yield from rows_of(time, span)
    yield from rows_of(_declined(landing, facts), span)


def _declined(landing: Landing, facts: Iterable[Incident]) -> Ledger:
    ledger = Ledger(Figure("tasking_declined", "ratio"))
    areas = {each.incident_key: each.area_code for each in facts}
    for key, events in resolved_events(landing).items():
        scopes: tuple[Scope, ...] = (FORCE, ("area", areas.get(key, UNKNOWN)))
        for event in events:
            if event.code in ("TASKED", "TASK_DECLINED"):
                for scope in scopes:
                    cell = ledger.cell(clocks.local_day(event.at), scope)
                    cell.numerator += event.code == "TASK_DECLINED"
                    cell.denominator += event.code == "TASKED"
    for cell in ledger.cells.values():
        cell.measured = cell.denominator
        cell.eligible = max(cell.denominator, 1)
    return ledger


# --- waiting ------------------------------------------------------------------------------------------------------
class Spell(NamedTuple):
    """An unbroken stretch of UNRESOURCED of one incident; one still open goes on to the as-of instant."""

    incident_key: str
    started_at: int
    ended_at: int

    @property
    def seconds(self) -> int:
        return self.ended_at - self.started_at


def spells(intervals: Iterable[State], as_of: int) -> list[Spell]:
    found: dict[tuple[str, int], Spell] = {}
    for each in intervals:
        if each.state == "UNRESOURCED" and each.spell_started_at is not None:
            end = as_of if each.ended_at is None else each.ended_at
            found[each.incident_key, each.spell_started_at] = Spell(each.incident_key, each.spell_started_at, end)
    return list(found.values())


def pieces(started_at: int, ended_at: int) -> Iterator[tuple[int, int]]:
    """London day and seconds of an interval on it."""
    at = started_at
    while at < ended_at:
        day = clocks.local_day(at)
        end = min(clocks.local_midnight(clocks.day_date(day + 1)), ended_at)
        yield day, end - at
        at = end


def _hours(intervals: Iterable[State], as_of: int, delivered: set[int]) -> Iterator[Ledger]:
    everyone, at_risk = (
        Ledger(Figure(kpi_id, "fixed", fixed_denominator=HOUR))
        for kpi_id in ("unresourced_hours", "unresourced_risk_hours")
    )
    for each in intervals:
        if each.state != "UNRESOURCED" or each.is_duplicate:
            continue
        for day, seconds in pieces(each.started_at, as_of if each.ended_at is None else each.ended_at):
            if day in delivered:
                scopes: tuple[Scope, ...] = (FORCE, ("area", each.area_code))
                everyone.parts(day, scopes, (seconds, 0))
                if each.thrive_risk == "HIGH":
                    at_risk.parts(day, scopes, (seconds, 0))
    yield from (everyone, at_risk)


def _average(landing: Landing, intervals: Sequence[State]) -> Ledger:
    ledger = Ledger(Figure("unresourced_daily_average", "ratio"))
    counts: dict[tuple[int, int, bool], dict[Scope, int]] = {}
    for cell in unresourced_hourly(landing, intervals):
        if cell.kind == "LIVE":
            held = counts.setdefault((cell.hour_at, cell.hour_day, cell.is_estimated), {})
            for scope in (FORCE, ("area", cell.area_code), ("grade", cell.grade)):
                held[scope] = held.get(scope, 0) + cell.incident_count
    for (_, day, is_estimated), held in counts.items():
        for scope, count in held.items():
            ledger.parts(day, (scope,), None if is_estimated else (count, 1))
    return ledger


def _beyond(found: Iterable[Spell], by_key: dict[str, Incident], targets: Sequence[ResponseTarget]) -> Ledger:
    ledger = Ledger(Figure("unresourced_beyond_target", "ratio"))
    longest: dict[str, int] = {}
    for spell in found:
        longest[spell.incident_key] = max(longest.get(spell.incident_key, 0), spell.seconds)
    for key, seconds in longest.items():
        incident = by_key[key]
        target = target_of(incident, targets)
        ledger.ratio(incident.created_day, _area(incident), None if target is None else seconds > target)
    return ledger


def _rethriven(landing: Landing, found: Iterable[Spell], by_key: dict[str, Incident]) -> Ledger:
    ledger = Ledger(Figure("rethrive_in_time", "ratio"))
    events = resolved_events(landing)
    for spell in found:
        incident = by_key[spell.incident_key]
        if incident.thrive_risk == "HIGH" and spell.seconds > RETHRIVE_SECONDS:
            until = spell.started_at + RETHRIVE_SECONDS
            is_hit = any(
                event.code == "RETHRIVE" and spell.started_at <= event.at <= until
                for event in events.get(spell.incident_key, [])
            )
            ledger.ratio(clocks.local_day(spell.started_at), _area(incident), is_hit)
    return ledger


def _waiting_rows(landing: Landing, facts: Sequence[Incident], targets: Sequence[ResponseTarget]) -> Iterator[KpiRow]:
    first, as_of = first_day(landing, _INCIDENTS), states_as_of(landing)
    if first is None or as_of is None:
        return
    delivered = days_delivered(landing)
    span = span_between(first, clocks.local_day(as_of - 1), delivered)
    intervals = states(landing, facts)
    by_key = {each.incident_key: each for each in facts if not each.is_duplicate}
    found = [each for each in spells(intervals, as_of) if each.incident_key in by_key]
    ledgers = (
        *_hours(intervals, as_of, delivered),
        _average(landing, intervals),
        _beyond(found, by_key, targets),
        _rethriven(landing, found, by_key),
    )
    for ledger in ledgers:
        yield from rows_of(ledger, span)


def incident_rows(landing: Landing, facts: Sequence[Incident], targets: Sequence[ResponseTarget]) -> Iterator[KpiRow]:
    yield from _created_rows(landing, facts)
    yield from _back_key_rows(landing, facts)
    yield from _tasking_rows(landing, facts)
    yield from _waiting_rows(landing, facts, targets)
