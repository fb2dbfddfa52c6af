"""Charts for pages: described with Altair, drawn offline as SVG that stands in the page.

What belongs here: how rows look as a picture, legible in black and white. Not here: figures of its own; which rows.

A kind of chart is described once and drawn with the rows of each place, which makes hundreds of them affordable. An SVG
holds no script, style attribute, id or address: it fits the pages' content security policy. To whoever cannot see it,
it is one picture with a title and a description; the table behind it stands on the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup, escape

INK, SOFT, LINE, PALE, MIDDLE = "#0b0c0c", "#505a5f", "#b1b4b6", "#e8edf0", "#8a99a5"
BAD, ACCENT = "#942514", "#144e81"
_FONT = "Arial, Helvetica, sans-serif"
_ROWS = "rows"
_VEGA_LITE = "6.1"

Row = Mapping[str, Any]


def _configured(chart: Any) -> Any:
    return (
        chart.configure(font=_FONT, background="white", aria=False, padding=4)
        .configure_axis(
            labelColor=INK, titleColor=INK, labelFontSize=12, titleFontSize=12, titleFontWeight="normal",
            domainColor=SOFT, tickColor=SOFT, gridColor=LINE, gridOpacity=0.6, labelLimit=220,
        )
        .configure_view(stroke=None)
        .configure_header(labelColor=INK, labelFontSize=13, labelFontWeight="bold", title=None, labelAnchor="start")
    )  # fmt: skip


def compiled(chart: Any) -> dict[str, Any]:
    import vl_convert

    made: dict[str, Any] = vl_convert.vegalite_to_vega(_configured(chart).to_dict(), vl_version=_VEGA_LITE)
    return made


def any_rows() -> Any:
    import altair

    return altair.NamedData(name=_ROWS)


def drawn(kind: Callable[[], dict[str, Any]], rows: Sequence[Row], title: str, description: str) -> Markup:
    """The chart of that kind with these rows."""
    import vl_convert

    described = dict(kind())
    values = [{name: _plain(value) for name, value in row.items()} for row in rows]
    described["data"] = [
        {**each, "values": values} if each["name"] == _ROWS else each for each in described.get("data", [])
    ]
    return as_picture(vl_convert.vega_to_svg(described), title, description)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# What the drawing library says of the parts: a reader of the screen is told of one picture, not of its lines.
_PARTS_SPOKEN_OF = re.compile(r' (?:role|aria-roledescription)="[^"]*"')


def as_picture(svg: str, title: str, description: str) -> Markup:
    """The SVG as one picture with a name, for a page of HTML."""
    size = re.search(r'width="([\d.]+)" height="([\d.]+)" viewBox="([^"]+)"', svg)
    body = _PARTS_SPOKEN_OF.sub("", svg.partition(">")[2].rpartition("</svg>")[0])
    width, height, box = size.groups() if size else ("100", "100", "0 0 100 100")
    return Markup(  # noqa: S704  the drawing library escapes the text of marks; title and description are escaped here
        f'<svg class="chart" role="img" width="{width}" height="{height}" viewBox="{box}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>"
    )
