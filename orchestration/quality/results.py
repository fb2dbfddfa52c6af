"""Keeps what came of the rules as rows: `quality.rule_results` of every generation, `quality.rules` as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.quality.rules import BuiltIn, Rule, RuleResult

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


def write_results(con: duckdb.DuckDBPyConnection, results: Sequence[RuleResult]) -> None:
    """Write the results of one run in one transaction.

    Results of other generations stay; those of the same generation are replaced. `quality.rules` holds the rules that
    were run, and no others. Raises duckdb.Error when the database cannot be written.
    """
    con.execute("create schema if not exists quality")
    _make("quality.rule_results", RESULT_COLUMNS, con)
    con.execute("begin")
    try:
        for generation in sorted({result.generation for result in results}):
            con.execute("delete from quality.rule_results where generation = ?", [generation])
        _insert(con, "quality.rule_results", RESULT_COLUMNS, (_result_row(result) for result in results))
        columns = ", ".join(f"{name} {kind}" for name, kind in RULE_COLUMNS.items())
        con.execute(f"create or replace table quality.rules ({columns})")
        _insert(con, "quality.rules", RULE_COLUMNS, (_rule_row(result.rule) for result in results))
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def carry_history(con: duckdb.DuckDBPyConnection, published_db: Path) -> int:
    """Take over results of earlier generations from a published one, where the build database lost them; how many rows.

    The build database may be deleted at any time; its tables are made again from the landing store, but results of
    earlier runs are nowhere but in what was published.
    """
    if not published_db.exists():
        return 0
    con.execute("create schema if not exists quality")
    _make("quality.rule_results", RESULT_COLUMNS, con)
    con.execute(f"attach '{str(published_db.resolve()).replace(chr(39), chr(39) * 2)}' as earlier (read_only)")
    try:
        there = {
            row[0]
            for row in con.execute(
                "select column_name from duckdb_columns() where database_name = 'earlier' "
                "and schema_name = 'quality' and table_name = 'rule_results'"
            ).fetchall()
        }
        shared = ", ".join(name for name in RESULT_COLUMNS if name in there)
        if not shared:
            return 0
        added = con.execute(
            f"insert into quality.rule_results ({shared}) select {shared} from earlier.quality.rule_results "
            "where generation not in (select generation from quality.rule_results)"
        ).fetchall()
        return int(added[0][0])
    finally:
        con.execute("detach earlier")


def _make(table: str, columns: dict[str, str], con: duckdb.DuckDBPyConnection) -> None:
    """The table, with every column: one that an earlier version made without them gets them."""
    con.execute(f"create table if not exists {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    for name, kind in columns.items():
        con.execute(f"alter table {table} add column if not exists {name} {kind}")


def _insert(
    con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: Iterable[dict[str, Any]]
) -> None:
    listed = [[row[name] for name in columns] for row in rows]
    if listed:
        places = ", ".join("?" for _ in columns)
        con.executemany(f"insert into {table} ({', '.join(columns)}) values ({places})", listed)


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
