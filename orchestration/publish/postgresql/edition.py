"""What is to be copied: the tables of one edition of a generation, their parts, and their rows as a stream.

An edition is what one kind of reader gets: everything for the data team, or the file of an audience. Every table is cut
into parts that are copied or left alone as a whole: the months of a large fact, or all its rows. A part's identity
changes whenever a value in it does. Nothing here speaks to PostgreSQL; types and names are already its own.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb

from orchestration.errors import EnvironmentProblem
from orchestration.publish.generation import NO_MONTH, Generation, Shape, quoted, view_sql

DATA_TEAM = "data_team"
_WHOLE = "all"
# What dashboards filter by and join on, where a table has it and its key does not begin with it.
_LOOKED_UP = ("area_code", "kpi_id", "incident_key", "call_key", "rule_id", "delivery_id")
_TYPES = {
    "BOOLEAN": "boolean", "DATE": "date", "TIME": "time", "UUID": "uuid",
    "TINYINT": "smallint", "SMALLINT": "smallint", "UTINYINT": "smallint", "USMALLINT": "integer",
    "INTEGER": "integer", "UINTEGER": "bigint", "BIGINT": "bigint", "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(39,0)", "UHUGEINT": "numeric(39,0)", "FLOAT": "real", "DOUBLE": "double precision",
    "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}  # fmt: skip
_NESTED = ("[]", "STRUCT(", "MAP(", "UNION(", "JSON")


@dataclass(frozen=True)
class Part:
    """Rows that are copied together or not at all."""

    source: str  # what to select from in DuckDB
    identity: str
    month: str | None = None  # YYYY-MM, NO_MONTH, or None for all rows of the table


@dataclass(frozen=True)
class Relation:
    """A table as it is to be in PostgreSQL."""

    schema: str
    name: str
    columns: dict[str, str]  # name to PostgreSQL type, in order
    expressions: list[str]  # what DuckDB selects for each of them
    parts: dict[str, Part]
    description: str = ""
    column_descriptions: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    is_key_complete: bool = False  # no column of the key is ever null
    required: list[str] = field(default_factory=list)
    references: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # column to schema, table, column
    month_of: str | None = None
    indexed: list[str] = field(default_factory=list)
    view_sql: str | None = None  # set for what is a view in PostgreSQL too: its query, in PostgreSQL's words

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def text_columns(self) -> list[str]:
        return [name for name, kind in self.columns.items() if kind == "text"]


@dataclass(frozen=True)
class Edition:
    """What one kind of reader gets, and the schemas it stands in."""

    name: str  # of the audience; DATA_TEAM for everything
    schemas: dict[str, str]  # published schema to its name in PostgreSQL
    generation: Generation
    generations: list[str]  # every one that this warehouse ever published
    relations: list[Relation]

    @property
    def role(self) -> str:
        return f"occ_{self.name}"


def folder_of(generation: Path, name: str) -> Path:
    """Where an edition lies in a generation's folder."""
    return generation if name == DATA_TEAM else generation / "audience" / name


@contextmanager
def opened(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An edition's file, attached under the name `edition`, with room beside it for what is worked out from it."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {quoted(str(folder / 'occ.duckdb'))} as edition (read_only)")
        try:
            yield con
        except duckdb.Error as error:
            raise EnvironmentProblem(
                f"The generation {folder.name} could not be read to its end ({type(error).__name__}): it may have been "
                "withdrawn meanwhile. Nothing was changed: readers see what was published before. Publish again."
            ) from None


def read_edition(
    con: duckdb.DuckDBPyConnection, folder: Path, generation: Generation, name: str, *, prefix: str = ""
) -> Edition:
    """Look at an opened edition; `prefix` goes before the names of its schemas in PostgreSQL."""
    listed = con.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = 'edition' union all "
        "select schema_name, view_name, comment from duckdb_views() where database_name = 'edition' and not internal "
        "order by all"
    ).fetchall()
    schemas = {schema: prefix + schema for schema in sorted({row[0] for row in listed})}
    there = {f"{schema}.{table}" for schema, table, _ in listed}
    shapes = {f"{schema}.{table}": generation.shapes.get(f"{schema}.{table}", Shape()) for schema, table, _ in listed}
    relations = [
        _relation(con, folder, schemas, there, shapes[f"{schema}.{table}"], schema, table, said)
        for schema, table, said in listed
        if shapes[f"{schema}.{table}"].in_database != "none"
    ]
    generations = con.execute("select generation from edition.quality.generations order by 1").fetchall()
    return Edition(name, schemas, generation, [row[0] for row in generations], relations)


def _relation(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    schemas: dict[str, str],
    there: set[str],
    shape: Shape,
    schema: str,
    table: str,
    description: str | None,
) -> Relation:
    described = con.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where database_name = 'edition' and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    columns = {column: _type(data_type) for column, data_type, _ in described}
    key = shape.key if set(shape.key) <= set(columns) else []
    translated = _translated(con, schemas, f"{schema}.{table}") if shape.in_database == "view" else None
    month_of = shape.month_of if shape.month_of in columns else None
    if translated:
        parts = {}
    elif month_of:
        source = f"edition.{schema}.{identifier(table)}"
        parts = _months(folder / table) if (folder / table).is_dir() else _months_of_table(con, source, month_of)
    else:
        parts = {_WHOLE: _whole(con, schema, table)}
    required = [column for column in shape.required if column in columns]
    references = {
        column: (schemas[target[0]], target[1], target[2])
        for column, refers in shape.references.items()
        if column in columns and refers.rpartition(".")[0] in there and (target := refers.split("."))
    }
    looked_up = [*([month_of] if month_of else []), *_LOOKED_UP, *references]
    indexed = [column for column in looked_up if column in columns and [column] != key[:1]]
    return Relation(
        schema=schemas[schema],
        name=table,
        columns=columns,
        expressions=[_expression(column, data_type) for column, data_type, _ in described],
        parts=parts,
        description=description or "",
        column_descriptions={column: comment for column, _, comment in described if comment},
        key=key,
        is_key_complete=set(key) <= set(required) or _has_no_null(con, parts, key),
        required=required,
        references=references,
        month_of=month_of,
        indexed=list(dict.fromkeys(indexed)),
        view_sql=translated,
    )


