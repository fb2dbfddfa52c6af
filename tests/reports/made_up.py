# ruff: noqa: E501  a row of a table reads best as a line
"""A small made-up published database with every table and view that the quality report reads, empty or with a story.

The shapes are those of the published tables; `test_published_shapes` compares them with a warehouse that was really built.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

TABLES = {
    "quality.generations": "generation varchar, published_at timestamptz, content_hash varchar, code_version varchar, "
    "deliveries_count bigint, delivery_ids_added varchar[]",
    "quality.deliveries": "delivery_id varchar, name varchar, export varchar, contract varchar, contract_version varchar, "
    "sha256 varchar, bytes bigint, received_at timestamptz, business_date date, status varchar, reason varchar, "
    "rows_read bigint, rows_loaded bigint, rows_superseded bigint, rows_duplicate bigint, rows_quarantined bigint, "
    "rows_erased bigint",
    "quality.quarantined_rows": "delivery_id varchar, row_number integer, column_name varchar, value varchar, "
    "reason varchar, raw_row varchar, field_count integer, row_sha256 varchar",
    "quality.rule_failures": "rule_id varchar, generation varchar, part_type varchar, part_code varchar, "
    "failed_count bigint, checked_count bigint",
    "quality.rule_samples": "rule_id varchar, generation varchar, place integer, delivery_id varchar, source_row bigint",
    "quality.reviews": "review_id varchar, rule_id varchar, state varchar, reviewer varchar, reason varchar, "
    "reviewed_on date, expires_on date, is_in_force boolean, standing varchar",
    "quality.review_problems": "place varchar, problem varchar",
    "quality.schema_drift": "export varchar, kind varchar, column_name varchar, changed_from varchar, changed_to varchar, "
    "from_date date, until_date date, first_file varchar, deliveries_count bigint, rows_count bigint, "
    "concerned_count bigint, outcome varchar, severity varchar, what_changed varchar, what_to_do varchar",
    "marts.dim_areas": "area_code varchar, area_label varchar",
    "marts.fct_disruptions": "disruption_key varchar, started_at timestamptz, started_at_local timestamp, "
    "ended_at timestamptz, ended_at_local timestamp, restored_at timestamptz, duration_seconds bigint, systems varchar, "
    "lines varchar, calls_lost bigint, calls_lost_state varchar, calls_lost_low bigint, calls_lost_high bigint, "
    "diverted_to varchar, note varchar",
    "metrics.kpi_register": "kpi_id varchar, definition varchar, formula varchar, limits varchar, better varchar, "
    "definition_version varchar, inputs varchar, since date",
    "reports.disruption_effects": "disruption_key varchar, line varchar, presented_count bigint, offered_count bigint, "
    "answered_count bigint, overflowed_count bigint, usual_presented_count double, not_received_count bigint, "
    "calls_lost bigint, calls_lost_low bigint, calls_lost_high bigint, incident_count bigint, back_keyed_count bigint, "
    "back_key_delay_median_seconds double",
    "reports.quality_rules": "rule_id varchar, sentence varchar, dimension varchar, system varchar, table_name varchar, "
    "severity varchar, owner varchar, threshold varchar, threshold_reason varchar, expectation varchar, "
    "indicators varchar[], status varchar, checked_count bigint, failed_count bigint, failed_ratio double, "
    "business_date date, generation varchar, status_in_run varchar, reason varchar, status_before varchar, "
    "failed_count_before bigint, failed_ratio_before double, change varchar, since varchar, review_state varchar, "
    "reviewer varchar, review_reason varchar, review_expires_on date, is_open boolean, reopened_because varchar, since_date date",
    "reports.quality_rule_history": "rule_id varchar, week_start_date date, generation varchar, status varchar, "
    "checked_count bigint, failed_count bigint, failed_ratio double",
    "reports.quality_scores": "week_start_date date, dimension varchar, system varchar, rules_judged_count bigint, "
    "rules_passed_count bigint, score_ratio double, rows_checked_count bigint, rows_failed_count bigint",
    "reports.quality_changes": "kind varchar, subject varchar, what_before varchar, what_now varchar, is_better boolean, "
    "since date, system varchar",
    "reports.quality_publishable": "kpi_id varchar, label varchar, owner varchar, status varchar, since date, "
    "reason varchar, restored_by varchar, period_start date, value double, unit varchar, numerator double, "
    "denominator double, coverage_ratio double, quality_state varchar, open_findings_count bigint, "
    "failing_rules_count bigint, disruption_keys varchar, system_version_label varchar, is_whole_month boolean",
    "reports.export_arrivals": "export varchar, system varchar, business_date date, state varchar, files_count bigint, "
    "rows_read bigint, rows_loaded bigint, rows_superseded bigint, rows_duplicate bigint, rows_quarantined bigint, "
    "rows_erased bigint, cadence varchar",
    "reports.export_freshness": "export varchar, system varchar, cadence varchar, newest_business_date date, "
    "system_as_of_date date, days_behind bigint, due_days bigint, is_late boolean, first_business_date date, "
    "delivered_count bigint, expected_count bigint, rows_read bigint, rows_loaded bigint, rows_superseded bigint, "
    "rows_duplicate bigint, rows_quarantined bigint, rows_erased bigint, unaccounted_count bigint, label varchar",
    "reports.brief_periods": "brief varchar, period_type varchar, period_start date, period_end date, reached_on date, "
    "reached_day_count bigint, is_complete boolean, is_default boolean, previous_start date, standing_week_start date, "
    "as_of_date date",
    "reports.figure_sources": "kpi_id varchar, period_start date, export varchar, delivery_id varchar, name varchar, "
    "sha256 varchar, contract varchar, contract_version varchar, status varchar, rows_loaded bigint, "
    "role varchar, is_later boolean",
}
GENERATION, BEFORE = "20220110T060012Z", "20220103T060009Z"
NEWEST = date(2022, 1, 9)
_MONDAY = date(2022, 1, 3)
_WEEKS = [_MONDAY - timedelta(weeks=back) for back in range(25, -1, -1)]
_DIMENSIONS = ("accuracy", "completeness", "consistency", "timeliness", "uniqueness", "validity")
_SYSTEMS = ("acd", "saab", "digital")


def write_empty(file: Path, *, generations: bool = True) -> Path:
    """Every table, none with a row but `quality.generations`: what an empty landing folder publishes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(file)) as con:
        _make_tables(con)
        if generations:
            _insert(con, "quality.generations", [(GENERATION, "2022-01-10 06:00:12+00", "c0ffee" * 10, "a1b2", 0, [])])
    return file


