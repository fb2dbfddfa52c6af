"""Keeps what came of the rules as rows, in schema `quality` of the build database, from where they are published.

`rule_results` holds every generation's results, `rules` the rules as they stand, `reviews` what reviewers said of
them; `rule_failures` and `rule_samples` tell which rows failed, of each rule's newest judgement alone. No rule is
judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.quality.reviews import Problem, Reviews, Standing, unknown_rules
from orchestration.quality.rules import BuiltIn, Rule, RuleResult, Status

RESULT_COLUMNS = {
    "generation": "varchar",
    "rule_id": "varchar",
    "table_name": "varchar",
    "dimension": "varchar",
    "system": "varchar",
    "severity": "varchar",
    "status": "varchar",
    "checked_count": "bigint",
    "failed_count": "bigint",
    "failed_ratio": "double",
    "threshold": "varchar",
    "business_date": "date",
    "scope": "varchar",
    "is_blocking": "boolean",
    "reason": "varchar",
}
RULE_COLUMNS = {
    "rule_id": "varchar",
    "sentence": "varchar",
    "dimension": "varchar",
    "system": "varchar",
    "table_name": "varchar",
    "severity": "varchar",
    "is_blocking": "boolean",
    "scope": "varchar",
    "threshold": "varchar",
    "threshold_reason": "varchar",
    "owner": "varchar",
    "expectation": "varchar",
    "indicators": "varchar[]",
}
# Never a value of a row: codes that a dictionary knows, days, and references.
FAILURE_COLUMNS = {
    "rule_id": "varchar",
    "generation": "varchar",
    "part_type": "varchar",
    "part_code": "varchar",
    "failed_count": "bigint",
    "checked_count": "bigint",
}
SAMPLE_COLUMNS = {
    "rule_id": "varchar",
    "generation": "varchar",
    "place": "integer",
    "delivery_id": "varchar",
    "source_row": "bigint",
}
REVIEW_COLUMNS = {
    "review_id": "varchar",
    "rule_id": "varchar",
    "state": "varchar",
    "reviewer": "varchar",
    "reason": "varchar",
    "reviewed_on": "date",
    "expires_on": "date",
    "is_in_force": "boolean",
    "standing": "varchar",
    "seen_generation": "varchar",
}
REVIEW_PROBLEM_COLUMNS = {"place": "varchar", "problem": "varchar"}
TABLES = {
    "quality.rule_results": RESULT_COLUMNS,
    "quality.rules": RULE_COLUMNS,
    "quality.rule_failures": FAILURE_COLUMNS,
    "quality.rule_samples": SAMPLE_COLUMNS,
}
# Generations whose results are all kept: a year of daily runs. History goes into every generation, and where deliveries
# are picked up every quarter of an hour it would grow by seven million rows a year.
_KEPT_WHOLE = 400
# Written anew from the reviews file by every run, so that nothing of them is taken over from what was published.
REVIEW_TABLES = {"quality.reviews": REVIEW_COLUMNS, "quality.review_problems": REVIEW_PROBLEM_COLUMNS}


def make_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Every table of this module where it is not there yet, with every column: models read them before rules are run.

    A table that an earlier version made without a column gets it.
    """
    con.execute("create schema if not exists quality")
    for table, columns in (TABLES | REVIEW_TABLES).items():
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        con.execute(f"create table if not exists {table} ({listed})")
        for name, kind in columns.items():
            con.execute(f"alter table {table} add column if not exists {name} {kind}")


