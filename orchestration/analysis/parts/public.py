"""What may leave the force: figures of complete periods, and rows with small counts and those beside them hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import duckdb

from orchestration.analysis.design import Design
from orchestration.analysis.parts.part import Facts, Part, Rows

_TABLE = "metrics.kpi_public"
# Scopes that leave, and for which periods: what is finer stays. Teams, shifts and units are people. Weeks cut across
# months: from both together single weeks could be worked out.
_SCOPES: Mapping[str, tuple[str, ...]] = {
    "force": ("month", "quarter", "year"),
    "area": ("month", "quarter", "year"),
    "urban": ("month", "quarter", "year"),
    "grade": ("month", "quarter", "year"),
    "line": ("month", "quarter", "year"),
    "diary": ("month", "quarter", "year"),
    "channel": ("month", "quarter", "year"),
}
# Indicators of domestic abuse leave by area for quarters and years alone.
_RESTRICTED = "da_"
_RESTRICTED_SCOPES: Mapping[str, tuple[str, ...]] = {
    "force": ("month", "quarter", "year"),
    "area": ("quarter", "year"),
}
# A longest wait is one caller's.
_NEVER = ("calls_wait_max",)
# Counts of people and calls; other shares are of hours or posts, and others are times.
_NO_COUNTS = ("calls_occupancy", "workforce_vacancy", "workforce_abstraction", "recruitment_conversion")
_COUNT_UNITS = ("calls", "incidents", "messages", "contacts", "complaints")
_NO_COUNT_OF_UNIT = ("unresourced_daily_average",)


def read_public(con: duckdb.DuckDBPyConnection, _design: Design) -> Mapping[str, Facts]:
    leaves = [
        (is_restricted, scope, period)
        for is_restricted, scopes in ((False, _SCOPES), (True, _RESTRICTED_SCOPES))
        for scope, periods in scopes.items()
        for period in periods
    ]
    con.execute("create or replace temp table leaves (is_restricted boolean, scope_type varchar, period_type varchar)")
    con.executemany("insert into leaves values (?, ?, ?)", leaves)
    # Periods that are over: what a day brings changes nothing of them. Five financial years, the one that runs too.
    return {
        "figures": con.execute(
            """
            with as_of as (select max(period_start) as day from metrics.kpi_results where period_type = 'day')
            select
                results.kpi_id, results.scope_type, results.scope_code, results.period_type, results.period_start,
                results.numerator, results.denominator, results.value, results.measured_count, results.unit,
                results.quality_state
            from metrics.kpi_results as results
            inner join leaves
                on starts_with(results.kpi_id, ?) = leaves.is_restricted
                and results.scope_type = leaves.scope_type and results.period_type = leaves.period_type
            cross join as_of
            where results.period_end <= as_of.day and not list_contains(?, results.kpi_id)
                and results.period_start
                    >= date_trunc('year', as_of.day - interval 90 day) + interval 3 month - interval 4 year
            order by all
            """,
            [_RESTRICTED, list(_NEVER)],
        ).fetchall(),
        "limits": con.execute(
            "select parameter_code, max(value) from marts.dim_parameters "
            "where parameter_code in ('small_number_limit', 'public_percentage_limit') group by 1 order by 1"
        ).fetchall(),
    }


def analyse_public(facts: Mapping[str, Facts], _design: Design) -> Rows:
    from orchestration.analysis import disclosure

    known = {name: int(value) for name, value in facts["limits"]}
    limits = disclosure.Limits(
        small=known.get("small_number_limit", disclosure.Limits.small),
        percentage=known.get("public_percentage_limit", disclosure.Limits.percentage),
    )
    told = [(row[9], row[10]) for row in facts["figures"]]
    figures = [_figure(row) for row in facts["figures"]]
    return {
        _TABLE: [
            {
                "kpi_id": shown.figure.kpi_id,
                "period_type": shown.figure.period_type,
                "period_start": shown.figure.period_start,
                "scope_type": shown.figure.scope_type,
                "scope_code": shown.figure.scope_code,
                "numerator": shown.numerator,
                "denominator": shown.denominator,
                "value": shown.value,
                "unit": unit,
                "quality_state": state,
                "disclosure": shown.disclosure,
                "words": _WORDS[shown.disclosure].format(limits=limits),
            }
            for shown, (unit, state) in zip(disclosure.decide(figures, limits), told, strict=True)
        ]
    }


_WORDS = {
    "SHOWN": "",
    "SUPPRESSED_SMALL": "suppressed: fewer than {limits.small}, or of fewer than {limits.percentage}",
    "SUPPRESSED_COMPLEMENTARY": "suppressed: with others it would give away a small number",
    "NOT_AVAILABLE": "not available",
}


def _figure(row: tuple[Any, ...]) -> Any:
    from orchestration.analysis.disclosure import Figure

    kpi, scope_type, scope_code, period, start, numerator, denominator, value, measured, unit, _ = row
    is_count = unit in _COUNT_UNITS and kpi not in _NO_COUNT_OF_UNIT
    kind: Literal["share", "count", "other"] = (
        "share" if unit == "ratio" and kpi not in _NO_COUNTS else "count" if is_count else "other"
    )
    counted = measured if kind == "other" and kpi not in _NO_COUNTS else None
    return Figure(kpi, scope_type, scope_code, period, start, numerator, denominator, value, counted, kind)


def public_failed(error: str) -> Rows:
    return {_TABLE: [{"disclosure": "ERROR", "words": f"could not be computed ({error})"}]}


PART = Part("public", (_TABLE,), read_public, analyse_public, public_failed)
