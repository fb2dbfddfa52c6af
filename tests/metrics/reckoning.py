"""The figures of a made-up world by plain Python: loops and fractions, no SQL and nothing of the models.

What belongs here: each call and response indicator, straight from its definition. Durations are whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache

from .world import BACK_KEY_SECONDS, SYSTEM_OF, Row, World

Key = tuple[str, str, date, str, str]


@dataclass
class Figure:
    """One row of kpi_results, as far as it follows from the facts."""

    numerator: int | None
    denominator: int | None
    value: Fraction | None
    measured: int
    eligible: int
    value_excluding: Fraction | None
    state: str
    disruptions: str | None
    target: float | None


Fact = tuple[bool, int | None, int | None]  # lies in a disruption; what it adds above and below (None: not measured)

Ways = list[tuple[list[tuple[str, str]], list[str]]]
"""Ways to be supplied: the exports needed, with a version ('' any, '!5' any but 5), and those that help."""


@dataclass
class Indicator:
    """An indicator: its facts by day and scope, how they become a value, and what it needs."""

    kpi_id: str
    kind: str  # count, ratio, or a share from 0 to 1 of a percentile (1: the longest)
    facts: list[tuple[date, list[tuple[str, str]], Fact]]
    ways: Ways
    dated_by: tuple[str, ...]
    share: Fraction = Fraction(0)
    has_force: bool = True
    line: str | None = None  # the only line whose disruptions touch it


def periods_of(day: date) -> Iterator[tuple[str, date]]:
    """The day, week, month, quarter and financial year that a day belongs to."""
    month = day.replace(day=1)
    yield "day", day
    yield "week", day - timedelta(days=day.weekday())
    yield "month", month
    yield "quarter", month.replace(month=(month.month - 1) // 3 * 3 + 1)
    yield "year", date(day.year - (day.month < 4), 4, 1)


@cache
def days_of(kind: str, start: date) -> tuple[date, ...]:
    """All days of a period."""
    return tuple(day for n in range(366) if (kind, start) in set(periods_of(day := start + timedelta(days=n))))


def percentile(values: list[int], share: Fraction) -> Fraction | None:
    """Linear interpolation between the nearest ranks."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def reckon(world: World) -> dict[Key, Figure]:
    """Every row that kpi_results must hold."""
    rows: dict[Key, Figure] = {}
    for indicator in [*_calls(world), _occupancy(world), *_responses(world), *_stages(world), *_incidents(world)]:
        rows.update(_rows(world, indicator))
    return rows


def _rows(world: World, indicator: Indicator) -> Iterator[tuple[Key, Figure]]:
    starts = [min(days) for export in indicator.dated_by if (days := world.delivered.get(export))]
    last = world.as_of(SYSTEM_OF[indicator.dated_by[0]])
    if not starts or last is None:
        return
    spanned = [min(starts) + timedelta(days=n) for n in range((last - min(starts)).days + 1)]
    cells: dict[tuple[str, date], dict[tuple[str, str], list[Fact]]] = {}
    for day in spanned:
        for period in periods_of(day):
            cells.setdefault(period, {("force", "FORCE"): []} if indicator.has_force else {})
    for day, scopes, fact in indicator.facts:
        for period in periods_of(day):
            if period in cells:
                for scope in scopes:
                    if scope[0] != "force" or indicator.has_force:
                        cells[period].setdefault(scope, []).append(fact)
    supplied = cache(lambda day: _supplied(world, indicator, day))
    for (kind, start), by_scope in cells.items():
        days = days_of(kind, start)
        states = [supplied(day) for day in days]
        there, complete = sum(each[0] for each in states), sum(each[1] for each in states)
        touching = [each for each in world.disruptions if _touches(each, days, SYSTEM_OF[indicator.dated_by[0]])]
        target = next(
            (
                each["target"]
                for each in world.targets
                if each["kpi_id"] == indicator.kpi_id
                and each["valid_from"] <= start
                and (each["valid_to"] is None or start < each["valid_to"])
            ),
            None,
        )
        for scope, facts in by_scope.items():
            line = scope[1] if scope[0] == "line" else indicator.line
            keys = sorted(each["disruption_key"] for each in touching if _names(each["lines"], line))
            yield (
                (indicator.kpi_id, kind, start, *scope),
                _figure(indicator, facts, len(days), there, complete, keys, target),
            )


