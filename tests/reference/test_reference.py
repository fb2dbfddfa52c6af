"""The reference proved by hand: tiny literal exports, expectations worked out on paper.

A failure here means that the independent calculation itself is wrong, not the pipeline.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from . import (
    Call,
    Delivery,
    Incident,
    KpiRow,
    Landing,
    ResponseTarget,
    as_of,
    calls,
    deliveries,
    incidents,
    indicators,
    load,
    percentile,
    resolved_events,
)
from .clocks import BadValueError, parse_local, parse_offset, parse_utc, utc_text
from .worlds import FIRST_DAYS, write_world

SEGMENT_HEADER = (
    "CALL_ID,SEGMENT,SEG_START,SEG_END,DIALLED,QUEUE,DISPOSITION,IVR_SECS,QUEUE_SECS,RING_SECS,TALK_SECS,HOLD_SECS,"
    "WRAP_SECS,AGENT_ID,TEAM,CLI,WRAP_CODE"
)
INCIDENT_HEADER = (
    "INC_REF,CREATED,RECORDED,SOURCE,CALL_REF,OPEN_CODE,CLOSE_CODE,QUALIFIERS,GRADE_INIT,GRADE_CURR,LPA,BEAT,URBAN,"
    "THRIVE_RISK,DA_FLAG,REPEAT_VICTIM,BACK_RECORD,LINKED_TO,STATUS,CLOSED,LAST_UPDATED"
)
INCIDENT_6_HEADER = (
    "incident_ref,created_at,recorded_at,source_channel,call_ref,opening_code,closing_code,qualifiers,grade_initial,"
    "grade_current,lpa_code,beat_code,is_urban,thrive_risk,is_domestic_abuse,is_repeat_victim,is_back_record,linked_to,"
    "status,closed_at,updated_at,first_at_scene_at,pnc_checked"
)
LOG_HEADER = "INC_REF,EVENT_NO,EVENT_TIME,RECORDED_TIME,EVENT_CODE,FROM_VALUE,TO_VALUE,CALLSIGN,USER_ID"
LOG_6_HEADER = "incident_ref,event_no,event_at,recorded_at,event_code,from_value,to_value,callsign,user_id"
STATUS_HEADER = "CALLSIGN,STATUS_TIME,STATUS_CODE,INC_REF,LPA"
DIARY_HEADER = "APPT_ID,VERSION,INC_REF,DIARY,BOOKED_AT,SLOT_START,SLOT_END,STATUS,ATTENDED_AT,CALLSIGN,LPA,UPDATED_AT"
LEGACY_HEADER = "IncidentNo,IncidentDate,CreatedTime,Grade,LPA,Category,Source,DA,FirstAssigned,FirstAtScene,Closed"
INTERVAL_HEADER = "INTERVAL_START,TEAM,STAFFED_SECS,AVAILABLE_SECS,TALK_SECS,HOLD_SECS,WRAP_SECS,AUX_SECS,PLANNED_HEADS"

Drop = Callable[..., Path]


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Writes one file into the landing folder: `drop(name, header, *lines)`."""

    def write(name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = "".join(line + "\r\n" for line in lines).encode(encoding)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


# --- short words for long lines -----------------------------------------------------------------------------------
def leg(
    call: str = "1",
    no: int = 1,
    at: str = "2021-09-06T10:00:00Z",
    line: str = "101",
    queue: str = "OCC_101",
    disposition: str = "ANS",
    ivr: object = 0,
    wait: object = 0,
    ring: object = 0,
    talk: object = 0,
    hold: object = 0,
    wrap: object = 0,
    cli: str = "",
    code: str = "",
) -> str:
    seconds = f"{ivr},{wait},{ring},{talk},{hold},{wrap}"
    return f"{call},{no},{at},{at},{line},{queue},{disposition},{seconds},A1,T1,{cli},{code}"


def incident_row(
    ref: str = "WM-20210906-00001",
    created: str = "06/09/2021 10:00:00",
    grade: str = "1",
    area: str = "TELF",
    urban: str = "Y",
    back: str = "N",
    linked: str = "",
    status: str = "OPEN",
    closed: str = "",
    updated: str = "06/09/2021 11:00:00",
    call: str = "",
    first_grade: str = "1",
) -> str:
    return (
        f"{ref},{created},{created},101,{call},PSW01,,,{first_grade},{grade},{area},B1,{urban},HIGH,N,N,{back},{linked},"
        f"{status},{closed},{updated}"
    )


def event(no: int, at: str, code: str, ref: str = "WM-20210906-00001", recorded: str = "") -> str:
    return f"{ref},{no},{at},{recorded or at},{code},,,,U1"


def status(at: str, code: str, ref: str = "WM-20210906-00001", callsign: str = "TX1") -> str:
    return f"{callsign},{at},{code},{ref},TELF"


def appointment(
    version: int, state: str, slot_end: str, updated: str = "06/09/2021 11:00:00", ref: str = "WM-20210906-00001"
) -> str:
    booked = "06/09/2021 10:30:00"
    return f"AP1,{version},{ref},DIARY_CAR,{booked},{booked},{slot_end},{state},,DC1,TELF,{updated}"


def landed(folder: Path) -> Landing:
    return load(folder)


def one_call(folder: Path) -> Call:
    (found,) = calls(load(folder))
    return found


def one_incident(folder: Path) -> Incident:
    (found,) = incidents(load(folder))
    return found


def of_name(folder: Path) -> dict[str, Delivery]:
    return {each.path: each for each in deliveries(folder)}


def split(delivery: Delivery) -> tuple[str, int, int, int, int, int]:
    """status, read, loaded, superseded, duplicate, quarantined"""
    return (
        delivery.status,
        delivery.rows_read,
        delivery.rows_loaded,
        delivery.rows_superseded,
        delivery.rows_duplicate,
        delivery.rows_quarantined,
    )


def all_rows(folder: Path, targets: tuple[ResponseTarget, ...] = ()) -> list[KpiRow]:
    landing = load(folder)
    return indicators(landing, calls(landing), incidents(landing), targets)


def figure(
    rows: list[KpiRow], kpi: str, period: str = "day", code: str = "FORCE", start: date | None = None
) -> tuple[int | None, int | None, Fraction | None, int, int]:
    """numerator, denominator, value, measured, eligible of the one row that fits"""
    (row,) = (
        row
        for row in rows
        if (row.kpi_id, row.period_type, row.scope_code) == (kpi, period, code) and start in (None, row.period_start)
    )
    return row.numerator, row.denominator, row.value, row.measured_count, row.eligible_count


# --- times --------------------------------------------------------------------------------------------------------
def test_local_summer_and_winter_times_become_utc() -> None:
    assert utc_text(parse_local("06/09/2021 10:00:00")) == "2021-09-06T09:00:00Z"
    assert utc_text(parse_local("06/12/2021 10:00:00")) == "2021-12-06T10:00:00Z"


def test_a_doubled_local_time_is_the_first_pass() -> None:
    assert utc_text(parse_local("31/10/2021 01:30:00")) == "2021-10-31T00:30:00Z"
    assert utc_text(parse_local("31/10/2021 02:00:00")) == "2021-10-31T02:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "28/03/2021 01:30:00",
        "31/02/2021 10:00:00",
        "6/9/2021 10:00:00",
        "06/09/2021 24:00:00",
        "06/09/2021T10:00:00",
        " 06/09/2021 10:00:00",
        "2021-09-06T10:00:00Z",
    ],
)
def test_what_is_no_local_time_is_bad(text: str) -> None:
    with pytest.raises(BadValueError):
        parse_local(text)


