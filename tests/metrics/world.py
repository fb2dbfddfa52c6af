"""A small made-up world at the doorstep of the metrics: the marts that they read, as lists of dictionaries.

What belongs here: random facts and how they come into a database. Not here: any indicator. What the world says nothing
of is there all the same: marts and their columns by their contracts, reference data as the profile holds them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import yaml

from orchestration.publish import history
from orchestration.settings import DBT_PROJECT, PROJECT

LONDON = ZoneInfo("Europe/London")
UTC = ZoneInfo("UTC")
BACK_KEY_SECONDS = 3_600
LINES = ("999", "101", "SWITCHBOARD", "INTERNAL", "OTHER")
AREAS = ("HEREF", "TELF", "UNKNOWN")
OUTCOMES = (
    *("answered",) * 8,
    *("abandoned",) * 4,
    "test", "answered_elsewhere", "abandoned_in_menu", "ended_by_menu", "overflow", "callback", "silent", "lost",
    "unknown",
)  # fmt: skip
SYSTEM_OF = {
    "acd_segments": "telephony",
    "acd_agent_intervals": "telephony",
    "saab_incidents": "incidents",
    "saab_incident_log": "incidents",
    "saab_resource_status": "incidents",
    "legacy_incidents": "incidents",
}

Row = dict[str, Any]

GO_LIVE, VERSION_6 = date(2021, 3, 19), date(2021, 4, 5)
"""First days of SAAB Safe and of its version 6."""

PARAMETERS = {
    "coverage_limit_ratio": 0.5,
    "unknown_codes_limit_ratio": 0.05,
    "emptied_column_ratio": 0.1,
    "quarantined_limit_ratio": 0.05,
    "judged_rows_minimum": 20,
    "late_after_days": 3,
    "late_after_days_monthly": 45,
    "looked_back_days": 28,
    "back_key_seconds": BACK_KEY_SECONDS,
}

COLUMNS = {
    "marts.fct_calls": {
        "call_key": "varchar", "line": "varchar", "offered_at": "timestamptz", "offered_date": "date",
        "answered_at": "timestamptz", "outcome": "varchar", "wait_seconds": "bigint", "talk_seconds": "bigint",
        "hold_seconds": "bigint", "wrap_seconds": "bigint", "is_short_abandon": "boolean", "is_redialled": "boolean",
        "caller_token": "varchar", "wrap_code": "varchar", "demand_type": "varchar", "disruption_key": "varchar",
    },
    "marts.fct_incidents": {
        "incident_key": "varchar", "system_version": "varchar", "call_key": "varchar", "created_at": "timestamptz",
        "created_date": "date", "recorded_at": "timestamptz", "source_code": "varchar", "is_admin": "boolean",
        "first_tasked_at": "timestamptz", "grade_final": "varchar", "area_code": "varchar", "is_urban": "boolean",
        "is_attended": "boolean", "is_duplicate": "boolean", "is_back_record": "boolean", "response_seconds": "bigint",
        "is_within_target": "boolean", "first_graded_at": "timestamptz", "first_assigned_at": "timestamptz",
        "first_en_route_at": "timestamptz", "first_at_scene_at": "timestamptz", "closed_at": "timestamptz",
        "disruption_key": "varchar",
    },
    "marts.fct_agent_intervals": {
        "interval_at": "timestamptz", "interval_date": "date", "team": "varchar", "staffed_seconds": "bigint",
        "talk_seconds": "bigint", "hold_seconds": "bigint", "wrap_seconds": "bigint", "aux_seconds": "bigint",
    },
    "marts.fct_disruptions": {
        "disruption_key": "varchar", "started_at": "timestamptz", "ended_at": "timestamptz",
        "started_at_local": "timestamp", "ended_at_local": "timestamp", "systems": "varchar", "lines": "varchar",
    },
    "marts.dim_dates": {
        "local_date": "date", "week_start_date": "date", "month_start_date": "date", "quarter_start_date": "date",
        "year_start_date": "date",
    },
    "intermediate.int_as_of": {"system": "varchar", "as_of_date": "date"},
    "intermediate.int_delivered_days": {
        "export": "varchar", "system": "varchar", "business_date": "date", "is_delivered": "boolean",
        "has_rows": "boolean", "contract_version": "varchar",
    },
    "intermediate.int_schema_drift": {
        "export": "varchar", "landing_column": "varchar", "from_date": "date", "until_date": "date",
        "outcome": "varchar", "severity": "varchar", "what_changed": "varchar",
    },
    "intermediate.int_affected_dates": {"subject": "varchar", "affected_date": "date"},
    "intermediate.int_affected_calls": {"call_key": "varchar"},
    "reference.targets": {"kpi_id": "varchar", "target": "double", "valid_from": "date", "valid_to": "date"},
    "reference.exports": {"export": "varchar", "label": "varchar", "system": "varchar"},
    "reference.parameters": {"parameter": "varchar", "value": "double", "valid_from": "date", "valid_to": "date"},
    "marts.dim_system_versions": {
        "system_version": "varchar", "system_version_label": "varchar", "export": "varchar",
        "contract_version": "varchar", "valid_from": "date", "valid_to": "date",
    },
    "landing.run": {
        "generation": "varchar", "started_at": "timestamptz", "is_full": "boolean", "has_new_code": "boolean",
        "has_erasures": "boolean",
    },
    "landing.contents": {
        "delivery_id": "varchar", "name": "varchar", "export": "varchar", "business_date": "date",
        "covered_until": "date", "is_pending": "boolean",
    },
    "landing.deliveries": {
        "export": "varchar", "business_date": "date", "is_quarantined": "boolean", "reason": "varchar",
    },
}  # fmt: skip


@dataclass
class World:
    """What the metrics read. `delivered` maps an export to the contract version of each day that came."""

    calls: list[Row] = field(default_factory=list)
    incidents: list[Row] = field(default_factory=list)
    intervals: list[Row] = field(default_factory=list)
    disruptions: list[Row] = field(default_factory=list)
    delivered: dict[str, dict[date, str]] = field(default_factory=dict)
    targets: list[Row] = field(default_factory=list)

    def as_of(self, system: str) -> date | None:
        """The newest business date that the system delivered."""
        days = [day for export, found in self.delivered.items() if SYSTEM_OF[export] == system for day in found]
        return max(days, default=None)


def instant(day: date, seconds: int) -> datetime:
    """The instant so many seconds after local midnight."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC) + timedelta(seconds=seconds)


