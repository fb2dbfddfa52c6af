"""Other people's exports by contract alone: totals agree with a count that knows nothing of contracts."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orchestration.settings import PROJECT
from tests.landing.room import Room

REAL = PROJECT.parent / "shared" / "real"
TECHNION = REAL / "technion_bank_1999"
ALEXANDRIA = REAL / "alexandria_decc_2025" / "cad"
PROFILES = PROJECT / "tests" / "profiles"


class _RealRoom(Room):
    """The same, over a folder that is only looked at."""

    def __init__(self, folder: Path, profile: str, landing: Path) -> None:
        super().__init__(folder, PROFILES / profile)
        self.landing = landing


def _rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Room:
    if not TECHNION.is_dir():
        pytest.skip("the real exports are not here: ../shared/real/technion_bank_1999")
    room = _RealRoom(tmp_path_factory.mktemp("bank"), "technion", TECHNION)
    room.land()
    return room


@pytest.fixture(scope="module")
def bank_rows(bank: Room) -> list[dict[str, str]]:
    return [row for path in sorted(TECHNION.glob("*.txt.gz")) for row in _rows(path, "\t")]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Room:
    if not ALEXANDRIA.is_dir():
        pytest.skip("the real exports are not here: ../shared/real/alexandria_decc_2025")
    room = _RealRoom(tmp_path_factory.mktemp("centre"), "alexandria", ALEXANDRIA)
    room.land()
    return room


@pytest.fixture(scope="module")
def centre_rows(centre: Room) -> list[dict[str, str]]:
    return [row for path in sorted(ALEXANDRIA.glob("*.csv.gz")) for row in _rows(path, ",")]


def test_every_call_of_the_bank_lands(bank: Room, bank_rows: list[dict[str, str]]) -> None:
    assert bank.one("select sum(rows_read), sum(rows_quarantined) from landing.deliveries") == (len(bank_rows), 0)
    assert bank.one("select count(*), count(distinct (_content_no, call_id, segment)) from landing.acd_segments") == (
        len(bank_rows),
        len(bank_rows),  # the key is wide enough
    )
    assert bank.ask("select business_date, covered_until from landing.contents order by 1") == [
        (date(1999, 1, 1), date(1999, 1, 31)),
        (date(1999, 2, 1), date(1999, 2, 28)),
        (date(1999, 3, 1), date(1999, 3, 31)),
    ]


def test_what_is_no_export_of_the_bank_is_quarantined(bank: Room) -> None:
    assert bank.delivery("documentation.pdf")["is_quarantined"]


def test_the_banks_outcomes_and_seconds_agree(bank: Room, bank_rows: list[dict[str, str]]) -> None:
    def disposition(row: dict[str, str]) -> str:
        if row["outcome"] == "HANG":
            return "IVR_ABN" if row["q_start"] == "0:00:00" else "ABN"
        return {"AGENT": "ANS", "PHANTOM": "TEST"}[row["outcome"]]

    found = dict(bank.ask("select disposition, count(*) from landing.acd_segments group by 1"))
    assert found == Counter(disposition(row) for row in bank_rows)
    seconds = [sum(int(row[name]) for row in bank_rows) for name in ("vru_time", "q_time", "ser_time")]
    assert bank.one(
        "select sum(ivr_seconds)::bigint, sum(queue_seconds)::bigint, sum(talk_seconds)::bigint "
        "from landing.acd_segments"
    ) == tuple(seconds)
    assert bank.one("select count(*) from landing.acd_segments where ivr_seconds < 0") == sum(
        row["vru_time"].startswith("-") for row in bank_rows
    )


def test_the_banks_clocks_are_local_and_run_over_midnight(bank: Room, bank_rows: list[dict[str, str]]) -> None:
    first = min(f"{row['date']} {row['vru_entry']:0>8}" for row in bank_rows)
    assert first == "990101 00:00:02"
    assert bank.one("select min(segment_start_at)::text from landing.acd_segments") == "1998-12-31 22:00:02"

    def runs_over(row: dict[str, str]) -> bool:
        ends = next((row[name] for name in ("ser_exit", "q_exit", "vru_exit") if row[name] != "0:00:00"), "0:00:00")
        return ends.zfill(8) < "04:00:00" and row["vru_entry"].zfill(8) > "20:00:00"

    over_midnight = sum(map(runs_over, bank_rows))
    found = bank.one(
        "select count(*) from landing.acd_segments where (segment_end_at + interval 2 hour)::date "
        "> (segment_start_at + interval 2 hour)::date"
    )
    assert found == over_midnight > 0
    assert bank.one("select max(segment_end_at - segment_start_at) < interval 12 hour from landing.acd_segments")


def test_the_banks_customers_and_agents_are_tokens(bank: Room, bank_rows: list[dict[str, str]]) -> None:
    agents = {row["server"] for row in bank_rows} - {"NO_SERVER"}
    customers = {row["customer_id"] for row in bank_rows} - {"0"}
    found = bank.one("select count(distinct agent_token), count(distinct caller_token) from landing.acd_segments")
    assert found == (len(agents), len(customers))
    sample = [row["customer_id"].encode() for row in bank_rows[:2000] if len(row["customer_id"]) > 6]
    stored = bank.everything_stored()
    assert not [value for value in sample if value in stored]
    assert b"MICHAL" not in stored


def test_every_incident_of_the_centre_lands_but_those_without_a_number(
    centre: Room, centre_rows: list[dict[str, str]]
) -> None:
    nameless = sum(not row["Master_Incident_Number"] for row in centre_rows)
    assert centre.one("select sum(rows_read), sum(rows_quarantined) from landing.deliveries") == (
        len(centre_rows),
        nameless,
    )
    numbers = {row["Master_Incident_Number"] for row in centre_rows} - {""}
    assert centre.one("select count(*), count(distinct incident_ref) from landing.saab_incidents") == (
        len(numbers),
        len(numbers),
    )
    found = centre.ask("select distinct column_name, reason from landing.quarantined_rows")
    assert found == [("Master_Incident_Number", "must not be empty")]


def test_the_week_with_more_columns_lands_and_they_are_counted(centre: Room) -> None:
    assert "Elapsed_CallRcvd2InQueue" in centre.delivery("week40.csv.gz")["unknown_columns"]
    assert centre.one("select count(*) from landing.deliveries where is_counted") == 12


def test_stages_in_columns_become_events_and_statuses(centre: Room, centre_rows: list[dict[str, str]]) -> None:
    named = [row for row in centre_rows if row["Master_Incident_Number"]]

    def filled(column: str) -> int:
        return sum(row[column] not in ("", "NULL") for row in named)

    reclosed = sum(row["First_Reopen_Time"] != "NULL" and row["Final_Closed_Time"] != "NULL" for row in named)
    assert dict(centre.ask("select event_code, count(*) from landing.saab_incident_log group by 1")) == {
        "CREATED": len(named),
        "GRADED": filled("Incident_Queue_Time"),
        "TASKED": filled("Incident_Queue_Time"),
        "ASSIGNED": filled("Incident_Dispatch_Time"),
        "UNASSIGNED": filled("TimeFirstCallCleared"),
        "CLOSED": filled("Incident_First_Close_Time") + reclosed,
        "REOPENED": filled("First_Reopen_Time"),
    }
    assert dict(centre.ask("select status_code, count(*) from landing.saab_resource_status group by 1")) == {
        "5": filled("Incident_Enroute_Time"),
        "6": filled("Incident_Arrival_Time"),
        "2": filled("TimeFirstCallCleared"),
    }


def test_the_centres_times_are_those_of_its_zone(centre: Room, centre_rows: list[dict[str, str]]) -> None:
    from datetime import UTC, datetime

    zone = ZoneInfo("America/New_York")

    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=zone, fold=0).astimezone(UTC).replace(tzinfo=None)

    expected: dict[str, Any] = {
        row["Master_Incident_Number"]: (
            instant(row["Incident_Start_Time"]),
            None if row["Incident_Arrival_Time"] == "NULL" else instant(row["Incident_Arrival_Time"]),
        )
        for row in centre_rows
        if row["Master_Incident_Number"]
    }
    found = centre.ask("select incident_ref, created_at, first_at_scene_at from landing.saab_incidents")
    assert {ref: (created, arrived) for ref, created, arrived in found} == expected
    doubled = sum(row["Incident_Start_Time"].startswith("2025-11-02 01:") for row in centre_rows)
    assert centre.one("select count(*) from landing.saab_incidents where created_at_is_ambiguous") == doubled > 0


def test_the_centres_staff_are_tokens(centre: Room) -> None:
    assert b"STAFF0" not in centre.everything_stored()
