"""The vectors that another force's team checks its calculation with are what both of ours give."""

from __future__ import annotations

import json
import re
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import Settings
from tests.conformance import vectors
from tests.support import ask, settings_for, take_steps

# Indicators that the independent calculation does not give yet. A name here is only ever removed.
NOT_RECKONED_YET = {
    "da_arrest", "da_attendance_median", "da_attended_24h", "da_positive_action", "da_repeat_28d", "da_risk_assessed",
    "da_victim_supports", "diary_days_waiting", "diary_domestic_abuse", "diary_failed", "diary_inappropriate",
    "diary_kept_on_time", "diary_never_attended", "digital_engagements_per_day", "digital_engagements_per_weekday",
    "digital_outbound", "recruitment_conversion", "source_completeness", "workforce_abstraction", "workforce_vacancy",
}  # fmt: skip
KIBIBYTE = 1024


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a force that uses a day however many of its codes are unknown: the vectors are full of them."""
    folder = tmp_path_factory.mktemp("conformance")
    profile = Path(shutil.copytree(vectors.PROFILE, folder / "profile"))
    parameters = profile / "reference" / "parameters.csv"
    text = parameters.read_text()
    for name, value in {
        "unknown_codes_limit_ratio": 1,
        "emptied_column_ratio": 0,
        "quarantined_limit_ratio": 1,
    }.items():
        text, count = re.subn(rf"^{name},[^,]*,", f"{name},{value},", text, flags=re.MULTILINE)
        assert count == 1
    parameters.write_text(text)
    settings = settings_for(folder, vectors.EXPORTS, profile=profile)
    take_steps(settings)
    return settings


def figures() -> list[dict[str, Any]]:
    return list(json.loads(vectors.EXPECTED.read_text())["figures"])


def exact(value: Any) -> Fraction | None:
    return None if value is None else Fraction(value)


def test_the_expected_figures_are_those_of_the_independent_calculation() -> None:
    """Where this fails on purpose: python -m tests.conformance.vectors"""
    assert vectors.EXPECTED.read_text() == vectors.as_text(vectors.expected(vectors.EXPORTS))


def test_the_warehouse_gives_the_expected_figures(warehouse: Settings) -> None:
    rows = ask(
        warehouse,
        "select kpi_id, period_start, scope_type, scope_code, numerator, denominator, value, measured_count, "
        "eligible_count, quality_state from metrics.kpi_results where period_type = ?",
        [vectors.PERIOD],
    )
    found = {(row[0], row[1].isoformat(), *row[2:4]): row[4:] for row in rows}
    different = []
    for each in figures():
        key = (each["kpi_id"], each["period_start"], each["scope_type"], each["scope_code"])
        wanted = [exact(each[name]) for name in ("numerator", "denominator", "value")]
        counts = (each["measured_count"], each["eligible_count"])
        if key not in found:
            different.append((key, "missing"))
            continue
        *three, measured, eligible, state = found[key]
        if state == "NOT_AVAILABLE" and three[2] is None and (wanted[2] is None or counts == (0, 0)):
            continue  # which exports a version needs is the warehouse's to know
        if [None if each is None else float(each) for each in wanted] != three or counts != (measured, eligible):
            different.append((key, wanted, three, counts, (measured, eligible)))
    assert different == []
    reckoned = {each["kpi_id"] for each in figures()}
    expected_keys = {(e["kpi_id"], e["period_start"], e["scope_type"], e["scope_code"]) for e in figures()}
    assert {key for key in found if key[0] in reckoned} == expected_keys


def test_every_indicator_has_a_vector(warehouse: Settings) -> None:
    """All but those that no export supplies yet, and those named above."""
    known = {
        name for (name,) in ask(warehouse, "select distinct kpi_id from metrics.kpi_results where value is not null")
    }
    have = {each["kpi_id"] for each in figures() if each["value"] is not None}
    assert known - have <= NOT_RECKONED_YET


def test_the_vectors_hold_their_edges_and_stay_small() -> None:
    rows = figures()
    fractions = [each for each in rows if isinstance(each["value"], str)]
    assert len(fractions) > 50
    assert any(each["measured_count"] < each["eligible_count"] for each in rows)
    assert any(each["value"] is None for each in rows)
    size = sum(path.stat().st_size for path in vectors.HERE.rglob("*") if path.is_file())
    assert size < 300 * KIBIBYTE


def test_the_exports_have_no_fault_in_them(warehouse: Settings) -> None:
    statuses = ask(warehouse, "select distinct status from quality.deliveries")
    assert statuses == [("LOADED",)]
    assert ask(warehouse, "select count(*) from quality.quarantined_rows") == [(0,)]
    assert {path.suffix for path in Path(vectors.EXPORTS).iterdir()} == {".csv"}
