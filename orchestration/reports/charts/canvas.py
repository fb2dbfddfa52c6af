"""A picture put together mark by mark: places on paper for values, axes in words, marks as plain SVG.

What belongs here: what every picture of a briefing is drawn with. Not here: what a picture shows. A run draws a hundred
of them, each in a millisecond or two; marks are as few and as plain as here, so nothing is described twice.

Groups have a class `chart-...` that names what is in them, for tests and for who reads the SVG; pages give it no style.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup, escape

from orchestration.reports.charts.drawing import INK, LINE, SOFT, Row
from orchestration.reports.formatting import duration, short_day, visible

# Concern, improvement, neither of both and nothing unusual, as "Making Data Count" has them; dark enough on white.
ORANGE, BLUE, PURPLE, GREY = "#b84a00", "#0063a3", "#490092", "#6f777b"
TARGET = "#a5122a"
FONT = "Arial, Helvetica, sans-serif"
LETTERS = 12  # height of labels
_LINE_HEIGHT = 15
_NARROW, _WIDE = set("iljtfr.,:;'|!()[] I1"), set("mwMWABCDEGHKNOPQRUVXYZ%@—…")


def length(text: str, size: float = LETTERS) -> float:
    """How long a text is at most, roughly, in pixels."""
    units = sum(0.34 if letter in _NARROW else 0.86 if letter in _WIDE else 0.58 for letter in text)
    return units * size


def wrapped(text: str, room: float, size: float = LETTERS) -> list[str]:
    """A text in lines that fit; no word is lost, a word longer than a line is parted."""
    lines = [""]
    for word in " ".join(str(visible(text)).split()).split(" "):
        while length(word, size) > room:
            most = max(1, next(n for n in range(1, len(word) + 1) if length(word[:n], size) > room) - 1)
            lines.append(word[:most])
            word = word[most:]
        longer = f"{lines[-1]} {word}".strip()
        if length(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


@dataclass(frozen=True)
class Unit:
    """How values of a unit stand on an axis: multiplied, and in what words."""

    factor: float
    words: str

    def said(self, value: float) -> str:
        return f"{value * self.factor:,.6g}".replace("-", "−")


def unit_of(unit: str | None, values: Iterable[float | None], *, difference: bool = False) -> Unit:
    """Shares as per cent, seconds as what reads best at their size; other units have their own words."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if unit in {"ratio", "share"}:
        return Unit(100, "percentage points" if difference else "per cent")
    if unit == "seconds":
        for seconds, words in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
            if largest >= 2 * seconds:
                return Unit(1 / seconds, words)
        return Unit(1, "seconds")
    return Unit(1, {"count": "number"}.get(unit or "", unit or "number"))


def short(value: float, unit: str | None, *, signed: bool = False, difference: bool = False) -> str:
    """A value for a label: as figures are said, without digits that nobody reads, the unit's own words left out."""
    if unit in {"ratio", "share"}:
        said = f"{value * 100:.1f}" + " points" if difference else f"{value * 100:.1f}".removesuffix(".0") + " %"
    elif unit == "seconds":
        said = duration(value)
    else:
        said = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"+{said}" if signed and value > 0 else said.replace("-", "−")


