"""The export layouts and reference data, written down a second time. What belongs here: tables. No reading, no rules.

Taken from the description of the exports by hand, on purpose not from the profile: a mistake made in one of the two
places shows as a difference.
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    header: str
    field: str
    kind: str  # text, int, seconds, number, local, utc, offset, date, clock, month


class Layout(NamedTuple):
    export: str
    version: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: tuple[str, ...]  # null here makes the row bad, beside the key
    keep: tuple[str, ...]  # fields that the calculation reads; all columns are validated
    stamp: str | None  # update stamp, newest stands
    is_day_in_key: bool = False


TIME_KINDS = frozenset({"local", "utc", "offset"})


def _columns(text: str) -> tuple[Column, ...]:
    """`HEADER` or `HEADER:kind`, separated by spaces; the field is the header in lower case."""
    pairs = (word.partition(":") for word in text.split())
    return tuple(Column(header, header.lower(), kind or "text") for header, _, kind in pairs)


# field, version 5 header, version 6 header ("-": not in that version), is it a time
_INCIDENT_COLUMNS = (
    ("inc_ref", "INC_REF", "incident_ref", False),
    ("created", "CREATED", "created_at", True),
    ("recorded", "RECORDED", "recorded_at", True),
    ("source", "SOURCE", "source_channel", False),
    ("call_ref", "CALL_REF", "call_ref", False),
    ("open_code", "OPEN_CODE", "opening_code", False),
    ("close_code", "CLOSE_CODE", "closing_code", False),
    ("qualifiers", "QUALIFIERS", "qualifiers", False),
    ("grade_init", "GRADE_INIT", "grade_initial", False),
    ("grade_curr", "GRADE_CURR", "grade_current", False),
    ("lpa", "LPA", "lpa_code", False),
    ("beat", "BEAT", "beat_code", False),
    ("urban", "URBAN", "is_urban", False),
    ("thrive_risk", "THRIVE_RISK", "thrive_risk", False),
    ("da_flag", "DA_FLAG", "is_domestic_abuse", False),
    ("repeat_victim", "REPEAT_VICTIM", "is_repeat_victim", False),
    ("back_record", "BACK_RECORD", "is_back_record", False),
    ("linked_to", "LINKED_TO", "linked_to", False),
    ("status", "STATUS", "status", False),
    ("closed", "CLOSED", "closed_at", True),
    ("last_updated", "LAST_UPDATED", "updated_at", True),
    ("first_at_scene", "-", "first_at_scene_at", True),
    ("pnc_checked", "-", "pnc_checked", False),
)
_EVENT_COLUMNS = (
    ("inc_ref", "INC_REF", "incident_ref", "text"),
    ("event_no", "EVENT_NO", "event_no", "int"),
    ("event_time", "EVENT_TIME", "event_at", "time"),
    ("recorded_time", "RECORDED_TIME", "recorded_at", "time"),
    ("event_code", "EVENT_CODE", "event_code", "text"),
    ("from_value", "FROM_VALUE", "from_value", "text"),
    ("to_value", "TO_VALUE", "to_value", "text"),
    ("callsign", "CALLSIGN", "callsign", "text"),
    ("user_id", "USER_ID", "user_id", "text"),
)
_INCIDENT_KEEP = (
    "inc_ref", "created", "recorded", "source", "call_ref", "open_code", "close_code", "grade_init", "grade_curr",
    "lpa", "beat", "urban", "thrive_risk", "da_flag", "repeat_victim", "back_record", "linked_to", "status", "closed",
)  # fmt: skip


def _incident_layout(version: str) -> Layout:
    kind = "local" if version == "5" else "offset"
    rows = ((field, five if version == "5" else six, is_time) for field, five, six, is_time in _INCIDENT_COLUMNS)
    columns = tuple(
        Column(header, field, kind if is_time else "text") for field, header, is_time in rows if header != "-"
    )
    keep = _INCIDENT_KEEP if version == "5" else (*_INCIDENT_KEEP, "first_at_scene")
    return Layout("saab_incidents", version, columns, ("inc_ref",), ("created",), keep, "last_updated")


def _event_layout(version: str) -> Layout:
    time_kind = "local" if version == "5" else "offset"
    columns = tuple(
        Column(five if version == "5" else six, field, time_kind if kind == "time" else kind)
        for field, five, six, kind in _EVENT_COLUMNS
    )
    keep = ("event_time", "recorded_time", "event_code", "from_value", "to_value", "callsign")
    return Layout("saab_incident_log", version, columns, ("inc_ref", "event_no"), ("event_time",), keep, None)


def _single(
    export: str, columns: str, key: str, keep: str = "", required: str = "", stamp: str | None = None
) -> Layout:
    return Layout(
        export, "1", _columns(columns), tuple(key.split()), tuple(required.split()), tuple(keep.split()), stamp
    )


_LAYOUTS = (
    _incident_layout("5"),
    _incident_layout("6"),
    _event_layout("5"),
    _event_layout("6"),
    _single(
        "saab_resource_status",
        "CALLSIGN STATUS_TIME:local STATUS_CODE INC_REF LPA",
        key="callsign status_time status_code",
        keep="inc_ref",
        required="status_time",
    ),
    _single(
        "saab_diary",
        "APPT_ID VERSION:int INC_REF DIARY BOOKED_AT:local SLOT_START:local SLOT_END:local STATUS ATTENDED_AT:local "
        "CALLSIGN LPA UPDATED_AT:local",
        key="appt_id version",
        keep="inc_ref diary booked_at slot_start slot_end status attended_at lpa updated_at callsign",
        stamp="updated_at",
    ),
    _single(
        "legacy_incidents",
        "IncidentNo IncidentDate:date CreatedTime:clock Grade LPA Category Source DA FirstAssigned:clock "
        "FirstAtScene:clock Closed:clock",
        key="incidentdate incidentno",
        keep="grade lpa category source da",
        # Choice: CREATED is the legacy column CreatedTime here; without it the incident has no place in time.
        required="createdtime",
    ),
    _single(
        "acd_segments",
        "CALL_ID SEGMENT:int SEG_START:utc SEG_END:utc DIALLED QUEUE DISPOSITION IVR_SECS:seconds QUEUE_SECS:seconds "
        "RING_SECS:seconds TALK_SECS:seconds HOLD_SECS:seconds WRAP_SECS:seconds AGENT_ID TEAM CLI WRAP_CODE",
        key="call_id segment",
        keep="seg_start dialled queue disposition ivr_secs queue_secs ring_secs talk_secs hold_secs wrap_secs team cli "
        "wrap_code",
        required="seg_start",
    )._replace(is_day_in_key=True),
    _single(
        "acd_agent_intervals",
        "INTERVAL_START:utc TEAM STAFFED_SECS:seconds AVAILABLE_SECS:seconds TALK_SECS:seconds HOLD_SECS:seconds "
        "WRAP_SECS:seconds AUX_SECS:seconds PLANNED_HEADS:int",
        key="interval_start team",
        keep="staffed_secs talk_secs hold_secs wrap_secs aux_secs",
    ),
    _single(
        "digital_contacts",
        "CONTACT_ID CHANNEL PLATFORM DIRECTION OPENED:local FIRST_REPLY:local CLOSED:local TOPIC INC_REF",
        key="contact_id",
        keep="channel direction opened",
    ),
    _single(
        "workforce",
        "MONTH:month UNIT ROLE ESTABLISHMENT_FTE:number STRENGTH_FTE:number HEADCOUNT:int ABSTRACTED_FTE:number "
        "ABSTRACTION_REASON",
        key="month unit role",
        keep="establishment_fte strength_fte abstracted_fte",
    ),
    _single("recruitment", "MONTH:month STAGE COUNT:int", key="month stage", keep="count"),
    _single(
        "da_outcomes",
        "INC_REF CRIME_REF VICTIM_ID SUSPECT_PRESENT ARREST_AT:local RISK_TOOL RISK_GRADE POSITIVE_ACTION BWV "
        "PROTECTIVE_ORDER VICTIM_SUPPORTS OUTCOME_CODE UPDATED_AT:local",
        key="inc_ref",
        keep="crime_ref victim_id suspect_present arrest_at risk_tool risk_grade positive_action bwv protective_order "
        "victim_supports outcome_code",
        stamp="updated_at",
    ),
    _single(
        "service_disruptions",
        "DISRUPTION_ID STARTED:local ENDED:local SYSTEMS LINES CALLS_LOST:int DIVERTED_TO RESTORED_AT:local NOTE",
        key="disruption_id",
    ),
    _single(
        "bt_999_national",
        "FORCE MONTH:month CALLS:int MEAN_SECONDS:number UNDER_10:int FROM_10_TO_60:int OVER_60:int",
        key="force month",
    ),
)

LAYOUTS: dict[str, list[Layout]] = {}
for _layout in _LAYOUTS:
    LAYOUTS.setdefault(_layout.export, []).append(_layout)

MONTHLY = frozenset(
    {"legacy_incidents", "digital_contacts", "workforce", "recruitment", "da_outcomes", "bt_999_national"}
)
# The heading an export stands under; each export under "Other" is a system of its own.
SYSTEM_OF = {
    "saab_incidents": "incidents",
    "saab_incident_log": "incidents",
    "saab_resource_status": "incidents",
    "saab_diary": "incidents",
    "legacy_incidents": "incidents",
    "acd_segments": "telephony",
    "acd_agent_intervals": "telephony",
}

# --- reference data -----------------------------------------------------------------------------------------------
UNKNOWN = "UNKNOWN"
LINES = frozenset({"999", "101", "SWITCHBOARD", "INTERNAL", "OTHER"})
_CALL_TAKERS = frozenset({"OCC_999", "OCC_101"})  # they help each other out, so either queue measures either line
MEASURING_QUEUES: dict[str, frozenset[str] | None] = {
    "999": _CALL_TAKERS,
    "101": _CALL_TAKERS,
    "SWITCHBOARD": frozenset({"SWITCHBOARD"}),
    "INTERNAL": frozenset({"INTERNAL"}),
    "OTHER": None,  # any queue
}
TARGET_SECONDS = {"999": 10, "101": 30}
OUTCOME_OF_LAST = {
    "ABN": "abandoned",
    "IVR_ABN": "abandoned_in_menu",
    "IVR_END": "ended_by_menu",
    "OVF": "overflow",
    "CBK": "callback",
    "SILENT": "silent",
    "LOST": "lost",
    "XFER": "lost",
}
SHORT_ABANDON_SECONDS = 5
REDIAL_SECONDS = 600
DEMAND_OF_WRAP = {
    "UPDATE_REQUEST": "failure",
    "OFFICER_CONTACT": "failure",
    "WRONG_AGENCY": "other_agency",
    "INTERNAL": "internal",
    "NEW_INCIDENT": "service",
    "ADVICE": "service",
    "NUISANCE": "nuisance",
}
WRAP_CODES = frozenset(DEMAND_OF_WRAP) | {"OTHER"}
SOURCES = frozenset(
    {"999", "101", "SWITCHBOARD", "SOH", "DIGITAL_DESK", "OFFICER", "ALARM", "OTHER_AGENCY", "FRONT_COUNTER"}
)
GRADES = frozenset({"1", "2", "3", "4"})
AREAS = frozenset({"HEREF", "NWORC", "SWORC", "SHROP", "TELF"})
# Categories kept for the force's own use: no incidents in its totals.
ADMINISTRATIVE = frozenset({"ADM-MESSAGE", "ADM-LOSTPROP", "ADM-PREPLAN", "ADM-TEST"})
THRIVE_RISKS = frozenset({"HIGH", "MEDIUM", "STANDARD"})
# How the hours call the diaries; an unknown diary is a scheduled appointment.
KIND_OF_DIARY = {
    "DA_DIARY_CAR": "DA_DIARY_CAR",
    "DIARY_CAR": "DIARY_CAR",
    "SCHEDULED": "SCHEDULED",
    UNKNOWN: "SCHEDULED",
}
DIARIES = frozenset({"DA_DIARY_CAR", "DIARY_CAR", "SCHEDULED"})
APPOINTMENT_STATUSES = frozenset({"BOOKED", "MOVED", "ATTENDED", "FAILED", "CANCELLED_VICTIM", "CANCELLED_POLICE"})
CHANNELS = frozenset({"SOH", "DIGITAL_DESK", "EMAIL"})
RECRUITMENT_STAGES = ("APPLIED", "ASSESSED", "INTERVIEWED", "APPOINTED")  # in order
