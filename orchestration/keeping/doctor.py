"""What `occ doctor` looks at: everything around a run that can stop it or make it wrong, and what it mends itself.

A look changes nothing. A finding that is safe to mend brings its mender: what it removes is of no use to anybody, or is
made again by the next run. Everything else is the reader's decision, and the finding says what to do.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.errors import OccError
from orchestration.keeping import layout
from orchestration.landing import keys
from orchestration.publish import audience_files, generation, modes
from orchestration.settings import PROJECT, Settings
from orchestration.versions import code_version
from orchestration.warehouse.lock import writing

_GIB = 1024**3
_LEAST_FREE = 5 * _GIB
# A daily run writes its generation and the build database's changed pages; a full one both of them whole.
_FREE_PER_USED = 1.0
_TOOLS = ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is OK, NOTE, PROBLEM or MENDED."""

    check: str
    state: str
    found: str
    remedy: str = ""
    mend: Callable[[], None] | None = field(default=None, compare=False)


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; never changes anything."""
    checks = (
        *(_versions, _landing, _unreadable_files, _warehouse, _permissions, _disk, _key, _profile, _layout),
        *(
            _lock,
            _stuck_runs,
            _current_generation,
            _readers,
            _half_written,
            _orphans,
            _build_database,
            _late_exports,
            _code,
        ),
    )
    return [check(settings) for check in checks]


def mend(settings: Settings) -> list[Finding]:
    """Look at everything, and mend what is safe, alone on the warehouse. Raises WarehouseLocked while a run goes on."""
    mended = {}
    with writing(settings):
        for finding in examine(settings):
            if finding.mend:
                finding.mend()
                mended[finding.check] = Finding(finding.check, "MENDED", finding.found)
    return [mended.get(finding.check, finding) for finding in examine(settings)]


def _versions(settings: Settings) -> Finding:
    locked = _locked_versions()
    other = []
    for tool in _TOOLS:
        try:
            installed = version(tool)
        except PackageNotFoundError:
            installed = "nothing"
        if tool in locked and installed != locked[tool]:
            other.append(f"{tool} {installed}, not {locked[tool]}")
    if other:
        return Finding("versions", "PROBLEM", "; ".join(other), "make install: what was tested is in requirements.lock")
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return Finding("versions", "OK", f"{python}, DuckDB {duckdb.__version__}, tools as in requirements.lock")


def _locked_versions() -> dict[str, str]:
    """Package to version as the lock file pins it; empty where the program was installed without one."""
    try:
        lines = (PROJECT / "requirements.lock").read_text().splitlines()
    except OSError:
        return {}
    pinned = (line.split(";")[0].removesuffix("\\").strip().split("==") for line in lines if line[:1].isalnum())
    return {pair[0]: pair[1].strip() for pair in pinned if len(pair) == 2}


def _landing(settings: Settings) -> Finding:
    if not settings.landing.is_dir():
        return Finding("landing folder", "PROBLEM", f"{settings.landing} is not there", "set OCC_LANDING or --landing")
    if not os.access(settings.landing, os.R_OK | os.X_OK):
        return Finding(
            "landing folder", "PROBLEM", f"{settings.landing} cannot be read", "give this user read permission"
        )
    return Finding("landing folder", "OK", f"{settings.landing}")


def _unreadable_files(settings: Settings) -> Finding:
    from orchestration.landing.folder import list_folder
    from orchestration.landing.tokens import mask_name

    files = list_folder(settings.landing).files if settings.landing.is_dir() else []
    closed = [file.relative for file in files if not os.access(file.path, os.R_OK)]
    if closed:
        shown = ", ".join(repr(mask_name(name))[1:-1] for name in closed[:3])
        return Finding(
            "delivered files",
            "PROBLEM",
            f"{len(closed)} cannot be read: {shown}",
            "give this user read permission; the next run takes them in",
        )
    return Finding("delivered files", "OK", f"{len(files)}, all can be read")


def _warehouse(settings: Settings) -> Finding:
    nearest = _nearest(settings.warehouse)
    if not os.access(nearest, os.W_OK):
        return Finding("warehouse folder", "PROBLEM", f"{nearest} cannot be written", "give this user write permission")
    return Finding("warehouse folder", "OK", f"{settings.warehouse}")


def _permissions(settings: Settings) -> Finding:
    """The landing store and the build database hold what only the data team may see."""
    open_folders = [
        path
        for path in (settings.warehouse / "landing", settings.build)
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o002
    ]
    if open_folders:
        return Finding(
            "permissions",
            "PROBLEM",
            f"anybody can write to {', '.join(str(path) for path in open_folders)}",
            f"chmod o-w {' '.join(str(path) for path in open_folders)}",
        )
    return Finding("permissions", "OK", "only this user and its group can write")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_nearest(settings.warehouse)).free
    needed = max(_LEAST_FREE, int(_FREE_PER_USED * _used(settings)))
    said = f"{free / _GIB:.1f} GiB free; a full build may need {needed / _GIB:.1f} GiB"
    if free < needed:
        return Finding(
            "disk", "PROBLEM", said, "free some space, or move the warehouse with occ backup and occ restore"
        )
    return Finding("disk", "OK", said)


def _used(settings: Settings) -> int:
    """Bytes of the build database and the current generation: what a full build writes again."""
    published = generation.current(settings) if (settings.published / "current").exists() else None
    folders = [settings.build, settings.published / published.generation] if published else [settings.build]
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


def _key(settings: Settings) -> Finding:
    if not settings.key_file.exists() and not (settings.warehouse / "landing" / "registry").exists():
        return Finding(
            "token key", "NOTE", f"{settings.key_file} is not there yet", "the first run makes it; back it up"
        )
    try:
        keys.check_key(settings.key_file, settings.warehouse / "landing")
    except keys.KeyProblem as error:
        return Finding("token key", "PROBLEM", str(error), "restore it from its backup: runs stop without it")
    return Finding("token key", "OK", f"{settings.key_file}, the one this warehouse was made with")


def _profile(settings: Settings) -> Finding:
    from orchestration.landing import load_profile

    try:
        profile = load_profile(settings.profile)
    except OccError as error:
        return Finding("profile", "PROBLEM", str(error), "mend the file named")
    return Finding("profile", "OK", f"{settings.profile}, {len(profile.exports)} exports")


def _layout(settings: Settings) -> Finding:
    said = layout.problem(settings)
    if said:
        return Finding("layout of the warehouse", "PROBLEM", said, "use the version of the program that made it")
    return Finding("layout of the warehouse", "OK", f"layout {layout.LAYOUT}")


def _lock(settings: Settings) -> Finding:
    """The kernel lets go of a dead holder's lock; only its note stays behind."""
    holder = settings.warehouse / ".lock.holder"
    who = holder.read_text(errors="replace").strip() if holder.exists() else "an unknown process"
    if _is_free(settings):
        return Finding("lock", "OK", f"free; last held by {who}" if holder.exists() else "free")
    return Finding("lock", "NOTE", f"held by {who}", "a run is under way: wait for it, or end that process")


