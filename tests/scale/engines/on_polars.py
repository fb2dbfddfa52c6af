"""polars: two frames of all columns, then expressions."""

from __future__ import annotations

import os
import sys

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
    opened,
    say,
)  # fmt: skip


def work(told: Work) -> Answer:
    os.environ["POLARS_MAX_THREADS"] = str(told.threads)
    import polars as pl

    say("reading")
    numbers = {name: pl.Int64 if name in WHOLE_NUMBERS else pl.String for name in SEGMENT_COLUMNS}
    utc = "%Y-%m-%dT%H:%M:%SZ"
    days = pl.LazyFrame({"path": [path for path, _ in told.segments], "day": [day for _, day in told.segments]})
    segments = (
        pl.scan_csv([path for path, _ in told.segments], schema=numbers, include_file_paths="path")
        .with_columns(pl.col("SEG_START", "SEG_END").str.to_datetime(utc, time_unit="us", time_zone="UTC"))
        .join(days, on="path")
        .drop("path")
        .with_columns(pl.col("day").str.to_date())
        .collect()
    )
    texts = dict.fromkeys(INCIDENT_COLUMNS, pl.String)
    frames = []
    for paths, schema, form in (
        (told.incidents_5, texts, LOCAL_FORMAT),
        (told.incidents_6, {**texts, **dict.fromkeys(MORE_OF_VERSION_6, pl.String)}, "%Y-%m-%dT%H:%M:%S%:z"),
    ):
        if not paths:
            continue
        delivered = opened(paths[0]).readline().decode().rstrip("\r\n").split(",")
        frame = pl.scan_csv(paths, schema=dict.fromkeys(delivered, pl.String), include_file_paths="path")
        frame = frame.rename(dict(zip(delivered, schema, strict=True)))
        times = [*INCIDENT_TIMES, AT_SCENE] if AT_SCENE in schema else [*INCIDENT_TIMES]
        if form == LOCAL_FORMAT:
            parsed = pl.col(times).str.to_datetime(form, time_unit="us")
        else:
            parsed = (
                pl.col(times).str.to_datetime(form, time_unit="us").dt.convert_time_zone("Europe/London")
                .dt.replace_time_zone(None)
            )  # fmt: skip
        frames.append(frame.with_columns(parsed))
    incidents = pl.concat(frames, how="diagonal").collect()

    say("working")
    key = ["day", "CALL_ID"]
    measuring = pl.DataFrame(told.measuring, schema=["line", "QUEUE"], orient="row").with_columns(listed=pl.lit(True))
    firsts = segments.group_by(key).agg(
        line=pl.col("DIALLED").get(pl.col("SEGMENT").arg_min()), last_no=pl.col("SEGMENT").max()
    )
    flagged = (
        segments.join(firsts, on=key)
        .join(measuring, on=["line", "QUEUE"], how="left")
        .with_columns(
            is_answer=(pl.col("DISPOSITION") == "ANS") & pl.col("QUEUE").is_not_null(),
            is_measuring=pl.col("QUEUE").is_not_null() & ((pl.col("line") == "OTHER") | pl.col("listed").is_not_null()),
            waited=pl.col("QUEUE_SECS") + pl.col("RING_SECS"),
        )
    )
    answers = flagged.group_by(key).agg(
        line=pl.col("line").first(),
        offered_at=pl.col("SEG_START").get(pl.col("SEGMENT").arg_min()),
        answered_no=pl.col("SEGMENT").filter(pl.col("is_answer") & pl.col("is_measuring")).min(),
        is_test=(pl.col("DISPOSITION") == "TEST").any(),
        is_elsewhere=pl.col("is_answer").any()
        & ~((pl.col("SEGMENT") == pl.col("last_no")) & pl.col("is_measuring")).any(),
        last_disposition=pl.col("DISPOSITION").get(pl.col("SEGMENT").arg_max()),
    )
    waits = (
        flagged.filter("is_measuring")
        .join(answers.select(*key, "answered_no"), on=key)
        .filter(pl.col("SEGMENT") <= pl.col("answered_no").fill_null(pl.col("SEGMENT")))
        .group_by(key)
        .agg(wait=pl.col("waited").sum())
    )
    calls = answers.join(waits, on=key, how="left").with_columns(
        month=pl.col("offered_at").dt.convert_time_zone("Europe/London").dt.strftime("%Y-%m"),
        outcome=pl.when("is_test")
        .then(pl.lit("test"))
        .when(pl.col("answered_no").is_not_null())
        .then(pl.lit("answered"))
        .when("is_elsewhere")
        .then(pl.lit("answered_elsewhere"))
        .otherwise(pl.col("last_disposition").replace_strict(told.outcomes, default="unknown")),
    )
    answered = pl.col("outcome") == "answered"
    wait = pl.col("wait").filter(answered)
    not_offered = ["test", "abandoned_in_menu", "ended_by_menu", "answered_elsewhere"]
    figures = calls.group_by("month", "line").agg(
        (pl.col("outcome") != "test").sum().alias("presented"),
        (~pl.col("outcome").is_in(not_offered)).sum().alias("offered"),
        answered.sum().alias("answered"),
        (wait <= 10).sum().alias("within_10"),
        (wait <= 30).sum().alias("within_30"),
        wait.sum().alias("waited"),
        wait.quantile(0.5, "linear").alias("median"),
        wait.quantile(0.9, "linear").alias("decile"),
    )
    created = (
        incidents.sort("LAST_UPDATED", "path")
        .unique("INC_REF", keep="last")
        .filter(pl.col("LINKED_TO").is_null() & ~pl.coalesce("CLOSE_CODE", "OPEN_CODE").is_in(told.admin_categories))
        .group_by(month=pl.col("CREATED").dt.strftime("%Y-%m"), area="LPA")
        .len()
    )
    return answer_of(figures.rows(), created.rows())


if sys.argv[1:]:
    main(work)
