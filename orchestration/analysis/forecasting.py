"""Reads `analysis/forecast.yaml` of a profile: which figures are forecast, how far, and what that takes.

What belongs here: the words of that file, and what is wrong with one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path("analysis") / "forecast.yaml"
LEAST_ORIGINS = 8  # earlier weeks that a model is tried from, or nothing is known of it


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measure(_Words):
    """A figure to forecast: an indicator, and whether its week is a share, the sum or the mean of its days."""

    kpi: str
    kind: Literal["share", "sum", "mean"]
    scope_type: str = "force"
    scope_code: str = "FORCE"


class Forecasting(_Words):
    """What forecast.yaml says."""

    measures: tuple[Measure, ...] = Field(min_length=1)
    horizon_weeks: Annotated[int, Field(ge=4, le=104)] = 26
    weeks: Annotated[int, Field(ge=52, le=1040)] = 208
    weeks_needed: Annotated[int, Field(ge=30, le=520)] = 40
    origins: Annotated[int, Field(ge=LEAST_ORIGINS, le=104)] = 30
    weeks_before_origin: Annotated[int, Field(ge=13, le=104)] = 20
    standing_weeks: Annotated[int, Field(ge=4, le=52)] = 13
    trend_weeks: Annotated[int, Field(ge=13, le=104)] = 26

    @model_validator(mode="after")
    def _hangs_together(self) -> Forecasting:
        if self.weeks_before_origin + LEAST_ORIGINS >= self.weeks_needed:
            raise ValueError(
                f"weeks_needed must be more than weeks_before_origin and {LEAST_ORIGINS} tries together: raise it"
            )
        names = [(each.kpi, each.scope_type, each.scope_code) for each in self.measures]
        if twice := {each for each in names if names.count(each) > 1}:
            raise ValueError(f"measures lists {min(twice)[0]} twice for one scope: take one out")
        return self
