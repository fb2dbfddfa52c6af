"""The doctor finds each thing that can stop a run, says what to do, and mends only what is safe."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from datetime import date

import dagster as dg
import pytest

from orchestration.errors import WarehouseLocked
from orchestration.keeping import doctor, layout
from orchestration.publish import modes
from orchestration.publish.generation import current
from orchestration.quality import reviews
from orchestration.reports.quality import place
from orchestration.settings import Settings
from orchestration.warehouse.lock import writing
from tests.support import ask, occ

Spoil = Callable[[Settings], Settings | None]


def finding(settings: Settings, check: str) -> doctor.Finding:
    return next(each for each in doctor.examine(settings) if each.check == check)


def test_a_sound_warehouse_has_nothing_to_mend(warehouse: Settings) -> None:
    found = doctor.examine(warehouse)
    assert [each for each in found if each.state == "PROBLEM" or each.mend] == []
    assert len({each.check for each in found}) == len(found)


def key_missing(settings: Settings) -> None:
    settings.key_file.unlink()


def key_open(settings: Settings) -> None:
    settings.key_file.chmod(0o644)


def key_of_another(settings: Settings) -> None:
    settings.key_file.write_text("ab" * 32)


def landing_gone(settings: Settings) -> Settings:
    return dataclasses.replace(settings, landing=settings.warehouse / "nowhere")


def anybody_can_write(settings: Settings) -> None:
    (settings.warehouse / "landing").chmod(0o777)


def newer_layout(settings: Settings) -> None:
    (settings.warehouse / layout.NOTE).write_text(json.dumps({"layout": 99}))


def spoiled_profile(settings: Settings) -> Settings:
    return dataclasses.replace(settings, profile=settings.warehouse / "nobody")


def a_table_is_gone(settings: Settings) -> None:
    shutil.rmtree(settings.published / "current" / "fct_calls")


@pytest.mark.parametrize(
    ("spoil", "check", "words"),
    [
        (key_missing, "token key", "is not there"),
        (key_open, "token key", "open to other users"),
        (key_of_another, "token key", "not the one"),
        (landing_gone, "landing folder", "is not there"),
        (anybody_can_write, "permissions", "anybody can write"),
        (newer_layout, "layout of the warehouse", "layout 99"),
        (spoiled_profile, "profile", "nobody"),
        (a_table_is_gone, "published generation", "fct_calls"),
    ],
)
def test_what_a_person_must_mend_is_found_and_explained(
    warehouse: Settings, spoil: Spoil, check: str, words: str
) -> None:
    found = finding(spoil(warehouse) or warehouse, check)
    assert found.state == "PROBLEM"
    assert words in found.found
    assert found.remedy
    assert found.mend is None


def test_what_others_can_read_of_the_data_teams_is_found_and_closed(warehouse: Settings) -> None:
    """A warehouse of an older version, or a hand that meant well: the audiences' files stay as they are."""
    before = warehouse.audience_db("performance").stat().st_mode
    out = (warehouse.published / "current").resolve()
    for path in (warehouse.warehouse / "landing", out, out / "occ.duckdb"):
        path.chmod(path.stat().st_mode | 0o004)
        assert modes.open_to_others(warehouse) == [path if path.is_dir() else out]
        found = finding(warehouse, "who may read") if path.is_file() else None
        modes.close_to_others(warehouse)
        assert path.stat().st_mode & 0o006 == 0
    assert found is not None
    assert (found.state, found.mend is not None) == ("PROBLEM", True)
    assert finding(warehouse, "who may read").state in {"OK", "NOTE"}  # tests' own folders are closed to others
    assert warehouse.audience_db("performance").stat().st_mode == before


def test_a_room_that_comes_after_the_first_publish_is_closed_to_others_from_its_first_moment(
    warehouse: Settings,
) -> None:
    """Pages and reviews are made after publishing: none of them waits, open, for the next publish to close it."""
    seen = reviews.Entry(
        rule="calls_wait_known", state="accepted", by="A. Reviewer", reason="The supplier is told.",
        reviewed_on=date(2026, 1, 5), expires_on=date(2026, 2, 5),
    )  # fmt: skip
    rooms = [warehouse.reports, warehouse.reviews.parent]
    before = os.umask(0o022)
    try:
        for room in rooms:
            shutil.rmtree(room, ignore_errors=True)
        place.write(warehouse)
        reviews.add(warehouse.reviews, seen)
    finally:
        os.umask(before)
    assert all(room.is_dir() and room.parent == warehouse.warehouse for room in rooms)
    assert modes.open_to_others(warehouse) == []


