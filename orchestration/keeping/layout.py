"""How a warehouse is laid out on disk, and how one of an older layout is carried on.

`<warehouse>/layout.json` notes the layout's number and the stored columns of each export. What belongs here: comparing
that note with what today's code stores, and bringing the landing store up to date. The build database and the published
generations need no migration: a run of new code builds both from the landing store.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import EnvironmentProblem
from orchestration.landing.contracts import Profile
from orchestration.landing.registry import QUARANTINE_SCHEMA, REGISTRY_SCHEMA
from orchestration.landing.shapes import load_shapes
from orchestration.landing.store import sync_file
from orchestration.publish.generation import quoted
from orchestration.settings import Settings

LAYOUT = 1  # where things lie; a new column needs no new number
NOTE = "layout.json"
_SQL_OF_ARROW = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "bool": "BOOLEAN",
    "date32[day]": "DATE",
    "timestamp[us, tz=UTC]": "TIMESTAMP WITH TIME ZONE",
}
_Columns = dict[str, str]  # name to DuckDB type


def bring_up_to_date(settings: Settings, profile: Profile) -> list[str]:
    """Carry the landing store on to today's columns; what was changed, in words. Call it with the lock held.

    Files stored before a column was known get it without values: what was not stored is not known. A kill in between
    leaves whole files, and the next call goes on. Raises EnvironmentProblem for a warehouse of a newer layout, or one
    whose stored columns have another type today.
    """
    if said := problem(settings):
        raise EnvironmentProblem(said)
    noted = _noted(settings.warehouse).get("columns", {})
    wanted = _wanted(profile)
    changed = [
        line
        for folder, columns in wanted.items()
        if noted.get(folder) != columns
        for line in _add_columns(settings.warehouse / "landing" / folder, columns)
    ]
    if {**noted, **wanted} != noted:
        _write_note(settings.warehouse, {**noted, **wanted})
    return changed


def problem(settings: Settings) -> str:
    """Why this program must leave a warehouse alone, and what to do; empty when it need not. Changes nothing."""
    layout = _noted(settings.warehouse).get("layout", LAYOUT)
    if layout == LAYOUT:
        return ""
    return (
        f"The warehouse {settings.warehouse} has layout {layout}, and this version of the program knows {LAYOUT}. Use "
        "the version that made it, or land the files into another folder: occ run --warehouse <folder>. Nothing was "
        "changed."
    )


def _wanted(profile: Profile) -> dict[str, _Columns]:
    """Folder of the landing store to the columns that today's code stores in it."""
    shapes = load_shapes()
    own = {"registry": REGISTRY_SCHEMA, "quarantine": QUARANTINE_SCHEMA}
    return {
        **{export: shapes[export].stored_columns() for export in sorted(profile.exports)},
        **{folder: {field.name: _SQL_OF_ARROW[str(field.type)] for field in schema} for folder, schema in own.items()},
    }


def _add_columns(folder: Path, columns: _Columns) -> list[str]:
    """Rewrite the files of a folder that lack a column, each by rename."""
    changed = []
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for path in sorted(folder.glob("*.parquet")):
            file = f"read_parquet({quoted(str(path))}, hive_partitioning = false)"
            stored = {row[0]: row[1] for row in con.execute(f"describe select * from {file}").fetchall()}
            retyped = [name for name in columns if stored.get(name, columns[name]) != columns[name]]
            if retyped:
                raise EnvironmentProblem(
                    f"{path} holds {retyped[0]} as {stored[retyped[0]]}; this version of the program stores it as "
                    f"{columns[retyped[0]]}. Land the files into another folder: occ run --warehouse <folder>."
                )
            missing = [name for name in columns if name not in stored]
            if missing:
                added = ", ".join(f"null::{columns[name]} as {name}" for name in missing)
                temporary = path.with_name(f".{path.name}.tmp")
                target = f"{quoted(str(temporary))} (format parquet, compression snappy)"
                con.execute(f"copy (select *, {added} from {file}) to {target}")
                sync_file(temporary)
                temporary.replace(path)
                changed.append(f"{folder.name}/{path.name}: {', '.join(missing)} added, without values")
    return changed


def _noted(warehouse: Path) -> dict[str, Any]:
    """The note; empty where there is none or it is spoiled: then every stored file is looked at once."""
    try:
        noted = json.loads((warehouse / NOTE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _write_note(warehouse: Path, columns: dict[str, _Columns]) -> None:
    temporary = warehouse / f".{NOTE}.tmp"
    temporary.write_text(json.dumps({"layout": LAYOUT, "columns": columns}, indent=1), encoding="utf-8")
    temporary.replace(warehouse / NOTE)
