"""What `occ doctor` looks at: everything around a run that can stop it or make it wrong."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import dataclass

import duckdb
from filelock import FileLock, Timeout

from orchestration.errors import OccError
from orchestration.publish import generation
from orchestration.settings import Settings
from orchestration.versions import code_version

_LOW_DISK_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is OK, NOTE or PROBLEM."""

    check: str
    state: str
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; never changes anything."""
    return [
        _python(),
        _landing(settings),
        _warehouse(settings),
        _disk(settings),
        _key(settings),
        _lock(settings),
        _profile(settings),
        _current_generation(settings),
        _half_written(settings),
        _code(settings),
    ]


def _python() -> Finding:
    version = f"Python {sys.version_info.major}.{sys.version_info.minor}, DuckDB {duckdb.__version__}"
    return Finding("versions", "OK", version)


def _landing(settings: Settings) -> Finding:
    if not settings.landing.is_dir():
        return Finding("landing folder", "PROBLEM", f"{settings.landing} is not there", "set OCC_LANDING or --landing")
    if not os.access(settings.landing, os.R_OK | os.X_OK):
        return Finding(
            "landing folder", "PROBLEM", f"{settings.landing} cannot be read", "give this user read permission"
        )
    return Finding("landing folder", "OK", f"{settings.landing}")


def _warehouse(settings: Settings) -> Finding:
    nearest = next(path for path in [settings.warehouse, *settings.warehouse.parents] if path.exists())
    if not os.access(nearest, os.W_OK):
        return Finding("warehouse folder", "PROBLEM", f"{nearest} cannot be written", "give this user write permission")
    return Finding("warehouse folder", "OK", f"{settings.warehouse}")


def _disk(settings: Settings) -> Finding:
    nearest = next(path for path in [settings.warehouse, *settings.warehouse.parents] if path.exists())
    free = shutil.disk_usage(nearest).free
    state = "OK" if free > _LOW_DISK_BYTES else "PROBLEM"
    return Finding(
        "disk", state, f"{free / 1024**3:.1f} GiB free", "" if state == "OK" else "free some space: 5 GiB at least"
    )


def _key(settings: Settings) -> Finding:
    if not settings.key_file.exists():
        if (settings.warehouse / "landing" / "registry").exists():
            return Finding(
                "token key",
                "PROBLEM",
                f"{settings.key_file} is missing",
                "restore it from its backup: runs stop without it",
            )
        return Finding(
            "token key", "NOTE", f"{settings.key_file} is not there yet", "the first run makes it; back it up"
        )
    mode = stat.S_IMODE(settings.key_file.stat().st_mode)
    if mode & 0o077:
        return Finding("token key", "PROBLEM", f"mode {mode:04o} lets others read it", f"chmod 600 {settings.key_file}")
    return Finding("token key", "OK", f"{settings.key_file}, mode {mode:04o}")


def _lock(settings: Settings) -> Finding:
    if not settings.lock_file.exists():
        return Finding("lock", "OK", "free")
    try:
        with FileLock(settings.lock_file, timeout=0):
            return Finding("lock", "OK", "free")
    except Timeout:
        holder = settings.warehouse / ".lock.holder"
        who = holder.read_text().strip() if holder.exists() else "unknown"
        return Finding("lock", "NOTE", f"held by {who}", "a run is under way: wait for it")


def _profile(settings: Settings) -> Finding:
    from orchestration.landing import load_profile

    try:
        profile = load_profile(settings.profile)
    except OccError as error:
        return Finding("profile", "PROBLEM", str(error), "mend the file named")
    return Finding("profile", "OK", f"{settings.profile}, {len(profile.exports)} exports")


def _current_generation(settings: Settings) -> Finding:
    published = generation.current(settings)
    if published is None:
        return Finding("published generation", "NOTE", "none yet", "occ run")
    try:
        with duckdb.connect(str(settings.current_db), read_only=True) as con:
            con.execute("select count(*) from marts.fct_calls").fetchall()
    except duckdb.Error as error:
        return Finding(
            "published generation", "PROBLEM", f"{published.generation}: {error}", "occ run publishes it anew"
        )
    return Finding("published generation", "OK", f"{published.generation}, {published.deliveries_count} deliveries")


def _half_written(settings: Settings) -> Finding:
    if not settings.published.exists():
        return Finding("half-written generations", "OK", "none")
    halves = [
        path.name
        for path in settings.published.iterdir()
        if path.is_dir() and not path.is_symlink() and not (path / "generation.json").exists()
    ]
    if halves:
        return Finding(
            "half-written generations", "NOTE", ", ".join(halves), "the next run that publishes removes them"
        )
    return Finding("half-written generations", "OK", "none")


def _code(settings: Settings) -> Finding:
    published = generation.current(settings)
    if published and published.code_version != code_version(settings):
        return Finding("code", "NOTE", "models, rules, profile or code changed", "the next run builds everything anew")
    return Finding("code", "OK", code_version(settings))
