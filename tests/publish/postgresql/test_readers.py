"""Readers while a publish is under way: a failure means a dashboard that errs, waits, or shows a mix of two days."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from orchestration.errors import EnvironmentProblem, WarehouseLocked
from tests.publish.postgresql.conftest import Database
from tests.publish.postgresql.made_up import MadeUp, calls_of, rows

# One statement that names the generation in every table, and counts the rows that tell it.
EVERY_TABLE = (
    "select (select max(generation) from quality.generations), (select generation from metrics.kpi_results), "
    "(select min(label) from marts.dim_areas), (select min(generation) from reports.calls_by_area), "
    "(select generation from reports.kpi_as_was), (select count(*) from marts.fct_calls)"
)


def expected(number: int) -> tuple[Any, ...]:
    """What EVERY_TABLE says of the n-th generation."""
    name = f"g{number:02d}"
    return (name, name, f"HEREF of {name}", name, name, 30 + 2 * number)


def make(made_up: MadeUp, number: int, **how: Any) -> None:
    made_up.publish(f"g{number:02d}", calls_of({"2021-09": 30 + number, "2021-10": number}, wait=number), **how)


def test_readers_see_one_generation_whole_through_publishes_and_changes_of_columns(
    made_up: MadeUp, database: Database
) -> None:
    """Nine publishes, two of them with other columns, under three readers: no error, no mix, no step back."""
    make(made_up, 0)
    database.receive(made_up)
    known = {expected(number) for number in range(10)}
    failures: list[str] = []
    seen: list[list[str]] = [[] for _ in range(3)]
    stop = threading.Event()

    def read(number: int) -> None:
        con = psycopg2.connect(database.address)
        con.autocommit = True
        try:
            while not stop.is_set():
                (found,) = rows(con, EVERY_TABLE)
                if found not in known:
                    failures.append(f"a mix: {found}")
                seen[number].append(found[0])
                time.sleep(0.02)  # tests beside this one want to work too
        except psycopg2.Error as error:
            failures.append(repr(error))
        finally:
            con.close()

    readers = [threading.Thread(target=read, args=[number]) for number in range(len(seen))]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 10):
            make(made_up, number, extra_column=3 <= number < 7)
            database.receive(made_up)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert all(each == sorted(each) for each in seen)
    assert all(len(set(each)) > 3 for each in seen), "the readers read too seldom to prove anything"


def test_a_long_transaction_reads_on_in_its_generation_and_holds_up_nobody(
    made_up: MadeUp, database: Database, connect: Callable[..., Any]
) -> None:
    make(made_up, 0)
    database.receive(made_up)
    reader = connect()
    reader.set_session(isolation_level="REPEATABLE READ", readonly=True)
    assert rows(reader, "select count(*) from marts.fct_calls") == [(30,)]
    make(made_up, 1)
    database.receive(made_up)
    assert rows(reader, EVERY_TABLE) == [expected(0)]
    reader.commit()
    assert rows(reader, EVERY_TABLE) == [expected(1)]


def test_new_columns_wait_for_whoever_reads_and_make_nobody_else_wait(
    made_up: MadeUp, database: Database, connect: Callable[..., Any]
) -> None:
    make(made_up, 0)
    database.receive(made_up)
    reader, another = connect(), connect()
    assert rows(reader, "select count(*) from marts.fct_calls") == [(30,)]  # its transaction stays open
    make(made_up, 1, extra_column=True)
    publishing = threading.Thread(target=lambda: _until_it_works(database, made_up))
    publishing.start()
    try:
        end = time.monotonic() + 3
        another.autocommit = True
        rows(another, "set statement_timeout = '5s'")
        while time.monotonic() < end:
            assert rows(another, EVERY_TABLE) == [expected(0)]
        with pytest.raises(WarehouseLocked, match="Another occ publish"):
            database.receive(made_up)
    finally:
        reader.rollback()
        publishing.join()
    assert rows(another, EVERY_TABLE) == [expected(1)]
    assert rows(another, "select sum(doubled) = 2 * sum(wait_seconds) from marts.fct_calls") == [(True,)]


def _until_it_works(database: Database, made_up: MadeUp) -> None:
    database.receive(made_up, wait_seconds=60)


def test_who_never_lets_go_of_a_table_is_named_and_nothing_is_changed(
    made_up: MadeUp, database: Database, connect: Callable[..., Any]
) -> None:
    make(made_up, 0)
    database.receive(made_up)
    reader = connect()
    rows(reader, "select count(*) from marts.fct_calls")
    make(made_up, 1, extra_column=True)
    with pytest.raises(WarehouseLocked, match=r"reading marts\.fct_calls .* Nothing was changed"):
        database.receive(made_up, wait_seconds=0.1)
    assert rows(reader, EVERY_TABLE) == [expected(0)]


def test_views_that_others_made_on_our_tables_stay_through_every_day(made_up: MadeUp, database: Database) -> None:
    """Only a change of columns asks for them to be removed first, and says so."""
    make(made_up, 0)
    database.receive(made_up)
    database.ask("create schema analysts")
    database.ask("create view analysts.waits as select area_code, max(wait_seconds) from marts.fct_calls group by 1")
    make(made_up, 1)
    database.receive(made_up)
    assert database.ask("select count(*) from analysts.waits") == [(2,)]
    make(made_up, 2, extra_column=True)
    with pytest.raises(EnvironmentProblem, match=r"analysts\.waits depends on table marts\.fct_calls.*Nothing was"):
        database.receive(made_up)
    assert database.ask(EVERY_TABLE) == [expected(1)]
    database.ask("drop view analysts.waits")
    database.receive(made_up)
    assert database.ask(EVERY_TABLE) == [expected(2)]