def _is_free(settings: Settings) -> bool:
    """Does no other process hold the warehouse?"""
    if not settings.lock_file.exists():
        return True
    try:
        with FileLock(settings.lock_file, timeout=0, is_singleton=True, thread_local=False):
            return True
    except Timeout:
        return False


def _stuck_runs(settings: Settings) -> Finding:
    """Runs that Dagster takes for running although nobody holds the warehouse: their process was killed."""
    if not (settings.build / "dagster").exists() or not _is_free(settings):
        return Finding("runs", "OK", "none is stuck")
    import dagster as dg

    under_way = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    with dg.DagsterInstance.get() as instance:
        stuck = [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=under_way))]
    if not stuck:
        return Finding("runs", "OK", "none is stuck")

    def let_go() -> None:
        with dg.DagsterInstance.get() as instance:
            for run in instance.get_runs(dg.RunsFilter(run_ids=stuck)):
                instance.report_run_failed(run, "The process of this run is gone; the next run goes on from its files.")

    said = f"{len(stuck)} killed in the middle: {', '.join(run_id[:8] for run_id in stuck[:3])}"
    return Finding("runs", "NOTE", said, "occ doctor --mend says so to Dagster; the next run goes on by itself", let_go)


def _current_generation(settings: Settings) -> Finding:
    check, pointer = "published generation", settings.published / "current"
    if pointer.is_symlink() and not pointer.exists():
        whole = _whole_generations(settings)
        found = f"current names {pointer.readlink()}, which is not there"
        if not whole:
            return Finding(check, "PROBLEM", found, "occ doctor --mend, then occ run publishes anew", pointer.unlink)
        return Finding(
            check, "PROBLEM", found, f"occ doctor --mend: back to {whole[-1]}",
            lambda: generation.move_pointer(settings, whole[-1]),
        )  # fmt: skip
    published = generation.current(settings)
    if published is None:
        return Finding(check, "NOTE", "none yet", "occ run")
    broken = _broken_tables(settings)
    if broken:
        return Finding(check, "PROBLEM", f"{published.generation}: {broken}", "occ rebuild publishes it anew")
    return Finding(check, "OK", f"{published.generation}, {published.deliveries_count} deliveries, every table opens")


