"""The words of a contract, each by what becomes of a file under it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.rooms import CALL, LOCAL, ONE, stranger

PLAIN = b"Id,Start\n1,2021-09-01 10:00:00\n2,2021-09-01 10:00:00\n"
NAME = "calls_20210901.csv"
FORMATS = {"local": LOCAL}
ROWS: dict[str, Any] = {"file": r"calls\.csv", "business_date": {"commonest": "Start"}}


def _seconds(folder: Path, column: dict[str, Any], values: list[str], **contract: Any) -> list[Any]:
    columns = CALL | {"Wait": {"to": "queue_seconds"} | column}
    room = stranger(folder, formats=FORMATS, columns=columns, values=ONE, delimiter="|", **contract)
    rows = "".join(f"{number:02}|2021-09-01 10:00:00|{value}\n" for number, value in enumerate(values))
    room.put(NAME, "Id|Start|Wait\n" + rows)
    room.land()
    bad = {line - 2 for (line,) in room.ask("select row_number from landing.quarantined_rows")}
    good = dict(room.ask("select call_id::integer, queue_seconds from landing.acd_segments"))
    return ["bad" if number in bad else good[number] for number in range(len(values))]


@pytest.mark.parametrize(
    ("column", "values", "seconds"),
    [
        ({}, ["5", "-5", "5.0", "5,0", "x", ""], [5, -5, "bad", "bad", "bad", None]),
        ({"unit": "seconds"}, ["5.4", "5.5", "-5.5", "5"], [5, 6, -6, 5]),
        ({"unit": "seconds", "rounding": "down"}, ["5.9", "6"], [5, 6]),
        ({"unit": "seconds", "rounding": "up"}, ["5.1", "6"], [6, 6]),
        ({"unit": "milliseconds"}, ["1499", "1500", "999999999999"], [1, 2, 1000000000]),
        ({"unit": "minutes"}, ["2", "2.5", "0.01"], [120, 150, 1]),
        ({"unit": "hours"}, ["1.5"], [5400]),
        (
            {"unit": "HH:MM:SS"},
            ["00:01:30", "1:00:00", "123:00:01", "-0:00:05", "0:61:00"],
            [90, 3600, 442801, -5, "bad"],
        ),
        ({"unit": "HH:MM:SS"}, ["00:00:01.5", "00:00:01,4"], [2, 1]),
        ({"unit": "MM:SS"}, ["01:30", "90:00", "1:2"], [90, 5400, "bad"]),
        ({"unit": "HH:MM"}, ["01:30"], [5400]),
        ({"missing": ["0", "n/a"]}, ["0", "n/a", "00"], [None, None, 0]),
    ],
)
def test_durations_become_whole_seconds(
    tmp_path: Path, column: dict[str, Any], values: list[str], seconds: list[Any]
) -> None:
    assert _seconds(tmp_path, column, values) == seconds


def test_numbers_are_read_as_the_contract_writes_them(tmp_path: Path) -> None:
    values = ["1 234", "1\u00a0234", "1\u202f234,5", "12 34", "1234,5", "1.5", "-1 000"]
    found = _seconds(tmp_path, {"unit": "seconds"}, values, numbers={"decimal": ",", "thousands": " "})
    assert found == [1234, 1234, 1235, "bad", 1235, "bad", -1000]


@pytest.mark.parametrize(
    ("pattern", "means", "text", "instant"),
    [
        ("%d.%m.%Y %H:%M", "local", "01.09.2021 10:30", "2021-09-01 14:30:00"),
        ("%-m/%-d/%y %-I:%M %p", "local", "9/1/21 12:05 a.m.", "2021-09-01 04:05:00"),
        ("%d-%b-%Y %H:%M:%S.%f", "utc", "01-Sep-2021 10:00:00.123456789", "2021-09-01 10:00:00.123456"),
        ("%Y-%m-%dT%H:%M:%S%:z", "offset", "2021-09-01T10:00:00-0330", "2021-09-01 13:30:00"),
        ("%Y-%m-%dT%H:%M:%S%:z", "offset", "2021-09-01T10:00:00Z", "2021-09-01 10:00:00"),
        ("epoch_seconds", "utc", "1630490400.25", "2021-09-01 10:00:00.25"),
        ("epoch_milliseconds", "utc", "1630490400250", "2021-09-01 10:00:00.25"),
        ("excel_days", "local", "44440.4166666667", "2021-09-01 14:00:00"),
        ("excel_days", "utc", "44440", "2021-09-01 00:00:00"),
        ("%A, %d %B %Y %H:%M", "utc", "Wednesday, 01 September 2021 10:00", "2021-09-01 10:00:00"),
    ],
)
def test_times_are_read_as_they_are_written(tmp_path: Path, pattern: str, means: str, text: str, instant: str) -> None:
    columns = CALL | {"Start": {"to": "segment_start_at", "format": "own"}}
    own = {"own": {"pattern": pattern, "means": means}}
    room = stranger(tmp_path, formats=own, columns=columns, values=ONE, delimiter="|")
    room.put(NAME, f"Id|Start\n1|{text}\n2|not a time\n3|\n")
    room.land()
    assert room.ask("select segment_start_at::text from landing.acd_segments") == [(instant,)]
    assert dict(room.ask("select row_number, reason from landing.quarantined_rows")) == {
        3: f"is not an instant written as {pattern}",
        4: "must not be empty",
    }


def test_a_column_can_hold_times_of_two_forms_and_of_another_zone(tmp_path: Path) -> None:
    two = {"pattern": ["%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M"], "means": "local", "time_zone": "America/Vancouver"}
    columns = CALL | {"End": {"to": "segment_end_at", "format": "two"}}
    room = stranger(tmp_path, formats={"local": LOCAL, "two": two}, columns=columns, values=ONE)
    room.put(
        NAME,
        "Id,Start,End\n1,2021-09-01 10:00:00,2021-09-01 07:05:00.5\n2,2021-09-01 10:00:00,2021-09-01 07:06\n",
    )
    room.land()
    assert room.ask(
        "select segment_start_at::text, segment_end_at::text from landing.acd_segments order by call_id"
    ) == [
        ("2021-09-01 14:00:00", "2021-09-01 14:05:00.5"),
        ("2021-09-01 14:00:00", "2021-09-01 14:06:00"),
    ]


@pytest.mark.parametrize(
    ("beyond", "ends"),
    [
        ("bad", ["2021-09-02 04:10:00", "bad", "bad"]),
        ("null", ["2021-09-02 04:10:00", None, None]),
        ("same_day", ["2021-09-02 04:10:00", "2021-09-01 13:59:00", "2021-09-02 03:50:00"]),
    ],
)
def test_a_clock_beyond_its_bound_is_bad_or_null_and_counted_or_stays(
    tmp_path: Path, beyond: str, ends: list[str | None]
) -> None:
    clock = {"type": "clock", "format": "clock"}
    formats = {"day": {"pattern": "%d/%m/%Y"}, "clock": {"pattern": "%H:%M"}}
    bound = {"date": "Day", "clock": "End", "after": "began", "at_most_hours": "18", "beyond": beyond}
    room = stranger(
        tmp_path,
        formats=formats,
        columns={"Id": "call_id", "Day": {"type": "date", "format": "day"}, "Start": clock, "End": clock},
        fields={"began": {"date": "Day", "clock": "Start"}, "ended": bound},
        values=ONE | {"segment_start_at": "began", "segment_end_at": "ended"},
    )
    room.put(
        NAME,
        "Id,Day,Start,End\n1,01/09/2021,23:50,00:10\n2,01/09/2021,10:00,09:59\n3,01/09/2021,01:00,23:50\n",
    )
    room.land()
    found = dict(room.ask("select call_id, segment_end_at::text from landing.acd_segments"))
    assert [found.get(number, "bad") for number in ("1", "2", "3")] == ends
    reasons = {reason for (reason,) in room.ask("select reason from landing.quarantined_rows")}
    assert reasons == ({"is more than 18 hours after began"} if beyond == "bad" else set())
    assert room.delivery(NAME)["emptied"] == ('{"ended": 2}' if beyond == "null" else "{}")


def test_clocks_follow_a_whole_time_too(tmp_path: Path) -> None:
    room = stranger(
        tmp_path,
        formats={"local": LOCAL, "clock": {"pattern": "%H:%M:%S"}},
        columns=CALL | {"End": {"type": "clock", "format": "clock"}},
        fields={"ended": {"date": "Start", "clock": "End", "after": "Start", "at_most_hours": "12"}},
        values=ONE | {"segment_end_at": "ended"},
    )
    room.put(
        NAME, "Id,Start,End\n1,2021-09-01 23:59:00,00:00:30\n2,2021-09-01 10:00:00,10:00:30\n3,2021-09-01 10:00:00,\n"
    )
    room.land()
    assert room.ask("select segment_end_at::text from landing.acd_segments order by call_id") == [
        ("2021-09-02 04:00:30",),
        ("2021-09-01 14:00:30",),
        (None,),
    ]


def test_a_time_of_a_doubled_hour_is_flagged_through_fields_and_expressions(tmp_path: Path) -> None:
    room = stranger(
        tmp_path,
        formats={"local": LOCAL},
        file=r"calls_(?P<date>[0-9]{8})\.csv",
        columns={
            "Id": "call_id",
            "A": {"type": "instant", "format": "local"},
            "B": {"type": "instant", "format": "local"},
        },
        fields={"first": {"expression": "coalesce(A, B)"}},
        values=ONE | {"segment_start_at": "first", "segment_end_at": {"expression": "coalesce(B, A)"}},
    )
    room.put("calls_20211107.csv", "Id,A,B\n1,2021-11-07 01:30:00,2021-11-07 03:00:00\n2,,2021-11-07 01:30:00\n")
    room.land()
    assert room.ask(
        "select segment_start_at_is_ambiguous, segment_end_at_is_ambiguous from landing.acd_segments order by call_id"
    ) == [(True, False), (True, True)]


def test_codes_map_and_the_rest_becomes_something(tmp_path: Path) -> None:
    room = stranger(
        tmp_path,
        formats=FORMATS,
        missing=["-"],
        columns=CALL
        | {
            "Result": {"to": "disposition", "codes": {"répondu": "ANS", "test": ""}, "otherwise": "LOST"},
            "Line": {"to": "dialled", "codes": {"911": "999"}},
        },
        fields={"both": {"expression": "Result || '/' || Line", "codes": {"ANS/999": "A"}, "otherwise": "B"}},
        values=ONE | {"team": "both"},
    )
    rows = ["1,{},répondu,911", "2,{},test,911", "3,{},autre,5", "4,{},-,-"]
    room.put(NAME, "Id,Start,Result,Line\n" + "".join(row.format("2021-09-01 10:00:00") + "\n" for row in rows))
    room.land()
    assert room.ask("select disposition, dialled, team from landing.acd_segments order by call_id") == [
        ("ANS", "999", "A"),
        (None, "999", None),
        ("LOST", "5", "B"),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("contract", "content"),
    [
        ({"header": ["Id", "Start", "X"]}, b"1,2021-09-01 10:00:00,a\n2,2021-09-01 10:00:00,b\n"),
        (
            {"skip_first_lines": "2", "skip_last_lines": "1"},
            b"Title\n\n" + PLAIN + b"2 rows\n\n",
        ),
        ({"quote": "'"}, b"Id,Start\n'1','2021-09-01 10:00:00'\n2,2021-09-01 10:00:00\n"),
        ({"quote": "none"}, b"Id,Start\n1,2021-09-01 10:00:00\n2,2021-09-01 10:00:00\n"),
        ({"trim": "true"}, b"Id , Start\n 1 ,2021-09-01 10:00:00 \n2,  2021-09-01 10:00:00\n"),
        ({"encoding": "utf-16-le"}, "Id,Start\n1,2021-09-01 10:00:00\n2,2021-09-01 10:00:00\n".encode("utf-16-le")),
        ({"delimiter": "tab"}, b"Id\tStart\n1\t2021-09-01 10:00:00\n2\t2021-09-01 10:00:00\n"),
        ({"delimiter": "^"}, b"Id^Start\n1^2021-09-01 10:00:00\n2^2021-09-01 10:00:00\n"),
        ({"ignored": ["Name"]}, b"Id,Name,Start\n1,Ann,2021-09-01 10:00:00\n2,Bob,2021-09-01 10:00:00\n"),
    ],
)
def test_a_file_is_opened_as_the_contract_says(tmp_path: Path, contract: dict[str, Any], content: bytes) -> None:
    room = stranger(tmp_path, formats=FORMATS, columns=CALL, values=ONE, **contract)
    room.put(NAME, content)
    room.land()
    assert room.ask("select call_id, segment_start_at::text from landing.acd_segments order by 1") == [
        ("1", "2021-09-01 14:00:00"),
        ("2", "2021-09-01 14:00:00"),
    ]
    told = room.delivery(NAME)
    assert (told["rows_read"], told["rows_quarantined"]) == (2, 0)
    assert "Ann" not in str(told)


def test_line_numbers_are_those_of_the_delivered_file(tmp_path: Path) -> None:
    room = stranger(tmp_path, formats=FORMATS, header=["Id", "Start"], skip_first_lines="3", columns=CALL, values=ONE)
    room.put(NAME, "a\nb\nc\n1,2021-09-01 10:00:00\n2,never\n3\n")
    room.land()
    assert sorted(room.ask("select row_number from landing.quarantined_rows")) == [(5,), (6,)]


def test_quotes_that_are_no_quotes_stay_in_the_value(tmp_path: Path) -> None:
    columns = CALL | {"Skill": "queue"}
    room = stranger(tmp_path, formats=FORMATS, columns=columns, values=ONE, quote="none")
    room.put(NAME, 'Id,Start,Skill\n1,2021-09-01 10:00:00,"a\n2,2021-09-01 10:00:00,b"\n')
    room.land()
    assert room.ask("select queue from landing.acd_segments order by call_id") == [('"a',), ('b"',)]


def test_a_first_record_of_another_width_fits_no_file_without_header(tmp_path: Path) -> None:
    room = stranger(tmp_path, formats=FORMATS, header=["Id", "Start", "X"], columns=CALL, values=ONE)
    room.put(NAME, "1,2021-09-01 10:00:00\n")
    room.land()
    assert "has 2 fields where acd_segments.v1 lists 3 columns" in room.delivery(NAME)["reason"]


_KINDS = {
    "export": "saab_incidents",
    "file": r"mixed_(?P<date>[0-9]{8})\.csv",
    "columns": {
        "Kind": {},
        "Ref": {},
        "At": {"type": "instant", "format": "local"},
        "No": {"type": "integer"},
        "Code": {},
    },
    "only": "Kind = 'INC'",
    "values": {"incident_ref": "Ref", "created_at": "At"},
    "becomes": [
        {
            "export": "saab_incident_log",
            "when": "Kind = 'EVT'",
            "values": {"incident_ref": "Ref", "event_no": "No", "event_at": "At", "event_code": "Code"},
        }
    ],
}


def test_records_of_several_kinds_are_told_apart_and_all_accounted_for(tmp_path: Path) -> None:
    room = stranger(tmp_path, formats=FORMATS, **_KINDS)
    room.put(
        "mixed_20210901.csv",
        "Kind,Ref,At,No,Code\n"
        "HDR,whatever,not a time,x,\n"  # of no kind: not judged
        "INC,A1,2021-09-01 10:00:00,,\n"
        "EVT,A1,2021-09-01 10:00:00,1,CREATED\n"
        "EVT,A1,never,2,CLOSED\n"  # of a kind: judged
        "INC,,2021-09-01 10:00:00,,\n"
        "EVT,A1,2021-09-01 11:00:00,3,CLOSED\n",
    )
    room.land()
    told = room.delivery("mixed_20210901.csv")
    assert (told["rows_read"], told["rows_quarantined"], told["rows_left_out"]) == (3, 2, 3)
    assert room.ask("select incident_ref from landing.saab_incidents") == [("A1",)]
    assert room.ask("select event_no from landing.saab_incident_log order by 1") == [(1,), (3,)]
    assert dict(room.ask("select row_number, reason from landing.quarantined_rows")) == {
        5: "is not an instant written as %Y-%m-%d %H:%M:%S",
        6: "must not be empty",
    }


def test_a_condition_that_cannot_be_read_makes_its_record_bad_and_not_left_out(tmp_path: Path) -> None:
    columns = CALL | {"Wait": {"to": "queue_seconds"}}
    room = stranger(tmp_path, formats=FORMATS, columns=columns, values=ONE, only="Wait > 5")
    room.put(NAME, "Id,Start,Wait\n1,2021-09-01 10:00:00,9\n2,2021-09-01 10:00:00,1\n3,2021-09-01 10:00:00,x\n")
    room.land()
    told = room.delivery(NAME)
    assert (told["rows_read"], told["rows_quarantined"], told["rows_left_out"]) == (2, 1, 1)


def test_of_rows_with_one_key_that_a_record_becomes_the_first_counts(tmp_path: Path) -> None:
    """Two stages may bear one code and one time; the key must stay unique."""
    row = {"export": "saab_resource_status", "values": {"callsign": "Unit", "status_code": {"constant": "2"}}}
    at = [
        row | {"when": f"{name} is not null", "values": row["values"] | {"status_at": name}}
        for name in ("Left", "Home")
    ]
    room = stranger(
        tmp_path,
        formats=FORMATS,
        export="saab_incidents",
        columns={
            "Ref": "incident_ref",
            "Made": {"to": "created_at", "format": "local"},
            "Unit": {},
            "Left": {"type": "instant", "format": "local"},
            "Home": {"type": "instant", "format": "local"},
        },
        becomes=at,
    )
    same, other = "2021-09-01 10:00:00", "2021-09-01 11:00:00"
    room.put(
        NAME, f"Ref,Made,Unit,Left,Home\n1,{same},U1,{same},{same}\n2,{same},U2,{same},{other}\n3,{same},U3,,{other}\n"
    )
    room.land()
    found = room.ask("select callsign, status_at::text, _source_row from landing.saab_resource_status order by 1, 2")
    assert found == [
        ("U1", "2021-09-01 14:00:00", 2),
        ("U2", "2021-09-01 14:00:00", 3),
        ("U2", "2021-09-01 15:00:00", 3),
        ("U3", "2021-09-01 15:00:00", 4),
    ]
    assert room.one("select count(distinct (_content_no, _source_row)) = count(*) from landing.saab_resource_status")


def test_a_call_with_two_legs_in_one_row_is_accounted_for_once(tmp_path: Path) -> None:
    second = {"call_id": "Id", "segment": {"constant": "2"}, "segment_start_at": "Start"}
    room = stranger(
        tmp_path,
        formats=FORMATS,
        columns=CALL | {"Other": {}},
        values=ONE,
        becomes=[{"export": "acd_segments", "when": "Other is not null", "values": second | {"queue": "Other"}}],
    )
    room.put(NAME, "Id,Start,Other\n1,2021-09-01 10:00:00,\n2,2021-09-01 10:00:00,Fire\n")
    room.land()
    assert room.ask("select call_id, segment, queue from landing.acd_segments order by 1, 2") == [
        ("1", 1, None),
        ("2", 1, None),
        ("2", 2, "Fire"),
    ]
    assert room.delivery(NAME)["rows_read"] == 2


@pytest.mark.parametrize(
    ("name", "contract", "day", "until"),
    [
        (
            "calls_31-08-2021.csv",
            {"file": r"calls_(?P<date>.*)\.csv", "business_date": {"pattern": "%d-%m-%Y"}},
            (8, 31),
            (8, 31),
        ),
        (
            "calls_2021W35.csv",
            {
                "file": r"calls_(?P<year>\d{4})W(?P<week>\d+)\.csv",
                "business_date": {"week": {"number": "week", "year": "year"}},
                "covers": "week",
            },
            (8, 30),
            (9, 5),
        ),
        ("calls.csv", {"file": r"calls\.csv", "business_date": {"earliest": "Start"}}, (8, 1), (8, 1)),
        ("calls.csv", ROWS, (9, 1), (9, 1)),
        (
            "calls.csv",
            ROWS | {"covers": "week"},
            (8, 30),
            (9, 5),
        ),
        (
            "calls.csv",
            ROWS | {"covers": "month"},
            (9, 1),
            (9, 30),
        ),
    ],
)
def test_the_business_date_comes_from_the_name_or_the_rows(
    tmp_path: Path, name: str, contract: dict[str, Any], day: tuple[int, int], until: tuple[int, int]
) -> None:
    room = stranger(tmp_path, formats=FORMATS, columns=CALL, values=ONE, **contract)
    times = ["2021-09-01 10:00:00", "2021-09-01 11:00:00", "2021-09-02 10:00:00", "2021-08-01 10:00:00"]
    room.put(name, "Id,Start\n" + "".join(f"{number},{time}\n" for number, time in enumerate(times)))
    room.land()
    told = room.delivery(name)
    assert (told["business_date"], told["covered_until"]) == (date(2021, *day), date(2021, *until))


def test_a_local_day_is_meant_where_times_are_utc(tmp_path: Path) -> None:
    utc = {"local": {"pattern": "epoch_seconds", "means": "utc"}}
    room = stranger(
        tmp_path, formats=utc, columns=CALL, values=ONE, file=r"c\.csv", business_date={"commonest": "Start"}
    )
    room.put("c.csv", "Id,Start\n1,1630548000\n")  # 02:00 UTC on 2 September: the first there
    room.land()
    assert room.delivery("c.csv")["business_date"] == date(2021, 9, 1)


def test_a_pattern_for_missing_values_runs_in_linear_time(tmp_path: Path) -> None:
    """Backtracking would take longer than the sun has left."""
    column = {"to": "caller_token", "token": "cli", "missing_pattern": "(a+)+b"}
    room = stranger(tmp_path, formats=FORMATS, columns=CALL | {"Cli": column}, values=ONE)
    room.put(NAME, f"Id,Start,Cli\n1,2021-09-01 10:00:00,{'a' * 5000}\n2,2021-09-01 10:00:00,aaab\n")
    room.land()
    assert room.ask("select caller_token is null from landing.acd_segments order by call_id") == [(True,), (True,)]
