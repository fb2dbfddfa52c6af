"""A published table as Parquet: `<schema>/<table>.parquet`, or a folder `<schema>/<table>/` of a file for each month.

Month files are those of the generation: a hard link on the same disk, else a copy of what the folder does not hold yet.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from orchestration.publish.files import Source, SourceTable
from orchestration.publish.generation import quoted


def write(source: Source, table: SourceTable, folder: Path, earlier: Path | None) -> None:
    """Write a table into `folder`; `earlier` is what the publish before wrote, as a whole."""
    schema = folder / table.schema
    schema.mkdir(exist_ok=True)
    months = sorted((source.folder / table.name).glob("*.parquet"))
    if not months:
        file = quoted(str(schema / f"{table.name}.parquet"))
        source.con.execute(f"copy {table.full_name} to {file} (format parquet, compression snappy)")
        return
    (schema / table.name).mkdir()
    for month in months:
        place = Path(table.schema) / table.name / month.name
        _place(month, folder / place, earlier / place if earlier else None)


def _place(month: Path, target: Path, earlier: Path | None) -> None:
    for candidate in (month, earlier):
        if candidate is None or not candidate.exists() or not _is_same(candidate, month):
            continue
        try:
            os.link(candidate, target)
        except OSError:  # another disk, or a file system without links
            continue
        return
    shutil.copy2(month, target)


def _is_same(one: Path, other: Path) -> bool:
    first, second = one.stat(), other.stat()
    return (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)
