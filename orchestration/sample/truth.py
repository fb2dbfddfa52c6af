"""The truth folder: planted faults, true values and parameters. The pipeline never reads it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.sample.calls import DayOfCalls
from orchestration.sample.clock import Clock
from orchestration.sample.model import Incident
from orchestration.sample.parameters import Parameters


@dataclass(frozen=True)
class Fault:
    """One planted fault and what a sound loader makes of it."""

    kind: str
    file: str  # path below the landing folder
    line: int | None  # physical line, the header is line 1; None where the whole file is meant
    outcome: str  # LOADED, COUNTED, QUARANTINED_ROW, QUARANTINED_FILE, DUPLICATE, SUPERSEDED, IGNORED, MISSING
    rows: int  # rows it touches
    column: str
    value: str
    note: str


class Truth:
    """Collects while the simulation runs, writes at its end."""

    def __init__(self, root: Path, parameters: Parameters, clock: Clock) -> None:
        self.root = root
        self.faults: list[Fault] = []
        self._parameters = parameters
        self._clock = clock
        self._calls: list[str] = []
        self._hours: list[str] = []
        self._incidents: list[str] = []
        self._legacy: list[str] = []

    def plant(self, fault: Fault) -> None:
        """Note one planted fault."""
        self.faults.append(fault)

    def calls(self, day: DayOfCalls) -> None:
        """True outcomes of a local day, by line."""
        for key in sorted(day.tally):
            line, what = key.split("|")
            self._calls.append(f"{day.day.isoformat()},{line},{what},{day.tally[key]}")

    def hours(self, hourly: list[tuple[int, tuple[int, ...]]]) -> None:
        """How many incidents really waited, by hour, area and grade."""
        for instant, counts in hourly:
            hour = self._clock.utc(instant)
            for index, area in enumerate(self._parameters.areas):
                self._hours.append(f"{hour},{area.code},{','.join(str(n) for n in counts[index * 4 : index * 4 + 4])}")

    def incidents(self, incidents: list[Incident]) -> None:
        """True times of incidents that ended (or are still open at the end)."""
        utc = self._clock.utc
        for i in incidents:
            scene = utc(i.true_scene) if i.true_scene else ""
            assigned = utc(i.first_assigned) if i.first_assigned else ""
            closed = utc(i.closed) if i.closed else ""
            self._incidents.append(
                f"{i.ref},{utc(i.created)},{i.grade_initial},{i.grade},{self._parameters.areas[i.area].code},"
                f"{assigned},{scene},{closed},{i.linked_to}"
            )

    def legacy(self, month: date, incidents: list[Incident]) -> None:
        """How many incidents the legacy month really held and how fast emergencies were attended."""
        times = [i.true_scene - i.created for i in incidents if i.grade == "1" and i.true_scene and not i.linked_to]
        mean = round(sum(times) / len(times), 1) if times else None
        self._legacy.append(f"{month.isoformat()},{len(incidents)},{len(times)},{mean}")

    def write(
        self, first: date, last: date, scale: float, seed: int, tally: Counter[str], rows: dict[str, int]
    ) -> None:
        """All files of the truth folder."""
        self._table("calls_daily.csv", "day,line,outcome,count", self._calls)
        self._table("unresourced_hourly.csv", "hour_utc,area,grade_1,grade_2,grade_3,grade_4", self._hours)
        self._table(
            "incidents.csv",
            "ref,created,grade_initial,grade_final,area,first_assigned,first_at_scene,closed,linked_to",
            self._incidents,
        )  # fmt: skip
        self._table("legacy.csv", "month,incidents,grade_1_attended,grade_1_mean_seconds", self._legacy)
        self._json("faults.json", [asdict(fault) for fault in self.faults])
        about: dict[str, Any] = {
            "date_from": first.isoformat(),
            "date_to": last.isoformat(),
            "scale": scale,
            "seed": seed,
            "clean_rows": dict(sorted(rows.items())),
            "dispatch": dict(sorted(tally.items())),
            "parameters": self._parameters.as_dict(),
        }
        self._json("simulation.json", about)

    def _table(self, name: str, header: str, lines: list[str]) -> None:
        (self.root / name).write_bytes("\n".join([header, *lines, ""]).encode())

    def _json(self, name: str, content: object) -> None:
        (self.root / name).write_bytes(json.dumps(content, indent=1, default=str, ensure_ascii=False).encode() + b"\n")
