"""Where Dagster keeps its own history: SQLite in the warehouse, or PostgreSQL when OCC_DAGSTER_POSTGRES names one.

Named by dagster.yaml. What belongs here: the choice, and what SQLite's storage lacks: many events at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, _event_logs_directory
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from orchestration.errors import EnvironmentProblem
from orchestration.settings import Settings


class BatchingEventLog(SqliteEventLogStorage):
    """SQLite's event log that writes many materialisations of one asset in two transactions instead of two for each."""

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        materialised = {dg.DagsterEventType.ASSET_MATERIALIZATION}
        same = {(event.run_id, event.get_dagster_event().asset_key) for event in events if event.dagster_event}
        if len(same) != 1 or {event.get_dagster_event().event_type for event in events} != materialised:
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert()
        with self.run_connection(events[0].run_id) as con:
            con.execute(insert, rows)
        with self.index_transaction() as con:
            returning = insert.returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
            ids = [int(row[0]) for row in con.execute(returning, rows)]
            self._store_asset_event_tags(con, events, ids)
            self._store_asset_event(con, events[-1], ids[-1])


class BatchingSqliteStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage with that event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = BatchingEventLog(_event_logs_directory(base_dir))


class Storage(DagsterStorage, ConfigurableClass):
    """What dagster.yaml names; it makes one of the two."""

    @classmethod
    def config_type(cls) -> Mapping[str, Any]:
        return {}

    @classmethod
    def from_config_value(  # type: ignore[override]  # a storage is what Dagster wants of it
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> DagsterStorage:
        settings = Settings.from_environment()
        if not settings.dagster_postgres:
            return BatchingSqliteStorage.from_local(str(settings.dagster_folder), inst_data=inst_data)
        try:
            from dagster_postgres import DagsterPostgresStorage
        except ImportError:
            raise EnvironmentProblem(
                "OCC_DAGSTER_POSTGRES names a database, but PostgreSQL storage is not installed: install the extra "
                "`postgres` of this project (pip install '.[postgres]')."
            ) from None
        return DagsterPostgresStorage(settings.dagster_postgres, inst_data=inst_data)