def test_utc_and_offset_are_formats_of_their_own() -> None:
    assert utc_text(parse_utc("2021-09-06T10:00:00Z")) == "2021-09-06T10:00:00Z"
    assert utc_text(parse_offset("2021-10-31T01:30:00+00:00")) == "2021-10-31T01:30:00Z"
    assert utc_text(parse_offset("2021-10-31T01:30:00+01:00")) == "2021-10-31T00:30:00Z"
    for parse, text in ((parse_utc, "2021-09-06T10:00:00+00:00"), (parse_offset, "2021-09-06T10:00:00Z")):
        with pytest.raises(BadValueError):
            parse(text)


# --- deliveries ---------------------------------------------------------------------------------------------------
def test_an_empty_folder_has_no_deliveries_and_no_figures(tmp_path: Path) -> None:
    assert deliveries(tmp_path) == []
    assert all_rows(tmp_path) == []
    assert as_of(load(tmp_path)) == {}


def test_rows_are_counted_as_records_not_lines(drop: Drop, tmp_path: Path) -> None:
    drop(
        "service_disruptions_20210906.csv",
        "DISRUPTION_ID,STARTED,ENDED,SYSTEMS,LINES,CALLS_LOST,DIVERTED_TO,RESTORED_AT,NOTE",
        '1,06/09/2021 17:30:00,07/09/2021 05:00:00,ACD,"999,101",14,,,"two\r\nlines, and ""quotes"""',
        "",
        "2,08/09/2021 17:30:00,,ACD,999,,,,",
    )
    assert split(deliveries(tmp_path)[0]) == ("LOADED", 2, 2, 0, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_read_alike(drop: Drop, tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [STATUS_HEADER, "Café,06/09/2021 10:00:00,6,,TELF"]
    drop("saab_resource_status_20210906.csv", *(line.replace(",", delimiter) for line in lines), encoding=encoding)
    landing = load(tmp_path)
    assert split(landing.deliveries[0]) == ("LOADED", 1, 1, 0, 0, 0)
    assert [key[0] for key in landing.tables["saab_resource_status"]] == ["Café"]


def test_column_order_is_free_and_a_new_column_is_no_error(drop: Drop, tmp_path: Path) -> None:
    drop("saab_resource_status_20210906.csv", "LPA,NEW,INC_REF,STATUS_CODE,STATUS_TIME,CALLSIGN", "T,x,,6,,TX1")
    drop(
        "saab_resource_status_20210907.csv",
        "LPA,NEW,INC_REF,STATUS_CODE,STATUS_TIME,CALLSIGN",
        "T,x,,6,07/09/2021 10:00:00,TX1",
    )
    assert [split(each) for each in deliveries(tmp_path)] == [("LOADED", 1, 0, 0, 0, 1), ("LOADED", 1, 1, 0, 0, 0)]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("notes.txt", ["hello"]),
        ("acd_segments_20211332.csv", [SEGMENT_HEADER, leg()]),
        ("legacy_incidents_20210902.csv", [LEGACY_HEADER]),
        ("acd_segments_20210906.csv", []),
        ("acd_segments_20210906.csv", [SEGMENT_HEADER.removesuffix(",WRAP_CODE"), leg()]),
        ("acd_segments_20210906.csv", [SEGMENT_HEADER + ",CLI", leg() + ","]),
        ("acd_segments_20210906.csv", [SEGMENT_HEADER.replace("CLI", "cli"), leg()]),
        ("acd_segments_20210906.csv", [SEGMENT_HEADER, leg(cli="9" * (1 << 20))]),
        ("acd_segments_20211008.csv", [SEGMENT_HEADER, leg()]),  # 32 days after its newest time
        ("saab_resource_status_20210905.csv", [STATUS_HEADER, *(status(f"09/05/2021 1{n}:00:00", "6") for n in "012")]),
        ("acd_segments_20210906.csv.gz", [SEGMENT_HEADER, *[leg()] * 5000]),  # more than 100 : 1
    ],
)
def test_a_file_that_fits_nothing_is_quarantined_whole(drop: Drop, tmp_path: Path, name: str, lines: list[str]) -> None:
    drop(name, *lines)
    assert split(deliveries(tmp_path)[0]) == ("QUARANTINED", 0, 0, 0, 0, 0)


def test_undecodable_bytes_and_broken_compression_quarantine_the_file(tmp_path: Path) -> None:
    (tmp_path / "acd_segments_20210906.csv").write_bytes(SEGMENT_HEADER.encode() + b"\n\x81\xff\n")
    (tmp_path / "acd_segments_20210907.csv.gz").write_bytes(b"not compressed")
    assert [each.status for each in deliveries(tmp_path)] == ["QUARANTINED", "QUARANTINED"]


def test_31_days_after_the_newest_time_is_still_in_order(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20211007.csv", SEGMENT_HEADER, leg())
    assert split(deliveries(tmp_path)[0]) == ("LOADED", 1, 1, 0, 0, 0)


def test_temporary_names_are_ignored_and_reported(drop: Drop, tmp_path: Path) -> None:
    for ending in (".part", ".tmp", ".filepart"):
        drop("acd_segments_20210906.csv" + ending, SEGMENT_HEADER)
    landing = load(tmp_path)
    assert landing.deliveries == []
    assert len(landing.ignored) == 3


@pytest.mark.parametrize(
    "bad",
    [
        leg(call=""),
        leg(at=""),
        leg(wait="12.5"),
        leg(wait="1e3"),
        leg(at="2021-09-06 10:00:00Z"),
        leg() + ",more",
        leg().rpartition(",")[0],
        leg(cli="0\x00"),
        "   ",
    ],
)
def test_a_bad_row_is_quarantined_alone(drop: Drop, tmp_path: Path, bad: str) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg("1"), bad, leg("2"))
    assert split(deliveries(tmp_path)[0]) == ("LOADED", 3, 2, 0, 0, 1)


