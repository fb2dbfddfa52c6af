"""Which pages the report has and what stands on each: one page for each question of the review, one for each rule.

What belongs here: choosing rows for a page, and asking for a picture where people would rather look than read. Not
here: what is read (reading.py), sentences (wording.py), where the pages lie (place.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from orchestration.reports.charts import quality as charts
from orchestration.reports.formatting import address, day, file_name, key, month, plain, plural, share
from orchestration.reports.formatting import part as part_in_words
from orchestration.reports.quality import wording
from orchestration.reports.quality.reading import FAILING, Published, Row
from orchestration.reports.shell import Site, page, part

SITE = Site(
    name="Data quality",
    navigation=[
        ("index.html", "This week"),
        ("publishable.html", "What may be published"),
        ("rules.html", "Rules"),
        ("dimensions.html", "Scores"),
        ("exports.html", "Exports"),
        ("figures.html", "Figures"),
        ("disruptions.html", "Outages"),
        ("quarantine.html", "Set aside"),
        ("reviews.html", "Sign-offs"),
        ("print.html", "Print"),
    ],
    about="For those who review the data; small counts are not suppressed, so keep these pages where the warehouse is "
    "kept. No value of a delivered row stands on them.",
)
_INDEX_ROWS, _CHART_BARS, _CHART_DAYS, _TABLE_PARTS = 15, 10, 60, 60
_STRIP_DAYS, _CALENDAR_WEEKS = 28, 26
_DIMENSIONS = ("completeness", "uniqueness", "consistency", "timeliness", "validity", "accuracy")
_PARTS = {
    "area": ("Area", "by area"),
    "team": ("Team", "by team"),
    "callsign": ("Callsign", "by callsign"),
    "day": ("Day", "by day"),
}
_STATE_CHOICES = {
    "all": "All",
    "failing": "Failing",
    "open": "Open",
    "worse": "New or worse",
    "better": "Better",
    "pass": "Passing",
    "none": "Not judged",
}
_CHANGE_PAGES = {  # the gravest kinds first
    "REGISTER": "publishable.html",
    "DISRUPTION": "disruptions.html",
    "ARRIVAL": "exports.html",
    "RULE": "rules.html",
    "DRIFT": "exports.html",
    "FILE": "exports.html",
    "REVIEW": "reviews.html",
}


def pages(it: Published) -> Iterator[tuple[str, str]]:
    """Every page as its address in the report's folder and its text."""
    rules = {rule["rule_id"]: _of_rule(it, rule) for rule in it.rules if address(rule["rule_id"])}
    sections = [
        ("index.html", "Data quality this week", "index.html", _index(it)),
        ("publishable.html", "What may be published", "publishable.html", _publishable(it)),
        ("rules.html", "Rules", "rules.html", _rules(it)),
        ("dimensions.html", "Scores by dimension", "dimensions.html", _dimensions(it)),
        ("exports.html", "Exports", "exports.html", _exports(it)),
        ("figures.html", "Figures", "figures.html", {}),
        ("disruptions.html", "Outages", "disruptions.html", _disruptions(it)),
        ("quarantine.html", "What was set aside", "quarantine.html", {}),
        ("reviews.html", "Sign-offs", "reviews.html", _reviews(it)),
    ]
    for where, title, body, content in sections:
        yield where, _page(it, where, title, body, content)
    for rule_id, content in rules.items():
        up = ("rules.html", "All rules")
        yield (
            f"rules/{rule_id}.html",
            _page(it, f"rules/{rule_id}.html", content["rule"]["sentence"], "rule.html", content, up),
        )
    for fresh in it.freshness:
        if name := address(fresh["export"]):
            up = ("exports.html", "All exports")
            yield (
                f"exports/{name}.html",
                _page(it, f"exports/{name}.html", f"Export {name}", "export.html", _export(it, fresh), up),
            )
    for each in it.indicators:
        if name := address(each["kpi_id"]):
            up = ("figures.html", "All figures")
            yield (
                f"figures/{name}.html",
                _page(it, f"figures/{name}.html", each["label"], "figure.html", _figure(it, each), up),
            )
    failing = [rules[rule["rule_id"]] for rule in it.failing if rule["rule_id"] in rules]
    printed = [*sections[:3], ("", "Failing rules", "failing.html", {"failing": failing}), *sections[3:]]
    parts = [
        (title, part(SITE, f"quality/body/{body}", here="print.html", deeper=1, content={"it": it, **content}))
        for _, title, body, content in printed
    ]
    yield "print.html", page(SITE, "quality/print.html", here="print.html", content={"it": it, "sections": parts})


