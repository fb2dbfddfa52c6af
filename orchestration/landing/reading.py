"""Reading: from delivered bytes to text columns, one record at a time accounted for. No types, no tokens, no storage.

What belongs here: decompression and its bounds, decoding, records, field counts. Two ways lead to the same columns: a
fast one for regular files, and a careful one that can say what is wrong with a record. Not here: what a value means.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import re
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

MIB = 1 << 20
GIB = 1 << 30
MAX_UNPACKED = GIB
MAX_RATIO = 100
MAX_LINE = MIB
DELIMITERS = (",", ";", "\t")
_PRIVATE_FIRST, _PRIVATE_COUNT = 0xF0000, 65_534  # plane 15, private use: characters that no text should hold
_PRIVATE = re.compile(rb"\xf3[\xb0-\xbf][\x80-\xbf]{2}")  # the same in UTF-8
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_BLANK_START = re.compile(rb"[\r\n]*")
_AT_A_TIME = 16 * MIB
_ROWS_AT_A_TIME = 50_000


class FileFault(Exception):
    """The whole file is quarantined; the text is the reason and never holds anything from the file's rows.

    `drift` is the kind of change (see drift.yaml) where it is one, `column` and `after` what it says of it.
    """

    def __init__(self, reason: str, drift: str | None = None, column: str | None = None, after: str | None = None):
        super().__init__(reason)
        self.drift, self.column, self.after = drift, column, after


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
    content = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(MIB):
                if len(content) + len(part) > limit:
                    raise FileFault("unpacked it is over 1 GiB, or over 100 times its size")
                content += part
    except (OSError, EOFError, zlib.error):
        raise FileFault("cannot be decoded: the compression is broken or cut off") from None
    return bytes(content)


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
    return data if data.isascii() or _is_utf8(data) else _decoded(data, "cp1252").encode()


def _is_utf8(data: bytes) -> bool:
    """Looked at piece by piece: the text itself is not wanted, and would take the file's size again, or four times."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(data), _AT_A_TIME):
            decoder.decode(view[start : start + _AT_A_TIME])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
        text.encode()
    except (UnicodeError, LookupError):
        raise FileFault(f"cannot be decoded as {encoding}", drift="encoding_unknown") from None
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
    line = _first_line(data)
    return max(DELIMITERS, key=lambda delimiter: line.count(delimiter.encode()))


def _first_line(data: bytes) -> bytes:
    """The first line that is not empty, without its line feed. Nothing behind it is copied."""
    start = _first_character(data)
    end = data.find(b"\n", start)
    return data[start : end if end >= 0 else len(data)]


def _first_character(data: bytes, start: int = 0) -> int:
    """Where the first character from here on stands that does not end a line."""
    match = _BLANK_START.match(data, start)
    return match.end() if match else start


def read_header(data: bytes, delimiter: str) -> list[str]:
    """The first record that is not an empty line; empty when there is none."""
    line = _first_line(data)
    if b'"' not in line and b"\0" not in line and b"\r" not in line.removesuffix(b"\r"):
        text = line.removesuffix(b"\r").decode("utf-8", "replace")
        return text.split(delimiter) if text else []
    start = _first_character(data)
    reader = _CarefulReader(data[start : start + 4 * MIB], delimiter)
    return next((fields for _, fields in reader), [])


def read_records(data: bytes, delimiter: str, header: list[str]) -> Records:
    """All records of a file whose columns have different names. `data` is UTF-8."""
    if _is_regular(data):
        records = _read_fast(data, delimiter, header)
        if records is not None:
            return records
    return _read_carefully(data, delimiter)


def count_records(data: bytes, delimiter: str) -> int:
    """Records without empty lines, the header among them: by a pattern, independent of the reader."""
    between = re.escape(delimiter.encode())
    field = rb'(?>"[^"]*+(?:""[^"]*+)*+(?:"[^%b\n]*+|\Z)|[^%b\n]*+)' % (between, between)
    record = re.compile(rb"%b(?:%b%b)*+(?:\n|\Z)" % (field, between, field))
    count, position = 0, 0
    while position < len(data):
        match = record.match(data, position)
        assert match is not None
        start, position = position, match.end()
        # An empty line is a line feed, with a return before it or not; a longer record need not be looked at.
        if position - start > 2 or data[start:position] not in (b"\n", b"\r\n"):
            count += 1
    return count


