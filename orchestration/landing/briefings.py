"""The list of a profile that says which figures stand in which briefing, checked before a run works with it.

What belongs here: what is wrong with a row, told with file and line. Not here: what a briefing makes
of it (reports.brief_figures).
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from orchestration.errors import EnvironmentProblem
from orchestration.settings import DBT_PROJECT

NAME = "briefing_measures.csv"
COLUMNS = (
    *("brief", "section", "place", "kpi_id", "scope_type", "scope_code"),
    *("period_type", "is_first_page", "source"),
)
BRIEFS = ("daily", "weekly", "monthly", "quarterly")
_PERIODS = ("day", "week", "month", "quarter", "year")
_SCOPES = (
    *("force", "area", "urban", "area_urban", "grade", "line", "team", "shift"),
    *("channel", "diary", "unit", "export", "source", "stage"),
)
_ALLOWED = {
    "brief": BRIEFS,
    "period_type": _PERIODS,
    "scope_type": _SCOPES,
    "is_first_page": ("true", "false"),
}
_SECTION = re.compile(r"[a-z][a-z0-9_]*")
_INDICATOR = re.compile(r"^\s*- kpi_id: (\w+)\s*$", re.MULTILINE)


class BriefingProblem(EnvironmentProblem):
    """The list cannot be used; the message says file and line, and what to do."""


@cache
def indicators() -> frozenset[str]:
    """Every indicator that a model of metrics defines, or that was asked for and none can supply."""
    folder = DBT_PROJECT / "models" / "metrics"
    return frozenset(
        found for path in folder.rglob("*.sql") for found in _INDICATOR.findall(path.read_text(encoding="utf-8"))
    )


def check(profile: Path) -> None:
    """Raises BriefingProblem at the first row of the profile's list that cannot be used."""
    file = profile / "reference" / NAME
    if not file.exists():
        raise BriefingProblem(
            f"{file} is missing: it says which figures stand in which briefing. Copy it from the profile west_mercia, "
            "or from a profile that `occ profile init` starts."
        )
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise BriefingProblem(f"{file}, line 1: the columns must be {','.join(COLUMNS)}.")
        seen: dict[tuple[str | None, ...], int] = {}
        for row in reader:
            line = reader.line_num
            if wrong := _wrong(row):
                raise BriefingProblem(f"{file}, line {line}: {wrong}")
            key = tuple(row[column] for column in COLUMNS if column not in {"place", "is_first_page", "source"})
            if key in seen:
                raise BriefingProblem(f"{file}, line {line}: it says the same as line {seen[key]}; take one out.")
            seen[key] = line


def _wrong(row: dict[str, str | None]) -> str | None:
    """What is wrong with a row, and what to do; None where nothing is."""
    if None in row or None in row.values():
        return f"the line has more or fewer values than the {len(COLUMNS)} columns."
    said = {column: row[column] or "" for column in COLUMNS}
    for column, allowed in _ALLOWED.items():
        if said[column] not in allowed:
            return f"{column} is {said[column]!r}; write one of {', '.join(allowed)}."
    if said["kpi_id"] not in indicators():
        return (
            f"no model in dbt_project/models/metrics defines the indicator {said['kpi_id']!r}; mend the name, or "
            "define the indicator there first."
        )
    if not _SECTION.fullmatch(said["section"]):
        return f"section is {said['section']!r}; write small letters, digits and _."
    if not said["place"].isdigit():
        return f"place is {said['place']!r}; write a whole number."
    if not said["scope_code"]:
        return "scope_code is empty; write a code, FORCE for the force, or * for every one there is."
    return None