def test_an_audience_that_cannot_come_to_its_file_is_told_of(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.warehouse.chmod(0o750)
    monkeypatch.setattr(modes, "closed_above", lambda folder: warehouse.warehouse)
    found = finding(warehouse, "who may read")
    assert (found.state, "performance cannot come to" in found.found) == ("NOTE", True)


def test_too_little_disk_is_found_before_a_run_fails_on_it(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(warehouse.warehouse)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage._replace(free=4 * 1024**3))
    assert (finding(warehouse, "disk").state, finding(warehouse, "disk").found[:12]) == ("PROBLEM", "4.0 GiB free")


def test_other_tools_than_those_that_were_tested_are_named(
    warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = doctor.version
    monkeypatch.setattr(doctor, "version", lambda tool: "2.0.0" if tool == "duckdb" else installed(tool))
    assert finding(warehouse, "versions").state == "PROBLEM"
    assert "duckdb 2.0.0, not 1.5.5" in finding(warehouse, "versions").found


def test_an_export_that_has_not_come_is_named_with_the_day_since_when(warehouse: Settings) -> None:
    """The sample ends in September 2021: whatever today is, nothing has come since."""
    found = finding(warehouse, "exports")
    assert (found.state, found.mend) == ("NOTE", None)
    assert "acd_segments: nothing since 2021-09-27; due up to " in found.found
    assert "service_disruptions" not in found.found  # sent when something changed


def half_written_generation(settings: Settings) -> None:
    (settings.published / "29990101T000000Z").mkdir()


def orphan(settings: Settings) -> None:
    (settings.warehouse / "landing" / "acd_segments" / "29990101T000000Z-202109-v1.parquet").write_bytes(b"half")


def spoiled_build(settings: Settings) -> None:
    settings.build_db.write_bytes(b"not a database")


def dangling_pointer(settings: Settings) -> None:
    pointer = settings.published / "current"
    pointer.unlink()
    pointer.symlink_to("29990101T000000Z")


def killed_run(settings: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        job = dg.GraphDefinition(name="run_warehouse").to_job()
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (half_written_generation, "half-written generations"),
        (orphan, "landing store"),
        (spoiled_build, "build database"),
        (dangling_pointer, "published generation"),
        (killed_run, "runs"),
    ],
)
def test_what_is_safe_is_mended(warehouse: Settings, spoil: Spoil, check: str) -> None:
    figures = "select count(*), round(sum(numerator), 3) from metrics.kpi_results"
    before, asked = current(warehouse), ask(warehouse, figures)
    spoil(warehouse)
    assert finding(warehouse, check).mend
    assert [each.check for each in doctor.mend(warehouse) if each.state == "MENDED"] == [check]
    assert finding(warehouse, check).state == "OK"
    assert current(warehouse) == before
    assert ask(warehouse, figures) == asked


def test_nothing_is_mended_while_a_run_goes_on(warehouse: Settings) -> None:
    half_written_generation(warehouse)
    with writing(warehouse):
        looked = occ(warehouse, ["doctor", "--format", "json"])
        ended = occ(warehouse, ["doctor", "--mend"])
    found = {each["check"]: each["found"] for each in json.loads(looked.stdout)}
    assert f"held by process {os.getpid()}" in found["lock"]
    assert found["half-written generations"] == "none"  # it is the one that the run is writing
    assert ended.returncode == WarehouseLocked.exit_code
    assert f"process {os.getpid()}" in ended.stderr


def test_the_command_ends_with_3_where_something_must_be_done(warehouse: Settings) -> None:
    assert occ(warehouse, ["doctor"]).returncode == 0
    key_missing(warehouse)
    ended = occ(warehouse, ["doctor", "--format", "json"])
    assert ended.returncode == 3
    assert {each["check"]: each["state"] for each in json.loads(ended.stdout)}["token key"] == "PROBLEM"
