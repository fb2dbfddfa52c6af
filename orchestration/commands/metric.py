"""`occ metric`: the indicators that fit dbt's semantic layer, asked through MetricFlow."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.common import FormatOption, WarehouseOption, require_published, settings_for
from orchestration.errors import UsageProblem
from orchestration.tables import Format, print_rows


def metric(
    names: Annotated[list[str] | None, typer.Argument(help="Metrics, by name; none lists them.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="A dimension, such as metric_time__month or call__line.")] = None,
    where: Annotated[str | None, typer.Option(help="A condition on dimensions, in MetricFlow's words.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Print the query instead of its answer.")] = False,
    format: FormatOption = Format.table,
    warehouse: WarehouseOption = None,
) -> None:
    """Ask for indicators by any dimension of their facts, through dbt's semantic layer (docs/semantic-layer.md)."""
    from orchestration import semantic

    settings = settings_for(warehouse)
    if not names:
        if by or where or explain:
            raise UsageProblem("Name a metric; `occ metric` alone lists them.")
        listed = semantic.semantic_manifest(settings).metrics
        print_rows(["metric", "label"], [(each.name, each.label) for each in listed], format)
        return
    if not explain:
        require_published(settings)
    sql = semantic.sql_of(settings, names, by or [], where=where)
    if explain:
        typer.echo(semantic.for_published(settings, sql))
        return
    columns, rows = semantic.ask(settings, sql)
    print_rows(columns, rows, format)
