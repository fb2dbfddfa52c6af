"""Dagster's own storage and watch over runs: a failure means that history is lost, or a dead run holds up others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus

from orchestration.instance.launcher import WatchedRunLauncher
from orchestration.instance.processes import WORKER_TAG, fail_dead_runs, is_alive, this_process
from orchestration.instance.storage import BatchingEventLog
from orchestration.publish.generation import current
from orchestration.settings import PROJECT, Settings
from tests.postgres_server import PostgresServer
from tests.support import ask, run

KEY = dg.AssetKey(["landing", "acd_segments"])


def wait_for(condition, seconds: float = 60) -> None:  # type: ignore[no-untyped-def]
    """Wait until something is so; fail when it does not come to be."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.2)


@pytest.fixture(params=["sqlite", "postgres"])
def stored(request: pytest.FixtureRequest, empty: Settings) -> Iterator[dg.DagsterInstance]:
    """Dagster as dagster.yaml sets it up, on each kind of storage."""
    address = ""
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        address = server.address(server.new_database())
    replace(empty, dagster_postgres=address).export()
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    finally:
        empty.export()


def started_run(instance: dg.DagsterInstance, **tags: str) -> str:
    job = dg.job(name="a_job")(lambda: None)
    return instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED).run_id


def arrivals_of(run_id: str, days: list[str]) -> list[dg.EventLogEntry]:
    from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData

    return [
        dg.EventLogEntry(
            error_info=None, level=20, user_message="", run_id=run_id, timestamp=time.time(), job_name="a_job",
            dagster_event=DagsterEvent(
                event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
                job_name="a_job",
                event_specific_data=StepMaterializationData(dg.AssetMaterialization(KEY, partition=day)),
            ),
        )
        for day in days
    ]  # fmt: skip


def test_many_arrivals_at_once_are_kept_like_one_after_the_other(stored: dg.DagsterInstance) -> None:
    run_id = started_run(stored)
    days = [f"2021-09-{day:02d}" for day in range(1, 31)]
    stored.event_log_storage.store_event_batch(arrivals_of(run_id, days))
    assert stored.get_materialized_partitions(KEY) == set(days)
    latest = stored.get_latest_materialization_event(KEY)
    assert latest is not None
    assert latest.asset_materialization is not None
    assert latest.asset_materialization.partition == days[-1]
    assert len(stored.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)) == 30


def test_the_storage_is_the_one_that_was_asked_for(
    stored: dg.DagsterInstance, request: pytest.FixtureRequest, empty: Settings
) -> None:
    is_sqlite = isinstance(stored.event_log_storage, BatchingEventLog)
    assert is_sqlite == ("sqlite" in request.node.name)
    assert (empty.dagster_folder / "history").exists() == is_sqlite
    assert isinstance(stored.run_launcher, WatchedRunLauncher)
    assert stored.run_monitoring_enabled
    assert stored.get_concurrency_config().pool_config.default_pool_limit == 1


@pytest.mark.long
def test_a_whole_run_keeps_its_history_in_postgres(empty: Settings, postgres_server: PostgresServer) -> None:
    settings = replace(empty, dagster_postgres=postgres_server.address(postgres_server.new_database()))
    try:
        run(settings)
        assert ask(settings, "select count(*) from quality.generations") == [(1,)]
        with dg.DagsterInstance.get() as instance:
            newest = instance.get_runs(limit=1)[0]
            assert (newest.job_name, newest.status) == ("run_warehouse", dg.DagsterRunStatus.SUCCESS)
        assert not (settings.dagster_folder / "history").exists()
    finally:
        empty.export()


# --- a run whose process died -------------------------------------------------------------------------------------
def test_this_process_is_alive_and_others_are_told_apart() -> None:
    number, started, boot = this_process().split(":")
    assert is_alive(this_process())
    assert not is_alive(f"{number}:{int(started) - 1}:{boot}")  # the number was given out again
    assert not is_alive(f"{number}:{started}:another boot")
    assert is_alive("not a word of ours")


WORKER = """
import sys, time, dagster as dg
from orchestration.instance.processes import note_worker
with dg.DagsterInstance.get() as instance:
    job = dg.job(name="a_job")(lambda: None)
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    note_worker(instance, run.run_id)
    print(run.run_id, flush=True)
    time.sleep(600)
"""


def test_a_run_killed_on_the_way_is_found_out_and_the_living_are_left_alone(empty: Settings) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    assert worker.stdout is not None
    killed = worker.stdout.readline().strip()
    with dg.DagsterInstance.get() as instance:
        living = started_run(instance, **{WORKER_TAG: this_process()})
        assert fail_dead_runs(instance) == []
        assert health(instance, killed) == WorkerStatus.RUNNING
        worker.kill()
        worker.wait()
        assert health(instance, killed) == WorkerStatus.FAILED
        assert fail_dead_runs(instance) == [killed]
        assert status_of(instance, killed) == dg.DagsterRunStatus.FAILURE
        assert status_of(instance, living) == dg.DagsterRunStatus.STARTED


def health(instance: dg.DagsterInstance, run_id: str) -> WorkerStatus:
    found = instance.get_run_by_id(run_id)
    assert found is not None
    return instance.run_launcher.check_run_worker_health(found).status


def status_of(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run_id)
    assert found is not None
    return found.status


@pytest.mark.long
def test_a_daemon_frees_what_a_killed_run_held_and_the_next_run_goes_on(copied: Settings, tmp_path: Path) -> None:
    """The daemon starts a run for a new delivery, whose process is killed: run monitoring fails it."""
    before = current(copied)
    assert before is not None
    file = next(iter(sorted(copied.landing.rglob("acd_segments_20210907*"))))
    (copied.landing / "acd_segments_20210907_235959.csv").write_bytes(file.read_bytes().replace(b"ANS", b"ABN"))
    daemon = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "dagster", "daemon"],
        cwd=PROJECT, stdout=(tmp_path / "daemon.log").open("w"), stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        with dg.DagsterInstance.get() as instance:

            def worker_of_a_started_run() -> str | None:
                started = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
                return started[0].tags.get(WORKER_TAG) if started else None

            wait_for(worker_of_a_started_run, seconds=240)
            (killed,) = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
            os.kill(int(killed.tags[WORKER_TAG].split(":")[0]), signal.SIGKILL)
            wait_for(lambda: status_of(instance, killed.run_id) == dg.DagsterRunStatus.FAILURE, seconds=120)
            assert instance.event_log_storage.get_concurrency_info("warehouse").active_slot_count == 0
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    published = run(copied)
    assert published.generation != before.generation
