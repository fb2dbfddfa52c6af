"""Segments to calls. What belongs here: everything `fct_calls` derives. No indicator arithmetic.

Not derived here, because the description leaves it open: incident_key and disruption_key of a call.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any, NamedTuple

from . import clocks
from .landing import Landing
from .layouts import (
    DEMAND_OF_WRAP,
    LINES,
    MEASURING_QUEUES,
    OUTCOME_OF_LAST,
    REDIAL_SECONDS,
    SHORT_ABANDON_SECONDS,
    TARGET_SECONDS,
    UNKNOWN,
    WRAP_CODES,
)


class Segment(NamedTuple):
    number: int
    version: str
    start: int
    dialled: str
    queue: str
    disposition: str
    ivr: int | None
    queued: int | None
    ring: int | None
    talk: int | None
    hold: int | None
    wrap: int | None
    team: str
    cli: str
    wrap_code: str


class Call(NamedTuple):
    call_key: str
    business_day: int
    line: str
    offered_at: int
    offered_day: int  # London day
    outcome: str
    ivr_seconds: int | None
    wait_seconds: int | None
    answered_at: int | None
    talk_seconds: int | None
    hold_seconds: int | None
    wrap_seconds: int | None
    team_answered: str | None
    segment_count: int
    was_transferred: bool
    target_seconds: int | None
    is_within_target: bool | None
    is_short_abandon: bool
    caller: str | None  # normalised digits: the identity behind the token
    is_redial: bool
    is_redialled: bool
    wrap_code: str | None
    demand_type: str
    has_wrap_code: bool


def caller_of(cli: str) -> str | None:
    """The caller's identity: digits only, +44 read as 0. WITHHELD and empty have none.

    Choices: only a leading `+44` is rewritten (`0044` and `(0)` stay as they are); a value without any digit has none.
    """
    if not cli or cli == "WITHHELD":
        return None
    cli = cli.strip()
    if cli.startswith("+44"):
        cli = "0" + cli[3:]
    return "".join(sign for sign in cli if sign in "0123456789") or None


def _is_measuring(queue: str, measuring: frozenset[str] | None) -> bool:
    """A segment with an empty queue is in no queue; None stands for any queue."""
    return bool(queue) and (measuring is None or queue in measuring)


def _total(values: list[int | None]) -> int | None:
    """A sum that is unknown as soon as one part is."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _outcome(segments: list[Segment], measuring: frozenset[str] | None, answered: Segment | None) -> str:
    last = segments[-1]
    if any(segment.disposition == "TEST" for segment in segments):
        return "test"
    if answered is not None:
        return "answered"
    # No measuring queue answered, so an ANS in any queue is an answer in another one.
    elsewhere = any(segment.disposition == "ANS" and segment.queue for segment in segments)
    if elsewhere and not _is_measuring(last.queue, measuring):
        return "answered_elsewhere"
    # Choice: ANS in no queue, or followed by nothing that says more, is not in the list of codes: unknown.
    return OUTCOME_OF_LAST.get(last.disposition, "unknown")


def _wait(segments: list[Segment], measuring: frozenset[str] | None) -> int | None:
    parts: list[int | None] = []
    for segment in segments:
        if _is_measuring(segment.queue, measuring):
            parts += (segment.queued, segment.ring)
            if segment.disposition == "ANS":
                break
    return _total(parts) if parts else None


def _demand(line: str, wrap_code: str | None) -> str:
    found = DEMAND_OF_WRAP.get(wrap_code or "")
    if found in ("failure", "other_agency"):
        return found
    if line == "INTERNAL":
        return "internal"
    return found or "unknown"


def _one_call(day: int, call_id: str, segments: list[Segment]) -> Call:
    first = segments[0]
    line = first.dialled if first.dialled in LINES else "OTHER"
    measuring = MEASURING_QUEUES[line]
    answered = next(
        (each for each in segments if each.disposition == "ANS" and _is_measuring(each.queue, measuring)), None
    )
    # Choice: "in any queue" leaves out an ANS segment whose queue is empty.
    first_answer = next((each for each in segments if each.disposition == "ANS" and each.queue), None)
    outcome = _outcome(segments, measuring, answered)
    wait = _wait(segments, measuring)
    before_answer = _total([answered.ivr, answered.queued, answered.ring]) if answered else None
    wrap_code = (first_answer.wrap_code or None) if first_answer else None
    target = TARGET_SECONDS.get(line)
    return Call(
        call_key=f"{clocks.day_date(day):%Y%m%d}-{call_id}",
        business_day=day,
        line=line,
        offered_at=first.start,
        offered_day=clocks.local_day(first.start),
        outcome=outcome,
        # Choice: summed over all segments, null if any is, like talk, hold and wrap.
        ivr_seconds=_total([segment.ivr for segment in segments]),
        wait_seconds=wait,
        answered_at=answered.start + before_answer if answered and before_answer is not None else None,
        talk_seconds=_total([segment.talk for segment in segments]),
        hold_seconds=_total([segment.hold for segment in segments]),
        wrap_seconds=_total([segment.wrap for segment in segments]),
        # Choice: the team of the segment that answered in a measuring queue; null for calls answered elsewhere.
        team_answered=(answered.team or None) if answered else None,
        segment_count=len(segments),
        # Choice: a call was transferred where the telephony says so, not wherever it has several segments.
        was_transferred=any(segment.disposition == "XFER" for segment in segments),
        target_seconds=target,
        # Choice, literal: null only where wait or target is unknown, whatever the outcome.
        is_within_target=None if wait is None or target is None else wait <= target,
        is_short_abandon=outcome == "abandoned" and wait is not None and wait < SHORT_ABANDON_SECONDS,
        caller=caller_of(first.cli),
        is_redial=False,
        is_redialled=False,
        wrap_code=wrap_code if wrap_code is None or wrap_code in WRAP_CODES else UNKNOWN,
        demand_type=_demand(line, wrap_code),
        has_wrap_code=wrap_code is not None,
    )


def _mark_redials(calls: list[Call]) -> None:
    by_caller: dict[tuple[str, str], list[int]] = {}
    for index, call in enumerate(calls):
        if call.caller is not None:
            by_caller.setdefault((call.caller, call.line), []).append(index)
    for indexes in by_caller.values():
        if len(indexes) > 1:
            _mark_redials_of_one(calls, indexes)


def _mark_redials_of_one(calls: list[Call], indexes: list[int]) -> None:
    offered = sorted(calls[index].offered_at for index in indexes)
    abandoned = sorted(calls[index].offered_at for index in indexes if calls[index].outcome == "abandoned")
    for index in indexes:
        at = calls[index].offered_at
        later = bisect_right(offered, at)  # strictly later: more than 0 seconds
        earlier = bisect_left(abandoned, at) - 1
        calls[index] = calls[index]._replace(
            is_redialled=later < len(offered) and offered[later] - at <= REDIAL_SECONDS,
            is_redial=earlier >= 0 and at - abandoned[earlier] <= REDIAL_SECONDS,
        )


def calls(landing: Landing) -> list[Call]:
    """Every call, by key."""
    grouped: dict[tuple[int, str], list[Segment]] = {}
    table: dict[Any, Any] = landing.tables.get("acd_segments", {})
    for (day, call_id, number), record in table.items():
        grouped.setdefault((day, call_id), []).append(Segment(number, *record))
    result = []
    for day, call_id in sorted(grouped):
        segments = sorted(grouped[day, call_id])
        result.append(_one_call(day, call_id, segments))
    _mark_redials(result)
    return result