def test_negative_numbers_unknown_codes_and_flags_are_not_bad(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(wait=-1, disposition="WHAT", queue="NEW", line="112"))
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row(urban="?", grade="9", area="MOON"))
    assert {split(each) for each in deliveries(tmp_path)} == {("LOADED", 1, 1, 0, 0, 0)}


def test_a_local_time_that_does_not_exist_quarantines_the_row(drop: Drop, tmp_path: Path) -> None:
    drop("saab_resource_status_20210328.csv", STATUS_HEADER, status("28/03/2021 01:30:00", "6"))
    assert split(deliveries(tmp_path)[0]) == ("LOADED", 1, 0, 0, 0, 1)


def test_an_open_quote_takes_everything_to_the_end_as_one_record(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg("1"), '"2,1', leg("3"), leg("4"))
    assert split(deliveries(tmp_path)[0]) == ("LOADED", 2, 1, 0, 0, 1)


def test_a_quote_inside_an_unquoted_field_is_text(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg("1", cli='07"'), leg("2"))
    assert split(deliveries(tmp_path)[0]) == ("LOADED", 2, 2, 0, 0, 0)


def test_same_bytes_again_count_once_the_first_by_business_date_then_name(drop: Drop, tmp_path: Path) -> None:
    for name in (
        "z/acd_segments_20210906.csv",
        "acd_segments_20210907.csv",
        "a copy.csv",
        "acd_segments_20210906_1.csv",
    ):
        drop(name, SEGMENT_HEADER, leg("1"), leg("2"))
    found = of_name(tmp_path)
    assert split(found["z/acd_segments_20210906.csv"]) == ("LOADED", 2, 2, 0, 0, 0)
    for name in ("acd_segments_20210907.csv", "a copy.csv", "acd_segments_20210906_1.csv"):
        assert split(found[name]) == ("DUPLICATE", 2, 0, 0, 2, 0)


def test_a_file_without_rows_is_no_duplicate_of_another_days(drop: Drop, tmp_path: Path) -> None:
    for name in ("acd_segments_20210906.csv", "acd_segments_20210907.csv", "b/acd_segments_20210907.csv"):
        drop(name, SEGMENT_HEADER)
    assert [each.status for each in deliveries(tmp_path)] == ["LOADED", "LOADED", "DUPLICATE"]


def test_the_newest_update_stamp_stands_whichever_file_brought_it(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row(grade="2", updated="06/09/2021 12:00:00"))
    drop("saab_incidents_20210907.csv", INCIDENT_HEADER, incident_row(grade="1", updated="06/09/2021 11:59:59"))
    found = deliveries(tmp_path)
    assert split(found[0]) == ("LOADED", 1, 1, 0, 0, 0)
    assert split(found[1]) == ("SUPERSEDED", 1, 0, 1, 0, 0)
    assert one_incident(tmp_path).grade_final == "2"


def test_on_equal_stamps_the_newer_delivery_stands(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906_090000.csv", INCIDENT_HEADER, incident_row(grade="2"))
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row(grade="1"))
    drop("saab_incidents_20210906_080000.csv", INCIDENT_HEADER, incident_row(grade="3"))
    assert one_incident(tmp_path).grade_final == "2"


def test_version_6_stands_over_version_5_by_its_stamp(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row())
    six = (
        "WM-20210906-00001,2021-09-06T10:00:00+01:00,,101,,PSW01,,,1,1,TELF,B1,Y,,N,N,N,,OPEN,,"
        "2021-09-06T10:00:01+00:00,2021-09-06T10:12:00+01:00,Y"
    )
    drop("saab_incidents_20210907.csv", INCIDENT_6_HEADER, six)
    found = one_incident(tmp_path)
    assert (found.system_version, found.at_scene_source, found.response_seconds) == ("6", "incident_export", 720)
    assert [each.version for each in deliveries(tmp_path)] == ["5", "6"]


def test_equal_rows_are_loaded_from_the_earliest_and_others_are_superseded(drop: Drop, tmp_path: Path) -> None:
    """A, then B, then A again: A stands by the last delivery, and is loaded from the first."""
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(wait=1), leg("2"))
    drop("acd_segments_20210906_090000.csv", SEGMENT_HEADER, leg(wait=2))
    drop("acd_segments_20210906_100000.csv", SEGMENT_HEADER, leg(wait=1), leg("3"))
    found = of_name(tmp_path)
    assert split(found["acd_segments_20210906.csv"]) == ("LOADED", 2, 2, 0, 0, 0)
    assert split(found["acd_segments_20210906_090000.csv"]) == ("SUPERSEDED", 1, 0, 1, 0, 0)
    assert split(found["acd_segments_20210906_100000.csv"]) == ("LOADED", 2, 1, 0, 1, 0)


def test_within_a_file_the_later_row_is_the_newer(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(wait=1), leg(wait=2), leg(wait=2))
    assert split(deliveries(tmp_path)[0]) == ("LOADED", 3, 1, 1, 1, 0)
    assert one_call(tmp_path).wait_seconds == 2


def test_a_correction_that_leaves_a_row_out_does_not_delete_it(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg("1"), leg("2"))
    drop("acd_segments_20210906_090000.csv", SEGMENT_HEADER, leg("1", wait=7))
    assert [call.wait_seconds for call in calls(load(tmp_path))] == [7, 0]


