"""What the README and CONTRIBUTING tell a newcomer to type does what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from orchestration.settings import PROJECT, Settings
from tests.integration.test_runs import occ
from tests.support import ask

README = (PROJECT / "README.md").read_text()
CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text()
NAMED_TARGETS = sorted(set(re.findall(r"`?make ([a-z-]+)`?", README + CONTRIBUTING)))
# Commands that only read: they can be tried on any warehouse. `occ run` and `occ publish` have tests of their own.
READING = sorted(set(re.findall(r"`(occ (?:ask|deliveries|query|status|doctor)[^`]*)`", README + CONTRIBUTING)))


@pytest.mark.parametrize("target", NAMED_TARGETS)
def test_every_make_target_that_is_named_exists(target: str) -> None:
    shown = subprocess.run(["make", "--dry-run", target], capture_output=True, text=True, cwd=PROJECT, check=False)
    assert shown.returncode == 0, shown.stderr


def test_make_help_lists_what_can_be_made() -> None:
    shown = subprocess.run(["make", "help"], capture_output=True, text=True, cwd=PROJECT, check=True).stdout
    assert {"run", "test", "lint", "dev", "docs", "bench"} <= {line.split()[1] for line in shown.splitlines()}


@pytest.mark.parametrize("command", [command for command in READING if "..." not in command])
def test_every_reading_command_works_as_written(small_warehouse: Settings, command: str) -> None:
    ended = occ(small_warehouse, shlex.split(command)[1:])
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip()


def test_the_query_for_a_bi_tool_works_as_written(small_warehouse: Settings) -> None:
    (sql,) = re.findall(r"```sql\n(.*?)```", README, flags=re.DOTALL)
    assert ask(small_warehouse, sql)


def test_one_file_to_carry_holds_every_table(small_warehouse: Settings, tmp_path: Path) -> None:
    import duckdb

    target = tmp_path / "occ.duckdb"
    assert occ(small_warehouse, ["publish", "--single-file", str(target)]).returncode == 0
    with duckdb.connect(str(target), read_only=True) as con:
        carried = con.execute("select count(*), sum(wait_seconds) from marts.fct_calls").fetchall()
    assert carried == ask(small_warehouse, "select count(*), sum(wait_seconds) from marts.fct_calls")


def test_every_file_and_folder_that_is_named_exists() -> None:
    """A path with a wildcard or a placeholder names a kind of place, and is left out."""
    named = set(re.findall(r"`((?:orchestration|dbt_project|expectations|tests|docs)/[^`]*)`", README + CONTRIBUTING))
    missing = [path for path in named if not re.search(r"[<*]", path) and not (PROJECT / path).exists()]
    assert missing == []


def test_every_picture_and_link_exists() -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", README + CONTRIBUTING)
    assert [path for path in linked if not path.startswith("http") and not (PROJECT / path).exists()] == []
    assert linked
