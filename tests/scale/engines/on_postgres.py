"""PostgreSQL: a server of its own in a folder that goes away; two typed tables filled by COPY, then SQL."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from common import (
    AT_SCENE,
    INCIDENT_COLUMNS,
    INCIDENT_TIMES,
    MORE_OF_VERSION_6,
    SEGMENT_COLUMNS,
    WHOLE_NUMBERS,
    Answer,
    Work,
    answer_of,
    main,
    opened,
    say,
)  # fmt: skip

CALLS = """
with firsts as (
    select day, call_id, (array_agg(dialled order by segment))[1] as line, max(segment) as last_no
    from segments group by day, call_id
),
flagged as (
    select
        segments.*, line, last_no, disposition = 'ANS' and queue is not null as is_answer,
        queue_secs + ring_secs as waited,
        queue is not null and (line = 'OTHER' or (line, queue) in (values {measuring})) as is_measuring
    from segments inner join firsts using (day, call_id)
),
answers as (
    select
        day, call_id, min(line) as line, (array_agg(seg_start order by segment))[1] as offered_at,
        min(segment) filter (where is_answer and is_measuring) as answered_no, bool_or(disposition = 'TEST') as is_test,
        bool_or(is_answer) and not bool_or(segment = last_no and is_measuring) as is_elsewhere,
        (array_agg(disposition order by segment desc))[1] as last_disposition
    from flagged group by day, call_id
),
waits as (
    select day, call_id, sum(waited) as wait from flagged inner join answers using (day, call_id)
    where is_measuring and segment <= coalesce(answered_no, segment) group by day, call_id
),
calls as (
    select
        to_char(offered_at at time zone 'Europe/London', 'YYYY-MM') as month, line, wait,
        case when is_test then 'test' when answered_no is not null then 'answered'
            when is_elsewhere then 'answered_elsewhere' else coalesce(outcome, 'unknown') end as outcome
    from answers left join waits using (day, call_id)
    left join (values {outcomes}) as outcomes (code, outcome) on last_disposition = code
)
select
    month, line, count(*) filter (where outcome <> 'test'),
    count(*) filter (where outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere')),
    count(*) filter (where outcome = 'answered'), count(*) filter (where outcome = 'answered' and wait <= 10),
    count(*) filter (where outcome = 'answered' and wait <= 30), sum(wait) filter (where outcome = 'answered'),
    percentile_cont(0.5) within group (order by wait) filter (where outcome = 'answered'),
    percentile_cont(0.9) within group (order by wait) filter (where outcome = 'answered')
from calls group by month, line
"""
INCIDENTS = """
select to_char(created, 'YYYY-MM'), lpa, count(*)
from (select distinct on (inc_ref) * from incidents order by inc_ref, last_updated desc, place desc) as newest
where linked_to is null and coalesce(close_code, open_code) not in ({admin})
group by 1, 2
"""


def work(told: Work) -> Answer:
    with _server(told) as address:
        con = psycopg2.connect(address)
        con.autocommit = True
        cursor = con.cursor()
        cursor.execute("set datestyle = 'ISO, DMY'; set time zone 'Europe/London'; set work_mem = '512MB'")
        cursor.execute(f"set max_parallel_workers_per_gather = {told.threads}")
        say("reading")
        types = {name: "bigint" if name in WHOLE_NUMBERS else "text" for name in SEGMENT_COLUMNS}
        types |= {"SEG_START": "timestamptz", "SEG_END": "timestamptz"}
        cursor.execute(f"create unlogged table segments ({_columns(types)}, day date)")
        for path, day in told.segments:
            cursor.execute(f"alter table segments alter day set default '{day}'")
            _copy(cursor, "segments", SEGMENT_COLUMNS, path)
        texts = {name: "timestamp" if name in INCIDENT_TIMES else "text" for name in INCIDENT_COLUMNS}
        more = {name: "timestamp" if name == AT_SCENE else "text" for name in MORE_OF_VERSION_6}
        cursor.execute(f"create unlogged table incidents ({_columns(texts | more)}, place int)")
        # A time with an offset must be read as one: a timestamp without time zone would forget it silently.
        with_zone = {name: "timestamptz" if kind == "timestamp" else kind for name, kind in (texts | more).items()}
        cursor.execute(f"create unlogged table incidents_6 ({_columns(with_zone)}, place int)")
        for table, columns, paths in (
            ("incidents", INCIDENT_COLUMNS, told.incidents_5),
            ("incidents_6", (*INCIDENT_COLUMNS, *MORE_OF_VERSION_6), told.incidents_6),
        ):
            for number, path in enumerate(paths):
                place = number + (100_000 if table == "incidents_6" else 0)
                cursor.execute(f"alter table {table} alter place set default {place}")
                _copy(cursor, table, columns, path)
        cursor.execute("insert into incidents select * from incidents_6; drop table incidents_6")
        cursor.execute("analyze")
        say("working")
        cursor.execute(CALLS.format(measuring=told.values(told.measuring), outcomes=told.values(told.outcomes.items())))
        calls = cursor.fetchall()
        cursor.execute(INCIDENTS.format(admin=told.admin))
        found = answer_of(calls, cursor.fetchall())
        con.close()
        return found


def _columns(types: dict[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())


def _copy(cursor: psycopg2.extensions.cursor, table: str, columns: tuple[str, ...], path: str) -> None:
    with opened(path) as stream:
        cursor.copy_expert(f"copy {table} ({', '.join(columns)}) from stdin (format csv, header)", stream)


@contextmanager
def _server(told: Work) -> Iterator[str]:
    """The address of a server that runs; tuned as one for analyses would be, safety against power cuts off."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
    folder = Path(told.scratch)
    data = folder / "postgres"
    folder.chmod(0o777)
    make = [programs / "initdb", "-D", data, "-U", "peer", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run(make, check=True, capture_output=True, user=user, cwd=folder)
    options = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=2GB", "max_wal_size=8GB")
    words = [word for option in (*options, "listen_addresses=") for word in ("-c", option)]
    command = [programs / "postgres", "-D", data, "-k", folder, *words]
    process = subprocess.Popen(command, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while subprocess.run([programs / "pg_isready", "-q", "-h", folder]).returncode:
            assert process.poll() is None, "PostgreSQL did not start"
            time.sleep(0.1)
        yield f"postgresql://peer@/postgres?host={folder}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


main(work)