def _page(
    it: Published, here: str, title: str, body: str, content: Mapping[str, Any], up: tuple[str, str] | None = None
) -> str:
    about = {"it": it, "title": title, "heading": None, "body": body, "up": up}
    return page(SITE, "quality/page.html", here=here, content={**about, **content})


# --- this week ------------------------------------------------------------------------------------------------------
def _index(it: Published) -> dict[str, Any]:
    changes = [
        {**change, "name": _subject(it, change), "address": _address_of(it, change)} for change in _gravest_first(it)
    ]
    late = [row for row in it.freshness if row["is_late"]]
    available = [row for row in it.indicators if row["status"] == "AVAILABLE"]
    arrived = [row for row in it.freshness if row["newest_business_date"] is not None]
    return {
        "opening": wording.opening(it),
        "newest": max((row["newest_business_date"] for row in arrived), default=None),
        "glance": [
            (f"{len(it.failing)} of {len(it.rules)}", "rules fail, warn or could not run", "rules.html"),
            (len(it.open_findings), "open finding" + "s" * (len(it.open_findings) != 1), "rules.html"),
            (f"{len(available)} of {len(it.indicators)}", "indicators available in full", "publishable.html"),
            (len(late), "late export" + "s" * (len(late) != 1), "exports.html"),
        ],
        "changed": [
            ("What got worse", [each for each in changes if each["is_better"] is False], "Nothing got worse."),
            ("What got better", [each for each in changes if each["is_better"] is True], "Nothing got better."),
            ("What else changed", [each for each in changes if each["is_better"] is None], ""),
        ],
        "held": _by_cause([row for row in it.indicators if row["status"] != "AVAILABLE"]),
        "late": late,
        "arrived": arrived,
        "shown": _INDEX_ROWS,
    }


def _gravest_first(it: Published) -> list[Row]:
    """Changes by their kind, those of rules as gravely as the rules stand."""
    kinds = {kind: place for place, kind in enumerate(_CHANGE_PAGES)}
    places = {rule["rule_id"]: place for place, rule in enumerate(it.rules)}
    return sorted(
        it.changes, key=lambda change: (kinds.get(change["kind"], len(kinds)), places.get(change["subject"], 0))
    )


def _by_cause(held: Sequence[Row]) -> list[dict[str, Any]]:
    """What stands against indicators, each cause once: one day that did not come holds many of them."""
    causes: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in held:
        said = {name: row[name] for name in ("status", "reason", "since")}
        causes.setdefault(tuple(said.values()), {**said, "indicators": []})["indicators"].append(row)
    return list(causes.values())


def _subject(it: Published, change: Row) -> str:
    """What changed, in words that are ours: a rule's sentence, an indicator's name, an export, a key."""
    if change["kind"] == "FILE":
        return file_name(change["subject"])
    subject = change["subject"]
    return _sentences(it).get(subject) or _labels(it).get(subject) or key(subject)


def _address_of(it: Published, change: Row) -> str | None:
    subject = change["system"] if change["kind"] == "FILE" else change["subject"]  # a file's page is its export's
    if subject in _sentences(it) and address(subject):
        return f"rules/{subject}.html"
    if subject in _labels(it) and address(subject):
        return f"figures/{subject}.html"
    if address(subject or "") and any(row["export"] == subject for row in it.freshness):
        return f"exports/{subject}.html"
    return _CHANGE_PAGES.get(change["kind"])


def _sentences(it: Published) -> dict[str, str]:
    return {rule["rule_id"]: rule["sentence"] for rule in it.rules}


def _labels(it: Published) -> dict[str, str]:
    return {row["kpi_id"]: row["label"] for row in it.publishable}


# --- the register, scores, outages, sign-offs -----------------------------------------------------------------------
def _publishable(it: Published) -> dict[str, Any]:
    states = ("NOT_AVAILABLE", "PARTIAL", "AVAILABLE")
    return {"by_status": {state: [row for row in it.publishable if row["status"] == state] for state in states}}