def test_parts_of_a_day_add_up_and_a_call_spans_them(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906_part01.csv", SEGMENT_HEADER, leg(queue="", disposition="XFER"))
    drop("acd_segments_20210906_part02.csv.gz", SEGMENT_HEADER, leg(no=2))
    assert one_call(tmp_path).segment_count == 2


def test_the_same_call_id_on_another_day_is_another_call(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg())
    drop("acd_segments_20210907.csv", SEGMENT_HEADER, leg(at="2021-09-07T10:00:00Z"))
    assert [call.call_key for call in calls(load(tmp_path))] == ["20210906-1", "20210907-1"]


def test_as_of_is_the_end_of_the_newest_business_date_with_rows(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg())
    drop("acd_segments_20210907.csv", SEGMENT_HEADER)
    drop("legacy_incidents_20211101.csv", LEGACY_HEADER, "1,06/11/2021,10:00:00,1,TELF,C,999,N,,,")
    found = as_of(load(tmp_path))
    assert found == {
        "telephony": datetime(2021, 9, 6, 23, tzinfo=UTC),
        "incidents": datetime(2021, 12, 1, tzinfo=UTC),
    }


# --- calls --------------------------------------------------------------------------------------------------------
def test_a_multi_leg_call_is_one_call_and_waits_add_up_to_the_first_answer(drop: Drop, tmp_path: Path) -> None:
    drop(
        "acd_segments_20210906.csv",
        SEGMENT_HEADER,
        leg(no=3, at="2021-09-06T10:01:00Z", queue="OCC_999", ivr=1, wait=8, ring=2, talk=60, code="ADVICE"),
        leg(no=1, queue="", disposition="XFER", ivr=20, cli="07700900001"),
        leg(no=2, at="2021-09-06T10:00:20Z", disposition="XFER", wait=30, ring=5),
        leg(no=4, at="2021-09-06T10:05:00Z", queue="CRIME_BUREAU", wait=99, talk=10, wrap=3, code="NUISANCE"),
    )
    call = one_call(tmp_path)
    assert (call.outcome, call.wait_seconds, call.ivr_seconds, call.talk_seconds) == ("answered", 45, 21, 70)
    assert utc_text(call.answered_at) == "2021-09-06T10:01:11Z"
    assert (call.segment_count, call.was_transferred, call.demand_type) == (4, True, "service")
    assert call.is_within_target is False


@pytest.mark.parametrize(
    ("legs", "outcome"),
    [
        ([leg(disposition="TEST"), leg(no=2)], "test"),
        ([leg(queue="OCC_999")], "answered"),
        ([leg(line="SWITCHBOARD")], "answered_elsewhere"),
        ([leg(line="SWITCHBOARD", queue="SWITCHBOARD", disposition="XFER"), leg(no=2)], "answered_elsewhere"),
        ([leg(queue="CRIME_BUREAU"), leg(no=2, disposition="ABN")], "abandoned"),
        ([leg(queue="CRIME_BUREAU"), leg(no=2, queue="", disposition="ABN")], "answered_elsewhere"),
        ([leg(queue="CRIME_BUREAU"), leg(no=2)], "answered"),
        ([leg(line="OTHER", queue="ANYTHING")], "answered"),
        ([leg(line="112", queue="CRIME_BUREAU")], "answered"),
        ([leg(queue="")], "unknown"),
        ([leg(disposition="ABN")], "abandoned"),
        ([leg(queue="", disposition="IVR_ABN")], "abandoned_in_menu"),
        ([leg(queue="", disposition="IVR_END")], "ended_by_menu"),
        ([leg(disposition="OVF")], "overflow"),
        ([leg(disposition="CBK")], "callback"),
        ([leg(disposition="SILENT")], "silent"),
        ([leg(disposition="LOST")], "lost"),
        ([leg(disposition="XFER")], "lost"),
        ([leg(disposition="TIMED_OUT")], "unknown"),
        ([leg(disposition="")], "unknown"),
    ],
)
def test_the_first_outcome_that_applies(drop: Drop, tmp_path: Path, legs: list[str], outcome: str) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, *legs)
    assert one_call(tmp_path).outcome == outcome


@pytest.mark.parametrize(
    ("legs", "wait"),
    [
        ([leg(wait="")], None),
        ([leg(ring=-1)], None),
        ([leg(queue="", disposition="IVR_END", wait=5)], None),
        ([leg(wait=3), leg(no=2, wait=-1)], 3),  # after the answer nothing enters
        ([leg(disposition="XFER", wait=-1), leg(no=2, wait=3)], None),
        ([leg(queue="CRIME_BUREAU", disposition="XFER", wait=-1), leg(no=2, wait=3)], 3),
        ([leg(disposition="XFER", wait=2), leg(no=2, disposition="ABN", wait=3)], 5),
        ([leg(talk=-1, wait=4)], 4),
    ],
)
def test_only_durations_that_enter_the_wait_can_make_it_unknown(
    drop: Drop, tmp_path: Path, legs: list[str], wait: int | None
) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, *legs)
    assert one_call(tmp_path).wait_seconds == wait


def test_talk_is_unknown_when_any_leg_is(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(talk=5, hold=1), leg(no=2, talk=-1, hold=2))
    call = one_call(tmp_path)
    assert (call.talk_seconds, call.hold_seconds, call.wrap_seconds) == (None, 3, 0)


@pytest.mark.parametrize(("wait", "is_short"), [(4, True), (5, False), ("", False)])
def test_short_abandons_wait_under_5_seconds(drop: Drop, tmp_path: Path, wait: object, is_short: bool) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(disposition="ABN", wait=wait))
    assert one_call(tmp_path).is_short_abandon is is_short


@pytest.mark.parametrize(("wait", "is_within"), [(10, True), (11, False)])
def test_within_10_seconds_includes_10(drop: Drop, tmp_path: Path, wait: int, is_within: bool) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(line="999", queue="OCC_999", wait=wait))
    assert one_call(tmp_path).is_within_target is is_within
    assert figure(all_rows(tmp_path), "calls_999_within_10s") == (int(is_within), 1, Fraction(int(is_within)), 1, 1)


@pytest.mark.parametrize(
    ("second", "is_redial"),
    [
        (leg("2", at="2021-09-06T10:00:01Z", cli="07700900001"), True),
        (leg("2", at="2021-09-06T10:10:00Z", cli="+44 7700 900001", disposition="ABN"), True),
        (leg("2", at="2021-09-06T10:10:01Z", cli="07700900001"), False),
        (leg("2", at="2021-09-06T10:00:00Z", cli="07700900001"), False),
        (leg("2", at="2021-09-06T10:05:00Z", cli="07700900001", line="999"), False),
        (leg("2", at="2021-09-06T10:05:00Z", cli="07700900002"), False),
        (leg("2", at="2021-09-06T10:05:00Z", cli="07700900001", disposition="TEST"), True),
    ],
)
def test_redials_come_more_than_0_and_at_most_600_seconds_later(
    drop: Drop, tmp_path: Path, second: str, is_redial: bool
) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(disposition="ABN", cli="07700 900001"), second)
    first, later = calls(load(tmp_path))
    assert (first.is_redialled, later.is_redial, first.is_redial) == (is_redial, is_redial, False)


