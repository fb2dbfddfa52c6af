"""How long the pipeline takes, beside the floor, on one force-year: `make bench`.

A clean force-year of exports and the day after it are made once and kept. Then are measured, each in processes of its
own: the floor of the year, `occ run` on the year into a new warehouse, on the new day on top of it, and with nothing
new; all quality rules on the new day and on everything, beside the same as plain SQL; the quality report. The warehouse
is put back as it was before each new day. Prints a table and writes `build/bench.json`.

    python -m tests.floor.bench [--quick]      --quick: a fiftieth of a force, a month, every step once
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import PROJECT
from orchestration.tables import Format, print_rows

from .measuring import Measured, measure

SECONDS_AT_MOST = 25 * 60
FACTS = ("fct_calls", "fct_call_segments", "fct_incidents", "fct_incident_events", "fct_resource_statuses")
LIMITS = {
    "day_seconds": 30.0,
    "day_peak_mb": 1500.0,
    "noop_seconds": 10.0,
    "rules_day_seconds": 20.0,
    "rules_year_seconds": 120.0,
    "rules_year_peak_mb": 2000.0,
    "report_seconds": 15.0,
}
FLOORS_IN_A_FULL_RUN, SECONDS_BESIDE_THEM = 3, 30


@dataclass(frozen=True)
class Plan:
    """What is measured, how often, and where."""

    work: Path
    first: date
    last: date
    scale: float
    repeats: int
    seed: int = 2021
    rules_on: tuple[str, ...] = ("day", "year")

    @property
    def day_after(self) -> date:
        return self.last + timedelta(days=1)

    @property
    def landing(self) -> Path:
        return self.work / "landing"

    @property
    def year_files(self) -> Path:
        return self.landing / "year"

    @property
    def new_files(self) -> Path:
        """Kept beside the landing folder, and put into it for the runs on the new day."""
        return self.work / "new_day"

    @property
    def warehouse(self) -> Path:
        return self.work / "warehouse"

    @property
    def kept(self) -> Path:
        """The warehouse after the full run."""
        return self.work / "warehouse_kept"

    def environment(self) -> dict[str, str]:
        """Of the measured commands: nothing of the caller's own warehouse."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("OCC_")}
        return plain | {
            "PYTHONWARNINGS": "ignore",
            "COLUMNS": "500",  # nothing is wrapped, so that a line is a line
            "OCC_LANDING": str(self.landing),
            "OCC_WAREHOUSE": str(self.warehouse),
            "OCC_TOKEN_KEY_FILE": str(self.work / "token.key"),
        }


def whole_year(work: Path) -> Plan:
    return Plan(work / "year", date(2021, 9, 1), date(2022, 8, 31), scale=1.0, repeats=3)


def quick_month(work: Path) -> Plan:
    return Plan(work / "quick", date(2021, 9, 1), date(2021, 9, 30), scale=0.02, repeats=1, rules_on=("year",))


@dataclass
class Bench:
    """One bench: the plan, what was measured so far, and since when."""

    plan: Plan
    started: float = field(default_factory=time.perf_counter)
    measured: dict[str, list[Measured]] = field(default_factory=dict)
    load_before: float = field(default_factory=lambda: round(os.getloadavg()[0], 2))
    slowest: dict[str, dict[str, float]] = field(default_factory=dict)  # models and tests, of the last run of each kind

    def say(self, text: str) -> None:
        print(f"{time.perf_counter() - self.started:7.0f} s  {text}", flush=True)

    def measure(self, name: str, command: Sequence[str]) -> Measured:
        os.sync()  # what was written before is not this command's to wait for
        result = measure([sys.executable, *command], self.plan.environment(), PROJECT)
        self.measured.setdefault(name, []).append(result)
        self.say(f"{name}: {result.wall_seconds:.1f} s, {result.cpu_seconds:.1f} CPU seconds, {result.peak_mb:,.0f} MB")
        return result

    def has_time_for(self, seconds: float) -> bool:
        return time.perf_counter() - self.started + seconds < SECONDS_AT_MOST

    def median(self, name: str, what: Callable[[Measured], float]) -> float:
        return round(statistics.median(what(each) for each in self.measured[name]), 2)


# --- exports --------------------------------------------------------------------------------------------------------
def make_exports(bench: Bench) -> dict[str, Any]:
    """The year and the day after it, from one simulation; made once and kept while the sample's code is the same."""
    plan, summary_file = bench.plan, bench.plan.work / "sample.json"
    wanted = {"first": str(plan.first), "last": str(plan.last), "scale": plan.scale, "seed": plan.seed}
    wanted["code"] = _sample_code()
    if summary_file.exists():
        kept: dict[str, Any] = json.loads(summary_file.read_text())
        if kept["wanted"] == wanted:
            bench.say(f"exports are there: {kept['files']:,} files, {kept['bytes'] / 1e6:,.0f} MB")
            return kept
    shutil.rmtree(plan.work, ignore_errors=True)
    made = _write_exports(bench) | {"wanted": wanted}
    summary_file.write_text(json.dumps(made, indent=1))
    return made


