"""What `make lint` looks at, so that continuous integration does too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import PROJECT, Settings

TOOLS = Path(sys.executable).parent


@pytest.mark.parametrize("command", ["ruff check .", "ruff format --check .", "mypy"])
def test_python_is_in_style_and_typed(command: str) -> None:
    name, *arguments = command.split()
    ended = subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True, cwd=PROJECT, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_sql_is_in_style(small_warehouse: Settings) -> None:
    """As it runs, after the templates."""
    compiled = small_warehouse.dbt_target / "compiled" / "control_room" / "models"
    assert len(list(compiled.rglob("*.sql"))) > 50
    command = [TOOLS / "sqlfluff", "lint", str(compiled), "--config", "pyproject.toml", "--disable-progress-bar"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:]
