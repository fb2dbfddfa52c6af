"""What stands in PostgreSQL after a publish: a failure means that a BI tool shows other figures than we published."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from orchestration.publish.generation import current
from orchestration.publish.postgresql.edition import identifier
from orchestration.settings import Settings
from tests.publish.postgresql.conftest import Database
from tests.publish.postgresql.made_up import MadeUp, calls_of, rows


def test_every_table_holds_what_the_published_file_holds(small_warehouse: Settings, database: Database) -> None:
    outcome = database.receive(MadeUp(small_warehouse))
    assert outcome.broken_references == []
    assert set(outcome.editions) == {"data_team", "performance"}
    generation = current(small_warehouse)
    assert generation is not None
    left_out = {table for table, shape in generation.shapes.items() if shape.in_database == "none"}
    assert left_out == {"reports.brief_figures", "reports.brief_unresourced"}
    folder = small_warehouse.current_db.resolve().parent
    for file, prefix in (("occ.duckdb", ""), ("audience/performance/occ.duckdb", "performance_")):
        assert_holds_what_the_file_holds(folder / file, database, prefix, left_out)
    assert_described_like_the_file(small_warehouse, database, left_out)
    assert_keys_and_indexes(small_warehouse, database)


def assert_holds_what_the_file_holds(file: Path, database: Database, prefix: str, left_out: set[str]) -> None:
    """Every table of the file but those left out, and no other, with the same rows."""
    with duckdb.connect(str(file), read_only=True) as con, closing(psycopg2.connect(database.address)) as postgres:
        con.execute("set TimeZone = 'UTC'")
        listed = con.execute("select table_schema, table_name from information_schema.tables order by all").fetchall()
        listed = [each for each in listed if ".".join(each) not in left_out]
        for schema, table in listed:
            ours = con.execute(f"select * from {schema}.{table}").fetchall()
            theirs = rows(postgres, f"select * from {prefix}{schema}.{table}")
            assert Counter(map(comparable, theirs)) == Counter(map(comparable, ours)), f"{prefix}{schema}.{table}"
    schemas = ", ".join(f"'{prefix}{schema}'" for schema in sorted({schema for schema, _ in listed}))
    published = database.ask(
        f"select substr(table_schema, {len(prefix) + 1}), table_name from information_schema.tables "
        f"where table_schema in ({schemas}) order by 1, 2"
    )
    assert published == listed


def comparable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as both drivers give it: lists are JSON in PostgreSQL."""
    return tuple(
        json.dumps(value, separators=(",", ":"), ensure_ascii=False) if isinstance(value, list) else value
        for value in row
    )


def assert_described_like_the_file(settings: Settings, database: Database, left_out: set[str]) -> None:
    """Every description that DuckDB shows is shown by PostgreSQL."""
    with duckdb.connect(str(settings.current_db.resolve()), read_only=True) as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() "
            "where not internal order by 1, 2"
        ).fetchall()
        tables = con.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables() where not internal union all "
            "select schema_name || '.' || view_name, comment from duckdb_views() where not internal order by 1"
        ).fetchall()
    ours = "n.nspname in ('marts', 'metrics', 'quality', 'reports') and c.relkind in ('r', 'v')"
    described = database.ask(
        "select n.nspname || '.' || c.relname, obj_description(c.oid, 'pg_class') from pg_class c "
        f"join pg_namespace n on n.oid = c.relnamespace where {ours} order by 1"
    )
    assert described == [row for row in tables if row[0] not in left_out]
    assert database.ask(
        "select n.nspname || '.' || c.relname, a.attname, col_description(c.oid, a.attnum) from pg_attribute a "
        f"join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where {ours} "
        "and a.attnum > 0 and not a.attisdropped order by 1, 2"
    ) == [row for row in columns if row[0] not in left_out]
    schemas = database.ask("select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'marts'")
    assert "facts and dimensions" in schemas[0][0]


