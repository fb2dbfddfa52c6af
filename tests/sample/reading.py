"""Reading the sample's files in the plainest way, for its tests."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path


def content(path: Path) -> bytes:
    """The file's bytes, unpacked."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def rows(path: Path) -> list[dict[str, str]]:
    """The records of a clean file by column."""
    return list(csv.DictReader(io.StringIO(content(path).decode("utf-8"), newline="")))


def files(out: Path, export: str) -> list[Path]:
    """The files of an export, oldest first."""
    return sorted((out / "landing").rglob(f"{export}_2*.csv*"), key=lambda path: path.name)


def records(out: Path, export: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Every record of a clean export with its file."""
    for path in files(out, export):
        for row in rows(path):
            yield path, row
