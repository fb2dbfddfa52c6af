"""A briefing as a page: one file without a script, with everything in it, legible at any width and on paper."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from orchestration.reports.brief.blocks import Brief
from orchestration.reports.brief.signs import drawn
from orchestration.reports.shell import Site, page

_ABOUT = {
    "internal": "Internal edition: small counts are not suppressed. Keep it where the warehouse is kept.",
    "public": "Public edition: small numbers are suppressed.",
}
WORKINGS = "rests-on"  # anchors of what every briefing ends with
DEFINITIONS = "definitions"


def html(brief: Brief) -> str:
    """The page, from its first line to its last."""
    return page(
        Site(name="Briefings", navigation=list(_navigation(brief)), about=_ABOUT[brief.edition]),
        "brief/brief.html",
        here="index.html",
        content={"brief": brief, "kind_of": kind_of, "drawn": drawn, "svg": _picture},
    )


def kind_of(block: object) -> str:
    """What shape a block has, for templates."""
    return type(block).__name__


def _navigation(brief: Brief) -> Iterator[tuple[str, str]]:
    for section in (*brief.front, *brief.detail):
        yield f"#{section.key}", section.title
    yield f"#{WORKINGS}", "What it rests on"
    if brief.definitions:
        yield f"#{DEFINITIONS}", "Definitions"


def _picture(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704  orchestration.reports.charts escapes what it is given
