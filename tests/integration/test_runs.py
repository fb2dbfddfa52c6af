"""Runs of the whole flow: what is published, when nothing is, and that the way there does not matter."""

from __future__ import annotations

import os
import random
from pathlib import Path

import duckdb
import pytest

from orchestration.progress import reporting_to
from orchestration.publish.content_hash import is_hashed
from orchestration.publish.generation import current
from orchestration.settings import Settings
from orchestration.warehouse import dbt, steps
from tests.support import ask, deliver, occ, run, settings_for, take_steps

PUBLISHED = {
    "marts": {
        "fct_calls", "fct_call_segments", "fct_incidents", "fct_incident_events", "fct_resource_statuses",
        "fct_incident_states", "fct_unresourced_hourly", "fct_diary_appointments", "fct_domestic_abuse",
        "fct_digital_contacts", "fct_agent_intervals", "fct_workforce", "fct_recruitment", "fct_disruptions",
        "fct_999_national", "dim_dates", "dim_half_hours", "dim_areas", "dim_grades", "dim_lines", "dim_categories",
        "dim_dispositions", "dim_statuses", "dim_targets", "dim_system_versions", "dim_shifts",
    },
    "metrics": {
        "kpi_results", "kpi_register", "kpi_signals", "kpi_changes", "kpi_restatements", "pilot_effects",
        "pilot_permutations", "pilot_weeks", "pilot_checks", "factor_associations", "capacity_half_hours",
        "capacity_scenarios", "capacity_accuracy",
    },
    "reports": {
        "kpi_as_was", "kpi_latest_months", "figure_sources", "export_arrivals", "export_freshness", "quality_rules",
        "quality_rule_history", "quality_scores", "quality_changes", "quality_publishable",
    },
    "quality": {
        "deliveries", "quarantined_rows", "erasures", "schema_drift", "rules", "rule_results",
        "rule_failures", "rule_samples", "generations", "reviews", "review_problems", "export_spans", "kpi_exports",
    },
}  # fmt: skip


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_an_empty_landing_folder_publishes_an_empty_generation_with_every_table(empty_warehouse: Settings) -> None:
    settings = empty_warehouse
    found = {
        (schema, name)
        for schema, name in ask(settings, "select table_schema, table_name from information_schema.tables")
    }
    assert {(schema, name) for schema, names in PUBLISHED.items() for name in names} <= found
    assert ask(settings, "select count(*) from marts.fct_calls") == [(0,)]
    assert ask(settings, "select count(*) from quality.deliveries") == [(0,)]


@pytest.fixture(scope="module")
def calls_alone(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[Path]]:
    """A warehouse that was given one file that can be read, two that cannot, and more days to give it."""
    days = [path for path in files_below(small_sample / "landing") if path.name.startswith("acd_segments_202109")]
    folder = tmp_path_factory.mktemp("calls_alone")
    settings = settings_for(folder, folder / "landing")
    deliver([days.pop(0)], settings.landing)
    (settings.landing / "holiday_photos_20210901.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x01")
    (settings.landing / "acd_segments_20210831.csv").write_text("THIS,IS,NOT\n1,2,3\n")
    take_steps(settings)
    return settings, days


def test_a_wrong_file_is_quarantined_whole_and_stops_nothing(calls_alone: tuple[Settings, list[Path]]) -> None:
    settings, _ = calls_alone
    rows = ask(
        settings, "select name, status, rows_read from quality.deliveries where status <> 'LOADED' order by name"
    )
    assert rows == [("acd_segments_20210831.csv", "QUARANTINED", 0), ("holiday_photos_20210901.csv", "QUARANTINED", 0)]


def test_one_file_alone_is_enough_to_publish(calls_alone: tuple[Settings, list[Path]]) -> None:
    settings, _ = calls_alone
    (calls,) = ask(settings, "select count(*) from marts.fct_calls")[0]
    assert calls > 0
    assert ask(settings, "select count(*) from marts.fct_incidents") == [(0,)]


def test_nothing_new_publishes_nothing_new(small_warehouse: Settings) -> None:
    before = current(small_warehouse)
    assert run(small_warehouse) == before


def test_dagster_knows_of_every_asset_and_every_check_of_a_run(small_warehouse: Settings) -> None:
    """Missing ones mean that the run's event log lost what it was told, or that its files were not let go of."""
    import dagster as dg

    from orchestration.definitions import checks, landing, models, publish

    small_warehouse.export()
    expected = landing.keys | models.keys | publish.keys
    with dg.DagsterInstance.get() as instance:
        materialised = {key for key in expected if instance.get_latest_materialization_event(key)}
        judged = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(checks.check_keys))
    assert materialised == expected
    assert judged.keys() == checks.check_keys
    assert all(each.event is not None for each in judged.values())


def test_every_row_of_every_file_is_accounted_for(small_warehouse: Settings) -> None:
    broken = ask(
        small_warehouse,
        "select name from quality.deliveries "
        "where rows_read <> rows_loaded + rows_superseded + rows_duplicate + rows_quarantined + rows_erased",
    )
    assert broken == []
    assert ask(small_warehouse, "select count(*) from quality.deliveries where rows_loaded > 0")[0][0] > 100


