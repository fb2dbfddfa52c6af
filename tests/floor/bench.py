"""How long the pipeline takes, beside the floor, on one force-year: `make bench`.

A clean force-year of exports and the day after it are made once and kept. Then are measured, each in processes of its
own: the floor of the year, `occ run` on the year into a new warehouse, on the new day on top of it, and with nothing
new; all quality rules on the new day and on everything, beside the same as plain SQL; the quality report; the tiles of
a dashboard; how long the command and the code location take to start. A run is measured twice over: until its
generation is out (built, checked, published: what the limits are about), and whole, with the pages that are written
afterwards. The warehouse is put back as it was before each new day. Prints a table and writes `build/bench.json`.

    python -m tests.floor.bench [--quick] [--parts day noop]

    --quick: a fiftieth of a force, a month, every part once. --parts: some only, into `build/bench-parts.json`, for
    figures of different runs never stand in one table; what a part starts from is made if it is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.generation import current
from orchestration.settings import PROJECT, Settings
from orchestration.versions import code_version

from .exports import (
    Stretch,
    copy_with_links,
    environment_of,
    files_below,
    link_files,
    make_exports,
    quick_month,
    settings_of,
    whole_year,
)
from .measuring import CommandFailed, Measured, measure

SECONDS_AT_MOST = 25 * 60
FACTS = ("fct_calls", "fct_call_segments", "fct_incidents", "fct_incident_events", "fct_resource_statuses")
SECONDS_BESIDE_FLOORS = 20  # of what a full run costs however little it reads
STARTS = 5
SLOWEST = 15  # models and tests listed
OCC = ("-m", "orchestration.cli")
OCC_RUN = (*OCC, "run")
# What a code server does before it answers: import the module, resolve every asset, job and sensor.
LOAD_LOCATION = "from orchestration.definitions import defs; defs.get_repository_def().load_all_definitions()"


@dataclass
class Bench:
    """One bench: the exports, how often, what was measured so far, and since when."""

    stretch: Stretch
    repeats: int
    seconds_at_most: float
    rules_on: tuple[str, ...] = ("day", "year")
    started: float = field(default_factory=time.perf_counter)
    measured: dict[str, list[Measured]] = field(default_factory=dict)
    load_before: float = field(default_factory=lambda: round(os.getloadavg()[0], 2))
    slowest: dict[str, dict[str, float]] = field(default_factory=dict)  # models and tests, of the last run of each kind
    published_bytes: dict[str, int] = field(default_factory=dict)  # by the last new day
    dashboards: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        work = self.stretch.work
        return settings_of(self.stretch.landing, work / "warehouse", work / "token.key")

    @property
    def kept(self) -> Path:
        """The warehouse after the full run."""
        return self.stretch.work / "warehouse_kept"

    def say(self, text: str) -> None:
        print(f"{time.perf_counter() - self.started:7.0f} s  {text}", flush=True)

    def run(self, name: str, command: Sequence[str]) -> Measured:
        """Run and measure a command of the project without keeping what it cost."""
        result = run_measured(self.settings, command)
        until = f", published after {result.marked.wall_seconds:.1f} s" if result.marked else ""
        cost = f"{result.wall_seconds:.1f} s, {result.cpu_seconds:.1f} CPU seconds, {result.peak_mb:,.0f} MB"
        self.say(f"{name}: {cost}{until}")
        return result

    def measure(self, name: str, command: Sequence[str]) -> Measured:
        result = self.run(name, command)
        self.measured.setdefault(name, []).append(result)
        return result

    def has_time_for(self, seconds: float) -> bool:
        return time.perf_counter() - self.started + seconds < self.seconds_at_most

    def again(self, name: str) -> bool:
        """Whether a further one of what was just measured fits into half of the time that is left."""
        last = self.measured[name][-1].wall_seconds
        if self.has_time_for(2 * last):
            return True
        self.say(f"{name}: no time for another one")
        return False

    def median(self, name: str, what: Callable[[Measured], float]) -> float:
        return round(statistics.median(what(each) for each in self.measured[name]), 2)


def run_measured(settings: Settings, command: Sequence[str]) -> Measured:
    """Run and measure a command of the project on a warehouse, and note when its generation was out."""
    os.sync()  # what was written before is not this command's to wait for
    pointer = settings.published / "current"
    return measure(
        [sys.executable, *command],
        environment_of(settings),
        PROJECT,
        lambda: pointer.readlink() if pointer.is_symlink() else None,
    )


# --- parts ----------------------------------------------------------------------------------------------------------
def measure_start(bench: Bench) -> None:
    """The command, and the code location, each several times: they are short."""
    bench.run("starting once, unmeasured", ["-c", LOAD_LOCATION])  # models are parsed once per code, not per start
    for _ in range(STARTS if bench.repeats > 1 else 1):
        bench.measure("help", [*OCC, "--help"])
    for _ in range(bench.repeats):
        bench.measure("location", ["-c", LOAD_LOCATION])


def measure_floor(bench: Bench) -> None:
    target = bench.stretch.work / "floor.duckdb"
    for _ in range(bench.repeats):
        bench.measure("floor", ["-m", "tests.floor.floor", str(bench.stretch.files), str(target)])
    target.unlink()


def measure_full_run(bench: Bench) -> None:
    """At least once; a second time where it leaves time for the rest."""
    for number in range(min(bench.repeats, 2)):
        if number and not bench.has_time_for(4 * bench.measured["full"][0].wall_seconds):
            bench.say("full: no time for a second one")
            break
        _full_run(bench, bench.measure)
        bench.slowest["full"] = model_seconds(bench.settings, SLOWEST)
    _keep(bench)


def measure_new_day(bench: Bench) -> None:
    _have_full(bench)
    for number in range(bench.repeats):
        if number and not bench.again("day"):
            break
        before = _put_back(bench)
        bench.measure("day", OCC_RUN)
        assert _newest(bench) != before, "the new day published nothing"
        bench.slowest["day"] = model_seconds(bench.settings, SLOWEST)
        bench.published_bytes = published_bytes(_newest(bench), before)


def measure_rules(bench: Bench) -> None:
    """On the build database as the run on the new day left it: the day's rows, then all of them."""
    _have_day(bench)
    rules = ["-m", "tests.floor.rules_as_sql", str(bench.settings.build_db)]
    for extent in bench.rules_on:
        for number in range(bench.repeats if extent == "day" else 1):
            if number and not bench.again(f"rules_{extent}"):
                break
            bench.measure(f"rules_{extent}", [*rules, extent, "--engine"])
            bench.measure(f"plain_rules_{extent}", [*rules, extent])


