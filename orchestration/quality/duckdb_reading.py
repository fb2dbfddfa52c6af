"""How Great Expectations reads DuckDB: the mend that makes it work, and what was found before settling on it.

Found with great_expectations 1.24.1, duckdb-engine 0.17.0 and duckdb 1.5.5, on a million call segments and two cores:

* Over SQLAlchemy every metric fails with "list index out of range" as it comes: the result is fetched after its
  connection was closed, and DuckDB drops a pending result then. A checkpoint only says `success: false`. `mend` freezes
  each result while the connection is open; that is all. `tests/quality` proves that a rule that raised is told from one
  that failed.
* What ten built-in expectations on eight columns cost, in CPU seconds: one folded SELECT by hand 0.05; SQL 0.22, half
  of it for the failing values of BASIC below; pandas 0.13 and 0.22 for the fetch, with all columns in memory; pandas on
  Arrow 0.98 and 0.05. SQL it is: half the rules join other tables, which pandas cannot, and no row leaves the database.
* All 150 rules: 2 s for a day on top of a year, 16 s for the year (7 million rows, 1 GB); the import adds 2.3 s.
* A query's colons are read as bind parameters (`' :x'` asks for a value), its braces as format fields. So no rule's
  text goes through: each query of failing rows becomes a view, made by DuckDB, and the expectation reads the view.
* The built-in expectation on a query of failing rows runs it twice, for the count and for 200 rows. `FailingRows` asks
  for the count alone: half the time, and no row leaves the database.
* One process must not hold connections with different settings on one file, and an engine opens several. So the engine
  is never given the build database: it is given an in-memory database that attaches the file read-only. Everything that
  opens `:memory:<name>` in this process shares it, and it is gone when the last connection closes.
* Regular expressions and column types are not supported on this dialect: a query of failing rows does both.
* A table's columns are reflected through PostgreSQL's catalogue, which DuckDB emulates: 0.1 s a table, a quarter of a
  day's rules. `mend` asks for the names alone, as no expectation here looks at a type.
* A context writes all its assets as YAML whenever one is added, also when it lives in memory: an eighth of a day's
  rules. `unsaved` lets it be.
* `result_format: BASIC` costs one short query more per column rule (up to 20 failing values, thrown away here: values
  may be personal), but without it there are no counts.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import Any


@cache
def failing_rows_expectation() -> Any:
    """`UnexpectedRowsExpectation` as a class that counts failing rows and fetches none."""
    from great_expectations.expectations import UnexpectedRowsExpectation

    class FailingRows(UnexpectedRowsExpectation):  # type: ignore[misc]
        metric_dependencies = ("unexpected_rows_query.row_count",)

        def _validate(
            self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
        ) -> dict[str, Any]:
            count = metrics["unexpected_rows_query.row_count"]
            return {"success": count == 0, "result": {"observed_value": count}}

    return FailingRows


def great_expectations() -> Any:
    """The package, mended and silent. Imported here and nowhere else: the import takes two seconds and more."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    import great_expectations.expectations

    mend()
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    return gx


def unsaved(context: Any) -> Any:
    """The context, which lives in memory, without its habit of writing itself down whenever it changes."""
    context._save_project_config = lambda *_arguments, **_named: None
    return context


def mend() -> None:
    """Let a result outlive its connection, and name columns without reflection. Doing it twice does no harm."""
    from duckdb_engine import Dialect
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from sqlalchemy.types import NullType

    def execute_query(self: Any, query: Any) -> Any:
        with self.get_connection() as connection:
            return self._execute_query_with_recovery(connection, query).freeze()()

    SqlAlchemyExecutionEngine.execute_query = execute_query

    def get_columns(self: Any, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        name = f'{schema}."{table_name}"' if schema else f'"{table_name}"'
        told = connection.exec_driver_sql("select name from pragma_table_info(?)", (name,))
        return [{"name": column, "type": NullType(), "nullable": True, "default": None} for (column,) in told]

    def get_pk_constraint(self: Any, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        return {"constrained_columns": [], "name": None}  # what is judged is a view

    Dialect.get_columns, Dialect.get_pk_constraint = get_columns, get_pk_constraint
