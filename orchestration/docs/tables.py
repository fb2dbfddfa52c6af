"""The dictionary of tables and columns, for programs: what the models say, as the published file holds it."""

from __future__ import annotations

from typing import Any

import duckdb

from orchestration.analysis import tables as analysis_tables
from orchestration.publish.generation import Table, tables_to_publish
from orchestration.settings import Settings
from orchestration.warehouse import dbt


def tables(settings: Settings, con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every published table and view, by name, with its columns in order; `con` reads the published warehouse.

    Of each table: schema, name, description, grain (empty where none is proved), whether it goes out as a view, the
    column whose month splits it, whether it is kept from other audiences. Of each column: name, type, description,
    what it refers to, whether it is kept from other audiences.
    """
    nodes = dbt.manifest_nodes(settings) | analysis_tables.as_nodes()
    return [_entry(table) for table in sorted(tables_to_publish(con, nodes), key=lambda table: table.full_name)]


def _entry(table: Table) -> dict[str, Any]:
    return {
        "schema": table.schema,
        "name": table.name,
        "description": table.description,
        "grain": table.shape.key,
        "is_view": table.view_place is not None,
        "month_of": table.month_of,
        "restricted": table.restricted,
        "columns": [
            {
                "name": name,
                "type": data_type,
                "description": table.column_descriptions.get(name, ""),
                "references": table.shape.references.get(name),
                "restricted": table.restricted or name in table.restricted_columns,
            }
            for name, data_type in table.columns.items()
        ],
    }
