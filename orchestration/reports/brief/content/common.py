"""What the briefings have in common: figures of the first page, sections of the detail, the stamp, the definitions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from orchestration.reports.brief import wording
from orchestration.reports.brief.blocks import (
    Block,
    Definition,
    Figure,
    Figures,
    Icons,
    Link,
    Notice,
    Said,
    Section,
    Sentences,
    Stamp,
    Table,
)
from orchestration.reports.brief.periods import named
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.formatting import (
    NOTHING,
    clock,
    day,
    figure,
    instant,
    listing,
    masked,
    number,
    part,
    plural,
    share,
    short_day,
    state,
)

BEFORE = {"daily": "Day before", "weekly": "Week before", "monthly": "Month before", "quarterly": "Quarter before"}
SECTIONS = {
    "calls": "Calls",
    "unresourced": "Unresourced incidents",
    "response": "Response",
    "diary": "Diary",
    "domestic_abuse": "Domestic abuse",
    "demand": "Demand",
    "people": "People",
    "records": "Records",
    "plan_999_101": "The figures of the plan",
    "plan_demand": "The figures of the plan",
    "asked_for": "Asked for and not in any export",
}
_SCOPES = {
    "area": "area", "grade": "grade", "diary": "diary", "team": "team", "unit": "unit", "urban": "urban and rural",
    "source": "source", "channel": "channel", "stage": "stage of recruitment", "line": "line",
}  # fmt: skip
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_/-]{0,29}")
_LISTED = 4  # names in a sentence; the others are counted


def label_of(row: Row) -> str:
    """A measure's name, with what it is about where that is not the whole force."""
    if row["scope_type"] == "force":
        return str(row["label"])
    if row["scope_code"] == "*":  # of none is there a figure
        return f"{row['label']}, by {_SCOPES.get(row['scope_type'], row['scope_type'])}"
    return f"{row['label']}, {scope_of(row)}"


def scope_of(row: Row) -> str:
    """The name of what a figure is about. A code that no dictionary names is free text unless it looks like a code."""
    label = row["scope_label"]
    if label in (None, row["scope_code"]) and not is_readable(row["scope_code"]):
        return part("UNKNOWN")
    return part(row["scope_code"], label)


def is_readable(code: str) -> bool:
    """Whether a code as it was delivered may be shown: words of a sender are nobody's code."""
    return _CODE.fullmatch(code) is not None and masked(code) == code


def names_of(it: Read, scope_type: str) -> dict[str, str]:
    """The names of areas, grades ..., where the rows at hand have their codes alone."""
    return {row["scope_code"]: row["scope_label"] for row in it.figures if row["scope_type"] == scope_type}


def definition_link(text: str, row: Row) -> Link:
    return Link(text, f"#definition-{row['kpi_id']}")


# --- figures --------------------------------------------------------------------------------------------------------
def figure_of(it: Read, row: Row) -> Figure:
    """A figure of the first page."""
    measure = it.measure_of.get((row["kpi_id"], row["scope_type"], row["scope_code"]))
    is_said_of_week = measure is not None and row["value"] is not None
    said = wording.standing_of(measure) if measure and is_said_of_week else wording.rests_on(row)
    return Figure(
        label=label_of(row),
        value=value_of(row),
        note=" · ".join(_beside(row)),
        before=list(before(it, row)),
        state=row["quality_state"],
        link=definition_link("Definition", row),
        icons=_icons(measure) if is_said_of_week else None,
        said=" ".join(one.text for one in said),
    )


def value_of(row: Row) -> str:
    return "no figure" if row["value"] is None else figure(row["value"], row["unit"])


def of_how_many(row: Row) -> str:
    """`33 of 44` of a share; of a time, of how many records."""
    if row["value"] is None:
        return NOTHING
    if row["unit"] == "ratio" and row["denominator"] is not None:
        return f"{number(row['numerator'])} of {number(row['denominator'])}"
    if row["unit"] == "seconds" and row["denominator"] is not None:
        return f"of {number(row['denominator'])}"
    return NOTHING


def target_of(row: Row) -> str:
    return NOTHING if row["target"] is None else figure(row["target"], row["unit"]).replace(".0 %", " %")


