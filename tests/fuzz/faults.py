"""Fault classes: what delivered files look like when something is wrong. Each spoils an honest file in one way.

What belongs here: one small function for each class, and what exports.md says becomes of such a file. An outcome is
`loaded` (every row), `rows` (some rows are quarantined), `quarantined` (the whole file), `duplicate`, `ignored` (it is
reported and not taken in) or `nothing` (no file at all). How many rows is for the counter to say, not for this list.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.fuzz.honest import CALLER, Sheet
from tests.reference.layouts import MONTHLY

MIB = 1 << 20
Content = bytes | Callable[[Path], object]
Put = tuple[str | bytes, Content]  # the file's name, and its bytes or what makes it
Spoil = Callable[[Random, Sheet], Iterator[Put]]
LOADED, ROWS, QUARANTINED, DUPLICATE, IGNORED, NOTHING = (
    "loaded", "rows", "quarantined", "duplicate", "ignored", "nothing",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One class: its name, how it spoils a file, what may become of it."""

    name: str
    spoil: Spoil
    outcomes: frozenset[str]
    only: frozenset[str] | None = None  # exports that it makes sense for
    is_costly: bool = False  # of hundreds of MiB: once, and in `make fuzz` only


FAULTS: list[Fault] = []


def _fault(*outcomes: str, only: set[str] | None = None, costly: bool = False) -> Callable[[Spoil], Spoil]:
    def note(spoil: Spoil) -> Spoil:
        name = spoil.__name__.replace("_", " ")
        FAULTS.append(Fault(name, spoil, frozenset(outcomes), frozenset(only) if only else None, costly))
        return spoil

    return note


# --- none at all --------------------------------------------------------------------------------------------------
@_fault(LOADED)
def honest_file(rng: Random, sheet: Sheet) -> Iterator[Put]:
    end, delimiter = rng.choice(["\n", "\r\n"]), rng.choice([",", ";", "\t"])
    yield sheet.name(), sheet.text(delimiter, end).encode()


