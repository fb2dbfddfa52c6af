"""dbt, in this process: one parse, one build, and what came of every node.

A subprocess for each call would pay dbt's imports again each time, which is most of the time of a short run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.errors import EnvironmentProblem
from orchestration.progress import report
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.versions import fingerprint_of

_FIRST_YEAR, _LAST_YEAR = 1985, 2045  # clock changes that the models know of
_SECOND = 1_000_000  # microseconds
# A daily run reads a little of much: without a limit the engine would keep every page it has read. Its queries are
# small and many: one core each, two at once, takes less memory than two cores each, and no longer.
_MEMORY, _MEMORY_OF_A_DAY = "4GB", "640MB"
_OUT_OF_MEMORY = "Out of Memory"  # how the engine says it
_RESULT_EVENTS = {"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"}


@dataclass
class DbtBuild:
    """What a `dbt build` did: raw result events (dbt's JSON log shape) and the nodes that did not succeed."""

    events: list[dict[str, Any]] = field(default_factory=list)
    failed_models: list[str] = field(default_factory=list)
    failed_tests: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)  # by model, seed or test: how long it took
    was_needed: bool = True  # False: every table stands as it is


def project_folder(settings: Settings) -> Path:
    """The dbt project as dbt sees it: links to `dbt_project/`, and beside them a copy of the profile's reference data.

    dbt writes what it ran to the seed's own path below its target folder. A seed path that leads out of the project
    makes it write there: an absolute one overwrites the reference data themselves. So seeds must lie inside.
    """
    folder = settings.build / "dbt_project"
    folder.mkdir(parents=True, exist_ok=True)
    for entry in DBT_PROJECT.iterdir():
        link = folder / entry.name
        if entry.name not in {"target", "logs", "seeds"} and not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(entry)
    return folder


def project_with_reference_data(settings: Settings) -> Path:
    """The same, with the profile's CSV files where dbt reads seeds. Raises EnvironmentProblem when it has none."""
    folder = project_folder(settings)
    source, target = settings.profile / "reference", folder / "seeds"
    if not source.is_dir():
        raise EnvironmentProblem(f"The profile {settings.profile} has no folder `reference` with its code lists.")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    return folder


