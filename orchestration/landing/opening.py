"""Opening: a delivered text as a contract says it is written, handed to the reader as a plain one with a header line.

What belongs here: what stands before the header or behind the last row, files without a header, other quotes, spaces
around values' names. Not here: reading records (reading.py), what a value means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from orchestration.landing.contracts import Contract
from orchestration.landing.reading import (
    BadRecord,
    FileFault,
    Records,
    find_delimiter,
    read_header,
    read_records,
    to_utf8,
)


@dataclass(frozen=True)
class Opened:
    """A file's text as some contracts read it."""

    text: bytes  # UTF-8: a header line, then the records
    delimiter: str
    header: list[str]  # as the contract knows it; empty where there is none that it could know
    written_header: list[str]  # as it stands in `text`
    lines_before: int  # lines that the delivered file has before the header line, or -1 where it has none
    restore: Callable[[str], str] | None  # what makes a field's text again what was delivered
    fault: str | None = None  # why it cannot be opened so
    drift: str | None = None  # the kind of change that this is (drift.py), where it is one


def open_text(content: bytes, contracts: Sequence[Contract]) -> dict[Contract, Opened]:
    """The text as each contract reads it; contracts that are written alike share one reading.

    Raises FileFault when none of them can.
    """
    ways: dict[tuple[object, ...], Opened] = {}
    for contract in contracts:
        if contract.writing not in ways:
            ways[contract.writing] = _opened(content, contract)
    if all(opened.fault for opened in ways.values()):
        first = next(iter(ways.values()))
        raise FileFault(str(first.fault), first.drift)
    return {contract: ways[contract.writing] for contract in contracts}


def records_of(opened: Opened, contract: Contract) -> Records:
    """All records, with the delivered file's line numbers and values."""
    records = read_records(opened.text, opened.delimiter, opened.written_header)
    # The reader names columns as the text does; a column that is there twice is there once, and its name is no other.
    known_as = dict(zip(opened.written_header, opened.header, strict=True))
    columns = {known_as[name]: column for name, column in records.columns.items()}
    if opened.restore is not None:
        columns = {name: _restored(column, opened.restore) for name, column in columns.items()}
    if not opened.lines_before and opened.restore is None:
        return replace(records, header=opened.header, columns=columns)
    return replace(
        records,
        header=opened.header,
        columns=columns,
        lines=pa.array(np.asarray(records.lines) + opened.lines_before, pa.int32()),
        bad=[_moved(bad, opened) for bad in records.bad],
    )


def _restored(column: pa.Array | pa.ChunkedArray, restore: Callable[[str], str]) -> pa.Array:
    return pa.array([restore(value) for value in column.to_pylist()], pa.string())


def _moved(bad: BadRecord, opened: Opened) -> BadRecord:
    fields = bad.fields
    if fields is not None and opened.restore is not None:
        fields = tuple(opened.restore(value) for value in fields)
    return replace(bad, line=bad.line + opened.lines_before, fields=fields)


def _opened(content: bytes, contract: Contract) -> Opened:
    nothing = Opened(b"", ",", [], [], 0, None)
    try:
        text = to_utf8(content, contract.encoding)
        text = _without_last_lines(text, contract.skip_last_lines)
        text, skipped = _without_first_lines(text, contract.skip_first_lines)
        text, restore = _plainly_quoted(text, contract.quote)
    except FileFault as fault:
        return replace(nothing, fault=str(fault), drift=fault.drift)
    delimiter = contract.delimiter or find_delimiter(text)
    written = read_header(text, delimiter)
    if contract.header:
        return _headed(text, delimiter, written, contract, skipped, restore)
    names = [restore(name) for name in written] if restore else written
    header = [name.strip() for name in names] if contract.trim else names
    return Opened(text, delimiter, header, written, skipped, restore)


def _headed(
    text: bytes,
    delimiter: str,
    first: list[str],
    contract: Contract,
    skipped: int,
    restore: Callable[[str], str] | None,
) -> Opened:
    """A file without a header gets one, when its first record is as wide as the contract says."""
    header = list(contract.header)
    names = [f"column{number}" for number in range(1, len(header) + 1)]
    if first and len(first) != len(header):
        fault = f"its first record has {len(first)} fields where {contract.name} lists {len(header)} columns"
        return Opened(text, delimiter, [], first, skipped, restore, fault)
    return Opened(delimiter.join(names).encode() + b"\n" + text, delimiter, header, names, skipped - 1, restore)


def _without_first_lines(text: bytes, count: int) -> tuple[bytes, int]:
    start = 0
    for _ in range(count):
        end = text.find(b"\n", start)
        if end < 0:
            return b"", count
        start = end + 1
    return text[start:] if start else text, count


def _without_last_lines(text: bytes, count: int) -> bytes:
    for _ in range(count):
        text = text.rstrip(b"\r\n")
        text = text[: text.rfind(b"\n") + 1]
    return text


def _plainly_quoted(text: bytes, quote: str) -> tuple[bytes, Callable[[str], str] | None]:
    """The text with double quotes for its quotes, and what takes that back in a field."""
    if quote == '"' or (quote == "none" and b'"' not in text):
        return text, None
    if quote == "'":
        swap = str.maketrans("\"'", "'\"")
        return text.translate(bytes.maketrans(b"\"'", b"'\"")), lambda field: field.translate(swap)
    # Any character that the text does not hold; there are more than a file of the greatest size could use up.
    other = next(chr(code) for code in range(0x100000, 0x10FFFE) if chr(code).encode() not in text)
    return text.replace(b'"', other.encode()), lambda field: field.replace(other, '"')
