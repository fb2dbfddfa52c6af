"""The pilot: what could have been seen, what was seen, and what would make one doubt it (docs/pilot.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.reports.brief.blocks import Block, Notice, Said, Section, Sentences, Table
from orchestration.reports.brief.content import drawings
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.brief.wording import Rule, before, known, missing
from orchestration.reports.formatting import NOTHING, cell, duration, number, part, share, state

_OUTCOMES = {
    "da_diary_share": "Domestic-abuse incidents booked into the domestic-abuse diary car",
    "other_diary_share": "Domestic-abuse incidents booked into another diary",
    "other_unresourced_hours": "Hours that other incidents waited, per incident",
}
_CHECKS = {
    "PLACEBO": "A pilot that never was",
    "LEAVE_ONE_OUT": "Without one area",
    "TREND": "Drift between the areas before, per week",
    "DISPLACEMENT": "Something else",
}


def _none_in_interval(value: Any, row: Row) -> bool:
    """The interval does not hold an effect of nothing."""
    return value is not None and row.get("upper_90") is not None and not value <= 0 <= row["upper_90"]


_EFFECT: tuple[Rule, ...] = (
    Rule({"status": ("NOT_AVAILABLE", "ERROR"), "reason": known}, "Nothing can be said: {reason}.", "part"),
    Rule({"status": ("NOT_AVAILABLE", "ERROR")}, "Nothing can be said.", "part"),
    Rule({"effect": missing}, "Nothing can be said.", "part"),
    Rule(
        {"lower_90": _none_in_interval, "effect": before("_none"), "better": "lower"},
        "Against the other areas it fell by {size} (90 % interval {interval}): better, if nothing else did it.",
        "good",
    ),
    Rule(
        {"lower_90": _none_in_interval, "effect": before("_none")},
        "Against the other areas it fell by {size} (90 % interval {interval}): worse, if nothing else did it.",
        "bad",
    ),
    Rule(
        {"lower_90": _none_in_interval, "better": "higher"},
        "Against the other areas it rose by {size} (90 % interval {interval}): better, if nothing else did it.",
        "good",
    ),
    Rule(
        {"lower_90": _none_in_interval},
        "Against the other areas it rose by {size} (90 % interval {interval}): worse, if nothing else did it.",
        "bad",
    ),
    Rule(
        {"lower_90": known, "upper_90": known},
        "An effect cannot be told from none: {signed} against the other areas (90 % interval {interval}).",
    ),
    Rule({}, "{signed} against the other areas; the data do not bound the interval.", "part"),
)
_SEEN: tuple[Rule, ...] = (
    Rule({"minimum_detectable": missing}, "How large an effect could have been seen is not known.", "part"),
    Rule({}, "Only an effect of {detectable} or more would probably have been seen."),
)


def sections(it: Read) -> list[Section]:
    """The pilot's part of a report; none where the force has no pilot."""
    if not it.pilot_effects:
        return []
    return [Section("pilot", "The domestic-abuse pilot", list(_effects(it)), starts_page=True, parts=_doubts(it))]


def said_of(effect: Row) -> list[Said]:
    """What the pilot did to an outcome, of a row of metrics.pilot_effects: what could have been seen comes first."""
    row = {**effect, "_none": 0}
    words = {
        "reason": str(effect["reason"] or "").rstrip("."),
        "size": _size(effect["effect"], effect["unit"]).lstrip("−+"),
        "signed": _size(effect["effect"], effect["unit"]),
        "interval": _interval(effect),
        "detectable": _size(effect["minimum_detectable"], effect["unit"]).lstrip("+"),
    }
    tables = (_EFFECT,) if effect["status"] in {"NOT_AVAILABLE", "ERROR"} else (_SEEN, _EFFECT)
    chosen = [next(rule for rule in rules if rule.holds(row)) for rules in tables]
    return [Said(rule.words.format_map(words), rule.tone, effect["outcome"]) for rule in chosen]  # type: ignore[arg-type]


def _effects(it: Read) -> Iterator[Block]:
    main = next((row for row in it.pilot_effects if row["is_main_outcome"]), it.pilot_effects[0])
    yield Notice(
        "part",
        "Read first what could have been seen. Two areas of five were changed, and not drawn by lot: what follows is a "
        "difference, not a proof of cause.",
    )
    yield Sentences(said_of(main), about=f"The main outcome: {_named(main)}")
    reasons = {row["reason"]: None for row in it.pilot_effects if row["reason"]}
    for reason in reasons:
        yield Notice("part", f"{reason[:1].upper()}{reason[1:]}.")
    yield Table(
        caption="What the pilot changed, against the other areas",
        columns=[
            "Outcome",
            "Smallest effect to be seen",
            "Effect",
            "90 % interval",
            "p",
            "Pilot areas before",
            "Pilot areas during",
            "Others before",
            "Others during",
            "State",
        ],
        rows=[
            [
                f"{_named(row)}{' (main)' if row['is_main_outcome'] else ''}",
                _size(row["minimum_detectable"], row["unit"]).lstrip("+"),
                _size(row["effect"], row["unit"]),
                _interval(row),
                number(row["p_value"]),
                *(_level(row[name], row["unit"]) for name in _LEVELS),
                state(row["status"]),
            ]
            for row in it.pilot_effects
        ],
        note="Points are percentage points. Several outcomes looked at make it likelier that one stands out by chance.",
        numeric=frozenset(range(1, 9)),
    )
    yield Sentences(
        [Said(f"{_named(row)}: {_joined(row)}", said_of(row)[-1].tone) for row in it.pilot_effects],
        about="Each outcome in words",
    )


