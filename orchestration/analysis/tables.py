"""The tables that analyses are published as: names, columns, and what they say of themselves. The one place for that.

No figure is computed here. A table stands in schema `metrics` of the build database, from where it goes out.
"""

# ruff: noqa: E501  (descriptions are sentences; a column stands in one place)
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

SIGNIFICANT_DIGITS = 9  # what two machines agree on


@dataclass(frozen=True)
class Table:
    """A published table: what it is, and its columns as name to type and description.

    `meta` says what a model's yml says there: to which audiences it goes, which is none where it says nothing.
    """

    description: str
    columns: Mapping[str, tuple[str, str]]
    meta: Mapping[str, Any] = field(default_factory=dict)


_STATUS = {
    "status": (
        "varchar",
        "OK; PARTIAL where something lacks or a figure may mislead; NOT_AVAILABLE where nothing can be said; ERROR.",
    ),
    "reason": ("varchar", "Why it is not OK, or what to bear in mind, in words; null where there is nothing to add."),
}
_ESTIMATE = {
    "effect": (
        "double",
        "Estimated effect, in the outcome's unit: shares as parts of one (0.05 is five percentage points), times in seconds.",
    ),
    "lower_90": (
        "double",
        "Lower end of the interval at the level of the design (90 %); null where the data do not bound it.",
    ),
    "upper_90": ("double", "Upper end of the same."),
    "p_value": ("double", "Chance of an effect at least as far from none, were there none, as the method sees it."),
}

_FIGURE = {
    "kpi_id": ("varchar", "Indicator, as in metrics.kpi_register."),
    "scope_type": ("varchar", "force, line and so on, as in metrics.kpi_results."),
    "scope_code": ("varchar", "FORCE, or the code of the scope."),
}

# To audiences without the indicators that are restricted; to those of an area its own scopes (as metrics.kpi_results).
_OF_ALL = {"restricted": False}
_OF_INDICATORS = {
    "restricted": False,
    "audience_where": "kpi_id not in ({restricted_indicators}) and scope_type not in ('team', 'diary')",
    "area_where": "scope_type = 'area' and scope_code in ({areas}) or scope_type = 'area_urban' and split_part(scope_code, '/', 1) in ({areas}) or scope_type = 'force' and {force_figures}",
}
_RESTRICTED = {"restricted": True}

