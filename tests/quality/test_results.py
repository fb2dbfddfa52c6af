"""What came of the rules, as rows: every generation's results stay, a generation's own are replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.quality.results import TABLES, carry_history, make_tables, write_results
from orchestration.quality.rules import RuleResult, Status, load_rules
from orchestration.settings import RULES

ORDERED = "select generation, rule_id, status, failed_count from quality.rule_results order by all"


@pytest.fixture
def con() -> Any:
    with duckdb.connect() as connection:
        yield connection


def _results(generation: str, status: Status = Status.WARN, failed: int = 3) -> list[RuleResult]:
    return [
        RuleResult(rule=rule, generation=generation, status=status, checked_count=10, failed_count=failed)
        for rule in load_rules(RULES)[:3]
    ]


def test_results_hold_what_the_interface_promises(con: duckdb.DuckDBPyConnection) -> None:
    (result, *_) = _results("g1")
    write_results(con, [replace(result, reason="it's <b>so</b> % {x}")])
    (row,) = con.execute(
        "select generation, rule_id, table_name, dimension, system, severity, status, checked_count, failed_count, "
        "failed_ratio, threshold, business_date, reason from quality.rule_results"
    ).fetchall()
    rule = result.rule
    assert row == (
        "g1",
        rule.id,
        rule.table,
        str(rule.dimension),
        rule.system,
        str(rule.severity),
        "WARN",
        10,
        3,
        0.3,
        str(rule.threshold),
        None,
        "it's <b>so</b> % {x}",
    )


def test_rules_say_what_they_mean_and_touch(con: duckdb.DuckDBPyConnection) -> None:
    write_results(con, _results("g1"))
    rows = con.execute("select rule_id, sentence, indicators, owner, threshold_reason from quality.rules").fetchall()
    assert [row[0] for row in rows] == [result.rule_id for result in _results("g1")]
    assert all(row[1].endswith(".") and isinstance(row[2], list) and row[3] and row[4] for row in rows)


def test_earlier_generations_stay_and_the_same_one_is_replaced(con: duckdb.DuckDBPyConnection) -> None:
    write_results(con, _results("g1"))
    write_results(con, _results("g2", Status.FAIL, 9))
    write_results(con, _results("g2", Status.PASS, 0))
    found = con.execute("select generation, status, count(*) from quality.rule_results group by all order by all")
    assert found.fetchall() == [("g1", "WARN", 3), ("g2", "PASS", 3)]
    assert con.execute("select count(*) from quality.rules").fetchall() == [(3,)]


def test_a_column_that_an_earlier_version_lacked_is_added(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema quality")
    con.execute("create table quality.rule_results (generation varchar, rule_id varchar)")
    con.execute("insert into quality.rule_results values ('g0', 'old')")
    write_results(con, _results("g1"))
    assert con.execute("select count(*), count(status) from quality.rule_results").fetchall() == [(4, 3)]


def test_history_is_carried_over_from_what_was_published(tmp_path: Path) -> None:
    published = tmp_path / "it's published.duckdb"
    with duckdb.connect(str(published)) as con:
        write_results(con, _results("g1"))
        before = con.execute(ORDERED).fetchall()
    with duckdb.connect(str(tmp_path / "new.duckdb")) as con:
        assert carry_history(con, tmp_path / "nothing.duckdb") == 0
        assert carry_history(con, published) == 3
        assert carry_history(con, published) == 0
        assert con.execute(ORDERED).fetchall() == before


def test_of_old_generations_the_last_judged_result_of_each_week_is_kept(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure means that history grows without an end, or that a week is missing from a rule's history."""
    monkeypatch.setattr("orchestration.quality.results._KEPT_WHOLE", 2)
    statuses = {
        "20210906T010000Z": Status.FAIL,
        "20210907T010000Z": Status.WARN,
        "20210908T010000Z": Status.NOT_RUN,
        "20210913T010000Z": Status.PASS,
        "20210920T010000Z": Status.NOT_RUN,
        "20210921T010000Z": Status.NOT_RUN,
    }
    for generation, status in statuses.items():
        write_results(con, _results(generation, status)[:1])
    found = con.execute("select generation, status from quality.rule_results order by all").fetchall()
    assert found == [
        ("20210907T010000Z", "WARN"),
        ("20210913T010000Z", "PASS"),
        ("20210920T010000Z", "NOT_RUN"),
        ("20210921T010000Z", "NOT_RUN"),
    ]


def test_of_old_generations_since_when_a_rule_fails_and_what_a_reviewer_saw_are_kept(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure means that a finding seems older than it is, or that a sign-off ends though nothing got graver."""
    monkeypatch.setattr("orchestration.quality.results._KEPT_WHOLE", 2)
    write_results(con, _results("20210906T010000Z", Status.WARN)[:1])
    rule_id = _results("g")[0].rule_id
    con.execute(
        "insert into quality.reviews (review_id, rule_id, seen_generation) values ('1', ?, '20210907T090000Z')",
        [rule_id],
    )
    statuses = [Status.FAIL, Status.PASS, Status.WARN, Status.WARN, Status.FAIL, Status.FAIL]
    for number, status in enumerate(statuses, start=7):
        write_results(con, _results(f"202109{number:02}T010000Z", status)[:1])
    found = con.execute("select generation[7:8], status from quality.rule_results order by all").fetchall()
    assert found == [("07", "FAIL"), ("08", "PASS"), ("09", "WARN"), ("11", "FAIL"), ("12", "FAIL")]


def test_which_rows_failed_is_carried_over_into_a_new_build_database(tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    with duckdb.connect(str(published)) as con:
        write_results(con, _results("g1"))
        con.execute("insert into quality.rule_failures values ('r', 'g1', 'area', 'TELF', 3, 10)")
        con.execute("insert into quality.rule_samples values ('r', 'g1', 1, 'd', 2)")
    with duckdb.connect(str(tmp_path / "new.duckdb")) as con:
        for _ in range(2):
            carry_history(con, published)
            assert [con.execute(f"select count(*) from {table}").fetchall() for table in TABLES] == [
                [(3,)],
                [(3,)],
                [(1,)],
                [(1,)],
            ]


def test_tables_are_there_before_any_rule_is_judged_and_keep_what_they_hold(con: duckdb.DuckDBPyConnection) -> None:
    make_tables(con)
    write_results(con, _results("g1"))
    make_tables(con)
    assert con.execute("select count(*) from quality.rule_results").fetchall() == [(3,)]
    assert con.execute("select count(*) from quality.rule_samples").fetchall() == [(0,)]


def test_no_results_is_no_error(con: duckdb.DuckDBPyConnection) -> None:
    write_results(con, [])
    assert con.execute("select count(*) from quality.rule_results").fetchall() == [(0,)]