@_fault(LOADED)
def honest_compressed_file(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(rng.choice(["", "_235959", "_part01"]), ".csv.gz"), gzip.compress(sheet.data())


# --- rows ---------------------------------------------------------------------------------------------------------
def _lines(sheet: Sheet) -> list[str]:
    return sheet.text().splitlines()


def _joined(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


@_fault(ROWS)
def short_row(rng: Random, sheet: Sheet) -> Iterator[Put]:
    lines = _lines(sheet)
    at = rng.randrange(1, len(lines))
    lines[at] = ",".join("x" * rng.randrange(1, len(sheet.header) - 1))
    yield sheet.name(), _joined(lines)


@_fault(ROWS)
def long_row(rng: Random, sheet: Sheet) -> Iterator[Put]:
    lines = _lines(sheet)
    lines[rng.randrange(1, len(lines))] += "," * rng.randrange(1, 50)
    yield sheet.name(), _joined(lines)


@_fault(ROWS)
def ragged_rows(rng: Random, sheet: Sheet) -> Iterator[Put]:
    lines = [sheet.text().splitlines()[0]]
    lines += [",".join(["v"] * rng.choice([1, 2, len(sheet.header) - 1, len(sheet.header) + 1, 300])) for _ in range(9)]
    yield sheet.name(), _joined(lines)


@_fault(ROWS)
def open_quote(rng: Random, sheet: Sheet) -> Iterator[Put]:
    lines = _lines(sheet)
    at = rng.randrange(1, len(lines))
    lines[at] = '"' + lines[at].replace('"', "")
    lines[at + 1 :] = [line.replace('"', "") for line in lines[at + 1 :]]
    yield sheet.name(), _joined(lines)


@_fault(QUARANTINED)
def open_quote_in_the_header(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), b'"' + sheet.data().replace(b'"', b"")


@_fault(LOADED, ROWS)
def stray_quote(rng: Random, sheet: Sheet) -> Iterator[Put]:
    place = rng.choice(sheet.places("text"))
    spoiled = sheet.with_cells(lambda _number, at, cell: "5" if at == place else cell.replace('"', ""))
    text = spoiled.text().replace(",5,", ',5" tall,', 2).replace(",5\n", ',5"\n', 1)
    yield sheet.name(), text.encode()


@_fault(LOADED, ROWS)
def text_behind_a_closing_quote(rng: Random, sheet: Sheet) -> Iterator[Put]:
    lines = [line.replace('"', "") for line in _lines(sheet)]
    at = rng.randrange(1, len(lines))
    first, _, rest = lines[at].partition(",")
    lines[at] = f'"{first}"x,{rest}'
    yield sheet.name(), _joined(lines)


@_fault(ROWS)
def nul_in_a_field(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.with_one(rng, sheet.places("text"), "a\0b").data()


@_fault(QUARANTINED)
def nul_in_the_header(rng: Random, sheet: Sheet) -> Iterator[Put]:
    at = rng.randrange(1, len(sheet.header[0]))
    yield sheet.name(), sheet.data()[:at] + b"\0" + sheet.data()[at:]


@_fault(LOADED)
def line_breaks_in_fields(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.with_one(rng, _free_places(sheet), "one\ntwo\r\nthree\n\nfour").data()


@_fault(ROWS)
def empty_keys(rng: Random, sheet: Sheet) -> Iterator[Put]:
    keys = [number for number, column in enumerate(sheet.layout.columns) if column.field in sheet.layout.key]
    yield sheet.name(), sheet.with_one(rng, keys, "").data()


@_fault(LOADED)
def doubled_keys(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), replace(sheet, rows=(*sheet.rows, *reversed(sheet.rows), *sheet.rows)).data()


# --- encodings ----------------------------------------------------------------------------------------------------
def _free_places(sheet: Sheet) -> list[int]:
    """Text columns that are no key."""
    needed = {*sheet.layout.key, *sheet.layout.required}
    columns = enumerate(sheet.layout.columns)
    return [at for at, each in columns if each.kind == "text" and each.field not in needed] or sheet.places("text")[:1]


def _with_accents(rng: Random, sheet: Sheet) -> Sheet:
    return sheet.with_one(rng, _free_places(sheet), "Café – naïve").with_one(rng, _free_places(sheet), "Café é")


@_fault(LOADED)
def windows_1252(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _with_accents(rng, sheet).text().encode("cp1252", "replace")


@_fault(LOADED, QUARANTINED)
def latin_1_control_bytes(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.with_one(rng, _free_places(sheet), "\x85\xe9\x93").text().encode("latin-1", "replace")


@_fault(QUARANTINED)
def bytes_of_no_encoding(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data() + rng.choice([b"\x81", b"\x8d", b"\x9d\xff"])


@_fault(LOADED, QUARANTINED)
def broken_utf_8(rng: Random, sheet: Sheet) -> Iterator[Put]:
    data = sheet.with_one(rng, _free_places(sheet), "ééé").data()
    at = data.index("é".encode())
    yield sheet.name(), data[:at] + data[at + 1 :]


@_fault(LOADED)
def utf_16_with_mark(rng: Random, sheet: Sheet) -> Iterator[Put]:
    mark, encoding = rng.choice([(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
    yield sheet.name(), mark + _with_accents(rng, sheet).text().encode(encoding)


@_fault(QUARANTINED)
def utf_16_without_mark(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.text().encode(rng.choice(["utf-16-le", "utf-16-be"]))


@_fault(QUARANTINED)
def utf_16_cut_in_a_character(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), b"\xff\xfe" + sheet.text().encode("utf-16-le")[:-1]


@_fault(QUARANTINED)
def utf_32(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.text().encode("utf-32")


@_fault(LOADED)
def utf_8_mark(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), b"\xef\xbb\xbf" + sheet.data()


@_fault(QUARANTINED)
def utf_8_mark_twice(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), b"\xef\xbb\xbf" * 2 + sheet.data()


# --- line ends ----------------------------------------------------------------------------------------------------
@_fault(LOADED)
def mixed_line_ends(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), "".join(line + rng.choice(["\n", "\r\n"]) for line in _lines(sheet)).encode()


@_fault(QUARANTINED)
def returns_only(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.text(end="\r").encode()


@_fault(LOADED)
def empty_lines_between(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), ("\n\n" + "\n\r\n\n".join(_lines(sheet))).encode()


@_fault(LOADED)
def no_end_of_the_last_line(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data().rstrip(b"\n")


# --- whole files --------------------------------------------------------------------------------------------------
@_fault(ROWS, LOADED)
def header_twice(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), replace(sheet, rows=(sheet.header, *sheet.rows)).data()


@_fault(ROWS, LOADED)
def two_files_in_one(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data() * 2


@_fault(LOADED)
def header_only(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), replace(sheet, rows=()).data()


@_fault(QUARANTINED, DUPLICATE)
def empty_file(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), b""


@_fault(QUARANTINED, DUPLICATE)
def only_a_mark(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), rng.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])


@_fault(QUARANTINED, DUPLICATE)
def only_blank_lines(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), rng.choice([b"\n", b"\r\n"]) * rng.randrange(1, 100)


@_fault(ROWS, LOADED)
def cut_in_a_row(rng: Random, sheet: Sheet) -> Iterator[Put]:
    data = sheet.data()
    header = data.index(b"\n") + 1
    yield sheet.name(), data[: rng.randrange(header + 1, len(data) - 1)]


@_fault(QUARANTINED)
def cut_in_the_header(rng: Random, sheet: Sheet) -> Iterator[Put]:
    header = sheet.data().index(b"\n")
    yield sheet.name(), sheet.data()[: rng.randrange(1, header - 1)]


@_fault(LOADED, DUPLICATE)
def same_bytes_under_another_name(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data()
    yield sheet.name("_part07"), sheet.data()
    yield f"copy of {sheet.name()}", sheet.data()


# --- sizes --------------------------------------------------------------------------------------------------------
@_fault(QUARANTINED)
def huge_line(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data() + b"x" * rng.randrange(MIB + 1, 2 * MIB)


@_fault(QUARANTINED)
def huge_field_in_quotes_on_one_line(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.with_one(rng, _free_places(sheet), 'x"' * MIB).data()


@_fault(LOADED)
def huge_field_of_many_lines(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.with_one(rng, _free_places(sheet), "a line\n" * 200_000).data()


@_fault(ROWS)
def open_quote_and_a_long_rest(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data().replace(b'"', b"") + b'"' + b"a,b,c\n" * 300_000


@_fault(LOADED)
def very_many_columns(rng: Random, sheet: Sheet) -> Iterator[Put]:
    more = rng.randrange(1_000, 2_000)
    header = (*sheet.header, *(f"EXTRA_{number}" for number in range(more)))
    yield sheet.name(), replace(sheet, header=header, rows=tuple((*row, *"x" * more) for row in sheet.rows[:3])).data()


@_fault(QUARANTINED)
def very_many_columns_doubled(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), replace(sheet, header=(*sheet.header, *"x" * 100_000)).data()


@_fault(ROWS)
def very_many_bad_rows(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data() + b"x\n" * 5_000


@_fault(QUARANTINED, DUPLICATE)
def sparse_file_of_a_gib(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), lambda path: os.truncate(_made(path), rng.choice([3, 40, 800]) * 1024 * MIB)


@_fault(QUARANTINED, costly=True)
def sparse_file_within_the_bound(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), lambda path: os.truncate(_made(path), 1023 * MIB)


@_fault(LOADED, costly=True, only={"acd_segments"})
def large_honest_file_of_many_rows(rng: Random, sheet: Sheet) -> Iterator[Put]:
    keys = [sheet.header.index("CALL_ID")]
    row = sheet.rows[0]
    header = sheet.text().splitlines()[0]
    plain = [cell.replace(",", "").replace('"', "") for cell in row]
    lines = (",".join([*plain[: keys[0]], f"K{number}", *plain[keys[0] + 1 :]]) for number in range(400_000))
    yield sheet.name(), ("\n".join([header, *lines]) + "\n").encode()


# --- compression --------------------------------------------------------------------------------------------------
@_fault(QUARANTINED)
def gzip_bomb(rng: Random, sheet: Sheet) -> Iterator[Put]:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [deflate.compress(sheet.data())] + [deflate.compress(b"\n" * MIB) for _ in range(rng.randrange(8, 32))]
    yield sheet.name(ending=".csv.gz"), b"".join([*parts, deflate.flush()])


@_fault(QUARANTINED, costly=True)
def gzip_over_a_gib_within_the_ratio(rng: Random, sheet: Sheet) -> Iterator[Put]:
    deflate = zlib.compressobj(1, zlib.DEFLATED, 31)
    block = rng.randbytes(16 << 10) + b"a,b\n" * (252 << 8)
    parts = [deflate.compress(block) for _ in range(5_000)]
    yield sheet.name(ending=".csv.gz"), b"".join([*parts, deflate.flush()])


@_fault(QUARANTINED)
def gzip_in_gzip(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(ending=".csv.gz"), gzip.compress(gzip.compress(sheet.data()))


@_fault(QUARANTINED)
def truncated_gzip(rng: Random, sheet: Sheet) -> Iterator[Put]:
    data = gzip.compress(sheet.data())
    yield sheet.name(ending=".csv.gz"), data[: rng.randrange(1, len(data))]


@_fault(QUARANTINED)
def gzip_with_a_wrong_checksum(rng: Random, sheet: Sheet) -> Iterator[Put]:
    data = gzip.compress(sheet.data())
    yield sheet.name(ending=".csv.gz"), data[:-8] + struct.pack("<II", 1, len(sheet.data()))


@_fault(QUARANTINED)
def gzip_with_garbage_behind(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(ending=".csv.gz"), gzip.compress(sheet.data()) + b"garbage"


@_fault(LOADED)
def gzip_with_zeros_behind(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(ending=".csv.gz"), gzip.compress(sheet.data()) + bytes(512)


@_fault(LOADED)
def gzip_of_many_members(rng: Random, sheet: Sheet) -> Iterator[Put]:
    data, at = sheet.data(), rng.randrange(1, 40)
    yield sheet.name(ending=".csv.gz"), gzip.compress(data[:at]) + gzip.compress(data[at:]) + gzip.compress(b"")


@_fault(QUARANTINED)
def gzip_name_on_plain_bytes(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(ending=".csv.gz"), sheet.data()


@_fault(QUARANTINED)
def plain_name_on_gzip_bytes(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), gzip.compress(sheet.data())


# --- delimiters and headers ---------------------------------------------------------------------------------------
@_fault(QUARANTINED)
def wrong_delimiter(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.text(rng.choice("|:~ ")).encode()


@_fault(QUARANTINED, ROWS, LOADED)
def mixed_delimiters(rng: Random, sheet: Sheet) -> Iterator[Put]:
    other = sheet.text(";").splitlines()
    yield sheet.name(), _joined([line if rng.random() < 0.5 else other[at] for at, line in enumerate(_lines(sheet))])


@_fault(QUARANTINED)
def doubled_column(rng: Random, sheet: Sheet) -> Iterator[Put]:
    at = rng.randrange(len(sheet.header))
    rows = tuple((*row, row[at]) for row in sheet.rows)
    yield sheet.name(), replace(sheet, header=(*sheet.header, sheet.header[at]), rows=rows).data()


@_fault(QUARANTINED)
def missing_column(rng: Random, sheet: Sheet) -> Iterator[Put]:
    at = rng.randrange(len(sheet.header))
    rows = tuple(row[:at] + row[at + 1 :] for row in sheet.rows)
    yield sheet.name(), replace(sheet, header=sheet.header[:at] + sheet.header[at + 1 :], rows=rows).data()


@_fault(QUARANTINED)
def header_in_another_case(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), replace(sheet, header=tuple(name.swapcase() for name in sheet.header)).data()


@_fault(QUARANTINED)
def spaces_around_headers(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), replace(sheet, header=tuple(f" {name} " for name in sheet.header)).data()


@_fault(LOADED)
def column_added(rng: Random, sheet: Sheet) -> Iterator[Put]:
    rows = tuple((*row, f"{CALLER}12345") for row in sheet.rows)
    yield sheet.name(), replace(sheet, header=(*sheet.header, "WHO_RANG"), rows=rows).data()


@_fault(LOADED)
def trailing_comma_everywhere(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.text(end=",\n").encode()


@_fault(ROWS)
def trailing_comma_in_rows(rng: Random, sheet: Sheet) -> Iterator[Put]:
    header, _, rest = sheet.text().partition("\n")
    yield sheet.name(), f"{header}\n{rest}".replace("\n", ",\n").replace(",\n", "\n", 1).encode()


@_fault(LOADED)
def columns_in_another_order(rng: Random, sheet: Sheet) -> Iterator[Put]:
    order = rng.sample(range(len(sheet.header)), len(sheet.header))
    rows = tuple(tuple(row[at] for at in order) for row in sheet.rows)
    yield sheet.name(), replace(sheet, header=tuple(sheet.header[at] for at in order), rows=rows).data()


@_fault(QUARANTINED, DUPLICATE)
def no_header_at_all(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), sheet.data().partition(b"\n")[2]


# --- dates and times ----------------------------------------------------------------------------------------------
def _dates_changed(sheet: Sheet, change: Callable[[re.Match[str]], str]) -> bytes:
    pattern = re.compile(r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4})|(?P<Y>\d{4})-(?P<M>\d\d)-(?P<D>\d\d)")
    return sheet.with_cells(lambda _number, _place, cell: pattern.sub(change, cell)).data()


def _swap(found: re.Match[str]) -> str:
    if found["d"]:
        return f"{found['m']}/{found['d']}/{found['y']}"
    return f"{found['Y']}-{found['D']}-{found['M']}"


_TIMED = {
    "saab_incidents", "saab_incident_log", "saab_resource_status", "saab_diary", "acd_segments", "acd_agent_intervals",
    "digital_contacts", "service_disruptions", "legacy_incidents", "da_outcomes",
}  # fmt: skip


@_fault(QUARANTINED, ROWS, LOADED, only=_TIMED)
def day_and_month_swapped(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _dates_changed(sheet, _swap)


@_fault(QUARANTINED, only=_TIMED - MONTHLY)
def day_and_month_swapped_with_every_day_12_or_under(rng: Random, sheet: Sheet) -> Iterator[Put]:
    day = rng.choice([each for each in range(1, 13) if each != sheet.day.month])
    own = sheet.day.replace(day=day)
    written = _dates_changed(replace(sheet, day=own), lambda found: _swap(_moved(found, day)))
    yield replace(sheet, day=own).name(), written


def _moved(found: re.Match[str], day: int) -> re.Match[str]:
    pattern = found.re
    text = f"{day:02}/{found['m']}/{found['y']}" if found["d"] else f"{found['Y']}-{found['M']}-{day:02}"
    match = pattern.fullmatch(text)
    assert match is not None
    return match


@_fault(ROWS, QUARANTINED, LOADED, only=_TIMED)
def american_dates_with_a_twelve_hour_clock(rng: Random, sheet: Sheet) -> Iterator[Put]:
    spoiled = sheet.with_cells(
        lambda _number, place, cell: (
            f"{sheet.day:%m/%d/%Y} 03:12:00 PM" if place in sheet.places("local", "utc", "offset") else cell
        )
    )
    yield sheet.name(), spoiled.data()


def _one_time(rng: Random, sheet: Sheet, year: int | None = None, clock: str | None = None) -> bytes:
    """One time of the file has another year or another clock."""
    place = rng.choice(sheet.places("local", "utc", "offset", "date", "clock"))
    text = sheet.rows[0][place]
    if year is not None:
        text = re.sub(r"20\d\d", f"{year:04}", text, count=1)
    if clock is not None:
        text = re.sub(r"\d\d:\d\d:\d\d", clock, text, count=1)
    return sheet.with_one(rng, [place], text).data()


@_fault(LOADED, ROWS, only=_TIMED)
def future_dates(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _one_time(rng, sheet, year=rng.choice([2031, 2050, 2199]))


@_fault(LOADED, ROWS, only=_TIMED)
def dates_in_1900(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _one_time(rng, sheet, year=rng.choice([1900, 1899, 1970]))


@_fault(LOADED, ROWS, only=_TIMED)
def dates_in_9999(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _one_time(rng, sheet, year=9999)


@_fault(LOADED, ROWS, only=_TIMED)
def dates_in_the_years_0_and_1(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _one_time(rng, sheet, year=rng.choice([0, 1]))


@_fault(LOADED, ROWS, only=_TIMED)
def leap_second_or_24_hours(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _one_time(rng, sheet, clock=rng.choice(["23:59:60", "24:00:00", "12:60:00"]))


@_fault(QUARANTINED, only=_TIMED)
def business_date_months_later(rng: Random, sheet: Sheet) -> Iterator[Put]:
    later = sheet.day.replace(year=sheet.day.year + 1)
    yield replace(sheet, day=later).name(), sheet.data()


@_fault(QUARANTINED)
def name_without_a_date(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield f"{sheet.export}_{rng.choice(['20210931', '20211301', '00000101', 'today'])}.csv", sheet.data()


# --- numbers ------------------------------------------------------------------------------------------------------
def _number_fault(texts: list[str]) -> Spoil:
    def spoil(rng: Random, sheet: Sheet) -> Iterator[Put]:
        places = sheet.places("int", "seconds", "number")
        yield sheet.name(), sheet.with_one(rng, places, rng.choice(texts)).data()

    return spoil


_NUMBERED = {
    "acd_segments", "acd_agent_intervals", "workforce", "recruitment", "service_disruptions", "bt_999_national",
    "saab_diary", "saab_incident_log",
}  # fmt: skip
for _name, _texts in {
    "decimal comma": ["12,5", "1.234,5", "0,0"],
    "decimals in whole numbers": ["12.0", "12.5", ".5", "5."],
    "numbers with an exponent": ["1e3", "1E+2", "5e-1"],
    "thousands separators": ["1,234", "1 234", "1'234"],
    "numbers with words": ["12 s", "NaN", "inf", "null", "-", "+5", "0x1F", "٣"],
}.items():
    FAULTS.append(Fault(_name, _number_fault(_texts), frozenset({ROWS, LOADED}), frozenset(_NUMBERED)))
FAULTS.append(Fault("negative numbers", _number_fault(["-1", "-999999999"]), frozenset({LOADED}), frozenset(_NUMBERED)))


# --- what a field may try -----------------------------------------------------------------------------------------
def _text_fault(texts: list[str]) -> Spoil:
    def spoil(rng: Random, sheet: Sheet) -> Iterator[Put]:
        yield sheet.name(), sheet.with_one(rng, _free_places(sheet), rng.choice(texts)).data()

    return spoil


for _name, _texts in {
    "formula injection": ["=cmd|' /C calc'!A0", "@SUM(1+1)", '=HYPERLINK("http://x")', "+1+1", "-2+3"],
    "html injection": ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7*7 }}", "${7*7}"],
    "sql injection": ["'; drop table landing.deliveries; --", "' or '1'='1", "$$", "%s", "?"],
    "terminal escapes": ["\x1b[2J\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "\x08\x08\x08"],
    "bidi and zero-width characters": ["\u202egnp.exe", "\u200b", "a\u200db\ufeff", "\u2066x\u2069"],
    "private-use characters": ["\ue000\ue001", "\uf8ff", "".join(map(chr, range(0xE000, 0xE100)))],
}.items():
    FAULTS.append(Fault(_name, _text_fault(_texts), frozenset({LOADED})))


@_fault(LOADED)
def every_private_use_character(rng: Random, sheet: Sheet) -> Iterator[Put]:
    every = "".join(map(chr, range(0xE000, 0xF900)))
    yield sheet.name(), sheet.with_one(rng, _free_places(sheet), every + '"\r').data()


# --- what is no table ---------------------------------------------------------------------------------------------
@_fault(QUARANTINED, DUPLICATE)
def binary_file(rng: Random, sheet: Sheet) -> Iterator[Put]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml" if rng.random() < 0.5 else sheet.name(), sheet.data())
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + rng.randbytes(500)
    yield sheet.name(), rng.choice([packed.getvalue(), png, b"PAR1" + rng.randbytes(99) + b"PAR1", b"%PDF-1.7\n\x81"])


@_fault(QUARANTINED)
def random_bytes(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), rng.randbytes(rng.randrange(1, 5_000))


@_fault(NOTHING)
def folder_with_a_files_name(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), Path.mkdir


@_fault(IGNORED)
def link_to_outside(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), lambda path: path.symlink_to("/etc/passwd")


@_fault(IGNORED)
def link_in_a_loop(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), lambda path: path.symlink_to(path.name)


@_fault(IGNORED)
def link_to_the_folder_above(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), lambda path: path.symlink_to("..")


@_fault(IGNORED)
def named_pipe(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), os.mkfifo


@_fault(IGNORED)
def socket_in_the_folder(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name(), _make_socket


@_fault(LOADED, IGNORED)
def file_that_may_not_be_read(rng: Random, sheet: Sheet) -> Iterator[Put]:
    def make(path: Path) -> None:
        path.write_bytes(sheet.data())
        path.chmod(0)

    yield sheet.name(), make


@_fault(IGNORED)
def unfinished_transfer(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name() + rng.choice([".part", ".tmp", ".filepart"]), sheet.data()


# --- names --------------------------------------------------------------------------------------------------------
@_fault(QUARANTINED)
def name_with_a_line_break_or_an_escape(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield f"{sheet.export}_{sheet.day:%Y%m%d}" + rng.choice(["\n", "\x1b[31m", "\r", "\u202e"]) + ".csv", sheet.data()


@_fault(QUARANTINED)
def name_that_is_no_text(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield sheet.name().encode() + b"\xff\xfe.csv", sheet.data()


@_fault(QUARANTINED)
def name_as_long_as_names_may_be(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield (sheet.export + "_" * 255)[:251] + ".csv", sheet.data()


@_fault(QUARANTINED)
def name_of_no_export(rng: Random, sheet: Sheet) -> Iterator[Put]:
    yield rng.choice(["rota.csv", "' or 1=1 --.csv", "-rf", "*.csv", "..csv", sheet.name().upper()]), sheet.data()


def _made(path: Path) -> Path:
    path.touch()
    return path


def _make_socket(path: Path) -> None:
    # The address of a socket is short; the folder's own path may not be.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)
