"""`occ doctor`, `occ backup`, `occ restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.common import FormatOption, WarehouseOption, progress, settings_for
from orchestration.progress import reporting_to
from orchestration.tables import Format, print_rows

if TYPE_CHECKING:
    from orchestration.keeping.backup import Backup


def doctor(
    warehouse: WarehouseOption = None,
    mend: Annotated[
        bool, typer.Option("--mend", help="Mend what is safe: leftovers of killed runs, what a run makes again.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Look for what could stop a run, say what to do, and mend what is safe to mend."""
    from orchestration.keeping import doctor

    settings = settings_for(warehouse)
    findings = doctor.mend(settings) if mend else doctor.examine(settings)
    print_rows(
        ["check", "state", "found", "what to do"],
        [(finding.check, finding.state, finding.found, finding.remedy) for finding in findings],
        format,
    )
    if any(finding.state == "PROBLEM" for finding in findings):
        raise typer.Exit(3)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write (a tar); with --check, the one to read.")],
    warehouse: WarehouseOption = None,
    check: Annotated[bool, typer.Option("--check", help="Only read a backup and say whether it is whole.")] = False,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for a run that is under way.")] = 0,
) -> None:
    """Back up what cannot be made again: landing store, registry, key fingerprint, reviews, current generation.

    The token key is not in it: keep a copy of the key apart. Rows erased later are still in an older backup.
    """
    from orchestration.keeping import backup as backups
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse)
    with progress() as report, reporting_to(report):
        if check:
            made = backups.check(file)
        else:
            with writing(settings, wait_seconds=wait):
                made = backups.write(settings, file)
    typer.echo(_described(file, made))


def restore(
    file: Annotated[Path, typer.Argument(help="A file that occ backup wrote.")],
    warehouse: WarehouseOption = None,
) -> None:
    """Make a warehouse again from a backup, in an empty folder; it can be read at once, and run on."""
    from orchestration.keeping import backup as backups
    from orchestration.landing.keys import KeyProblem, check_key
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse)
    with progress() as report, reporting_to(report), writing(settings):
        made = backups.restore(settings, file)
    typer.echo(_described(file, made))
    typer.echo(f"restored into {settings.warehouse}; the next occ run builds what a backup does not hold")
    try:
        check_key(settings.key_file, settings.warehouse / "landing")
    except KeyProblem as error:
        typer.echo(f"Before the next run: {error}", err=True)


def _described(file: Path, made: Backup) -> str:
    return (
        f"{file}: {len(made.files)} files, {made.bytes / 1024**2:,.0f} MiB, made {made.made_at}, "
        f"generation {made.generation or 'none yet'}, key fingerprint {made.key_fingerprint or 'none yet'}…"
    )
