"""One command measured from outside: wall and CPU seconds, peak memory of all its processes, when it said what.

Nothing here knows what the command does. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple

_LOOK_EVERY, _MARK_EVERY = 0.2, 0.02
_MB = 1_000_000
_STAGE = re.compile(r"[a-z][a-z ]{2,40}")  # the name of a stage; warnings and the like belong to the stage they come in
PROC = Path("/proc")


class CommandFailed(Exception):
    """A measured command did not end well; the message ends with what it said."""


class Spent(NamedTuple):
    """Time since the start, or between two moments."""

    wall: float
    cpu: float  # of the command itself and of what it has waited for


class Measured(NamedTuple):
    """What one command cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    stages: dict[str, Spent]  # stage as named on standard error, in that order, to what it took until the next one
    marked: Mark | None = None  # what it had cost when what was watched changed; None where nothing was, or did not


class Mark(NamedTuple):
    """What a command had cost at one moment."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


def measure(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    watched: Callable[[], object] | None = None,
) -> Measured:
    """Run a command to its end, and note what it had cost when `watched` first gave another answer than before it.

    Raises CommandFailed when it does not end with 0.
    """
    before = _cpu_of_children()
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=dict(environment), cwd=folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said: list[tuple[Spent, str]] = []
    memory = _Memory(process.pid, started, watched)
    listener = threading.Thread(target=_listen, args=(process, process.stderr, started, said))
    for thread in (listener, memory):
        thread.start()
    code = process.wait()
    ended = time.perf_counter() - started
    for thread in (listener, memory):
        thread.join()
    if code != 0:
        tail = "\n".join(line for _, line in said[-15:])
        raise CommandFailed(f"{' '.join(command[1:4])} ended with {code}:\n{tail}")
    # What was started and never waited for (a JVM that Python leaves behind) is in the sum last seen only.
    whole = Spent(ended, max(_cpu_of_children() - before, memory.cpu))
    return Measured(whole.wall, whole.cpu, memory.peak / _MB, _stages(said, whole), memory.marked)


def _listen(process: subprocess.Popen[str], stream: IO[str], started: float, said: list[tuple[Spent, str]]) -> None:
    for line in stream:
        said.append((Spent(time.perf_counter() - started, _cpu_of(process.pid)), line.strip()))


def _stages(said: Sequence[tuple[Spent, str]], whole: Spent) -> dict[str, Spent]:
    """What it took from one stage to the next; before the first one the command was loading."""
    moments = [(Spent(0.0, 0.0), "loading"), *((at, line) for at, line in said if _STAGE.fullmatch(line)), (whole, "")]
    stages: dict[str, Spent] = {}
    for (at, line), (until, _) in pairwise(moments):
        before = stages.get(line, Spent(0.0, 0.0))
        stages[line] = Spent(before.wall + until.wall - at.wall, before.cpu + until.cpu - at.cpu)
    return stages


def _cpu_of(pid: int) -> float:
    """CPU seconds of a running process and of the ended ones it started; 0 when it is gone."""
    try:
        told = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in told[11:15]) / os.sysconf("SC_CLK_TCK")


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Memory(threading.Thread):
    """Looks at a process and all that it started, until it is gone; keeps the highest sums, and the watched moment."""

    def __init__(self, pid: int, started: float, watched: Callable[[], object] | None) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.cpu, self.started = pid, 0, 0.0, started
        self.marked: Mark | None = None
        self.watched = watched
        self.before = watched() if watched else None

    def run(self) -> None:
        while True:
            tree = _tree(self.pid)
            now = sum(_memory_of(pid) for pid in tree)
            if not now:
                return
            self.peak = max(self.peak, now)
            self.cpu = max(self.cpu, sum(_cpu_of(pid) for pid in tree))
            self._watch_until(time.perf_counter() + _LOOK_EVERY)

    def _watch_until(self, until: float) -> None:
        while time.perf_counter() < until:
            if self.watched and not self.marked and self.watched() != self.before:
                wall = time.perf_counter() - self.started
                self.marked = Mark(wall, sum(_cpu_of(pid) for pid in _tree(self.pid)), self.peak / _MB)
            time.sleep(_MARK_EVERY if self.watched and not self.marked else _LOOK_EVERY)


def _tree(root: int) -> set[int]:
    """A process and its descendants."""
    parents: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                # The name in brackets may hold anything, so what follows is counted from its end.
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _memory_of(pid: int) -> int:
    """Bytes: shared pages by share (PSS) where the kernel says, else all resident ones; 0 when it has ended."""
    try:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
