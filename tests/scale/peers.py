"""The same work on other engines, in the same run: who is quicker, and by how much.

The work is a well-defined part of what the pipeline does, which every engine can do: read all files of the two largest
kinds of export (`acd_segments`, `saab_incidents`) with every column in its contract's type into two tables of the
engine's own; collapse segments to calls, with outcome and wait as `marts.md` fixes them; keep the newest row of each
incident; and count by month, line and area: calls presented, offered, answered, answered in time, mean, median and
ninth decile of the wait; incidents created. Every figure must equal the one that the pipeline publishes.

What the pipeline does beyond that (the other ten exports, quarantine, tokens, provenance, checks, increments,
publishing) no peer does. chdb and Spark run in environments of their own, made below the bench's folder from a package
registry.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT
from tests.floor.bench import stages_of
from tests.floor.exports import day_of, files_below
from tests.floor.floor import REFERENCE
from tests.floor.measuring import CommandFailed, measure

from .shift import read_export
from .site import Site, cost_of
from .steps import Found, Steps

ENGINES = Path(__file__).parent / "engines"
# Each engine's environment: that of the project, or packages of exact versions for one of its own.
PEERS: dict[str, tuple[str, ...]] = {
    "duckdb": (),
    "polars": (),
    "pandas": (),
    "chdb": ("chdb==4.1.9", "pandas==3.1.1", "pyarrow==26.0.1"),
    "postgres": (),
    "spark": ("pyspark==4.0.1",),
}
Say = Callable[[str], None]


def measure_all(files: Path, site: Site, work: Path, steps: Steps, say: Say) -> Found:
    """Every peer on the files that the site's full run read; who could not be measured, and why."""
    task = _task(site, work / "exports", work)
    published = steps.once(f"{site.name}: indicators", dict)
    found: Found = {"files": len(task["segments"]) + len(task["incidents_5"]) + len(task["incidents_6"])}
    found["figures"] = len(published)
    found["engines"] = {}
    for name in PEERS:
        take = partial(_measure, name, task, work, published, say)
        try:
            found["engines"][name] = steps.once(f"peer {name}", take)
        except (CommandFailed, subprocess.CalledProcessError, OSError) as error:
            say(f"{name} is left out: {error}")
            found["engines"][name] = {"left_out": str(error).strip().splitlines()[-1][:200]}
    own = found["engines"]["duckdb"]
    for engine in found["engines"].values():
        if "seconds" in engine and "seconds" in own:
            engine["ratio"] = round(engine["seconds"] / own["seconds"], 2)
            engine["ratio_cpu"] = round(engine["cpu_seconds"] / own["cpu_seconds"], 2)
    return found


def _measure(name: str, task: dict[str, Any], work: Path, published: dict[str, float], say: Say) -> Found:
    python = str(_environment(name, PEERS[name], work)) if PEERS[name] else sys.executable
    scratch = work / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    told, out = work / "task.json", work / f"{name}.json"
    told.write_text(json.dumps({**task, "scratch": str(scratch)}))
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "POLARS_MAX_THREADS": str(task["threads"])}
    os.sync()
    found = measure([python, str(ENGINES / f"on_{name}.py"), str(told), str(out)], environment, PROJECT)
    shutil.rmtree(scratch, ignore_errors=True)
    differing = different(json.loads(out.read_text()), published)
    cost = cost_of(found)
    said = (
        "all figures equal the published ones" if not differing else f"{len(differing)} figures differ: {differing[:3]}"
    )
    say(f"{name}: {cost['seconds']:.1f} s, {cost['cpu_seconds']:.1f} CPU seconds, {cost['peak_mb']:,} MB; {said}")
    return {**cost, "stages": stages_of(found), "differing": len(differing), "first_differing": differing[:3]}


def different(answer: dict[str, float], published: dict[str, float]) -> list[str]:
    """Figures that are not the published ones, or that one side lacks."""
    return [
        f"{name}: {answer.get(name)}, published {published.get(name)}"
        for name in sorted(answer.keys() | published.keys())
        if name not in answer or name not in published or abs(answer[name] - published[name]) > 1e-6
    ]


def _environment(name: str, packages: tuple[str, ...], work: Path) -> Path:
    """The Python of an engine's own environment, made where it is not there."""
    folder = work / "environments" / name
    python = folder / "bin" / "python"
    wanted = " ".join(packages)
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        uv = str(Path(sys.executable).parent / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        command = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *packages]
        subprocess.run(command, check=True, cwd=work)
        stamp.write_text(wanted)
    return python


def _task(site: Site, exports: Path, work: Path) -> dict[str, Any]:
    """What the peers are told: files by layout, and the reference data that the collapse needs."""
    shutil.rmtree(exports, ignore_errors=True)
    exports.mkdir(parents=True)
    for path in site.history():
        if path.name.startswith(("acd_segments_", "saab_incidents_")):
            os.link(path, exports / path.name)
    incidents: dict[str, list[str]] = {"5": [], "6": []}
    segments = []
    for path in sorted(files_below(exports)):
        if path.name.startswith("acd_segments_"):
            segments.append((str(path), day_of(path.name).isoformat()))
        else:
            incidents["5" if read_export(path).startswith(b"INC_REF") else "6"].append(str(path))
    return {
        "segments": segments,
        "incidents_5": incidents["5"],
        "incidents_6": incidents["6"],
        "measuring": [(row["line"], row["queue"]) for row in _reference("measuring_queues") if row["queue"] != "*"],
        "outcomes": {row["code"]: row["call_outcome"] for row in _reference("dispositions") if row["call_outcome"]},
        "admin_categories": [row["code"] for row in _reference("categories") if row["is_admin"] == "true"],
        "threads": len(os.sched_getaffinity(0)),
    }


def _reference(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))
