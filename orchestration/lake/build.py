"""Building the same models into the lake: everything, which makes a generation, or some rooms of it.

Models are built from nothing: a day's cost is what runs on one machine are for. What the quality rules and the analyses
found goes along as the generation that is out has it: they are judged where deliveries are taken in.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.errors import AuditStopped, EnvironmentProblem, UsageProblem
from orchestration.lake import place, plugin, snapshots
from orchestration.lake.place import NAME, Lake
from orchestration.landing.erasures import read_erasures
from orchestration.progress import report
from orchestration.publish import publish_log
from orchestration.publish.generation import quoted
from orchestration.settings import Settings
from orchestration.warehouse import dbt

_LANDING = "landing"
_BUILT = ("model", "seed", "snapshot")


@dataclass
class LakeBuild:
    """What a build did."""

    generation: str | None  # the name it has in the lake; none where only some rooms were built
    rooms: list[str]
    models: int  # seeds among them


def build(settings: Settings, rooms: Sequence[str] = ()) -> LakeBuild:
    """Build these rooms (schemas), or all; several builds may run at once where they write different rooms.

    Readers of a generation notice nothing. Raises WarehouseLocked, AuditStopped when a model or a test failed: then the
    lake's tables may stand half-new, and its generations as they were.
    """
    lake = place.lake_of(settings)
    if not (settings.warehouse / "landing" / "registry").is_dir():
        raise EnvironmentProblem(f"Nothing has been taken in to {settings.warehouse} yet. Run: occ run")
    nodes = dbt.manifest_nodes(settings)
    known = sorted({node["schema"] for node in nodes.values() if _goes_into_the_lake(node)})
    if unknown := set(rooms) - set(known):
        raise UsageProblem(f"{min(unknown)} is no room of the lake; its rooms are {', '.join(known)}.")
    written = [room for room in known if room in rooms or not rooms]
    with place.writing(lake, written), publish_log.recording(settings, "ducklake", lake.address) as entry:
        erasures = [erasure.erasure_id for erasure in read_erasures(settings.warehouse / "landing")]
        name = _hand_over(settings, lake, nodes, known, written)
        outcome = dbt.build_from_nothing(
            settings,
            target="ducklake",
            manifest=_into_the_lake(dbt.fresh_manifest(settings)),
            select=[f"config.schema:{room}" for room in rooms],
        )
        if failed := outcome.failed_models + outcome.failed_tests:
            listed = "\n".join(f"  - {problem}" for problem in failed)
            raise AuditStopped(f"The lake has no new generation: models could not be built as they must be.\n{listed}")
        if not rooms:
            _finish(settings, lake, nodes, name, erasures)
            entry.generation = name
        entry.tables = sum(each.partition(".")[0] in _BUILT for each in outcome.seconds)
        entry.note = ", ".join(written)
    return LakeBuild(None if rooms else name, written, entry.tables)


def _goes_into_the_lake(node: Mapping[str, Any]) -> bool:
    is_made = node["resource_type"] in _BUILT and node["config"]["materialized"] != "ephemeral"
    return is_made or _is_handed_over(node)


def _is_handed_over(node: Mapping[str, Any]) -> bool:
    """What models read and Python makes."""
    return bool(node["resource_type"] == "source" and node["schema"] != _LANDING)


def _into_the_lake(manifest: Any) -> Any:
    """Models parsed for one database, told that they stand in two: what was landed, and the lake."""
    for node in manifest.nodes.values():
        node.database = NAME
    for source in manifest.sources.values():
        source.database = "memory" if source.schema == _LANDING else NAME
    manifest.build_flat_graph()
    return manifest


def _hand_over(
    settings: Settings, lake: Lake, nodes: Mapping[str, Any], schemas: Sequence[str], rooms: Sequence[str]
) -> str:
    """Put what Python made into these rooms, as the generation that is out has it; the name of the one to come."""
    report("handing over what models do not make")
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as con:
        plugin.tell_what_was_landed(con, settings)
        place.attach(con, lake, schemas=schemas)
        published = _attach_published(con, settings)
        models = {f"{node['schema']}.{node['alias']}" for node in nodes.values() if node["resource_type"] in _BUILT}
        read = {f"{node['schema']}.{node['identifier']}" for node in dbt.sources_read(nodes) if _is_handed_over(node)}
        con.execute("begin")
        for table in sorted((published - models) | read):
            if table.partition(".")[0] in rooms:
                source = "published" if table in published else "memory"  # empty there, before anything is published
                con.execute(f"create or replace table {NAME}.{table} as from {source}.{table}")
        con.execute("commit")
        return str(con.execute("select generation from memory.landing.run").fetchall()[0][0])


def _attach_published(con: duckdb.DuckDBPyConnection, settings: Settings) -> set[str]:
    """The generation that is out as `published`; its tables, as `schema.name`."""
    if not settings.current_db.exists():
        return set()
    con.execute(f"attach {quoted(str(settings.current_db.resolve()))} as published (read_only)")
    return {
        row[0]
        for row in con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
    }


def _finish(settings: Settings, lake: Lake, nodes: Mapping[str, Any], name: str, erasures: Sequence[str]) -> None:
    """Describe tables and columns in the lake, name the generation, let go of those that have had their time."""
    report("naming the generation")
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as con:
        place.attach(con, lake)
        con.execute("begin")
        _describe(con, nodes)
        snapshots.mark(con, name, getpass.getuser(), erasures)
        con.execute("commit")
        snapshots.let_go(con, keep=settings.keep_generations, erasures=erasures)


def _describe(con: duckdb.DuckDBPyConnection, nodes: Mapping[str, Any]) -> None:
    for node in nodes.values():
        if not _goes_into_the_lake(node) or not node["description"]:
            continue
        kind = "view" if node["config"].get("materialized") == "view" else "table"
        table = f"{NAME}.{node['schema']}.{node.get('identifier') or node['alias']}"
        con.execute(f"comment on {kind} {table} is {quoted(node['description'].strip())}")