def measure_report(bench: Bench) -> None:
    """The quality report of the year, with half a year of weekly results behind it."""
    from tests.reports.long_history import prepare

    _have_day(bench)
    folder = bench.stretch.work / "report"
    for _ in range(bench.repeats):
        shutil.rmtree(folder, ignore_errors=True)
        prepare(bench.settings.warehouse, folder / "warehouse")
        where = ["--warehouse", str(folder / "warehouse"), "--out", str(folder / "pages")]
        bench.measure("report", [*OCC, "report", "quality", *where])
    shutil.rmtree(folder)


def measure_nothing_new(bench: Bench) -> None:
    _have_day(bench)
    before = _newest(bench)
    for _ in range(bench.repeats):
        bench.measure("noop", OCC_RUN)
    assert _newest(bench) == before, "nothing was new, yet something was published"


def measure_dashboards(bench: Bench) -> None:
    """The tiles of a dashboard, asked in this process, on the year with the new day on top."""
    from .dashboards import measure as measure_tiles

    _have_day(bench)
    bench.dashboards = measure_tiles(bench.settings.current_db, repeats=20 if bench.repeats > 1 else 2)
    bench.say(f"dashboards: p95 {bench.dashboards['dashboard_p95_ms']:.0f} ms")


PARTS: dict[str, Callable[[Bench], None]] = {
    "start": measure_start,
    "floor": measure_floor,
    "full": measure_full_run,
    "day": measure_new_day,
    "rules": measure_rules,
    "report": measure_report,
    "noop": measure_nothing_new,
    "dashboards": measure_dashboards,
}


# --- what a part starts from ----------------------------------------------------------------------------------------
def _full_run(bench: Bench, run: Callable[[str, Sequence[str]], Measured]) -> None:
    shutil.rmtree(bench.stretch.landing / "new_day", ignore_errors=True)
    shutil.rmtree(bench.settings.warehouse, ignore_errors=True)
    run("full", OCC_RUN)


def _keep(bench: Bench) -> None:
    shutil.rmtree(bench.kept, ignore_errors=True)
    bench.settings.warehouse.rename(bench.kept)


def _have_full(bench: Bench) -> None:
    """The warehouse of the full run: of this bench, or kept from one of the very same code, or made now, unmeasured."""
    if "full" in bench.measured:
        return
    kept = settings_of(bench.stretch.landing, bench.kept, bench.settings.key_file)
    published = current(kept)
    if published is None or published.code_version != code_version(kept):
        bench.say("a full run first, unmeasured: there is no warehouse of this code")
        _full_run(bench, bench.run)
        _keep(bench)