def write_results(con: duckdb.DuckDBPyConnection, results: Sequence[RuleResult]) -> None:
    """Write the results of one run in one transaction.

    Results of other generations stay, of old ones the last of each week; those of the same generation are replaced.
    `quality.rules` holds the rules that were run, and no others. Which rows failed is replaced where a rule was judged,
    and goes where a rule is gone; where there was nothing to judge, the newest judgement stands. Raises duckdb.Error
    when the database cannot be written.
    """
    make_tables(con)
    con.execute("begin")
    try:
        for generation in sorted({result.generation for result in results}):
            con.execute("delete from quality.rule_results where generation = ?", [generation])
        _insert(con, "quality.rule_results", RESULT_COLUMNS, (_result_row(result) for result in results))
        con.execute("delete from quality.rules")
        _insert(con, "quality.rules", RULE_COLUMNS, (_rule_row(result.rule) for result in results))
        _replace_failing_rows(con, results)
        _thin_out(con)
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def _replace_failing_rows(con: duckdb.DuckDBPyConnection, results: Sequence[RuleResult]) -> None:
    standing = [result.rule_id for result in results if result.status in {Status.NOT_RUN, Status.NOT_APPLICABLE}]
    for table in ("quality.rule_failures", "quality.rule_samples"):
        con.execute(f"delete from {table} where not list_contains(?, rule_id)", [standing])
    _insert(con, "quality.rule_failures", FAILURE_COLUMNS, (row for result in results for row in _failure_rows(result)))
    _insert(con, "quality.rule_samples", SAMPLE_COLUMNS, (row for result in results for row in _sample_rows(result)))


# What of an old generation is kept, by rule: the last result of each week; what tells since when it fails; what a
# reviewer saw, which tells whether a finding got graver since.
_KEPT_OF_OLD = """
with judged as (
    select rule_id, generation, status,
        date_trunc('week', coalesce(business_date, try_strptime(left(generation, 8), '%Y%m%d'))) as week
    from quality.rule_results
    where status not in ('NOT_RUN', 'NOT_APPLICABLE')
),
passes as (select rule_id, max(generation) as generation from judged where status = 'PASS' group by rule_id)
select rule_id, max(generation) as generation from judged group by rule_id, week
union
from passes
union
select judged.rule_id, min(judged.generation)
from judged
left join passes on judged.rule_id = passes.rule_id
where passes.generation is null or judged.generation > passes.generation
group by judged.rule_id
union
select judged.rule_id, max(judged.generation)
from judged
inner join quality.reviews on judged.rule_id = reviews.rule_id and judged.generation <= reviews.seen_generation
group by judged.rule_id, reviews.review_id
"""


def _thin_out(con: duckdb.DuckDBPyConnection) -> None:
    """Of generations that are old by now, only what the views of reports/ still need."""
    con.execute(
        "delete from quality.rule_results where generation not in "
        f"(select distinct generation from quality.rule_results order by generation desc limit {_KEPT_WHOLE}) "
        f"and (rule_id, generation) not in (select rule_id, generation from ({_KEPT_OF_OLD}))"
    )


