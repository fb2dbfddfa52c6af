"""Made-up `landing.*` tables, so that the models can be tested without files: rows as landing leaves them."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.analysis import tables
from orchestration.landing.contracts import load_profile
from orchestration.landing.registry import drift_tables
from orchestration.publish import history
from orchestration.quality import results
from orchestration.settings import PROJECT

SHAPES: dict[str, Any] = yaml.safe_load((PROJECT / "orchestration" / "landing" / "shapes.yaml").read_text())
PROFILE = PROJECT / "orchestration" / "profiles" / "west_mercia"
_TYPES = {
    "integer": "bigint", "decimal": "decimal(18, 4)", "instant": "timestamp", "date": "date", "month": "date",
}  # fmt: skip
_DOUBLED = (datetime(2021, 10, 31, 0, 0), datetime(2021, 10, 31, 1, 0))  # UTC, the first pass of 01:00 to 01:59 local
_EXPORTS = [name for name, shape in SHAPES.items() if isinstance(shape, dict) and "columns" in shape]


@dataclass
class Delivery:
    """One file: its rows are dictionaries of canonical columns."""

    export: str
    business_date: date
    rows: list[dict[str, Any]]
    suffix: str = ""
    version: str = "5"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(f"{self.export}{self.business_date}{self.suffix}{self.rows}".encode()).hexdigest()

    @property
    def name(self) -> str:
        return f"{self.export}_{self.business_date:%Y%m%d}{'_' + self.suffix if self.suffix else ''}.csv"

    @property
    def covered_until(self) -> date:
        if SHAPES[self.export]["cadence"] != "month":
            return self.business_date
        return (self.business_date.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    @property
    def order(self) -> tuple[Any, ...]:
        return self.business_date, self.suffix, self.sha256


def columns_of(export: str) -> dict[str, str]:
    """Column to DuckDB type of a landing view, provenance included."""
    columns = {name: _TYPES.get(kind, "varchar") for name, kind in SHAPES[export]["columns"].items()}
    flags = {f"{name}_is_ambiguous": "boolean" for name, kind in SHAPES[export]["columns"].items() if kind == "instant"}
    return columns | {"_content_no": "integer", "_source_row": "integer"} | flags


@dataclass
class Landing:
    """What was delivered so far, and what of it is in a published generation."""

    database: Path
    delivered: list[Delivery] = field(default_factory=list)
    published: int = 0  # the first so many are

    def write(self, *, is_full: bool) -> None:
        """Make every landing table anew."""
        with duckdb.connect(str(self.database)) as con:
            con.execute("set TimeZone = 'UTC'")
            con.execute("create schema if not exists landing")
            self._write_registry(con, is_full)
            for export in _EXPORTS:
                self._write_rows(con, export)

    def _write_registry(self, con: duckdb.DuckDBPyConnection, is_full: bool) -> None:
        con.execute(
            "create or replace table landing.deliveries (delivery_id varchar, name varchar, path varchar, "
            "export varchar, contract varchar, contract_version varchar, system varchar, sha256 varchar, bytes bigint, "
            "received_at timestamptz, business_date date, part varchar, suffix_time varchar, name_version integer, "
            "batch varchar, content_no integer, is_counted boolean, is_quarantined boolean, duplicate_of varchar, "
            "reason varchar, rows_read bigint, rows_quarantined bigint, unknown_columns varchar, drift_kind varchar, "
            "drift_column varchar, drift_after varchar, encoding varchar, delimiter varchar, column_order varchar, "
            "filled_columns varchar, rows_left_out bigint, emptied varchar, rows_erased bigint)"
        )
        con.execute(
            "create or replace table landing.contents (content_no integer, delivery_id varchar, name varchar, "
            "export varchar, contract_version varchar, business_date date, covered_until date, delivery_rank integer, "
            "is_pending boolean)"
        )
        con.execute(
            "create or replace table landing.run "
            "(generation varchar, started_at timestamptz, is_full boolean, has_new_code boolean, has_erasures boolean)"
        )
        con.execute("insert into landing.run values ('made-up', now(), ?, ?, false)", [is_full, is_full])
        con.execute(
            "create or replace table landing.erasures (erasure_id varchar, erased_at timestamptz, erased_by varchar, "
            "kind varchar, subject_digest varchar, reason varchar, rows_erased bigint, rows_by_export varchar, "
            "rows_held bigint, mentions_masked bigint, kept_from varchar)"
        )
        con.execute("create or replace table landing.kept_from (export varchar, first_date date)")
        history.make_tables(con)
        results.make_tables(con)
        tables.prepare(con)
        con.execute(
            "create or replace view landing.quarantined_rows as select '' as delivery_id, 0 as content_no, "
            "0::bigint as row_number, '' as column_name, '' as value, '' as reason, '' as raw_row, 0 as field_count, "
            "'' as row_sha256 where false"
        )
        drift_tables(con, load_profile(PROFILE))
        ranks: dict[int, int] = {}
        for export in _EXPORTS:
            mine = [number for number, each in enumerate(self.delivered) if each.export == export]
            ranks |= {n: rank for rank, n in enumerate(sorted(mine, key=lambda n: self.delivered[n].order), 1)}
        for number, each in enumerate(self.delivered):
            key = hashlib.sha256(f"{each.name}:{each.sha256}".encode()).hexdigest()[:16]
            con.execute(
                "insert into landing.deliveries values (?, ?, ?, ?, ?, ?, ?, ?, 1, now(), ?, null, ?, 0, 'b', ?, true, "
                "false, null, null, ?, 0, '{}', null, null, null, 'ASCII', 'comma', null, null, 0, '{}', 0)",
                [
                    key, each.name, each.name, each.export, f"{each.export}.v{each.version}", each.version,
                    SHAPES[each.export]["system"], each.sha256, each.business_date, each.suffix, number, len(each.rows),
                ],
            )  # fmt: skip
            con.execute(
                "insert into landing.contents values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    number, key, each.name, each.export, each.version, each.business_date, each.covered_until,
                    ranks[number], number >= self.published,
                ],
            )  # fmt: skip

    def _write_rows(self, con: duckdb.DuckDBPyConnection, export: str) -> None:
        columns = columns_of(export)
        typed = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
        con.execute(f"create or replace table landing.{export}_rows ({typed})")
        rows = [
            [_value(row, name, number, line) for name in columns]
            for number, each in enumerate(self.delivered)
            if each.export == export
            for line, row in enumerate(each.rows, 2)
        ]
        if rows:
            con.executemany(f"insert into landing.{export}_rows values ({', '.join('?' * len(columns))})", rows)
        con.execute(f"create or replace view landing.{export} as select * from landing.{export}_rows")


def _value(row: dict[str, Any], column: str, number: int, line: int) -> Any:
    if column == "_content_no":
        return number
    if column == "_source_row":
        return line
    if column.endswith("_is_ambiguous"):
        at = row.get(column.removesuffix("_is_ambiguous"))
        return at is not None and _DOUBLED[0] <= at < _DOUBLED[1]
    return row.get(column)


# --- a world of a few days -----------------------------------------------------------------------------------------
FIRST_DAY = date(2021, 10, 29)  # the doubled hour is on the third day


def made_up_deliveries(seed: int, days: int = 5) -> list[Delivery]:
    """Files of a few days, in a random order: corrections, gaps, dirty values, links across days, orphans."""
    rnd = random.Random(seed)
    result: list[Delivery] = []
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        for export, make in _MAKERS.items():
            if rnd.random() < 0.12:
                continue
            rows = make(rnd, day)
            result.append(Delivery(export, day, rows))
            if rnd.random() < 0.5:
                result.append(Delivery(export, day, _corrected(rnd, export, rows, make(rnd, day)), suffix="120000"))
    result.append(Delivery("service_disruptions", FIRST_DAY, [_disruption(4, 20, systems="Saab-Safe; telephony")]))
    later = [_disruption(30, 50, lines="101 / internal"), _disruption(70, None, "D2", systems=None)]
    result.append(Delivery("service_disruptions", FIRST_DAY + timedelta(days=3), later))
    result.append(Delivery("legacy_incidents", FIRST_DAY.replace(day=1), _legacy(rnd), version="1"))
    for suffix in ("", "100000", "120000"):
        result.append(Delivery("da_outcomes", FIRST_DAY.replace(day=1), _outcomes(rnd), suffix, version="1"))
    result.append(Delivery("da_outcomes", date(2021, 11, 1), _outcomes(rnd), version="1"))
    rnd.shuffle(result)
    # By a die of their own, so that what came before them stays as it was.
    own = random.Random(seed)
    for delivery in _monthly(own):
        result.insert(own.randrange(len(result) + 1), delivery)
    return result


def _monthly(rnd: random.Random) -> list[Delivery]:
    """Contacts, staff and stages of two months, one of them corrected."""
    result = []
    for month, suffix in ((date(2021, 10, 1), ""), (date(2021, 10, 1), "120000"), (date(2021, 11, 1), "")):
        contacts = [
            {
                "contact_id": f"C{month:%m}{number}", "channel": rnd.choice(["SOH", "DIGITAL_DESK", "FAX", None]),
                "platform": "WEB", "direction": rnd.choice(["IN", "IN", "OUT", "?"]), "opened_at": _at(month, rnd, 200),
                "first_reply_at": rnd.choice([None, _at(month, rnd, 400)]), "incident_ref": None,
            }
            for number in range(rnd.randrange(3, 9))
        ]  # fmt: skip
        staff = {"month": month, "unit": "OCC", "role": "A", "establishment_fte": 10, "headcount": 9}
        stages = [
            {"month": month, "stage": stage, "stage_count": rnd.choice([None, -1, 40])}
            for stage in ("APPLIED", "ASSESSED", "VETTED")
        ]
        result += [
            Delivery("digital_contacts", month, contacts, suffix, version="1"),
            Delivery(
                "workforce", month, [staff | {"strength_fte": rnd.choice([None, 8, 11])}], suffix, version="1"
            ),
            Delivery("recruitment", month, stages, suffix, version="1"),
        ]  # fmt: skip
    return result


def _corrected(
    rnd: random.Random, export: str, rows: list[dict[str, Any]], others: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Some rows as they were, some changed, some new, some left out; now and then a row twice."""
    key = SHAPES[export]["key"]
    kept = []
    for row in rows:
        drawn = rnd.random()
        if drawn < 0.4:
            kept.append(dict(row))
        elif drawn < 0.7 and others:
            kept.append(dict(rnd.choice(others)) | {name: row[name] for name in key})
        if drawn > 0.95:
            kept += [dict(row), dict(row)]
    return kept + others[:2]


