"""Files that move while they are taken in: no row in the registry until they stand still, and the person is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration import cli, headlines, runs
from orchestration.landing import run as landing_run
from orchestration.landing import seen_nothing_new
from orchestration.landing.run import LandingResult
from orchestration.progress import note, notes, reporting_to
from orchestration.settings import Settings
from orchestration.warehouse import steps
from tests.landing.room import Room, status_file

STATUS = "saab_resource_status"
GOOD = status_file("01/09/2021 10:00:00")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_a_file_that_may_not_be_read_has_no_row_and_comes_in_when_it_may(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, whom no permission stops: the refusal is put in."""
    room.put(f"{STATUS}_20210901.csv", GOOD)
    room.put(f"{STATUS}_20210902.csv", GOOD.replace("01/09", "02/09"))
    opened = os.open

    def refused(path: object, *arguments: int, **named: int) -> int:
        if str(path).endswith("0901.csv"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("orchestration.landing.folder.os.open", refused)
    result = room.land()
    assert result.unreadable == [f"{STATUS}_20210901.csv: Permission denied"]
    assert room.ask("select name from landing.deliveries") == [(f"{STATUS}_20210902.csv",)]
    monkeypatch.undo()
    assert not seen_nothing_new(room.landing, room.warehouse)
    assert [delivery.name for delivery in room.land().deliveries] == [f"{STATUS}_20210901.csv"]


@pytest.mark.parametrize("change", ["grows", "shrinks", "goes", "is another", "is touched"])
def test_a_file_that_changes_between_the_looks_and_the_reading_has_no_row_until_it_stands_still(
    room: Room, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = room.put(f"{STATUS}_20210901.csv", GOOD)
    room.put(f"{STATUS}_20210902.csv", GOOD.replace("01/09", "02/09"))
    read = landing_run.folder.read_bytes

    def changed(found: landing_run.FoundFile) -> bytes:
        if found.path == path and path.exists():
            match change:
                case "grows":
                    path.write_text(GOOD + GOOD.splitlines()[1] + "\n")
                case "shrinks":
                    os.truncate(path, 10)
                case "goes":
                    path.unlink()
                case "is another":
                    path.with_suffix(".new").write_text(GOOD)
                    path.with_suffix(".new").rename(path)
                case "is touched":
                    os.utime(path, (1, 1))
        return read(found)

    monkeypatch.setattr(landing_run.folder, "read_bytes", changed)
    result = room.land()
    assert len(result.still_growing + result.unreadable) == 1
    assert room.ask("select name from landing.deliveries") == [(f"{STATUS}_20210902.csv",)]
    monkeypatch.undo()
    room.put(f"{STATUS}_20210901.csv", GOOD)
    assert [delivery.name for delivery in room.land().deliveries] == [f"{STATUS}_20210901.csv"]


def test_what_was_left_is_said_at_the_end_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = LandingResult(
        "b", still_growing=["a.csv"], unreadable=["b.csv: Permission denied"], ignored=[f"{i}.part" for i in range(9)]
    )

    def run_once(settings: Settings, report: object, *, wait_seconds: float = 0) -> None:
        with reporting_to(lambda stage, done, total: None):
            steps._tell_what_was_left(result)

    monkeypatch.setattr(runs, "run_once", run_once)
    monkeypatch.setattr(headlines, "closing_screen", lambda settings: None)
    for name in ("OCC_LANDING", "OCC_WAREHOUSE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("OCC_REPORTS", "no")  # else the command says that there is none
    environment = dict(os.environ)
    ended = CliRunner().invoke(cli.app, ["run"])
    os.environ.clear()
    os.environ.update(environment)
    assert ended.exit_code == 0, ended.output
    assert "1 not taken in (still grew, or went away, while looked at; the next run looks again): a.csv" in ended.stderr
    assert "1 not taken in (could not be read; the next run looks again): b.csv: Permission denied" in ended.stderr
    assert "9 not taken in (passed over): 0.part; 1.part; 2.part; 3.part; 4.part and 4 more" in ended.stderr


def test_notes_are_of_the_run_that_goes_on(tmp_path: Path) -> None:
    with reporting_to(lambda stage, done, total: None):
        note("first")
    assert notes() == ["first"]
    with reporting_to(lambda stage, done, total: None):
        assert notes() == []
    note("to nobody")
    assert notes() == []
