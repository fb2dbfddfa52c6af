"""One table in PostgreSQL: made, brought up to date row by row, described, and put in the place of an older one.

Rows are changed in place, so that whoever reads keeps the rows of the instant at which the reading began: PostgreSQL
keeps both until then. Only a table whose columns changed is made anew, under a private schema, and takes its place at
the end. No function here commits, and none takes a lock that readers would meet, but `put_in_place` and `drop`, which
are called by `swap.py` on tables that are locked already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.publish.postgresql.edition import Part, Relation, identifier, month_condition, rows_of

if TYPE_CHECKING:
    import psycopg2

OWN = "occ_publish"  # the schema of what we remember; nobody else may use it
_COPY = "copy {} from stdin (format csv, null ''{})"
_LONGEST_NAME = 63


def schema_for_new(relation: Relation) -> str:
    """The private schema in which tables of a schema are made before they are put in place."""
    return f"occ_new_{relation.schema}"[:_LONGEST_NAME]


def place(relation: Relation, schema: str | None = None) -> str:
    """The table as SQL names it."""
    return f"{identifier(schema or relation.schema)}.{identifier(relation.name)}"


def definition(relation: Relation) -> str:
    """What cannot be changed while others read: a table with another definition is made anew."""
    return json.dumps(
        {"columns": relation.columns, "required": relation.required, "key": relation.key,
         "is_key_complete": relation.is_key_complete, "month_of": relation.month_of, "view": relation.view_sql}
    )  # fmt: skip


def make(
    cursor: psycopg2.extensions.cursor, con: duckdb.DuckDBPyConnection, relation: Relation, roles: Sequence[str]
) -> int:
    """Make a table with its rows, key, indexes, comments and rights, where no reader sees it yet; its rows."""
    schema = schema_for_new(relation)
    new = place(relation, schema)
    cursor.execute(f"create schema if not exists {identifier(schema)}")
    columns = ", ".join(
        f"{identifier(column)} {kind}{' not null' if column in relation.required else ''}"
        for column, kind in relation.columns.items()
    )
    cursor.execute(f"create table {new} ({columns})")
    # Frozen rows are there for every reader, also for one whose transaction began before: it must not find it empty.
    rows = _copy(cursor, con, relation, list(relation.parts.values()), new, ", freeze")
    if relation.key:
        kind = "primary key" if relation.is_key_complete else "unique"
        cursor.execute(
            f"alter table {new} add constraint {identifier(_name(relation, relation.key, 'key'))} "
            f"{kind} ({', '.join(map(identifier, relation.key))})"
        )
    make_indexes(cursor, relation, schema)
    describe(cursor, relation, schema)
    for role in roles:
        cursor.execute(f"grant select on {new} to {identifier(role)}")
    return rows


def make_indexes(cursor: psycopg2.extensions.cursor, relation: Relation, schema: str | None = None) -> None:
    """The indexes that are missing. Readers go on while one is made."""
    for column in relation.indexed:
        name = _name(relation, [column], "idx")
        cursor.execute(
            f"create index if not exists {identifier(name)} on {place(relation, schema)} ({identifier(column)})"
        )


def describe(cursor: psycopg2.extensions.cursor, relation: Relation, schema: str | None = None) -> None:
    """Carry the descriptions over, where they are others than before."""
    target = place(relation, schema)
    cursor.execute(
        "select a.attname, col_description(a.attrelid, a.attnum), obj_description(a.attrelid, 'pg_class') "
        "from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped",
        [target],
    )
    known = cursor.fetchall()
    if known and (known[0][2] or "") != relation.description:
        kind = "view" if relation.view_sql else "table"
        cursor.execute(f"comment on {kind} {target} is %s", [relation.description])
    for column, comment, _ in known:
        wanted = relation.column_descriptions.get(column, "")
        if (comment or "") != wanted:
            cursor.execute(f"comment on column {target}.{identifier(column)} is %s", [wanted])


def bring_up_to_date(
    cursor: psycopg2.extensions.cursor, con: duckdb.DuckDBPyConnection, relation: Relation, known: dict[str, str]
) -> tuple[int, list[str]]:
    """Change the rows of the parts that are others than `known` (part to identity); rows written, parts looked at.

    Rows that are the same stay as they are: a month with one new day costs the day's rows, and no reader notices.
    """
    changed = [name for name, part in relation.parts.items() if known.get(name) != part.identity]
    gone = [name for name in known if name not in relation.parts]
    if not changed and not gone:
        return 0, []
    target, staged = place(relation), "pg_temp.occ_rows"
    cursor.execute(f"create temporary table occ_rows (like {target}) on commit drop")
    _copy(cursor, con, relation, [relation.parts[name] for name in changed], staged)
    month_of = relation.month_of
    where = (
        " or ".join(month_condition(month_of, relation.columns[month_of], month) for month in changed + gone)
        if month_of
        else "true"
    )
    if not relation.key:
        cursor.execute(f"delete from {target} where {where}")
        written = cursor.rowcount
        cursor.execute(f"insert into {target} select * from {staged}")
    else:
        cursor.execute(f"analyze {staged}")
        same_key = " and ".join(f"was.{identifier(column)} = new.{identifier(column)}" for column in relation.key)
        cursor.execute(
            f"delete from {target} as was where ({where}) and not exists (select 1 from {staged} as new "
            f"where {same_key} and (new.*) is not distinct from (was.*))"
        )
        written = cursor.rowcount
        cursor.execute(
            f"insert into {target} select * from {staged} as new where not exists "
            f"(select 1 from (select * from {target} where {where}) as was where {same_key})"
        )
    written += cursor.rowcount
    cursor.execute(f"drop table {staged}")
    return written, changed + gone


def make_view(cursor: psycopg2.extensions.cursor, relation: Relation, roles: Sequence[str]) -> None:
    """Make a view where readers find it: it reads tables that have taken their places."""
    cursor.execute(f"create view {place(relation)} as {relation.view_sql}")
    describe(cursor, relation)
    for role in roles:
        cursor.execute(f"grant select on {place(relation)} to {identifier(role)}")


def put_in_place(cursor: psycopg2.extensions.cursor, relation: Relation) -> None:
    """A table that was made becomes the one that readers find."""
    cursor.execute(f"alter table {place(relation, schema_for_new(relation))} set schema {identifier(relation.schema)}")


def refer(cursor: psycopg2.extensions.cursor, relation: Relation) -> list[str]:
    """Add the foreign keys that are missing and hold; the columns whose values name rows that are not there.

    They are looked at when the transaction ends, so that tables may be changed in any order.
    """
    broken = []
    for column, (schema, table, referred) in relation.references.items():
        name = _name(relation, [column], "fkey")
        cursor.execute(
            "select 1 from pg_constraint where conrelid = %s::regclass and conname = %s", [place(relation), name]
        )
        if cursor.fetchall():
            continue
        cursor.execute("savepoint occ_refer")
        try:
            cursor.execute(
                f"alter table {place(relation)} add constraint {identifier(name)} "
                f"foreign key ({identifier(column)}) references {identifier(schema)}.{identifier(table)} "
                f"({identifier(referred)}) deferrable initially deferred"
            )
        except _errors().ForeignKeyViolation:
            cursor.execute("rollback to savepoint occ_refer")
            broken.append(column)
        cursor.execute("release savepoint occ_refer")
    return broken


def _copy(
    cursor: psycopg2.extensions.cursor,
    con: duckdb.DuckDBPyConnection,
    relation: Relation,
    parts: Sequence[Part],
    target: str,
    options: str = "",
) -> int:
    if not parts:
        return 0
    with rows_of(con, relation, parts) as stream:
        cursor.copy_expert(_COPY.format(target, options), stream, 1 << 20)
        return int(cursor.rowcount)


def _name(relation: Relation, columns: Sequence[str], kind: str) -> str:
    """A name for what belongs to a table, the same every time; cut to what PostgreSQL takes."""
    name = "_".join([relation.name, *columns, kind])
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 14 - len(kind)]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}_{kind}"


def _errors() -> Any:
    import psycopg2.errors

    return psycopg2.errors
