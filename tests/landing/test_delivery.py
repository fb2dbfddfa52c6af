"""Every sentence of the input interface's section 'Delivery', by name. A failure: files or rows would go astray."""

from __future__ import annotations

import errno
import gzip
import os
from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import EnvironmentProblem
from orchestration.landing import land, seen_nothing_new, unreadable
from orchestration.landing import run as landing_run
from tests.landing.room import HEADERS, Room, row, status_file, text

STATUS = "saab_resource_status"
WHOLE_HEADER_6 = (
    "incident_ref,created_at,recorded_at,source_channel,call_ref,opening_code,closing_code,qualifiers,grade_initial,"
    "grade_current,lpa_code,beat_code,is_urban,thrive_risk,is_domestic_abuse,is_repeat_victim,is_back_record,linked_to,"
    "status,closed_at,updated_at,first_at_scene_at,pnc_checked"
)
GOOD = status_file("01/09/2021 10:00:00", "01/09/2021 11:00:00")


def test_a_file_is_named_by_its_export_and_the_local_day_it_covers(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", GOOD)
    room.land()
    delivery = room.delivery(f"{STATUS}_20210901.csv")
    assert (delivery["export"], delivery["business_date"], delivery["system"]) == (
        STATUS,
        date(2021, 9, 1),
        "incidents",
    )
    assert (delivery["contract"], delivery["rows_read"], delivery["is_counted"]) == (f"{STATUS}.v1", 2, True)


def test_gz_and_time_and_part_are_understood(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv.gz", gzip.compress(GOOD.encode()))
    room.put(f"{STATUS}_20210902_235901.csv", status_file("02/09/2021 10:00:00"))
    room.put(f"{STATUS}_20210903_part02.csv.gz", gzip.compress(status_file("03/09/2021 10:00:00").encode()))
    room.land()
    found = room.ask("select suffix_time, part, rows_read from landing.deliveries order by business_date")
    assert found == [("", "", 2), ("235901", "", 1), ("", "02", 1)]


def test_a_monthly_file_covers_its_month_and_is_named_by_its_first(room: Room) -> None:
    room.put("recruitment_20210901.csv", text("recruitment", row("recruitment")))
    room.put("recruitment_20210902.csv", text("recruitment", row("recruitment", STAGE="OTHER")))
    room.land()
    assert room.delivery("recruitment_20210901.csv")["covered_until"] == date(2021, 9, 30)
    assert "first of its month" in room.delivery("recruitment_20210902.csv")["reason"]


def test_parts_of_a_day_add_up(room: Room) -> None:
    room.put(f"{STATUS}_20210901_part01.csv", status_file("01/09/2021 10:00:00"))
    room.put(f"{STATUS}_20210901_part02.csv", status_file("01/09/2021 11:00:00"))
    room.land()
    assert room.one(f"select count(*) from landing.{STATUS}") == 2
    assert room.one("select count(*) from landing.contents") == 2


def test_files_lie_anywhere_under_the_landing_folder(room: Room) -> None:
    room.put(f"a/deep/down/{STATUS}_20210901.csv", GOOD)
    room.land()
    assert room.delivery(f"{STATUS}_20210901.csv")["path"] == f"a/deep/down/{STATUS}_20210901.csv"


def test_a_file_that_still_grows_has_no_row_in_the_registry(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    growing = room.put(f"{STATUS}_20210901.csv", GOOD)
    room.put(f"{STATUS}_20210902.csv", status_file("02/09/2021 10:00:00"))
    monkeypatch.setattr("orchestration.landing.folder.time.sleep", lambda _seconds: growing.write_text(GOOD + "X"))
    result = land(room.landing, room.warehouse, room.profile, room.key_file, batch="b1")
    assert result.still_growing == [f"{STATUS}_20210901.csv"]
    assert room.ask("select name from landing.deliveries") == [(f"{STATUS}_20210902.csv",)]
    assert not seen_nothing_new(room.landing, room.warehouse)
    growing.write_text(GOOD)
    monkeypatch.undo()
    assert room.land().still_growing == []
    assert room.delivery(f"{STATUS}_20210901.csv")["rows_read"] == 2


def test_standing_still_is_two_looks_a_second_apart_and_no_age(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("orchestration.landing.folder.time.sleep", pauses.append)
    for day in range(1, 6):
        room.put(f"{STATUS}_2021090{day}.csv", status_file(f"0{day}/09/2021 10:00:00"))
    result = land(room.landing, room.warehouse, room.profile, room.key_file, batch="b1")
    assert pauses == [1.0]  # once over the whole listing, however many files
    assert len(result.deliveries) == 5
    land(room.landing, room.warehouse, room.profile, room.key_file, batch="b2")
    assert pauses == [1.0]  # files that were seen are not waited for


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = room.put(f"{STATUS}_20210901.csv", GOOD)
    judge = landing_run.folder.read_bytes

    def grow_and_read(found: object) -> bytes:
        path.write_text(GOOD + row(STATUS, CALLSIGN="HE02") + "\n")
        return judge(found)  # type: ignore[arg-type]

    monkeypatch.setattr(landing_run.folder, "read_bytes", grow_and_read)
    result = room.land()
    assert result.still_growing == [f"{STATUS}_20210901.csv"]
    assert result.deliveries == []
    monkeypatch.undo()
    room.land()
    assert room.delivery(f"{STATUS}_20210901.csv")["rows_read"] == 3


@pytest.mark.parametrize("ending", [".part", ".tmp", ".filepart"])
def test_unfinished_transfers_are_ignored_and_reported(room: Room, ending: str) -> None:
    room.put(f"x/{STATUS}_20210901.csv{ending}", GOOD)
    result = room.land()
    assert result.deliveries == []
    assert [line.partition(":")[0] for line in result.ignored] == [f"x/{STATUS}_20210901.csv{ending}"]
    assert seen_nothing_new(room.landing, room.warehouse)


def test_a_delivered_file_is_never_moved_or_changed(room: Room) -> None:
    path = room.put(f"{STATUS}_20210901.csv", GOOD)
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    room.land()
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_rebuild_reads_the_store_and_not_the_folder(room: Room) -> None:
    path = room.put(f"{STATUS}_20210901.csv", GOOD)
    room.land()
    path.unlink()
    room.land()
    assert room.one(f"select count(*) from landing.{STATUS}") == 2
    assert room.one("select count(*) from landing.deliveries") == 1


def test_nothing_depends_on_when_a_file_arrived(tmp_path: Path) -> None:
    files = {
        f"{STATUS}_20210901.csv": GOOD,
        f"{STATUS}_20210903.csv": GOOD,  # the same bytes under a later day
        f"{STATUS}_20210902_120000.csv": status_file("02/09/2021 09:00:00"),
        f"{STATUS}_20210902.csv": status_file("02/09/2021 10:00:00"),
        f"{STATUS}_20210904.csv": HEADERS[STATUS] + "\n",
        "elsewhere.csv": GOOD,
    }
    told = []
    for number, order in enumerate([list(files), list(reversed(files))]):
        room = Room(tmp_path / str(number))
        for name in order:  # one run for each file
            room.put(name, files[name])
            room.land()
        told.append(
            room.ask("select * exclude (received_at, batch, content_no) from landing.deliveries order by all")
            + room.ask("select * exclude (content_no) from landing.contents order by all")
            + room.ask(
                f"select rows.* exclude (_content_no), delivery_id from landing.{STATUS} as rows "
                "inner join landing.contents on content_no = _content_no order by all"
            )
        )
    assert told[0] == told[1]


# --- decoding -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("cp1252", b""),
    ],
)
def test_utf8_and_utf16_by_its_mark_and_windows_1252(room: Room, encoding: str, mark: bytes) -> None:
    content = text("digital_contacts", row("digital_contacts", PLATFORM="Café – naïve"))
    room.put("digital_contacts_20210901.csv", mark + content.encode(encoding))
    room.land()
    assert room.one("select platform from landing.digital_contacts") == "Café – naïve"


def test_rfc_4180_quoting_with_commas_quotes_and_line_breaks(room: Room) -> None:
    topic = '"He said ""come, quick""\nand left"'
    content = text(
        "digital_contacts",
        row("digital_contacts", CONTACT_ID="C1", TOPIC=topic),
        row("digital_contacts", CONTACT_ID="C2"),
    )
    room.put("digital_contacts_20210901.csv", content)
    room.land()
    assert room.ask("select contact_id, topic, _source_row from landing.digital_contacts order by 1") == [
        ("C1", 'He said "come, quick"\nand left', 2),
        ("C2", None, 4),
    ]
    assert room.delivery("digital_contacts_20210901.csv")["rows_read"] == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_delimiter_is_the_most_frequent_in_the_header_and_lines_end_either_way(
    room: Room, delimiter: str, end: str
) -> None:
    room.put(f"{STATUS}_20210901.csv", GOOD.replace(",", delimiter).replace("\n", end))
    room.land()
    assert room.one(f"select count(*), min(status_code), max(lpa) from landing.{STATUS}") == (2, "5", None)


def test_headers_match_exactly(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", GOOD.replace("STATUS_TIME", "Status_Time"))
    room.land()
    delivery = room.delivery(f"{STATUS}_20210901.csv")
    assert delivery["is_quarantined"]
    assert "misses STATUS_TIME" in delivery["reason"]


def test_column_order_is_not_promised(room: Room) -> None:
    room.put(
        f"{STATUS}_20210901.csv", "LPA,STATUS_CODE,INC_REF,CALLSIGN,STATUS_TIME\nTELF,6,X,TE01,01/09/2021 10:00:00\n"
    )
    room.land()
    assert room.one(f"select callsign, status_code, incident_ref, lpa from landing.{STATUS}") == (
        "TE01",
        "6",
        "X",
        "TELF",
    )


def test_every_listed_column_is_required(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", "CALLSIGN,STATUS_TIME,STATUS_CODE,INC_REF\nHE01,01/09/2021 10:00:00,5,\n")
    room.land()
    delivery = room.delivery(f"{STATUS}_20210901.csv")
    assert (delivery["is_quarantined"], delivery["rows_read"]) == (True, 0)
    assert "misses LPA" in delivery["reason"]


def test_a_new_unknown_column_is_reported_with_its_fill_count_and_its_values_not_stored(room: Room) -> None:
    content = (
        f"{HEADERS[STATUS]},OFFICER_NAME\n{row(STATUS)},Jo Bloggs\n{row(STATUS, CALLSIGN='HE02')},\n,,,,,Jo Bloggs\n"
    )
    room.put(f"{STATUS}_20210901.csv", content)
    room.land()
    delivery = room.delivery(f"{STATUS}_20210901.csv")
    assert delivery["unknown_columns"] == '{"OFFICER_NAME": 2}'
    assert (delivery["is_counted"], delivery["rows_read"], delivery["rows_quarantined"]) == (True, 3, 1)
    assert b"Bloggs" not in room.everything_stored()


def test_the_header_decides_the_version(room: Room) -> None:
    six = f"{WHOLE_HEADER_6}\nWM-1,2021-09-01T10:00:00+01:00" + "," * 20 + "2021-09-01T10:12:00+01:00,Y\n"
    room.put("saab_incidents_20210901.csv", six)
    room.put("saab_incidents_20210902.csv", text("saab_incidents", row("saab_incidents", INC_REF="WM-2")))
    room.land()
    assert room.ask("select contract_version from landing.deliveries order by name") == [("6",), ("5",)]
    found = room.ask(
        "select incident_ref, created_at::text, first_at_scene_at::text from landing.saab_incidents order by 1"
    )
    assert found == [("WM-1", "2021-09-01 09:00:00", "2021-09-01 09:12:00"), ("WM-2", "2021-09-01 09:00:00", None)]


# --- quarantined whole --------------------------------------------------------------------------------------------
def _whole(room: Room, name: str, content: str | bytes) -> str:
    room.put(name, content)
    room.land()
    delivery = room.delivery(name)
    assert (delivery["is_quarantined"], delivery["is_counted"], delivery["rows_read"]) == (True, False, 0)
    assert delivery["content_no"] is None
    assert room.ask(f"select * from landing.{STATUS}") == []
    return str(delivery["reason"])


def test_a_file_that_fits_no_contract_is_quarantined_whole(room: Room) -> None:
    assert "fits no contract" in _whole(room, "holiday rota.csv", GOOD)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_a_header_is_quarantined_whole(room: Room, content: bytes) -> None:
    assert "no header" in _whole(room, f"{STATUS}_20210901.csv", content)


def test_a_doubled_column_is_quarantined_whole(room: Room) -> None:
    doubled = GOOD.replace("INC_REF,LPA", "INC_REF,LPA,LPA").replace(",,\n", ",,,\n")
    assert _whole(room, f"{STATUS}_20210901.csv", doubled) == "a column is doubled: LPA"


def test_what_cannot_be_decoded_is_quarantined_whole(room: Room) -> None:
    assert "cannot be decoded" in _whole(room, f"{STATUS}_20210901.csv", GOOD.encode() + b"\x81\x8d")


def test_a_name_without_a_date_is_quarantined_whole(room: Room) -> None:
    assert "no date" in _whole(room, f"{STATUS}_20210931.csv", GOOD)


def test_a_business_date_more_than_31_days_after_its_newest_time_is_quarantined_whole(room: Room) -> None:
    assert "newest time" in _whole(room, f"{STATUS}_20211003.csv", GOOD)


def test_a_business_date_31_days_after_its_newest_time_is_not(room: Room) -> None:
    room.put(f"{STATUS}_20211002.csv", GOOD)
    room.land()
    assert room.delivery(f"{STATUS}_20211002.csv")["is_counted"]


def test_day_and_month_swapped_is_quarantined_whole(room: Room) -> None:
    swapped = status_file(*(f"09/03/2021 1{hour}:00:00" for hour in range(3)))
    assert "day and month are swapped" in _whole(room, f"{STATUS}_20210903.csv", swapped)


def test_far_times_that_swapping_does_not_explain_are_no_reason(room: Room) -> None:
    room.put(f"{STATUS}_20210903.csv", status_file(*(f"25/12/2021 1{hour}:00:00" for hour in range(3))))
    room.land()
    assert room.delivery(f"{STATUS}_20210903.csv")["is_counted"]


def test_a_line_over_1_mib_is_quarantined_whole(room: Room) -> None:
    long = text(STATUS, row(STATUS, LPA="x" * (1 << 20)))
    assert "over 1 MiB" in _whole(room, f"{STATUS}_20210901.csv", long)


def test_a_line_of_1_mib_is_not(room: Room) -> None:
    line = row(STATUS)
    room.put(f"{STATUS}_20210901.csv", text(STATUS, line + "x" * ((1 << 20) - len(line)), row(STATUS, CALLSIGN="B")))
    room.land()
    assert room.delivery(f"{STATUS}_20210901.csv")["rows_read"] == 2


def test_a_compressed_file_over_100_to_1_is_quarantined_whole(room: Room) -> None:
    bomb = gzip.compress(GOOD.encode() + (row(STATUS) + "\n").encode() * 300_000)
    assert "100 times" in _whole(room, f"{STATUS}_20210901.csv.gz", bomb)


@pytest.mark.parametrize(
    "content", [gzip.compress(GOOD.encode())[:-9], b"no gzip at all", b""], ids=["cut off", "no gzip at all", "empty"]
)
def test_broken_compression_is_quarantined_whole(room: Room, content: bytes) -> None:
    reason = _whole(room, f"{STATUS}_20210901.csv.gz", content)
    assert "cannot be decoded" in reason or "no header" in reason


# --- bad rows -----------------------------------------------------------------------------------------------------
def test_an_open_quote_quarantines_from_that_record_to_the_end_as_one_record(room: Room) -> None:
    lines = [row(STATUS), row(STATUS, CALLSIGN='"HE02'), row(STATUS, CALLSIGN="HE03"), row(STATUS, CALLSIGN="HE04")]
    room.put(f"{STATUS}_20210901.csv", text(STATUS, *lines))
    room.land()
    delivery = room.delivery(f"{STATUS}_20210901.csv")
    assert (delivery["rows_read"], delivery["rows_quarantined"]) == (2, 1)
    row_number, reason, raw = room.one("select row_number, reason, raw_row from landing.quarantined_rows")
    assert (row_number, raw) == (3, None)
    assert "quote" in reason


def _bad(room: Room, export: str, name: str, line: str) -> tuple[str | None, str | None, str, str | None]:
    room.put(name, text(export, line))
    room.land()
    delivery = room.delivery(name)
    assert (delivery["is_counted"], delivery["rows_read"], delivery["rows_quarantined"]) == (True, 1, 1)
    assert room.ask(f"select * from landing.{export}") == []
    found = room.one("select column_name, value, reason, raw_row, row_number from landing.quarantined_rows")
    assert found[4] == 2
    return found[0], found[1], found[2], found[3]


@pytest.mark.parametrize("column", ["CALLSIGN", "STATUS_TIME", "STATUS_CODE"])
def test_a_row_without_its_key_is_bad(room: Room, column: str) -> None:
    assert _bad(room, STATUS, f"{STATUS}_20210901.csv", row(STATUS, **{column: ""}))[0::2][:1] == (column,)


@pytest.mark.parametrize(
    ("export", "name", "column"),
    [
        ("saab_incidents", "saab_incidents_20210901.csv", "CREATED"),
        ("acd_segments", "acd_segments_20210901.csv", "SEG_START"),
        ("legacy_incidents", "legacy_incidents_20210101.csv", "CreatedTime"),
    ],
)
def test_a_row_without_the_time_it_began_is_bad(room: Room, export: str, name: str, column: str) -> None:
    found = _bad(room, export, name, row(export, **{column: ""}))
    assert found[0] == column
    assert found[2] == "must not be empty"


@pytest.mark.parametrize("value", ["12.0", "1e3", " 7", "7 ", "+7", "0x1F", "1_000", "seven", "9" * 20, "٣"])
def test_a_decimal_or_other_text_in_whole_seconds_is_bad(room: Room, value: str) -> None:
    found = _bad(room, "acd_segments", "acd_segments_20210901.csv", row("acd_segments", QUEUE_SECS=value))
    assert found[0] == "QUEUE_SECS"
    assert found[2] == "is not a whole number"


@pytest.mark.parametrize(
    "value",
    [
        "1/9/2021 10:00:00", "01/09/2021 10:00", "2021-09-01 10:00:00", "01/09/2021 24:00:00", "01/09/2021 10:00:60",
        "31/09/2021 10:00:00", "09/31/2021 10:00:00", " 1/09/2021 10:00:00", "01/09/2021 10:00:0 ",
        "01/09/0000 10:00:00", "29/02/2021 10:00:00", "01/09/2021T10:00:00", "01/09/2021 10:00:00Z",
    ],
)  # fmt: skip
def test_a_local_time_stands_in_its_exact_format(room: Room, value: str) -> None:
    found = _bad(room, STATUS, f"{STATUS}_20210901.csv", row(STATUS, STATUS_TIME=value))
    assert found[0] == "STATUS_TIME"
    assert "is not an instant" in found[2]


@pytest.mark.parametrize(
    "value",
    [
        "2021-09-01T09:00:00", "2021-09-01 09:00:00Z", "2021-09-01T09:00:00+00:00", "2021-09-01T24:00:00Z",
        "2021-9-01T09:00:00Z", "2021-09-01T09:00:00.5Z", "2021-09-01T09:00:00z",
    ],
)  # fmt: skip
def test_a_utc_time_stands_in_its_exact_format(room: Room, value: str) -> None:
    assert _bad(room, "acd_segments", "acd_segments_20210901.csv", row("acd_segments", SEG_END=value))[0] == "SEG_END"


@pytest.mark.parametrize("line", ["HE01,01/09/2021 10:00:00,5,", "HE01,01/09/2021 10:00:00,5,,,", "HE01", ","])
def test_a_row_whose_field_count_differs_is_bad_and_only_line_count_and_digest_are_kept(room: Room, line: str) -> None:
    column, value, reason, raw = _bad(room, STATUS, f"{STATUS}_20210901.csv", line)
    assert (column, value, raw) == (None, None, None)
    assert f"has {line.count(',') + 1} fields" in reason
    assert room.one("select field_count, length(row_sha256) from landing.quarantined_rows") == (line.count(",") + 1, 64)


def test_a_row_that_holds_a_nul_is_bad(room: Room) -> None:
    column, _, reason, _ = _bad(room, STATUS, f"{STATUS}_20210901.csv", row(STATUS, LPA="TE\0LF"))
    assert (column, "NUL" in reason) == ("LPA", True)


def test_every_value_that_is_wrong_is_named_and_the_row_counts_once(room: Room) -> None:
    line = row("acd_segments", SEGMENT="x", QUEUE_SECS="1.5", SEG_START="")
    room.put("acd_segments_20210901.csv", text("acd_segments", line, row("acd_segments")))
    room.land()
    delivery = room.delivery("acd_segments_20210901.csv")
    assert (delivery["rows_read"], delivery["rows_quarantined"]) == (2, 1)
    found = room.ask("select column_name, value from landing.quarantined_rows order by 1")
    assert found == [("QUEUE_SECS", "1.5"), ("SEGMENT", "x"), ("SEG_START", None)]


def test_negative_numbers_unknown_codes_and_flags_are_not_bad(room: Room) -> None:
    room.put(
        "acd_segments_20210901.csv",
        text("acd_segments", row("acd_segments", QUEUE_SECS="-5", DISPOSITION="TIMED_OUT", DIALLED="117")),
    )
    room.put("saab_incidents_20210901.csv", text("saab_incidents", row("saab_incidents", URBAN="maybe")))
    room.land()
    assert room.one("select queue_seconds, disposition, dialled from landing.acd_segments") == (-5, "TIMED_OUT", "117")
    assert room.one("select is_urban from landing.saab_incidents") == "maybe"


def test_the_empty_text_is_null(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", text(STATUS, row(STATUS, LPA='""')))
    room.land()
    assert room.one(f"select lpa from landing.{STATUS}") is None


def test_rows_read_counts_records_without_the_header_and_without_empty_lines(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", f"\n{HEADERS[STATUS]}\n\n{row(STATUS)}\r\n\r\n{row(STATUS, CALLSIGN='B')}\n\n\n")
    room.land()
    assert room.delivery(f"{STATUS}_20210901.csv")["rows_read"] == 2
    assert room.ask(f"select _source_row from landing.{STATUS} order by 1") == [(4,), (6,)]


def test_the_last_line_needs_no_end(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", GOOD.rstrip("\n"))
    room.land()
    assert room.delivery(f"{STATUS}_20210901.csv")["rows_read"] == 2


# --- same bytes, same day -----------------------------------------------------------------------------------------
def test_the_same_bytes_again_are_a_duplicate_whatever_the_file_is_called(room: Room) -> None:
    room.put(f"{STATUS}_20210901.csv", GOOD)
    room.put(f"{STATUS}_20210902.csv", GOOD)
    room.put("copy of yesterday.csv", GOOD)
    room.land()
    first = room.delivery(f"{STATUS}_20210901.csv")
    for name in (f"{STATUS}_20210902.csv", "copy of yesterday.csv"):
        again = room.delivery(name)
        assert (again["is_counted"], again["is_quarantined"]) == (False, False)
        assert (again["duplicate_of"], again["rows_read"], again["rows_quarantined"]) == (first["delivery_id"], 2, 0)
    assert room.one(f"select count(*) from landing.{STATUS}") == 2


def test_the_first_by_business_date_counts_whichever_came_first(room: Room) -> None:
    room.put(f"{STATUS}_20210902.csv", GOOD)
    room.land()
    assert room.one("select business_date from landing.contents") == date(2021, 9, 2)
    room.put(f"{STATUS}_20210901.csv", GOOD)
    room.land()
    assert room.one("select business_date from landing.contents") == date(2021, 9, 1)
    assert room.one(f"select count(*) from landing.{STATUS}") == 2  # the rows are stored once
    assert room.delivery(f"{STATUS}_20210902.csv")["duplicate_of"] is not None


def test_the_same_file_in_two_folders_is_two_deliveries(room: Room) -> None:
    room.put(f"a/{STATUS}_20210901.csv", GOOD)
    room.put(f"b/{STATUS}_20210901.csv", GOOD)
    room.land()
    found = room.ask("select path, is_counted from landing.deliveries order by path")
    assert found == [(f"a/{STATUS}_20210901.csv", True), (f"b/{STATUS}_20210901.csv", False)]
    assert room.one("select count(distinct delivery_id) from landing.deliveries") == 2


def test_a_file_without_rows_is_never_a_duplicate_of_another_days(room: Room) -> None:
    for day in (1, 2):
        room.put(f"{STATUS}_2021090{day}.csv", HEADERS[STATUS] + "\n")
    room.put(f"{STATUS}_20210902_120000.csv", HEADERS[STATUS] + "\n")
    room.land()
    found = room.ask("select name, is_counted from landing.deliveries order by name")
    assert [counted for _, counted in found] == [True, True, False]
    assert room.one("select count(distinct content_no), count(*) from landing.contents") == (2, 2)


def test_a_correction_is_ordered_by_day_then_time_then_digest(room: Room) -> None:
    for number, name in enumerate(["20210902", "20210901_070000", "20210901", "20210901_235959"]):
        room.put(f"{STATUS}_{name}.csv", status_file(f"01/09/2021 1{number}:00:00"))
    room.land()
    found = room.ask("select name from landing.contents order by delivery_rank")
    assert [name[21:-4] for (name,) in found] == ["20210901", "20210901_070000", "20210901_235959", "20210902"]


def test_the_same_name_with_other_bytes_is_newer_when_registered_in_a_later_run(room: Room) -> None:
    contents = [status_file(f"01/09/2021 1{number}:00:00") for number in range(4)]
    for content in contents:
        room.put(f"{STATUS}_20210901.csv", content)
        room.land()
    found = room.ask(
        "select hour(status_at) from landing.saab_resource_status inner join landing.contents "
        "on content_no = _content_no order by delivery_rank"
    )
    assert [hour for (hour,) in found] == [9, 10, 11, 12]
    assert room.ask("select name_version from landing.deliveries order by 1") == [(0,), (1,), (2,), (3,)]


def test_a_file_that_was_only_touched_is_the_same_delivery(room: Room) -> None:
    path = room.put(f"{STATUS}_20210901.csv", GOOD)
    room.land()
    os.utime(path, ns=(1, 1))
    assert not seen_nothing_new(room.landing, room.warehouse)
    assert room.land().deliveries == []
    assert seen_nothing_new(room.landing, room.warehouse)
    assert room.one("select count(*) from landing.deliveries") == 1


# --- times --------------------------------------------------------------------------------------------------------
def test_a_local_time_that_occurs_twice_is_the_first_pass_and_flagged(room: Room) -> None:
    room.put(
        f"{STATUS}_20211031.csv",
        status_file("31/10/2021 00:59:59", "31/10/2021 01:00:00", "31/10/2021 01:59:59", "31/10/2021 02:00:00"),
    )
    room.land()
    found = room.ask(f"select status_at::text, status_at_is_ambiguous from landing.{STATUS} order by 1")
    assert found == [
        ("2021-10-30 23:59:59", False),
        ("2021-10-31 00:00:00", True),
        ("2021-10-31 00:59:59", True),
        ("2021-10-31 02:00:00", False),
    ]


@pytest.mark.parametrize(
    ("time", "is_bad"), [("00:59:59", False), ("01:00:00", True), ("01:59:59", True), ("02:00:00", False)]
)
def test_a_local_time_that_does_not_exist_quarantines_the_row(room: Room, time: str, is_bad: bool) -> None:
    room.put(f"{STATUS}_20210328.csv", status_file(f"28/03/2021 {time}"))
    room.land()
    assert room.delivery(f"{STATUS}_20210328.csv")["rows_quarantined"] == int(is_bad)
    if is_bad:
        assert room.one("select reason from landing.quarantined_rows") == "is a local time that does not exist"


def test_a_time_years_away_is_read_with_the_clock_of_its_own_year(room: Room) -> None:
    content = status_file("01/07/1968 12:00:00", "01/07/2035 12:00:00", "01/09/2021 12:00:00", "30/03/2031 01:30:00")
    room.put(f"{STATUS}_20210901.csv", content)
    room.land()
    found = room.ask(f"select status_at::text from landing.{STATUS} order by 1")
    assert [time for (time,) in found] == ["1968-07-01 11:00:00", "2021-09-01 11:00:00", "2035-07-01 11:00:00"]
    assert room.one("select reason from landing.quarantined_rows") == "is a local time that does not exist"


def test_a_text_that_is_no_time_with_offset_is_the_rows_fault_and_not_the_files(room: Room) -> None:
    header = WHOLE_HEADER_6.split(",")
    rows = [
        ",".join({"incident_ref": f"WM-{number}", "created_at": text_of_time}.get(name, "") for name in header)
        for number, text_of_time in enumerate(["created_at", "09/03/2021 03:12:00 PM", "2021-09-03T10:00:00+01:00"])
    ]
    room.put("saab_incidents_20210903.csv", "\n".join([WHOLE_HEADER_6, *rows]) + "\n")
    room.land()
    delivery = room.delivery("saab_incidents_20210903.csv")
    assert (delivery["reason"], delivery["rows_read"], delivery["rows_quarantined"]) == (None, 3, 2)


def test_legacy_clocks_run_over_midnight_each_after_the_one_before(room: Room) -> None:
    clocks = {
        "1": ("23:50:00", "23:58:00", "00:10:00", "01:00:00"),
        "2": ("23:50:00", "", "00:10:00", "00:10:00"),
        "3": ("10:00:00", "09:00:00", "08:00:00", "07:00:00"),
        "4": ("10:00:00", "", "", ""),
    }
    names = ("CreatedTime", "FirstAssigned", "FirstAtScene", "Closed")
    rows = [
        row("legacy_incidents", IncidentNo=number, **dict(zip(names, times, strict=True)))
        for number, times in clocks.items()
    ]
    room.put("legacy_incidents_20210101.csv", text("legacy_incidents", *rows))
    room.land()
    found = room.ask(
        "select incident_no, first_assigned_at::text, first_at_scene_at::text, closed_at::text, created_at::text "
        "from landing.legacy_incidents order by 1"
    )
    assert found == [
        ("1", "2021-01-05 23:58:00", "2021-01-06 00:10:00", "2021-01-06 01:00:00", "2021-01-05 23:50:00"),
        ("2", None, "2021-01-06 00:10:00", "2021-01-06 00:10:00", "2021-01-05 23:50:00"),
        ("3", "2021-01-06 09:00:00", "2021-01-07 08:00:00", "2021-01-08 07:00:00", "2021-01-05 10:00:00"),
        ("4", None, None, None, "2021-01-05 10:00:00"),
    ]


def test_months_and_decimals_are_typed(room: Room) -> None:
    line = row("workforce", ESTABLISHMENT_FTE="12.5", STRENGTH_FTE="-3", HEADCOUNT="14")
    room.put("workforce_20210901.csv", text("workforce", line))
    room.land()
    found = room.one("select month, establishment_fte::text, strength_fte::text, headcount from landing.workforce")
    assert found == (date(2021, 9, 1), "12.5000", "-3.0000", 14)


def test_a_call_withheld_is_said_to_be_and_has_no_token(room: Room) -> None:
    rows = [row("acd_segments", CALL_ID=str(n), CLI=cli) for n, cli in enumerate(["WITHHELD", "", "07700 900123"])]
    room.put("acd_segments_20210901.csv", text("acd_segments", *rows))
    room.land()
    found = room.ask("select is_withheld, caller_token is null from landing.acd_segments order by call_id")
    assert found == [("Y", True), (None, True), (None, False)]


# --- size ---------------------------------------------------------------------------------------------------------
def test_a_plain_file_over_the_profiles_bound_is_quarantined_unread(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.profile = room.profile.model_copy(update={"largest_file_mib": 2})
    for name, size in ((f"{STATUS}_20210901.csv", 2 << 20), (f"{STATUS}_20210902.csv", (2 << 20) + 1)):
        os.truncate(room.put(name, GOOD), size)
    read: list[str] = []
    read_bytes = landing_run.folder.read_bytes
    monkeypatch.setattr(landing_run.folder, "read_bytes", lambda found: read.append(found.name) or read_bytes(found))
    room.land()
    assert read == [f"{STATUS}_20210901.csv"]
    assert room.delivery(f"{STATUS}_20210901.csv")["reason"] == "a line is over 1 MiB"
    refused = room.delivery(f"{STATUS}_20210902.csv")
    assert (refused["is_quarantined"], refused["rows_read"], refused["bytes"]) == (True, 0, (2 << 20) + 1)
    assert refused["reason"] == "it is over 2 MiB (largest_file_mib in the profile): it was not read"
    assert room.land().deliveries == []


def test_large_files_that_differ_at_either_end_or_in_size_are_not_the_same(room: Room) -> None:
    room.profile = room.profile.model_copy(update={"largest_file_mib": 1})
    for number, (start, size) in enumerate([(b"a", 3), (b"b", 3), (b"a", 4), (b"a", 3)]):
        os.truncate(room.put(f"{STATUS}_2021090{number + 1}.csv", start), size << 20)
    room.land()
    found = room.ask("select name[22:29], is_quarantined from landing.deliveries order by name")
    assert found == [("20210901", True), ("20210902", True), ("20210903", True), ("20210904", False)]


# --- day and month swapped ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "written"),
    [
        ("20210403", "04/03/2021"), ("20210304", "03/04/2021"), ("20220102", "01/02/2022"), ("20211011", "10/11/2021"),
        ("20210908", "09/08/2021"), ("20210709", "07/09/2021"),
    ],
)  # fmt: skip
def test_day_and_month_swapped_is_found_also_where_it_moves_a_time_by_a_month_only(
    room: Room, day: str, written: str
) -> None:
    reason = _whole(room, f"{STATUS}_{day}.csv", status_file(*(f"{written} 1{hour}:00:00" for hour in range(5))))
    assert reason.startswith("day and month are swapped")


def test_a_month_file_with_day_and_month_swapped_is_found_by_the_days_that_can_be_read(room: Room) -> None:
    days = [f"09/{day:02}/2021 10:00:00" for day in range(1, 31)]
    rows = (row("digital_contacts", CONTACT_ID=f"C{number}", OPENED=day) for number, day in enumerate(days))
    room.put("digital_contacts_20210901.csv", text("digital_contacts", *rows))
    room.land()
    assert "day and month are swapped" in room.delivery("digital_contacts_20210901.csv")["reason"]


def _incident(number: int, created: str, updated: str) -> str:
    return row(
        "saab_incidents", INC_REF=f"WM-X-{number}", CREATED=created, RECORDED=updated, CLOSED="", LAST_UPDATED=updated
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        # every day is 12 or under, and right
        (f"{STATUS}_20210403.csv", status_file(*(f"03/04/2021 1{hour}:00:00" for hour in range(5)))),
        # a day whose swap is itself
        (f"{STATUS}_20210404.csv", status_file(*(f"04/04/2021 1{hour}:00:00" for hour in range(5)))),
        # paper records of 4 March keyed on 3 April: the times of keying lie on the file's own day
        (
            "saab_incidents_20210403.csv",
            text("saab_incidents", *(_incident(n, f"04/03/2021 1{n}:00:00", "03/04/2021 09:00:00") for n in range(5))),
        ),
        # a late correction of 4 March, named by the day it corrects
        (f"{STATUS}_20210304_235959.csv", status_file(*(f"04/03/2021 1{hour}:00:00" for hour in range(5)))),
        # a month in which every time happens to lie in its first twelve days
        (
            "digital_contacts_20210401.csv",
            text(
                "digital_contacts",
                *(
                    row("digital_contacts", CONTACT_ID=f"C{day}", OPENED=f"{day:02}/04/2021 10:00:00")
                    for day in range(1, 13)
                ),
            ),
        ),
        # times of some other month that no swap explains
        (f"{STATUS}_20210403.csv", status_file(*(f"0{day}/03/2021 10:00:00" for day in range(5, 9)))),
    ],
)
def test_honest_files_are_not_taken_for_swapped(room: Room, name: str, content: str) -> None:
    room.put(name, content)
    room.land()
    delivery = room.delivery(name)
    assert (delivery["is_counted"], delivery["rows_quarantined"], delivery["reason"]) == (True, 0, None)


def test_a_folder_that_cannot_be_looked_into_is_said_and_the_others_are_taken_in(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, whom no permission stops: the refusal is put in."""
    room.put(f"shut/{STATUS}_20210901.csv", GOOD)
    room.put(f"open/{STATUS}_20210902.csv", GOOD.replace("01/09", "02/09"))
    scandir = os.scandir

    def refused(folder: object) -> object:
        if str(folder).endswith("shut"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(folder)  # type: ignore[call-overload]

    monkeypatch.setattr("orchestration.landing.folder.os.scandir", refused)
    result = room.land()
    assert result.unreadable == ["shut/: Permission denied"]
    assert [delivery.name for delivery in result.deliveries] == [f"{STATUS}_20210902.csv"]
    assert unreadable(room.landing) == ["shut/: Permission denied"]
    monkeypatch.undo()
    assert [delivery.name for delivery in room.land().deliveries] == [f"{STATUS}_20210901.csv"]


def test_a_landing_folder_that_cannot_be_looked_into_is_no_empty_one(room: Room) -> None:
    room.landing.rmdir()
    with pytest.raises(EnvironmentProblem, match=r"cannot be looked into: No such file"):
        room.land()