def _type(data_type: str) -> str:
    if data_type.startswith("DECIMAL("):
        return data_type.replace("DECIMAL", "numeric")
    return _TYPES.get(data_type, "text")


def _expression(column: str, data_type: str) -> str:
    """Text for PostgreSQL holds no NUL; lists and structures are JSON, which every tool shows."""
    name = identifier(column)
    if _type(data_type) != "text":
        return name
    is_nested = any(word in data_type for word in _NESTED)
    return f"replace(cast({f'to_json({name})' if is_nested else name} as varchar), chr(0), '')"


def _translated(con: duckdb.DuckDBPyConnection, schemas: dict[str, str], view: str) -> str:
    """The query of a view in PostgreSQL's words, over the tables of this edition."""
    import sqlglot
    from sqlglot import exp

    query = sqlglot.parse_one(view_sql(con, "edition", view).partition(" as ")[2].rstrip(";"), read="duckdb")
    for named in query.find_all(exp.Table, exp.Column):
        if named.text("db") in schemas:
            named.set("db", exp.to_identifier(schemas[named.text("db")]))
    return query.sql("postgres")


def _months(folder: Path) -> dict[str, Part]:
    """A month's file is never changed, and shared between generations while its rows stay: the file is its identity."""
    parts = {}
    for file in sorted(folder.glob("*.parquet")):
        looks = file.stat()
        identity = f"{looks.st_ino}-{looks.st_size}-{looks.st_mtime_ns}"
        parts[file.stem] = Part(f"read_parquet({quoted(str(file))})", identity, file.stem)
    return parts


def _months_of_table(con: duckdb.DuckDBPyConnection, source: str, column: str) -> dict[str, Part]:
    """The months of a table that is not kept by month: what is in them is their identity."""
    name = identifier(column)
    return {
        month: Part(
            f"(select * from {source} where {month_condition(column, 'date', month)})", _digest(rows, total), month
        )
        for month, rows, total in con.execute(
            f"select coalesce(strftime({name}, '%Y-%m'), '{NO_MONTH}') as month, count(*), "
            f"sum(hash(each)::hugeint)::varchar from {source} as each group by 1 order by 1"
        ).fetchall()
    }


def _digest(rows: int, total: str | None) -> str:
    return hashlib.sha256(f"{rows}|{total}".encode()).hexdigest()[:32]


def _whole(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> Part:
    """All rows of a table, or of a view, whose rows are worked out once for both looks at them."""
    source = f"edition.{schema}.{identifier(table)}"
    if con.execute(
        "select 1 from duckdb_views() where database_name = 'edition' and schema_name = ? and view_name = ?",
        [schema, table],
    ).fetchall():
        worked_out = identifier(f"{schema}.{table}")
        con.execute(f"create temp table {worked_out} as select * from {source}")
        source = worked_out
    ((rows, total),) = con.execute(
        f"select count(*), sum(hash(each)::hugeint)::varchar from {source} as each"
    ).fetchall()
    return Part(source, _digest(rows, total))


def _has_no_null(con: duckdb.DuckDBPyConnection, parts: dict[str, Part], key: Sequence[str]) -> bool:
    if not key:
        return False
    missing = " or ".join(f"{identifier(column)} is null" for column in key)
    return not any(
        con.execute(f"select 1 from {part.source} where {missing} limit 1").fetchall() for part in parts.values()
    )


@contextmanager
def rows_of(con: duckdb.DuckDBPyConnection, relation: Relation, parts: Sequence[Part]) -> Iterator[IO[bytes]]:
    """Rows as CSV, to be read while DuckDB writes them: nothing is kept on the way. Text is quoted, null is not."""
    selected = " union all ".join(f"select {', '.join(relation.expressions)} from {part.source}" for part in parts)
    names = ", ".join(identifier(column) for column in relation.columns)
    quoting = ", ".join(identifier(column) for column in relation.text_columns)
    options = (
        f"format csv, header false, nullstr '', use_tmp_file false{f', force_quote ({quoting})' if quoting else ''}"
    )
    reading, writing = os.pipe()
    failures: list[Exception] = []

    def write() -> None:
        try:
            con.execute(f"copy (select * from ({selected}) as rows ({names})) to '/dev/fd/{writing}' ({options})")
        except Exception as error:
            failures.append(error)
        finally:
            os.close(writing)

    writer = threading.Thread(target=write, name="rows for PostgreSQL")
    with os.fdopen(reading, "rb", buffering=1 << 20) as stream:
        writer.start()
        try:
            yield stream
        finally:
            stream.close()  # whoever stopped reading halfway stops the writer too
            writer.join()
    if failures:
        raise failures[0]


def month_condition(column: str, kind: str, month: str) -> str:
    """The rows of a month, by a column of type `kind`; in words that DuckDB and PostgreSQL share."""
    column = identifier(column)
    if month == NO_MONTH:
        return f"{column} is null"
    year, number = (int(part) for part in month.split("-"))
    after = f"{year + number // 12:04d}-{number % 12 + 1:02d}-01"
    return f"({column} >= '{month}-01'::{kind} and {column} < '{after}'::{kind})"


def identifier(name: str) -> str:
    """A name as SQL writes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
