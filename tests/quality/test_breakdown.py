"""Which rows failed: the parts add up to what Great Expectations counted, and no text of a cell is ever a part.

That the parts of the project's own rules add up is asserted where each finds its fault, in `test_every_rule_can_fail`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.quality.batches import RuleDatabase
from orchestration.quality.breakdown import OTHER, PARTS_AT_MOST, parts_file
from orchestration.quality.results import write_results
from orchestration.quality.rules import BATCH_TYPES, ROW_TYPES, RuleResult, Status
from tests.quality.conftest import entry, plant

Judge = Callable[..., list[RuleResult]]
SEGMENTS, STATUSES, INCIDENTS = (
    f"staging.base_{export}" for export in ("acd_segments", "saab_resource_status", "saab_incidents")
)
EVERY_ROW_FAILS: dict[str, object] = {"fails_where": "true"}

# Each type with arguments by which some rows of the table below fail; nulls, repeats and limits among them.
TYPES: list[tuple[str, dict[str, object]]] = [
    ("expect_column_values_to_not_be_null", {"column": "one"}),
    ("expect_column_values_to_be_null", {"column": "one"}),
    ("expect_column_values_to_be_in_set", {"column": "word", "value_set": ["a", "it's"]}),
    ("expect_column_values_to_be_in_set", {"column": "one", "value_set": [1, 2, 3]}),
    ("expect_column_values_to_be_in_set", {"column": "word", "value_set": []}),
    ("expect_column_values_to_not_be_in_set", {"column": "word", "value_set": ["a", "it's"]}),
    ("expect_column_values_to_be_between", {"column": "one", "min_value": 2, "max_value": 4}),
    ("expect_column_values_to_be_between", {"column": "one", "min_value": 2, "strict_min": True}),
    ("expect_column_values_to_be_between", {"column": "one", "max_value": 4, "strict_max": True}),
    ("expect_column_values_to_be_unique", {"column": "one"}),
    ("expect_column_value_lengths_to_be_between", {"column": "word", "min_value": 2}),
    ("expect_column_value_lengths_to_equal", {"column": "word", "value": 1}),
    ("expect_column_pair_values_to_be_equal", {"column_A": "one", "column_B": "two"}),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "one", "column_B": "two", "ignore_row_if": "either_value_is_missing"},
    ),
    ("expect_column_pair_values_to_be_equal", {"column_A": "one", "column_B": "two", "ignore_row_if": "neither"}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "one", "column_B": "two"}),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "one", "column_B": "two", "or_equal": True}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["one", "word"]}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["one", "two"], "ignore_row_if": "any_value_is_missing"}),
    ("expect_select_column_values_to_be_unique_within_record", {"column_list": ["one", "two", "three"]}),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["one", "two"], "sum_total": 5}),
    ("expect_table_row_count_to_be_between", {"min_value": 1000}),
    ("expect_column_max_to_be_between", {"column": "one", "max_value": 1}),
]


@pytest.fixture
def things(tmp_path: Path) -> Path:
    path = tmp_path / "occ_build.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.things as select nullif(i % 7, 6) as one, nullif(i % 5, 4) as two, i % 3 as three, "
            "case i % 4 when 0 then 'a' when 1 then 'bb' when 2 then 'it''s' end as word, "
            "date '2021-09-01' + (i % 30)::integer as created_date, 'd' || i % 2 as _delivery_id, i as _source_row "
            "from range(123) as numbers (i)"
        )
    return path


def test_the_rows_of_every_type_of_expectation_are_as_many_as_great_expectations_counted(
    things: Path, judge: Judge
) -> None:
    rules = [entry(f"rule_{place}", {"type": name, **given}) for place, (name, given) in enumerate(TYPES)]
    results = judge(things, "marts.things", rules, full=True)
    told = {
        (name, str(given)): (
            sum(part.failed_count for part in result.parts),
            sum(p.checked_count or 0 for p in result.parts),
        )
        for (name, given), result in zip(TYPES, results, strict=True)
    }
    assert {result.rule_id: result.reason for result in results if result.reason} == {}
    assert all(result.failed_count for result in results)
    for (name, given), result in zip(TYPES, results, strict=True):
        assert told[name, str(given)][0] == result.failed_count, name
        assert len(result.samples) == min(10, result.failed_count)
    assert {name for name, _ in TYPES} >= ROW_TYPES
    assert {name for name, _ in TYPES} & BATCH_TYPES


def test_units_that_could_be_judged_are_counted_by_part_as_in_all(things: Path, judge: Judge) -> None:
    (lengths, condition, query, unlike) = judge(
        things,
        "marts.things",
        [
            entry("lengths", {"type": "expect_column_value_lengths_to_equal", "column": "word", "value": 1}),
            entry(
                "condition", {"judged_where": "three > 0", "fails_where": "one is null or created_date > '2021-09-01'"}
            ),
            entry(
                "query", {"checked": "count(two)", "failing_rows": "select * from {batch} where two > 0 -- a comment"}
            ),
            entry("unlike", {"checked": "count(distinct two)", "failing_rows": "select * from {batch}"}),
        ],
        full=True,
    )
    for result in (lengths, condition, query):
        assert 0 < len(result.parts) <= 30
        assert all(0 < part.failed_count <= (part.checked_count or 0) for part in result.parts)
    # Of every day there are rows that fail, so that the days hold every unit that could be judged.
    assert [sum(part.checked_count or 0 for part in each.parts) for each in (lengths, condition)] == [
        lengths.checked_count,
        condition.checked_count,
    ]
    assert {part.checked_count for part in unlike.parts} == {None}


def test_codes_that_nobody_knows_are_unknown_and_their_text_is_nowhere(database: Path, judge: Judge) -> None:
    """A failure means that what somebody typed into a cell, a name or a number, can be read in a published table."""
    typed = "Jo Bloggs 07700 900123"
    plant(
        database,
        f"update {STATUSES} set lpa = '{typed}', callsign = '{typed}' where _source_row % 2 = 0",
        f"update {STATUSES} set lpa = null, callsign = null where _source_row % 3 = 0",
        f"update {SEGMENTS} set team = '{typed}' where _source_row % 2 = 0",
        f"update {SEGMENTS} set team = 'BLOGGS' where _source_row % 3 = 0",  # in no other export
    )
    found: dict[str, set[str]] = {}
    for table in (STATUSES, SEGMENTS):
        (result,) = judge(database, table, [entry("all_fail", EVERY_ROW_FAILS)])
        for part in result.parts:
            found.setdefault(part.part_type, set()).add(part.part_code)
    assert found["area"] > {"UNKNOWN"}
    assert found["team"] > {"UNKNOWN"}
    assert found["callsign"] > {"UNKNOWN"}
    everything = {code for codes in found.values() for code in codes}
    assert not [code for code in everything if "loggs" in code.lower() or "900123" in code]


def test_more_parts_than_are_kept_become_one(things: Path, judge: Judge) -> None:
    plant(
        things, "insert into marts.things (created_date) select date '1990-01-01' + i::integer from range(500) as n (i)"
    )
    (result,) = judge(things, "marts.things", [entry("all_fail", EVERY_ROW_FAILS)], full=True)
    assert len(result.parts) == PARTS_AT_MOST + 1
    assert result.parts[-1].part_code == OTHER
    assert sum(part.failed_count for part in result.parts) == result.failed_count == 623
    assert sum(part.checked_count or 0 for part in result.parts) == 623


def test_samples_are_the_first_rows_in_order_of_delivery_and_line(things: Path, judge: Judge) -> None:
    (result,) = judge(things, "marts.things", [entry("all_fail", EVERY_ROW_FAILS)], full=True)
    assert [(each.delivery_id, each.source_row) for each in result.samples] == [("d0", 2 * i) for i in range(10)]


def test_a_breakdown_that_raises_leaves_what_was_judged(
    things: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure means that a rule counts as one that could not be computed although its result is known."""

    def raising(self: RuleDatabase, query: str) -> Any:
        raise duckdb.ConversionException("Could not convert string '07700 900123' to INT32")

    monkeypatch.setattr(RuleDatabase, "columns", raising)
    (result,) = judge(things, "marts.things", [entry("all_fail", EVERY_ROW_FAILS)], full=True)
    assert (result.status, result.failed_count, result.parts, result.samples) == (Status.FAIL, 123, (), ())
    assert result.reason is not None
    assert result.reason.startswith("which rows fail could not be told")
    assert "900123" not in result.reason


