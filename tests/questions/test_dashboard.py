"""The tiles of a dashboard: each runs, has something to show, and together they cover every question."""

from __future__ import annotations

import re

import duckdb
import pytest
import yaml

from orchestration import dashboards, questions
from orchestration.settings import PROJECT, Settings

EVERY = dashboards.tiles()
CHOICES = {
    "month": "2021-10-01", "area": "HEREF", "kpi": "calls_999_within_10s", "force": "Kent", "unit": "OCC",
    "outcome": "da_arrest",
}  # fmt: skip


def test_every_question_has_a_tile() -> None:
    asked = {number for number, _ in questions.listed()}
    assert asked == {number for tile in EVERY for number in tile.answers}


@pytest.mark.parametrize("tile", EVERY, ids=lambda tile: tile.name)
def test_a_tile_reads_published_tables_only(tile: dashboards.Tile) -> None:
    """A BI tool has no others."""
    read = set(re.findall(r"(?<!distinct )\b(?:from|join)\s+([a-z_]+)\.[a-z_0-9]+", tile.sql))
    assert read
    assert read <= {"marts", "metrics", "quality", "reports"}


@pytest.mark.parametrize("tile", EVERY, ids=lambda tile: tile.name)
def test_a_tile_has_something_to_show(tile: dashboards.Tile, season_warehouse: Settings) -> None:
    """As it comes, and with each of its choices made; a figure stands beside its state wherever it is an indicator."""
    with duckdb.connect(str(season_warehouse.current_db.resolve()), read_only=True) as con:
        found = con.execute(tile.sql)
        columns = [column[0] for column in found.description or []]
        assert found.fetchall()
        if "metrics.kpi_results" in tile.sql:
            assert "quality_state" in columns
        for name in tile.parameters:
            con.execute(f"set variable {name} = ?", [CHOICES[name]])
            assert con.execute(tile.sql).fetchall() is not None
            con.execute(f"reset variable {name}")


def test_an_answer_in_time_of_a_tile_is_the_one_of_its_question(season_warehouse: Settings) -> None:
    """A tile that read another scope or period would show another figure under the same name."""
    (tile,) = (tile for tile in EVERY if tile.name == "answered_in_time_by_week")
    answer = questions.ask(season_warehouse, questions.question("Q01"))
    place = {name: answer.columns.index(name) for name in ("kpi_id", "period_type", "period_start", "value")}
    by_question = {
        (row[place["kpi_id"]], row[place["period_start"]]): row[place["value"]]
        for row in answer.rows
        if row[place["period_type"]] == "week"
    }
    series = {"999 within 10 s": "calls_999_within_10s", "101 within 30 s": "calls_101_within_30s"}
    with duckdb.connect(str(season_warehouse.current_db.resolve()), read_only=True) as con:
        shown = {(series[row[0]], row[1]): row[2] for row in con.execute(tile.sql).fetchall()}
    both = by_question.keys() & shown.keys()  # the question adds figures that were published elsewhere
    assert {key: shown[key] for key in both} == {key: by_question[key] for key in both}
    assert len(both) > 20


def test_every_chart_of_the_superset_dashboard_can_be_drawn(season_warehouse: Settings) -> None:
    """Superset itself is not started by a test: what its charts ask of a tile is asked here."""
    plan = yaml.safe_load((PROJECT / "deploy" / "superset" / "dashboard.yaml").read_text())
    charts = [chart for row in plan["rows"] if isinstance(row, list) for chart in row]
    assert len(charts) > 20
    asked = {number for chart in charts for number in re.findall(r"Q\d\d", chart["title"])}
    assert {f"Q{number:02d}" for number in (1, 2, 3, 4, 5, 9, 10, 11, 15, 17, 18, 19, 21, 22, 23)} <= asked
    by_name = {tile.name: tile for tile in EVERY}
    with duckdb.connect(str(season_warehouse.current_db.resolve()), read_only=True) as con:
        for chart in charts:
            shows = chart["shows"]
            figures = [shows["metric"]] if "metric" in shows else list(shows.get("metrics", {}).values())
            places = [shows[key] for key in ("x_axis",) if key in shows]
            for key in ("groupby", "groupbyRows", "groupbyColumns", "columns"):
                places += shows.get(key, [])
            if chart["type"] == "control":
                figures, places = ["max(value)", "max(centre)", "max(upper_limit)", "max(target)"], ["week_start"]
                shows = {"where": f"kpi_id = '{shows['kpi']}'"}
            grouped = f" group by {', '.join(places)}" if figures and places else ""
            rows = con.execute(
                f"select {', '.join([*places, *figures])} from ({by_name[chart['tile']].sql}) as tile "
                f"where {shows.get('where', 'true')}{grouped}"
            ).fetchall()
            assert rows, chart["title"]
