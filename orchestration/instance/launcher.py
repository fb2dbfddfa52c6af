"""Dagster's run launcher that can tell whether a run's process still works, which its own cannot.

So run monitoring fails a run killed with everything around it, within one poll, and the queue goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._time import get_current_timestamp

from orchestration.instance.processes import WORKER_TAG, is_alive

_UNSAID_SECONDS = 300  # how long a run may stand as started before it says who works on it


class WatchedRunLauncher(DefaultRunLauncher):
    """What dagster.yaml names."""

    @classmethod
    def config_type(cls) -> Mapping[str, Any]:
        return {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """RUNNING while the process lives; FAILED when it is gone, or never said who it is."""
        worker = run.tags.get(WORKER_TAG)
        if worker is not None:
            if is_alive(worker):
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            return CheckRunHealthResult(WorkerStatus.FAILED, "the process that worked on it is gone")
        record = self._instance.get_run_record_by_id(run.run_id)
        started = record.start_time if record else None
        if started is not None and get_current_timestamp() - started > _UNSAID_SECONDS:
            return CheckRunHealthResult(WorkerStatus.FAILED, "no process ever said that it works on it")
        return CheckRunHealthResult(WorkerStatus.RUNNING)
