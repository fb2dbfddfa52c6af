"""The signs of a measure for a page and for paper: drawings of charts/icons.py with the words that say the same."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.reports.brief.blocks import Icons
from orchestration.reports.charts import icons


@dataclass(frozen=True)
class Sign:
    """A drawing and its words."""

    svg: str
    words: str


def drawn(it: Icons | None) -> list[Sign]:
    """Variation and assurance; none where the chart judges nothing."""
    if it is None:
        return []
    pairs = (
        (icons.variation(it.variation, it.direction), icons.variation_words(it.variation, it.direction)),
        (icons.assurance(it.assurance), icons.assurance_words(it.assurance)),
    )
    return [Sign(str(svg), words) for svg, words in pairs if svg is not None and words is not None]
