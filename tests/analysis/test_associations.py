"""What went with what: found where it is there, not where it is not, and never called a cause."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from orchestration.analysis.associations import associate
from orchestration.analysis.design import AssociationDesign

MONDAY = date(2021, 1, 4)
DESIGN = AssociationDesign(performance=("answered",), factors=("staffed", "luck"))


def weekly(count: int = 60, seed: int = 1) -> dict[str, dict[date, float]]:
    """Performance that follows staffing from week to week, and a factor that has nothing to do with it."""
    draws = np.random.default_rng(seed)
    weeks = [MONDAY + timedelta(weeks=number) for number in range(count)]
    staffed = draws.normal(1000, 50, count)
    answered = 0.6 + 0.0008 * (staffed - 1000) + draws.normal(0, 0.01, count)
    luck = draws.normal(0, 1, count)
    series = {"answered": answered, "staffed": staffed, "luck": luck}
    return {name: dict(zip(weeks, values.tolist(), strict=True)) for name, values in series.items()}


def rows_of(series: dict[str, dict[date, float]], design: AssociationDesign = DESIGN, **monthly: Any) -> dict[str, Any]:
    found = associate(series, monthly, {"answered": {}}, {"staffed": "staffed hours"}, design)
    return {row["factor"]: row for row in found}


def test_a_factor_that_falls_with_performance_is_told_and_one_that_does_not_is_not() -> None:
    rows = rows_of(weekly())
    staffed, luck = rows["staffed"], rows["luck"]
    assert staffed["difference"] < 0
    assert staffed["upper_90"] < 0
    assert staffed["rank_correlation"] > 0.8
    assert staffed["partial_rank_correlation"] > 0.8
    assert luck["lower_90"] < 0 < luck["upper_90"]
    assert staffed["p_value_adjusted"] >= staffed["p_value"] >= staffed["lowest_p_value"]


def test_every_row_says_association_and_none_says_cause() -> None:
    rows = rows_of(weekly())
    assert {row["kind"] for row in rows.values()} == {"ASSOCIATION"}
    assert rows["staffed"]["words"].endswith("This is association, not cause.")
    assert "than chance would have it" in rows["luck"]["words"]
    assert not any(word in row["words"] for row in rows.values() for word in ("because", "led to", "due to", "caused"))


def test_too_few_weeks_are_said_and_nothing_is_computed() -> None:
    row = rows_of(weekly(9))["staffed"]
    assert row["status"] == "NOT_AVAILABLE"
    assert row["reason"] == "too few weeks: 8 changes from one week to the next are known, 16 are needed"
    assert "difference" not in row


def test_a_missing_week_gives_no_change_across_the_gap() -> None:
    series = weekly(40)
    del series["answered"][MONDAY + timedelta(weeks=20)]
    assert rows_of(series)["staffed"]["changes_count"] == 37


def test_a_factor_known_by_month_is_laid_beside_months() -> None:
    months = {date(2021, month, 1): month / 100 for month in range(1, 7)}
    design = AssociationDesign(performance=("answered",), factors=("vacancy",))
    (row,) = associate(weekly(), {"vacancy": months}, {"answered": months}, {}, design)
    assert row["grain"] == "month"
    assert row["status"] == "NOT_AVAILABLE"
    assert row["reason"].startswith("too few months: 5 changes")


@pytest.mark.parametrize("value", [5.0])
def test_a_factor_that_never_moves_says_so(value: float) -> None:
    series = weekly()
    series["staffed"] = dict.fromkeys(series["staffed"], value)
    assert rows_of(series)["staffed"]["reason"] == "the factor did not move in this time"


def test_ten_factors_of_pure_chance_are_rarely_told_apart_after_holm() -> None:
    """The interval without correction misses about one in ten; the corrected p does not pile up."""
    told, adjusted = 0, 0
    for seed in range(40):
        row = rows_of(weekly(40, seed))["luck"]
        told += not (row["lower_90"] <= 0 <= row["upper_90"])
        adjusted += row["p_value_adjusted"] <= 0.05
    assert 0 <= told <= 10
    assert adjusted <= 6
