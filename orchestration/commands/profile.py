"""`occ profile`: a new force's folder. No work of its own stands here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="A force's profile: its zone, its contracts, its code lists.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _group() -> None:
    """A force's profile: its zone, its contracts, its code lists."""


@app.command(epilog="Example: occ profile init my_force --time-zone America/Toronto --title 'My force'")
def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    time_zone: Annotated[str, typer.Option(help="The force's wall clock, as Europe/London.")],
    title: Annotated[str, typer.Option(help="Name for people.")] = "",
    name: Annotated[str, typer.Option(help="Name for programs (default: the folder's).")] = "",
) -> None:
    """Make a profile with every reference list, ready for contracts."""
    from orchestration.landing.starting import start_profile

    started = start_profile(folder, name=name or folder.resolve().name.lower(), title=title, time_zone=time_zone)
    typer.echo(f"{started.folder} is made: profile.yaml, contracts/ (empty), reference/ (code lists).")
    typer.echo("\nLists of your own in reference/, and what is the case as they are now:")
    for list_name, state in started.own.items():
        typer.echo(f"  {list_name + '.csv':<24} {state}")
    typer.echo(f"\nNext: occ contract init FILE --profile {folder}")
