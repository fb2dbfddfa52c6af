"""The states of an incident: its events, statuses and appointments walked through in order. No counting, no hours.

The state is a function of time. Everything that can change it is put in order once per incident, applied one by one,
and the state looked at after every instant at which something happened; equal neighbours are then one interval.

Choices, where the description is silent:
- A grade event without a value says nothing. Grades go on changing while closed; nothing else does until reopened.
- A status before created_at does not count, as an arrival before it is not valid.
- At one instant: events, statuses, what the diary's rows say, the closing time of the incident's own row.
- Moves are numbered by appointment: every DIARY_MOVED counts for n, also one that comes when
  no booking of it is alive. A move without its version leaves the slot unknown, and that is never overdue.
- Booking an appointment again, alive or not, starts it afresh with the slot of its first version.
- An appointment ATTENDED marks the incident that its highest version names, whether or not the log booked it.
- The closing time of the row counts where no CLOSED event was seen before the as-of instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from . import clocks
from .incident_facts import Event, Incident, resolved_events
from .landing import Landing, last_day
from .layouts import GRADES, KIND_OF_DIARY, LAYOUTS, UNKNOWN

UNGRADED = "UNGRADED"
WITHOUT_DEPLOYMENT = "4"
# A booking's states; both belong to one spell.
DIARIES = frozenset({"DIARY", "DIARY_OVERDUE"})
_CANCELLED = frozenset({"CANCELLED_VICTIM", "CANCELLED_POLICE"})
_EN_ROUTE, _AT_SCENE = 5, 6


class State(NamedTuple):
    """One interval of one incident; `ended_at` None is still so at the as-of instant."""

    incident_key: str
    number: int
    state: str
    started_at: int
    ended_at: int | None
    grade: str
    area_code: str
    kind: str | None
    diary_code: str | None
    appointment_key: str | None
    spell_started_at: int | None
    thrive_risk: str | None
    is_domestic_abuse: bool
    is_duplicate: bool
    is_urban: bool
    created_day: int


def states_as_of(landing: Landing) -> int | None:
    """The end of the older of the newest business dates of the incidents and of their log."""
    newest = [last_day(landing, (export,)) for export in ("saab_incidents", "saab_incident_log")]
    days = [day for day in newest if day is not None]
    if len(days) < len(newest):
        return None
    return clocks.local_midnight(clocks.day_date(min(days) + 1))


# --- appointments -------------------------------------------------------------------------------------------------
class _Version(NamedTuple):
    number: int
    incident: str
    diary: str
    slot_end: int | None
    status: str
    attended_at: int | None
    updated_at: int | None


class _Appointment:
    """What the diary's rows say of one appointment."""

    def __init__(self, versions: list[_Version]) -> None:
        versions = sorted(versions)
        self.first_slot_end = versions[0].slot_end
        self.moved_slot_ends = [each.slot_end for each in versions if each.status == "MOVED"]
        last = versions[-1]
        self.incident, self.diary = last.incident, last.diary
        self.attended_at = last.attended_at if last.status == "ATTENDED" else None
        self.cancelled_at = next((each.updated_at for each in versions if each.status in _CANCELLED), None)

    def slot_end_after(self, moves: int) -> int | None:
        """After that many moves; None: not known."""
        if moves == 0:
            return self.first_slot_end
        return self.moved_slot_ends[moves - 1] if moves <= len(self.moved_slot_ends) else None

    def slot_ends(self) -> Iterator[int]:
        return (at for at in (self.first_slot_end, *self.moved_slot_ends) if at is not None)


def _appointments(landing: Landing) -> dict[str, _Appointment]:
    versions: dict[str, list[_Version]] = {}
    table: dict[Any, Any] = landing.tables.get("saab_diary", {})
    for (appointment, number), record in table.items():
        _, incident, diary, _, _, slot_end, status, attended_at, _, updated_at, *_ = record
        version = _Version(number, incident, diary, slot_end, status, attended_at, updated_at)
        versions.setdefault(appointment, []).append(version)
    return {appointment: _Appointment(each) for appointment, each in versions.items()}


# --- what happened ------------------------------------------------------------------------------------------------
class _Status(NamedTuple):
    at: int
    callsign: str
    reached: int


class _Happening(NamedTuple):
    """`at` is when it takes effect; sorting puts happenings into the order in which they are applied."""

    at: int
    rank: int  # events, statuses, diary, row, the mere passing of time
    said_at: int
    number: int
    what: str
    subject: str  # callsign or appointment
    value: str  # grade, diary, status reached


def _of_events(events: Iterable[Event], created: int) -> Iterator[_Happening]:
    for event in events:
        subject, value = event.callsign, event.to_value
        if event.code.startswith("DIARY_"):
            subject = event.from_value
        yield _Happening(max(event.at, created), 0, event.at, event.number, event.code, subject, value)


