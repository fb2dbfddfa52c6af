"""Publishing: the gate, the hash that makes generations comparable, the pointer, and what is let go."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import AuditStopped
from orchestration.publish import audit, content_hash, generation
from orchestration.settings import Settings
from orchestration.warehouse import steps
from tests.support import settings_for

COLUMNS = {"call_key": "VARCHAR", "wait_seconds": "BIGINT", "share": "DOUBLE", "caller_token": "VARCHAR"}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.t as select 'c' || i as call_key, i as wait_seconds, i / 3 as share, "
        "'x' || i as caller_token from range(1000) r(i)"
    )
    return connection


def fingerprint(con: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    return content_hash.fingerprint(con, "marts.t", COLUMNS, "true")


def test_the_hash_does_not_depend_on_row_order_or_thread_count(con: duckdb.DuckDBPyConnection) -> None:
    before = fingerprint(con)
    con.execute("set threads = 1")
    con.execute("create or replace table marts.t as select * from marts.t order by hash(call_key)")
    assert fingerprint(con) == before


def test_the_hash_does_not_depend_on_the_key_of_the_tokens(con: duckdb.DuckDBPyConnection) -> None:
    before = fingerprint(con)
    con.execute("update marts.t set caller_token = 'another'")
    assert fingerprint(con) == before


@pytest.mark.parametrize(
    "change",
    [
        "update marts.t set wait_seconds = wait_seconds + 1 where call_key = 'c7'",
        "update marts.t set share = share + 0.00001 where call_key = 'c7'",
        "update marts.t set wait_seconds = null where call_key = 'c7'",
        "delete from marts.t where call_key = 'c7'",
        "insert into marts.t select * from marts.t where call_key = 'c7'",
    ],
)
def test_the_hash_changes_with_one_value_or_row(con: duckdb.DuckDBPyConnection, change: str) -> None:
    before = fingerprint(con)
    con.execute(change)
    assert fingerprint(con) != before


def test_floating_values_are_compared_to_nine_places(con: duckdb.DuckDBPyConnection) -> None:
    before = fingerprint(con)
    con.execute("update marts.t set share = share + 1e-13")
    assert fingerprint(con) == before


def test_months_without_rows_do_not_count() -> None:
    with_empty = {("marts.t", "2021-09"): (3, "17"), ("marts.t", "2021-10"): (0, "0")}
    assert content_hash.combine(with_empty) == content_hash.combine({("marts.t", "2021-09"): (3, "17")})


def test_the_gate_opens_when_nothing_is_held_against_the_run(con: duckdb.DuckDBPyConnection) -> None:
    audit.begin(con)
    audit.pass_or_stop(con)


def test_the_gate_says_everything_that_is_wrong(con: duckdb.DuckDBPyConnection) -> None:
    audit.begin(con)
    audit.record(con, "test", ["grain_is_unique_fct_calls: Got 3 results"])
    audit.record(con, "rule", ["log_event_code_present could not be computed"])
    with pytest.raises(AuditStopped) as stopped:
        audit.pass_or_stop(con)
    assert "grain_is_unique_fct_calls" in str(stopped.value)
    assert "log_event_code_present" in str(stopped.value)
    assert stopped.value.exit_code == 1


def test_a_shut_gate_publishes_nothing_and_the_last_generation_stays(small_warehouse: Settings) -> None:
    before = generation.current(small_warehouse)
    with steps.build_database(small_warehouse) as con:
        audit.begin(con)
        audit.record(con, "test", ["a grain that is not unique"])
    folders = sorted(path.name for path in small_warehouse.published.iterdir())
    with pytest.raises(AuditStopped):
        steps.publish_generation(small_warehouse)
    assert generation.current(small_warehouse) == before
    assert sorted(path.name for path in small_warehouse.published.iterdir()) == folders
    with steps.build_database(small_warehouse) as con:
        audit.begin(con)


def published_folder(settings: Settings, name: str, published_at: str) -> Path:
    folder = settings.published / name
    folder.mkdir(parents=True)
    described = {
        "generation": name, "published_at": published_at, "content_hash": "", "code_version": "", "batches": [],
        "deliveries_count": 0, "fingerprints": {}, "columns": {},
    }  # fmt: skip
    (folder / "generation.json").write_text(json.dumps(described))
    return folder


def test_old_generations_go_but_not_the_newest_nor_those_of_a_day(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, tmp_path)
    names = [f"2021090{day}T060000Z" for day in range(1, 9)]
    for name in names:
        published_folder(settings, name, "2021-09-01T06:00:00+00:00")
    young = published_folder(settings, "20210900T060000Z", "2999-01-01T00:00:00+00:00")
    generation.move_pointer(settings, names[-1])
    removed = generation.remove_old(settings)
    assert sorted(removed) == names[: len(names) - 1 - settings.keep_generations]
    assert (settings.published / names[-1]).exists()
    assert young.exists()


def test_a_half_written_generation_is_removed(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, tmp_path)
    published_folder(settings, "20210901T060000Z", "2021-09-01T06:00:00+00:00")
    generation.move_pointer(settings, "20210901T060000Z")
    (settings.published / "20210902T060000Z").mkdir()
    generation.remove_old(settings)
    assert sorted(path.name for path in settings.published.iterdir()) == ["20210901T060000Z", "current"]


def test_every_published_table_and_column_is_described_in_the_file(small_warehouse: Settings) -> None:
    with duckdb.connect(str(small_warehouse.current_db.resolve()), read_only=True) as con:
        missing = con.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where schema_name in ('marts', 'metrics') and comment is null order by all"
        ).fetchall()
    assert missing == []


def test_a_generation_says_the_grain_of_its_tables_and_what_they_refer_to(small_warehouse: Settings) -> None:
    """Else a copy in another database has no keys."""
    published = generation.current(small_warehouse)
    assert published is not None
    assert published.shapes["marts.fct_calls"].key == ["call_key"]
    assert published.shapes["marts.fct_calls"].month_of == "offered_date"
    assert {"call_key", "offered_at"} <= set(published.shapes["marts.fct_calls"].required)
    referring = {table: shape.references for table, shape in published.shapes.items() if shape.references}
    assert referring["marts.fct_call_segments"] == {"call_key": "marts.fct_calls.call_key"}
    for refers in referring.values():
        for target in refers.values():
            table, _, column = target.rpartition(".")
            assert published.shapes[table].key == [column], target
