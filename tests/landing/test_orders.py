"""Any order of delivery, in any number of runs: the same files, rows and reasons in the landing tables."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.landing.room import Room, row, text
from tests.orders.deliveries import Delivered, at_once, delivered_set, put, runs_of

SETS = 6
_TABLES = ("saab_incidents", "saab_resource_status", "acd_segments", "recruitment")
# When and in which batch a file came, and the number its rows were stored under: all that may differ.
_OF_THE_WAY = "exclude (received_at, batch, content_no)"


def _clean() -> dict[str, str]:
    """Three days of clean files, one row in them bad."""
    files = {}
    for day in (1, 2, 3):
        date = f"{day:02d}/09/2021"
        incidents = [
            row(
                "saab_incidents", INC_REF=f"WM-2021090{day}-0000{n}", CREATED=f"{date} 1{n}:00:00",
                RECORDED=f"{date} 1{n}:00:00", GRADE_CURR="2", LAST_UPDATED=f"{date} 1{n}:30:00",
            )
            for n in range(1, 5)
        ]  # fmt: skip
        statuses = [row("saab_resource_status", CALLSIGN=f"C{n}", STATUS_TIME=f"{date} 1{n}:00:00") for n in range(3)]
        statuses.append(row("saab_resource_status", CALLSIGN="C9", STATUS_TIME="yesterday"))
        segments = [
            row("acd_segments", CALL_ID=str(n), SEG_START=f"2021-09-0{day}T1{n}:00:00Z", CLI=f"0770090012{n}")
            for n in range(4)
        ]
        for export, rows in (
            ("saab_incidents", incidents), ("saab_resource_status", statuses), ("acd_segments", segments)
        ):  # fmt: skip
            files[f"{export}_2021090{day}.csv"] = text(export, *rows)
    files["recruitment_20210901.csv"] = text("recruitment", row("recruitment"))
    files["holiday.csv"] = "NO,CONTRACT\n1,2\n"
    return files


def _landed(room: Room) -> dict[str, list[tuple[Any, ...]]]:
    """What the landing tables hold of the deliveries that count, without what tells the way they came."""
    counted = "(select content_no as _content_no, delivery_id from landing.contents where export = '{}')"
    queries = {
        "deliveries": f"select * {_OF_THE_WAY} from landing.deliveries",
        "contents": "select * exclude (content_no) from landing.contents",
        "quarantined": "select * exclude (content_no) from landing.quarantined_rows",
    } | {
        table: f"select * exclude (_content_no) from landing.{table} inner join {counted.format(table)} "
        "using (_content_no)"
        for table in _TABLES
    }
    with room.database() as con:
        return {name: con.execute(f"{query} order by all").fetchall() for name, query in queries.items()}


def _land(runs: Sequence[Sequence[Delivered]]) -> dict[str, list[tuple[Any, ...]]]:
    folder = Path(mkdtemp(prefix="orders-"))
    try:
        room = Room(folder)
        room.key_file = _key_file()
        for files in runs:
            put(files, room.landing)
            room.land()
        return _landed(room)
    finally:
        shutil.rmtree(folder)


@cache
def _key_file() -> Path:
    """One key for all: tokens are compared too."""
    return Path(mkdtemp(prefix="orders-key-")) / "token.key"


@cache
def _files(seed: int) -> list[Delivered]:
    return delivered_set(_clean(), seed)


@cache
def _expected(seed: int) -> dict[str, list[tuple[Any, ...]]]:
    return _land(at_once(_files(seed)))


def test_the_sets_hold_what_the_real_world_does() -> None:
    """Else the orders prove nothing: each way of delivering is in some set, and some rows of each are bad."""
    files = [file for seed in range(SETS) for file in _files(seed)]
    paths = [file.path for file in files]
    for mark in ("copy of", "_part02", "late/", "_20210922", "_20210923", "_20210924"):
        assert any(mark in path for path in paths), mark
    assert any(file.turn for file in files)
    landed = [_expected(seed) for seed in range(SETS)]
    assert all(each["quarantined"] and each["saab_incidents"] for each in landed)
    assert all(len(set(_files(seed))) == len(_files(seed)) for seed in range(SETS))


def _lands_alike(seed: int, chosen: list[int]) -> bool:
    files = _files(seed)
    return _land(runs_of(files, chosen[: len(files)])) == _expected(seed)


_ORDERS = st.lists(st.integers(0, 3), min_size=40, max_size=40)


@given(st.integers(0, SETS - 1), _ORDERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_of_delivery_lands_alike(seed: int, chosen: list[int]) -> None:
    assert _lands_alike(seed, chosen)


@pytest.mark.long
@given(st.integers(0, 99), _ORDERS)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_of_a_thousand_orders_of_a_hundred_sets_lands_alike(seed: int, chosen: list[int]) -> None:
    assert _lands_alike(seed, chosen)
