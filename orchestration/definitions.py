"""Everything Dagster knows of the control room's warehouse, assembled."""

from __future__ import annotations

import dagster as dg

from orchestration.assets import (
    Warehouse,
    analysis_assets,
    briefing_assets,
    database_asset,
    export_assets,
    landing_asset,
    model_assets,
    publish_asset,
    quality_report_asset,
    rule_checks,
)
from orchestration.automation import jobs, schedules, sensors
from orchestration.landing import load_profile
from orchestration.publish.generation import PUBLISHED_SCHEMAS
from orchestration.quality.checks import check_specs
from orchestration.settings import Settings
from orchestration.spark.job import build_on_spark
from orchestration.warehouse.dbt import manifest_path

settings = Settings.from_environment()
settings.export()

profile = load_profile(settings.profile)
landing = landing_asset(profile)
exports = export_assets(profile, settings.first_day)
models = model_assets(manifest_path(settings))
checks = rule_checks(check_specs())
analyses = analysis_assets()
publish = publish_asset(after=[*(key for key in models.keys if key.path[0] in PUBLISHED_SCHEMAS), *analyses.keys])
databases = [database_asset()] if settings.publish_to else []

defs = dg.Definitions(
    assets=[landing, *exports, models, analyses, publish, *databases, quality_report_asset(), briefing_assets()],
    asset_checks=[checks],
    jobs=[*jobs, build_on_spark],
    schedules=schedules,
    sensors=sensors,
    resources={"warehouse": Warehouse()},
    executor=dg.in_process_executor,
)