def _clock_changes(settings: Settings) -> str:
    """The clock changes of the profile's time zone as JSON: [[first instant in UTC, seconds ahead of UTC], ...]."""
    from orchestration.landing import load_profile
    from orchestration.landing.times import clock_changes, first_offset

    zone = load_profile(settings.profile).time_zone
    changes = clock_changes(zone, _FIRST_YEAR, _LAST_YEAR)
    start = [f"{_FIRST_YEAR}-01-01 00:00:00", first_offset(zone, _FIRST_YEAR) // _SECOND]
    epoch = datetime(1970, 1, 1)
    later = [[str(epoch + timedelta(microseconds=change.at)), change.after // _SECOND] for change in changes]
    return json.dumps([start, *later])


def common_arguments(settings: Settings) -> list[str]:
    """What every dbt call of ours says, and the environment that it reads."""
    os.environ["OCC_BUILD_DB"] = str(settings.build_db)
    os.environ["OCC_CLOCK_CHANGES"] = _clock_changes(settings)
    target, project = str(settings.dbt_target), str(project_folder(settings))
    return [
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", target, "--log-path", target, "--no-version-check"),
        *("--log-level", "none", "--log-level-file", "none"),
    ]


_ARTEFACTS = ("manifest.json", "partial_parse.msgpack")
_BEING_WRITTEN, _PARSED_KEPT = ".writing-", 8


def manifest_path(settings: Settings) -> Path:
    """`manifest.json` of the models as they stand, written anew only when a file of the project or profile changed.

    What parsing wrote depends on code and profile only, so warehouses may share it: see `Settings.parsed_models`.
    Raises EnvironmentProblem when dbt cannot parse the project.
    """
    fingerprint = _fingerprint(settings)
    target = settings.dbt_target
    stamp = target / "manifest.fingerprint"
    if stamp.exists() and stamp.read_text() == fingerprint and all((target / name).exists() for name in _ARTEFACTS):
        return target / "manifest.json"
    target.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    project_with_reference_data(settings)
    shared = settings.parsed_models / fingerprint if settings.parsed_models else None
    if not (shared and _taken_over(shared, target)):
        _parse(settings)
        if shared:
            _share(target, shared)
    stamp.write_text(fingerprint)
    return target / "manifest.json"


def _fingerprint(settings: Settings) -> str:
    return f"{fingerprint_of(DBT_PROJECT, settings.profile)}-{version('dbt-core')}"


def _taken_over(shared: Path, target: Path) -> bool:
    """Whether others' parsed models are there, also while another process clears away what has long not been used."""
    try:
        os.utime(shared)
        _copy_artefacts(shared, target)
    except OSError:
        return False
    return True


def _copy_artefacts(source: Path, target: Path) -> None:
    for name in _ARTEFACTS:
        shutil.copyfile(source / name, target / name)


def _share(target: Path, shared: Path) -> None:
    """Written aside, then renamed: another process never reads half of it. Who comes second leaves the first's.

    A folder that cannot be written, as of a checkout of another user's, is left alone. The newest few are kept.
    """
    with suppress(OSError):
        shared.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=shared.parent, prefix=_BEING_WRITTEN) as folder:
            written = Path(folder) / "written"
            written.mkdir()
            _copy_artefacts(target, written)
            written.rename(shared)
        parsed = [path for path in shared.parent.iterdir() if not path.name.startswith(_BEING_WRITTEN)]
        for outlived in sorted(parsed, key=lambda path: path.stat().st_mtime, reverse=True)[_PARSED_KEPT:]:
            shutil.rmtree(outlived, ignore_errors=True)


def manifest_nodes(settings: Settings) -> dict[str, Any]:
    """Nodes and sources of the manifest by unique id, as dbt writes them."""
    return _nodes(manifest_path(settings), _fingerprint(settings))


@lru_cache(maxsize=1)
def _nodes(path: Path, _fingerprint: str) -> dict[str, Any]:
    manifest = json.loads(path.read_text())
    return {**manifest["nodes"], **manifest["sources"]}


def sources_read(nodes: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The sources that a model or test reads: of some there is only a description (publishing itself writes them)."""
    read = {parent for node in nodes.values() for parent in node.get("depends_on", {}).get("nodes", [])}
    return [
        nodes[unique_id] for unique_id in sorted(read & set(nodes)) if nodes[unique_id]["resource_type"] == "source"
    ]


def exposures(settings: Settings) -> dict[str, Any]:
    """Who reads what is published, by unique id, as the manifest has it."""
    said: dict[str, Any] = json.loads(manifest_path(settings).read_text())["exposures"]
    return said


def runner(manifest: Any, callbacks: Sequence[Callable[[Any], None]] = ()) -> Any:
    """What calls dbt once, on models that were parsed: parsing them takes ten seconds.

    dbt by itself parses all of them again wherever the environment that profiles.yml reads is another, as in every
    warehouse.
    """
    from dbt import compilation
    from dbt.cli.main import dbtRunner

    compilation.inject_ctes_into_sql = put_in_front
    return dbtRunner(manifest=manifest, callbacks=list(callbacks))


def fresh_manifest(settings: Settings) -> Any:
    """dbt's manifest object, fresh: a build writes compiled text into its nodes, and a second one would reuse it."""
    from dbt.contracts.graph.manifest import Manifest

    packed = manifest_path(settings).with_name("partial_parse.msgpack").read_bytes()
    manifest = Manifest.from_msgpack(packed)
    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            node.root_path = str(project_folder(settings))
    manifest.build_flat_graph()
    return manifest


def _parse(settings: Settings) -> None:
    from dbt.cli.main import dbtRunner

    report("reading the models")
    result = dbtRunner().invoke(["parse", *common_arguments(settings)])
    if not result.success:
        raise EnvironmentProblem(f"dbt cannot read the models in {DBT_PROJECT}: {result.exception}")


def build(settings: Settings, *, full_refresh: bool, exclude: Sequence[str] = ()) -> DbtBuild:
    """Build every model and run every data test on the build database.

    `full_refresh` makes every table from nothing. Unit tests judge our code on made-up rows and run in the test suite.
    A day whose models need more memory than a day should is built again with that of a full build: its tables are
    written by the units that were delivered, and come out the same however often.
    """
    how = ["--exclude", *exclude] if exclude else []
    if full_refresh:
        return _build(settings, ["--full-refresh", *how], _MEMORY, os.cpu_count() or 2)
    outcome = _build(settings, how, _MEMORY_OF_A_DAY, 1)
    if any(_OUT_OF_MEMORY in failure for failure in outcome.failed_models + outcome.failed_tests):
        report(f"building the warehouse again: {_MEMORY_OF_A_DAY} of memory were not enough")
        outcome = _build(settings, how, _MEMORY, 1)
    return outcome


def build_from_nothing(settings: Settings, *, target: str, manifest: Any, select: Sequence[str]) -> DbtBuild:
    """Build what is selected, or everything, on another target of profiles.yml, with every data test of it."""
    how = ["--full-refresh", "--target", target, *(["--select", *select] if select else [])]
    return _build(settings, how, _MEMORY, os.cpu_count() or 2, manifest)


_COMMENTS = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"  # and white space
_WITH = re.compile(rf"{_COMMENTS}with(?:\s+recursive)?\b\s*", re.IGNORECASE | re.DOTALL)


def put_in_front(sql: str, ctes: Sequence[Any]) -> str:
    """A query with the text of the ephemeral models that it reads put before its own CTEs, as dbt does.

    dbt's own function parses the whole query to find its first word: a fifth of the time of a small run.
    """
    if not ctes:
        return sql
    added = ", ".join(cte.sql for cte in ctes)
    found = _WITH.match(sql)
    if found is None:
        return f"with{added} {sql}"
    return f"{found[0]}{added}, {sql[found.end() :]}"


def _build(settings: Settings, how: list[str], memory: str, cores: int, manifest: Any = None) -> DbtBuild:
    from google.protobuf.json_format import MessageToDict

    not_built = {"operation", "analysis", "source"}
    total = sum(1 for node in manifest_nodes(settings).values() if node["resource_type"] not in not_built)
    outcome = DbtBuild()

    def on_event(event: Any) -> None:
        if event.info.name not in _RESULT_EVENTS:
            return
        raw = MessageToDict(event, preserving_proto_field_name=True)
        outcome.events.append(raw)
        report("building the warehouse", len(outcome.events), total)

    os.environ["OCC_BUILD_MEMORY"], os.environ["OCC_BUILD_CORES"] = memory, str(cores)
    # Without the manifest written again: the one that was parsed stands, and `DbtBuild` holds the results.
    arguments = ["build", *common_arguments(settings), "--exclude-resource-type", "unit_test", "--no-write-json", *how]
    try:
        result = runner(manifest or fresh_manifest(settings), [on_event]).invoke(arguments)
    finally:
        release_connections()
    if result.exception is not None:
        raise EnvironmentProblem(f"dbt could not run: {result.exception}")
    for node in result.result.results:
        status, name = str(node.status), node.node.unique_id
        outcome.seconds[name] = float(node.execution_time)
        if status in {"error", "skipped"} and node.node.resource_type != "test":
            outcome.failed_models.append(f"{name}: {node.message or 'a model before it failed'}")
        elif status in {"error", "fail"}:
            outcome.failed_tests.append(f"{name}: {node.message or status}")
    return outcome


def release_connections() -> None:
    """Let go of the build database: other parts of this process open it with settings of their own."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def main() -> None:
    """Parse the models for all warehouses to come: a fresh checkout then starts as fast as any (`make install`)."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment(warehouse=Path(folder))
        settings.export()
        manifest_path(settings)


if __name__ == "__main__":
    main()
