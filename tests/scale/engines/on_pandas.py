"""pandas: two frames of all columns, read by pyarrow, then groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
from common import (
    AT_SCENE,
    INCIDENT_COLUMNS,
    INCIDENT_TIMES,
    LOCAL_FORMAT,
    MORE_OF_VERSION_6,
    WHOLE_NUMBERS,
    Answer,
    Work,
    answer_of,
    main,
    say,
)  # fmt: skip

LONDON = "Europe/London"


def work(told: Work) -> Answer:
    say("reading")
    numbers = dict.fromkeys(WHOLE_NUMBERS, "int64")
    frames = []
    for path, day in told.segments:
        texts = {**dict.fromkeys(("CALL_ID", "DIALLED", "CLI"), "str"), **numbers}
        frames.append(pd.read_csv(path, engine="pyarrow", dtype=texts, dtype_backend="pyarrow").assign(day=day))
    segments = pd.concat(frames, ignore_index=True)
    for name in ("SEG_START", "SEG_END"):
        segments[name] = pd.to_datetime(segments[name], utc=True)
    segments["day"] = segments["day"].astype("category")
    frames = []
    for paths, columns in (
        (told.incidents_5, list(INCIDENT_COLUMNS)),
        (told.incidents_6, [*INCIDENT_COLUMNS, *MORE_OF_VERSION_6]),
    ):
        for number, path in enumerate(paths):
            frame = pd.read_csv(path, dtype="str", names=columns, header=0)
            frames.append(frame.assign(is_utc=AT_SCENE in columns, place=number))
    incidents = pd.concat(frames, ignore_index=True)
    is_utc = incidents["is_utc"].astype(bool)
    for name in sorted(INCIDENT_TIMES):
        local = pd.to_datetime(incidents.loc[~is_utc, name], format=LOCAL_FORMAT)
        offset = pd.to_datetime(incidents.loc[is_utc, name], format="ISO8601", utc=True)
        incidents[name] = pd.concat([local, offset.dt.tz_convert(LONDON).dt.tz_localize(None)])

    say("working")
    key = ["day", "CALL_ID"]
    segments = segments.sort_values([*key, "SEGMENT"], kind="stable", ignore_index=True)
    groups = segments.groupby(key, sort=False, observed=True)
    segments["call"] = groups.ngroup()
    by_call = segments.groupby("call", sort=False)
    segments["line"] = by_call["DIALLED"].transform("first")
    measuring = pd.MultiIndex.from_tuples(told.measuring)
    has_queue = segments["QUEUE"].notna()
    listed = pd.MultiIndex.from_frame(segments[["line", "QUEUE"]]).isin(measuring)
    segments["is_measuring"] = has_queue & ((segments["line"] == "OTHER") | listed)
    segments["is_answer"] = (segments["DISPOSITION"] == "ANS") & has_queue
    segments["is_test"] = segments["DISPOSITION"] == "TEST"
    answering = segments[segments["is_answer"] & segments["is_measuring"]]
    answered_no = answering.groupby("call")["SEGMENT"].first()
    segments["until"] = segments["call"].map(answered_no).fillna(2**31)
    waiting = segments[segments["is_measuring"] & (segments["SEGMENT"] <= segments["until"])]
    wait = (waiting["QUEUE_SECS"] + waiting["RING_SECS"]).groupby(waiting["call"]).sum()
    last = segments.drop_duplicates("call", keep="last").set_index("call")
    first = segments.drop_duplicates("call", keep="first").set_index("call")
    calls = pd.DataFrame(
        {
            "line": first["line"],
            "month": first["SEG_START"].dt.tz_convert(LONDON).dt.strftime("%Y-%m"),
            "wait": wait.reindex(first.index),
            "outcome": np.select(
                [
                    by_call["is_test"].any(),
                    first.index.isin(answered_no.index),
                    by_call["is_answer"].any() & ~last["is_measuring"],
                ],
                ["test", "answered", "answered_elsewhere"],
                default=last["DISPOSITION"].map(told.outcomes).fillna("unknown").astype("str"),
            ),
        }
    )
    not_offered = ["test", "abandoned_in_menu", "ended_by_menu", "answered_elsewhere"]
    calls["presented"] = calls["outcome"] != "test"
    calls["offered"] = ~calls["outcome"].isin(not_offered)
    calls["answered"] = calls["outcome"] == "answered"
    by_month = ["month", "line"]
    counts = calls.groupby(by_month)[["presented", "offered", "answered"]].sum()
    waits = calls[calls["answered"]].astype({"wait": "float64"}).groupby(by_month)["wait"]
    figures = counts.assign(
        within_10=waits.agg(lambda each: (each <= 10).sum()),
        within_30=waits.agg(lambda each: (each <= 30).sum()),
        waited=waits.sum(),
        median=waits.quantile(0.5),
        decile=waits.quantile(0.9),
    )
    newest = incidents.sort_values(["LAST_UPDATED", "is_utc", "place"]).drop_duplicates("INC_REF", keep="last")
    category = newest["CLOSE_CODE"].fillna(newest["OPEN_CODE"])
    newest = newest[newest["LINKED_TO"].isna() & ~category.isin(told.admin_categories)]
    created = newest.groupby([newest["CREATED"].dt.strftime("%Y-%m"), "LPA"]).size()
    return answer_of(
        figures.reset_index().itertuples(index=False), ((month, area, n) for (month, area), n in created.items())
    )


main(work)
