"""The habits of the project, as tests. Each says what a failure means; exceptions are named and only removed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.analysis import tables
from orchestration.publish import history
from orchestration.publish.generation import PUBLISHED_SCHEMAS
from orchestration.quality import results
from orchestration.settings import DBT_PROJECT, PROJECT, Settings
from orchestration.warehouse import dbt
from tests.support import settings_for

LAYERS = ("staging", "intermediate", "marts", "metrics", "quality", "reports")
# A model reads from its own layer and from the layers named here: nothing flows back.
MAY_READ = {
    "staging": {"staging"},
    "intermediate": {"staging", "intermediate"},
    "marts": {"staging", "intermediate", "marts"},
    # Metrics read marts; of the intermediate layer only what a run touches and how far the deliveries reach.
    "metrics": {"marts", "metrics", "run"},
    "quality": {"staging", "intermediate", "marts", "metrics", "quality"},
    # Shapes for one named report: of what is published, and of nothing else.
    "reports": {"marts", "metrics", "quality", "reports"},
}
MODEL_FILES = sorted((DBT_PROJECT / "models").rglob("*.sql"))


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("parse")
    settings = settings_for(folder, folder)
    settings.export()
    return dbt.manifest_nodes(settings)


@pytest.fixture(scope="module")
def models(nodes: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in nodes.values() if node["resource_type"] == "model"]


def layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def test_there_are_models_to_judge(models: list[dict[str, Any]]) -> None:
    assert len(models) > 30


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_a_model_has_its_definition_beside_it(path: Path) -> None:
    """Else its columns, grain and tests stand somewhere else, or nowhere."""
    assert path.with_suffix(".yml").exists()


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_a_model_ends_in_select_from_final(path: Path) -> None:
    """Else a reader cannot look at the steps one by one."""
    lines = [line for line in path.read_text().strip().splitlines() if line.strip()]
    assert lines[-1].strip() == "select * from final"


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_a_model_is_written_in_lower_case(path: Path) -> None:
    """Keywords in capitals mean that a model was pasted from elsewhere."""
    code = re.sub(r"--.*|'[^']*'|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL if "{#" in path.read_text() else 0)
    assert not re.search(r"\b(SELECT|FROM|WHERE|JOIN|GROUP BY|ORDER BY|CASE|WHEN)\b", code)


def test_a_fact_published_by_month_says_which_months_a_run_touches(models: list[dict[str, Any]]) -> None:
    """Else a run that changes rows of a month, and not their number, publishes the month as it used to be."""
    only_added_to = {"kpi_changes"}
    metas = {node["name"]: node["config"]["meta"] for node in models}
    # Of any_month, every month is hashed by every run.
    by_month = {
        name for name, meta in metas.items() if meta.get("month_of") and not meta.get("any_month")
    } - only_added_to
    (touched,) = (node for node in models if node["name"] == "int_touched_months")
    assert by_month == set(re.findall(r"'(\w+)' as table_name", touched["raw_code"]))


def test_what_a_model_names_is_known_before_it_runs(models: list[dict[str, Any]]) -> None:
    """What stands under a condition that only a run fulfils is in no graph: other engines would not be handed it."""
    wrong = []
    for node in models:
        named = set(re.findall(r"(?:ref|source)\((?:'\w+', )?'(\w+)'\)", node["raw_code"]))
        known = {parent.rsplit(".", 1)[-1] for parent in node["depends_on"]["nodes"]}
        wrong += [f"{node['name']} names {name} under a condition only" for name in sorted(named - known)]
    assert wrong == []


def test_nothing_flows_back(nodes: dict[str, Any], models: list[dict[str, Any]]) -> None:
    """A model reads its own layer and those before it; metrics read marts."""
    wrong = []
    for node in models:
        for parent_id in node["depends_on"]["nodes"]:
            parent = nodes.get(parent_id)
            if parent is None or parent["resource_type"] != "model":
                continue
            rooms = {layer(parent), *parent["fqn"][2:-1]}
            if not rooms & MAY_READ[layer(node)]:
                wrong.append(f"{node['name']} reads {parent['name']}")
    assert wrong == []


def test_only_staging_reads_what_landed(models: list[dict[str, Any]]) -> None:
    """Else a change of an export's layout is felt in more than one place. The registry and the run are not exports."""
    registry = {"deliveries", "contents", "quarantined_rows", "erasures", "kept_from", "run", *history.TABLES}
    registry |= {"delivered_columns", "contract_columns", "drift_kinds", "exports"}
    registry |= {table.partition(".")[2] for table in results.TABLES | results.REVIEW_TABLES | tables.TABLES}
    wrong = [
        f"{node['name']} reads {parent}"
        for node in models
        for parent in node["depends_on"]["nodes"]
        if layer(node) != "staging" and parent.startswith("source.") and parent.split(".")[-1] not in registry
    ]
    assert wrong == []


def test_every_model_and_every_column_of_a_published_table_is_described(models: list[dict[str, Any]]) -> None:
    """These descriptions are what BI tools show."""
    missing = [node["name"] for node in models if not node["description"].strip()]
    for node in models:
        if layer(node) in {"marts", "metrics", "quality", "reports"}:
            missing += [
                f"{node['name']}.{name}"
                for name, column in node["columns"].items()
                if not column["description"].strip()
            ]
    assert missing == []


def test_every_mart_and_metric_keeps_a_contract(models: list[dict[str, Any]]) -> None:
    """Without it a column can change type under a BI tool."""
    without = [
        node["name"]
        for node in models
        if layer(node) in {"marts", "metrics"} and not node["config"]["contract"]["enforced"]
        and node["config"]["materialized"] != "ephemeral"
        and node["name"].startswith(("fct_", "dim_", "kpi_results", "kpi_register", "kpi_signals"))
    ]  # fmt: skip
    assert without == []


