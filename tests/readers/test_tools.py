"""What is published, read by the tools that people have, each for real: every one gets the independent figure.

The figure: of the calls to 999 of September that were answered with a known wait, those answered within ten seconds;
as the published indicator, and counted again from the published calls.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pytest

from orchestration.publish.files import publish_files
from orchestration.settings import Settings
from tests import reference
from tests.support import needs

MONTH = date(2021, 9, 1)
_EPOCH = date(1970, 1, 1)
Figure = tuple[int, int]  # within ten seconds, of


@pytest.fixture(scope="module")
def figure(small_sample: Path) -> Figure:
    """By plain Python from the delivered files."""
    calls = reference.calls(reference.load(small_sample / "landing", frozenset({"acd_segments"})))
    waits = [
        call.wait_seconds
        for call in calls
        if call.line == "999"
        and call.outcome == "answered"
        and call.wait_seconds is not None
        and (_EPOCH + timedelta(days=call.offered_day)).replace(day=1) == MONTH
    ]
    assert len(waits) > 50
    return sum(wait <= 10 for wait in waits), len(waits)


@pytest.fixture(scope="module")
def folder(small_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything as Parquet; the calls and the indicators as CSV and Excel."""
    out = tmp_path_factory.mktemp("files")
    publish_files(small_warehouse, f"parquet:{out / 'parquet'}")
    for target in (f"csv:{out / 'csv'}", f"excel:{out / 'figures.xlsx'}"):
        publish_files(small_warehouse, target, ["marts.fct_calls", "metrics.kpi_results"])
    return out


INDICATOR = (
    "select numerator, denominator from {results} where kpi_id = 'calls_999_within_10s' and period_type = 'month' "
    f"and scope_type = 'force' and period_start = date '{MONTH}'"
)
CALLS = (
    "select count(*) filter (where wait_seconds <= 10), count(wait_seconds) from {calls} where line = '999' "
    f"and outcome = 'answered' and date_trunc('month', offered_date) = date '{MONTH}'"
)


def of_frame(calls: pd.DataFrame, results: pd.DataFrame) -> list[Figure]:
    """By pandas, from the calls and from the indicators."""
    answered = calls[
        (calls["line"].astype(str) == "999")
        & (calls["outcome"] == "answered")
        & calls["wait_seconds"].notna()
        & (pd.to_datetime(calls["offered_date"]).dt.to_period("M") == pd.Period("2021-09"))
    ]
    row = results[
        (results["kpi_id"] == "calls_999_within_10s")
        & (results["period_type"] == "month")
        & (results["scope_type"] == "force")
        & (pd.to_datetime(results["period_start"]) == pd.Timestamp(MONTH))
    ].iloc[0]
    counted = int((answered["wait_seconds"] <= 10).sum()), len(answered)
    return [counted, (int(row["numerator"]), int(row["denominator"]))]


@pytest.mark.parametrize("place", ["occ.duckdb", "Parquet"])
def test_duckdb_in_a_process_of_its_own(
    place: str, small_warehouse: Settings, folder: Path, figure: Figure, tmp_path: Path
) -> None:
    """A fresh process that knows nothing of the project, with a home folder without extensions, as a user's shell."""
    parquet = folder / "parquet" / "current"
    tables = {"calls": "marts.fct_calls", "results": "metrics.kpi_results"}
    if place == "Parquet":
        files = {"calls": "marts/fct_calls/*.parquet", "results": "metrics/kpi_results/*.parquet"}
        tables = {name: f"read_parquet('{parquet / file}')" for name, file in files.items()}
    code = (
        "import duckdb, json, sys; path, *asked = sys.argv[1:]; "
        "con = duckdb.connect(path, read_only=path != ':memory:'); "
        "print(json.dumps([con.execute(sql).fetchall()[0] for sql in asked]))"
    )
    database = ":memory:" if place == "Parquet" else str(small_warehouse.current_db)
    asked = [sql.format(**tables) for sql in (CALLS, INDICATOR)]
    said = subprocess.run(
        [sys.executable, "-c", code, database, *asked],
        capture_output=True, text=True, check=True, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)},
    ).stdout  # fmt: skip
    assert [tuple(row) for row in json.loads(said)] == [figure, figure]