def _have_day(bench: Bench) -> None:
    """The warehouse with the new day on top: of this bench, or made now, unmeasured."""
    if "day" not in bench.measured and "noop" not in bench.measured:
        _have_full(bench)
        _put_back(bench)
        bench.run("a new day first, unmeasured", OCC_RUN)


def _put_back(bench: Bench) -> Path:
    """The warehouse as the full run left it, and the new day delivered; the generation that is out."""
    # At the same path, because a generation's views name their files; links between generations stay links.
    shutil.rmtree(bench.settings.warehouse, ignore_errors=True)
    copy_with_links(bench.kept, bench.settings.warehouse)
    link_files(bench.stretch.new_files, bench.stretch.landing / "new_day")
    return _newest(bench)


def _newest(bench: Bench) -> Path:
    return (bench.settings.published / "current").resolve()


def published_bytes(generation: Path, before: Path) -> dict[str, int]:
    """Bytes and files of a generation that were written for it, and that it shares with the one before by hard link."""
    shared_with = {path.stat().st_ino for path in files_below(before)}
    found = {"written_bytes": 0, "written_files": 0, "shared_bytes": 0, "shared_files": 0}
    for number, size in {path.stat().st_ino: path.stat().st_size for path in files_below(generation)}.items():
        kind = "shared" if number in shared_with else "written"
        found[f"{kind}_bytes"] += size
        found[f"{kind}_files"] += 1
    return found


# --- report ---------------------------------------------------------------------------------------------------------
def report_of(bench: Bench, exports: dict[str, Any]) -> dict[str, Any]:
    """What is written to the JSON file: of what was measured, medians, and the highest memory."""
    found: dict[str, Any] = {}
    for name, key in {
        "full": "full_year", "floor": "floor_year", "day": "day", "noop": "noop", "report": "report",
        "help": "help", "location": "location", "rules_day": "rules_day", "rules_year": "rules_year",
        "plain_rules_day": "plain_rules_day", "plain_rules_year": "plain_rules_year",
    }.items():  # fmt: skip
        if name in bench.measured:
            found |= _costs(bench, name, key)
    return found | {
        **_ratios(found),
        **bench.dashboards,
        "publish_day": publishing_of(bench.measured["day"][-1], bench.published_bytes)
        if "day" in bench.measured
        else {},
        "stages": {
            name: stages_of(bench.measured[name][-1]) for name in ("full", "day", "noop") if name in bench.measured
        },
        "slowest_models": bench.slowest,
        "rows": _rows(bench),
        "exports": exports,
        "machine": machine() | {"load_before": bench.load_before},
        "code": code(),
        "repeats": {name: len(runs) for name, runs in bench.measured.items()},
        "all_wall_seconds": {
            name: [round(each.wall_seconds, 2) for each in runs] for name, runs in bench.measured.items()
        },
        "bench_seconds": round(time.perf_counter() - bench.started),
    }


def _costs(bench: Bench, name: str, key: str) -> dict[str, float]:
    """Seconds, CPU seconds and peak memory; of a run until its generation is out, and whole (`_whole_`)."""
    peak = "full_peak_mb" if key == "full_year" else "floor_peak_mb" if key == "floor_year" else f"{key}_peak_mb"
    runs = bench.measured[name]
    whole = {
        "seconds": bench.median(name, lambda each: each.wall_seconds),
        "cpu_seconds": bench.median(name, lambda each: each.cpu_seconds),
        "peak_mb": round(max(each.peak_mb for each in runs)),
    }
    marks = [each.marked for each in runs if each.marked]
    if name not in ("full", "day") or len(marks) < len(runs):
        return {f"{key}_seconds": whole["seconds"], f"{key}_cpu_seconds": whole["cpu_seconds"], peak: whole["peak_mb"]}
    return {
        f"{key}_seconds": round(statistics.median(mark.wall_seconds for mark in marks), 2),
        f"{key}_cpu_seconds": round(statistics.median(mark.cpu_seconds for mark in marks), 2),
        peak: round(max(mark.peak_mb for mark in marks)),
        f"{key}_whole_seconds": whole["seconds"],
        f"{key}_whole_cpu_seconds": whole["cpu_seconds"],
        peak.replace("_peak", "_whole_peak"): whole["peak_mb"],
    }


