"""What we remember in the database of what we put there: which schemas are ours, what tables they hold, of what parts.

Only what is written down here is ever changed or dropped; the rest of the database is somebody else's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.errors import EnvironmentProblem, UsageProblem, WarehouseLocked
from orchestration.publish.postgresql.edition import Edition, Relation, identifier
from orchestration.publish.postgresql.tables import OWN

if TYPE_CHECKING:
    import psycopg2

_LOCK = 0x6F6363_7075626C  # "occ publ": one publisher at a time in a database
_MARK = "Published by occ publish"
_TABLES = f"""
create table if not exists {OWN}.editions (
    edition text primary key, generation text not null, content_hash text not null, published_at timestamptz not null
);
create table if not exists {OWN}.schemas (schema_name text primary key, edition text not null);
create table if not exists {OWN}.tables (
    schema_name text, table_name text, definition text not null, broken_references text[] not null default '{{}}',
    primary key (schema_name, table_name)
);
create table if not exists {OWN}.parts (
    schema_name text, table_name text, part text, identity text not null,
    primary key (schema_name, table_name, part),
    foreign key (schema_name, table_name) references {OWN}.tables on delete cascade
);
"""


def open_books(cursor: psycopg2.extensions.cursor, where: str) -> None:
    """Make sure that nobody else publishes here until this connection ends, and that our memory is there."""
    cursor.execute("select pg_try_advisory_lock(%s)", [_LOCK])
    if not _first(cursor)[0]:
        raise WarehouseLocked(f"Another occ publish into {where} is under way. Nothing was changed; try again later.")
    if not are_there(cursor):
        _refuse_if_there(cursor, OWN)
        cursor.execute(f"create schema {OWN}")
        cursor.execute(f"comment on schema {OWN} is %s", [f"{_MARK}: what it remembers. Not for readers."])
        cursor.execute(_TABLES)


def are_there(cursor: psycopg2.extensions.cursor) -> bool:
    """Whether anything was ever published here."""
    return _comment(cursor, OWN) is not None


def check_order(cursor: psycopg2.extensions.cursor, edition: Edition) -> None:
    """Refuse to put an older generation over a newer one, or another warehouse's over what is there."""
    cursor.execute(f"select generation from {OWN}.editions where edition = %s", [edition.name])
    for (there,) in cursor.fetchall():
        if there not in edition.generations:
            raise UsageProblem(
                f"The database holds generation {there}, which this warehouse did not publish before "
                f"{edition.generation.generation}: it is newer, or another warehouse's. Nothing was changed; --force "
                "puts this one in its place all the same."
            )


def is_there(cursor: psycopg2.extensions.cursor, edition: str, generation: str, content_hash: str) -> bool:
    """Whether the database holds this very generation for these readers."""
    cursor.execute(
        f"select 1 from {OWN}.editions where (edition, generation, content_hash) = (%s, %s, %s)",
        [edition, generation, content_hash],
    )
    return bool(cursor.fetchall())


def editions_there(cursor: psycopg2.extensions.cursor) -> list[str]:
    """The editions that the database holds."""
    cursor.execute(f"select edition from {OWN}.editions order by 1")
    return [row[0] for row in cursor.fetchall()]


def take_schemas(cursor: psycopg2.extensions.cursor, edition: Edition) -> None:
    """Make the schemas of an edition, each marked as ours. Refuses one that belongs to somebody else."""
    for published, schema in edition.schemas.items():
        cursor.execute(f"select edition from {OWN}.schemas where schema_name = %s", [schema])
        held = cursor.fetchall()
        if held and held[0][0] != edition.name:
            raise UsageProblem(
                f"The schema {schema} of this database is published for {held[0][0]}, not for {edition.name}. "
                "Give each a database of its own, or publish without --audience. Nothing was changed."
            )
        if held and _comment(cursor, schema) is not None:
            continue
        _refuse_if_there(cursor, schema)
        cursor.execute(f"create schema {identifier(schema)}")
        cursor.execute(
            f"comment on schema {identifier(schema)} is %s",
            [f"{_MARK} for {edition.name}: {_WHAT.get(published, published)}. Not for tables of others."],
        )
        cursor.execute(f"insert into {OWN}.schemas values (%s, %s) on conflict do nothing", [schema, edition.name])


_WHAT = {
    "marts": "facts and dimensions, one row per event or thing",
    "metrics": "indicators by period and scope, with numerator, denominator and state",
    "quality": "deliveries, rules and what they found",
    "reports": "shapes for one named report",
}


def schemas_of(cursor: psycopg2.extensions.cursor, edition: str) -> list[str]:
    """Our schemas of an edition."""
    cursor.execute(f"select schema_name from {OWN}.schemas where edition = %s order by 1", [edition])
    return [row[0] for row in cursor.fetchall()]


