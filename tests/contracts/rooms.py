"""A profile of a stranger, made for one test: a contract as a mapping, files as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.landing.room import Room


def stranger(
    folder: Path, zone: str = "America/Toronto", formats: dict[str, Any] | None = None, **contract: Any
) -> Room:
    """A room whose profile has one contract, `acd_segments.v1` unless the keys say otherwise."""
    profile = folder / "stranger"
    (profile / "contracts").mkdir(parents=True)
    (profile / "reference").mkdir()
    head = {"name": "stranger", "time_zone": zone, "formats": formats or {}}
    (profile / "profile.yaml").write_text(yaml.safe_dump(head, sort_keys=False), encoding="utf-8")
    whole = {"export": "acd_segments", "version": "1", "file": r"calls_(?P<date>[0-9]{8})\.csv"} | contract
    name = f"{whole['export']}.v{whole['version']}.yaml"
    text = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)
    (profile / "contracts" / name).write_text(text, encoding="utf-8")
    return Room(folder, profile)


LOCAL = {"pattern": "%Y-%m-%d %H:%M:%S", "means": "local"}
CALL = {"Id": "call_id", "Start": {"to": "segment_start_at", "format": "local"}}
ONE = {"segment": {"constant": "1"}}
