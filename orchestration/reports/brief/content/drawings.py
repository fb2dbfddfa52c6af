"""Pictures of a briefing: which rows are drawn how, and the numbers behind each. The drawing itself: reports/charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestration.reports.brief import wording
from orchestration.reports.brief.blocks import Block, Picture, Said, Section, Table
from orchestration.reports.brief.content.common import label_of
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.charts import capacity, control, pilot, stock, trajectory
from orchestration.reports.formatting import day, plural


def control_chart(it: Read, row: Row) -> Iterator[Block]:
    """The control chart of a figure's measure, to the week that the briefing's charts show; none without weeks."""
    key = (row["kpi_id"], row["scope_type"], row["scope_code"])
    weeks, measure = it.chart_of.get(key, []), it.measure_of.get(key)
    if not weeks or measure is None:
        return
    said = [*wording.standing_of(measure), *wording.chart_begins(measure)]
    title = label_of(row)
    described = f"Control chart of {plural(len(weeks), 'week')} to {day(weeks[-1]['period_end'])}."
    svg = control.chart(weeks, row["unit"], row["better"], title, described)
    yield _picture(svg, title, described, control.columns(weeks, row["unit"]), f"{title}, by week", said)


def with_charts(it: Read, section: Section, *, first_page_only: bool = False) -> Section:
    """The section with the control charts of its measures in a part of their own."""
    charts = [
        block
        for row in it.figures_of.get(section.key, [])
        if row["asked_scope_code"] != "*" and (row["is_first_page"] or not first_page_only)
        for block in control_chart(it, row)
    ]
    if not charts:
        return section
    part = Section(f"{section.key}-charts", f"{section.title}: control charts", charts)
    return replace(section, parts=[*section.parts, part])


def forecast(it: Read, row: Row) -> Iterator[Block]:
    """The weeks that were and those ahead of a measure, of a row of reports.brief_trajectories."""
    key = (row["kpi_id"], row["scope_type"], row["scope_code"])
    ahead, past = it.forecast_of.get(key, []), it.chart_of.get(key, [])
    if not ahead or not past:
        return
    title = f"{row_label(it, row)}: weeks ahead"
    described = f"Forecast of {plural(len(ahead), 'week')} from {day(ahead[0]['period_start'])}, with its intervals."
    svg = trajectory.fan(past, ahead, row["target"], row["unit"], title, described, reaches_on=row["reaches_on"])
    yield _picture(svg, title, described, trajectory.fan_columns(ahead, row["unit"]), title)


def row_label(it: Read, row: Row) -> str:
    """The name of a measure that has only its codes beside it."""
    known = it.definition_of.get(row["kpi_id"])
    name = str(known["label"]) if known else str(row["kpi_id"])
    return name if row["scope_type"] == "force" else f"{name}, {row['scope_code']}"


def scenarios(it: Read) -> Iterator[Block]:
    """What 101 would come to under each scenario."""
    rows = [row for row in it.scenarios if row["within_101_ratio"] is not None]
    if rows:
        title = "101 calls answered within 30 seconds, under each scenario"
        described = "The share by month with its interval, a plot for each scenario, and the target."
        svg = trajectory.scenarios(rows, rows[0]["target"], title, described)
        yield _picture(svg, title, described, trajectory.scenarios_columns(rows), title)


def half_hours(it: Read) -> Iterator[Block]:
    """People there and people needed through the week."""
    if it.half_hours:
        title = "People there for calls, and people needed to meet both targets"
        described = "A plot for each weekday by half-hour; where fewer are there than needed the gap is filled."
        svg = capacity.half_hours(it.half_hours, title, described)
        yield _picture(svg, title, described, capacity.columns(it.half_hours), title)


def stock_by_day(it: Read) -> Iterator[Block]:
    """What was unresourced at the end of each day, what came and what went."""
    if len(it.unresourced_by_day) > 1:
        title = "Unresourced incidents by day"
        first, last = it.unresourced_by_day[0]["period_start"], it.unresourced_by_day[-1]["period_start"]
        described = f"Waiting at the end of each day from {day(first)} to {day(last)}; below, what came and went."
        svg = stock.chart(it.unresourced_by_day, title, described)
        yield _picture(svg, title, described, stock.columns(it.unresourced_by_day), title)


def event_study(rows: Sequence[Row], unit: str, label: str) -> Picture:
    """The pilot week by week."""
    title = f"{label}: pilot areas less other areas, week by week"
    described = (
        "A point and its 90 % interval for each week, less the mean of the weeks before. They should lie about 0."
    )
    return _picture(
        pilot.event_study(rows, unit, title, described), title, described, pilot.event_columns(rows, unit), title
    )


def permutations(rows: Sequence[Row], unit: str, label: str) -> Picture:
    """The effect that every other choice of areas would have given."""
    title = f"{label}: the effect of every choice of areas"
    described = "A line for each choice, the largest effect first; the pilot's own is full and bold."
    return _picture(
        pilot.permutations(rows, unit, title, described),
        title,
        described,
        pilot.permutations_columns(rows, unit),
        title,
    )


def _picture(
    svg: str,
    title: str,
    described: str,
    columns: tuple[list[str], list[list[str]]],
    caption: str,
    said: Sequence[Said] = (),
) -> Picture:
    names, rows = columns
    return Picture(
        svg=str(svg),
        title=title,
        description=described,
        table=Table(caption, names, rows, numeric=frozenset(range(1, len(names) - 1))),
        said=said,
    )
