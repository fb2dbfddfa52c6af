"""Only what may pass is tried again: a failure means that a stop by the audit is repeated, or a busy disk stops a run.

No postponed annotations here: Dagster reads the type of `context` as it stands.
"""

import errno
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration import assets
from orchestration.assets import AUDIT_TAG, tried_again_where_that_helps
from orchestration.errors import AuditStopped, EnvironmentProblem, WarehouseLocked, may_pass
from orchestration.landing import StoreProblem


def raised_from(cause: Exception) -> Exception:
    """As the landing store does it: in words of its own, without the cause."""
    try:
        try:
            raise cause
        except type(cause):
            raise StoreProblem("The landing store could not be written.") from None
    except StoreProblem as problem:
        return problem


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OSError(errno.EBUSY, "busy"), True),
        (raised_from(OSError(errno.EAGAIN, "again")), True),
        (WarehouseLocked("held"), True),
        (raised_from(OSError(errno.ENOSPC, "full")), False),
        (OSError(errno.EACCES, "denied"), False),
        (AuditStopped("a doubled key"), False),
        (EnvironmentProblem("no key"), False),
        (ValueError("a bug"), False),
    ],
)
def test_what_mends_itself_is_told_from_what_does_not(error: Exception, passes: bool) -> None:
    assert may_pass(error) is passes


def test_a_database_file_that_another_process_holds_may_pass(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "held.duckdb"
    code = f"import duckdb, sys; con = duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(duckdb.IOException) as held:
        duckdb.connect(str(path))
    holder.communicate()
    assert may_pass(held.value)


def steps_of(problems: list[Exception], monkeypatch: pytest.MonkeyPatch) -> tuple[dg.ExecuteInProcessResult, int]:
    """A run of one step that meets these problems, one at each try."""
    monkeypatch.setattr(assets, "_FIRST_PAUSE_SECONDS", 0.01)
    tries = []

    @dg.asset
    def step(context: dg.AssetExecutionContext) -> None:
        tries.append(context.retry_number)
        with tried_again_where_that_helps(context):
            if len(tries) <= len(problems):
                raise problems[len(tries) - 1]

    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([step], instance=instance, raise_on_error=False), len(tries)


def test_a_busy_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    result, tries = steps_of([OSError(errno.EBUSY, "busy")] * 2, monkeypatch)
    assert result.success
    assert tries == 3


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    result, tries = steps_of([OSError(errno.EBUSY, "busy")] * 9, monkeypatch)
    assert not result.success
    assert tries == 4


def test_a_stop_by_the_audit_ends_the_run_at_once_and_is_noted_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_FIRST_PAUSE_SECONDS", 0.01)

    @dg.asset
    def step(context: dg.AssetExecutionContext) -> None:
        with tried_again_where_that_helps(context):
            raise AuditStopped("a doubled key")

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([step], instance=instance, raise_on_error=False)
        assert not result.success
        (run,) = instance.get_runs()
        assert run.tags[AUDIT_TAG] == "audit"
        assert len(result.get_step_failure_events()) == 1
        (failed,) = result.get_step_failure_events()
        assert failed.step_failure_data.user_failure_data is not None
        assert failed.step_failure_data.user_failure_data.description == "a doubled key"
