"""Telephone rooms for tests of the capacity model: the sample's own simulation, or exports, as the marts have them.

`python -m tests.analysis.rooms` measures the model against the sample (docs/capacity.md says what comes out).
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from orchestration.analysis import tables
from orchestration.analysis.design import Design, read_design
from orchestration.analysis.parts import PARTS, Facts
from orchestration.analysis.parts.capacity import read_capacity
from orchestration.sample.calls import CallRoom
from orchestration.sample.clock import Clock, days_between
from orchestration.sample.parameters import Parameters, Telephony
from orchestration.settings import PROJECT

PROFILE = PROJECT / "orchestration" / "profiles" / "west_mercia"
REFERENCE = PROFILE / "reference"
LINES = {"999": "999", "101": "101", "SWITCHBOARD": "SWITCHBOARD", "INTERNAL": "INTERNAL"}


def simulated(
    first: date, last: date, *, scale: float = 1.0, seed: int = 1, **changes: float
) -> duckdb.DuckDBPyConnection:
    """A database with the marts that the model reads, of a simulated room; `changes` are of its Telephony."""
    telephony = replace(Telephony(), **changes)  # type: ignore[arg-type]
    clock = Clock(first, last)
    room = CallRoom(replace(Parameters(), telephony=telephony), clock, scale, seed, last)
    segments: list[str] = []
    staff: list[tuple[int, str, int, int]] = []
    for day in days_between(first, last):
        room.run_day(day)
    room.drain()
    for day in days_between(first, last):
        done = room.take(day)
        segments += done.lines
        for start, teams in done.heads:
            staff += [
                (start, heads.team, heads.staffed * 1800, (heads.staffed - heads.on_calls) * 1800) for heads in teams
            ]
    con = _empty()
    rows = [f"{clock.utc(start)},{team},{staffed},{aux}" for start, team, staffed, aux in staff]
    _load(con, segments, rows, first, last)
    return con


def of_exports(landing: Path, first: date, last: date) -> duckdb.DuckDBPyConnection:
    """The same of a folder of exports (faults in them are left out, not mended)."""
    segments: list[str] = []
    staff: list[str] = []
    for day in days_between(first, last):
        for name, into, wanted in (
            ("acd_segments", segments, None),
            ("acd_agent_intervals", staff, ("INTERVAL_START", "TEAM", "STAFFED_SECS", "AUX_SECS")),
        ):
            file = landing / "acd" / f"{name}_{day:%Y%m%d}.csv"
            if not file.exists():
                continue
            with file.open(encoding="utf-8", errors="replace") as lines:
                for row in csv.DictReader(lines):
                    cells = list(row.values()) if wanted is None else [row[column] for column in wanted]
                    if all(isinstance(cell, str) and "," not in cell for cell in cells) and len(cells) == (
                        17 if wanted is None else 4
                    ):
                        into.append(",".join(cells))
    con = _empty()
    _load(con, segments, staff, first, last)
    return con


def _empty() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set timezone = 'Europe/London'")
    con.execute("create schema marts; create schema landing")
    tables.make_tables(con)
    return con


def _load(
    con: duckdb.DuckDBPyConnection, segments: Iterable[str], staff: Iterable[str], first: date, last: date
) -> None:
    import io

    import pandas as pd

    names = "call segment start end line queue disposition ivr queued ring talk hold wrap agent team cli wrap_code"
    raw = pd.read_csv(io.StringIO("\n".join(segments)), names=names.split(), dtype=str, keep_default_na=False)
    heads = pd.read_csv(io.StringIO("\n".join(staff)), names=["start", "team", "staffed", "aux"], dtype=str)
    con.register("raw", raw)
    con.register("heads", heads)
    con.execute(
        """
        create table marts.fct_call_segments as
        select
            try_cast(start as timestamptz) as instant, instant::timestamp as segment_start_at_local,
            segment_start_at_local::date as segment_start_date,
            strftime(segment_start_date, '%Y%m%d') || call as call_key, try_cast(segment as integer) as segment_no,
            line, queue, disposition as disposition_code, cli,
            try_cast(ivr as bigint) as ivr_seconds, try_cast(queued as bigint) as queue_seconds,
            try_cast(ring as bigint) as ring_seconds, try_cast(talk as bigint) as talk_seconds,
            try_cast(hold as bigint) as hold_seconds, try_cast(wrap as bigint) as wrap_seconds
        from raw where instant is not null;
        create table marts.fct_calls as
        with calls as (
            select call_key, arg_min(line, segment_no) as line, min(instant) as offered_at,
                arg_min(cli, segment_no) as cli,
                bool_or(disposition_code = 'ANS' and queue in ('OCC_999', 'OCC_101')) as is_answered,
                bool_or(disposition_code = 'ABN') as is_abandoned,
                min(segment_no) filter (where disposition_code = 'ANS' and queue in ('OCC_999', 'OCC_101')) as at_no
            from marts.fct_call_segments group by 1
        ),
        waits as (
            select segments.call_key, sum(queue_seconds + ring_seconds)::bigint as wait_seconds
            from marts.fct_call_segments as segments inner join calls using (call_key)
            where queue in ('OCC_999', 'OCC_101') and (at_no is null or segment_no <= at_no) group by 1
        )
        select call_key, line, offered_at, offered_at::timestamp as offered_at_local,
            offered_at_local::date as offered_date,
            case when is_answered then 'answered' when is_abandoned then 'abandoned' else 'lost' end as outcome,
            wait_seconds, null::varchar as disruption_key,
            cli <> '' and coalesce(epoch(lead(offered_at) over (partition by cli, line order by offered_at))
                - epoch(offered_at) <= 600, false) as is_redialled
        from calls left join waits using (call_key);
        create table marts.fct_agent_intervals as
        select start::timestamptz::timestamp as interval_at_local, interval_at_local::date as interval_date, team,
            try_cast(staffed as bigint) as staffed_seconds, try_cast(aux as bigint) as aux_seconds
        from heads;
        """
    )
    con.execute(
        """
        create table marts.dim_dates as
        select day::date as local_date, date_trunc('week', day)::date as week_start_date,
            case when strftime(day, '%m%d') between '0325' and '0331' and dayofweek(day) = 0 then 23
                when strftime(day, '%m%d') between '1025' and '1031' and dayofweek(day) = 0 then 25
                else 24 end as hours_count
        from generate_series(?::timestamp, ?::timestamp, interval 1 day) as days(day)
        """,
        [first, last],
    )
    con.execute(
        "create table marts.dim_dispositions as select code as disposition_code, call_outcome, is_answer "
        f"from read_csv('{REFERENCE}/dispositions.csv')"
    )
    con.execute(
        f"create table marts.dim_targets as select kpi_id, target, valid_from from read_csv('{REFERENCE}/targets.csv')"
    )
    con.execute(
        """
        create table marts.fct_workforce as
        select (date_trunc('month', ?::date) - to_months(months::integer))::date as month_date,
            'OCC' as unit, 'CALL_TAKER' as role,
            150::decimal(18, 4) as establishment_fte, 135::decimal(18, 4) as strength_fte,
            11.5::decimal(18, 4) as abstracted_fte
        from range(12) as past(months)
        """,
        [last],
    )


def design() -> Design:
    """The profile's own."""
    return read_design(PROFILE)


