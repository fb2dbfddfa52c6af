"""One warehouse to measure on: its exports linked into a landing folder, days held back to be delivered later.

What belongs here: what is delivered when, and what a run on it cost. Not here: which sizes, and what is compared.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb

from orchestration.settings import PROJECT, Settings
from tests.floor.bench import OCC_RUN, model_seconds, published_bytes, publishing_of, rows_of, run_measured, stages_of
from tests.floor.exports import Stretch, day_of, environment_of, files_below, settings_of
from tests.floor.measuring import Measured, measure

from .shift import BY_MONTH, BY_ROW, Copy, export_of, period_of, read_export
from .steps import Found, Steps

SLOWEST = 25
# A count is its value, a share its numerator: how many were answered stands beside it.
INDICATORS = """
select
    kpi_id || '|' || strftime(period_start, '%Y-%m') || '|' || scope_code,
    case when kpi_id in ('calls_wait_median', 'calls_wait_p90') then value else numerator end
from metrics.kpi_results
where period_type = 'month' and value is not null and (
    scope_type = 'line' and kpi_id in (
        'calls_presented', 'calls_offered', 'calls_answered', 'calls_999_within_10s', 'calls_101_within_30s',
        'calls_wait_mean', 'calls_wait_median', 'calls_wait_p90'
    )
    or scope_type = 'area' and kpi_id = 'incidents_created'
)
order by all
"""
Say = Callable[[str], None]


class Site:
    """A warehouse below a folder, with the exports that are to be delivered to it."""

    def __init__(self, name: str, work: Path, exports: Sequence[Path], steps: Steps, say: Say, held_back: int) -> None:
        """`held_back` says how many of the last days are delivered one by one, after all others."""
        self.name, self.work, self.exports, self.steps, self.say = name, work, exports, steps, say
        self.held_back = held_back

    @property
    def settings(self) -> Settings:
        return settings_of(self.work / "landing", self.work / "warehouse", self.work / "token.key")

    # --- what is measured -------------------------------------------------------------------------------------------
    def floor(self) -> Found:
        """The floor of what is delivered before the new days."""
        return self._once("floor", self._floor)

    def full(self) -> Found:
        """A run that builds everything from nothing."""
        return self._once("full", self._full)

    def days(self) -> Found:
        """The days held back, one run each; the medians."""
        each = [self._once(f"day {day}", lambda day=day: self._day(day)) for day in self.new_days()]  # type: ignore[misc]
        middle = {
            key: round(median(found[key] for found in each), 2)
            for key in ("seconds", "cpu_seconds", "peak_mb", "whole_seconds", "whole_cpu_seconds")
        }
        return {**each[-1], **middle, "each_seconds": [found["seconds"] for found in each]}

    def correction(self, day: date) -> Found:
        """A correction to a day long over: a twentieth of its incidents and calls say something else."""
        return self._once("correction", lambda: self._correct(day))

    def nothing_new(self) -> Found:
        return self._once("noop", lambda: cost_of(self._run("nothing new")))

    def _once(self, what: str, take: Callable[[], Found]) -> Found:
        return self.steps.once(f"{self.name}: {what}", take)

    # --- how --------------------------------------------------------------------------------------------------------
    def new_days(self) -> list[date]:
        """The last days of the exports: held back, to be delivered one by one."""
        daily = {day_of(path.name) for path in self._files() if is_daily(path)}
        return sorted(daily)[-self.held_back :]

    def _files(self) -> list[Path]:
        return [path for folder in self.exports for path in files_below(folder)]

    def history(self) -> list[Path]:
        """What is delivered before the new days."""
        held_back = set(self.new_days())
        return [path for path in self._files() if not (is_daily(path) and day_of(path.name) in held_back)]

    def _deliver_history(self) -> None:
        shutil.rmtree(self.settings.landing, ignore_errors=True)
        self.settings.landing.mkdir(parents=True)
        for path in self.history():
            os.link(path, self.settings.landing / path.name)

    def _floor(self) -> Found:
        self._deliver_history()
        target = self.work / "floor.duckdb"
        command = [sys.executable, "-m", "tests.floor.floor", str(self.settings.landing), str(target)]
        os.sync()
        found = measure(command, environment_of(self.settings), PROJECT)
        size = target.stat().st_size
        target.unlink()
        self._tell("floor", found)
        return {**cost_of(found), "database_bytes": size}

    def _full(self) -> Found:
        self._deliver_history()
        shutil.rmtree(self.settings.warehouse, ignore_errors=True)
        found = self._run("full")
        self._once("indicators", self._indicators)
        delivered = list(files_below(self.settings.landing))
        return {
            **cost_of(found),
            "stages": stages_of(found),
            "slowest_models": model_seconds(self.settings, SLOWEST),
            "rows": rows_of(self._newest()),
            "export_files": len(delivered),
            "export_bytes": sum(path.stat().st_size for path in delivered),
            "landing_bytes": size_of(self.settings.warehouse / "landing"),
            "build_bytes": size_of(self.settings.build),
            "published_bytes": size_of(self.settings.published),
        }

    def _indicators(self) -> Found:
        """The published figures that peers of the bench calculate too."""
        with duckdb.connect(str(self.settings.current_db.resolve()), read_only=True) as con:
            return dict(con.execute(INDICATORS).fetchall())

    def _day(self, day: date) -> Found:
        before = self._newest()
        for path in self._files():
            if is_daily(path) and day_of(path.name) == day and not (self.settings.landing / path.name).exists():
                os.link(path, self.settings.landing / path.name)
        found = self._run(f"day {day}")
        return self._increment(found, before)

    def _correct(self, day: date) -> Found:
        before = self._newest()
        for export in ("saab_incidents", "acd_segments"):
            name = f"{export}_{day:%Y%m%d}"
            (path,) = list(self.settings.landing.glob(f"{name}.csv*"))
            corrected(path, self.settings.landing / f"{name}_120000.csv")
        return self._increment(self._run(f"correction of {day}"), before)

    def _increment(self, found: Measured, before: Path) -> Found:
        assert self._newest() != before, "nothing was published"
        return {
            **cost_of(found),
            "stages": stages_of(found),
            "slowest_models": model_seconds(self.settings, SLOWEST),
            "model_seconds": round(sum(model_seconds(self.settings).values()), 2),
            "publish": publishing_of(found, published_bytes(self._newest(), before)),
        }

    def _run(self, what: str) -> Measured:
        found = run_measured(self.settings, OCC_RUN)
        self._tell(what, found)
        return found

    def _tell(self, what: str, found: Measured) -> None:
        cost = f"{found.wall_seconds:.1f} s, {found.cpu_seconds:.1f} CPU seconds, {found.peak_mb:,.0f} MB"
        until = f", published after {found.marked.wall_seconds:.1f} s" if found.marked else ""
        self.say(f"{self.name}: {what}: {cost}{until}")

    def _newest(self) -> Path:
        return (self.settings.published / "current").resolve()


def cost_of(found: Measured) -> Found:
    """Until the generation was out, and whole; of what publishes nothing both are one."""
    until = found.marked
    return {
        "seconds": round(until.wall_seconds if until else found.wall_seconds, 2),
        "cpu_seconds": round(until.cpu_seconds if until else found.cpu_seconds, 2),
        "peak_mb": round(until.peak_mb if until else found.peak_mb),
        "whole_seconds": round(found.wall_seconds, 2),
        "whole_cpu_seconds": round(found.cpu_seconds, 2),
        "whole_peak_mb": round(found.peak_mb),
    }


def is_daily(path: Path) -> bool:
    """Whether a file is of an export that comes every day."""
    return export_of(path).startswith(("acd_", "saab_"))


def size_of(folder: Path) -> int:
    """Bytes below a folder, of files that are one (hard links) once."""
    return sum({path.stat().st_ino: path.stat().st_size for path in files_below(folder)}.values())


def corrected(source: Path, target: Path) -> None:
    """Write a correction: every twentieth row of an export with another grade, or talked five seconds longer."""
    rows = list(csv.reader(io.StringIO(read_export(source).decode())))
    head = rows[0]
    place = next(head.index(name) for name in ("TALK_SECS", "GRADE_CURR", "grade_current") if name in head)
    for row in rows[1::20]:
        if row[place]:
            row[place] = str(int(row[place]) + 5) if head[place] == "TALK_SECS" else "3" if row[place] != "3" else "2"
    with target.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def day_to_correct(stretch: Stretch, copy: Copy) -> date:
    """A day early in a stretch, in one of its copies."""
    return copy.of(stretch.first + timedelta(days=period_of(stretch) // 9))


def part_of(stretch: Stretch, days: int, target: Path) -> Path:
    """The first days of a stretch, by hard link: months that have ended, or nearly, with them."""
    last = stretch.first + timedelta(days=days - 1)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    monthly = {*BY_MONTH, *BY_ROW}
    for path in files_below(stretch.files):
        if (day_of(path.name) <= last) and (export_of(path) not in monthly or _is_over(day_of(path.name), last)):
            os.link(path, target / path.name)
    return target


def _is_over(month: date, last: date) -> bool:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1) <= last
