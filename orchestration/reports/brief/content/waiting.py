"""What waits: unresourced incidents and diaries, at the end of a day and through a period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from orchestration.reports.brief.blocks import Block, Table
from orchestration.reports.brief.content.common import names_of
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.formatting import NOTHING, cell, clock, day, duration, number, part

KINDS = {
    "LIVE": "Unresourced",
    "SCHEDULED": "Scheduled appointment",
    "DIARY_CAR": "Diary car",
    "DA_DIARY_CAR": "Domestic-abuse diary car",
    "ALL": "All that waits",
}
_COLUMNS = ["Incidents", "High risk", "Domestic abuse", "Beyond response target", "Slot passed", "Longest wait"]
# What a row is of: the force as a whole, or one area, grade or span of age.
_WHOLE = {"area_code": "FORCE", "grade": "ALL", "age_band": "ALL"}


def at_the_end(it: Read) -> Iterator[Block]:
    """What waited at the end of the period's last day, by kind."""
    whole = [row for row in it.waiting if _is_of(row, None)]
    if whole:
        yield _counted(
            f"Waiting at the end of {day(it.period['reached_on'])}", "Waits for a resource, or in a diary", whole, _kind
        )


def parts(it: Read) -> Iterator[Block]:
    """What was unresourced at the end of the last day, by grade, age and area."""
    live = [row for row in it.waiting if row["kind"] == "LIVE" and row["incident_count"]]
    named: tuple[tuple[str, str, Callable[[Row], str]], ...] = (
        ("grade", "Grade", lambda row: part(row["grade"], row["grade_label"])),
        ("age_band", "Has waited", lambda row: str(row["age_band"]).partition(" ")[2].capitalize()),
        ("area_code", "Area", lambda row: part(row["area_code"], row["area_label"])),
    )
    for name, column, label in named:
        rows = [row for row in live if _is_of(row, name)]
        if rows:
            caption = f"Unresourced at the end of {day(it.period['reached_on'])}, by {column.lower()}"
            yield _counted(caption.replace("by has waited", "by how long already"), column, rows, label)


def _is_of(row: Row, name: str | None) -> bool:
    return all((row[column] == whole) != (column == name) for column, whole in _WHOLE.items())


def _kind(row: Row) -> str:
    return KINDS.get(row["kind"], str(row["kind"]))


def _counted(caption: str, column: str, rows: Sequence[Row], named: Callable[[Row], str]) -> Table:
    return Table(
        caption=caption,
        columns=[column, *_COLUMNS],
        rows=[
            [
                named(row),
                number(row["incident_count"]),
                number(row["high_risk_count"]),
                number(row["domestic_abuse_count"]),
                number(row["beyond_target_count"]),
                number(row["overdue_count"]),
                duration(row["oldest_seconds"]) if row["incident_count"] else NOTHING,
            ]
            for row in rows
        ],
        numeric=frozenset(range(1, 7)),
    )


def flow(it: Read) -> Iterator[Block]:
    """Stock, inflow and outflow of the period, which add up."""
    whole = [row for row in it.unresourced if row["area_code"] == "FORCE" and row["grade"] == "ALL"]
    by_area = [row for row in it.unresourced if row["kind"] == "LIVE" and row["area_code"] != "FORCE"]
    by_grade = [row for row in it.unresourced if row["kind"] == "LIVE" and row["grade"] != "ALL"]
    areas, grades = names_of(it, "area"), names_of(it, "grade")
    if whole:
        yield _flow("What waited, came and went", "Waits for a resource, or in a diary", whole, _kind)
    if by_area:
        yield _flow(
            "Unresourced by area", "Area", by_area, lambda row: part(row["area_code"], areas.get(row["area_code"]))
        )
    if by_grade:
        yield _flow("Unresourced by grade", "Grade", by_grade, lambda row: part(row["grade"], grades.get(row["grade"])))


def _flow(caption: str, column: str, rows: Sequence[Row], named: Callable[[Row], str]) -> Table:
    limits = next((row for row in rows if row["upper_limit"] is not None), None)
    note = (
        f"Upper limit {number(limits['upper_limit'])}, area of concern {cell(limits['area_of_concern'])}."
        if limits
        else "No upper limit and no area of concern are known: the force's own are not in its parameters."
    )
    return Table(
        caption=caption,
        columns=[column, "At its beginning", "Came", "Went", "At its end", "Average", "Most at any hour"],
        rows=[
            [
                named(row),
                number(row["opening_count"]),
                number(row["inflow_count"]),
                number(row["outflow_count"]),
                number(row["closing_count"]),
                number(row["average_count"]),
                number(row["highest_count"]),
            ]
            for row in rows
        ],
        note=f"A change of area or grade counts as one that went and one that came. {note}",
        numeric=frozenset(range(1, 7)),
    )


def diary(it: Read) -> Iterator[Block]:
    """The appointments of the day that is over, and those of the day that begins."""
    for which, said in (("OVER", "of the day that is over"), ("BEGINS", "of the day that begins")):
        rows = [row for row in it.diary if row["which"] == which]
        if not rows:
            continue
        outcomes = (
            [("Kept on time", "kept_count"), ("Late", "late_count"), ("Failed", "failed_count")]
            if which == "OVER"
            else []
        )
        columns = [
            ("Appointments", "appointment_count"),
            *outcomes,
            ("Cancelled", "cancelled_count"),
            ("Outstanding", "outstanding_count"),
            ("Domestic abuse", "domestic_abuse_count"),
            ("Should not have been booked", "inappropriate_count"),
            ("Moved before", "moved_count"),
        ]
        yield Table(
            caption=f"Appointments {said}: {day(rows[0]['appointment_date'])}",
            columns=["Diary", *(label for label, _ in columns)],
            rows=[
                [row["diary_label"] or part(row["diary_code"]), *(number(row[name]) for _, name in columns)]
                for row in rows
            ],
            numeric=frozenset(range(1, len(columns) + 1)),
        )


def outage_table(it: Read) -> Iterator[Block]:
    """What each disruption did, line by line."""
    rows = [row for row in it.disruptions if row["is_in_period"]]
    if not rows:
        return
    yield Table(
        caption="Calls during the disruption",
        columns=[
            "Disruption and line",
            "Presented",
            "Usual at that time",
            "Not received",
            "Lost",
            "Incidents keyed in later",
        ],
        rows=[
            [
                f"{clock(row['started_at_local'])} to {clock(row['ended_at_local'])}, "
                + ("all lines" if row["line"] == "ALL" else str(row["line"])),
                number(row["presented_count"]),
                number(row["usual_presented_count"]),
                number(row["not_received_count"]),
                _lost(row),
                number(row["back_keyed_count"]),
            ]
            for row in rows
        ],
        numeric=frozenset(range(1, 6)),
    )


def _lost(row: Row) -> str:
    if row["calls_lost"] is not None:
        return number(row["calls_lost"])
    if row["calls_lost_low"] is None or row["calls_lost_high"] is None:
        return "not known"
    return f"{number(row['calls_lost_low'])} to {number(row['calls_lost_high'])}"
