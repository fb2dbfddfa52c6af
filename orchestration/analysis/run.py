"""The step of a run that analyses: reads figures from the build database, fills the tables of `tables.py`.

An analysis is done again when its figures, its design or its code changed, and stands as it was else. One that fails
says so in its tables and stops nothing: publishing goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.analysis import tables
from orchestration.analysis.design import Design, read_design
from orchestration.analysis.scenarios import Capacity
from orchestration.progress import note

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # table to rows
Facts = Sequence[tuple[Any, ...]]

_BUILT_IN = ("da_diary_share", "other_diary_share", "other_unresourced_hours")


@dataclass(frozen=True)
class Part:
    """One analysis: what it reads (ordered rows of plain values), what it makes of them, the tables that it fills."""

    name: str
    tables: tuple[str, ...]
    read: Callable[[duckdb.DuckDBPyConnection, Design], Mapping[str, Facts]]
    analyse: Callable[[Mapping[str, Facts], Design], Rows]
    failed: Callable[[str], Rows]  # what the tables say when it could not be done


def run_analyses(con: duckdb.DuckDBPyConnection, profile: Path, parts: Sequence[Part] | None = None) -> list[str]:
    """Bring the tables of every analysis up to date; the names of those that were done again.

    Raises DesignProblem when a design file of the profile cannot be used, and duckdb.Error when the database cannot be
    written.
    """
    design = read_design(profile)
    made = tables.make_tables(con)
    con.execute("create table if not exists landing.analyses (name varchar, digest varchar)")
    done = []
    for part in PARTS if parts is None else parts:
        facts = part.read(con, design)
        digest = _digest(part, facts, design)
        known = con.execute("select 1 from landing.analyses where name = ? and digest = ?", [part.name, digest])
        if known.fetchall() and made.isdisjoint(part.tables):
            continue
        try:
            rows = part.analyse(facts, design)
        except Exception as error:  # whatever it is: figures go out all the same
            note(f"The analysis {part.name} could not be done ({type(error).__name__}); its tables say so.")
            rows, digest = part.failed(type(error).__name__), ""
        con.execute("begin")
        for name in part.tables:
            tables.write(con, name, rows.get(name, ()))
        con.execute("delete from landing.analyses where name = ?", [part.name])
        con.execute("insert into landing.analyses values (?, ?)", [part.name, digest])
        con.execute("commit")
        done.append(part.name)
    return done


def _digest(part: Part, facts: Mapping[str, Facts], design: Design) -> str:
    """Of what goes in: figures, design, code, and the columns of the tables."""
    digest = hashlib.sha256(_code().encode())
    digest.update(part.name.encode())
    digest.update(design.model_dump_json().encode())
    for name in sorted(facts):
        digest.update(f"{name}|{len(facts[name])}\n".encode())
        for row in facts[name]:
            digest.update(repr(row).encode())
    return digest.hexdigest()


@cache
def _code() -> str:
    """Digest of this package's source."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


# --- pilots -------------------------------------------------------------------------------------------------------


def _read_pilots(con: duckdb.DuckDBPyConnection, design: Design) -> Mapping[str, Facts]:
    measures = sorted({each for one in design.pilots.values() for each in (*one.outcomes, *one.displacement)})
    figures = con.execute(
        """
        select
            kpi_id, scope_code, period_start, value, denominator, measured_count, eligible_count, numerator,
            complete_day_count >= 7 and quality_state not in ('NOT_AVAILABLE', 'DISRUPTED')
        from metrics.kpi_results
        where period_type = 'week' and scope_type = 'area' and list_contains(?, kpi_id) and value is not null
        order by all
        """,
        [measures],
    ).fetchall()
    return {
        "figures": figures,
        "measures": [row for name in _BUILT_IN if name in measures for row in con.execute(_MEASURES[name]).fetchall()],
        "pilots": con.execute(
            "select pilot, area_code, starts_on, ends_on from marts.dim_pilots order by all"
        ).fetchall(),
        "areas": con.execute("select area_code, valid_from, valid_to from marts.dim_areas order by all").fetchall(),
        "register": con.execute(
            "select kpi_id, any_value(unit order by unit), any_value(better order by better) "
            "from metrics.kpi_register where list_contains(?, kpi_id) group by kpi_id order by all",
            [measures],
        ).fetchall(),
        "small": con.execute(
            "select coalesce(max(value), 5) from marts.dim_parameters where parameter_code = 'small_number_limit'"
        ).fetchall(),
    }


