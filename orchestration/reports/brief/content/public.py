"""The public edition: what metrics.kpi_public lets leave the force, and nothing else.

What belongs here: figures as they may be shown, and words for those that may not. Not here: which may leave
(orchestration/analysis). No figure of the period before, no chart, no waiting, no pilot: each may give away by
subtraction what was suppressed, until it has passed disclosure control itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestration.reports.brief.blocks import Block, Notice, Section, Stamp, Table
from orchestration.reports.brief.content import common
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.formatting import state

SUPPRESSED = "suppressed (small number)"
NOT_RELEASED = "not released"
_AS_PUBLISHED = {"value": "public_value", "numerator": "public_numerator", "denominator": "public_denominator"}


def front(it: Read) -> list[Section]:
    rows = [row for row in it.figures if row["is_first_page"]]
    blocks: list[Block] = []
    if all(row["disclosure"] is None for row in it.figures):
        blocks.append(
            Notice("part", "Nothing in this generation says which figures may leave the force; so none is shown.")
        )
    return [Section("glance", "At a glance", [*blocks, _table("The figures at a glance", rows)])]


def detail(it: Read) -> list[Section]:
    return [
        Section(name, common.SECTIONS[name], [_table(common.SECTIONS[name], rows)])
        for name, rows in it.figures_of.items()
    ]


def stamp(whole: Stamp) -> Stamp:
    """Without the counts of findings, which are the force's own affair."""
    return replace(whole, quality="Figures that are not whole say so; small numbers are suppressed.")


def _table(caption: str, rows: Sequence[Row]) -> Table:
    shown = [{**row, **{name: row[public] for name, public in _AS_PUBLISHED.items()}} for row in rows]
    return Table(
        caption=caption,
        columns=["Measure", "Figure", "Of", "Target", "State"],
        rows=[
            [
                common.definition_link(common.label_of(row), row),
                common.value_of(row) if row["value"] is not None else _why_not(row),
                common.of_how_many(row) if row["value"] is not None and row["denominator"] is not None else "–",
                common.target_of(row),
                state(row["quality_state"]) if row["value"] is not None else "–",
            ]
            for row in shown
        ],
        numeric=frozenset({1, 2, 3}),
    )


def _why_not(row: Row) -> str:
    """Whether a count was small or there was none cannot be told apart, on purpose."""
    if row["missing_because"] == "NOT_SUPPLIED":
        return "no figure"
    return NOT_RELEASED if row["disclosure"] is None else SUPPRESSED
