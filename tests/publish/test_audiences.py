"""Audiences: their file in the profile, and what the models' own words let each of them read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.publish.audiences import Audience, AudienceTable, audience_named, audience_tables, read_audiences
from orchestration.publish.generation import tables_to_publish

EVERYBODY = Audience(name="everybody", label="Everybody")
OF_AN_AREA = Audience(name="hereford", label="Hereford", areas=["HEREF", "O'HARA"], force_figures=False)


def profile(tmp_path: Path, text: str) -> Path:
    (tmp_path / "audiences.yaml").write_text(text)
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "areas.csv").write_text("code,means\nHEREF,HEREF\nH,HEREF\nUNKNOWN,UNKNOWN\n")
    return tmp_path


@pytest.fixture
def read_by() -> Any:
    """What an audience reads of three made-up tables and a view, by name."""
    columns = {name: {"description": name} for name in ("area_code", "secret", "kpi_id")}
    columns["secret"] = {"description": "", "config": {"meta": {"restricted": True}}}

    def node(name: str, **meta: Any) -> dict[str, Any]:
        return {
            "resource_type": "model", "schema": "marts", "alias": name, "depends_on": {"nodes": []},
            "columns": columns, "config": {"meta": meta},
        }  # fmt: skip

    nodes = {
        "a": node("open_to_all", restricted=False, area_where="true"),
        "b": node(
            "of_areas",
            restricted=False,
            audience_where="kpi_id not in ({restricted_indicators}) or false",
            area_where="area_code in ({areas}) or {force_figures}",
        ),
        "c": node("without_areas", restricted=False),
        "d": node("closed", restricted=True),
        "e": node("says_nothing"),
        "f": node("a_view", restricted=False, published_as="view"),
        "g": node("x", indicators=[{"kpi_id": "open"}, {"kpi_id": "hidden", "restricted": True}]),
    }
    with duckdb.connect() as con:
        con.execute("create schema marts")
        for each in ("open_to_all", "of_areas", "without_areas", "closed", "says_nothing", "a_view", "unheard_of"):
            con.execute(f"create table marts.{each} as select 'HEREF' as area_code, 1 as secret, 'open' as kpi_id")
        tables = tables_to_publish(con, nodes)
        con.execute("insert into marts.of_areas values ('HEREF', 1, 'hidden'), ('TELF', 1, 'open')")

        def read(audience: Audience) -> dict[str, tuple[AudienceTable, list[Any]]]:
            def rows(each: AudienceTable) -> list[Any]:
                sql = f"select kpi_id, area_code from marts.{each.name} where {each.where or 'true'} order by all"
                return con.execute(sql).fetchall()

            return {each.name: (each, rows(each)) for each in audience_tables(audience, tables)}

        yield read


def test_a_table_goes_to_an_audience_only_when_it_says_that_it_is_not_restricted(read_by: Any) -> None:
    """A new table that nobody decided about must reach nobody."""
    assert set(read_by(EVERYBODY)) == {"open_to_all", "of_areas", "without_areas", "a_view"}


def test_a_restricted_column_goes_to_nobody_and_the_others_keep_their_order(read_by: Any) -> None:
    assert {tuple(each.columns) for each, _ in read_by(EVERYBODY).values()} == {("area_code", "kpi_id")}


def test_a_view_says_that_it_is_one(read_by: Any) -> None:
    assert [name for name, (each, _) in read_by(EVERYBODY).items() if each.is_view] == ["a_view"]


def test_rows_of_restricted_indicators_go_to_nobody(read_by: Any) -> None:
    assert read_by(EVERYBODY)["of_areas"][1] == [("open", "HEREF"), ("open", "TELF")]


def test_an_audience_of_some_areas_reads_their_rows_and_no_table_that_has_no_area(read_by: Any) -> None:
    """The condition of the area must not loosen the one for all, whatever `or` is in them."""
    found = read_by(OF_AN_AREA)
    assert set(found) == {"open_to_all", "of_areas"}
    assert found["of_areas"][1] == [("open", "HEREF")]
    with_force = OF_AN_AREA.model_copy(update={"force_figures": True})
    assert read_by(with_force)["of_areas"][1] == [("open", "HEREF"), ("open", "TELF")]


def test_a_profile_without_the_file_has_no_audiences(tmp_path: Path) -> None:
    assert read_audiences(tmp_path) == []


def test_the_shipped_profile_has_an_audience() -> None:
    from orchestration.settings import PROJECT

    assert [each.name for each in read_audiences(PROJECT / "orchestration" / "profiles" / "west_mercia")] == [
        "performance"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {name: 'a b', label: x}", "entry 1, name"),
        ("- {name: a}", "entry 1, label"),
        ("- {name: a, label: x}\n- {name: a, label: y}", "entry 2: there are two"),
        ("- {name: a, label: x, areas: []}", "entry 1, areas"),
        ("- {name: a, label: x, areas: [UNKNOWN]}", "areas: UNKNOWN is not in .*areas.csv"),
        ("- {name: a, label: x, area: [B]}", "entry 1, area"),
        ("name: a", "a list"),
        ("- [", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_what(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(EnvironmentProblem, match=says):
        read_audiences(profile(tmp_path, text))


def test_an_unknown_audience_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="performance, hereford"):
        audience_named(profile(tmp_path, "- {name: performance, label: x}\n- {name: hereford, label: y}"), "all")
