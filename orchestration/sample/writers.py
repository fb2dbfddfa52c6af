"""Files: the bytes that a sender would drop, and where."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.sample.layouts import FOLDERS


@dataclass
class Delivery:
    """One file to be dropped: its rows are lines of CSV without line ends."""

    export: str
    business_date: date
    header: str
    rows: list[str]
    suffix: str = ""  # `_HHMMSS` or `_partNN`
    compressed: bool = False
    folder: str | None = None
    late: bool = False

    @property
    def name(self) -> str:
        """File name as the interface document states it."""
        return f"{self.export}_{self.business_date:%Y%m%d}{self.suffix}.csv{'.gz' if self.compressed else ''}"

    @property
    def path(self) -> str:
        """Path below the landing folder."""
        folder = FOLDERS.get(self.export, "") if self.folder is None else self.folder
        return f"{folder}/{self.name}" if folder else self.name

    def text(self, end: str = "\n") -> str:
        """The file's text."""
        return end.join([self.header, *self.rows, ""])

    def data(self) -> bytes:
        """The file's bytes: UTF-8, line feeds."""
        return self.pack(self.text().encode("utf-8"))

    def pack(self, content: bytes) -> bytes:
        """The content as delivered, compressed where the name says so."""
        return gzip_stored(content) if self.compressed else content


def gzip_stored(content: bytes) -> bytes:
    """A gzip file of stored blocks, without a time stamp.

    Compressors differ between machines and would change the file's digest, and with it the truth; stored blocks cannot.
    """
    out = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    blocks = range(0, max(len(content), 1), 65535)
    for start in blocks:
        block = content[start : start + 65535]
        out.append(struct.pack("<BHH", start + 65535 >= len(content), len(block), len(block) ^ 0xFFFF) + block)
    out.append(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))
    return b"".join(out)


class Landing:
    """The folder that files are dropped in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = 0
        self.bytes = 0

    def drop(self, path: str, data: bytes) -> None:
        """Write one file below the landing folder."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        self.files += 1
        self.bytes += len(data)
