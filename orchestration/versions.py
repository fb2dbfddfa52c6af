"""Which code, profile and rules made a figure: digests of the files that can change one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from orchestration.settings import DBT_PROJECT, PROJECT, RULES, Settings

# A question asks of figures and makes none: changing one builds nothing anew.
_IGNORED_FOLDERS = {"target", "logs", "__pycache__", ".venv", "profiles", "sample", "analyses"}
_COUNTED_ENDINGS = {".sql", ".yml", ".yaml", ".csv", ".py"}


def fingerprint_of(*folders: Path) -> str:
    """One digest over names and contents of every source file below the folders (64 hex characters)."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.suffix not in _COUNTED_ENDINGS or _IGNORED_FOLDERS.intersection(relative.parts):
                continue
            digest.update(str(relative).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def code_version(settings: Settings) -> str:
    """What would make the same deliveries give other figures: models, profile, rules, landing (16 hex characters)."""
    package = PROJECT / "orchestration"
    return fingerprint_of(DBT_PROJECT, settings.profile, RULES, package / "landing", package / "publish")[:16]