def _dimensions(it: Published) -> dict[str, Any]:
    newest = max((row["week_start_date"] for row in it.scores), default=None)
    over_all = [row for row in it.scores if row["system"] == "ALL"]
    weeks_of = {
        dimension: [row for row in over_all if row["dimension"] == dimension] for dimension in ("ALL", *_DIMENSIONS)
    }
    return {
        "trends": [_trend(dimension, weeks) for dimension, weeks in weeks_of.items() if weeks],
        "week": newest,
        "newest_scores": [row for row in it.scores if row["week_start_date"] == newest],
        "all_weeks": over_all,
    }


def _trend(dimension: str, weeks: Sequence[Row]) -> dict[str, Any]:
    first, last = weeks[0], weeks[-1]
    name = "All dimensions" if dimension == "ALL" else plain(dimension)
    said = f"{name}: {share(last['score_ratio'])} of {plural(last['rules_judged_count'], 'rule')} pass"
    described = (
        f"By week from {day(first['week_start_date'])} to {day(last['week_start_date'])}; the table has the values."
    )
    return {"caption": said, "chart": charts.trend(weeks, said, described)}


def _disruptions(it: Published) -> dict[str, Any]:
    def touched(name: str) -> list[tuple[str, str]]:
        return [
            (row["kpi_id"], row["label"])
            for row in it.publishable
            if name in _keys(row["disruption_keys"]) and address(row["kpi_id"])
        ]

    effects: dict[str, list[Row]] = {}
    for row in it.effects:
        effects.setdefault(row["disruption_key"], []).append(row)
    return {
        "disruptions": [
            {
                **row,
                "name": key(row["disruption_key"]),
                "touched": touched(row["disruption_key"]),
                "effects": effects.get(row["disruption_key"], []),
            }
            for row in it.disruptions
        ]
    }


def _keys(listed: Any) -> list[str]:
    """Keys of disruptions as a list or as text."""
    if listed is None:
        return []
    return [each for each in re.split(r"\s*[|,;]\s*", listed) if each] if isinstance(listed, str) else list(listed)


def _reviews(it: Published) -> dict[str, Any]:
    return {
        "reviews": {
            standing: [row for row in it.reviews if row["standing"] == standing]
            for standing in ("IN_FORCE", "EXPIRED", "REPLACED", "WITHDRAWN")
        },
        "problems": it.review_problems,
        "rule_ids": {rule["rule_id"] for rule in it.rules if address(rule["rule_id"])},
        "sign_off": wording.sign_off("RULE_ID"),
    }


# --- rules ----------------------------------------------------------------------------------------------------------
def _rules(it: Published) -> dict[str, Any]:
    systems = sorted({rule["system"] for rule in it.rules})
    places = {system: number for number, system in enumerate(systems, start=1)}
    return {
        "filters": [
            ("state", "State", list(_STATE_CHOICES.items())),
            ("dimension", "Dimension", [("all", "All"), *((name, plain(name)) for name in _DIMENSIONS)]),
            ("system", "System", [("all", "All"), *((places[system], system) for system in systems)]),
        ],
        "classes": {rule["rule_id"]: _classes(rule, places[rule["system"]]) for rule in it.rules},
    }


def _classes(rule: Row, system: int) -> str:
    """What the choices of the rules page go by."""
    states = {
        "failing": rule["status"] in FAILING,
        "open": rule["is_open"],
        "worse": rule["change"] in {"NEW", "WORSE"},
        "better": rule["change"] in {"BETTER", "MENDED"},
        "pass": rule["status"] == "PASS",
        "none": rule["status"] not in {*FAILING, "PASS"},
    }
    named = [f"state-{name}" for name, holds in states.items() if holds]
    return " ".join([*named, f"dimension-{rule['dimension']}", f"system-{system}"])


def _of_rule(it: Published, rule: Row) -> dict[str, Any]:
    rule_id, failing = rule["rule_id"], rule["status"] in FAILING
    history = it.history_of.get(rule_id, [])
    reviews = [review for review in it.reviews if review["rule_id"] == rule_id]
    samples = it.samples_of.get(rule_id, []) if failing else []
    return {
        "rule": rule,
        "failing": failing,
        "standing": wording.standing(rule),
        "history": history,
        "history_chart": _history_chart(history),
        "parts": _parts(it, rule_id) if failing else [],
        "samples": samples,
        "look_up": _look_up(rule, samples[0]) if samples else "",
        "reviews": reviews,
        "signed": wording.signed(rule, reviews),
        "sign_off": wording.sign_off(rule_id),
        "kpis": {name: label for name, label in _labels(it).items() if address(name)},
    }