def _ratios(found: dict[str, Any]) -> dict[str, float]:
    """To the floor, measured beside; and of the rules to the same as plain SQL."""
    ratios: dict[str, float] = {}
    if "full_year_seconds" in found and "floor_year_seconds" in found:
        floor = found["floor_year_seconds"]
        ratios["ratio"] = round((found["full_year_seconds"] - SECONDS_BESIDE_FLOORS) / floor, 2)
        ratios["ratio_plain"] = round(found["full_year_seconds"] / floor, 2)
        ratios["ratio_whole"] = round(found.get("full_year_whole_seconds", found["full_year_seconds"]) / floor, 2)
        ratios["ratio_cpu"] = round(found["full_year_cpu_seconds"] / found["floor_year_cpu_seconds"], 2)
    for extent in ("day", "year"):
        for what, ending in (("seconds", ""), ("cpu_seconds", "_cpu")):
            if f"rules_{extent}_{what}" in found:
                plain = found[f"plain_rules_{extent}_{what}"]
                ratios[f"rules_{extent}_ratio{ending}"] = round(found[f"rules_{extent}_{what}"] / plain, 2)
    return ratios


def publishing_of(measured: Measured, written: Mapping[str, int]) -> dict[str, float]:
    """What publishing cost in a run: the time of its stages, and what it wrote beside what it shares."""
    stages = [spent for stage, spent in stages_of(measured).items() if stage.startswith("publishing")]
    time_of = {what: round(sum(spent[what] for spent in stages), 2) for what in ("seconds", "cpu_seconds")}
    return {**time_of, **written}


def stages_of(measured: Measured) -> dict[str, dict[str, float]]:
    return {
        stage: {"seconds": round(spent.wall, 2), "cpu_seconds": round(spent.cpu, 2)}
        for stage, spent in measured.stages.items()
    }


def model_seconds(settings: Settings, limit: int | None = None) -> dict[str, float]:
    """The models and tests of the last run, those that took longest first, in seconds."""
    with duckdb.connect(str(settings.build_db), read_only=True) as con:
        slowest = "select name, round(seconds, 2) from landing.build_seconds order by seconds desc, name limit ?"
        return dict(con.execute(slowest, [limit]).fetchall())


def _rows(bench: Bench) -> dict[str, int]:
    for warehouse in (bench.settings.warehouse, bench.kept):
        if (warehouse / "published" / "current").exists():
            return rows_of((warehouse / "published" / "current").resolve())
    return {}


def rows_of(generation: Path) -> dict[str, int]:
    """How many rows the large facts of a generation hold, wherever its folder was moved."""
    described = json.loads((generation / "generation.json").read_text())["fingerprints"]
    return {table: sum(rows for rows, _ in described[f"marts.{table}"].values()) for table in FACTS}


def machine() -> dict[str, Any]:
    """What was measured on."""
    described = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", described)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": model[1] if model else platform.processor(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def code() -> dict[str, str]:
    """What was measured, and when."""
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=PROJECT, check=False
    )
    return {"commit": told.stdout.strip(), "measured_on": f"{datetime.now(UTC):%Y-%m-%d}"}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    from .tables import print_bench

    parser = argparse.ArgumentParser(prog="python -m tests.floor.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of a force, a month, every part once")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS), help="some only (default all)")
    parser.add_argument("--work", type=Path, default=PROJECT / "build" / "bench", help="where exports are kept")
    parser.add_argument("--out", type=Path, help="where the report goes (default build/bench.json)")
    given = parser.parse_args(arguments)
    work = given.work.absolute()
    if given.quick:
        bench = Bench(quick_month(work), repeats=1, seconds_at_most=SECONDS_AT_MOST, rules_on=("year",))
    else:
        bench = Bench(whole_year(work), repeats=3, seconds_at_most=SECONDS_AT_MOST)
    parts = given.parts or list(PARTS)
    bench.say(f"parts: {', '.join(parts)}; at most {SECONDS_AT_MOST // 60} minutes")
    exports = make_exports(bench.stretch, bench.say)
    failed = _take(bench, parts)
    report = report_of(bench, exports) | ({"failed": failed} if failed else {})
    name = "bench.json" if set(parts) == set(PARTS) and not failed else "bench-parts.json"
    out = given.out or (bench.stretch.work / name if given.quick else PROJECT / "build" / name)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1) + "\n")
    print_bench(report)
    if failed:
        raise SystemExit(f"Failed: {', '.join(failed)}. What the others found stands in {out}.")


def _take(bench: Bench, parts: Sequence[str]) -> dict[str, str]:
    """Measure the parts, each whatever became of those before it; those that failed, with their last words."""
    failed = {}
    for name in PARTS:
        if name in parts:
            try:
                PARTS[name](bench)
            except (CommandFailed, AssertionError) as error:
                bench.say(f"{name} failed: {error}")
                failed[name] = str(error).strip().splitlines()[-1]
    return failed


if __name__ == "__main__":
    main()
