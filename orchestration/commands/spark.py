"""`occ build`: the models on an engine beyond this machine's one process."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from orchestration.commands.common import WarehouseOption, progress, settings_for
from orchestration.errors import UsageProblem


class BuildTarget(StrEnum):
    """A target of dbt_project/profiles.yml that a build can be sent to; DuckDB's is what `occ run` builds."""

    spark = "spark"


class EngineName(StrEnum):
    """Spark itself, or Sail, which speaks its protocol and starts in a second."""

    spark = "spark"
    sail = "sail"


class FileFormat(StrEnum):
    """What tables are written as; delta needs an engine that has it."""

    parquet = "parquet"
    delta = "delta"


def build(
    target: Annotated[BuildTarget, typer.Option(help="Where to build.")],
    engine: Annotated[EngineName, typer.Option(help="Which engine runs it.")] = EngineName.spark,
    master: Annotated[str, typer.Option(help="Spark's master: local[*], spark://host:7077, yarn ...")] = "local[*]",
    remote: Annotated[str, typer.Option(help="A Spark Connect server instead: sc://host:15002.")] = "",
    conf: Annotated[list[str] | None, typer.Option(help="A setting of Spark, as name=value; may be repeated.")] = None,
    to: Annotated[str, typer.Option(help="Folder or address to write to (default WAREHOUSE/spark).")] = "",
    format: Annotated[FileFormat, typer.Option(help="What tables are written as.")] = FileFormat.parquet,
    compare: Annotated[
        bool, typer.Option("--compare", help="Compare each table with DuckDB's; 1 if any differs.")
    ] = False,
    warehouse: WarehouseOption = None,
) -> None:
    """Build all models from nothing on Spark, from what the newest `occ run` took in, into Parquet.

    DuckDB's generations are not touched. `occ run` waits meanwhile.
    """
    from orchestration.progress import reporting_to
    from orchestration.spark import build as spark
    from orchestration.spark import parity

    settings = settings_for(warehouse)
    if compare and ("://" in to or format is not FileFormat.parquet):
        raise UsageProblem("--compare reads Parquet from a folder of this machine: leave out --to and --format.")
    chosen = spark.Target(
        engine=spark.Engine(engine),
        master=master,
        remote=remote,
        conf=_settings_of(conf or []),
        to=to,
        format=format,
    )
    with progress() as reporter, reporting_to(reporter):
        built = spark.build(settings, chosen)
    typer.echo(f"{built.location}: built on {engine}, {sum(built.seconds.values()):.0f} s of queries")
    if compare:
        same, differ = parity.compare(settings.current_db, spark.local_folder(built))
        for difference in differ:
            typer.echo(str(difference))
        typer.echo(f"{len(same)} tables equal DuckDB's, {len(differ)} differ")
        if differ:
            raise typer.Exit(1)


def _settings_of(given: list[str]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in given]
    wrong = [name for name, equals, _ in pairs if not equals or not name]
    if wrong:
        raise UsageProblem(f"--conf {wrong[0]}: write a setting as name=value, as spark.executor.memory=8g.")
    return {name: value for name, _, value in pairs}