def test_every_fact_and_dimension_proves_its_grain(nodes: dict[str, Any], models: list[dict[str, Any]]) -> None:
    """A grain that is only stated is not known to hold."""
    tested = {
        parent
        for node in nodes.values()
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name") in {"grain_is_unique", "unique"}
        for parent in node["depends_on"]["nodes"]
    }
    without = [
        node["name"]
        for node in models
        if layer(node) in {"marts", "metrics"} and node["unique_id"] not in tested
        and node["name"].startswith(("fct_", "dim_", "kpi_results"))
    ]  # fmt: skip
    assert without == []


def test_what_goes_out_as_a_view_reads_published_tables_only(nodes: dict[str, Any]) -> None:
    """Else it would name a table that is not in the published file."""
    wrong = []
    for node in nodes.values():
        if node["resource_type"] != "model" or node["config"]["meta"].get("published_as") != "view":
            continue
        for parent_id in node["depends_on"]["nodes"]:
            parent = nodes.get(parent_id)
            is_published = (
                parent is not None
                and parent["schema"] in PUBLISHED_SCHEMAS
                and parent["config"].get("materialized") != "ephemeral"
            )
            if not is_published:
                wrong.append(f"{node['name']} reads {parent_id}")
        if node["config"]["materialized"] != "view":
            wrong.append(f"{node['name']} is no view")
    assert wrong == []


def test_engines_differ_in_one_folder_only() -> None:
    """`adapter.dispatch` elsewhere would spread what differs between DuckDB and Spark over the project."""
    wrong = [
        str(path.relative_to(PROJECT))
        for path in DBT_PROJECT.rglob("*.sql")
        if "adapter.dispatch" in path.read_text() and "macros/engine" not in path.as_posix()
        and "target" not in path.relative_to(DBT_PROJECT).parts
    ]  # fmt: skip
    assert wrong == []


def test_no_python_models() -> None:
    assert list((DBT_PROJECT / "models").rglob("*.py")) == []


def test_environment_variables_are_read_in_one_place() -> None:
    """Settings are read once; a second reader would drift."""
    readers = [
        str(path.relative_to(PROJECT))
        for path in (PROJECT / "orchestration").rglob("*.py")
        if re.search(r"os\.(environ\.get|getenv)|os\.environ\[", path.read_text())
    ]
    assert set(readers) <= {"orchestration/settings.py", "orchestration/warehouse/dbt.py"}


def test_settings_have_defaults_below_the_project() -> None:
    assert Settings.from_environment().warehouse.is_absolute()


def _published(nodes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What goes out, by schema and name: models, and what analyses and the quality step make."""
    described = nodes | tables.as_nodes()
    return {
        f"{node['schema']}.{node.get('alias') or node.get('identifier')}": node
        for node in described.values()
        if node["resource_type"] in {"model", "source"}
        and node["schema"] in PUBLISHED_SCHEMAS
        and node.get("config", {}).get("materialized") != "ephemeral"
    }


def _says(node: dict[str, Any]) -> dict[str, Any]:
    return {**node.get("meta", {}), **node.get("config", {}).get("meta", {})}


def test_every_published_table_says_whether_it_is_restricted(nodes: dict[str, Any]) -> None:
    """A table that says nothing reaches no audience; it must be meant."""
    published = _published(nodes)
    assert len(published) > 80
    assert [name for name, node in published.items() if "restricted" not in _says(node)] == []


def test_a_column_that_is_restricted_in_one_table_is_so_in_every_table_that_audiences_read(
    nodes: dict[str, Any],
) -> None:
    """Else what is kept back in one table is read in the next. Columns that mean something else are listed."""
    means_something_else = {
        ("marts.dim_diaries", "diary_code"),  # the list of codes
        ("marts.fct_unresourced_hourly", "kind"),  # LIVE: the rows of diaries are kept back
        ("marts.dim_unresourced_limits", "kind"),
        ("metrics.factor_associations", "kind"),
        ("reports.brief_trajectories", "kind"),
    }
    open_tables = {name: node for name, node in _published(nodes).items() if _says(node).get("restricted") is False}
    restricted = {
        column
        for node in open_tables.values()
        for column, described in node.get("columns", {}).items()
        if _says(described).get("restricted")
    }
    assert {"caller_token", "is_domestic_abuse", "resource", "user_token", "diary_code"} <= restricted
    left_open = {
        (name, column)
        for name, node in open_tables.items()
        for column, described in node.get("columns", {}).items()
        if column in restricted and not _says(described).get("restricted")
    }
    assert left_open == means_something_else


def test_no_column_that_audiences_read_is_named_as_what_is_restricted(nodes: dict[str, Any]) -> None:
    """Tokens of people, callsigns, teams and domestic abuse are the data team's, in whatever table they come next."""
    named = re.compile(r"_token$|domestic|victim|callsign|^resource$|team|agent|suspect")
    found = {
        (name, column)
        for name, node in _published(nodes).items()
        if _says(node).get("restricted") is False
        for column, described in node.get("columns", {}).items()
        if named.search(column) and not _says(described).get("restricted")
    }
    assert found == set()


def test_rows_of_an_indicator_are_kept_back_wherever_indicators_are_read(nodes: dict[str, Any]) -> None:
    """Else a figure of domestic abuse that is not in kpi_results is in a table beside it."""
    unguarded = [
        name
        for name, node in _published(nodes).items()
        if "kpi_id" in node.get("columns", {})
        and _says(node).get("restricted") is False
        and _says(node).get("published_as") != "view"  # reads what is guarded
        and "{restricted_indicators}" not in str(_says(node).get("audience_where"))
    ]
    assert unguarded == []
