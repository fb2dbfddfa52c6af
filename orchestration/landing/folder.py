"""The landing folder: which files lie there, which were seen before, which stand still. Only ever looked at and read.

What belongs here: listing, the still-growing rule, reading bytes, the memory of what was seen. Not here: what a file
means. Imports nothing heavy: it decides whether there is anything to do at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from orchestration.errors import EnvironmentProblem
from orchestration.landing.tokens import mask_name

IGNORED_ENDINGS = (".part", ".tmp", ".filepart")
SEEN_FILE = "seen.json"
_MIB = 1 << 20


@dataclass(frozen=True)
class FoundFile:
    """A regular file in the landing folder, as it was at one look."""

    path: Path
    relative: str  # to the landing folder, always text that can be stored
    size: int
    modified_ns: int
    inode: int

    @property
    def name(self) -> str:
        return self.relative.rpartition("/")[2]

    @property
    def signature(self) -> str:
        """Path, size and modification time as one digest: equal means seen. The path itself may hold a number."""
        told = f"{self.relative}\0{self.size}\0{self.modified_ns}"
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def look_again(self) -> FoundFile | None:
        """The same file as it is now; None when it has gone or is no regular file any more."""
        try:
            now = self.path.lstat()
        except OSError:
            return None
        return _found(self.path, self.relative, now) if stat.S_ISREG(now.st_mode) else None


@dataclass
class Listing:
    """One look over the whole folder."""

    files: list[FoundFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # unfinished transfers, links, pipes: with the reason
    unreadable: list[str] = field(default_factory=list)  # folders that cannot be looked into: with the reason


def list_folder(root: Path) -> Listing:
    """Everything below the folder, by path. Links are not followed; nothing but regular files is ever opened.

    Raises EnvironmentProblem when the landing folder itself cannot be looked into: that is not an empty one.
    """
    listing = Listing()
    for path, relative, told in _walk(root, listing.unreadable):
        if relative.endswith(IGNORED_ENDINGS):
            listing.ignored.append(f"{relative}: the transfer is not finished")
        elif stat.S_ISLNK(told.st_mode):
            listing.ignored.append(f"{relative}: a link is not followed")
        elif not stat.S_ISREG(told.st_mode):
            listing.ignored.append(f"{relative}: not a regular file")
        else:
            listing.files.append(_found(path, relative, told))
    listing.files.sort(key=lambda file: file.relative)
    return listing


def standing_still(files: list[FoundFile], pause_seconds: float = 1.0) -> tuple[list[FoundFile], list[str]]:
    """Two looks over all files, a pause between them: those that did not change, and the paths of those that did."""
    if not files:
        return [], []
    time.sleep(pause_seconds)
    still, growing = [], []
    for file in files:
        if file.look_again() == file:
            still.append(file)
        else:
            growing.append(file.relative)
    return still, growing


class Changed(Exception):
    """The file changed, or went away, while it was read."""


def read_bytes(file: FoundFile) -> bytes:
    """The bytes as delivered, read once.

    Raises Changed when the file is not what it was when looked at; OSError when it cannot be read.
    """
    with _opened(file) as stream:
        data = stream.read()
        if len(data) != file.size:
            raise Changed
    return data


def digest_of_large(file: FoundFile) -> str:
    """What stands for the SHA-256 of a file too large to be read: that of its size, its first and its last MiB.

    Reading it all would take as long as whoever sent it likes. Raises as `read_bytes`.
    """
    with _opened(file) as stream:
        digest = hashlib.sha256(f"{file.size} bytes\0".encode())
        digest.update(stream.read(_MIB))
        stream.seek(max(file.size - _MIB, 0))
        digest.update(stream.read(_MIB))
    return digest.hexdigest()


@contextmanager
def _opened(file: FoundFile) -> Iterator[BinaryIO]:
    """The file, open for reading; raises Changed when it is another before or after."""
    handle = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if _found(file.path, file.relative, os.fstat(handle)) != file:
            raise Changed
        yield stream
        if _found(file.path, file.relative, os.fstat(handle)) != file:
            raise Changed


def unreadable(landing_dir: Path) -> list[str]:
    """Files and folders that lie there and that this user may not read, with the reason, as they may be shown."""
    listing = list_folder(landing_dir)
    closed = [f"{file.relative}: Permission denied" for file in listing.files if not os.access(file.path, os.R_OK)]
    return [mask_name(said) for said in listing.unreadable + closed]


def seen_nothing_new(landing_dir: Path, warehouse: Path) -> bool:
    """Is every file in the folder, as it lies there, one that the committed registry knows?"""
    seen = read_seen(warehouse / "landing")
    if seen is None:
        return False
    return all(file.signature in seen or not os.access(file.path, os.R_OK) for file in list_folder(landing_dir).files)


def read_seen(store: Path) -> set[str] | None:
    """Signatures of the files taken in so far; None when the note does not fit the registry and must be made again."""
    try:
        noted = json.loads((store / SEEN_FILE).read_text(encoding="ascii"))
        batches, signatures = noted["batches"], noted["signatures"]
    except (OSError, ValueError, KeyError, TypeError):
        return None if committed_batches(store) else set()
    return set(signatures) if batches == committed_batches(store) else None


def write_seen(store: Path, signatures: set[str]) -> None:
    """Note what was seen. Losing the note costs a second look at the files, nothing else."""
    noted = {"batches": committed_batches(store), "signatures": sorted(signatures)}
    temporary = store / f".{SEEN_FILE}.tmp"
    temporary.write_text(json.dumps(noted), encoding="ascii")
    temporary.replace(store / SEEN_FILE)


def committed_batches(store: Path) -> list[str]:
    """Batches whose registry file stands: what is not of one of these was never landed."""
    try:
        names = [entry.name for entry in os.scandir(store / "registry")]
    except OSError:
        return []
    return sorted(name.removesuffix(".parquet") for name in names if name.endswith(".parquet"))


def _found(path: Path, relative: str, told: os.stat_result) -> FoundFile:
    return FoundFile(path, relative, told.st_size, told.st_mtime_ns, told.st_ino)


def _walk(root: Path, unreadable: list[str]) -> Iterator[tuple[Path, str, os.stat_result]]:
    pending = [(os.fspath(root), "")]
    while pending:
        folder, prefix = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            if not prefix:
                raise EnvironmentProblem(
                    f"The landing folder {root} cannot be looked into: {error.strerror}. Mend it, or name another with "
                    "--landing or OCC_LANDING, and run again; nothing was changed."
                ) from None
            if not isinstance(error, FileNotFoundError):  # else it went away: what lay below is not there
                unreadable.append(f"{prefix}: {error.strerror}")
            continue
        for entry in entries:
            relative = prefix + _storable(entry.name)
            try:
                told = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(told.st_mode):
                pending.append((entry.path, relative + "/"))
            else:
                yield Path(entry.path), relative, told


def _storable(name: str) -> str:
    """A file's name as text; bytes that are no text are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
