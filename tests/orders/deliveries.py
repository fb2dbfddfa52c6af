"""Deliveries as the real world makes them, of clean days: gaps, repeats, corrections, parts, re-sendings, late paper.

From clean files and a seed comes one set of files; an order is the run in which each of them is delivered. Of files
that come under one name with other bytes the order among themselves is kept: the one thing that arrival decides.
"""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

# What a correction changes, by export: never a key.
_CORRECTED = {
    "saab_incidents": ("GRADE_CURR", ["1", "2", "3", "4", ""]),
    "saab_incident_log": ("USER_ID", ["U9001", "U9002"]),
    "saab_resource_status": ("LPA", ["TELF", "HEREF", "SHROP"]),
    "saab_diary": ("STATUS", ["ATTENDED", "FAILED", "CANCELLED_VICTIM"]),
    "acd_segments": ("TALK_SECS", ["1", "60", "600"]),
    "acd_agent_intervals": ("TALK_SECS", ["0", "900"]),
    "da_outcomes": ("RISK_GRADE", ["HIGH", "MEDIUM", "STANDARD"]),
    "recruitment": ("COUNT", ["0", "7"]),
}
_STAMPS = {"saab_incidents": "LAST_UPDATED", "saab_diary": "UPDATED_AT", "da_outcomes": "UPDATED_AT"}
_LOCAL = "%d/%m/%Y %H:%M:%S"
_DAILY = re.compile(r"^(?P<export>[a-z0-9_]+?)_(?P<day>\d{8})\.csv$")
PAPER_WEEKS_LATE = 3


@dataclass(frozen=True)
class Delivered:
    """One file: where it lies below the landing folder, its bytes, and how many of its name came before it."""

    path: str
    data: bytes
    turn: int = 0


def delivered_set(clean: Mapping[str, str], seed: int) -> list[Delivered]:
    """A set of files made of clean ones (name to text): the same seed gives the same set."""
    return list(_Desk(clean, random.Random(seed)).files())


def runs_of(files: Sequence[Delivered], chosen: Sequence[int]) -> list[list[Delivered]]:
    """Files by run: the run chosen for each, moved behind the run of the file whose name it takes over."""
    placed: dict[str, int] = {}
    runs: dict[int, list[Delivered]] = {}
    for file, number in sorted(zip(files, chosen, strict=True), key=lambda pair: pair[0].turn):
        run = max(number, placed.get(file.path, -1) + 1)
        placed[file.path] = run
        runs.setdefault(run, []).append(file)
    return [runs[number] for number in sorted(runs)]


def at_once(files: Sequence[Delivered]) -> list[list[Delivered]]:
    """The straight way: everything in one run, and only what takes a name over in runs of its own."""
    return runs_of(files, [0] * len(files))


def put(files: Sequence[Delivered], landing: Path) -> None:
    """Drop a run's files into the landing folder."""
    for file in files:
        path = landing / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