def _names(lines: str | None, line: str | None) -> bool:
    return lines is None or line is None or line in [name.strip().upper() for name in lines.split(";")]


def _touches(disruption: Row, days: tuple[date, ...], system: str) -> bool:
    if {"telephony": "TELEPHONY", "incidents": "SAAB"}[system] not in disruption["systems"].upper():
        return False
    first = disruption["started_at_local"].date()
    last = (disruption["ended_at_local"] - timedelta(microseconds=1)).date()
    return first <= days[-1] and last >= days[0]


def _supplied(world: World, indicator: Indicator, day: date) -> tuple[bool, bool]:
    """Whether the day is there, and whether it is complete."""

    def came(export: str, version: str) -> bool:
        found = world.delivered.get(export, {}).get(day)
        if found is None:
            return False
        return version == "" or (found != version[1:] if version.startswith("!") else found == version)

    def is_missed(export: str) -> bool:
        days = world.delivered.get(export)
        return bool(days) and min(days) <= day and day not in days

    there = [helps for needs, helps in indicator.ways if all(came(*need) for need in needs)]
    return bool(there), any(not any(is_missed(export) for export in helps) for helps in there)


def _figure(
    indicator: Indicator,
    facts: list[Fact],
    days: int,
    there: int,
    complete: int,
    keys: list[str],
    target: float | None,
) -> Figure:
    eligible = len(facts)
    measured = [fact for fact in facts if fact[1] is not None]
    undisturbed = [fact for fact in measured if not fact[0]]
    numerator: int | None = None
    denominator: int | None = None
    value: Fraction | None = None
    if indicator.kind == "count":
        if there or eligible:
            numerator, value = eligible, Fraction(eligible)
            excluding: Fraction | None = Fraction(len(undisturbed))
        else:
            excluding = None
    elif indicator.kind == "ratio":
        if there or eligible:
            numerator, denominator = sum(f[1] or 0 for f in measured), sum(f[2] or 0 for f in measured)
        value = _share(measured)
        excluding = _share(undisturbed)
    else:
        if there or eligible:
            denominator = len(measured)
        value = percentile([f[1] or 0 for f in measured], indicator.share)
        excluding = percentile([f[1] or 0 for f in undisturbed], indicator.share)
    state = "OK"
    if value is None:
        state = "NOT_AVAILABLE"
    elif keys:
        state = "DISRUPTED"
    elif complete < days:
        state = "PARTIAL"
    return Figure(
        numerator, denominator, value, len(measured), eligible, excluding, state, "|".join(keys) or None, target
    )


def _share(facts: list[Fact]) -> Fraction | None:
    below = sum(fact[2] or 0 for fact in facts)
    return Fraction(sum(fact[1] or 0 for fact in facts), below) if below else None


# --- calls
_ACD: Ways = [([("acd_segments", "")], [])]


