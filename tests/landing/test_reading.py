"""Bytes to records: the fast way and the careful way say the same, and an independent count agrees with both."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import reading
from orchestration.landing.reading import FileFault, count_records, read_header, read_records

HEADER = ["a", "b", "c"]
_CELL = st.text(st.sampled_from('ab1é ;"\n\r\t,\x0b\u2028'), max_size=5)
_PLAIN = st.text(st.sampled_from("ab1é ;'\x0b\u2028\x85"), max_size=5)


def _as_lists(records: reading.Records) -> tuple[list[list[str]], list[int], int]:
    columns = [records.columns[name].to_pylist() for name in records.header]
    return [list(row) for row in zip(*columns, strict=True)], records.lines.to_pylist(), records.rows_read


@given(st.lists(st.tuples(_PLAIN, _PLAIN, _PLAIN), max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_both_ways_are_equal_on_a_regular_file(rows: list[tuple[str, ...]], end: str, is_ended: bool) -> None:
    text = end.join(",".join(row) for row in [tuple(HEADER), *rows]) + (end if is_ended else "")
    fast = reading._read_fast(text.encode(), ",", HEADER)
    careful = reading._read_carefully(text.encode(), ",")
    if not rows:
        return  # a header alone may go either way
    assert fast is not None
    assert reading._is_regular(text.encode())
    assert _as_lists(fast) == _as_lists(careful)
    assert careful.bad == []


@given(st.lists(st.lists(_CELL, min_size=1, max_size=4), max_size=8), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=300, deadline=None)
def test_what_a_csv_writer_wrote_is_read_back(rows: list[list[str]], end: str) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])
    records = read_records(out.getvalue().encode(), ",", HEADER)
    good, lines, read = _as_lists(records)
    assert good == [row for row in rows if len(row) == 3]
    assert [bad.field_count for bad in records.bad] == [len(row) for row in rows if len(row) != 3]
    assert read == len(rows) == count_records(out.getvalue().encode(), ",") - 1
    assert sorted([*lines, *(bad.line for bad in records.bad)])[:1] == ([2] if rows else [])


@given(st.text(st.sampled_from('ab,"\n\r\t;é'), max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_accounted_for_record_by_record(body: str) -> None:
    text = "a,b,c\n" + body
    records = read_records(text.encode(), ",", HEADER)
    assert records.rows_read == len(records.lines) + len(records.bad)
    assert records.rows_read == count_records(text.encode(), ",") - 1


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_text_or_a_fault(data: bytes) -> None:
    try:
        text = reading.to_utf8(data)
        read_header(text, reading.find_delimiter(text))
    except FileFault:
        return


@pytest.mark.parametrize(
    ("text", "fields", "rows"),
    [
        ('a,b\n1,"x\n', ["1", "x\n"], 1),
        ('a,b\n1,"x', ["1", "x\n"], 1),
        ('a,b\n1,"x\n2,y\n3,z\n', ["1", "x\n2,y\n3,z\n"], 1),
    ],
)
def test_an_open_quote_takes_the_rest(text: str, fields: list[str], rows: int) -> None:
    records = read_records(text.encode(), ",", ["a", "b"])
    assert (len(records.lines), len(records.bad), records.rows_read) == (0, 1, rows)
    assert records.bad[0].fields is None


def test_a_quote_inside_a_field_is_a_quote() -> None:
    records = read_records(b'a,b\n5" pipe,x\n', ",", ["a", "b"])
    assert records.columns["a"].to_pylist() == ['5" pipe']


def test_a_return_without_a_line_feed_is_data() -> None:
    records = read_records(b"a,b\n1\r2,x\n", ",", ["a", "b"])
    assert records.columns["a"].to_pylist() == ["1\r2"]


def test_lines_are_those_of_the_file_as_delivered() -> None:
    records = read_records(b'\n\na,b\n\n1,"x\ny"\n\n2,z\nragged\n3,"w"\n', ",", ["a", "b"])
    assert records.lines.to_pylist() == [5, 8, 10]
    assert [bad.line for bad in records.bad] == [9]


def test_a_quoted_header_is_a_header() -> None:
    assert read_header(b'"a","b, c"\r\n1,2\n', ",") == ["a", "b, c"]


def test_long_lines_are_found_wherever_they_stand() -> None:
    short, long = b"x" * 100 + b"\n", b"y" * (reading.MAX_LINE + 1) + b"\n"
    edge = b"z" * reading.MAX_LINE + b"\n"
    assert not reading._has_long_line(short * 30_000 + edge + short + edge, b"\n")
    assert reading._has_long_line(short * 30_000 + long + short, b"\n")
    assert reading._has_long_line(edge + long[:-1], b"\n")
    assert not reading._has_long_line(edge + edge[:-1], b"\n")