def _history_chart(history: Sequence[Row]) -> Markup | None:
    """A picture where there is something to see: two weeks at least, and a row that failed in one of them."""
    if len(history) < 2 or not any(week["failed_count"] for week in history):
        return None
    first, last = history[0], history[-1]
    described = (
        f"From {plural(first['failed_count'] or 0, 'row')} in the week of {day(first['week_start_date'])} to "
        f"{plural(last['failed_count'] or 0, 'row')} in the week of {day(last['week_start_date'])}; "
        "the table has every week."
    )
    return charts.weeks(history, "Rows failing by week", described)


def _parts(it: Published, rule_id: str) -> list[dict[str, Any]]:
    """Where the rule fails: by area, team and callsign the worst first, by day in order."""
    found = []
    for kind, (heading, by) in _PARTS.items():
        rows = [
            {**row, "said": part_in_words(row["part_code"], row["label"])}
            for row in it.failures_of.get(rule_id, [])
            if row["part_type"] == kind and row["failed_count"]
        ]
        if not rows:
            continue
        if kind == "day":
            rows.sort(key=lambda row: row["part_code"], reverse=True)
        title = f"Rows failing {by}"
        found.append(
            {
                "kind": kind,
                "heading": heading,
                "title": title,
                "summary": f"{plain(by)} as a table",
                "rows": rows[:_TABLE_PARTS],
                "more": len(rows) - _TABLE_PARTS if len(rows) > _TABLE_PARTS else 0,
                "command": 'occ query "select * from quality.rule_failures '
                f"where rule_id = '{rule_id}' and part_type = '{kind}'\"",
                "chart": _part_chart(kind, title, rows),
            }
        )
    return found


def _part_chart(kind: str, title: str, rows: Sequence[Row]) -> Markup | None:
    if kind == "day":
        known = [row for row in rows if re.fullmatch(r"\d{4}-\d\d-\d\d", row["part_code"])][:_CHART_DAYS]
        return (
            charts.days(known[::-1], title, f"{plural(len(known), 'day')}; the table has the values.")
            if len(known) > 1
            else None
        )
    shown = [{"label": row["said"], "failed_count": row["failed_count"]} for row in rows[:_CHART_BARS]]
    if len(rows) < 2:
        return None
    return charts.bars(shown, title, f"Most in {shown[0]['label']}; the table has the values.")


def _look_up(rule: Row, sample: Row) -> str:
    """The command that shows the row of a reference, in the warehouse and nowhere else."""
    delivery, line = sample["delivery_id"], sample["source_row"]
    schema, _, table = rule["table_name"].partition(".")
    if schema == "marts" and table.startswith("fct_"):
        asked = f"select * from marts.{table} where _delivery_id = '{delivery}' and _source_row = {line}"
    else:
        asked = f"select * from quality.row_links where delivery_id = '{delivery}' and source_row = {line}"
    return f'occ query "{asked}"'


# --- exports --------------------------------------------------------------------------------------------------------
def _is_monthly(fresh: Row) -> bool:
    return str(fresh["cadence"] or "").lower().startswith("month")


def _exports(it: Published) -> dict[str, Any]:
    monthly = {row["export"] for row in it.freshness if _is_monthly(row)}
    daily = [row for row in it.arrivals if row["cadence"] == "day"]
    newest = max((row["business_date"] for row in daily), default=None)
    recent = [row for row in daily if newest and row["business_date"] > newest - timedelta(days=_STRIP_DAYS)]
    recent.sort(key=lambda row: (row["business_date"], row["export"]))
    months = sorted(
        (row for row in it.arrivals if row["export"] in monthly), key=lambda row: (row["business_date"], row["export"])
    )
    pictures = []
    if recent:
        caption = f"Daily exports, the last {_STRIP_DAYS} days to {day(newest)}"
        pictures.append((caption, charts.strip(recent, caption, _in_words(recent))))
    if months:
        caption = "Monthly exports"
        pictures.append((caption, charts.strip(months, caption, _in_words(months), by_month=True)))
    return {"pictures": pictures}


