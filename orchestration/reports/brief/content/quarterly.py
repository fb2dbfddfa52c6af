"""The quarterly report, and the quarterly briefings on the two plans, each beginning on a page of its own."""

from __future__ import annotations

from orchestration.reports.brief.blocks import Block, Section
from orchestration.reports.brief.content import ahead, common, drawings, pilot, waiting
from orchestration.reports.brief.reading import Read

_REPORT = ("response", "diary", "domestic_abuse", "asked_for")
_PLANS = ("plan_999_101", "plan_demand")


def front(it: Read) -> list[Section]:
    glance: list[Block] = [common.first_page(it, (*_PLANS, *_REPORT)), *common.disrupted(it)]
    return [Section("glance", "At a glance", glance), *common.standing_out(it)]


def detail(it: Read) -> list[Section]:
    return [
        *_charted(it, common.sections(it, _REPORT, {})),
        *pilot.sections(it),
        _calls_plan(it),
        _demand_plan(it),
    ]


def _charted(it: Read, sections: list[Section]) -> list[Section]:
    return [drawings.with_charts(it, each, first_page_only=True) for each in sections]


def _calls_plan(it: Read) -> Section:
    """Q01 to Q04, Q07, staffing: how 999 and 101 stand, where they are going, and what it takes."""
    figures = _charted(it, common.sections(it, ("plan_999_101",), {"plan_999_101": list(waiting.outage_table(it))}))
    parts = [
        *figures,
        Section("years", "The years", list(ahead.years(it))),
        Section("ahead", "When the target is reached", [*ahead.trajectory(it), *ahead.scenario_table(it)]),
        Section("people-needed", "People there and people needed", list(ahead.people_needed(it))),
        Section("went-with", "What went with what", list(ahead.went_with(it))),
    ]
    return Section(
        "calls-plan",
        "Briefing on the 999 and 101 performance plan",
        [],
        starts_page=True,
        parts=[each for each in parts if each.blocks],
    )


def _demand_plan(it: Read) -> Section:
    """Q05, Q06, Q11 to Q16: demand, digital contacts, what waits, the diary."""
    figures = _charted(
        it, common.sections(it, ("plan_demand",), {"plan_demand": [*waiting.flow(it), *drawings.stock_by_day(it)]})
    )
    return Section("demand-plan", "Briefing on the demand reduction plan", [], starts_page=True, parts=figures)
