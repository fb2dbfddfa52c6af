"""The step of a run: tables from a small database, skipped when nothing changed, and what goes wrong said in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.analysis import tables
from orchestration.analysis.design import DesignProblem, read_design
from orchestration.analysis.parts import PARTS, Part
from orchestration.analysis.run import run_analyses
from orchestration.settings import PROJECT

PROFILE = PROJECT / "orchestration" / "profiles" / "west_mercia"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema landing")
    tables.make_tables(con)
    return con


def doubling(values: list[int]) -> Part:
    """An analysis of a list: it says the double of every value as an effect."""
    return Part(
        "doubling",
        ("metrics.pilot_permutations",),
        lambda _con, _design: {"values": [(value,) for value in values]},
        lambda facts, _design: {"metrics.pilot_permutations": [{"effect": 2.0 * row[0]} for row in facts["values"]]},
        lambda _error: {"metrics.pilot_permutations": [{"areas": "failed"}]},
    )


def test_an_analysis_is_done_again_only_when_what_goes_in_changed(con: duckdb.DuckDBPyConnection) -> None:
    values = [1, 2]
    part = doubling(values)
    assert run_analyses(con, PROFILE, [part]) == ["doubling"]
    assert run_analyses(con, PROFILE, [part]) == []
    values.append(3)
    assert run_analyses(con, PROFILE, [part]) == ["doubling"]
    assert con.execute("select effect from metrics.pilot_permutations order by 1").fetchall() == [(2,), (4,), (6,)]


def test_an_analysis_that_breaks_says_so_in_its_table_and_is_tried_again(con: duckdb.DuckDBPyConnection) -> None:
    values: list[Any] = ["no number"]
    part = doubling(values)
    assert run_analyses(con, PROFILE, [part]) == ["doubling"]
    assert con.execute("select areas from metrics.pilot_permutations").fetchall() == [("failed",)]
    assert run_analyses(con, PROFILE, [part]) == ["doubling"]


def test_a_table_of_an_earlier_version_is_made_again_with_every_column(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create or replace table metrics.pilot_effects (pilot varchar)")
    tables.make_tables(con)
    found = con.execute("select column_name from duckdb_columns() where table_name = 'pilot_effects'").fetchall()
    assert [name for (name,) in found] == list(tables.TABLES["metrics.pilot_effects"].columns)


def test_a_table_that_was_made_anew_is_filled_again(con: duckdb.DuckDBPyConnection) -> None:
    """Else an upgrade that adds a column would leave it empty until the figures change."""
    part = doubling([1])
    run_analyses(con, PROFILE, [part])
    con.execute("create or replace table metrics.pilot_permutations (pilot varchar)")
    assert run_analyses(con, PROFILE, [part]) == ["doubling"]


def test_numbers_are_kept_to_the_digits_that_two_machines_agree_on(con: duckdb.DuckDBPyConnection) -> None:
    tables.write(con, "metrics.pilot_permutations", [{"effect": 0.1 + 0.2}, {"effect": float("nan")}])
    assert con.execute("select effect from metrics.pilot_permutations").fetchall() == [(0.3,), (None,)]
    with pytest.raises(KeyError, match="no column surprise"):
        tables.write(con, "metrics.pilot_permutations", [{"surprise": 1}])


def test_every_table_and_column_says_what_it_is() -> None:
    for node in tables.as_nodes().values():
        assert node["description"].endswith(".")
        assert all(column["description"].strip() for column in node["columns"].values())


def test_every_part_fills_tables_that_are_published() -> None:
    assert {name for part in PARTS for name in part.tables} == set(tables.TABLES)


def test_the_forces_own_design_can_be_read_and_names_indicators_that_there_are() -> None:
    design = read_design(PROFILE)
    pilot = design.pilots["DA_DIARY_CAR_REMOVAL"]
    assert pilot.main_outcome == "da_attended_24h"
    assert len(pilot.outcomes) == 7
    known = "".join(path.read_text() for path in (PROJECT / "dbt_project" / "models" / "metrics").rglob("*.sql"))
    built_in = {"da_diary_share", "other_diary_share", "other_unresourced_hours"}
    assert all(f"kpi_id: {name}\n" in known for name in {*pilot.outcomes, *pilot.displacement} - built_in)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("pilots: [", "is not YAML in line"),
        ("- a list", "must hold keys and values"),
        ("pilots: {P: {fixed_on: 2021-11-01, outcomes: [da_arrest], main_outcome: da_arrest, colour: red}}",
         "pilots.P.colour: this key is not known"),
        ("pilots: {P: {fixed_on: 2021-11-01, outcomes: [da_arrest], main_outcome: da_other}}",
         "pilots.P: main_outcome da_other is not among the outcomes: list it there"),
        ("pilots: {P: {outcomes: [da_arrest], main_outcome: da_arrest}}",
         "pilots.P.fixed_on: is missing; write it down"),
        ("pilots: {P: {fixed_on: 2021-11-01, outcomes: [a], main_outcome: a, level: 2}}",
         "pilots.P.level: Input should be less than 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_design_is_said_with_file_entry_and_what_to_do(
    tmp_path: Path, written: str, said: str
) -> None:
    file = tmp_path / "analysis" / "pilot.yaml"
    file.parent.mkdir()
    file.write_text(written)
    with pytest.raises(DesignProblem) as raised:
        read_design(tmp_path)
    assert str(file) in str(raised.value)
    assert said in str(raised.value)


def test_a_profile_without_a_design_has_none(tmp_path: Path) -> None:
    assert read_design(tmp_path).pilots == {}


def test_a_table_that_was_made_before_the_models_is_filled_by_the_next_analysis(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Views read the tables, so they are made early; the analysis must not take them for its own, done already."""
    part = doubling([1])
    run_analyses(con, PROFILE, [part])
    con.execute("drop table metrics.pilot_permutations")
    tables.prepare(con)
    assert run_analyses(con, PROFILE, [part]) == ["doubling"]
    tables.prepare(con)
    assert run_analyses(con, PROFILE, [part]) == []
