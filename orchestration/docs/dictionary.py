"""The indicator dictionary: what each indicator is, by the models that hold it, and how it stands, by the register."""

from __future__ import annotations

from typing import Any

import duckdb

from orchestration.settings import Settings
from orchestration.warehouse import dbt

_ALL_PERIODS = ["day", "week", "month", "quarter", "year"]
_REGISTER = (
    "select kpi_id, system_version, system_version_label, label, definition, formula, limits, unit, better, owner, "
    "definition_version, inputs, source, status, since, reason, restored_by, coverage_ratio from metrics.kpi_register "
    "order by kpi_id, since nulls first, system_version, system_version_label"
)
_SCOPES = "select kpi_id, list(distinct scope_type order by scope_type) from metrics.kpi_results group by kpi_id"
_TARGETS = (
    "select kpi_id, target, plan, due_date, valid_from, valid_to, source from marts.dim_targets "
    "where kpi_id is not null order by kpi_id, valid_from"
)


def dictionary(settings: Settings, con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every indicator of the register, by name, with what its model says of it; `con` reads the published warehouse."""
    said = _said_by_models(settings)
    scopes = dict(con.execute(_SCOPES).fetchall())
    targets = _grouped(con, _TARGETS)
    entries = []
    for kpi_id, standing in _grouped(con, _REGISTER).items():
        model, newest = said.get(kpi_id, {}), standing[-1]
        entries.append(
            {
                "kpi_id": kpi_id,
                **{name: newest[name] for name in ("label", "definition", "formula", "limits")},
                "statistic": model.get("statistic"),
                "percentile": model.get("percentile"),
                "fixed_denominator": model.get("fixed_denominator"),
                **{name: newest[name] for name in ("unit", "better", "owner")},
                "version": newest["definition_version"],
                "period_types": model.get("period_types", _ALL_PERIODS),
                "scope_types": scopes.get(kpi_id, []),
                "columns": model.get("columns", {}),
                "targets": targets.get(kpi_id, []),
                "status": [_status(row) for row in standing],
            }
        )
    return entries


def _status(row: dict[str, Any]) -> dict[str, Any]:
    names = ("system_version", "system_version_label", "inputs", "source", "status", "since", "reason", "restored_by")
    return {name: row[name] for name in (*names, "coverage_ratio")}


def _grouped(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, list[dict[str, Any]]]:
    """Rows by their first column, as mappings of the others."""
    cursor = con.execute(sql)
    columns = [column[0] for column in cursor.description or []]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in cursor.fetchall():
        found.setdefault(row[0], []).append(dict(zip(columns[1:], row[1:], strict=True)))
    return found


def _said_by_models(settings: Settings) -> dict[str, dict[str, Any]]:
    """What the models of metrics say of their indicators: the YAML at the top of each, as dbt read it."""
    metas = [node.get("config", {}).get("meta", {}) for node in dbt.manifest_nodes(settings).values()]
    inputs = {name: says for meta in metas for name, says in meta.get("inputs", {}).items()}
    return {
        # What counts files rests on no column of theirs.
        indicator["kpi_id"]: {
            "columns": {export: [] for export in inputs[indicator["inputs"]]["dated_by"]},
            **indicator,
        }
        for meta in metas
        for indicator in meta.get("indicators", [])
    }
