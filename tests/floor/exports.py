"""The exports that benches measure on: a simulated stretch of days and the day after it, made once and kept.

What belongs here: making them, and where they lie. Not here: measuring; what the simulation holds
(orchestration/sample).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT, Settings
from orchestration.versions import fingerprint_of

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stretch:
    """Days of exports to make: where, which, and how large the force is (1 is the size of West Mercia)."""

    work: Path
    first: date
    last: date
    scale: float
    seed: int = 2021

    @property
    def day_after(self) -> date:
        return self.last + timedelta(days=1)

    @property
    def landing(self) -> Path:
        return self.work / "landing"

    @property
    def files(self) -> Path:
        """The exports of the stretch."""
        return self.landing / "year"

    @property
    def new_files(self) -> Path:
        """Those of the day after, kept beside the landing folder, and put into it for the runs on the new day."""
        return self.work / "new_day"


def whole_year(work: Path) -> Stretch:
    """One force-year."""
    return Stretch(work / "year", date(2021, 9, 1), date(2022, 8, 31), scale=1.0)


def quick_month(work: Path) -> Stretch:
    """A month of a fiftieth of a force: to see that a bench runs."""
    return Stretch(work / "quick", date(2021, 9, 1), date(2021, 9, 30), scale=0.02)


def make_exports(stretch: Stretch, say: Say) -> dict[str, Any]:
    """The stretch and the day after it, from one simulation; made once and kept while the sample's code is the same.

    How many files and bytes both have, and what was asked for.
    """
    summary_file = stretch.work / "sample.json"
    wanted: dict[str, Any] = {"first": str(stretch.first), "last": str(stretch.last)}
    wanted |= {"scale": stretch.scale, "seed": stretch.seed}
    wanted["code"] = fingerprint_of(PROJECT / "orchestration" / "sample")
    if summary_file.exists():
        kept: dict[str, Any] = json.loads(summary_file.read_text())
        if kept["wanted"] == wanted:
            say(f"exports are there: {kept['files']:,} files, {kept['bytes'] / 1e6:,.0f} MB")
            return kept
    shutil.rmtree(stretch.work, ignore_errors=True)
    made = _write_exports(stretch, say) | {"wanted": wanted}
    summary_file.write_text(json.dumps(made, indent=1))
    return made


def _write_exports(stretch: Stretch, say: Say) -> dict[str, Any]:
    from orchestration.sample import write_sample

    days = f"{stretch.first} to {stretch.day_after}"
    say(f"making exports of {days} at scale {stretch.scale:g} (kept for the next time)")
    out = stretch.work / "sample"
    write_sample(
        out,
        date_from=stretch.first,
        date_to=stretch.day_after,
        scale=stretch.scale,
        seed=stretch.seed,
        legacy_months=[],
        plant_faults=False,
        progress=lambda text: say(f"  {text}") if " 01 " in f" {text}" else None,
    )
    for file in sorted((out / "landing").rglob("*.csv*")):
        _put(stretch, file)
    shutil.rmtree(out)
    made = {}
    for prefix, folder in (("", stretch.files), ("new_day_", stretch.new_files)):
        made[f"{prefix}files"] = sum(1 for _ in files_below(folder))
        made[f"{prefix}bytes"] = sum(path.stat().st_size for path in files_below(folder))
    return made


def _put(stretch: Stretch, file: Path) -> None:
    """Sort one export into the stretch or the new day; monthly files of a month that has only begun are in neither."""
    day = day_of(file.name)
    is_daily = file.name.startswith(("acd_", "saab_"))
    if day <= stretch.last:
        target = stretch.files
    elif is_daily:
        target = stretch.new_files
    else:
        return
    target.mkdir(parents=True, exist_ok=True)
    file.rename(target / file.name)


def day_of(name: str) -> date:
    """The business date in the name of an export file."""
    digits = re.search(r"_([0-9]{4})([0-9]{2})([0-9]{2})", name)
    assert digits is not None, name
    return date(int(digits[1]), int(digits[2]), int(digits[3]))


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder."""
    return (path for path in folder.rglob("*") if path.is_file())


def link_files(source: Path, target: Path) -> None:
    """Put the files of one folder into another, by hard link; those that are there already stay."""
    target.mkdir(parents=True, exist_ok=True)
    for file in files_below(source):
        if not (target / file.name).exists():
            os.link(file, target / file.name)


def settings_of(landing: Path, warehouse: Path, key_file: Path) -> Settings:
    """Settings of a measured warehouse, for what a bench has to look up in it."""
    profile = PROJECT / "orchestration" / "profiles" / "west_mercia"
    return Settings(landing=landing, warehouse=warehouse, profile=profile, key_file=key_file, keep_generations=5)


def environment_of(settings: Settings) -> dict[str, str]:
    """Of the measured commands: nothing of the caller's own warehouse."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OCC_")}
    return plain | {
        "PYTHONWARNINGS": "ignore",
        "COLUMNS": "500",  # nothing is wrapped, so that a line is a line
        "OCC_LANDING": str(settings.landing),
        "OCC_WAREHOUSE": str(settings.warehouse),
        "OCC_TOKEN_KEY_FILE": str(settings.key_file),
    }


def copy_with_links(source: Path, target: Path) -> None:
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
