"""Which day of which export has arrived, as partitions of the landing assets in Dagster.

What belongs here: the partitions of each export, and telling Dagster of deliveries that cover them. Not here: what is
late (lateness.py), what is to do (work.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData

from orchestration.landing import Delivery, Profile
from orchestration.landing.registry import contents, read_registrations, resolve
from orchestration.landing.shapes import Cadence, load_shapes


@dataclass
class Arrived:
    """What came for one partition."""

    files: int = 0
    rows_read: int = 0
    rows_quarantined: int = 0
    is_new: bool = False

    def add(self, delivery: Delivery, *, is_new: bool) -> None:
        self.files += 1
        self.rows_read += delivery.rows_read
        self.rows_quarantined += delivery.rows_quarantined
        self.is_new = self.is_new or is_new


def landing_key(export: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", export])


def cadence(profile: Profile, export: str) -> Cadence:
    """How often a file of the export comes: as the newest contract says, else as its shape does."""
    return next(
        (contract.cadence for contract in reversed(profile.contracts) if contract.export == export),
        load_shapes()[export].cadence,
    )


def is_monthly(profile: Profile, export: str) -> bool:
    return cadence(profile, export) == "month"


def daily_partitions(profile: Profile, first_day: date) -> dg.DailyPartitionsDefinition:
    """Local days, today's too: a file may cover the day that is not over."""
    return dg.DailyPartitionsDefinition(start_date=str(first_day), timezone=profile.time_zone, end_offset=1)


def monthly_partitions(profile: Profile, first_day: date) -> dg.MonthlyPartitionsDefinition:
    """Local months, by their first day; the one that is not over too."""
    return dg.MonthlyPartitionsDefinition(
        start_date=str(first_day.replace(day=1)), timezone=profile.time_zone, end_offset=1
    )


def partition_keys(profile: Profile, export: str, first: date, last: date) -> Iterator[str]:
    """Keys of the partitions that a delivery over these days covers."""
    if is_monthly(profile, export):
        month = first.replace(day=1)
        while month <= last:
            yield month.isoformat()
            month = (month + timedelta(days=31)).replace(day=1)
        return
    for number in range((last - first).days + 1):
        yield (first + timedelta(days=number)).isoformat()


def last_day(profile: Profile, export: str, key: str) -> date:
    """The last day of a partition."""
    first = date.fromisoformat(key)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if is_monthly(profile, export) else first


def arrived(profile: Profile, warehouse: Path, new_batch: str = "") -> dict[str, dict[str, Arrived]]:
    """Export to partition key to what came for it: of deliveries that could be read, the same bytes again left out."""
    registrations = read_registrations(warehouse / "landing")
    deliveries = resolve(registrations)
    delivered = {delivery.delivery_id: delivery for delivery in deliveries}
    found: dict[str, dict[str, Arrived]] = {}
    for content in contents(registrations, deliveries):
        delivery = delivered[content.delivery_id]
        partitions = found.setdefault(content.export, {})
        last = content.covered_until or content.business_date
        for key in partition_keys(profile, content.export, content.business_date, last):
            partitions.setdefault(key, Arrived()).add(delivery, is_new=delivery.batch == new_batch)
    return found


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
        run_id=context.run_id,
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
