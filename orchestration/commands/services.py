"""`occ dagster`: Dagster's own processes with this project's settings, for a person or for a service manager."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.common import WarehouseOption, settings_for
from orchestration.errors import EnvironmentProblem
from orchestration.settings import PROJECT

app = typer.Typer(help="Dagster's web pages and its daemon, with the settings of occ.", no_args_is_help=True)
_CODE = ["-m", "orchestration.definitions", "-d", str(PROJECT)]

HostOption = Annotated[str, typer.Option(help="Address to listen on. Dagster asks nobody for a password.")]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


@app.command(epilog="Example: occ dagster webserver --port 3000")
def webserver(host: HostOption = "127.0.0.1", port: PortOption = 3000, warehouse: WarehouseOption = None) -> None:
    """Dagster's web pages, on this machine only unless told otherwise."""
    _become(["-m", "dagster_webserver", "-h", host, "-p", str(port), *_CODE], warehouse)


@app.command(epilog="Example: occ dagster daemon")
def daemon(warehouse: WarehouseOption = None) -> None:
    """What starts runs by the clock and by deliveries, and watches them."""
    _become(["-m", "dagster._daemon", "run", *_CODE], warehouse)


@app.command(epilog="Example: occ dagster dev")
def dev(host: HostOption = "127.0.0.1", port: PortOption = 3000, warehouse: WarehouseOption = None) -> None:
    """Both in one, to look around; `make dev`."""
    _become(["-m", "dagster", "dev", "-h", host, "-p", str(port), *_CODE], warehouse)


def _become(arguments: list[str], warehouse: Path | None) -> None:
    """Replace this process: a service manager then watches, and stops, Dagster itself."""
    settings = settings_for(warehouse)
    try:
        settings.dagster_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(f"{settings.dagster_folder} cannot be made: {error.strerror}.") from None
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  # ours, with fixed arguments