def _calls(world: World) -> Iterator[Indicator]:
    def made(
        kpi_id: str,
        population: Callable[[Row], bool],
        hit: Callable[[Row], bool | None],
        kind: str = "ratio",
        line: str | None = None,
    ) -> Indicator:
        facts = []
        for call in world.calls:
            if population(call):
                is_hit = hit(call)
                fact = (call["disruption_key"] is not None, None if is_hit is None else int(is_hit), 1)
                facts.append((call["offered_date"], [("force", "FORCE"), ("line", call["line"])], fact))
        return Indicator(kpi_id, kind, facts, _ACD, ("acd_segments",), line=line)

    def presented(call: Row) -> bool:
        return call["outcome"] != "test"

    def offered(call: Row) -> bool:
        return presented(call) and call["outcome"] not in {"abandoned_in_menu", "ended_by_menu", "answered_elsewhere"}

    def answered(call: Row) -> bool:
        return call["outcome"] == "answered"

    def abandoned(call: Row) -> bool:
        return call["outcome"] == "abandoned"

    for line, seconds in (("999", 10), ("101", 30)):
        name = f"calls_{line}_within_{seconds}s"
        yield made(
            name,
            lambda call, line=line: answered(call) and call["line"] == line,
            lambda call, seconds=seconds: None if call["wait_seconds"] is None else call["wait_seconds"] <= seconds,
            line=line,
        )
        yield made(
            f"{name}_of_offered",
            lambda call, line=line: offered(call) and call["line"] == line,
            lambda call, seconds=seconds: (
                answered(call) and call["wait_seconds"] is not None and call["wait_seconds"] <= seconds
            ),
            line=line,
        )
    yield made("calls_presented", presented, lambda call: True, "count")
    yield made("calls_offered", offered, lambda call: True, "count")
    yield made("calls_answered", answered, lambda call: True, "count")
    yield made("calls_answered_elsewhere", lambda c: c["outcome"] == "answered_elsewhere", lambda c: True, "count")
    yield made("calls_overflowed", lambda call: call["outcome"] == "overflow", lambda call: True, "count")
    yield made("calls_abandoned", lambda call: offered(call) and not call["is_short_abandon"], abandoned)
    yield made("calls_short_abandoned", offered, lambda call: call["is_short_abandon"])
    yield made("calls_abandoned_in_menu", presented, lambda call: call["outcome"] == "abandoned_in_menu")
    yield made("calls_redialled", abandoned, lambda call: call["is_redialled"] if call["caller_token"] else None)
    for demand in ("internal", "failure", "other_agency"):
        yield made(
            f"demand_{demand}",
            answered,
            lambda call, demand=demand: None if call["wrap_code"] is None else call["demand_type"] == demand,
        )

    def summed(call: Row) -> int | None:
        parts = [call["talk_seconds"], call["hold_seconds"], call["wrap_seconds"]]
        return None if None in parts else sum(parts)

    yield _of_calls(world, "calls_handle_time_mean", summed, "ratio")
    yield _of_calls(world, "calls_wait_mean", lambda call: call["wait_seconds"], "ratio", has_force=False)
    for name, share in (("median", "1/2"), ("p90", "9/10"), ("p95", "19/20"), ("max", "1")):
        yield _of_calls(
            world,
            f"calls_wait_{name}",
            lambda call: call["wait_seconds"],
            "percentile",
            Fraction(share),
            has_force=False,
        )


def _of_calls(
    world: World,
    kpi_id: str,
    seconds: Callable[[Row], int | None],
    kind: str,
    share: Fraction = Fraction(0),
    has_force: bool = True,
) -> Indicator:
    facts = [
        (
            call["offered_date"],
            [("force", "FORCE"), ("line", call["line"])],
            (call["disruption_key"] is not None, seconds(call), 1),
        )
        for call in world.calls
        if call["outcome"] == "answered"
    ]
    return Indicator(kpi_id, kind, facts, _ACD, ("acd_segments",), share, has_force)


def _occupancy(world: World) -> Indicator:
    facts = []
    for row in world.intervals:
        parts = [row[f"{name}_seconds"] for name in ("talk", "hold", "wrap", "staffed", "aux")]
        known = None not in parts
        fact = (
            row["disruption_key"] is not None,
            sum(parts[:3]) if known else None,
            parts[3] - parts[4] if known else None,
        )
        facts.append((row["interval_date"], [("force", "FORCE"), ("team", row["team"])], fact))
    return Indicator("calls_occupancy", "ratio", facts, [([("acd_agent_intervals", "")], [])], ("acd_agent_intervals",))


# --- response
_DATED_BY = ("saab_incidents", "legacy_incidents")
_INCIDENTS, _LOG, _STATUS = ("saab_incidents", ""), ("saab_incident_log", ""), ("saab_resource_status", "")


def _arrivals(*helps: str) -> Ways:
    return [
        ([("saab_incidents", "5"), _STATUS], list(helps)),
        ([("saab_incidents", "!5")], ["saab_resource_status", *helps]),
        ([("legacy_incidents", "")], []),
    ]


_CALL: Ways = [([_INCIDENTS, ("acd_segments", "")], [])]
_STAGES: dict[str, tuple[str, str, Ways]] = {
    "answer": ("offered_at", "answered_at", _CALL),
    "create": ("answered_at", "created_at", _CALL),
    "grade": ("created_at", "first_graded_at", [([_INCIDENTS, _LOG], [])]),
    "assign": ("first_graded_at", "first_assigned_at", [([_INCIDENTS, _LOG], [])]),
    "en_route": ("first_assigned_at", "first_en_route_at", [([_INCIDENTS, _LOG, _STATUS], [])]),
    "scene": ("first_en_route_at", "first_at_scene_at", [([_INCIDENTS, _STATUS], [])]),
    "close": ("first_at_scene_at", "closed_at", _arrivals("saab_incident_log")),
}