def is_without_rows(data: bytes, name: str) -> bool:
    """Has the file, whatever it is, no record after its first? A file that is no text is not without rows."""
    try:
        content = to_utf8(unpack(data, name))
    except FileFault:
        return False
    header_end = content.find(b"\n", _first_character(content))
    return header_end < 0 or _first_character(content, header_end) == len(content)


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

    def __init__(self, data: bytes, delimiter: str) -> None:
        # A return without a line feed is data; the csv module would stumble over it. A last line is put behind the
        # text: where it does not come back on its own, an open quote has swallowed it.
        self._return, self._last = _unused_characters(data)
        self._data = data
        self._delimiter = delimiter
        self._has_lone_return = _LONE_RETURN.search(data) is not None
        self.is_open = False  # did an open quote swallow the end?

    def __iter__(self) -> Any:
        csv.field_size_limit(1 << 31)
        reader = csv.reader(self._lines(), delimiter=self._delimiter)
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

    def _lines(self) -> Iterator[str]:
        """Line by line, so that a large file is never in memory as text as a whole."""
        for line in io.BytesIO(self._data):
            if self._has_lone_return:
                line = _LONE_RETURN.sub(self._return.encode(), line)
            text = line.decode("utf-8", "ignore")  # what cannot be decoded came no further than the header's reading
            yield text if text.endswith("\n") else text + "\n"
        yield self._last


def _unused_characters(data: bytes) -> tuple[str, str]:
    used = {found[0] for found in _PRIVATE.finditer(data)} if b"\xf3" in data else set()
    characters = (chr(code) for code in range(_PRIVATE_FIRST, _PRIVATE_FIRST + _PRIVATE_COUNT))
    free = list(islice((character for character in characters if character.encode() not in used), 2))
    if len(free) < 2:
        raise FileFault("cannot be decoded: it uses every character of a private area")
    return free[0], free[1]


class _Columns:
    """Rows gathered into columns of text, packed from time to time: cells as objects take many times their size."""

    def __init__(self, header: list[str]) -> None:
        self._cells: list[list[str]] = [[] for _ in header]
        self._packed: list[list[pa.Array]] = [[] for _ in header]
        self._waiting = 0

    def add(self, fields: list[str]) -> None:
        for cell, value in zip(self._cells, fields, strict=True):
            cell.append(value)
        self._waiting += 1
        if self._waiting == _ROWS_AT_A_TIME:
            self._pack()

    def columns(self) -> list[pa.ChunkedArray]:
        self._pack()
        return [pa.chunked_array(packed, pa.string()) for packed in self._packed]

    def _pack(self) -> None:
        for packed, cell in zip(self._packed, self._cells, strict=True):
            packed.append(pa.array(cell, pa.string()))
            cell.clear()
        self._waiting = 0


def _read_carefully(data: bytes, delimiter: str) -> Records:
    reader = _CarefulReader(data, delimiter)
    records = iter(reader)
    _, header = next(records, (1, []))
    width = len(header)
    good = _Columns(header)
    lines = array("i")
    bad: list[BadRecord] = []
    has_nul = b"\0" in data
    read = 0
    for line, fields in records:
        read += 1
        problem = _problem_of(fields, width, reader.is_open, has_nul, header)
        if problem is None:
            lines.append(line)
            good.add(fields)
            continue
        reason, column = problem
        keep = tuple(fields) if len(fields) == width and not reader.is_open else None
        bad.append(BadRecord(line, len(fields), _digest(fields, delimiter), reason, column, keep))
    counted = max(count_records(data, delimiter) - 1, 0)
    if counted != read:
        raise FileFault(f"its records cannot be told apart: {counted} by one count, {read} by another")
    return Records(
        header=header,
        columns=dict(zip(header, good.columns(), strict=True)),
        lines=pa.array(np.array(lines, dtype=np.int32), pa.int32()),
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
