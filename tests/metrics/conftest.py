"""Builds the metric models, and nothing else of the project, on made-up marts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.warehouse import dbt
from tests.support import settings_for

Builder = Callable[..., Path]
ROOM = "path:models/metrics"


@pytest.fixture(scope="session")
def build_metrics(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Run the metric models on a database named occ_build, as parsed models name it; return the folder dbt wrote to.

    `full` makes them from nothing; `also`: other models to build.
    """
    folder = tmp_path_factory.mktemp("dbt")
    settings = settings_for(folder, folder)

    def build(path: Path, *, full: bool, command: str = "run", also: tuple[str, ...] = ()) -> Path:
        settings.export()
        arguments = [command, *dbt.common_arguments(settings), "--select", ROOM, *also]
        if full:
            arguments.append("--full-refresh")
        os.environ["OCC_BUILD_DB"] = str(path)
        try:
            result = dbt.runner(dbt.fresh_manifest(settings)).invoke(arguments)
        finally:
            dbt.release_connections()
        assert result.exception is None, result.exception
        failed = [
            f"{each.node.name}: {each.message}" for each in result.result.results if each.status in ("error", "fail")
        ]
        assert not failed, "\n".join(failed)
        return settings.dbt_target

    return build


def rows_of(path: Path, sql: str) -> list[tuple]:  # type: ignore[type-arg]
    """Rows of a query on a database."""
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()
