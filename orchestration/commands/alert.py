"""`occ alert`: try whom the pipeline tells of failures and lateness."""

from __future__ import annotations

import typer

from orchestration.commands.common import FormatOption, WarehouseOption, settings_for
from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.tables import Format, print_rows

app = typer.Typer(help="Whom the pipeline tells of failures and lateness.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Whom the pipeline tells of failures and lateness, as the file that OCC_ALERTS names says."""


@app.command("test", epilog="Example: OCC_ALERTS=/etc/occ/alerts.yaml occ alert test")
def try_channels(warehouse: WarehouseOption = None, format: FormatOption = Format.table) -> None:
    """Send a test message on every channel, and say what became of it."""
    from orchestration.alerts import Alert, load, send

    settings = settings_for(warehouse)
    if settings.alerts is None:
        raise UsageProblem("Nobody is told of anything: name a configuration in OCC_ALERTS; see docs/operations.md.")
    load(settings.alerts)
    outcomes = send(settings, Alert("test", "occ: a test", "This is a test. Nothing is wrong."))
    if not outcomes:
        raise UsageProblem(f"{settings.alerts} names no channel: give it file, command or email.")
    rows = [
        (outcome.channel, "sent" if outcome.problem is None else f"NOT SENT: {outcome.problem}") for outcome in outcomes
    ]
    print_rows(["channel", "outcome"], rows, format)
    if any(outcome.problem for outcome in outcomes):
        raise EnvironmentProblem("Not every channel works: mend the ones named, and try again.")
