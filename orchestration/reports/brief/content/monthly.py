"""The monthly performance report."""

from __future__ import annotations

from orchestration.reports.brief.blocks import Section
from orchestration.reports.brief.content import ahead, common, drawings, pilot, waiting
from orchestration.reports.brief.reading import Read

_SECTIONS = ("calls", "unresourced", "response", "diary", "domestic_abuse", "demand", "people", "records")


def front(it: Read) -> list[Section]:
    return [
        Section("glance", "At a glance", [common.first_page(it, _SECTIONS), *common.disrupted(it)]),
        *common.standing_out(it),
    ]


def detail(it: Read) -> list[Section]:
    more = {
        "unresourced": [*waiting.flow(it), *drawings.stock_by_day(it)],
        "calls": list(waiting.outage_table(it)),
    }
    looking = Section("ahead", "Where 101 is going", [*ahead.trajectory(it), *ahead.scenario_table(it)])
    sections = [drawings.with_charts(it, each, first_page_only=True) for each in common.sections(it, _SECTIONS, more)]
    return [*sections, looking, *pilot.sections(it)]