def _at(day: date, rnd: random.Random, hours: float = 24) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(seconds=rnd.randrange(int(hours * 3600)))


def _segments(rnd: random.Random, day: date) -> list[dict[str, Any]]:
    rows = []
    for call in range(rnd.randrange(4, 12)):
        start = _at(day, rnd)
        line = rnd.choice(["999", "101", "101", "INTERNAL", "SWITCHBOARD", "0800"])
        for segment in range(1, rnd.randrange(2, 5)):
            rows.append({
                "call_id": str(call), "segment": segment, "segment_start_at": start + timedelta(seconds=30 * segment),
                "segment_end_at": start + timedelta(seconds=30 * segment + 200), "dialled": line,
                "queue": rnd.choice([None, "OCC_999", "OCC_101", "CRIME_BUREAU", "SWITCHBOARD", "INTERNAL", "XYZ"]),
                "disposition": rnd.choice(["ANS", "ANS", "ABN", "ABN", "XFER", "IVR_ABN", "TEST", "CBK", "???", None]),
                "ivr_seconds": rnd.choice([0, 5, None]), "queue_seconds": rnd.choice([0, 2, 9, 40, -1]),
                "ring_seconds": rnd.choice([0, 1, 3]), "talk_seconds": rnd.choice([100, 0, None, -5]),
                "hold_seconds": 0, "wrap_seconds": rnd.choice([10, 0]), "agent_token": "a1",
                "team": rnd.choice(["RED", None]),
                "caller_token": rnd.choice([None, "t1", "t1", "t2"]), "is_withheld": rnd.choice(["Y", None]),
                "wrap_code": rnd.choice(["NEW_INCIDENT", "UPDATE_REQUEST", "INTERNAL", "ZZZ", None]),
            })  # fmt: skip
    return rows