@pytest.mark.long
def test_the_way_in_which_files_arrive_does_not_change_the_content(
    small_sample: Path, small_warehouse: Settings, tmp_path: Path
) -> None:
    """Three runs over shuffled deliveries (old days after newer ones) against one run over all.

    tests/orders holds the same of a smaller world in every `make test`.
    """
    # Files of one name in several folders are corrections whose order is that of arrival: delivered together.
    files = files_below(small_sample / "landing")
    names = sorted({path.name for path in files})
    random.Random(20210906).shuffle(names)
    settings = settings_for(tmp_path, tmp_path / "landing")
    third = len(names) // 3 + 1
    for number, start in enumerate(range(0, len(names), third)):
        chosen = set(names[start : start + third])
        for path in files:
            if path.name in chosen:
                deliver([path], tmp_path / "landing" / f"delivery{number}" / path.parent.name)
        last = take_steps(settings)
    expected = current(small_warehouse)
    assert expected is not None
    # How figures changed on the way is another story for every way.
    tables = [table for table in expected.fingerprints if is_hashed(table)]
    different = [table for table in tables if last.fingerprints[table] != expected.fingerprints[table]]
    assert different == []
    assert last.content_hash == expected.content_hash


def test_a_reader_of_the_old_generation_is_not_disturbed(calls_alone: tuple[Settings, list[Path]]) -> None:
    settings, days = calls_alone
    ((generations,),) = ask(settings, "select count(*) from quality.generations")
    with duckdb.connect(str(settings.current_db.resolve()), read_only=True) as reader:
        before = reader.execute("select count(*), sum(wait_seconds) from marts.fct_calls").fetchall()
        deliver([days.pop(0), days.pop(0)], settings.landing)
        second = take_steps(settings)
        assert reader.execute("select count(*), sum(wait_seconds) from marts.fct_calls").fetchall() == before
        assert reader.execute("select max(generation) from quality.generations").fetchall() != [(second.generation,)]
    assert ask(settings, "select count(*) from quality.generations") == [(generations + 1,)]


def test_a_daily_run_says_its_stages_and_nothing_else(calls_alone: tuple[Settings, list[Path]]) -> None:
    """Warnings of the tools on the terminal would bury the one paragraph that matters when something is wrong."""
    settings, days = calls_alone
    deliver([days.pop(0)], settings.landing)
    ended = occ(settings, ["run"])
    assert ended.returncode == 0
    before = ["starting", "landing", "building the warehouse", "judging the quality", "analysing"]
    stages = [*before, "publishing", "publishing for audiences"]
    assert ended.stderr.splitlines() == stages


def test_a_day_that_needs_more_memory_than_a_day_should_is_published_all_the_same(
    calls_alone: tuple[Settings, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, days = calls_alone
    counted = "select count(distinct offered_date) from marts.fct_calls"
    ((before,),) = ask(settings, counted)
    deliver([days.pop(0)], settings.landing)
    monkeypatch.setattr(dbt, "_MEMORY_OF_A_DAY", "12MB")
    monkeypatch.setattr(steps, "_MEMORY_TO_PUBLISH_A_DAY", "16MB")
    said: list[str] = []
    with reporting_to(lambda stage, done, total: said.append(stage)):
        take_steps(settings)
    assert "building the warehouse again: 12MB of memory were not enough" in said
    assert "publishing again: 16MB of memory were not enough" in said
    assert ask(settings, counted) == [(before + 1,)]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["query", "selec 1"], 2, "could not be answered"),
        (["run", "--landing", "{folder}/nowhere"], 2, "no landing folder"),
        (["deliveries", "--status", "lost"], 2, "There is no status LOST; there are LOADED"),
        (["deliveries", "--export", "no_such"], 2, "There is no export no_such; there are saab_incidents"),
        (["deliveries", "--warehouse", "{folder}/empty"], 2, "Nothing is published"),
        (["query", "select 41 + 1 as answer", "--format", "csv"], 0, "answer\n42"),
        (["query", "select 41 + 1 as answer", "--format", "json"], 0, '"answer": 42'),
    ],
)
def test_the_command_says_what_is_wrong_and_how_it_ended(
    small_warehouse: Settings, tmp_path: Path, arguments: list[str], exit_code: int, words: str
) -> None:
    ended = occ(small_warehouse, [argument.format(folder=tmp_path) for argument in arguments])
    assert ended.returncode == exit_code, ended.stderr
    assert words in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_run_at_the_same_time_says_who_holds_the_lock(small_warehouse: Settings) -> None:
    from orchestration.warehouse.lock import writing

    with writing(small_warehouse):
        ended = occ(small_warehouse, ["run"])
    assert ended.returncode == 4
    assert f"process {os.getpid()}" in ended.stderr


def test_a_key_that_others_can_read_is_refused(small_sample: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, small_sample / "landing")
    settings.key_file.parent.mkdir(parents=True)
    settings.key_file.write_text("0" * 64)
    settings.key_file.chmod(0o644)
    ended = occ(settings, ["run"])
    assert ended.returncode == 3
    assert "chmod 600" in ended.stderr
    assert "Traceback" not in ended.stderr
