"""`occ rebuild`: derive days, or everything, again from the landing store."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from orchestration.commands.common import WarehouseOption, progress, require_published, settings_for
from orchestration.errors import UsageProblem


def rebuild(
    date_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day that files cover.")
    ] = None,
    date_to: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day that files cover.")
    ] = None,
    export: Annotated[str | None, typer.Option(help="One export only.")] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Derive again, in one run, what the deliveries of these days lead to; without a range, everything from nothing.

    Deliveries are read from the landing store, not from the folder. When nothing was wrong the content hash stays.
    """
    from orchestration.arrivals import arrived, last_day
    from orchestration.landing import load_profile
    from orchestration.publish.generation import current
    from orchestration.runs import run_once
    from orchestration.warehouse.rebuild import Request, ask

    settings = settings_for(warehouse)
    require_published(settings)
    first, last = date_from and date_from.date(), date_to and date_to.date()
    if first and last and last < first:
        raise UsageProblem(f"--to {last} lies before --from {first}.")
    profile = load_profile(settings.profile)
    if export is not None and export not in profile.exports:
        raise UsageProblem(f"There is no export {export}; there are {', '.join(profile.exports)}.")
    request = Request(first=first, last=last, export=export)
    came = arrived(profile, settings.warehouse)
    if not request.is_everything and not request.finds(came, partial(last_day, profile)):
        raise UsageProblem("No delivery covers a day of this range: there is nothing to derive again.")
    ask(settings, request)
    before = current(settings)
    with progress() as report:
        published = run_once(settings, report)
    if published is None or before is None:
        return
    same = published.content_hash == before.content_hash
    typer.echo(
        f"Generation {published.generation}: "
        + ("its content is that of the generation before." if same else "its content is another than before.")
    )
    if not same:
        different = sorted(
            table for table, months in published.fingerprints.items() if before.fingerprints.get(table) != months
        )
        typer.echo(f"Tables that changed: {', '.join(different)}")
