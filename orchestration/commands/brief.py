"""`occ brief`: the briefings for the meetings, of any period, as a page and as a PDF."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.common import WarehouseOption, progress, require_published, settings_for
from orchestration.errors import UsageProblem
from orchestration.progress import reporting_to

if TYPE_CHECKING:
    from orchestration.reports.brief.reading import Kind

app = typer.Typer(
    help="Briefings for the meetings, from the published generation: a page and a PDF.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class EditionName(StrEnum):
    """Who a briefing is for."""

    internal = "internal"
    public = "public"


PeriodOption = Annotated[
    str | None,
    typer.Option(
        "--period", help="2021-11-22, 2021-W47, 2021-11, 2021/22-Q3 or 2021-Q4; without it the newest that is over."
    ),
]
EditionOption = Annotated[
    EditionName, typer.Option("--edition", help="For the force, or for the public: with small numbers suppressed.")
]
OutOption = Annotated[
    Path | None, typer.Option(help="A new folder to write into, instead of the warehouse's own place.")
]
PdfOption = Annotated[bool, typer.Option("--pdf/--no-pdf", help="Whether to set the PDF too.")]
WaitOption = Annotated[int, typer.Option(min=0, help="Seconds to wait for a run that is under way.")]


@app.callback()
def _group() -> None:
    """Briefings for the meetings, from the published generation: a page and a PDF."""


@app.command(epilog="Example: occ brief daily --period 2021-11-22")
def daily(
    warehouse: WarehouseOption = None,
    period: PeriodOption = None,
    edition: EditionOption = EditionName.internal,
    out: OutOption = None,
    pdf: PdfOption = True,
    wait: WaitOption = 0,
) -> None:
    """The page for the daily management meeting: a day, beside the day before and the week before."""
    _brief("daily", warehouse, period, edition, out, pdf, wait)


@app.command(epilog="Example: occ brief weekly --period 2021-W47 --out /srv/www/week-47")
def weekly(
    warehouse: WarehouseOption = None,
    period: PeriodOption = None,
    edition: EditionOption = EditionName.internal,
    out: OutOption = None,
    pdf: PdfOption = True,
    wait: WaitOption = 0,
) -> None:
    """The weekly performance report, with the control chart of every measure."""
    _brief("weekly", warehouse, period, edition, out, pdf, wait)


@app.command(epilog="Example: occ brief monthly --period 2021-11 --edition public")
def monthly(
    warehouse: WarehouseOption = None,
    period: PeriodOption = None,
    edition: EditionOption = EditionName.internal,
    out: OutOption = None,
    pdf: PdfOption = True,
    wait: WaitOption = 0,
) -> None:
    """The monthly performance report."""
    _brief("monthly", warehouse, period, edition, out, pdf, wait)


@app.command(epilog="Example: occ brief quarterly --period 2021/22-Q3")
def quarterly(
    warehouse: WarehouseOption = None,
    period: PeriodOption = None,
    edition: EditionOption = EditionName.internal,
    out: OutOption = None,
    pdf: PdfOption = True,
    wait: WaitOption = 0,
) -> None:
    """The quarterly report, with the briefings on the 999 and 101 performance plan and the demand reduction plan."""
    _brief("quarterly", warehouse, period, edition, out, pdf, wait)


def _brief(
    kind: Kind,
    warehouse: Path | None,
    period: str | None,
    edition: EditionName,
    out: Path | None,
    with_pdf: bool,
    wait: int,
) -> None:
    from orchestration.reports.brief import periods, place
    from orchestration.warehouse.lock import writing

    first_day = periods.first_day(kind, period) if period else None
    settings = settings_for(warehouse)
    require_published(settings)
    if out is not None and out.exists():
        raise UsageProblem(f"{out} is there already; choose another folder or remove it.")
    with progress() as reporter, reporting_to(reporter):
        reporter(f"writing the {kind} briefing", 0, 0)
        if out is not None:
            brief = place.make(settings.current_db, kind, first_day, edition.value)
            out.mkdir(parents=True)
            files = place.write_files(brief, out, with_pdf=with_pdf)
        else:
            with writing(settings, wait_seconds=wait):
                made = place.write(settings, [kind], first_day=first_day, edition=edition.value, with_pdf=with_pdf)
                files = made[kind]
    for file in files:
        typer.echo(f"{file}")
