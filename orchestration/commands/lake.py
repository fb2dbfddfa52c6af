"""`occ lake`: the same models in a lake that several people write to and read from."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.common import FormatOption, WarehouseOption, progress, settings_for
from orchestration.errors import UsageProblem
from orchestration.tables import Format, print_rows

app = typer.Typer(
    help="The same models in a lake for a team: DuckLake, its catalogue in PostgreSQL (docs/ducklake.md).",
    no_args_is_help=True,
)

GenerationOption = Annotated[
    str | None, typer.Option("--generation", metavar="NAME", help="As occ lake generations names it (default: newest).")
]


@app.command("build", epilog="Example: occ lake build --room metrics --room reports")
def build_lake(
    rooms: Annotated[
        list[str] | None,
        typer.Option("--room", help="One schema of the models only, as metrics; may be given several times."),
    ] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Build the models into the lake, from what was landed; all of them make a generation of it.

    Builds of different rooms may run at once, and beside `occ run`. Who reads a generation notices nothing.
    """
    from orchestration.lake.build import build
    from orchestration.progress import reporting_to

    settings = settings_for(warehouse)
    with progress() as reporter, reporting_to(reporter):
        built = build(settings, rooms or [])
    what = f"generation {built.generation}" if built.generation else ", ".join(built.rooms)
    typer.echo(f"{what}: {built.models} models in the lake")


@app.command("generations", epilog="Example: occ lake generations --format csv")
def list_generations(warehouse: WarehouseOption = None, format: FormatOption = Format.table) -> None:
    """The generations that can be asked, the newest first, and the snapshot of the lake that each is."""
    import duckdb

    from orchestration.lake import place, snapshots

    with duckdb.connect(":memory:") as con:
        place.attach_to_read(con, place.lake_of(settings_for(warehouse)))
        known = snapshots.generations(con)
    rows = [(each.generation, each.number, each.made_at, each.author) for each in known]
    print_rows(["generation", "snapshot", "made_at", "made_by"], rows, format)


@app.command("query", epilog='Example: occ lake query "select count(*) from lake.marts.fct_calls"')
def query_lake(
    sql: Annotated[str, typer.Argument(help="SQL (DuckDB) on the tables of the lake, as lake.marts.fct_calls.")],
    generation: GenerationOption = None,
    warehouse: WarehouseOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Ask one generation of the lake."""
    import duckdb

    from orchestration.lake import place, snapshots

    lake = place.lake_of(settings_for(warehouse))
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as con:
        con.execute("set TimeZone = 'UTC'")
        snapshots.attach(con, lake, generation)
        try:
            cursor = con.execute(sql)
            columns, rows = [column[0] for column in cursor.description or []], cursor.fetchall()
        except duckdb.Error as error:
            raise UsageProblem(f"The query could not be answered: {error}") from None
    print_rows(columns, rows, format)


@app.command("attach", epilog="Example: occ lake attach > lake.sql && duckdb -init lake.sql")
def print_attach(generation: GenerationOption = None, warehouse: WarehouseOption = None) -> None:
    """Print the SQL by which any DuckDB client of this machine reads one generation."""
    import duckdb

    from orchestration.lake import place, snapshots

    lake = place.lake_of(settings_for(warehouse))
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as con:
        chosen = snapshots.attach(con, lake, generation)
    for statement in (*place.load_sql(), lake.attach_sql(read_only=True, snapshot=chosen.number)):
        typer.echo(f"{statement};")
