"""Whether a mutated model is caught: by its unit tests, by dbt's tests and contracts, by the independent calculation.

Tiny worlds full of traps are landed and built once with the models as they stand, and copied; a mutant's model and what
is built on it are built anew in the copy, in this process, and compared with the independent calculation. One world is
built in two runs, so that what only a daily run does is mutated too. What still survives is put into a copy of the
project, and the tests of its room are run on it as they stand. Nothing here knows what a mutant is meant to do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.settings import DBT_PROJECT, PROJECT, Settings
from orchestration.versions import code_version
from orchestration.warehouse import dbt, steps
from tests import reference
from tests.integration import against_reference
from tests.mutate.operators import MODELS, Mutant
from tests.mutate.planting import publish_deliveries
from tests.reference.worlds import write_world
from tests.support import settings_for

# Seeds of tests/reference/worlds.py. The first five lie in weeks of their own, with every turn of clock and year:
# landed together they are one world that costs little more than one. What happens at the as-of instant, only one has.
TOGETHER = (0, 1, 2, 3, 4)
_NEVER_RAN = re.compile(r"Binder Error|Parser Error|Catalog Error|Compilation Error|syntax error|Conversion Error")


@dataclass
class Catch:
    """What caught a mutant, or nothing. `differs`: tables that are not as they were, if anything was built."""

    by: str = ""
    runs: bool = True
    differs: set[str] = field(default_factory=set)


class TinyWorld:
    """Worlds of tests/reference/worlds.py in one warehouse, built with the models as they stand."""

    def __init__(self, folder: Path, *seeds: int, in_two_runs: bool = False, up_to: str = "") -> None:
        self.seeds, self.in_two_runs, self._up_to = seeds, in_two_runs, up_to
        version = code_version(settings_for(folder, folder))
        named = "_".join(map(str, seeds))
        self.folder = folder / f"tiny_{named}_{'twice' if in_two_runs else 'once'}_{up_to or 'all'}_{version}"
        self._landed: reference.Landing | None = None

    @property
    def made(self) -> Settings:
        return settings_for(self.folder / "made", self.folder / "landing", profile=self.folder / "west_mercia")

    @property
    def landed(self) -> reference.Landing:
        """The delivered files as the independent calculation reads them."""
        if self._landed is None:
            self._landed = reference.load(self.folder / "landing")
        return self._landed

    def prepare(self) -> None:
        """Land and build; of a world in two runs the second is landed, and left to be built."""
        if (self.folder / "ready").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        _unwatched(self.folder)
        for seed in self.seeds:
            write_world(self.folder / "all" / str(seed), seed)
        files = sorted(path for path in (self.folder / "all").rglob("*") if path.is_file())
        days = sorted({found[1] for path in files if (found := re.search(r"_(\d{8})", path.name))})
        later = [path for path in files if self.in_two_runs and days[-1] in path.name]
        self.made.warehouse.mkdir(parents=True, exist_ok=True)
        self._deliver([path for path in files if path not in later])
        self._build()
        if self.in_two_runs:
            publish_deliveries(self.made)
            self._deliver(later)
        _open_to_readers(self.made)
        (self.folder / "ready").touch()

    def _deliver(self, files: Sequence[Path]) -> None:
        for path in files:
            target = self.folder / "landing" / path.relative_to(self.folder / "all")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        self.made.export()
        steps.land_deliveries(self.made)

    def _build(self) -> None:
        """All models, or those that one is made of; without their tests, which pass (or `make test` says so)."""
        if self._up_to:
            failed = _invoke(self.made, None, ["build", *_FROM_NOTHING, *_TESTS_WITHIN, "--select", f"+{self._up_to}"])
        else:
            failed = dbt.build(self.made, full_refresh=True, exclude=["resource_type:test"]).failed_models
        assert not failed, failed

    def copied(self) -> Settings:
        """A copy to build a mutant in."""
        return copied(self.made, self.folder / f"copy_{os.getpid()}")

    def _what_to_build(self, mutant: Mutant) -> list[str]:
        """What comes of the mutant, from nothing; in a world of two runs all that the second, a daily run, builds."""
        if self.in_two_runs:
            untouched = ["config.materialized:view", "resource_type:seed"]
            return ["--exclude-resource-type", "unit_test", "--exclude", *untouched]
        if self._up_to:
            return [*_FROM_NOTHING, *_TESTS_WITHIN, "--select", f"{mutant.model}+,+{self._up_to}"]
        return [*_FROM_NOTHING, "--select", f"{mutant.model}+"]

    def differences(self, settings: Settings, compared: Sequence[str]) -> str:
        """The first table that is not as the independent calculation has it."""
        for name in compared:
            if name == "unresourced_hourly" and len(self.seeds) > 1:
                continue  # a year of hours, which the others do not have
            if _COMPARED[name](settings, self.landed):
                return name
        return ""

    def catch(self, mutant: Mutant, compared: Sequence[str] = ()) -> Catch:
        """Build the mutant here and compare what is there, or only some of it."""
        settings = self.copied()
        try:
            said = _invoke(settings, mutant, ["build", *self._what_to_build(mutant)])
            if said:
                return Catch(f"dbt: {said[0]}", runs=not any(_NEVER_RAN.search(each) for each in said))
            found = self.differences(settings, compared or list(_COMPARED))
            if found:
                return Catch(f"reference: {found}")
            return Catch(differs=set() if self.in_two_runs else _tables_that_differ(settings, self.made))
        finally:
            shutil.rmtree(settings.warehouse.parent, ignore_errors=True)


_COMPARED: dict[str, Any] = {
    "deliveries": lambda settings, landed: against_reference.deliveries(settings, settings.landing),
    "calls": against_reference.calls,
    "incidents": against_reference.incidents,
    "states": against_reference.states,
    "openings": lambda settings, landed: against_reference.openings(settings),
    "unresourced_hourly": against_reference.unresourced_hourly,
    "appointments": against_reference.appointments,
    "domestic_abuse": against_reference.domestic_abuse,
    "indicators": against_reference.indicators,
}


def copied(made: Settings, folder: Path) -> Settings:
    """What is built, once more in a folder of its own, with the build database where the comparison reads."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = replace(made, warehouse=folder / "warehouse")
    shutil.copytree(made.build, settings.build, symlinks=True, ignore=shutil.ignore_patterns("dagster"))
    settings.export()
    _open_to_readers(settings)
    return settings


