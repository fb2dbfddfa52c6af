"""The page for the daily management meeting: the day that is over, what waits now, what the diary holds next."""

from __future__ import annotations

from orchestration.reports.brief.blocks import Section
from orchestration.reports.brief.content import common, drawings, waiting
from orchestration.reports.brief.reading import Read

_SECTIONS = ("calls", "unresourced", "response", "diary", "records")


def front(it: Read) -> list[Section]:
    glance = Section("glance", "At a glance", [common.first_page(it, _SECTIONS), *common.disrupted(it)])
    waits = list(waiting.at_the_end(it))
    return [glance, *([Section("now", "What waits now", waits)] if waits else [])]


def detail(it: Read) -> list[Section]:
    more = {
        "unresourced": [*waiting.parts(it), *waiting.flow(it), *drawings.stock_by_day(it)],
        "diary": list(waiting.diary(it)),
        "records": list(waiting.outage_table(it)),
    }
    return common.sections(it, _SECTIONS, more)
