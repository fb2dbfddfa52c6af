"""The semantic layer says what the indicators say, and exposures name what their pages read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from orchestration import semantic
from orchestration.errors import UsageProblem
from orchestration.settings import PROJECT, Settings
from orchestration.warehouse import dbt
from tests.support import ask, occ

# Indicators that stand as metrics: by the dimension of their time, and a breakdown with its kind of scope.
BROKEN_DOWN = {
    "calls_offered": ("call__line", "line"),
    "calls_answered": ("call__line", "line"),
    "calls_abandoned": ("call__line", "line"),
    "calls_short_abandoned": ("call__line", "line"),
    "incidents_created": ("incident__area_code", "area"),
    "diary_kept_on_time": ("appointment__diary_code", "diary"),
    "diary_failed": ("appointment__area_code", "area"),
}


@pytest.fixture(scope="module")
def metrics(small_warehouse: Settings) -> list[Any]:
    small_warehouse.export()
    return [each for each in semantic.semantic_manifest(small_warehouse).metrics if not each.name.startswith("part_")]


def test_the_semantic_models_are_valid(small_warehouse: Settings) -> None:
    from dbt_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator

    found = SemanticManifestValidator().validate_semantic_manifest(semantic.semantic_manifest(small_warehouse))  # type: ignore[var-annotated]
    assert [each.as_readable_str() for each in found.errors] == []


def test_every_metric_is_an_indicator_of_that_label_and_of_no_restricted_table(
    metrics: list[Any], small_warehouse: Settings
) -> None:
    labels = dict(ask(small_warehouse, "select distinct kpi_id, label from metrics.kpi_register"))
    assert len(metrics) > 15
    for metric in metrics:
        assert labels.get(metric.name) == metric.label, metric.name
    restricted = {
        node["name"]
        for node in dbt.manifest_nodes(small_warehouse).values()
        if node.get("config", {}).get("meta", {}).get("restricted")
    }
    read = {model.node_relation.alias for model in semantic.semantic_manifest(small_warehouse).semantic_models}
    assert read
    assert read.isdisjoint(restricted)


def test_metrics_of_a_month_are_the_published_figures(metrics: list[Any], small_warehouse: Settings) -> None:
    compared = 0
    for metric in metrics:
        rows = _asked(small_warehouse, metric.name, ["metric_time__month"])
        expected = dict(
            ask(
                small_warehouse,
                f"select period_start, value from metrics.kpi_results where kpi_id = '{metric.name}' "
                "and period_type = 'month' and scope_type = 'force' and coalesce(denominator, numerator, 1) > 0",
            )
        )
        found = {row[0].date(): row[1] for row in rows}
        for month, value in expected.items():
            if value is not None:
                assert found[month] == pytest.approx(float(value)), (metric.name, month)
                compared += 1
    assert compared > len(metrics)


@pytest.mark.parametrize("name", BROKEN_DOWN)
def test_a_breakdown_is_the_published_one(name: str, small_warehouse: Settings) -> None:
    dimension, scope = BROKEN_DOWN[name]
    expected = {
        (month, code): float(value)
        for month, code, value in ask(
            small_warehouse,
            f"select period_start, scope_code, value from metrics.kpi_results where kpi_id = '{name}' "
            f"and period_type = 'month' and scope_type = '{scope}' and value is not null",
        )
    }
    found = {
        (month.date(), code): value
        for month, code, value in _asked(small_warehouse, name, ["metric_time__month", dimension])
    }
    assert expected
    for place, value in expected.items():
        assert found[place] == pytest.approx(value), place


def _asked(settings: Settings, metric: str, by: list[str]) -> list[tuple[Any, ...]]:
    return semantic.ask(settings, semantic.sql_of(settings, [metric], by))[1]


def test_a_metric_that_is_not_there_is_said_without_a_traceback(small_warehouse: Settings) -> None:
    with pytest.raises(UsageProblem, match="calls_abandond"):
        semantic.sql_of(small_warehouse, ["calls_abandond"], [])


def test_a_dimension_that_is_not_there_is_said_once_with_those_that_are(small_warehouse: Settings) -> None:
    """MetricFlow repeats it for every metric behind the metric, with the place in its own graph."""
    with pytest.raises(UsageProblem) as refused:
        semantic.sql_of(small_warehouse, ["calls_abandoned"], ["area"])
    said = str(refused.value)
    assert said.count("Query Input") == 1
    assert "call__line" in said
    assert said.endswith("area")


def test_a_condition_that_cannot_be_asked_is_said_without_a_traceback(small_warehouse: Settings) -> None:
    ended = occ(small_warehouse, ["metric", "calls_abandoned", "--where", "foo = 1"])
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert 'column "foo" not found' in ended.stderr


def test_the_command_lists_metrics_and_answers(small_warehouse: Settings) -> None:
    listed = occ(small_warehouse, ["metric", "--format", "json"]).stdout
    assert {"metric": "calls_abandoned", "label": "Calls abandoned"} in json.loads(listed)
    (answer,) = json.loads(occ(small_warehouse, ["metric", "calls_presented", "--format", "json"]).stdout)
    ((expected,),) = ask(small_warehouse, "select count(*) from marts.fct_calls where outcome <> 'test'")
    assert answer == {"calls_presented": expected}


def test_a_condition_that_is_no_sql_is_said_without_a_traceback(small_warehouse: Settings) -> None:
    ended = occ(small_warehouse, ["metric", "calls_offered", "--where", "rubbish ("])
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_the_query_that_is_explained_runs_on_the_published_file(small_warehouse: Settings) -> None:
    explained = occ(small_warehouse, ["metric", "calls_offered", "--by", "call__line", "--explain"]).stdout
    asked = semantic.sql_of(small_warehouse, ["calls_offered"], ["call__line"])
    assert ask(small_warehouse, explained) == semantic.ask(small_warehouse, asked)[1]


# --- exposures --------------------------------------------------------------------------------------------------------
def _exposures() -> list[dict[str, Any]]:
    import yaml

    said: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project/models/reports/exposures.yml").read_text())
    found: list[dict[str, Any]] = said["exposures"]
    return found


@pytest.mark.parametrize("exposure", _exposures(), ids=lambda exposure: exposure["name"])
def test_an_exposure_names_what_its_queries_read(exposure: dict[str, Any], small_warehouse: Settings) -> None:
    known = {
        f"{node['schema']}.{node.get('alias') or node.get('identifier')}": node["name"]
        for node in dbt.manifest_nodes(small_warehouse).values()
        if node["resource_type"] in {"model", "source"}
    }
    texts = [path.read_text() for pattern in exposure["config"]["meta"]["read_by"] for path in PROJECT.glob(pattern)]
    assert texts
    read = {known[table] for table in _tables_in(texts) if table in known}
    named = {re.findall(r"'(\w+)'", each)[-1] for each in exposure["depends_on"]}
    assert named == read


def _tables_in(texts: Iterable[str]) -> set[str]:
    return {
        table for text in texts for table in re.findall(r"\b(?:marts|metrics|quality|reports)\.[a-z][a-z0-9_]*\b", text)
    }


# --- one description --------------------------------------------------------------------------------------------------
def test_every_published_table_and_column_is_described_in_the_file_as_in_the_dictionary(
    small_warehouse: Settings,
) -> None:
    import duckdb

    from orchestration.docs.tables import tables

    with duckdb.connect(str(small_warehouse.current_db), read_only=True) as con:
        listed = tables(small_warehouse, con)
        comments = dict(
            con.execute(
                "select schema_name || '.' || table_name, comment from duckdb_tables() union all "
                "select schema_name || '.' || view_name, comment from duckdb_views() where not internal"
            ).fetchall()
        )
        of_columns = {
            (table, column): comment
            for table, column, comment in con.execute(
                "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() where not internal"
            ).fetchall()
        }
    assert {f"{each['schema']}.{each['name']}" for each in listed} == set(comments)
    for each in listed:
        name = f"{each['schema']}.{each['name']}"
        assert each["description"].strip(), name
        assert comments[name] == each["description"], name
        for column in each["columns"]:
            assert column["description"].strip(), (name, column["name"])
            assert of_columns[name, column["name"]] == column["description"], (name, column["name"])
