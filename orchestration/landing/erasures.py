"""Erasures as the landing store keeps them: what was erased and must never be stored again, and what is held.

What belongs here: the records, their files, finishing an erasure that was cut off. Not here: finding rows
(landing/subjects.py, retention/). A record holds keyed digests only, so that it identifies nobody.

`<store>/erasures/<id>.json`   one erasure; written last, by rename: from then on its rows are gone
`<store>/erasing/<id>/`        files without the rows, until each has taken its original's place
`<store>/holds.json`           holds, also those released

Imports nothing heavy: it decides whether there is anything to do at all.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

INCIDENT, TOKEN, RETENTION = "INCIDENT", "TOKEN", "RETENTION"
_FOLDER, _STAGING, _HOLDS = "erasures", "erasing", "holds.json"


@dataclass(frozen=True)
class Erasure:
    """One `occ forget` or `occ retain`: the audit entry, and what keeps its rows out from then on."""

    erasure_id: str
    erased_at: str  # ISO 8601, UTC
    erased_by: str
    kind: str  # INCIDENT, TOKEN, RETENTION
    digest: str | None  # keyed, of the incident's reference or the token; none of a retention
    reason: str
    key_fingerprint: str  # of the key that the digest was made under
    kept_from: dict[str, str] = field(default_factory=dict)  # retention: export -> first day that is kept
    rows_by_export: dict[str, int] = field(default_factory=dict)  # stored rows taken out
    rows_quarantined: int = 0  # records taken out of the quarantine
    mentions: int = 0  # values of other rows in which the reference was masked
    rows_held: int = 0  # rows that a hold kept
    contents: dict[str, tuple[int, int]] = field(default_factory=dict)  # content number -> good, quarantined records
    batches: tuple[str, ...] = ()  # landing batches that held one of its rows

    @property
    def rows_erased(self) -> int:
        return sum(self.rows_told.values())

    @property
    def rows_told(self) -> dict[str, int]:
        """Where rows were taken out: exports, and the quarantine."""
        return self.rows_by_export | ({"quarantine": self.rows_quarantined} if self.rows_quarantined else {})


@dataclass(frozen=True)
class Hold:
    """Rows that must be kept whatever a period or a request says."""

    hold_id: str
    kind: str  # INCIDENT, TOKEN
    digest: str
    reason: str
    held_at: str  # ISO 8601, UTC
    held_by: str
    until: str | None = None  # last day, as 2027-03-31; none: until it is released
    released_at: str | None = None
    released_by: str | None = None

    def is_active(self, today: date) -> bool:
        return self.released_at is None and (self.until is None or date.fromisoformat(self.until) >= today)


def committed(store: Path) -> list[str]:
    """Names of the erasures that stand, in order."""
    try:
        names = [entry.name for entry in os.scandir(store / _FOLDER)]
    except OSError:
        return []
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def read_erasures(store: Path) -> list[Erasure]:
    """Every erasure that stands, in order."""
    return [_erasure(json.loads((store / _FOLDER / f"{name}.json").read_text())) for name in committed(store)]


def _erasure(raw: dict[str, Any]) -> Erasure:
    known = {item.name for item in fields(Erasure)}
    kept = {name: value for name, value in raw.items() if name in known}
    kept["contents"] = {number: (good, bad) for number, (good, bad) in kept.get("contents", {}).items()}
    kept["batches"] = tuple(kept.get("batches", ()))
    return Erasure(**kept)


def new_id(store: Path) -> str:
    """A name for the erasure to come: its instant, made unique; names rise with time."""
    stem, taken, number = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", set(committed(store)), 1
    while (name := f"{stem}-{number:03d}") in taken:
        number += 1
    return name


def staging_folder(store: Path, erasure_id: str) -> Path:
    """Where files without the rows wait for the record."""
    return store / _STAGING / erasure_id


def commit(store: Path, erasure: Erasure) -> None:
    """The record, written aside, synced and renamed into place: before it nothing was erased, after it everything."""
    folder = store / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    _write_synced(folder / f".{erasure.erasure_id}.tmp", folder / f"{erasure.erasure_id}.json", asdict(erasure))


def settle(store: Path, derived: Sequence[Path] = ()) -> list[str]:
    """Finish what an erasure left to do, and drop what one left that never stood; the names of those finished.

    Every file that waits takes its original's place; `derived` (files made from the store, which may hold the rows)
    are removed. Done again after a kill it goes on where that one stopped.
    """
    finished = []
    for leftover in (store / _FOLDER).glob(".*.tmp"):
        leftover.unlink(missing_ok=True)
    standing = set(committed(store))
    for folder in sorted(path for path in (store / _STAGING).glob("*") if path.is_dir()):
        if folder.name in standing:
            for staged in sorted(folder.rglob("*.parquet")):
                target = store / staged.relative_to(folder)
                staged.replace(target)
                _sync(target.parent)
            for path in derived:
                path.unlink(missing_ok=True)
            finished.append(folder.name)
        shutil.rmtree(folder)
    return finished


def kept_from(erasures: Iterable[Erasure]) -> dict[str, date]:
    """Export to the first day that is kept of it, over every retention that stands."""
    found: dict[str, date] = {}
    for erasure in erasures:
        for export, text in erasure.kept_from.items():
            day = date.fromisoformat(text)
            found[export] = max(day, found.get(export, day))
    return found


def erased_counts(erasures: Iterable[Erasure]) -> dict[int, tuple[int, int]]:
    """Content number to the good and the quarantined records that were taken out after it was stored."""
    counts: dict[int, tuple[int, int]] = {}
    for erasure in erasures:
        for number, (good, bad) in erasure.contents.items():
            before = counts.get(int(number), (0, 0))
            counts[int(number)] = (before[0] + good, before[1] + bad)
    return counts


# --- holds ----------------------------------------------------------------------------------------------------------
def read_holds(store: Path) -> list[Hold]:
    """Every hold ever made, in order."""
    path = store / _HOLDS
    return [Hold(**raw) for raw in json.loads(path.read_text())] if path.exists() else []


def write_holds(store: Path, holds: Sequence[Hold]) -> None:
    """All holds, in one step."""
    store.mkdir(parents=True, exist_ok=True)
    _write_synced(store / f".{_HOLDS}.tmp", store / _HOLDS, [asdict(hold) for hold in holds])


def active_holds(store: Path, today: date | None = None) -> list[Hold]:
    """The holds that are in force."""
    day = today or datetime.now(UTC).date()
    return [hold for hold in read_holds(store) if hold.is_active(day)]


def _write_synced(temporary: Path, target: Path, content: Any) -> None:
    with temporary.open("w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
