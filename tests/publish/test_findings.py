"""The views of findings, arrivals and figures on rows made by hand, against the same counted in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from orchestration.publish.generation import quoted, view_sql
from orchestration.settings import Settings
from tests.publish import findings
from tests.publish.findings import Row

pytestmark = pytest.mark.slow

VIEWS = [
    *("quality_judgements", "quality_rules", "quality_rule_history", "quality_scores", "export_periods"),
    *("export_arrivals", "export_freshness", "kpi_latest_months", "figure_sources", "quality_publishable"),
    "quality_changes",
]
READ = [
    *("quality.rule_results", "quality.rules", "quality.reviews", "quality.deliveries", "quality.export_spans"),
    *("quality.kpi_exports", "quality.schema_drift", "marts.fct_disruptions", "marts.fct_incidents"),
    *("marts.dim_system_versions", "metrics.kpi_results", "metrics.kpi_register"),
]
DAY = date(2021, 11, 14)  # a Sunday
INCIDENTS = {"export": "saab_incidents", "cadence": "day", "due_days": 1, "system": "incidents"}


@pytest.fixture(scope="module")
def con(small_warehouse: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views as published, over empty tables of the published shape."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {quoted(str(small_warehouse.current_db.resolve()))} as published (read_only)")
        for schema in ("marts", "metrics", "quality", "reports"):
            con.execute(f"create schema {schema}")
        for table in READ:
            con.execute(f"create table {table} as select * from published.{table} limit 0")
        for view in VIEWS:
            con.execute(view_sql(con, "published", f"reports.{view}"))
        con.execute("detach published")
        yield con


def fill(con: duckdb.DuckDBPyConnection, **tables: list[Row]) -> None:
    """Tables by their name without schema; those that are not named are empty. A column that is not named is null."""
    for table in READ:
        con.execute(f"delete from {table}")
        for row in tables.get(table.partition(".")[2], []):
            names = ", ".join(row)
            con.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(row))})", list(row.values()))


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def result(rule_id: str, day: date | None, run: datetime, status: str, failed: int = 0, checked: int = 100) -> Row:
    is_counted = status in ("PASS", "WARN", "FAIL")
    return {
        "rule_id": rule_id, "generation": f"{run:%Y%m%dT%H%M%SZ}", "status": status, "business_date": day,
        "dimension": "validity", "system": "incidents", "severity": "error",
        "checked_count": checked if is_counted else 0, "failed_count": failed if is_counted else 0,
        "failed_ratio": failed / checked if is_counted and checked else None,
    }  # fmt: skip


def run_of(day: date, hour: int = 6) -> datetime:
    """The run of the morning after a day."""
    return datetime(day.year, day.month, day.day, hour) + timedelta(days=1)


def review(rule_id: str, state: str, seen: date, *, is_in_force: bool = True) -> Row:
    return {
        "review_id": f"{rule_id}-1", "rule_id": rule_id, "state": state, "reviewer": "A. Reviewer", "reason": "Known.",
        "reviewed_on": seen, "expires_on": seen + timedelta(days=30), "is_in_force": is_in_force,
        "standing": "IN_FORCE" if is_in_force else "EXPIRED", "seen_generation": f"{run_of(seen):%Y%m%dT%H%M%SZ}",
    }  # fmt: skip


def rule(rule_id: str, indicators: list[str] | None = None) -> Row:
    return {"rule_id": rule_id, "sentence": f"{rule_id} holds.", "indicators": indicators or [], "system": "incidents"}


def delivery(export: str | None, day: date | None, status: str = "LOADED", number: int = 0, **counts: int) -> Row:
    counted = {"rows_read": 10, "rows_loaded": 10 if status == "LOADED" else 0} | counts
    zero = {f"rows_{part}": 0 for part in ("superseded", "duplicate", "quarantined", "erased")}
    name = f"{export}_{day}_{number}.csv"
    return {
        "delivery_id": name, "name": name, "export": export, "business_date": day, "status": status,
        "received_at": run_of(day or DAY), "contract": f"{export}.v1", "contract_version": "1", "sha256": "ab" * 32,
    } | zero | counted  # fmt: skip


def span(export: Row, deliveries: list[Row], as_of: date, first: date) -> Row:
    """A row of export_spans, from the deliveries."""
    days = [row["business_date"] for row in deliveries if row["export"] == export["export"] and row["rows_read"]]
    days = [day for day in days if day and day <= as_of]
    newest = max(days, default=None)
    until = newest
    if newest and export["cadence"] == "month":
        until = (newest + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return export | {
        "label": export["export"], "first_business_date": min(days, default=None), "newest_business_date": newest,
        "covered_until_date": until, "system_as_of_date": until, "as_of_date": as_of, "first_date_of_any": first,
    }  # fmt: skip


def made_up_results(seed: int) -> list[Row]:
    """Fifty runs of a dozen rules over sixty weeks: daily ones, gaps, days delivered late, rules not run, errors."""
    chance = random.Random(seed)
    found, day = [], date(2020, 9, 28)
    for number in range(50):
        day += timedelta(days=chance.choice([1, 1, 1, 7, 9, 30]))
        run = datetime(2021, 12, 1) + timedelta(days=number, seconds=chance.randrange(60_000))
        for place in range(12):
            if number < place:
                continue  # a rule that came later
            status = chance.choice(["PASS", "PASS", "WARN", "FAIL", "ERROR", "NOT_RUN", "NOT_APPLICABLE"])
            judged = day - timedelta(days=chance.choice([0, 0, 0, 6, 7, 8]))
            without_day = status in ("ERROR", "NOT_RUN", "NOT_APPLICABLE") or place == 11
            failed = {"WARN": chance.randrange(1, 5), "FAIL": chance.randrange(5, 60)}.get(status, 0)
            made = result(f"rule_{place:02}", None if without_day else judged, run, status, failed)
            made["dimension"] = ["validity", "accuracy", "timeliness"][place % 3]
            made["system"] = ["incidents", "telephony"][place % 2]
            found.append(made)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_rules_history_and_scores_are_those_counted_in_plain_python(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    chance = random.Random(seed)
    results = made_up_results(seed)
    runs = sorted({row["generation"] for row in results})
    rule_ids = [f"rule_{place:02}" for place in range(13)]  # the last was never run
    reviews = [
        review(rule_id, chance.choice(["accepted", "known", "fixed"]), DAY, is_in_force=chance.random() < 0.8)
        | {"seen_generation": chance.choice(runs[-12:])}
        for rule_id in rule_ids
        if chance.random() < 0.7
    ]
    fill(con, rule_results=results, rules=[rule(each) for each in rule_ids], reviews=reviews)
    expected = findings.rules(rule_ids, results, reviews)
    found = {row["rule_id"]: row for row in rows(con, "from reports.quality_rules")}
    assert {key: {name: found[key][name] for name in said} for key, said in expected.items()} == expected
    assert len(found) == len(rule_ids)
    weekly = {(row["rule_id"], row["week_start_date"]): row for row in rows(con, "from reports.quality_rule_history")}
    kept = findings.history(results)
    assert {key: (row["generation"], row["status"]) for key, row in weekly.items()} == {
        key: (row["generation"], row["status"]) for key, row in kept.items()
    }
    assert len({week for _, week in kept}) <= 26
    scored = {
        (row["week_start_date"], row["dimension"], row["system"]): tuple(
            row[name]
            for name in ("rules_judged_count", "rules_passed_count", "rows_checked_count", "rows_failed_count")
        )
        for row in rows(con, "from reports.quality_scores")
    }
    assert scored == findings.scores(results)


FAILS, WORSE = ("WARN", 3), ("FAIL", 30)


@pytest.mark.parametrize(
    ("state", "later", "reopened"),
    [
        ("accepted", FAILS, None),
        ("accepted", WORSE, "GRAVER"),
        ("accepted", ("ERROR", 0), "GRAVER"),
        ("known", ("WARN", 6), None),
        ("known", ("WARN", 7), "GREW"),
        ("fixed", FAILS, "FAILED_AGAIN"),
        ("fixed", ("NOT_RUN", 0), None),
        ("fixed", ("PASS", 0), None),
    ],
)
def test_a_review_covers_what_the_reviewer_saw_and_no_more(
    con: duckdb.DuckDBPyConnection, state: str, later: tuple[str, int], reopened: str | None
) -> None:
    results = [
        result("r", DAY, run_of(DAY), *FAILS),
        result("r", DAY + timedelta(days=1), run_of(DAY + timedelta(days=1)), *later),
    ]
    fill(con, rule_results=results, rules=[rule("r")], reviews=[review("r", state, DAY)])
    ((found,),) = (rows(con, "select reopened_because, is_open from reports.quality_rules"),)
    assert found == {"reopened_because": reopened, "is_open": reopened is not None}


@pytest.mark.parametrize("standing", ["REPLACED", "WITHDRAWN"])
def test_a_review_that_was_replaced_or_withdrawn_covers_nothing(con: duckdb.DuckDBPyConnection, standing: str) -> None:
    fill(
        con,
        rule_results=[result("r", DAY, run_of(DAY), *FAILS)],
        rules=[rule("r")],
        reviews=[review("r", "known", DAY) | {"standing": standing, "is_in_force": False}],
    )
    assert rows(con, "select review_id, is_open from reports.quality_rules") == [{"review_id": None, "is_open": True}]


def made_up_deliveries(seed: int) -> tuple[list[Row], list[Row]]:
    """Exports of every cadence over fourteen months: missing days, corrections, files set aside, never came."""
    chance = random.Random(seed)
    first, as_of = date(2020, 9, 7), DAY
    exports: list[Row] = [
        INCIDENTS,
        {"export": "stopped", "cadence": "day", "due_days": 2, "system": "telephony"},
        {"export": "monthly", "cadence": "month", "due_days": 10, "system": "workforce"},
        {"export": "weekly", "cadence": "week", "due_days": 3, "system": "national"},
        {"export": "ended", "cadence": "month", "due_days": None, "system": "incidents"},
        {"export": "on_change", "cadence": "change", "due_days": None, "system": "disruptions"},
        {"export": "never_came", "cadence": "day", "due_days": 5, "system": "never"},
        {"export": "never_monthly", "cadence": "month", "due_days": 28, "system": "never"},
    ]
    deliveries = [delivery(None, None, "QUARANTINED", number, rows_read=0) for number in range(2)]
    for export in exports:
        if export["export"].startswith("never"):
            continue
        until = {"stopped": as_of - timedelta(days=9), "ended": date(2021, 2, 28)}.get(export["export"], as_of)
        start = first + timedelta(days=7)
        listed = findings.periods(span(export | {"due_days": 0, "cadence": export["cadence"]}, [], until, start))
        days = [day for day, last in listed if last <= until] or [date(2021, 3, 4), DAY]
        for day in days:
            kind = chance.choice(["came"] * 12 + ["missing", "twice", "partly", "aside", "mended", "again", "early"])
            if kind == "missing" and day not in (days[0], days[-1]):
                continue
            if kind == "aside" and day not in (days[0], days[-1]):
                deliveries.append(delivery(export["export"], day, "QUARANTINED", rows_read=0))
                continue
            bad = {"rows_loaded": 8, "rows_quarantined": 2} if kind == "partly" else {}
            deliveries.append(delivery(export["export"], day, **bad))
            if kind == "twice":
                deliveries.append(delivery(export["export"], day, "SUPERSEDED", 1, rows_superseded=10))
            if kind == "mended":
                deliveries.append(delivery(export["export"], day, "QUARANTINED", 2, rows_read=0))
            if kind == "again":
                deliveries.append(delivery(export["export"], day, "DUPLICATE", 3, rows_duplicate=10))
    deliveries.append(delivery("saab_incidents", as_of + timedelta(days=40), "QUARANTINED", 9, rows_read=0))
    return [span(export, deliveries, as_of, first) for export in exports], deliveries


@pytest.mark.parametrize("seed", range(3))
def test_arrivals_and_freshness_are_those_counted_in_plain_python(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    exports, deliveries = made_up_deliveries(seed)
    fill(con, export_spans=exports, deliveries=deliveries)
    found = {
        (row["export"], row["business_date"]): (row["state"], row["files_count"], row["rows_loaded"])
        for row in rows(con, "from reports.export_arrivals")
    }
    expected = findings.arrivals(exports, deliveries)
    assert found == expected
    states = {"ARRIVED", "CORRECTED", "PARTLY", "QUARANTINED", "MISSING", "NOT_DUE"}
    assert {state for state, _, _ in found.values()} == states
    said = findings.freshness(exports, deliveries)
    fresh = {row["export"]: row for row in rows(con, "from reports.export_freshness")}
    assert {key: {name: fresh[key][name] for name in told} for key, told in said.items()} == said
    assert fresh["stopped"]["is_late"]
    assert fresh["never_came"]["is_late"]
    assert not fresh["ended"]["is_late"]
    assert not fresh["on_change"]["is_late"]


def test_nothing_delivered_gives_empty_views_and_no_error(con: duckdb.DuckDBPyConnection) -> None:
    blank = {"first_business_date": None, "newest_business_date": None, "as_of_date": None, "label": "Incidents"}
    fill(con, export_spans=[INCIDENTS | blank], rules=[rule("r")])
    counts = {view: con.execute(f"select count(*) from reports.{view}").fetchall()[0][0] for view in VIEWS}
    assert {view: count for view, count in counts.items() if count} == {"quality_rules": 1, "export_freshness": 1}
    assert rows(con, "select is_late, expected_count from reports.export_freshness") == [
        {"is_late": False, "expected_count": 0}
    ]


def kpi(kpi_id: str, period_type: str, first: date, last: date, state: str = "OK", value: float | None = 0.5) -> Row:
    return {
        "kpi_id": kpi_id, "period_type": period_type, "period_start": first, "period_end": last, "scope_type": "force",
        "scope_code": "FORCE", "value": value, "quality_state": state, "numerator": 1, "denominator": 2,
        "day_count": (last - first).days + 1, "complete_day_count": (last - first).days + 1,
        "measured_count": 2, "eligible_count": 2, "coverage_ratio": 1.0,
    }  # fmt: skip


def month(first: date) -> tuple[date, date]:
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def test_an_indicator_has_the_newest_month_that_is_whole_with_the_files_behind_it_and_what_is_found_wrong(
    con: duckdb.DuckDBPyConnection,
) -> None:
    october = month(date(2021, 10, 1))
    days = [date(2021, 9, 20) + timedelta(days=number) for number in range(56)]  # to 14 November
    results = [kpi("a", "day", day, day) for day in days]
    results += [
        kpi("a", "month", *month(date(2021, 9, 1)), "PARTIAL"),
        kpi("a", "month", *october, "PARTIAL", 0.75),  # a day of it is missing: it is over all the same
        kpi("a", "month", *month(date(2021, 11, 1)), "PARTIAL", 0.25),
        kpi("a", "month", *october, value=0.1) | {"scope_type": "area", "scope_code": "HEREF"},
        kpi("b", "month", *month(date(2021, 9, 1)), "NOT_AVAILABLE", None),  # by the month alone
    ]
    daily = [delivery("saab_incidents", day) for day in days]
    monthly = [delivery("monthly", date(2021, number, 1)) for number in (9, 10)]
    deliveries = [*daily, *monthly, delivery("saab_incidents", days[20], "DUPLICATE", 1), delivery("other", days[20])]
    late = "saab_incidents_2021-11-03_0.csv"  # brought an incident of October again
    exports = [
        span(INCIDENTS, deliveries, DAY, days[0]),
        span({"export": "monthly", "cadence": "month", "due_days": 10, "system": "w"}, deliveries, DAY, days[0]),
        span({"export": "other", "cadence": "day", "due_days": 1, "system": "o"}, deliveries, DAY, days[0]),
    ]
    enters = {"supplied_by": "x", "only_version": "", "not_version": ""}
    fill(
        con,
        kpi_results=results,
        kpi_register=[
            {"kpi_id": "a", "system_version": "saab_5", "status": "AVAILABLE", "owner": "SPI"},
            {"kpi_id": "a", "system_version": "saab_9", "status": "AVAILABLE", "owner": "SPI"},  # not live yet
            {"kpi_id": "b", "system_version": "WORKFORCE", "status": "PARTIAL", "since": DAY - timedelta(days=3)},
            {"kpi_id": "c", "system_version": "NONE", "status": "NOT_AVAILABLE"},
        ],
        dim_system_versions=[
            {"system_version": "saab_5", "valid_from": date(2021, 3, 1)},
            {"system_version": "saab_9", "valid_from": date(2022, 3, 1)},
        ],
        export_spans=exports,
        deliveries=deliveries,
        kpi_exports=[
            enters | {"kpi_id": "a", "export": "saab_incidents", "role": "needs"},
            enters | {"kpi_id": "a", "export": "saab_incidents", "role": "helps", "supplied_by": "y"},
            enters | {"kpi_id": "a", "export": "monthly", "role": "helps"},
            enters | {"kpi_id": "a", "export": "other", "role": "needs", "only_version": "2"},
            enters | {"kpi_id": "b", "export": "monthly", "role": "needs"},
        ],
        fct_incidents=[
            {"incident_key": "1", "created_date": date(2021, 10, 5), "_delivery_id": late},
            {"incident_key": "2", "created_date": date(2021, 11, 5), "_delivery_id": "saab_incidents_2021-11-05_0.csv"},
        ],
        rules=[rule("r1", ["a", "b"]), rule("r2", ["a"]), rule("r3", ["a"])],
        rule_results=[
            result("r1", DAY, run_of(DAY), *FAILS), result("r2", DAY, run_of(DAY), *FAILS),
            result("r3", DAY, run_of(DAY), "PASS"),
        ],
        reviews=[review("r2", "known", DAY)],
    )  # fmt: skip
    found = {row["kpi_id"]: row for row in rows(con, "from reports.quality_publishable")}
    told = ("period_start", "value", "quality_state", "is_whole_month", "failing_rules_count", "open_findings_count")
    assert {key: tuple(row[name] for name in told) for key, row in found.items()} == {
        "a": (date(2021, 10, 1), 0.75, "PARTIAL", True, 2, 1),
        "b": (date(2021, 9, 1), None, "NOT_AVAILABLE", True, 1, 1),
        "c": (None, None, None, None, 0, 0),
    }
    assert found["a"]["system_version"] == "saab_5"
    sources = rows(con, "from reports.figure_sources")
    in_october = {row["name"] for row in daily if row["business_date"].month == 10}
    assert {row["name"] for row in sources if row["kpi_id"] == "a"} == {*in_october, late, "monthly_2021-10-01_0.csv"}
    assert {row["name"]: row["role"] for row in sources if row["is_later"]} == {late: "needs"}
    assert {row["name"] for row in sources if row["kpi_id"] == "b"} == {"monthly_2021-09-01_0.csv"}
    assert len(sources) == len({(row["kpi_id"], row["delivery_id"]) for row in sources})


def test_where_no_month_is_whole_the_fullest_is_shown_and_said_to_be_none(con: duckdb.DuckDBPyConnection) -> None:
    results = [kpi("a", "day", day, day) for day in (date(2021, 8, 30), date(2021, 9, 26))]
    results.append(kpi("a", "month", *month(date(2021, 8, 1)), "PARTIAL") | {"complete_day_count": 2})
    results.append(kpi("a", "month", *month(date(2021, 9, 1)), "PARTIAL") | {"complete_day_count": 26})
    fill(con, kpi_results=results)
    assert rows(con, "select period_start, is_whole from reports.kpi_latest_months") == [
        {"period_start": date(2021, 9, 1), "is_whole": False}
    ]


def test_what_changed_in_the_week_is_there_and_what_changed_before_is_not(con: duckdb.DuckDBPyConnection) -> None:
    week_ago, before = DAY - timedelta(days=6), DAY - timedelta(days=7)
    run, then = run_of(DAY), run_of(DAY - timedelta(days=8))
    old = DAY - timedelta(days=8)
    deliveries = [delivery("saab_incidents", day) for day in (before, week_ago, DAY)]
    deliveries += [
        delivery("saab_incidents", DAY, "QUARANTINED", 1, rows_read=0) | {"reason": "its name fits no contract"},
        delivery("saab_incidents", before, "QUARANTINED", 1, rows_read=0),
        delivery("saab_incidents", week_ago, number=2, rows_read=12, rows_quarantined=2),
        delivery(None, None, "QUARANTINED", 1, rows_read=0) | {"received_at": run_of(DAY)},
        delivery(None, None, "QUARANTINED", 2, rows_read=0) | {"received_at": run_of(old)},
    ]
    drift = {"export": "saab_incidents", "severity": "warning", "what_changed": "column X is new"}
    gone = {"from_date": old, "until_date": before}
    fill(
        con,
        rules=[rule(name) for name in ("new", "mended", "same", "fine")],
        rule_results=[
            result("new", old, then, "PASS"), result("new", DAY, run, *FAILS),
            result("mended", old, then, *WORSE), result("mended", DAY, run, "PASS"),
            result("same", old, then, *FAILS), result("same", DAY, run, *FAILS),
            result("fine", old, then, "PASS"), result("fine", DAY, run, "PASS"),
        ],
        reviews=[review("same", "known", DAY), review("new", "known", DAY, is_in_force=False) | {"expires_on": DAY}],
        deliveries=deliveries,
        export_spans=[span(INCIDENTS, deliveries, DAY, before)],
        schema_drift=[
            drift | {"kind": "began", "from_date": week_ago}, drift | {"kind": "ended", **gone},
            drift | {"kind": "long ago", "from_date": old, "until_date": old},
        ],
        fct_disruptions=[
            {"disruption_key": "D1", "started_date": week_ago},
            {"disruption_key": "D2", "started_date": old, "ended_at": run, "ended_at_local": datetime(2021, 11, 13, 5)},
            {"disruption_key": "D3", "started_date": old},
        ],
        kpi_register=[
            {"kpi_id": "a", "system_version": "s", "status": "PARTIAL", "since": week_ago, "reason": "a day came late"},
            {"kpi_id": "b", "system_version": "s", "status": "PARTIAL", "since": before},
        ],
    )  # fmt: skip
    found = [
        (row["kind"], row["subject"], row["what_before"], row["what_now"], row["is_better"])
        for row in rows(con, "from reports.quality_changes")
    ]
    missing = [("ARRIVAL", "saab_incidents", None, "did not come", False)] * 5
    assert sorted(found, key=str) == sorted(
        [
            ("RULE", "new", "PASS", "WARN: 3 of 100 failed", False),
            ("RULE", "mended", "FAIL: 30 failed", "PASS", True),
            ("REVIEW", "same", None, "known until 2021-12-14", None),
            ("REVIEW", "new", "known until 2021-11-14", "expired", False),
            ("FILE", f"saab_incidents_{DAY}_1.csv", None, "set aside whole: its name fits no contract", False),
            ("FILE", f"saab_incidents_{week_ago}_2.csv", None, "2 of 12 rows set aside", False),
            ("FILE", "None_None_1.csv", None, "set aside whole: no reason is known", False),
            ("REGISTER", "a", None, "PARTIAL: a day came late", False),
            ("DRIFT", "saab_incidents", None, "column X is new", False),
            ("DRIFT", "saab_incidents", "column X is new", "as it was before", True),
            ("DISRUPTION", "D1", None, "lasting", False),
            ("DISRUPTION", "D2", "lasting", "ended", True),
            ("ARRIVAL", "saab_incidents", None, "came more than once", True),
            *missing,
        ],
        key=str,
    )


def test_no_view_of_ten_years_puts_every_row_beside_every_other(con: duckdb.DuckDBPyConnection) -> None:
    """A plan with a join without a condition of equality, or over inequality alone, grows with the square of the days.

    Those of a handful of rows are let be: the one row of the week, the months of the figures, rules and indicators.
    """
    plans = {view: con.execute(f"explain select * from reports.{view}").fetchall()[0][1] for view in VIEWS}
    products = {view: plan.count("CROSS_PRODUCT") + plan.count("BLOCKWISE_NL_JOIN") for view, plan in plans.items()}
    few: dict[str, Any] = {"quality_changes": 8, "quality_publishable": 3}
    assert {view: count for view, count in products.items() if count > few.get(view, 0)} == {}
