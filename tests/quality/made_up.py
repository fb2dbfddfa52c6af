"""A made-up build database: two days of clean deliveries after five weeks of published ones, a row of every kind.

Tables and columns come from the shapes and from the reference data; the marts hold only what the rules read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from orchestration.landing.shapes import load_shapes
from orchestration.settings import DBT_PROJECT, PROJECT

DAYS = (date(2021, 10, 4), date(2021, 10, 5))
WEEKS_BEFORE = 5
CALLS_A_DAY = 96
INCIDENTS_A_DAY = 48
REFERENCE = PROJECT / "orchestration" / "profiles" / "west_mercia" / "reference"
SEEDS = DBT_PROJECT / "models" / "staging" / "reference" / "reference.yml"
MONTHLY = {"digital_contacts", "workforce", "recruitment", "da_outcomes", "bt_999_national", "service_disruptions"}
Row = dict[str, Any]


def make_build_database(path: Path) -> Path:
    """Write the clean build database of generation `g1`, which carries `g0` on."""
    with duckdb.connect(str(path)) as con:
        con.execute("set TimeZone = 'UTC'")
        for schema in ("reference", "landing", "staging", "intermediate", "marts", "metrics", "quality"):
            con.execute(f"create schema {schema}")
        _make_reference(con)
        _make_deliveries(con)
        for export in load_shapes():
            _make_base(con, export)
        _make_models(con)
    return path


def _make_reference(con: duckdb.DuckDBPyConnection) -> None:
    for seed in yaml.safe_load(SEEDS.read_text())["seeds"]:
        types = seed["config"]["column_types"]
        listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        con.execute(
            f"create table reference.{seed['name']} as select * from "
            f"read_csv('{REFERENCE / (seed['name'] + '.csv')}', header = true, columns = {{{listed}}})"
        )


def _make_deliveries(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table landing.run as select 'g1' as generation, now() as started_at, false as is_full")
    con.execute(
        "create table landing.contents (content_no integer, delivery_id varchar, name varchar, export varchar, "
        "contract_version varchar, business_date date, delivery_rank integer, is_pending boolean)"
    )
    con.execute("create table landing.deliveries (delivery_id varchar, name varchar, batch varchar)")
    con.execute(
        "create table quality.deliveries (delivery_id varchar, name varchar, export varchar, sha256 varchar, "
        "business_date date, status varchar, rows_read bigint, rows_loaded bigint, rows_superseded bigint, "
        "rows_duplicate bigint, rows_quarantined bigint, rows_erased bigint, "
        "unknown_columns varchar)"
    )
    con.execute("create table quality.schema_drift (export varchar, outcome varchar, until_date date, kind varchar)")
    contents, landed, delivered = [], [], []
    for number, (export, day) in enumerate(_files(), start=1):
        name, delivery = f"{export}_{day:%Y%m%d}.csv", f"d{number:05d}"
        pending = day in DAYS or export in MONTHLY | {"legacy_incidents"}
        contents.append([number, delivery, name, export, "5", day, number, pending])
        landed.append([delivery, name, "g1" if pending else "g0"])
        delivered.append([delivery, name, export, f"sha{number}", day, "LOADED", 100, 100, 0, 0, 0, 0, "{}"])
    for table, rows in (
        ("landing.contents", contents),
        ("landing.deliveries", landed),
        ("quality.deliveries", delivered),
    ):
        con.executemany(f"insert into {table} values ({', '.join('?' for _ in rows[0])})", rows)


def _files() -> Iterator[tuple[str, date]]:
    first = DAYS[0] - timedelta(weeks=WEEKS_BEFORE)
    for export, shape in load_shapes().items():
        if shape.cadence == "day":
            for offset in range((DAYS[-1] - first).days + 1):
                yield export, first + timedelta(days=offset)
        elif export == "legacy_incidents":
            yield export, date(2021, 1, 1)
        else:
            yield export, date(2021, 9, 1)
            yield export, date(2021, 10, 1)


def _make_base(con: duckdb.DuckDBPyConnection, export: str) -> None:
    shape = load_shapes()[export]
    stored = shape.stored_columns()
    extra = "_delivery_id varchar, _business_date date, _key ubigint, _outcome varchar"
    columns = ", ".join(f"{name} {kind}" for name, kind in stored.items())
    con.execute(f"create table staging.base_{export} ({columns}, {extra})")
    con.execute(f"create view landing.{export} as select {', '.join(stored)} from staging.base_{export}")
    flags = [name for name in stored if name.endswith("_is_ambiguous")]
    contents = {
        day: (number, delivery)
        for number, delivery, day in con.execute(
            "select content_no, delivery_id, business_date from landing.contents where export = ?", [export]
        ).fetchall()
    }
    rows = []
    for line, (day, row) in enumerate(_rows(export), start=2):
        number, delivery = contents[day]
        provenance = {"_content_no": number, "_delivery_id": delivery, "_business_date": day}
        rest = {"_source_row": line, "_key": line, "_outcome": "loaded"}
        rows.append({**dict.fromkeys(flags, False), **row, **provenance, **rest})
    delivered = pa.Table.from_pylist([{**dict.fromkeys(rows[0] | rows[-1]), **row} for row in rows])
    con.register("delivered", delivered)
    con.execute(f"insert into staging.base_{export} by name select * from delivered")
    con.unregister("delivered")


def _rows(export: str) -> Iterator[tuple[date, Row]]:
    daily = {
        "acd_segments": _segments,
        "acd_agent_intervals": _intervals,
        "saab_incidents": _incidents,
        "saab_incident_log": _events,
        "saab_resource_status": _statuses,
        "saab_diary": _appointments,
    }
    if export in daily:
        for day in DAYS:
            yield from ((day, row) for row in daily[export](day))
    elif export == "legacy_incidents":
        yield from ((date(2021, 1, 1), row) for row in _legacy())
    else:
        for row in _monthly(export):
            yield (row["month"] if export == "recruitment" else date(2021, 10, 1)), row


def _midnight(day: date) -> datetime:
    """The local midnight in UTC: the clocks stand an hour ahead in early October."""
    return datetime(day.year, day.month, day.day) - timedelta(hours=1)


def _call_start(day: date, number: int) -> datetime:
    return _midnight(day) + timedelta(minutes=15 * number)


def _segments(day: date) -> Iterator[Row]:
    for number in range(CALLS_A_DAY):
        start = _call_start(day, number)
        first = {
            "call_id": f"{number:04d}",
            "segment": 1,
            "segment_start_at": start,
            "segment_end_at": start + timedelta(seconds=132),
            "dialled": "999" if number % 4 == 0 else "101",
            "queue": "OCC_101",
            "disposition": "ANS",
            "ivr_seconds": 5,
            "queue_seconds": 4,
            "ring_seconds": 3,
            "talk_seconds": 121,
            "hold_seconds": 0,
            "wrap_seconds": 30,
            "agent_token": f"agent{number % 7}",
            "team": "A",
            "caller_token": f"caller{number}",
            "is_withheld": None,
            "wrap_code": "NEW_INCIDENT",
        }
        if number % 10 == 0:
            first |= {"disposition": "XFER", "talk_seconds": 61, "segment_end_at": start + timedelta(seconds=72)}
        yield first
        if number % 10 == 0:
            second_start = start + timedelta(seconds=72)
            yield first | {
                "segment": 2,
                "disposition": "ANS",
                "segment_start_at": second_start,
                "segment_end_at": second_start + timedelta(seconds=72),
            }


def _intervals(day: date) -> Iterator[Row]:
    for number in range(48):
        yield {
            "interval_start_at": _midnight(day) + timedelta(minutes=30 * number),
            "team": "A",
            "staffed_seconds": 3600,
            "available_seconds": 3000,
            "talk_seconds": 240,
            "hold_seconds": 0,
            "wrap_seconds": 60,
            "aux_seconds": 300,
            "planned_heads": 2,
        }


def _incident_ref(day: date, number: int) -> str:
    return f"WM-{day:%Y%m%d}-{number:05d}"


def _created(day: date, number: int) -> datetime:
    return _call_start(day, number) + timedelta(minutes=3)


def _incidents(day: date) -> Iterator[Row]:
    for number in range(INCIDENTS_A_DAY):
        created = _created(day, number)
        closed = created + timedelta(hours=2)
        yield {
            "incident_ref": _incident_ref(day, number),
            "created_at": created,
            "recorded_at": created + timedelta(seconds=30),
            "source": "101",
            "call_ref": f"{day:%Y%m%d}-{number:04d}",
            "opening_code": "ASB-NUIS",
            "closing_code": "ASB-PERS",
            "grade_initial": "1",
            "grade_current": "2" if number % 2 else "1",
            "lpa": "TELF",
            "beat": "T01",
            "is_urban": "Y",
            "thrive_risk": "STANDARD",
            "is_domestic_abuse": "N" if number % 4 else "Y",
            "is_repeat_victim": "N",
            "is_back_record": "N",
            "linked_to": _incident_ref(day, 6) if number == 7 else None,
            "status": "CLOSED",
            "closed_at": closed,
            "updated_at": closed + timedelta(seconds=1),
            "first_at_scene_at": created + timedelta(minutes=10),
            "pnc_checked": "Y",
        }


def _events(day: date) -> Iterator[Row]:
    codes = ("CREATED", "GRADED", "TASKED", "ASSIGNED", "UNASSIGNED", "THRIVE", "CLOSED")
    given = {"GRADED": "1", "THRIVE": "STANDARD"}
    for number in range(INCIDENTS_A_DAY):
        for event_no, code in enumerate(codes, start=1):
            event = _created(day, number) + timedelta(minutes=event_no - 1)
            yield {
                "incident_ref": _incident_ref(day, number),
                "event_no": event_no,
                "event_at": event,
                "recorded_at": event + timedelta(seconds=5),
                "event_code": code,
                "to_value": given.get(code),
                "callsign": f"C{number}" if code in ("ASSIGNED", "UNASSIGNED") else None,
            }


def _statuses(day: date) -> Iterator[Row]:
    for number in range(INCIDENTS_A_DAY):
        for minutes, code in ((4, "5"), (10, "6"), (60, "2")):
            yield {
                "callsign": f"C{number}",
                "status_at": _created(day, number) + timedelta(minutes=minutes),
                "status_code": code,
                "incident_ref": None if code == "2" else _incident_ref(day, number),
                "lpa": "TELF",
            }


def _appointments(day: date) -> Iterator[Row]:
    for number in range(0, INCIDENTS_A_DAY, 8):
        created = _created(day, number)
        slot = created + timedelta(hours=5)
        booked = {
            "appointment_id": f"A{day:%d}-{number}",
            "version": 1,
            "incident_ref": _incident_ref(day, number),
            "diary": "SCHEDULED",
            "booked_at": created + timedelta(minutes=5),
            "slot_start_at": slot,
            "slot_end_at": slot + timedelta(hours=2),
            "status": "BOOKED",
            "attended_at": None,
            "lpa": "TELF",
            "updated_at": created + timedelta(minutes=5),
        }
        yield booked
        yield booked | {"version": 2, "status": "ATTENDED", "attended_at": slot, "updated_at": slot}


def _legacy() -> Iterator[Row]:
    for number in range(1, 21):
        created = datetime(2021, 1, 5, 8) + timedelta(minutes=number)
        yield {
            "incident_date": date(2021, 1, 5),
            "incident_no": str(number),
            "created_at": created,
            "grade": "1",
            "lpa": "TELF",
            "category": "ASB-NUIS",
            "source": "101",
            "is_domestic_abuse": "N",
            "first_assigned_at": created + timedelta(minutes=2),
            "first_at_scene_at": created + timedelta(minutes=12),
            "closed_at": created + timedelta(hours=1),
        }


def _monthly(export: str) -> Iterator[Row]:
    opened = datetime(2021, 10, 4, 9)
    if export == "da_outcomes":
        for number in range(0, INCIDENTS_A_DAY, 4):
            yield {
                "incident_ref": _incident_ref(DAYS[0], number),
                "victim_token": f"victim{number}",
                "suspect_present": "Y",
                "arrest_at": _created(DAYS[0], number) + timedelta(hours=1),
                "risk_tool": "DASH",
                "risk_grade": "HIGH",
                "positive_action": "Y",
                "body_worn_video": "Y",
                "protective_order": "N",
                "victim_supports": "N",
                "updated_at": opened,
            }
    elif export == "digital_contacts":
        for number in range(20):
            yield {
                "contact_id": f"D{number}",
                "channel": "DIGITAL_DESK",
                "direction": "IN",
                "opened_at": opened,
                "first_reply_at": opened + timedelta(minutes=5),
                "closed_at": opened + timedelta(minutes=9),
                "incident_ref": _incident_ref(DAYS[0], number),
            }
    elif export == "workforce":
        for number in range(10):
            yield {
                "month": date(2021, 10, 1),
                "unit": f"U{number}",
                "role": "Call taker",
                "establishment_fte": 20,
                "strength_fte": 18,
                "headcount": 20,
                "abstracted_fte": 1,
            }
    elif export == "recruitment":
        for stage, count in (("APPLIED", 411), ("ASSESSED", 108), ("INTERVIEWED", 65), ("APPOINTED", 18)):
            for month in (9, 10):
                yield {"month": date(2021, month, 1), "stage": stage, "stage_count": count}
    elif export == "service_disruptions":
        yield {
            "disruption_id": "O1",
            "started_at": opened,
            "ended_at": opened + timedelta(hours=1),
            "systems": "TELEPHONY",
            "lines": "999|101",
            "calls_lost": 3,
            "restored_at": opened + timedelta(hours=9),
        }
    elif export == "bt_999_national":
        for number in range(5):
            yield {
                "force": f"Force {number}" if number else "West Mercia",
                "month": date(2021, 10, 1),
                "calls": 100,
                "mean_seconds": 9,
                "under_10": 80,
                "from_10_to_60": 15,
                "over_60": 5,
            }


def _make_models(con: duckdb.DuckDBPyConnection) -> None:
    """The models that rules read beside the base tables."""
    con.execute(
        "create table staging.stg_acd_segments as select _business_date as call_date, call_id, segment, "
        "cast(segment_start_at + interval 1 hour as date) as segment_start_date, team, _delivery_id, _source_row "
        "from staging.base_acd_segments"
    )
    con.execute(
        "create table marts.fct_calls as "
        "select strftime(calls._business_date, '%Y%m%d') || '-' || call_id as call_key, "
        "'answered' as outcome, sum(queue_seconds + ring_seconds)::bigint as wait_seconds, "
        "sum(talk_seconds)::bigint as talk_seconds, sum(hold_seconds)::bigint as hold_seconds, "
        "sum(wrap_seconds)::bigint as wrap_seconds, calls._business_date as offered_date, '101' as line, "
        "case when min(incident_ref) is null then 'ADVICE' else 'NEW_INCIDENT' end as wrap_code, "
        "min(segment_start_at)::timestamptz as offered_at, "
        "min(segment_start_at)::timestamptz + interval 12 second as answered_at, "
        "min(calls.caller_token) as caller_token, min(incident_ref) as incident_key, min(team) as team_answered, "
        "min(calls._delivery_id) as _delivery_id, min(calls._source_row) as _source_row "
        "from staging.base_acd_segments as calls "
        "left join staging.base_saab_incidents "
        "on call_ref = strftime(calls._business_date, '%Y%m%d') || '-' || call_id "
        "group by calls._business_date, call_id"
    )
    con.execute(
        "create table marts.fct_incidents as select incident_ref as incident_key, "
        "created_at::timestamptz as created_at, cast(created_at + interval 1 hour as date) as created_date, "
        # One was keyed two hours late.
        "case when incident_ref like '%00013' then created_at + interval 2 hour else recorded_at end::timestamptz "
        "as recorded_at, grade_current as grade_final, 'STANDARD' as thrive_risk, "
        "true as is_attended, linked_to is not null as is_duplicate, false as is_back_record, false as is_open, "
        "first_at_scene_at::timestamptz as first_at_scene_at, "
        "(created_at + interval 1 minute)::timestamptz as first_graded_at, "
        "(created_at + interval 3 minute)::timestamptz as first_assigned_at, "
        "(created_at + interval 4 minute)::timestamptz as first_en_route_at, closed_at::timestamptz as closed_at, "
        "600 as response_seconds, 0 as invalid_at_scene_count, call_ref as call_key, source as source_code, "
        "lpa as area_code, null::varchar as disruption_key, true as is_repeat_victim, "
        "is_domestic_abuse = 'Y' as is_domestic_abuse, true as is_urban, "
        "_delivery_id, _source_row "
        "from staging.base_saab_incidents"
    )
    _make_reference_marts(con)
    _make_states(con)
    con.execute("create table intermediate.int_affected_calls as select call_key from marts.fct_calls")
    con.execute("create table intermediate.int_affected_incidents as select incident_key from marts.fct_incidents")


def _make_states(con: duckdb.DuckDBPyConnection) -> None:
    """States, hours, appointments and domestic abuse: one of each kind, none of them wrong."""
    con.execute(
        "create table intermediate.int_as_of as select system, as_of_at, as_of_date from (values "
        "('incidents', timestamptz '2021-10-20 23:00:00+00', date '2021-10-20'), "
        "('telephony', timestamptz '2021-10-05 23:00:00+00', date '2021-10-05')) as systems (system, as_of_at, "
        "as_of_date)"
    )
    con.execute("create table intermediate.int_states_as_of as select timestamptz '2021-10-06 00:00:00+00' as as_of_at")
    con.execute(
        "create table marts.fct_resource_statuses as select incident_ref as incident_key, status_code, "
        "callsign as resource, lpa as area_code, status_at::timestamptz as started_at, "
        "cast(status_at + interval 1 hour as date) as started_date, (status_at + interval 4 "
        "minute)::timestamptz as ended_at, "
        "240 as duration_seconds, _delivery_id, _source_row from staging.base_saab_resource_status"
    )
    con.execute(
        "create table marts.fct_incident_events as select incident_ref as incident_key, event_no, event_code, "
        "event_at::timestamptz as event_at, cast(event_at + interval 1 hour as date) as event_date, false as "
        "is_event_at_ambiguous, "
        # Graded to what the row says in the end, which the delivered log need not.
        "case when event_code = 'GRADED' then (select grade_current from staging.base_saab_incidents as incidents "
        "where incidents.incident_ref = log.incident_ref) else to_value end as to_code, "
        "null::varchar as from_code, callsign as resource, false as is_risk_reassessed, _delivery_id, _source_row "
        "from staging.base_saab_incident_log as log "
        "union all select incident_ref, 0, 'RETHRIVE', (created_at + interval 30 minute)::timestamptz, "
        "cast(created_at + interval 1 hour as date), false, 'STANDARD', null, null, true, _delivery_id, _source_row "
        "from staging.base_saab_incidents "
        "union all select incident_ref, 8, 'LINKED', created_at, cast(created_at + interval 1 hour as date), "
        "false, null, null, null, "
        "false, _delivery_id, _source_row from staging.base_saab_incidents where linked_to is not null "
        "union all select incident_ref, 9, 'DIARY_BOOKED', booked_at, cast(booked_at + interval 1 hour as "
        "date), false, diary, "
        "appointment_id, null, false, _delivery_id, _source_row from staging.base_saab_diary where version = 1 "
        # One of another day failed, with its event.
        "union all select incident_ref, 10, 'DIARY_FAILED', booked_at, cast(booked_at + interval 1 hour as "
        "date), false, diary, "
        "appointment_id, null, false, _delivery_id, _source_row from staging.base_saab_diary "
        "where version = 1 and appointment_id like '%-40'"
    )
    # Waits of 70 minutes, those at high risk assessed again after 30; nobody at high risk is left without a resource.
    chain = (
        "('UNGRADED', 0), ('UNRESOURCED', 1), ('ASSIGNED', 71), ('AT_SCENE', 72), ('DIARY', 80), "
        "('RESOLVED_WITHOUT', 90), ('CLOSED', 91), ('UNRESOURCED', 99)"
    )
    con.execute(
        "create table marts.fct_incident_states as select incidents.incident_ref as incident_key, "
        "row_number() over (partition by incidents.incident_ref order by begins) as state_no, state, "
        "(created_at + to_minutes(begins))::timestamptz as started_at, "
        "(created_at + to_minutes(lead(begins) over in_order))::timestamptz as ended_at, "
        "60 * (lead(begins) over in_order - begins) as duration_seconds, "
        "case when state = 'UNRESOURCED' then created_at + to_minutes(begins) end as spell_started_at, "
        "linked_to is not null as is_duplicate, "
        "incidents.is_domestic_abuse = 'Y' as is_high_risk, "
        "case when state = 'DIARY' then appointments.appointment_id end as appointment_key, "
        "cast(created_at + interval 1 hour as date) as started_date, incidents.lpa as area_code, "
        "incidents._delivery_id, "
        "incidents._source_row "
        "from staging.base_saab_incidents as incidents "
        f"cross join (values {chain}) as chain (state, begins) "
        "left join staging.base_saab_diary as appointments "
        "on incidents.incident_ref = appointments.incident_ref and appointments.version = 1 "
        "where (state <> 'DIARY' or appointments.appointment_id is not null) "
        "and not (state = 'RESOLVED_WITHOUT' and incidents.is_domestic_abuse = 'Y') "
        # One incident still waits, since less than a week.
        f"and (begins < 99 or incidents.incident_ref = '{_incident_ref(DAYS[1], 9)}') "
        "window in_order as (partition by incidents.incident_ref order by begins)"
    )
    con.execute(
        "update marts.fct_incident_states set spell_started_at = '2021-10-05' "
        "where ended_at is null and state = 'UNRESOURCED'"
    )
    con.execute(
        "create table marts.fct_unresourced_hourly as select hour_at, cast(hour_at as date) as hour_date, kind, "
        "false as is_estimated, 1 as incident_count, 1 as inflow_count, 1 as outflow_count, 1 as high_risk_count, "
        "0 as domestic_abuse_count, 0 as beyond_target_count from (select unnest(generate_series("
        "timestamptz '2021-10-04 00:00:00+00', timestamptz '2021-10-05 23:00:00+00', interval 1 hour)) as "
        "hour_at) cross join (values ('LIVE'), ('SCHEDULED')) as kinds (kind)"
    )
    con.execute(
        "create table marts.fct_diary_appointments as select appointment_id as appointment_key, "
        "incident_ref as incident_key, slot_end_at::timestamptz as slot_end_at, "
        "slot_start_at::timestamptz as slot_start_at, cast(slot_end_at as date) as appointment_date, "
        "slot_start_at as first_slot_start_at, 'KEPT' as outcome, true as has_incident, 0.2 as days_from_report, "
        "case when appointment_id like '%-40' then 'FAILED' else status end as status, lpa as area_code, "
        "'D' || appointment_id as resource, 0 as moves_count, "
        # The visit is entered at the hour at which the radio has the resource at the scene.
        "(select min(started_at) from marts.fct_resource_statuses as statuses where statuses.status_code = '6' "
        "and statuses.incident_key = incident_ref) as attended_at, _delivery_id, _source_row "
        "from staging.base_saab_diary where version = 2"
    )
    con.execute(
        "create table marts.fct_domestic_abuse as select incidents.incident_ref as incident_key, "
        "cast(created_at + interval 1 hour as date) as created_date, false as is_legacy, false as "
        "is_duplicate, true as is_attended, "
        "true as has_outcome, risk_tool, true as suspect_present, true as is_arrested, lpa as area_code, "
        "created_at::timestamptz as created_at, arrest_at::timestamptz as arrest_at, true as is_repeat_28d, "
        "incidents._delivery_id, incidents._source_row "
        "from staging.base_saab_incidents as incidents inner join staging.base_da_outcomes using (incident_ref)"
    )
    _make_telephony_marts(con)
    _make_other_marts(con)
    _make_metrics(con)


def _make_reference_marts(con: duckdb.DuckDBPyConnection) -> None:
    """The calendar, the dictionaries, and what was delivered when."""
    con.execute(
        "create table marts.dim_dates as select local_date, "
        "case local_date when '2021-03-28' then 23 when '2021-10-31' then 25 else 24 end as hours_count, "
        "local_date::timestamptz - case when local_date > '2021-03-28' and local_date <= '2021-10-31' "
        "then interval 1 hour else interval 0 hour end as starts_at, "
        "(local_date + 1)::timestamptz - case when local_date >= '2021-03-28' and local_date < '2021-10-31' "
        "then interval 1 hour else interval 0 hour end as ends_at, isodow(local_date) > 5 as is_weekend, "
        "local_date in ('2021-12-27', '2021-12-28') as is_bank_holiday, "
        "local_date >= '2021-12-24' as is_christmas_window "
        "from (select cast(unnest(generate_series(date '2021-01-01', date '2021-12-31', interval 1 day)) as date) "
        "as local_date)"
    )
    con.execute(
        "create table intermediate.int_delivered_days as "
        "select export, business_date, true as has_rows from landing.contents"
    )
    con.execute(
        "create table intermediate.int_disrupted_days as select 'TELEPHONY' as system_code, date '2021-09-06' "
        "as local_date"
    )
    for seed, key in (
        ("areas", "area_code"),
        ("grades", "grade_code"),
        ("dispositions", "disposition_code"),
        ("lines", "line"),
        ("categories", "category_code"),
        ("sources", "source_code"),
        ("thrive_risks", "thrive_risk"),
    ):
        con.execute(f"create table marts.dim_{seed} as select code as {key}, * exclude (code) from reference.{seed}")
    con.execute(
        "create table marts.dim_published_figures as select * from reference.published_figures where unit <> 'contacts'"
    )
    con.execute(
        "create table marts.dim_targets as select 'answering' as target_type, kpi_id, null::varchar as line, "
        "null::varchar as grade_code, null::boolean as is_urban, valid_from, valid_to from reference.targets"
    )


def _make_telephony_marts(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create table marts.fct_call_segments as "
        "select strftime(_business_date, '%Y%m%d') || '-' || call_id as call_key, segment as segment_no, "
        "_business_date as call_date, segment_start_at::timestamptz as segment_start_at, "
        "segment_start_at + interval 1 hour as segment_start_at_local, "
        "cast(segment_start_at + interval 1 hour as date) as segment_start_date, dialled as line, "
        "ivr_seconds, queue_seconds, ring_seconds, talk_seconds, agent_token, team, _delivery_id, _source_row "
        "from staging.base_acd_segments"
    )
    con.execute(
        "create table marts.fct_agent_intervals as select interval_start_at::timestamptz as interval_at, "
        "cast(interval_start_at + interval 1 hour as date) as interval_date, team, staffed_seconds, available_seconds, "
        "talk_seconds, hold_seconds, wrap_seconds, aux_seconds, planned_heads, _delivery_id, _source_row "
        "from staging.base_acd_agent_intervals"
    )
    con.execute(
        "create table marts.fct_disruptions as select disruption_id as disruption_key, systems, true as is_telephony, "
        "started_at::timestamptz as started_at, ended_at::timestamptz as ended_at, "
        "restored_at::timestamptz as restored_at, started_at + interval 1 hour as started_at_local, "
        "ended_at + interval 1 hour as ended_at_local, cast(started_at as date) as started_date, 3600 as "
        "duration_seconds, "
        "calls_lost, _delivery_id, _source_row from staging.base_service_disruptions"
    )
    con.execute(
        "create table marts.fct_disruption_lines as select disruption_key, '101' as line, 3 as answered_count, "
        "40.0 as usual_presented_count from marts.fct_disruptions"
    )


def _make_other_marts(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create table marts.fct_digital_contacts as select contact_id as contact_key, channel as channel_code, "
        "direction, true as is_inbound, cast(opened_at + interval 1 hour as date) as opened_date, true as "
        "is_opened_on_weekday, "
        "first_reply_at, closed_at, 300 as first_reply_seconds, incident_ref as incident_key, _delivery_id, "
        "_source_row "
        "from staging.base_digital_contacts"
    )
    con.execute("update marts.fct_incidents set source_code = 'SOH' where incident_key like 'WM-20211004-%'")
    con.execute(
        "create table marts.fct_workforce as select months.month_date, unit, role, establishment_fte, strength_fte, "
        "headcount as head_count, _delivery_id, _source_row from staging.base_workforce "
        "cross join (values (date '2021-09-01'), (date '2021-10-01')) as months (month_date)"
    )
    con.execute(
        "create table marts.fct_recruitment as select month as month_date, stage, stage as stage_code, "
        "list_position(['APPLIED', 'ASSESSED', 'INTERVIEWED', 'APPOINTED'], stage) as stage_order, "
        "stage_count as applicant_count, _delivery_id, _source_row from staging.base_recruitment"
    )
    con.execute(
        "create table marts.fct_999_national as select force as force_name, month as month_date, "
        "calls as call_count, mean_seconds, under_10 as under_10_count, _delivery_id, _source_row "
        "from staging.base_bt_999_national"
    )


# kpi_id, period_type, period_start, scope_type, scope_code, numerator, denominator, value, unit
_FIGURES: tuple[tuple[str, str, str, str, str, float | None, float | None, float, str], ...] = (
    *(
        (kpi_id, period, start, scope, code, value * share, None, value * share, "calls")
        for kpi_id, value in (("calls_presented", 200), ("calls_offered", 160), ("calls_answered", 100))
        for period, start, times in (("day", "2021-10-04", 1), ("day", "2021-10-05", 1), ("month", "2021-10-01", 2))
        for scope, code, share in (
            ("force", "FORCE", times),
            ("line", "999", times / 4),
            ("line", "101", times * 3 / 4),
        )
    ),
    *(
        ("incidents_created", period, start, scope, code, value, None, value, "incidents")
        for period, start, value in (("day", "2021-10-04", 48), ("day", "2021-10-05", 48), ("month", "2021-10-01", 96))
        for scope, code in (("force", "FORCE"), ("area", "TELF"))
    ),
    ("calls_101_within_30s", "week", "2021-04-26", "force", "FORCE", 6973, 11622, 6973 / 11622, "ratio"),
    ("calls_999_within_10s", "month", "2021-10-01", "force", "FORCE", 90, 100, 0.9, "ratio"),
    ("calls_wait_median", "month", "2021-10-01", "line", "999", None, 100, 5, "seconds"),
    ("calls_wait_p90", "month", "2021-10-01", "line", "999", None, 100, 8, "seconds"),
    ("calls_wait_max", "month", "2021-10-01", "line", "999", None, 100, 60, "seconds"),
    ("response_grade1_median", "month", "2021-09-01", "force", "FORCE", None, 100, 600, "seconds"),
    ("response_grade1_median", "month", "2021-10-01", "force", "FORCE", None, 100, 600, "seconds"),
    ("response_grade1_p90", "month", "2021-10-01", "force", "FORCE", None, 100, 900, "seconds"),
)


def _make_metrics(con: duckdb.DuckDBPyConnection) -> None:
    """Indicators of two days and of months, all of them whole and all of them right."""
    con.execute(
        "create table metrics.kpi_results (kpi_id varchar, period_type varchar, period_start date, scope_type varchar, "
        "scope_code varchar, numerator double, denominator double, value double, unit varchar, measured_count bigint, "
        "eligible_count bigint, coverage_ratio double, quality_state varchar, day_count bigint, "
        "delivered_day_count bigint)"
    )
    con.executemany(
        "insert into metrics.kpi_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, 90, 100, 0.9, 'OK', 7, 7)", list(_FIGURES)
    )
    con.execute(
        "insert into metrics.kpi_results values ('calls_999_within_10s', 'day', '2021-10-05', 'line', '999', "
        "0, 0, null, "
        "'ratio', 0, 0, null, 'NOT_AVAILABLE', 1, 1)"
    )
    con.execute(
        "create table metrics.kpi_register as select distinct kpi_id, 'telephony' as system_version, "
        "'Somebody' as owner, "
        "'AVAILABLE' as status, null::varchar as reason, null::varchar as restored_by from metrics.kpi_results "
        "union all select 'calls_of_tomorrow', 'telephony', 'Somebody', 'NOT_AVAILABLE', 'no export', 'an export'"
    )
    con.execute(
        "create table metrics.kpi_signals as select kpi_id, scope_type, scope_code, period_start, value, 0.6 "
        "as centre, "
        "0.5 as lower_limit, 0.7 as upper_limit from metrics.kpi_results where period_type = 'week'"
    )