TABLES: dict[str, Table] = {
    "metrics.pilot_effects": Table(
        "One row per pilot, outcome, comparison and method: what the pilot changed, as a difference of differences, and how "
        "far that can be trusted. Read the rows with is_main first; the smallest effect that could have been seen is in "
        "minimum_detectable. Not a proof of cause: areas were not drawn by lot. See docs/pilot.md.",
        {
            "pilot": ("varchar", "Pilot, as in marts.dim_pilots."),
            "outcome": ("varchar", "Indicator, as in metrics.kpi_register."),
            "comparison": (
                "varchar",
                "TRIPLE: against other areas, earlier weeks and the same weeks a year before. PLAIN: without the year before.",
            ),
            "method": (
                "varchar",
                "AREA_CHANGES: t on one change per area. PERMUTATION: against every other choice of areas. WILD_BOOTSTRAP: restricted, Webb's weights. AREA_ROBUST: errors robust to areas, as packages print them.",
            ),
            "is_main_outcome": ("boolean", "Whether the design names the outcome as the main one."),
            "is_main": ("boolean", "Whether this comparison and method are the ones to report for the outcome."),
            "unit": ("varchar", "Unit of the outcome: ratio or seconds."),
            "better": ("varchar", "higher or lower: which direction is better."),
            **_ESTIMATE,
            "lowest_p_value": (
                "double",
                "The method's p cannot go under this whatever the data; null where no such floor is known.",
            ),
            "standard_error": ("double", "Standard error as the method has it; null for PERMUTATION."),
            "minimum_detectable": (
                "double",
                "Smallest effect that the design would find with its power, worked out from the time before alone.",
            ),
            "pilot_before": ("double", "Value of the pilot areas before, weighted by incidents."),
            "pilot_during": ("double", "The same in the pilot's weeks."),
            "other_before": ("double", "Value of the other areas before."),
            "other_during": ("double", "The same in the pilot's weeks."),
            "pilot_incident_count": ("bigint", "Measured incidents of the pilot areas in the pilot's weeks."),
            "other_incident_count": ("bigint", "Measured incidents of the other areas in the pilot's weeks."),
            "pilot_areas_count": ("integer", "Areas that took part."),
            "areas_count": ("integer", "All areas compared."),
            "weeks_before_count": ("integer", "Weeks before that could be used."),
            "weeks_during_count": ("integer", "Weeks of the pilot that could be used."),
            "coverage_ratio": (
                "double",
                "Lowest share of incidents measured among pilot and other areas, before and during.",
            ),
            "design_digest": ("varchar", "Tells the design that was used: it changes when analysis/pilot.yaml does."),
            "design_fixed_on": ("date", "When the design says it was fixed."),
            **_STATUS,
        },
        _RESTRICTED,
    ),
    "metrics.pilot_permutations": Table(
        "One row per pilot, outcome, comparison and choice of as many areas as took part: the effect one would have found "
        "had these been the pilot's. With 2 of 5 areas there are ten, so no p under 0.1 is possible.",
        {
            "pilot": ("varchar", "Pilot."),
            "outcome": ("varchar", "Indicator."),
            "comparison": ("varchar", "TRIPLE or PLAIN (see pilot_effects)."),
            "areas": ("varchar", "Chosen areas, by code, parted by |."),
            "is_actual": ("boolean", "Whether these areas really took part."),
            "effect": ("double", "What the comparison gives for them."),
            "rank": ("integer", "Place by size, the effect farthest from none first."),
            "assignments_count": ("integer", "How many choices there are."),
            "lowest_p_value": ("double", "One over that: the lowest p that this test can give."),
        },
        _RESTRICTED,
    ),
    "metrics.pilot_weeks": Table(
        "One row per pilot, outcome and week: the event study. The difference between pilot and other areas in that week, "
        "less that of the (other) weeks before. Weeks before show whether the areas ran alike.",
        {
            "pilot": ("varchar", "Pilot."),
            "outcome": ("varchar", "Indicator."),
            "comparison": ("varchar", "TRIPLE or PLAIN (see pilot_effects)."),
            "week_start_date": ("date", "Monday of the week."),
            "week_number": ("integer", "Weeks since the pilot began: 0 is its first, -1 the last before."),
            "phase": ("varchar", "before or during."),
            "pilot_value": ("double", "Value of the pilot areas, weighted by incidents."),
            "other_value": ("double", "Value of the other areas."),
            "pilot_incident_count": ("bigint", "Measured incidents of the pilot areas."),
            "other_incident_count": ("bigint", "Measured incidents of the other areas."),
            **_ESTIMATE,
            "is_small_number": (
                "boolean",
                "Whether a count behind it is below the small-number limit: not to leave the force.",
            ),
            **_STATUS,
        },
        _RESTRICTED,
    ),
    "metrics.pilot_checks": Table(
        "One row per pilot, outcome, check and subject: what would make one doubt the effect. PLACEBO: a pilot that never was, "
        "from the week named, or a year before. LEAVE_ONE_OUT: without the area named. TREND: how much the areas drifted apart "
        "per week before. DISPLACEMENT: what happened to something else (outcome is then that measure).",
        {
            "pilot": ("varchar", "Pilot."),
            "outcome": (
                "varchar",
                "Indicator, or a measure: da_diary_share (domestic-abuse incidents booked into the domestic-abuse diary car), other_diary_share (into another diary), other_unresourced_hours (hours that other incidents waited, per incident).",
            ),
            "check_type": ("varchar", "PLACEBO, LEAVE_ONE_OUT, TREND or DISPLACEMENT."),
            "subject": ("varchar", "First week of the placebo (YYYY-MM-DD), area left out, or PILOT."),
            "comparison": ("varchar", "TRIPLE or PLAIN (see pilot_effects)."),
            "unit": ("varchar", "Unit of the effect: ratio, seconds, hours; for TREND per week."),
            **_ESTIMATE,
            "is_as_hoped": (
                "boolean",
                "PLACEBO, TREND: no effect lies in the interval. LEAVE_ONE_OUT: the sign stays. Null for DISPLACEMENT.",
            ),
            **_STATUS,
        },
        _RESTRICTED,
    ),
    "metrics.factor_associations": Table(
        "One row per measure of performance and factor: what moved in the weeks in which performance fell. Association, not "
        "cause: several things move in the same week.",
        {
            "performance": ("varchar", "Indicator of performance, of the force, by week."),
            "factor": (
                "varchar",
                "What is laid beside it: an indicator, staffed_hours (call takers), disruption_hours, vacancy, abstraction.",
            ),
            "kind": ("varchar", "Always ASSOCIATION: what went with what, never why."),
            "grain": ("varchar", "week or month: from one to the next the changes are."),
            "changes_count": ("integer", "Changes that could be used."),
            "falls_count": ("integer", "Of these, how many in which performance fell."),
            "change_when_fell": ("double", "Mean change of the factor when performance fell, in the factor's unit."),
            "change_otherwise": ("double", "Mean change when it did not."),
            "difference": ("double", "The first less the second."),
            "lower_90": (
                "double",
                "Lower end of the interval of the difference, by shifting the weeks round; null where not bounded.",
            ),
            "upper_90": ("double", "Upper end of the same."),
            "rank_correlation": ("double", "Spearman's, of the changes of performance and factor."),
            "partial_rank_correlation": (
                "double",
                "The same with the other weekly factors held still; null where weeks are too few for that.",
            ),
            "p_value": ("double", "Share of shifts round whose difference is at least as large."),
            "p_value_adjusted": ("double", "The same after Holm, for all the factors tried on this performance."),
            "lowest_p_value": ("double", "One over the number of shifts: p cannot go under it."),
            "first_period": ("date", "First week or month used."),
            "last_period": ("date", "Last week or month used."),
            "words": ("varchar", "The row as a sentence, association stated as such."),
            **_STATUS,
        },
        {
            "restricted": False,
            "audience_where": "performance not in ({restricted_indicators}) and factor not in ({restricted_indicators})",
        },
    ),
    "metrics.capacity_half_hours": Table(
        "One row per weekday, half-hour and line: calls, times and staff as observed, the share answered in time as observed "
        "and as the capacity model has it, and the people it takes to meet the target. An ordinary week of those observed; "
        "not a roster. See docs/capacity.md.",
        {
            "weekday": ("integer", "1 Monday to 7 Sunday."),
            "half_hour": ("integer", "0 for 00:00 to 47 for 23:30, on the wall clock."),
            "line": ("varchar", "999, which goes first, or 101."),
            "offered_per_hour": ("double", "Calls that came into the line's queues, per hour; redials are calls."),
            "handle_seconds": (
                "double",
                "Ringing, talk, hold and wrap per answered call, drawn towards the line's mean where calls are few.",
            ),
            "patience_seconds": (
                "double",
                "Seconds waited by all callers for every one that gave up: one value a line.",
            ),
            "staffed": ("double", "People there for calls, on average."),
            "predicted_within_ratio": (
                "double",
                "Answered in time of those answered, by the corrected model with the staff there was.",
            ),
            "observed_within_ratio": ("double", "The same as observed; null where none was answered."),
            "answered_count": ("bigint", "Calls answered after a known wait: what observed_within_ratio rests on."),
            "abandoned_ratio": (
                "double",
                "Gave up, were called back or sent on, of those that came into the queues, as observed.",
            ),
            "target": ("double", "Target of the line's indicator: the newest in marts.dim_targets."),
            "staff_needed": (
                "integer",
                "Fewest people there for calls (both lines together) at which the line meets its target in an ordinary week; null where there is no target.",
            ),
            **_STATUS,
        },
        _RESTRICTED,
    ),
    "metrics.capacity_scenarios": Table(
        "One row per scenario and month after the newest staff list: what share of calls would be answered in time, and when "
        "the target of 101 is met. What follows from the model and the scenario, not a promise. See docs/capacity.md.",
        {
            "scenario": ("varchar", "Scenario, as in analysis/scenarios.yaml."),
            "label": ("varchar", "The same in words."),
            "month": ("date", "First day of the month; null where nothing can be said."),
            "staffed_fte": ("double", "Full-time equivalents of call takers after abstraction."),
            "within_101_ratio": (
                "double",
                "101 calls answered in time of those answered, predicted mean of the month.",
            ),
            "within_101_lower": (
                "double",
                "Lower end of its interval (level of the file): model and week-to-week variation.",
            ),
            "within_101_upper": ("double", "Upper end of the same."),
            "within_999_ratio": ("double", "The same of 999 calls."),
            "within_999_lower": ("double", "Lower end of its interval."),
            "within_999_upper": ("double", "Upper end of the same."),
            "target": ("double", "Target of 101 that is asked for: the newest in marts.dim_targets."),
            "is_met": ("boolean", "Whether the predicted mean of the month meets it."),
            "met_on": (
                "date",
                "First month that meets it; null: not under this scenario within the months looked ahead.",
            ),
            "met_on_early": (
                "date",
                "Early end of the interval of that month; null where even the best draws do not meet it.",
            ),
            "met_on_late": ("date", "Late end; null where the worst draws do not meet it."),
            "met_ratio": ("double", "Share of draws in which it is met within the months looked ahead."),
            **_STATUS,
        },
        _OF_ALL,
    ),
    "metrics.capacity_accuracy": Table(
        "One row per line: how the capacity model did on weeks that it had not seen, given their calls and staff.",
        {
            "line": ("varchar", "999 or 101."),
            "fitted_weeks_count": ("integer", "Weeks it was calibrated on."),
            "tested_weeks_count": ("integer", "Later weeks it was tried on."),
            "bias_uncorrected": ("double", "Mean of predicted less observed share of a week, without the correction."),
            "bias": ("double", "The same with it."),
            "mean_error": ("double", "Mean absolute difference with it."),
            "worst_error": ("double", "Largest such difference."),
            "effort": (
                "double",
                "The correction as used in the other tables (all weeks): the part of the people there that counts.",
            ),
            "correction": ("double", "What is left of it for the line: a shift of the log odds."),
            **_STATUS,
        },
        _OF_ALL,
    ),
    "metrics.kpi_forecasts": Table(
        "One row per figure and week ahead: what it will be if it goes on as it now runs, with intervals from the errors that the "
        "same model made on earlier weeks. A figure that cannot be forecast has one row that says why. See docs/forecast.md.",
        {
            **_FIGURE,
            "made_from": ("date", "Monday of the last week that was used."),
            "period_type": ("varchar", "Always week."),
            "period_start": ("date", "Monday of the week ahead."),
            "horizon_weeks": ("integer", "Weeks ahead, 1 the first."),
            "model": (
                "varchar",
                "naive (the last week again), seasonal_naive (the same week a year before), level or trend (exponential smoothing), _season with the season of the year: the one that did best on earlier weeks.",
            ),
            "value": ("double", "Forecast, in the unit of the indicator."),
            "lower_80": ("double", "Lower end of the 80 % interval of a single week."),
            "upper_80": ("double", "Upper end of the same."),
            "lower_95": ("double", "Lower end of the 95 % interval."),
            "upper_95": ("double", "Upper end of the same."),
            **_STATUS,
        },
        _OF_INDICATORS,
    ),
    "metrics.forecast_accuracy": Table(
        "One row per figure and model: how far off it was when made from earlier weeks (rolling origin), beside two that know "
        "nothing. Whether the one that is used beats them is said, also where it does not.",
        {
            **_FIGURE,
            "model": ("varchar", "Model, as in metrics.kpi_forecasts."),
            "origins_count": ("integer", "Earlier weeks from which it was made."),
            "horizon_weeks": ("integer", "Weeks ahead that were compared, at most."),
            "mae": ("double", "Mean absolute error, in the unit of the indicator."),
            "mase": ("double", "The same as a part of the mean change from one week to the next."),
            "naive_mae": ("double", "Mean absolute error of the last week again, on the same weeks."),
            "seasonal_naive_mae": ("double", "Of the same week a year before; null where that year is not there."),
            "beats_naive": (
                "boolean",
                "Whether its error is smaller than that of the last week again; null for that itself.",
            ),
            "beats_seasonal_naive": (
                "boolean",
                "Whether it is smaller than that of the year before; null where not there, and for that itself.",
            ),
            "coverage_80": (
                "double",
                "Share of weeks that lay in its 80 % interval, made from the earlier half of the tries, held against the later; null where tries are too few.",
            ),
            "coverage_95": ("double", "The same of the 95 % interval."),
            "is_used": ("boolean", "Whether it is the one that is published."),
            **_STATUS,
        },
        _OF_INDICATORS,
    ),
    "metrics.kpi_trajectories": Table(
        "One row per figure: where it stands, where it is going, and the date on which its level (the mean of four weeks, not "
        "one week's luck) meets the newest target if it goes on as it now runs. Under what staffing it would, see "
        "metrics.capacity_scenarios.",
        {
            **_FIGURE,
            "made_from": ("date", "Monday of the last week that was used."),
            "model": ("varchar", "Model that the date rests on, as in metrics.kpi_forecasts."),
            "standing_value": ("double", "The figure over the newest weeks together, disrupted days left out."),
            "standing_weeks": ("integer", "How many weeks that is."),
            "trend_per_week": ("double", "Change per week over the newest half year, by least squares."),
            "trend_lower_95": ("double", "Lower end of its 95 % interval (errors of neighbouring weeks are alike)."),
            "trend_upper_95": (
                "double",
                "Upper end of the same: with nought between them there is no trend to speak of.",
            ),
            "target": ("double", "The newest target in marts.dim_targets, also one that begins later."),
            "is_met_now": ("boolean", "Whether standing_value meets it."),
            "reaches_on": (
                "date",
                "Monday of the first four weeks whose forecast mean meets it; null: not within the horizon.",
            ),
            "reaches_early": ("date", "The same of the hopeful end of the 80 % interval."),
            "reaches_late": ("date", "The same of the careful end; null: it cannot be counted on within the horizon."),
            "horizon_on": ("date", "Monday of the last week looked at."),
            **_STATUS,
        },
        _OF_INDICATORS,
    ),
    "metrics.kpi_public": Table(
        "One row per figure that may leave the force: of complete months, quarters and years. Small counts are "
        "hidden, and others beside them so that no sum gives them away. What has no row here does not leave. See docs/disclosure.md.",
        {
            "kpi_id": ("varchar", "Indicator, as in metrics.kpi_register."),
            "period_type": ("varchar", "month, quarter or year."),
            "period_start": ("date", "First day of the period."),
            "scope_type": ("varchar", "force, area, urban, grade, line, diary or channel."),
            "scope_code": ("varchar", "FORCE, or the code of the scope."),
            "numerator": (
                "double",
                "As in metrics.kpi_results where it may be shown; sums of times and hours never are.",
            ),
            "denominator": ("double", "The same."),
            "value": ("double", "The figure; null where it, or a count it could be worked out from, is hidden."),
            "unit": ("varchar", "Unit of the value."),
            "quality_state": ("varchar", "As in metrics.kpi_results."),
            "disclosure": (
                "varchar",
                "SHOWN; SUPPRESSED_SMALL: a count below the limit, or a share of too few; SUPPRESSED_COMPLEMENTARY: hidden so that others cannot be worked out; NOT_AVAILABLE: there is no figure; ERROR.",
            ),
            "words": ("varchar", "The same in words; empty where the figure is shown."),
        },
        _OF_INDICATORS,
    ),
}


