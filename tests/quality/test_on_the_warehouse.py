"""The rules on the real thing: every table and column that a rule reads is in the built warehouse; none is an error."""

from __future__ import annotations

import importlib.util
import json
import shutil
from itertools import islice
from pathlib import Path

import duckdb
import pytest
import yaml
from markupsafe import escape

from orchestration.quality.results import write_results
from orchestration.quality.rules import RuleResult, Status, load_rules
from orchestration.quality.run import run_rules
from orchestration.reports.quality import reading, site
from orchestration.settings import RULES, Settings
from tests.floor.rules_as_sql import failing_counts
from tests.quality.conftest import entry
from tests.support import ask

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("orchestration.landing.run") is None
        or not (Path(__file__).parents[2] / "dbt_project" / "models" / "quality" / "deliveries.sql").exists(),
        reason="the pipeline is not there yet",
    ),
]

# Indicators of later work; the list only shrinks.
NOT_YET_IN_THE_REGISTER: set[str] = set()


@pytest.fixture(scope="module")
def results(small_warehouse: Settings) -> list[RuleResult]:
    return run_rules(small_warehouse.build_db, generation="again", full=True, rules_dir=RULES)


def test_every_rule_can_be_computed(results: list[RuleResult]) -> None:
    assert {r.rule_id: r.reason for r in results if r.status is Status.ERROR} == {}


def test_every_table_is_there(results: list[RuleResult]) -> None:
    assert [r.rule_id for r in results if r.reason == "the table is not there"] == []


def test_the_run_left_results_of_every_rule(small_warehouse: Settings) -> None:
    found = ask(small_warehouse, "select rule_id from quality.rule_results order by 1")
    assert [row[0] for row in found] == sorted(rule.id for rule in load_rules(RULES))


def test_indicators_are_those_of_the_register(small_warehouse: Settings) -> None:
    known = {row[0] for row in ask(small_warehouse, "select distinct kpi_id from metrics.kpi_register")}
    named = {indicator for rule in load_rules(RULES) for indicator in rule.indicators}
    assert sorted(named - known - NOT_YET_IN_THE_REGISTER) == []
    assert sorted(NOT_YET_IN_THE_REGISTER & known) == []


def test_a_new_rule_is_one_entry_and_is_found_in_the_report(small_warehouse: Settings, tmp_path: Path) -> None:
    """One entry in a copy of a rule file; everything after it is what every run does with every rule."""
    path = tmp_path / "expectations" / "quality" / "deliveries.yaml"
    path.parent.mkdir(parents=True)
    content = yaml.safe_load((RULES / "quality" / path.name).read_text())
    said = "No file is delivered at all, which is <b>too much</b> to ask."
    content["rules"].append(entry("deliveries_none", {"fails_where": "rows_read >= 0"}, sentence=said))
    path.write_text(yaml.safe_dump(content, sort_keys=False))

    (generation,) = ask(small_warehouse, "select max(generation) from quality.rule_results")[0]
    judged = run_rules(small_warehouse.build_db, generation=generation, full=True, rules_dir=tmp_path / "expectations")
    published = Path(shutil.copy(small_warehouse.current_db.resolve(), tmp_path / "occ.duckdb"))
    with duckdb.connect(str(published)) as con:
        write_results(con, judged)
    with duckdb.connect(str(published), read_only=True) as con:
        pages = dict(islice(site.pages(reading.read(con)), 30))
    (result,) = [result for result in judged if result.rule_id == "deliveries_none"]
    assert (result.status, result.failed_count) == (Status.FAIL, result.checked_count)
    page = pages["rules/deliveries_none.html"]
    assert str(escape(said)) in page
    assert f"{result.failed_count:,}" in page
    assert "rules/deliveries_none.html" in pages["rules.html"]


# Each kind of planted fault that lands as good rows or whole files, and the rules of which one must find it.
FOUND_BY = {
    ("unknown_code", "Grade"): "legacy_grade_known",
    ("unknown_code", "DISPOSITION"): "segments_disposition_known",
    ("unknown_code", "DIALLED"): "segments_line_known",
    ("unknown_code", "QUEUE"): "segments_queue_known",
    ("unknown_code", "WRAP_CODE"): "segments_wrap_code_known",
    ("unknown_code", "SOURCE"): "incidents_source_known",
    ("unknown_code", "OPEN_CODE"): "incidents_opening_code_known",
    ("unknown_code", "LPA"): "incidents_area_known",
    ("unknown_code", "GRADE_CURR"): "incidents_current_grade_known",
    ("unknown_code", "THRIVE_RISK"): "incidents_risk_known",
    ("unknown_code", "EVENT_CODE"): "log_event_code_known",
    ("unknown_code", "STATUS_CODE"): "status_code_known",
    ("unknown_code", "STATUS"): "diary_status_known",
    ("unknown_code", "CHANNEL"): "contacts_channel_known",
    ("negative", "QUEUE_SECS"): "segments_queue_seconds_not_negative",
    ("negative", "ABSTRACTED_FTE"): "workforce_numbers_not_negative",
    ("missing_duration", "WRAP_SECS"): "segments_handling_present_when_answered",
    ("flag", "DA_FLAG"): "incidents_domestic_abuse_flag_valid",
    ("flag", "BWV"): "outcomes_flags_valid",
    ("impossible_order", "CLOSED"): "incidents_closed_not_before_created",
    ("at_scene_before_created", ""): "status_not_before_its_incident",
    ("orphan_event", ""): "log_incident_came",
    ("orphan_status", ""): "status_incident_came",
    ("orphan_appointment", ""): "diary_incident_came",
}
FOUND_IN_FILES = {
    "QUARANTINED_FILE": "deliveries_not_quarantined",
    "QUARANTINED_ROW": "deliveries_rows_not_quarantined",
    "DUPLICATE": "deliveries_not_delivered_twice",
    "MISSING": "deliveries_no_day_missing",
}


def test_what_the_sample_planted_is_found(
    small_sample: Path, small_warehouse: Settings, results: list[RuleResult]
) -> None:
    planted = json.loads((small_sample / "truth" / "faults.json").read_text())
    found = {result.rule_id for result in results if result.status in {Status.WARN, Status.FAIL}}
    missed = []
    for fault in planted:
        if fault["outcome"] == "COUNTED":
            rule = FOUND_BY[fault["kind"], fault["column"]]
        else:
            rule = FOUND_IN_FILES.get(fault["outcome"], "")
        if rule and rule not in found:
            missed.append((fault["kind"], fault["column"], rule))
    assert missed == []


def test_the_same_rules_as_plain_sql_count_the_same(small_warehouse: Settings, results: list[RuleResult]) -> None:
    """A failure means that the engine counts something else than what the rules say."""
    plain = failing_counts(small_warehouse.build_db, full=True)
    judged = {r.rule_id: r.failed_count for r in results if r.rule_id in plain}
    assert plain == judged
    assert len(plain) > 150
    assert sum(count > 0 for count in plain.values()) > 30


def test_failing_rows_add_up_to_what_failed_whatever_they_are_counted_by(results: list[RuleResult]) -> None:
    told = 0
    for result in results:
        by_kind: dict[str, int] = {}
        for part in result.parts:
            by_kind[part.part_type] = by_kind.get(part.part_type, 0) + part.failed_count
            told += 1
        assert set(by_kind.values()) <= {result.failed_count}, result.rule_id
        assert result.status is Status.ERROR or result.reason is None or not result.checked_count, result.reason
    assert told > 100
