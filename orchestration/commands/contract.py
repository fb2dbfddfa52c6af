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
    """Say what a run would do with a file. Exit code 0: every row is loaded; 1: some would be quarantined."""
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


@app.command(
    epilog="Example: occ contract init calls_20250309.csv --export acd_segments --profile my_force --out draft.yaml"
)
def init(
    file: FileArgument,
    profile: ProfileOption = None,
    export: Annotated[str | None, typer.Option(help="What its rows are (default: the likeliest export).")] = None,
    version: Annotated[str, typer.Option(help="Version of the layout.")] = "1",
    out: Annotated[Path | None, typer.Option(help="File to write (default: standard output).")] = None,
) -> None:
    """Draft a contract from a file: delimiter, types, dates, personal columns, with what is to be decided.

    No value of a column that looks personal is shown or written.
    """
    from orchestration.landing.contracts import read_profile
    from orchestration.landing.drafting import draft_contract, problem_of
    from orchestration.landing.reading import FileFault
    from orchestration.landing.shapes import load_shapes
    from orchestration.settings import Settings

    known = read_profile(Settings.from_environment(profile=profile).profile)
    if export is not None and export not in load_shapes():
        raise UsageProblem(f"There is no export {export!r}; there are {', '.join(load_shapes())}.")
    if out is not None and out.exists():
        raise UsageProblem(f"{out} is there already; choose another name or remove it.")
    try:
        draft = draft_contract(file, known, export, version)
    except FileFault as fault:
        raise UsageProblem(f"No contract can be drafted: {fault}.") from None
    if out is None:
        typer.echo(draft.text, nl=False)
    else:
        out.write_text(draft.text, encoding="utf-8")
    said = [f"Drafted {draft.name}." + (f" It is in {out}." if out else ""), *(f"  {line}" for line in draft.findings)]
    said += [f"  still to do: {line}" for line in draft.missing]
    if out is not None:
        problem = problem_of(out, known)
        said.append(f"  no contract yet: {problem}" if problem and not draft.missing else "")
        said.append(
            f"Next: mend the lines marked DECIDE, name the file {draft.name}.yaml in the profile's contracts, then"
        )
        said.append(f"  occ contract check FILE --contract {out}")
    typer.echo("\n".join(line for line in said if line), err=True)