_BOOKED = """
    select
        '{name}', abuse.area_code, dates.week_start_date,
        count(*) filter (where booked.incident_key is not null) / count(*), count(*), count(*), count(*),
        count(*) filter (where booked.incident_key is not null), {whole}
    from marts.fct_domestic_abuse as abuse
    inner join marts.dim_dates as dates on abuse.created_date = dates.local_date
    left join (
        select distinct incident_key from marts.fct_diary_appointments where diary_code {diary} 'DA_DIARY_CAR'
    ) as booked on abuse.incident_key = booked.incident_key
    left join weeks on dates.week_start_date = weeks.week_start_date
    where not abuse.is_legacy and not abuse.is_duplicate
    group by all
    order by all
"""
# Weeks in which every day of the diary was delivered, as the indicators on the diary know it.
_DIARY_WEEKS = """
    with weeks as (
        select
            period_start as week_start_date,
            bool_and(delivered_day_count >= 7 and quality_state not in ('NOT_AVAILABLE', 'DISRUPTED')) as is_whole
        from metrics.kpi_results
        where kpi_id = 'diary_domestic_abuse' and period_type = 'week' and scope_type = 'force'
        group by period_start
    )
"""
_WHOLE = "coalesce(any_value(weeks.is_whole), false)"
_MEASURES = {
    "da_diary_share": _DIARY_WEEKS + _BOOKED.format(name="da_diary_share", diary="=", whole=_WHOLE),
    "other_diary_share": _DIARY_WEEKS + _BOOKED.format(name="other_diary_share", diary="<>", whole=_WHOLE),
    # Incidents counted at every full hour are hours waited; of domestic abuse they are not others.
    "other_unresourced_hours": """
        with waited as (
            select
                hourly.area_code, dates.week_start_date,
                sum(hourly.incident_count - hourly.domestic_abuse_count) as hours_waited,
                bool_or(hourly.is_estimated) as is_estimated
            from marts.fct_unresourced_hourly as hourly
            inner join marts.dim_dates as dates on hourly.hour_at_local::date = dates.local_date
            where hourly.kind = 'LIVE'
            group by all
        ),
        created as (
            select incidents.area_code, dates.week_start_date, count(*) as incident_count
            from marts.fct_incidents as incidents
            inner join marts.dim_dates as dates on incidents.created_date = dates.local_date
            where not incidents.is_domestic_abuse and not incidents.is_duplicate and not incidents.is_admin
            group by all
        ),
        weeks as (
            select period_start as week_start_date,
                bool_and(complete_day_count >= 7 and quality_state not in ('NOT_AVAILABLE', 'DISRUPTED')) as is_whole
            from metrics.kpi_results
            where kpi_id = 'unresourced_daily_average' and period_type = 'week' and scope_type = 'force'
            group by period_start
        )
        select
            'other_unresourced_hours', waited.area_code, waited.week_start_date,
            waited.hours_waited / created.incident_count, created.incident_count, created.incident_count,
            created.incident_count, null, coalesce(weeks.is_whole, false) and not waited.is_estimated
        from waited
        inner join created
            on waited.area_code = created.area_code and waited.week_start_date = created.week_start_date
        left join weeks on waited.week_start_date = weeks.week_start_date
        order by all
    """,
}


def _analyse_pilots(read: Mapping[str, Facts], design: Design) -> Rows:
    from orchestration.analysis import pilot

    units: dict[str, tuple[str, str | None]] = {kpi: (unit, better) for kpi, unit, better in read["register"]}
    units |= {name: ("hours" if "hours" in name else "ratio", None) for name in _BUILT_IN}
    taking_part: dict[str, list[pilot.TakingPart]] = {}
    for name, area, starts_on, ends_on in read["pilots"]:
        taking_part.setdefault(name, []).append(pilot.TakingPart(area, starts_on, ends_on))
    found = pilot.judge(
        pilot.Facts(
            cells=[_cell(row, units) for row in (*read["figures"], *read["measures"]) if row[4]],
            pilots=taking_part,
            areas=read["areas"],
            units=units,
            small_number=int(read["small"][0][0]),
        ),
        design.pilots,
    )
    return {
        "metrics.pilot_effects": found.effects,
        "metrics.pilot_permutations": found.permutations,
        "metrics.pilot_weeks": found.weeks,
        "metrics.pilot_checks": found.checks,
    }