def test_an_argument_that_has_no_condition_leaves_what_was_judged(things: Path, judge: Judge) -> None:
    rule = entry("mostly", {"type": "expect_column_values_to_not_be_null", "column": "one", "mostly": 0.5})
    (result,) = judge(things, "marts.things", [rule], full=True)
    assert (result.status, result.parts) == (Status.WARN, ())
    assert "mostly" in str(result.reason)


def test_only_the_newest_judgement_is_kept_and_none_of_a_rule_that_passes_or_is_gone(
    things: Path, judge: Judge
) -> None:
    def rule(name: str, **more: object) -> dict[str, object]:
        return entry(name, EVERY_ROW_FAILS, **more)

    first = judge(things, "marts.things", [rule("mended"), rule("gone"), rule("not_run"), rule("again")], full=True)
    (mended, again) = judge(
        things,
        "marts.things",
        [entry("mended", {"fails_where": "false"}), entry("again", {"fails_where": "one = 1"})],
        full=True,
    )
    not_run = RuleResult(rule=first[2].rule, generation="g2", status=Status.NOT_RUN)
    with duckdb.connect() as con:
        write_results(con, first)
        write_results(con, [mended, not_run, again])
        for table, failing in (("rule_failures", again.parts), ("rule_samples", again.samples)):
            counted = con.execute(f"select rule_id, count(*) from quality.{table} group by all order by all").fetchall()
            assert [name for name, _ in counted] == ["again", "not_run"]
            assert counted[0][1] == len(failing)


def test_every_kind_of_part_says_which_codes_are_known() -> None:
    assert set(parts_file().parts) == {"area", "team", "day", "callsign"}
    assert [name for name, part in parts_file().parts.items() if not (part.codes or part.pattern)] == ["day"]
