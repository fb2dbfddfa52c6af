"""The files look exactly as the interface says. A failure means: other parts will not understand the sample."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.sample.reading import content, files, records, rows

LOCAL = r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d"
UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
OFFSET = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]0[01]:00"
NUMBER, FLAG, DECIMAL, REF = r"\d+", "[YN]", r"\d+[.]\d+", r"WM-\d{8}-\d{5}"
AREA = "HEREF|NWORC|SWORC|SHROP|TELF"
GRADE = "[1-4]?"
SOURCE = "999|101|SWITCHBOARD|SOH|DIGITAL_DESK|OFFICER|ALARM|OTHER_AGENCY|FRONT_COUNTER"
EVENT = (
    "CREATED|GRADED|REGRADED|THRIVE|RETHRIVE|TASKED|TASK_DECLINED|ASSIGNED|UNASSIGNED|ESCALATED|DIARY_BOOKED|"
    "DIARY_MOVED|DIARY_FAILED|LINKED|CLOSED|REOPENED"
)
TIME = r"(\d\d:\d\d:\d\d)?"


def maybe(pattern: str) -> str:
    return f"({pattern})?"


INCIDENT_5 = {
    "INC_REF": REF, "CREATED": LOCAL, "RECORDED": LOCAL, "SOURCE": SOURCE, "CALL_REF": maybe(r"\d{8}-\d+"),
    "OPEN_CODE": r"[A-Z0-9-]+", "CLOSE_CODE": r"[A-Z0-9-]*", "QUALIFIERS": "[A-Z|]*", "GRADE_INIT": GRADE,
    "GRADE_CURR": GRADE, "LPA": AREA, "BEAT": r"[A-Z]\d\d", "URBAN": FLAG, "THRIVE_RISK": maybe("HIGH|MEDIUM|STANDARD"),
    "DA_FLAG": FLAG, "REPEAT_VICTIM": FLAG, "BACK_RECORD": FLAG, "LINKED_TO": maybe(REF), "STATUS": "OPEN|CLOSED",
    "CLOSED": maybe(LOCAL), "LAST_UPDATED": LOCAL,
}  # fmt: skip
NAMES_6 = [
    "incident_ref",
    "created_at",
    "recorded_at",
    "source_channel",
    "call_ref",
    "opening_code",
    "closing_code",
    "qualifiers",
    "grade_initial",
    "grade_current",
    "lpa_code",
    "beat_code",
    "is_urban",
    "thrive_risk",
    "is_domestic_abuse",
    "is_repeat_victim",
    "is_back_record",
    "linked_to",
    "status",
    "closed_at",
    "updated_at",
]
INCIDENT_6 = {
    name: pattern.replace(LOCAL, OFFSET) for name, pattern in zip(NAMES_6, INCIDENT_5.values(), strict=True)
} | {"first_at_scene_at": maybe(OFFSET), "pnc_checked": FLAG}
LOG_5 = {
    "INC_REF": REF, "EVENT_NO": NUMBER, "EVENT_TIME": LOCAL, "RECORDED_TIME": LOCAL, "EVENT_CODE": EVENT,
    "FROM_VALUE": r"[A-Z0-9_]*", "TO_VALUE": r"[A-Za-z0-9_-]*", "CALLSIGN": r"[A-Z0-9]*", "USER_ID": r"U\d{4}",
}  # fmt: skip
LOG_6 = {
    name: pattern.replace(LOCAL, OFFSET)
    for name, pattern in zip(
        ["incident_ref", "event_no", "event_at", "recorded_at", "event_code", "from_value", "to_value", "callsign",
         "user_id"],
        LOG_5.values(), strict=True,
    )
}  # fmt: skip
LAYOUTS = {
    "saab_resource_status": {
        "CALLSIGN": r"[A-Z0-9]+", "STATUS_TIME": LOCAL, "STATUS_CODE": r"\d|1[0-6]", "INC_REF": maybe(REF), "LPA": AREA,
    },
    "saab_diary": {
        "APPT_ID": r"AP\d+", "VERSION": NUMBER, "INC_REF": REF, "DIARY": "DA_DIARY_CAR|DIARY_CAR|SCHEDULED",
        "BOOKED_AT": LOCAL, "SLOT_START": LOCAL, "SLOT_END": LOCAL,
        "STATUS": "BOOKED|MOVED|ATTENDED|FAILED|CANCELLED_VICTIM|CANCELLED_POLICE", "ATTENDED_AT": maybe(LOCAL),
        "CALLSIGN": r"[A-Z0-9]*", "LPA": AREA, "UPDATED_AT": LOCAL,
    },
    "legacy_incidents": {
        "IncidentNo": NUMBER, "IncidentDate": r"\d\d/\d\d/\d{4}", "CreatedTime": r"\d\d:\d\d:\d\d", "Grade": "[1-4]",
        "LPA": AREA, "Category": r"[A-Z0-9-]+", "Source": SOURCE, "DA": FLAG,
        "FirstAssigned": TIME, "FirstAtScene": TIME,
        "Closed": TIME,
    },
    "acd_segments": {
        "CALL_ID": NUMBER, "SEGMENT": NUMBER, "SEG_START": UTC, "SEG_END": UTC,
        "DIALLED": "999|101|SWITCHBOARD|INTERNAL|OTHER",
        "QUEUE": maybe("OCC_999|OCC_101|SWITCHBOARD|CRIME_BUREAU|INTERNAL"),
        "DISPOSITION": "ANS|ABN|IVR_ABN|IVR_END|XFER|OVF|CBK|TEST|SILENT|LOST",
        "IVR_SECS": NUMBER, "QUEUE_SECS": NUMBER,
        "RING_SECS": NUMBER, "TALK_SECS": NUMBER, "HOLD_SECS": NUMBER, "WRAP_SECS": NUMBER, "AGENT_ID": maybe(r"A\d+"),
        "TEAM": "[A-Z_]*", "CLI": r"([+]?\d+|WITHHELD)?",
        "WRAP_CODE": maybe("NEW_INCIDENT|UPDATE_REQUEST|OFFICER_CONTACT|WRONG_AGENCY|ADVICE|INTERNAL|NUISANCE|OTHER"),
    },
    "acd_agent_intervals": {
        "INTERVAL_START": UTC, "TEAM": "[A-Z_]+", "STAFFED_SECS": NUMBER, "AVAILABLE_SECS": NUMBER, "TALK_SECS": NUMBER,
        "HOLD_SECS": NUMBER, "WRAP_SECS": NUMBER, "AUX_SECS": NUMBER, "PLANNED_HEADS": NUMBER,
    },
    "digital_contacts": {
        "CONTACT_ID": r"C\d+", "CHANNEL": "SOH|DIGITAL_DESK|EMAIL", "PLATFORM": "[A-Z]+", "DIRECTION": "IN|OUT",
        "OPENED": LOCAL, "FIRST_REPLY": maybe(LOCAL), "CLOSED": maybe(LOCAL), "TOPIC": "[A-Z_]+", "INC_REF": maybe(REF),
    },
    "workforce": {
        "MONTH": r"\d{4}-\d\d", "UNIT": "[A-Z_]+", "ROLE": "[A-Z_]+", "ESTABLISHMENT_FTE": DECIMAL,
        "STRENGTH_FTE": DECIMAL,
        "HEADCOUNT": NUMBER, "ABSTRACTED_FTE": DECIMAL, "ABSTRACTION_REASON": "[A-Za-z, ]*",
    },
    "recruitment": {"MONTH": r"\d{4}-\d\d", "STAGE": "APPLIED|ASSESSED|INTERVIEWED|APPOINTED", "COUNT": NUMBER},
    "da_outcomes": {
        "INC_REF": REF, "CRIME_REF": maybe(r"22/\d+/\d\d"), "VICTIM_ID": r"V\d+", "SUSPECT_PRESENT": FLAG,
        "ARREST_AT": maybe(LOCAL), "RISK_TOOL": maybe("DASH|DARA"), "RISK_GRADE": maybe("HIGH|MEDIUM|STANDARD"),
        "POSITIVE_ACTION": FLAG, "BWV": FLAG, "PROTECTIVE_ORDER": FLAG, "VICTIM_SUPPORTS": FLAG,
        "OUTCOME_CODE": maybe(r"\d\d"), "UPDATED_AT": LOCAL,
    },
    "service_disruptions": {
        "DISRUPTION_ID": r"D2021-\d+", "STARTED": LOCAL, "ENDED": LOCAL, "SYSTEMS": ".+", "LINES": ".+",
        "CALLS_LOST": NUMBER, "DIVERTED_TO": ".+", "RESTORED_AT": LOCAL, "NOTE": ".+",
    },
    "bt_999_national": {
        "FORCE": "[A-Za-z -]+", "MONTH": r"\d{4}-\d\d", "CALLS": NUMBER, "MEAN_SECONDS": DECIMAL, "UNDER_10": NUMBER,
        "FROM_10_TO_60": NUMBER, "OVER_60": NUMBER,
    },
}  # fmt: skip


@pytest.mark.parametrize("export", [*LAYOUTS, "saab_incidents", "saab_incident_log"])
def test_every_column_is_there_and_every_value_has_its_format(clean: Path, export: str) -> None:
    found = files(clean, export)
    assert found
    for path in found:
        text = content(path)
        assert text.endswith(b"\n")
        assert b"\r" not in text
        layout = layout_of(export, path.name)
        header = text.split(b"\n", 1)[0].decode()
        assert header == ",".join(layout)
        patterns = {name: re.compile(pattern) for name, pattern in layout.items()}
        for row in rows(path):
            for name, value in row.items():
                assert patterns[name].fullmatch(value), (path.name, name, value)


def layout_of(export: str, name: str) -> dict[str, str]:
    is_new = name.split("_")[-1][:8] >= "20211213"
    if export == "saab_incidents":
        return INCIDENT_6 if is_new else INCIDENT_5
    if export == "saab_incident_log":
        return LOG_6 if is_new else LOG_5
    return LAYOUTS[export]


def test_file_names_and_folders_follow_the_interface(clean: Path) -> None:
    names = [path.name for path in (clean / "landing").rglob("*") if path.is_file()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9_]+_\d{8}[.]csv([.]gz)?", name) for name in names)
    assert any(name.endswith(".gz") for name in names)


def test_a_daily_file_holds_its_own_local_day(clean: Path) -> None:
    for path, row in records(clean, "saab_resource_status"):
        day = path.name.split("_")[-1][:8]
        assert f"{row['STATUS_TIME'][6:10]}{row['STATUS_TIME'][3:5]}{row['STATUS_TIME'][:2]}" == day
