"""What the generation that is out says, at hand for the models: its figures, and how earlier ones came to change.

Deciding what is a restatement belongs to the models (metrics.kpi_changes). Here rows are only carried over.
"""

from __future__ import annotations

import duckdb

# Names and types as the published tables have them. An older generation may lack the newest columns: they are null.
TABLES = {
    "published_generations": ("quality.generations", {"generation": "varchar"}),
    "published_figures": (
        "metrics.kpi_results",
        {
            "kpi_id": "varchar",
            "subject": "varchar",
            "period_type": "varchar",
            "period_start": "date",
            "period_end": "date",
            "scope_type": "varchar",
            "scope_code": "varchar",
            "value": "double",
            "numerator": "double",
            "denominator": "double",
            "quality_state": "varchar",
            "day_count": "bigint",
            "delivered_day_count": "bigint",
            "complete_day_count": "bigint",
            "late_day_count": "bigint",
            "disruption_keys": "varchar",
            "definition_version": "varchar",
        },
    ),
    "published_changes": (
        "metrics.kpi_changes",
        {
            "generation": "varchar",
            "generation_before": "varchar",
            "restated_at": "timestamptz",
            "kpi_id": "varchar",
            "period_type": "varchar",
            "period_start": "date",
            "scope_type": "varchar",
            "scope_code": "varchar",
            "value_before": "double",
            "value_after": "double",
            "numerator_before": "double",
            "numerator_after": "double",
            "denominator_before": "double",
            "denominator_after": "double",
            "quality_state_before": "varchar",
            "quality_state_after": "varchar",
            "change": "double",
            "cause_code": "varchar",
            "cause": "varchar",
            "deliveries": "varchar",
            "deliveries_count": "bigint",
            "is_restatement": "boolean",
        },
    ),
}


def make_tables(con: duckdb.DuckDBPyConnection) -> None:
    """The tables in schema `landing`, empty: nothing is out yet."""
    con.execute("create schema if not exists landing")
    for name, (_, columns) in TABLES.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        con.execute(f"create or replace table landing.{name} ({listed})")


def carry(con: duckdb.DuckDBPyConnection, name: str, database: str) -> None:
    """Fill `landing.<name>` from an attached database of a generation; what that does not have yet stays empty."""
    table, columns = TABLES[name]
    there = {
        row[0]
        for row in con.execute(
            "select column_name from duckdb_columns() where database_name = ? and schema_name || '.' || table_name = ?",
            [database, table],
        ).fetchall()
    }
    shared = ", ".join(column for column in columns if column in there)
    if shared:
        con.execute(f"insert into landing.{name} by name select {shared} from {database}.{table}")