def _counted(incidents: Iterable[Row]) -> list[Row]:
    return [row for row in incidents if not row["is_duplicate"] and not row["is_back_record"]]


def _responses(world: World) -> Iterator[Indicator]:
    for grade in ("1", "2"):
        attended = [row for row in _counted(world.incidents) if row["is_attended"] and row["grade_final"] == grade]
        times, hits = [], []
        for row in attended:
            urban = "Y" if row["is_urban"] else "N"
            area = row["area_code"]
            scopes = [("force", "FORCE"), ("area", area), ("urban", urban), ("area_urban", f"{area}/{urban}")]
            disturbed = row["disruption_key"] is not None
            times.append((row["created_date"], scopes, (disturbed, row["response_seconds"], 1)))
            hit = row["is_within_target"]
            hits.append((row["created_date"], scopes, (disturbed, None if hit is None else int(hit), 1)))
        name = f"response_grade{grade}"
        yield Indicator(f"{name}_median", "percentile", times, _arrivals(), _DATED_BY, Fraction(1, 2))
        yield Indicator(f"{name}_p90", "percentile", times, _arrivals(), _DATED_BY, Fraction(9, 10))
        yield Indicator(f"{name}_within_target", "ratio", hits, _arrivals(), _DATED_BY)


def _stages(world: World) -> Iterator[Indicator]:
    calls = {call["call_key"]: call for call in world.calls}
    for stage, (begins, ends, ways) in _STAGES.items():
        facts = []
        for row in _counted(world.incidents):
            call = calls.get(row["call_key"]) or {}
            begin = row[begins] if begins in row else call.get(begins)
            end = row[ends] if ends in row else call.get(ends)
            seconds = int((end - begin).total_seconds()) if begin and end and end >= begin else None
            scopes = [("force", "FORCE"), ("grade", row["grade_final"] or "UNGRADED")]
            facts.append((row["created_date"], scopes, (row["disruption_key"] is not None, seconds, 1)))
        yield Indicator(f"response_stage_{stage}_median", "percentile", facts, ways, _DATED_BY, Fraction(1, 2))


# --- incidents: how many, how late they were keyed in, how long after their tasking somebody was assigned
_SAAB: Ways = [([_INCIDENTS], [])]


def _incidents(world: World) -> Iterator[Indicator]:
    created, keyed, delays, tasked = [], [], [], []
    for row in world.incidents:
        day, area, disturbed = row["created_date"], ("area", row["area_code"]), row["disruption_key"] is not None
        force = ("force", "FORCE")
        if not row["is_duplicate"] and not row["is_admin"]:
            scopes = [force, area, ("source", row["source_code"]), ("grade", row["grade_final"] or "UNGRADED")]
            created.append((day, scopes, (disturbed, 1, 1)))
        if row["system_version"] != "LEGACY":
            delay = _seconds(row["created_at"], row["recorded_at"])
            is_late = row["is_back_record"] or (delay is not None and delay > BACK_KEY_SECONDS)
            is_known = row["is_back_record"] or delay is not None
            keyed.append((day, [force], (disturbed, int(is_late) if is_known else None, 1)))
            if is_late:
                delays.append((day, [force], (disturbed, delay if delay is not None and delay >= 0 else None, 1)))
        if row["first_tasked_at"]:
            seconds = _seconds(row["first_tasked_at"], row["first_assigned_at"])
            measured = seconds if seconds is not None and seconds >= 0 else None
            tasked.append((day, [force, area], (disturbed, measured, 1)))
    half, saab = Fraction(1, 2), ("saab_incidents",)
    yield Indicator("incidents_created", "count", created, [*_SAAB, ([("legacy_incidents", "")], [])], _DATED_BY)
    yield Indicator("records_back_keyed", "ratio", keyed, _SAAB, saab)
    yield Indicator("back_key_delay_median", "percentile", delays, _SAAB, saab, half)
    yield Indicator("tasking_time_median", "percentile", tasked, [([_INCIDENTS, _LOG], [])], saab, half)


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return int((end - begin).total_seconds()) if begin and end else None
