"""Hindrances put in a run's way inside its forked process."""

from __future__ import annotations

from typing import Any


def arm(fault: dict[str, Any] | None) -> None:
    """Put the hindrance in place."""
