"""What the engine is given: Parquet of the landing store where it lies, and beside it what is not stored there as such.

Registry, run, reference data and what Python made (analyses, results of the rules) are small: one file each. Nothing
here starts an engine.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing import store
from orchestration.landing.shapes import load_shapes
from orchestration.publish.generation import PUBLISHED_SCHEMAS, quoted
from orchestration.settings import Settings
from orchestration.warehouse import dbt

# As Spark has them: every instant has a zone, and there are neither times of day nor unsigned numbers.
_AS = {"TIMESTAMP": "cast({} as timestamptz)", "TIME": "cast({} as varchar)", "UBIGINT": "cast({} as hugeint)"}


@dataclass(frozen=True)
class Table:
    """A table that the engine is shown: a folder of Parquet."""

    schema: str
    name: str
    location: str
    is_published: bool  # made by Python, and published beside what the models make


def write(settings: Settings, con: duckdb.DuckDBPyConnection, nodes: Mapping[str, Any], folder: Path) -> list[Table]:
    """Write below `folder` what does not lie in the landing store; every table to show.

    `con` is the build database after a run has taken in what was delivered; `nodes` are those of dbt's manifest.
    """
    shutil.rmtree(folder, ignore_errors=True)
    tables: dict[tuple[str, str], Table] = {}
    for schema, name, query in [*_seeds(settings, nodes), *_sources(nodes), *_made_by_python(con, nodes)]:
        if (schema, name) in tables:
            continue
        if schema == "landing" and name in load_shapes() and store.data_files(settings.warehouse / "landing", name):
            location = settings.warehouse / "landing" / name
        else:
            location = folder / schema / name
            location.mkdir(parents=True)
            _copy(con, query, location / "0.parquet")
        tables[schema, name] = Table(schema, name, str(location), schema in PUBLISHED_SCHEMAS)
    return list(tables.values())


def _seeds(settings: Settings, nodes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    for node in nodes.values():
        if node["resource_type"] == "seed":
            types = node["config"]["column_types"]
            listed = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in types.items())
            file = settings.profile / "reference" / f"{node['name']}.csv"
            query = f"select * from read_csv({quoted(str(file))}, header = true, columns = {{{listed}}})"
            found.append((node["schema"], node["alias"], query))
    return found


def _sources(nodes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (node["schema"], node["identifier"], f"select * from {node['schema']}.{node['identifier']}")
        for node in dbt.sources_read(nodes)
    ]


def _made_by_python(con: duckdb.DuckDBPyConnection, nodes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    models = {(node["schema"], node["alias"]) for node in nodes.values() if node["resource_type"] == "model"}
    found = con.execute(
        "select schema_name, table_name from duckdb_tables() where list_contains(?, schema_name) order by all",
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    return [(schema, name, f"select * from {schema}.{name}") for schema, name in found if (schema, name) not in models]


def _copy(con: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    described = con.execute(f"describe {query}").fetchall()
    columns = ", ".join(_AS.get(kind, "{}").format(f'"{name}"') + f' as "{name}"' for name, kind, *_ in described)
    con.execute(f"copy (select {columns} from ({query})) to {quoted(str(file))} (format parquet)")
