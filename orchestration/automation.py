"""Jobs, schedules and sensors: when the flow runs by itself, when it is tried again, whom it tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from dagster import DefaultScheduleStatus, DefaultSensorStatus

from orchestration import alerts
from orchestration.landing import load_profile
from orchestration.lateness import MEETING_HOUR, late_exports
from orchestration.runs import nothing_new
from orchestration.settings import Settings
from orchestration.work import look

RUN_JOB = "run_warehouse"
WORK_TAG = "occ/work"  # digest of the deliveries that a run takes in
PERIOD_TAG = "occ/period"
# Schedules follow the wall clock of the force, across its clock changes.
TIME_ZONE = load_profile(Settings.from_environment().profile).time_zone
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 300, 6 * 3600

# The exports' own assets are filled by what the run takes in; to materialise them is to ask for their days again.
run_warehouse = dg.define_asset_job(
    RUN_JOB,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("landing")
    | dg.AssetSelection.assets("landing/deliveries"),
    description="Land what was delivered, build, judge, publish: what `occ run` does.",
    # What the daemon prints goes to the machine's journal; every event is in Dagster's own history.
    config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
)
jobs = [run_warehouse]


# --- by the clock -------------------------------------------------------------------------------------------------
def _day(today: date) -> str:
    return (today - timedelta(days=1)).isoformat()


def _week(today: date) -> str:
    year, number, _ = (today - timedelta(days=7)).isocalendar()
    return f"{year}-W{number:02d}"


def _month(today: date) -> str:
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def _quarter(today: date) -> str:
    last = today.replace(day=1) - timedelta(days=1)
    return f"{last.year}-Q{(last.month + 2) // 3}"


def _scheduled(name: str, cron: str, period_of: Callable[[date], str], description: str) -> dg.ScheduleDefinition:
    """A run before a meeting, so that its figures are fresh; tagged with the period that the meeting is about."""

    @dg.schedule(
        name=name,
        job=run_warehouse,
        cron_schedule=cron,
        execution_timezone=TIME_ZONE,
        default_status=DefaultScheduleStatus.RUNNING,
        description=description,
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        local = context.scheduled_execution_time.astimezone(ZoneInfo(TIME_ZONE))
        period = period_of(local.date())
        if nothing_new(Settings.from_environment()):
            return dg.SkipReason(f"The figures of {period} are fresh: nothing new was delivered.")
        return dg.RunRequest(run_key=f"{name} {period}", tags={PERIOD_TAG: period})

    return tick


schedules = [
    _scheduled("daily_meeting", f"0 {MEETING_HOUR} * * *", _day, "The daily management meeting, 06:00 local."),
    _scheduled("weekly_meeting", f"15 {MEETING_HOUR} * * 1", _week, "Mondays, the week that is over."),
    _scheduled("monthly_meeting", f"30 {MEETING_HOUR} 1 * *", _month, "The month that is over."),
    _scheduled("quarterly_meeting", f"45 {MEETING_HOUR} 1 1,4,7,10 *", _quarter, "The quarter that is over."),
]  # fmt: skip


# --- by what happens ----------------------------------------------------------------------------------------------
@dg.sensor(
    job=run_warehouse,
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Runs when a delivery has arrived and stands still; a run that failed is tried again, ever later.",
)
def deliveries_arrived(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    found = look(Settings.from_environment(), context.cursor)
    cursor = found.as_cursor()
    if found.digest is None:
        return dg.SensorResult(skip_reason=found.reason, cursor=cursor)
    started = context.instance.get_runs(dg.RunsFilter(tags={WORK_TAG: found.digest}))
    reason = _why_not_now(context.instance, started)
    if reason:
        return dg.SensorResult(skip_reason=reason, cursor=cursor)
    # A run key that was used never runs again, so what is tried again has a key of its own.
    run_key = f"{found.digest}-{len(started) + 1}" if started else found.digest
    request = dg.RunRequest(run_key=run_key, tags={WORK_TAG: found.digest, "occ/deliveries": str(found.files)})
    return dg.SensorResult(run_requests=[request], cursor=cursor)


def _why_not_now(instance: dg.DagsterInstance, started: Sequence[dg.DagsterRun]) -> str:
    """Why the same deliveries are not run, or not run again, at this moment; empty when they are."""
    if not started:
        return ""
    newest = started[0]
    if not newest.is_finished:
        return f"Run {newest.run_id} is at it."
    if newest.status == dg.DagsterRunStatus.CANCELED:
        return f"Run {newest.run_id} was cancelled: it is not started again by itself."
    if newest.tags.get("occ/stopped_by") == "audit":
        return f"The audit stopped run {newest.run_id}: new deliveries, or code or rules mended, start another."
    if newest.status == dg.DagsterRunStatus.SUCCESS:
        return f"Run {newest.run_id} did it."
    wait = min(_FIRST_WAIT_SECONDS * 2 ** (len(started) - 1), _LONGEST_WAIT_SECONDS)
    left = _ended(instance, newest) + wait - time.time()
    return f"Run {newest.run_id} failed: tried again in {left / 60:.0f} minutes." if left > 0 else ""


def _ended(instance: dg.DagsterInstance, run: dg.DagsterRun) -> float:
    record = instance.get_run_record_by_id(run.run_id)
    return record.end_time if record and record.end_time else time.time()


@dg.run_failure_sensor(
    monitor_all_code_locations=False,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells people of a run that failed, as OCC_ALERTS says.",
)
def run_failed(context: dg.RunFailureSensorContext) -> None:
    settings = Settings.from_environment()
    said = next(
        (
            event.step_failure_data.user_failure_data.description
            for event in context.get_step_failure_events()
            if event.step_failure_data.user_failure_data
        ),
        None,
    )
    what = said or "The run's process, or a step of it, died; Dagster's log of the run says more."
    alerts.send_once(settings, alerts.of_failure(settings, context.dagster_run.run_id, what))


@dg.sensor(
    minimum_interval_seconds=900,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells people of exports that are late, once a stretch and again after a week, as OCC_ALERTS says.",
)
def exports_late(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    settings = Settings.from_environment()
    late = late_exports(settings, datetime.now(UTC))
    alerts.send_once(settings, alerts.of_late(settings, late))
    return dg.SkipReason("; ".join(map(str, late)) or "Every export is there that is due.")


sensors = [deliveries_arrived, run_failed, exports_late]
