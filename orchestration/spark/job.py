"""Dagster's side: a job that builds one or more warehouses on Spark, each a step of its own.

Which executor takes the steps is said by the run: one process after the other, so many processes at once, or whatever
`OCC_DAGSTER_EXECUTOR` names (docs/spark.md). What is built is `orchestration.spark.build`.
No postponed annotations here: Dagster reads them as they stand.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import dagster as dg
from pydantic import Field

from orchestration.errors import UsageProblem
from orchestration.settings import Settings
from orchestration.spark.build import Engine, Target, build


class Where(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Which warehouses are built, and where; as the options of `occ build --target spark`."""

    warehouses: list[str] = Field(default=[])  # folders; none is the warehouse of the settings
    engine: str = "spark"
    master: str = "local[*]"
    remote: str = ""
    conf: dict[str, str] = Field(default={})
    to: str = ""  # below it each warehouse has a folder of its own name


@dg.op(out=dg.DynamicOut(str))
def warehouses_to_build(where: Where) -> Iterator[dg.DynamicOutput[str]]:
    """A step for each warehouse."""
    for number, folder in enumerate(where.warehouses or [str(Settings.from_environment().warehouse)]):
        yield dg.DynamicOutput(folder, mapping_key=f"warehouse_{number}")


@dg.op
def built_on_spark(warehouse: str, where: Where) -> str:
    """One warehouse built from nothing; where its tables lie."""
    settings = replace(Settings.from_environment(), warehouse=Path(warehouse))
    target = Target(
        engine=Engine(where.engine),
        master=where.master,
        remote=where.remote,
        conf=where.conf,
        to=f"{where.to.rstrip('/')}/{settings.warehouse.name}" if where.to else "",
    )
    return build(settings, target).location


def executor_of(named: str) -> dg.ExecutorDefinition:
    """The executor that `module:name` names; without a name Dagster's own, of one process or more as the run says."""
    if not named:
        return dg.multi_or_in_process_executor
    module, _, name = named.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not isinstance(found, dg.ExecutorDefinition):
        raise UsageProblem(
            f"OCC_DAGSTER_EXECUTOR={named} is no executor: write module:name, as dagster_k8s:k8s_job_executor."
        )
    return found


@dg.job(
    resource_defs={"where": Where.configure_at_launch()},
    executor_def=executor_of(Settings.from_environment().dagster_executor),
    description="Build all models from nothing on Spark: what `occ build --target spark` does.",
)
def build_on_spark() -> None:
    """Every warehouse, as many at once as the executor has workers."""
    warehouses_to_build().map(built_on_spark)