def assert_keys_and_indexes(settings: Settings, database: Database) -> None:
    """Every table whose grain is proved has it as a key; what facts refer to is a foreign key; filters are indexed."""
    generation = current(settings)
    assert generation is not None
    keys = {
        row[0]
        for row in database.ask(
            "select conrelid::regclass::text from pg_constraint where contype in ('p', 'u') "
            "and conrelid::regclass::text not like 'occ_publish%'"
        )
    }
    grains = {
        table for table, shape in generation.shapes.items() if shape.key and table in keys | set(generation.columns)
    }
    assert {table for table, shape in generation.shapes.items() if shape.key} - keys <= set(generation.views)
    assert len(grains) > 40
    references = database.ask(
        "select conrelid::regclass::text, attname from pg_constraint join pg_attribute on attrelid = conrelid "
        "and attnum = conkey[1] where contype = 'f' and connamespace = 'marts'::regnamespace"
    )
    assert set(references) == {
        (table, column) for table, shape in generation.shapes.items() for column in shape.references
    }
    indexed = {
        (row[0], row[1])
        for row in database.ask(
            "select indrelid::regclass::text, attname from pg_index join pg_attribute on attrelid = indrelid "
            "and attnum = indkey[0]"
        )
    }
    for table, shape in generation.shapes.items():
        if shape.month_of and table not in generation.views:
            assert (table, shape.month_of) in indexed
    assert {("marts.fct_incidents", "area_code"), ("metrics.kpi_results", "kpi_id")} <= indexed


def test_any_value_arrives_as_it_was(made_up: MadeUp, database: Database) -> None:
    """Text may hold what CSV, SQL and PostgreSQL have a meaning for; only NUL, which PostgreSQL refuses, goes."""
    hostile = [
        "",
        "\\N",
        "\\.",
        'a"b',
        "a,b\r\n\\.\nc",
        "%s %(x)s {}",
        "'; drop table marts.fct_calls; --",
        "ß✓\U0001f600",
    ]
    made_up.publish(
        "g1",
        calls_of({"2021-09": 3}),
        more={
            "marts.hostile": "select unnest(['', '\\N', '\\.', 'a\"b', 'a,b' || chr(13) || chr(10) || '\\.' || chr(10) "
            "|| 'c', '%s %(x)s {}', '''; drop table marts.fct_calls; --', 'ß✓\U0001f600', null, 'x' || chr(0) || 'y'])"
            ' as "te""xt, %s", 1 as "select"',
            "marts.typed": "select 'nan'::double as a, '-inf'::double as b, 0.1::double + 0.2::double as c, "
            "1.5::decimal(18, 4) as d, time '10:00:01' as e, timestamp '2021-10-31 01:30:00.123456' as f, "
            "timestamptz '2021-10-31 01:30:00+01' as g, ['a', null, 'b\"'] as h, {'x': 1, 'y': [true]} as i, "
            "'low'::enum('low', 'high') as j, 18446744073709551615::ubigint as k, null::bigint as n, true as m",
        },
    )
    database.receive(made_up)
    arrived = [row[0] for row in database.ask('select * from marts.hostile order by "select"')]
    assert sorted(value for value in arrived if value is not None) == sorted([*hostile, "xy"])
    assert arrived.count(None) == 1
    ((a, b, c, d, e, f, g, h, i, j, k, n, m),) = database.ask("set timezone = 'UTC'; select * from marts.typed")
    assert isnan(a)
    assert (b, c, d, k, n, m) == (float("-inf"), 0.1 + 0.2, Decimal("1.5"), Decimal(2**64 - 1), None, True)
    assert (str(e), str(f), str(g)) == ("10:00:01", "2021-10-31 01:30:00.123456", "2021-10-31 00:30:00+00:00")
    assert (json.loads(h), json.loads(i), j) == (["a", None, 'b"'], {"x": 1, "y": [True]}, "low")


