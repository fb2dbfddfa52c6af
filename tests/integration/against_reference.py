"""Compares a published warehouse with the independent calculation in `tests/reference`, to the last unit.

Each function returns what differs, so that a failing test shows it: (key, column, expected, found).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.settings import Settings
from tests import reference
from tests.reference.clocks import local_day
from tests.support import ask

Difference = tuple[Any, str, Any, Any]

CALL_COLUMNS = (
    "line", "offered_at", "offered_date", "outcome", "ivr_seconds", "wait_seconds", "answered_at", "talk_seconds",
    "hold_seconds", "wrap_seconds", "team_answered", "segment_count", "was_transferred", "target_seconds",
    "is_within_target", "is_short_abandon", "is_redial", "is_redialled", "wrap_code", "demand_type",
)  # fmt: skip
INCIDENT_COLUMNS = (
    "system_version", "created_at", "created_date", "recorded_at", "source_code", "opening_category",
    "closing_category", "grade_initial", "grade_final", "area_code", "beat_code", "is_urban", "thrive_risk",
    "is_domestic_abuse", "is_repeat_victim", "is_back_record", "is_admin", "is_duplicate", "first_graded_at",
    "first_tasked_at", "first_assigned_at", "first_en_route_at", "first_at_scene_at", "at_scene_source",
    "closed_at", "is_open", "response_seconds", "is_attended", "never_attended_after_diary",
)  # fmt: skip
STATE_COLUMNS = (
    "state", "started_at", "started_date", "ended_at", "duration_seconds", "grade", "area_code", "kind", "diary_code",
    "appointment_key", "spell_started_at", "thrive_risk", "is_domestic_abuse", "is_duplicate",
)  # fmt: skip
HOUR_COLUMNS = (
    "hour_date", "is_estimated", "incident_count", "high_risk_count", "domestic_abuse_count", "oldest_seconds",
    "beyond_target_count", "inflow_count", "outflow_count", "upper_limit", "area_of_concern",
)  # fmt: skip
APPOINTMENT_COLUMNS = (
    "appointment_date", "incident_key", "diary_code", "area_code", "version", "booked_at", "slot_start_at",
    "slot_end_at", "first_slot_start_at", "status", "attended_at", "outcome", "has_slot_passed", "moves_count",
    "days_from_report", "is_domestic_abuse", "grade_at_booking", "thrive_risk_at_booking", "is_inappropriate",
    "inappropriate_reason", "is_duplicate_incident", "has_incident", "resource", "updated_at",
)  # fmt: skip
DOMESTIC_ABUSE_COLUMNS = (
    "system_version", "created_date", "created_at", "area_code", "grade_final", "is_duplicate", "is_back_record",
    "is_attended", "first_at_scene_at", "response_seconds", "is_attended_24h", "has_outcome", "has_crime",
    "suspect_present", "arrest_at", "is_arrested", "risk_tool", "risk_grade", "is_risk_assessed", "is_positive_action",
    "is_body_worn_video", "has_protective_order", "victim_supports", "outcome_code", "is_repeat_28d", "is_repeat_365d",
    "is_pilot_area", "is_pilot_period",
)  # fmt: skip
# Tables and indicators that the reference has and the warehouse does not have yet: only ever shrinks.
PENDING: frozenset[str] = frozenset()
# Indicators that the warehouse has and the reference does not have yet: only ever shrinks.
UNPROVED: frozenset[str] = frozenset()
# Full-time equivalents are decimals, which no double holds exactly: their share may be off in its last place.
OF_DECIMALS = frozenset({"workforce_vacancy", "workforce_abstraction"})
ROUNDING = 1e-12
_DAY_ONE = date(1970, 1, 1)  # the reference counts days from here
FIGURES = ("numerator", "denominator", "value", "measured_count", "eligible_count")
# What the two sides call differently: the reference names the version alone, the marts the system with it.
SYSTEM_VERSIONS = {"5": "saab_5", "6": "saab_6", "legacy": "legacy"}


def deliveries(settings: Settings, landing: Path) -> list[Difference]:
    """Status and row accounting of every delivered file."""
    columns = (
        "status",
        "rows_read",
        "rows_loaded",
        "rows_superseded",
        "rows_duplicate",
        "rows_quarantined",
        "rows_erased",
    )
    expected = {
        (each.name, each.sha256): tuple(getattr(each, column) for column in columns)
        for each in reference.deliveries(landing)
    }
    rows = ask(settings, f"select name, sha256, {', '.join(columns)} from quality.deliveries")
    return _compare(expected, {(row[0], row[1]): row[2:] for row in rows}, columns)


def calls(settings: Settings, landed: reference.Landing) -> list[Difference]:
    """Every call, column by column; callers by who is the same caller, as tokens differ between keys."""
    expected_calls = reference.calls(landed)
    rows = ask(settings, f"select call_key, {', '.join(CALL_COLUMNS)}, caller_token from marts.fct_calls")
    expected = {call.call_key: tuple(_call_value(call, column) for column in CALL_COLUMNS) for call in expected_calls}
    differences = _compare(expected, {row[0]: row[1:-1] for row in rows}, CALL_COLUMNS)
    found_tokens = {row[0]: row[-1] for row in rows}
    pairs = {(call.caller, found_tokens.get(call.call_key)) for call in expected_calls}
    for caller, token in pairs:
        if (caller is None) != (token is None):
            differences.append((caller, "caller_token", caller, token))
    for side in (0, 1):
        known = [pair[side] for pair in pairs if pair[side] is not None]
        if len(known) != len(set(known)):
            differences.append(("callers", "caller_token", "one token a caller", "several"))
    return differences


def incidents(settings: Settings, landed: reference.Landing) -> list[Difference]:
    """Every incident, column by column."""
    rows = ask(settings, f"select incident_key, {', '.join(INCIDENT_COLUMNS)} from marts.fct_incidents")
    known = {code for (code,) in ask(settings, "select category_code from marts.dim_categories")}
    expected = {
        each.incident_key: (
            SYSTEM_VERSIONS[each.system_version],
            *(_expected(each, column, known) for column in INCIDENT_COLUMNS[1:]),
        )
        for each in reference.incidents(landed)
    }
    return _compare(expected, {row[0]: row[1:] for row in rows}, INCIDENT_COLUMNS)


def states(settings: Settings, landed: reference.Landing) -> list[Difference]:
    """Every interval of every incident, column by column."""
    if "marts.fct_incident_states" in missing(settings):
        return []
    rows = ask(settings, f"select incident_key, state_no, {', '.join(STATE_COLUMNS)} from marts.fct_incident_states")
    expected = {
        (each.incident_key, each.number): tuple(_state_value(each, column) for column in STATE_COLUMNS)
        for each in reference.states(landed, reference.incidents(landed))
    }
    return _compare(expected, {row[:2]: row[2:] for row in rows}, STATE_COLUMNS)


def openings(settings: Settings) -> list[Difference]:
    """States whose file and line do not lead to something of the same incident that happened when they began."""
    rows = ask(
        settings,
        """
        with openers as (
            select _delivery_id, _source_row, incident_key, event_at as opened_at from marts.fct_incident_events
            union all
            select _delivery_id, _source_row, incident_key, started_at from marts.fct_resource_statuses
            union all
            select _delivery_id, _source_row, incident_key, null from marts.fct_incidents
            union all
            select _delivery_id, _source_row, incident_key, null from marts.fct_diary_appointments
        )
        select states.incident_key, states.state_no, states.started_at, openers.incident_key, openers.opened_at
        from marts.fct_incident_states as states
        inner join marts.fct_incidents as incidents using (incident_key)
        inner join openers on states._delivery_id = openers._delivery_id and states._source_row = openers._source_row
        where states.incident_key <> coalesce(openers.incident_key, '')
            or states.started_at <> greatest(openers.opened_at, incidents.created_at)
            and openers.opened_at is not null
        """,
    )
    return [((key, number), "opener", at, (opener, opened_at)) for key, number, at, opener, opened_at in rows]


def unresourced_hourly(settings: Settings, landed: reference.Landing) -> list[Difference]:
    """Every cell of every hour, column by column."""
    if "marts.fct_unresourced_hourly" in missing(settings):
        return []
    keys = "cast(epoch(hour_at) as bigint), area_code, grade, kind"
    rows = ask(settings, f"select {keys}, {', '.join(HOUR_COLUMNS)} from marts.fct_unresourced_hourly")
    intervals = reference.states(landed, reference.incidents(landed))
    targets, limits = _response_targets(settings.profile), _limits(settings.profile)
    expected = {
        (each.hour_at, each.area_code, each.grade, each.kind): (
            _DAY_ONE + timedelta(days=each.hour_day),
            *(getattr(each, column) for column in HOUR_COLUMNS[1:]),
        )
        for each in reference.unresourced_hourly(landed, intervals, targets, limits)
    }
    assert len(rows) == len({row[:4] for row in rows}), "an hour and cell stands twice"
    return _compare(expected, {row[:4]: row[4:] for row in rows}, HOUR_COLUMNS)


def appointments(settings: Settings, landed: reference.Landing) -> list[Difference]:
    """Every appointment, column by column."""
    rows = ask(settings, f"select appointment_key, {', '.join(APPOINTMENT_COLUMNS)} from marts.fct_diary_appointments")
    expected = {
        each.appointment_key: (
            None if each.appointment_day is None else _DAY_ONE + timedelta(days=each.appointment_day),
            *(getattr(each, column) for column in APPOINTMENT_COLUMNS[1:]),
        )
        for each in reference.appointments(landed, reference.incidents(landed))
    }
    return _compare(expected, {row[0]: row[1:] for row in rows}, APPOINTMENT_COLUMNS)


def domestic_abuse(settings: Settings, landed: reference.Landing) -> list[Difference]:
    """Every domestic-abuse incident, column by column; victims by who is the same victim, as tokens differ."""
    columns = ", ".join(DOMESTIC_ABUSE_COLUMNS)
    rows = ask(settings, f"select incident_key, {columns}, victim_token from marts.fct_domestic_abuse")
    cases = reference.domestic_abuse(landed, reference.incidents(landed), _pilot(settings.profile))
    expected = {
        each.incident_key: (
            SYSTEM_VERSIONS[each.system_version],
            _DAY_ONE + timedelta(days=each.created_day),
            *(getattr(each, column) for column in DOMESTIC_ABUSE_COLUMNS[2:]),
        )
        for each in cases
    }
    differences = _compare(expected, {row[0]: row[1:-1] for row in rows}, DOMESTIC_ABUSE_COLUMNS)
    tokens = {row[0]: row[-1] for row in rows}
    pairs = {(each.victim, tokens.get(each.incident_key)) for each in cases}
    differences += [
        (victim, "victim_token", victim, token) for victim, token in pairs if (victim is None) != (token is None)
    ]
    for side in (0, 1):
        known = [pair[side] for pair in pairs if pair[side] is not None]
        if len(known) != len(set(known)):
            differences.append(("victims", "victim_token", "one token a victim", "several"))
    return differences


def missing(settings: Settings) -> set[str]:
    """What the warehouse does not have at all, of what may still be missing."""
    tables = ask(settings, "select table_schema || '.' || table_name from information_schema.tables")
    kpis = ask(settings, "select distinct kpi_id from metrics.kpi_results")
    return set(PENDING) - {name for (name,) in [*tables, *kpis]}


def indicators(settings: Settings, landed: reference.Landing) -> list[Difference]:
    """Every figure of `metrics.kpi_results`: counts equal, shares equal as fractions."""
    targets = _response_targets(settings.profile)
    pending = missing(settings)
    expected = {
        (row.kpi_id, row.period_type, row.period_start, row.scope_type, row.scope_code): tuple(
            getattr(row, figure) for figure in FIGURES
        )
        for row in reference.indicators(landed, reference.calls(landed), reference.incidents(landed), targets)
        if row.kpi_id not in pending
    }
    keys = "kpi_id, period_type, period_start, scope_type, scope_code"
    rows = ask(settings, f"select {keys}, {', '.join(FIGURES)}, quality_state from metrics.kpi_results")
    for row in rows:
        # Which exports a system version needs is the pipeline's to know: the reference counts 0 of 0 where it says that
        # the figure cannot be had.
        is_unknown = row[-1] == "NOT_AVAILABLE" and row[6] is None
        if is_unknown and row[:5] in expected and expected[row[:5]][3] == 0:
            expected[row[:5]] = (None, None, None, *expected[row[:5]][3:])
    proved = {row[:5]: row[5:-1] for row in rows if row[0] not in UNPROVED}
    for key in expected.keys() & proved.keys():
        wanted, value = expected[key][2], proved[key][2]
        if key[0] in OF_DECIMALS and wanted is not None and value is not None:
            is_close = math.isclose(wanted, value, rel_tol=ROUNDING)
            expected[key] = (*expected[key][:2], value if is_close else wanted, *expected[key][3:])
    return _compare(expected, proved, FIGURES)


def _call_value(call: reference.Call, column: str) -> Any:
    return _DAY_ONE + timedelta(days=call.offered_day) if column == "offered_date" else getattr(call, column)


def _state_value(state: reference.State, column: str) -> Any:
    if column == "started_date":
        return _DAY_ONE + timedelta(days=local_day(state.started_at))
    if column == "duration_seconds":
        return None if state.ended_at is None else state.ended_at - state.started_at
    return getattr(state, column)


def _expected(incident: reference.Incident, column: str, known_categories: set[str]) -> Any:
    """The reference holds no category list: a code that the reference data do not know is the unknown member."""
    value = getattr(incident, column.replace("created_date", "created_day"))
    if column == "created_date":
        return _DAY_ONE + timedelta(days=value)
    if column in {"opening_category", "closing_category"} and value is not None and value not in known_categories:
        return "UNKNOWN"
    return value


def _response_targets(profile: Path) -> list[reference.ResponseTarget]:
    """The targets of the profile's reference data, which the reference calculation must be told."""
    with (profile / "reference" / "response_targets.csv").open(newline="") as file:
        return [
            reference.ResponseTarget(
                grade=row["grade"],
                is_urban=row["is_urban"] == "true",
                seconds=round(float(row["target_minutes"]) * 60),
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max,
            )
            for row in csv.DictReader(file)
            if row["target_minutes"]
        ]


