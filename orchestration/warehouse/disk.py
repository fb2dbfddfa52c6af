"""A full disk: how it is told from other troubles, whoever met it, and what is said of it.

Python, DuckDB, dbt, Arrow and SQLite each say it in words of their own. Nothing here frees space or decides what goes.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import EnvironmentProblem
from orchestration.settings import Settings

_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_WORDS = ("no space left on device", "disk quota exceeded", "file too large", "disk is full", "disk full")
_MIB = 1 << 20
# Measured on the sample and on a force-year: landing store, build database and one generation take twice the space of
# the uncompressed exports; DuckDB needs some more while it rewrites them. A compressed export unpacks to eight times.
_PER_DELIVERED_BYTE, _UNPACKED, _AT_LEAST = 2.5, 8, 128 * _MIB


class DiskFull(EnvironmentProblem):
    """There is no room to go on. Nothing half-written is visible to readers; the next run goes on from here."""


def is_full(error: BaseException) -> bool:
    """Does this error, or one that it came from, say that the disk is full (or a quota, or a limit on file sizes)?"""
    return any(
        (isinstance(cause, OSError) and cause.errno in _NUMBERS) or says_full(str(cause)) for cause in causes(error)
    )


def says_full(text: str) -> bool:
    """Does what a tool says mean that the disk is full?"""
    return any(words in text.lower() for words in _WORDS)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that it came from."""
    seen: set[int] = set()  # a chain of exceptions may lead back to itself
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def told(settings: Settings, doing: str) -> Iterator[None]:
    """Turn a full disk met in the block, whoever says it, into one paragraph; other errors pass."""
    try:
        yield
    except DiskFull:
        raise
    except Exception as error:
        if not is_full(error):
            raise
        raise full(settings, doing) from error


def full(settings: Settings, doing: str) -> DiskFull:
    """The paragraph: where, how much is free, how much a run needs, what became of the run, what to do."""
    return DiskFull(
        f"The disk is full: the run could not go on with {doing}. {_shown(free_bytes(settings.warehouse))} are free "
        f"for {settings.warehouse}; a run over what lies in {settings.landing} needs about "
        f"{_shown(needed_bytes(settings))}. Nothing half-done was published, what was published stays, and nothing has "
        "to be cleaned up: free some space, or name a larger place with --warehouse, and run again."
    )


def free_bytes(folder: Path) -> int:
    """What this user may still write below the folder, which need not be there yet."""
    nearest = next(path for path in [folder, *folder.parents] if path.exists())
    return shutil.disk_usage(nearest).free


def needed_bytes(settings: Settings) -> int:
    """About how much a run needs free, at most: all of a warehouse of what was delivered, less what it has already."""
    delivered = sum(size * (_UNPACKED if name.endswith(".gz") else 1) for name, size in _files(settings.landing))
    there = sum(size for _, size in _files(settings.warehouse / "landing")) + (
        settings.build_db.stat().st_size if settings.build_db.exists() else 0
    )
    generation = sum(size for _, size in _files(settings.published / "current"))
    return int(max(_PER_DELIVERED_BYTE * delivered - there, generation) + _AT_LEAST)


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                yield name, os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118
            except OSError:
                continue  # it went away meanwhile


def _shown(size: int) -> str:
    return f"{size / 1024 / _MIB:.1f} GiB" if size >= 1024 * _MIB else f"{size / _MIB:.0f} MiB"
