"""Who on this machine may open what of a warehouse: the data team all, audiences their own files, others nothing.

The data team is the group of the warehouse's files; it reads, this user alone writes. What is published lies behind a
folder that anybody may pass and nobody list, so that a reader comes to `audience/<name>` and opens nothing beside it.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.errors import EnvironmentProblem
from orchestration.settings import Settings

_OTHERS = 0o007
_FOR_THE_DATA_TEAM = 0o026  # files 0640, folders 0751
_FOR_AUDIENCES = 0o022  # files 0644, folders 0755
# What a run keeps beside `published`; the data team reads it, or nobody does (umask of the service).
_ROOMS = ("landing", "build", "reports", "reviews")


@contextmanager
def for_the_data_team() -> Iterator[None]:
    """What is made here is read by this user's group, and may be passed by all: for one generation."""
    with _umask(_FOR_THE_DATA_TEAM):
        yield


@contextmanager
def for_audiences() -> Iterator[None]:
    """What is made here may be read by whoever can pass into the folder."""
    with _umask(_FOR_AUDIENCES):
        yield


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    # Not chmod afterwards: nothing may lie open meanwhile, and a folder keeps the group that the one above it hands on.
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def close(file: Path) -> None:
    """Take a file or folder of the data team from others; what is shared with an older generation may be open."""
    mode = _mode(file)
    wanted = mode & ~(_OTHERS if file.is_file() else _OTHERS & ~stat.S_IXOTH)
    if mode != wanted:
        file.chmod(wanted)


def open_to_others(settings: Settings) -> list[Path]:
    """Rooms and generations of the data team that others can open."""
    rooms = [settings.warehouse / room for room in _ROOMS]
    generations = [
        path.parent for path in settings.published.glob("*/generation.json") if path.parent.name != "current"
    ]
    return [path for path in rooms if path.is_dir() and _mode(path) & _OTHERS] + [
        path
        for path in generations
        if _mode(path) & _OTHERS & ~stat.S_IXOTH
        or ((path / "occ.duckdb").exists() and _mode(path / "occ.duckdb") & _OTHERS)
    ]


def close_to_others(settings: Settings) -> None:
    """Nobody but this user and its group opens what is the data team's, generations of an older version too."""
    for path in open_to_others(settings):
        if path.parent == settings.published:
            for each in (path, *path.rglob("*")):
                if each.relative_to(path).parts[:1] != ("audience",):
                    close(each)
        else:
            path.chmod(_mode(path) & ~_OTHERS)


def room(folder: Path) -> Path:
    """Make a room beside `published` that is not there yet, closed to others from its first moment; the same folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o777 & ~_OTHERS, exist_ok=True)
    return folder


def closed_above(folder: Path) -> Path | None:
    """The first folder on the way to this one that others cannot pass, or None: anybody comes to it."""
    way = [folder, *folder.parents][::-1]
    return next((each for each in way if not _mode(each) & stat.S_IXOTH), None)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def give_to(group: str, folder: Path) -> None:
    """Let the members of one group alone pass into a folder. Raises EnvironmentProblem where that cannot be done."""
    try:
        shutil.chown(folder, group=group)
        folder.chmod(0o750)
    except (LookupError, PermissionError) as error:
        why = "there is no such group" if isinstance(error, LookupError) else "this user is no member of it"
        raise EnvironmentProblem(
            f"audiences.yaml wants {folder.name}'s files for the group {group}, but {why} on this machine. Make the "
            "group and this user a member of it (docs/audiences.md), or take the word out, and run again."
        ) from None
