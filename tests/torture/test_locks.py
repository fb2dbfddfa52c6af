"""Two runs at once: one writer, and the other is told by whom, since when and where it is kept out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.errors import EnvironmentProblem, WarehouseLocked
from orchestration.settings import PROJECT, Settings
from orchestration.warehouse import lock
from tests.support import settings_for

_HOLD = """
import sys, time
from pathlib import Path
from tests.support import settings_for
from orchestration.warehouse.lock import writing
with writing(settings_for(Path(sys.argv[1]), Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(300)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_says_who_holds_the_lock_where_and_since_when(
    settings: Settings, other: subprocess.Popen[str]
) -> None:
    with pytest.raises(WarehouseLocked) as stopped, lock.writing(settings):
        pass
    assert stopped.value.exit_code == 4
    assert f"process {other.pid} on {socket.gethostname()} since 2" in str(stopped.value)
    assert "--wait" in str(stopped.value)


def test_the_second_waits_until_the_first_has_ended_and_is_told_for_whom(
    settings: Settings, other: subprocess.Popen[str]
) -> None:
    told: list[str] = []

    def waiting(holder: str) -> None:
        told.append(holder)
        other.kill()  # not SIGTERM: a process may have been started with it blocked

    with lock.writing(settings, wait_seconds=60, waiting=waiting):
        assert lock.holder(settings).startswith(f"process {os.getpid()} on ")
    assert [holder.split(" on ")[0] for holder in told] == [f"process {other.pid}"]


def test_who_waited_long_enough_is_told_the_same(settings: Settings, other: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(WarehouseLocked, match=rf"after 0.2 seconds \(process {other.pid} "),
        lock.writing(settings, wait_seconds=0.2),
    ):
        pass


def test_a_dead_holder_keeps_nobody_out_and_its_note_is_overwritten(
    settings: Settings, other: subprocess.Popen[str]
) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert lock.holder(settings).startswith(f"process {other.pid} on ")
    with lock.writing(settings):
        assert lock.holder(settings).startswith(f"process {os.getpid()} on ")


def test_a_note_that_says_nothing_stops_nobody(settings: Settings, other: subprocess.Popen[str]) -> None:
    lock.holder_file(settings).write_bytes(b"\xff\xfe")
    with pytest.raises(WarehouseLocked, match="an unknown process"), lock.writing(settings):
        pass


def test_a_lock_that_cannot_be_made_is_said_in_a_paragraph(settings: Settings) -> None:
    settings.lock_file.mkdir(parents=True)
    with pytest.raises(EnvironmentProblem, match=r"The lock .* cannot be made: Is a directory"), lock.writing(settings):
        pass


def test_two_that_wait_go_one_after_the_other(settings: Settings) -> None:
    """Within one process the lock lets the same run in again (a run and Dagster's resource); so, in processes."""
    script = _HOLD.replace('print("held", flush=True)', 'open(sys.argv[1] + "/log", "a").write("in\\n")').replace(
        "time.sleep(300)", 'time.sleep(0.2); open(sys.argv[1] + "/log", "a").write("out\\n")'
    )
    script = script.replace("Path(sys.argv[1])))", "Path(sys.argv[1])), wait_seconds=60)")
    folder = settings.warehouse.parent
    command = [sys.executable, "-c", script, str(folder)]
    processes = [subprocess.Popen(command, cwd=PROJECT) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert (folder / "log").read_text().split() == ["in", "out"] * 3
