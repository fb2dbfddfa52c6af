"""What tests of the whole flow share: a warehouse in a folder of their own, runs of it, questions to it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pytest

from orchestration.publish.generation import Generation, current, withdraw_erased
from orchestration.runs import run_once
from orchestration.settings import PROJECT, Settings
from orchestration.warehouse import steps
from orchestration.warehouse.lock import writing

SHARED = PROJECT.parent / "shared"


def parsed_models() -> Path | None:
    """The folder in which the warehouses of all tests share parsed models; conftest.py names it."""
    named = os.environ.get("OCC_PARSED_MODELS")
    return Path(named) if named else None


def settings_for(folder: Path, landing: Path, *, profile: Path | None = None, reports: bool = False) -> Settings:
    """Settings of a warehouse below `folder`, with a key of its own; its runs write pages only where a test asks."""
    return Settings(
        landing=landing,
        warehouse=folder / "warehouse",
        profile=profile or PROJECT / "orchestration" / "profiles" / "west_mercia",
        key_file=folder / "keys" / "token.key",
        keep_generations=5,
        parsed_models=parsed_models(),
        reports_wanted=reports,
    )


def run(settings: Settings) -> Generation:
    """One run; the generation that is current afterwards."""
    settings.export()
    run_once(settings, lambda stage, done, total: None)
    published = current(settings)
    assert published is not None
    return published


def take_steps(settings: Settings, *, rules: bool = False) -> Generation:
    """The steps of one run under its lock, as Dagster's assets take them, without Dagster's log of them.

    A third of the time of a run on a tiny world. Without `rules` nothing is judged, which changes nothing that is
    published but the list of what was judged.
    """
    settings.export()
    with writing(settings):
        withdraw_erased(settings)
        steps.land_deliveries(settings)
        steps.build_warehouse(settings)
        steps.analyse(settings)
        if rules:
            steps.judge_quality(settings)
        return steps.publish_generation(settings)


def deliver(files: list[Path], landing: Path) -> None:
    """Copy files into a landing folder, times kept."""
    landing.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy2(file, landing / file.name)


def ask(settings: Settings, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows of a query on the published warehouse."""
    with duckdb.connect(str(settings.current_db.resolve()), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(sql, values or []).fetchall()


def occ(settings: Settings, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it, in a process of its own."""
    environment = os.environ | {
        "OCC_LANDING": str(settings.landing),
        "OCC_WAREHOUSE": str(settings.warehouse),
        "OCC_PROFILE": str(settings.profile),
        "OCC_TOKEN_KEY_FILE": str(settings.key_file),
        "OCC_REPORTS": "yes" if settings.reports_wanted else "no",
    }
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=PROJECT, timeout=300)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def needs(program: str) -> Path:
    """The path of a program from the distribution; where it is missing the test is skipped, in CI it fails.

    `.ci/run` installs what is listed here, and sets OCC_CI.
    """
    beside_the_path = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))  # where Debian puts its server
    found = next(map(str, beside_the_path), None) or shutil.which(program)
    return Path(found) if found else _missing(program)


def needs_file(pattern: str) -> Path:
    """The same for a file below the root folder, by a pattern: a driver, a library."""
    found = next(iter(sorted(Path("/").glob(pattern))), None)
    return found or _missing(f"/{pattern}")


def _missing(what: str) -> NoReturn:
    missing = f"{what} is not installed; .ci/run installs it"
    if os.environ.get("OCC_CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def needs_engine(name: str) -> Path:
    """The same for the environment of an engine, `sail` or `spark`."""
    folder = PROJECT / f".venv-{name}"
    return folder if (folder / "bin" / "python").exists() else _missing(f".venv-{name} (make venv-{name})")