def steps(low: float, high: float, most: int = 5) -> list[float]:
    """Round values from not above low to not below high."""
    span = high - low or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / most))
    step = next(power * each for each in (1, 2, 2.5, 5, 10, 20) if span / (power * each) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def months(first: date, last: date, most: int) -> Iterator[tuple[date, str]]:
    """Firsts of months from first to last, at most so many, the year beside the month."""
    total = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next((each for each in (1, 2, 3, 6, 12, 24, 60) if total / each <= most), 120)
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        day = date(number // 12, number % 12 + 1, 1)
        if number % step == 0 and first <= day <= last:
            yield day, f"{day:%b %Y}" if step < 12 else f"{day.year}"


def mondays(first: date, last: date, most: int) -> Iterator[tuple[date, str]]:
    """Mondays from first to last, at most so many; the first and those of a new year with their year."""
    begin = first.toordinal() + -first.weekday() % 7
    count = (last.toordinal() - begin) // 7 + 1
    year = 0
    for number in range(0, count, max(1, -(-count // most))):
        day = date.fromordinal(begin + 7 * number)
        yield day, short_day(day) if day.year != year else f"{day.day} {day:%b}"
        year = day.year


@dataclass
class Canvas:
    """A plot with room around it. Values go in, pixels come out; y grows upwards, as in any chart."""

    width: float = 560
    height: float = 190
    x_low: float = 0
    x_high: float = 1
    y_low: float = 0
    y_high: float = 1
    top: float = 6
    right: float = 8
    bottom: float = 6
    left: float = 8
    parts: list[Markup] = field(default_factory=list)

    def x(self, value: float | date) -> float:
        number = value.toordinal() if isinstance(value, date) else value
        return (number - self.x_low) / (self.x_high - self.x_low) * self.width

    def y(self, value: float) -> float:
        return self.height - (value - self.y_low) / (self.y_high - self.y_low) * self.height

    def group(self, name: str, marks: Iterable[str]) -> None:
        if held := "".join(marks):
            self.parts.append(Markup('<g class="chart-{}">').format(name) + Markup(held) + Markup("</g>"))  # noqa: S704

    @property
    def across(self) -> float:
        return self.left + self.width + self.right

    @property
    def down(self) -> float:
        return self.top + self.height + self.bottom

    def placed(self, left: float, top: float) -> Markup:
        """The plot with its origin there."""
        moved = Markup('<g transform="translate({},{})">').format(pixel(left), pixel(top))
        return moved + Markup("").join(self.parts) + Markup("</g>")

    def svg(self, title: str, description: str) -> Markup:
        """The picture with its name: inline in a page, or a file of its own."""
        return framed(self.across, self.down, title, description, self.placed(self.left, self.top))

    # --- axes -------------------------------------------------------------------------------------------------------
    def _rows_axis(self, values: Sequence[float], unit: Unit, *, is_size: bool = False) -> None:
        """Lines across at round values of y, labelled at the left; the unit's words above them."""
        labels = [unit.said((abs(value) if is_size else value) / unit.factor) for value in values]
        self.left = max(self.left, max(length(label) for label in labels) + 12)
        marks = []
        for value, label in zip(values, labels, strict=True):
            at = self.y(value / unit.factor)
            marks.append(line(0, at, self.width, at, LINE, 0.6))
            marks.append(text(-6, at + 4, label, anchor="end"))
        self.group("axis-y", marks)
        self.group("unit", [text(-self.left + 4, -12, unit.words, colour=SOFT)])
        self.top = max(self.top, 28)

    def values(
        self,
        values: Iterable[float],
        unit: str | None,
        *,
        ticks: int = 5,
        difference: bool = False,
        across: bool = False,
        is_size: bool = False,
    ) -> None:
        """An axis of round values with room for all of these, up the left side or, `across`, along the bottom.

        `is_size`: both ways from nought, without signs.
        """
        held = list(values)
        axis = unit_of(unit, held, difference=difference)
        marked = steps(min(held) * axis.factor, max(held) * axis.factor, ticks)
        if unit == "ratio" and not difference and min(held) >= 0 and max(held) <= 1:
            marked = [value for value in marked if -1e-9 <= value <= 100 + 1e-9]
            if len(marked) < 2:  # all weeks are all there is, or none
                marked = [0, 50, 100]
        low, high = marked[0] / axis.factor, marked[-1] / axis.factor
        if across:
            self.x_low, self.x_high = low, high
            self._columns_axis(marked, axis)
        else:
            self.y_low, self.y_high = low, high
            self._rows_axis(marked, axis, is_size=is_size)

    def spread(
        self,
        values: Iterable[float],
        unit: str | None,
        first: date,
        last: date,
        *,
        ticks: int = 5,
        is_size: bool = False,
        beyond: float = 3,
    ) -> None:
        """Axes for values by day, with some days of room at both ends."""
        self.x_low, self.x_high = first.toordinal() - beyond, last.toordinal() + beyond
        self.values(values, unit, ticks=ticks, is_size=is_size)
        self._days_axis(first, last)

    def _days_axis(self, first: date, last: date) -> None:
        """Months under the plot, or Mondays where they are few, as many as have room."""
        marks = [line(0, self.height, self.width, self.height, SOFT, 1)]
        most = max(2, int(self.width / 62))
        is_short = (last - first).days < 100
        labelled = list(mondays(first, last, most) if is_short else months(first, last, most))
        labelled = labelled or [(first, short_day(first))]
        for day, label in labelled:
            at = self.x(day)
            marks.append(line(at, self.height, at, self.height + 5, SOFT, 1))
            marks.append(text(at, self.height + 18, label, anchor="middle"))
            self.right = max(self.right, at + length(label) / 2 - self.width + 2)
            self.left = max(self.left, length(label) / 2 - at + 2)
        self.group("axis-x", marks)
        self.bottom = max(self.bottom, 26)

    def _columns_axis(self, values: Sequence[float], unit: Unit) -> None:
        marks = []
        for value in values:
            at, label = self.x(value / unit.factor), unit.said(value / unit.factor)
            marks.append(line(at, 0, at, self.height, LINE, 0.6))
            marks.append(text(at, self.height + 18, label, anchor="middle"))
            self.right = max(self.right, at + length(label) / 2 - self.width + 2)
            self.left = max(self.left, length(label) / 2 - at + 2)
        marks.append(text(0, self.height + 35, unit.words, colour=SOFT))
        self.group("axis-x", marks)
        self.bottom = max(self.bottom, 42)

    # --- labels ------------------------------------------------------------------------------------------------------
    def named_at_end(self, labels: Sequence[tuple[float, str, str]]) -> None:
        """Words right of the plot, each beside its value (value, words, colour), pushed apart where they would meet."""
        places = sorted(((self.y(value), words, colour) for value, words, colour in labels), key=lambda each: each[0])
        spread = spread_out([at for at, _, _ in places], 14, -4, self.height)
        marks = []
        for at, (true, words, colour) in zip(spread, places, strict=True):
            marks.append(line(self.width + 1, true, self.width + 9, at, colour, 0.8))
            marks.append(text(self.width + 12, at + 4, words, colour=colour))
            self.right = max(self.right, 16 + length(words))
        self.group("names", marks)

    def key(self, entries: Sequence[Entry]) -> None:
        """Signs and their words under the picture."""
        marks, across, down = key_of(entries, self.width + self.right)
        if marks:
            moved = Markup('<g transform="translate(0,{})">').format(pixel(self.height + self.bottom))
            self.parts.append(moved + marks + Markup("</g>"))
            self.right = max(self.right, across - self.width)
            self.bottom += down


@dataclass
class Panels:
    """Small plots side by side, all of one size, each with its name above; a key under all of them."""

    columns: int
    width: float
    height: float
    held: list[tuple[str, Canvas]] = field(default_factory=list)

    def panel(self, name: str) -> Canvas:
        drawn = Canvas(width=self.width, height=self.height)
        self.held.append((name, drawn))
        return drawn

    def svg(self, title: str, description: str, entries: Sequence[Entry]) -> Markup:
        """The picture, once every panel is drawn."""
        left = max(drawn.left for _, drawn in self.held)
        across = left + self.width + max(drawn.right for _, drawn in self.held) + 6
        bodies, down = [], 0.0
        for begin in range(0, len(self.held), self.columns):
            row = self.held[begin : begin + self.columns]
            names = [wrapped(name, across - 12, 13) for name, _ in row]
            head = 17.0 * max(len(lines) for lines in names) + 4
            top = max(drawn.top for _, drawn in row)
            for number, ((_, drawn), lines) in enumerate(zip(row, names, strict=True)):
                bodies += [
                    text(number * across + 4, down + 17 * (place + 1) - 2, words, bold=True)
                    for place, words in enumerate(lines)
                ]
                bodies.append(drawn.placed(number * across + left, down + head + top))
            down += head + top + self.height + max(drawn.bottom for _, drawn in row) + 8
        wide = across * min(self.columns, len(self.held))
        marks, room, high = key_of(entries, wide - left)
        if marks:
            moved = Markup('<g transform="translate({},{})">').format(pixel(left), pixel(down))
            bodies.append(moved + marks + Markup("</g>"))
        return framed(max(wide, left + room), down + high, title, description, Markup("").join(bodies))


Entry = tuple[Callable[[float, float], str], str]


def key_of(entries: Sequence[Entry], room: float) -> tuple[Markup, float, float]:
    """Signs and their words in as many lines as they need, and how much room that took."""
    at, down, widest, marks = 0.0, 14.0, 0.0, Markup("")
    for drawn, words in entries:
        long = 20 + length(words) + 14
        if at and at + long > room:
            at, down = 0.0, down + 18
        marks += Markup("").join([drawn(at + 6, down - 4), text(at + 20, down, words)])
        at += long
        widest = max(widest, at)
    return (
        (Markup('<g class="chart-key">') + marks + Markup("</g>"), widest, down + 8) if entries else (Markup(""), 0, 0)
    )


def framed(width: float, height: float, title: str, description: str, body: Markup) -> Markup:
    """Marks as one picture with a name."""
    return (
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="{0}" height="{1}"'
            ' viewBox="0 0 {0} {1}"><title>{2}</title><desc>{3}</desc><rect width="{0}" height="{1}" fill="#ffffff"/>'
            '<g font-family="{4}" font-size="{5}" fill="{6}">'
        ).format(pixel(width), pixel(height), visible(title), visible(description), FONT, LETTERS, INK)
        + body
        + Markup("</g></svg>")
    )


def empty(words: str, title: str, description: str) -> Markup:
    """A picture that says why there is none."""
    drawn = Canvas(width=max(360, length(words) + 10), height=40)
    drawn.group("nothing", [text(4, 24, words, colour=SOFT)])
    return drawn.svg(title, description)


def strands(rows: Sequence[Row], *, days: int = 7, parted_by: str | None = None) -> Iterator[list[Row]]:
    """Rows that a line may join: none disrupted, no more than so many days between, alike in `parted_by`."""
    held: list[Row] = []
    for row in rows:
        is_apart = row.get("quality_state") == "DISRUPTED"
        if held and (
            is_apart
            or (row["period_start"] - held[-1]["period_start"]).days > days
            or (parted_by is not None and row[parted_by] != held[-1][parted_by])
        ):
            yield held
            held = []
        if not is_apart:
            held.append(row)
    if held:
        yield held


def spread_out(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """The same places in order, moved as little as need be so that none is nearer to the next than `apart`."""
    found = list(places)
    for number in range(1, len(found)):
        found[number] = max(found[number], found[number - 1] + apart)
    if found and (over := found[-1] - max(high, low + apart * (len(found) - 1))) > 0:
        found[-1] -= over
        for number in range(len(found) - 2, -1, -1):
            found[number] = min(found[number], found[number + 1] - apart)
    return found


# --- marks ------------------------------------------------------------------------------------------------------------
def pixel(value: float) -> str:
    return f"{round(value, 1):g}"


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, dash: str = "") -> Markup:
    dashed = Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"{}/>').format(
        pixel(x1), pixel(y1), pixel(x2), pixel(y2), colour, f"{width:g}", dashed
    )


def text(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = INK, bold: bool = False, size: float = 0
) -> Markup:
    return Markup('<text x="{}" y="{}"{}{}{}{}>{}</text>').format(
        pixel(x),
        pixel(y),
        Markup(' text-anchor="{}"').format(anchor) if anchor != "start" else "",
        Markup(' fill="{}"').format(colour) if colour != INK else "",
        Markup(' font-weight="bold"') if bold else "",
        Markup(' font-size="{}"').format(f"{size:g}") if size else "",
        escape(visible(words)),
    )


def path(points: Iterable[tuple[float, float]], colour: str, width: float, dash: str = "") -> Markup:
    """A line through points."""
    dashed = Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
    through = "L".join(f"{pixel(x)},{pixel(y)}" for x, y in points)
    return Markup('<path d="M{}" fill="none" stroke="{}" stroke-width="{}"{}/>').format(
        through, colour, f"{width:g}", dashed
    )


def area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], colour: str) -> Markup:
    """What lies between two lines."""
    through = "L".join(f"{pixel(x)},{pixel(y)}" for x, y in [*upper, *reversed(lower)])
    return Markup('<path d="M{}Z" fill="{}"/>').format(through, colour)


def box(x: float, y: float, width: float, height: float, colour: str, stroke: str = "none") -> Markup:
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"/>').format(
        pixel(x), pixel(y), pixel(width), pixel(height), colour, stroke
    )


