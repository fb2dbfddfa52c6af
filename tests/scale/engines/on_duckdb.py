"""DuckDB: the engine of this project, as plain SQL, in memory."""

from __future__ import annotations

import duckdb
from common import (
    AT_SCENE,
    INCIDENT_COLUMNS,
    INCIDENT_TIMES,
    LOCAL_FORMAT,
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
    select day, CALL_ID, arg_min(DIALLED, SEGMENT) as line, max(SEGMENT) as last_no from segments group by all
),
flagged as (
    select
        *, DISPOSITION = 'ANS' and QUEUE is not null as is_answer, QUEUE_SECS + RING_SECS as waited,
        QUEUE is not null and (line = 'OTHER' or (line, QUEUE) in (values {measuring})) as is_measuring
    from segments inner join firsts using (day, CALL_ID)
),
answers as (
    select
        day, CALL_ID, any_value(line) as line, arg_min(SEG_START, SEGMENT) as offered_at,
        min(SEGMENT) filter (is_answer and is_measuring) as answered_no, bool_or(DISPOSITION = 'TEST') as is_test,
        bool_or(is_answer) and not bool_or(SEGMENT = last_no and is_measuring) as is_elsewhere,
        arg_max(DISPOSITION, SEGMENT) as last_disposition
    from flagged group by day, CALL_ID
),
waits as (
    select day, CALL_ID, sum(waited) as wait from flagged inner join answers using (day, CALL_ID)
    where is_measuring and SEGMENT <= coalesce(answered_no, SEGMENT) group by all
),
calls as (
    select
        date_trunc('month', timezone('Europe/London', offered_at::timestamptz)) as month, line, wait,
        case when is_test then 'test' when answered_no is not null then 'answered'
            when is_elsewhere then 'answered_elsewhere' else coalesce(outcome, 'unknown') end as outcome
    from answers left join waits using (day, CALL_ID)
    left join (values {outcomes}) as outcomes (code, outcome) on last_disposition = code
)
select
    month, line, count(*) filter (outcome <> 'test'),
    count(*) filter (outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere')),
    count(*) filter (outcome = 'answered'), count(*) filter (outcome = 'answered' and wait <= 10),
    count(*) filter (outcome = 'answered' and wait <= 30), sum(wait) filter (outcome = 'answered'),
    quantile_cont(wait, 0.5) filter (outcome = 'answered'), quantile_cont(wait, 0.9) filter (outcome = 'answered')
from calls group by all
"""
INCIDENTS = """
select date_trunc('month', created_local), LPA, count(*)
from (
    select *, if(is_utc, timezone('Europe/London', CREATED::timestamptz), CREATED) as created_local
    from incidents
    qualify row_number() over (partition by INC_REF order by LAST_UPDATED desc, path desc) = 1
)
where LINKED_TO is null and coalesce(CLOSE_CODE, OPEN_CODE) not in ({admin})
group by all
"""


def work(told: Work) -> Answer:
    con = duckdb.connect()
    con.execute(f"set threads = {told.threads}; set TimeZone = 'UTC'; set preserve_insertion_order = false")
    say("reading")
    days = dict(told.segments)
    con.execute(
        "create table days as select unnest($1) as path, unnest($2)::date as day", [list(days), [*days.values()]]
    )
    types = {name: "bigint" if name in WHOLE_NUMBERS else "varchar" for name in SEGMENT_COLUMNS}
    types |= {"SEG_START": "timestamp", "SEG_END": "timestamp"}
    con.execute(
        f"create table segments as select * exclude (path) from {_csv(list(days), types)} inner join days using (path)"
    )
    local = {name: "timestamp" if name in INCIDENT_TIMES else "varchar" for name in INCIDENT_COLUMNS}
    offset = {name: "timestamptz" if kind == "timestamp" else kind for name, kind in local.items()}
    offset |= {name: "timestamptz" if name == AT_SCENE else "varchar" for name in MORE_OF_VERSION_6}
    times = ", ".join(f"timezone('UTC', {name}) as {name}" for name in sorted(INCIDENT_TIMES))
    con.execute(
        f"create table incidents as select *, null::timestamptz as AT_SCENE, null as PNC, false as is_utc "
        f"from {_csv(told.incidents_5, local, LOCAL_FORMAT)} union all by name "
        f"select * replace ({times}), true as is_utc from {_csv(told.incidents_6, offset)}"
    )
    say("working")
    calls = CALLS.format(measuring=told.values(told.measuring), outcomes=told.values(told.outcomes.items()))
    return answer_of(con.execute(calls).fetchall(), con.execute(INCIDENTS.format(admin=told.admin)).fetchall())


def _csv(paths: list[str], types: dict[str, str], form: str | None = None) -> str:
    if not paths:
        columns = ", ".join(f"null::{kind} as {name}" for name, kind in {**types, "path": "varchar"}.items())
        return f"(select {columns} where false)"
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    times = f", timestampformat = '{form}'" if form else ""
    return (
        f"read_csv({paths!r}, columns = {{{columns}}}, header = true, auto_detect = false, delim = ',', quote = '\"', "
        f"escape = '\"', filename = 'path'{times})"
    )


main(work)
