"""The tiny world that runs are killed in: a few days of a small control room, and one more delivery on top of them.

What belongs here: which files are delivered when. Not here: killing, judging. The second delivery is meant to hurt: it
moves incidents and calls from one day to another, repeats a file under another name and holds a file that is no export,
so that a run which goes on after a kill must find again what the killed one had begun to move.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_FIRST, _LAST = date(2021, 8, 30), date(2021, 9, 2)
_SCALE = 0.004
_KEPT_MONTHS = ("20210801", "20210901")  # of the monthly exports: more would only be more files


@dataclass(frozen=True)
class World:
    """Two deliveries: `base` for a first run, `later` to be put on top of it."""

    base: Path
    later: Path

    def deliver_base(self, landing: Path) -> None:
        _copy(self.base, landing)

    def deliver_later(self, landing: Path) -> None:
        _copy(self.later, landing)


def make(folder: Path) -> World:
    """Write both deliveries below the folder."""
    from orchestration.sample import write_sample

    write_sample(
        folder / "sample",
        date_from=_FIRST,
        date_to=_LAST,
        scale=_SCALE,
        seed=2021,
        legacy_months=[],
        plant_faults=False,
        progress=lambda _text: None,
    )
    world = World(folder / "base", folder / "later")
    for path in sorted((folder / "sample" / "landing").rglob("*.csv")):
        day = path.stem[-8:]
        if path.parent.name == "landing" and day not in _KEPT_MONTHS:
            continue
        target = world.later if day == f"{_LAST:%Y%m%d}" or path.name == "digital_contacts_20210901.csv" else world.base
        _put(target / path.name, path.read_text())
    _correct(world)
    return world


def _correct(world: World) -> None:
    incidents = (world.base / "saab_incidents_20210831.csv").read_text()
    _put(
        world.later / "saab_incidents_20210831_180000.csv",
        incidents.replace(",31/08/2021 ", ",30/08/2021 ", 3).replace("HEREF", "TELF"),
    )
    calls = (world.base / "acd_segments_20210830.csv").read_text()
    _put(world.later / "acd_segments_20210830_120000.csv", calls.replace(",ANS,", ",ABN,", 2))
    _put(
        world.later / "acd_agent_intervals_20210905.csv", (world.base / "acd_agent_intervals_20210830.csv").read_text()
    )
    _put(world.later / "saab_resource_status_20210829.csv", "THIS,IS,NO,EXPORT\n1,2,3,4\n")
    log = (world.base / "saab_incident_log_20210831.csv").read_text()
    _put(world.later / "saab_incident_log_20210831_070000.csv", log.replace("31/08/2021", "rubbish", 1))


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _copy(source: Path, landing: Path) -> None:
    landing.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        shutil.copy2(path, landing / path.name)
