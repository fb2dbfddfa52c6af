"""The rule language: an entry says what it means, or is refused with words that name file, rule and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.quality.rules import Limit, RuleProblem, Status, load_rules, without_values
from orchestration.settings import RULES
from tests.quality.conftest import entry, write_rules

NOT_NULL: dict[str, object] = {"type": "expect_column_values_to_not_be_null", "column": "queue"}


def test_the_projects_rules_can_be_read() -> None:
    rules = load_rules(RULES)
    assert len(rules) >= 40
    assert len({rule.dimension for rule in rules}) == 6
    assert {"incidents", "telephony"} <= {rule.system for rule in rules}


def test_the_files_place_names_the_table(tmp_path: Path) -> None:
    write_rules(tmp_path, "staging.base_acd_segments", [entry("queue_present", NOT_NULL)])
    (rule,) = load_rules(tmp_path)
    assert (rule.table, rule.schema_name, rule.table_name) == (
        "staging.base_acd_segments",
        "staging",
        "base_acd_segments",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "Not An Id"}, "id"),
        ({"sentence": "no full stop at the end"}, "full stop"),
        ({"dimension": "beauty"}, "dimension"),
        ({"severity": "dreadful"}, "severity"),
        ({"scope": "yesterday"}, "scope"),
        ({"table": "staging.other"}, "leave `table` out"),
        ({"colour": "red"}, "colour"),
        ({"threshold": {"warn_over": 5, "fail_over": 1, "reason": "A long reason."}}, "count: 5"),
        ({"threshold": {"warn_over": 0.5, "fail_over": 0.1, "reason": "A long reason."}}, "before it warns"),
        ({"threshold": {"warn_over": 0, "fail_over": 1}}, "reason"),
        ({"threshold": {"warn_over": {}, "fail_over": 1, "reason": "A long reason."}}, "share, a count or both"),
        ({"threshold": {"warn_over": 0, "reason": "A long reason."}}, "fail_over"),
        ({"severity": "info"}, "only tells"),
        ({"expectation": {"type": "expect_column_values_to_be_beautiful"}}, "none of the expectation types"),
        ({"expectation": {"failing_rows": "select 1"}}, "{batch}"),
        ({"expectation": {"fails_where": "true", "failing_rows": "select 1 from {batch}"}}, "exactly one"),
        ({"expectation": {"checked": "count(*)"}}, "exactly one"),
        ({"expectation": {**NOT_NULL, "value_set": {"codes_of": "dispositions"}}}, "codes_of"),
    ],
)
def test_a_slip_is_refused_with_file_rule_and_field(change: dict[str, object], words: str, tmp_path: Path) -> None:
    path = write_rules(tmp_path, "staging.base_acd_segments", [entry("queue_present", NOT_NULL) | change])
    with pytest.raises(RuleProblem) as refused:
        load_rules(tmp_path)
    assert str(path) in str(refused.value)
    assert words in str(refused.value)
    assert str(change.get("id", "queue_present")) in str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sentence", None, "sentence is missing: what holds when the rule passes"),
        ("dimension", "completness", "dimension: write one of the six dimensions: completeness"),
        ("threshold", {"warn_over": 5, "reason": "It is only a test."}, "for a number of rows write {count: 5}"),
        ("expectation", {"fails_where": "true", "judged_were": "true"}, "did you mean judged_where?"),
        ("expectation", "true", "{fails_where: a condition}"),
    ],
)
def test_a_refusal_names_file_line_rule_and_field_and_says_what_to_write(
    field: str, value: object, said: str, tmp_path: Path
) -> None:
    wrong = {name: given for name, given in {**entry("queue_present", NOT_NULL), field: value}.items() if given}
    path = write_rules(tmp_path, "staging.base_acd_segments", [wrong])
    (line,) = [number for number, text in enumerate(path.read_text().splitlines(), start=1) if "id: queue" in text]
    with pytest.raises(RuleProblem) as refused:
        load_rules(tmp_path)
    assert f"{path}, line {line}: rule queue_present: {field}" in str(refused.value)
    assert said in str(refused.value)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    write_rules(tmp_path, "staging.base_acd_segments", [entry("queue_present", NOT_NULL)])
    write_rules(tmp_path, "staging.stg_acd_segments", [entry("queue_present", NOT_NULL)])
    with pytest.raises(RuleProblem, match="already used"):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    "text", ["rules: [", "- a list", "rules: 7", "owner: me", "rules: []\ncolour: red", "rules: [7]"]
)
def test_what_is_no_rule_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "table.yaml").write_text(text)
    with pytest.raises(RuleProblem, match=r"table\.yaml"):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    ("limit", "failed", "checked", "exceeded"),
    [
        (0, 0, 100, False),
        (0, 1, 100, True),
        (0.01, 1, 100, False),
        (0.01, 2, 100, True),
        (1, 100, 100, False),
        ({"count": 3}, 3, 100, False),
        ({"count": 3}, 4, 100, True),
        ({"share": 0.01, "count": 5}, 5, 100, False),
        ({"share": 0.01, "count": 5}, 6, 1000, False),
        ({"share": 0.01, "count": 5}, 6, 100, True),
        (0.5, 1, 0, True),
    ],
)
def test_a_limit_is_exceeded_only_beyond_it(limit: object, failed: int, checked: int, exceeded: bool) -> None:
    assert Limit.model_validate(limit).is_exceeded(failed, checked) is exceeded


def test_a_threshold_reads_as_words() -> None:
    rule = next(rule for rule in load_rules(RULES) if rule.id == "incidents_back_keyed_share")
    assert str(rule.threshold) == "warn over 2 % and 5 rows, fail over 20 % and 20 rows"
    assert rule.threshold.judge(0, 100) is Status.PASS


def test_messages_hold_no_values() -> None:
    said = without_values(
        "\nConversion Error: Could not convert string '07700 900123' to INT32 at 07700900123\nLINE 1: ..."
    )
    assert "900123" not in said
    assert said.startswith("Conversion Error: Could not convert string")
