"""The floor does the same work as the pipeline: its tables are the published ones.

A failure means that the ratio of `make bench` compares two different things: a derivation changed in one of them only.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import Settings
from tests.floor.floor import build
from tests.support import deliver, settings_for, take_steps

# Published columns that the floor has not, or not the same, because they need what it leaves out.
IGNORED = {
    "_delivery_id": "made from the file's hash",
    "_source_row": "line in the file: needs records counted while reading",
    "agent_token": "tokens need a key; the floor keeps what was delivered",
    "caller_token": "the same",
    "user_token": "the same",
    "note": "free text is masked at landing",
    "topic": "free text is masked at landing",
    "victim_token": "tokens need a key",
    **dict.fromkeys(
        ("is_telephony", "calls_lost_state", "calls_lost_low", "calls_lost_high"),
        "what an outage cost is an estimate beside the figures: a handful of rows",
    ),
    "definition_version": "says which text an indicator follows; nothing is computed",
    "generation": "the floor publishes none",
}

# Published tables that the floor leaves out.
LEFT_OUT = {"marts.fct_disruption_lines"}  # the same estimate, by line

# An outage and a legacy month; then, after weeks that never came, October's doubled hour and the change of layouts.
STRETCHES: tuple[tuple[date, date, list[date]], ...] = (
    (date(2021, 8, 30), date(2021, 9, 12), [date(2021, 1, 1)]),
    (date(2021, 10, 28), date(2021, 12, 19), []),
)

# The sample's outage silences the telephones, so nothing is counted in it: others, overlapping, one without end.
DISRUPTIONS = """\
DISRUPTION_ID,STARTED,ENDED,SYSTEMS,LINES,CALLS_LOST,DIVERTED_TO,RESTORED_AT,NOTE
X-1,09/11/2021 09:00:00,09/11/2021 21:00:00,TELEPHONY,101,3,,,
X-2,09/11/2021 12:00:00,10/11/2021 00:00:00,,,,,,
X-3,18/12/2021 06:00:00,,SAAB_SAFE,,,,,
"""


@pytest.fixture(scope="module")
def clean_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from orchestration.sample import write_sample

    folder = tmp_path_factory.mktemp("clean")
    for number, (first, last, legacy_months) in enumerate(STRETCHES):
        out = folder / f"stretch{number}"
        write_sample(
            out, date_from=first, date_to=last, scale=0.02, seed=11, legacy_months=legacy_months, plant_faults=False
        )
        there = {path.name for path in (folder / "landing").glob("*")}
        files = [path for path in (out / "landing").rglob("*.csv*") if path.name not in there]
        deliver(files, folder / "landing")
    (folder / "landing" / "service_disruptions_20211219.csv").write_text(DISRUPTIONS)
    return folder / "landing"


@pytest.fixture(scope="module")
def clean_warehouse(clean_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_for(tmp_path_factory.mktemp("published"), clean_landing)
    take_steps(settings)
    return settings


@pytest.fixture(scope="module")
def both(
    clean_landing: Path, clean_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    """A connection to the published warehouse (`published`) and the floor (`floor`)."""
    target = tmp_path_factory.mktemp("floor") / "floor.duckdb"
    build(clean_landing, target)
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"attach '{clean_warehouse.current_db.resolve()}' as published (read_only)")
    con.execute(f"attach '{target}' as floor (read_only)")
    return con


def columns_of(con: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, dict[str, str]]:
    """Table to column to type, of what the floor is about, without the ignored columns."""
    found: dict[str, dict[str, str]] = {}
    for table, column, data_type in con.execute(
        "select table_schema || '.' || table_name, column_name, data_type from information_schema.columns "
        "where table_catalog = ? and (table_schema = 'marts' or table_name = 'kpi_results') order by all",
        [catalog],
    ).fetchall():
        if column not in IGNORED and table not in LEFT_OUT:
            found.setdefault(table, {})[column] = data_type
    return found


def test_the_floor_has_the_published_tables_and_columns(both: duckdb.DuckDBPyConnection) -> None:
    published, floor = columns_of(both, "published"), columns_of(both, "floor")
    assert {table: sorted(columns) for table, columns in floor.items()} == {
        table: sorted(columns) for table, columns in published.items()
    }


def test_the_floor_has_the_published_rows(both: duckdb.DuckDBPyConnection) -> None:
    different = {}
    for table, columns in columns_of(both, "published").items():
        listed = ", ".join(
            f'round("{name}", 9) as "{name}"' if data_type in {"DOUBLE", "FLOAT"} else f'"{name}"'
            for name, data_type in columns.items()
        )
        for more, less in (("published", "floor"), ("floor", "published")):
            sql = f"select {listed} from {more}.{table} except all select {listed} from {less}.{table}"
            rows = both.execute(f"{sql} order by all limit 3").fetchall()
            if rows:
                different[f"{table}: only in {more}"] = (both.execute(f"select count(*) from ({sql})").fetchone(), rows)
    assert different == {}


def test_the_sample_holds_what_can_differ(both: duckdb.DuckDBPyConnection) -> None:
    """Else equal tables prove little."""

    def count(sql: str) -> int:
        row = both.execute(f"select count(*) from published.{sql}").fetchone()
        return int(row[0]) if row else 0

    assert count("marts.fct_incidents where system_version = 'legacy'") > 0
    assert count("marts.fct_incidents where at_scene_source = 'resource_status'") > 0
    assert count("marts.fct_incidents where at_scene_source = 'incident_export'") > 0
    assert count("marts.fct_incidents where appointment_count > 0") > 0
    assert count("marts.fct_incident_events where is_event_at_ambiguous") > 0
    assert count("marts.fct_calls where disruption_key is not null") > 0
    assert count("marts.fct_calls where is_redialled") > 0
    assert count("marts.fct_incidents where disruption_key is not null") > 0
    assert count("metrics.kpi_results where quality_state = 'DISRUPTED'") > 0
    assert count("metrics.kpi_results where value <> value_excluding_disruptions") > 0
    assert count("metrics.kpi_results where quality_state = 'NOT_AVAILABLE'") > 0
    assert count("metrics.kpi_results where quality_state = 'OK'") > 0
