"""What can go wrong for a user, each with its exit code: one clear paragraph, never shown as a traceback."""


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
