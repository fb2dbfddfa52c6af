"""Planted faults: which kind goes into which file, and what a sound loader makes of it.

Three sorts: faults in rows (a few rows of one file per export), faults of a whole file that stays readable (another
delimiter, another encoding), and extra files beside the good one (broken, repeated, unfinished), so that nothing real
is lost. Everything planted is noted in the truth folder with file, line and expected outcome.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import PurePosixPath

from orchestration.sample.clock import days_between
from orchestration.sample.layouts import DAILY
from orchestration.sample.row_faults import PLANS, plant_rows, suits
from orchestration.sample.truth import Fault, Truth
from orchestration.sample.writers import Delivery, Landing

Slot = tuple[str, date]
Change = Callable[["FaultPlan", Delivery], None]
SPECIAL_DAYS = frozenset(
    {date(2021, 9, 6), date(2021, 9, 7), date(2021, 9, 21), date(2021, 10, 31), date(2021, 12, 12), date(2021, 12, 13)}
)


class FaultPlan:
    """Places every kind once in the period; what finds no place in a short period is noted as skipped."""

    def __init__(
        self, landing: Landing, truth: Truth, first: date, last: date, legacy_months: list[date], seed: int
    ) -> None:
        self.landing = landing
        self.truth = truth
        self._days = days_between(first, last)
        self._legacy_months = legacy_months
        self._seed = seed
        self._rows: dict[Slot, str] = {}
        self._begin: dict[str, date] = {}
        self._done: set[str] = set()
        self._changes: dict[Slot, Change] = {}
        self._extras: dict[Slot, list[Change]] = {}
        self._plan()

    def _plan(self) -> None:
        for position, export in enumerate(PLANS):
            if export in DAILY:
                slot = self._free((export,), 0.12 + 0.05 * position)
                if slot:
                    self._rows[slot] = export
                    self._begin[export] = slot[1]
        for number, (kind, exports, change) in enumerate(CHANGES):
            slot = self._free(exports, (number + 1) / (len(CHANGES) + 2))
            if slot and (len(self._days) >= 10 or kind not in NEEDS_LENGTH):
                self._changes[slot] = change
            else:
                self._skip(kind, "the period is too short to hold it")
        for number, (kind, exports, extra, fits) in enumerate(EXTRAS):
            slot = self._place(exports, (number + 1) / (len(EXTRAS) + 2), fits)
            if slot:
                self._extras.setdefault(slot, []).append(extra)
            else:
                self._skip(kind, "no day of the period suits it")

    def _skip(self, kind: str, why: str) -> None:
        self.truth.plant(Fault(kind, "", None, "SKIPPED", 0, "", "", why))

    def _order(self, share: float) -> list[date]:
        """All days, beginning at a share of the period; days with a story of their own last."""
        start = int(share * len(self._days))
        turned = self._days[start:] + self._days[:start]
        return sorted(turned, key=lambda day: day in SPECIAL_DAYS)

    def _free(self, exports: tuple[str, ...], share: float) -> Slot | None:
        for day in self._order(share):
            for export in exports:
                if (export, day) not in self._rows and (export, day) not in self._changes:
                    return export, day
        return None

    def _place(self, exports: tuple[str, ...], share: float, fits: Callable[[date], bool]) -> Slot | None:
        for clear in (True, False):
            for day in self._order(share):
                for export in exports:
                    taken = (export, day) in self._rows or (export, day) in self._changes
                    if fits(day) and not (clear and taken):
                        return export, day
        return None

    # -- deliveries ---

    def drop(self, delivery: Delivery) -> None:
        """Write a delivery, with whatever is planted in it or beside it."""
        slot = (delivery.export, delivery.business_date)
        clean = replace(delivery, rows=list(delivery.rows))
        if self._carries_row_faults(delivery):
            plant_rows(self.truth, delivery)
            self.landing.drop(delivery.path, delivery.data())
        elif slot in self._changes:
            self._changes[slot](self, delivery)
        else:
            self.landing.drop(delivery.path, delivery.data())
        for extra in self._extras.get(slot, ()):
            extra(self, replace(clean, rows=list(clean.rows), compressed=False))

    def _carries_row_faults(self, delivery: Delivery) -> bool:
        """One file per export: from its planned day on, the first with a row for each fault; else the last day's."""
        export, day = delivery.export, delivery.business_date
        if export not in PLANS or export in self._done or (export, day) in self._changes:
            return False
        begin = self._begin.get(export)
        if export in DAILY and (begin is None or day < begin):
            return False
        is_last_chance = export in DAILY and day == self._days[-1]
        if not suits(delivery) and not is_last_chance:
            return False
        self._done.add(export)
        return True

    def note(self, kind: str, path: str, outcome: str, rows: int, note: str, line: int | None = None) -> None:
        """Note a fault of a whole file."""
        self.truth.plant(Fault(kind, path, line, outcome, rows, "", "", note))

    def put(self, kind: str, delivery: Delivery, content: bytes, outcome: str, note: str, rows: int = 0) -> None:
        """Write a file whose content is planted as it stands, and note it."""
        self.landing.drop(delivery.path, delivery.pack(content))
        self.note(kind, delivery.path, outcome, rows, note)

    def finish(self) -> None:
        """Files that belong to no export, and what found no place."""
        for export in PLANS:
            if export not in self._done:
                self._skip(f"rows of {export}", "no file has a row for each fault")
        day = self._days[0]
        path = f"front_desk_tablets_{day:%Y%m%d}.csv"
        self.landing.drop(path, b"TABLET,TAPS\n1,20\n")
        self.note("unknown_file", path, "QUARANTINED_FILE", 0, "fits no contract")
        path = f"acd/acd_segments_{self._days[-1] + timedelta(days=1):%Y%m%d}.csv.tmp"
        self.landing.drop(path, b"CALL_ID,SEGM")
        self.note("ignored_ending", path, "IGNORED", 0, "name ends .tmp")
        self.note(
            "nonexistent_local_time_in_legacy",
            "",
            "SKIPPED",
            0,
            "legacy months hold no day of a spring clock change; planted in saab_incidents instead",
        )