def test_a_redial_needs_an_abandoned_call_and_a_caller(drop: Drop, tmp_path: Path) -> None:
    drop(
        "acd_segments_20210906.csv",
        SEGMENT_HEADER,
        leg("1", cli="07700900001"),
        leg("2", at="2021-09-06T10:01:00Z", cli="07700900001"),
        leg("3", disposition="ABN", cli="WITHHELD"),
        leg("4", at="2021-09-06T10:01:00Z", cli="WITHHELD"),
        leg("5", disposition="ABN"),
        leg("6", at="2021-09-06T10:01:00Z"),
    )
    assert not any(call.is_redial for call in calls(load(tmp_path)))
    assert figure(all_rows(tmp_path), "calls_redialled") == (0, 0, None, 0, 2)


def test_a_redial_crosses_midnight(drop: Drop, tmp_path: Path) -> None:
    drop(
        "acd_segments_20210906.csv",
        SEGMENT_HEADER,
        leg("1", at="2021-09-06T22:59:50Z", disposition="ABN", cli="07700900001"),
    )
    drop("acd_segments_20210907.csv", SEGMENT_HEADER, leg("1", at="2021-09-06T23:00:10Z", cli="07700900001"))
    first, later = calls(load(tmp_path))
    assert (first.is_redialled, later.is_redial) == (True, True)
    rows = all_rows(tmp_path)
    assert figure(rows, "calls_presented", start=date(2021, 9, 6))[0] == 1
    assert figure(rows, "calls_presented", start=date(2021, 9, 7))[0] == 1


def test_a_call_that_crosses_midnight_is_whole_in_the_day_it_started(drop: Drop, tmp_path: Path) -> None:
    drop(
        "acd_segments_20210906.csv",
        SEGMENT_HEADER,
        leg(at="2021-09-06T22:59:50Z", disposition="XFER", wait=20),
        leg(no=2, at="2021-09-06T23:00:10Z", wait=5),
    )
    rows = all_rows(tmp_path)
    assert figure(rows, "calls_101_within_30s", start=date(2021, 9, 6)) == (1, 1, Fraction(1), 1, 1)
    assert not [row for row in rows if row.period_type == "day" and row.period_start == date(2021, 9, 7)]


@pytest.mark.parametrize(
    ("line", "code", "demand"),
    [
        ("101", "UPDATE_REQUEST", "failure"),
        ("INTERNAL", "OFFICER_CONTACT", "failure"),
        ("INTERNAL", "WRONG_AGENCY", "other_agency"),
        ("INTERNAL", "ADVICE", "internal"),
        ("INTERNAL", "", "internal"),
        ("101", "INTERNAL", "internal"),
        ("101", "NUISANCE", "nuisance"),
        ("101", "OTHER", "unknown"),
        ("101", "BRAND_NEW", "unknown"),
        ("101", "", "unknown"),
    ],
)
def test_demand_is_the_first_type_that_applies(drop: Drop, tmp_path: Path, line: str, code: str, demand: str) -> None:
    queue = "INTERNAL" if line == "INTERNAL" else "OCC_101"
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(line=line, queue=queue, code=code))
    assert one_call(tmp_path).demand_type == demand


# --- call indicators ----------------------------------------------------------------------------------------------
def test_the_worked_example_of_why_the_denominator_must_be_stored(drop: Drop, tmp_path: Path) -> None:
    """Offered 1,000; answered 850; answered within 30 s 600; abandoned at once 60; abandoned later 90."""
    kinds = [("ANS", 30)] * 600 + [("ANS", 31)] * 250 + [("ABN", 4)] * 60 + [("ABN", 45)] * 90
    rows = [leg(str(index), disposition=kind, wait=wait) for index, (kind, wait) in enumerate(kinds)]
    menu = leg("m", queue="", disposition="IVR_ABN")
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, *rows, menu, leg("t", disposition="TEST"))
    found = all_rows(tmp_path)
    assert figure(found, "calls_offered") == (1000, None, Fraction(1000), 1000, 1000)
    assert figure(found, "calls_presented")[0] == 1001
    assert figure(found, "calls_answered")[0] == 850
    assert figure(found, "calls_101_within_30s")[:3] == (600, 850, Fraction(600, 850))  # 70.6 %
    assert figure(found, "calls_101_within_30s_of_offered")[:3] == (600, 1000, Fraction(3, 5))  # 60.0 %
    assert figure(found, "calls_abandoned")[:3] == (90, 940, Fraction(90, 940))  # 9.6 %
    assert figure(found, "calls_short_abandoned")[:3] == (60, 1000, Fraction(6, 100))
    assert figure(found, "calls_abandoned_in_menu")[:3] == (1, 1001, Fraction(1, 1001))


def test_unknown_waits_are_in_of_offered_only(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg("1", wait=5), leg("2", wait=""))
    found = all_rows(tmp_path)
    assert figure(found, "calls_101_within_30s") == (1, 1, Fraction(1), 1, 2)
    assert figure(found, "calls_101_within_30s_of_offered") == (1, 2, Fraction(1, 2), 2, 2)


def test_waits_are_stated_by_line_and_percentiles_interpolate(drop: Drop, tmp_path: Path) -> None:
    waits = (10, 20, 30, 40)
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, *(leg(str(wait), wait=wait) for wait in waits), leg("x", wait=""))
    found = all_rows(tmp_path)
    assert figure(found, "calls_wait_mean", code="101") == (100, 4, Fraction(25), 4, 5)
    assert figure(found, "calls_wait_median", code="101") == (None, 4, Fraction(25), 4, 5)
    assert figure(found, "calls_wait_p90", code="101")[2] == Fraction(37)
    assert figure(found, "calls_wait_p95", code="101")[2] == Fraction(77, 2)
    assert figure(found, "calls_wait_max", code="101")[:3] == (None, 4, Fraction(40))
    assert not [row for row in found if row.kpi_id.startswith("calls_wait") and row.scope_type != "line"]


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7], Fraction(9, 10)) == 7
    assert percentile([1, 2], Fraction(1, 2)) == Fraction(3, 2)


def test_handle_time_leaves_out_what_is_not_known(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg("1", talk=60, hold=5, wrap=10), leg("2", talk=60, hold=""))
    assert figure(all_rows(tmp_path), "calls_handle_time_mean") == (75, 1, Fraction(75), 1, 2)


