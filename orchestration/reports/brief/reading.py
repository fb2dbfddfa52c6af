"""What a briefing shows, read from the views that are made for it (reports.brief_*) and a few published tables.

What belongs here: one query for each list, of one kind of briefing, one period and one edition. Not here: arithmetic;
whatever a briefing says in figures stands in a view.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

import duckdb

from orchestration.errors import EnvironmentProblem, UsageProblem

Row = dict[str, Any]
Kind = Literal["daily", "weekly", "monthly", "quarterly"]
Edition = Literal["internal", "public"]
Measure = tuple[str, str, str]  # kpi_id, scope_type, scope_code
KINDS: tuple[Kind, ...] = ("daily", "weekly", "monthly", "quarterly")
EDITIONS: tuple[Edition, ...] = ("internal", "public")
_WEEKS_DRAWN = 104  # of a control chart
_DAYS_BEFORE = 27  # of the stock by day, beside the period's own

# $brief, $first, $last (the period), $reached (its newest delivered day), $week (Monday of the charts).
_QUERIES = {
    "generations": """
        select generation, published_at, content_hash, code_version, deliveries_count
        from quality.generations order by generation desc limit 1
    """,
    "figures": """
        select * from reports.brief_figures where brief = $brief and period_start = $first
        order by section, place, scope_code = 'UNKNOWN', scope_label, scope_code
    """,
    "measures": """
        select * from reports.brief_measures where period_start = $week
        order by kpi_id, scope_type, scope_code
    """,
    # Charts are drawn of what is asked for by name; of every area, grade or team there is a sentence.
    "signals": f"""
        select signals.*
        from reports.brief_signals as signals
        inner join
            (
                select distinct kpi_id, scope_type, scope_code from marts.dim_briefing_measures
                where brief = $brief and scope_code <> '*'
            ) as asked
            on signals.kpi_id = asked.kpi_id
            and signals.scope_type = asked.scope_type
            and signals.scope_code = asked.scope_code
        where signals.period_start <= $week and signals.period_start > $week::date - {7 * _WEEKS_DRAWN}
        order by signals.kpi_id, signals.scope_type, signals.scope_code, signals.period_start
    """,
    "years": """
        select years.*
        from reports.brief_years as years
        inner join
            (
                select distinct kpi_id, scope_type, scope_code from marts.dim_briefing_measures where brief = $brief
            ) as asked
            on years.kpi_id = asked.kpi_id
            and years.scope_type = asked.scope_type
            and years.scope_code = asked.scope_code
        where years.period_start <= $first
        order by years.kpi_id, years.scope_type, years.scope_code, years.period_start
    """,
    "trajectories": "select * from reports.brief_trajectories order by kind, reaches_on nulls last, name",
    "forecasts": """
        select * from metrics.kpi_forecasts where value is not null
        order by kpi_id, scope_type, scope_code, period_start
    """,
    "accuracy": """
        select accuracy.*, register.label, register.unit
        from metrics.forecast_accuracy as accuracy
        left join
            (
                select kpi_id, max(label) as label, max(unit) as unit from metrics.kpi_register group by kpi_id
            ) as register
            on accuracy.kpi_id = register.kpi_id
        where accuracy.kpi_id is not null
        order by accuracy.kpi_id, accuracy.scope_type, accuracy.scope_code, accuracy.is_used desc, accuracy.mae
    """,
    "unresourced": """
        select * from reports.brief_unresourced
        where period_type = $period_type and period_start = $first
        order by kind <> 'ALL', kind <> 'LIVE', kind, area_code <> 'FORCE', area_code, grade <> 'ALL', grade
    """,
    "unresourced_by_day": f"""
        select * from reports.brief_unresourced
        where period_type = 'day' and kind = 'LIVE' and area_code = 'FORCE' and grade = 'ALL'
            and period_start > least($first::date, $reached::date - {_DAYS_BEFORE}) - 1 and period_start <= $reached
        order by period_start
    """,
    "waiting": """
        select waiting.*, areas.area_label, grades.grade_label
        from reports.brief_waiting as waiting
        left join (select area_code, max(area_label) as area_label from marts.dim_areas group by area_code) as areas
            on waiting.area_code = areas.area_code
        left join
            (select grade_code, max(grade_label) as grade_label from marts.dim_grades group by grade_code) as grades
            on waiting.grade = grades.grade_code
        where waiting.local_date = $reached
        order by
            waiting.kind <> 'LIVE', waiting.kind, waiting.area_code <> 'FORCE', waiting.area_code,
            waiting.grade <> 'ALL', waiting.grade, waiting.age_band <> 'ALL', waiting.age_band
    """,
    "diary": """
        select * from reports.brief_diary where local_date = $reached
        order by which desc, diary_code <> 'ALL', diary_code
    """,
    "disruptions": """
        select * from reports.brief_disruptions where brief = $brief and period_start = $first
        order by started_at, disruption_key, line <> 'ALL', line
    """,
    "coverage": "select * from reports.brief_coverage where brief = $brief and period_start = $first order by export",
    "findings": """
        select * from reports.brief_findings where brief = $brief
        order by is_open desc, list_position(['ERROR', 'FAIL', 'WARN'], status), measures_count desc, rule_id
    """,
    "definitions": """
        select distinct on (kpi_id)
            kpi_id, label, definition, formula, unit, better, owner, inputs, limits, definition_version
        from metrics.kpi_register
        where kpi_id in (select kpi_id from marts.dim_briefing_measures where brief = $brief)
        order by kpi_id, since desc nulls last
    """,
    "demand": """
        select * from reports.demand_ledger
        where period_type = $period_type and period_start = $first
        order by channel_kind, channel_code
    """,
    "pilot_effects": """
        select effects.*, register.label
        from metrics.pilot_effects as effects
        left join (select kpi_id, max(label) as label from metrics.kpi_register group by kpi_id) as register
            on effects.outcome = register.kpi_id
        where effects.is_main
        order by effects.pilot, effects.is_main_outcome desc, effects.outcome
    """,
    "pilot_weeks": """
        select weeks.*
        from metrics.pilot_weeks as weeks
        inner join metrics.pilot_effects as effects
            on weeks.pilot = effects.pilot and weeks.outcome = effects.outcome and weeks.comparison = effects.comparison
        where effects.is_main and weeks.week_start_date <= $last
        order by weeks.pilot, weeks.outcome, weeks.week_start_date
    """,
    "pilot_permutations": """
        select permutations.*
        from metrics.pilot_permutations as permutations
        inner join metrics.pilot_effects as effects
            on permutations.pilot = effects.pilot
            and permutations.outcome = effects.outcome
            and permutations.comparison = effects.comparison
        where effects.is_main
        order by permutations.pilot, permutations.outcome, permutations.rank
    """,
    "pilot_checks": "select * from metrics.pilot_checks order by pilot, outcome, check_type, subject",
    "associations": """
        select * from metrics.factor_associations
        order by performance, p_value_adjusted nulls last, factor
    """,
    "scenarios": "select * from metrics.capacity_scenarios order by scenario, month",
    "half_hours": "select * from metrics.capacity_half_hours order by line, weekday, half_hour",
}

# What a kind of briefing does not speak of is not read.
_NOT_OF: dict[str, tuple[Kind, ...]] = {
    "years": ("daily", "weekly"),
    "diary": ("weekly", "monthly", "quarterly"),
    "demand": ("daily",),
    "pilot_effects": ("daily",),
    "pilot_weeks": ("daily",),
    "pilot_permutations": ("daily",),
    "pilot_checks": ("daily",),
    "associations": ("daily", "weekly"),
    "trajectories": ("daily",),
    "forecasts": ("daily",),
    "accuracy": ("daily", "weekly"),
    "scenarios": ("daily", "weekly"),
    "half_hours": ("daily", "weekly"),
}


@dataclass(frozen=True)
class Read:
    """Every list that a briefing shows, in the order that it is shown in."""

    kind: Kind
    edition: Edition
    period: Row
    generations: list[Row]
    figures: list[Row]
    measures: list[Row]
    signals: list[Row]
    years: list[Row]
    trajectories: list[Row]
    forecasts: list[Row]
    accuracy: list[Row]
    unresourced: list[Row]
    unresourced_by_day: list[Row]
    waiting: list[Row]
    diary: list[Row]
    disruptions: list[Row]
    coverage: list[Row]
    findings: list[Row]
    definitions: list[Row]
    demand: list[Row]
    pilot_effects: list[Row]
    pilot_weeks: list[Row]
    pilot_permutations: list[Row]
    pilot_checks: list[Row]
    associations: list[Row]
    scenarios: list[Row]
    half_hours: list[Row]

    @property
    def generation(self) -> Row:
        return self.generations[0]

    @cached_property
    def first_page(self) -> list[Row]:
        return [row for row in self.figures if row["is_first_page"]]

    @cached_property
    def figures_of(self) -> dict[str, list[Row]]:
        """Figures by section."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.figures:
            found[row["section"]].append(row)
        return dict(found)

    @cached_property
    def measure_of(self) -> dict[Measure, Row]:
        """What a sentence on a measure needs, of the week whose charts stand in the briefing."""
        return {_measure(row): row for row in self.measures}

    @cached_property
    def chart_of(self) -> dict[Measure, list[Row]]:
        """The weeks of a measure's control chart."""
        found: dict[Measure, list[Row]] = defaultdict(list)
        for row in self.signals:
            found[_measure(row)].append(row)
        return dict(found)

    @cached_property
    def forecast_of(self) -> dict[Measure, list[Row]]:
        """The weeks ahead of a measure."""
        found: dict[Measure, list[Row]] = defaultdict(list)
        for row in self.forecasts:
            found[_measure(row)].append(row)
        return dict(found)

    @cached_property
    def definition_of(self) -> dict[str, Row]:
        return {row["kpi_id"]: row for row in self.definitions}


