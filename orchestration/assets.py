"""The flow as Dagster assets: exports -> landing -> models -> rules -> publish -> reports. Thin: the steps do the work.

No postponed annotations here: Dagster reads the type of `context` as it stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import AssetCheckExecutionContext, AssetExecutionContext
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration import alerts, arrivals, partitions
from orchestration.analysis.tables import ANALYSED, TABLES
from orchestration.errors import AuditStopped, OccError, may_pass
from orchestration.instance.processes import fail_dead_runs, note_worker
from orchestration.landing import Profile
from orchestration.publish.generation import PUBLISHED_SCHEMAS
from orchestration.quality.checks import to_check_result
from orchestration.reports.brief.reading import KINDS
from orchestration.runs import nothing_new
from orchestration.settings import Settings
from orchestration.warehouse import dbt, rebuild, steps
from orchestration.warehouse.lock import writing

# Every step of a run works in one process: a process that imports Dagster, dbt and Great Expectations pays for it in
# seconds, and DuckDB lets one process write.
POOL = "warehouse"


LOCK_WAIT_SECONDS = 900  # a run that Dagster starts waits for one on the command line, and the other way round fails
# Where waiting may help: the disk was busy, another process still held a file. After 5, 10 and 20 seconds.
_TRIES_AGAIN, _FIRST_PAUSE_SECONDS = 3, 5.0
AUDIT_TAG = "occ/stopped_by"


class Warehouse(dg.ConfigurableResource[Settings]):
    """The warehouse, locked for writing for as long as the run lasts."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Settings]:
        settings = Settings.from_environment()
        if context.instance is not None and context.run is not None:
            note_worker(context.instance, context.run.run_id)
        with writing(settings, wait_seconds=LOCK_WAIT_SECONDS):
            if context.instance is not None:
                fail_dead_runs(context.instance)
            yield settings


@contextmanager
def tried_again_where_that_helps(context: AssetExecutionContext | AssetCheckExecutionContext) -> Iterator[None]:
    """Have Dagster try the step again after a pause when what is raised may pass; else the run ends at once."""
    try:
        yield
    except Exception as error:
        if may_pass(error):
            pause = _FIRST_PAUSE_SECONDS * 2**context.retry_number
            raise dg.RetryRequested(max_retries=_TRIES_AGAIN, seconds_to_wait=pause) from error
        if isinstance(error, AuditStopped):
            context.instance.add_run_tags(context.run.run_id, {AUDIT_TAG: "audit"})
        said = str(error) if isinstance(error, OccError) else type(error).__name__
        raise dg.Failure(said, allow_retries=False) from error


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


DELIVERIES = dg.AssetKey(["landing", "deliveries"])


