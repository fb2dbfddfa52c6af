"""What can go wrong for a user, each with its exit code: one clear paragraph, never shown as a traceback."""

from __future__ import annotations

import errno

_MAY_PASS = {errno.EAGAIN, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE, errno.EINTR, errno.ENOLCK}
_MAY_PASS_WORDS = ("could not set lock", "conflicting lock", "resource temporarily unavailable")  # DuckDB has no codes


class OccError(Exception):
    """A problem that a user can understand and mend. `str(error)` says what happened, where, and what to do."""

    exit_code = 1


class AuditStopped(OccError):
    """The audit refused to publish; the last good generation stays."""

    exit_code = 1


class UsageProblem(OccError):
    """The command was called with something that cannot be used."""

    exit_code = 2


class EnvironmentProblem(OccError):
    """Something around the command is not as it must be: a path, a permission, a key, a profile."""

    exit_code = 3


class WarehouseLocked(OccError):
    """Another run holds the warehouse."""

    exit_code = 4


def may_pass(error: BaseException) -> bool:
    """Whether the same may go well a little later: a busy disk, a lock that another process holds.

    A full disk, a wrong permission, a stop by the audit do not mend themselves.
    """
    seen: set[int] = set()  # a chain of exceptions may lead back to itself
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, AuditStopped):
            return False
        if isinstance(current, WarehouseLocked) or (isinstance(current, OSError) and current.errno in _MAY_PASS):
            return True
        if type(current).__module__.partition(".")[0] in {"duckdb", "_duckdb"} and any(
            words in str(current).lower() for words in _MAY_PASS_WORDS
        ):
            return True
        current = current.__cause__ or current.__context__
    return False
