"""The disk is full while a run lands, builds and publishes: one paragraph, nothing half published, the next goes on."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.warehouse import disk
from tests.support import settings_for
from tests.torture.room import LATER, Room

_STAGES = {
    "taking in what was delivered": {"at": "orchestration.landing.values:TypedBatch.write", "nth": 2, "leave": 4096},
    "building the models": {"at": "orchestration.warehouse.dbt:build", "leave": 300_000},
    "publishing": {"at": "orchestration.publish.generation:_write_months", "nth": 2, "leave": 400_000},
}


@pytest.fixture
def small_disk(later_room: Room) -> Iterator[Path]:
    """A file system of a quarter of a gigabyte under the warehouse; skipped where this user may not mount one."""
    folder = later_room.place
    mount = ["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system of its own; the error is put in by another test")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _disturbed(room: Room, stage: str, fault: dict[str, object]) -> None:
    before = room.published()
    room.reader.start(room.settings.warehouse)
    ended = room.run(fault=fault)
    seen = room.reader.stop()
    assert ended.code == 3, ended.said
    assert f"The disk is full: the run could not go on with {stage}." in ended.said
    assert "iB are free for " in ended.said
    assert "needs about" in ended.said
    assert "Traceback" not in ended.said
    assert "\n" not in ended.said
    assert room.published() == before
    assert seen.failures == []
    assert set(seen.generations) == {before.generation}


def _goes_on(room: Room) -> None:
    ended = room.run()
    assert ended.code == 0, ended.said
    assert room.differences(LATER) == []


@pytest.mark.xdist_group("torture_later")
def test_a_full_disk_stops_each_stage_with_one_paragraph_and_the_next_run_goes_on(
    later_room: Room, small_disk: Path
) -> None:
    room = later_room
    room.put_back(LATER)
    ballast = small_disk / "ballast"
    for stage, where in _STAGES.items():
        _disturbed(room, stage, {"kind": "full", "ballast": str(ballast), **where})
        ballast.unlink()
    _goes_on(room)


@pytest.mark.long
def test_the_error_alone_does_the_same_where_no_disk_can_be_filled(later_room: Room) -> None:
    room = later_room
    room.put_back(LATER)
    for stage, where in _STAGES.items():
        _disturbed(room, stage, {"kind": "refuse", **where})
    _goes_on(room)


def test_what_is_needed_follows_what_was_delivered_and_what_is_there(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, tmp_path / "landing")
    settings.landing.mkdir()
    nothing = disk.needed_bytes(settings)
    (settings.landing / "a.csv").write_bytes(b"x" * 1_000_000)
    plain = disk.needed_bytes(settings)
    (settings.landing / "a.csv").rename(settings.landing / "a.csv.gz")
    packed = disk.needed_bytes(settings)
    settings.build.mkdir(parents=True)
    settings.build_db.write_bytes(b"x" * 1_000_000)
    assert 0 < nothing < plain < packed
    assert disk.needed_bytes(settings) == packed - 1_000_000


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (RuntimeError('IO Error: Could not write file "x.duckdb": No space left on device'), True),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (RuntimeError("a grain that is not unique"), False),
    ],
)
def test_a_full_disk_is_told_from_other_troubles(tmp_path: Path, error: Exception, is_full: bool) -> None:
    settings: Settings = settings_for(tmp_path, tmp_path)
    failed = ValueError("a step failed")
    failed.__cause__ = error
    with pytest.raises((disk.DiskFull, ValueError)) as raised, disk.told(settings, "publishing"):
        raise failed
    assert isinstance(raised.value, disk.DiskFull) == is_full
