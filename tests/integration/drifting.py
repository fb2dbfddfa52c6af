"""Drift of every declared kind, done to delivered files: each on an export and days of its own.

What belongs here: how files are changed, and which change is told of them. Not here: what must come of it.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import PROJECT

PROFILE = PROJECT / "orchestration" / "profiles" / "west_mercia"
FIRST, LAST = date(2021, 11, 2), date(2021, 11, 13)
CUT_OVER = date(2021, 11, 10)  # a Wednesday; both versions on the day
VERSION_7 = date(2021, 11, 12)

Rows = list[list[str]]
Change = Callable[[Rows], Rows]


@dataclass(frozen=True)
class Planted:
    """A change of one export from a day on, to the last day; what must be told of it."""

    export: str
    kind: str
    column: str | None
    first: date
    last: date | None  # none: it lasts
    outcome: str
    changed_to: str | None = None


def day(number: int) -> date:
    return date(2021, 11, number)


# --- changes of rows -----------------------------------------------------------------------------------------------
def place(rows: Rows, column: str) -> int:
    return rows[0].index(column)


def renamed(column: str, new: str) -> Change:
    return lambda rows: [[new if name == column else name for name in rows[0]], *rows[1:]]


def dropped(column: str) -> Change:
    return lambda rows: [[v for n, v in enumerate(row) if n != place(rows, column)] for row in rows]


def doubled(column: str) -> Change:
    return lambda rows: [[*row, row[place(rows, column)]] for row in rows]


def added(column: str) -> Change:
    return lambda rows: [[*row, column if number == 0 else "Mrs Smith 07700900123"] for number, row in enumerate(rows)]


def turned_round(rows: Rows) -> Rows:
    return [row[::-1] for row in rows]


def valued(column: str, change: Callable[[str], str]) -> Change:
    def changed(rows: Rows) -> Rows:
        number = place(rows, column)
        return [rows[0], *([*row[:number], change(row[number]), *row[number + 1 :]] for row in rows[1:])]

    return changed


def swapped(rows: Rows) -> Rows:
    """Every time with its day and month changed over."""

    def of(value: str) -> str:
        parts = value.split("/")
        return "/".join([parts[1], parts[0], parts[2]]) if len(parts) == 3 and parts[0].isdigit() else value

    return [rows[0], *([of(value) for value in row] for row in rows[1:])]


# --- files ------------------------------------------------------------------------------------------------------------
def file_of(landing: Path, export: str, of_day: date) -> Path:
    (found,) = landing.rglob(f"{export}_{of_day:%Y%m%d}.csv*")
    return found


def rows_of(path: Path) -> Rows:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def write(path: Path, rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    data = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def change(landing: Path, export: str, first: date, last: date, changed: Change, **how: str) -> None:
    """Change the files of an export on these days, in place."""
    for number in range((last - first).days + 1):
        path = file_of(landing, export, first + timedelta(days=number))
        write(path, changed(rows_of(path)), **how)


def as_is(rows: Rows) -> Rows:
    return rows


# --- the next version of the incident system -------------------------------------------------------------------
def contract(export: str, version: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROFILE / "contracts" / f"{export}.v{version}.yaml").read_text())
    return found


def _filled_by(means: Any) -> str:
    return str(means["to"] if isinstance(means, dict) else means)


def in_version_6(export: str) -> Change:
    """The rows of version 5 as version 6 writes them (in winter: local is UTC); of grade 1 with a time at scene."""

    def changed(rows: Rows) -> Rows:
        old = {_filled_by(means): header for header, means in contract(export, "5")["columns"].items()}
        new = {header: _filled_by(means) for header, means in contract(export, "6")["columns"].items()}
        written = [list(new)]
        for row in rows[1:]:
            values = dict(zip(rows[0], row, strict=True))
            of = {name: _with_offset(values[header]) for name, header in old.items()}
            if of.get("grade_current") == "1" and of["status"] == "CLOSED":
                at = datetime.fromisoformat(of["created_at"]) + timedelta(minutes=7)
                of["first_at_scene_at"] = min(at.isoformat(), of["closed_at"])
            written.append([of.get(name, "") for name in new.values()])
        return written

    return changed


def _with_offset(value: str) -> str:
    try:
        return f"{datetime.strptime(value, '%d/%m/%Y %H:%M:%S').isoformat()}+00:00"
    except ValueError:
        return value


def header_7(header: str) -> str:
    """What version 7 calls a column of version 6."""
    return f"safe7.{header.replace('_', '-')}"


def write_profile(folder: Path) -> Path:
    """The profile with a version 7 of two exports, contracts alone, and the cut-over to 6 in mid-week."""
    shutil.copytree(PROFILE, folder)
    for export in ("saab_incidents", "saab_incident_log"):
        six = contract(export, "6")
        seven = six | {"version": "7", "columns": {header_7(name): means for name, means in six["columns"].items()}}
        (folder / "contracts" / f"{export}.v7.yaml").write_text(yaml.safe_dump(seven, sort_keys=False))
    versions = folder / "reference" / "system_versions.csv"
    versions.write_text(versions.read_text().replace("2021-12-13", CUT_OVER.isoformat()))
    return folder


def cut_over(landing: Path) -> None:
    """Version 6 from the cut-over on, whose day has both: parts of the day, and an evening file with rows of both."""
    for export in ("saab_incidents", "saab_incident_log"):
        to_6 = in_version_6(export)
        change(landing, export, CUT_OVER + timedelta(days=1), LAST, to_6)
        path = file_of(landing, export, CUT_OVER)
        rows = rows_of(path)
        head, half = rows[0], len(rows) // 2
        stem = path.name.split(".")[0]
        write(path.with_name(f"{stem}_part01.csv"), [head, *rows[1:half]])
        write(path.with_name(f"{stem}_part02.csv"), to_6([head, *rows[half:]]))
        # The same rows in the new version, hours later: equal update stamps, so the later delivery's stand.
        write(path.with_name(f"{stem}_200000.csv"), to_6([head, *rows[1 : half // 2]]))
        path.unlink()


def to_version_7(landing: Path) -> None:
    """The last days with the headers of version 7."""
    for export in ("saab_incidents", "saab_incident_log"):
        change(landing, export, VERSION_7, LAST, lambda rows: [[header_7(name) for name in rows[0]], *rows[1:]])


# --- every kind -------------------------------------------------------------------------------------------------
STATUS, DIARY, INTERVALS, SEGMENTS = "saab_resource_status", "saab_diary", "acd_agent_intervals", "acd_segments"

PLANTED = (
    Planted("saab_incidents", "version_changed", None, CUT_OVER, day(11), "READ", "6"),
    Planted("saab_incidents", "version_changed", None, VERSION_7, None, "READ", "7"),
    Planted("saab_incident_log", "version_changed", None, CUT_OVER, day(11), "READ", "6"),
    Planted("saab_incident_log", "version_changed", None, VERSION_7, None, "READ", "7"),
    Planted("saab_incident_log", "day_and_month_swapped", None, day(8), day(8), "FILE_QUARANTINED"),
    Planted(STATUS, "delimiter_changed", None, day(4), day(4), "READ", "semicolon"),
    Planted(STATUS, "encoding_changed", None, day(5), day(6), "READ", "UTF-16"),
    Planted(STATUS, "column_added", "GPS", day(7), day(8), "VALUES_NOT_STORED"),
    Planted(STATUS, "column_reordered", None, day(9), None, "READ"),
    Planted(DIARY, "column_missing", "SLOT_END", day(5), day(5), "FILE_QUARANTINED"),
    Planted(DIARY, "column_renamed", "BOOKED_AT", day(7), day(8), "FILE_QUARANTINED", "BOOKING_MADE"),
    Planted(DIARY, "column_doubled", "LPA", day(10), day(10), "FILE_QUARANTINED"),
    Planted(DIARY, "delimiter_unknown", None, day(12), None, "FILE_QUARANTINED", "bars"),
    Planted(INTERVALS, "encoding_unknown", None, day(4), day(4), "FILE_QUARANTINED"),
    Planted(INTERVALS, "column_retyped", "TALK_SECS", day(6), day(6), "ROWS_QUARANTINED"),
    Planted(INTERVALS, "layout_unknown", None, day(8), day(8), "FILE_QUARANTINED"),
    Planted(INTERVALS, "date_format_changed", "INTERVAL_START", day(11), None, "ROWS_QUARANTINED"),
    Planted(SEGMENTS, "key_emptied", "SEG_START", day(5), day(5), "ROWS_QUARANTINED"),
    Planted(SEGMENTS, "codes_changed", "DISPOSITION", day(8), day(9), "UNKNOWN_MEMBER"),
    Planted(SEGMENTS, "column_emptied", "WRAP_CODE", day(11), None, "NULL_VALUES"),
)


def plant(landing: Path) -> None:
    """Everything of `PLANTED` but the versions."""
    change(landing, "saab_incident_log", day(8), day(8), swapped)
    change(landing, STATUS, day(4), day(4), as_is, delimiter=";")
    change(landing, STATUS, day(5), day(6), as_is, encoding="utf-16")
    change(landing, STATUS, day(7), day(8), added("GPS"))
    change(landing, STATUS, day(9), LAST, turned_round)
    change(landing, DIARY, day(5), day(5), dropped("SLOT_END"))
    change(landing, DIARY, day(7), day(8), renamed("BOOKED_AT", "BOOKING_MADE"))
    change(landing, DIARY, day(10), day(10), doubled("LPA"))
    change(landing, DIARY, day(12), LAST, as_is, delimiter="|")
    change(landing, INTERVALS, day(4), day(4), as_is, encoding="utf-16-le")
    change(landing, INTERVALS, day(6), day(6), valued("TALK_SECS", lambda value: f"{value}.5"))
    change(landing, INTERVALS, day(8), day(8), lambda rows: [[f"A{n}" for n in range(len(rows[0]))], *rows[1:]])
    change(landing, INTERVALS, day(11), LAST, valued("INTERVAL_START", lambda value: value.replace("T", " ")))
    change(landing, SEGMENTS, day(5), day(5), valued("SEG_START", lambda value: ""))
    change(landing, SEGMENTS, day(8), day(9), valued("DISPOSITION", lambda value: f"N{value}"))
    change(landing, SEGMENTS, day(11), LAST, valued("WRAP_CODE", lambda value: ""))