def test_pandas_reads_the_parquet_folder(folder: Path, figure: Figure) -> None:
    parquet = folder / "parquet" / "current"
    calls = pd.read_parquet(parquet / "marts" / "fct_calls")
    assert of_frame(calls, pd.read_parquet(parquet / "metrics" / "kpi_results")) == [figure] * 2


def test_pandas_reads_the_csv_files(folder: Path, figure: Figure) -> None:
    csv = folder / "csv" / "current"
    calls = pd.read_csv(csv / "marts.fct_calls.csv", low_memory=False)
    assert of_frame(calls, pd.read_csv(csv / "metrics.kpi_results.csv", low_memory=False)) == [figure] * 2


def test_polars_reads_the_parquet_folder(folder: Path, figure: Figure) -> None:
    parquet = folder / "parquet" / "current"
    month = pl.col("offered_date").dt.truncate("1mo") == MONTH
    answered = (
        pl.scan_parquet(parquet / "marts" / "fct_calls" / "*.parquet")
        .filter((pl.col("line") == "999") & (pl.col("outcome") == "answered") & month)
        .select((pl.col("wait_seconds") <= 10).sum().alias("within"), pl.col("wait_seconds").count().alias("of"))
    )
    assert answered.collect().row(0) == figure
    wanted = {"kpi_id": "calls_999_within_10s", "period_type": "month", "scope_type": "force", "period_start": MONTH}
    results = pl.read_parquet(parquet / "metrics" / "kpi_results" / "*.parquet").filter(**wanted)
    assert results.select("numerator", "denominator").row(0) == figure


def test_a_workbook_holds_it(folder: Path, figure: Figure) -> None:
    book = openpyxl.load_workbook(folder / "figures.xlsx", read_only=True)
    frames = []
    for name in ("fct_calls", "kpi_results"):
        header, *rows = book[name].iter_rows(values_only=True)
        frames.append(pd.DataFrame(rows, columns=list(header)))
    assert of_frame(frames[0], frames[1]) == [figure] * 2


def test_r_reads_the_csv_files(folder: Path, figure: Figure, tmp_path: Path) -> None:
    script = tmp_path / "figure.R"
    script.write_text(
        "folder <- commandArgs(trailingOnly = TRUE)\n"
        'calls <- read.csv(file.path(folder, "marts.fct_calls.csv"), fileEncoding = "UTF-8-BOM")\n'
        'september <- format(as.Date(calls$offered_date), "%Y-%m") == "2021-09"\n'
        'waits <- calls$wait_seconds[calls$line == "999" & calls$outcome == "answered" & september]\n'
        "waits <- waits[!is.na(waits)]\n"
        'results <- read.csv(file.path(folder, "metrics.kpi_results.csv"), fileEncoding = "UTF-8-BOM")\n'
        'row <- subset(results, kpi_id == "calls_999_within_10s" & period_type == "month" & scope_type == "force"\n'
        '              & period_start == "2021-09-01")\n'
        "cat(sum(waits <= 10), length(waits), row$numerator, row$denominator)\n"
    )
    said = subprocess.run(
        [needs("Rscript"), "--vanilla", script, folder / "csv" / "current"], capture_output=True, text=True, check=True
    )
    assert [int(number) for number in said.stdout.split()] == [*figure, *figure]


def test_every_published_table_and_view_is_in_the_parquet_folder(small_warehouse: Settings, folder: Path) -> None:
    """A BI tool that reads Parquet alone must miss nothing, whichever form a table has in the generation."""
    about = json.loads((folder / "parquet" / "current" / "about.json").read_text())
    rows = {
        table: pl.scan_parquet(folder / "parquet" / "current" / table.replace(".", "/") / "*.parquet")
        if (folder / "parquet" / "current" / table.replace(".", "/")).is_dir()
        else pl.scan_parquet(folder / "parquet" / "current" / f"{table.replace('.', '/')}.parquet")
        for table in about["tables"]
    }
    assert {table: frame.select(pl.len()).collect().item() for table, frame in rows.items()} == {
        table: described["rows"] for table, described in about["tables"].items()
    }
    assert {"marts.fct_calls", "marts.dim_areas", "metrics.kpi_results", "reports.demand_ledger"} <= rows.keys()
    assert about["generation"] == small_warehouse.current_db.resolve().parent.name
