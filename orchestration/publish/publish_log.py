"""The audit of publishing: `<warehouse>/publish_log.jsonl`, one line for what went where, for whom, started by whom.

What belongs here: writing a line, and what a line may hold. It never holds a password, nor what an error said, which
may repeat one. Lines are only ever added; nothing in the project reads the file to decide anything but whether the
generation that is out was logged: a run killed between moving the pointer and its line is made up for by the next.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from orchestration.errors import EnvironmentProblem, OccError
from orchestration.settings import Settings

Kind = Literal["local", "single_file", "csv", "excel", "parquet", "postgresql", "ducklake"]
Outcome = Literal["PUBLISHED", "FAILED", "STOPPED"]

FILE = "publish_log.jsonl"
_PASSWORDS = (
    (re.compile(r"(://[^/@\s:]*):\S*@"), r"\1@"),  # user:password@host, up to the last @
    (re.compile(r"(password|passwd|pwd|passfile|sslpassword)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]*)", re.I), r"\1=..."),
)
_NOBODY_LOGGED_IN = 2**32 - 1
_TAIL = 1 << 20  # bytes at the end of the log in which the generation that is out is looked for


@dataclass
class Entry:
    """One publish. `tables` counts views too; `rows` is of tables alone."""

    kind: Kind
    to: str  # folder, file, or database without a password
    audience: str | None = None  # None is everything: the data team's
    generation: str | None = None
    tables: int = 0
    rows: int = 0
    outcome: Outcome = "PUBLISHED"
    error: str | None = None  # the kind of error alone
    note: str | None = None


def file(settings: Settings) -> Path:
    return settings.warehouse / FILE


def without_password(text: str) -> str:
    """The address of a database as it may be shown: whatever in it looks like a password is left out."""
    for pattern, instead in _PASSWORDS:
        text = pattern.sub(instead, text)
    return text


def record(settings: Settings, entry: Entry) -> None:
    """Add a line, made to last. Raises EnvironmentProblem where the log cannot be written."""
    said = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "who": _who(), "host": socket.gethostname()}
    line = json.dumps(said | asdict(replace(entry, to=without_password(entry.to))), ensure_ascii=False)
    with _opened(settings) as log:
        os.write(log, f"{line}\n".encode())  # one write to a file opened for adding: lines of two processes never mix
        os.fsync(log)


@contextmanager
def recording(settings: Settings, kind: Kind, to: str, audience: str | None = None) -> Iterator[Entry]:
    """Log what the block publishes, also when it fails; it fills in generation, tables and rows.

    Nothing is begun where the log cannot be written: raises EnvironmentProblem.
    """
    with _opened(settings):
        pass
    entry = Entry(kind, to, audience)
    try:
        yield entry
    except BaseException as error:
        entry.outcome, entry.error = ("STOPPED" if isinstance(error, OccError) else "FAILED"), type(error).__name__
        with suppress(EnvironmentProblem):  # what failed is told, not that the log could not hold it: a full disk
            record(settings, entry)
        raise
    record(settings, entry)


def knows(settings: Settings, generation: str) -> bool:
    """Whether the newest lines say that this generation was published here."""
    path = file(settings)
    if not path.exists():
        return False
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _TAIL))
        lines = log.read().decode(errors="replace").splitlines()
    return any('"kind": "local"' in line and f'"generation": "{generation}"' in line for line in lines)


@contextmanager
def _opened(settings: Settings) -> Iterator[int]:
    path = file(settings)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            yield handle
        finally:
            os.close(handle)
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be written ({error.strerror}): what is published must be logged. Mend that and run again."
        ) from None


def _who() -> str:
    """The user of the operating system, and who logged in where that is another: not what the environment says."""
    user, logged_in = os.getuid(), _logged_in()
    return _name(user) if logged_in is None or logged_in == user else f"{_name(user)} ({_name(logged_in)})"


def _logged_in() -> int | None:
    """Whom the kernel remembers through sudo and su; None for a service, or where it remembers nobody."""
    try:
        said = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if said == _NOBODY_LOGGED_IN else said


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
