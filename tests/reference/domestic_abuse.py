"""Domestic-abuse incidents with what became of them, repeats by victim, and the pilot. No indicator arithmetic.

Choices: a repeat needs an earlier incident of the same victim that SAAB holds and that is no duplicate; the window is
whole days of 86,400 seconds, its far end inclusive. An incident without an outcome has no victim, so repeats nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from . import clocks
from .incident_facts import Incident
from .landing import Landing

REPEAT_DAYS = (28, 365)
ATTENDED_WITHIN = 86_400


class Pilot(NamedTuple):
    """One area of the pilot's design and the days it ran there, both inclusive."""

    area_code: str
    starts_on: date
    ends_on: date


class DomesticAbuse(NamedTuple):
    incident_key: str
    system_version: str
    created_at: int
    created_day: int
    area_code: str
    grade_final: str | None
    is_duplicate: bool
    is_back_record: bool
    is_attended: bool
    first_at_scene_at: int | None
    response_seconds: int | None
    is_attended_24h: bool
    has_outcome: bool
    has_crime: bool
    victim: str | None  # as delivered; the warehouse holds a token of it
    suspect_present: bool | None
    arrest_at: int | None
    is_arrested: bool
    risk_tool: str | None
    risk_grade: str | None
    is_risk_assessed: bool
    is_positive_action: bool
    is_body_worn_video: bool
    has_protective_order: bool
    victim_supports: bool
    outcome_code: str | None
    is_repeat_28d: bool
    is_repeat_365d: bool
    is_pilot_area: bool
    is_pilot_period: bool


class _Outcome(NamedTuple):
    crime_ref: str = ""
    victim_id: str = ""
    suspect_present: str = ""
    arrest_at: int | None = None
    risk_tool: str = ""
    risk_grade: str = ""
    positive_action: str = ""
    bwv: str = ""
    protective_order: str = ""
    victim_supports: str = ""
    outcome_code: str = ""


def _is_repeat(earlier: Sequence[int], created: int, days: int) -> bool:
    """`earlier`: when the incidents of the victim were created, sorted; does one lie in the days before?"""
    return bisect_left(earlier, created - days * clocks.DAY_SECONDS) < bisect_left(earlier, created)


def _row(each: Incident, outcome: _Outcome | None, of_victim: Sequence[int], pilot: Sequence[Pilot]) -> DomesticAbuse:
    said = outcome or _Outcome()
    repeats = [_is_repeat(of_victim, each.created_at, days) for days in REPEAT_DAYS]
    here = clocks.day_date(each.created_day)
    return DomesticAbuse(
        incident_key=each.incident_key,
        system_version=each.system_version,
        created_at=each.created_at,
        created_day=each.created_day,
        area_code=each.area_code,
        grade_final=each.grade_final,
        is_duplicate=each.is_duplicate,
        is_back_record=each.is_back_record,
        is_attended=each.is_attended,
        first_at_scene_at=each.first_at_scene_at,
        response_seconds=each.response_seconds,
        is_attended_24h=each.response_seconds is not None and each.response_seconds <= ATTENDED_WITHIN,
        has_outcome=outcome is not None,
        has_crime=bool(said.crime_ref),
        victim=said.victim_id or None,
        suspect_present={"Y": True, "N": False}.get(said.suspect_present),
        arrest_at=said.arrest_at,
        is_arrested=said.arrest_at is not None,
        risk_tool=said.risk_tool or None,
        risk_grade=said.risk_grade or None,
        is_risk_assessed=bool(said.risk_grade),
        is_positive_action=said.positive_action == "Y",
        is_body_worn_video=said.bwv == "Y",
        has_protective_order=said.protective_order == "Y",
        victim_supports=said.victim_supports == "Y",
        outcome_code=said.outcome_code or None,
        is_repeat_28d=repeats[0],
        is_repeat_365d=repeats[1],
        is_pilot_area=any(one.area_code == each.area_code for one in pilot),
        is_pilot_period=any(one.starts_on <= here <= one.ends_on for one in pilot),
    )


def domestic_abuse(landing: Landing, facts: Iterable[Incident], pilot: Sequence[Pilot] = ()) -> list[DomesticAbuse]:
    """Every domestic-abuse incident of SAAB and of the legacy system, duplicates too, by key."""
    table: dict[Any, Any] = landing.tables.get("da_outcomes", {})
    outcomes = {key: _Outcome(*said) for (key,), (_, *said) in table.items()}
    found = [each for each in facts if each.is_domestic_abuse]
    created: dict[str, list[int]] = {}
    for each in found:
        victim = outcomes.get(each.incident_key, _Outcome()).victim_id
        if victim and not each.is_duplicate and each.system_version != "legacy":
            created.setdefault(victim, []).append(each.created_at)
    for times in created.values():
        times.sort()
    result = []
    for each in found:
        outcome = outcomes.get(each.incident_key)
        of_victim = created.get(outcome.victim_id, []) if outcome else []
        result.append(_row(each, outcome, of_victim, pilot))
    return sorted(result, key=lambda each: each.incident_key)
