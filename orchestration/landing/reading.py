"""Reading: from delivered bytes to text columns, one record at a time accounted for. No types, no tokens, no storage.

What belongs here: decompression and its bounds, decoding, records, field counts. Two ways lead to the same columns: a
fast one for regular files, and a careful one that can say what is wrong with a record. Not here: what a value means.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

MIB = 1 << 20
MAX_UNPACKED = 1 << 30
MAX_RATIO = 100
MAX_LINE = MIB
DELIMITERS = (",", ";", "\t")
_SENTINEL_FIRST = 0xE000  # private use
_RECORD = re.compile(r'(?:"[^"]*(?:""[^"]*)*(?:"[^%s\n]*|\Z)|[^%s\n]*)(?P<end>[%s\n]|\Z)')


class FileFault(Exception):
    """The whole file is quarantined; the text is the reason and never holds anything from the file's rows."""


@dataclass(frozen=True)
class BadRecord:
    """A record that cannot become a row at all. `fields` only where the field count is right."""

    line: int
    field_count: int
    sha256: str
    reason: str
    column: str | None = None
    fields: tuple[str, ...] | None = None


@dataclass
class Records:
    """The records of one file: good ones as columns of text, in the file's order, and the others."""

    header: list[str]
    columns: dict[str, pa.Array | pa.ChunkedArray]  # one per delivered column, all of the same length
    lines: pa.Array  # int32: the line each record starts on, the header's being 1
    bad: list[BadRecord] = field(default_factory=list)
    rows_read: int = 0  # counted apart from the reading


def unpack(data: bytes, name: str) -> bytes:
    """The content of a delivered file; a `.gz` is unpacked within the bounds. Raises FileFault."""
    if not name.endswith(".gz"):
        return data
    limit = min(MAX_UNPACKED, MAX_RATIO * len(data))
    parts, total = [], 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(MIB):
                total += len(part)
                if total > limit:
                    raise FileFault("unpacked it is over 1 GiB, or over 100 times its size")
                parts.append(part)
    except (OSError, EOFError, zlib.error):
        raise FileFault("cannot be decoded: the compression is broken or cut off") from None
    return b"".join(parts)


