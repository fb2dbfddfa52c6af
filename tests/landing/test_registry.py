"""The resolution of the registry depends on the set of files, not on the order or the runs they came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing.registry import Registration, contents, delivery_id, resolve

_BASE = Registration(
    path="", name="", signature="", sha256="", bytes=1, received_at=datetime(2021, 1, 1, tzinfo=UTC), batch="b1",
    export="saab_diary", contract="saab_diary.v1", contract_version="1", system="incidents", business_date=None,
    covered_until=None, part="", suffix_time="", name_version=0, content_no=1, exports="saab_diary", reason=None,
    rows_read=5, rows_quarantined=0, is_without_rows=False, unknown_columns="{}",
)  # fmt: skip


def _file(folder: str, name: str, sha: str, day: int, is_bad: bool, is_empty: bool) -> Registration:
    # What a file holds follows from its bytes; whether it can be read may hang on its name as well.
    return replace(
        _BASE,
        path=f"{folder}/{name}",
        name=name,
        sha256=sha,
        business_date=date(2021, 9, day),
        is_without_rows=is_empty,
        rows_read=0 if is_empty else 5,
        reason="no good" if is_bad else None,
        content_no=None if is_bad else 1,
    )


_FILES = st.lists(
    st.builds(
        _file,
        st.sampled_from(["x", "y"]),
        st.sampled_from(["a.csv", "b.csv", "c.csv"]),
        st.sampled_from(["s1", "s2", "s3"]),
        st.integers(1, 3),
        st.booleans(),
        st.just(False),
    ),
    max_size=8,
    unique_by=lambda file: (file.path, file.sha256),
)


def _resolved(files: list[Registration]) -> list[Any]:
    return [replace(delivery, batch="", content_no=None) for delivery in resolve(files)]


@given(_FILES, st.randoms(use_true_random=False), st.lists(st.integers(1, 4), min_size=8, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_order_and_any_split_into_runs_resolve_alike(
    files: list[Registration], random: Any, runs: list[int]
) -> None:
    shuffled = files[:]
    random.shuffle(shuffled)
    split = [replace(file, batch=f"b{run}") for file, run in zip(shuffled, runs, strict=False)]
    assert _resolved(files) == _resolved(split)


@given(_FILES)
@settings(max_examples=200, deadline=None)
def test_of_the_same_bytes_exactly_one_counts_and_the_others_name_it(files: list[Registration]) -> None:
    deliveries = resolve(files)
    assert len({delivery.delivery_id for delivery in deliveries}) == len(deliveries) == len(files)
    for sha in {file.sha256 for file in files}:
        same = [delivery for delivery in deliveries if delivery.sha256 == sha]
        standing = [delivery for delivery in same if delivery.duplicate_of is None]
        assert len(standing) == 1
        assert all(delivery.duplicate_of == standing[0].delivery_id for delivery in same if delivery is not standing[0])
        readable = [file for file in files if file.sha256 == sha and file.reason is None]
        assert standing[0].is_counted == bool(readable)
        if readable:
            assert standing[0].business_date == min(file.business_date for file in readable if file.business_date)


def test_ranks_are_dense_within_an_export() -> None:
    files = [
        replace(
            _BASE,
            path=f"{n}",
            name=f"{n}",
            sha256=sha,
            business_date=date(2021, 9, day),
            suffix_time=time,
            content_no=n,
        )
        for n, (day, time, sha) in enumerate([(2, "", "p"), (1, "070000", "q"), (1, "", "s"), (1, "", "r")], start=1)
    ]
    found = contents(files, resolve(files))
    assert [(content.content_no, content.delivery_rank) for content in found] == [(4, 1), (3, 2), (2, 3), (1, 4)]


def test_a_wide_file_has_one_content_for_each_export() -> None:
    file = replace(_BASE, path="w", name="w", sha256="w", business_date=date(2021, 9, 1), content_no=7, exports="p,q,r")
    found = contents([file], resolve([file]))
    assert [(content.export, content.content_no, content.delivery_rank) for content in found] == [
        ("p", 7, 1),
        ("q", 8, 1),
        ("r", 9, 1),
    ]


def test_a_delivery_is_named_by_name_and_bytes() -> None:
    assert delivery_id("a.csv", "ff") == delivery_id("a.csv", "ff")
    assert len({delivery_id("a.csv", "ff"), delivery_id("b.csv", "ff"), delivery_id("a.csv", "fe")}) == 3
    assert len(delivery_id("a.csv", "ff")) == 16
