"""Who works on a run, in a word that another process can check: a dead worker is found out without asking it.

A process is its number, the instant it started and the machine's boot: numbers are given out again.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

WORKER_TAG = "occ/worker"
_STARTED = 19  # place of the start time in /proc/<pid>/stat, counted after the name


def this_process() -> str:
    """`pid:started:boot` of this process."""
    return f"{os.getpid()}:{_started(os.getpid())}:{_boot()}"


def is_alive(worker: str) -> bool:
    """Whether the process that the word names still works. True where that cannot be told."""
    number, started, boot = [*worker.split(":"), "", ""][:3]
    if not number.isdigit():
        return True
    return boot == _boot() and started == _started(int(number))


def note_worker(instance: dg.DagsterInstance, run_id: str) -> None:
    """Write into a run who works on it."""
    instance.add_run_tags(run_id, {WORKER_TAG: this_process()})


def fail_dead_runs(instance: dg.DagsterInstance, besides: str = "") -> list[str]:
    """Say of every run that stands as started, and whose process is gone, that it failed; their ids.

    A daemon does the same by its run monitoring; this is for where none runs.
    """
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        worker = run.tags.get(WORKER_TAG)
        if run.run_id != besides and worker and not is_alive(worker):
            instance.report_run_failed(run, "The process that worked on it is gone.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            ended.append(run.run_id)
    return ended


def _started(pid: int) -> str:
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "gone"
    state = told.rpartition(")")[2].split()
    return "gone" if state[0] in "ZX" else state[_STARTED]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"
