"""Pilots: the figures by area and week that effects are estimated from, and the rows that say what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from orchestration.analysis.design import Design
from orchestration.analysis.parts.part import Facts, Part, Rows

_BUILT_IN = ("da_diary_share", "other_diary_share", "other_unresourced_hours")


def read_pilots(con: duckdb.DuckDBPyConnection, design: Design) -> Mapping[str, Facts]:
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


def analyse_pilots(facts: Mapping[str, Facts], design: Design) -> Rows:
    from orchestration.analysis import pilot

    units: dict[str, tuple[str, str | None]] = {kpi: (unit, better) for kpi, unit, better in facts["register"]}
    units |= {name: ("hours" if "hours" in name else "ratio", None) for name in _BUILT_IN}
    taking_part: dict[str, list[pilot.TakingPart]] = {}
    for name, area, starts_on, ends_on in facts["pilots"]:
        taking_part.setdefault(name, []).append(pilot.TakingPart(area, starts_on, ends_on))
    found = pilot.judge(
        pilot.Facts(
            cells=[_cell(row, units) for row in (*facts["figures"], *facts["measures"]) if row[4]],
            pilots=taking_part,
            areas=facts["areas"],
            units=units,
            small_number=int(facts["small"][0][0]),
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


def pilots_failed(error: str) -> Rows:
    row = {"pilot": "UNKNOWN", "status": "ERROR", "reason": f"could not be computed ({error})", "is_main": False}
    return {"metrics.pilot_effects": [row]}


PART = Part(
    "pilots",
    ("metrics.pilot_effects", "metrics.pilot_permutations", "metrics.pilot_weeks", "metrics.pilot_checks"),
    read_pilots,
    analyse_pilots,
    pilots_failed,
)
