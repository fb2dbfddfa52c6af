"""Whatever is delivered, in whatever order and in however many runs: the tables are those of a build from nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import DBT_PROJECT

from .made_up_landing import Landing, made_up_deliveries

LEFT_OUT = {"received_at"}


def invoke(database: Path, target: Path, command: list[str]) -> None:
    """Run one dbt command in this process; fail with what failed."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ["OCC_BUILD_DB"] = str(database)
    common = [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target)),
        *("--log-path", str(target), "--log-level", "none", "--no-version-check"),
    ]
    try:
        result = dbtRunner().invoke([*command, *common])
    finally:
        DuckDBConnectionManager.close_all_connections()
    failed = [
        f"{each.node.unique_id}: {each.message}"
        for each in getattr(result.result, "results", [])
        if str(each.status) not in {"success", "pass"}
    ]
    assert result.success, failed or result.exception


def build(database: Path, target: Path, *, full_refresh: bool) -> None:
    """Build all models but the metrics."""
    excluded = ["metrics"] if full_refresh else ["metrics", "config.materialized:view", "resource_type:seed"]
    command = ["build", "--exclude-resource-type", "unit_test", "--exclude", *excluded]
    command += ["--full-refresh"] if full_refresh else []
    invoke(database, target, command)


def contents(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every published table, as sorted rows."""
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        tables = con.execute(
            "select table_schema || '.' || table_name, list(column_name order by column_name) "
            "from information_schema.columns where table_schema in ('marts', 'quality') group by 1 order by 1"
        ).fetchall()
        return {
            table: con.execute(
                f"select {', '.join(name for name in columns if name not in LEFT_OUT)} from {table} order by all"
            ).fetchall()
            for table, columns in tables
        }


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_any_runs_over_the_same_files_give_the_tables_of_one_build(seed: int, tmp_path: Path) -> None:
    """A difference means that a run missed what a delivery touches: figures would depend on when files arrived."""
    deliveries = made_up_deliveries(seed)
    stepwise = Landing(tmp_path / "stepwise.duckdb")
    for end in (len(deliveries) // 2, len(deliveries) * 3 // 4, len(deliveries) - 2, len(deliveries)):
        stepwise.delivered = deliveries[:end]
        stepwise.write(is_full=stepwise.published == 0)
        build(stepwise.database, tmp_path / "target", full_refresh=stepwise.published == 0)
        stepwise.published = end

    at_once = Landing(tmp_path / "at_once.duckdb", deliveries)
    at_once.write(is_full=True)
    build(at_once.database, tmp_path / "target", full_refresh=True)

    expected, found = contents(at_once.database), contents(stepwise.database)
    assert found.keys() == expected.keys()
    for table, rows in expected.items():
        assert set(found[table]) == set(rows), table
        assert len(found[table]) == len(rows), table
    assert expected["marts.fct_calls"]
    assert expected["marts.fct_incidents"]


@pytest.mark.slow
def test_every_row_of_every_file_is_accounted_for(tmp_path: Path) -> None:
    """A difference means that a row was lost, or counted twice, between landing and staging."""
    landing = Landing(tmp_path / "build.duckdb", made_up_deliveries(3))
    landing.write(is_full=True)
    build(landing.database, tmp_path / "target", full_refresh=True)
    with duckdb.connect(str(landing.database), read_only=True) as con:
        totals = con.execute(
            "select sum(rows_read), sum(rows_loaded + rows_superseded + rows_duplicate + rows_quarantined), "
            "sum(rows_superseded), sum(rows_duplicate) from quality.deliveries"
        ).fetchone()
    assert totals is not None
    assert totals[0] == totals[1] > 0
    assert totals[2] > 0
    assert totals[3] > 0