def _beside(row: Row) -> Iterator[str]:
    if of_how_many(row) != NOTHING:
        yield of_how_many(row)
    if row["target"] is not None:
        yield f"target {target_of(row)}"


def before(it: Read, row: Row) -> Iterator[str]:
    """The figures that a figure is seen beside: the period before, the week before of a day, the year before."""
    yield f"{BEFORE[it.kind]}: {_earlier(row, 'previous')}"
    if it.kind == "daily":
        yield f"Week before: {_earlier(row, 'week_before')}"
    if row["year_before_start"] is None:
        yield "Year before: not in the data"
    else:
        yield f"Year before: {_earlier(row, 'year_before')}"


def _earlier(row: Row, when: str) -> str:
    value = row[f"{when}_value"]
    return "no figure" if value is None else _short(value, row["unit"])


def _short(value: float, unit: str | None) -> str:
    """A figure beside another of its kind: what is counted is said there."""
    return figure(value, unit if unit in {"ratio", "share", "seconds", "hours", "days", "per day"} else None)


def _icons(measure: Row | None) -> Icons | None:
    if measure is None or measure["value"] is None:
        return None
    return Icons(measure["variation"], measure["variation_direction"], measure["assurance"])


def first_page(it: Read, order: Sequence[str]) -> Figures:
    """The figures of the first page, by section in the order given."""
    place = {name: number_ for number_, name in enumerate(order)}
    rows = sorted(it.first_page, key=lambda row: (place.get(row["section"], len(place)), row["place"]))
    week = it.period["standing_week_start"]
    charts = f" Charts are by week: what they say is of the week from {day(week)}." if it.kind != "weekly" else ""
    return Figures(f"The figures of {_of_period(it)}.{charts}", [figure_of(it, row) for row in rows])


def _of_period(it: Read) -> str:
    named_period = named(it.kind, it.period["period_start"], it.period["period_end"])
    return (
        named_period.label[:1].lower() + named_period.label[1:]
        if it.kind in {"weekly", "quarterly"}
        else named_period.label
    )


def disrupted(it: Read) -> Iterator[Block]:
    """What disruptions did that fall into the period."""
    if said := outages(it.disruptions):
        yield Sentences(said, about="Disruptions")


def standing_out(it: Read) -> list[Section]:
    """What the charts say of measures that are not on the first page: only good and bad news."""
    said = []
    for row in it.figures:
        measure = it.measure_of.get((row["kpi_id"], row["scope_type"], row["scope_code"]))
        if row["is_first_page"] or row["value"] is None or measure is None or row["asked_scope_code"] == "*":
            continue
        if measure["variation"] in {"improvement", "concern"}:
            news = [one for one in wording.standing_of(measure) if one.tone in {"good", "bad"}]
            if news:
                text = " ".join(one.text for one in news)
                said.append(Said(f"{label_of(row)}: {value_of(row)}. {text}", news[0].tone, row["kpi_id"]))
    said.sort(key=lambda one: one.tone != "bad")
    return [Section("beyond", "Also out of the ordinary", [Sentences(said)])] if said else []


# --- sections of the detail -----------------------------------------------------------------------------------------
def section(it: Read, name: str, *, blocks: Sequence[Block] = (), title: str | None = None) -> Section | None:
    """A section of the detail: its figures, those by area, grade or diary, what is missing, and what is given."""
    rows = it.figures_of.get(name, [])
    if not rows and not blocks:
        return None
    there = [row for row in rows if row["value"] is not None]
    whole = [row for row in there if row["asked_scope_code"] != "*"]
    parts = [row for row in there if row["asked_scope_code"] == "*"]
    held: list[Block] = [figures_table(it, whole, SECTIONS[name])] if whole else []
    held += [*missing([row for row in rows if row["value"] is None]), *by_scope(parts), *blocks]
    return Section(name, title or SECTIONS[name], held)


def sections(it: Read, names: Sequence[str], more: Mapping[str, Sequence[Block]]) -> list[Section]:
    """The sections of that order which have something to say."""
    made = [section(it, name, blocks=more.get(name, ())) for name in names]
    return [each for each in made if each is not None]


