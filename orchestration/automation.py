"""Jobs, schedules and sensors: when the flow runs by itself."""

from __future__ import annotations

import hashlib

import dagster as dg

from orchestration.landing import load_profile, seen_nothing_new
from orchestration.settings import Settings

RUN_JOB = "run_warehouse"
# Schedules follow the wall clock of the force, across its clock changes.
TIME_ZONE = load_profile(Settings.from_environment().profile).time_zone

run_warehouse = dg.define_asset_job(
    RUN_JOB,
    selection=dg.AssetSelection.all(),
    description="Land what was delivered, build, judge, publish: what `occ run` does.",
)
jobs = [run_warehouse]


@dg.schedule(
    job=run_warehouse,
    cron_schedule="30 5 * * *",
    execution_timezone=TIME_ZONE,
    description="Before the daily management meeting at 06:00 local.",
)
def before_the_daily_meeting(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    settings = Settings.from_environment()
    if seen_nothing_new(settings.landing, settings.warehouse):
        return dg.SkipReason("Nothing new was delivered.")
    return dg.RunRequest()


schedules = [before_the_daily_meeting]


@dg.sensor(job=run_warehouse, minimum_interval_seconds=300, description="Runs when a delivery has arrived.")
def deliveries_arrived(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    settings = Settings.from_environment()
    if seen_nothing_new(settings.landing, settings.warehouse):
        return dg.SkipReason("Nothing new was delivered.")
    listing = sorted(
        f"{path.relative_to(settings.landing)}|{path.stat().st_size}|{path.stat().st_mtime_ns}"
        for path in settings.landing.rglob("*")
        if path.is_file()
    )
    return dg.RunRequest(run_key=hashlib.sha256("\n".join(listing).encode()).hexdigest())
