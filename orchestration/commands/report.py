"""`occ report`: pages for people, made again from what is published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.common import WarehouseOption, progress, require_published, settings_for
from orchestration.errors import UsageProblem
from orchestration.progress import reporting_to
from orchestration.settings import Settings

app = typer.Typer(
    help="Pages for people, made again from the published generation.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _group() -> None:
    """Pages for people, made again from the published generation."""


@app.command(epilog="Example: occ report quality --out /srv/www/quality")
def quality(
    warehouse: WarehouseOption = None,
    out: Annotated[
        Path | None, typer.Option(help="A new folder to write into, instead of the warehouse's own place.")
    ] = None,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for a run that is under way.")] = 0,
) -> None:
    """The data-quality report. Every run writes it; this makes it anew, say after an update of the pages."""
    from orchestration.reports.quality import place
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse)
    require_published(settings)
    if out is not None and out.exists():
        raise UsageProblem(f"{out} is there already; choose another folder or remove it.")
    with progress() as reporter, reporting_to(reporter):
        reporter("writing the quality report", 0, 0)
        if out is not None:
            first_page = place.write_pages(settings.current_db, out)
        else:
            with writing(settings, wait_seconds=wait):
                first_page = place.write(settings)
    typer.echo(f"{first_page}")


def say_if_it_is_missing(settings: Settings) -> None:
    """End with exit code 3 where the run should have left pages and did not; why, the run has said."""
    from orchestration.reports.brief import place as brief_place
    from orchestration.reports.quality import place

    if settings.reports_wanted and (place.written(settings) is None or brief_place.missing(settings)):
        raise typer.Exit(3)
