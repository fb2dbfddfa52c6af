"""The report of a warehouse that was really built: the made-up one has its shapes, and all of it has pages."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.reports.quality.place import write_pages
from orchestration.settings import Settings
from tests.reports import made_up
from tests.reports.test_quality_pages import Page
from tests.support import ask


@pytest.fixture(scope="module")
def pages(small_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pages(small_warehouse.current_db, tmp_path_factory.mktemp("built") / "pages").parent


def test_the_made_up_tables_have_the_columns_and_types_of_the_published_ones(
    small_warehouse: Settings, tmp_path: Path
) -> None:
    columns = (
        "select table_schema || '.' || table_name, column_name, data_type from information_schema.columns "
        "where table_schema in ('marts', 'metrics', 'quality', 'reports')"
    )
    published = set(ask(small_warehouse, columns))
    with duckdb.connect(str(made_up.write_empty(tmp_path / "occ.duckdb")), read_only=True) as con:
        made = set(con.execute(columns).fetchall())
    # A count is a count, in whatever width the engine keeps it.
    wide = {(table, column, kind.replace("INTEGER", "BIGINT")) for table, column, kind in published}
    assert {(table, column, kind.replace("INTEGER", "BIGINT")) for table, column, kind in made} - wide == set()


def test_the_pages_of_a_built_warehouse_name_every_rule_indicator_and_export(
    small_warehouse: Settings, pages: Path
) -> None:
    rules = [row[0] for row in ask(small_warehouse, "select rule_id from quality.rules")]
    kpis = [row[0] for row in ask(small_warehouse, "select distinct kpi_id from metrics.kpi_register")]
    exports = [row[0] for row in ask(small_warehouse, "select export from reports.export_freshness")]
    for kind, names in (("rules", rules), ("figures", kpis), ("exports", exports)):
        assert {path.stem for path in (pages / kind).iterdir()} == set(names)
    for file in pages.rglob("*.html"):
        for link in Page(file.read_text(encoding="utf-8")).all("a"):
            target = str(link["href"]).partition("#")[0]
            assert not target or (file.parent / target).exists(), (file.name, target)


def test_the_queries_on_a_figures_page_can_be_asked_as_they_stand(small_warehouse: Settings, pages: Path) -> None:
    page = Page((pages / "figures" / "calls_999_within_10s.html").read_text(encoding="utf-8"))
    queries = [said for said in page.said if re.match(r"select\b", said)]
    assert len(queries) == 4
    for query in queries:
        assert ask(small_warehouse, query), query


def test_dagster_writes_the_report_after_publishing_and_checks_that_it_did(small_warehouse: Settings) -> None:
    small_warehouse.export()
    import dagster as dg

    from orchestration.automation import RUN_JOB
    from orchestration.definitions import defs

    report = dg.AssetKey(["reports", "quality"])
    graph = defs.resolve_asset_graph()
    assert graph.get(report).parent_keys == {dg.AssetKey(["publish", "generation"])}
    assert dg.AssetCheckKey(report, "is_written") in graph.asset_check_keys
    assert report in defs.resolve_job_def(RUN_JOB).asset_layer.executable_asset_keys
