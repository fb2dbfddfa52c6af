"""What a briefing is made of: plain text in blocks, which a page and paper show alike. Whoever shows it escapes it.

What belongs here: the shapes. Not here: what stands in them (content/), how they look (the templates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Tone = Literal["good", "bad", "part", "none"]


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere: an address from the briefing's folder, or `#...` in the briefing itself."""

    text: str
    address: str


@dataclass(frozen=True)
class Icons:
    """What a control chart says in two signs: variation (and where it points), and assurance against the target.

    Codes as in metrics.kpi_signals. None: nothing is judged.
    """

    variation: str | None
    direction: str | None
    assurance: str | None


@dataclass(frozen=True)
class Figure:
    """A number that people look for. `value` and `note` are in words already (`81.2 %`, `1,020 of 1,256`)."""

    label: str
    value: str
    note: str = ""
    before: Sequence[str] = ()  # figures to see it beside, as `Week before: 80.1 %`
    state: str | None = None  # quality_state; shown where it is not OK
    link: Link | None = None  # its definition and query
    icons: Icons | None = None
    said: str = ""  # what its chart says, in one line


@dataclass(frozen=True)
class Figures:
    """Figures one under the other, each beside what it was and what its chart says."""

    caption: str
    items: Sequence[Figure]


@dataclass(frozen=True)
class Said:
    """One or two sentences, and what they say of: good and bad news, what is not whole, or neither."""

    text: str
    tone: Tone = "none"
    kpi_id: str | None = None


@dataclass(frozen=True)
class Sentences:
    """What is said, each a line; `about` before them names what they are about."""

    items: Sequence[Said]
    about: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under columns. The first column names its row. A cell is text or a link."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | Link]]
    note: str = ""
    numeric: frozenset[int] = frozenset()  # places of the columns that hold numbers


@dataclass(frozen=True)
class Picture:
    """A drawing, what it shows for those who cannot see it, and the numbers behind it."""

    svg: str  # made by orchestration.reports.charts, which escapes what it is given
    title: str
    description: str
    table: Table
    caption: str = ""
    said: Sequence[Said] = ()


@dataclass(frozen=True)
class Notice:
    """What must not be overlooked: something missing, something that a figure must not be used for."""

    tone: Tone
    text: str


Block = Figures | Sentences | Table | Picture | Notice


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. `key` is its anchor."""

    key: str
    title: str
    blocks: Sequence[Block]
    starts_page: bool = False
    parts: Sequence[Section] = ()


@dataclass(frozen=True)
class Definition:
    """What a number means: the annex that every figure leads to."""

    kpi_id: str
    label: str
    meaning: str
    formula: str
    version: str
    inputs: str
    limits: str
    owner: str
    query: str
    page: str | None = None  # address of its page in the quality report


@dataclass(frozen=True)
class Period:
    """What a briefing is of."""

    first: date
    last: date
    label: str  # as `Week 47 of 2021: Monday 22 to Sunday 28 November 2021`
    name: str  # as `--period` takes it, and as it may stand in a path


@dataclass(frozen=True)
class Stamp:
    """Where the numbers come from and what they rest on, in words; on every page of paper in short."""

    generation: str
    made_at: datetime  # when the generation was published: the document's own date
    published_at: str  # the same in words
    as_of: str
    coverage: str
    quality: str
    disruptions: str


@dataclass(frozen=True)
class Brief:
    """A whole briefing: what stands on its first page, the detail after, and what its numbers mean."""

    kind: str
    edition: str
    title: str
    period: Period
    stamp: Stamp
    front: Sequence[Section]
    detail: Sequence[Section]
    workings: Sequence[Section] = ()  # what it rests on, in full: deliveries, failing rules, disruptions
    definitions: Sequence[Definition] = ()