def _incident_ref(rnd: random.Random, day: date) -> str:
    return f"WM-{day - timedelta(days=rnd.choice([0, 0, 0, 1, 2])):%Y%m%d}-{rnd.randrange(1, 5):05d}"


def _incidents(rnd: random.Random, day: date) -> list[dict[str, Any]]:
    rows = []
    for _ in range(rnd.randrange(6, 15)):
        ref = _incident_ref(rnd, day)
        created = _at(datetime.strptime(ref[3:11], "%Y%m%d").date(), rnd)
        rows.append({
            "incident_ref": ref, "created_at": created, "recorded_at": created + timedelta(seconds=60),
            "source": rnd.choice(["999", "101", "FAX"]),
            "call_ref": rnd.choice([None, f"{ref[3:11]}-{rnd.randrange(6)}"]),
            "opening_code": rnd.choice(["PSW-CONCERN", "ADM-TEST", "???"]),
            "closing_code": rnd.choice([None, "CRM-VIOL"]),
            "grade_initial": rnd.choice(["1", "2", None]), "grade_current": rnd.choice(["1", "2", "3", "9", None]),
            "lpa": rnd.choice(["HEREF", "TELF", "XX", None]), "is_urban": rnd.choice(["Y", "N", None]),
            "thrive_risk": rnd.choice(["HIGH", None]), "is_domestic_abuse": rnd.choice(["Y", "Y", "N", "?"]),
            "linked_to": rnd.choice([None, None, "WM-20211029-00001"]), "status": rnd.choice(["OPEN", "CLOSED"]),
            "closed_at": rnd.choice([None, created + timedelta(hours=3)]),
            "updated_at": rnd.choice([None, _at(day, rnd)]),
        })  # fmt: skip
    return rows


