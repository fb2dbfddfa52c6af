"""Forecasts: days of the figures that forecast.yaml names, and rows of what is ahead, how sure that is, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from orchestration.analysis.design import Design
from orchestration.analysis.forecasting import Forecasting
from orchestration.analysis.parts.part import Facts, Part, Rows

_TABLES = ("metrics.kpi_forecasts", "metrics.forecast_accuracy", "metrics.kpi_trajectories")


def read_forecasts(con: duckdb.DuckDBPyConnection, design: Design) -> Mapping[str, Facts]:
    asked = design.forecasts
    if asked is None:
        return {}
    con.execute(
        "create or replace temp table forecast_measures (kpi_id varchar, scope_type varchar, scope_code varchar)"
    )
    con.executemany(
        "insert into forecast_measures values (?, ?, ?)",
        [[each.kpi, each.scope_type, each.scope_code] for each in asked.measures],
    )
    # Whole weeks up to the newest that is over: so it is worked out once a week, and when a day of them is corrected.
    days = con.execute(
        """
        with found as (
            select
                *,
                date_trunc(
                    'week', max(period_start) over (partition by kpi_id, scope_type, scope_code) + 1
                )::date as ends_on
            from metrics.kpi_results
            semi join forecast_measures using (kpi_id, scope_type, scope_code)
            where period_type = 'day'
        )
        select
            kpi_id, scope_type, scope_code, period_start, numerator, denominator, value,
            quality_state in ('OK', 'ESTIMATED', 'LATE') and value is not null
        from found
        where period_start < ends_on and period_start >= ends_on - 7 * ?::integer
        order by all
        """,
        [asked.weeks],
    ).fetchall()
    return {
        "days": days,
        "holidays": con.execute("select local_date from marts.dim_dates where is_bank_holiday order by 1").fetchall(),
        "register": con.execute(
            "select kpi_id, any_value(better order by better) from metrics.kpi_register "
            "semi join forecast_measures using (kpi_id) group by 1 order by 1"
        ).fetchall(),
        # The newest, also one that begins later: what the question is about.
        "targets": con.execute(
            "select kpi_id, target from marts.dim_targets semi join forecast_measures using (kpi_id) "
            "where target is not null order by valid_from, kpi_id"
        ).fetchall(),
    }


def analyse_forecasts(facts: Mapping[str, Facts], design: Design) -> Rows:
    from orchestration.analysis import forecast

    asked = design.forecasts
    if asked is None:
        return {}
    better: dict[str, str | None] = dict(facts["register"])
    targets: dict[str, float] = dict(facts["targets"])  # the newest stands last
    holidays = {day for (day,) in facts["holidays"]}
    rows: dict[str, list[Mapping[str, Any]]] = {name: [] for name in _TABLES}
    for measure in asked.measures:
        scope = (measure.kpi, measure.scope_type, measure.scope_code)
        about = dict(zip(("kpi_id", "scope_type", "scope_code"), scope, strict=True))
        target, direction = targets.get(measure.kpi), better.get(measure.kpi)
        try:
            if measure.kpi not in better:
                raise forecast.CannotSay("metrics.kpi_register has no such indicator: mend analysis/forecast.yaml")
            days = forecast.days_of(
                [row[3:] for row in facts["days"] if row[:3] == scope],
                holidays,
                kind=measure.kind,
                weeks=asked.weeks,
            )
            found = forecast.outlook(days, asked)
        except forecast.CannotSay as why:
            for table in _TABLES:
                rows[table].append({**about, "status": "NOT_AVAILABLE", "reason": str(why)})
            continue
        _tell(rows, about, found, asked, (target, direction))
    return rows


def _tell(
    rows: dict[str, list[Mapping[str, Any]]],
    about: Mapping[str, Any],
    found: Any,
    asked: Forecasting,
    aim: tuple[float | None, str | None],
) -> None:
    from orchestration.analysis import forecast

    said = {
        **about,
        "made_from": found.made_from,
        "status": "PARTIAL" if found.caveats else "OK",
        "reason": "; ".join(found.caveats) or None,
    }
    rows["metrics.kpi_forecasts"] += [
        {
            **said,
            "period_type": "week",
            "period_start": each.week,
            "horizon_weeks": each.horizon,
            "model": found.model,
            "value": each.value,
            **_edges(each.interval),
        }
        for each in found.ahead
    ]
    rows["metrics.forecast_accuracy"] += [
        {
            **about,
            "model": each.model,
            "origins_count": each.origins_count,
            "horizon_weeks": asked.horizon_weeks,
            "mae": each.mean_error,
            "mase": each.scaled_error,
            "naive_mae": each.naive_error,
            "seasonal_naive_mae": each.seasonal_naive_error,
            "beats_naive": _beats(each.mean_error, each.naive_error, is_itself=each.model == forecast.NAIVE),
            "beats_seasonal_naive": _beats(
                each.mean_error, each.seasonal_naive_error, is_itself=each.model == forecast.SEASONAL_NAIVE
            ),
            "coverage_80": each.coverage.get(0.8),
            "coverage_95": each.coverage.get(0.95),
            "is_used": each.is_used,
            "status": "OK",
        }
        for each in found.accuracy
    ]
    rows["metrics.kpi_trajectories"].append({**said, **_trajectory(found, asked, *aim)})


def _beats(error: float, other: float | None, *, is_itself: bool) -> bool | None:
    return None if is_itself or other is None else error < other


def _trajectory(found: Any, asked: Forecasting, target: float | None, better: str | None) -> dict[str, Any]:
    from orchestration.analysis import forecast

    low, high = found.trend_interval
    told: dict[str, Any] = {
        "model": found.model,
        "standing_value": found.standing,
        "standing_weeks": asked.standing_weeks,
        "trend_per_week": found.trend,
        "trend_lower_95": low,
        "trend_upper_95": high,
        "horizon_on": found.ahead[-1].week,
        "target": target,
    }
    if target is None or better not in {"higher", "lower"}:
        why = "marts.dim_targets has no target of it" if target is None else "neither more nor less of it is better"
        return told | {"status": "NOT_AVAILABLE", "reason": f"no date: {why}"}
    when = forecast.reached(found, target, better)
    if when.on is None:
        why = f"as it now runs the target is not met within {asked.horizon_weeks} weeks"
        told["reason"] = "; ".join([why, *found.caveats])
    return told | {
        "is_met_now": when.is_met_now,
        "reaches_on": when.on,
        "reaches_early": when.early,
        "reaches_late": when.late,
    }


def _edges(interval: Mapping[float, tuple[float, float]]) -> dict[str, float]:
    return {
        f"{side}_{round(level * 100)}": ends[at]
        for level, ends in interval.items()
        for at, side in enumerate(("lower", "upper"))
    }


def forecasts_failed(error: str) -> Rows:
    return {name: [{"status": "ERROR", "reason": f"could not be computed ({error})"}] for name in _TABLES}


PART = Part("forecasts", _TABLES, read_forecasts, analyse_forecasts, forecasts_failed)
