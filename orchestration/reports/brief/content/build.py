"""A briefing from what was read: its title, what stands on its first page, the detail after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from orchestration.reports.brief import periods
from orchestration.reports.brief.blocks import Brief, Notice, Period, Section, Stamp
from orchestration.reports.brief.content import common, daily, monthly, public, quarterly, weekly
from orchestration.reports.brief.reading import Edition, Kind, Read

TITLES: dict[Kind, str] = {
    "daily": "Daily management briefing",
    "weekly": "Weekly performance report",
    "monthly": "Monthly performance report",
    "quarterly": "Quarterly report and briefings",
}
_CONTENT: dict[Kind, tuple[Callable[[Read], list[Section]], Callable[[Read], list[Section]]]] = {
    "daily": (daily.front, daily.detail),
    "weekly": (weekly.front, weekly.detail),
    "monthly": (monthly.front, monthly.detail),
    "quarterly": (quarterly.front, quarterly.detail),
}


def brief_of(it: Read, *, quality: str | None = None) -> Brief:
    """The briefing of one period. `quality` is the address of the quality report from where the page will lie."""
    is_public = it.edition == "public"
    front, detail = (public.front, public.detail) if is_public else _CONTENT[it.kind]
    stamp = common.stamp(it)
    return Brief(
        kind=it.kind,
        edition=it.edition,
        title=TITLES[it.kind],
        period=periods.named(it.kind, it.period["period_start"], it.period["period_end"]),
        stamp=public.stamp(stamp) if is_public else stamp,
        front=front(it),
        detail=detail(it),
        workings=() if is_public else common.workings(it),
        definitions=common.definitions(it, quality),
    )


def empty(kind: Kind, edition: Edition, generation: str, made_at: datetime, today: date) -> Brief:
    """The briefing of a warehouse to which nothing that a briefing can be of has been delivered."""
    return Brief(
        kind=kind,
        edition=edition,
        title=TITLES[kind],
        period=Period(today, today, "No period yet", "none"),
        stamp=Stamp(
            generation=generation,
            made_at=made_at.astimezone(UTC),
            published_at=f"{made_at:%d %B %Y}",
            as_of="nothing",
            coverage="No file has come yet.",
            quality="There is no figure.",
            disruptions="",
        ),
        front=[
            Section(
                "nothing",
                "Nothing to report on yet",
                [
                    Notice(
                        "part", "No daily export has come: no period can be reported on. occ run takes in what comes."
                    )
                ],
            )
        ],
        detail=[],
    )