# -- changes of a whole file that stays readable ---


def _encoded(kind: str, codec: str, bom: bytes, note: str) -> Change:
    def change(plan: FaultPlan, delivery: Delivery) -> None:
        rows = delivery.rows
        for index in range(min(3, len(rows))):
            fields = rows[index].split(",")
            if delivery.export == "saab_incidents":
                fields[7] = "CAFÉ|£"
                rows[index] = ",".join(fields)
        plan.put(kind, delivery, bom + delivery.text().encode(codec), "LOADED", note, len(rows))

    return change


def _delimited(kind: str, delimiter: str) -> Change:
    def change(plan: FaultPlan, delivery: Delivery) -> None:
        text = delivery.text().replace(",", delimiter)
        plan.put(kind, delivery, text.encode(), "LOADED", "another delimiter", len(delivery.rows))

    return change


def _crlf(plan: FaultPlan, delivery: Delivery) -> None:
    plan.put("crlf", delivery, delivery.text("\r\n").encode(), "LOADED", "lines end CR LF", len(delivery.rows))


def _reordered(plan: FaultPlan, delivery: Delivery) -> None:
    turned = [",".join([line.split(",")[-1], *line.split(",")[:-1]]) for line in [delivery.header, *delivery.rows]]
    plan.put(
        "column_order", delivery, "\n".join([*turned, ""]).encode(), "LOADED", "last column first", len(turned) - 1
    )


def _extra_column(plan: FaultPlan, delivery: Delivery) -> None:
    lines = [f"{delivery.header},SITE_NAME"]
    lines += [f"{row},{'Hindlip' if index % 4 == 0 else ''}" for index, row in enumerate(delivery.rows)]
    filled = (len(delivery.rows) + 3) // 4
    text = "\n".join([*lines, ""])
    plan.put(
        "extra_column", delivery, text.encode(), "LOADED", f"unknown column, filled {filled} times", len(lines) - 1
    )


def _parts(plan: FaultPlan, delivery: Delivery) -> None:
    middle = len(delivery.rows) // 2
    for number, rows in ((1, delivery.rows[:middle]), (2, delivery.rows[middle:])):
        part = replace(delivery, rows=rows, suffix=f"_part{number:02d}")
        plan.put("parts", part, part.text().encode(), "LOADED", "parts of a day add up", len(rows))


def _correction(plan: FaultPlan, delivery: Delivery) -> None:
    """The first delivery has three wrong categories; the correction leaves one other row out."""
    wrong = list(delivery.rows)
    touched = min(3, len(wrong))
    for index in range(touched):
        fields = wrong[index].split(",")
        fields[5] = "ADM-MESSAGE" if fields[5] != "ADM-MESSAGE" else "ADM-LOSTPROP"
        wrong[index] = ",".join(fields)
    base = replace(delivery, rows=wrong)
    plan.put("corrected_later", base, base.text().encode(), "SUPERSEDED", "rows replaced by the correction", touched)
    right = replace(delivery, rows=delivery.rows[:-1], suffix="_101500")
    note = f"{touched} rows stand, the others are equal to the first delivery's; the row left out is not deleted"
    plan.put("correction", right, right.text().encode(), "LOADED", note, touched)


