"""The two signs of a control chart by the conventions of "Making Data Count", drawn anew: variation and assurance.

Variation: orange for concern and blue for improvement, H where values run high, L where they run low; grey where
nothing is unusual; purple arrows where neither is good. Assurance: P where the target is passed as it runs now, F where
it is failed, ? where it is hit and missed. In black and white too they can be told apart: concern and failing are full,
improvement and passing are rings with a letter. Letters are drawn, not set: every reader sees the same.
"""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from orchestration.reports.charts.canvas import BLUE, GREY, ORANGE, PURPLE

_LETTERS = {
    "H": "M17,12V28M17,20H27M27,12V28",
    "L": "M18,12V28H27",
    "P": "M17,29V12H23a4.7,4.7 0 0 1 0,9.4H17",
    "F": "M18,28V12H27M18,20H25",
    "?": "M17,16a5,5 0 1 1 7.5,4.3q-2.5,1.6 -2.5,4.2M22,28.4v0.3",
    "up": "M22,29V12M15,19L22,12L29,19",
    "down": "M22,12V29M15,22L22,29L29,22",
}
_WAVE = "M10,34l5,-3l5,4l5,-4l5,3"
_TARGET = "M9,34H35"
# Code -> colour, whether it is full, what stands in it.
_VARIATIONS: dict[str, tuple[str, bool]] = {
    "improvement": (BLUE, False),
    "concern": (ORANGE, True),
    "common_cause": (GREY, False),
    "neither_high": (PURPLE, False),
    "neither_low": (PURPLE, False),
}
_ASSURANCES: dict[str, tuple[str, bool, str, str]] = {
    "consistently_passing": (BLUE, False, "P", "The target is reached, as it runs now"),
    "consistently_failing": (ORANGE, True, "F", "The target is not reached, as it runs now"),
    "hit_and_miss": (GREY, False, "?", "The target is hit and missed"),
}
_VARIATION_WORDS = {
    "improvement": "Improvement",
    "concern": "Concern",
    "common_cause": "Nothing unusual",
    "neither_high": "Higher than usual, neither good nor bad",
    "neither_low": "Lower than usual, neither good nor bad",
}


def variation_words(code: str | None, direction: str | None) -> str | None:
    """What the sign of variation says; None where nothing is judged."""
    if code not in _VARIATION_WORDS:
        return None
    said = {"high": ": running high", "low": ": running low"}.get(direction or "", "")
    return _VARIATION_WORDS[code] + (said if code in {"improvement", "concern"} else "")


def assurance_words(code: str | None) -> str | None:
    """What the sign of assurance says; None where there is nothing to say it of."""
    return _ASSURANCES[code][3] if code in _ASSURANCES else None


@cache
def variation(code: str | None, direction: str | None) -> Markup | None:
    """The sign of codes as in metrics.kpi_signals; None where nothing is judged."""
    words = variation_words(code, direction)
    if code is None or words is None:
        return None
    colour, is_full = _VARIATIONS[code]
    if code == "common_cause":
        return _sign(words, colour, is_full, "M9,22l5,-5l5,8l5,-8l5,8l6,-6", "")
    letter = {"neither_high": "up", "neither_low": "down"}.get(code) or {"high": "H", "low": "L"}.get(direction or "")
    return _sign(words, colour, is_full, _LETTERS[letter] if letter else "", "" if "neither" in code else _WAVE)


@cache
def assurance(code: str | None) -> Markup | None:
    """The sign of a code as in metrics.kpi_signals; None where nothing is judged."""
    if code not in _ASSURANCES:
        return None
    colour, is_full, letter, words = _ASSURANCES[code]
    return _sign(words, colour, is_full, _LETTERS[letter], _TARGET, "3 2.2")


def _sign(words: str, colour: str, is_full: bool, letter: str, below: str, dash: str = "") -> Markup:
    ink = "#ffffff" if is_full else colour
    marks = Markup('<path d="{}" stroke-width="3.2"/>').format(letter) if letter else Markup("")
    if below:
        dashed = Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
        marks += Markup('<path d="{}" stroke-width="1.8"{}/>').format(below, dashed)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="icon" role="img" width="36" height="36" viewBox="0 0 44 44">'
        '<title>{}</title><circle cx="22" cy="22" r="19.5" fill="{}" stroke="{}" stroke-width="3"/>'
        '<g fill="none" stroke="{}" stroke-linecap="round" stroke-linejoin="round">{}</g></svg>'
    ).format(words, colour if is_full else "#ffffff", colour, ink, marks)
