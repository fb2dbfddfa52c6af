"""dbt's semantic layer on a published generation: MetricFlow writes the SQL of a metric, DuckDB answers it.

What a metric is stands in dbt_project/models/semantic. The models name the database that they are built in; the
published file is attached under that name. Needs the extra `semantic`; nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import duckdb

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.publish.generation import quoted
from orchestration.settings import Settings
from orchestration.warehouse import dbt


class _NoDatabase:
    """What MetricFlow wants of a database, to write SQL for DuckDB: it is never asked to run any."""

    @property
    def sql_engine_type(self) -> Any:
        from metricflow.protocols.sql_client import SqlEngine

        return SqlEngine.DUCKDB

    @property
    def sql_plan_renderer(self) -> Any:
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

        return DuckDbSqlPlanRenderer()


def semantic_manifest(settings: Settings) -> Any:
    """The semantic models and metrics as dbt parsed them."""
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    return SemanticManifest(dbt.fresh_manifest(settings))._get_pydantic_semantic_manifest()


@lru_cache(maxsize=1)
def _engine(said: str) -> Any:
    """MetricFlow on a semantic manifest as JSON."""
    try:
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
    except ImportError:
        raise EnvironmentProblem(
            "MetricFlow is not installed: install the extra `semantic` of this project (pip install '.[semantic]')."
        ) from None
    lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(said))
    return MetricFlowEngine(lookup, _NoDatabase())  # type: ignore[arg-type]


def sql_of(settings: Settings, metrics: Sequence[str], by: Sequence[str], *, where: str | None = None) -> str:
    """The query of metrics by dimensions, as MetricFlow writes it.

    Raises UsageProblem in MetricFlow's words for a metric or a dimension that is not there.
    """
    engine = _engine(semantic_manifest(settings).json())
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    try:
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(by),
            order_by_names=list(by),
            where_constraints=[where] if where else None,
        )
        return str(engine.explain(request).sql_statement.sql)
    except Exception as error:  # its errors share no class of their own
        raise UsageProblem(f"MetricFlow cannot answer that: {_in_short(error)}") from None


def _in_short(error: Exception) -> str:
    """The first of its errors, without where in its own graph that arose: each metric behind a metric repeats it."""
    return re.split(r"\s+(?:Issue Location|Error #2):", str(error), maxsplit=1)[0].strip()


def for_published(settings: Settings, sql: str) -> str:
    """Such a query for whoever opens the published file, where the tables stand in no database of another name."""
    return sql.replace(f'"{settings.build_db.stem}".', "")


def ask(settings: Settings, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of such a query, of the published generation. Raises UsageProblem when it cannot be answered."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {quoted(str(settings.current_db.resolve()))} as {settings.build_db.stem} (read_only)")
        try:
            cursor = con.execute(sql)
        except (duckdb.ProgrammingError, duckdb.DataError) as error:  # of a condition that MetricFlow passed on unread
            raise UsageProblem(f"DuckDB cannot answer that; is the condition right? {error}") from None
        return [column[0] for column in cursor.description or []], cursor.fetchall()