def _in_words(rows: Sequence[Row]) -> str:
    """What a picture of arrivals shows, for those who do not see it."""
    missing = [
        f"{row['export']} of {day(row['business_date'])}" for row in rows if row["state"] in {"MISSING", "QUARANTINED"}
    ]
    if not missing:
        return "Everything that was due arrived."
    more = f" and {len(missing) - 12} more" if len(missing) > 12 else ""
    return f"Missing or set aside: {', '.join(missing[:12])}{more}. The tables of the exports have every day."


def _export(it: Published, fresh: Row) -> dict[str, Any]:
    export = fresh["export"]
    arrivals = it.arrivals_of.get(export, [])
    newest = max((row["business_date"] for row in arrivals), default=None)
    shown = [row for row in arrivals if newest and row["business_date"] > newest - timedelta(weeks=_CALENDAR_WEEKS)]
    if _is_monthly(fresh):
        caption, chart = (
            "Month by month",
            charts.strip(arrivals, f"{export}: month by month", _in_words(arrivals), by_month=True),
        )
        shown = arrivals
    else:
        caption = f"Day by day, the last {_CALENDAR_WEEKS} weeks; a column is a week, named by its Monday"
        chart = charts.calendar(shown, f"{export}: arrivals day by day", _in_words(shown))
    return {
        "fresh": fresh,
        "arrivals": shown,
        "caption": caption,
        "chart": chart,
        "drift": [row for row in it.drift if row["export"] == export],
        "set_aside": [row for row in it.rows_set_aside if row["export"] == export],
        "rules": [rule for rule in it.failing if rule["system"] == fresh["system"]],
    }


# --- figures --------------------------------------------------------------------------------------------------------
def _figure(it: Published, each: Row) -> dict[str, Any]:
    kpi_id = each["kpi_id"]
    nothing = dict.fromkeys(("definition", "formula", "limits", "better", "definition_version", "inputs"))
    return {
        "each": each,
        "standing": [row for row in it.publishable if row["kpi_id"] == kpi_id],
        "definition": it.definition_of.get(kpi_id, nothing),
        "disruptions": [key(name) for name in _keys(each["disruption_keys"])],
        "findings": [rule for rule in it.failing if kpi_id in (rule["indicators"] or [])],
        "queries": _queries(each),
        "sources": it.sources_of.get(kpi_id, []),
    }


def _queries(each: Row) -> list[tuple[str, str]]:
    """From the figure down to the rows, as they can be pasted."""
    kpi_id, of_month = each["kpi_id"], each["period_start"]
    scope = "scope_type = 'force' and scope_code = 'FORCE'"
    if of_month is None:
        return [
            (
                "Every figure of it",
                f"select *\nfrom metrics.kpi_results\nwhere kpi_id = '{kpi_id}'\norder by period_type, period_start",
            )
        ]
    within = f"period_start >= '{of_month}' and period_start < date '{of_month}' + interval 1 month"
    return [
        (
            f"The figure of {month(of_month)}",
            "select numerator, denominator, value, unit, measured_count, eligible_count, coverage_ratio, "
            "quality_state, definition_version\nfrom metrics.kpi_results\n"
            f"where kpi_id = '{kpi_id}' and period_type = 'month' and period_start = '{of_month}'\n    and {scope}",
        ),
        (
            "Day by day",
            "select period_start, numerator, denominator, value, quality_state\nfrom metrics.kpi_results\n"
            f"where kpi_id = '{kpi_id}' and period_type = 'day' and {within}\n    and {scope}\norder by period_start",
        ),
        (
            "The files behind it",
            "select export, name, contract, contract_version, sha256, status, rows_loaded\n"
            f"from reports.figure_sources\nwhere kpi_id = '{kpi_id}'\norder by export, name",
        ),
        (
            "Which rows of them stand behind facts, beside those that the facts name themselves",
            "select links.table_name, links.row_key, links.delivery_id, links.source_row, links.outcome\n"
            "from quality.row_links as links\n"
            f"inner join reports.figure_sources as sources on links.delivery_id = sources.delivery_id\n"
            f"where sources.kpi_id = '{kpi_id}'",
        ),
    ]
