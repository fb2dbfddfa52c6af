"""Faults in single rows: a value that does not parse, an unknown code, a missing key, an impossible order.

One file per export carries them all; each touches one row, far from the next. What a row becomes is noted with its
line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestration.sample.layouts import HEADERS
from orchestration.sample.truth import Fault, Truth
from orchestration.sample.writers import Delivery

Picker = Callable[[dict[str, str]], bool]


def _any(_row: dict[str, str]) -> bool:
    return True


def _answered(row: dict[str, str]) -> bool:
    return row["DISPOSITION"] == "ANS"


def _filled(column: str) -> Picker:
    return lambda row: bool(row[column])


@dataclass(frozen=True)
class RowFault:
    """A changed value, or a changed line, in one row that suits."""

    kind: str
    outcome: str
    column: str = ""
    value: str = ""
    picks: Picker = _any
    note: str = ""
    change: Callable[[str], list[str]] | None = None  # the line becomes these lines; the fault is the last one


def _short(line: str) -> list[str]:
    return [line.rsplit(",", 2)[0]]


def _long(line: str) -> list[str]:
    return [line + ",SURPLUS"]


def _twice(line: str) -> list[str]:
    return [line, line]


def _older_copy(line: str) -> list[str]:
    """An older standing of the same incident, in the same file, after the row that stands."""
    fields = line.split(",")
    older = list(fields)
    older[18], older[19], older[6] = "OPEN", "", ""
    older[20] = fields[1]
    return [line, ",".join(older)]


def _early_scene(line: str) -> list[str]:
    """Somebody pressed "at scene" years before the incident (a test message): impossible order."""
    fields = line.split(",")
    early = f"{fields[1][:6]}2020{fields[1][10:]}"
    return [line, ",".join([fields[0], early, "6", *fields[3:]])]


def _orphan(line: str) -> list[str]:
    fields = line.split(",")
    place = 3 if len(fields) == 5 else 2 if len(fields) == 12 else 0
    fields[place] = "WM-20210829-99901"
    if place == 2:
        fields[0] = "AP21082999901"
    if place == 3:
        fields[0] = "ZZX99"
    return [line, ",".join(fields)]


def _closed_early(line: str) -> list[str]:
    fields = line.split(",")
    closed = fields[19]
    fields[19] = f"2019{closed[4:]}" if closed[4] == "-" else f"{closed[:6]}2019{closed[10:]}"
    return [",".join(fields)]


def _rich_text(line: str) -> list[str]:
    fields = line.split(",")
    fields[7] = '"ALC|said ""no, thanks""\nand left"'
    return [",".join(fields)]


Q_ROW, COUNTED, LOADED = "QUARANTINED_ROW", "COUNTED", "LOADED"

PLANS: dict[str, tuple[RowFault, ...]] = {
    "acd_segments": (
        RowFault("unparsable", Q_ROW, "QUEUE_SECS", "n/a", _answered),
        RowFault("decimal_seconds", Q_ROW, "TALK_SECS", "12.5", _answered),
        RowFault("negative", COUNTED, "QUEUE_SECS", "-7", _answered, "becomes null; the call's wait is unknown"),
        RowFault("unknown_code", COUNTED, "DISPOSITION", "Timed_out"),
        RowFault("unknown_code", COUNTED, "DIALLED", "112", note="line becomes OTHER"),
        RowFault("unknown_code", COUNTED, "QUEUE", "OCC_111", _answered),
        RowFault("unknown_code", COUNTED, "WRAP_CODE", "MISC", _answered),
        RowFault("null_key", Q_ROW, "CALL_ID", ""),
        RowFault("null_required", Q_ROW, "SEG_START", ""),
        RowFault("unparsable", Q_ROW, "SEG_END", "2021-09-19 10:00"),
        RowFault("ragged_short", Q_ROW, change=_short),
        RowFault("ragged_long", Q_ROW, change=_long),
        RowFault("nul", Q_ROW, "TEAM", "OCC\x00A", _answered),
        RowFault("equal_row_twice", "DUPLICATE", change=_twice, note="one of the two is rows_duplicate"),
        RowFault("missing_duration", COUNTED, "WRAP_SECS", "", _answered, "wrap time unknown"),
    ),
    "saab_incidents": (
        RowFault("flag", COUNTED, "DA_FLAG", "U", note="false, and counted"),
        RowFault("unknown_code", COUNTED, "SOURCE", "TEXT_RELAY"),
        RowFault("unknown_code", COUNTED, "OPEN_CODE", "XXX-99"),
        RowFault("unknown_code", COUNTED, "LPA", "WARKS"),
        RowFault("unknown_code", COUNTED, "GRADE_CURR", "5", _filled("GRADE_CURR")),
        RowFault("unknown_code", COUNTED, "THRIVE_RISK", "CRITICAL", _filled("THRIVE_RISK")),
        RowFault("null_key", Q_ROW, "INC_REF", ""),
        RowFault("null_required", Q_ROW, "CREATED", ""),
        RowFault("unparsable", Q_ROW, "RECORDED", "9/9/21 7:30"),
        RowFault("nonexistent_local_time", Q_ROW, "CREATED", "28/03/2021 01:30:00", note="the hour the clocks skipped"),
        RowFault("rich_text", LOADED, change=_rich_text, note="comma, quotes and a line break in one field"),
        RowFault(
            "older_row_same_file", "SUPERSEDED", picks=lambda row: row["LAST_UPDATED"] != row["CREATED"],
            change=_older_copy, note="the row with the newer stamp stands",
        ),
        RowFault(
            "impossible_order", COUNTED, "CLOSED", picks=_filled("CLOSED"), change=_closed_early,
            note="closed before created",
        ),
    ),
    "saab_incident_log": (
        RowFault("unknown_code", COUNTED, "EVENT_CODE", "TRANSFERRED", lambda row: row["EVENT_CODE"] == "ESCALATED"),
        RowFault("unparsable", Q_ROW, "EVENT_NO", "four"),
        RowFault("null_required", Q_ROW, "EVENT_TIME", "", lambda row: row["EVENT_CODE"] == "THRIVE"),
        RowFault("orphan_event", COUNTED, change=_orphan, note="its incident never comes"),
        RowFault("equal_row_twice", "DUPLICATE", change=_twice),
    ),
    "saab_resource_status": (
        RowFault("unknown_code", COUNTED, "STATUS_CODE", "99"),
        RowFault("null_required", Q_ROW, "STATUS_TIME", ""),
        RowFault("null_key", Q_ROW, "CALLSIGN", ""),
        RowFault("orphan_status", COUNTED, change=_orphan, note="its incident never comes"),
        RowFault(
            "at_scene_before_created", COUNTED, picks=lambda row: row["STATUS_CODE"] == "6", change=_early_scene,
            note="invalid: left out before the earliest is taken",
        ),
        RowFault("equal_row_twice", "DUPLICATE", change=_twice),
    ),
    "saab_diary": (
        RowFault("unknown_code", COUNTED, "STATUS", "DONE"),
        RowFault("unparsable", Q_ROW, "SLOT_END", "noon"),
        RowFault("null_key", Q_ROW, "APPT_ID", ""),
        RowFault("orphan_appointment", COUNTED, change=_orphan, note="its incident never comes"),
    ),
    "digital_contacts": (RowFault("unknown_code", COUNTED, "CHANNEL", "WHATSAPP"),),
    "da_outcomes": (
        RowFault("flag", COUNTED, "BWV", "MAYBE"),
        RowFault("unparsable", Q_ROW, "ARREST_AT", "overnight"),
    ),
    "workforce": (RowFault("negative", COUNTED, "ABSTRACTED_FTE", "-1.50", note="becomes null"),),
    "legacy_incidents": (
        RowFault("unknown_code", COUNTED, "Grade", "9"),
        RowFault("unparsable", Q_ROW, "FirstAtScene", "25:61:00", _filled("FirstAtScene")),
        RowFault("null_key", Q_ROW, "IncidentNo", ""),
    ),
}  # fmt: skip
"""By export. Daily exports carry theirs in one file of the period, the others in every file."""

TAIL = 4  # last rows of a file that are left alone: an open quote swallows them
OPEN_QUOTE_EXPORTS = frozenset({"saab_incident_log"})
MULTI_LEG_EXPORTS = frozenset({"acd_segments"})


def plant_rows(truth: Truth, delivery: Delivery) -> None:
    """Change the delivery's rows in place; a file with too few rows is left as it is."""
    plan = PLANS[delivery.export]
    columns = _columns(delivery)
    original = delivery.rows
    chosen = _choose(plan, original, columns, _tail(delivery))
    lines: list[str] = []
    notes: list[tuple[RowFault, int, str]] = []
    line_number = 2
    for index, row in enumerate(original):
        fault = chosen.get(index)
        changed = _apply(fault, row, columns) if fault else [row]
        for position, line in enumerate(changed):
            if fault and position == len(changed) - 1:
                notes.append((fault, line_number, _shown(fault, line, columns)))
            lines.append(line)
            line_number += 1 + line.count("\n")
    delivery.rows = lines
    for fault, number, value in notes:
        column = delivery.header.split(",")[columns.index(fault.column)] if fault.column else ""
        truth.plant(Fault(fault.kind, delivery.path, number, fault.outcome, 1, column, value, fault.note))
    missing = [fault for fault in plan if fault not in chosen.values()]
    for fault in missing:
        truth.plant(Fault(fault.kind, delivery.path, None, "SKIPPED", 0, fault.column, fault.value, "no row suits it"))
    if delivery.export in OPEN_QUOTE_EXPORTS and len(lines) > 30:
        _open_quote(truth, delivery, line_number)
    if delivery.export in MULTI_LEG_EXPORTS:
        _note_multi_leg(truth, delivery)


