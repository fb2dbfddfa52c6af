"""Spark on this machine alone (`local`): two cached frames, then Spark SQL."""

from __future__ import annotations

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
    say,
)  # fmt: skip

CALLS = """
with firsts as (
    select day, CALL_ID, min_by(DIALLED, SEGMENT) as line, max(SEGMENT) as last_no from segments group by day, CALL_ID
),
flagged as (
    select
        segments.*, line, last_no, DISPOSITION = 'ANS' and QUEUE is not null as is_answer,
        QUEUE_SECS + RING_SECS as waited, QUEUE is not null and (line = 'OTHER' or listed) as is_measuring
    from segments inner join firsts using (day, CALL_ID)
    left join (select *, true as listed from (values {measuring}) as listed (on_line, in_queue))
        on line = on_line and QUEUE = in_queue
),
answers as (
    select
        day, CALL_ID, any_value(line) as line, min_by(SEG_START, SEGMENT) as offered_at,
        min(SEGMENT) filter (where is_answer and coalesce(is_measuring, false)) as answered_no,
        bool_or(coalesce(DISPOSITION = 'TEST', false)) as is_test,
        bool_or(coalesce(is_answer, false))
            and not bool_or(SEGMENT = last_no and coalesce(is_measuring, false)) as is_elsewhere,
        max_by(DISPOSITION, SEGMENT) as last_disposition
    from flagged group by day, CALL_ID
),
waits as (
    select day, CALL_ID, sum(waited) as wait from flagged inner join answers using (day, CALL_ID)
    where is_measuring and SEGMENT <= coalesce(answered_no, SEGMENT) group by day, CALL_ID
),
calls as (
    select
        date_format(from_utc_timestamp(offered_at, 'Europe/London'), 'yyyy-MM') as month, answers.line, wait,
        case when is_test then 'test' when answered_no is not null then 'answered'
            when is_elsewhere then 'answered_elsewhere' else coalesce(outcome, 'unknown') end as outcome
    from answers left join waits using (day, CALL_ID)
    left join (values {outcomes}) as outcomes (code, outcome) on last_disposition = code
)
select
    month, line, count_if(outcome <> 'test'),
    count_if(outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere')),
    count_if(outcome = 'answered'), count_if(outcome = 'answered' and wait <= 10),
    count_if(outcome = 'answered' and wait <= 30), sum(wait) filter (where outcome = 'answered'),
    percentile(wait, 0.5) filter (where outcome = 'answered'), percentile(wait, 0.9) filter (where outcome = 'answered')
from calls group by month, line
"""
INCIDENTS = """
select date_format(created, 'yyyy-MM'), area, count(*) from (
    select
        max_by(CREATED, struct(LAST_UPDATED, path)) as created, max_by(LPA, struct(LAST_UPDATED, path)) as area,
        max_by(coalesce(LINKED_TO, ''), struct(LAST_UPDATED, path)) as linked,
        max_by(coalesce(CLOSE_CODE, OPEN_CODE), struct(LAST_UPDATED, path)) as category
    from incidents group by INC_REF
) where linked = '' and category not in ({admin}) group by 1, 2
"""


def work(told: Work) -> Answer:
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    spark = (
        SparkSession.builder.master(f"local[{told.threads}]")
        .config("spark.driver.memory", "6g")
        .config("spark.sql.shuffle.partitions", str(4 * told.threads))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", told.scratch)
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    say("reading")
    types = {name: "bigint" if name in WHOLE_NUMBERS else "string" for name in SEGMENT_COLUMNS}
    types |= {"SEG_START": "timestamp", "SEG_END": "timestamp"}
    paths = [path for path, _ in told.segments]
    segments = spark.read.csv(paths, header=True, schema=_columns(types), timestampFormat="yyyy-MM-dd'T'HH:mm:ssX")
    day = f.to_date(f.regexp_extract(f.input_file_name(), "_([0-9]{8})", 1), "yyyyMMdd")
    _keep(segments.withColumn("day", day), "segments")
    texts = {name: "timestamp" if name in INCIDENT_TIMES else "string" for name in INCIDENT_COLUMNS}
    more = {name: "timestamp" if name == AT_SCENE else "string" for name in MORE_OF_VERSION_6}
    frames = []
    if told.incidents_5:
        local = {name: kind.replace("timestamp", "timestamp_ntz") for name, kind in texts.items()}
        reader = spark.read.option("header", True).option("timestampNTZFormat", "dd/MM/yyyy HH:mm:ss")
        frames.append(reader.schema(_columns(local)).csv(told.incidents_5))
    if told.incidents_6:
        form = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ssXXX"}
        frame = spark.read.csv(told.incidents_6, header=True, schema=_columns(texts | more), **form)
        for name in [*INCIDENT_TIMES, AT_SCENE]:
            frame = frame.withColumn(name, f.from_utc_timestamp(name, "Europe/London").cast("timestamp_ntz"))
        frames.append(frame)
    incidents = frames[0]
    for frame in frames[1:]:
        incidents = incidents.unionByName(frame, allowMissingColumns=True)
    _keep(incidents.withColumn("path", f.input_file_name()), "incidents")
    say("working")
    calls = CALLS.format(measuring=told.values(told.measuring), outcomes=told.values(told.outcomes.items()))
    found = answer_of(spark.sql(calls).collect(), spark.sql(INCIDENTS.format(admin=told.admin)).collect())
    spark.stop()
    return found


def _columns(types: dict[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())


def _keep(frame: object, name: str) -> None:
    frame.cache().createOrReplaceTempView(name)  # type: ignore[attr-defined]
    frame.count()  # type: ignore[attr-defined]  # read now, not when first asked


main(work)
