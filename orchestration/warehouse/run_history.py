"""Dagster's own run history, in SQLite: written without waiting for the disk, over connections that stay open.

For each of some twelve hundred events of a run Dagster opens and closes connections, makes its statements anew, asks
what columns its table of assets has, and SQLite waits for the disk: a quarter of a daily run. A power cut may therefore
cost Dagster's history of runs; it never costs the warehouse, whose own files are synced where they must be. A history
kept in another database is left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster import DagsterInstance
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

_PATIENCE = 60  # seconds that one writer waits for another: the web server reads while a run writes


@contextmanager
def kept_open(instance: DagsterInstance) -> Iterator[None]:
    """Let a run's events go over one connection a file, for as long as this lasts."""
    log = instance.event_log_storage
    if not isinstance(log, SqliteEventLogStorage):
        yield
        return
    connections = _Connections(log)
    log._connect = connections.connect  # type: ignore[method-assign]
    log._has_asset_key_col_on_connection = connections.has_column  # type: ignore[method-assign]
    try:
        yield
    finally:
        del log._connect, log._has_asset_key_col_on_connection
        connections.close()


class _Connections:
    """One engine, with one connection, for each file of an event log."""

    def __init__(self, log: SqliteEventLogStorage) -> None:
        self._log = log
        self._engines: dict[str, Engine] = {}
        self._columns: dict[str, bool] = {}

    @contextmanager
    def connect(self, shard: str) -> Iterator[Connection]:
        with self._log._db_lock:
            if shard not in self._engines:
                self._engines[shard] = self._opened(shard)
            with self._engines[shard].connect() as connection, connection.begin():
                yield connection

    def has_column(self, conn: Connection, column_name: str) -> bool:
        """Whether the table of assets has the column: asked once, for a run does not change Dagster's tables."""
        if column_name not in self._columns:
            found = SqliteEventLogStorage._has_asset_key_col_on_connection(self._log, conn, column_name)
            self._columns[column_name] = found
        return self._columns[column_name]

    def _opened(self, shard: str) -> Engine:
        patience = {"timeout": _PATIENCE, "check_same_thread": False}
        url = self._log.conn_string_for_shard(shard)
        engine = create_engine(url, poolclass=StaticPool, connect_args=patience)
        event.listen(engine, "connect", _do_not_wait_for_the_disk)
        if shard not in self._log._initialized_dbs:
            self._log._initdb(engine)
            self._log._initialized_dbs.add(shard)
        return engine

    def close(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = off")
