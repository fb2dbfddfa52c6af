"""What a day delivers, as rows that can be spoiled, and the ways of spoiling them.

A way is a function of a day and an export. Which way makes which fault is said in data_faults.py and nowhere else.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

Row = dict[str, str]
Where = Callable[[Row], bool]

LOCAL, UTC = "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Sheet:
    """One delivered file: its name, columns in order, and rows by column."""

    name: str
    columns: list[str]
    rows: list[Row]

    @classmethod
    def read(cls, path: Path) -> Sheet:
        """A delivered file, unpacked where it is packed."""
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        reader = csv.reader(io.StringIO(text))
        columns = next(reader)
        return cls(path.name.removesuffix(".gz"), columns, [dict(zip(columns, row, strict=True)) for row in reader])

    def data(self) -> bytes:
        """The file's bytes."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([row[column] for column in self.columns] for row in self.rows)
        return out.getvalue().encode()


@dataclass
class Day:
    """What is delivered last: one sheet an export, what came before, and bytes that stand as they are."""

    sheets: dict[str, Sheet]
    before: dict[str, list[Sheet]]  # by export, oldest first
    files: dict[str, bytes] = field(default_factory=dict)

    def data(self) -> dict[str, bytes]:
        """Name and bytes of every file."""
        return {sheet.name: sheet.data() for sheet in self.sheets.values()} | self.files


Change = Callable[[Day, str], None]


def everywhere(_row: Row) -> bool:
    """Every row."""
    return True


def having(**values: str) -> Where:
    """Rows with these values; `*` is any value but none."""
    return lambda row: all((row[key] != "") if value == "*" else (row[key] == value) for key, value in values.items())


def hours(column: str, first: int, last: int) -> Where:
    """Rows whose time lies from one hour (of the text) up to another."""
    return lambda row: bool(row[column]) and first <= _time(row[column])[0].hour < last


def one_in(count: int, where: Where = everywhere) -> Where:
    """Every so many-th of the rows that suit."""
    seen = [0]

    def picked(row: Row) -> bool:
        if not where(row):
            return False
        seen[0] += 1
        return seen[0] % count == 0

    return picked


# -- values ---
def write(column: str, value: str, where: Where = everywhere) -> Change:
    """The same value in every row that suits."""
    return work_out(column, lambda _: value, where)


def copy(column: str, other: str, where: Where = everywhere) -> Change:
    """The value of another column."""

    def change(day: Day, export: str) -> None:
        for row in filter(where, day.sheets[export].rows):
            row[column] = row[other]

    return change


def work_out(column: str, value: Callable[[str], str], where: Where = everywhere) -> Change:
    """A new value from the old, which is never empty unless the new one is the same for all."""

    def change(day: Day, export: str) -> None:
        for row in filter(where, day.sheets[export].rows):
            row[column] = value(row[column])

    return change


def scaled(columns: tuple[str, ...], factor: float) -> Change:
    """Whole numbers multiplied, and cut to whole numbers."""
    return _numbers(columns, lambda number: int(number * factor))


def rounded(columns: tuple[str, ...], to: int) -> Change:
    """Whole numbers rounded to so many."""
    return _numbers(columns, lambda number: round(number / to) * to)


def _numbers(columns: tuple[str, ...], value: Callable[[int], int]) -> Change:
    def change(day: Day, export: str) -> None:
        for row in day.sheets[export].rows:
            for column in columns:
                row[column] = str(value(int(row[column]))) if row[column] else ""

    return change


def recoded(column: str, codes: dict[str, str], where: Where = everywhere) -> Change:
    """Codes that become others."""
    return work_out(column, lambda value: codes.get(value, value), where)


def shifted(columns: tuple[str, ...], minutes: float, where: Where = everywhere) -> Change:
    """Times moved, in the format that they are written in."""

    def change(day: Day, export: str) -> None:
        for row in filter(where, day.sheets[export].rows):
            for column in columns:
                row[column] = moved(row[column], minutes)

    return change


def moved(text: str, minutes: float) -> str:
    """A written time, moved."""
    if not text:
        return text
    at, form = _time(text)
    return (at + timedelta(minutes=minutes)).strftime(form)


def _time(text: str) -> tuple[datetime, str]:
    form = UTC if text.endswith("Z") else LOCAL
    return datetime.strptime(text, form), form


def swapped(one: str, other: str, where: Where = everywhere) -> Change:
    """Two columns' values change places."""

    def change(day: Day, export: str) -> None:
        for row in filter(where, day.sheets[export].rows):
            row[one], row[other] = row[other], row[one]

    return change


# -- rows ---
def without(where: Where) -> Change:
    """Rows that do not come."""

    def change(day: Day, export: str) -> None:
        sheet = day.sheets[export]
        sheet.rows = [row for row in sheet.rows if not where(row)]

    return change


def again(where: Where, altered: Callable[[Row], Row] = dict) -> Change:
    """Rows that come twice, the second time altered."""

    def change(day: Day, export: str) -> None:
        sheet = day.sheets[export]
        sheet.rows += [altered(dict(row)) for row in sheet.rows if where(row)]

    return change


def of_another_day(steps: int) -> Change:
    """The rows of an earlier delivery in the last one's place, in another order so that the bytes differ."""

    def change(day: Day, export: str) -> None:
        day.sheets[export].rows = [dict(row) for row in reversed(day.before[export][-steps].rows)]

    return change


# -- files ---
def bytes_of(altered: Callable[[bytes], bytes]) -> Change:
    """The file's bytes, spoiled."""

    def change(day: Day, export: str) -> None:
        sheet = day.sheets.pop(export)
        day.files[sheet.name] = altered(sheet.data())

    return change


def not_delivered() -> Change:
    """The file does not come."""
    return lambda day, export: _pop(day, export)


def _pop(day: Day, export: str) -> None:
    del day.sheets[export]


def beside(name: str, altered: Callable[[Sheet], bytes]) -> Change:
    """A file more, made of the day's own; `{stem}` in its name is the day's name without the ending."""

    def change(day: Day, export: str) -> None:
        sheet = day.sheets[export]
        day.files[name.format(stem=sheet.name.removesuffix(".csv"))] = altered(sheet)

    return change


def header(altered: Callable[[list[str]], list[str]]) -> Change:
    """The header line alone, spoiled: what stands below it stays where it was."""

    def change(day: Day, export: str) -> None:
        sheet = day.sheets.pop(export)
        first, rest = sheet.data().split(b"\n", 1)
        day.files[sheet.name] = ",".join(altered(first.decode().split(","))).encode() + b"\n" + rest

    return change


def all_of(*changes: Change) -> Change:
    """One after the other."""

    def change(day: Day, export: str) -> None:
        for each in changes:
            each(day, export)

    return change