def _cell(row: tuple[Any, ...], units: Mapping[str, tuple[str, str | None]]) -> Any:
    from orchestration.analysis.pilot import Cell

    measure, area, week, value, weight, measured, eligible, count, is_whole = row
    is_share = units.get(measure, ("", None))[0] == "ratio"
    return Cell(
        measure=measure,
        area=area,
        week=week,
        value=float(value),
        weight=float(weight),
        measured=float(measured or 0),
        eligible=float(eligible or 0),
        count=float(count) if is_share and count is not None else None,
        is_whole=bool(is_whole),
    )


def _pilots_failed(error: str) -> Rows:
    row = {"pilot": "UNKNOWN", "status": "ERROR", "reason": f"could not be computed ({error})", "is_main": False}
    return {"metrics.pilot_effects": [row]}


# --- what went with what ------------------------------------------------------------------------------------------

_USED_WEEKS = "('OK', 'ESTIMATED', 'LATE', 'DISRUPTED')"


def _read_associations(con: duckdb.DuckDBPyConnection, design: Design) -> Mapping[str, Facts]:
    asked = design.associations
    if asked is None:
        return {}
    wanted = sorted({*asked.performance, *asked.factors})
    figures = con.execute(
        f"""
        select period_type, kpi_id, period_start, value
        from metrics.kpi_results
        where period_type in ('week', 'month') and scope_type = 'force' and list_contains(?, kpi_id)
            and value is not null and quality_state in {_USED_WEEKS}
        order by all
        """,
        [wanted],
    ).fetchall()
    staffed = con.execute(
        """
        select dates.week_start_date, sum(intervals.staffed_seconds)::bigint / 3600
        from marts.fct_agent_intervals as intervals
        inner join marts.dim_dates as dates on intervals.interval_date = dates.local_date
        group by 1 having count(distinct intervals.interval_date) = 7 order by 1
        """
    ).fetchall()
    outages = con.execute(
        """
        with weeks as (
            select week_start_date, min(starts_at) as starts_at, max(ends_at) as ends_at
            from marts.dim_dates group by 1
        )
        select weeks.week_start_date, coalesce(sum(date_diff('second',
            greatest(disruptions.started_at, weeks.starts_at), least(disruptions.ended_at, weeks.ends_at))), 0) / 3600
        from weeks left join marts.fct_disruptions as disruptions
            on disruptions.started_at < weeks.ends_at
            and (disruptions.ended_at > weeks.starts_at or disruptions.ended_at is null)
        group by 1 order by 1
        """
    ).fetchall()
    workforce = con.execute(
        """
        select
            month_date,
            sum(case when strength_fte is not null then establishment_fte - strength_fte end)
                / nullif(sum(case when strength_fte is not null then establishment_fte end), 0),
            sum(case when strength_fte is not null then abstracted_fte end)
                / nullif(sum(case when abstracted_fte is not null then strength_fte end), 0)
        from marts.fct_workforce where unit = ? group by 1 order by 1
        """,
        [asked.unit],
    ).fetchall()
    labels = con.execute(
        "select kpi_id, any_value(label order by label) from metrics.kpi_register "
        "where list_contains(?, kpi_id) group by 1 order by 1",
        [wanted],
    ).fetchall()
    return {"figures": figures, "staffed": staffed, "outages": outages, "workforce": workforce, "labels": labels}


_LABELS = {
    "staffed_hours": "staffed hours of call takers",
    "disruption_hours": "hours of disruption",
    "vacancy": "the share of posts vacant",
    "abstraction": "the share of staff abstracted",
}