def landing_asset(profile: Profile) -> dg.AssetsDefinition:
    """The registry of deliveries: what came is taken in, and every row accounted for.

    Where nothing came, and nothing else is to do, nothing is said, and Dagster skips all that waits for it.
    """
    spec = dg.AssetSpec(
        DELIVERIES,
        group_name="landing",
        kinds={"parquet"},
        skippable=True,
        description="Every delivered file, recognised by its contract, typed and accounted for; its days are the "
        "partitions of the assets of the exports.",
    )

    @dg.multi_asset(name="land_deliveries", specs=[spec], required_resource_keys={"warehouse"}, pool=POOL)
    def land_deliveries(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        settings = context.resources.warehouse
        with tried_again_where_that_helps(context):
            result = steps.land_deliveries(settings)
            partitions.report(context, profile, settings.warehouse, result.batch, settings.first_day)
        if not result.deliveries and nothing_new(settings):
            return
        yield dg.MaterializeResult(asset_key=DELIVERIES, metadata=result.counts)

    return land_deliveries


def export_assets(profile: Profile, first_day: date) -> list[dg.AssetsDefinition]:
    """One asset per export, partitioned by the days or months that its files cover: a filled one has arrived.

    A run fills the partitions of what it takes in, without being partitioned itself. To materialise partitions here is
    to have their days derived again: the next run, which the sensor starts, does it all in one.
    """
    months = [export for export in profile.exports if arrivals.is_monthly(profile, export)]
    days = [export for export in profile.exports if export not in months]
    monthly, daily = partitions.monthly_partitions(profile, first_day), partitions.daily_partitions(profile, first_day)
    return [
        _exports_to_derive_again(name, profile, exports, by)
        for name, exports, by in (("rebuild_days", days, daily), ("rebuild_months", months, monthly))
        if exports
    ]


def _exports_to_derive_again(
    name: str, profile: Profile, exports: Sequence[str], partitions_def: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            partitions.landing_key(export),
            deps=[DELIVERIES],
            group_name="landing",
            kinds={"parquet"},
            skippable=True,
            partitions_def=partitions_def,
            freshness_policy=partitions.freshness_policy(profile, export),
            description=f"Rows of the {export} export as delivered, typed; personal identifiers are tokens.",
        )
        for export in exports
    ]

    @dg.multi_asset(name=name, specs=specs, can_subset=True, backfill_policy=dg.BackfillPolicy.single_run())
    def derive_again(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        settings = Settings.from_environment()
        came = arrivals.arrived(profile, settings.warehouse)
        chosen = {key.path[-1]: context.partition_keys for key in sorted(context.selected_asset_keys)}
        for export, keys in chosen.items():
            missing = [key for key in keys if key not in came.get(export, {})]
            if missing:
                raise dg.Failure(
                    f"{export}: {len(missing)} of the partitions have not arrived, the first is {missing[0]}. "
                    "What never arrived cannot be derived again.",
                    allow_retries=False,
                )
        for export, keys in chosen.items():
            last = arrivals.last_day(profile, export, max(keys))
            rebuild.ask(settings, rebuild.Request(first=date.fromisoformat(min(keys)), last=last, export=export))
            yield dg.MaterializeResult(asset_key=partitions.landing_key(export))

    return derive_again


def _node_of(raw_event: Mapping[str, Any]) -> str:
    return str(raw_event["data"]["node_info"]["unique_id"])


def _is_view(node: Mapping[str, Any]) -> bool:
    """A question of `analyses/` calls itself a view too, but is never built."""
    return bool(node["resource_type"] == "model" and node["config"]["materialized"] == "view")


def _is_table(node: Mapping[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["config"]["materialized"] not in {"view", "ephemeral"})


class Unchanged:
    """Views and reference data, or all tables, that a run had no need to touch: they stand, and Dagster must be told.

    Left unsaid, it would skip every step that waits for one, without a word; said out of order, it refuses.
    """

    def __init__(self, nodes: Mapping[str, Any], built: set[str], *, is_all: bool = False) -> None:
        self._nodes = nodes
        self._left = {
            unique_id
            for unique_id, node in nodes.items()
            if (node["resource_type"] == "seed" or _is_view(node) or (is_all and _is_table(node)))
            and unique_id not in built
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
        with tried_again_where_that_helps(context):
            outcome = steps.build_warehouse(settings)
        unchanged = Unchanged(
            dbt.manifest_nodes(settings),
            built={_node_of(raw) for raw in outcome.events},
            is_all=not outcome.was_needed,
        )
        for raw in outcome.events:
            for node in unchanged.before(_node_of(raw)):
                yield dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata={"unchanged": True})
            message = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
            yield from message.to_default_asset_events(manifest, translator, context)
        if outcome.failed_models:
            listed = "\n".join(f"  - {problem}" for problem in outcome.failed_models)
            with tried_again_where_that_helps(context):
                raise AuditStopped(
                    f"Nothing was published: models could not be built; the last good generation stays.\n{listed}"
                )
        for node in unchanged.rest():
            yield dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata={"unchanged": True})

    definition: dg.AssetsDefinition = build_models
    return definition


def analysis_assets() -> dg.AssetsDefinition:
    """What SQL cannot: the tables of `orchestration/analysis`, from the figures as built."""
    reads = [dg.AssetKey(table.split(".")) for table in ANALYSED]
    specs = [
        dg.AssetSpec(
            dg.AssetKey(name.split(".")),
            deps=reads,
            group_name="metrics",
            kinds={"python"},
            description=table.description,
        )
        for name, table in TABLES.items()
    ]

    @dg.multi_asset(name="analyse", specs=specs, required_resource_keys={"warehouse"}, pool=POOL)
    def analyse(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        with tried_again_where_that_helps(context):
            steps.analyse(context.resources.warehouse)
        for spec in specs:
            yield dg.MaterializeResult(asset_key=spec.key)

    return analyse


def rule_checks(specs: Sequence[dg.AssetCheckSpec]) -> dg.AssetChecksDefinition:
    """Every quality rule an asset check, on what was delivered and on what was built.

    Checks of published tables are blocking in Dagster's sense, so that publishing waits for them; only a rule that is
    itself marked blocking ever reports an error, the others warn.
    """
    waited_for = [spec._replace(blocking=spec.asset_key.path[0] in PUBLISHED_SCHEMAS) for spec in specs]

    @dg.multi_asset_check(name="judge_quality", specs=waited_for, required_resource_keys={"warehouse"}, pool=POOL)
    def judge_quality(context: AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with tried_again_where_that_helps(context):
            results = steps.judge_quality(context.resources.warehouse)
        for result in results:
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
        with tried_again_where_that_helps(context):
            published = steps.publish_generation(context.resources.warehouse)
        alerts.forget_failures(context.resources.warehouse)
        return dg.MaterializeResult(
            metadata={
                "generation": published.generation,
                "content_hash": published.content_hash,
                "deliveries": published.deliveries_count,
            }
        )

    return generation


def database_asset() -> dg.AssetsDefinition:
    """The same generation in the PostgreSQL database that BI tools read; there only where one is named.

    Without it the generation stands all the same: a check warns, and the run goes on.
    """
    key = dg.AssetKey(["publish", "postgresql"])
    spec = dg.AssetSpec(
        key,
        deps=[dg.AssetKey(["publish", "generation"])],
        group_name="publish",
        kinds={"postgres"},
        skippable=True,
        description="Everything for the data team, and for each audience its own: docs/postgresql.md.",
    )
    check = dg.AssetCheckSpec("is_published", asset=key, description="This generation is in the database.")

    @dg.multi_asset(
        name="publish_to_database",
        specs=[spec],
        check_specs=[check],
        required_resource_keys={"warehouse"},
        pool=POOL,
    )
    def publish_to_database(context: AssetExecutionContext) -> Iterator[Any]:
        outcome = steps.publish_to_database(context.resources.warehouse)
        if outcome:
            yield dg.MaterializeResult(
                asset_key=key, metadata={"database": outcome.where, "rows_written": outcome.rows_written}
            )
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name="is_published",
            passed=outcome is not None,
            severity=dg.AssetCheckSeverity.WARN,
        )

    return publish_to_database


def quality_report_asset() -> dg.AssetsDefinition:
    """The pages that the data are reviewed with, made from the generation that is out.

    Without them the generation stands all the same: a check warns, and the run goes on.
    """
    key = dg.AssetKey(["reports", "quality"])
    spec = dg.AssetSpec(
        key,
        deps=[dg.AssetKey(["publish", "generation"])],
        group_name="reports",
        kinds={"html"},
        skippable=True,
        description="What changed since the week before, what may be published, each rule, export and figure: a "
        "static site in reports/current/quality.",
    )
    check = dg.AssetCheckSpec("is_written", asset=key, description="The report of this generation could be made.")

    @dg.multi_asset(
        name="report_quality", specs=[spec], check_specs=[check], required_resource_keys={"warehouse"}, pool=POOL
    )
    def report_quality(context: AssetExecutionContext) -> Iterator[Any]:
        settings = context.resources.warehouse
        first_page = steps.write_report(settings)
        if first_page:
            yield dg.MaterializeResult(asset_key=key, metadata={"page": dg.MetadataValue.path(str(first_page))})
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name="is_written",
            passed=first_page is not None or not settings.reports_wanted,
            severity=dg.AssetCheckSeverity.WARN,
        )

    return report_quality


def briefing_assets() -> dg.AssetsDefinition:
    """The pages for the meetings, one of each kind, of the newest period that is over; a missing one only warns."""
    specs = {
        kind: dg.AssetSpec(
            dg.AssetKey(["reports", f"brief_{kind}"]),
            deps=[dg.AssetKey(["publish", "generation"])],
            group_name="reports",
            kinds={"html", "pdf"},
            skippable=True,
            description=f"The {kind} briefing as a page and a PDF, in reports/current/brief/{kind}.",
        )
        for kind in KINDS
    }
    checks = [
        dg.AssetCheckSpec("is_written", asset=spec.key, description="The briefing of this generation could be made.")
        for spec in specs.values()
    ]

    @dg.multi_asset(
        name="report_briefings",
        specs=list(specs.values()),
        check_specs=checks,
        required_resource_keys={"warehouse"},
        pool=POOL,
    )
    def report_briefings(context: AssetExecutionContext) -> Iterator[Any]:
        settings = context.resources.warehouse
        written = steps.write_briefings(settings)
        for kind, spec in specs.items():
            if kind in written:
                page, paper = written[kind]
                files = {"page": dg.MetadataValue.path(str(page)), "pdf": dg.MetadataValue.path(str(paper))}
                yield dg.MaterializeResult(asset_key=spec.key, metadata=files)
            yield dg.AssetCheckResult(
                asset_key=spec.key,
                check_name="is_written",
                passed=kind in written or not settings.reports_wanted,
                severity=dg.AssetCheckSeverity.WARN,
            )

    return report_briefings