def known_tables(cursor: psycopg2.extensions.cursor, schemas: Sequence[str]) -> dict[tuple[str, str], str]:
    """Our tables of these schemas that are still there: schema and name to definition."""
    cursor.execute(
        f"select schema_name, table_name, definition from {OWN}.tables where schema_name = any(%s) "
        "and to_regclass(format('%%I.%%I', schema_name, table_name)) is not null",
        [list(schemas)],
    )
    return {(schema, table): definition for schema, table, definition in cursor.fetchall()}


def known_parts(cursor: psycopg2.extensions.cursor, relation: Relation) -> dict[str, str]:
    """The parts that a table was filled with: name to identity."""
    cursor.execute(
        f"select part, identity from {OWN}.parts where (schema_name, table_name) = (%s, %s)",
        [relation.schema, relation.name],
    )
    return dict(cursor.fetchall())


def note_table(cursor: psycopg2.extensions.cursor, relation: Relation, definition: str) -> None:
    """Remember a table that was made anew."""
    forget_table(cursor, relation.schema, relation.name)
    cursor.execute(f"insert into {OWN}.tables values (%s, %s, %s)", [relation.schema, relation.name, definition])


def note_parts(cursor: psycopg2.extensions.cursor, relation: Relation) -> None:
    """Remember the parts that a table holds now."""
    place = [relation.schema, relation.name]
    cursor.execute(f"delete from {OWN}.parts where (schema_name, table_name) = (%s, %s)", place)
    for name, part in relation.parts.items():
        cursor.execute(f"insert into {OWN}.parts values (%s, %s, %s, %s)", [*place, name, part.identity])


def forget_table(cursor: psycopg2.extensions.cursor, schema: str, table: str) -> None:
    """A table that is dropped, or made anew."""
    cursor.execute(f"delete from {OWN}.tables where (schema_name, table_name) = (%s, %s)", [schema, table])


def forget_edition(cursor: psycopg2.extensions.cursor, edition: str) -> None:
    """An edition that is published no more."""
    for table in ("schemas", "editions"):
        cursor.execute(f"delete from {OWN}.{table} where edition = %s", [edition])


def note_edition(cursor: psycopg2.extensions.cursor, edition: Edition) -> None:
    """Remember which generation readers find."""
    cursor.execute(
        f"insert into {OWN}.editions values (%s, %s, %s, now()) on conflict (edition) do update set "
        "generation = excluded.generation, content_hash = excluded.content_hash, published_at = excluded.published_at",
        [edition.name, edition.generation.generation, edition.generation.content_hash],
    )


def broken_references(cursor: psycopg2.extensions.cursor, relation: Relation) -> list[str]:
    """Columns that once named rows that are not there; they are no foreign keys until the table is made anew."""
    cursor.execute(
        f"select broken_references from {OWN}.tables where (schema_name, table_name) = (%s, %s)",
        [relation.schema, relation.name],
    )
    return [column for (columns,) in cursor.fetchall() for column in columns]


def note_broken(cursor: psycopg2.extensions.cursor, schema: str, table: str, columns: Sequence[str]) -> None:
    """Remember that these columns are no foreign keys."""
    cursor.execute(
        f"update {OWN}.tables set broken_references = broken_references || %s::text[] "
        "where (schema_name, table_name) = (%s, %s)",
        [list(columns), schema, table],
    )


def refuse_foreign_tables(
    cursor: psycopg2.extensions.cursor, relations: Sequence[Relation], known: Mapping[tuple[str, str], str]
) -> None:
    """Refuse to publish where somebody made a table of the same name in a schema of ours."""
    for relation in relations:
        if (relation.schema, relation.name) in known:
            continue
        cursor.execute("select to_regclass(format('%%I.%%I', %s, %s))", [relation.schema, relation.name])
        if _first(cursor)[0] is not None:
            raise UsageProblem(
                f"There is a table {relation.full_name} in the database that occ publish did not make. Rename or "
                "remove it. Nothing was changed."
            )


def _refuse_if_there(cursor: psycopg2.extensions.cursor, schema: str) -> None:
    cursor.execute("select 1 from pg_namespace where nspname = %s", [schema])
    if cursor.fetchall():
        raise EnvironmentProblem(
            f"The database has a schema {schema} that occ publish did not make. Nothing was changed: publish into "
            "another database, or rename that schema."
        )


def _comment(cursor: psycopg2.extensions.cursor, schema: str) -> str | None:
    """What a schema of ours says of itself; None for one of others, and for none."""
    cursor.execute("select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s", [schema])
    for (comment,) in cursor.fetchall():
        if comment and comment.startswith(_MARK):
            return str(comment)
    return None


def _first(cursor: psycopg2.extensions.cursor) -> tuple[object, ...]:
    return tuple(cursor.fetchall()[0])