def read(
    con: duckdb.DuckDBPyConnection, kind: Kind, first_day: date | None = None, edition: Edition = "internal"
) -> Read | None:
    """Everything that a briefing shows of the period that holds a day, from a connection to a published generation.

    Without a day it is the newest period that is over. None where nothing was delivered yet, so that no period can be
    asked for. Raises UsageProblem when the day lies outside what was delivered, and EnvironmentProblem when the
    generation is older than the views that are read.
    """
    con.execute("set TimeZone = 'UTC'")
    try:
        period = _period(con, kind, first_day)
        if period is None:
            return None
        given = {
            "brief": kind,
            "period_type": period["period_type"],
            "first": period["period_start"],
            "last": period["period_end"],
            "reached": period["reached_on"],
            "week": period["standing_week_start"],
        }
        lists = {
            name: [] if kind in _NOT_OF.get(name, ()) else _rows(con, sql, given) for name, sql in _QUERIES.items()
        }
    except duckdb.CatalogException as error:
        missing = str(error).splitlines()[0]
        raise EnvironmentProblem(
            f"The published generation is older than the briefings and lacks what they read ({missing}). "
            "`occ run` with today's code publishes anew."
        ) from None
    return Read(kind=kind, edition=edition, period=period, **lists)


def _period(con: duckdb.DuckDBPyConnection, kind: Kind, asked: date | None) -> Row | None:
    """The period that holds the day; without a day the one to show unasked."""
    periods = _rows(
        con, "select * from reports.brief_periods where brief = $brief order by period_start", {"brief": kind}
    )
    if not periods:
        return None
    if asked is None:
        return next(period for period in periods if period["is_default"])
    for period in periods:
        if period["period_start"] <= asked <= period["period_end"]:
            return period
    first, last = periods[0]["period_start"], periods[-1]["period_end"]
    raise UsageProblem(
        f"There is no {kind} briefing of {asked}: the periods with deliveries in them reach from {first} to {last}. "
        "Name a day in one."
    )


def _rows(con: duckdb.DuckDBPyConnection, sql: str, given: dict[str, Any]) -> list[Row]:
    """The query's rows; of what is given it takes what it names."""
    cursor = con.execute(sql, {name: value for name, value in given.items() if f"${name}" in sql})
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _measure(row: Row) -> Measure:
    return row["kpi_id"], row["scope_type"], row["scope_code"]
