"""Fixtures for every test: a small sample, and the warehouse built from it once for a test process."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.runs import OBJECTS_BETWEEN_COLLECTIONS
from orchestration.sample import write_sample
from orchestration.settings import Settings
from tests.golden.golden import write_small_sample
from tests.postgres_server import PostgresServer, running_server
from tests.support import run, settings_for, take_steps

_A_DAY = 24 * 3600
# Fixtures that cost many seconds: a warehouse, or models built on made-up marts.
_MADE_ONCE = (
    *(
        "season",
        "two_years",
        "small_warehouse",
        "kept",
        "keyed",
        "calls_alone",
        "undisturbed",
        "clean_landing",
        "warehouse",
    ),
    *("drifted", "sample", "tiny_world", "built", "signals", "models", "empty_warehouse", "full", "added", "at_once"),
    "postgres_server",
)


def pytest_configure(config: pytest.Config) -> None:
    """Models are parsed once for all tests, in all their processes, and again when a file of theirs changed.

    Garbage is looked for as seldom as a run does it. What `duckdb.sql` reads it reads anew: folders of tests that
    passed are given again, and a page of another test's file was read once, though the file itself was whole.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    duckdb.execute("set enable_external_file_cache = false")
    if config.cache is None:
        return
    shared = config.cache.mkdir("parsed_models")
    if not hasattr(config, "workerinput"):  # once, not in every process of the session
        for folder in shared.iterdir():
            if folder.stat().st_mtime < time.time() - _A_DAY:
                shutil.rmtree(folder, ignore_errors=True)
    os.environ["OCC_PARSED_MODELS"] = str(shared)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what is costly run in one process of the session: every process would make it for itself."""
    for item in items:
        shared = [name for name in _MADE_ONCE if name in getattr(item, "fixturenames", ())]
        if shared and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(shared[0]))


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fiftieth of a force for four weeks with the outage in it, faults planted, and a legacy month."""
    out = tmp_path_factory.mktemp("sample")
    write_small_sample(out)
    return out


@pytest.fixture(scope="session")
def small_warehouse(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small sample, landed, built and published in one run. Not to be changed by a test."""
    settings = settings_for(tmp_path_factory.mktemp("small"), small_sample / "landing")
    run(settings)
    return settings


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse that was given nothing."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "landing").mkdir()
    settings = settings_for(folder, folder / "landing")
    take_steps(settings, rules=True)
    return settings


@pytest.fixture(scope="session")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two years at a tenth of the volume: for what needs a season, or the year before. Not to be changed by a test."""
    folder = tmp_path_factory.mktemp("two_years")
    write_sample(
        folder / "sample", date_from=date(2020, 1, 6), date_to=date(2022, 1, 9), scale=0.1, seed=7,
        legacy_months=[], plant_faults=True, progress=None,
    )  # fmt: skip
    settings = settings_for(folder, folder / "sample" / "landing")
    take_steps(settings, rules=False)
    return settings


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL server; each test takes a `new_database()` of its own."""
    with running_server() as server:
        yield server