def _of_statuses(statuses: Iterable[_Status], created: int) -> Iterator[_Happening]:
    for status in statuses:
        if status.at >= created:
            yield _Happening(status.at, 1, status.at, status.reached, "PRESSED", status.callsign, str(status.reached))


def _of_diary(
    names: Iterable[str], appointments: dict[str, _Appointment], key: str, created: int
) -> Iterator[_Happening]:
    for name in names:
        appointment = appointments.get(name)
        if appointment is None:
            continue
        if appointment.attended_at is not None:
            at, mine = appointment.attended_at, appointment.incident == key
            yield _Happening(max(at, created), 2, at, 0, "ATTENDED" if mine else "ENDED", name, "")
        if appointment.cancelled_at is not None:
            at = appointment.cancelled_at
            yield _Happening(max(at, created), 2, at, 0, "ENDED", name, "")
        for at in appointment.slot_ends():
            if at > created:
                yield _Happening(at, 4, at, 0, "TIME", name, "")


# --- the walk -----------------------------------------------------------------------------------------------------
class _Face(NamedTuple):
    """What an interval shows; it ends when one of these changes."""

    state: str
    grade: str
    diary_code: str | None = None
    appointment_key: str | None = None


class _Booking(NamedTuple):
    appointment: str
    diary: str
    slot_end: int | None


class _Walk:
    """One incident on its way: what is assigned, booked, graded, attended, closed at this moment."""

    def __init__(self, appointments: dict[str, _Appointment]) -> None:
        self.appointments = appointments
        self.grade: str | None = None
        self.is_closed = self.is_attended = False
        self.assigned: dict[str, int] = {}  # callsign -> furthest status of this assignment
        self.bookings: list[_Booking] = []  # alive, the last booked at the end
        self.moves: dict[str, int] = {}

    def apply(self, it: _Happening) -> None:
        if it.what in ("GRADED", "REGRADED"):
            if it.value:
                self.grade = it.value if it.value in GRADES else UNKNOWN
        elif it.what == "DIARY_MOVED":
            self.moves[it.subject] = self.moves.get(it.subject, 0) + 1
            self._move(it.subject)
        elif it.what == "REOPENED":
            self.is_closed = self.is_attended = False
        elif not self.is_closed:
            self._apply_open(it)

    def _apply_open(self, it: _Happening) -> None:
        if it.what in ("CLOSED", "ROW_CLOSED"):
            self.is_closed, self.is_attended = True, False
            self.assigned, self.bookings = {}, []
        elif it.what == "ASSIGNED":
            if it.subject:
                self.assigned[it.subject] = 0
        elif it.what == "UNASSIGNED":
            self.assigned.pop(it.subject, None)
        elif it.what == "PRESSED":
            self._press(it.subject, int(it.value))
        elif it.what == "DIARY_BOOKED":
            self._book(it.subject, it.value)
        elif it.what == "DIARY_FAILED":
            self._end(it.subject or (self.bookings[-1].appointment if self.bookings else ""))
        elif it.what == "ATTENDED":
            self._end(it.subject)
            self.is_attended = True
        elif it.what == "ENDED":
            self._end(it.subject)

    def _press(self, callsign: str, reached: int) -> None:
        if callsign in self.assigned:
            self.assigned[callsign] = max(self.assigned[callsign], reached)
            self.is_attended = self.is_attended or reached == _AT_SCENE

    def _book(self, name: str, diary: str) -> None:
        self._end(name)
        appointment = self.appointments.get(name)
        if diary not in KIND_OF_DIARY:
            diary = appointment.diary if appointment and appointment.diary in KIND_OF_DIARY else UNKNOWN
        self.bookings.append(_Booking(name, diary, appointment.first_slot_end if appointment else None))

    def _move(self, name: str) -> None:
        appointment = self.appointments.get(name)
        slot_end = appointment.slot_end_after(self.moves[name]) if appointment else None
        if name:
            self.bookings = [
                each._replace(slot_end=slot_end) if each.appointment == name else each for each in self.bookings
            ]

    def _end(self, name: str) -> None:
        self.bookings = [each for each in self.bookings if each.appointment != name]

    def face(self, at: int) -> _Face:
        """The first state that holds at this instant."""
        grade = self.grade or UNGRADED
        if self.is_closed:
            return _Face("CLOSED", grade)
        furthest = max(self.assigned.values(), default=None)
        if furthest is not None:
            return _Face({_AT_SCENE: "AT_SCENE", _EN_ROUTE: "EN_ROUTE"}.get(furthest, "ASSIGNED"), grade)
        if self.is_attended:
            return _Face("AWAITING_CLOSURE", grade)
        if self.bookings:
            booking = self.bookings[-1]
            is_overdue = booking.slot_end is not None and at >= booking.slot_end
            state = "DIARY_OVERDUE" if is_overdue else "DIARY"
            return _Face(state, grade, booking.diary, booking.appointment or None)
        if self.grade is None:
            return _Face("UNGRADED", grade)
        return _Face("RESOLVED_WITHOUT" if grade == WITHOUT_DEPLOYMENT else "UNRESOURCED", grade)


