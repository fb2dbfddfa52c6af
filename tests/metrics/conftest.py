"""Builds the metric models, and nothing else of the project, on made-up marts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import DBT_PROJECT

Builder = Callable[..., Path]
ROOM = "path:models/metrics"


@pytest.fixture(scope="session")
def build_metrics(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Run the metric models on a database; return the folder dbt wrote to.

    `full` makes them from nothing; `also`: other models to build.
    """
    target = tmp_path_factory.mktemp("dbt")

    def build(path: Path, *, full: bool, command: str = "run", also: tuple[str, ...] = ()) -> Path:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        os.environ["OCC_BUILD_DB"] = str(path)
        # A run of the whole flow in the same process says where its own copy of the reference data lies.
        os.environ.pop("OCC_SEEDS", None)
        arguments = [
            command,
            *("--select", ROOM, *also, "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(target), "--log-path", str(target), "--log-level", "error", "--no-version-check"),
        ]
        try:
            result = dbtRunner().invoke([*arguments, "--full-refresh"] if full else arguments)
        finally:
            DuckDBConnectionManager.close_all_connections()
        assert result.exception is None, result.exception
        failed = [
            f"{each.node.name}: {each.message}" for each in result.result.results if each.status in ("error", "fail")
        ]
        assert not failed, "\n".join(failed)
        return target

    return build


def rows_of(path: Path, sql: str) -> list[tuple]:  # type: ignore[type-arg]
    """Rows of a query on a database."""
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()
