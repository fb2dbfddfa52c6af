"""Capacity: half-hours of calls and staff from the marts, and the rows of the model calibrated on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.analysis.design import Design
from orchestration.analysis.parts.part import Facts, Part, Rows
from orchestration.analysis.scenarios import Capacity

_HALF_HOUR = "(extract(hour from {at}) * 2 + extract(minute from {at}) // 30)::integer"


def read_capacity(con: duckdb.DuckDBPyConnection, design: Design) -> Mapping[str, Facts]:
    asked = design.capacity
    if asked is None:
        return {}
    room = asked.room
    lines = (room.first, room.second)
    # Whole days only: staff in every half-hour, 24 hours, no disruption of calls.
    con.execute(
        f"""
        create or replace temp table capacity_staff as
        with halves as (
            select interval_date as local_date, {_HALF_HOUR.format(at="interval_at_local")} as half_hour,
                sum(staffed_seconds - aux_seconds)::bigint as seconds
            from marts.fct_agent_intervals
            where list_contains(?, team)
            group by all
        ),
        whole as (
            select local_date from halves group by 1 having count(*) = 48 and min(seconds) > 0
        ),
        disturbed as (select distinct offered_date from marts.fct_calls where disruption_key is not null)
        select halves.*
        from halves
        inner join whole on halves.local_date = whole.local_date
        inner join marts.dim_dates as dates on halves.local_date = dates.local_date and dates.hours_count = 24
        where halves.local_date not in (select offered_date from disturbed)
            and dates.week_start_date > (select max(local_date) from halves) - ?::integer
            -- The running week counts when it is over: so the model is worked out once a week, not every day.
            and dates.week_start_date <= (select max(local_date) from halves) - 6
        """,
        [list(room.teams), (asked.weeks + 1) * 7],
    )
    per_queue = f"""
        select
            segments.segment_start_date, {_HALF_HOUR.format(at="segments.segment_start_at_local")},
            list_contains(?, segments.queue)::integer,
            count(*),
            count(*) filter (where not kinds.is_answer),
            sum(segments.queue_seconds)::bigint,
            count(handle) filter (where kinds.is_answer), sum(handle) filter (where kinds.is_answer)::bigint
        from (
            select *, ring_seconds + talk_seconds + hold_seconds + wrap_seconds as handle
            from marts.fct_call_segments
            where list_contains(?, queue) or list_contains(?, queue)
        ) as segments
        inner join marts.dim_dispositions as kinds
            on segments.disposition_code = kinds.disposition_code
            and (kinds.is_answer or kinds.call_outcome in ('abandoned', 'overflow', 'callback'))
        where segments.segment_start_date in (select local_date from capacity_staff)
        group by all order by all
    """
    first, second = (list(line.queues) for line in lines)
    limits = [room.first.within_seconds, room.second.within_seconds]
    names = [room.first.line, room.second.line]
    return {
        "staff": con.execute("select * from capacity_staff order by all").fetchall(),
        "queues": con.execute(per_queue, [second, first, second]).fetchall(),
        "calls": con.execute(
            f"""
            select
                offered_date, {_HALF_HOUR.format(at="offered_at_local")}, (line = ?)::integer,
                count(*) filter (where outcome = 'answered' and wait_seconds is not null),
                count(*) filter (where outcome = 'answered' and wait_seconds <= case when line = ? then ? else ? end)
            from marts.fct_calls
            where line in (?, ?) and offered_date in (select local_date from capacity_staff)
            group by all order by all
            """,
            [names[1], names[1], limits[1], limits[0], *names],
        ).fetchall(),
        "rings": [
            con.execute(
                """
                select coalesce(avg(ring_seconds) filter (where ring_seconds <= $1), 0),
                    coalesce(avg((ring_seconds <= $1)::integer), 1)
                from marts.fct_call_segments
                inner join marts.dim_dispositions as kinds using (disposition_code)
                where list_contains($2, queue) and kinds.is_answer
                    and segment_start_date in (select local_date from capacity_staff)
                """,
                [line.within_seconds, list(line.queues)],
            ).fetchall()[0]
            for line in lines
        ],
        "redials": con.execute(
            """
            select coalesce(avg(is_redialled::integer), 0) from marts.fct_calls
            where line = ? and outcome = 'abandoned' and offered_date in (select local_date from capacity_staff)
            """,
            [room.second.line],
        ).fetchall(),
        "months": con.execute(
            """
            select extract(year from offered_date)::integer, extract(month from offered_date)::integer,
                count(*) filter (where line = ?) / count(distinct offered_date),
                count(*) filter (where line = ?) / count(distinct offered_date)
            from marts.fct_calls group by 1, 2 having count(distinct offered_date) >= 21 order by all
            """,
            names,
        ).fetchall(),
        "workforce": con.execute(
            """
            select month_date, sum(establishment_fte)::double, sum(strength_fte)::double, sum(abstracted_fte)::double
            from marts.fct_workforce
            where unit = ? and role = ? and establishment_fte + strength_fte + abstracted_fte is not null
            group by 1 having sum(strength_fte) > sum(abstracted_fte) order by 1
            """,
            [room.unit, room.role],
        ).fetchall(),
        "targets": con.execute(
            "select kpi_id, target from marts.dim_targets "
            "where target is not null and list_contains(?, kpi_id) order by valid_from, kpi_id",
            [[line.kpi for line in lines]],
        ).fetchall(),
    }


def observed(facts: Mapping[str, Facts]) -> Any:
    """The half-hours as arrays, a week from its Monday."""
    import numpy as np

    from orchestration.analysis.capacity import CannotSay, Observed

    staff = facts["staff"]
    if not staff:
        raise CannotSay("no day has staffed time in every half-hour and calls without a disruption")
    place = {(day, half): at for at, (day, half, _) in enumerate(staff)}
    weeks = sorted({_monday(day) for day, _, _ in staff})
    number = {week: at for at, week in enumerate(weeks)}
    pairs = np.zeros((7, 2, len(staff)))
    for fields, counted in (((0, 1, 2, 3, 4), facts["queues"]), ((5, 6), facts["calls"])):
        for day, half, line, *values in counted:
            if (at := place.get((day, half))) is not None:
                pairs[list(fields), line, at] = [value or 0 for value in values]
    offered, left, waited, taken, handled, answered, within = pairs
    rings = facts["rings"]
    return Observed(
        week=np.array([number[_monday(day)] for day, _, _ in staff]),
        slot=np.array([day.weekday() * 48 + half for day, half, _ in staff]),
        positions=np.array([seconds / 1800 for _, _, seconds in staff]),
        offered=offered,
        left=left,
        waited=waited,
        taken=taken,
        handled=handled,
        answered=answered,
        within=within,
        ring_seconds=(float(rings[0][0]), float(rings[1][0])),
        ring_ratio=(float(rings[0][1]), float(rings[1][1])),
        redialled_ratio=float(facts["redials"][0][0]),
        weeks=tuple(weeks),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def analyse_capacity(facts: Mapping[str, Facts], design: Design) -> Rows:
    from orchestration.analysis import capacity

    asked = design.capacity
    if asked is None:
        return {}
    targets: dict[str, float] = dict(facts["targets"])  # the newest of each stands last
    lines = (asked.room.first, asked.room.second)
    wanted = [targets.get(line.kpi) for line in lines]
    try:
        seen = observed(facts)
        model = capacity.calibrate(seen, asked)
    except capacity.CannotSay as why:
        return _nothing_on_capacity(asked, str(why), "NOT_AVAILABLE")
    halves = [
        {
            **{key: value for key, value in row.items() if key != "slot"},
            "weekday": row["slot"] // 48 + 1,
            "half_hour": row["slot"] % 48,
            "line": lines[row["line"]].line,
            "target": wanted[row["line"]],
            "status": "OK",
        }
        for row in capacity.half_hours(model, seen, wanted)
    ]
    return {
        "metrics.capacity_half_hours": halves,
        "metrics.capacity_accuracy": _accuracy(seen, asked, model),
        "metrics.capacity_scenarios": scenarios_answered(facts, model, seen, asked, wanted[1]),
    }


def _accuracy(seen: Any, asked: Capacity, model: Any) -> list[dict[str, Any]]:
    from orchestration.analysis import capacity

    names = (asked.room.first.line, asked.room.second.line)
    try:
        found = capacity.tested(seen, asked, model)
    except capacity.CannotSay as why:
        return [{"line": name, "status": "NOT_AVAILABLE", "reason": str(why)} for name in names]
    return [
        {
            "line": name,
            "fitted_weeks_count": each.fitted_weeks,
            "tested_weeks_count": each.tested_weeks,
            "bias_uncorrected": each.bias_uncorrected,
            "bias": each.bias,
            "mean_error": each.mean_error,
            "worst_error": each.worst_error,
            "effort": each.effort,
            "correction": each.correction,
            "status": "OK",
        }
        for name, each in zip(names, found, strict=True)
    ]


def scenarios_answered(
    facts: Mapping[str, Facts], model: Any, seen: Any, asked: Capacity, target: float | None
) -> list[dict[str, Any]]:
    from orchestration.analysis import capacity

    staff = [capacity.Staff(*row) for row in facts["workforce"]]
    seasons = capacity.season({(year, month): (a, b) for year, month, a, b in facts["months"]})
    try:
        if target is None:
            raise capacity.CannotSay(f"marts.dim_targets has no target of {asked.room.second.kpi}")
        outlook = capacity.Outlook(model, seen, staff, asked, seasons)
    except capacity.CannotSay as why:
        return _nothing_on_capacity(asked, str(why), "NOT_AVAILABLE")["metrics.capacity_scenarios"]
    rows = []
    for name, scenario in asked.scenarios.items():
        answer = outlook.answer(scenario, target)
        said = [] if answer.met_on else [f"not under this scenario within {asked.months_ahead} months"]
        said += [] if answer.is_season_known else ["seasons are left out: calls of less than twelve whole months"]
        rows += [
            {
                "scenario": name,
                "label": scenario.label,
                "month": month.month,
                "staffed_fte": month.staffed,
                **{
                    f"within_{line}_{part}": values[at]
                    for at, line in enumerate(("999", "101"))
                    for part, values in (("ratio", month.ratio), ("lower", month.lower), ("upper", month.upper))
                },
                "target": target,
                "is_met": month.ratio[1] >= target,
                "met_on": answer.met_on,
                "met_on_early": answer.met_early,
                "met_on_late": answer.met_late,
                "met_ratio": answer.met_share,
                "status": "OK" if answer.is_season_known else "PARTIAL",
                "reason": "; ".join(said) or None,
            }
            for month in answer.months
        ]
    return rows


def _nothing_on_capacity(asked: Capacity, why: str, status: str) -> dict[str, list[dict[str, Any]]]:
    said = {"status": status, "reason": why}
    lines = (asked.room.first.line, asked.room.second.line)
    return {
        "metrics.capacity_half_hours": [{"line": line, **said} for line in lines],
        "metrics.capacity_accuracy": [{"line": line, **said} for line in lines],
        "metrics.capacity_scenarios": [
            {"scenario": name, "label": scenario.label, **said} for name, scenario in asked.scenarios.items()
        ],
    }


def capacity_failed(error: str) -> Rows:
    said = {"status": "ERROR", "reason": f"could not be computed ({error})"}
    names = ("capacity_half_hours", "capacity_accuracy", "capacity_scenarios")
    return {f"metrics.{name}": [said] for name in names}


PART = Part(
    "capacity",
    ("metrics.capacity_half_hours", "metrics.capacity_accuracy", "metrics.capacity_scenarios"),
    read_capacity,
    analyse_capacity,
    capacity_failed,
)
