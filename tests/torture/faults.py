"""Hindrances put in a run's way inside its forked process: a full disk, met at a named point.

`full` fills the file system that the ballast lies on, so that the kernel refuses what comes next to whoever writes:
Python, Arrow, DuckDB, dbt. `refuse` only raises the error, for machines that allow no mount of their own.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

from tests.torture import points

_CHUNK = 1 << 20


def arm(fault: dict[str, Any] | None) -> None:
    """Put the hindrance in place: `at` a point's target, of the nth call; then `full` or `refuse`."""
    if fault is None:
        return
    point = points.Point("fault", fault["at"], "before", nth=fault.get("nth", 1))
    if fault["kind"] == "full":
        points.arm_point(point, lambda: fill(Path(fault["ballast"]), fault["leave"]))
    else:
        points.arm_point(point, _refuse)


def fill(ballast: Path, leave: int) -> None:
    """Write until that many bytes are left of the file system; removing the ballast frees them."""
    with ballast.open("ab") as stream:
        while (room := shutil.disk_usage(ballast.parent).free - leave) > 0:
            try:
                stream.write(b"\0" * min(room, _CHUNK))
                stream.flush()
            except OSError:
                return


def _refuse() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
