"""Invented exports quite unlike ours, by profile alone; what they become is worked out by hand or in plain Python."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.landing.starting import start_profile
from orchestration.settings import PROJECT
from tests.landing.room import Room
from tests.support import ask, settings_for, take_steps

TORONTO = ZoneInfo("America/Toronto")
REPARTITION = """\
Extraction du 03.11.2025 04:00
Service de police de la Rivière
Genre;Numéro;Moment;Secteur;Priorité;Nature;Urbain;Ordre;Acte;Unité;Délai (min);Plaignant;Adresse;Agent
DEB;0007;02.11.2025 00:58:00;Rive-Nord;Urgent;Bagarre;oui;-;-;-;-;Jean Tremblay;12, rue du Quai;a.roy
EVE;0007;02.11.2025 00:59:30;-;-;-;-;1;réparti;V12;6,5;-;-;a.roy
EVE;0007;02.11.2025 01:40:00;-;-;-;-;2;libéré;V12;-;-;-;a.roy
EVE;0007;02.11.2025 01:41:00;-;-;-;-;3;clos;néant;-;-;-;b.côté
DEB;0008;02.11.2025 14:00:00;Îles;Différé;Bruit;non;-;-;-;-;Anne Gagnon;-;b.côté
EVE;0008;32.11.2025 14:05:00;-;-;-;-;1;réparti;V14;1 000,5;-;-;b.côté
DEB;;02.11.2025 15:00:00;Rive-Sud;Prompt;Vol;oui;-;-;-;-;-;-;b.côté
FIN;7;total;;;;;;;;;;;
"""
FIRST = datetime(2025, 11, 3)
CALLS = [  # number, seconds after Monday 3 November 00:00, line, wait, talk in minutes, outcome, caller
    ("1", 36_000, "urgence", "00:07", "3,5", "R", "(613) 555-0101"),
    ("2", 36_060, "urgence", "00:12", "1,0", "R", "masqué"),
    ("3", 40_000, "courant", "02:30", "0,0", "A", "613-555-0102"),
    ("1", 3 * 86_400 + 36_000, "courant", "00:30", "12,25", "R", "+1 613 555 0103"),
    ("2", 3 * 86_400 + 36_600, "urgence", "00:10", "0,75", "R", ""),
    ("3", 3 * 86_400 + 37_000, "essai", "00:00", "0,0", "E", "masqué"),
]


@pytest.fixture(scope="module")
def riviere(tmp_path_factory: pytest.TempPathFactory) -> Room:
    room = Room(tmp_path_factory.mktemp("riviere"), PROJECT / "tests" / "profiles" / "riviere")
    room.put("repartition_02-11-2025.csv", REPARTITION.encode("cp1252"))
    start = datetime(1899, 12, 30)
    lines = []
    for number, seconds, line, wait, talk, outcome, caller in CALLS:
        serial = f"{(FIRST - start).days + seconds / 86_400:.10f}".replace(".", ",")
        lines.append(f"{number} | {serial} | {line} | {wait} | {talk} | {outcome} | {caller} | 'poste\" 4")
    room.put("appels_semaine_45.txt", "\n".join(lines))
    room.land()
    return room


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=TORONTO, fold=0).astimezone(UTC).replace(tzinfo=None)


def test_records_of_three_kinds_in_windows_1252_are_told_apart(riviere: Room) -> None:
    told = riviere.delivery("repartition_02-11-2025.csv")
    assert told["business_date"] == date(2025, 11, 2)
    # Three DEB records, one without a number; of four EVE one has no day; FIN and the good EVE are not incidents.
    assert (told["rows_read"], told["rows_quarantined"], told["rows_left_out"]) == (4, 2, 4)
    assert told["unknown_columns"] == "{}"
    assert dict(riviere.ask("select row_number, column_name from landing.quarantined_rows")) == {
        9: "Moment",
        10: "Numéro",
    }


def test_incidents_have_their_codes_and_the_local_times_of_toronto(riviere: Room) -> None:
    columns = "incident_ref, created_at, grade_current, lpa, is_urban, opening_code"
    assert riviere.ask(f"select {columns} from landing.saab_incidents order by 1") == [
        ("RIV-0007", _utc(datetime(2025, 11, 2, 0, 58)), "1", "NORD", "Y", "BAGARRE"),
        ("RIV-0008", _utc(datetime(2025, 11, 2, 14, 0)), "3", "AUTRE", "N", "BRUIT"),
    ]


def test_an_event_of_the_doubled_hour_is_the_first_pass_and_flagged(riviere: Room) -> None:
    found = riviere.ask(
        "select event_no, event_code, callsign, event_at, event_at_is_ambiguous "
        "from landing.saab_incident_log order by 1"
    )
    assert found == [
        (1, "ASSIGNED", "V12", datetime(2025, 11, 2, 4, 59, 30), False),
        (2, "UNASSIGNED", "V12", datetime(2025, 11, 2, 5, 40), True),
        (3, "CLOSED", None, datetime(2025, 11, 2, 5, 41), True),
    ]


def test_an_arrival_is_worked_out_from_minutes_with_a_comma(riviere: Room) -> None:
    """Six and a half minutes after 00:59:30."""
    assert riviere.ask("select callsign, status_at, incident_ref from landing.saab_resource_status") == [
        ("V12", datetime(2025, 11, 2, 5, 6), "RIV-0007")
    ]


def test_calls_of_a_week_without_a_header_agree_with_a_plain_calculation(riviere: Room) -> None:
    told = riviere.delivery("appels_semaine_45.txt")
    assert (told["business_date"], told["covered_until"]) == (date(2025, 11, 3), date(2025, 11, 9))
    assert (told["rows_read"], told["rows_quarantined"]) == (len(CALLS), 0)
    expected = []
    for number, seconds, line, wait, talk, outcome, caller in CALLS:
        began = FIRST + timedelta(seconds=seconds)
        waited = int(wait[:2]) * 60 + int(wait[3:])
        talked = None if talk == "0,0" else round(float(talk.replace(",", ".")) * 60)
        expected.append(
            (
                f"{began:%Y-%m-%d}/{number:0>4}",
                _utc(began),
                _utc(began) + timedelta(seconds=waited + (talked or 0)),
                {"urgence": "999", "courant": "101"}.get(line, "OTHER"),
                {"R": "ANS", "A": "ABN", "E": "TEST"}[outcome],
                waited,
                talked,
                caller not in ("", "masqué"),
                "Y" if caller == "masqué" else None,
            )
        )
    columns = (
        "call_id, segment_start_at, segment_end_at, dialled, disposition, queue_seconds, talk_seconds, "
        "caller_token is not null, is_withheld"
    )
    assert riviere.ask(f"select {columns} from landing.acd_segments order by call_id") == sorted(expected)
    within = Counter(row[5] <= 10 for row in expected if row[3] == "999" and row[4] == "ANS")
    assert (
        riviere.one(
            "select count(*) filter (where queue_seconds <= 10), count(*) from landing.acd_segments "
            "where dialled = '999' and disposition = 'ANS'"
        )
        == (within[True], within.total())
        == (2, 3)
    )


@pytest.mark.long
def test_the_published_figures_are_those_worked_out_by_hand(riviere: Room, tmp_path: Path) -> None:
    """Of urgent calls answered on 3 November one of two waited 10 s or less, on 6 November the only one."""
    started = start_profile(tmp_path / "riviere", name="riviere", title="", time_zone="America/Toronto").folder
    shutil.copytree(PROJECT / "tests" / "profiles" / "riviere", started, dirs_exist_ok=True)
    settings = settings_for(tmp_path, riviere.landing, profile=started)
    take_steps(settings, rules=True)
    found = ask(
        settings,
        "select kpi_id, period_start, numerator::integer, denominator::integer from metrics.kpi_results "
        "where period_type = 'day' and scope_type = 'force' and scope_code = 'FORCE' and value is not null "
        "and kpi_id in ('calls_999_within_10s', 'incidents_created') order by 1, 2",
    )
    assert found == [
        ("calls_999_within_10s", date(2025, 11, 3), 1, 2),
        ("calls_999_within_10s", date(2025, 11, 6), 1, 1),
        ("incidents_created", date(2025, 11, 2), 2, None),
    ]


def test_nobodys_name_address_number_or_place_of_work_is_stored(riviere: Room) -> None:
    stored = riviere.everything_stored()
    personal = ("Tremblay", "Gagnon", "rue du Quai", "a.roy", "b.côté", "555-010", "6135550101", 'poste" 4')
    assert not [value for value in personal if value.encode() in stored or value.encode("cp1252") in stored]
