"""A backup of what cannot be made again: one tar file, checked when it is read back.

In it: the landing store with its registry and key fingerprint, reviews, the log of what was published, and the current
generation, which alone knows how figures changed. Not in it: the token key, which must be kept apart, and the build
database and older generations, which a run makes again or nobody needs. What belongs here: writing, checking and
restoring such a file.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.landing.keys import FINGERPRINT_FILE
from orchestration.progress import report
from orchestration.publish import audience_files, generation, modes, publish_log
from orchestration.publish.audiences import read_audiences
from orchestration.settings import Settings

_CONTENTS = "backup.json"
_FORM = 1
_KEPT = ("landing", "reviews", "layout.json", publish_log.FILE)
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Backup:
    """What `backup.json`, the first member of the file, says of the rest."""

    form: int
    made_at: str  # ISO 8601, UTC
    generation: str | None  # the current one
    content_hash: str | None
    key_fingerprint: str | None  # first 8 hexadecimal characters
    files: dict[str, dict[str, Any]] = field(default_factory=dict)  # path to bytes and sha256

    @property
    def bytes(self) -> int:
        return sum(int(each["bytes"]) for each in self.files.values())


def write(settings: Settings, target: Path) -> Backup:
    """Write a backup of the warehouse to `target`, readable by its owner only. Call it with the lock held.

    Raises UsageProblem when there is nothing to keep or the file is there already.
    """
    if target.exists():
        raise UsageProblem(f"{target} is there already; choose another name or remove it.")
    if not (settings.warehouse / "landing").is_dir():
        raise UsageProblem(f"There is nothing to back up in {settings.warehouse}: no run has landed anything yet.")
    members = dict(_members(settings))
    published = generation.current(settings)
    backup = Backup(
        form=_FORM,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        generation=published.generation if published else None,
        content_hash=published.content_hash if published else None,
        key_fingerprint=_fingerprint(settings),
        files={name: {"bytes": path.stat().st_size, "sha256": _digest(path)} for name, path in members.items()},
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            _add_text(tar, _CONTENTS, json.dumps(asdict(backup), indent=1))
            for number, (name, path) in enumerate(members.items()):
                report("backing up", number, len(members))
                tar.add(path, arcname=name, recursive=False)
        stream.flush()
        os.fsync(stream.fileno())
    partial.rename(target)
    return backup


def check(file: Path) -> Backup:
    """Read a backup whole and compare every file in it with its digest. Raises EnvironmentProblem for a spoiled one."""
    return _read(file, None)


def restore(settings: Settings, file: Path) -> Backup:
    """Make the warehouse of a backup again, in a folder that holds none. Call it with the lock held.

    The current generation can be read at once; the next run builds the rest from the landing store. The files are laid
    beside, and moved into place when all of them were found good. Raises UsageProblem for a folder that holds a
    warehouse, EnvironmentProblem for a spoiled backup.
    """
    there = [name for name in (*_KEPT, "build", "published") if _holds_something(settings.warehouse / name)]
    if there:
        raise UsageProblem(
            f"{settings.warehouse} holds a warehouse already ({', '.join(there)}). Restore into an empty folder with "
            "--warehouse, look at it, then let OCC_WAREHOUSE name that one."
        )
    beside = settings.warehouse / ".restoring"
    shutil.rmtree(beside, ignore_errors=True)
    with modes.for_the_data_team():
        try:
            backup = _read(file, beside)
            for entry in sorted(beside.iterdir(), key=lambda path: path.name == "landing"):
                entry.rename(settings.warehouse / entry.name)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        modes.close_to_others(settings)
        if backup.generation:
            generation.settle(settings, backup.generation)
            audience_files.settle(settings, backup.generation, read_audiences(settings.profile))
    return backup


def _holds_something(path: Path) -> bool:
    """A file, or a folder with anything in it: empty ones are made at boot."""
    return path.exists() and (path.is_file() or any(path.iterdir()))


def _members(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Name in the backup to file. Temporary files of a killed run stay behind."""
    for kept in _KEPT:
        path = settings.warehouse / kept
        found = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        for each in found:
            if not each.name.endswith(".tmp"):
                yield each.relative_to(settings.warehouse).as_posix(), each
    published = generation.current(settings)
    if published:
        folder = settings.published / published.generation
        for each in sorted(path for path in folder.rglob("*") if path.is_file()):
            yield each.relative_to(settings.warehouse).as_posix(), each


def _fingerprint(settings: Settings) -> str | None:
    path = settings.warehouse / "landing" / FINGERPRINT_FILE
    return path.read_text(encoding="ascii")[:8] if path.exists() else None


def _read(file: Path, into: Path | None) -> Backup:
    """Read every member once, compare it with its digest, and write it below `into` when that is given."""
    spoiled = EnvironmentProblem(f"{file} is not a whole backup of a warehouse. Use another one; nothing was changed.")
    try:
        with tarfile.open(file, mode="r:") as tar:
            first = tar.next()
            opened = tar.extractfile(first) if first and first.name == _CONTENTS else None
            if opened is None:
                raise spoiled
            backup = Backup(**json.loads(opened.read()))
            if backup.form != _FORM:
                raise EnvironmentProblem(f"{file} was written by a newer version of this program. Nothing was changed.")
            found = set()
            for number, member in enumerate(tar):
                if member.name == _CONTENTS:
                    continue
                report("reading the backup", number, len(backup.files))
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or not _is_inside(member.name) or member.name not in backup.files:
                    raise spoiled
                if _copy(content, into / member.name if into else None) != backup.files[member.name]["sha256"]:
                    raise EnvironmentProblem(f"{file}: {member.name} is not what was backed up. Use another backup.")
                found.add(member.name)
    except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError):
        raise spoiled from None
    except OSError as error:
        raise EnvironmentProblem(f"{file} could not be read or restored: {error.strerror or error}.") from None
    if found != set(backup.files):
        raise spoiled
    return backup


def _is_inside(name: str) -> bool:
    """Does a member stay below the warehouse, in what a backup keeps?"""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.parts[0] in {*_KEPT, "published"}


def _copy(source: IO[bytes], target: Path | None) -> str:
    """Read a member to its end, write it when there is a target; its sha256."""
    digest = hashlib.sha256()
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") if target is not None else io.BytesIO() as stream:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            if target is not None:
                stream.write(chunk)
        if target is not None:
            stream.flush()
            os.fsync(stream.fileno())
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
