"""What forgetting takes, leaves, says and writes down; a kill in the middle of it; rows that are held."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import UsageProblem
from orchestration.landing import KeyProblem, erasures, store
from orchestration.landing.erasures import INCIDENT, TOKEN
from orchestration.landing.subjects import Subject
from orchestration.retention import erasing
from tests.landing.room import Room, row, text
from tests.retention.world import INCIDENTS, made_file, settings_of, stored, unaccounted

ONE, TWO, THREE, _ = INCIDENTS


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Two incidents in every export that names one, one of them mentioned by the other; a caller; a bad row."""
    room = Room(tmp_path)
    lines = [(0, 1, 1), (1, 3, 0), (0, 4, 2), (1, 2, 2)]
    for export in ("saab_incidents", "saab_resource_status", "digital_contacts", "da_outcomes", "acd_segments"):
        room.put(f"{export}_20210901.csv", made_file(export, lines))
    room.put("copy/saab_incidents_20210901.csv", made_file("saab_incidents", lines))
    room.land()
    return room


def forget(room: Room, value: str = ONE, kind: str = INCIDENT, **options: Any) -> erasing.Outcome:
    return erasing.forget(settings_of(room), Subject(kind, value), reason="request 2026/17", **options)


def test_an_incident_goes_from_every_export_and_is_counted_by_file(room: Room) -> None:
    outcome = forget(room)
    assert outcome.erasure.rows_told == {
        "da_outcomes": 2, "digital_contacts": 2, "saab_incidents": 1, "saab_resource_status": 2, "quarantine": 1,
    }  # fmt: skip
    assert room.ask("select rows_read, rows_quarantined, rows_erased from landing.deliveries where is_counted and "
                    "export = 'saab_incidents'") == [(4, 0, 2)]  # fmt: skip
    assert unaccounted(room) == []
    assert ONE.encode() not in room.everything_stored()
    assert TWO.encode() in room.everything_stored()


def test_a_mention_in_another_row_is_masked_and_the_row_stays(room: Room) -> None:
    assert forget(room).erasure.mentions == 1
    assert room.ask("select incident_ref, linked_to from landing.saab_incidents where linked_to is not null") == [
        (TWO, "[erased]")
    ]


def test_a_person_goes_by_token_and_a_number_never_has_to_be_an_argument(room: Room) -> None:
    token = erasing.token_of(settings_of(room), "cli", "+44 7700 900 111")
    before = room.one("select count(*) from landing.acd_segments")
    outcome = forget(room, token, TOKEN)
    gone = outcome.erasure.rows_by_export["acd_segments"]
    assert gone > 0
    assert room.one("select count(*) from landing.acd_segments") == before - gone
    assert token.encode() not in room.everything_stored()


def test_the_delivered_files_are_listed_and_left_alone(room: Room) -> None:
    before = {path: path.read_bytes() for path in room.landing.rglob("*") if path.is_file()}
    outcome = forget(room)
    assert "copy/saab_incidents_20210901.csv" in outcome.delivered_files
    assert "acd_segments_20210901.csv" not in outcome.delivered_files
    assert {path: path.read_bytes() for path in room.landing.rglob("*") if path.is_file()} == before
    (room.landing / "copy" / "saab_incidents_20210901.csv").unlink()
    assert "copy/saab_incidents_20210901.csv" not in forget(room).delivered_files


def test_a_dry_run_says_the_same_and_changes_nothing(room: Room) -> None:
    before = {path: path.read_bytes() for path in room.warehouse.rglob("*") if path.is_file()}
    would = forget(room, dry_run=True)
    assert {path: path.read_bytes() for path in room.warehouse.rglob("*") if path.is_file()} == before
    did = forget(room)
    assert (would.erasure.rows_told, would.erasure.mentions) == (did.erasure.rows_told, did.erasure.mentions)
    assert would.delivered_files == did.delivered_files
    assert not would.is_committed


def test_the_audit_entry_names_nobody(room: Room) -> None:
    forget(room)
    (entry,) = erasures.read_erasures(room.store)
    assert entry.kind == INCIDENT
    assert entry.erased_by
    assert entry.reason == "request 2026/17"
    assert datetime.fromisoformat(entry.erased_at) <= datetime.now(UTC)
    assert ONE not in json.dumps(entry.__dict__)
    assert room.one("select rows_erased, kind from landing.erasures") == (entry.rows_erased, INCIDENT)


def test_a_reason_that_names_the_incident_is_refused(room: Room) -> None:
    with pytest.raises(UsageProblem, match="names what is to go"):
        erasing.forget(settings_of(room), Subject(INCIDENT, ONE), reason=f"they asked for {ONE.lower()} to go")


def test_what_was_never_delivered_is_not_stored_when_it_comes(room: Room) -> None:
    assert forget(room, THREE).erasure.rows_erased == 0
    room.put("saab_resource_status_20210902.csv", made_file("saab_resource_status", [(2, 7, 2), (1, 8, 1)]))
    room.land()
    assert room.delivery("saab_resource_status_20210902.csv")["rows_erased"] == 1
    assert THREE.encode() not in room.everything_stored()