def _columns(delivery: Delivery) -> list[str]:
    """Column names of the first version: a later version holds the same columns first, in the same order."""
    names = delivery.header.split(",")
    first = HEADERS[delivery.export][0].split(",")
    return first + names[len(first) :]


def suits(delivery: Delivery) -> bool:
    """Whether every fault finds its row."""
    plan = PLANS[delivery.export]
    return len(_choose(plan, delivery.rows, _columns(delivery), _tail(delivery))) == len(plan)


def _tail(delivery: Delivery) -> int:
    return TAIL if delivery.export in OPEN_QUOTE_EXPORTS else 0


def _choose(plan: tuple[RowFault, ...], rows: list[str], columns: list[str], tail: int) -> dict[int, RowFault]:
    """Row numbers for the faults, spread over the file, each the next row that suits."""
    chosen: dict[int, RowFault] = {}
    usable = len(rows) - tail
    if usable < len(plan) + 1:
        return chosen
    for number, fault in enumerate(plan):
        start = (number + 1) * usable // (len(plan) + 1)
        for offset in range(usable):
            index = (start + offset) % usable
            if index in chosen or '"' in rows[index]:
                continue
            if fault.picks(dict(zip(columns, rows[index].split(","), strict=True))):
                chosen[index] = fault
                break
    return chosen


