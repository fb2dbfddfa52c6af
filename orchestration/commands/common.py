"""What the commands share: options, the settings they run with, progress on standard error, a query printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.errors import UsageProblem
from orchestration.settings import Settings
from orchestration.tables import Format, print_rows

WarehouseOption = Annotated[
    Path | None, typer.Option("--warehouse", help="The warehouse folder (default build/warehouse, or OCC_WAREHOUSE).")
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the table.")]


def settings_for(warehouse: Path | None, *, landing: Path | None = None, profile: Path | None = None) -> Settings:
    settings = Settings.from_environment(warehouse=warehouse, landing=landing, profile=profile)
    settings.export()
    return settings


def require_published(settings: Settings) -> None:
    if not settings.current_db.exists():
        raise UsageProblem(
            f"Nothing is published in {settings.warehouse} yet. Run: occ run --warehouse {settings.warehouse}"
        )


def print_query(settings: Settings, sql: str, format: Format, values: list[Any] | None = None) -> None:
    columns, rows = answer_of(settings, sql, values)
    print_rows(columns, rows, format)


def answer_of(settings: Settings, sql: str, values: list[Any] | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a query of the published warehouse. Raises UsageProblem where it cannot be answered."""
    import duckdb

    require_published(settings)
    try:
        with duckdb.connect(str(settings.current_db), read_only=True) as con:
            con.execute("set TimeZone = 'UTC'")
            cursor = con.execute(sql, values or [])
            columns = [column[0] for column in cursor.description or []]
            return columns, cursor.fetchall()
    except duckdb.Error as error:
        raise UsageProblem(f"The query could not be answered: {error}") from None


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, a line per stage elsewhere; on standard error, so that output can be piped."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        said: set[str] = set()

        def say(stage: str, done: int, total: int) -> None:
            if stage not in said:
                said.add(stage)
                console.print(stage, highlight=False, markup=False)

        yield say
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total or None)
            progress.update(tasks[stage], completed=done, total=total or None)

        yield show
