"""What happens with ten years, beside other engines, and beyond: `make bench-scale`.

Four parts, each resumable (what is done is kept in `build/bench/scale/steps.json` as long as the code is the same):

- ten: ten force-years, made from one by shifting dates; the floor, a full run, three new days, a correction to a day
  nine years back, nothing new; and the same of one force-year in the same run.
- peers: pandas, polars, chdb, PostgreSQL, Spark and DuckDB on the same work (tests/scale/peers.py).
- growth: floor and full run from a tenth of a force-year to thirty, and the curve through them.
- national: 43 forces and ten years on paper, from the constants that the other parts measured.

    python -m tests.scale.bench [--parts ten peers growth national] [--scale 1] [--hours 4] [--quick]

    --scale: volume of the force (0.1: a tenth of the calls of each day). --quick: a month of a fiftieth of a force.
    --hours: no further point of the curve is begun that would last longer than what is left of them.
    --again: parts to be measured anew. Writes `build/bench-scale.json`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT, Settings
from orchestration.versions import code_version
from tests.floor.bench import code, machine
from tests.floor.exports import Stretch, make_exports, quick_month, whole_year

from . import national, peers
from .shift import copies_of, multiply, period_of
from .site import Site, day_to_correct, part_of
from .steps import Found, Steps

YEARS = 10
SIZES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # force-years
# What a force-year takes while it is measured: exports, floor, landing store, build database and what they spill.
BYTES_OF_A_FORCE_YEAR, BYTES_LEFT_FREE = 2.6e9, 3.0e9


@dataclass
class ScaleBench:
    """One bench: the stretch that all is made from, and what was done."""

    stretch: Stretch
    work: Path
    seconds_at_most: float
    sizes: Sequence[float] = SIZES
    years: int = YEARS
    new_days: int = 3  # held back, and delivered one after the other
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        of = {"code": code_version(Settings.from_environment()), "scale": self.stretch.scale}
        of |= {"years": self.years, "new_days": self.new_days}
        of |= {"first": str(self.stretch.first), "last": str(self.stretch.last)}
        self.steps = Steps(self.work / "steps.json", of)

    def say(self, text: str) -> None:
        print(f"{time.perf_counter() - self.started:7.0f} s  {text}", flush=True)

    def exports_of(self, years: int) -> Path:
        """Exports of so many stretches, made once."""
        if years == 1:
            return self.stretch.files
        folder, done = self.work / f"exports_{years}", self.work / f"exports_{years}.json"
        if not done.exists():
            self.say(f"making {years} of one by shifting dates")
            size = multiply(self.stretch, years, folder)
            done.write_text(json.dumps({"bytes": size}) + "\n")
            self.say(f"{size / 1e9:.2f} GB of exports")
        return folder

    def site(self, years: int) -> Site:
        """The warehouse of so many stretches and the day after the last."""
        exports = [self.exports_of(years), self.stretch.new_files]
        return Site(f"{years}", self.work / f"site_{years}", exports, self.steps, self.say, self.new_days)

    def forget_exports(self, years: int) -> None:
        for path in (self.work / f"exports_{years}", self.work / f"site_{years}"):
            shutil.rmtree(path, ignore_errors=True)
        (self.work / f"exports_{years}.json").unlink(missing_ok=True)

    def has_time_for(self, seconds: float) -> bool:
        return time.perf_counter() - self.started + seconds < self.seconds_at_most


# --- ten ------------------------------------------------------------------------------------------------------------
def measure_ten(bench: ScaleBench) -> Found:
    """One stretch and ten, side by side; the ratios."""
    if not bench.steps.is_done(f"{bench.years}: full"):
        lacking = _why_no_room(bench, bench.years)
        if lacking:
            raise SystemExit(f"Part ten {lacking}. Name another folder with --work, or a smaller force with --scale.")
    one, ten = (_site(bench, years) for years in (1, bench.years))
    return {
        "years": bench.years,
        "one": one,
        "ten": ten,
        "ratios": {
            "full_to_floor_one": _ratio(one, one, "full", "floor"),
            "full_to_floor_ten": _ratio(ten, ten, "full", "floor"),
            "full_to_floor_ten_cpu": _ratio(ten, ten, "full", "floor", "cpu_seconds"),
            "full_ten_to_one": _ratio(ten, one, "full", "full"),
            "day_ten_to_one": _ratio(ten, one, "day", "day"),
            "day_ten_to_one_cpu": _ratio(ten, one, "day", "day", "cpu_seconds"),
            "correction_ten_to_one": _ratio(ten, one, "correction", "correction"),
            "correction_ten_to_one_cpu": _ratio(ten, one, "correction", "correction", "cpu_seconds"),
            "publish_bytes_ten_to_one": round(
                ten["day"]["publish"]["written_bytes"] / one["day"]["publish"]["written_bytes"], 2
            ),
        },
        "grew": _grew(one["day"], ten["day"]),
    }


def _site(bench: ScaleBench, years: int) -> Found:
    site = bench.site(years)
    oldest = copies_of(bench.stretch, years)[-1]
    return {
        "floor": site.floor(),
        "full": site.full(),
        "day": site.days(),
        "correction": site.correction(day_to_correct(bench.stretch, oldest)),
        "noop": site.nothing_new(),
    }


def _ratio(upper: Found, lower: Found, above: str, below: str, what: str = "seconds") -> float:
    return round(upper[above][what] / lower[below][what], 2)


def _grew(one: Found, ten: Found) -> dict[str, list[float]]:
    """The stages, models and tests of a day that cost more on ten: seconds on one and on ten, the worst first."""
    before = {stage: spent["seconds"] for stage, spent in one["stages"].items()} | one["slowest_models"]
    after = {stage: spent["seconds"] for stage, spent in ten["stages"].items()} | ten["slowest_models"]
    grown = {name: [before.get(name, 0.0), seconds] for name, seconds in after.items()}
    return dict(sorted(grown.items(), key=lambda each: each[1][0] - each[1][1])[:12])


# --- growth ---------------------------------------------------------------------------------------------------------
def measure_growth(bench: ScaleBench) -> Found:
    """Floor and full run of each size, as far as time and disk allow; the curves through them."""
    points: list[Found] = []
    left_out: dict[str, str] = {}
    for size in bench.sizes:
        reason = "" if bench.steps.is_done(f"{_name(size)}: full") else _why_not(bench, size, points)
        if reason:
            bench.say(f"{size:g} force-years are left out: {reason}")
            left_out[f"{size:g}"] = reason
            continue
        points.append({"force_years": round(size * bench.stretch.scale * _years(bench), 4), **_point(bench, size)})
    return {
        "cores": machine()["cores"],
        "points": points,
        "left_out": left_out,
        "fit": {
            "full": national.fitted([(point["force_years"], point["full"]["cpu_seconds"]) for point in points]),
            "full_seconds": national.fitted([(point["force_years"], point["full"]["seconds"]) for point in points]),
            "floor": national.fitted([(point["force_years"], point["floor"]["cpu_seconds"]) for point in points]),
        },
    }


def _years(bench: ScaleBench) -> float:
    """Years of one stretch, which is less than one with --quick."""
    return period_of(bench.stretch) / 364


def _point(bench: ScaleBench, size: float) -> Found:
    if size >= 1:
        is_there = bench.steps.is_done(f"{_name(size)}: full")
        site = bench.site(int(size)) if not is_there else Site(_name(size), bench.work, [], bench.steps, bench.say, 0)
    else:
        days = max(7, round(period_of(bench.stretch) * size))
        exports = part_of(bench.stretch, days, bench.work / f"exports_{size:g}")
        site = Site(_name(size), bench.work / f"site_{size:g}", [exports], bench.steps, bench.say, bench.new_days)
    point = {"floor": site.floor(), "full": site.full()}
    if size > bench.years:
        bench.forget_exports(int(size))
    return point


def _name(size: float) -> str:
    return f"{size:g}"


def _why_not(bench: ScaleBench, size: float, points: Sequence[Found]) -> str:
    """Why a size is not measured now; empty when it is."""
    if lacking := _why_no_room(bench, size):
        return lacking
    if points:
        last = points[-1]
        volume = size * bench.stretch.scale * _years(bench)
        seconds = (last["full"]["whole_seconds"] + last["floor"]["seconds"]) * volume / last["force_years"]
        if not bench.has_time_for(1.3 * seconds):
            return f"would last {seconds / 60:.0f} minutes"
    return ""


def _why_no_room(bench: ScaleBench, size: float) -> str:
    """How much disk a size lacks; empty when there is enough."""
    bench.work.mkdir(parents=True, exist_ok=True)
    needed = size * bench.stretch.scale * _years(bench) * BYTES_OF_A_FORCE_YEAR + BYTES_LEFT_FREE
    free = shutil.disk_usage(bench.work).free
    return f"needs {needed / 1e9:.0f} GB of disk, {free / 1e9:.0f} GB are free" if needed > free else ""


# --- the others -----------------------------------------------------------------------------------------------------
def measure_peers(bench: ScaleBench) -> Found:
    """The peers on one stretch, beside the pipeline's own indicators of the same files."""
    site = bench.site(1)
    if not (site.settings.published / "current").exists():
        bench.steps.forget("1: ")
    site.full()
    return peers.measure_all(bench.stretch.files, site, bench.work / "peers", bench.steps, bench.say)


