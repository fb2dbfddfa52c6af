"""Reading delivered files again after a contract was mended. A failure: what was mended is not as if it came so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.commands import quarantine
from orchestration.landing import load_profile
from orchestration.landing.replay import Replayed, judged_under_other_contracts, read_again
from tests.landing.room import WEST_MERCIA, Room, row, status_file, text

STATUS = "saab_resource_status"
_AGAIN = iter(f"batch9{number:03}" for number in range(1000))
_EQUAL = {
    "deliveries": "select * exclude (received_at, batch, content_no) from landing.deliveries order by all",
    "contents": "select * exclude (content_no, is_pending) from landing.contents order by all",
    "quarantined": "select * exclude (content_no) from landing.quarantined_rows order by all",
    "rows": f"select rows.* exclude (_content_no), delivery_id from landing.{STATUS} as rows "
    "inner join landing.contents on content_no = _content_no order by all",
    "incidents": "select rows.* exclude (_content_no), delivery_id from landing.saab_incidents as rows "
    "inner join landing.contents on content_no = _content_no order by all",
}


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A profile whose status contract has a slip: the time column's format, and one of its headers."""
    folder = tmp_path / "profile"
    shutil.copytree(WEST_MERCIA, folder)
    contract = folder / "contracts" / f"{STATUS}.v1.yaml"
    contract.write_text(
        contract.read_text()
        .replace("format: local", "format: utc")
        .replace("  LPA: lpa", "  AREA: {to: lpa, optional: true}")
    )
    (folder / "contracts" / "saab_incidents.v5.yaml").unlink()
    return folder


@pytest.fixture
def room(tmp_path: Path, broken: Path) -> Room:
    """A landing folder read under the broken profile; `mend` it to go on."""
    room = Room(tmp_path / "room", broken)
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00", "01/09/2021 11:00:00"))
    room.put(f"{STATUS}_20210902.csv", status_file("02/09/2021 10:00:00", "nonsense"))
    room.put("saab_incidents_20210901.csv", text("saab_incidents", row("saab_incidents")))
    room.land()
    return room


def mend(room: Room) -> None:
    room.profile = load_profile(WEST_MERCIA)


def again(room: Room, *, names: set[str] | None = None, dry_run: bool = False) -> dict[str, Replayed]:
    found = read_again(
        room.landing, room.warehouse, room.profile, room.key_file, batch=next(_AGAIN), dry_run=dry_run,
        wanted=lambda _id, each: names is None or each.name in names,
    )  # fmt: skip
    return {each.before.path: each for each in found}


def state(room: Room) -> dict[str, list[tuple[Any, ...]]]:
    return {name: room.ask(sql) for name, sql in _EQUAL.items()}


def from_scratch(room: Room, tmp_path: Path) -> dict[str, list[tuple[Any, ...]]]:
    other = Room(tmp_path / "scratch")
    shutil.copytree(room.landing, other.landing, dirs_exist_ok=True)
    other.land()
    return state(other)


def test_a_mended_contract_and_a_replay_make_what_landing_so_from_the_start_makes(room: Room, tmp_path: Path) -> None:
    assert room.delivery(f"{STATUS}_20210901.csv")["rows_quarantined"] == 2
    assert room.delivery("saab_incidents_20210901.csv")["is_quarantined"]
    mend(room)
    assert {path: each.outcome for path, each in again(room).items()} == {
        f"{STATUS}_20210901.csv": "READ",
        f"{STATUS}_20210902.csv": "ROWS",
        "saab_incidents_20210901.csv": "READ",
    }
    assert state(room) == from_scratch(room, tmp_path)
    assert room.land().deliveries == []  # nothing is new


def test_a_file_keeps_the_place_and_time_it_came_at(room: Room, tmp_path: Path) -> None:
    first = room.delivery(f"{STATUS}_20210901.csv")["received_at"]
    room.put(f"{STATUS}_20210901.csv", status_file("01/09/2021 10:00:00", "01/09/2021 12:00:00"))
    room.land()
    versions = "select sha256, name_version, received_at from landing.deliveries where name like '%0901.csv' order by 1"
    before = room.ask(versions)
    mend(room)
    outcomes = {each.outcome for each in again(room, names={f"{STATUS}_20210901.csv"}).values()}
    assert outcomes <= {"READ", "GONE"}
    assert room.ask(versions) == before
    assert first in {received for _, _, received in before}


