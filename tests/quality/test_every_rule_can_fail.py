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
