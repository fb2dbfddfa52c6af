"""The rows that a rule judges: batches of tables of the build database, in an in-memory database of their own.

A batch of a scope that follows the run is copied into memory once and judged by many rules ("a day costs a day"); a
batch of a whole table is a view. Queries of failing rows become views beside them. No rule's outcome is decided here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.landing.shapes import load_shapes
from orchestration.quality.rules import BuiltIn, CodesOf, FailingRows, FailsWhere, Rule, Scope

NO_TABLE = "the table is not there"
NOT_DELIVERED = "nothing of it was delivered in this run"
UNKNOWN_MEMBER = "UNKNOWN"
_TOUCHED_BY = {"call_key": "int_affected_calls", "incident_key": "int_affected_incidents"}
_DELIVERY_COLUMNS = ("_delivery_id", "delivery_id")


@dataclass(frozen=True)
class Batch:
    """Rows to judge, as a table or view of the in-memory database."""

    name: str  # in the default schema
    row_count: int
    business_date: date | None

    @property
    def full_name(self) -> str:
        return f'"{self.name}"'


@dataclass(frozen=True)
class NoBatch:
    """Why there is nothing to judge at all."""

    reason: str


class RuleDatabase:
    """The in-memory database over the build database. `url` opens it anew in this process while it is open."""

    def __init__(self, connection: Any, url: str, *, catalog: str, full: bool) -> None:
        self._connection = connection
        self._catalog = catalog
        self.url = url
        self._full = full
        self._tables: dict[str, list[str]] = {}
        for schema, table, column in self._rows(
            "select schema_name, table_name, column_name from duckdb_columns() "
            f"where database_name = '{_escaped(catalog)}' and not internal "
            "order by schema_name, table_name, column_index"
        ):
            self._tables.setdefault(f"{schema}.{table}", []).append(column)
        self._mirrored: set[str] = set()
        self._pending = self._read_pending()
        for schema in ("rule", "shape"):
            self._execute(f"create schema {schema}")
        self._list_exports()

    def arguments(self, expectation: BuiltIn) -> dict[str, Any]:
        """What a built-in expectation is called with, codes of a dictionary filled in."""
        arguments = expectation.arguments
        if isinstance(arguments.get("value_set"), CodesOf):
            arguments["value_set"] = self.codes(arguments["value_set"])
        return arguments

    def codes(self, codes_of: CodesOf) -> list[str]:
        """The codes of a dictionary, without the unknown member. Raises duckdb.Error when it is not there."""
        table, column = codes_of.codes_of.rsplit(".", 1)
        self._mirror(table)
        rows = self._rows(
            f'select distinct cast("{column}" as varchar) from {_quoted(table)} '
            f'where "{column}" is not null and cast("{column}" as varchar) <> \'{UNKNOWN_MEMBER}\' order by 1'
        )
        return [row[0] for row in rows]

    def batch(self, table: str, scope: Scope) -> Batch | NoBatch:
        """Make the batch of one table and scope. Raises ValueError when the table has nothing to tell the scope by."""
        if table not in self._tables:
            return NoBatch(NO_TABLE)
        export = self._export_of(table)
        if scope is Scope.delivered and export is not None and export not in self._pending:
            return NoBatch(NOT_DELIVERED)
        name = f"batch_{table.replace('.', '__')}__{scope}"
        where = None if self._full or scope is Scope.whole else self._condition(table, scope)
        kind = "view" if where is None else "table"
        source = f"select * from {self._build(table)}" + (f" where {where}" if where else "")
        self._execute(f'create {kind} "{name}" as {source}')
        ((rows,),) = self._rows(f'select count(*) from "{name}"')
        return Batch(name, int(rows), self._business_date(export))

    def checked(self, batch: Batch, expressions: Sequence[str]) -> list[int]:
        """What each aggregate counts over the batch, in one pass. Raises duckdb.Error when one cannot be computed."""
        if not expressions:
            return []
        listed = ", ".join(f"coalesce(({expression}), 0)::bigint" for expression in expressions)
        self._mirror_named_in(listed)
        (row,) = self._rows(f"select {listed} from {batch.full_name}")
        return [int(value) for value in row]

    def failing_view(self, rule: Rule, expectation: FailingRows | FailsWhere, batch: Batch) -> str:
        """Make the view of a rule's failing rows; its name. Raises duckdb.Error when the query cannot be understood."""
        query = expectation.query(batch.full_name)
        self._mirror_named_in(query)
        # Wrapped, so that a query may name a column twice; on lines of its own, so that it may end in a comment.
        self._execute(
            f'create or replace view rule."{rule.id}" as\nselect 1 as failing from (\n{query}\n) as failing_rows'
        )
        return f'rule."{rule.id}"'

    def has(self, table: str) -> bool:
        """Whether the build database has the table."""
        return table in self._tables

    def columns(self, query: str) -> list[str]:
        """The columns of a query. Raises duckdb.Error when it cannot be understood."""
        self._mirror_named_in(query)
        return [row[0] for row in self._rows(f"describe (\n{query}\n)")]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query says that names the build database's tables as models do. Raises duckdb.Error."""
        self._mirror_named_in(query)
        return self._rows(query)

    def codes_table(self, name: str, query: str) -> str:
        """A table of the codes (code) and what each stands for (means) that a query gives, made once."""
        table = f"shape.{name}_codes"
        if table not in self._mirrored:
            self._mirror_named_in(query)
            self._execute(
                f"create table {table} as select code, min(means) as means from (\n{query}\n) as codes group by code"
            )
            self._mirrored.add(table)
        return table

    def _read_pending(self) -> dict[str, tuple[list[int], date | None]]:
        """Contents to judge and their newest business date, by export."""
        if "landing.contents" not in self._tables:
            return {}
        where = "true" if self._full else "is_pending"
        rows = self._rows(
            "select export, list(content_no order by content_no), max(business_date) "
            f"from {self._build('landing.contents')} where {where} group by export"
        )
        return {export: (numbers, newest) for export, numbers, newest in rows}

    def _list_exports(self) -> None:
        """`shape.exports`: every export, the system it comes from, and how often it comes."""
        self._execute("create table shape.exports (export varchar, system varchar, cadence varchar)")
        for export, shape in load_shapes().items():
            self._execute(f"insert into shape.exports values ('{export}', '{shape.system}', '{shape.cadence}')")

    def _export_of(self, table: str) -> str | None:
        """The export that a table holds as delivered; None for a table that is built of several."""
        schema, name = table.split(".")
        if schema == "landing":
            return name
        return re.sub(r"^(base|stg)_", "", name) if schema == "staging" else None

    def _business_date(self, export: str | None) -> date | None:
        dates = [newest for name, (_, newest) in self._pending.items() if newest and (export is None or name == export)]
        return max(dates, default=None)

    def _condition(self, table: str, scope: Scope) -> str:
        columns = self._tables[table]
        if scope is Scope.delivered:
            if "_content_no" in columns:
                numbers = self._pending.get(str(self._export_of(table)), ([], None))[0]
                return f"_content_no in ({', '.join(str(number) for number in numbers) or 'null'})"
            for column in _DELIVERY_COLUMNS:
                if column in columns:
                    return f"{column} in ({self._deliveries_of_this_run()})"
        else:
            for column in columns:
                affected = f"intermediate.{_TOUCHED_BY.get(column, '')}"
                if affected in self._tables:
                    return f"{column} in (select {column} from {self._build(affected)})"
        raise ValueError(f"{table} has no column that tells which rows are {scope}")

    def _deliveries_of_this_run(self) -> str:
        """Deliveries of the batches that no published generation holds: files quarantined whole have no contents."""
        deliveries, contents = self._build("landing.deliveries"), self._build("landing.contents")
        return (
            f"select delivery_id from {deliveries} where batch in (select generation from {self._build('landing.run')} "
            f"union select batch from {deliveries} inner join {contents} using (delivery_id) where is_pending)"
        )

    def _build(self, table: str) -> str:
        """A table of the build database, however the statement around it looks names up."""
        return f'"{self._catalog}".{_quoted(table)}'

    def _mirror_named_in(self, sql: str) -> None:
        """Let a query name the build database's tables by schema and table, as models do."""
        for table in sorted(set(re.findall(r"\b[a-z]\w*\.[a-z]\w*\b", sql)) & set(self._tables)):
            self._mirror(table)

    def _mirror(self, table: str) -> None:
        if table in self._mirrored:
            return
        self._execute(f"create schema if not exists {table.split('.')[0]}")
        self._execute(f"create view {_quoted(table)} as select * from {self._build(table)}")
        self._mirrored.add(table)

    def _execute(self, sql: str) -> None:
        self._connection.execute(sql)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        self._connection.execute(sql)
        return list(self._connection.fetchall())


@contextmanager
def rule_database(build_db: Path, *, full: bool) -> Iterator[RuleDatabase]:
    """The build database, read-only, behind an in-memory database; all is closed afterwards.

    Raises duckdb.Error when the file is not there or another connection of this process holds it otherwise.
    """
    import sqlalchemy

    url = f"duckdb:///:memory:quality_{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(url)
    connection = engine.raw_connection()
    try:
        cursor: Any = connection.cursor()
        # Under the name that it was made under: views in it name their tables with it.
        catalog = build_db.stem
        cursor.execute(f"attach '{_escaped(str(build_db))}' as \"{catalog}\" (read_only)")
        cursor.execute("set global TimeZone = 'UTC'")
        yield RuleDatabase(cursor, url, catalog=catalog, full=full)
    finally:
        connection.close()
        engine.dispose()


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))


def _escaped(text: str) -> str:
    return text.replace("'", "''")