def test_a_dry_run_says_the_same_and_keeps_nothing(room: Room) -> None:
    mend(room)
    before = room.everything_stored()
    told = {path: each.outcome for path, each in again(room, dry_run=True).items()}
    assert room.everything_stored() == before
    assert told == {path: each.outcome for path, each in again(room).items()}


def test_a_file_that_is_gone_or_another_one_now_is_said_and_stays_as_it_was(room: Room) -> None:
    mend(room)
    (room.landing / f"{STATUS}_20210901.csv").unlink()
    room.put(f"{STATUS}_20210902.csv", status_file("02/09/2021 10:00:00", "02/09/2021"))  # as many bytes as before
    found = again(room)
    assert found[f"{STATUS}_20210901.csv"].outcome == "GONE"
    assert "not lie in the landing folder" in str(found[f"{STATUS}_20210901.csv"].gone)
    assert "another file lies" in str(found[f"{STATUS}_20210902.csv"].gone)
    assert found["saab_incidents_20210901.csv"].outcome == "READ"
    assert room.delivery(f"{STATUS}_20210901.csv")["rows_quarantined"] == 2


def test_files_of_the_same_bytes_are_read_together_from_whichever_lies_there(room: Room, tmp_path: Path) -> None:
    data = (room.landing / f"{STATUS}_20210901.csv").read_bytes()
    room.put("copies/saab_resource_status_20210905.csv", data)
    room.land()
    (room.landing / f"{STATUS}_20210901.csv").unlink()
    mend(room)
    found = again(room, names={f"{STATUS}_20210905.csv"})
    assert {path: each.outcome for path, each in found.items()} == {
        f"{STATUS}_20210901.csv": "READ",
        f"copies/{STATUS}_20210905.csv": "READ",
    }
    assert room.one(f"select count(*) from landing.contents where export = '{STATUS}' and business_date = '2021-09-01'")
    room.put(f"{STATUS}_20210901.csv", data)
    again(room)
    assert state(room) == from_scratch(room, tmp_path)


def test_what_reads_as_it_did_is_not_stored_again(room: Room) -> None:
    mend(room)
    again(room)
    numbers = room.ask("select content_no from landing.contents order by 1")
    batches = sorted((room.store / "registry").iterdir())
    assert {each.outcome for each in again(room).values()} == {"SAME"}
    assert room.ask("select content_no from landing.contents order by 1") == numbers
    assert sorted((room.store / "registry").iterdir()) == batches


def test_files_judged_under_other_contracts_are_known_until_they_were_read_again(room: Room) -> None:
    assert judged_under_other_contracts(room.warehouse, room.profile) == []
    mend(room)
    assert len(judged_under_other_contracts(room.warehouse, room.profile)) == 3
    again(room)
    assert judged_under_other_contracts(room.warehouse, room.profile) == []