def _log(rnd: random.Random, day: date) -> list[dict[str, Any]]:
    """Everything a state turns on, in no sensible order: no more of it is needed to prove that runs add up."""
    codes = [
        "GRADED", "GRADED", "REGRADED", "THRIVE", "RETHRIVE", "TASKED", "ASSIGNED", "ASSIGNED", "ASSIGNED",
        "UNASSIGNED", "UNASSIGNED", "DIARY_BOOKED", "DIARY_BOOKED", "DIARY_MOVED", "DIARY_FAILED", "CLOSED", "REOPENED",
        "NOTE",
    ]  # fmt: skip
    rows = []
    for _ in range(rnd.randrange(60, 150)):
        code = rnd.choice(codes)
        is_of_diary = code.startswith("DIARY_")
        rows.append({
            "incident_ref": _incident_ref(rnd, day), "event_no": rnd.randrange(1, 16),
            "event_at": _at(day, rnd, rnd.choice([4, 24])), "recorded_at": rnd.choice([None, _at(day, rnd, 4)]),
            "event_code": code, "callsign": rnd.choice(["U1", "U1", "U2", "U3", None]),
            "from_value": rnd.choice([None, *[f"A{rnd.randrange(8)}"] * 4]) if is_of_diary else None,
            "to_value": rnd.choice(
                ["DIARY_CAR", "DA_DIARY_CAR", "CAR", None] if is_of_diary else ["1", "3", "4", "HIGH", "?", None]
            ),
        })  # fmt: skip
    return rows


def _statuses(rnd: random.Random, day: date) -> list[dict[str, Any]]:
    return [
        {
            "callsign": rnd.choice(["U1", "U2", "U3"]), "status_at": _at(day, rnd, 30),
            "status_code": rnd.choice(["2", "5", "5", "6", "6", "99"]), "lpa": "HEREF",
            "incident_ref": rnd.choice([None, _incident_ref(rnd, day)]),
        }
        for _ in range(rnd.randrange(10, 40))
    ]  # fmt: skip


