"""`occ publish`: what is out, to where other tools read it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.common import WarehouseOption, progress, require_published, settings_for
from orchestration.errors import UsageProblem
from orchestration.progress import notes, reporting_to

if TYPE_CHECKING:
    from orchestration.publish.files import Published
    from orchestration.publish.postgresql.publish import Outcome
    from orchestration.settings import Settings


def publish(
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="postgresql://USER@HOST:PORT/DATABASE, csv:FOLDER, parquet:FOLDER or excel:FILE (default: "
            "OCC_PUBLISH_TO). See docs/bi.md.",
        ),
    ] = None,
    single_file: Annotated[
        Path | None, typer.Option("--single-file", metavar="FILE", help="One DuckDB file to carry; must not exist.")
    ] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            help="A table, as marts.dim_areas; may be given several times. For csv:, parquet: and excel: only.",
        ),
    ] = None,
    audience: Annotated[
        str | None, typer.Option(help="What this audience may read, instead of everything (for the data team).")
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="PostgreSQL: also over a newer generation, or another warehouse's; look again."),
    ] = False,
    warehouse: WarehouseOption = None,
) -> None:
    """Publish the generation that is out to where other tools read it.

    PostgreSQL: everything for the role occ_data_team in the schemas marts, metrics, quality and reports, and for each
    audience in schemas of its own for its role; with --audience that audience alone, in a database of its own. One
    transaction: readers see the generation before or this one. A day costs what it changed.

    Files: a folder gets a subfolder for the generation, and `current` that names it. Without --table every table goes
    out, but to CSV and Excel not those too long for a spreadsheet: they are listed, and go out when named.
    """
    from orchestration.publish import files

    settings = settings_for(warehouse)
    target = to or ("" if single_file else settings.publish_to)
    if bool(target) == bool(single_file):
        raise UsageProblem("Say where to publish: --to TARGET or --single-file FILE, one of them.")
    require_published(settings)
    if single_file:
        if tables:
            raise UsageProblem("--single-file takes every table; --table chooses what --to FOLDER or FILE gets.")
        _publish_single_file(settings, single_file, audience)
    elif files.is_file_target(target):
        with progress() as reporter, reporting_to(reporter):
            published = files.publish_files(settings, target, tables or [], audience)
        _say(published)
    else:
        if tables:
            raise UsageProblem("--table chooses what goes into files; a database gets every table.")
        _publish_to_postgresql(settings, target, audience, force)


def say_if_it_is_not_in_the_database(settings: Settings) -> None:
    """End with exit code 3 where the database that is named does not hold what is out: why was said before."""
    if not settings.publish_to:
        return
    from orchestration.publish.postgresql.publish import is_up_to_date

    if not is_up_to_date(settings):
        typer.echo("PostgreSQL (OCC_PUBLISH_TO) does not hold this generation; occ publish tries again.", err=True)
        raise typer.Exit(3)


def _publish_to_postgresql(settings: Settings, target: str, audience: str | None, force: bool) -> None:
    from orchestration.publish.postgresql.publish import publish as publish_to
    from orchestration.publish.postgresql.server import Address, is_address

    if not is_address(target):
        # Not repeated: what fits no form may be a driver's own, with a password in it.
        raise UsageProblem("--to names none of postgresql://, csv:FOLDER, parquet:FOLDER, excel:FILE.")
    address = Address.of(_out_of_sight(target))
    with progress() as reporter, reporting_to(reporter):
        outcome = publish_to(settings, address, audience=audience, force=force)
        said = notes()
    for note in said:
        typer.echo(note, err=True)
    _say_outcome(outcome)


def _out_of_sight(target: str) -> str:
    """Everyone on the machine may read a command line: where it holds the password, the command starts anew without.

    The password goes into the environment, which nobody else may read.
    """
    from orchestration.publish.postgresql.server import without_password

    bare, password = without_password(target)
    if password is not None and any(target in argument for argument in sys.orig_argv):
        sys.stderr.write("A password on a command line stays in the shell's history: OCC_PUBLISH_TO takes one too.\n")
        sys.stderr.flush()
        arguments = [argument.replace(target, bare) for argument in sys.orig_argv]
        os.execve(sys.executable, arguments, {**os.environ, "PGPASSWORD": password})  # noqa: S606
    return target


def _publish_single_file(settings: Settings, target: Path, audience: str | None) -> None:
    from orchestration.publish import publish_log
    from orchestration.publish.files import database_of
    from orchestration.publish.generation import Generation, copy_to_single_file

    if target.exists():
        raise UsageProblem(f"{target} is there already; choose another name or remove it.")
    if not target.absolute().parent.is_dir():
        raise UsageProblem(f"There is no folder {target.parent} to write {target.name} into; make it first.")
    if not os.access(target.absolute().parent, os.W_OK | os.X_OK):
        raise UsageProblem(f"{target} cannot be written: the folder is not yours to write into.")
    database_of(settings, audience)  # whether there is one
    with publish_log.recording(settings, "single_file", str(target.absolute()), audience) as logged:
        logged.generation = Generation.read(settings.current_db.resolve().parent).generation
        logged.tables, logged.rows = copy_to_single_file(settings, target, audience)
    typer.echo(f"{target}")


def _say_outcome(outcome: Outcome) -> None:
    if outcome.was_there:
        typer.echo(f"{outcome.where}: generation {outcome.generation} is there already; nothing was written")
        return
    if outcome.broken_references:
        listed = ", ".join(outcome.broken_references)
        typer.echo(f"no foreign keys, as some rows name what is not there: {listed}", err=True)
    readers = ", ".join(f"occ_{name} ({count} tables)" for name, count in outcome.editions.items())
    typer.echo(f"{outcome.where}: generation {outcome.generation} for {readers}; {outcome.rows_written:,} rows written")


def _say(published: Published) -> None:
    rows = sum(published.rows.values())
    tables = f"{len(published.rows)} tables" if len(published.rows) != 1 else "1 table"
    place = published.target if published.kind == "excel" else published.target / Path("current")
    typer.echo(f"{place}: generation {published.generation}, {tables}, {rows:,} rows")
    for table, rows in published.left_out.items():
        typer.echo(
            f"left out, too long for a spreadsheet: {table} ({rows:,} rows); --table {table} writes it", err=True
        )
