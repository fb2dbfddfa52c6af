"""The token key: made once, closed to others, never changed unnoticed."""

from __future__ import annotations

import os
import stat

import pytest

from orchestration.landing import KeyProblem
from tests.landing.room import Room, status_file

NAME = "saab_resource_status_20210901.csv"


@pytest.fixture
def landed(room: Room) -> Room:
    room.put(NAME, status_file("01/09/2021 10:00:00"))
    room.land()
    return room


def test_the_key_is_made_on_the_first_run_for_this_user_only(landed: Room) -> None:
    assert stat.S_IMODE(landed.key_file.stat().st_mode) == 0o600
    assert len(bytes.fromhex(landed.key_file.read_text().strip())) == 32


def test_the_warehouse_holds_a_fingerprint_and_not_the_key(landed: Room) -> None:
    key = landed.key_file.read_text().strip()
    assert (landed.store / "key.fingerprint").read_text().strip()
    assert key.encode() not in landed.everything_stored()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_open_to_others_is_refused(landed: Room, mode: int) -> None:
    landed.key_file.chmod(mode)
    with pytest.raises(KeyProblem, match="chmod 600"):
        landed.land()


def test_another_key_on_a_warehouse_that_holds_something_stops_the_run(landed: Room) -> None:
    landed.key_file.write_text("ab" * 32)
    with pytest.raises(KeyProblem, match="not the one"):
        landed.land()


def test_a_missing_key_on_a_warehouse_that_holds_something_stops_the_run(landed: Room) -> None:
    landed.key_file.unlink()
    with pytest.raises(KeyProblem, match="is not there"):
        landed.land()
    assert not landed.key_file.exists()


def test_a_lost_fingerprint_does_not_let_a_missing_key_pass(landed: Room) -> None:
    (landed.store / "key.fingerprint").unlink()
    landed.key_file.unlink()
    with pytest.raises(KeyProblem):
        landed.land()


@pytest.mark.parametrize("content", ["", "not hex", "abcd"])
def test_a_spoiled_key_is_refused(room: Room, content: str) -> None:
    room.key_file.parent.mkdir(parents=True)
    room.key_file.write_text(content)
    room.key_file.chmod(0o600)
    with pytest.raises(KeyProblem, match="spoiled"):
        room.land()


def test_the_problem_is_one_paragraph_without_the_key(landed: Room) -> None:
    landed.key_file.write_text("ab" * 32)
    with pytest.raises(KeyProblem) as problem:
        landed.land()
    assert "\n" not in str(problem.value)
    assert "abababab" not in str(problem.value)


def test_a_run_killed_while_it_makes_the_key_leaves_none_that_is_half_there(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way the making can be cut short; the next run makes a key as if nothing had been."""
    for step in ("fsync", "link", "open"):

        def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(f"orchestration.landing.keys.os.{step}", killed)
        with pytest.raises(KeyboardInterrupt):
            room.land()
        monkeypatch.undo()
        assert not room.key_file.exists()
    room.land()
    assert len(bytes.fromhex(room.key_file.read_text().strip())) == 32
    for left in room.key_file.parent.glob(".*"):
        os.utime(left, (0, 0))
    room.key_file.unlink()
    (room.store / "key.fingerprint").unlink()
    room.land()
    assert [path.name for path in room.key_file.parent.iterdir()] == ["token.key"]
