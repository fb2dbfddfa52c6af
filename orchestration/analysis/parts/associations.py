"""What went with what: weekly figures of performance and of what is laid beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb

from orchestration.analysis.design import Design
from orchestration.analysis.parts.part import Facts, Part, Rows

_USED_WEEKS = "('OK', 'ESTIMATED', 'LATE', 'DISRUPTED')"


def read_associations(con: duckdb.DuckDBPyConnection, design: Design) -> Mapping[str, Facts]:
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


def analyse_associations(facts: Mapping[str, Facts], design: Design) -> Rows:
    from orchestration.analysis.associations import associate

    if design.associations is None:
        return {}
    series: dict[str, dict[str, dict[date, float]]] = {"week": {}, "month": {}}
    for grain, kpi, start, value in facts["figures"]:
        series[grain].setdefault(kpi, {})[start] = float(value)
    weekly, by_month = series["week"], series["month"]
    weekly["staffed_hours"] = {week: float(hours) for week, hours in facts["staffed"]}
    weekly["disruption_hours"] = {week: float(hours) for week, hours in facts["outages"]}
    monthly = {
        "vacancy": {month: float(share) for month, share, _ in facts["workforce"] if share is not None},
        "abstraction": {month: float(share) for month, _, share in facts["workforce"] if share is not None},
    }
    labels = {**_LABELS, **dict(facts["labels"])}
    rows = associate(weekly, monthly, by_month, labels, design.associations)
    return {"metrics.factor_associations": rows}


def associations_failed(error: str) -> Rows:
    row = {"kind": "ASSOCIATION", "status": "ERROR", "reason": f"could not be computed ({error})"}
    return {"metrics.factor_associations": [row]}


PART = Part(
    "associations",
    ("metrics.factor_associations",),
    read_associations,
    analyse_associations,
    associations_failed,
)
