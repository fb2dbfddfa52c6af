"""Incidents with the times that their log, their resources and their diary give. No states, no indicator arithmetic."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import clocks
from .landing import Landing, exports_of, last_day
from .layouts import ADMINISTRATIVE, AREAS, GRADES, SOURCES, THRIVE_RISKS, UNKNOWN


class Event(NamedTuple):
    number: int
    version: str
    at: int
    recorded_at: int | None
    code: str
    from_value: str = ""
    to_value: str = ""
    callsign: str = ""


class Incident(NamedTuple):
    incident_key: str
    system_version: str  # 5, 6, legacy
    created_at: int
    created_day: int  # London day
    recorded_at: int | None
    source_code: str
    call_key: str | None
    opening_category: str | None
    closing_category: str | None
    grade_initial: str | None
    grade_final: str | None
    area_code: str
    beat_code: str | None
    is_urban: bool
    thrive_risk: str | None
    is_domestic_abuse: bool
    is_repeat_victim: bool
    is_back_record: bool
    is_duplicate: bool
    first_graded_at: int | None
    first_tasked_at: int | None
    first_assigned_at: int | None
    first_en_route_at: int | None
    first_at_scene_at: int | None
    at_scene_source: str | None
    closed_at: int | None
    is_open: bool
    response_seconds: int | None
    is_attended: bool
    never_attended_after_diary: bool
    is_admin: bool


class _Pressed(NamedTuple):
    """What the resources of one incident pressed."""

    en_route: list[int]
    at_scene: list[int]


# --- log ----------------------------------------------------------------------------------------------------------
def _resolve(first: int | None, previous: int | None, version: str) -> int | None:
    """The doubled hour: the second pass if the first lies before the previous event and the second does not.

    Version 6 says its offset, so nothing is to be resolved there.
    """
    if first is None or previous is None or version != "5" or first >= previous:
        return first
    second = clocks.second_pass(first)
    return second if second is not None and second >= previous else first


def resolved_events(landing: Landing) -> dict[str, list[Event]]:
    """Incident -> its events in EVENT_NO order, both times as instants.

    Choice: a null RECORDED_TIME is passed over; the previous one is then the last that is there.
    """
    grouped: dict[str, list[Event]] = {}
    table: dict[Any, Any] = landing.tables.get("saab_incident_log", {})
    for (incident, number), record in table.items():
        version, *said = record
        grouped.setdefault(incident, []).append(Event(number, version, *said))
    for incident, events in grouped.items():
        events.sort()
        grouped[incident] = _resolve_all(events)
    return grouped


def _resolve_all(events: list[Event]) -> list[Event]:
    result: list[Event] = []
    at: int | None = None
    recorded: int | None = None
    for event in events:
        at = _resolve(event.at, at, event.version)
        resolved = _resolve(event.recorded_at, recorded, event.version)
        recorded = resolved if resolved is not None else recorded
        assert at is not None
        result.append(
            event if (at, resolved) == (event.at, event.recorded_at) else event._replace(at=at, recorded_at=resolved)
        )
    return result


def _first(events: list[Event], code: str) -> int | None:
    return min((event.at for event in events if event.code == code), default=None)


def _closed_at(events: list[Event], status: str, row_closed: int | None) -> int | None:
    """The last closing, None while open.

    Choices: a closing is the step from open to closed, so a second CLOSED without REOPENED between moves nothing; a
    row closed without any time is open, since when it was closed cannot be known; REOPENED at the very second of the
    row's CLOSED time is not after it.
    """
    steps = sorted((event.at, event.number, event.code) for event in events if event.code in ("CLOSED", "REOPENED"))
    if not any(code == "CLOSED" for _, _, code in steps):
        if status != "CLOSED" or row_closed is None:
            return None
        return None if any(at > row_closed for at, _, _ in steps) else row_closed
    closed: int | None = None
    for at, _, code in steps:
        if code == "REOPENED":
            closed = None
        elif closed is None:
            closed = at
    return closed


# --- resources and diary ------------------------------------------------------------------------------------------
def _pressed(landing: Landing) -> dict[str, _Pressed]:
    result: dict[str, _Pressed] = {}
    table: dict[Any, Any] = landing.tables.get("saab_resource_status", {})
    for (_, at, code), (_, incident) in table.items():
        if incident and code in ("5", "6"):
            pressed = result.get(incident)
            if pressed is None:
                pressed = result[incident] = _Pressed([], [])
            (pressed.en_route if code == "5" else pressed.at_scene).append(at)
    return result


class _Appointment(NamedTuple):
    slot_end: int | None
    status: str


def _appointments(landing: Landing) -> dict[str, list[_Appointment]]:
    """Incident -> its appointments, each by its highest version, which also says whose it is."""
    latest: dict[str, tuple[int, str, _Appointment]] = {}
    table: dict[Any, Any] = landing.tables.get("saab_diary", {})
    for (appointment, number), (_, incident, _, _, _, slot_end, status, *_) in table.items():
        if appointment not in latest or number > latest[appointment][0]:
            latest[appointment] = (number, incident, _Appointment(slot_end, status))
    result: dict[str, list[_Appointment]] = {}
    for _, incident, appointment in latest.values():
        if incident:
            result.setdefault(incident, []).append(appointment)
    return result


def _has_passed(appointments: list[_Appointment], as_of: int) -> bool:
    return all(each.slot_end is not None and each.slot_end <= as_of for each in appointments)


# --- incidents ----------------------------------------------------------------------------------------------------
def _known(code: str, known: frozenset[str]) -> str | None:
    """Choice: no code stays null, a code that is not listed becomes the unknown member."""
    return (code if code in known else UNKNOWN) if code else None


def _at_scene(created: int, own: int | None, source: str, pressed: _Pressed | None) -> tuple[int | None, str | None]:
    if own is not None and own >= created:
        return own, source
    valid = [at for at in pressed.at_scene if at >= created] if pressed else []
    return (min(valid), "resource_status") if valid else (None, None)


class _Around(NamedTuple):
    """Everything that stands beside the incident rows."""

    events: dict[str, list[Event]]
    pressed: dict[str, _Pressed]
    appointments: dict[str, list[_Appointment]]
    as_of: int


def _saab_incident(key: str, record: tuple[Any, ...], around: _Around) -> Incident:
    (version, _, created, recorded, source, call_ref, open_code, close_code, grade_init, grade_curr, lpa, beat, urban,
     risk, abuse, repeat, back, linked, status, row_closed, *own) = record  # fmt: skip
    events = around.events.get(key, [])
    pressed = around.pressed.get(key)
    appointments = around.appointments.get(key, [])
    at_scene, at_scene_source = _at_scene(created, own[0] if own else None, "incident_export", pressed)
    closed_at = _closed_at(events, status, row_closed)
    # A status counts for attendance even where its time is not valid; only the response time needs a valid one.
    is_attended = at_scene is not None or pressed is not None or any(each.status == "ATTENDED" for each in appointments)
    return Incident(
        incident_key=key,
        system_version=version,
        created_at=created,
        created_day=clocks.local_day(created),
        recorded_at=recorded,
        source_code=_known(source, SOURCES) or UNKNOWN,
        call_key=call_ref or None,
        opening_category=open_code or None,
        closing_category=close_code or None,
        grade_initial=_known(grade_init, GRADES),
        grade_final=_known(grade_curr, GRADES),
        area_code=_known(lpa, AREAS) or UNKNOWN,
        beat_code=beat or None,
        is_urban=urban == "Y",
        thrive_risk=_known(risk, THRIVE_RISKS),
        is_domestic_abuse=abuse == "Y",
        is_repeat_victim=repeat == "Y",
        is_back_record=back == "Y",
        is_duplicate=bool(linked),
        first_graded_at=_first(events, "GRADED"),
        first_tasked_at=_first(events, "TASKED"),
        first_assigned_at=_first(events, "ASSIGNED"),
        first_en_route_at=min(pressed.en_route, default=None) if pressed else None,
        first_at_scene_at=at_scene,
        at_scene_source=at_scene_source,
        closed_at=closed_at,
        is_open=closed_at is None,
        response_seconds=None if at_scene is None else at_scene - created,
        is_attended=is_attended,
        never_attended_after_diary=bool(appointments)
        and not is_attended
        and (closed_at is not None or _has_passed(appointments, around.as_of)),
        is_admin=(close_code or open_code) in ADMINISTRATIVE,
    )


def _legacy_incident(key: tuple[Any, ...], record: tuple[Any, ...]) -> Incident:
    """Choices: one grade is the initial and the final one; no URBAN column means not urban, as a flag is never null."""
    midnight, number = key
    _, grade, lpa, category, source, abuse, created, assigned, scene, closed = record
    day = clocks.day_date(midnight // clocks.DAY_SECONDS)
    at_scene, at_scene_source = _at_scene(created, scene, "legacy_export", None)
    return Incident(
        incident_key=f"LEGACY-{day:%Y%m%d}-{number:>05}",
        system_version="legacy",
        created_at=created,
        created_day=clocks.local_day(created),
        recorded_at=None,
        source_code=_known(source, SOURCES) or UNKNOWN,
        call_key=None,
        opening_category=category or None,
        closing_category=None,
        grade_initial=_known(grade, GRADES),
        grade_final=_known(grade, GRADES),
        area_code=_known(lpa, AREAS) or UNKNOWN,
        beat_code=None,
        is_urban=False,
        thrive_risk=None,
        is_domestic_abuse=abuse == "Y",
        is_repeat_victim=False,
        is_back_record=False,
        is_duplicate=False,
        first_graded_at=None,
        first_tasked_at=None,
        first_assigned_at=assigned,
        first_en_route_at=None,
        first_at_scene_at=at_scene,
        at_scene_source=at_scene_source,
        closed_at=closed,
        is_open=closed is None,
        response_seconds=None if at_scene is None else at_scene - created,
        is_attended=at_scene is not None,
        never_attended_after_diary=False,
        is_admin=category in ADMINISTRATIVE,
    )


def _as_of_incidents(landing: Landing) -> int:
    day = last_day(landing, exports_of("incidents"))
    return 0 if day is None else clocks.local_midnight(clocks.day_date(day + 1))


def incidents(landing: Landing) -> list[Incident]:
    """Every incident of SAAB and of the legacy system, by key."""
    around = _Around(resolved_events(landing), _pressed(landing), _appointments(landing), _as_of_incidents(landing))
    rows: dict[Any, Any] = landing.tables.get("saab_incidents", {})
    result = [_saab_incident(key, record, around) for (key,), record in rows.items()]
    legacy: dict[Any, Any] = landing.tables.get("legacy_incidents", {})
    result += [_legacy_incident(key, record) for key, record in legacy.items()]
    return sorted(result)