def write_story(file: Path) -> Path:
    """A week in which something of everything happened."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(file)) as con:
        _make_tables(con)
        _deliveries(con)
        _rules(con)
        _register(con)
        _exports(con)
        _rest(con)
    return file


def insert(file: Path, table: str, **values: object) -> None:
    """One more row; what is not named is null."""
    with duckdb.connect(str(file)) as con:
        places = ", ".join("?" for _ in values)
        con.execute(f"insert into {table} ({', '.join(values)}) values ({places})", list(values.values()))


def _make_tables(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("set TimeZone = 'UTC'")
    for schema in ("marts", "metrics", "quality", "reports"):
        con.execute(f"create schema {schema}")
    for name, columns in TABLES.items():
        con.execute(f"create table {name} ({columns})")


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    con.executemany(f"insert into {table} values ({', '.join('?' for _ in rows[0])})", rows)


def _deliveries(con: duckdb.DuckDBPyConnection) -> None:
    _insert(
        con,
        "quality.generations",
        [
            (BEFORE, "2022-01-03 06:00:09+00", "beef" * 16, "a1b2", 3, []),
            (GENERATION, "2022-01-10 06:00:12+00", "c0ffee11" * 8, "a1b2", 4, ["d4"]),
        ],
    )
    rows: list[tuple[object, ...]] = []
    for number in range(1, 8):
        day = NEWEST - timedelta(days=7 - number)
        rows.append(
            (f"d{number}", f"saab_incidents_{day:%Y%m%d}.csv", "saab_incidents", "saab_incidents", "6", f"{number:064x}",
             12_000, "2022-01-10 05:00:00+00", day, "LOADED", None, 1_600, 1_590, 4, 0, 6, 0)
        )  # fmt: skip
    rows.append(
        ("q1", "saab_diary_20220108.csv", "saab_diary", None, None, "9" * 64, 900, "2022-01-10 05:00:00+00",
         date(2022, 1, 8), "QUARANTINED", "its header fits no contract: the column 'SLOT_END' is missing", 0, 0, 0, 0, 0, 0)
    )  # fmt: skip
    _insert(con, "quality.deliveries", rows)
    _insert(
        con,
        "quality.quarantined_rows",
        [("d1", line, "CREATED", "31/02/2022", "not a date", "a;b;31/02/2022", 12, "ab") for line in range(2, 20)]
        + [("d2", 7, None, None, "11 fields, 12 expected", None, 11, "cd")],
    )
    _insert(
        con,
        "quality.schema_drift",
        [
            ("saab_incidents", "column_added", "WARD", None, None, date(2022, 1, 4), None, "saab_incidents_20220104.csv",
             6, 9_600, 9_210, "VALUES_NOT_STORED", "warning", "A column came that the contract does not know.",
             "Add it to the contract if it is wanted."),
            ("acd_segments", "delimiter_changed", None, ",", ";", date(2021, 11, 1), date(2021, 11, 3),
             "acd_segments_20211101.csv", 3, 14_000, 14_000, "READ", "info", "The delimiter changed.", "Nothing."),
        ],
    )  # fmt: skip


def _rule(number: int, status: str | None, **changed: object) -> tuple[object, ...]:
    dimension, system = _DIMENSIONS[number % 6], _SYSTEMS[number % 3]
    row: dict[str, object] = {
        "rule_id": f"made_up_rule_{number:03d}",
        "sentence": f"Every record of source {number} has what the week's figures need.",
        "dimension": dimension, "system": system, "table_name": "marts.fct_incidents", "severity": "warning",
        "owner": "Performance analyst", "threshold": "warns over 1 %, fails over 5 %",
        "threshold_reason": "Under one in a hundred no figure of a month moves by a tenth of a point.",
        "expectation": "expect_column_values_to_not_be_null", "indicators": ["calls_999_within_10s"],
        "status": status, "checked_count": 11_200, "failed_count": 0, "failed_ratio": 0.0, "business_date": NEWEST,
        "generation": GENERATION, "status_in_run": status, "reason": None, "status_before": "PASS",
        "failed_count_before": 0, "failed_ratio_before": 0.0, "change": "NONE", "since": None, "review_state": None,
        "reviewer": None, "review_reason": None, "review_expires_on": None, "is_open": False, "reopened_because": None, "since_date": None,
    }  # fmt: skip
    return tuple({**row, **changed}.values())


def _rules(con: duckdb.DuckDBPyConnection) -> None:
    failing = {
        "failed_count": 812,
        "failed_ratio": 0.0725,
        "is_open": True,
        "since": "20211115T060000Z",
        "since_date": date(2021, 11, 15),
    }
    rows = [
        _rule(
            1, "FAIL", **failing, rule_id="incidents_scene_time_known", severity="error", change="WORSE", failed_count_before=410,
            failed_ratio_before=0.0366, status_before="WARN", indicators=["response_grade1_median", "calls_999_within_10s"],
            sentence="An incident that was attended has the time at which the first unit was at the scene.",
            threshold_reason="Over one in twenty, the median response time may move by more than ten seconds.",
        ),
        _rule(2, "ERROR", is_open=True, reason="the query could not be run: Conversion Error", checked_count=0, change="NEW",
              rule_id="calls_clock_agrees_with_log", severity="critical"),
        _rule(3, "WARN", failed_count=31, failed_ratio=0.0028, change="SAME", review_state="known", reviewer="A. Reviewer",
              review_reason="The vendor mends it in March.", review_expires_on=date(2022, 3, 31), since="20211122T060000Z"),
        _rule(4, "PASS", status_before="FAIL", failed_count_before=120, failed_ratio_before=0.0107, change="MENDED"),
        _rule(5, "NOT_APPLICABLE", checked_count=0, reason="no row to judge in what was delivered"),
        _rule(6, None, checked_count=None, failed_count=None, failed_ratio=None, generation=None, business_date=None,
              status_in_run="NOT_RUN", status_before=None, change="FIRST"),
        *(_rule(number, "PASS") for number in range(7, 25)),
    ]  # fmt: skip
    _insert(con, "reports.quality_rules", rows)
    history: list[tuple[object, ...]] = []
    for number, week in enumerate(_WEEKS):
        status = "PASS" if number < 18 else "WARN" if number < 24 else "FAIL"
        failed = 40 + 7 * (number % 4) if number < 18 else 300 + 20 * number
        history.append(("incidents_scene_time_known", week, GENERATION, status, 11_200, failed, failed / 11_200))
        history.append(("made_up_rule_004", week, GENERATION, "FAIL" if number < 25 else "PASS", 11_200, 120, 0.0107))
    _insert(con, "reports.quality_rule_history", history)
    _insert(con, "marts.dim_areas", [("HEREF", "Herefordshire"), ("SHROP", "Shropshire"), ("UNKNOWN", "Unknown")])
    parts: list[tuple[object, ...]] = []
    for kind, code, failed, checked in (
        ("area", "HEREF", 501, 3_100), ("area", "SHROP", 288, 4_000), ("area", "UNKNOWN", 23, 25),
        ("team", "OCC_A", 400, None), ("team", "OCC_B", 390, None), ("team", "OTHER", 22, None),
        ("callsign", "HR12", 61, 90), ("callsign", "SH07", 44, 130),
    ):  # fmt: skip
        parts.append(("incidents_scene_time_known", GENERATION, kind, code, failed, checked))
    for back in range(40):
        day = NEWEST - timedelta(days=back)
        parts.append(("incidents_scene_time_known", GENERATION, "day", day.isoformat(), 10 + (back * 7) % 23, 280))
    _insert(con, "quality.rule_failures", parts)
    _insert(
        con,
        "quality.rule_samples",
        [("incidents_scene_time_known", GENERATION, place, f"d{place}", 100 + place) for place in range(1, 6)],
    )
    scores: list[tuple[object, ...]] = []
    for number, week in enumerate(_WEEKS):
        for place, dimension in enumerate(_DIMENSIONS):
            for system in ("ALL", *_SYSTEMS):
                judged, passed = (12, 8 + (number + place) % 5) if system == "ALL" else (4, 3)
                scores.append((week, dimension, system, judged, passed, passed / judged, 90_000, 800))
    _insert(con, "reports.quality_scores", scores)
    _insert(
        con,
        "quality.reviews",
        [
            ("r1", "made_up_rule_003", "known", "A. Reviewer", "The vendor mends it in March.", date(2021, 12, 6), date(2022, 3, 31), True, "IN_FORCE"),
            ("r2", "incidents_scene_time_known", "accepted", "B. Reviewer", "One week only, after the outage.", date(2021, 11, 1), date(2021, 12, 1), False, "EXPIRED"),
        ],
    )  # fmt: skip


def _register(con: duckdb.DuckDBPyConnection) -> None:
    month = date(2021, 12, 1)
    _insert(
        con,
        "reports.quality_publishable",
        [
            ("calls_999_within_10s", "999 calls answered within 10 s", "Head of the control room", "AVAILABLE", date(2021, 8, 30),
             None, None, month, 0.8937, "ratio", 13_875.0, 15_526.0, 1.0, "OK", 1, 2, None, "Connect", True),
            ("response_grade1_median", "Grade 1 response, median", "Head of response", "PARTIAL", date(2021, 11, 23),
             "The time at scene is missing from 7 % of attended incidents.", "The time at scene in the version 7 export.",
             month, 615.0, "seconds", None, 2_011.0, 0.928, "DISRUPTED", 2, 3, "DIS-1", "SAAB 7", True),
            ("da_attended_24h", "Domestic abuse attended within 24 hours", "Head of safeguarding", "NOT_AVAILABLE", None,
             "No export supplies the outcome.", "An export of outcomes.", None, None, "ratio", None, None, None, None, 0, 0, None, None, None),
        ],
    )  # fmt: skip
    _insert(
        con,
        "metrics.kpi_register",
        [
            ("calls_999_within_10s", "999 calls answered within ten seconds.", "answered within 10 s / answered", "Not for one hour.", "higher", "1", "acd_segments", date(2021, 8, 30)),
            ("response_grade1_median", "Half of grade 1 incidents were reached sooner.", None, None, "lower", "1", "saab_incidents", date(2021, 8, 30)),
            ("da_attended_24h", "Domestic-abuse incidents attended within a day.", None, None, "higher", "1", None, None),
        ],
    )  # fmt: skip
    _insert(
        con,
        "reports.figure_sources",
        [
            ("response_grade1_median", month, "saab_incidents", f"d{number}", f"saab_incidents_202112{number:02d}.csv",
             f"{number:064x}", "saab_incidents", "6", "LOADED", 1_590, "needs", False)
            for number in range(1, 8)
        ],
    )  # fmt: skip


def _exports(con: duckdb.DuckDBPyConnection) -> None:
    arrivals: list[tuple[object, ...]] = []
    for export, system in (("saab_incidents", "saab"), ("acd_segments", "acd")):
        for back in range(181, -1, -1):
            day = NEWEST - timedelta(days=back)
            state = "ARRIVED"
            if export == "saab_incidents":
                state = {2: "QUARANTINED", 9: "MISSING", 10: "MISSING", 30: "CORRECTED", 41: "PARTLY"}.get(back, state)
            rows = 0 if state in {"MISSING", "QUARANTINED"} else 1_600
            arrivals.append((export, system, day, state, 0 if state == "MISSING" else 1, rows, rows, 0, 0, 0, 0, "day"))
    for number in range(1, 7):
        day = date(2021, 6 + number, 1)
        arrivals.append(
            ("workforce", "workforce", day, "ARRIVED" if number < 6 else "NOT_DUE", 1, 31, 31, 0, 0, 0, 0, "month")
        )
    _insert(con, "reports.export_arrivals", arrivals)
    _insert(
        con,
        "reports.export_freshness",
        [
            ("saab_incidents", "saab", "day", NEWEST, NEWEST, 0, 1, False, date(2021, 7, 12), 180, 182, 291_000, 290_000, 700, 100, 200, 0, 0, "Incidents"),
            ("acd_segments", "acd", "day", NEWEST - timedelta(days=4), NEWEST, 4, 1, True, date(2021, 7, 12), 178, 182, 870_000, 869_990, 0, 0, 10, 0, 0, "Calls"),
            ("workforce", "workforce", "month", date(2021, 11, 1), NEWEST, 40, 45, False, date(2021, 7, 1), 5, 5, 155, 155, 0, 0, 0, 0, 0, "Workforce"),
            ("da_outcomes", "da", "month", None, None, None, 45, None, None, 0, 0, 0, 0, 0, 0, 0, 0, 0, "Outcomes"),
        ],
    )  # fmt: skip


def _rest(con: duckdb.DuckDBPyConnection) -> None:
    _insert(
        con,
        "reports.quality_changes",
        [
            ("RULE", "incidents_scene_time_known", "410 of 11,200 rows failed", "812 of 11,200 rows fail", False, "2021-11-15", None),
            ("RULE", "made_up_rule_004", "120 rows failed", "no row fails", True, "2022-01-03", None),
            ("ARRIVAL", "acd_segments", "came every day", "four days behind", False, "2022-01-06", None),
            ("REGISTER", "response_grade1_median", "available", "partly available", False, "2021-11-23", None),
            ("REVIEW", "incidents_scene_time_known", "accepted by B. Reviewer", "the sign-off has expired", None, "2021-12-01", None),
            ("DISRUPTION", "DIS-1", "none in the week before", "an outage of the telephony", False, "2022-01-05", None),
        ],
    )  # fmt: skip
    _insert(
        con,
        "marts.fct_disruptions",
        [("DIS-1", "2022-01-05 10:00:00+00", "2022-01-05 10:00:00", "2022-01-05 13:10:00+00", "2022-01-05 13:10:00",
          "2022-01-05 15:00:00+00", 11_400, "ACD", "999, 101", None, "unknown", 12, 190, "West Midlands", "Power failure.")],
    )  # fmt: skip
    _insert(
        con,
        "reports.disruption_effects",
        [
            ("DIS-1", "ALL", 210, 205, 180, 20, 402.0, 192, None, 12, 190, 88, 40, 9_000.0),
            ("DIS-1", "999", 60, 60, 55, 5, 101.0, 41, None, 0, 40, 20, 10, 8_000.0),
        ],
    )  # fmt: skip
