"""A warehouse stored by an older version is carried on; one of a newer version is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import EnvironmentProblem
from orchestration.keeping import layout
from orchestration.landing import load_profile
from orchestration.landing.store import registry_files
from orchestration.settings import Settings
from tests.support import occ


def store_again(path: Path, how: str) -> None:
    """Make a stored file as another version would have stored it; `how` follows `select *`."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"create table kept as select * {how} from read_parquet('{path}')")
        con.execute(f"copy kept to '{path}' (format parquet)")


def columns_of(path: Path) -> list[str]:
    return [row[0] for row in duckdb.sql(f"describe select * from read_parquet('{path}')").fetchall()]


def test_stored_files_get_the_columns_that_came_later(warehouse: Settings) -> None:
    profile = load_profile(warehouse.profile)
    store = warehouse.warehouse / "landing"
    incidents, registry = next((store / "saab_incidents").glob("*.parquet")), registry_files(store)[0]
    store_again(incidents, "exclude (pnc_checked)")
    store_again(registry, "exclude (unknown_columns)")
    counted = f"select count(*), sum(_source_row), max(created_at) from read_parquet('{incidents}')"
    before = duckdb.sql(counted).fetchall()
    (warehouse.warehouse / layout.NOTE).unlink()
    changed = layout.bring_up_to_date(warehouse, profile)
    assert [line.split(":")[1].split(" added")[0].strip() for line in changed] == ["pnc_checked", "unknown_columns"]
    assert "pnc_checked" in columns_of(incidents)
    assert "unknown_columns" in columns_of(registry)
    assert duckdb.sql(counted).fetchall() == before
    assert layout.bring_up_to_date(warehouse, profile) == []


def test_a_column_of_another_type_is_refused_with_what_to_do(warehouse: Settings) -> None:
    path = next((warehouse.warehouse / "landing" / "workforce").glob("*.parquet"))
    store_again(path, "replace ('x' as headcount)")
    (warehouse.warehouse / layout.NOTE).unlink()
    with pytest.raises(EnvironmentProblem, match=r"headcount as VARCHAR.*occ run --warehouse"):
        layout.bring_up_to_date(warehouse, load_profile(warehouse.profile))


def test_a_warehouse_of_a_newer_version_is_left_alone(warehouse: Settings) -> None:
    (warehouse.warehouse / layout.NOTE).write_text(json.dumps({"layout": layout.LAYOUT + 1, "columns": {}}))
    next((warehouse.warehouse / "landing" / "registry").glob("*.parquet")).unlink()  # else nothing would be new
    kept = [warehouse.warehouse / "landing", warehouse.published]
    before = [sorted(folder.rglob("*")) for folder in kept]
    ended = occ(warehouse, ["run"])
    assert ended.returncode == 3
    assert "Use the version that made it" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [sorted(folder.rglob("*")) for folder in kept] == before