def figures_table(it: Read, rows: Sequence[Row], caption: str) -> Table:
    """Figures of the period beside what they were."""
    is_daily = it.kind == "daily"
    columns = ["Measure", "Figure", "Of", "Target", BEFORE[it.kind], *(["Week before"] if is_daily else [])]
    return Table(
        caption=caption,
        columns=[*columns, "Year before", "Rests on"],
        rows=[
            [
                definition_link(label_of(row), row),
                value_of(row),
                of_how_many(row),
                target_of(row),
                _earlier(row, "previous"),
                *([_earlier(row, "week_before")] if is_daily else []),
                "not in the data" if row["year_before_start"] is None else _earlier(row, "year_before"),
                _state_and_coverage(row),
            ]
            for row in rows
        ],
        numeric=frozenset(range(1, len(columns) + 1)),
    )


def _state_and_coverage(row: Row) -> str:
    """Of how much a figure is: the state in a word, the share measured where it is not all."""
    said = "" if row["quality_state"] == "OK" else state(row["quality_state"])
    ratio = row["coverage_ratio"]
    measured = "all measured" if ratio is not None and ratio >= 1 else f"{share(ratio)} measured"
    return ", ".join(each for each in (said, "" if ratio is None else measured) if each) or "OK"


def by_scope(rows: Sequence[Row]) -> Iterator[Table]:
    """Figures by area, grade, diary ...: a table for each, measures beside one another."""
    for scope_type, held in groupby(sorted(rows, key=lambda row: row["scope_type"]), lambda row: row["scope_type"]):
        of_type = list(held)
        measures = list(dict.fromkeys((row["place"], row["kpi_id"], row["label"]) for row in of_type))
        named_rows = [row for row in of_type if row["scope_code"] == "UNKNOWN" or scope_of(row) != part("UNKNOWN")]
        scopes = list(dict.fromkeys((row["scope_code"], scope_of(row)) for row in named_rows))
        unnamed = {row["scope_code"] for row in of_type} - {code for code, _ in scopes}
        cells = {(row["scope_code"], row["kpi_id"]): row for row in of_type}
        named = _SCOPES.get(scope_type, scope_type)
        yield Table(
            caption=f"By {named}",
            columns=[named.capitalize(), *(label for _, _, label in measures)],
            rows=[[label, *(_cell(cells.get((code, kpi_id))) for _, kpi_id, _ in measures)] for code, label in scopes],
            note=f"Left out: {plural(len(unnamed), 'unknown code')}, as written in the deliveries." if unnamed else "",
            numeric=frozenset(range(1, len(measures) + 1)),
        )


def _cell(row: Row | None) -> str:
    if row is None or row["value"] is None:
        return NOTHING
    counted = of_how_many(row)
    value = _short(row["value"], row["unit"])
    return value if counted == NOTHING else f"{value} ({counted})"


def missing(rows: Sequence[Row]) -> Iterator[Block]:
    """What cannot be said, and why; a cause once, with every figure that it holds back."""
    causes: dict[str, list[str]] = {}
    for row in rows:
        for said in wording.rests_on(row):
            causes.setdefault(said.text, []).append(label_of(row))
    if causes:
        yield Sentences(
            [
                Said(f"{listing(list(dict.fromkeys(labels)))}: {_lowered(text)}", "part")
                for text, labels in causes.items()
            ],
            about="What is missing",
        )


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- the stamp and what it rests on -----------------------------------------------------------------------------------
def stamp(it: Read) -> Stamp:
    made = it.generation
    return Stamp(
        generation=made["generation"],
        made_at=made["published_at"],
        published_at=instant(made["published_at"]),
        as_of=f"the end of {day(it.period['reached_on'])}",
        coverage=_coverage(it.coverage),
        quality=_quality(it),
        disruptions=_disruptions(it.disruptions),
    )


def _coverage(rows: Sequence[Row]) -> str:
    lacking = [
        f"{row['label']} ({number(row['delivered_count'])} of {number(row['due_count'])} files)"
        for row in rows
        if row["missing_count"]
    ]
    if not lacking:
        return "Every file that was due has come." if rows else "No file has come yet."
    return f"Not every file that was due has come: {_some(lacking)}."