def _or_none(dice: random.Random, value: Any, chance: float = 0.1) -> Any:
    return None if dice.random() < chance else value


def made_up(seed: int, first: date, last: date, calls_a_day: int = 25, incidents_a_day: int = 15) -> World:
    """A world with gaps, disruptions, unknown values and days that were never delivered."""
    dice = random.Random(seed)
    world = World()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    outage = days[len(days) // 2]
    outage_start, outage_end = instant(outage, 60_000), instant(outage + timedelta(days=1), 20_000)
    world.disruptions.append(_disruption("D-1", outage_start, outage_end, "TELEPHONY|SAAB", None))
    # Another one touched some lines only.
    fault = days[3 * len(days) // 4]
    fault_start, fault_end = instant(fault, 30_000), instant(fault, 50_000)
    world.disruptions.append(_disruption("D-2", fault_start, fault_end, "telephony", "101; Switchboard"))
    # The system before SAAB Safe ran for the first days; then version 5, then 6.
    for export, system in SYSTEM_OF.items():
        begins = GO_LIVE if system == "incidents" else first
        world.delivered[export] = {
            day: "5" if export == "saab_incidents" and day < VERSION_6 else "6"
            for day in days
            if day >= begins and (dice.random() > 0.06 or day in (begins, last))
        }
    world.delivered["legacy_incidents"] = dict.fromkeys((day for day in days if day < GO_LIVE - timedelta(days=1)), "1")
    world.targets = [
        {"kpi_id": "calls_999_within_10s", "target": 0.5, "valid_from": date(2000, 1, 1), "valid_to": None},
        {"kpi_id": "calls_101_within_30s", "target": 0.8, "valid_from": date(2000, 1, 1), "valid_to": days[20]},
        {"kpi_id": "calls_101_within_30s", "target": 0.6, "valid_from": days[20], "valid_to": None},
    ]
    for day in days:
        if day in world.delivered["acd_segments"] or dice.random() < 0.3:
            world.calls += [_call(dice, day, n, outage_start, outage_end) for n in range(dice.randint(0, calls_a_day))]
            for call in world.calls:
                if fault_start <= call["offered_at"] < fault_end and call["line"] in ("101", "SWITCHBOARD"):
                    call["disruption_key"] = call["disruption_key"] or "D-2"
        keys = [call["call_key"] for call in world.calls[-10:]]
        world.incidents += [
            _incident(dice, day, n, keys, outage_start, outage_end) for n in range(dice.randint(0, incidents_a_day))
        ]
        for half_hour in range(0, 48, 6):
            for team in ("A", "B"):
                world.intervals.append(_interval(dice, day, half_hour, team, outage_start, outage_end))
    for row in world.intervals:
        if fault_start <= row["interval_at"] < fault_end:
            row["disruption_key"] = row["disruption_key"] or "D-2"
    return world


def _disruption(key: str, start: datetime, end: datetime, systems: str, lines: str | None) -> Row:
    return {
        "disruption_key": key,
        "started_at": start,
        "ended_at": end,
        "started_at_local": start.astimezone(LONDON).replace(tzinfo=None),
        "ended_at_local": end.astimezone(LONDON).replace(tzinfo=None),
        "systems": systems,
        "lines": lines,
    }


def _call(dice: random.Random, day: date, number: int, outage_start: datetime, outage_end: datetime) -> Row:
    offered = instant(day, dice.randrange(82_000))
    outcome = dice.choice(OUTCOMES)
    wait = _or_none(dice, dice.choice((0, 4, 5, 9, 10, 11, 29, 30, 31, 200)), 0.15)
    has_queued = outcome in ("answered", "abandoned")
    return {
        "call_key": f"{day:%Y%m%d}-{number}",
        "line": dice.choice(LINES),
        "offered_at": offered,
        "offered_date": day,
        "answered_at": offered + timedelta(seconds=wait) if outcome == "answered" and wait is not None else None,
        "outcome": outcome,
        "wait_seconds": wait if has_queued else None,
        "talk_seconds": _or_none(dice, dice.randrange(600)),
        "hold_seconds": _or_none(dice, dice.randrange(60), 0.05),
        "wrap_seconds": _or_none(dice, dice.randrange(100), 0.05),
        "is_short_abandon": outcome == "abandoned" and wait is not None and wait < 5,
        "is_redialled": dice.random() < 0.3,
        "caller_token": _or_none(dice, "token"),
        "wrap_code": _or_none(dice, "ADVICE", 0.3),
        "demand_type": dice.choice(("internal", "failure", "other_agency", "service", "nuisance", "unknown")),
        "disruption_key": "D-1" if outage_start <= offered < outage_end else None,
    }


def _incident(
    dice: random.Random, day: date, number: int, call_keys: list[str], outage_start: datetime, outage_end: datetime
) -> Row:
    created = instant(day, dice.randrange(82_000))
    chain = [created + timedelta(seconds=dice.randrange(-60, 900) * step) for step in range(1, 5)]
    scene = _or_none(dice, max(chain[3], created), 0.2)
    response = int((scene - created).total_seconds()) if scene else None
    return {
        "incident_key": f"WM-{day:%Y%m%d}-{number:05}",
        "system_version": "LEGACY" if day < GO_LIVE else "SAAB-5" if day < VERSION_6 else "SAAB-6",
        "call_key": dice.choice(call_keys) if call_keys and dice.random() < 0.7 else None,
        "created_at": created,
        "created_date": day,
        "recorded_at": _or_none(dice, created + timedelta(seconds=dice.choice((-1, 0, 30, 3_600, 3_601, 20_000)))),
        "source_code": dice.choice(("999", "101", "OFFICER", "UNKNOWN")),
        "is_admin": dice.random() < 0.1,
        "grade_final": dice.choice(("1", "1", "2", "2", "3", "4", None)),
        "area_code": dice.choice(AREAS),
        "is_urban": dice.random() < 0.5,
        "is_attended": scene is not None or dice.random() < 0.3,
        "is_duplicate": dice.random() < 0.05,
        "is_back_record": dice.random() < 0.05,
        "response_seconds": response,
        "is_within_target": _or_none(dice, response <= 900) if response is not None else None,
        "first_graded_at": _or_none(dice, chain[0]),
        "first_tasked_at": _or_none(dice, chain[0] + timedelta(seconds=dice.randrange(400))),
        "first_assigned_at": _or_none(dice, chain[1]),
        "first_en_route_at": _or_none(dice, chain[2]),
        "first_at_scene_at": scene,
        "closed_at": _or_none(dice, created + timedelta(seconds=dice.randrange(9_000))),
        "disruption_key": "D-1" if outage_start <= created < outage_end else None,
    }


def _interval(
    dice: random.Random, day: date, half_hour: int, team: str, outage_start: datetime, outage_end: datetime
) -> Row:
    start = instant(day, 1_800 * half_hour)
    return {
        "interval_at": start,
        "interval_date": start.astimezone(LONDON).date(),
        "team": team,
        "staffed_seconds": _or_none(dice, dice.choice((0, 3_600, 7_200)), 0.05),
        "talk_seconds": _or_none(dice, dice.randrange(3_000), 0.05),
        "hold_seconds": dice.randrange(100),
        "wrap_seconds": dice.randrange(500),
        "aux_seconds": dice.choice((0, 0, 900)),
        "disruption_key": "D-1" if outage_start <= start < outage_end else None,
    }


def _dates() -> list[Row]:
    rows = []
    for number in range(1_500):
        day = date(2019, 12, 30) + timedelta(days=number)
        month = day.replace(day=1)
        rows.append(
            {
                "local_date": day,
                "week_start_date": day - timedelta(days=day.weekday()),
                "month_start_date": month,
                "quarter_start_date": month.replace(month=(month.month - 1) // 3 * 3 + 1),
                "year_start_date": date(day.year - (day.month < 4), 4, 1),
            }
        )
    return rows


def write(world: World, path: Path, *, generation: str, affected: dict[str, set[date]] | None = None) -> None:
    """Put the world into a database in place of the one before; `affected`: the dates an incremental run is told of."""
    affected = affected or {}
    touched_days = affected.get("calls", set())
    starts = {export: min(days) for export, days in world.delivered.items() if days}
    tables: dict[str, list[Row]] = {
        "marts.fct_calls": world.calls,
        "marts.fct_incidents": world.incidents,
        "marts.fct_agent_intervals": world.intervals,
        "marts.fct_disruptions": world.disruptions,
        "marts.dim_dates": _dates(),
        "intermediate.int_as_of": [
            {"system": system, "as_of_date": as_of}
            for system in sorted(set(SYSTEM_OF.values()))
            if (as_of := world.as_of(system))
        ],
        "intermediate.int_delivered_days": [
            {
                "export": export,
                "system": SYSTEM_OF[export],
                "business_date": day,
                "is_delivered": day in world.delivered[export],
                "has_rows": day in world.delivered[export],
                "contract_version": world.delivered[export].get(day),
            }
            for export, start in starts.items()
            for day in _days(start, world.as_of(SYSTEM_OF[export]) or start)
        ],
        "intermediate.int_affected_dates": [
            {"subject": subject, "affected_date": day} for subject, days in affected.items() for day in sorted(days)
        ],
        "intermediate.int_affected_calls": [
            {"call_key": call["call_key"]} for call in world.calls if call["offered_date"] in touched_days
        ],
        "reference.targets": world.targets,
        "reference.exports": [
            {"export": export, "label": export, "system": {"telephony": "TELEPHONY", "incidents": "SAAB"}[system]}
            for export, system in SYSTEM_OF.items()
        ],
        "reference.parameters": [
            {"parameter": name, "value": value, "valid_from": date(2000, 1, 1), "valid_to": None}
            for name, value in PARAMETERS.items()
        ],
        "marts.dim_system_versions": [
            dict(zip(COLUMNS["marts.dim_system_versions"], row, strict=True))
            for row in (
                ("LEGACY", "the old system", "legacy_incidents", "1", date(2000, 1, 1), GO_LIVE),
                ("SAAB-5", "version 5", "saab_incidents", "5", GO_LIVE, VERSION_6),
                ("SAAB-6", "version 6", "saab_incidents", "6", VERSION_6, None),
            )
        ],
        "landing.run": [
            {
                "generation": generation,
                "started_at": datetime(2021, 5, 1, tzinfo=UTC),
                "is_full": not affected,
                "has_new_code": False,
                "has_erasures": False,
            }
        ],
        "landing.deliveries": [
            {"export": export, "business_date": day, "is_quarantined": False, "reason": None}
            for export, days in world.delivered.items()
            for day in days
        ],
        "landing.contents": [
            {"export": export, "business_date": day, "covered_until": day, "is_pending": False}
            for export, days in world.delivered.items()
            for day in days
        ],
    }
    with duckdb.connect(str(path)) as con:
        con.execute("set TimeZone = 'UTC'")
        history.make_tables(con)
        for table, rows in tables.items():
            types = {name: _ARROW[kind] for name, kind in COLUMNS[table].items()}
            _rows = pa.Table.from_pylist(rows, schema=pa.schema(types.items()))
            con.execute(f"create schema if not exists {table.split('.')[0]}")
            con.execute(f"create or replace table {table} as select * from _rows")
        _complete(con, set(tables))


MODELS = DBT_PROJECT / "models"
REFERENCE = PROJECT / "orchestration" / "profiles" / "west_mercia" / "reference"
# An intermediate model keeps no contract: what a column holds is told by the end of its name.
_TYPE_BY_NAME = {
    r"_at$": "timestamp",
    r"date$": "date",
    r"^(is|has)_": "boolean",
    r"_(count|seconds)$": "bigint",
    r"_ratio$": "double",
    r"_hash$": "ubigint",
}


def _complete(con: duckdb.DuckDBPyConnection, written: set[str]) -> None:
    """What metric models may read and the world does not fill: empty marts, null columns, the profile's own lists."""
    for table, columns in [*_contracts(), *_read_of_the_run()]:
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        if table not in written:
            assert columns, f"{table} is read by metrics: its .yml must say its columns"
            con.execute(f"create or replace table {table} ({listed})")
            continue
        for name in columns.keys() - COLUMNS[table].keys():
            con.execute(f"alter table {table} add column {name} {columns[name]}")
    for path in sorted((MODELS / "staging" / "reference").glob("*.yml")):
        for seed in yaml.safe_load(path.read_text()).get("seeds", []):
            source, types = REFERENCE / f"{seed['name']}.csv", seed["config"]["column_types"]
            if f"reference.{seed['name']}" not in written and source.exists():
                con.execute(
                    f"create or replace table reference.{seed['name']} as "
                    f"select * from read_csv('{source}', header = true, columns = {types})"
                )


def _contracts() -> Iterator[tuple[str, dict[str, str]]]:
    """Every mart and its columns."""
    for model in _models("marts"):
        yield (
            f"marts.{model['name']}",
            {column["name"]: column["data_type"] for column in model["columns"] if "data_type" in column},
        )


def _read_of_the_run() -> Iterator[tuple[str, dict[str, str]]]:
    """What metric models read of the run: how far deliveries reach, what moved."""
    read = {name for path in (MODELS / "metrics").rglob("*.sql") for name in _REF.findall(path.read_text())}
    for model in _models("intermediate/run"):
        if model["name"] in read:
            columns = [column["name"] for column in model.get("columns", [])]
            yield f"intermediate.{model['name']}", {name: _type_of(name) for name in columns}


_REF = re.compile(r"ref\('(\w+)'\)")


def _models(room: str) -> Iterator[Any]:
    for path in sorted((MODELS / room).rglob("*.yml")):
        yield from yaml.safe_load(path.read_text()).get("models", [])


def _type_of(name: str) -> str:
    return next((kind for pattern, kind in _TYPE_BY_NAME.items() if re.search(pattern, name)), "varchar")


_ARROW = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
