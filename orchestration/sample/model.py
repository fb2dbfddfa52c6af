"""The things the incident simulation moves about: incidents, crews, appointments."""

from __future__ import annotations

OPEN, CLOSED = "OPEN", "CLOSED"


class Incident:
    """One incident and what the incident system holds about it; instants are UTC seconds, 0 where none."""

    __slots__ = (
        "appointment",
        "area",
        "assigned",
        "back_record",
        "beat",
        "call_ref",
        "close_code",
        "closed",
        "closing",
        "created",
        "crews_wanted",
        "domestic",
        "event_no",
        "first_assigned",
        "grade",
        "grade_initial",
        "lane",
        "linked_to",
        "open_code",
        "pnc",
        "qualifiers",
        "recorded",
        "ref",
        "repeat_victim",
        "reviews",
        "risk",
        "scene_recorded",
        "source",
        "status",
        "true_scene",
        "updated",
        "urban",
        "victim",
        "waiting",
        "waiting_since",
    )  # fmt: skip

    def __init__(self, ref: str, created: int, source: str, call_ref: str, area: int) -> None:
        self.ref = ref
        self.created = created
        self.recorded = created
        self.source = source
        self.call_ref = call_ref
        self.area = area
        self.open_code = self.close_code = self.qualifiers = ""
        self.grade_initial = self.grade = ""
        self.beat = ""
        self.urban = False
        self.risk = ""
        self.domestic = self.repeat_victim = self.back_record = False
        self.linked_to = ""
        self.status = OPEN
        self.closed = 0
        self.updated = created
        self.scene_recorded = 0
        self.true_scene = 0
        self.first_assigned = 0
        self.pnc = False
        self.event_no = 0
        self.assigned: list[Crew] = []
        self.crews_wanted = 1
        self.waiting = False
        self.waiting_since = 0
        self.lane = 0
        self.reviews = 0
        self.appointment: Appointment | None = None
        self.closing = False
        self.victim = 0


class Crew:
    """A resource on duty."""

    __slots__ = ("area", "callsign", "ends", "is_response", "job", "job_no", "last_code", "last_status", "off")

    def __init__(self, callsign: str, area: int, ends: int, is_response: bool = True) -> None:
        self.callsign = callsign
        self.area = area
        self.ends = ends
        self.is_response = is_response
        self.job: Incident | None = None
        self.job_no = 0
        self.off = False
        self.last_status = 0
        self.last_code = ""


class Appointment:
    """A booking in a diary; every change is a new version."""

    __slots__ = (
        "attended_at", "booked_at", "callsign", "car", "diary", "incident", "ref", "slot_end", "slot_start", "status",
        "version",
    )  # fmt: skip

    def __init__(self, ref: str, incident: Incident, diary: str, booked_at: int) -> None:
        self.ref = ref
        self.incident = incident
        self.diary = diary
        self.booked_at = booked_at
        self.version = 1
        self.slot_start = self.slot_end = 0
        self.status = "BOOKED"
        self.attended_at = 0
        self.callsign = ""
        self.car = 0