def _missing(plan: FaultPlan, delivery: Delivery) -> None:
    plan.note("missing_day", delivery.path, "MISSING", len(delivery.rows), "never delivered")


def _late(plan: FaultPlan, delivery: Delivery) -> None:
    late = replace(delivery, folder="late_deliveries")
    plan.put(
        "late_day", late, late.text().encode(), "LOADED", "deliver it in a second run: same result", len(late.rows)
    )


NEEDS_LENGTH = frozenset({"missing_day", "late_day"})
CHANGES: tuple[tuple[str, tuple[str, ...], Change], ...] = (
    (
        "windows_1252",
        ("saab_incidents",),
        _encoded("windows_1252", "cp1252", b"", "Windows-1252, three rows with accents"),
    ),
    ("utf_16", ("saab_diary",), _encoded("utf_16", "utf-16-le", b"\xff\xfe", "byte-order mark says UTF-16")),
    ("semicolon", ("saab_resource_status", "acd_agent_intervals"), _delimited("semicolon", ";")),
    ("tab", ("saab_resource_status", "acd_agent_intervals"), _delimited("tab", "\t")),
    ("crlf", ("saab_incident_log", "acd_agent_intervals"), _crlf),
    ("column_order", ("acd_segments", "acd_agent_intervals"), _reordered),
    ("extra_column", ("acd_segments",), _extra_column),
    ("parts", ("acd_segments",), _parts),
    ("correction", ("saab_incidents",), _correction),
    ("missing_day", ("saab_resource_status",), _missing),
    ("missing_day", ("acd_agent_intervals",), _missing),
    ("late_day", ("saab_incident_log",), _late),
)


# -- extra files beside the good one ---


def _same_bytes(plan: FaultPlan, delivery: Delivery) -> None:
    again = replace(delivery, suffix="_235959", folder="resent")
    plan.put("same_bytes", again, again.text().encode(), "DUPLICATE", "the day's file again", len(again.rows))


def _same_bytes_other_day(plan: FaultPlan, delivery: Delivery) -> None:
    other = replace(delivery, business_date=delivery.business_date + timedelta(days=1), suffix="_060000")
    note = "the day's file again under the next day's name"
    plan.put("same_bytes_other_day", other, other.text().encode(), "DUPLICATE", note, len(other.rows))


def _missing_column(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, suffix="_000100")
    lines = [line.rsplit(",", 1)[0] for line in [delivery.header, *delivery.rows]]
    plan.put("missing_column", broken, "\n".join([*lines, ""]).encode(), "QUARANTINED_FILE", "last column missing")


def _doubled_column(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, suffix="_000200")
    lines = [f"{line.split(',')[0]},{line}" for line in [delivery.header, *delivery.rows]]
    plan.put("doubled_column", broken, "\n".join([*lines, ""]).encode(), "QUARANTINED_FILE", "first column twice")


def _header_only(plan: FaultPlan, delivery: Delivery) -> None:
    bare = replace(delivery, rows=[], suffix="_000300")
    plan.put("header_only", bare, bare.text().encode(), "LOADED", "no rows; never moves the as-of instant")


def _empty(plan: FaultPlan, delivery: Delivery) -> None:
    plan.put("empty_file", replace(delivery, suffix="_000400"), b"", "QUARANTINED_FILE", "no bytes: fits no contract")


def _undecodable(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, suffix="_000500")
    content = delivery.header.encode() + b"\n\x81\x8d\x8f\x90\x9d\n"
    plan.put("undecodable", broken, content, "QUARANTINED_FILE", "bytes that neither UTF-8 nor Windows-1252 knows")


def _long_line(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, suffix="_000600")
    content = f"{delivery.header}\n{'9' * (1024 * 1024 + 64)}\n".encode()
    plan.put("line_over_1_mib", broken, content, "QUARANTINED_FILE", "a line over 1 MiB")


def _bomb(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, suffix="_000700", compressed=True)
    data = gzip_repeated(delivery.header.encode() + b"\n", 12 * 1024 * 1024)
    plan.landing.drop(broken.path, data)
    plan.note("over_100_to_1", broken.path, "QUARANTINED_FILE", 0, "compressed more than 100 : 1")