def _sample_code() -> str:
    from orchestration.versions import fingerprint_of

    return fingerprint_of(PROJECT / "orchestration" / "sample")


def _write_exports(bench: Bench) -> dict[str, Any]:
    from orchestration.sample import write_sample

    plan = bench.plan
    bench.say(f"making exports from {plan.first} to {plan.day_after} at scale {plan.scale:g} (kept for the next time)")
    out = plan.work / "sample"
    write_sample(
        out,
        date_from=plan.first,
        date_to=plan.day_after,
        scale=plan.scale,
        seed=plan.seed,
        legacy_months=[],
        plant_faults=False,
        progress=lambda text: bench.say(f"  {text}") if " 01 " in f" {text}" else None,
    )
    for file in sorted((out / "landing").rglob("*.csv*")):
        _put(plan, file)
    shutil.rmtree(out)
    counts = {name: sum(1 for _ in _files(folder)) for name, folder in _deliveries(plan).items()}
    sizes = {name: sum(path.stat().st_size for path in _files(folder)) for name, folder in _deliveries(plan).items()}
    return {
        "files": counts["year"],
        "bytes": sizes["year"],
        "new_day_files": counts["new_day"],
        "new_day_bytes": sizes["new_day"],
    }


def _put(plan: Plan, file: Path) -> None:
    """Sort one export into the year or the new day; monthly files of a month that has only begun belong to neither."""
    digits = re.search(r"_([0-9]{8})", file.name)
    assert digits is not None
    day = f"{digits[1][:4]}-{digits[1][4:6]}-{digits[1][6:]}"
    is_daily = file.name.startswith(("acd_", "saab_"))
    if day <= str(plan.last):
        target = plan.year_files
    elif is_daily:
        target = plan.new_files
    else:
        return
    target.mkdir(parents=True, exist_ok=True)
    file.rename(target / file.name)


def _deliveries(plan: Plan) -> dict[str, Path]:
    return {"year": plan.year_files, "new_day": plan.new_files}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- measurements ---------------------------------------------------------------------------------------------------
OCC = ("-m", "orchestration.cli")
OCC_RUN = (*OCC, "run")


def measure_floor(bench: Bench) -> None:
    target = bench.plan.work / "floor.duckdb"
    for _ in range(bench.plan.repeats):
        bench.measure("floor", ["-m", "tests.floor.floor", str(bench.plan.year_files), str(target)])
    target.unlink()


def measure_full_run(bench: Bench) -> None:
    """At least once; a second time where it leaves time for the rest."""
    plan = bench.plan
    _withdraw_new_day(plan)
    for number in range(min(plan.repeats, 2)):
        if number and not bench.has_time_for(4 * bench.measured["full"][0].wall_seconds):
            bench.say("full: no time for a second one")
            break
        shutil.rmtree(plan.warehouse, ignore_errors=True)
        bench.measure("full", OCC_RUN)
        bench.slowest["full"] = _slowest_models(plan)


def measure_new_day(bench: Bench) -> None:
    plan = bench.plan
    shutil.rmtree(plan.kept, ignore_errors=True)
    plan.warehouse.rename(plan.kept)
    for _ in range(plan.repeats):
        # At the same path, because a generation's views name their files; links between generations stay links.
        shutil.rmtree(plan.warehouse, ignore_errors=True)
        _copy_with_links(plan.kept, plan.warehouse)
        _deliver_new_day(plan)
        before = _current(plan)
        bench.measure("day", OCC_RUN)
        assert _current(plan) != before, "the new day published nothing"
        bench.slowest["day"] = _slowest_models(plan)
    shutil.rmtree(plan.kept)


def measure_rules(bench: Bench) -> None:
    """On the build database as the run on the new day left it: the day's rows, then all of them."""
    build_db = str(bench.plan.warehouse / "build" / "occ_build.duckdb")
    rules = ["-m", "tests.floor.rules_as_sql", build_db]
    for extent in bench.plan.rules_on:
        for _ in range(bench.plan.repeats if extent == "day" else 1):
            bench.measure(f"rules_{extent}", [*rules, extent, "--engine"])
            bench.measure(f"plain_rules_{extent}", [*rules, extent])