def test_only_the_months_and_rows_that_changed_are_written(made_up: MadeUp, database: Database) -> None:
    """Publishing a day costs what the day costs."""
    made_up.publish("g1", calls_of({"2021-09": 50, "2021-10": 50, "2021-11": 50}))
    database.receive(made_up)
    before = dict(database.ask("select call_key, xmin::text from marts.fct_calls"))
    calls = [call for call in calls_of({"2021-09": 50, "2021-10": 50, "2021-11": 51}) if call[0] != "2021-10-7"]
    calls[0] = (calls[0][0], calls[0][1], 999)
    made_up.publish("g2", calls)
    outcome = database.receive(made_up)
    assert [part for part in outcome.parts if part.startswith("marts.fct_calls")] == [
        "marts.fct_calls 2021-09", "marts.fct_calls 2021-10", "marts.fct_calls 2021-11",
    ]  # fmt: skip
    assert "marts.dim_dates all" not in outcome.parts
    after = dict(database.ask("select call_key, xmin::text from marts.fct_calls"))
    assert {key for key in after if before.get(key) != after[key]} == {"2021-09-0", "2021-11-50"}
    assert set(before) - set(after) == {"2021-10-7"}
    assert database.ask("select wait_seconds from marts.fct_calls where call_key = '2021-09-0'") == [(999,)]

    made_up.publish("g3", [*calls, ("new", "2021-12-01", 1)])
    outcome = database.receive(made_up)
    assert [part for part in outcome.parts if part.startswith("marts.fct_calls")] == ["marts.fct_calls 2021-12"]
    made_up.publish("g4", calls)
    database.receive(made_up)
    assert database.ask("select count(*) from marts.fct_calls where call_key = 'new'") == [(0,)]


def test_a_row_may_move_from_month_to_month(made_up: MadeUp, database: Database) -> None:
    made_up.publish("g1", [("a", "2021-09-05", 1), ("b", "2021-10-05", 2)])
    database.receive(made_up)
    made_up.publish("g2", [("b", "2021-09-05", 1), ("a", "2021-10-05", 2)])
    database.receive(made_up)
    assert database.ask("select call_key, offered_date::text from marts.fct_calls order by 1") == [
        ("a", "2021-10-05"), ("b", "2021-09-05"),
    ]  # fmt: skip


def test_what_is_there_already_is_not_written_again(made_up: MadeUp, database: Database) -> None:
    made_up.publish("g1", calls_of({"2021-09": 5}))
    assert not database.receive(made_up).was_there
    assert database.ask("select to_regclass('reports.for_pages')") == [(None,)]
    assert database.ask("select viewname from pg_views where schemaname = 'reports'") == [("kpi_as_was",)]
    again = database.receive(made_up)
    assert again.was_there
    looked_again = database.receive(made_up, force=True)
    assert (looked_again.rows_written, looked_again.parts, looked_again.made) == (0, [], [])


def test_a_value_that_names_nothing_is_no_reason_not_to_publish(made_up: MadeUp, database: Database) -> None:
    """Delivered data are dirty: the foreign key goes, and is told, the row stays."""
    made_up.publish("g1", [("a", "2021-09-05", 1)])
    assert database.receive(made_up).broken_references == []
    made_up.publish("g2", [("a", "2021-09-05", 1), ("b", "1970-01-01", 2)])
    assert database.receive(made_up).broken_references == ["marts.fct_calls.offered_date"]
    assert database.ask("select count(*) from marts.fct_calls") == [(2,)]
    standing = "select conname from pg_constraint where contype = 'f' and conrelid = 'marts.fct_calls'::regclass"
    assert database.ask(standing) == [("fct_calls_area_code_fkey",)]
    made_up.publish("g3", [("a", "2021-09-05", 1)])
    assert database.receive(made_up).broken_references == ["marts.fct_calls.offered_date"]


def test_identifiers_are_quoted_whatever_is_in_them() -> None:
    assert identifier('a"b') == '"a""b"'
