"""What tests of the rules share: the made-up build database, and a way to run some rules on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.quality.rules import RuleResult
from orchestration.quality.run import run_rules
from tests.quality.made_up import make_build_database

GENERATION = "g1"


@pytest.fixture(scope="session")
def clean_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed by a test."""
    return make_build_database(tmp_path_factory.mktemp("made_up") / "occ_build.duckdb")


@pytest.fixture
def database(clean_database: Path, tmp_path: Path) -> Path:
    """A copy to plant faults in."""
    return Path(shutil.copy(clean_database, tmp_path / "occ_build.duckdb"))


def plant(database: Path, *statements: str) -> None:
    """Change the build database."""
    with duckdb.connect(str(database)) as con:
        for statement in statements:
            con.execute(statement)


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., list[RuleResult]]:
    """Run entries of one table on a build database."""

    def run(
        database: Path, table: str, entries: Sequence[dict[str, object]], *, full: bool = False
    ) -> list[RuleResult]:
        folder = tmp_path / "rules"
        shutil.rmtree(folder, ignore_errors=True)
        write_rules(folder, table, entries)
        return run_rules(database, generation=GENERATION, full=full, rules_dir=folder)

    return run


def write_rules(folder: Path, table: str, entries: Sequence[dict[str, object]]) -> Path:
    """Write a rule file for a table."""
    schema, name = table.split(".")
    path = folder / schema / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    head: dict[str, object] = {"system": "telephony", "owner": "A tester"}
    path.write_text(yaml.safe_dump({**head, "rules": list(entries)}, sort_keys=False))
    return path


def entry(rule_id: str, expectation: dict[str, object], **more: object) -> dict[str, object]:
    """An entry that warns on any failing row and fails over a half."""
    return {
        "id": rule_id,
        "sentence": "Something holds of every row.",
        "dimension": "validity",
        "severity": "error",
        "threshold": {"warn_over": 0, "fail_over": 0.5, "reason": "It is only a test."},
        "expectation": expectation,
        **more,
    }