def _diary(rnd: random.Random, day: date) -> list[dict[str, Any]]:
    """Versions in any order, slots before and after the last day, orphans, times and slots that are missing."""
    rows = []
    for _ in range(rnd.randrange(6, 14)):
        slot = _at(day, rnd, 60)
        status = rnd.choice(
            ["BOOKED", "MOVED", "MOVED", "ATTENDED", "ATTENDED", "FAILED", "CANCELLED_VICTIM", "CANCELLED_POLICE", "?"]
        )
        attended = slot + timedelta(seconds=rnd.choice([0, 3600, 3601, 9000]))
        rows.append({
            "appointment_id": f"A{rnd.randrange(24)}", "version": rnd.randrange(1, 4),
            "incident_ref": rnd.choice([_incident_ref(rnd, day), _incident_ref(rnd, day), None]),
            "diary": rnd.choice(["DIARY_CAR", "DA_DIARY_CAR", "SCHEDULED", "CAR", None]),
            "booked_at": rnd.choice([None, _at(day, rnd), _at(day, rnd)]), "slot_start_at": slot,
            "slot_end_at": rnd.choice([None, *[slot + timedelta(hours=1)] * 5]), "status": status,
            "attended_at": rnd.choice([None, attended, attended]) if status == "ATTENDED" else None,
            "callsign": rnd.choice([None, "U1"]), "lpa": rnd.choice(["HEREF", "TELF", "XX", None]),
            "updated_at": rnd.choice([None, _at(day, rnd)]),
        })  # fmt: skip
    return rows


def _intervals(rnd: random.Random, day: date) -> list[dict[str, Any]]:
    start = datetime(day.year, day.month, day.day)
    return [
        {
            "interval_start_at": start + timedelta(minutes=30 * number), "team": team,
            "staffed_seconds": rnd.choice([1800, -1, None]), "talk_seconds": rnd.randrange(900), "planned_heads": 3,
        }
        for number in range(0, 48, 12)
        for team in ("RED", "BLUE")
    ]  # fmt: skip


def _disruption(
    first_hour: int,
    last_hour: int | None,
    key: str = "D1",
    systems: str | None = "TELEPHONY",
    lines: str | None = None,
) -> dict[str, Any]:
    start = datetime(2021, 10, 29)
    return {
        "disruption_id": key, "started_at": start + timedelta(hours=first_hour),
        "ended_at": start + timedelta(hours=last_hour) if last_hour else None, "systems": systems,
        "lines": lines,
    }  # fmt: skip


def _legacy(rnd: random.Random) -> list[dict[str, Any]]:
    day = FIRST_DAY.replace(day=3)
    rows = []
    for number in range(1, 6):
        created = _at(day, rnd)
        rows.append({
            "incident_date": day, "incident_no": str(number), "created_at": created, "grade": "1", "lpa": "TELF",
            "first_at_scene_at": created + timedelta(seconds=rnd.choice([-60, 600])), "is_domestic_abuse": "N",
        })  # fmt: skip
    return rows


def _outcomes(rnd: random.Random) -> list[dict[str, Any]]:
    """Of few victims, so that incidents repeat; a later file may say that it was another victim, or none."""
    rows = []
    for number in range(40):
        day = FIRST_DAY + timedelta(days=number % 5)
        rows.append({
            "incident_ref": f"WM-{day:%Y%m%d}-{rnd.randrange(1, 5):05d}", "crime_ref": rnd.choice(["C1", None]),
            "victim_token": rnd.choice(["v1", "v1", "v1", "v2", "v2", None]),
            "suspect_present": rnd.choice(["Y", "N", "?", None]),
            "arrest_at": rnd.choice([None, _at(day, rnd)]), "risk_tool": rnd.choice(["DASH", None]),
            "risk_grade": rnd.choice(["HIGH", None]), "positive_action": rnd.choice(["Y", "N", "?", None]),
            "body_worn_video": rnd.choice(["Y", "N", None]), "protective_order": rnd.choice(["Y", "N", None]),
            "victim_supports": rnd.choice(["Y", "N", None]), "updated_at": rnd.choice([None, _at(day, rnd)]),
        })  # fmt: skip
    return rows


_MAKERS = {
    "acd_segments": _segments, "saab_incidents": _incidents, "saab_incident_log": _log,
    "saab_resource_status": _statuses, "saab_diary": _diary, "acd_agent_intervals": _intervals,
}  # fmt: skip
