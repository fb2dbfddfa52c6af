"""Running rules: each status for its own reason, counts that add up, hostile texts, a file that is free again.

A failure here means that a broken rule may look like good data, or good data like a broken rule.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.quality import duckdb_reading
from orchestration.quality.rules import RuleResult, Status
from orchestration.quality.run import blocking_problems, run_rules
from orchestration.settings import RULES
from tests.quality.conftest import GENERATION, entry, plant

SEGMENTS = "staging.base_acd_segments"
Judge = Callable[..., list[RuleResult]]
SEGMENTS_A_DAY = 96 + 10


def _statuses(results: list[RuleResult]) -> dict[str, Status]:
    return {result.rule_id: result.status for result in results}


# -- statuses ---


def test_pass_warn_and_fail_are_told_by_the_share_that_fails(clean_database: Path, judge: Judge) -> None:
    results = judge(
        clean_database,
        SEGMENTS,
        [
            entry("passes", {"type": "expect_column_values_to_not_be_null", "column": "queue"}),
            entry("warns", {"fails_where": "segment = 2"}),
            entry("fails", {"fails_where": "segment = 1"}),
            entry("fails_built_in", {"type": "expect_column_values_to_be_null", "column": "queue"}),
        ],
    )
    assert [(r.status, r.checked_count, r.failed_count) for r in results] == [
        (Status.PASS, SEGMENTS_A_DAY * 2, 0),
        (Status.WARN, SEGMENTS_A_DAY * 2, 20),
        (Status.FAIL, SEGMENTS_A_DAY * 2, 192),
        (Status.FAIL, SEGMENTS_A_DAY * 2, SEGMENTS_A_DAY * 2),
    ]
    assert {str(result.business_date) for result in results} == {"2021-10-05"}


def test_not_applicable_when_there_was_nothing_to_judge(database: Path, judge: Judge) -> None:
    entries = [
        entry("no_row_judged", {"judged_where": "queue = 'NOWHERE'", "fails_where": "true"}),
        entry("no_value", {"type": "expect_column_values_to_be_in_set", "column": "is_withheld", "value_set": ["Y"]}),
    ]
    results = judge(database, SEGMENTS, entries)
    assert set(_statuses(results).values()) == {Status.NOT_APPLICABLE}
    plant(database, f"delete from {SEGMENTS}")
    results = judge(database, SEGMENTS, [*entries, entry("no_row", {"fails_where": "true"})])
    assert set(_statuses(results).values()) == {Status.NOT_APPLICABLE}
    assert {result.checked_count for result in results} == {0}


def test_not_run_when_the_table_is_missing_or_nothing_was_delivered(database: Path, judge: Judge) -> None:
    rule = entry("anything", {"fails_where": "false"})
    (missing,) = judge(database, "marts.fct_unicorns", [rule])
    plant(database, "update landing.contents set is_pending = false where export = 'acd_segments'")
    (not_delivered,) = judge(database, SEGMENTS, [rule])
    (all_rows,) = judge(database, SEGMENTS, [rule], full=True)
    assert (missing.status, not_delivered.status, all_rows.status) == (Status.NOT_RUN, Status.NOT_RUN, Status.PASS)
    assert missing.reason == "the table is not there"
    assert not_delivered.reason == "nothing of it was delivered in this run"


BROKEN: dict[str, dict[str, object]] = {
    "column_missing": {"type": "expect_column_values_to_not_be_null", "column": "no_such_column"},
    "type_wrong": {"type": "expect_column_values_to_be_between", "column": "queue", "min_value": 5},
    "argument_unknown": {"type": "expect_column_values_to_not_be_null", "column": "queue", "colour": "red"},
    "argument_missing": {"type": "expect_column_values_to_be_between", "column": "talk_seconds"},
    "dictionary_missing": {
        "type": "expect_column_values_to_be_in_set",
        "column": "queue",
        "value_set": {"codes_of": "reference.no_such_list.code"},
    },
    "sql_wrong": {"failing_rows": "selekt * from {batch}"},
    "table_missing": {"failing_rows": "select * from {batch} where queue in (select x from marts.nothing)"},
    "raises_on_a_value": {"fails_where": "cast(queue as integer) > 0"},
    "checked_raises": {"failing_rows": "select * from {batch} limit 0", "checked": "sum(cast(team as integer))"},
    "checked_wrong": {"failing_rows": "select * from {batch} limit 0", "checked": "count(no_such_column)"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_rule_that_raises_is_an_error_and_takes_no_other_with_it(
    name: str, clean_database: Path, judge: Judge
) -> None:
    results = judge(
        clean_database,
        SEGMENTS,
        [
            entry("passes", {"type": "expect_column_values_to_not_be_null", "column": "queue"}),
            entry("broken", BROKEN[name], blocking=True),
            entry("fails", {"type": "expect_column_values_to_be_in_set", "column": "team", "value_set": ["B"]}),
            entry("warns", {"fails_where": "segment = 2"}),
        ],
    )
    assert _statuses(results) == {
        "passes": Status.PASS,
        "broken": Status.ERROR,
        "fails": Status.FAIL,
        "warns": Status.WARN,
    }
    broken = results[1]
    assert (broken.checked_count, broken.failed_count) == (0, 0)
    assert broken.reason
    assert "OCC_101" not in broken.reason  # a value of the data that the exception names
    assert blocking_problems(results) == [f"broken could not be computed: {broken.reason}"]


def test_only_errors_of_blocking_rules_stop_publishing(clean_database: Path, judge: Judge) -> None:
    results = judge(
        clean_database,
        SEGMENTS,
        [
            entry("fails", {"fails_where": "true"}, blocking=True),
            entry("broken", BROKEN["sql_wrong"]),
        ],
    )
    assert _statuses(results) == {"fails": Status.FAIL, "broken": Status.ERROR}
    assert blocking_problems(results) == []


def test_a_scope_that_the_table_cannot_tell_is_an_error(clean_database: Path, judge: Judge) -> None:
    (result,) = judge(
        clean_database, "reference.queues", [entry("no_scope", {"fails_where": "false"}, scope="delivered")]
    )
    assert result.status is Status.ERROR
    assert "delivered" in str(result.reason)


# -- the mend ---


def test_without_the_mend_every_metric_raises_and_every_rule_is_an_error(
    clean_database: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Great Expectations does on DuckDB as it comes; when this fails, the mend is not needed any more."""
    duckdb_reading.great_expectations()
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    def as_it_comes(self: Any, query: Any) -> Any:
        with self.get_connection() as connection:
            result = self._execute_query_with_recovery(connection, query)
        return result

    monkeypatch.setattr(SqlAlchemyExecutionEngine, "execute_query", as_it_comes)
    monkeypatch.setattr(duckdb_reading, "mend", lambda: None)
    entries = [
        entry("would_pass", {"type": "expect_column_values_to_not_be_null", "column": "queue"}),
        entry("would_fail", {"fails_where": "true"}),
    ]
    assert set(_statuses(judge(clean_database, SEGMENTS, entries)).values()) == {Status.ERROR}


