"""One build of all models on Spark, from nothing: handed over, built in the engine's own environment, and made current.

What is written: `<to>/<generation>/<schema>/<table>/*.parquet` of everything published, `generation.json` beside it
last, and a link `<to>/current`. A build that fails leaves nothing and moves nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from orchestration.errors import AuditStopped, EnvironmentProblem, UsageProblem
from orchestration.progress import report
from orchestration.publish.generation import PUBLISHED_SCHEMAS
from orchestration.settings import PROJECT, Settings
from orchestration.spark import handover
from orchestration.versions import code_version
from orchestration.warehouse import dbt
from orchestration.warehouse.lock import writing
from orchestration.warehouse.steps import build_database

INSIDE = Path(__file__).with_name("inside.py")
_LOCAL_PARTITIONS = "4"  # of a shuffle; Spark's own 200 suit a cluster, and are 200 tasks for the smallest table
_SHOWN = 5  # failures named; the others are counted


class Engine(StrEnum):
    """What can run the models: Spark itself, or Sail, an engine of one process that speaks Spark's protocol."""

    spark = "spark"
    sail = "sail"


@dataclass(frozen=True)
class Target:
    """Where and how to build."""

    engine: Engine = Engine.spark
    master: str = "local[*]"  # Spark's: local[*], local-cluster[2,1,1024], spark://..., yarn, k8s://...
    remote: str = ""  # sc://host:port of a Spark Connect server, instead of a master
    conf: Mapping[str, str] = field(default_factory=dict)
    to: str = ""  # a folder, or an address that the engine can write to; empty is `<warehouse>/spark`
    format: str = "parquet"  # or delta


@dataclass(frozen=True)
class Built:
    """What was written, and how long each model and test took."""

    generation: str
    location: str
    seconds: dict[str, float]


def build(settings: Settings, target: Target) -> Built:
    """Build everything that the newest run has taken in; `published/` is not touched.

    Holds the warehouse for writing meanwhile. Raises UsageProblem before the first run, EnvironmentProblem when the
    engine's environment is not installed or does not start, AuditStopped when a model or test failed.
    """
    python = environment(settings, target.engine)
    with writing(settings):
        if not settings.build_db.exists():
            raise UsageProblem(f"Nothing was taken in yet. Run: occ run --warehouse {settings.warehouse}")
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        work = settings.build / "spark"
        to = f"{target.to.rstrip('/') or settings.warehouse / 'spark'}/{name}"
        report("handing over to the engine")
        nodes = dbt.manifest_nodes(settings)
        with build_database(settings) as con:
            tables = handover.write(settings, con, nodes, work / "handover")
        request = _request(settings, target, tables, work, to)
        try:
            seconds = _run(python, request, work, len(nodes))
            if "://" not in to:
                _make_current(Path(to), settings, seconds)
        except BaseException:
            if "://" not in to:
                shutil.rmtree(to, ignore_errors=True)
            raise
        finally:
            for left in ("handover", "scratch", "metastore_db"):
                shutil.rmtree(work / left, ignore_errors=True)
    return Built(name, to, seconds)


def local_folder(built: Built) -> Path:
    """Where the tables of a build lie, on this machine."""
    return Path(built.location)


def environment(settings: Settings, engine: Engine) -> Path:
    """The interpreter of the engine's own environment. Raises EnvironmentProblem where it is not installed."""
    python = (settings.spark_environment or PROJECT / f".venv-{engine}") / "bin" / "python"
    if not python.exists():
        raise EnvironmentProblem(
            f"The environment of {engine} is not installed: {python} is not there. Run: make venv-{engine}"
        )
    return python


