"""The step of a run that analyses: reads figures from the build database, fills the tables of `tables.py`.

An analysis is done again when its figures, its design or its code changed, and stands as it was else. One that fails
says so in its tables and stops nothing: publishing goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.analysis import tables
from orchestration.analysis.design import Design, read_design
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
)
