"""Small wrong changes of the models' SQL: which operators there are, where they fit, and which sites a seed picks.

A mutant is a model's text with one change. Templates are left alone, but for the macros of time; so are comments and
texts in quotes. What catches a mutant is in catching.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from orchestration.settings import DBT_PROJECT

MODELS = DBT_PROJECT / "models"


@dataclass(frozen=True)
class Mutant:
    """One change of one line of one model."""

    model: str
    room: str
    line: int  # from 1
    operator: str
    before: str  # the line
    after: str
    text: str  # the whole model, changed

    @property
    def name(self) -> str:
        return f"{self.model}:{self.line}:{self.operator}"


Replace = Callable[[re.Match[str]], str]


def _turned(pairs: dict[str, str]) -> Replace:
    return lambda found: pairs[found[0]]


def _one_more(found: re.Match[str]) -> str:
    return str(int(found[0]) + 1)


def _other_way(found: re.Match[str]) -> str:
    return f"order by {found[1]}{'' if found[2] else ' desc'}{found[3]}"


_LOOSER = {" <= ": " < ", " < ": " <= ", " >= ": " > ", " > ": " >= "}
_OPPOSITE = {" <= ": " >= ", " < ": " > ", " >= ": " <= ", " > ": " < "}
_BALANCED = r"(?:[^()\n]|\([^()\n]*\)|\((?:[^()\n]|\([^()\n]*\))*\))*"

# name: what is looked for in a line, and what it becomes
OPERATORS: dict[str, tuple[str, Replace]] = {
    "comparison_strict_or_loose": (r" (?:<=|<|>=|>) ", _turned(_LOOSER)),
    "comparison_flipped": (r" (?:<=|<|>=|>) ", _turned(_OPPOSITE)),
    "equality_negated": (r"(?<=[\w')]) = (?=[\w'(])", lambda _: " <> "),
    "condition_dropped": (rf"^\s+and (?!.*\bthen\b){_BALANCED}$", lambda _: ""),
    "filter_dropped": (rf"(?<=\s)where {_BALANCED}(?=,?$)", lambda _: "where true"),
    "inner_join_made_left": (r"\binner join\b", lambda _: "left join"),
    "left_join_made_inner": (r"\bleft join\b", lambda _: "inner join"),
    "join_widened": (r"(?<= on )(.+?) and .+$", lambda found: found[1]),
    "time_zone_forgotten": (
        r"\{\{ (to_local_date|to_local|to_utc)\('([\w.]+)'\) \}\}",
        lambda found: f"cast({found[2]} as date)" if found[1] == "to_local_date" else found[2],
    ),
    "coalesce_dropped": (r"\bcoalesce\(([^(),\n]+), [^()\n]+\)", lambda found: found[1]),
    "order_flipped": (r"\border by ([\w.]+)( desc)?(,|\)|\s|$)", _other_way),
    "distinct_dropped": (r"(?:count\(|select )distinct ", lambda found: found[0].replace("distinct ", "")),
    "null_test_negated": (r" is (?:not )?null", _turned({" is null": " is not null", " is not null": " is null"})),
    "null_made_unequal": (
        r" is (?:not )?distinct from ",
        _turned({" is distinct from ": " <> ", " is not distinct from ": " = "}),
    ),
    "constant_one_more": (r"(?<=[\s(])\d+(?=[\s,)])", _one_more),
    "and_made_or": (r" and ", lambda _: " or "),
    "not_dropped": (r"(?<= )not (?!exists|null|distinct|in\b|materialized)", lambda _: ""),
    "least_made_greatest": (r"\b(?:min|max)\(", _turned({"min(": "max(", "max(": "min("})),
    "bound_turned": (r"\b(?:greatest|least)\(", _turned({"greatest(": "least(", "least(": "greatest("})),
    "sum_made_max": (r"\bsum\((?!.*\bover\b)", lambda _: "max("),
    "rows_deduplicated": (r"\bunion all\b", lambda _: "union"),
    "minus_made_plus": (r"(?<=[\w)]) - (?=[\w(])", lambda _: " + "),
}
# How many sites of each room a run mutates.
SITES = {"staging": 11, "intermediate": 20, "marts": 14, "metrics": 18, "reports": 6, "quality": 4}

_UNTOUCHED = re.compile(
    r"--[^\n]*|\{#.*?#\}|\{%-? set \w+ -?%\}.*?\{%-? endset -?%\}"
    r"|\{%.*?%\}|\{\{\s*config\(.*?\)\s*\}\}|'[^'\n]*'",
    re.DOTALL,
)
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def pick(seed: int) -> list[Mutant]:
    """As many mutants of each room as SITES says, operators in turn; the same seed picks the same."""
    rng = Random(seed)
    by_room: dict[str, dict[str, list[Mutant]]] = {}
    for path in sorted(MODELS.rglob("*.sql")):
        for mutant in mutants_of(path):
            by_room.setdefault(mutant.room, {}).setdefault(mutant.operator, []).append(mutant)
    return [mutant for room, count in SITES.items() for mutant in _in_turn(rng, by_room.get(room, {}), count)]


def _in_turn(rng: Random, by_operator: dict[str, list[Mutant]], count: int) -> Iterator[Mutant]:
    """A site of one operator after the other, until there are enough; no line twice."""
    left = {operator: rng.sample(sites, len(sites)) for operator, sites in sorted(by_operator.items())}
    order = rng.sample(sorted(left), len(left))
    taken: set[tuple[str, int]] = set()
    while count and any(left.values()):
        for operator in order:
            site = next((left[operator].pop() for _ in range(len(left[operator])) if left[operator]), None)
            if count and site and (site.model, site.line) not in taken:
                taken.add((site.model, site.line))
                count -= 1
                yield site


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of one model."""
    text = path.read_text()
    closed = _blanked(text, _UNTOUCHED)
    open_places = _blanked(closed, _TEMPLATE)
    room = path.relative_to(MODELS).parts[0]
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    for number, start in enumerate(starts, 1):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        for operator, (pattern, replace) in OPERATORS.items():
            seen = line if operator == "time_zone_forgotten" else open_places[start:end]
            for found in re.finditer(pattern, seen):
                real = re.compile(pattern).search(line, found.start())  # with its templates and texts
                if real is None or real.start() != found.start():
                    continue
                changed = line[: real.start()] + replace(real) + line[real.end() :]
                if operator in _WHOLE and _templates_cut(line, real):
                    continue
                whole = text[:start] + changed + text[end:]
                yield Mutant(path.stem, room, number, operator, line.strip(), changed.strip(), whole)


_WHOLE = frozenset({"condition_dropped", "filter_dropped", "join_widened", "coalesce_dropped"})


def _templates_cut(line: str, found: re.Match[str]) -> bool:
    """Whether a change would leave half a template, or half of a pair of brackets."""
    part = found[0]
    return part.count("{{") != part.count("}}") or part.count("(") != part.count(")")


def _blanked(text: str, pattern: re.Pattern[str]) -> str:
    """The text with what must not be touched replaced by marks that no operator looks for, of the same length."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", "\u00b7", found[0]), text)
