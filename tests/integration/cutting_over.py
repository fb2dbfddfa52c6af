"""A cut-over, done to delivered files: columns dropped, renamed, emptied, retyped, codes changed, exports stopped.

What belongs here: how files are spoilt from a day on. Not here: what must come of it.
"""

from __future__ import annotations

import csv
import gzip
import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import PROJECT

CONTRACTS = PROJECT / "orchestration" / "profiles" / "west_mercia" / "contracts"

WATCHED = {
    "saab_incidents": ("grade_current", "source", "is_back_record", "thrive_risk", "is_domestic_abuse"),
    "saab_incident_log": ("event_code",),
    "saab_resource_status": ("incident_ref",),
    "acd_segments": ("disposition", "queue", "dialled", "queue_seconds", "wrap_code", "talk_seconds"),
    "acd_agent_intervals": ("staffed_seconds", "talk_seconds"),
}
"""Columns that some indicator cannot do without: emptied from a day on. Not those without which a row is bad."""
CODES = {
    "saab_incidents": ("grade_current", "source", "thrive_risk", "is_back_record"),
    "saab_incident_log": ("event_code",),
    "saab_resource_status": ("status_code",),
    "acd_segments": ("disposition", "queue", "dialled", "wrap_code"),
}
TYPED = {
    "saab_incidents": ("created_at",),
    "saab_incident_log": ("event_at",),
    "saab_resource_status": ("status_at",),
    "acd_segments": ("segment_start_at", "queue_seconds"),
    "acd_agent_intervals": ("interval_start_at", "talk_seconds"),
}
KINDS = (
    "dropped",
    "renamed",
    "doubled",
    "emptied",
    "emptied",
    "retyped",
    "recoded",
    "recoded",
    "stopped",
    "gone",
    "delimited",
)


@dataclass(frozen=True)
class Cut:
    """What happens to an export from a day on; `gone` is that day alone."""

    kind: str
    export: str
    column: str
    day: date

    def __str__(self) -> str:
        return f"{self.export}.{self.column} {self.kind} from {self.day}"

    def touches(self, said: str) -> bool:
        """Whether what the register says of an indicator is about this cut: of a column, only where it is named."""
        return self.kind not in ("emptied", "recoded") or f"column {self.column} of {self.export}" in said

    def reaches(self, day: date) -> bool:
        """Whether the delivery of this day is cut."""
        return day == self.day if self.kind == "gone" else day >= self.day


def made_up_cuts(seed: int, first: date, last: date) -> list[Cut]:
    """One to three cuts, each of another export; none so early that nothing was there before."""
    dice = random.Random(seed)
    cuts = []
    for export in dice.sample(sorted(WATCHED), dice.randint(1, 3)):
        kind = dice.choice([kind for kind in KINDS if kind != "recoded" or export in CODES])
        columns = {"emptied": WATCHED, "recoded": CODES, "retyped": TYPED}.get(kind, TYPED)[export]
        day = first + timedelta(days=dice.randint(3, (last - first).days - 1))
        cuts.append(Cut(kind, export, dice.choice(columns), day))
    return cuts


def header_of(export: str, column: str) -> str:
    """What a column of the landing store is called in the files of version 5."""
    names = sorted(CONTRACTS.glob(f"{export}.v*.yaml"))
    for said, means in yaml.safe_load(names[0].read_text())["columns"].items():
        if (means["to"] if isinstance(means, dict) else means) == column:
            return str(said)
    raise KeyError(column)


def apply(cuts: list[Cut], landing: Path) -> None:
    """Cut the files over, in place."""
    for cut in cuts:
        for path in sorted(landing.rglob(f"{cut.export}_*.csv*")):
            digits = path.name.removeprefix(f"{cut.export}_")[:8]
            if cut.reaches(date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")):
                if cut.kind in ("stopped", "gone"):
                    path.unlink()
                else:
                    _rewrite(path, cut)


def _rewrite(path: Path, cut: Cut) -> None:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8-sig") as file:
        rows: list[list[Any]] = list(csv.reader(file))
    place = rows[0].index(header_of(cut.export, cut.column))
    delimiter = ","
    if cut.kind == "dropped":
        rows = [row[:place] + row[place + 1 :] for row in rows]
    elif cut.kind == "renamed":
        rows[0][place] = f"new_{rows[0][place]}"
    elif cut.kind == "doubled":
        rows = [[*row, row[place]] for row in rows]
    elif cut.kind == "emptied":
        rows = [rows[0], *([*row[:place], "", *row[place + 1 :]] for row in rows[1:])]
    elif cut.kind == "retyped":
        rows = [rows[0], *([*row[:place], f"~{row[place]}", *row[place + 1 :]] for row in rows[1:])]
    elif cut.kind == "recoded":
        rows = [
            rows[0], *([*row[:place], row[place] and f"N{row[place]}", *row[place + 1 :]] for row in rows[1:])
        ]  # fmt: skip
    elif cut.kind == "delimited":
        delimiter = "|"
    with opened(path, "wt", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
