"""The same models on another engine give the same tables, and where they do not it is told: `make parity`."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.settings import Settings
from orchestration.spark import parity
from orchestration.spark.build import Engine, Target, build
from tests.support import needs, needs_engine


def _compared(settings: Settings, target: Target) -> tuple[list[str], list[str]]:
    settings.export()
    built = build(settings, target)
    same, differ = parity.compare(settings.current_db, Path(built.location))
    return same, [str(difference) for difference in differ]


@pytest.mark.slow
def test_every_table_and_indicator_on_sails_local_cluster_equals_duckdbs(
    small_warehouse: Settings, tmp_path: Path
) -> None:
    """Names, types, rows and content hash; a failure says which columns of which table differ, and shows rows."""
    needs_engine("sail")
    same, differ = _compared(small_warehouse, Target(engine=Engine.sail, to=str(tmp_path)))
    assert differ == []
    assert {"marts.fct_incident_states", "metrics.kpi_results", "metrics.kpi_signals", "quality.deliveries"} <= set(
        same
    )
    assert len(same) > 90


@pytest.mark.long
def test_every_table_and_indicator_on_sparks_local_cluster_equals_duckdbs(
    small_warehouse: Settings, tmp_path: Path
) -> None:
    """The same on Spark itself, with a driver and two executors, each a process of its own."""
    needs_engine("spark")
    needs("java")
    target = Target(engine=Engine.spark, master="local-cluster[2,1,1024]", to=str(tmp_path))
    same, differ = _compared(small_warehouse, target)
    assert differ == []
    assert len(same) > 90


def test_what_has_no_parity_only_shrinks() -> None:
    """Nothing may be added: what a model gives on one engine it must give on the other."""
    assert set(parity.WITHOUT) <= {"quality.generations"}


@pytest.fixture
def published(tmp_path: Path) -> tuple[Path, Path]:
    """A published database of one table, and the same as Parquet."""
    database, folder = tmp_path / "occ.duckdb", tmp_path / "spark"
    (folder / "marts" / "fct").mkdir(parents=True)
    with duckdb.connect(str(database)) as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.fct as select * from (values (1, 'a', 0.1::double, time '08:00:00'), "
            "(2, null, 0.30000000000000004::double, null)) as t (key, label, ratio, starts_at)"
        )
        _write(con, folder, "key, label, ratio, starts_at::varchar as starts_at")
    return database, folder


def _write(con: duckdb.DuckDBPyConnection, folder: Path, columns: str) -> None:
    con.execute(f"copy (select {columns} from marts.fct) to '{folder}/marts/fct/0.parquet' (format parquet)")


def test_equal_tables_are_equal_in_another_order_and_beyond_the_ninth_place(published: tuple[Path, Path]) -> None:
    database, folder = published
    with duckdb.connect(str(database)) as con:
        _write(con, folder, "starts_at::varchar as starts_at, round(ratio, 12) as ratio, label, key")
    assert parity.compare(database, folder) == (["marts.fct"], [])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("key, coalesce(label, '') as label, ratio, starts_at::varchar as starts_at", "differs in label"),
        ("key, label, ratio + 1e-6 as ratio, starts_at::varchar as starts_at", "differs in ratio"),
        ("key::bigint as key, label, ratio, starts_at::varchar as starts_at", "key is BIGINT, not INTEGER"),
        ("key, label, ratio", "starts_at is not there, not TIME"),
        ("key, label, ratio, starts_at::varchar as starts_at, 1 as more", "more is too many"),
        (
            "3 - key as key, label, ratio, starts_at::varchar as starts_at",
            "differs in how values stand together",
        ),
    ],
)
def test_what_differs_is_named(published: tuple[Path, Path], columns: str, said: str) -> None:
    database, folder = published
    with duckdb.connect(str(database)) as con:
        _write(con, folder, columns)
    same, (difference,) = parity.compare(database, folder)
    assert same == []
    assert difference.what == said


def test_a_table_that_one_engine_lacks_is_named(published: tuple[Path, Path]) -> None:
    database, folder = published
    (folder / "marts" / "fct").rename(folder / "marts" / "dim")
    same, differ = parity.compare(database, folder)
    assert same == []
    assert [str(each) for each in differ] == [
        "marts.fct: is not written by Spark",
        "marts.dim: is written by Spark only",
    ]