def circle(x: float, y: float, radius: float, colour: str, stroke: str = "none", width: float = 1) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}" stroke-width="{}"/>').format(
        pixel(x), pixel(y), f"{radius:g}", colour, stroke, f"{width:g}"
    )


def polygon(points: Iterable[tuple[float, float]], colour: str) -> Markup:
    return Markup('<polygon points="{}" fill="{}"/>').format(
        " ".join(f"{pixel(x)},{pixel(y)}" for x, y in points), colour
    )


def square(x: float, y: float) -> Markup:
    return box(x - 3.6, y - 3.6, 7.2, 7.2, ORANGE)


def diamond(x: float, y: float, colour: str = BLUE) -> Markup:
    return polygon([(x, y - 5.2), (x + 5.2, y), (x, y + 5.2), (x - 5.2, y)], colour)


def triangle(x: float, y: float, *, up: bool) -> Markup:
    tip = -5 if up else 5
    return polygon([(x, y + tip), (x + 5, y - tip * 0.8), (x - 5, y - tip * 0.8)], PURPLE)


def dot(x: float, y: float) -> Markup:
    return circle(x, y, 2.8, GREY)


def ring(x: float, y: float) -> Markup:
    return circle(x, y, 4.2, "#ffffff", INK, 1.4)


def cross(x: float, y: float) -> Markup:
    return Markup('<path d="M{},{}l7,7m0,-7l-7,7" fill="none" stroke="{}" stroke-width="1.8"/>').format(
        pixel(x - 3.5), pixel(y - 3.5), INK
    )


def stroke(colour: str, width: float, dash: str = "") -> Callable[[float, float], Markup]:
    """The sign of a line, for a key."""
    return lambda x, y: line(x - 8, y, x + 10, y, colour, width, dash)


def patch(colour: str) -> Callable[[float, float], Markup]:
    """The sign of an area, for a key."""
    return lambda x, y: box(x - 6, y - 6, 14, 12, colour)