def _apply(fault: RowFault, row: str, columns: list[str]) -> list[str]:
    if fault.change is not None:
        return fault.change(row)
    fields = row.split(",")
    fields[columns.index(fault.column)] = fault.value
    return [",".join(fields)]


def _shown(fault: RowFault, line: str, columns: list[str]) -> str:
    """The planted value, for the truth."""
    if fault.change is None or fault.column == "":
        return fault.value
    return line.split(",")[columns.index(fault.column)]


def _open_quote(truth: Truth, delivery: Delivery, next_line: int) -> None:
    """A quote that is never closed, three records before the end: one quarantined record from there on."""
    swallowed = 3
    index = len(delivery.rows) - swallowed
    fields = delivery.rows[index].split(",")
    fields[5] = '"never closed'
    delivery.rows[index] = ",".join(fields)
    note = f"from here to the end one record; {swallowed} records are swallowed"
    truth.plant(Fault("open_quote", delivery.path, next_line - swallowed, "QUARANTINED_ROW", 1, "", "", note))


def _note_multi_leg(truth: Truth, delivery: Delivery) -> None:
    """A call of several segments in the clean volume: one call, counted once."""
    for number, row in enumerate(delivery.rows, 2):
        fields = row.split(",")
        if len(fields) > 5 and fields[1] == "3" and fields[6] == "ANS":
            truth.plant(Fault("multi_leg_call", delivery.path, number, "LOADED", 1, "CALL_ID", fields[0], "one call"))
            return
