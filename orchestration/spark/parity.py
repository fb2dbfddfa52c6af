"""Whether two engines say the same: the content hash of each published table of DuckDB beside that of Spark's Parquet.

A table that differs is named with its columns and a few of its rows. What cannot be the same stands in WITHOUT, with
the reason, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publish.content_hash import fingerprint
from orchestration.publish.generation import PUBLISHED_SCHEMAS, quoted

WITHOUT = {"quality.generations": "the list of DuckDB's own generations: Spark's stand in their generation.json"}
"""Published tables of DuckDB that Spark does not have, and why."""

# Types that Parquet of Spark has no other for: what is read stands for what is published.
_STANDS_FOR = {("TIME", "VARCHAR"), ("HUGEINT", "DECIMAL(38,0)")}
_SHOWN = 3


@dataclass(frozen=True)
class Difference:
    """Where the engines differ: a table, what about it, and where both have it, the columns and a few rows of each."""

    table: str
    what: str
    columns: tuple[str, ...] = ()
    only_duckdb: tuple[str, ...] = ()
    only_spark: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = [f"  DuckDB  {row}" for row in self.only_duckdb] + [f"  Spark   {row}" for row in self.only_spark]
        return "\n".join([f"{self.table}: {self.what}", *rows])


def compare(database: Path, folder: Path) -> tuple[list[str], list[Difference]]:
    """The published tables that are equal, and the differences: `database` is DuckDB's occ.duckdb, `folder` Spark's."""
    same, differ = [], []
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {quoted(str(database.resolve()))} as published (read_only)")
        for (schema, name), columns in _tables(con).items():
            if f"{schema}.{name}" in WITHOUT:
                continue
            found = _difference(con, schema, name, columns, folder)
            if found is None:
                same.append(f"{schema}.{name}")
            else:
                differ.append(found)
        known = {f"{schema}.{name}" for schema, name in _tables(con)}
    for table in sorted(set(_written(folder)) - known):
        differ.append(Difference(table, "is written by Spark only"))
    return same, differ


def _tables(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'published' and list_contains(?, schema_name) order by 1, 2, column_index",
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall():
        tables.setdefault((schema, table), {})[column] = kind
    return tables


def _written(folder: Path) -> list[str]:
    return [
        f"{schema}.{table.name}"
        for schema in PUBLISHED_SCHEMAS
        for table in (folder / schema).glob("*")
        if any(table.glob("*.parquet"))
    ]


def _difference(
    con: duckdb.DuckDBPyConnection, schema: str, name: str, columns: dict[str, str], folder: Path
) -> Difference | None:
    table = f"{schema}.{name}"
    if not any((folder / schema / name).glob("*.parquet")):
        return Difference(table, "is not written by Spark")
    files = f"read_parquet({quoted(str(folder / schema / name / '*.parquet'))})"
    read = {column: kind for column, kind, *_ in con.execute(f"describe select * from {files}").fetchall()}
    wrong = [
        f"{column} is {read.get(column, 'not there')}, not {kind}"
        for column, kind in columns.items()
        if read.get(column) != kind and (kind, read.get(column)) not in _STANDS_FOR
    ] + [f"{column} is too many" for column in read if column not in columns]
    if wrong:
        return Difference(table, "; ".join(wrong))
    selected = ", ".join(f'cast("{column}" as {kind}) as "{column}"' for column, kind in columns.items())
    con.execute(f"create or replace temp table from_spark as select {selected} from {files}")
    con.execute(f"create or replace temp table from_duckdb as select * from published.{table}")
    if _hash(con, "from_duckdb", columns) == _hash(con, "from_spark", columns):
        return None
    differing = tuple(
        column
        for column, kind in columns.items()
        if _hash(con, "from_duckdb", {column: kind}) != _hash(con, "from_spark", {column: kind})
    )
    return Difference(
        table,
        f"differs in {', '.join(differing) or 'how values stand together'}",
        differing,
        _rows(con, "from_duckdb", "from_spark", differing),
        _rows(con, "from_spark", "from_duckdb", differing),
    )


def _hash(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]) -> tuple[int, str]:
    return fingerprint(con, table, columns, "true")


def _rows(con: duckdb.DuckDBPyConnection, here: str, there: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    listed = ", ".join(f'"{column}"' for column in columns) or "*"
    found = con.execute(
        f"select {listed} from {here} except all select {listed} from {there} order by all limit {_SHOWN}"
    ).fetchall()
    return tuple(str(row) for row in found)
