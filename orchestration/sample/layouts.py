"""The headers of the exports as they are delivered, word for word from the interface document, and the code lists.

The pipeline has its own contracts and never reads this module: two independent writings of one interface, so that a
slip in either is found.
"""

from __future__ import annotations

from typing import Final

INCIDENTS_5: Final = (
    "INC_REF,CREATED,RECORDED,SOURCE,CALL_REF,OPEN_CODE,CLOSE_CODE,QUALIFIERS,GRADE_INIT,GRADE_CURR,LPA,BEAT,URBAN,"
    "THRIVE_RISK,DA_FLAG,REPEAT_VICTIM,BACK_RECORD,LINKED_TO,STATUS,CLOSED,LAST_UPDATED"
)
INCIDENTS_6: Final = (
    "incident_ref,created_at,recorded_at,source_channel,call_ref,opening_code,closing_code,qualifiers,grade_initial,"
    "grade_current,lpa_code,beat_code,is_urban,thrive_risk,is_domestic_abuse,is_repeat_victim,is_back_record,linked_to,"
    "status,closed_at,updated_at,first_at_scene_at,pnc_checked"
)
LOG_5: Final = "INC_REF,EVENT_NO,EVENT_TIME,RECORDED_TIME,EVENT_CODE,FROM_VALUE,TO_VALUE,CALLSIGN,USER_ID"
LOG_6: Final = "incident_ref,event_no,event_at,recorded_at,event_code,from_value,to_value,callsign,user_id"
STATUS: Final = "CALLSIGN,STATUS_TIME,STATUS_CODE,INC_REF,LPA"
DIARY: Final = "APPT_ID,VERSION,INC_REF,DIARY,BOOKED_AT,SLOT_START,SLOT_END,STATUS,ATTENDED_AT,CALLSIGN,LPA,UPDATED_AT"
LEGACY: Final = "IncidentNo,IncidentDate,CreatedTime,Grade,LPA,Category,Source,DA,FirstAssigned,FirstAtScene,Closed"
SEGMENTS: Final = (
    "CALL_ID,SEGMENT,SEG_START,SEG_END,DIALLED,QUEUE,DISPOSITION,IVR_SECS,QUEUE_SECS,RING_SECS,TALK_SECS,HOLD_SECS,"
    "WRAP_SECS,AGENT_ID,TEAM,CLI,WRAP_CODE"
)
AGENTS: Final = "INTERVAL_START,TEAM,STAFFED_SECS,AVAILABLE_SECS,TALK_SECS,HOLD_SECS,WRAP_SECS,AUX_SECS,PLANNED_HEADS"
DIGITAL: Final = "CONTACT_ID,CHANNEL,PLATFORM,DIRECTION,OPENED,FIRST_REPLY,CLOSED,TOPIC,INC_REF"
WORKFORCE: Final = "MONTH,UNIT,ROLE,ESTABLISHMENT_FTE,STRENGTH_FTE,HEADCOUNT,ABSTRACTED_FTE,ABSTRACTION_REASON"
RECRUITMENT: Final = "MONTH,STAGE,COUNT"
OUTCOMES: Final = (
    "INC_REF,CRIME_REF,VICTIM_ID,SUSPECT_PRESENT,ARREST_AT,RISK_TOOL,RISK_GRADE,POSITIVE_ACTION,BWV,PROTECTIVE_ORDER,"
    "VICTIM_SUPPORTS,OUTCOME_CODE,UPDATED_AT"
)
DISRUPTIONS: Final = "DISRUPTION_ID,STARTED,ENDED,SYSTEMS,LINES,CALLS_LOST,DIVERTED_TO,RESTORED_AT,NOTE"
NATIONAL: Final = "FORCE,MONTH,CALLS,MEAN_SECONDS,UNDER_10,FROM_10_TO_60,OVER_60"

HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "saab_incidents": (INCIDENTS_5, INCIDENTS_6),
    "saab_incident_log": (LOG_5, LOG_6),
    "saab_resource_status": (STATUS,),
    "saab_diary": (DIARY,),
    "legacy_incidents": (LEGACY,),
    "acd_segments": (SEGMENTS,),
    "acd_agent_intervals": (AGENTS,),
    "digital_contacts": (DIGITAL,),
    "workforce": (WORKFORCE,),
    "recruitment": (RECRUITMENT,),
    "da_outcomes": (OUTCOMES,),
    "service_disruptions": (DISRUPTIONS,),
    "bt_999_national": (NATIONAL,),
}
"""Header lines by export; the second is version 6."""

DAILY: Final = (
    "saab_incidents",
    "saab_incident_log",
    "saab_resource_status",
    "saab_diary",
    "acd_segments",
    "acd_agent_intervals",
)

FOLDERS: Final[dict[str, str]] = {
    "saab_incidents": "saab/incidents",
    "saab_incident_log": "saab/log",
    "saab_resource_status": "saab/status",
    "saab_diary": "saab/diary",
    "legacy_incidents": "legacy",
    "acd_segments": "acd",
    "acd_agent_intervals": "acd",
}
"""Where the senders drop their files; everything else goes to the top of the landing folder."""
