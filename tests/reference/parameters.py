"""What the force decides and the exports do not say: targets, limits. What belongs here: values and the days they hold.

`valid_to` is the first day on which a value no longer holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from .clocks import day_date
from .incident_facts import Incident

RETHRIVE_SECONDS = 3600  # a high-risk incident that waits longer must be assessed again
BACK_KEY_SECONDS = 3600  # recorded later than this after it was created: keyed in late


class ResponseTarget(NamedTuple):
    """A response target in force; none is public, so the default of `indicators` is none."""

    grade: str
    is_urban: bool
    seconds: int
    valid_from: date = date.min
    valid_to: date = date.max


class Limit(NamedTuple):
    """Upper limit and volume of concern of one area, grade and kind; none is public."""

    area_code: str
    grade: str
    kind: str
    upper_limit: int | None
    area_of_concern: int | None
    valid_from: date = date.min
    valid_to: date = date.max


def target_seconds(grade: str | None, is_urban: bool, day: int, targets: Sequence[ResponseTarget]) -> int | None:
    """The target of a grade in force on a London day."""
    for each in targets:
        if (each.grade, each.is_urban) == (grade, is_urban) and each.valid_from <= day_date(day) < each.valid_to:
            return each.seconds
    return None


def target_of(incident: Incident, targets: Sequence[ResponseTarget]) -> int | None:
    """The target of final grade and urban in force on the day of creation."""
    return target_seconds(incident.grade_final, incident.is_urban, incident.created_day, targets)


def limits_of(where: tuple[str, str, str], day: int, limits: Iterable[Limit]) -> tuple[int | None, int | None]:
    """Upper limit and volume of concern of exactly that area, grade and kind on a London day."""
    for each in limits:
        if (each.area_code, each.grade, each.kind) == where and each.valid_from <= day_date(day) < each.valid_to:
            return each.upper_limit, each.area_of_concern
    return None, None
