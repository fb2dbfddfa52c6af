"""The page for the daily management meeting: yesterday, what waits now, what the diary holds today."""

from __future__ import annotations

from orchestration.reports.brief.blocks import Section
from orchestration.reports.brief.content import common
from orchestration.reports.brief.reading import Read


def front(it: Read) -> list[Section]:
    return [Section("glance", "At a glance", [common.first_page(it)])]


def detail(it: Read) -> list[Section]:
    names = ("calls", "unresourced", "response", "diary", "records")
    return [section for name in names if (section := common.section(it, name))]