def measure_report(bench: Bench) -> None:
    """The quality report of the year, with half a year of weekly results behind it."""
    from tests.reports.long_history import prepare

    folder = bench.plan.work / "report"
    for _ in range(bench.plan.repeats):
        shutil.rmtree(folder, ignore_errors=True)
        prepare(bench.plan.warehouse, folder / "warehouse")
        where = ["--warehouse", str(folder / "warehouse"), "--out", str(folder / "pages")]
        bench.measure("report", [*OCC, "report", "quality", *where])
    shutil.rmtree(folder)


def measure_nothing_new(bench: Bench) -> None:
    before = _current(bench.plan)
    for _ in range(bench.plan.repeats):
        bench.measure("noop", OCC_RUN)
    assert _current(bench.plan) == before, "nothing was new, yet something was published"


def _current(plan: Plan) -> Path:
    return (plan.warehouse / "published" / "current").resolve()


def _deliver_new_day(plan: Plan) -> None:
    target = plan.landing / "new_day"
    target.mkdir(exist_ok=True)
    for file in _files(plan.new_files):
        if not (target / file.name).exists():
            os.link(file, target / file.name)


def _withdraw_new_day(plan: Plan) -> None:
    shutil.rmtree(plan.landing / "new_day", ignore_errors=True)


def _copy_with_links(source: Path, target: Path) -> None:
    """Copy a folder as it is: files that are one (hard links) stay one."""
    copies: dict[tuple[int, int], str] = {}

    def copy(one: str, other: str) -> str:
        stat = Path(one).lstat()
        first = copies.setdefault((stat.st_dev, stat.st_ino), other)
        if first != other:
            os.link(first, other)
            return other
        return str(shutil.copy2(one, other, follow_symlinks=False))

    shutil.copytree(source, target, symlinks=True, copy_function=copy)


# --- report ---------------------------------------------------------------------------------------------------------
def report_of(bench: Bench, exports: Mapping[str, Any]) -> dict[str, Any]:
    """What is written to the JSON file."""
    floor, full = (bench.median(name, _wall) for name in ("floor", "full"))
    return {
        "full_year_seconds": full,
        "floor_year_seconds": floor,
        "day_seconds": bench.median("day", _wall),
        "day_peak_mb": max(round(each.peak_mb) for each in bench.measured["day"]),
        "noop_seconds": bench.median("noop", _wall),
        "full_year_cpu_seconds": bench.median("full", _cpu),
        "floor_year_cpu_seconds": bench.median("floor", _cpu),
        "day_cpu_seconds": bench.median("day", _cpu),
        "noop_cpu_seconds": bench.median("noop", _cpu),
        "ratio": round((full - SECONDS_BESIDE_THEM) / floor, 2),
        "ratio_whole": round(full / floor, 2),
        "ratio_cpu": round(bench.median("full", _cpu) / bench.median("floor", _cpu), 2),
        "full_peak_mb": max(round(each.peak_mb) for each in bench.measured["full"]),
        "floor_peak_mb": max(round(each.peak_mb) for each in bench.measured["floor"]),
        "noop_peak_mb": max(round(each.peak_mb) for each in bench.measured["noop"]),
        **_rules_of(bench),
        "report_seconds": bench.median("report", _wall),
        "report_cpu_seconds": bench.median("report", _cpu),
        "report_peak_mb": max(round(each.peak_mb) for each in bench.measured["report"]),
        "stages": {name: _stages(bench.measured[name][-1]) for name in ("full", "day", "noop")},
        "slowest_models": bench.slowest,
        "rows": _rows(bench.plan),
        "exports": dict(exports),
        "machine": _machine() | {"load_before": bench.load_before},
        "repeats": {name: len(runs) for name, runs in bench.measured.items()},
        "all_wall_seconds": {
            name: [round(each.wall_seconds, 2) for each in runs] for name, runs in bench.measured.items()
        },
        "bench_seconds": round(time.perf_counter() - bench.started),
    }


def _rules_of(bench: Bench) -> dict[str, float]:
    """What all rules cost, and how many times what the same rules cost as plain SQL."""
    found: dict[str, float] = {}
    for extent in bench.plan.rules_on:
        for name in (f"rules_{extent}", f"plain_rules_{extent}"):
            found[f"{name}_seconds"] = bench.median(name, _wall)
            found[f"{name}_cpu_seconds"] = bench.median(name, _cpu)
            found[f"{name}_peak_mb"] = max(round(each.peak_mb) for each in bench.measured[name])
        for what in ("seconds", "cpu_seconds"):
            ratio = found[f"rules_{extent}_{what}"] / found[f"plain_rules_{extent}_{what}"]
            found[f"rules_{extent}_ratio{'_cpu' if what == 'cpu_seconds' else ''}"] = round(ratio, 2)
    return found