def _request(settings: Settings, target: Target, tables: list[handover.Table], work: Path, to: str) -> dict[str, Any]:
    settings.export()
    project = str(dbt.project_with_reference_data(settings))
    scratch = f"{to}/_scratch" if "://" in to else str(work / "scratch")
    shutil.rmtree(work / "scratch", ignore_errors=True)
    arguments = [
        *("build", "--full-refresh", "--target", "spark", "--exclude-resource-type", "unit_test", "seed"),
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", str(work / "dbt"), "--log-path", str(work / "dbt"), "--no-version-check"),
        *("--log-level", "none", "--log-level-file", "none"),
    ]
    return {
        "engine": str(target.engine),
        "remote": target.remote,
        "conf": {**_conf(target, scratch), **target.conf},
        "tables": [asdict(table) for table in tables],
        "to": to,
        "format": target.format,
        "published": list(PUBLISHED_SCHEMAS),
        "dbt": arguments,
        "environment": {
            "OCC_SPARK_TABLES": to if target.format == "parquet" else f"{scratch}/published",
            "OCC_SPARK_SCRATCH": scratch,
        },
    }


def _conf(target: Target, scratch: str) -> dict[str, str]:
    """What the models stand on, whatever the engine; and for Spark itself where it runs."""
    conf = {"spark.sql.session.timeZone": "UTC"}
    if target.engine == Engine.sail:
        return conf
    conf |= {
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # the default is a type that is on its way out
        "spark.sql.ansi.enabled": "true",
    }
    if target.remote:
        return conf
    conf |= {
        "spark.master": target.master,
        "spark.app.name": "occ build",
        "spark.sql.warehouse.dir": f"{scratch}/warehouse",
        # Tables are found again by their folders: a build needs its catalogue no longer than it runs.
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if target.master.startswith("local"):
        conf |= {"spark.sql.shuffle.partitions": _LOCAL_PARTITIONS, "spark.driver.host": "127.0.0.1"}
    return conf


def _run(python: Path, request: Mapping[str, Any], work: Path, total: int) -> dict[str, float]:
    """Run the engine's process to its end; seconds by node. What it says beside its events is kept in engine.log."""
    work.mkdir(parents=True, exist_ok=True)
    asked, log = work / "request.json", work / "engine.log"
    asked.write_text(json.dumps(request))
    seconds: dict[str, float] = {}
    failures: list[str] = []
    # -P: the folder of the script holds modules of this project, which are none of the engine's.
    command = [str(python), "-P", str(INSIDE), str(asked)]
    surroundings = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=surroundings, cwd=work
        ) as process,
    ):
        assert process.stdout is not None
        for event in _events(process.stdout):
            if event["event"] == "node":
                seconds[event["name"]] = event["seconds"]
                report("building on the engine", len(seconds), total)
            elif event["event"] == "failed":
                failures.append(f"{event['name']}: {event['message'].strip()}")
    if failures:
        more = f"\nand {len(failures) - _SHOWN} more" if len(failures) > _SHOWN else ""
        raise AuditStopped("Nothing was made current: " + "\n".join(failures[:_SHOWN]) + more)
    if process.returncode:
        raise EnvironmentProblem(f"The engine ended with {process.returncode}. What it said is in {log}.")
    return seconds


def _events(lines: Iterator[str] | Any) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith('{"event"'):
            yield json.loads(line)


def _make_current(folder: Path, settings: Settings, seconds: Mapping[str, float]) -> None:
    described = {
        "generation": folder.name,
        "code_version": code_version(settings),
        "tables": sorted(
            f"{table.parent.name}.{table.name}"
            for schema in PUBLISHED_SCHEMAS
            for table in (folder / schema).glob("*")
            if table.is_dir()
        ),
        "seconds": dict(seconds),
    }
    (folder / "generation.json").write_text(json.dumps(described, indent=1))
    pointer = folder.parent / ".current.new"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(folder.name)
    before = (folder.parent / "current").resolve()
    pointer.replace(folder.parent / "current")
    for older in folder.parent.glob("2*T*Z"):  # whoever still reads the one before goes on reading it
        if older not in {folder, before}:
            shutil.rmtree(older, ignore_errors=True)