def test_demand_counts_answered_calls_with_a_wrap_code(drop: Drop, tmp_path: Path) -> None:
    drop(
        "acd_segments_20210906.csv",
        SEGMENT_HEADER,
        leg("1", code="UPDATE_REQUEST"),
        leg("2", code="BRAND_NEW"),
        leg("3"),
        leg("4", disposition="ABN"),
        leg("5", line="INTERNAL", queue="INTERNAL", disposition="ABN"),
    )
    found = all_rows(tmp_path)
    assert figure(found, "demand_failure") == (1, 2, Fraction(1, 2), 2, 3)
    assert figure(found, "demand_internal") == (0, 2, Fraction(0), 2, 3)
    assert figure(found, "demand_failure", code="101") == (1, 2, Fraction(1, 2), 2, 3)


def test_occupancy_is_work_over_staffed_less_aux_by_force_and_team(drop: Drop, tmp_path: Path) -> None:
    drop(
        "acd_agent_intervals_20210906.csv",
        INTERVAL_HEADER,
        "2021-09-06T10:00:00Z,T1,3600,100,900,50,50,1600,2",
        "2021-09-06T10:30:00Z,T1,1800,100,-1,50,50,0,1",
        "2021-09-06T10:00:00Z,T2,1800,100,500,0,0,800,2",
    )
    found = all_rows(tmp_path)
    assert figure(found, "calls_occupancy") == (1500, 3000, Fraction(1, 2), 2, 3)
    assert figure(found, "calls_occupancy", code="T1") == (1000, 2000, Fraction(1, 2), 1, 2)


def test_force_rows_stand_for_every_period_and_missing_days_have_no_value(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg())
    drop("acd_segments_20210908.csv", SEGMENT_HEADER, leg(at="2021-09-08T10:00:00Z", disposition="OVF"))
    found = all_rows(tmp_path)
    assert figure(found, "calls_answered", start=date(2021, 9, 6)) == (1, None, Fraction(1), 1, 1)
    assert figure(found, "calls_answered", start=date(2021, 9, 7)) == (None, None, None, 0, 0)
    assert figure(found, "calls_answered", start=date(2021, 9, 8)) == (0, None, Fraction(0), 0, 0)
    assert figure(found, "calls_answered", "week")[0] == 1
    assert not [row for row in found if row.scope_code == "101" and row.period_start == date(2021, 9, 7)]


def test_periods_are_monday_weeks_and_financial_quarters_and_years(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20220331.csv", SEGMENT_HEADER, leg(at="2022-03-31T22:59:59Z"))
    drop("acd_segments_20220401.csv", SEGMENT_HEADER, leg(at="2022-03-31T23:00:00Z"))
    starts = {
        (row.period_type, row.period_start)
        for row in all_rows(tmp_path)
        if row.kpi_id == "calls_presented" and row.numerator
    }
    assert starts == {
        ("day", date(2022, 3, 31)),
        ("day", date(2022, 4, 1)),
        ("week", date(2022, 3, 28)),
        ("month", date(2022, 3, 1)),
        ("month", date(2022, 4, 1)),
        ("quarter", date(2022, 1, 1)),
        ("quarter", date(2022, 4, 1)),
        ("year", date(2021, 4, 1)),
        ("year", date(2022, 4, 1)),
    }


# --- incidents ----------------------------------------------------------------------------------------------------
def test_a_missing_at_scene_press_leaves_the_incident_attended_and_unmeasured(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row())
    drop("saab_resource_status_20210906.csv", STATUS_HEADER, status("06/09/2021 10:05:00", "5"))
    found = one_incident(tmp_path)
    assert (found.is_attended, found.first_at_scene_at, found.response_seconds) == (True, None, None)
    assert figure(all_rows(tmp_path), "response_grade1_median") == (None, 0, None, 0, 1)


def test_an_arrival_before_creation_is_left_out_before_the_earliest_is_taken(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row())
    drop(
        "saab_resource_status_20210906.csv",
        STATUS_HEADER,
        status("06/09/2021 09:59:59", "6"),
        status("06/09/2021 10:20:00", "6"),
        status("06/09/2021 10:13:00", "6", callsign="TX2"),
        status("06/09/2021 10:05:00", "06"),
        status("06/09/2021 10:06:00", "6", ref="WM-20210906-00002"),
    )
    found = one_incident(tmp_path)
    assert (found.response_seconds, found.at_scene_source) == (780, "resource_status")


def test_an_arrival_at_the_second_of_creation_is_valid(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row())
    drop("saab_resource_status_20210906.csv", STATUS_HEADER, status("06/09/2021 10:00:00", "6"))
    assert one_incident(tmp_path).response_seconds == 0


def test_an_invalid_time_of_the_incident_export_falls_back_to_the_resources(drop: Drop, tmp_path: Path) -> None:
    six = "A,2021-12-13T10:00:00+00:00,,101,,,,,1,1,TELF,B1,Y,,N,N,N,,OPEN,,,2021-12-13T09:59:59+00:00,Y"
    drop("saab_incidents_20211213.csv", INCIDENT_6_HEADER, six)
    drop("saab_resource_status_20211213.csv", STATUS_HEADER, status("13/12/2021 10:15:00", "6", ref="A"))
    found = one_incident(tmp_path)
    assert (found.at_scene_source, found.response_seconds) == ("resource_status", 900)


def test_first_times_are_the_earliest_not_the_first_keyed(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row())
    drop(
        "saab_incident_log_20210906.csv",
        LOG_HEADER,
        event(1, "06/09/2021 10:00:00", "CREATED"),
        event(2, "06/09/2021 10:09:00", "ASSIGNED"),
        event(3, "06/09/2021 10:04:00", "ASSIGNED", recorded="06/09/2021 10:10:00"),
        event(4, "06/09/2021 10:01:00", "REGRADED"),
        event(5, "06/09/2021 10:02:00", "GRADED"),
    )
    found = one_incident(tmp_path)
    assert utc_text(found.first_assigned_at) == "2021-09-06T09:04:00Z"
    assert utc_text(found.first_graded_at) == "2021-09-06T09:02:00Z"
    assert found.first_tasked_at is None


CLOSED, REOPENED = "CLOSED", "REOPENED"


@pytest.mark.parametrize(
    ("row", "events", "closed"),
    [
        (("OPEN", ""), [], None),
        (("CLOSED", "06/09/2021 12:00:00"), [], "2021-09-06T11:00:00Z"),
        (("OPEN", "06/09/2021 12:00:00"), [], None),
        (("CLOSED", ""), [], None),
        (("CLOSED", "06/09/2021 12:00:00"), [("11:00:00", CLOSED)], "2021-09-06T10:00:00Z"),
        (("OPEN", ""), [("11:00:00", CLOSED)], "2021-09-06T10:00:00Z"),
        (("CLOSED", ""), [("11:00:00", CLOSED), ("11:30:00", REOPENED)], None),
        (
            ("CLOSED", ""),
            [("11:00:00", CLOSED), ("11:30:00", REOPENED), ("11:40:00", CLOSED)],
            "2021-09-06T10:40:00Z",
        ),
        (("CLOSED", "06/09/2021 12:00:00"), [("12:30:00", REOPENED)], None),
        (("CLOSED", "06/09/2021 12:00:00"), [("11:30:00", REOPENED)], "2021-09-06T11:00:00Z"),
        (("CLOSED", ""), [("11:00:00", CLOSED), ("11:30:00", CLOSED)], "2021-09-06T10:00:00Z"),
        (("CLOSED", ""), [("11:30:00", CLOSED), ("11:00:00", REOPENED)], "2021-09-06T10:30:00Z"),
    ],
)
def test_closed_at_is_the_last_closing(
    drop: Drop, tmp_path: Path, row: tuple[str, str], events: list[tuple[str, str]], closed: str | None
) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row(status=row[0], closed=row[1]))
    lines = [event(number, f"06/09/2021 {at}", code) for number, (at, code) in enumerate(events, 1)]
    drop("saab_incident_log_20210906.csv", LOG_HEADER, *lines)
    found = one_incident(tmp_path)
    assert (utc_text(found.closed_at), found.is_open) == (closed, closed is None)