def test_a_row_of_the_old_system_is_known_by_the_name_that_the_warehouse_gives_it(room: Room) -> None:
    for number in ("1", "2"):
        line = row("legacy_incidents", IncidentNo=number, IncidentDate="05/01/2021")
        room.put(f"legacy_incidents_20210101_12000{number}.csv", text("legacy_incidents", line))
        room.land()
        if number == "1":
            forget(room, "LEGACY-20210105-00001")
            forget(room, "LEGACY-20210105-00002")
    assert room.ask("select * from landing.legacy_incidents") == []


def test_another_key_cannot_land_beside_erasures(room: Room) -> None:
    forget(room)
    (room.store / "key.fingerprint").unlink()
    room.key_file.write_text("1" * 64)
    room.put("recruitment_20210901.csv", text("recruitment", row("recruitment")))
    with pytest.raises(KeyProblem, match="another token key"):
        room.land()


# --- a kill ---------------------------------------------------------------------------------------------------------
class Killed(BaseException):
    """The process died here: nothing that catches errors sees it."""


STEPS: list[tuple[Any, str]] = [
    (Path, "replace"),
    (Path, "unlink"),
    (shutil, "rmtree"),
    (store, "sync_file"),
    (erasures, "_sync"),
    (erasures.json, "dump"),
    (erasures.os, "fsync"),
]


def _kill_at(monkeypatch: pytest.MonkeyPatch, number: int, *, after: bool) -> list[int]:
    """Die at (or right after) the n-th write; the list says how many there were."""
    count = [0]

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            count[0] += 1
            mine = count[0]  # one write may hold another
            if mine == number and not after:
                raise Killed
            result = original(*args, **options)
            if mine == number:
                raise Killed
            return result

        return step

    for owner, name in STEPS:
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))
    return count


def test_a_kill_at_any_write_leaves_the_old_state_or_the_new_and_running_again_finishes(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(room)
    shutil.copytree(room.warehouse, tmp_path / "kept")
    (room.warehouse / "build").mkdir()
    with monkeypatch.context() as patch:
        writes = _kill_at(patch, 0, after=False)
        forget(room)
    expected = stored(room)
    assert writes[0] > 15
    outcomes = set()
    for number in range(1, writes[0] + 1):
        shutil.rmtree(room.warehouse)
        shutil.copytree(tmp_path / "kept", room.warehouse)
        (room.warehouse / "build").mkdir()
        build_db = settings_of(room).build_db
        build_db.write_text(ONE)
        with monkeypatch.context() as patch:
            _kill_at(patch, number, after=number % 2 == 0)
            with pytest.raises(Killed):
                forget(room)
        erasures.settle(room.store, [build_db])  # as any run does first
        is_new = bool(erasures.committed(room.store))
        outcomes.add(is_new)
        assert stored(room) == (expected if is_new else before), number
        assert build_db.exists() != is_new, number
        forget(room)
        assert stored(room) == expected, number
        assert ONE.encode() not in room.everything_stored(), number
        assert not list((room.store / "erasing").iterdir()), number
    assert outcomes == {False, True}


# --- holds ----------------------------------------------------------------------------------------------------------
def test_a_hold_wins_over_forgetting_until_it_is_released(room: Room) -> None:
    settings = settings_of(room)
    before = stored(room)
    hold = erasing.add_hold(settings, Subject(INCIDENT, ONE), reason="inquiry 7", until=None)
    with pytest.raises(erasing.Held, match="inquiry 7") as refused:
        forget(room)
    assert refused.value.exit_code == 5
    assert stored(room) == before
    assert erasures.committed(room.store) == []
    assert ONE not in (room.store / "holds.json").read_text()
    erasing.release_hold(settings, hold.hold_id)
    assert forget(room).erasure.rows_erased > 0


def test_a_hold_of_an_incident_keeps_its_rows_when_a_person_is_forgotten(room: Room) -> None:
    settings = settings_of(room)
    victim = erasing.token_of(settings, "victim", "V1")
    erasing.add_hold(settings, Subject(INCIDENT, ONE), reason="inquiry 7", until=None)
    with pytest.raises(erasing.Held, match="another subject"):
        forget(room, victim, TOKEN)
    assert victim.encode() in room.everything_stored()


def test_a_hold_ends_by_itself_on_the_day_after_its_last(room: Room) -> None:
    erasing.add_hold(settings_of(room), Subject(INCIDENT, ONE), reason="inquiry 7", until=datetime.now(UTC).date())
    (hold,) = erasures.active_holds(room.store)
    last = date.fromisoformat(str(hold.until))
    assert hold.is_active(last)
    assert not hold.is_active(last + timedelta(days=1))


def test_what_was_forgotten_cannot_be_held(room: Room) -> None:
    forget(room)
    with pytest.raises(UsageProblem, match="forgotten already"):
        erasing.add_hold(settings_of(room), Subject(INCIDENT, ONE), reason="too late", until=None)
