"""What a control chart says in two signs, as the NHS "Making Data Count" programme draws them: variation and assurance.

What belongs here: which picture a code has, and the same in words for whoever cannot see it. Not here: the drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.reports.brief.blocks import Icons

_VARIATION = {
    "improvement": "Improving",
    "concern": "Concern",
    "common_cause": "No significant change",
    "neither_high": "Higher than usual",
    "neither_low": "Lower than usual",
}
_ASSURANCE = {
    "consistently_passing": "Target reached, as it runs now",
    "consistently_failing": "Target not reached, as it runs now",
    "hit_and_miss": "Target hit and miss",
}


@dataclass(frozen=True)
class Sign:
    """A drawing and its words."""

    svg: str
    words: str


def drawn(icons: Icons | None) -> list[Sign]:
    """The signs of a measure: none where its chart judges nothing."""
    if icons is None:
        return []
    signs = []
    if icons.variation in _VARIATION:
        signs.append(Sign("", _VARIATION[icons.variation]))
    if icons.assurance in _ASSURANCE:
        signs.append(Sign("", _ASSURANCE[icons.assurance]))
    return signs
