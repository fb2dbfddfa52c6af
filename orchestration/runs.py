"""One run from the command line: the same Dagster job that the schedule runs, in this process."""

from __future__ import annotations

import gc
import logging
import uuid
from contextlib import suppress
from datetime import UTC, datetime

from orchestration.errors import AuditStopped, OccError, WarehouseLocked
from orchestration.landing import seen_nothing_new, unreadable
from orchestration.landing.erasures import committed
from orchestration.progress import Reporter, note, reporting_to
from orchestration.publish import audit
from orchestration.publish.generation import Generation, current, withdraw_erased
from orchestration.quality import reviews
from orchestration.reports.brief import place as brief_place
from orchestration.reports.quality import place
from orchestration.settings import Settings
from orchestration.versions import code_version
from orchestration.warehouse import disk, rebuild
from orchestration.warehouse.lock import writing


def nothing_new(settings: Settings) -> bool:
    """Same deliveries, code, profile and reviews as the current generation: decided before Dagster is imported."""
    published = current(settings)
    if published is None or published.code_version != code_version(settings):
        return False
    if set(committed(settings.warehouse / "landing")) - set(published.erasures):
        return False
    batches = {path.stem for path in (settings.warehouse / "landing" / "registry").glob("*.parquet")}
    return (
        batches <= set(published.batches)
        and published.reviews == reviews.current_digest(settings)
        and not rebuild.asked(settings)
        and seen_nothing_new(settings.landing, settings.warehouse)
    )


def run_once(settings: Settings, report: Reporter, *, wait_seconds: float = 0) -> Generation | None:
    """Run the job if there is something to do; the generation it published, or None.

    Another run on the same warehouse is waited for, up to `wait_seconds`. What was left in the landing folder is noted
    in `orchestration.progress`. Raises OccError with the step's own words when a step stopped the run.
    """
    run_id = str(uuid.uuid4())
    try:
        return _run(settings, report, wait_seconds, run_id)
    except WarehouseLocked:
        raise  # another run is at it, which tells what comes of it
    except Exception as error:
        _tell_of_failure(settings, run_id, error)
        raise
    finally:
        _tell_of_lateness(settings)


def _run(settings: Settings, report: Reporter, wait_seconds: float, run_id: str) -> Generation | None:
    def waiting(holder: str) -> None:
        report(f"waiting for another run ({holder})", 0, 0)

    with writing(settings, wait_seconds=wait_seconds, waiting=waiting), reporting_to(report):
        withdraw_erased(settings)  # what a killed run had still to withdraw
        if nothing_new(settings):
            for said in unreadable(settings.landing):
                note(f"Not taken in (could not be read; the next run looks again): {said}")
            _make_up_for_the_database(settings)
            _make_up_for_the_pages(settings)
            return None
        report("starting", 0, 0)
        before = current(settings)
        with disk.told(settings, "keeping its own history"):  # the steps say it themselves
            _execute_job(settings, run_id)
        published = current(settings)
        if published == before:
            if nothing_new(settings):
                return None  # files were touched, and hold what they held
            raise AuditStopped("Nothing was published, though no step failed. See the log of the run: make dev.")
    return published


def _make_up_for_the_database(settings: Settings) -> None:
    """Publish to the database that was not there when the generation was made, or was named later."""
    if settings.publish_to:
        from orchestration.publish.postgresql.publish import is_up_to_date, publish_after_run

        if not is_up_to_date(settings):
            publish_after_run(settings)


def _make_up_for_the_pages(settings: Settings) -> None:
    """Make the pages that a killed run, or one of older code, published without."""
    if not settings.reports_wanted:
        return
    from orchestration.warehouse.steps import write_briefings, write_report

    if place.written(settings) is None:
        write_report(settings)
    if brief_place.missing(settings):
        write_briefings(settings)


# Dagster, dbt and Great Expectations make objects by the million and keep most of them until the process ends: looking
# for garbage after every 700 new ones is a fifth of the time of a small run, and finds next to none.
OBJECTS_BETWEEN_COLLECTIONS = 20_000


def _tell_of_failure(settings: Settings, run_id: str, error: Exception) -> None:
    if settings.alerts is not None:
        from orchestration import alerts

        # What an error of the code says may repeat a value from the data.
        what = str(error) if isinstance(error, OccError) else f"{type(error).__name__} in the pipeline's own code."
        alerts.send_once(settings, alerts.of_failure(settings, run_id, what))


def _tell_of_lateness(settings: Settings) -> None:
    if settings.alerts is not None:
        from orchestration import alerts
        from orchestration.lateness import late_exports

        with suppress(OccError):  # a profile that cannot be read is what the run itself has said
            alerts.send_once(settings, alerts.of_late(settings, late_exports(settings, datetime.now(UTC))))


def _execute_job(settings: Settings, run_id: str) -> None:
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    settings.dagster_folder.mkdir(parents=True, exist_ok=True)
    import dagster as dg
    from dagster._core.errors import DagsterAssetCheckFailedError

    from orchestration.automation import RUN_JOB
    from orchestration.definitions import defs
    from orchestration.warehouse import run_history
    from orchestration.warehouse.steps import build_database

    # Dagster keeps the log of the run; on the terminal it would only bury the one paragraph that says what is wrong.
    # What it warns of, that tests of untouched views gave no result, is as it should be; the gate looks for itself.
    for name in ("dagster", "dagster._core.execution.plan.active"):
        logging.getLogger(name).setLevel(logging.ERROR)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    try:
        with dg.DagsterInstance.get() as instance, run_history.kept_open(instance):
            result = defs.resolve_job_def(RUN_JOB).execute_in_process(
                run_config=quiet, instance=instance, run_id=run_id
            )
    except Exception as error:
        for cause in disk.causes(error):
            if isinstance(cause, OccError):
                raise cause from None
        if any(isinstance(cause, DagsterAssetCheckFailedError) for cause in disk.causes(error)):
            # Dagster did not start the publishing step, because a check before it failed: the gate says what is wrong.
            with build_database(settings) as con:
                audit.pass_or_stop(con)
        raise
    if not result.success:
        raise AuditStopped("Nothing was published: a step of the run failed. See `make dev` for the run's log.")
