"""What a pilot changed: difference in differences by area and week, beside the same weeks a year before.

Pure: cells of area and week in, rows of the tables `metrics.pilot_*` out. The design comes from `analysis/pilot.yaml`,
areas and dates from `marts.dim_pilots`; the arithmetic of estimates is in `differences.py`. What is missing, the year
before for one, is said in a row with status and reason, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from orchestration.analysis.design import PilotDesign
from orchestration.analysis.differences import (
    Answer,
    Comparison,
    Observations,
    detectable,
    planned_error,
)

Row = dict[str, Any]
WEEK = timedelta(days=7)
YEAR = 52 * WEEK  # so that a Monday is a Monday, and Christmas stays in its week
MAIN_METHOD = "AREA_CHANGES"
FEWEST_AREAS = 3


@dataclass(frozen=True)
class Cell:
    """One measure in one area and week."""

    measure: str
    area: str
    week: date  # its Monday
    value: float
    weight: float  # incidents that the value is of
    measured: float  # incidents for which it is known
    eligible: float  # incidents for which it should be
    count: float | None  # incidents counted by a share; None for what is no share
    is_whole: bool  # every day delivered and complete, no disruption of the incident systems


@dataclass(frozen=True)
class TakingPart:
    """A row of marts.dim_pilots."""

    area: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Facts:
    """What the warehouse knows, of all pilots."""

    cells: Sequence[Cell]
    pilots: Mapping[str, Sequence[TakingPart]]
    areas: Sequence[tuple[str, date, date | None]]  # code, valid from, valid to (exclusive)
    units: Mapping[str, tuple[str, str | None]]  # measure to unit and which direction is better
    small_number: int


@dataclass
class Found:
    """Rows of the four tables."""

    effects: list[Row] = field(default_factory=list)
    permutations: list[Row] = field(default_factory=list)
    weeks: list[Row] = field(default_factory=list)
    checks: list[Row] = field(default_factory=list)


class CannotSay(Exception):
    """Why nothing can be said, in words."""


def judge(facts: Facts, designs: Mapping[str, PilotDesign], *, only_effects: bool = False) -> Found:
    """Every pilot that marts.dim_pilots knows or that has a design; `only_effects` leaves out weeks and checks."""
    found = Found()
    by_measure: dict[str, dict[tuple[str, date], Cell]] = defaultdict(dict)
    for cell in facts.cells:
        by_measure[cell.measure][cell.area, cell.week] = cell
    for pilot in sorted({*facts.pilots, *designs}):
        design = designs.get(pilot)
        try:
            if design is None:
                raise CannotSay("no design stands in analysis/pilot.yaml: write one before looking at figures")
            if not facts.pilots.get(pilot):
                raise CannotSay("no areas stand in marts.dim_pilots: write them into reference/da_pilot_design.csv")
            window = _window(design, facts, pilot)
        except CannotSay as why:
            for outcome in design.outcomes if design else (None,):
                found.effects.append(_nothing(pilot, outcome, design, facts, str(why)))
            continue
        for outcome in design.outcomes:
            _Outcome(pilot, outcome, design, facts, window, by_measure[outcome]).judge_into(found, only_effects)
        for measure in () if only_effects else design.displacement:
            found.checks.append(_displacement(pilot, measure, design, facts, window, by_measure[measure]))
    return found


@dataclass(frozen=True)
class Window:
    """Weeks and areas of one pilot, by its dates alone."""

    before: tuple[date, ...]
    during: tuple[date, ...]
    areas: tuple[str, ...]
    took_part: tuple[str, ...]
    remark: str | None  # what must be said of the dates

    @property
    def treated(self) -> tuple[int, ...]:
        return tuple(self.areas.index(area) for area in self.took_part)

    def number(self, week: date) -> int:
        """Weeks since the pilot began; 0 is its first, -1 the last before."""
        if week in self.before:
            return self.before.index(week) - len(self.before)
        return (week - self.during[0]) // WEEK


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _window(design: PilotDesign, facts: Facts, pilot: str) -> Window:
    rows = facts.pilots[pilot]
    starts, ends = {row.starts_on for row in rows}, {row.ends_on for row in rows}
    if len(starts) > 1 or len(ends) > 1:
        raise CannotSay("its areas did not begin and end on the same days, which this comparison cannot take in")
    start, end = starts.pop(), ends.pop()
    newest = max((cell.week for cell in facts.cells if cell.is_whole), default=None)
    if newest is None:
        raise CannotSay("no whole week of figures by area has been delivered")
    remarks = []
    last = newest if end is None else end - timedelta(days=6)
    if end is None or last > newest:
        remarks.append(f"the pilot is judged on the weeks delivered so far, to {newest + timedelta(days=6):%d %B %Y}")
        last = min(last, newest)
    first = start if start.weekday() == 0 else _monday(start) + WEEK
    during = tuple(_weeks(first, last))
    if not during:
        raise CannotSay(f"no whole week since it began on {start:%d %B %Y} has been delivered")
    last_before = _monday(start) - WEEK
    before = tuple(_weeks(last_before - (design.weeks_before - 1) * WEEK, last_before))
    if design.fixed_on >= start:
        remarks.append(f"the design was fixed on {design.fixed_on:%d %B %Y}, after the pilot had begun")
    valid = [
        code for code, valid_from, valid_to in facts.areas if valid_from <= start and (not valid_to or valid_to > start)
    ]
    took_part = tuple(sorted({row.area for row in rows}))
    areas = tuple(sorted({*valid, *took_part} - {"UNKNOWN"}))
    if set(areas) <= set(took_part):
        raise CannotSay("every area took part: there is none to compare with")
    return Window(before, during, areas, took_part, "; ".join(remarks) or None)


def _weeks(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += WEEK


Cells = Mapping[tuple[str, date], Cell]


def _observations(
    cells: Cells,
    areas: Sequence[str],
    weeks: Sequence[date],
    exposure: Mapping[date, float],
    is_triple: bool,
    shift: timedelta = timedelta(0),
) -> Observations:
    """Cells of areas and weeks, and for a triple difference those a year before too, as numbers."""
    place = {week: number for number, week in enumerate(sorted(weeks))}
    found = []
    for season in range(2 if is_triple else 1):
        for week in weeks:
            for number, code in enumerate(areas):
                cell = cells.get((code, week - shift - season * YEAR))
                if cell is None or not cell.is_whole or cell.weight <= 0:
                    continue
                exposed = 0.0 if season else exposure.get(week, 0.0)
                step = (week - min(weeks)) // WEEK
                found.append((number, place[week], season, exposed, cell.weight, cell.value, step))
    columns = list(zip(*found, strict=True)) if found else [()] * 7
    area, week_place, season_of = (np.array(column, dtype=np.int64) for column in columns[:3])
    count = len(place)
    effects = (
        (area * count + week_place, week_place * 2 + season_of, area * 2 + season_of) if is_triple else (week_place,)
    )
    return Observations(
        area=area,
        effects=effects,
        exposure=np.array(columns[3], dtype=float),
        weight=np.array(columns[4], dtype=float),
        value=np.array(columns[5], dtype=float),
        series=area * 2 + season_of,
        step=np.array(columns[6], dtype=np.int64),
    )


class _Outcome:
    """One outcome of one pilot."""

    def __init__(
        self, pilot: str, outcome: str, design: PilotDesign, facts: Facts, window: Window, cells: Cells
    ) -> None:
        self.pilot, self.outcome, self.design, self.facts, self.window = pilot, outcome, design, facts, window
        self.cells = cells
        self.keys: Row = {"pilot": pilot, "outcome": outcome}

    # -- which weeks --

    def _usable(self, weeks: Sequence[date], is_triple: bool) -> tuple[date, ...]:
        """Weeks in which some area that took part and some other are there, in both years where both are asked."""
        seasons = (timedelta(0), YEAR) if is_triple else (timedelta(0),)
        return tuple(week for week in weeks if all(self._has_both(week - season) for season in seasons))

    def _has_both(self, week: date) -> bool:
        there = {area for area in self.window.areas if (cell := self.cells.get((area, week))) and cell.is_whole}
        took_part = set(self.window.took_part)
        return bool(there & took_part) and bool(there - took_part)

    def _usable_window(self, is_triple: bool) -> Window:
        """The window less the weeks that lack; raises CannotSay where too little is left."""
        before = self._usable(self.window.before, is_triple)
        during = self._usable(self.window.during, is_triple)
        when = "and a year before " if is_triple else ""
        for name, there, needed in (
            ("before", before, self.design.weeks_needed_before),
            ("during", during, self.design.weeks_needed_during),
        ):
            if len(there) < needed:
                raise CannotSay(
                    f"{len(there)} weeks {name} the pilot {when}have figures with all their days; {needed} are needed"
                )
        weeks = {
            week - season
            for week in (*before, *during)
            for season in ((timedelta(0), YEAR) if is_triple else (timedelta(0),))
        }
        areas = tuple(area for area in self.window.areas if any((area, week) in self.cells for week in weeks))
        took_part = tuple(area for area in self.window.took_part if area in areas)
        if len(areas) < FEWEST_AREAS or not took_part or len(took_part) == len(areas):
            raise CannotSay(
                f"{len(took_part)} areas that took part and {len(areas) - len(took_part)} others have figures; "
                f"{FEWEST_AREAS} areas are needed, of both kinds"
            )
        self._enough_incidents(areas, before, during)
        return replace(self.window, before=before, during=during, areas=areas, took_part=took_part)

    def _enough_incidents(self, areas: Sequence[str], before: Sequence[date], during: Sequence[date]) -> None:
        for name, weeks in (("before", before), ("during", during)):
            for area in areas:
                measured = sum(cell.weight for cell in self._cells_of((area,), weeks))
                if measured < self.design.incidents_needed:
                    raise CannotSay(
                        f"an area has fewer than {self.design.incidents_needed} measured incidents {name} the pilot"
                    )

    def _cells_of(self, areas: Iterable[str], weeks: Iterable[date]) -> list[Cell]:
        chosen = list(weeks)
        return [
            cell
            for area in areas
            for week in chosen
            if (cell := self.cells.get((area, week))) is not None and cell.is_whole
        ]

    # -- the comparison --

    def _comparison(self, window: Window, is_triple: bool) -> Comparison:
        weeks = (*window.before, *window.during)
        exposure = dict.fromkeys(window.during, 1.0)
        return Comparison(_observations(self.cells, window.areas, weeks, exposure, is_triple), window.treated)

    def judge_into(self, found: Found, only_effects: bool) -> None:
        """Add the rows of this outcome: both comparisons, the weeks and checks of the one that counts."""
        windows: dict[bool, Window] = {}
        reasons: dict[bool, str] = {}
        for is_triple in (True, False):
            try:
                windows[is_triple] = self._usable_window(is_triple)
            except CannotSay as why:
                reasons[is_triple] = str(why)
        if False not in windows:
            found.effects.append(_nothing(self.pilot, self.outcome, self.design, self.facts, reasons[False]))
            return
        if True not in windows:
            lacking = f"the same weeks a year before are not there: {reasons[True]}"
            found.effects.append(
                _nothing(self.pilot, self.outcome, self.design, self.facts, lacking, comparison="TRIPLE", is_main=False)
            )
        for is_triple, window in windows.items():
            self._effects_into(found, window, is_triple, is_main=is_triple == max(windows))
        if only_effects:
            return
        counted = max(windows)
        found.weeks += self._weeks(windows[counted], counted)
        found.checks += self._checks(windows[counted], counted)

    def _effects_into(self, found: Found, window: Window, is_triple: bool, *, is_main: bool) -> None:
        comparison = self._comparison(window, is_triple)
        level = self.design.level
        lowest = 1 / len(comparison.assignments)
        answers: list[tuple[str, Answer, float | None]] = [
            (MAIN_METHOD, comparison.by_area_changes(level), None),
            ("PERMUTATION", comparison.by_assignment(level), lowest),
            ("WILD_BOOTSTRAP", comparison.by_wild_bootstrap(level), None),
            ("AREA_ROBUST", comparison.by_areas_t(level), None),
        ]
        shared = self._shared(window, is_triple)
        for method, answer, floor in answers:
            found.effects.append(
                shared
                | _estimate(comparison.effect, answer)
                | {
                    "method": method,
                    "is_main": is_main and method == MAIN_METHOD,
                    "lowest_p_value": floor,
                    "standard_error": answer.standard_error,
                }
            )
        sizes = np.abs(comparison.estimates)
        order = np.argsort(-np.round(sizes, 12), kind="stable")
        ranks = {int(place): rank + 1 for rank, place in enumerate(order)}
        for place, chosen in enumerate(comparison.assignments):
            found.permutations.append(
                self.keys
                | {
                    "comparison": _name(is_triple),
                    "areas": "|".join(window.areas[area] for area in chosen),
                    "is_actual": place == 0,
                    "effect": float(comparison.estimates[place]),
                    "rank": ranks[place],
                    "assignments_count": len(comparison.assignments),
                    "lowest_p_value": lowest,
                }
            )

    def _shared(self, window: Window, is_triple: bool) -> Row:
        """What the rows of all methods have alike."""
        others = [area for area in window.areas if area not in window.took_part]
        groups = {
            (who, when): self._cells_of(areas, weeks)
            for who, areas in (("pilot", window.took_part), ("other", others))
            for when, weeks in (("before", window.before), ("during", window.during))
        }
        coverage = min(
            _ratio(sum(cell.measured for cell in cells), sum(cell.eligible for cell in cells))
            for cells in groups.values()
        )
        remarks = [window.remark] if window.remark else []
        is_partial = False
        left_out = len(self.window.before) + len(self.window.during) - len(window.before) - len(window.during)
        if left_out:
            is_partial = True
            weeks = "1 week was" if left_out == 1 else f"{left_out} weeks were"
            remarks.append(f"{weeks} left out: days or the year before missing, or a disruption")
        if missing := len(self.window.areas) - len(window.areas):
            is_partial = True
            remarks.append(f"without figures and not compared: {missing} of the areas")
        if coverage < self.design.coverage_needed:
            is_partial = True
            remarks.append(f"only {coverage:.0%} of the incidents of one side are measured")
        try:
            smallest = self._detectable(window, is_triple)
        except (ValueError, np.linalg.LinAlgError):
            smallest = None
            remarks.append("the smallest detectable effect cannot be worked out from the weeks before")
        return _head(self.pilot, self.outcome, self.design, self.facts) | {
            "comparison": _name(is_triple),
            "minimum_detectable": smallest,
            "pilot_before": _pooled(groups["pilot", "before"]),
            "pilot_during": _pooled(groups["pilot", "during"]),
            "other_before": _pooled(groups["other", "before"]),
            "other_during": _pooled(groups["other", "during"]),
            "pilot_incident_count": round(sum(cell.weight for cell in groups["pilot", "during"])),
            "other_incident_count": round(sum(cell.weight for cell in groups["other", "during"])),
            "pilot_areas_count": len(window.took_part),
            "areas_count": len(window.areas),
            "weeks_before_count": len(window.before),
            "weeks_during_count": len(window.during),
            "coverage_ratio": coverage,
            "status": "PARTIAL" if is_partial else "OK",
            "reason": "; ".join(remarks) or None,
        }

    def _detectable(self, window: Window, is_triple: bool) -> float:
        """From the weeks before alone: their noise, and as many incidents a week during as there were before."""
        before = _observations(self.cells, window.areas, window.before, {}, is_triple)
        planned: dict[tuple[str, date], Cell] = {}
        seasons = (timedelta(0), YEAR) if is_triple else (timedelta(0),)
        for area in window.areas:
            for season in seasons:
                known = self._cells_of((area,), [week - season for week in window.before])
                if not known:
                    continue
                weight = sum(cell.weight for cell in known) / len(known)
                for week in (*window.before, *window.during):
                    planned[area, week - season] = replace(known[0], week=week - season, weight=weight)
        weeks = (*window.before, *window.during)
        design = _observations(planned, window.areas, weeks, dict.fromkeys(window.during, 1.0), is_triple)
        error = planned_error(before, design, window.treated)
        return detectable(error, len(window.areas), self.design.level, self.design.power)

    # -- week by week --

    def _weeks(self, window: Window, is_triple: bool) -> Iterator[Row]:
        others = [area for area in window.areas if area not in window.took_part]
        for week in (*window.before, *window.during):
            rest = tuple(each for each in window.before if each != week)
            here, there = self._cells_of(window.took_part, [week]), self._cells_of(others, [week])
            yield (
                self.keys
                | {
                    "comparison": _name(is_triple),
                    "week_start_date": week,
                    "week_number": window.number(week) if week in window.during else self.window.number(week),
                    "phase": "before" if week in window.before else "during",
                    "pilot_value": _pooled(here),
                    "other_value": _pooled(there),
                    "pilot_incident_count": round(sum(cell.weight for cell in here)),
                    "other_incident_count": round(sum(cell.weight for cell in there)),
                    "is_small_number": self._is_small(here) or self._is_small(there),
                }
                | self._contrast(window, (*rest, week), {week: 1.0}, is_triple)
            )

    def _is_small(self, cells: Sequence[Cell]) -> bool:
        """Whether the count behind a figure, or what is left of its base, is a few but not none."""
        limit = self.facts.small_number
        base = sum(cell.weight for cell in cells)
        if base < limit:
            return True
        if any(cell.count is None for cell in cells):
            return False
        counted = sum(cell.count or 0 for cell in cells)
        return 0 < counted < limit or 0 < base - counted < limit

    def _contrast(
        self,
        window: Window,
        weeks: Sequence[date],
        exposure: Mapping[date, float],
        is_triple: bool,
        shift: timedelta = timedelta(0),
    ) -> Row:
        """An estimate over some weeks, by the main method, with its status."""
        data = _observations(self.cells, window.areas, sorted(weeks), exposure, is_triple, shift)
        return _compared(data, window.treated, self.design.level)

    # -- checks --

    def _checks(self, window: Window, is_triple: bool) -> Iterator[Row]:
        keys = self.keys | {"comparison": _name(is_triple), "unit": self.facts.units.get(self.outcome, (None, None))[0]}
        for check, subject, row in self._checked(window, is_triple):
            yield keys | {"check_type": check, "subject": subject} | row

    def _checked(self, window: Window, is_triple: bool) -> Iterator[tuple[str, str, Row]]:
        drift = {week: float(window.before.index(week)) for week in window.before}
        trend = self._contrast(window, window.before, drift, is_triple)
        yield "TREND", "PILOT", trend | {"is_as_hoped": _holds_none(trend)}
        placebo = self.design.placebo
        starts = window.before[placebo.weeks_before : max(0, len(window.before) - placebo.weeks + 1)]
        for start in starts:
            place = window.before.index(start)
            exposed = window.before[place : place + placebo.weeks]
            row = self._contrast(window, (*window.before[:place], *exposed), dict.fromkeys(exposed, 1.0), is_triple)
            yield "PLACEBO", start.isoformat(), row | {"is_as_hoped": _holds_none(row)}
        if not starts:
            yield (
                "PLACEBO",
                "PILOT",
                _missing(
                    f"{placebo.weeks_before + placebo.weeks} weeks before are needed, {len(window.before)} are there"
                ),
            )
        if is_triple:
            weeks = (*window.before, *window.during)
            row = self._contrast(window, weeks, dict.fromkeys(window.during, 1.0), False, YEAR)
            subject = (window.during[0] - YEAR).isoformat()
            yield "PLACEBO", subject, row | {"comparison": _name(False), "is_as_hoped": _holds_none(row)}
        else:
            yield (
                "PLACEBO",
                (window.during[0] - YEAR).isoformat(),
                _missing("the same weeks a year before are not there"),
            )
        whole = self._comparison(window, is_triple).effect
        for left_out in window.areas:
            yield "LEAVE_ONE_OUT", left_out, self._without(window, left_out, is_triple, whole)

    def _without(self, window: Window, left_out: str, is_triple: bool, whole: float) -> Row:
        areas = tuple(area for area in window.areas if area != left_out)
        took_part = tuple(area for area in window.took_part if area != left_out)
        if len(areas) < FEWEST_AREAS or not took_part or len(took_part) == len(areas):
            return _missing("too few areas would be left")
        less = replace(window, areas=areas, took_part=took_part)
        row = self._contrast(less, (*less.before, *less.during), dict.fromkeys(less.during, 1.0), is_triple)
        effect = row.get("effect")
        return row | {"is_as_hoped": None if effect is None else effect * whole > 0}


def _displacement(pilot: str, measure: str, design: PilotDesign, facts: Facts, window: Window, cells: Cells) -> Row:
    """What became of something else in the pilot areas, by the same comparison."""
    unit = facts.units.get(measure, (None, None))[0]
    row: Row = {"pilot": pilot, "outcome": measure, "check_type": "DISPLACEMENT", "subject": "PILOT", "unit": unit}
    one = _Outcome(pilot, measure, design, facts, window, cells)
    reason = ""
    for is_triple in (True, False):
        try:
            usable = one._usable_window(is_triple)
        except CannotSay as why:
            reason = str(why)
            continue
        weeks = (*usable.before, *usable.during)
        return (
            row
            | {"comparison": _name(is_triple)}
            | one._contrast(usable, weeks, dict.fromkeys(usable.during, 1.0), is_triple)
        )
    return row | {"comparison": "PLAIN"} | _missing(reason)


def _compared(data: Observations, treated: Sequence[int], level: float) -> Row:
    try:
        comparison = Comparison(data, treated)
    except ValueError:
        return _missing("nothing to compare with in these weeks")
    if float(np.ptp(data.value)) == 0:
        return {"effect": 0.0, "status": "OK", "reason": "the same in every area and week"}
    return _estimate(comparison.effect, comparison.by_area_changes(level)) | {"status": "OK", "reason": None}


def _estimate(effect: float, answer: Answer) -> Row:
    return {
        "effect": effect,
        "lower_90": answer.interval.lower,
        "upper_90": answer.interval.upper,
        "p_value": answer.p_value,
    }


def _missing(reason: str) -> Row:
    return {"status": "NOT_AVAILABLE", "reason": reason}


def _holds_none(row: Row) -> bool | None:
    if row.get("effect") is None:
        return None
    lower, upper = row.get("lower_90"), row.get("upper_90")
    return bool((lower is None or lower <= 0) and (upper is None or upper >= 0))


def _name(is_triple: bool) -> str:
    return "TRIPLE" if is_triple else "PLAIN"


def _head(pilot: str, outcome: str | None, design: PilotDesign | None, facts: Facts) -> Row:
    unit, better = facts.units.get(outcome or "", (None, None))
    return {
        "pilot": pilot,
        "outcome": outcome,
        "is_main_outcome": design is not None and outcome == design.main_outcome,
        "unit": unit,
        "better": better,
        "design_digest": design.digest if design else None,
        "design_fixed_on": design.fixed_on if design else None,
    }


def _nothing(
    pilot: str,
    outcome: str | None,
    design: PilotDesign | None,
    facts: Facts,
    why: str,
    *,
    comparison: str = "PLAIN",
    is_main: bool = True,
) -> Row:
    return (
        _head(pilot, outcome, design, facts)
        | {"comparison": comparison, "method": MAIN_METHOD, "is_main": is_main}
        | _missing(why)
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _pooled(cells: Sequence[Cell]) -> float | None:
    """The mean weighted by incidents: of shares, the share of all together."""
    weight = sum(cell.weight for cell in cells)
    return sum(cell.value * cell.weight for cell in cells) / weight if weight else None
