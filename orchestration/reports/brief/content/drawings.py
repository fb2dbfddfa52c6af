"""Pictures of a briefing: which rows are drawn how, and the numbers behind each. The drawing itself: reports/charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestration.reports.brief import wording
from orchestration.reports.brief.blocks import Block, Picture, Said, Section, Table
from orchestration.reports.brief.content.common import label_of
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.charts import control
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
