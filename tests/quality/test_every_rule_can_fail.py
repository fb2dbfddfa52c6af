"""A rule that cannot fail guards nothing: each is run on clean data, then on data with its fault.

A failure means that a rule cries wolf, that it sees nothing, or that a new rule has no fault in `faults.py` yet.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.quality.rules import RuleResult, Status, load_rules
from orchestration.quality.run import run_rules
from orchestration.settings import RULES
from tests.floor.rules_as_sql import failing_counts
from tests.quality.conftest import GENERATION, plant
from tests.quality.faults import FAULTS


@pytest.fixture(scope="session", params=[False, True], ids=["one day", "everything"])
def clean_results(clean_database: Path, request: pytest.FixtureRequest) -> list[RuleResult]:
    return run_rules(clean_database, generation=GENERATION, full=request.param, rules_dir=RULES)


def test_every_rule_has_a_fault() -> None:
    assert {rule.id for rule in load_rules(RULES)} == set(FAULTS)


def test_no_rule_cries_wolf_on_clean_data(clean_results: list[RuleResult]) -> None:
    # Lateness is told against what was published before: there is nothing before a run from nothing.
    assert {r.rule_id: (r.status, r.reason) for r in clean_results if r.status is not Status.PASS} == {}
    assert all(r.checked_count > 0 and r.failed_count == 0 for r in clean_results)


@pytest.mark.parametrize("rule_id", sorted(FAULTS))
def test_rule_finds_its_fault(rule_id: str, database: Path, tmp_path: Path) -> None:
    """As plain SQL, which counts what the engine counts (test_on_the_warehouse.py) in a fifth of the time."""
    plant(database, *FAULTS[rule_id])
    assert failing_counts(database, full=False, rules_dir=_only(rule_id, tmp_path))[rule_id] > 0


def _through_the_engine() -> list[Any]:
    """Every eighth rule in `make test`, all in `make test-all`."""
    return [
        pytest.param(rule_id, marks=() if number % 8 == 0 else pytest.mark.long)
        for number, rule_id in enumerate(sorted(FAULTS))
    ]


@pytest.mark.parametrize("rule_id", _through_the_engine())
def test_the_engine_finds_the_fault_and_says_where_it_lies(rule_id: str, database: Path, tmp_path: Path) -> None:
    plant(database, *FAULTS[rule_id])
    (result,) = run_rules(database, generation=GENERATION, full=False, rules_dir=_only(rule_id, tmp_path))
    assert result.status in {Status.WARN, Status.FAIL}, result.reason
    assert result.failed_count > 0
    assert_broken_down(result)


# What these rules find are exports as they stand today, which no area, team or day can tell.
OF_WHOLE_EXPORTS = {"deliveries_in_step_with_their_system"} | {
    f"deliveries_drift_{what}"
    for what in ("codes_kept", "columns_not_emptied", "files_not_set_aside", "layout_kept", "rows_not_set_aside")
}
# What these find is a whole line, stage, channel or outage.
OF_WHOLE_EXPORTS |= {
    "calls_in_an_outage_are_few",
    "digital_counts_like_the_months_before",
    "hours_seen_in_time",
    "recruitment_funnel_narrows",
}
# What these find is not there, or is a sum of many rows: there is no row to refer to.
OF_NO_ROW = OF_WHOLE_EXPORTS | {
    "agent_intervals_every_answering_team",
    "agent_intervals_same_clock_as_calls",
    "agent_intervals_staffed_like_same_weekday",
    "call_segments_no_half_hour_silent",
    "calls_led_to_one_incident_each",
    "calls_of_every_line",
    "calls_of_every_outcome",
    "calls_volume_like_same_weekday",
    "digital_every_weekday_has_some",
    "domestic_outcomes_alike_in_areas",
    "events_no_half_day_silent",
    "events_of_every_kind",
    "hours_agree_with_states",
    "hours_of_every_cell",
    "hours_parts_within_count",
    "hours_stock_adds_up",
    "hours_without_gap",
    "incidents_back_keyed_where_disrupted",
    "incidents_of_every_area",
    "incidents_of_every_flag",
    "incidents_same_clock_as_calls",
    "incidents_same_clock_as_radio",
    "incidents_scene_missing_alike_in_areas",
    "incidents_volume_like_same_weekday",
    "national_force_there",
    "national_months_without_gap",
    "national_published_in_time",
    "recruitment_month_in_time",
    "statuses_in_one_area",
    "statuses_of_every_area",
    "statuses_scene_pressed_by_every_callsign",
    "workforce_call_takers_carry_the_staffed_hours",
    "workforce_total_like_the_month_before",
    "workforce_units_all_there",
    "deliveries_days_of_a_system_together",
    "deliveries_no_day_missing",
    "deliveries_no_month_missing",
    "deliveries_volume_like_same_weekday",
    "hours_come_and_go",
    "hours_known",
    "intervals_talk_agrees_with_calls",
    "legacy_numbers_without_gap",
    "recruitment_stages_all_there",
}


def is_of_what_is_made(result: RuleResult) -> bool:
    """Whether it judges figures, the calendar or a dictionary: they are made, and no row of them was delivered."""
    return result.table_name.startswith(("metrics.", "marts.dim_"))


def assert_broken_down(result: RuleResult) -> None:
    """Its failing rows are counted by part, each kind of part adds up to what Great Expectations counted, and some are
    named by reference; what a newcomer's rule must carry for it is written in CONTRIBUTING."""
    assert result.reason is None
    by_kind: dict[str, int] = {}
    for part in result.parts:
        assert part.checked_count is None or 0 < part.failed_count <= part.checked_count, part
        by_kind[part.part_type] = by_kind.get(part.part_type, 0) + part.failed_count
    assert set(by_kind.values()) <= {result.failed_count}, by_kind
    if not is_of_what_is_made(result):
        assert (not result.parts) == (result.rule_id in OF_WHOLE_EXPORTS)
        assert (not result.samples) == (result.rule_id in OF_NO_ROW)
    assert len(result.samples) <= min(10, result.failed_count)


@cache
def _files() -> dict[Path, dict[str, Any]]:
    """Every rule file, read once: reading them all takes longer than judging one."""
    return {path.relative_to(RULES): yaml.safe_load(path.read_text()) for path in RULES.rglob("*.yaml")}


def _only(rule_id: str, folder: Path) -> Path:
    """The rule's own entry in a folder by itself."""
    for path, content in _files().items():
        entries = [entry for entry in content["rules"] if entry["id"] == rule_id]
        if entries:
            target = folder / "only" / path
            target.parent.mkdir(parents=True)
            target.write_text(yaml.safe_dump({**content, "rules": entries}, sort_keys=False))
    return folder / "only"
