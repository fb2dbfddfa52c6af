"""Appointments: what each is by its latest version, and what was known when it was booked. No indicator arithmetic.

Choices:
- The incident, diary, area, resource and status are those of the highest version; booked_at and the first slot start
  those of the lowest.
- ATTENDED without a time or without a slot end has no outcome: whether it was kept cannot be known.
- A grade or risk at booking is what the latest such event at or before it says; of events at one second the one keyed
  last. Without a booking time nothing is known of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

from . import clocks
from .incident_facts import Event, Incident, resolved_events
from .landing import Landing, exports_of, last_day
from .layouts import APPOINTMENT_STATUSES, AREAS, DIARIES, GRADES, THRIVE_RISKS, UNKNOWN

_GRADINGS = frozenset({"GRADED", "REGRADED"})
_ASSESSMENTS = frozenset({"THRIVE", "RETHRIVE"})
_STATED = frozenset({"FAILED", "CANCELLED_VICTIM", "CANCELLED_POLICE"})


class Appointment(NamedTuple):
    appointment_key: str
    incident_key: str | None
    diary_code: str
    area_code: str
    version: int
    booked_at: int | None
    slot_start_at: int | None
    slot_end_at: int | None
    appointment_day: int | None  # London day of the slot's end
    first_slot_start_at: int | None
    status: str
    attended_at: int | None
    outcome: str | None
    has_slot_passed: bool
    moves_count: int
    days_from_report: Fraction | None
    is_domestic_abuse: bool
    grade_at_booking: str | None
    thrive_risk_at_booking: str | None
    is_inappropriate: bool
    inappropriate_reason: str | None
    is_duplicate_incident: bool
    has_incident: bool
    resource: str | None
    updated_at: int | None


class _Version(NamedTuple):
    number: int
    incident: str
    diary: str
    booked_at: int | None
    slot_start: int | None
    slot_end: int | None
    status: str
    attended_at: int | None
    area: str
    updated_at: int | None
    callsign: str


def _code(code: str, known: Iterable[str]) -> str:
    return code if code in known else UNKNOWN


def _latest(events: Iterable[Event], codes: frozenset[str], until: int | None) -> str:
    said = [(each.at, each.number, each.to_value) for each in events if each.code in codes]
    known = [each for each in said if until is not None and each[0] <= until]
    return max(known)[2] if known else ""


def _outcome(last: _Version) -> str | None:
    if last.status == "ATTENDED":
        if last.attended_at is None or last.slot_end is None:
            return None
        return "KEPT" if last.attended_at <= last.slot_end else "LATE"
    return last.status if last.status in _STATED else "OUTSTANDING"


def _reason(grade: str, risk: str) -> str | None:
    reasons = [text for text, is_so in (("high risk", risk == "HIGH"), ("grade 1", grade == "1")) if is_so]
    return " and ".join(reasons) or None


def _days_between(created: int | None, slot: int | None) -> Fraction | None:
    if created is None or slot is None or slot < created:
        return None
    return Fraction(slot - created, clocks.DAY_SECONDS)


def _appointment(
    key: str, versions: list[_Version], incident: Incident | None, events: list[Event], as_of: int
) -> Appointment:
    first, last = versions[0], versions[-1]
    grade = _latest(events, _GRADINGS, first.booked_at)
    risk = _latest(events, _ASSESSMENTS, first.booked_at)
    reason = _reason(grade, risk)
    return Appointment(
        appointment_key=key,
        incident_key=last.incident or None,
        diary_code=_code(last.diary, DIARIES),
        area_code=_code(last.area, AREAS),
        version=last.number,
        booked_at=first.booked_at,
        slot_start_at=last.slot_start,
        slot_end_at=last.slot_end,
        appointment_day=None if last.slot_end is None else clocks.local_day(last.slot_end),
        first_slot_start_at=first.slot_start,
        status=_code(last.status, APPOINTMENT_STATUSES),
        attended_at=last.attended_at,
        outcome=_outcome(last),
        has_slot_passed=last.slot_end is not None and last.slot_end <= as_of,
        moves_count=sum(each.status == "MOVED" for each in versions),
        days_from_report=_days_between(incident.created_at if incident else None, first.slot_start),
        is_domestic_abuse=incident is not None and incident.is_domestic_abuse,
        grade_at_booking=_code(grade, GRADES) if grade else None,
        thrive_risk_at_booking=_code(risk, THRIVE_RISKS) if risk else None,
        is_inappropriate=reason is not None,
        inappropriate_reason=reason,
        is_duplicate_incident=incident is not None and incident.is_duplicate,
        has_incident=incident is not None,
        resource=last.callsign or None,
        updated_at=last.updated_at,
    )


def appointments(landing: Landing, facts: Iterable[Incident]) -> list[Appointment]:
    """Every appointment by its latest version, orphans too, by key."""
    by_key = {each.incident_key: each for each in facts}
    events = resolved_events(landing)
    day = last_day(landing, exports_of("incidents"))
    as_of = 0 if day is None else clocks.local_midnight(clocks.day_date(day + 1))
    grouped: dict[str, list[_Version]] = {}
    table: dict[Any, Any] = landing.tables.get("saab_diary", {})
    for (key, number), (_, *said) in table.items():
        grouped.setdefault(key, []).append(_Version(number, *said))
    result = []
    for key, versions in grouped.items():
        versions.sort(key=lambda each: each.number)
        incident = versions[-1].incident
        result.append(_appointment(key, versions, by_key.get(incident), events.get(incident, []), as_of))
    return sorted(result, key=lambda each: each.appointment_key)
