"""The `occ` command: a thin front over the same steps and jobs that Dagster runs. No work of its own stands here."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands import (
    alert,
    brief,
    contract,
    keeping,
    lake,
    profile,
    quarantine,
    report,
    retention,
    review,
    services,
    spark,
)
from orchestration.commands.common import (
    FormatOption,
    WarehouseOption,
    answer_of,
    print_query,
    progress,
    require_published,
    settings_for,
)
from orchestration.commands.lineage import lineage
from orchestration.commands.metric import metric
from orchestration.commands.publish import publish, say_if_it_is_not_in_the_database
from orchestration.commands.rebuild import rebuild
from orchestration.errors import OccError, UsageProblem
from orchestration.tables import Format, print_json, print_rows

app = typer.Typer(
    name="occ",
    help="Performance information for a police control room: from export files to a published warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 stopped by the audit, 2 wrong usage, 3 something around the command, "
    "4 locked, 5 held.",
)


def _say_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"occ {version('occ-warehouse')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None: ...


def main() -> None:
    """Run the command; a user's mistake ends in one clear paragraph and an exit code, never in a traceback."""
    try:
        app()
    except OccError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("Stopped. Nothing half-done is visible to readers; run again to go on.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


@app.command(epilog="Example: occ sample build/sample --from 2021-09-01 --to 2021-09-30 --scale 0.1")
def sample(
    out: Annotated[
        Path, typer.Argument(help="Folder to write into: OUT/landing holds the exports, OUT/truth the truth.")
    ],
    date_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = datetime(
        2021, 8, 30
    ),
    date_to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = datetime(2022, 1, 9),
    scale: Annotated[
        float, typer.Option(min=0.001, max=100, help="Volume; 1 is a force the size of West Mercia.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2021,
    clean: Annotated[bool, typer.Option("--clean", help="Plant no faults.")] = False,
    warehouse: WarehouseOption = None,  # every command takes it; making a sample needs no warehouse
) -> None:
    """Make sample exports: a simulated control room with a known truth."""
    from orchestration.sample import write_sample

    if date_to < date_from:
        raise UsageProblem(f"--to {date_to:%Y-%m-%d} lies before --from {date_from:%Y-%m-%d}.")
    with progress() as reporter:
        summary = write_sample(
            out,
            date_from=date_from.date(),
            date_to=date_to.date(),
            scale=scale,
            seed=seed,
            legacy_months=[date(2021, 1, 1), date(2021, 2, 1)],
            plant_faults=not clean,
            progress=lambda text: reporter(text, 0, 0),
        )
    typer.echo(
        f"{summary.files} files, {sum(summary.rows.values()):,} rows, {summary.faults} planted faults in "
        f"{out / 'landing'}; "
        f"what is true, and what was planted, in {out / 'truth'}"
    )


@app.command(epilog="Example: occ run --landing /data/exports --warehouse /data/warehouse")
def run(
    landing: Annotated[
        Path | None,
        typer.Option(help="Folder of delivered exports (default build/landing, or OCC_LANDING); only ever read."),
    ] = None,
    warehouse: WarehouseOption = None,
    profile: Annotated[Path | None, typer.Option(help="Profile: a name the project ships, or a folder.")] = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for another run to end.")
    ] = 0,
) -> None:
    """Take in what was delivered and publish a new generation; with nothing new, publish nothing.

    One run at a time writes to a warehouse. A second one says who holds it and ends with exit code 4, or waits: --wait.
    Exit code 3 with a generation published: its quality report or a briefing could not be made, or it could not be
    brought to PostgreSQL; see: occ report quality, occ brief, occ publish.
    """
    from orchestration.progress import notes
    from orchestration.runs import run_once

    settings = settings_for(warehouse, landing=landing, profile=profile)
    if not settings.landing.is_dir():
        raise UsageProblem(
            f"There is no landing folder {settings.landing}. Name one with --landing, or make sample exports "
            "and take them in: occ sample build && occ run --landing build/landing"
        )
    with progress() as reporter:
        published = run_once(settings, reporter, wait_seconds=wait)
    for said in notes():
        typer.echo(said, err=True)
    from orchestration.headlines import closing_screen

    typer.echo("Nothing new was delivered; the current generation stands." if published is None else "")
    closing_screen(settings)
    quarantine.say_what_may_be_read_again(settings)
    say_if_it_is_not_in_the_database(settings)
    report.say_if_it_is_missing(settings)


@app.command(epilog='Example: occ query "select * from metrics.kpi_register limit 5" --format json')
def query(
    sql: Annotated[str, typer.Argument(help="SQL on the published tables (DuckDB).")],
    warehouse: WarehouseOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Ask the published warehouse."""
    print_query(settings_for(warehouse), sql, format)


@app.command(epilog="Example: occ ask Q09 --area HEREF --format csv")
def ask(
    question: Annotated[str | None, typer.Argument(help="Number of a question, as Q09; none lists them all.")] = None,
    warehouse: WarehouseOption = None,
    month: Annotated[str | None, typer.Option(help="A month, as 2021-12 (default: the newest whole one).")] = None,
    area: Annotated[str | None, typer.Option(help="One local policing area only, as HEREF.")] = None,
    force: Annotated[str | None, typer.Option(help="A force of the national 999 table.")] = None,
    unit: Annotated[str | None, typer.Option(help="A unit of the workforce export.")] = None,
    disruption: Annotated[str | None, typer.Option(help="Key of a disruption.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Rows to show; 0 shows all.")] = 0,
    format: FormatOption = Format.table,
) -> None:
    """Answer a question of the assurance meetings, with coverage and caveats."""
    from orchestration import questions

    if question is None:
        print_rows(["question", "asks"], questions.listed(), format)
        return
    asked = questions.question(question)
    settings = settings_for(warehouse)
    require_published(settings)
    given = {"month": month, "area": area, "force": force, "unit": unit, "disruption": disruption}
    answer = questions.ask(settings, asked, {name: value for name, value in given.items() if value is not None})
    shown = answer.rows[: limit or None]
    if format is Format.json:
        print_json(questions.as_mapping(answer, limit or None))
    elif format is Format.csv:
        # A table for a spreadsheet holds nothing but the table; what stands behind it is said beside it.
        print_rows(answer.columns, shown, format)
        typer.echo(questions.as_text(answer, len(shown)), err=True)
    else:
        typer.secho(f"{asked.number}. {asked.text}\n", bold=True)
        for section in questions.sections(answer, limit or None):
            if section.title:
                typer.secho(section.title, bold=True)
            print_rows(section.columns, section.rows, format)
            typer.echo("")
        typer.echo(questions.as_text(answer, len(shown)))


@app.command(epilog="Example: occ deliveries --status QUARANTINED --format csv")
def deliveries(
    warehouse: WarehouseOption = None,
    status: Annotated[str | None, typer.Option(help="LOADED, DUPLICATE, QUARANTINED or SUPERSEDED.")] = None,
    export: Annotated[str | None, typer.Option(help="One export only.")] = None,
    format: FormatOption = Format.table,
) -> None:
    """Every delivered file and where its rows went."""
    from orchestration.landing import load_profile

    settings = settings_for(warehouse)
    conditions, values = ["true"], []
    known = {
        "status": ["LOADED", "DUPLICATE", "QUARANTINED", "SUPERSEDED"],
        "export": list(load_profile(settings.profile).exports),
    }
    for column, value in (("status", status and status.upper()), ("export", export)):
        if value and value not in known[column]:
            raise UsageProblem(f"There is no {column} {value}; there are {', '.join(known[column])}.")
        if value:
            conditions.append(f"{column} = ?")
            values.append(value)
    print_query(
        settings,
        "select name, export, contract_version, business_date, status, rows_read, rows_loaded, rows_superseded, "
        f"rows_duplicate, rows_quarantined, reason from quality.deliveries where {' and '.join(conditions)} "
        "order by export, business_date, name",
        format,
        values,
    )


@app.command(epilog="Example: occ status --format json")
def status(warehouse: WarehouseOption = None, format: FormatOption = Format.table) -> None:
    """What is published, how fresh each export is, and what the quality rules found."""
    from orchestration.status import STATUS_QUERIES

    settings = settings_for(warehouse)
    if format is Format.json:
        answers = {title: answer_of(settings, sql) for title, sql in STATUS_QUERIES.items()}
        print_json(
            {
                title: [dict(zip(columns, row, strict=True)) for row in rows]
                for title, (columns, rows) in answers.items()
            }
        )
        return
    for title, sql in STATUS_QUERIES.items():
        if format is Format.table:
            typer.secho(f"\n{title}", bold=True)
        print_query(settings, sql, format)


# The order of the help: what is used every day, then where it goes, then what keeps it well.
app.command(epilog="Example: occ rebuild --from 2021-09-06 --to 2021-09-12 --export acd_segments")(rebuild)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(review.app, name="review")
app.add_typer(report.app, name="report")
app.add_typer(brief.app, name="brief")
app.command(epilog="Example: occ publish --to postgresql://occ_publisher@db.force.example/control_room")(publish)
app.command(epilog="Example: occ metric calls_abandoned --by metric_time__month --by call__line")(metric)
app.command(epilog="Example: occ lineage --out lineage.jsonl")(lineage)
app.command(epilog="Example: occ doctor --mend")(keeping.doctor)
app.command(epilog="Example: occ backup /mnt/backups/occ-20261122.tar")(keeping.backup)
app.command(epilog="Example: occ restore /mnt/backups/occ-20261122.tar --warehouse /data/warehouse")(keeping.restore)
retention.add_to(app)
app.add_typer(contract.app, name="contract")
app.add_typer(profile.app, name="profile")
app.add_typer(alert.app, name="alert")
app.add_typer(services.app, name="dagster")
app.add_typer(lake.app, name="lake")
app.command(epilog="Example: occ build --target spark --master 'local-cluster[2,1,1024]'")(spark.build)


if __name__ == "__main__":
    main()
