"""Indicators of the diary, of domestic abuse, of digital contact, of staff and of what was delivered.

What belongs here: which facts enter which figure. No facts derived, no periods.

Choices, beside those of the ledgers:
- The figures of the diary are dated by the day of the slot's end; an appointment without one is in none of them. A slot
  after the as-of day counts in the running periods. Appointments of duplicate incidents count too.
- A domestic-abuse incident without an outcome is in the denominator all the same; measured_count is those with one.
- Bank holidays are weekdays. A contact at a weekend counts in both rates. A channel's days are the force's.
- A stage of recruitment is measured where its own count and that of the stage before are both known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from . import clocks
from .diary import appointments
from .domestic_abuse import DomesticAbuse, domestic_abuse
from .incident_facts import Incident
from .landing import Landing, delivered_days, exports_of, first_day, last_day
from .layouts import CHANNELS, LAYOUTS, MONTHLY, RECRUITMENT_STAGES, SYSTEM_OF, UNKNOWN
from .ledgers import FORCE, Figure, KpiRow, Ledger, Number, Scope, Span, ratio_ledgers, rows_of, span_between

_MONTHS = frozenset({"month"})


def _median(kpi_id: str) -> Ledger:
    return Ledger(Figure(kpi_id, "percentile", Fraction(1, 2)))


def _span(landing: Landing, dated_by: str, needed: tuple[str, ...], period_types: frozenset[str] | None = None) -> Span:
    """From the first day of one export to the newest of its system; a day is there when all needed exports came."""
    system = exports_of(SYSTEM_OF.get(dated_by, dated_by))
    first, last = first_day(landing, (dated_by,)), last_day(landing, system)
    if first is None or last is None:
        return Span({})
    days = [delivered_days(landing, (export,)) for export in needed]
    return span_between(first, last, days[0].intersection(*days[1:]), period_types or clocks.PERIOD_TYPES)


# --- diary --------------------------------------------------------------------------------------------------------
def _diary_rows(landing: Landing, facts: Sequence[Incident]) -> Iterator[KpiRow]:
    kept = ratio_ledgers("diary_kept_on_time", "diary_failed")
    others = ratio_ledgers("diary_domestic_abuse", "diary_inappropriate")
    waiting = _median("diary_days_waiting")
    found = appointments(landing, facts)
    for each in found:
        day = each.appointment_day
        if day is None:
            continue
        scopes: tuple[Scope, ...] = (FORCE, ("diary", each.diary_code), ("area", each.area_code))
        if each.has_slot_passed and each.outcome != "CANCELLED_VICTIM":
            kept["diary_kept_on_time"].ratio(day, scopes, None if each.outcome is None else each.outcome == "KEPT")
            kept["diary_failed"].ratio(day, scopes, None if each.outcome is None else each.outcome == "FAILED")
        is_known = each.has_incident
        others["diary_domestic_abuse"].ratio(day, scopes, each.is_domestic_abuse if is_known else None)
        others["diary_inappropriate"].ratio(day, scopes, each.is_inappropriate if is_known else None)
        waiting.value(day, scopes, each.days_from_report)
    with_incidents = ("saab_diary", "saab_incidents")
    for ledger, needed in (
        *((each, ("saab_diary",)) for each in kept.values()),
        (others["diary_domestic_abuse"], with_incidents),
        (others["diary_inappropriate"], (*with_incidents, "saab_incident_log")),
        (waiting, with_incidents),
    ):
        yield from rows_of(ledger, _span(landing, "saab_diary", needed))
    never = Ledger(Figure("diary_never_attended", "ratio"))
    booked = {each.incident_key for each in found}
    for incident in facts:
        if incident.incident_key in booked and not incident.is_duplicate:
            never.ratio(incident.created_day, (FORCE,), incident.never_attended_after_diary)
    needed = ("saab_incidents", "saab_diary", "saab_resource_status")
    yield from rows_of(never, _span(landing, "saab_incidents", needed))


# --- domestic abuse -----------------------------------------------------------------------------------------------
# Indicator -> is it so, and could it be told at all?
_Tests = tuple[Callable[[DomesticAbuse], bool], Callable[[DomesticAbuse], bool]]
_DOMESTIC_ABUSE: dict[str, _Tests] = {
    "da_attended_24h": (lambda one: one.is_attended_24h, lambda one: one.response_seconds is not None),
    "da_arrest": (lambda one: one.is_arrested, lambda one: one.has_outcome),
    "da_risk_assessed": (lambda one: one.is_risk_assessed, lambda one: one.has_outcome),
    "da_positive_action": (lambda one: one.is_positive_action, lambda one: one.has_outcome),
    "da_victim_supports": (lambda one: one.victim_supports, lambda one: one.has_outcome),
    "da_repeat_28d": (lambda one: one.is_repeat_28d, lambda one: one.victim is not None),
}


def _domestic_abuse_rows(landing: Landing, facts: Sequence[Incident]) -> Iterator[KpiRow]:
    ledgers = ratio_ledgers(*_DOMESTIC_ABUSE)
    time = _median("da_attendance_median")
    for each in domestic_abuse(landing, facts):
        if each.is_duplicate or each.system_version == "legacy":
            continue
        scopes: tuple[Scope, ...] = (FORCE, ("area", each.area_code))
        time.value(each.created_day, scopes, each.response_seconds)
        for kpi_id, (is_so, is_known) in _DOMESTIC_ABUSE.items():
            for scope in scopes:
                cell = ledgers[kpi_id].cell(each.created_day, scope)
                cell.eligible += 1
                cell.denominator += 1
                cell.measured += is_known(each)
                cell.numerator += is_so(each)
    span = _span(landing, "saab_incidents", ("saab_incidents",))
    for ledger in (time, *ledgers.values()):
        yield from rows_of(ledger, span)


# --- digital contact ----------------------------------------------------------------------------------------------
def _digital_rows(landing: Landing) -> Iterator[KpiRow]:
    span = _span(landing, "digital_contacts", ("digital_contacts",))
    rates = {name: Ledger(Figure(name, "count")) for name in ("per_day", "per_weekday")}
    outbound = Ledger(Figure("digital_outbound", "count"))
    table: dict[Any, Any] = landing.tables.get("digital_contacts", {})
    for _, channel, direction, opened in table.values():
        if opened is None:
            continue
        scopes: tuple[Scope, ...] = (FORCE, ("channel", channel if channel in CHANNELS else UNKNOWN))
        day = clocks.local_day(opened)
        if direction == "OUT":
            outbound.ratio(day, scopes, True)
        elif direction == "IN":
            for ledger in rates.values():
                ledger.ratio(day, scopes, True)
    yield from rows_of(outbound, span)
    days = delivered_days(landing, ("digital_contacts",))
    for name, ledger in rates.items():
        counted = [day for day in days if name == "per_day" or clocks.day_date(day).weekday() < 5]
        per_period: dict[tuple[str, date], int] = {}
        for day in counted:
            for period in clocks.period_starts(day):
                per_period[period] = per_period.get(period, 0) + 1
        for row in rows_of(ledger, span):
            yield _rate(row, f"digital_engagements_{name}", per_period.get((row.period_type, row.period_start), 0))


def _rate(count: KpiRow, kpi_id: str, days: int) -> KpiRow:
    """The rate that a count of contacts makes over so many days."""
    if count.numerator is None:
        return count._replace(kpi_id=kpi_id)
    value = Fraction(count.numerator, days) if days else None
    return count._replace(kpi_id=kpi_id, denominator=days, value=value)


# --- staff --------------------------------------------------------------------------------------------------------
def _month_day(month: str) -> int:
    return clocks.day_number(date.fromisoformat(f"{month}-01"))


def _fte(text: str | None) -> Fraction | None:
    """A figure below nothing is no figure."""
    value = None if text is None else Fraction(text)
    return None if value is None or value < 0 else value


def _pair(one: Number, other: Number) -> tuple[Number, Number] | None:
    return None if one is None or other is None else (one, other)


def _staff_rows(landing: Landing) -> Iterator[KpiRow]:
    vacancy, abstraction = (Ledger(Figure(f"workforce_{name}", "ratio")) for name in ("vacancy", "abstraction"))
    table: dict[Any, Any] = landing.tables.get("workforce", {})
    for (month, unit, _), (_, *said) in table.items():
        day, scopes = _month_day(month), (FORCE, ("unit", unit))
        planned, strength, abstracted = (_fte(text) for text in said)
        gap = None if planned is None or strength is None else planned - strength
        vacancy.parts(day, scopes, _pair(gap, planned if gap is not None else None))
        abstraction.parts(day, scopes, _pair(abstracted, strength))
    span = _span(landing, "workforce", ("workforce",), _MONTHS)
    for ledger in (vacancy, abstraction):
        yield from rows_of(ledger, span)
    yield from _recruitment_rows(landing)


def _recruitment_rows(landing: Landing) -> Iterator[KpiRow]:
    ledger = Ledger(Figure("recruitment_conversion", "ratio", has_force=False))
    table: dict[Any, Any] = landing.tables.get("recruitment", {})
    counts = {key: count for key, (_, count) in table.items() if count is not None and count >= 0}
    before = dict(zip(RECRUITMENT_STAGES[1:], RECRUITMENT_STAGES, strict=False))
    for month, stage in table:
        if stage in before:
            pair = _pair(counts.get((month, stage)), counts.get((month, before[stage])))
            ledger.parts(_month_day(month), (("stage", stage),), pair)
    yield from rows_of(ledger, _span(landing, "recruitment", ("recruitment",), _MONTHS))


# --- what was delivered -------------------------------------------------------------------------------------------
def _completeness_rows(landing: Landing) -> Iterator[KpiRow]:
    for export in LAYOUTS:
        if export == "service_disruptions":
            continue
        own = (export,)
        system = own if export == "legacy_incidents" else exports_of(SYSTEM_OF.get(export, export))
        first, last = first_day(landing, own), last_day(landing, system)
        if first is None or last is None:
            continue
        ledger = Ledger(Figure("source_completeness", "ratio", has_force=False))
        delivered = delivered_days(landing, own)
        for day in range(first, last + 1):
            if export not in MONTHLY or clocks.day_date(day).day == 1:
                ledger.ratio(day, (("export", export),), day in delivered)
        yield from rows_of(ledger, span_between(first, last, delivered))


def other_rows(landing: Landing, facts: Sequence[Incident]) -> Iterator[KpiRow]:
    yield from _diary_rows(landing, facts)
    yield from _domestic_abuse_rows(landing, facts)
    yield from _digital_rows(landing)
    yield from _staff_rows(landing)
    yield from _completeness_rows(landing)
