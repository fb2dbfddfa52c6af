"""The rules on the real thing: every table and column that a rule reads is in the built warehouse; none is an error."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb
import pytest

from orchestration.quality.rules import RuleResult, Status, load_rules
from orchestration.quality.run import run_rules
from orchestration.settings import RULES, Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("orchestration.landing.run") is None
        or not (Path(__file__).parents[2] / "dbt_project" / "models" / "quality" / "deliveries.sql").exists(),
        reason="the pipeline is not there yet",
    ),
]


@pytest.fixture(scope="module")
def results(small_warehouse: Settings) -> list[RuleResult]:
    return run_rules(small_warehouse.build_db, generation="again", full=True, rules_dir=RULES)


def test_every_rule_can_be_computed(results: list[RuleResult]) -> None:
    assert {r.rule_id: r.reason for r in results if r.status is Status.ERROR} == {}


def test_every_table_is_there(results: list[RuleResult]) -> None:
    assert [r.rule_id for r in results if r.reason == "the table is not there"] == []


def test_the_run_left_results_of_every_rule(small_warehouse: Settings) -> None:
    with duckdb.connect(str(small_warehouse.current_db.resolve()), read_only=True) as con:
        found = con.execute("select rule_id from quality.rule_results order by 1").fetchall()
    assert [row[0] for row in found] == sorted(rule.id for rule in load_rules(RULES))


def test_indicators_are_those_of_the_register(small_warehouse: Settings) -> None:
    with duckdb.connect(str(small_warehouse.current_db.resolve()), read_only=True) as con:
        tables = {row[0] for row in con.execute("select table_name from information_schema.tables").fetchall()}
        if "kpi_register" not in tables:
            pytest.skip("no register of indicators yet")
        known = {row[0] for row in con.execute("select distinct kpi_id from metrics.kpi_register").fetchall()}
    named = {indicator for rule in load_rules(RULES) for indicator in rule.indicators}
    assert sorted(named - known) == []