class _Desk:
    def __init__(self, clean: Mapping[str, str], chance: random.Random) -> None:
        self._chance = chance
        self._tables = {name: _rows(text) for name, text in sorted(clean.items()) if _DAILY.match(name)}
        self._other = {name: text for name, text in sorted(clean.items()) if name not in self._tables}

    def files(self) -> Iterator[Delivered]:
        names = list(self._tables)
        gaps = set(self._chance.sample(names, len(names) // 8))
        for name, text in self._other.items():
            yield Delivered(name, text.encode())
        for name in names:
            if name in gaps:
                continue  # a day that never comes
            yield from self._day(name)
        yield from self._paper()

    def _day(self, name: str) -> Iterator[Delivered]:
        table, day = self._tables[name], _DAILY.match(name)
        assert day
        export, stem = day["export"], name.removesuffix(".csv")
        plain = Delivered(name, _text(table))
        way = self._chance.choice(
            ["plain", "plain", "repeat", "other_day", "correct", "again", "parts", "re_sent", "more"]
        )
        if way == "parts":
            cut = self._chance.randint(1, max(1, len(table) - 1))
            yield Delivered(f"{stem}_part01.csv", _text(table[:cut]))
            yield Delivered(f"{stem}_part02.csv", _text([table[0], *table[cut:]]))
            return
        yield plain
        time = f"{self._chance.randint(0, 23):02d}{self._chance.randint(0, 59):02d}00"
        if way == "repeat":
            yield Delivered(f"again/copy of {name}", plain.data)
        elif way == "other_day":
            yield Delivered(f"{export}_{_next_day(day['day'])}_{time}.csv", plain.data)
        elif way == "correct":
            yield Delivered(f"{stem}_{time}.csv", _text(self._corrected(export, table)))
            if self._chance.random() < 0.5:
                yield Delivered(f"late/{stem}_235959.csv", _text(self._corrected(export, table)))
        elif way == "again":
            yield Delivered(name, _text(self._corrected(export, table)), turn=1)
        elif way == "re_sent":  # a part of it once more, some rows as they were, some not
            yield Delivered(f"{stem}_{time}.csv", _text(self._some(self._corrected(export, table, share=0.3))))
        elif way == "more":  # another day's rows too
            other = self._tables.get(f"{export}_{_next_day(day['day'])}.csv", table)
            yield Delivered(f"{stem}_{time}.csv", _text([*self._some(table), *_in_order(other, table[0])]))

    def _corrected(self, export: str, table: list[list[str]], share: float = 0.6) -> list[list[str]]:
        if export not in _CORRECTED:
            return self._some(table)
        column, values = _CORRECTED[export]
        header, corrected = table[0], [table[0]]
        for row in table[1:]:
            new = list(row)
            if self._chance.random() < share:
                new[header.index(column)] = self._chance.choice(values)
                if export in _STAMPS and self._chance.random() < 0.5:  # else its stamp is that of the row it corrects
                    self._stamp_later(new, header.index(_STAMPS[export]))
            corrected.append(new)
        return corrected

    def _stamp_later(self, row: list[str], column: int) -> None:
        try:
            stamp = datetime.strptime(row[column], _LOCAL)
        except ValueError:
            return
        row[column] = (stamp + timedelta(minutes=self._chance.randint(-60, 240))).strftime(_LOCAL)

    def _some(self, table: list[list[str]]) -> list[list[str]]:
        return [table[0], *(row for row in table[1:] if self._chance.random() < 0.5)]

    def _paper(self) -> Iterator[Delivered]:
        """Incidents of an outage, written on paper and keyed in weeks later."""
        days = [name for name in self._tables if name.startswith("saab_incidents_")]
        if not days:
            return
        yield paper_records(_text(self._tables[self._chance.choice(days)]).decode())


def paper_records(incidents: str) -> Delivered:
    """A file of incidents of the newest day in the one given, written on paper and keyed in weeks later."""
    header, *day = _rows(incidents)
    place = header.index
    rows, keyed = [header], datetime.min
    happened = day[-1][place("CREATED")].split()[0]
    for number, row in enumerate([row for row in day if row[place("CREATED")].startswith(happened)][:3], start=1):
        new = list(row)
        created = datetime.strptime(row[place("CREATED")], _LOCAL)
        keyed = created + timedelta(weeks=PAPER_WEEKS_LATE, minutes=number)
        new[place("INC_REF")] = f"WM-{created:%Y%m%d}-9{number:04d}"
        new[place("RECORDED")] = new[place("LAST_UPDATED")] = keyed.strftime(_LOCAL)
        new[place("CLOSED")], new[place("STATUS")], new[place("BACK_RECORD")] = "", "OPEN", "Y"
        new[place("CALL_REF")] = new[place("LINKED_TO")] = ""
        rows.append(new)
    return Delivered(f"saab_incidents_{keyed:%Y%m%d}.csv", _text(rows))


def _next_day(day: str) -> str:
    return f"{datetime.strptime(day, '%Y%m%d') + timedelta(days=1):%Y%m%d}"


def _rows(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text)) if row]


def _in_order(table: list[list[str]], header: list[str]) -> list[list[str]]:
    """Rows of a table with its columns in the order of another header; none when the headers differ."""
    if sorted(table[0]) != sorted(header):
        return []
    places = [table[0].index(column) for column in header]
    return [[row[place] for place in places] for row in table[1:] if len(row) == len(header)]


def _text(table: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue().encode()
