"""The landing store: where its files lie, how a batch is committed, what a killed run left behind. No meaning of rows.

`<store>/<export>/<batch>-<YYYYMM>-v<version>.parquet`   good rows; immutable
`<store>/quarantine/<batch>.parquet`                     what is wrong with bad rows
`<store>/registry/<batch>.parquet`                       written last, by rename: the commit point of the batch
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing.folder import committed_batches

_BATCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_DATA_FILE = re.compile(r"(?P<batch>.+)-[0-9]{6}-v[A-Za-z0-9_]+(?:-[0-9]+)?\.parquet")


def check_batch_name(batch: str) -> None:
    """Raises ValueError: a batch's name is part of file names."""
    if not _BATCH.fullmatch(batch):
        raise ValueError("a batch is named with letters, digits and _ . - only")


def data_file(store: Path, export: str, batch: str, month: str, version: str, number: int) -> Path:
    """Where good rows of one export, batch, business month (YYYYMM) and contract version go."""
    tail = f"-{number}" if number else ""
    return store / export / f"{batch}-{month}-v{version}{tail}.parquet"


def quarantine_file(store: Path, batch: str) -> Path:
    return store / "quarantine" / f"{batch}.parquet"


def registry_files(store: Path) -> list[Path]:
    return [store / "registry" / f"{batch}.parquet" for batch in committed_batches(store)]


def data_files(store: Path, export: str) -> list[Path]:
    """Committed files of good rows of one export, in a fixed order."""
    known = set(committed_batches(store))
    return sorted(path for path in _parquet(store / export) if _batch_of(path) in known)


def quarantine_files(store: Path) -> list[Path]:
    known = set(committed_batches(store))
    return sorted(path for path in _parquet(store / "quarantine") if path.stem in known)


def orphans(store: Path, exports: Sequence[str]) -> list[Path]:
    """What a killed run left: anything that no committed batch names."""
    known = set(committed_batches(store))
    found = [path for export in exports for path in _all(store / export) if _batch_of(path) not in known]
    found += [path for path in _all(store / "quarantine") if path.suffix != ".parquet" or path.stem not in known]
    return found + [path for path in _all(store / "registry") if path.suffix != ".parquet"]


def remove_orphans(store: Path, exports: Sequence[str]) -> list[Path]:
    """Delete what a killed run left. What was deleted."""
    found = orphans(store, exports)
    for path in found:
        path.unlink(missing_ok=True)
    return found


def commit_registry(store: Path, batch: str, table: pa.Table) -> None:
    """Make a batch stand: its registry file is written aside, synced, and renamed into place."""
    folder = store / "registry"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{batch}.tmp"
    pq.write_table(table, temporary)
    sync_file(temporary)
    temporary.rename(folder / f"{batch}.parquet")
    sync_file(folder)


def sync_file(path: Path) -> None:
    """Have a file, or a folder's entries, on disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _batch_of(path: Path) -> str | None:
    match = _DATA_FILE.fullmatch(path.name)
    return match["batch"] if match else None


def _parquet(folder: Path) -> list[Path]:
    return [path for path in _all(folder) if path.suffix == ".parquet"]


def _all(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []
