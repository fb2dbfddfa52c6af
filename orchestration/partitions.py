"""The days of exports as Dagster's partitions: what is there, how fresh it must be, telling of what arrived."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData

from orchestration.arrivals import Arrived, arrived, is_monthly
from orchestration.landing import Profile
from orchestration.lateness import MEETING_HOUR, due_days


def landing_key(export: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", export])


def daily_partitions(profile: Profile, first_day: date) -> dg.DailyPartitionsDefinition:
    """Local days, today's too: a file may cover the day that is not over."""
    return dg.DailyPartitionsDefinition(start_date=str(first_day), timezone=profile.time_zone, end_offset=1)


def monthly_partitions(profile: Profile, first_day: date) -> dg.MonthlyPartitionsDefinition:
    """Local months, by their first day; the one that is not over too."""
    return dg.MonthlyPartitionsDefinition(
        start_date=str(first_day.replace(day=1)), timezone=profile.time_zone, end_offset=1
    )


def freshness_policy(profile: Profile, export: str) -> dg.FreshnessPolicy | None:
    """Dagster's freshness policy: something came within the last day, or month, when it was due."""
    days = due_days(profile).get(export)
    if days is None:
        return None
    if is_monthly(profile, export):
        return dg.FreshnessPolicy.cron(
            deadline_cron=f"0 {MEETING_HOUR} {min(days, 28)} * *",
            lower_bound_delta=timedelta(days=min(days, 28) - 1, hours=MEETING_HOUR),
            timezone=profile.time_zone,
        )
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 {MEETING_HOUR} * * *", lower_bound_delta=timedelta(hours=24), timezone=profile.time_zone
    )


def report(
    context: dg.AssetExecutionContext, profile: Profile, warehouse: Path, new_batch: str, first_day: date
) -> int:
    """Tell Dagster which partitions the new deliveries cover, and those that it does not know of; how many.

    What Dagster does not know of is what a killed run did not come to say, or all of it where its own storage is new.
    Written in one go for each export: event by event, a first year would cost seconds.
    """
    told = 0
    for export, partitions in arrived(profile, warehouse, new_batch).items():
        known = context.instance.get_materialized_partitions(landing_key(export))
        events = [
            _event(context, export, key, what)
            for key, what in sorted(partitions.items())
            if (what.is_new or key not in known) and date.fromisoformat(key) >= _first_key(profile, export, first_day)
        ]
        if events:
            context.instance.event_log_storage.store_event_batch(events)
        told += len(events)
    return told


def _first_key(profile: Profile, export: str, first_day: date) -> date:
    return first_day.replace(day=1) if is_monthly(profile, export) else first_day


def _event(context: dg.AssetExecutionContext, export: str, key: str, what: Arrived) -> dg.EventLogEntry:
    metadata: dict[str, Any] = {
        "files": what.files,
        "rows_read": what.rows_read,
        "rows_quarantined": what.rows_quarantined,
    }
    materialization = dg.AssetMaterialization(asset_key=landing_key(export), partition=key, metadata=metadata)
    step_key = context.get_step_execution_context().step.key
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=20,
        user_message="",
        run_id=context.run.run_id,
        timestamp=time.time(),
        step_key=step_key,
        job_name=context.run.job_name,
        dagster_event=DagsterEvent(
            event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=context.run.job_name,
            step_key=step_key,
            event_specific_data=StepMaterializationData(materialization),
            message=f"{export} {key} arrived",
        ),
    )
