"""Which day of which export has arrived, by the registry: a day, or a month, is called by its first day.

What belongs here: what the deliveries cover. Not here: telling Dagster (partitions.py), what is late (lateness.py),
what is to do (work.py). Imports no Dagster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

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


def cadence(profile: Profile, export: str) -> Cadence:
    """How often a file of the export comes: as the newest contract says, else as its shape does."""
    return next(
        (contract.cadence for contract in reversed(profile.contracts) if contract.export == export),
        load_shapes()[export].cadence,
    )


def is_monthly(profile: Profile, export: str) -> bool:
    return cadence(profile, export) == "month"


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