def test_the_doubled_hour_is_resolved_in_event_number_order(drop: Drop, tmp_path: Path) -> None:
    """01:50 first pass; 01:10 lies before it, so second pass; 01:20 likewise; 02:05 occurs once."""
    drop(
        "saab_incident_log_20211031.csv",
        LOG_HEADER,
        event(4, "31/10/2021 02:05:00", "CLOSED"),
        event(1, "31/10/2021 01:50:00", "CREATED"),
        event(3, "31/10/2021 01:20:00", "ASSIGNED"),
        event(2, "31/10/2021 01:10:00", "GRADED", recorded="31/10/2021 01:55:00"),
    )
    (events,) = resolved_events(load(tmp_path)).values()
    assert [utc_text(each.at) for each in events] == [
        "2021-10-31T00:50:00Z",
        "2021-10-31T01:10:00Z",
        "2021-10-31T01:20:00Z",
        "2021-10-31T02:05:00Z",
    ]
    assert [utc_text(each.recorded_at) for each in events][1:3] == ["2021-10-31T00:55:00Z", "2021-10-31T01:20:00Z"]


def test_a_back_keyed_event_stays_in_the_first_pass_where_the_second_does_not_help(drop: Drop, tmp_path: Path) -> None:
    drop(
        "saab_incident_log_20211031.csv",
        LOG_HEADER,
        event(1, "31/10/2021 03:00:00", "CREATED"),
        event(2, "31/10/2021 01:30:00", "GRADED"),
        event(3, "31/10/2021 01:40:00", "TASKED"),
    )
    (events,) = resolved_events(load(tmp_path)).values()
    assert [utc_text(each.at) for each in events][1:] == ["2021-10-31T00:30:00Z", "2021-10-31T00:40:00Z"]


def test_version_6_events_say_their_offset_and_lead_the_local_ones(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incident_log_20211031.csv", LOG_6_HEADER, "A,1,2021-10-31T01:05:00+00:00,,CREATED,,,,U1")
    drop("saab_incident_log_20211101.csv", LOG_HEADER, event(2, "31/10/2021 01:30:00", "GRADED", ref="A"))
    (events,) = resolved_events(load(tmp_path)).values()
    assert [utc_text(each.at) for each in events] == ["2021-10-31T01:05:00Z", "2021-10-31T01:30:00Z"]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (
            ("23:50:00", "23:55:00", "00:10:00", "00:05:00"),
            (300, 1200, 87_300),
        ),  # scene the next day, closed the one after
        (("10:00:00", "10:00:00", "", "09:59:59"), (0, None, 86_399)),
        (("10:00:00", "", "10:13:00", ""), (None, 780, None)),
    ],
)
def test_legacy_times_roll_over_midnight(
    drop: Drop, tmp_path: Path, times: tuple[str, ...], expected: tuple[int | None, ...]
) -> None:
    created, assigned, scene, closed = times
    drop(
        "legacy_incidents_20210101.csv",
        LEGACY_HEADER,
        f"7,05/01/2021,{created},1,TELF,C,999,Y,{assigned},{scene},{closed}",
    )
    found = one_incident(tmp_path)
    after = tuple(
        None if at is None else at - found.created_at
        for at in (found.first_assigned_at, found.first_at_scene_at, found.closed_at)
    )
    assert after == expected
    assert found.incident_key == "LEGACY-20210105-00007"
    assert found.response_seconds == expected[1]
    assert found.at_scene_source == ("legacy_export" if expected[1] is not None else None)


@pytest.mark.parametrize(
    ("versions", "extra", "expected"),
    [
        ([appointment(1, "BOOKED", "06/09/2021 12:00:00")], {}, True),
        ([appointment(1, "BOOKED", "08/09/2021 12:00:00")], {}, False),
        (
            [appointment(1, "BOOKED", "08/09/2021 12:00:00")],
            {"status": "CLOSED", "closed": "06/09/2021 12:00:00"},
            True,
        ),
        ([appointment(1, "ATTENDED", "06/09/2021 12:00:00")], {}, False),
        (
            [appointment(1, "ATTENDED", "06/09/2021 12:00:00"), appointment(2, "FAILED", "06/09/2021 12:00:00")],
            {},
            True,
        ),
        ([appointment(2, "BOOKED", "08/09/2021 12:00:00"), appointment(1, "MOVED", "06/09/2021 12:00:00")], {}, False),
        ([appointment(1, "BOOKED", "07/09/2021 00:00:00")], {}, True),  # the as-of instant itself
        ([appointment(1, "BOOKED", "")], {}, False),
        ([], {"status": "CLOSED", "closed": "06/09/2021 12:00:00"}, False),
    ],
)
def test_never_attended_after_diary(
    drop: Drop, tmp_path: Path, versions: list[str], extra: dict[str, str], expected: bool
) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row(**extra))
    drop("saab_diary_20210906.csv", DIARY_HEADER, *versions)
    assert one_incident(tmp_path).never_attended_after_diary is expected


