"""A build on an engine is whole or not there at all; what the engine is, is played here by a few lines of shell."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from orchestration.errors import AuditStopped, EnvironmentProblem, UsageProblem
from orchestration.settings import Settings
from orchestration.spark.build import Engine, Target, build
from orchestration.spark.job import build_on_spark, executor_of
from tests.support import occ


def _played(settings: Settings, folder: Path, says: str) -> Settings:
    """The settings with an engine that does what a line of shell says; $to is where it is to write."""
    python = folder / "engine" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    find = 'to=$(sed -E \'s/.*"OCC_SPARK_TABLES": "([^"]+)".*/\\1/\' "$3")'
    python.write_text(f"#!/bin/sh\n{find}\n{says}\n")
    python.chmod(0o755)
    return replace(settings, spark_environment=folder / "engine")


WRITES = 'mkdir -p "$to/marts/fct_calls" && touch "$to/marts/fct_calls/0.parquet"'


def test_what_was_built_becomes_current_and_what_was_before_stays_for_its_readers(
    empty_warehouse: Settings, tmp_path: Path
) -> None:
    settings = _played(empty_warehouse, tmp_path, WRITES)
    to = tmp_path / "to"
    built = [build(settings, Target(to=str(to))) for _ in range(3)]
    assert (to / "current").resolve().name == built[2].generation
    assert json.loads((to / "current" / "generation.json").read_text())["tables"] == ["marts.fct_calls"]
    assert sorted(path.name for path in to.iterdir()) == [built[1].generation, built[2].generation, "current"]


@pytest.mark.parametrize(
    ("says", "problem", "said"),
    [
        (
            """echo '{"event": "failed", "name": "test.grain", "message": "Got 2 results"}'; exit 1""",
            AuditStopped,
            "Nothing was made current: test.grain: Got 2 results",
        ),
        ("echo no java >&2; exit 1", EnvironmentProblem, "engine.log"),
    ],
)
def test_a_build_that_fails_leaves_nothing_and_moves_nothing(
    empty_warehouse: Settings, tmp_path: Path, says: str, problem: type[Exception], said: str
) -> None:
    to = tmp_path / "to"
    good = build(_played(empty_warehouse, tmp_path, WRITES), Target(to=str(to)))
    with pytest.raises(problem, match=said):
        build(_played(empty_warehouse, tmp_path, f"{WRITES}\n{says}"), Target(to=str(to)))
    assert sorted(path.name for path in to.iterdir()) == [good.generation, "current"]
    assert (to / "current").resolve().name == good.generation


def test_dagsters_job_builds_every_warehouse_it_is_given(
    empty_warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step for each, so that an executor with several workers takes several at once."""
    played = _played(empty_warehouse, tmp_path, WRITES)
    shutil.copytree(empty_warehouse.warehouse, tmp_path / "other", symlinks=True)
    played.export()
    monkeypatch.setenv("OCC_SPARK_ENVIRONMENT", str(played.spark_environment))
    given = {"warehouses": [str(played.warehouse), str(tmp_path / "other")], "to": str(tmp_path / "to")}
    where = {"resources": {"where": {"config": given}}}
    assert build_on_spark.execute_in_process(run_config=where).success
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == sorted([played.warehouse.name, "other"])
    dg.validate_run_config(build_on_spark, {**where, "execution": {"config": {"multiprocess": {"max_concurrent": 4}}}})


def test_the_executor_is_named_by_configuration() -> None:
    assert executor_of("dagster:multiprocess_executor") is dg.multiprocess_executor
    for wrong in ("dagster:nothing", "dagster", "nowhere:executor"):
        with pytest.raises(UsageProblem, match="module:name"):
            executor_of(wrong)


def test_an_engine_that_is_not_installed_is_named_with_the_command_that_installs_it(
    empty_warehouse: Settings, tmp_path: Path
) -> None:
    settings = replace(empty_warehouse, spark_environment=tmp_path / "nowhere")
    with pytest.raises(EnvironmentProblem, match="make venv-sail"):
        build(settings, Target(engine=Engine.sail))


def test_a_warehouse_that_took_in_nothing_has_nothing_to_build(empty_warehouse: Settings, tmp_path: Path) -> None:
    settings = _played(replace(empty_warehouse, warehouse=tmp_path / "warehouse"), tmp_path, WRITES)
    with pytest.raises(UsageProblem, match="occ run"):
        build(settings, Target())


def test_a_setting_that_is_none_is_a_users_mistake(empty_warehouse: Settings) -> None:
    ended = occ(empty_warehouse, ["build", "--target", "spark", "--conf", "memory"])
    assert ended.returncode == 2
    assert "name=value" in ended.stderr
    assert "Traceback" not in ended.stderr