def to_utf8(data: bytes, encoding: str | None = None) -> bytes:
    """The text as UTF-8 without a mark. UTF-16 by its mark, else UTF-8, else Windows-1252. Raises FileFault."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and encoding is None:
        text = _decoded(data, "utf-16")
        content = text.encode()
        if _has_long_line(text.encode("utf-16-le"), b"\n\0"):
            raise FileFault("a line is over 1 MiB")
        return content
    if _has_long_line(data, b"\n"):
        raise FileFault("a line is over 1 MiB")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if encoding is not None:
        return _decoded(data, encoding).encode()
    if data.isascii():
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(data, "cp1252").encode()
    return data


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
        text.encode()
    except (UnicodeError, LookupError):
        raise FileFault(f"cannot be decoded as {encoding}") from None
    return text


def _has_long_line(data: bytes, newline: bytes) -> bool:
    """Is a line over the limit? Jumps from the last line end within the limit to the next."""
    start = 0
    while len(data) - start > MAX_LINE:
        end = data.rfind(newline, start, start + MAX_LINE + len(newline))
        if end < 0:
            return True
        start = end + len(newline)
    return False


def find_delimiter(data: bytes) -> str:
    """The one of comma, semicolon and tab that is found most often in the header line."""
    line = data.lstrip(b"\r\n").partition(b"\n")[0]
    return max(DELIMITERS, key=lambda delimiter: line.count(delimiter.encode()))


def read_header(data: bytes, delimiter: str) -> list[str]:
    """The first record that is not an empty line; empty when there is none."""
    start = data.lstrip(b"\r\n")
    line = start.partition(b"\n")[0]
    if b'"' not in line and b"\0" not in line and b"\r" not in line.removesuffix(b"\r"):
        text = line.removesuffix(b"\r").decode("utf-8", "replace")
        return text.split(delimiter) if text else []
    reader = _CarefulReader(start[: 4 * MIB].decode("utf-8", "ignore"), delimiter)
    return next((fields for _, fields in reader), [])


def read_records(data: bytes, delimiter: str, header: list[str]) -> Records:
    """All records of a file whose columns have different names. `data` is UTF-8."""
    if _is_regular(data):
        records = _read_fast(data, delimiter, header)
        if records is not None:
            return records
    return _read_carefully(data.decode(), delimiter)


def count_records(text: str, delimiter: str) -> int:
    """Records without empty lines, the header among them: by a pattern, independent of the reader."""
    inside = re.escape(delimiter)
    pattern = re.compile(_RECORD.pattern % (inside, inside, inside))
    count, position, record_start = 0, 0, 0
    while position < len(text):
        match = pattern.match(text, position)
        assert match is not None
        position = match.end()
        if match["end"] == delimiter:
            if position == len(text):
                count += 1
            continue
        if text[record_start:position] not in ("\n", "\r\n"):
            count += 1
        record_start = position
    return count


def is_without_rows(data: bytes, name: str) -> bool:
    """Has the file, whatever it is, no record after its first? A file that is no text is not without rows."""
    try:
        content = to_utf8(unpack(data, name))
    except FileFault:
        return False
    return not content.lstrip(b"\r\n").partition(b"\n")[2].strip(b"\r\n")


# --- the fast way -------------------------------------------------------------------------------------------------
def _is_regular(data: bytes) -> bool:
    """No quotes, no NUL, no return without a line feed, no empty line but at the end, and a header on line 1."""
    if b'"' in data or b"\0" in data or data.startswith((b"\n", b"\r")):
        return False
    if b"\n\n" in data or b"\n\r\n" in data:
        return False
    return b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")


def _read_fast(data: bytes, delimiter: str, header: list[str]) -> Records | None:
    """The columns as text, or None when any record is not as wide as the header."""
    lines = data.count(b"\n") + (0 if data.endswith(b"\n") else 1)
    odd: list[Any] = []

    def note(row: Any) -> str:
        odd.append(row)
        return "skip"

    try:
        table = pa_csv.read_csv(
            pa.py_buffer(data),
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=max(len(data) + 1, MIB) if len(data) < 64 * MIB else 16 * MIB
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, quote_char=False, double_quote=False, invalid_row_handler=note
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in header}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if odd or table.num_rows != lines - 1 or table.column_names != header:
        return None
    numbers = pa.array(np.arange(2, lines + 1, dtype=np.int32))
    columns = {name: table.column(index) for index, name in enumerate(header)}
    return Records(header=header, columns=columns, lines=numbers, rows_read=lines - 1)


# --- the careful way ----------------------------------------------------------------------------------------------
class _CarefulReader:
    """Records with the line each starts on. A quote opens a field only as its first character."""

    def __init__(self, text: str, delimiter: str) -> None:
        # A return without a line feed is data; the csv module would stumble over it. A last line is put behind the
        # text: where it does not come back on its own, an open quote has swallowed it.
        self._return, self._last = _unused_characters(text)
        self._has_lone_return = "\r" in text.replace("\r\n", "")
        if self._has_lone_return:
            text = re.sub(r"\r(?!\n)", self._return, text)
        if text and not text.endswith("\n"):
            text += "\n"
        self._lines = io.StringIO(text + self._last, newline="\n")
        self._delimiter = delimiter
        self.is_open = False  # did an open quote swallow the end?

    def __iter__(self) -> Any:
        csv.field_size_limit(1 << 31)
        reader = csv.reader(self._lines, delimiter=self._delimiter)
        line = 1
        for fields in reader:
            starts, line = line, reader.line_num + 1
            if not fields:
                continue
            if fields[-1].endswith(self._last):
                if fields != [self._last]:
                    self.is_open = True
                    fields[-1] = fields[-1][: -len(self._last)]
                    yield starts, fields
                return
            if self._has_lone_return:
                fields = [value.replace(self._return, "\r") for value in fields]
            yield starts, fields


def _unused_characters(text: str) -> tuple[str, str]:
    found = [chr(code) for code in range(_SENTINEL_FIRST, _SENTINEL_FIRST + 6400) if chr(code) not in text][:2]
    if len(found) < 2:
        raise FileFault("cannot be decoded: it uses every character of the private area")
    return found[0], found[1]


def _read_carefully(text: str, delimiter: str) -> Records:
    reader = _CarefulReader(text, delimiter)
    records = iter(reader)
    _, header = next(records, (1, []))
    width = len(header)
    cells: list[list[str]] = [[] for _ in header]
    lines: list[int] = []
    bad: list[BadRecord] = []
    has_nul = "\0" in text
    read = 0
    for line, fields in records:
        read += 1
        problem = _problem_of(fields, width, reader.is_open, has_nul, header)
        if problem is None:
            lines.append(line)
            for cell, value in zip(cells, fields, strict=True):
                cell.append(value)
            continue
        reason, column = problem
        keep = tuple(fields) if len(fields) == width and not reader.is_open else None
        bad.append(BadRecord(line, len(fields), _digest(fields, delimiter), reason, column, keep))
    counted = max(count_records(text, delimiter) - 1, 0)
    if counted != read:
        raise FileFault(f"its records cannot be told apart: {counted} by one count, {read} by another")
    return Records(
        header=header,
        columns={name: pa.array(cell, pa.string()) for name, cell in zip(header, cells, strict=True)},
        lines=pa.array(lines, pa.int32()),
        bad=bad,
        rows_read=counted,
    )


def _problem_of(
    fields: list[str], width: int, is_open: bool, has_nul: bool, header: list[str]
) -> tuple[str, str | None] | None:
    if is_open:
        return "a quote is not closed: everything from here to the end of the file", None
    if len(fields) != width:
        return f"has {len(fields)} fields where the header has {width}", None
    if has_nul:
        for name, value in zip(header, fields, strict=True):
            if "\0" in value:
                return "holds a NUL character", name
    return None


def _digest(fields: list[str], delimiter: str) -> str:
    """Digest of a record: its fields joined by the delimiter, which is the line itself where nothing is quoted."""
    return hashlib.sha256(delimiter.join(fields).encode()).hexdigest()