# What analyses read: with these the step of a run waits for what it is made from.
ANALYSED = (
    "metrics.kpi_results",
    "metrics.kpi_register",
    "marts.dim_pilots",
    "marts.dim_areas",
    "marts.dim_dates",
    "marts.dim_parameters",
    "marts.fct_domestic_abuse",
    "marts.fct_diary_appointments",
    "marts.fct_incidents",
    "marts.fct_unresourced_hourly",
    "marts.fct_agent_intervals",
    "marts.fct_disruptions",
    "marts.fct_workforce",
    "marts.fct_calls",
    "marts.fct_call_segments",
    "marts.dim_dispositions",
    "marts.dim_targets",
)


def make_tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Every table of this module, empty, where it is not there with just these columns; those that were made."""
    con.execute("create schema if not exists metrics")
    made = set()
    for name, table in TABLES.items():
        there = con.execute(
            "select column_name, lower(data_type) from information_schema.columns "
            "where table_schema || '.' || table_name = ? order by ordinal_position",
            [name],
        ).fetchall()
        if there != [(column, kind) for column, (kind, _) in table.columns.items()]:
            listed = ", ".join(f"{column} {kind}" for column, (kind, _) in table.columns.items())
            con.execute(f"create or replace table {name} ({listed})")
            made.add(name)
    return made


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """The tables before the models are built: views read them. Where one was made every analysis is done again."""
    if make_tables(con):
        con.execute("drop table if exists landing.analyses")


def write(con: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace what the table holds. A column that a row lacks is null; one that the table lacks is a KeyError."""
    columns = TABLES[name].columns
    for row in rows:
        if unknown := set(row) - set(columns):
            raise KeyError(f"{name} has no column {min(unknown)}")
    con.execute(f"delete from {name}")
    if rows:
        # As columns at once: row by row, the public figures alone take as long as the analysis behind them.
        con.register("written", pa.table({column: [_plain(row.get(column)) for row in rows] for column in columns}))
        con.execute(f"insert into {name} from written")
        con.unregister("written")


def _plain(value: Any) -> Any:
    """Floating values to the digits that two machines agree on; what is no number is null."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0 if value == value and abs(value) != float("inf") else None


def as_nodes() -> dict[str, Any]:
    """The tables as dbt's manifest would describe them: what publishing reads descriptions from."""
    return {
        f"analysis.{name}": {
            "resource_type": "source",
            "schema": name.partition(".")[0],
            "identifier": name.partition(".")[2],
            "description": table.description,
            "meta": dict(table.meta),
            "columns": {column: {"description": described} for column, (_, described) in table.columns.items()},
        }
        for name, table in TABLES.items()
    }
