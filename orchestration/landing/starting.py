"""Starting: a new force's profile, with the code lists of the project's own vocabulary and room for the force's.

What belongs here: which reference lists a force keeps for itself and which come with the project. Not here: contracts.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import UsageProblem
from orchestration.settings import PROJECT

_SHIPPED = PROJECT / "orchestration" / "profiles" / "west_mercia" / "reference"
_FIRST_DAY = "1990-01-01"
_NAME = re.compile(r"[a-z][a-z0-9_]*")

# Lists that say what the project's own codes mean: contracts translate a stranger's codes into these.
VOCABULARY: dict[str, str] = {
    "appointment_statuses": "statuses of an appointment",
    "briefing_measures": "which figures stand in which briefing",
    "channels": "digital channels",
    "da_pilot_design": "the design of a pilot: header only",
    "diaries": "kinds of diary",
    "dispositions": "how a call segment ended: ANS answered, ABN abandoned in the queue, IVR_ABN, IVR_END, XFER, ...",
    "event_codes": "events of an incident: CREATED, GRADED, TASKED, ASSIGNED, UNASSIGNED, CLOSED, REOPENED, ...",
    "exports": "the exports and the system that each comes from",
    "grades": "1 emergency, 2 priority, 3 scheduled, 4 without deployment",
    "lines": "999, 101, SWITCHBOARD, INTERNAL, OTHER, with the seconds that an answer is measured against",
    "parameters": "limits that indicators use",
    "recruitment_stages": "stages of recruitment",
    "shifts": "early, late, night",
    "sources": "how an incident came in",
    "status_codes": "radio statuses: 5 en route, 6 at scene, 2 available, 11 off duty, ...",
    "thrive_risks": "HIGH, MEDIUM, STANDARD",
    "wrap_codes": "what a call was about",
}

# Lists that only the force can fill, and what is the case while they are empty.
OWN: dict[str, str] = {
    "areas": "every incident is of area UNKNOWN: the force has figures, single areas have none",
    "bank_holidays": "no day is a holiday",
    "categories": "every category is UNKNOWN: nothing is told apart by kind of incident",
    "measuring_queues": "as made: any queue of a line measures its waiting",
    "published_figures": "nothing to reconcile with",
    "queues": "every queue is UNKNOWN by name; waiting is measured all the same",
    "response_targets": "no share of responses within a target; times and medians stand",
    "series_breaks": "control charts never begin anew",
    "system_versions": "as `occ contract init` leaves it: the incident system's version is UNKNOWN",
    "targets": "indicators of answered calls carry no target",
    "unresourced_limits": "unresourced incidents carry no upper limit",
}
_NO_ROWS = frozenset({"da_pilot_design"})


@dataclass(frozen=True)
class Started:
    """A profile that was made, and the lists to fill."""

    folder: Path
    own: dict[str, str]


def start_profile(folder: Path, *, name: str, title: str, time_zone: str) -> Started:
    """Write profile.yaml, an empty contracts folder and every reference list. Raises UsageProblem."""
    if not _NAME.fullmatch(name):
        raise UsageProblem(f"A profile's name holds small letters, digits and _ only, which {name!r} does not.")
    if folder.exists() and any(folder.iterdir()):
        raise UsageProblem(f"{folder} is there already and is not empty: name another folder.")
    _check_zone(time_zone)
    (folder / "contracts").mkdir(parents=True)
    (folder / "reference").mkdir()
    (folder / "profile.yaml").write_text(
        _PROFILE.format(name=name, title=title or name, zone=time_zone), encoding="utf-8"
    )
    for list_name in sorted(VOCABULARY | OWN):
        (folder / "reference" / f"{list_name}.csv").write_text(_list(list_name), encoding="utf-8")
    return Started(folder, OWN)


def _check_zone(time_zone: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(time_zone)
    except (ValueError, OSError, KeyError):
        raise UsageProblem(f"{time_zone!r} is not a time zone; write it as America/Toronto.") from None


def _list(name: str) -> str:
    """A reference list for a new profile: the shipped one, of which a force's own rows are left away."""
    with (_SHIPPED / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        header, rows = list(reader.fieldnames or []), list(reader)
    if name in OWN or name in _NO_ROWS:
        rows = [row for row in rows if row.get("code") == "UNKNOWN"]
    if name == "briefing_measures":  # a unit's own figures are asked for by the name that the force gave it
        rows = [row for row in rows if row["scope_type"] != "unit" or row["scope_code"] == "*"]
    if name == "measuring_queues":
        rows = [{"line": line, "queue": "*", "source": "any queue"} for line in _lines()]
    for row in rows:
        if "valid_from" in header:
            row["valid_from"] = _FIRST_DAY
        if "valid_to" in header:
            row["valid_to"] = ""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _lines() -> list[str]:
    with (_SHIPPED / "lines.csv").open(encoding="utf-8", newline="") as stream:
        return [row["code"] for row in csv.DictReader(stream)]


_PROFILE = """\
# What belongs to one force. Contracts (one file per export and version) and reference data stand beside this file.
name: {name}
title: {title}
time_zone: {zone}

# How times are written; a contract names one of these, or brings its own.
#   means: local (wall clock of the time zone), utc, offset (the text says), or nothing for days, months and clocks
formats:
  iso_local: {{pattern: "%Y-%m-%d %H:%M:%S", means: local}}
  iso_utc: {{pattern: "%Y-%m-%dT%H:%M:%SZ", means: utc}}
  iso_offset: {{pattern: "%Y-%m-%dT%H:%M:%S%:z", means: offset}}
"""