def _cut_gzip(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, suffix="_000800", compressed=True)
    plan.landing.drop(broken.path, broken.data()[:-40])
    plan.note("cut_gzip", broken.path, "QUARANTINED_FILE", 0, "compressed file ends early")


def _swapped_dates(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, suffix="_000900")
    lines = [delivery.header]
    for row in delivery.rows:
        fields = row.split(",")
        fields[1] = f"{fields[1][3:5]}/{fields[1][:2]}{fields[1][5:]}"
        lines.append(",".join(fields))
    note = "day and month swapped: over half of the times lie more than 31 days off"
    plan.put("swapped_day_month", broken, "\n".join([*lines, ""]).encode(), "QUARANTINED_FILE", note)


def _future_name(plan: FaultPlan, delivery: Delivery) -> None:
    broken = replace(delivery, business_date=delivery.business_date + timedelta(days=45), rows=delivery.rows[1:])
    broken.suffix = "_001000"
    note = "business date more than 31 days after its newest time"
    plan.put("date_after_times", broken, broken.text().encode(), "QUARANTINED_FILE", note)


def _growing(plan: FaultPlan, delivery: Delivery) -> None:
    """A transfer that is under way: the rest is kept in the truth folder, so that a test can let it grow."""
    whole = replace(delivery, rows=delivery.rows[::2], suffix="_part09").data()
    half = len(whole) // 2
    name = replace(delivery, suffix="_part09").path + ".filepart"
    plan.landing.drop(name, whole[:half])
    rest = plan.truth.root / "growing" / (PurePosixPath(name).name + ".rest")
    rest.parent.mkdir(parents=True, exist_ok=True)
    rest.write_bytes(whole[half:])
    plan.note("growing", name, "IGNORED", 0, f"still being sent; the rest stands in growing/{rest.name}")


def _part_ending(plan: FaultPlan, delivery: Delivery) -> None:
    name = replace(delivery, suffix="_001100").path + ".part"
    plan.landing.drop(name, delivery.header.encode()[:20])
    plan.note("ignored_ending", name, "IGNORED", 0, "name ends .part")


def _any_day(_day: date) -> bool:
    return True


def _uncompressed(day: date) -> bool:
    """Sunday's segments come compressed: other bytes than the same rows in plain text."""
    return day.weekday() != 6


def _swappable(day: date) -> bool:
    """Whether swapping day and month moves a date by more than 31 days."""
    return day.day <= 12 and abs(day.day - day.month) >= 2


EXTRAS: tuple[tuple[str, tuple[str, ...], Change, Callable[[date], bool]], ...] = (
    ("same_bytes", ("acd_segments",), _same_bytes, _uncompressed),
    ("same_bytes_other_day", ("saab_resource_status",), _same_bytes_other_day, _any_day),
    ("missing_column", ("saab_incidents",), _missing_column, _any_day),
    ("doubled_column", ("acd_segments",), _doubled_column, _any_day),
    ("header_only", ("saab_diary",), _header_only, _any_day),
    ("empty_file", ("acd_segments",), _empty, _any_day),
    ("undecodable", ("saab_incident_log",), _undecodable, _any_day),
    ("line_over_1_mib", ("acd_segments",), _long_line, _any_day),
    ("over_100_to_1", ("saab_incident_log",), _bomb, _any_day),
    ("cut_gzip", ("acd_agent_intervals",), _cut_gzip, _any_day),
    ("swapped_day_month", ("saab_resource_status",), _swapped_dates, _swappable),
    ("date_after_times", ("saab_resource_status",), _future_name, _any_day),
    ("growing", ("acd_segments",), _growing, _any_day),
    ("ignored_ending", ("saab_diary",), _part_ending, _any_day),
)


def gzip_repeated(start: bytes, length: int) -> bytes:
    """A tiny gzip file that unpacks to ``start`` and a long run of commas; written bit by bit, the same everywhere."""
    runs = length // 258
    stored = struct.pack("<BHH", 0, len(start), len(start) ^ 0xFFFF) + start
    bits: list[str] = ["1", "10"]  # last block, fixed codes (bits in order of sending)
    bits.append(f"{0x30 + ord(','):08b}")
    bits.append(("11000101" + "00000") * runs)
    bits.append("0000000")
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    packed = int(text[::-1], 2).to_bytes(len(text) // 8, "little")
    content = start + b"," * (1 + 258 * runs)
    tail = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + stored + packed + tail
