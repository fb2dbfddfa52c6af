"""`occ lineage`: what the published generation was made from, for data catalogues."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.common import WarehouseOption, require_published, settings_for
from orchestration.errors import EnvironmentProblem


def lineage(
    out: Annotated[
        Path | None, typer.Option(help="The file to write, in place of one that is there; else they are printed.")
    ] = None,
    generation: Annotated[
        str | None, typer.Option(metavar="NAME", help="Another generation that is kept (default: the one that is out).")
    ] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Write OpenLineage events, one to a line: from delivered files to tables, rules, reports (docs/lineage.md).

    Nothing is sent anywhere: the file is for a data catalogue such as Marquez, DataHub or OpenMetadata.
    """
    settings = settings_for(warehouse)
    require_published(settings)
    from orchestration.lineage import graph

    try:
        from orchestration.lineage import events
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "openlineage":
            raise
        raise EnvironmentProblem(
            "OpenLineage's Python package is not installed: install the extra `lineage` of this project "
            "(pip install '.[lineage]')."
        ) from None
    found = graph.read(settings, graph.folder_of(settings, generation))
    if out is None:
        for line in events.lines(found):
            typer.echo(line)
        return
    lines = list(events.lines(found))
    _write(out, lines)
    typer.echo(f"{out}: {len(lines)} events of generation {found.generation.generation}", err=True)


def _write(out: Path, lines: list[str]) -> None:
    """Write the file whole or not at all, for this user and group alone."""
    from orchestration.publish import modes

    partial = out.with_name(f".{out.name}.part")
    try:
        with modes.for_the_data_team():
            partial.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        partial.replace(out)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise EnvironmentProblem(f"{out} cannot be written: {error.strerror}.") from None
