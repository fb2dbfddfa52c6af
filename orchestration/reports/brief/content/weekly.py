"""The weekly performance report: every measure with its control chart."""

from __future__ import annotations

from orchestration.reports.brief.blocks import Section
from orchestration.reports.brief.content import common, drawings, pilot, waiting
from orchestration.reports.brief.reading import Read

_SECTIONS = ("calls", "unresourced", "response", "diary", "domestic_abuse", "demand")


def front(it: Read) -> list[Section]:
    return [
        Section("glance", "At a glance", [common.first_page(it, _SECTIONS), *common.disrupted(it)]),
        *common.standing_out(it),
    ]


def detail(it: Read) -> list[Section]:
    more = {
        "unresourced": [*waiting.flow(it), *waiting.at_the_end(it), *drawings.stock_by_day(it)],
        "calls": list(waiting.outage_table(it)),
    }
    sections = common.sections(it, _SECTIONS, more)
    return [*(drawings.with_charts(it, each) for each in sections), *pilot.sections(it)]