def _analyse_associations(read: Mapping[str, Facts], design: Design) -> Rows:
    from orchestration.analysis.associations import associate

    if design.associations is None:
        return {}
    series: dict[str, dict[str, dict[date, float]]] = {"week": {}, "month": {}}
    for grain, kpi, start, value in read["figures"]:
        series[grain].setdefault(kpi, {})[start] = float(value)
    weekly, by_month = series["week"], series["month"]
    weekly["staffed_hours"] = {week: float(hours) for week, hours in read["staffed"]}
    weekly["disruption_hours"] = {week: float(hours) for week, hours in read["outages"]}
    monthly = {
        "vacancy": {month: float(share) for month, share, _ in read["workforce"] if share is not None},
        "abstraction": {month: float(share) for month, _, share in read["workforce"] if share is not None},
    }
    labels = {**_LABELS, **dict(read["labels"])}
    rows = associate(weekly, monthly, by_month, labels, design.associations)
    return {"metrics.factor_associations": rows}


def _associations_failed(error: str) -> Rows:
    row = {"kind": "ASSOCIATION", "status": "ERROR", "reason": f"could not be computed ({error})"}
    return {"metrics.factor_associations": [row]}


# --- capacity -----------------------------------------------------------------------------------------------------

_HALF_HOUR = "(extract(hour from {at}) * 2 + extract(minute from {at}) // 30)::integer"


def _read_capacity(con: duckdb.DuckDBPyConnection, design: Design) -> Mapping[str, Facts]:
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


def _observed(read: Mapping[str, Facts]) -> Any:
    """The half-hours as arrays, a week from its Monday."""
    import numpy as np

    from orchestration.analysis.capacity import CannotSay, Observed

    staff = read["staff"]
    if not staff:
        raise CannotSay("no day has staffed time in every half-hour and calls without a disruption")
    place = {(day, half): at for at, (day, half, _) in enumerate(staff)}
    weeks = sorted({_monday(day) for day, _, _ in staff})
    number = {week: at for at, week in enumerate(weeks)}
    pairs = np.zeros((7, 2, len(staff)))
    for fields, facts in (((0, 1, 2, 3, 4), read["queues"]), ((5, 6), read["calls"])):
        for day, half, line, *values in facts:
            if (at := place.get((day, half))) is not None:
                pairs[list(fields), line, at] = [value or 0 for value in values]
    offered, left, waited, taken, handled, answered, within = pairs
    rings = read["rings"]
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
        redialled_ratio=float(read["redials"][0][0]),
        weeks=tuple(weeks),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _analyse_capacity(read: Mapping[str, Facts], design: Design) -> Rows:
    from orchestration.analysis import capacity

    asked = design.capacity
    if asked is None:
        return {}
    targets: dict[str, float] = dict(read["targets"])  # the newest of each stands last
    lines = (asked.room.first, asked.room.second)
    wanted = [targets.get(line.kpi) for line in lines]
    try:
        seen = _observed(read)
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
        "metrics.capacity_scenarios": _scenarios(read, model, seen, asked, wanted[1]),
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


def _scenarios(
    read: Mapping[str, Facts], model: Any, seen: Any, asked: Capacity, target: float | None
) -> list[dict[str, Any]]:
    from orchestration.analysis import capacity

    staff = [capacity.Staff(*row) for row in read["workforce"]]
    seasons = capacity.season({(year, month): (a, b) for year, month, a, b in read["months"]})
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


def _capacity_failed(error: str) -> Rows:
    said = {"status": "ERROR", "reason": f"could not be computed ({error})"}
    names = ("capacity_half_hours", "capacity_accuracy", "capacity_scenarios")
    return {f"metrics.{name}": [said] for name in names}


PARTS: tuple[Part, ...] = (
    Part(
        "pilots",
        ("metrics.pilot_effects", "metrics.pilot_permutations", "metrics.pilot_weeks", "metrics.pilot_checks"),
        _read_pilots,
        _analyse_pilots,
        _pilots_failed,
    ),
    Part(
        "associations",
        ("metrics.factor_associations",),
        _read_associations,
        _analyse_associations,
        _associations_failed,
    ),
    Part(
        "capacity",
        ("metrics.capacity_half_hours", "metrics.capacity_accuracy", "metrics.capacity_scenarios"),
        _read_capacity,
        _analyse_capacity,
        _capacity_failed,
    ),
)
