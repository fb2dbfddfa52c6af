"""A briefing as plain text, a line for each thing it says, so that a change of one reads well."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.reports.brief.blocks import (
    Block,
    Brief,
    Figures,
    Link,
    Notice,
    Picture,
    Section,
    Sentences,
    Table,
)


def lines(brief: Brief) -> Iterator[str]:
    """Everything but when it was made, and the definitions, which the register's own tests pin."""
    yield f"{brief.title}. {brief.period.label} ({brief.period.name})"
    yield f"{brief.stamp.as_of}. {brief.stamp.coverage} {brief.stamp.quality} {brief.stamp.disruptions}"
    for section in (*brief.front, *brief.detail, *brief.workings):
        yield from _section(section, 1)


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * level} {section.title}"
    for block in section.blocks:
        yield from _block(block)
    for part in section.parts:
        yield from _section(part, level + 1)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Figures():
            yield f"[{block.caption}]"
            for one in block.items:
                icons = f" <{one.icons.variation}/{one.icons.assurance}>" if one.icons else ""
                yield " | ".join([one.label, one.value, one.note, *one.before, str(one.state), one.said]) + icons
        case Sentences():
            yield f"{block.about}:".lstrip(":")
            yield from (f"  ({said.tone}) {said.text}" for said in block.items)
        case Table():
            yield from _table(block)
        case Picture():
            yield f"[picture: {block.title}]"
            yield from (f"  ({said.tone}) {said.text}" for said in block.said)
            yield from _table(block.table)
        case Notice():
            yield f"! ({block.tone}) {block.text}"


def _table(table: Table) -> Iterator[str]:
    yield f"[{table.caption}]"
    yield " | ".join(table.columns)
    for row in table.rows:
        yield " | ".join(cell.text if isinstance(cell, Link) else cell for cell in row)
    if table.note:
        yield f"({table.note})"
