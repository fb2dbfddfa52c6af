"""One writer at a time. A kernel file lock: it dies with its holder, so there is never a stale one to clean up.

Beside it lies a note of who holds it, for people. The note of a dead holder stays until the next one overwrites it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.errors import EnvironmentProblem, WarehouseLocked
from orchestration.settings import Settings


@contextmanager
def writing(
    settings: Settings, *, wait_seconds: float = 0, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the warehouse for writing.

    Another run that has it is waited for, up to `wait_seconds`; `waiting` is told its holder first. Raises
    WarehouseLocked, naming the holder, when it has the warehouse still; EnvironmentProblem when no lock can be made.
    """
    try:
        settings.warehouse.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(
            f"The warehouse folder {settings.warehouse} cannot be made: {error.strerror}. "
            "Choose another with --warehouse or OCC_WAREHOUSE."
        ) from None
    lock = FileLock(settings.lock_file, timeout=0, is_singleton=True, thread_local=False)
    _acquire(lock, settings, wait_seconds, waiting)
    try:
        _note_holder(settings)
        yield
    finally:
        lock.release()


def holder_file(settings: Settings) -> Path:
    return settings.warehouse / ".lock.holder"


def holder(settings: Settings) -> str:
    """Who holds the lock, or held it last: process, host, and since when."""
    with suppress(OSError, ValueError):
        return holder_file(settings).read_text().strip() or "an unknown process"
    return "an unknown process"


def _acquire(lock: FileLock, settings: Settings, wait_seconds: float, waiting: Callable[[str], None] | None) -> None:
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if wait_seconds <= 0:
                raise
            if waiting:
                waiting(holder(settings))
            lock.acquire(timeout=wait_seconds)
    except Timeout:
        waited = f" still, after {wait_seconds:g} seconds" if wait_seconds > 0 else ""
        raise WarehouseLocked(
            f"Another run is writing to {settings.warehouse}{waited} ({holder(settings)}). Wait for it to end and run "
            "again, or let this command wait with --wait SECONDS; nothing was changed. Readers of the published "
            "warehouse are not affected."
        ) from None
    except OSError as error:
        raise EnvironmentProblem(
            f"The lock {settings.lock_file} cannot be made: {error.strerror}. Give this user write permission and the "
            "disk some room, or choose another warehouse with --warehouse or OCC_WAREHOUSE."
        ) from None


def _note_holder(settings: Settings) -> None:
    """Written aside and renamed: who waits reads all of it or the one before. Without it a run goes on all the same."""
    told = f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
    aside = holder_file(settings).with_suffix(".new")
    with suppress(OSError):
        aside.write_text(told)
        aside.replace(holder_file(settings))