def on_paper(found: Found) -> Found:
    """National scale, from what the other parts found."""
    if "ten" not in found or "growth" not in found:
        return {}
    return national.on_paper(found["ten"], found["growth"], found.get("peers"))


PARTS: dict[str, Callable[[ScaleBench], Found]] = {"ten": measure_ten, "peers": measure_peers, "growth": measure_growth}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--parts", nargs="*", choices=[*PARTS, "national"], default=[*PARTS, "national"])
    parser.add_argument("--again", nargs="*", choices=list(PARTS), default=[], help="parts to be measured anew")
    parser.add_argument("--scale", type=float, default=1.0, help="volume of the force; 1 is one of West Mercia's size")
    parser.add_argument(
        "--hours", type=float, default=4.0, help="no point of the curve is begun that would last longer"
    )
    parser.add_argument("--quick", action="store_true", help="a month of a fiftieth of a force")
    parser.add_argument("--work", type=Path, default=PROJECT / "build" / "bench", help="where exports are kept")
    parser.add_argument("--out", type=Path, help="where the report goes (default build/bench-scale.json)")
    given = parser.parse_args(arguments)
    bench = _bench(given.work.absolute(), given.scale, given.hours * 3600, given.quick)
    parts = given.parts or [*PARTS, "national"]
    bench.say(f"parts: {', '.join(parts)}; {_how_long(bench)}")
    exports = make_exports(bench.stretch, bench.say)
    out = given.out or (bench.work if given.quick or given.scale != 1 else PROJECT / "build") / "bench-scale.json"
    found: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
    if found.get("of") != bench.steps.kept["of"]:
        found = {"of": bench.steps.kept["of"]}
    for name in PARTS:
        if name in parts:
            if name in given.again:
                _forget(bench, name)
            found[name] = PARTS[name](bench)
            _write(out, found, exports)
    if "national" in parts:
        found["national"] = on_paper(found)
    _write(out, found, exports)
    from tests.floor.tables import print_scale

    print_scale(found)


