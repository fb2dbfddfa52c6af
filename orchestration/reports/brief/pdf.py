"""A briefing on paper: PDF set by Typst, tagged for screen readers (PDF/UA-1), the same bytes from the same briefing.

What belongs here: what the template gets, and text made safe to print. Not here: how it looks (brief.typ). What a
briefing says reaches Typst as JSON beside the template, never as part of it: whatever it holds stays text. Fonts are
those that come with Typst, so that paper looks the same everywhere and nothing is looked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.reports.brief.blocks import Brief, Icons, Picture
from orchestration.reports.brief.signs import drawn
from orchestration.reports.formatting import visible

_TEMPLATE = Path(__file__).parents[1] / "templates" / "brief" / "brief.typ"
# What the fonts can show: letters of Europe, punctuation, signs. PDF/UA allows no letter that cannot be shown.
_UNSHOWABLE = re.compile(
    "[^\t\n\\x20-\\x7e\\xa0-\\u02ff\\u0370-\\u04ff\\u2010-\\u2040\\u2044-\\u2052\\u20a0-\\u20bf\\u2190-\\u22ff\\u25a0-\\u25ff]"
)
_LONG_WORD = re.compile(r"\S{25}(?=\S)")
_ROWS_PRINTED = 13  # of the table behind a picture: a quarter of weeks, the newest; the page has them all


def pdf(brief: Brief) -> bytes:
    """The document. Raises typst.TypstError where the template is at fault; no text can be."""
    import typst

    made: bytes = typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        font_paths=_fonts(),
        sys_inputs={"brief": json.dumps({**_plain(brief), "rows_printed": _ROWS_PRINTED})},
        pdf_standards=["ua-1"],
        timestamp=int(brief.stamp.made_at.timestamp()),
    )
    return made


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False)


def _plain(value: Any) -> Any:
    """Blocks as JSON takes them: each a mapping that names its shape."""
    if isinstance(value, Icons):
        return [{"svg": _shown(sign.svg), "words": _text(sign.words)} for sign in drawn(value)]
    if isinstance(value, Picture):
        held = {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.name != "svg"}
        return {**held, "shape": "Picture", "svg": _shown(str(value.svg))}
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {**held, "shape": type(value).__name__}
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Sequence):
        return [_plain(each) for each in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _text(text: str) -> str:
    """Text that can be shown and broken: a word longer than a line may be broken within."""
    return _LONG_WORD.sub(lambda found: found[0] + "\u200b", _shown(visible(text)))


def _shown(text: str) -> str:
    return _UNSHOWABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
