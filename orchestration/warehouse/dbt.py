"""dbt, in this process: one parse, one build, and what came of every node.

A subprocess for each call would pay dbt's imports again each time, which is most of the time of a short run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.errors import EnvironmentProblem
from orchestration.progress import report
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.versions import fingerprint_of

_RESULT_EVENTS = {"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"}


@dataclass
class DbtBuild:
    """What a `dbt build` did: raw result events (dbt's JSON log shape) and the nodes that did not succeed."""

    events: list[dict[str, Any]] = field(default_factory=list)
    failed_models: list[str] = field(default_factory=list)
    failed_tests: list[str] = field(default_factory=list)


def _common_arguments(settings: Settings) -> list[str]:
    target = str(settings.dbt_target)
    return [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", target, "--log-path", target, "--log-level", "none", "--no-version-check"),
    ]


def manifest_path(settings: Settings) -> Path:
    """The manifest of the models as they stand, parsed anew only when a file of the project or profile changed.

    Raises EnvironmentProblem when dbt cannot parse the project.
    """
    path = settings.dbt_target / "manifest.json"
    stamp = settings.dbt_target / "manifest.fingerprint"
    fingerprint = fingerprint_of(DBT_PROJECT, settings.profile)
    if path.exists() and stamp.exists() and stamp.read_text() == fingerprint:
        return path
    from dbt.cli.main import dbtRunner

    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    report("reading the models")
    result = dbtRunner().invoke(["parse", *_common_arguments(settings)])
    if not result.success:
        raise EnvironmentProblem(f"dbt cannot read the models in {DBT_PROJECT}: {result.exception}")
    stamp.write_text(fingerprint)
    return path


@cache
def _manifest_nodes(path: Path, _modified: int) -> dict[str, Any]:
    return dict(json.loads(path.read_text())["nodes"])


def manifest_nodes(settings: Settings) -> dict[str, Any]:
    """Nodes of the manifest by unique id, as dbt writes them."""
    path = manifest_path(settings)
    return _manifest_nodes(path, path.stat().st_mtime_ns)


def build(settings: Settings, *, full_refresh: bool, exclude: Sequence[str] = ()) -> DbtBuild:
    """Build every model and run every data test on the build database.

    `full_refresh` makes every table from nothing. Unit tests judge our code on made-up rows and run in the test suite.
    """
    from dbt.cli.main import dbtRunner
    from google.protobuf.json_format import MessageToDict

    os.environ["OCC_BUILD_DB"] = str(settings.build_db)
    total = sum(1 for node in manifest_nodes(settings).values() if node["resource_type"] != "operation")
    outcome = DbtBuild()

    def on_event(event: Any) -> None:
        if event.info.name not in _RESULT_EVENTS:
            return
        raw = MessageToDict(event, preserving_proto_field_name=True)
        outcome.events.append(raw)
        report("building the warehouse", len(outcome.events), total)

    arguments = ["build", *_common_arguments(settings), "--exclude-resource-type", "unit_test"]
    if full_refresh:
        arguments.append("--full-refresh")
    if exclude:
        arguments += ["--exclude", *exclude]
    try:
        result = dbtRunner(callbacks=[on_event]).invoke(arguments)
    finally:
        release_connections()
    if result.exception is not None:
        raise EnvironmentProblem(f"dbt could not run: {result.exception}")
    for node in result.result.results:  # type: ignore[union-attr]
        status, name = str(node.status), node.node.unique_id
        if status in {"error", "skipped"} and node.node.resource_type != "test":
            outcome.failed_models.append(f"{name}: {node.message or 'a model before it failed'}")
        elif status in {"error", "fail"}:
            outcome.failed_tests.append(f"{name}: {node.message or status}")
    return outcome


def release_connections() -> None:
    """Let go of the build database: other parts of this process open it with settings of their own."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