def _bench(work: Path, scale: float, seconds: float, quick: bool) -> ScaleBench:
    if quick:
        month = quick_month(work)
        return ScaleBench(month, work / "scale_quick", seconds, sizes=(0.5, 1.0, 2.0), years=2, new_days=1)
    year = whole_year(work)
    if scale == 1:
        return ScaleBench(year, work / "scale", seconds)
    smaller = Stretch(work / f"year_{scale:g}", year.first, year.last, scale)
    return ScaleBench(smaller, work / f"scale_{scale:g}", seconds)


def _how_long(bench: ScaleBench) -> str:
    """Said beforehand, from what a force-year took on two cores (CHANGELOG: 90 s full, 25 s floor)."""
    volume = bench.stretch.scale * _years(bench)
    ten, peers_too = volume * (YEARS + 1) * 2.5 + 4, 3 + 12 * volume
    return (
        f"ten about {ten:.0f} minutes, peers about {peers_too:.0f}; growth begins nothing that would end after "
        f"{bench.seconds_at_most / 3600:g} hours; what is done is kept"
    )


def _forget(bench: ScaleBench, part: str) -> None:
    prefixes = {
        "ten": ("1: ", f"{bench.years}: "),
        "peers": ("peer ",),
        "growth": tuple(f"{_name(size)}: " for size in SIZES),
    }
    for prefix in prefixes[part]:
        bench.steps.forget(prefix)


def _write(out: Path, found: dict[str, Any], exports: Found) -> None:
    report = {**found, "exports": exports, "machine": machine(), "code": code()}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1, default=_as_text) + "\n")


def _as_text(value: Any) -> str:
    assert isinstance(value, date)
    return value.isoformat()


if __name__ == "__main__":
    main()