def _quality(it: Read) -> str:
    lacking = [
        f"{label_of(row)} ({state(row['quality_state']).lower()})"
        for row in it.first_page
        if row["quality_state"] != "OK"
    ]
    opened = [row for row in it.findings if row["is_open"]]
    findings = (
        f"{plural(len(opened), 'open finding')} of the quality rules touch figures of this briefing." if opened else ""
    )
    if not lacking:
        return f"Every figure of the first page is whole. {findings}".strip()
    return f"Not whole on the first page: {_some(lacking)}. {findings}".strip()


def _disruptions(rows: Sequence[Row]) -> str:
    spans = [
        f"{clock(row['started_at_local'])} to {clock(row['ended_at_local'])}"
        for row in rows
        if row["line"] == "ALL" and row["is_in_period"]
    ]
    if not spans:
        return "No disruption falls into the period."
    return f"Disruption in the period: {_some(spans)}."


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - _LISTED} more"] if len(names) > _LISTED else []
    return listing([*names[:_LISTED], *more])


def outages(rows: Iterable[Row]) -> list[Said]:
    """What the disruptions of the period did."""
    return [said for row in rows if row["line"] == "ALL" for said in wording.outage_of(row)]


def workings(it: Read) -> list[Section]:
    """What a briefing rests on, in full."""
    arrived = Table(
        caption="What has come of what was due",
        columns=["Export", "Files due", "Files come", "Newest day there", "Rows set aside", "State"],
        rows=[
            [
                row["label"],
                number(row["due_count"]),
                number(row["delivered_count"]),
                short_day(row["newest_business_date"]),
                number(row["rows_quarantined"]),
                _ARRIVED.get(row["state"], state(row["state"])),
            ]
            for row in it.coverage
        ],
        numeric=frozenset({1, 2, 4}),
    )
    blocks: list[Section] = [Section("came", "Deliveries", [arrived])] if it.coverage else []
    if it.findings:
        found = Table(
            caption="Rules that do not pass and touch its figures, gravest first",
            columns=["What should hold", "Stands at", "Failed", "Of", "Since", "Figures touched"],
            rows=[
                [
                    masked(row["sentence"]),
                    state(row["status"]),
                    number(row["failed_count"]),
                    number(row["checked_count"]),
                    short_day(row["since_date"]),
                    number(row["measures_count"]),
                ]
                for row in it.findings
                if row["is_open"]
            ],
            numeric=frozenset({2, 3, 5}),
        )
        blocks.append(Section("found", "Open findings", [found]))
    if said := outages(it.disruptions):
        blocks.append(Section("disrupted", "Disruptions", [Sentences(said)]))
    return blocks


_ARRIVED = {"DELIVERED": "All", "PARTLY_DELIVERED": "In part", "NOT_DELIVERED": "None", "NOT_DUE": "Not due yet"}


# --- definitions ------------------------------------------------------------------------------------------------------
def definitions(it: Read, quality: str | None) -> list[Definition]:
    """The meaning of every number in it. `quality` is where the quality report lies, seen from the briefing."""
    asked = {row["kpi_id"]: row for row in it.figures}
    return [
        Definition(
            kpi_id=row["kpi_id"],
            label=row["label"],
            meaning=row["definition"],
            formula=row["formula"],
            version=str(row["definition_version"]),
            inputs=str(row["inputs"]),
            limits=row["limits"] or "",
            owner=row["owner"] or "nobody named",
            query=_query(it, row["kpi_id"], asked[row["kpi_id"]]),
            page=f"{quality}/figures/{row['kpi_id']}.html" if quality else None,
        )
        for row in it.definitions
        if row["kpi_id"] in asked
    ]


def _query(it: Read, kpi_id: str, row: Row) -> str:
    first = row["figure_start"] or it.period["period_start"]
    return (
        "select scope_type, scope_code, numerator, denominator, value, quality_state\n"
        "from metrics.kpi_results\n"
        f"where kpi_id = '{kpi_id}' and period_type = '{row['period_type']}' and period_start = '{first}'"
    )


def notice(text: str, tone: Any = "part") -> Notice:
    return Notice(tone, text)
