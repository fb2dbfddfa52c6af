"""The few moments in which readers could be in the way: tables whose columns changed, or that are published no more.

Readers are never made to wait longer than `_AT_MOST` seconds: an attempt that finds them at work lets go of everything
and tries again later. It is shorter than the second after which PostgreSQL looks for deadlocks and ends one of two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.errors import WarehouseLocked
from orchestration.publish.postgresql.edition import identifier

if TYPE_CHECKING:
    import psycopg2

Place = tuple[str, str]  # schema and table
_AT_MOST = 0.7  # seconds in which one attempt must have all its locks
_PAUSE = 0.5


def lock_out(cursor: psycopg2.extensions.cursor, places: Sequence[Place], wait_seconds: float) -> None:
    """Have the tables to ourselves until the transaction ends. Raises WarehouseLocked where readers never let go."""
    import psycopg2.errors

    end = time.monotonic() + wait_seconds
    while True:
        cursor.execute("savepoint occ_locks")
        attempt = time.monotonic() + _AT_MOST
        waited_for = places[0] if places else ("", "")
        try:
            for waited_for in places:
                left = max(1, int(1000 * (attempt - time.monotonic())))
                cursor.execute(f"set local lock_timeout = {left}")
                cursor.execute(f"lock table {_named(waited_for)} in access exclusive mode")
        except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
            cursor.execute("rollback to savepoint occ_locks")
            if time.monotonic() > end:
                raise WarehouseLocked(
                    f"Somebody has been reading {'.'.join(waited_for)} in one transaction for {wait_seconds:.0f} s, "
                    "and its columns are to change. Nothing was changed: end that transaction, or publish again later."
                ) from None
            time.sleep(_PAUSE)
            continue
        cursor.execute("release savepoint occ_locks")
        cursor.execute("set local lock_timeout = 0")
        return


def referring(cursor: psycopg2.extensions.cursor, places: Sequence[Place]) -> list[tuple[Place, str]]:
    """Foreign keys, of other tables, that name rows of these: table and constraint."""
    cursor.execute(
        "select from_schema.nspname, from_table.relname, conname from pg_constraint "
        "join pg_class from_table on from_table.oid = conrelid "
        "join pg_namespace from_schema on from_schema.oid = from_table.relnamespace "
        "join pg_class to_table on to_table.oid = confrelid "
        "join pg_namespace to_schema on to_schema.oid = to_table.relnamespace "
        "where contype = 'f' and (to_schema.nspname || '.' || to_table.relname) = any(%s)",
        [[f"{schema}.{table}" for schema, table in places]],
    )
    return [((schema, table), name) for schema, table, name in cursor.fetchall()]


def drop(cursor: psycopg2.extensions.cursor, places: Sequence[Place], wait_seconds: float) -> None:
    """Drop tables and views of ours, with the foreign keys that name their rows, as soon as nobody reads them."""
    keys = referring(cursor, places)
    lock_out(cursor, sorted({*places, *(place for place, _ in keys)}), wait_seconds)
    for place, name in keys:
        cursor.execute(f"alter table {_named(place)} drop constraint {identifier(name)}")
    cursor.execute(
        "select schemaname, viewname from pg_views where schemaname || '.' || viewname = any(%s)",
        [[f"{schema}.{table}" for schema, table in places]],
    )
    views = [(schema, view) for schema, view in cursor.fetchall()]
    for place in views:  # they read the tables
        cursor.execute(f"drop view {_named(place)}")
    for place in places:
        if place not in views:
            cursor.execute(f"drop table {_named(place)}")


def drop_reference(cursor: psycopg2.extensions.cursor, place: Place, name: str, wait_seconds: float) -> None:
    """Drop a foreign key that does not hold any more."""
    cursor.execute(
        "select nspname, relname from pg_constraint join pg_class on pg_class.oid = confrelid "
        "join pg_namespace on pg_namespace.oid = relnamespace "
        "where conrelid = format('%%I.%%I', %s, %s)::regclass and conname = %s",
        [*place, name],
    )
    others = [(schema, table) for schema, table in cursor.fetchall()]
    lock_out(cursor, sorted({place, *others}), wait_seconds)
    cursor.execute(f"alter table {_named(place)} drop constraint {identifier(name)}")


def _named(place: Place) -> str:
    return ".".join(map(identifier, place))