def _pilot(profile: Path) -> list[reference.Pilot]:
    """The design of the domestic-abuse pilot; a profile may have none."""
    path = profile / "reference" / "da_pilot_design.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [
            reference.Pilot(row["area_code"], date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"]))
            for row in csv.DictReader(file)
        ]


def _limits(profile: Path) -> list[reference.Limit]:
    """The limits of the profile's reference data; a profile may have none."""
    path = profile / "reference" / "unresourced_limits.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [
            reference.Limit(
                area_code=row["area_code"],
                grade=row["grade"],
                kind=row["kind"],
                upper_limit=int(row["upper_limit"]) if row["upper_limit"] else None,
                area_of_concern=int(row["area_of_concern"]) if row["area_of_concern"] else None,
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max,
            )
            for row in csv.DictReader(file)
        ]


def _compare(
    expected: Mapping[Any, tuple[Any, ...]], found: Mapping[Any, tuple[Any, ...]], columns: Iterable[str]
) -> list[Difference]:
    names = list(columns)
    missing: list[Difference] = [(key, "row", values, None) for key, values in expected.items() if key not in found]
    extra: list[Difference] = [(key, "row", None, values) for key, values in found.items() if key not in expected]
    different = [
        (key, name, wanted, got)
        for key in expected.keys() & found.keys()
        for name, wanted, got in zip(names, expected[key], found[key], strict=True)
        if not _equal(wanted, got)
    ]
    return sorted(missing + extra + different, key=str)


def _equal(wanted: Any, found: Any) -> bool:
    """The reference holds instants as UTC seconds and shares as fractions."""
    if isinstance(found, datetime):
        return wanted is not None and not isinstance(wanted, bool) and found == datetime.fromtimestamp(wanted, UTC)
    if isinstance(found, float) and wanted is not None:
        return float(wanted) == found
    return bool(wanted == found)