def _faces(walk: _Walk, happenings: list[_Happening], created: int) -> list[tuple[int, _Face]]:
    """Since when, and what; equal neighbours are one."""
    found: list[tuple[int, _Face]] = []
    place = 0
    for at in sorted({created, *(each.at for each in happenings)}):
        while place < len(happenings) and happenings[place].at == at:
            walk.apply(happenings[place])
            place += 1
        face = walk.face(at)
        if not found or found[-1][1] != face:
            found.append((at, face))
    return found


def _spell_of(face: _Face) -> tuple[str, str | None] | None:
    """What must stay the same for a spell to go on."""
    if face.state == "UNRESOURCED":
        return "LIVE", None
    return ("DIARY", face.diary_code) if face.state in DIARIES else None


def _kind_of(face: _Face) -> str | None:
    if face.state == "UNRESOURCED":
        return "LIVE"
    return KIND_OF_DIARY[face.diary_code] if face.state in DIARIES and face.diary_code else None


def _intervals(incident: Incident, faces: list[tuple[int, _Face]]) -> Iterator[State]:
    ends = [*(at for at, _ in faces[1:]), None]
    spell: tuple[str, str | None] | None = None
    spell_started_at: int | None = None
    for number, ((at, face), end) in enumerate(zip(faces, ends, strict=True), 1):
        if _spell_of(face) != spell:
            spell = _spell_of(face)
            spell_started_at = at if spell else None
        yield State(
            incident_key=incident.incident_key,
            number=number,
            state=face.state,
            started_at=at,
            ended_at=end,
            grade=face.grade,
            area_code=incident.area_code,
            kind=_kind_of(face),
            diary_code=face.diary_code,
            appointment_key=face.appointment_key,
            spell_started_at=spell_started_at,
            thrive_risk=incident.thrive_risk,
            is_domestic_abuse=incident.is_domestic_abuse,
            is_duplicate=incident.is_duplicate,
            is_urban=incident.is_urban,
            created_day=incident.created_day,
        )


# --- all incidents ------------------------------------------------------------------------------------------------
def _statuses(landing: Landing) -> dict[str, list[_Status]]:
    result: dict[str, list[_Status]] = {}
    table: dict[Any, Any] = landing.tables.get("saab_resource_status", {})
    for (callsign, at, code), (_, incident) in table.items():
        if incident and code in ("5", "6"):
            result.setdefault(incident, []).append(_Status(at, callsign, int(code)))
    return result


def _closed_rows(landing: Landing) -> dict[str, int]:
    """Incidents whose own row says when they were closed."""
    keep = LAYOUTS["saab_incidents"][0].keep
    status, closed = 1 + keep.index("status"), 1 + keep.index("closed")
    table: dict[Any, Any] = landing.tables.get("saab_incidents", {})
    return {
        key: record[closed]
        for (key,), record in table.items()
        if record[status] == "CLOSED" and record[closed] is not None
    }


def states(landing: Landing, facts: Iterable[Incident]) -> list[State]:
    """Every interval of every SAAB incident created before the as-of instant, in order."""
    as_of = states_as_of(landing)
    if as_of is None:
        return []
    events, statuses, appointments = resolved_events(landing), _statuses(landing), _appointments(landing)
    closed_rows = _closed_rows(landing)
    names_of: dict[str, set[str]] = {}
    for name, appointment in appointments.items():
        names_of.setdefault(appointment.incident, set()).add(name)
    result: list[State] = []
    for incident in facts:
        key, created = incident.incident_key, incident.created_at
        if incident.system_version == "legacy" or created >= as_of:
            continue
        log = [event for event in events.get(key, []) if event.at < as_of]
        booked = {event.from_value for event in log if event.code == "DIARY_BOOKED"}
        happenings = [
            *_of_events(log, created),
            *_of_statuses(statuses.get(key, []), created),
            *_of_diary(sorted(booked | names_of.get(key, set())), appointments, key, created),
        ]
        if key in closed_rows and not any(event.code == "CLOSED" for event in log):
            at = closed_rows[key]
            happenings.append(_Happening(max(at, created), 3, at, 0, "ROW_CLOSED", "", ""))
        seen = sorted(each for each in happenings if each.at < as_of)
        result += _intervals(incident, _faces(_Walk(appointments), seen, created))
    return result
