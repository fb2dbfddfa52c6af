"""One writer at a time. A kernel file lock: it dies with its holder, so there is never a stale one to clean up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from orchestration.errors import EnvironmentProblem, WarehouseLocked
from orchestration.settings import Settings


@contextmanager
def writing(settings: Settings, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the warehouse for writing. Raises WarehouseLocked, naming the holder, when another run has it."""
    try:
        settings.warehouse.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(
            f"The warehouse folder {settings.warehouse} cannot be made: {error.strerror}. "
            "Choose another with --warehouse or OCC_WAREHOUSE."
        ) from None
    holder = settings.warehouse / ".lock.holder"
    try:
        with FileLock(settings.lock_file, timeout=wait_seconds, is_singleton=True, thread_local=False):
            holder.write_text(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
            yield
    except Timeout:
        who = holder.read_text().strip() if holder.exists() else "an unknown process"
        raise WarehouseLocked(
            f"Another run is writing to {settings.warehouse} ({who}). Wait for it to end and run again; "
            "nothing was changed. Readers of the published warehouse are not affected."
        ) from None