def test_with_the_mend_fail_and_error_are_told_apart(clean_database: Path, judge: Judge) -> None:
    duckdb_reading.great_expectations()
    duckdb_reading.mend()  # twice does no harm
    entries = [
        entry("passes", {"type": "expect_column_values_to_not_be_null", "column": "queue"}),
        entry("fails", {"fails_where": "true"}),
        entry("raises", {"fails_where": "cast(queue as integer) > 0"}),
    ]
    assert list(_statuses(judge(clean_database, SEGMENTS, entries)).values()) == [
        Status.PASS,
        Status.FAIL,
        Status.ERROR,
    ]


# -- scopes ---


def test_only_what_was_delivered_is_judged_unless_everything_is(database: Path, judge: Judge) -> None:
    plant(
        database,
        "update landing.contents set is_pending = (business_date = '2021-10-05') where export = 'acd_segments'",
        "delete from intermediate.int_affected_calls where call_key not like '20211005-000%'",
    )
    rule = entry("counts", {"fails_where": "false"})
    counts = {}
    for table, scope in ((SEGMENTS, "delivered"), ("marts.fct_calls", "touched"), ("marts.fct_calls", "whole")):
        (day,) = judge(database, table, [rule | {"scope": scope}])
        (everything,) = judge(database, table, [rule | {"scope": scope}], full=True)
        counts[table, scope] = (day.checked_count, everything.checked_count)
    assert counts == {
        (SEGMENTS, "delivered"): (SEGMENTS_A_DAY, SEGMENTS_A_DAY * 2),
        ("marts.fct_calls", "touched"): (10, 192),
        ("marts.fct_calls", "whole"): (192, 192),
    }


