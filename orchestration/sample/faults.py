"""Planted faults."""

from __future__ import annotations

from datetime import date

from orchestration.sample.truth import Truth
from orchestration.sample.writers import Delivery, Landing


class FaultPlan:
    """Which faults go where."""

    def __init__(
        self, landing: Landing, truth: Truth, first: date, last: date, legacy_months: list[date], seed: int
    ) -> None:
        self._landing = landing

    def drop(self, delivery: Delivery) -> None:
        """Write a delivery."""
        self._landing.drop(delivery.path, delivery.data())

    def finish(self) -> None:
        """Write what is delivered at the end."""