def test_an_attended_appointment_is_attendance_without_a_response_time(drop: Drop, tmp_path: Path) -> None:
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row())
    drop("saab_diary_20210906.csv", DIARY_HEADER, appointment(1, "ATTENDED", "06/09/2021 12:00:00"))
    assert figure(all_rows(tmp_path), "response_grade1_p90") == (None, 0, None, 0, 1)


# --- response indicators ------------------------------------------------------------------------------------------
def test_response_is_by_final_grade_without_duplicates_and_back_records(drop: Drop, tmp_path: Path) -> None:
    drop(
        "saab_incidents_20210906.csv",
        INCIDENT_HEADER,
        incident_row("A", first_grade="2"),
        incident_row("B", urban="?"),
        incident_row("C", linked="A"),
        incident_row("D", back="Y"),
        incident_row("E", grade="2"),
        incident_row("F", area="MOON"),
        incident_row("G"),
    )
    minutes = {"A": 10, "B": 20, "C": 1, "D": 1, "E": 30, "F": 40}
    lines = [status(f"06/09/2021 10:{after}:00".replace(":1:", ":01:"), "6", ref) for ref, after in minutes.items()]
    drop("saab_resource_status_20210906.csv", STATUS_HEADER, *dict.fromkeys(lines))
    found = all_rows(tmp_path)
    assert figure(found, "response_grade1_median") == (None, 3, Fraction(1200), 3, 3)
    assert figure(found, "response_grade1_p90")[2] == Fraction(2160)
    assert figure(found, "response_grade1_median", code="TELF")[2] == Fraction(900)
    assert figure(found, "response_grade1_median", code="UNKNOWN")[2] == Fraction(2400)
    assert figure(found, "response_grade1_median", code="N")[2] == Fraction(1200)
    assert figure(found, "response_grade1_median", code="TELF/Y")[2] == Fraction(600)
    assert figure(found, "response_grade2_median")[2] == Fraction(1800)
    assert not [row for row in found if "within_target" in row.kpi_id]


def test_within_target_needs_a_target_of_grade_and_urban(drop: Drop, tmp_path: Path) -> None:
    drop(
        "saab_incidents_20210906.csv",
        INCIDENT_HEADER,
        *(incident_row(ref) for ref in "AB"),
        incident_row("C", urban="N"),
    )
    drop(
        "saab_resource_status_20210906.csv",
        STATUS_HEADER,
        status("06/09/2021 10:15:00", "6", "A"),
        status("06/09/2021 10:15:01", "6", "B"),
        status("06/09/2021 10:01:00", "6", "C"),
    )
    found = all_rows(tmp_path, (ResponseTarget("1", True, 900),))
    assert figure(found, "response_grade1_within_target") == (1, 2, Fraction(1, 2), 2, 3)


def test_legacy_incidents_take_part_in_the_response(drop: Drop, tmp_path: Path) -> None:
    drop("legacy_incidents_20210101.csv", LEGACY_HEADER, "1,05/01/2021,23:55:00,1,TELF,C,999,N,23:56:00,00:08:00,")
    found = all_rows(tmp_path)
    assert figure(found, "response_grade1_median", start=date(2021, 1, 5)) == (None, 1, Fraction(780), 1, 1)
    assert figure(found, "response_grade1_median", start=date(2021, 1, 31)) == (None, 0, None, 0, 0)


def test_each_stage_is_the_time_from_the_instant_before(drop: Drop, tmp_path: Path) -> None:
    drop("acd_segments_20210906.csv", SEGMENT_HEADER, leg(at="2021-09-06T08:59:00Z", ivr=10, wait=4, ring=1))
    drop("saab_incidents_20210906.csv", INCIDENT_HEADER, incident_row(call="20210906-1"))
    drop(
        "saab_incident_log_20210906.csv",
        LOG_HEADER,
        event(1, "06/09/2021 10:00:30", "GRADED"),
        event(2, "06/09/2021 10:02:30", "ASSIGNED"),
        event(3, "06/09/2021 10:10:00", "CLOSED"),
    )
    drop(
        "saab_resource_status_20210906.csv",
        STATUS_HEADER,
        status("06/09/2021 10:02:00", "5"),  # before the assignment: not in that order
        status("06/09/2021 10:12:00", "6"),
    )
    found = all_rows(tmp_path)
    seconds = {
        row.kpi_id.removeprefix("response_stage_").removesuffix("_median"): row.value
        for row in found
        if row.kpi_id.startswith("response_stage") and (row.period_type, row.scope_type) == ("day", "grade")
    }
    assert seconds == {
        "answer": 15, "create": 45, "grade": 30, "assign": 120, "en_route": None, "scene": 600, "close": None,
    }  # fmt: skip
    assert figure(found, "response_stage_close_median", code="1") == (None, 0, None, 0, 1)


# --- the tiny worlds ----------------------------------------------------------------------------------------------
def test_the_same_seed_writes_the_same_world(tmp_path: Path) -> None:
    first, again = write_world(tmp_path / "a", 3), write_world(tmp_path / "b", 3)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


@pytest.mark.parametrize("seed", range(2 * len(FIRST_DAYS)))
def test_every_world_adds_up(tmp_path: Path, seed: int) -> None:
    write_world(tmp_path, seed)
    landing = load(tmp_path)
    for each in landing.deliveries:
        parts = each.rows_loaded + each.rows_superseded + each.rows_duplicate + each.rows_quarantined + each.rows_erased
        assert each.rows_read == parts, each
    loaded = {export: len(rows) for export, rows in landing.tables.items()}
    for export, count in loaded.items():
        assert count == sum(each.rows_loaded for each in landing.deliveries if each.export == export)
    _assert_figures_add_up(landing)


def _assert_figures_add_up(landing: Landing) -> None:
    """Days add up to weeks and months, lines to the force: counts of calls are never lost between levels."""
    rows = indicators(landing, calls(landing), incidents(landing))
    counts = [row for row in rows if row.kpi_id == "calls_presented"]
    for period in ("week", "month", "quarter", "year"):
        force = sum(row.numerator or 0 for row in counts if (row.period_type, row.scope_type) == (period, "force"))
        lines = sum(row.numerator or 0 for row in counts if (row.period_type, row.scope_type) == (period, "line"))
        assert force == lines > 0
    keys = [row[:5] for row in rows]
    assert len(keys) == len(set(keys))