def _stages(measured: Measured) -> dict[str, dict[str, float]]:
    return {
        stage: {"seconds": round(spent.wall, 2), "cpu_seconds": round(spent.cpu, 2)}
        for stage, spent in measured.stages.items()
    }


def _wall(measured: Measured) -> float:
    return measured.wall_seconds


def _cpu(measured: Measured) -> float:
    return measured.cpu_seconds


def _slowest_models(plan: Plan) -> dict[str, float]:
    """The models and tests of the last run that took longest, in seconds."""
    with duckdb.connect(str(plan.warehouse / "build" / "occ_build.duckdb"), read_only=True) as con:
        slowest = "select name, round(seconds, 2) from landing.build_seconds order by seconds desc, name limit 15"
        return dict(con.execute(slowest).fetchall())


def _rows(plan: Plan) -> dict[str, int]:
    with duckdb.connect(str(_current(plan) / "occ.duckdb"), read_only=True) as con:
        return {table: con.execute(f"select count(*) from marts.{table}").fetchall()[0][0] for table in FACTS}


def _machine() -> dict[str, Any]:
    described = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", described)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": model[1] if model else platform.processor(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def print_report(report: Mapping[str, Any]) -> None:
    """The table, with the limits that the project set itself."""
    limits = LIMITS | {"full_year_seconds": FLOORS_IN_A_FULL_RUN * report["floor_year_seconds"] + SECONDS_BESIDE_THEM}
    judged = [
        (extent, of)
        for extent, of in (("day", "the new day"), ("year", "everything"))
        if f"rules_{extent}_ratio" in report
    ]
    rows = [
        ("floor of the year", "floor_year_seconds", "floor_year_cpu_seconds", "floor_peak_mb"),
        ("full run of the year", "full_year_seconds", "full_year_cpu_seconds", "full_peak_mb"),
        ("one new day on top", "day_seconds", "day_cpu_seconds", "day_peak_mb"),
        ("nothing new", "noop_seconds", "noop_cpu_seconds", "noop_peak_mb"),
        *(
            (text.format(of=of), f"{name}_{extent}_seconds", f"{name}_{extent}_cpu_seconds", f"{name}_{extent}_peak_mb")
            for extent, of in judged
            for name, text in (("rules", "all rules on {of}"), ("plain_rules", "the same as plain SQL"))
        ),
        ("the quality report", "report_seconds", "report_cpu_seconds", "report_peak_mb"),
    ]
    print()
    print_rows(
        ["measured", "seconds", "at most", "CPU seconds", "peak MB", "at most"],
        [
            (
                text,
                f"{report[wall]:.1f}",
                _limit(limits, wall),
                f"{report[cpu]:.1f}",
                report[peak],
                _limit(limits, peak),
            )
            for text, wall, cpu, peak in rows
        ],
        Format.table,
    )
    print(f"\n(full - {SECONDS_BESIDE_THEM}) / floor = {report['ratio']}, at most {FLOORS_IN_A_FULL_RUN}", end="; ")
    print(f"full / floor = {report['ratio_whole']}, in CPU seconds {report['ratio_cpu']}")
    ratios = ", ".join(
        f"{report[f'rules_{extent}_ratio']} on {of} (in CPU seconds {report[f'rules_{extent}_ratio_cpu']})"
        for extent, of in judged
    )
    print(f"rules / the same as plain SQL = {ratios}\n")
    runs = report["stages"]
    print_rows(
        ["stage", *(f"{run} {what}" for run in runs for what in ("seconds", "CPU"))],
        [
            (stage, *(runs[run].get(stage, {}).get(what) for run in runs for what in ("seconds", "cpu_seconds")))
            for stage in dict.fromkeys(stage for stages in runs.values() for stage in stages)
        ],
        Format.table,
    )
    for run, slowest in report["slowest_models"].items():
        print()
        print_rows([f"slowest models and tests, {run}", "seconds"], list(slowest.items()), Format.table)


def _limit(limits: Mapping[str, float], name: str) -> str:
    return f"{limits[name]:.0f}" if name in limits else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.floor.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a fiftieth of a force, a month, every step once")
    parser.add_argument("--work", type=Path, default=PROJECT / "build" / "bench", help="where exports are kept")
    parser.add_argument("--out", type=Path, help="where the report goes (default build/bench.json)")
    given = parser.parse_args(arguments)
    bench = Bench(quick_month(given.work.absolute()) if given.quick else whole_year(given.work.absolute()))
    exports = make_exports(bench)
    for step in (measure_floor, measure_full_run, measure_new_day, measure_rules, measure_report, measure_nothing_new):
        step(bench)
    report = report_of(bench, exports)
    out = given.out or (bench.plan.work / "bench.json" if given.quick else PROJECT / "build" / "bench.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1) + "\n")
    print_report(report)


if __name__ == "__main__":
    main()
