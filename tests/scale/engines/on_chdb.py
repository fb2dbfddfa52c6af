"""chdb: ClickHouse in the process; two tables in memory, then SQL."""

from __future__ import annotations

from pathlib import Path

from chdb import session
from common import (
    INCIDENT_COLUMNS,
    INCIDENT_TIMES,
    MORE_OF_VERSION_6,
    SEGMENT_COLUMNS,
    WHOLE_NUMBERS,
    Answer,
    Work,
    answer_of,
    main,
    say,
)  # fmt: skip

CALLS = """
with firsts as (
    select day, CALL_ID, argMin(DIALLED, SEGMENT) as line, max(SEGMENT) as last_no from segments group by day, CALL_ID
),
flagged as (
    select
        segments.*, line, last_no, ifNull(DISPOSITION = 'ANS', 0) and QUEUE is not null as is_answer,
        QUEUE_SECS + RING_SECS as waited,
        QUEUE is not null and (line = 'OTHER' or (line, ifNull(QUEUE, '')) in ({measuring})) as is_measuring
    from segments inner join firsts using (day, CALL_ID)
),
answers as (
    select
        day, CALL_ID, any(line) as line, argMin(SEG_START, SEGMENT) as offered_at,
        minIf(SEGMENT, is_answer and is_measuring) as first_no, countIf(is_answer and is_measuring) > 0 as is_answered,
        countIf(DISPOSITION = 'TEST') > 0 as is_test,
        countIf(is_answer) > 0 and countIf(SEGMENT = last_no and is_measuring) = 0 as is_elsewhere,
        argMax(ifNull(DISPOSITION, ''), SEGMENT) as last_disposition
    from flagged group by day, CALL_ID
),
waits as (
    select day, CALL_ID, sum(waited) as wait from flagged inner join answers using (day, CALL_ID)
    where is_measuring and (not is_answered or SEGMENT <= first_no) group by day, CALL_ID
),
calls as (
    select
        formatDateTime(toTimeZone(offered_at, 'Europe/London'), '%Y-%m') as month, line, wait,
        multiIf(is_test, 'test', is_answered, 'answered', is_elsewhere, 'answered_elsewhere',
            transform(last_disposition, [{dispositions}], [{outcomes}], 'unknown')) as outcome
    from answers left join waits using (day, CALL_ID)
)
select
    month, line, countIf(outcome != 'test'),
    countIf(outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere')),
    countIf(outcome = 'answered'), countIf(outcome = 'answered' and wait <= 10),
    countIf(outcome = 'answered' and wait <= 30), sumIf(wait, outcome = 'answered'),
    quantileExactInclusiveIf(0.5)(wait, outcome = 'answered'), quantileExactInclusiveIf(0.9)(wait, outcome = 'answered')
from calls group by month, line format JSONCompact
"""
INCIDENTS = """
select formatDateTime(created, '%Y-%m') as month, area, count() from (
    select
        argMax(CREATED, (LAST_UPDATED, path)) as created, argMax(LPA, (LAST_UPDATED, path)) as area,
        argMax(ifNull(LINKED_TO, ''), (LAST_UPDATED, path)) as linked,
        argMax(coalesce(CLOSE_CODE, OPEN_CODE), (LAST_UPDATED, path)) as category
    from incidents group by INC_REF
) where linked = '' and category not in ({admin}) group by month, area format JSONCompact
"""


def work(told: Work) -> Answer:
    import json

    con = session.Session(f"{told.scratch}/chdb")

    def rows(sql: str) -> list[list[object]]:
        found: list[list[object]] = json.loads(con.query(sql).bytes())["data"]
        return found

    con.query(f"set max_threads = {told.threads}")
    con.query("set format_csv_null_representation = ''")
    con.query("set input_format_csv_empty_as_default = 1")
    say("reading")
    types = {name: "Int64" if name in WHOLE_NUMBERS else "Nullable(String)" for name in SEGMENT_COLUMNS}
    types |= {"CALL_ID": "String", "DIALLED": "String", "SEG_START": "DateTime('UTC')", "SEG_END": "DateTime('UTC')"}
    folder = Path(told.segments[0][0]).parent
    for suffix in ("csv", "csv.gz"):
        if any(path.endswith(suffix) for path, _ in told.segments):
            made = "insert into segments" if suffix == "csv.gz" else "create table segments engine = Memory as"
            con.query(
                f"{made} select *, cast(toDate(extract(_file, '_([0-9]{{8}})')) as Date) as day from "
                f"file('{folder}/acd_segments_*.{suffix}', 'CSVWithNames', '{_columns(types)}')"
                " settings date_time_input_format = 'best_effort'"
            )
    texts = dict.fromkeys(INCIDENT_COLUMNS, "Nullable(String)") | {"INC_REF": "String", "LPA": "String"}
    made = "create table incidents engine = Memory as"
    for paths, more, parse in (
        (told.incidents_5, (), "parseDateTimeOrNull({0}, '%d/%m/%Y %H:%i:%s', 'UTC')"),
        (
            told.incidents_6,
            MORE_OF_VERSION_6,
            "toDateTime(toTimeZone(parseDateTimeBestEffortOrNull({0}, 'UTC'), 'Europe/London'))",
        ),
    ):
        if not paths:
            continue
        columns = {**texts, **dict.fromkeys(more, "Nullable(String)")}
        names = ",".join(Path(path).name.removesuffix(".csv") for path in paths)
        times = ", ".join(f"{_wall(parse.format(name), bool(more))} as {name}" for name in sorted(INCIDENT_TIMES))
        rest = ", ".join(name for name in INCIDENT_COLUMNS if name not in INCIDENT_TIMES)
        scene = _wall(parse.format("AT_SCENE"), True) if more else "cast(null as Nullable(DateTime('UTC')))"
        con.query(
            f"{made} select {rest}, {times}, {scene} as AT_SCENE, "
            f"{'PNC' if more else 'cast(null as Nullable(String))'} as PNC, _file as path from "
            f"(select *, _file from file('{folder}/{{{names}}}.csv', 'CSV', '{_columns(columns)}') "
            "settings input_format_csv_skip_first_lines = 1)"
        )
        made = f"insert into incidents ({rest}, {', '.join(sorted(INCIDENT_TIMES))}, AT_SCENE, PNC, path)"
    say("working")
    calls = CALLS.format(
        measuring=told.values(told.measuring),
        dispositions=", ".join(f"'{code}'" for code in told.outcomes),
        outcomes=", ".join(f"'{outcome}'" for outcome in told.outcomes.values()),
    )
    return answer_of(rows(calls), rows(INCIDENTS.format(admin=told.admin)))


def _wall(parsed: str, is_offset: bool) -> str:
    """A wall-clock time, kept as if it were UTC."""
    return (
        f"parseDateTimeOrNull(formatDateTime({parsed}, '%Y-%m-%d %H:%i:%s'), '%Y-%m-%d %H:%i:%s', 'UTC')"
        if is_offset
        else parsed
    )


def _columns(types: dict[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items()).replace("'", "\\'")


main(work)
