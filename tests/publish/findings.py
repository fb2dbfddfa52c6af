"""What the views of findings and arrivals should say, counted in plain Python from the rows they read. No SQL here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
GRAVITY = {"PASS": 0, "WARN": 1, "FAIL": 2, "ERROR": 3}
WEEK = timedelta(days=7)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def judged(results: Iterable[Row]) -> list[Row]:
    """Results that judge something, in time, each with the day that it counts for."""
    found: list[Row] = []
    reached: date | None = None
    by_run: dict[str, list[Row]] = defaultdict(list)
    for row in results:
        by_run[row["generation"]].append(row)
    for generation in sorted(by_run):
        for row in by_run[generation]:
            if row["business_date"] and (reached is None or row["business_date"] > reached):
                reached = row["business_date"]
        found += [
            {**row, "judged_date": row["business_date"] or reached}
            for row in by_run[generation]
            if row["status"] in GRAVITY
        ]
    return found


def rules(rule_ids: Iterable[str], results: list[Row], reviews: list[Row]) -> dict[str, Row]:
    """rule_id to what reports.quality_rules says of it."""
    newest_run = max((row["generation"] for row in results), default="")
    said: dict[str, Row] = {}
    for rule_id in rule_ids:
        mine = [row for row in judged(results) if row["rule_id"] == rule_id]
        last = mine[-1] if mine else None
        week_before = last["judged_date"] - WEEK if last and last["judged_date"] else date.min
        earlier = [row for row in mine[:-1] if row["judged_date"] and row["judged_date"] <= week_before]
        before = earlier[-1] if earlier else None
        since = None
        for row in mine:  # forwards, as it happened
            if row["status"] == "PASS":
                since = None
            elif since is None:
                since = row["generation"]
        holding = [row for row in reviews if row["rule_id"] == rule_id and row["standing"] in ("IN_FORCE", "EXPIRED")]
        review = holding[0] if holding else None
        reopened = _reopened(last, review, mine)
        failing = last is not None and last["status"] != "PASS"
        said[rule_id] = {
            "status": last and last["status"],
            "generation": last and last["generation"],
            "failed_count": last and last["failed_count"],
            "status_in_run": next(
                (r["status"] for r in results if r["rule_id"] == rule_id and r["generation"] == newest_run), None
            ),
            "status_before": before and before["status"],
            "failed_count_before": before and before["failed_count"],
            "generation_before": before and before["generation"],
            "change": _change(last, before),
            "since": since,
            "reopened_because": reopened,
            "is_open": failing and (review is None or reopened is not None),
        }
    return said


def _change(last: Row | None, before: Row | None) -> str:
    if last is None:
        return "NONE"
    if before is None:
        return "FIRST"
    now, then = GRAVITY[last["status"]], GRAVITY[before["status"]]
    if not now:
        return "MENDED" if then else "NONE"
    if not then:
        return "NEW"
    if now != then:
        return "WORSE" if now > then else "BETTER"
    share, share_then = last["failed_ratio"], before["failed_ratio"]
    if share is None or share_then is None:
        return "SAME"
    return "WORSE" if share > share_then * 1.1 else "BETTER" if share * 1.1 < share_then else "SAME"


def _reopened(last: Row | None, review: Row | None, mine: list[Row]) -> str | None:
    if last is None or last["status"] == "PASS" or review is None:
        return None
    if not review["is_in_force"]:
        return "EXPIRED"
    if review["state"] == "fixed" and last["generation"] > review["seen_generation"]:
        return "FAILED_AGAIN"
    seen = [row for row in mine if row["generation"] <= review["seen_generation"]]
    if GRAVITY[last["status"]] > (GRAVITY[seen[-1]["status"]] if seen else 0):
        return "GRAVER"
    share, share_seen = last["failed_ratio"], seen[-1]["failed_ratio"]
    if share is not None and share_seen is not None and share > 2 * share_seen:
        return "GREW" if last["failed_count"] > seen[-1]["failed_count"] else None
    return None


def history(results: list[Row]) -> dict[tuple[str, date], Row]:
    """(rule_id, Monday) to its last judgement of that week, of 26 weeks."""
    rows = [row for row in judged(results) if row["judged_date"]]
    newest = max(monday(row["judged_date"]) for row in rows)
    return {
        (row["rule_id"], monday(row["judged_date"])): row
        for row in rows
        if monday(row["judged_date"]) > newest - 26 * WEEK
    }


def scores(results: list[Row]) -> dict[tuple[date, str, str], tuple[int, int, int, int]]:
    """(Monday, dimension, system) to rules judged, passed, rows checked, failed."""
    found: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (_, week), row in history(results).items():
        for dimension in (row["dimension"], "ALL"):
            for system in (row["system"], "ALL"):
                numbers = (1, row["status"] == "PASS", row["checked_count"], row["failed_count"])
                for place, number in enumerate(numbers):
                    found[week, dimension, system][place] += number
    return {key: (told[0], told[1], told[2], told[3]) for key, told in found.items()}


def periods(export: Row) -> list[tuple[date, date]]:
    """First and last day of what an export is expected for."""
    if export["cadence"] == "change" or export["first_date_of_any"] is None:
        return []
    until = export["as_of_date"] if export["due_days"] is not None else export["newest_business_date"]
    if until is None:
        return []
    day = export["first_business_date"] or export["first_date_of_any"]
    found = []
    if export["cadence"] == "month":
        day = day.replace(day=1)
    if export["cadence"] == "week":
        day = monday(day)
    while day <= until:
        if export["cadence"] == "day":
            after = day + timedelta(days=1)
        elif export["cadence"] == "week":
            after = day + WEEK
        else:
            after = (day + timedelta(days=31)).replace(day=1)
        found.append((day, after - timedelta(days=1)))
        day = after
    return found


def is_due(export: Row, last_day: date) -> bool:
    """Whether a file had to be there on the morning after the newest delivered day."""
    morning_after = export["as_of_date"] + timedelta(days=1)
    return export["due_days"] is None or last_day + timedelta(days=export["due_days"]) <= morning_after


def arrivals(exports: list[Row], deliveries: list[Row]) -> dict[tuple[str, date], tuple[str, int, int]]:
    """(export, day) to its state, files and rows loaded, of 53 weeks."""
    found: dict[tuple[str, date], tuple[str, int, int]] = {}
    for export in exports:
        if export["as_of_date"] is None:
            continue
        oldest = export["as_of_date"] - timedelta(days=370)
        newest = max(export["as_of_date"], export["newest_business_date"] or export["as_of_date"])
        mine = [row for row in deliveries if row["export"] == export["export"] and row["business_date"]]
        expected = dict(periods(export))
        days = {row["business_date"] for row in mine} | set(expected)
        for day in days:
            if not oldest <= day <= newest:
                continue
            files = [row for row in mine if row["business_date"] == day]
            counted = [row for row in files if row["status"] in ("LOADED", "SUPERSEDED")]
            aside = [row for row in files if row["status"] == "QUARANTINED"]
            if counted:
                if sum(row["rows_quarantined"] for row in files):
                    state = "PARTLY"
                else:
                    state = "CORRECTED" if len(counted) > 1 or aside else "ARRIVED"
            elif aside:
                state = "QUARANTINED"
            elif day in expected and is_due(export, expected[day]):
                state = "MISSING"
            else:
                state = "NOT_DUE"
            found[export["export"], day] = (state, len(files), sum(row["rows_loaded"] for row in files))
    return found


def freshness(exports: list[Row], deliveries: list[Row]) -> dict[str, Row]:
    """Export to how fresh it is and whether its rows add up."""
    found: dict[str, Row] = {}
    names = {export["export"]: export for export in exports}
    for name in {*names, *(row["export"] or "UNKNOWN" for row in deliveries)}:
        export = names.get(name)
        mine = [row for row in deliveries if (row["export"] or "UNKNOWN") == name]
        came = {row["business_date"] for row in mine if row["status"] in ("LOADED", "SUPERSEDED")}
        listed = periods(export) if export else []
        due = [day for day, last in listed if export and is_due(export, last)]
        late = [
            day
            for day in due
            if day not in came
            and export
            and (export["newest_business_date"] is None or day > export["newest_business_date"])
        ]
        behind = None
        if export and export["due_days"] is not None and export["covered_until_date"]:
            behind = max((export["as_of_date"] - export["covered_until_date"]).days, 0)
        read = sum(row["rows_read"] for row in mine)
        parts = ("loaded", "superseded", "duplicate", "quarantined", "erased")
        found[name] = {
            "is_late": bool(late),
            "late_since_date": min(late, default=None),
            "days_behind": behind,
            "expected_count": len({*due, *(day for day, _ in listed if day in came)}),
            "delivered_count": len([day for day, _ in listed if day in came]),
            "missing_count": len([day for day in due if day not in came]),
            "rows_read": read,
            "unaccounted_count": read - sum(row[f"rows_{part}"] for row in mine for part in parts),
        }
    return found
