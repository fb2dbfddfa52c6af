"""The flow as Dagster assets: exports -> landing -> models -> rules -> publish. Thin: the steps do the work.

No postponed annotations here: Dagster reads the type of `context` as it stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import AssetCheckExecutionContext, AssetExecutionContext
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.errors import AuditStopped
from orchestration.landing import Profile
from orchestration.publish.generation import PUBLISHED_SCHEMAS
from orchestration.quality.checks import to_check_result
from orchestration.settings import Settings
from orchestration.warehouse import dbt, steps
from orchestration.warehouse.lock import writing

# Every step of a run works in one process: a process that imports Dagster, dbt and Great Expectations pays for it in
# seconds, and DuckDB lets one process write.
POOL = "warehouse"


class Warehouse(dg.ConfigurableResource[Settings]):
    """The warehouse, locked for writing for as long as the run lasts."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Settings]:
        settings = Settings.from_environment()
        with writing(settings, wait_seconds=0):
            yield settings


class Translator(DagsterDbtTranslator):  # type: ignore[misc]  # dagster-dbt is not typed for us
    """Names of dbt nodes in Dagster: a model's key is schema and name, its group the room it stands in."""

    def __init__(self) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "seed":
            return "reference"
        return str(dbt_resource_props["fqn"][1])

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] in {"model", "seed"}:
            return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])
        key: dg.AssetKey = super().get_asset_key(dbt_resource_props)
        return key


def landing_assets(profile: Profile) -> dg.AssetsDefinition:
    """One asset per export: what was delivered, row by row accounted for."""
    specs = [
        dg.AssetSpec(
            ["landing", export],
            group_name="landing",
            kinds={"parquet"},
            description=f"Rows of the {export} export as delivered, typed; personal identifiers are tokens.",
        )
        for export in profile.exports
    ]

    @dg.multi_asset(name="land_deliveries", specs=specs, required_resource_keys={"warehouse"}, pool=POOL)
    def land_deliveries(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        result = steps.land_deliveries(context.resources.warehouse)
        for export in profile.exports:
            new = [delivery for delivery in result.deliveries if delivery.export == export]
            yield dg.MaterializeResult(
                asset_key=["landing", export],
                metadata={
                    "files": len(new),
                    "rows_read": sum(delivery.rows_read for delivery in new),
                    "rows_quarantined": sum(delivery.rows_quarantined for delivery in new),
                },
            )

    return land_deliveries


def _node_of(raw_event: Mapping[str, Any]) -> str:
    return str(raw_event["data"]["node_info"]["unique_id"])


def _is_view(node: Mapping[str, Any]) -> bool:
    """A question of `analyses/` calls itself a view too, but is never built."""
    return bool(node["resource_type"] == "model" and node["config"]["materialized"] == "view")


class Unchanged:
    """Views and reference data that a run had no need to touch: they stand as they are, and Dagster must be told.

    Left unsaid, it would skip every step that waits for one, without a word; said out of order, it refuses.
    """

    def __init__(self, nodes: Mapping[str, Any], built: set[str]) -> None:
        self._nodes = nodes
        self._left = {
            unique_id
            for unique_id, node in nodes.items()
            if (node["resource_type"] == "seed" or _is_view(node)) and unique_id not in built
        }
        self._seen: set[str] = set()

    def before(self, unique_id: str) -> Iterator[Mapping[str, Any]]:
        """Those that the node reads, directly or not, and that nobody was told of yet; parents first."""
        if unique_id in self._seen or unique_id not in self._nodes:
            return
        self._seen.add(unique_id)
        for parent in self._nodes[unique_id].get("depends_on", {}).get("nodes", []):
            yield from self.before(parent)
        if unique_id in self._left:
            yield self._nodes[unique_id]

    def rest(self) -> Iterator[Mapping[str, Any]]:
        """Those that no built node reads."""
        for unique_id in sorted(self._left):
            yield from self.before(unique_id)


def model_assets(manifest: Path) -> dg.AssetsDefinition:
    """Every dbt model an asset, every data test an asset check, built in one dbt call in this process."""
    translator = Translator()

    @dbt_assets(  # type: ignore[untyped-decorator]
        name="build_models",
        manifest=manifest,
        dagster_dbt_translator=translator,
        required_resource_keys={"warehouse"},
        pool=POOL,
    )
    def build_models(context: AssetExecutionContext) -> Iterator[Any]:
        settings = context.resources.warehouse
        outcome = steps.build_warehouse(settings)
        unchanged = Unchanged(dbt.manifest_nodes(settings), built={_node_of(raw) for raw in outcome.events})
        for raw in outcome.events:
            for node in unchanged.before(_node_of(raw)):
                yield dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata={"unchanged": True})
            message = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
            yield from message.to_default_asset_events(manifest, translator, context)
        if outcome.failed_models:
            listed = "\n".join(f"  - {problem}" for problem in outcome.failed_models)
            raise AuditStopped(
                f"Nothing was published: models could not be built; the last good generation stays.\n{listed}"
            )
        for node in unchanged.rest():
            yield dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata={"unchanged": True})

    definition: dg.AssetsDefinition = build_models
    return definition


def rule_checks(specs: Sequence[dg.AssetCheckSpec]) -> dg.AssetChecksDefinition:
    """Every quality rule an asset check, on what was delivered and on what was built.

    Checks of published tables are blocking in Dagster's sense, so that publishing waits for them; only a rule that is
    itself marked blocking ever reports an error, the others warn.
    """
    waited_for = [spec._replace(blocking=spec.asset_key.path[0] in PUBLISHED_SCHEMAS) for spec in specs]

    @dg.multi_asset_check(name="judge_quality", specs=waited_for, required_resource_keys={"warehouse"}, pool=POOL)
    def judge_quality(context: AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for result in steps.judge_quality(context.resources.warehouse):
            yield to_check_result(result)

    return judge_quality


def publish_asset(after: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published generation: what BI tools and reports read."""

    @dg.asset(
        key=["publish", "generation"],
        group_name="publish",
        kinds={"duckdb", "parquet"},
        deps=list(after),
        required_resource_keys={"warehouse"},
        pool=POOL,
    )
    def generation(context: AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """One new immutable generation, after the audit; `published/current` then names it."""
        published = steps.publish_generation(context.resources.warehouse)
        return dg.MaterializeResult(
            metadata={
                "generation": published.generation,
                "content_hash": published.content_hash,
                "deliveries": published.deliveries_count,
            }
        )

    return generation