def newest_results(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> list[RuleResult]:
    """What came of each rule when it was last judged; NOT_RUN where it never was."""
    make_tables(con)
    cursor = con.execute(
        "select rule_id, generation, status, checked_count, failed_count, business_date, reason "
        "from quality.rule_results qualify row_number() over (partition by rule_id "
        "order by status in ('NOT_RUN', 'NOT_APPLICABLE'), generation desc) = 1"
    )
    found = {row[0]: row[1:] for row in cursor.fetchall()}
    results = []
    for rule in rules:
        never = ("", Status.NOT_RUN, 0, 0, None, "it was never judged")
        generation, status, checked, failed, day, reason = found.get(rule.id, never)
        results.append(RuleResult(rule, generation, Status(status), checked, failed, day, reason))
    return results


def write_reviews(
    con: duckdb.DuckDBPyConnection, reviews: Reviews, rule_ids: Sequence[str], today: date
) -> list[Problem]:
    """Write what the reviews file says on a day; what of it cannot be used.

    A review that names no generation saw what was out on the evening of its day.
    """
    make_tables(con)
    con.execute("begin")
    try:
        for table in REVIEW_TABLES:
            con.execute(f"delete from {table}")
        rows = [_review_row(each) for each in reviews.standings(today) if each.entry.rule in set(rule_ids)]
        _insert(con, "quality.reviews", REVIEW_COLUMNS, rows)
        con.execute(
            "update quality.reviews set seen_generation = (select max(generation) from quality.rule_results "
            "where left(generation, 8) <= strftime(reviewed_on, '%Y%m%d')) where seen_generation is null"
        )
        problems = [*reviews.problems, *unknown_rules(reviews, rule_ids)]
        _insert(con, "quality.review_problems", REVIEW_PROBLEM_COLUMNS, (vars(each) for each in problems))
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
    return problems


def carry_history(con: duckdb.DuckDBPyConnection, published_db: Path) -> int:
    """Take over what earlier runs found from a published generation, where the build database lost it; how many rows.

    The build database may be deleted at any time; its tables are made again from the landing store, but results of
    earlier runs are nowhere but in what was published. Which rows failed is taken over when there is nothing of it.
    """
    make_tables(con)
    if not published_db.exists():
        return 0
    con.execute(f"attach '{str(published_db.resolve()).replace(chr(39), chr(39) * 2)}' as earlier (read_only)")
    try:
        is_lost = not con.execute("select 1 from quality.rule_results limit 1").fetchall()
        missing = "where generation not in (select generation from quality.rule_results)"
        taken = [_take_over(con, "quality.rule_results", missing)]
        if is_lost:
            taken += [_take_over(con, table) for table in TABLES if table != "quality.rule_results"]
        return taken[0]
    finally:
        con.execute("detach earlier")


def _take_over(con: duckdb.DuckDBPyConnection, table: str, where: str = "") -> int:
    """Add what the database `earlier` has in a table; how many rows. It may lack the newest columns, or the table."""
    there = {
        row[0]
        for row in con.execute(
            "select column_name from duckdb_columns() where database_name = 'earlier' "
            "and schema_name || '.' || table_name = ?",
            [table],
        ).fetchall()
    }
    shared = ", ".join(name for name in TABLES[table] if name in there)
    if not shared:
        return 0
    ((added,),) = con.execute(f"insert into {table} ({shared}) select {shared} from earlier.{table} {where}").fetchall()
    return int(added)


def _insert(
    con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: Iterable[dict[str, Any]]
) -> None:
    listed = list(rows)
    if listed:
        # A list for each column and not a statement for each row, which takes a second for some thousand rows.
        values = ", ".join(f"unnest(?::{kind}[])" for kind in columns.values())
        names = ", ".join(columns)
        con.execute(f"insert into {table} ({names}) select {values}", [[row[n] for row in listed] for n in columns])


def _result_row(result: RuleResult) -> dict[str, Any]:
    return {
        "generation": result.generation,
        "rule_id": result.rule_id,
        "table_name": result.table_name,
        "dimension": str(result.rule.dimension),
        "system": result.rule.system,
        "severity": str(result.rule.severity),
        "status": str(result.status),
        "checked_count": result.checked_count,
        "failed_count": result.failed_count,
        "failed_ratio": result.failed_ratio,
        "threshold": str(result.rule.threshold),
        "business_date": result.business_date,
        "scope": str(result.rule.scope),
        "is_blocking": result.rule.blocking,
        "reason": result.reason,
    }


def _review_row(standing: Standing) -> dict[str, Any]:
    entry = standing.entry
    return {
        "review_id": entry.review_id,
        "rule_id": entry.rule,
        "state": entry.state,
        "reviewer": entry.by,
        "reason": entry.reason,
        "reviewed_on": entry.reviewed_on,
        "expires_on": entry.expires_on,
        "is_in_force": standing.standing == "IN_FORCE",
        "standing": standing.standing,
        "seen_generation": entry.generation,
    }


def _rule_row(rule: Rule) -> dict[str, Any]:
    expectation = rule.expectation
    return {
        "rule_id": rule.id,
        "sentence": rule.sentence,
        "dimension": str(rule.dimension),
        "system": rule.system,
        "table_name": rule.table,
        "severity": str(rule.severity),
        "is_blocking": rule.blocking,
        "scope": str(rule.scope),
        "threshold": str(rule.threshold),
        "threshold_reason": rule.threshold.reason,
        "owner": rule.owner,
        "expectation": expectation.type if isinstance(expectation, BuiltIn) else "unexpected_rows_expectation",
        "indicators": rule.indicators,
    }


def _failure_rows(result: RuleResult) -> Iterator[dict[str, Any]]:
    for part in result.parts:
        yield {"rule_id": result.rule_id, "generation": result.generation, **asdict(part)}


def _sample_rows(result: RuleResult) -> Iterator[dict[str, Any]]:
    for place, reference in enumerate(result.samples, start=1):
        yield {"rule_id": result.rule_id, "generation": result.generation, "place": place, **asdict(reference)}