_LEVELS = ("pilot_before", "pilot_during", "other_before", "other_during")


def _joined(row: Row) -> str:
    text = " ".join(said.text for said in said_of(row))
    return text[:1].lower() + text[1:]


def _doubts(it: Read) -> list[Section]:
    """Week by week, every other choice of areas, and the checks."""
    main = next((row["outcome"] for row in it.pilot_effects if row["is_main_outcome"]), it.pilot_effects[0]["outcome"])
    parts = [
        Section("pilot-weeks", "Week by week", list(_weeks(it, main))),
        Section("pilot-permutations", "Had other areas been chosen", list(_permutations(it, main))),
        Section("pilot-checks", "What would make one doubt it", list(_checks(it, main))),
    ]
    return [each for each in parts if each.blocks]


def _weeks(it: Read, main: str) -> Iterator[Block]:
    rows = [row for row in it.pilot_weeks if row["outcome"] == main]
    if rows:
        yield drawings.event_study(rows, _unit(it, main), _label(it, main))


def _permutations(it: Read, main: str) -> Iterator[Block]:
    rows = [row for row in it.pilot_permutations if row["outcome"] == main]
    if not rows:
        return
    yield Notice(
        "none",
        f"There are {number(rows[0]['assignments_count'])} choices, so by this test p cannot go under "
        f"{number(rows[0]['lowest_p_value'])}, whatever the pilot did.",
    )
    yield drawings.permutations(rows, _unit(it, main), _label(it, main))


def _checks(it: Read, main: str) -> Iterator[Block]:
    for kind, title in (
        ("PLACEBO", "Pilots that never were: no effect should be found"),
        ("LEAVE_ONE_OUT", "Without each area: the direction should stay"),
        ("TREND", "How far the areas drifted apart per week before: not at all, one hopes"),
        ("DISPLACEMENT", "Whether something else grew worse meanwhile"),
    ):
        rows = [
            row
            for row in it.pilot_checks
            if row["check_type"] == kind and (kind == "DISPLACEMENT" or row["outcome"] == main)
        ]
        if rows:
            yield Table(
                caption=title,
                columns=["Check", "Effect", "90 % interval", "As hoped"],
                rows=[
                    [_subject(it, row), _size(row["effect"], row["unit"]), _interval(row), _hoped(row)] for row in rows
                ],
                numeric=frozenset({1, 2}),
            )


def _subject(it: Read, row: Row) -> str:
    if row["check_type"] == "DISPLACEMENT":
        return _label(it, row["outcome"])
    if row["check_type"] == "PLACEBO":
        return f"From {row['subject']}"
    return _CHECKS.get(row["check_type"], "") if row["subject"] == "PILOT" else f"Without {part(row['subject'])}"


def _hoped(row: Row) -> str:
    return cell(row["is_as_hoped"])


def _unit(it: Read, outcome: str) -> str:
    return next(str(row["unit"]) for row in it.pilot_effects if row["outcome"] == outcome)


def _label(it: Read, outcome: str) -> str:
    known_one = it.definition_of.get(outcome)
    return str(known_one["label"]) if known_one else _OUTCOMES.get(outcome, outcome)


def _named(row: Row) -> str:
    return str(row["label"] or _OUTCOMES.get(row["outcome"], row["outcome"]))


def _interval(row: Mapping[str, Any]) -> str:
    if row["lower_90"] is None or row["upper_90"] is None:
        return NOTHING
    return f"{_size(row['lower_90'], row['unit']).removesuffix(' points')} to {_size(row['upper_90'], row['unit'])}"


def _level(value: float | None, unit: str) -> str:
    return share(value) if unit == "ratio" else duration(value)


def _size(value: float | None, unit: str) -> str:
    """A difference with its sign: points of a share, seconds of a time."""
    if value is None:
        return NOTHING
    sign = "−" if value < 0 else "+"
    if unit == "ratio":
        return f"{sign}{abs(value) * 100:.1f} points"
    if unit == "seconds":
        return f"{sign}{duration(abs(value))}"
    return f"{sign}{abs(value):.2f} {unit}"
