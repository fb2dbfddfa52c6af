"""A rule that cannot fail guards nothing: each is run on clean data, then on data with its fault.

A failure means that a rule cries wolf, that it sees nothing, or that a new rule has no fault in `faults.py` yet.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from orchestration.quality.rules import RuleResult, Status, load_rules
from orchestration.quality.run import run_rules
from orchestration.settings import RULES
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
# What these find is not there, or is a sum of many rows: there is no row to refer to.
OF_NO_ROW = OF_WHOLE_EXPORTS | {
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


def assert_broken_down(result: RuleResult) -> None:
    """Its failing rows are counted by part, each kind of part adds up to what Great Expectations counted, and some are
    named by reference; what a newcomer's rule must carry for it is written in CONTRIBUTING."""
    assert result.reason is None
    by_kind: dict[str, int] = {}
    for part in result.parts:
        assert part.checked_count is None or 0 < part.failed_count <= part.checked_count, part
        by_kind[part.part_type] = by_kind.get(part.part_type, 0) + part.failed_count
    assert set(by_kind.values()) <= {result.failed_count}, by_kind
    assert (not result.parts) == (result.rule_id in OF_WHOLE_EXPORTS)
    assert (not result.samples) == (result.rule_id in OF_NO_ROW)
    assert len(result.samples) <= min(10, result.failed_count)


def _only(rule_id: str, folder: Path) -> Path:
    """The rule's own entry in a folder by itself."""
    for path in RULES.rglob("*.yaml"):
        content = yaml.safe_load(path.read_text())
        content["rules"] = [entry for entry in content["rules"] if entry["id"] == rule_id]
        if content["rules"]:
            target = folder / "only" / path.parent.name / path.name
            target.parent.mkdir(parents=True)
            target.write_text(yaml.safe_dump(content, sort_keys=False))
    return folder / "only"