def worlds(folder: Path) -> list[TinyWorld]:
    """What mutants are built on: all on the first, what survives there on the others."""
    return [TinyWorld(folder, *TOGETHER), TinyWorld(folder, 0), TinyWorld(folder, 0, in_two_runs=True)]


def catch(mutant: Mutant, folder: Path) -> Catch:
    """Try the cheap ways: the model's unit tests, then the first world."""
    together = worlds(folder)[0]
    caught = _unit_tests(together, mutant)
    return caught if caught.by else together.catch(mutant)


def catch_survivor(mutant: Mutant, folder: Path) -> Catch:
    """Try the ways that cost more: the other worlds, then the tests of the model's room."""
    differs: set[str] = set()
    for world in worlds(folder)[1:]:
        caught = world.catch(mutant)
        if caught.by:
            return caught
        differs |= caught.differs
    failed = run_room_tests(mutant, folder)
    return Catch(f"test: {failed}" if failed else "", differs=differs)


def _unit_tests(world: TinyWorld, mutant: Mutant) -> Catch:
    """dbt's unit tests of the model, which need its parents' columns and no rows."""
    described = next(MODELS.rglob(f"{mutant.model}.yml"), None)
    if described is None or "unit_tests:" not in described.read_text():
        return Catch()
    settings = world.copied()
    try:
        said = _invoke(settings, mutant, ["test", "--select", f"{mutant.model},test_type:unit"])
    finally:
        shutil.rmtree(settings.warehouse.parent, ignore_errors=True)
    if not said:
        return Catch()
    return Catch(f"dbt: {said[0]}", runs=not any(_NEVER_RAN.search(each) for each in said))


_TESTS_WITHIN = ("--indirect-selection", "cautious")  # those of what is built and of nothing else
_FROM_NOTHING = ("--full-refresh", "--exclude-resource-type", "unit_test")


def _invoke(settings: Settings, mutant: Mutant | None, arguments: list[str]) -> list[str]:
    os.environ["OCC_BUILD_MEMORY"], os.environ["OCC_BUILD_CORES"] = "2GB", "1"
    command = [arguments[0], *dbt.common_arguments(settings), "--no-write-json", *arguments[1:]]
    try:
        result = dbt.runner(_mutated(settings, mutant)).invoke(command)
    finally:
        dbt.release_connections()
    if result.exception is not None:
        return [f"Compilation Error {result.exception}"]
    nodes = getattr(result.result, "results", [])
    failed = [each for each in nodes if str(each.status) in {"error", "fail"}]
    return [f"{each.node.name}: {(each.message or str(each.status)).splitlines()[0][:160]}" for each in failed]


def _mutated(settings: Settings, mutant: Mutant | None) -> Any:
    """The parsed models with the mutant's text, if there is one, in its model's place."""
    manifest = dbt.fresh_manifest(settings)
    for node in manifest.nodes.values():
        if mutant and node.resource_type == "model" and node.name == mutant.model:
            node.raw_code = mutant.text.strip()
    manifest.build_flat_graph()
    return manifest