def test_a_replay_killed_before_its_registry_stands_has_changed_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    mend(room)
    before = state(room)
    with monkeypatch.context() as patched:
        patched.setattr(
            "orchestration.landing.run.write_registrations", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            again(room)
    assert state(room) == before
    assert "READ" in {each.outcome for each in again(room).values()}


# --- the commands -------------------------------------------------------------------------------------------------
@pytest.fixture
def occ(room: Room, broken: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on the room's warehouse. What would publish is noted and does nothing."""
    runs: list[Path] = []
    monkeypatch.setattr("orchestration.runs.run_once", lambda settings, _report: runs.append(settings.warehouse))
    monkeypatch.setenv("OCC_TOKEN_KEY_FILE", str(room.key_file))
    monkeypatch.setenv("OCC_PROFILE", str(broken))

    def call(*words: str) -> Any:
        more = ["--warehouse", str(room.warehouse)] + (["--landing", str(room.landing)] if words[0] == "replay" else [])
        result = CliRunner().invoke(app, ["quarantine", *words, *more])
        result.runs = runs  # type: ignore[attr-defined]
        return result

    return call


def test_list_counts_files_and_rows_by_export_column_and_reason(occ: Any) -> None:
    found = json.loads(occ("list", "--format", "json").stdout)
    assert [(each["what"], each["export"], each["column_name"], each["files"], each["rows"]) for each in found] == [
        ("file", "saab_incidents", None, 1, None),
        ("row", STATUS, "STATUS_TIME", 2, 4),
    ]
    assert json.loads(occ("list", "--export", "workforce", "--format", "json").stdout) == []
    assert json.loads(occ("list", "--since", "2999-01-01", "--format", "json").stdout) == []
    assert len(json.loads(occ("list", "--column", "STATUS_TIME", "--format", "json").stdout)) == 1
    assert [each["path"] for each in json.loads(occ("list", "--files", "--format", "json").stdout)] == [
        "saab_incidents_20210901.csv", f"{STATUS}_20210901.csv", f"{STATUS}_20210902.csv",
    ]  # fmt: skip


def test_show_tells_line_column_value_and_reason_and_what_to_do(occ: Any) -> None:
    told = occ("show", f"{STATUS}_20210902.csv", "--limit", "1")
    assert told.exit_code == 0
    assert "STATUS_TIME" in told.stdout
    assert "1 of 2 values" in told.stdout
    assert "occ quarantine replay" in told.stdout
    found = json.loads(occ("show", f"{STATUS}_20210902.csv", "--format", "json").stdout)
    assert [(each["line"], each["value"]) for each in found["values"]] == [(2, "02/09/2021 10:00:00"), (3, "nonsense")]


def test_show_wants_one_delivery(occ: Any, room: Room) -> None:
    room.put(f"b/{STATUS}_20210902.csv", status_file("x"))
    room.land()
    assert isinstance(occ("show", "nothing.csv").exception, Exception)
    assert "no delivery" in str(occ("show", "nothing.csv").exception).lower()
    assert "name one by its id" in str(occ("show", f"{STATUS}_20210902.csv").exception)


def test_show_says_which_other_file_of_the_day_was_read(occ: Any, room: Room) -> None:
    room.put(f"{STATUS}_20210902_120000.csv", text(STATUS, row(STATUS, STATUS_TIME="2021-09-02T10:00:00Z")))
    room.land()
    assert f"were read: {STATUS}_20210902_120000.csv" in occ("show", f"{STATUS}_20210902.csv").stdout


def test_nothing_that_a_file_holds_reaches_the_terminal_as_it_came(occ: Any, room: Room) -> None:
    bad = row(STATUS, STATUS_TIME="\x1b[2J07700 900123", CALLSIGN="\u202eHE01", LPA="x@example.org")
    room.put(f"\x1b[31m{STATUS}.csv", "x")
    room.put(f"{STATUS}_20210907.csv", text(STATUS, bad))
    room.land()
    for words in (["show", f"{STATUS}_20210907.csv"], ["list", "--files"], ["list"], ["replay", "--dry-run"]):
        said = occ(*words).stdout
        assert not {"\x1b", "\u202e"} & set(said)
        assert "900123" not in said
        assert "example.org" not in said


def test_replay_reads_again_publishes_and_says_what_is_gone(
    occ: Any, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = occ("replay")
    assert (nothing.exit_code, nothing.runs) == (0, [])  # the same contracts: nothing to publish
    monkeypatch.setenv("OCC_PROFILE", str(WEST_MERCIA))
    assert occ("replay", "--dry-run").runs == []
    (room.landing / "saab_incidents_20210901.csv").unlink()
    told = occ("replay", "--format", "json")
    assert (told.exit_code, told.runs) == (3, [room.warehouse])
    outcomes = {each["path"]: each["outcome"] for each in json.loads(told.stdout)}
    assert outcomes == {
        f"{STATUS}_20210901.csv": "READ", f"{STATUS}_20210902.csv": "ROWS", "saab_incidents_20210901.csv": "GONE",
    }  # fmt: skip


def test_a_run_says_how_many_files_may_be_read_differently_now(
    room: Room, occ: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = quarantine.settings_for(room.warehouse)
    quarantine.say_what_may_be_read_again(settings)
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("OCC_PROFILE", str(WEST_MERCIA))
    quarantine.say_what_may_be_read_again(quarantine.settings_for(room.warehouse))
    assert "3 files in quarantine" in capsys.readouterr().out
