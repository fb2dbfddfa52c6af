"""Deliveries start runs by what is in them: a failure means that one is missed, taken in twice, or never retried."""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg
import pytest

from orchestration.automation import RUN_JOB, WORK_TAG, deliveries_arrived
from orchestration.landing.folder import FoundFile
from orchestration.settings import Settings
from orchestration.work import Look, look

HEADER = "CALL_ID,SEGMENT\n"


def tick(instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    result = deliveries_arrived(dg.build_sensor_context(instance, cursor=cursor))
    assert isinstance(result, dg.SensorResult)
    return result


def requested(result: dg.SensorResult) -> dg.RunRequest:
    assert len(result.run_requests or []) == 1, result.skip_reason
    assert result.run_requests is not None
    return result.run_requests[0]


def ran(instance: dg.DagsterInstance, request: dg.RunRequest, status: dg.DagsterRunStatus, **tags: str) -> str:
    """A run that the sensor asked for, as Dagster keeps it."""
    job = dg.job(name=RUN_JOB)(lambda: None)
    run = instance.create_run_for_job(
        job, tags={**request.tags, "dagster/run_key": str(request.run_key), **tags}, status=status
    )
    return run.run_id


def test_the_run_key_is_of_the_content_and_not_of_names_and_times(
    empty: Settings, instance: dg.DagsterInstance
) -> None:
    file = empty.landing / "acd_segments_20210901.csv"
    file.write_text(HEADER + "1,1\n")
    first = requested(tick(instance)).run_key
    os.utime(file, (1, 1))
    assert requested(tick(instance)).run_key == first
    file.rename(empty.landing / "acd_segments_20210901_part01.csv")
    assert requested(tick(instance)).run_key == first
    (empty.landing / "acd_segments_20210901_part01.csv").write_text(HEADER + "1,2\n")
    assert requested(tick(instance)).run_key != first


def test_an_empty_folder_starts_nothing(empty: Settings, instance: dg.DagsterInstance) -> None:
    assert not tick(instance).run_requests


def test_known_content_under_new_times_starts_nothing(copied: Settings, instance: dg.DagsterInstance) -> None:
    for path in copied.landing.rglob("*.csv"):
        os.utime(path, (1, 1))
    result = tick(instance)
    assert not result.run_requests
    assert "Nothing new" in str(result.skip_reason)


def test_the_same_bytes_under_a_new_name_are_a_delivery_of_their_own(
    copied: Settings, instance: dg.DagsterInstance
) -> None:
    file = next(iter(sorted(copied.landing.rglob("acd_segments_2021*.csv"))))
    (copied.landing / "acd_segments_20210904_235959.csv").write_bytes(file.read_bytes())
    assert requested(tick(instance)).tags["occ/deliveries"] == "1"


def test_a_file_that_grows_is_waited_for_but_not_for_ever(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    still = empty.landing / "acd_segments_20210901.csv"
    growing = empty.landing / "acd_segments_20210902.csv"
    still.write_text(HEADER)
    growing.write_text(HEADER)
    seen = FoundFile.look_again

    def grown(file: FoundFile) -> FoundFile | None:
        if file.path == growing:
            with growing.open("a") as more:
                more.write("1,1\n")
        return seen(file)

    monkeypatch.setattr(FoundFile, "look_again", grown)
    first = look(empty, None, pause_seconds=0, now=1000.0)
    assert first.digest is None
    assert "still grow" in first.reason
    later = look(empty, first.as_cursor(), pause_seconds=0, now=1000.0 + 1700)
    assert later.digest is None
    at_last = look(empty, later.as_cursor(), pause_seconds=0, now=1000.0 + 1801)
    assert at_last.digest is not None
    assert at_last.files == 1  # the one that stands still


def test_what_was_read_is_not_read_again_at_the_next_look(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty.landing / "acd_segments_20210901.csv").write_text(HEADER)
    first = look(empty, None, pause_seconds=0)
    monkeypatch.setattr("orchestration.work._sha256", lambda file: pytest.fail(f"read again: {file.path}"))
    assert look(empty, first.as_cursor(), pause_seconds=0).digest == first.digest


def test_a_cursor_of_another_kind_is_no_trouble(empty: Settings) -> None:
    assert isinstance(look(empty, "not JSON", pause_seconds=0), Look)


def test_a_run_under_way_or_done_is_not_started_twice(empty: Settings, instance: dg.DagsterInstance) -> None:
    (empty.landing / "acd_segments_20210901.csv").write_text(HEADER)
    request = requested(tick(instance))
    ran(instance, request, dg.DagsterRunStatus.STARTED)
    assert not tick(instance).run_requests


def test_a_failed_run_is_tried_again_under_another_key_and_ever_later(
    empty: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty.landing / "acd_segments_20210901.csv").write_text(HEADER)
    first = requested(tick(instance))
    now = time.time()
    keys = {first.run_key}
    for attempt, wait in enumerate([300, 600, 1200], start=1):
        ran(instance, first, dg.DagsterRunStatus.FAILURE)
        monkeypatch.setattr("orchestration.automation._ended", lambda _instance, _run: now)
        monkeypatch.setattr("orchestration.automation.time.time", lambda at=now + wait - 5: at)
        assert not tick(instance).run_requests, attempt
        monkeypatch.setattr("orchestration.automation.time.time", lambda at=now + wait + 5: at)
        again = requested(tick(instance))
        assert again.tags[WORK_TAG] == first.tags[WORK_TAG]
        keys.add(again.run_key)
    assert len(keys) == 4


def test_what_the_audit_stopped_waits_for_something_new(empty: Settings, instance: dg.DagsterInstance) -> None:
    (empty.landing / "acd_segments_20210901.csv").write_text(HEADER)
    request = requested(tick(instance))
    ran(instance, request, dg.DagsterRunStatus.FAILURE, **{"occ/stopped_by": "audit"})
    result = tick(instance)
    assert not result.run_requests
    assert "audit" in str(result.skip_reason)
    (empty.landing / "acd_segments_20210902.csv").write_text(HEADER + "2,1\n")
    assert requested(tick(instance)).run_key != request.run_key


def test_days_asked_for_again_are_work(copied: Settings, instance: dg.DagsterInstance) -> None:
    from orchestration.warehouse import rebuild

    assert not tick(instance).run_requests
    rebuild.ask(copied, rebuild.Request(export="acd_segments"))
    assert requested(tick(instance))


def test_a_file_that_may_not_be_read_is_passed_by(empty: Settings, tmp_path: Path) -> None:
    (empty.landing / "acd_segments_20210901.csv").symlink_to(tmp_path / "nowhere")
    assert look(empty, None, pause_seconds=0).digest is None
