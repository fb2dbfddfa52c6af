"""Reads `analysis/scenarios.yaml` of a profile: the room of the capacity model, and the scenarios asked of it.

What belongs here: the words of that file, and what is wrong with one.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path("analysis") / "scenarios.yaml"
Share = Annotated[float, Field(ge=0, le=1)]
Change = Annotated[float, Field(gt=-1, le=2)]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Words):
    """One line: its name in the marts, the queues that make its work, its threshold and indicator."""

    line: str
    queues: tuple[str, ...] = Field(min_length=1)
    within_seconds: int = Field(ge=1, le=3600)
    kpi: str


class Room(_Words):
    """Who answers what."""

    teams: tuple[str, ...] = Field(min_length=1)
    unit: str
    role: str
    reserve: int = Field(default=0, ge=0, le=20)
    first: Line
    second: Line

    @model_validator(mode="after")
    def _apart(self) -> Room:
        if both := set(self.first.queues) & set(self.second.queues):
            raise ValueError(f"queue {min(both)} is in first and second: leave it in one")
        return self


class When(_Words):
    """A day, or months after the newest staff list."""

    by: date | None = None
    after_months: int | None = Field(default=None, ge=0, le=120)

    @model_validator(mode="after")
    def _one(self) -> When:
        if (self.by is None) == (self.after_months is None):
            raise ValueError("give either by (a date) or after_months, not both")
        return self

    def months_from(self, month: date) -> int:
        """Months from `month` until it is reached; 0 where that is past."""
        if self.by is None:
            return self.after_months or 0
        return max(0, (self.by.year - month.year) * 12 + self.by.month - month.month)


class Raised(_Words):
    """Staff whose hours go up."""

    staff: int = Field(ge=1)
    from_share: Share
    to_share: Share
    when: When


class Abstraction(_Words):
    """The share of strength that is abstracted, from then on."""

    ratio: Annotated[float, Field(ge=0, lt=1)]
    when: When


class Demand(_Words):
    """Change of calls of each line, as a part of one, from the first month on."""

    first: Change = 0.0
    second: Change = 0.0


class Scenario(_Words):
    """What is different; what is not named stays as it is."""

    label: str = Field(min_length=1)
    vacancies_filled: When | None = None
    hours_raised: Raised | None = None
    abstraction: Abstraction | None = None
    demand: Demand = Demand()


class Capacity(_Words):
    """The whole file."""

    room: Room
    weeks: int = Field(default=26, ge=4, le=520)
    weeks_needed: int = Field(default=6, ge=4)
    months_ahead: int = Field(default=24, ge=1, le=120)
    level: Annotated[float, Field(gt=0, lt=1)] = 0.9
    draws: int = Field(default=400, ge=50, le=10_000)
    seed: int = 1
    scenarios: dict[str, Scenario] = Field(min_length=1)
