"""Reads `analysis/` of a profile: how pilots and associations are judged (pilot.yaml), capacity, forecasts.

What belongs here: the words of pilot.yaml and what is wrong with any file; those of scenarios.yaml stand in
`scenarios.py`, those of forecast.yaml in `forecasting.py`. Not here: areas and dates (reference data).
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.analysis import forecasting, scenarios
from orchestration.errors import EnvironmentProblem

FILE = Path("analysis") / "pilot.yaml"
Share = Annotated[float, Field(gt=0, lt=1)]
Weeks = Annotated[int, Field(ge=1, le=520)]
_Model = TypeVar("_Model", bound=BaseModel)


class DesignProblem(EnvironmentProblem):
    """The file cannot be used; the message says which entry, and what to do."""


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Placebo(_Words):
    """Pilots that never were, in the time before the real one."""

    weeks: Weeks = 6
    weeks_before: Weeks = 4


class PilotDesign(_Words):
    """How one pilot is judged."""

    fixed_on: date
    main_outcome: str
    outcomes: tuple[str, ...] = Field(min_length=1)
    displacement: tuple[str, ...] = ()
    weeks_before: Weeks = 12
    weeks_needed_before: Weeks = 6
    weeks_needed_during: Weeks = 2
    level: Share = 0.9
    power: Share = 0.8
    incidents_needed: int = Field(default=30, ge=1)
    coverage_needed: Share = 0.75
    placebo: Placebo = Placebo()

    @model_validator(mode="after")
    def _hangs_together(self) -> PilotDesign:
        if self.main_outcome not in self.outcomes:
            raise ValueError(f"main_outcome {self.main_outcome} is not among the outcomes: list it there")
        if self.weeks_needed_before > self.weeks_before:
            raise ValueError("weeks_needed_before is more than weeks_before: lower it")
        if twice := {each for each in self.outcomes if self.outcomes.count(each) > 1}:
            raise ValueError(f"outcomes lists {min(twice)} twice: take one out")
        return self

    @property
    def digest(self) -> str:
        """Tells one design from another (16 hex characters)."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class AssociationDesign(_Words):
    """Which figures are laid beside which factors, week by week."""

    performance: tuple[str, ...] = Field(min_length=1)
    factors: tuple[str, ...] = Field(min_length=1)
    unit: str = "OCC"
    weeks: Weeks = 104
    weeks_needed: int = Field(default=16, ge=8)
    months_needed: int = Field(default=12, ge=6)
    level: Share = 0.9


class Design(_Words):
    """All of it."""

    pilots: dict[str, PilotDesign] = Field(default_factory=dict)
    associations: AssociationDesign | None = None
    capacity: scenarios.Capacity | None = None
    forecasts: forecasting.Forecasting | None = None


def read_design(profile: Path) -> Design:
    """The design of a profile; an empty one where the profile has no such files. Raises DesignProblem."""
    judged = _read(profile / FILE, Design) or Design()
    asked = _read(profile / scenarios.FILE, scenarios.Capacity)
    ahead = _read(profile / forecasting.FILE, forecasting.Forecasting)
    for key, file in (("capacity", scenarios.FILE), ("forecasts", forecasting.FILE)):
        if getattr(judged, key) is not None:
            raise DesignProblem(f"The design file {profile / FILE} has a key {key}: move it to {file}.")
    return judged.model_copy(update={"capacity": asked, "forecasts": ahead})


def _read(file: Path, model: type[_Model]) -> _Model | None:
    if not file.exists():
        return None
    try:
        raw: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise DesignProblem(f"The design file {file} is not YAML{where}: mend it there.") from None
    if not isinstance(raw, dict):
        first = next(iter(model.model_fields))
        raise DesignProblem(f"The design file {file} must hold keys and values, the first of them {first}.")
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        said = "; ".join(_in_words(slip) for slip in error.errors()[:3])
        raise DesignProblem(f"The design file {file} cannot be used: {said}. Mend it and run again.") from None


def _in_words(slip: Any) -> str:
    where = ".".join(str(part) for part in slip["loc"])
    what = str(slip["msg"]).removeprefix("Value error, ")
    if slip["type"] == "extra_forbidden":
        what = "this key is not known; take it out or see docs/pilot.md, capacity.md or forecast.md for those that are"
    if slip["type"] == "missing":
        what = "is missing; write it down"
    return f"{where}: {what}" if where else what
