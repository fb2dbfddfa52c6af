"""The clean sample hangs together and tells what the minutes tell. A failure means: it contradicts itself."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.sample.arrivals import half_hours
from orchestration.sample.calls import outcome_of
from orchestration.sample.clock import Clock
from orchestration.sample.writers import gzip_stored
from tests.sample.reading import files, records, rows

LONDON = ZoneInfo("Europe/London")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def local(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M:%S")


def test_no_key_comes_twice_in_a_file_of_a_clean_sample(clean: Path) -> None:
    keys = {
        "saab_incident_log": ((0, 1),) * 2,
        "saab_incidents": ((0,),) * 2,
        "saab_resource_status": ((0, 1, 2),),
        "saab_diary": ((0, 1, 11),),
        "acd_segments": ((0, 1),),
        "acd_agent_intervals": ((0, 1),),
        "digital_contacts": ((0,),),
        "da_outcomes": ((0, 12),),
    }
    for export, [columns, *_] in keys.items():
        for path in files(clean, export):
            found = Counter(tuple(list(row.values())[c] for c in columns) for row in rows(path))
            assert not [key for key, count in found.items() if count > 1], path.name


def test_log_events_are_delivered_once_and_numbered_without_a_gap(clean: Path) -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for _, row in records(clean, "saab_incident_log"):
        ref, number, *_ = row.values()
        numbers[ref].append(int(number))
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())


def test_calls_statuses_events_and_appointments_point_at_what_exists(clean: Path) -> None:
    calls = {f"{path.name[13:21]}-{row['CALL_ID']}" for path, row in records(clean, "acd_segments")}
    incidents: dict[str, str] = {}
    for _, row in records(clean, "saab_incidents"):
        values = list(row.values())
        incidents[values[0]] = values[4]
    assert all(ref in calls for ref in incidents.values() if ref)
    assert sum(1 for ref in incidents.values() if ref) > len(incidents) / 3
    for export in ("saab_resource_status", "saab_diary"):
        assert all(row["INC_REF"] in incidents for _, row in records(clean, export) if row["INC_REF"])


def test_calls_per_day_outcomes_equal_the_truth(clean: Path) -> None:
    steps: dict[tuple[str, str], list[tuple[int, str, str, str, int]]] = defaultdict(list)
    for path, row in records(clean, "acd_segments"):
        waited = int(row["QUEUE_SECS"]) + int(row["RING_SECS"])
        key = (path.name[13:21], row["CALL_ID"])
        steps[key].append((int(row["SEGMENT"]), row["DIALLED"], row["QUEUE"], row["DISPOSITION"], waited))
    counted: Counter[tuple[str, str, str]] = Counter()
    for (day, _), found in steps.items():
        found.sort()
        assert [step[0] for step in found] == list(range(1, len(found) + 1))
        outcome, _ = outcome_of(found[0][1], [step[2:] for step in found])
        counted[(day, found[0][1], outcome)] += 1
    with (clean / "truth/calls_daily.csv").open() as file:
        truth = {
            (row["day"].replace("-", ""), row["line"], row["outcome"]): int(row["count"])
            for row in csv.DictReader(file)
            if row["outcome"] not in ("answered_within", "wait_seconds")
        }
    assert counted == truth


def test_a_call_lies_whole_in_the_local_day_it_started(clean: Path) -> None:
    first: dict[tuple[str, str], datetime] = {}
    for path, row in records(clean, "acd_segments"):
        assert utc(row["SEG_END"]) >= utc(row["SEG_START"])
        if row["SEGMENT"] == "1":
            first[(path.name[13:21], row["CALL_ID"])] = utc(row["SEG_START"])
    assert all(f"{start.astimezone(LONDON):%Y%m%d}" == day for (day, _), start in first.items())


def test_staffed_time_is_the_sum_of_its_parts(clean: Path) -> None:
    for path, row in records(clean, "acd_agent_intervals"):
        parts = ("AVAILABLE_SECS", "TALK_SECS", "HOLD_SECS", "WRAP_SECS", "AUX_SECS")
        assert int(row["STAFFED_SECS"]) == sum(int(row[part]) for part in parts), path.name


def test_clock_change_day_has_25_hours(clean: Path) -> None:
    clock = Clock(date(2021, 10, 30), date(2021, 11, 1))
    starts = half_hours(date(2021, 10, 31))
    assert len(starts) == 50
    assert len({clock.local(start) for start in starts}) == 48
    autumn = next(path for path in files(clean, "acd_agent_intervals") if "20211031" in path.name)
    assert len({row["INTERVAL_START"] for row in rows(autumn)}) == 50


def test_no_call_is_received_in_the_outage_and_lost_calls_stand_at_its_start(clean: Path) -> None:
    start, end = datetime(2021, 9, 6, 17, 30, tzinfo=LONDON), datetime(2021, 9, 7, 5, 0, tzinfo=LONDON)
    lost = 0
    for path, row in records(clean, "acd_segments"):
        if path.name[13:21] in ("20210906", "20210907"):
            assert not start < utc(row["SEG_START"]) < end
            lost += row["DISPOSITION"] == "LOST"
    [disruption] = [row for _, row in records(clean, "service_disruptions")]
    assert lost == int(disruption["CALLS_LOST"])
    assert (disruption["STARTED"], disruption["ENDED"]) == ("06/09/2021 17:30:00", "07/09/2021 05:00:00")


def test_paper_records_are_keyed_after_the_outage_and_assessed_again(clean: Path) -> None:
    end = datetime(2021, 9, 7, 5, 0)
    back = {}
    for _, row in records(clean, "saab_incidents"):
        if row.get("BACK_RECORD") == "Y":
            back[row["INC_REF"]] = row
    assert back
    for row in back.values():
        assert local(row["CREATED"]) < end < local(row["RECORDED"])
    again = {row["INC_REF"] for _, row in records(clean, "saab_incident_log") if row.get("EVENT_CODE") == "RETHRIVE"}
    assert set(back) <= again
    assert all(ref.startswith("WM-20210907") for ref in back)


def test_incident_rows_never_run_ahead_of_their_day(clean: Path) -> None:
    for path, row in records(clean, "saab_incidents"):
        updated = row.get("LAST_UPDATED")
        if updated:
            assert f"{local(updated):%Y%m%d}" == path.name[15:23], row
        else:
            assert row["updated_at"][:10].replace("-", "") == path.name[15:23], row


def test_pilot_areas_book_no_domestic_abuse_diary_car(clean: Path) -> None:
    booked: Counter[bool] = Counter()
    for _, row in records(clean, "saab_diary"):
        day = local(row["BOOKED_AT"]).date()
        if row["DIARY"] == "DA_DIARY_CAR" and date(2021, 11, 22) <= day <= date(2022, 1, 2):
            booked[row["LPA"] in ("NWORC", "TELF")] += 1
    assert booked[False] > 0
    assert booked[True] == 0


def test_recruitment_funnel_of_twelve_months(clean: Path) -> None:
    total: Counter[str] = Counter()
    for _, row in records(clean, "recruitment"):
        if "2020-11" <= row["MONTH"] <= "2021-10":
            total[row["STAGE"]] += int(row["COUNT"])
    assert total == {"APPLIED": 411, "ASSESSED": 108, "INTERVIEWED": 65, "APPOINTED": 18}


def test_version_6_begins_on_13_december(clean: Path) -> None:
    versions = {path.name[15:23]: "updated_at" in row for path, row in records(clean, "saab_incidents")}
    assert all(is_new == (day >= "20211213") for day, is_new in versions.items())
    assert len(versions) == (date(2022, 1, 9) - date(2021, 8, 30)).days + 1


def test_stored_gzip_needs_no_compressor() -> None:
    import gzip

    for size in (0, 1, 65535, 65536, 200000):
        assert gzip.decompress(gzip_stored(b"x" * size)) == b"x" * size


def test_unresourced_truth_covers_every_hour(clean: Path) -> None:
    with (clean / "truth/unresourced_hourly.csv").open() as file:
        hours = [utc(row["hour_utc"]) for row in csv.DictReader(file) if row["area"] == "HEREF"]
    assert all(after - before == timedelta(hours=1) for before, after in pairwise(hours))