def test_standing_rows_are_told_by_their_delivery(clean_database: Path, judge: Judge) -> None:
    (result,) = judge(clean_database, "staging.stg_acd_segments", [entry("counts", {"fails_where": "false"})])
    assert result.checked_count == SEGMENTS_A_DAY * 2


def test_a_file_that_is_quarantined_whole_is_judged_in_the_run_that_met_it(database: Path, judge: Judge) -> None:
    plant(
        database,
        "insert into landing.deliveries values ('dq', 'nonsense_20211005.csv', 'g1')",
        "insert into quality.deliveries values ('dq', 'nonsense_20211005.csv', null, 'shaq', null, 'QUARANTINED', "
        "0, 0, 0, 0, 0, 0, null)",
    )
    rule = entry("not_quarantined", {"fails_where": "status = 'QUARANTINED'"})
    (result,) = judge(database, "quality.deliveries", [rule])
    assert (result.status, result.failed_count) == (Status.WARN, 1)


# -- hostile texts ---


@pytest.mark.parametrize(
    "value",
    [
        "it's",
        'a "quoted" one',
        "<script>alert(1)</script>",
        "100 % of %s and %(x)s",
        "{batches} {} {{x}} }{",
        " :bind and 'x:y' and ::text",
        "a -- comment",
        "/* half a comment",
        "semi;colon",
        "back\\slash \\: \\",
        "$1 ? ?1 @x",
        "naïve ☃ 𝄞",
    ],
)
def test_hostile_values_in_rules_and_data_do_no_harm(value: str, database: Path, judge: Judge) -> None:
    literal = "'" + value.replace("'", "''") + "'"
    plant(database, f"update {SEGMENTS} set team = {literal} where segment = 2")
    results = judge(
        database,
        SEGMENTS,
        [
            entry("condition", {"fails_where": f"team = {literal}"}),
            entry("query", {"failing_rows": f"select *, team from {{batch}} where team = {literal} -- {{x}} :y %"}),
            entry(
                "excluded", {"type": "expect_column_values_to_not_be_in_set", "column": "team", "value_set": [value]}
            ),
            entry(
                "included", {"type": "expect_column_values_to_be_in_set", "column": "team", "value_set": ["A", value]}
            ),
        ],
    )
    assert [(r.status, r.failed_count) for r in results] == [
        (Status.WARN, 20),
        (Status.WARN, 20),
        (Status.WARN, 20),
        (Status.PASS, 0),
    ]


def test_a_query_may_end_in_a_semicolon_and_name_the_batch_twice(clean_database: Path, judge: Judge) -> None:
    sql = "select * from {batch} where call_id in (select call_id from {batch} where segment = 2) ;\n"
    (result,) = judge(clean_database, SEGMENTS, [entry("twice", {"failing_rows": sql})])
    assert result.failed_count == 40


# -- around it ---


def test_the_build_database_is_free_afterwards(database: Path, judge: Judge) -> None:
    for _ in range(2):
        judge(database, SEGMENTS, [entry("fails", {"fails_where": "true"}), entry("broken", BROKEN["sql_wrong"])])
        with duckdb.connect(str(database), config={"threads": 1}) as con:  # settings of its own, for writing
            con.execute("create or replace table landing.touched as select 1 as one")


def test_nothing_is_written_to_the_build_database(database: Path) -> None:
    before = database.read_bytes()
    run_rules(database, generation=GENERATION, full=False, rules_dir=RULES / "quality")
    assert database.read_bytes() == before


def test_results_come_in_the_order_of_the_rules_and_progress_is_told(clean_database: Path) -> None:
    told: list[tuple[str, int, int]] = []
    results = run_rules(
        clean_database,
        generation=GENERATION,
        full=False,
        rules_dir=RULES / "quality",
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    assert told[0][1] == 0
    assert told[-1][1] == told[-1][2] == len(results)
    assert [result.generation for result in results] == [GENERATION] * len(results)


def test_it_says_nothing_by_itself(
    clean_database: Path, judge: Judge, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        judge(
            clean_database, SEGMENTS, [entry("fails", {"fails_where": "true"}), entry("raises", BROKEN["type_wrong"])]
        )
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
