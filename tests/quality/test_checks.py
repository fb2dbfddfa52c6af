"""Rules as Dagster sees them, and that a new rule is one entry and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml

from orchestration.quality.checks import check_specs, to_check_result
from orchestration.quality.results import write_results
from orchestration.quality.rules import PartCount, RowReference, RuleResult, Status, load_rules
from orchestration.quality.run import run_rules
from orchestration.settings import RULES
from tests.quality.conftest import GENERATION, entry, plant


def test_every_rule_is_a_check_on_the_asset_of_its_table() -> None:
    specs = {spec.name: spec for spec in check_specs()}
    rules = load_rules(RULES)
    assert set(specs) == {rule.id for rule in rules}
    assert specs["segments_disposition_known"].asset_key == dg.AssetKey(["staging", "base_acd_segments"])
    assert specs["calls_wait_known"].asset_key == dg.AssetKey(["marts", "fct_calls"])
    assert all(spec.description and not spec.blocking for spec in specs.values())


@pytest.mark.parametrize(
    ("status", "blocking", "passed", "severity"),
    [
        (Status.PASS, True, True, dg.AssetCheckSeverity.WARN),
        (Status.WARN, True, False, dg.AssetCheckSeverity.WARN),
        (Status.FAIL, False, False, dg.AssetCheckSeverity.WARN),
        (Status.FAIL, True, False, dg.AssetCheckSeverity.ERROR),
        (Status.ERROR, False, False, dg.AssetCheckSeverity.WARN),
        (Status.ERROR, True, False, dg.AssetCheckSeverity.ERROR),
        (Status.NOT_APPLICABLE, True, True, dg.AssetCheckSeverity.WARN),
        (Status.NOT_RUN, True, True, dg.AssetCheckSeverity.WARN),
    ],
)
def test_a_status_becomes_a_check_result(
    status: Status, blocking: bool, passed: bool, severity: dg.AssetCheckSeverity
) -> None:
    rule = load_rules(RULES)[0].model_copy(update={"blocking": blocking})
    check = to_check_result(RuleResult(rule=rule, generation="g1", status=status, reason="because"))
    assert (check.passed, check.severity) == (passed, severity)
    assert check.metadata["status"].value == str(status)
    assert check.metadata["sentence"].value == rule.sentence
    assert {"severity", "checked_count", "failed_count", "threshold", "reason"} <= set(check.metadata)


def test_a_check_shows_which_rows_fail_most_and_some_by_reference() -> None:
    days = tuple(PartCount("day", f"2021-09-{day:02}", 31 - day, None) for day in range(1, 31))
    result = RuleResult(
        rule=load_rules(RULES)[0],
        generation="g1",
        status=Status.WARN,
        checked_count=900,
        failed_count=465,
        parts=(PartCount("area", "UNKNOWN", 465, 900), *days),
        samples=(RowReference("d1", 7), RowReference("d1", None)),
    )
    check = to_check_result(result)
    tables = [check.metadata[name] for name in ("failing_rows", "row_references")]
    shown, references = (table.records for table in tables if isinstance(table, dg.TableMetadataValue))
    assert [record.data["part_code"] for record in shown[:2]] == ["UNKNOWN", "2021-09-01"]
    assert len(shown) == 11
    assert [record.data for record in references] == [
        {"delivery_id": "d1", "source_row": 7},
        {"delivery_id": "d1", "source_row": None},
    ]
    assert "465 of 900 fail" in str(check.description)


def test_a_new_rule_is_one_entry_and_is_found_everywhere(database: Path, tmp_path: Path) -> None:
    rules_dir = Path(shutil.copytree(RULES, tmp_path / "expectations"))
    path = rules_dir / "staging" / "base_acd_segments.yaml"
    content = yaml.safe_load(path.read_text())
    content["rules"].append(entry("calls_never_on_the_hour", {"fails_where": "minute(segment_start_at) = 0"}))
    path.write_text(yaml.safe_dump(content, sort_keys=False))

    assert "calls_never_on_the_hour" in {spec.name for spec in check_specs(rules_dir)}
    alone = tmp_path / "alone" / "staging"  # its file by itself: judging all rules takes longer and proves no more
    alone.mkdir(parents=True)
    shutil.copy(path, alone)
    results = run_rules(database, generation=GENERATION, full=False, rules_dir=alone.parent)
    (found,) = [to_check_result(r) for r in results if r.rule_id == "calls_never_on_the_hour"]
    assert (found.passed, found.check_name) == (False, "calls_never_on_the_hour")
    with duckdb.connect(str(database)) as con:
        write_results(con, results)
        rows = con.execute(
            "select status, dimension, sentence from quality.rule_results "
            "inner join quality.rules using (rule_id, dimension) where rule_id = 'calls_never_on_the_hour'"
        ).fetchall()
    assert rows == [("WARN", "validity", "Something holds of every row.")]


def test_a_rule_that_was_taken_out_is_gone_from_the_list_and_stays_in_history(database: Path, tmp_path: Path) -> None:
    plant(database, "create table if not exists landing.nothing (x integer)")
    everything = run_rules(database, generation="g1", full=False, rules_dir=RULES / "quality")
    with duckdb.connect(str(database)) as con:
        write_results(con, everything)
        write_results(con, [RuleResult(everything[0].rule, "g2", Status.PASS)])
        assert con.execute("select count(*) from quality.rules").fetchall() == [(1,)]
        assert con.execute("select count(*) from quality.rule_results").fetchall() == [(len(everything) + 1,)]


def test_definitions_do_not_pay_for_great_expectations() -> None:
    program = (
        "import sys, orchestration.quality.checks as c; c.check_specs(); print('great_expectations' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