def _readers(settings: Settings) -> Finding:
    """The data team's files are closed to other users of this machine; an audience's can be come to."""
    check = "who may read"
    opened = modes.open_to_others(settings)
    if opened:
        listed = ", ".join(str(path) for path in opened[:3])
        return Finding(
            check, "PROBLEM", f"anybody can read {listed}", "occ doctor --mend, or the next run that publishes",
            lambda: modes.close_to_others(settings),
        )  # fmt: skip
    audiences = [each.audience for each in audience_files.published(settings)]
    if not audiences:
        return Finding(check, "OK", "this user and its group; no audience has a file")
    closed = modes.closed_above(settings.published)
    if closed is not None:
        what = f"{', '.join(audiences)} cannot come to their files: {closed} is closed to other users"
        return Finding(check, "NOTE", what, f"chmod o+x {closed}, where they read on this machine")
    return Finding(check, "OK", f"this user and its group; by their own files {', '.join(audiences)}")


def _broken_tables(settings: Settings) -> str:
    try:
        with duckdb.connect(str(settings.current_db), read_only=True) as con:
            for (name,) in con.execute(
                "select table_schema || '.' || table_name from information_schema.tables order by 1"
            ).fetchall():
                con.execute(f"select * from {name} limit 1").fetchall()
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return ""


def _whole_generations(settings: Settings) -> list[str]:
    return sorted(
        path.name
        for path in settings.published.iterdir()
        if not path.is_symlink() and (path / "generation.json").exists()
    )


def _half_written(settings: Settings) -> Finding:
    check, folder = "half-written generations", settings.published
    entries = list(folder.iterdir()) if folder.exists() else []
    halves = [
        path for path in entries if path.is_dir() and not path.is_symlink() and not (path / "generation.json").exists()
    ]
    halves += [path for path in entries if path.name == ".current.new"]
    if not halves or not _is_free(settings):
        return Finding(check, "OK", "none")

    def remove() -> None:
        for path in halves:
            path.unlink() if path.is_symlink() else shutil.rmtree(path)

    names = ", ".join(path.name for path in halves)
    return Finding(check, "NOTE", names, "occ doctor --mend, or the next run that publishes, removes them", remove)


def _orphans(settings: Settings) -> Finding:
    """What a killed run left in the landing store: nothing names it, and the next run removes it."""
    from orchestration.landing import load_profile, store

    check, landing_store = "landing store", settings.warehouse / "landing"
    try:
        exports = sorted(load_profile(settings.profile).exports)
    except OccError:
        return Finding(check, "NOTE", "not looked at: the profile cannot be read")
    left = store.orphans(landing_store, exports) if _is_free(settings) else []
    if not left:
        return Finding(check, "OK", f"{len(store.registry_files(landing_store))} batches, nothing left over")

    def remove() -> None:
        store.remove_orphans(landing_store, exports)

    return Finding(
        check, "NOTE", f"{len(left)} files of a killed run", "occ doctor --mend, or the next run, removes them", remove
    )


def _late_exports(settings: Settings) -> Finding:
    """Exports of which a day or month that should have arrived has not."""
    from orchestration.lateness import late_exports

    check = "exports"
    try:
        late = late_exports(settings, datetime.now(UTC))
    except OccError:
        return Finding(check, "NOTE", "not looked at: the profile cannot be read")
    if not late:
        return Finding(check, "OK", "all that is due has arrived")
    remedy = "ask those who send them; a run takes in late files by itself (when a file is due: reference/exports.csv)"
    return Finding(check, "NOTE", "; ".join(str(each) for each in late), remedy)


def _build_database(settings: Settings) -> Finding:
    """It can always be made again from the landing store."""
    check, path = "build database", settings.build_db
    if not path.exists():
        return Finding(check, "OK", "not there yet; a run makes it")
    if not _is_free(settings):
        return Finding(check, "OK", "in use by a run")
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            tables = len(con.execute("select table_name from duckdb_tables()").fetchall())
    except duckdb.Error as error:

        def remove() -> None:
            for each in path.parent.glob(f"{path.name}*"):
                each.unlink()

        said = str(error).splitlines()[0]
        return Finding(check, "PROBLEM", said, "occ doctor --mend removes it; the next run builds it anew", remove)
    return Finding(check, "OK", f"{tables} tables")


def _code(settings: Settings) -> Finding:
    published = generation.current(settings)
    if published and published.code_version != code_version(settings):
        return Finding("code", "NOTE", "models, rules, profile or code changed", "the next run builds everything anew")
    return Finding("code", "OK", code_version(settings))


def _nearest(path: Path) -> Path:
    return next(each for each in [path, *path.parents] if each.exists())
