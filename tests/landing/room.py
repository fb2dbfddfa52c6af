"""What the landing tests share: a landing folder and a warehouse of their own, files to put in, questions to ask."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing import LandingResult, Profile, land, load_profile, sync_build_database
from orchestration.settings import PROJECT

WEST_MERCIA = PROJECT / "orchestration" / "profiles" / "west_mercia"
HEADERS = {
    export: ",".join(columns.split())
    for export, columns in {
        "saab_incidents": "INC_REF CREATED RECORDED SOURCE CALL_REF OPEN_CODE CLOSE_CODE QUALIFIERS "
        "GRADE_INIT GRADE_CURR LPA BEAT URBAN THRIVE_RISK DA_FLAG REPEAT_VICTIM BACK_RECORD LINKED_TO STATUS CLOSED "
        "LAST_UPDATED",
        "saab_resource_status": "CALLSIGN STATUS_TIME STATUS_CODE INC_REF LPA",
        "acd_segments": "CALL_ID SEGMENT SEG_START SEG_END DIALLED QUEUE DISPOSITION IVR_SECS QUEUE_SECS RING_SECS "
        "TALK_SECS HOLD_SECS WRAP_SECS AGENT_ID TEAM CLI WRAP_CODE",
        "recruitment": "MONTH STAGE COUNT",
        "digital_contacts": "CONTACT_ID CHANNEL PLATFORM DIRECTION OPENED FIRST_REPLY CLOSED TOPIC INC_REF",
        "da_outcomes": "INC_REF CRIME_REF VICTIM_ID SUSPECT_PRESENT ARREST_AT RISK_TOOL RISK_GRADE POSITIVE_ACTION BWV "
        "PROTECTIVE_ORDER VICTIM_SUPPORTS OUTCOME_CODE UPDATED_AT",
        "legacy_incidents": "IncidentNo IncidentDate CreatedTime Grade LPA Category Source DA FirstAssigned "
        "FirstAtScene Closed",
        "workforce": "MONTH UNIT ROLE ESTABLISHMENT_FTE STRENGTH_FTE HEADCOUNT ABSTRACTED_FTE ABSTRACTION_REASON",
    }.items()
}
_DEFAULTS = {
    "saab_incidents": {"INC_REF": "WM-20210901-00001", "CREATED": "01/09/2021 10:00:00", "STATUS": "OPEN"},
    "saab_resource_status": {"CALLSIGN": "HE01", "STATUS_TIME": "01/09/2021 10:00:00", "STATUS_CODE": "5"},
    "acd_segments": {"CALL_ID": "17", "SEGMENT": "1", "SEG_START": "2021-09-01T09:00:00Z", "DIALLED": "101"},
    "recruitment": {"MONTH": "2021-09", "STAGE": "APPLIED", "COUNT": "3"},
    "digital_contacts": {"CONTACT_ID": "C1", "CHANNEL": "SOH"},
    "da_outcomes": {"INC_REF": "WM-20210901-00001"},
    "legacy_incidents": {"IncidentNo": "1", "IncidentDate": "05/01/2021", "CreatedTime": "10:00:00"},
    "workforce": {"MONTH": "2021-09", "UNIT": "OCC", "ROLE": "999"},
}


def row(export: str, **values: str) -> str:
    """One line of an export: the values given, sensible ones where it needs them, empty elsewhere."""
    filled = _DEFAULTS[export] | values
    return ",".join(filled.get(header, "") for header in HEADERS[export].split(","))


def text(export: str, *rows: str, end: str = "\n") -> str:
    """A whole file."""
    return end.join([HEADERS[export], *rows]) + end


def status_file(*times: str) -> str:
    return text("saab_resource_status", *(row("saab_resource_status", STATUS_TIME=time) for time in times))


class Room:
    """A landing folder, a warehouse, a key."""

    def __init__(self, folder: Path, profile: Path = WEST_MERCIA) -> None:
        self.landing = folder / "landing"
        self.warehouse = folder / "warehouse"
        self.key_file = folder / "keys" / "token.key"
        self.landing.mkdir(parents=True, exist_ok=True)
        self.profile: Profile = load_profile(profile)
        self._numbers = count(1)

    @property
    def store(self) -> Path:
        return self.warehouse / "landing"

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, batch: str | None = None) -> LandingResult:
        return land(
            self.landing,
            self.warehouse,
            self.profile,
            self.key_file,
            batch=batch or f"batch{next(self._numbers):04d}",
            pause_seconds=0,
        )

    def database(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect()
        con.execute("set TimeZone = 'UTC'")
        sync_build_database(con, self.warehouse, self.profile)
        return con

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database() as con:
            return con.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        found = self.ask(sql)
        assert len(found) == 1, found
        return found[0][0] if len(found[0]) == 1 else found[0]

    def delivery(self, name: str) -> dict[str, Any]:
        with self.database() as con:
            cursor = con.execute("select * from landing.deliveries where name = ?", [name])
            names = [column[0] for column in cursor.description or []]
            found = cursor.fetchall()
        assert len(found) == 1, found
        return dict(zip(names, found[0], strict=True))

    def everything_stored(self) -> bytes:
        """All that the warehouse holds, as bytes and, where it is Parquet, as text."""
        parts = []
        for path in sorted(self.warehouse.rglob("*")):
            if path.is_file():
                parts.append(path.name.encode())
                parts.append(path.read_bytes())
            if path.suffix == ".parquet":
                parts.append(str(duckdb.sql(f"from read_parquet('{path}')").fetchall()).encode())
        return b"\n".join(parts)


__all__ = ["HEADERS", "WEST_MERCIA", "Room", "row", "status_file", "text"]