def _open_to_readers(settings: Settings) -> None:
    """Let the comparison read the build database where it looks for what is published."""
    settings.published.mkdir(parents=True, exist_ok=True)
    current = settings.published / "current"
    if current.is_symlink():
        current.unlink()
    current.mkdir(exist_ok=True)
    (current / "occ.duckdb").unlink(missing_ok=True)
    (current / "occ.duckdb").symlink_to(settings.build_db)


def _tables_that_differ(settings: Settings, made: Settings) -> set[str]:
    """Tables that people see and that are not as the models as they stand make them."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach '{settings.build_db}' as occ_build (read_only)")
        con.execute(f"attach '{made.build_db}' as clean (read_only)")
        tables = con.execute(
            "select distinct schema_name || '.' || table_name from duckdb_tables() where database_name = 'clean' "
            "and schema_name in ('marts', 'metrics', 'quality')"
        ).fetchall()
        found = set()
        for (table,) in tables:
            one, other = f"select * from occ_build.{table}", f"select * from clean.{table}"
            query = f"select count(*) from (({one} except all {other}) union all ({other} except all {one}))"
            try:
                if con.execute(query).fetchall()[0][0]:
                    found.add(table)
            except duckdb.Error:
                found.add(table)
        return found


def _unwatched(folder: Path) -> None:
    """The profile, with more rows asked for to judge a day's columns than a world has: see test_against_reference."""
    profile = folder / "west_mercia"
    shutil.copytree(PROJECT / "orchestration" / "profiles" / "west_mercia", profile)
    parameters = profile / "reference" / "parameters.csv"
    parameters.write_text(parameters.read_text().replace("judged_rows_minimum,20,", "judged_rows_minimum,1000000,"))


# -- the tests of a room, on a copy of the project ---
# By folder or model: the test files that are there for it. The longest name that fits counts.
ROOM_TESTS = {
    "staging": ["tests/dbt/test_runs_add_up.py", "tests/integration/test_drift.py"],
    "intermediate": ["tests/dbt"],
    "intermediate/run": ["tests/dbt/test_runs_add_up.py", "tests/metrics/test_kpi_register.py"],
    "intermediate/run/int_schema_drift": ["tests/integration/test_drift.py"],
    "intermediate/run/int_columns": ["tests/integration/test_drift.py", "tests/metrics/test_kpi_register.py"],
    "intermediate/calls/int_disrupted_days": ["tests/metrics/test_kpi_results.py", "tests/publish/test_reports.py"],
    "marts": ["tests/dbt"],
    "marts/other": ["tests/publish/test_reports.py", "tests/questions/test_answers.py"],
    "metrics": ["tests/metrics/test_kpi_results.py", "tests/metrics/test_kpi_register.py"],
    "metrics/run": ["tests/metrics/test_kpi_register.py", "tests/metrics/test_kpi_results.py"],
    "metrics/history": ["tests/metrics/test_kpi_changes.py"],
    "metrics/signals": ["tests/metrics/test_kpi_signals.py"],
    "reports": ["tests/publish/test_reports.py", "tests/questions/test_answers.py"],
    "quality": ["tests/publish/test_row_links.py", "tests/landing/test_against_reference.py"],
}


def room_tests_of(model: str) -> list[str]:
    """The test files of a model's room."""
    path = next(MODELS.rglob(f"{model}.sql")).relative_to(MODELS).with_suffix("").as_posix()
    return ROOM_TESTS[max((key for key in ROOM_TESTS if path.startswith(key)), key=len)]


def run_room_tests(mutant: Mutant, folder: Path) -> str:
    """The first test that fails on a copy of the project with the mutant in it; empty where all pass."""
    tree = folder / f"tree_{os.getpid()}"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    no_rubbish = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in ("orchestration", "dbt_project", "expectations", "tests"):
        shutil.copytree(PROJECT / name, tree / name, ignore=no_rubbish, symlinks=True)
    for name in ("pyproject.toml", "dagster.yaml", "README.md", "docs", "Makefile"):
        (tree / name).symlink_to(PROJECT / name)
    original = next(MODELS.rglob(f"{mutant.model}.sql"))
    (tree / "dbt_project" / original.relative_to(DBT_PROJECT)).write_text(mutant.text)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not long", "-o", "cache_dir=cache", "--tb=no"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OCC_", "DAGSTER_"))}
    environment |= {"OCC_PARSED_MODELS": str(tree / "parsed"), "PYTHONPATH": str(tree)}
    ran = subprocess.run(
        [*command, *room_tests_of(mutant.model)], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    shutil.rmtree(tree, ignore_errors=True)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"pytest could not run: {ran.stdout[-500:]}{ran.stderr[-500:]}")
    return failed[0] if failed else ""
