"""A batch stands whole or not at all; what a killed run left is gone; one bad file never spoils another."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import StoreProblem, seen_nothing_new, store
from orchestration.landing import run as landing_run
from orchestration.landing.values import TypedBatch
from tests.landing.room import Room, row, status_file, text

STATUS = "saab_resource_status"


def test_a_run_killed_before_its_registry_is_written_left_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00", "rubbish"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(landing_run, "write_registrations", killed)
    with pytest.raises(KeyboardInterrupt):
        room.land("first")
    assert list((room.store / STATUS).iterdir())
    assert room.one("select count(*) from landing.deliveries") == 0
    assert room.ask(f"select * from landing.{STATUS}") == []
    assert room.ask("select * from landing.quarantined_rows") == []
    monkeypatch.undo()
    room.land("second")
    assert not [path for path in room.store.rglob("*first*") if path.is_file()]
    assert room.one("select rows_read, rows_quarantined from landing.deliveries") == (2, 1)


def test_everything_in_the_store_belongs_to_a_batch(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00"))
    room.land("good")
    for stray in (f"{STATUS}/bad-202109-v1.parquet", f"{STATUS}/x.tmp", "quarantine/bad.parquet", "registry/.bad.tmp"):
        (room.store / stray).parent.mkdir(exist_ok=True)
        (room.store / stray).write_bytes(b"half")
    room.land("later")
    left = sorted(path.relative_to(room.store).as_posix() for path in room.store.rglob("*.*") if path.is_file())
    assert left == ["key.fingerprint", "registry/good.parquet", f"{STATUS}/good-202109-v1.parquet", "seen.json"]


def test_nothing_new_makes_no_batch(room: Room) -> None:
    assert room.land().deliveries == []
    assert room.ask("select * from landing.deliveries") == []
    assert seen_nothing_new(room.landing, room.warehouse)


def test_every_table_is_there_before_anything_came(room: Room) -> None:
    with room.database() as con:
        for export in room.profile.exports:
            assert con.execute(f"select * from landing.{export}").fetchall() == []
        for table in ("deliveries", "contents", "quarantined_rows", "published_contents"):
            assert con.execute(f"select * from landing.{table}").fetchall() == []


def test_what_is_published_is_not_pending(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00"))
    room.put(f"{STATUS}_20210902.csv", status_file("02/09/2021 10:00:00"))
    room.land()
    with room.database() as con:
        con.execute(
            "insert into landing.published_contents select delivery_id, business_date from landing.contents limit 1"
        )
        from orchestration.landing import sync_build_database

        sync_build_database(con, room.warehouse, room.profile)
        found = con.execute("select is_pending from landing.contents order by 1").fetchall()
    assert found == [(False,), (True,)]


def test_a_lost_note_of_what_was_seen_is_made_again(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00"))
    room.land()
    (room.store / "seen.json").unlink()
    assert not seen_nothing_new(room.landing, room.warehouse)  # not known: look
    assert room.land().deliveries == []
    assert seen_nothing_new(room.landing, room.warehouse)


def test_a_store_made_again_elsewhere_is_not_taken_for_seen(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00"))
    room.land("first")
    (room.store / "registry" / "first.parquet").unlink()
    assert not seen_nothing_new(room.landing, room.warehouse)
    assert len(room.land("second").deliveries) == 1


def test_a_file_that_breaks_the_engine_is_quarantined_alone(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (1, 2, 3):
        room.put(f"{STATUS}_2021090{day}.csv", status_file(f"0{day}/09/2021 10:00:00"))
    made = TypedBatch.__init__

    def breaks_on_the_second(self: TypedBatch, con: object, layout: object, files: list[object], *rest: object) -> None:
        if any("2021-09-02" in str(file) for file in files) or any(f.business_date.day == 2 for f in files):  # type: ignore[attr-defined]
            raise duckdb.InternalException("07700900123")
        made(self, con, layout, files, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(TypedBatch, "__init__", breaks_on_the_second)
    room.land()
    assert room.ask("select is_quarantined, reason from landing.deliveries order by name") == [
        (False, None),
        (True, "cannot be read (InternalException)"),
        (False, None),
    ]
    assert room.one(f"select count(*) from landing.{STATUS}") == 2


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), duckdb.IOException("disk full")])
@pytest.mark.parametrize("step", ["values.TypedBatch.write", "store.sync_file"])
def test_a_full_disk_stops_the_run_and_is_no_files_fault(
    room: Room, monkeypatch: pytest.MonkeyPatch, error: Exception, step: str
) -> None:
    for day in (1, 2):
        room.put(f"{STATUS}_2021090{day}.csv", status_file(f"0{day}/09/2021 10:00:00"))

    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(f"orchestration.landing.{step}", full)
    with pytest.raises(StoreProblem, match="run again"):
        room.land()
    assert room.ask("select * from landing.deliveries") == []
    monkeypatch.undo()
    room.land()
    assert room.one("select count(*) from landing.deliveries where is_counted") == 2


def test_a_file_that_vanishes_is_left(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    path = room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00"))
    room.put(f"{STATUS}_20210902.csv", status_file("02/09/2021 10:00:00"))
    read = landing_run.folder.read_bytes

    def vanish_and_read(found: object) -> bytes:
        path.unlink(missing_ok=True)
        return read(found)  # type: ignore[arg-type]

    monkeypatch.setattr(landing_run.folder, "read_bytes", vanish_and_read)
    result = room.land()
    assert [delivery.name for delivery in result.deliveries] == [f"{STATUS}_20210902.csv"]
    assert result.unreadable == [f"{STATUS}_20210901.csv: No such file or directory"]


def test_large_batches_are_split_and_nothing_is_lost(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing_run, "_BATCH_BYTES", 100)
    for day in range(1, 10):
        room.put(f"{STATUS}_2021090{day}.csv", status_file(f"0{day}/09/2021 10:00:00", f"0{day}/09/2021 11:00:00"))
    room.land("b")
    assert room.one(f"select count(*), count(distinct _content_no) from landing.{STATUS}") == (18, 9)
    assert len(store.data_files(room.store, STATUS)) > 1


def test_both_layouts_of_an_export_in_one_month_land_side_by_side(room: Room) -> None:
    six = "incident_ref,event_no,event_at,recorded_at,event_code,from_value,to_value,callsign,user_id\n"
    five = "INC_REF,EVENT_NO,EVENT_TIME,RECORDED_TIME,EVENT_CODE,FROM_VALUE,TO_VALUE,CALLSIGN,USER_ID\n"
    room.put("saab_incident_log_20210901.csv", five + "A,1,01/09/2021 10:00:00,,CREATED,,,,\n")
    room.put("saab_incident_log_20210902.csv", six + "B,1,2021-09-02T10:00:00+01:00,,CREATED,,,,\n")
    room.land("b")
    assert room.one("select count(*) from landing.saab_incident_log") == 2
    names = [path.name for path in store.data_files(room.store, "saab_incident_log")]
    assert names == ["b-202109-v5.parquet", "b-202109-v6.parquet"]


def test_the_counts_of_a_run_add_up(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00", "rubbish"))
    room.put(f"{STATUS}_20210902.csv", status_file("01/09/2021 10:00:00", "rubbish"))
    room.put("other.csv", "x")
    counts = room.land().counts
    assert counts == {
        "files": 3,
        "files_counted": 1,
        "files_duplicate": 1,
        "files_quarantined": 1,
        "rows_read": 4,
        "rows_quarantined": 1,
    }


def test_progress_is_told_file_by_file(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", text(STATUS, row(STATUS)))
    room.put("other.csv", "x")
    told: list[tuple[str, int, int]] = []
    landing_run.land(
        room.landing,
        room.warehouse,
        room.profile,
        room.key_file,
        batch="b",
        pause_seconds=0,
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    assert told == [("landing", 1, 2), ("landing", 2, 2)]


def test_a_batch_name_cannot_leave_the_store(room: Room) -> None:
    with pytest.raises(ValueError, match="letters"):
        room.land("../../elsewhere")


def test_asking_for_anything_new_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from orchestration.landing import seen_nothing_new; "
        f"seen_nothing_new(Path({str(tmp_path)!r}), Path({str(tmp_path)!r})); "
        "heavy = {'dagster', 'dbt', 'great_expectations', 'duckdb', 'pyarrow', 'pydantic'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
