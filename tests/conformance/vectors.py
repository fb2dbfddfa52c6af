"""Conformance vectors: small made-up exports, and the figures that a calculation must give on them.

    python -m tests.conformance.vectors            works the expected figures out anew, from the exports as they stand
    python -m tests.conformance.vectors --exports  makes the exports anew too

The figures come from the independent calculation in `tests/reference`; the pipeline has no part in them.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT
from tests import reference
from tests.integration.against_reference import _response_targets
from tests.reference.layouts import LAYOUTS
from tests.reference.worlds import FIRST_DAYS, Row, _encode, _table, plain_world

HERE = PROJECT / "docs" / "conformance"
EXPORTS, EXPECTED = HERE / "exports", HERE / "expected.json"
PROFILE = PROJECT / "orchestration" / "profiles" / "west_mercia"
SEED = 5
PERIOD = "month"  # all three days of the world lie in one


def write_exports(folder: Path) -> None:
    """One plain file per export and day, without the faults that the tests plant."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = plain_world(SEED)
    first = FIRST_DAYS[SEED % len(FIRST_DAYS)]
    month = first.replace(day=1)
    for export, its_rows in _monthly(rows, first).items():
        rows.setdefault((export, month), its_rows)
    for (export, day), its_rows in sorted(rows.items()):
        is_new_version = day == first + timedelta(days=2)  # the last day comes from version 6
        layout = LAYOUTS[export][-1] if is_new_version else LAYOUTS[export][0]
        needed = (*layout.key, *layout.required)
        its_rows = [row for row in its_rows if all(row.get(field) not in ("", None) for field in needed)]
        (folder / f"{export}_{day:%Y%m%d}.csv").write_bytes(_encode(_table(layout, its_rows), newline="\n"))


def _monthly(rows: dict[tuple[str, date], list[Row]], first: date) -> dict[str, list[Row]]:
    """The monthly exports: few rows, each with an edge in it (a figure that is missing, an outcome that came late)."""
    incidents = {
        row["inc_ref"]: row for (export, _), some in rows.items() if export == "saab_incidents" for row in some
    }
    abused = [reference for reference, row in sorted(incidents.items()) if row["da_flag"] == "Y"]
    outcomes: list[Row] = [
        {
            "inc_ref": name,
            "crime_ref": f"C{number}" if number % 3 else "",
            "victim_id": f"V{number % 4}" if number % 5 else "",
            "suspect_present": ("Y", "N", "")[number % 3],
            "arrest_at": incidents[name]["created"] + timedelta(hours=5) if number % 4 == 0 else "",
            "risk_tool": "DASH",
            "risk_grade": ("HIGH", "MEDIUM", "STANDARD", "")[number % 4],
            "positive_action": "YN"[number % 2],
            "bwv": "NY"[number % 2],
            "protective_order": "N",
            "victim_supports": ("Y", "N", "")[number % 3],
            "outcome_code": "",
            "updated_at": incidents[name]["created"] + timedelta(days=2),
        }
        for number, name in enumerate(abused[: len(abused) * 3 // 4])
    ]
    contacts: list[Row] = [
        {
            "contact_id": f"D{number:03d}",
            "channel": ("SOH", "DIGITAL_DESK", "EMAIL")[number % 3],
            "platform": ("WEB", "FACEBOOK", "EMAIL")[number % 3],
            "direction": "OUT" if number % 7 == 6 else "IN",
            "opened": _noon(first) + timedelta(hours=number * 5),
            "first_reply": _noon(first) + timedelta(hours=number * 5 + 1) if number % 4 else "",
            "topic": "UPDATE",
        }
        for number in range(24)
    ]
    people: list[Row] = [
        {
            "month": f"{first:%Y-%m}", "unit": unit, "role": role, "establishment_fte": planned, "strength_fte": there,
            "headcount": "10", "abstracted_fte": away, "abstraction_reason": "Sickness",
        }
        for unit, role, planned, there, away in (
            ("OCC", "CALL_TAKER", "20.00", "17.50", "1.25"),
            ("OCC", "DISPATCHER", "12.00", "", "0.50"),
            ("OCC", "SUPERVISOR", "4.00", "4.50", ""),
            ("CRIME_BUREAU", "OPERATOR", "6.00", "5.00", "0.00"),
        )
    ]  # fmt: skip
    stages: list[Row] = [
        {"month": f"{first:%Y-%m}", "stage": stage, "count": str(count)}
        for stage, count in (("APPLIED", 30), ("ASSESSED", 8), ("INTERVIEWED", 5), ("APPOINTED", 0))
    ]
    return {"da_outcomes": outcomes, "digital_contacts": contacts, "workforce": people, "recruitment": stages}


def _noon(day: date) -> Any:
    from datetime import UTC, datetime

    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


def expected(folder: Path) -> dict[str, Any]:
    """Every figure by month that the independent calculation gives on the exports below the folder."""
    landing = reference.load(folder)
    rows = reference.indicators(
        landing, reference.calls(landing), reference.incidents(landing), _response_targets(PROFILE)
    )
    return {
        "period_type": PERIOD,
        "figures": [
            {
                "kpi_id": row.kpi_id,
                "period_start": row.period_start.isoformat(),
                "scope_type": row.scope_type,
                "scope_code": row.scope_code,
                "numerator": _exact(row.numerator),
                "denominator": _exact(row.denominator),
                "value": _exact(row.value),
                "measured_count": row.measured_count,
                "eligible_count": row.eligible_count,
            }
            for row in rows
            if row.period_type == PERIOD
        ],
    }


def _exact(value: Any) -> Any:
    """Whole numbers as they are, all else as an exact fraction `13/20`; null where there is no figure."""
    if value is None:
        return None
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else f"{exact.numerator}/{exact.denominator}"


def as_text(found: dict[str, Any]) -> str:
    """JSON with one figure a line, so that a change reads well."""
    lines = ",\n  ".join(json.dumps(row) for row in found["figures"])
    return f'{{\n "period_type": {json.dumps(found["period_type"])},\n "figures": [\n  {lines}\n ]\n}}\n'


def main() -> None:
    if "--exports" in sys.argv[1:]:
        write_exports(EXPORTS)
    EXPECTED.write_text(as_text(expected(EXPORTS)))


if __name__ == "__main__":
    main()
