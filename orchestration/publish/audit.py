"""The gate: what stops publishing, and nothing else does.

It stops on a grain that is not unique, a broken accounting identity, a mart's contract not met, states that overlap or
leave a gap (all dbt tests and contracts), and on an ERROR in a quality rule marked blocking. Dirty data never stops it.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from orchestration.errors import AuditStopped
from orchestration.warehouse.dbt import DbtBuild


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """A new run starts with nothing held against it."""
    con.execute("create schema if not exists landing")
    con.execute("create or replace table landing.audit_problems (kind varchar, problem varchar)")


def record(con: duckdb.DuckDBPyConnection, kind: str, problems: Sequence[str]) -> None:
    """Keep what a step found for the gate."""
    for problem in problems:
        con.execute("insert into landing.audit_problems values (?, ?)", [kind, problem])


def record_build(con: duckdb.DuckDBPyConnection, build: DbtBuild) -> None:
    """Keep the models that could not be built and the dbt tests that failed."""
    record(con, "model", build.failed_models)
    record(con, "test", build.failed_tests)


def pass_or_stop(con: duckdb.DuckDBPyConnection) -> None:
    """Raise AuditStopped, saying everything that is wrong, unless there is nothing."""
    problems = con.execute("select kind, problem from landing.audit_problems order by all").fetchall()
    if problems:
        listed = "\n".join(f"  - {kind}: {problem}" for kind, problem in problems)
        raise AuditStopped(
            "Nothing was published: the audit found what must never go out. The last good generation stays.\n"
            f"{listed}\nThe private build is kept for inspection; mend the cause and run again."
        )
