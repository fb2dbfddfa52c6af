"""`occ contract`: a first draft of a contract, and what the pipeline would do with a file. No work of its own here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.errors import UsageProblem

app = typer.Typer(
    no_args_is_help=True,
    help="Contracts: drafted from a file, checked against a file.",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="The language is described in docs/contracts.md.",
)

ProfileOption = Annotated[
    Path | None, typer.Option(help="Profile: a name the project ships, or a folder (default OCC_PROFILE).")
]
FileArgument = Annotated[Path, typer.Argument(help="A delivered file; it is only read.")]


@app.callback()
def _group() -> None:
    """Contracts: drafted from a file, checked against a file."""


@app.command(epilog="Example: occ contract check landing/calls_20250309.csv --profile my_force")
def check(
    file: FileArgument,
    profile: ProfileOption = None,
    contract: Annotated[
        str | None,
        typer.Option(help="Check under this contract: its name, or a file that need not be in the profile yet."),
    ] = None,
) -> None:
    """Say what a run would do with a file. Exit code 0: every row is loaded; 1: something of it would be quarantined."""
    from orchestration.landing.checking import check_file
    from orchestration.landing.contracts import load_profile, read_contract, read_profile
    from orchestration.settings import Settings

    folder = Settings.from_environment(profile=profile).profile
    forced = None
    if contract is not None and contract.endswith((".yaml", ".yml")):
        known = read_profile(folder)
        forced = read_contract(Path(contract), known)
        known = known.model_copy(update={"contracts": (forced,)})
    else:
        known = load_profile(folder)
        if contract is not None:
            forced = next((each for each in known.contracts if each.name == contract), None)
            if forced is None:
                names = ", ".join(each.name for each in known.contracts)
                raise UsageProblem(f"The profile {folder} has no contract {contract!r}; it has {names}.")
    checked = check_file(file, known, forced)
    typer.echo(checked.text)
    if not checked.is_good:
        raise typer.Exit(1)