def main() -> None:
    """Measure, and print what was measured."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--landing", type=Path, help="exports instead of a simulation")
    asked.add_argument("--first", type=date.fromisoformat, default=date(2021, 5, 3))
    asked.add_argument("--last", type=date.fromisoformat, default=date(2021, 9, 5))
    asked.add_argument("--scale", type=float, default=1.0)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--shortfall", type=float, nargs="*", default=[0.05, 0.0], help="rooms to predict, unseen")
    given = asked.parse_args()
    if given.landing:
        con = of_exports(given.landing, given.first, given.last)
    else:
        con = simulated(given.first, given.last, scale=given.scale, seed=given.seed)
    plan = design()
    clock = time.process_time()
    facts = read_capacity(con, plan)
    print(f"read: {time.process_time() - clock:.1f} s CPU, {len(facts['staff'])} half-hours")
    clock = time.process_time()
    rows = next(part for part in PARTS if part.name == "capacity").analyse(facts, plan)
    print(f"analysed: {time.process_time() - clock:.1f} s CPU")
    for row in rows["metrics.capacity_accuracy"]:
        print(row)
    for line in ("999", "101"):
        of = [row for row in rows["metrics.capacity_half_hours"] if row["line"] == line and row.get("answered_count")]
        total = sum(row["answered_count"] for row in of)
        for name in ("predicted_within_ratio", "observed_within_ratio"):
            print(line, name, round(sum(row[name] * row["answered_count"] for row in of) / total, 4))
        miss = sum(
            abs(row["predicted_within_ratio"] - row["observed_within_ratio"]) * row["answered_count"] for row in of
        )
        print(line, "mean absolute difference of half-hours of the week", round(miss / total, 4))
    for row in rows["metrics.capacity_scenarios"]:
        if row.get("month") in {row.get("month") for row in rows["metrics.capacity_scenarios"][-1:]}:
            print({key: value for key, value in row.items() if key not in ("label",)})
    if given.landing is None:
        for shortfall in given.shortfall:
            _predict_unseen(given, facts, plan, shortfall)


def _predict_unseen(given: argparse.Namespace, facts: Mapping[str, Facts], plan: Design, shortfall: float) -> None:
    from orchestration.analysis.capacity import _odds, _shares, by_week, calibrate
    from orchestration.analysis.parts.capacity import observed

    other = simulated(
        given.first, given.last, scale=given.scale, seed=given.seed + 100,
        calm_shortfall=shortfall, strained_shortfall=shortfall + 0.045,
    )  # fmt: skip
    seen = observed(read_capacity(other, plan))
    model = calibrate(observed(facts), plan.capacity)  # type: ignore[arg-type]
    within, answered = by_week(model, seen)
    bare = by_week(replace(model, effort=1.0), seen)
    for line, name in enumerate(("999", "101")):
        real = seen.within[line].sum() / seen.answered[line].sum()
        uncorrected = bare[0][line].sum() / bare[1][line].sum()
        plain = within[line].sum() / answered[line].sum()
        said = float(_shares(_odds(plain) + model.correction[line]))
        print(f"shortfall {shortfall}: {name} observed {real:.4f}, predicted {said:.4f}, uncorrected {uncorrected:.4f}")


if __name__ == "__main__":
    main()
