"""Bring a PostgreSQL database to the generation that is out, in one transaction.

Readers see the generation before until it commits, and the new one whole from then on; a transaction that began before
reads on in the old one. What fails anywhere leaves nothing behind. A day costs what the day changed: parts that stayed
are not looked at, and of a part that changed only the rows that did are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import EnvironmentProblem, OccError
from orchestration.progress import note, report
from orchestration.publish import publish_log
from orchestration.publish.files import database_of
from orchestration.publish.generation import Generation
from orchestration.publish.postgresql import books, swap, tables
from orchestration.publish.postgresql.edition import (
    DATA_TEAM,
    Edition,
    Relation,
    folder_of,
    identifier,
    opened,
    read_edition,
)
from orchestration.publish.postgresql.roles import let_in, make_role
from orchestration.publish.postgresql.server import Address, connected
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import psycopg2

_STAGE = "publishing to PostgreSQL"
WAIT_SECONDS = 60.0  # for readers of a table whose columns change


@dataclass
class Outcome:
    """What a publish did, for people and for the log."""

    where: str
    generation: str
    editions: dict[str, int] = field(default_factory=dict)  # name to number of tables
    rows_written: int = 0
    parts: list[str] = field(default_factory=list)  # `schema.table part` of what was looked at row by row
    made: list[str] = field(default_factory=list)  # tables made from nothing
    removed: list[str] = field(default_factory=list)
    broken_references: list[str] = field(default_factory=list)  # `schema.table.column`
    was_there: bool = False


class _ReferenceBroken(Exception):
    """A foreign key that held does not hold any more."""

    def __init__(self, place: swap.Place, name: str) -> None:
        super().__init__(name)
        self.place, self.name = place, name


def publish(
    settings: Settings,
    address: Address,
    *,
    audience: str | None = None,
    force: bool = False,
    wait_seconds: float = WAIT_SECONDS,
) -> Outcome:
    """Publish the generation that is out: for the data team and every audience, each in schemas of its own, or for one
    audience alone, in schemas named as the data team's.

    Raises EnvironmentProblem, UsageProblem or WarehouseLocked; then nothing was changed.
    """
    database_of(settings, audience)  # whether there is one
    folder = (settings.published / "current").resolve()
    generation = Generation.read(folder)
    with (
        publish_log.recording(settings, "postgresql", str(address), audience) as logged,
        connected(address) as con,
    ):
        logged.generation = generation.generation
        outcome, relations = _published(
            con, folder, Outcome(str(address), generation.generation), audience, force, wait_seconds
        )
        logged.rows, logged.tables = outcome.rows_written, sum(outcome.editions.values())
        logged.note = "was there already" if outcome.was_there else "rows are those that changed"
        _refer(con, relations, outcome)
        _tidy(con, relations, outcome)
    for name, count in outcome.editions.items():
        if name not in (DATA_TEAM, audience):
            entry = publish_log.Entry("postgresql", str(address), name, generation.generation, count)
            publish_log.record(settings, entry)
    report(_STAGE, 1, 1)
    return outcome


def publish_after_run(settings: Settings) -> Outcome | None:
    """The same, into the database that the settings name; None where that went wrong.

    The generation stays published whatever happens here: who started the run is told, and the next run tries again.
    """
    try:
        return publish(settings, Address.of(settings.publish_to))
    except Exception as error:
        # What an error of the code says may repeat a value from the data.
        what = str(error) if isinstance(error, OccError) else f"{type(error).__name__}."
        note(f"The generation is published, but not to PostgreSQL: {what}")
        return None


def is_up_to_date(settings: Settings) -> bool:
    """Whether the database that the settings name holds the generation that is out; False where that is not known."""
    folder = (settings.published / "current").resolve()
    try:
        with connected(Address.of(settings.publish_to)) as con, con.cursor() as cursor:
            return books.are_there(cursor) and _all_there(
                cursor, [DATA_TEAM, *_audiences(folder)], Generation.read(folder)
            )
    except OccError:
        return False


def _published(
    con: psycopg2.extensions.connection,
    folder: Path,
    outcome: Outcome,
    audience: str | None,
    force: bool,
    wait_seconds: float,
) -> tuple[Outcome, list[Relation]]:
    """The transaction; begun anew where a foreign key did not hold, which then is none any more."""
    generation = Generation.read(folder)
    names = [audience] if audience else [DATA_TEAM, *_audiences(folder)]
    while True:
        try:
            with con, con.cursor() as cursor:
                books.open_books(cursor, outcome.where)
                _check_room_for_editions(cursor, audience)
                if not force and _all_there(cursor, names, generation):
                    return replace(outcome, was_there=True), []
                made = Outcome(outcome.where, outcome.generation)
                return made, _bring_up_to_date(cursor, folder, generation, names, made, audience, force, wait_seconds)
        except _ReferenceBroken as broken:
            _give_up_reference(con, broken, wait_seconds)


def _audiences(folder: Path) -> list[str]:
    """The audiences that a generation has a file for."""
    return sorted(path.parent.name for path in folder.glob("audience/*/occ.duckdb"))


def _all_there(cursor: psycopg2.extensions.cursor, names: Sequence[str], generation: Generation) -> bool:
    there = books.editions_there(cursor)
    return sorted(there) == sorted(names) and all(
        books.is_there(cursor, name, generation.generation, generation.content_hash) for name in names
    )


def _check_room_for_editions(cursor: psycopg2.extensions.cursor, audience: str | None) -> None:
    """A database is the data team's with all audiences, or one audience's alone: their schemas have the same names."""
    there = books.editions_there(cursor)
    if audience and there and there != [audience]:
        raise EnvironmentProblem(
            f"This database is published for {', '.join(there)}; an audience of its own needs a database of its own. "
            "Nothing was changed."
        )
    if not audience and there and DATA_TEAM not in there:
        raise EnvironmentProblem(
            f"This database is published for the audience {there[0]} alone: name it with --audience {there[0]}, or "
            "publish into another database. Nothing was changed."
        )


def _bring_up_to_date(
    cursor: psycopg2.extensions.cursor,
    folder: Path,
    generation: Generation,
    names: Sequence[str],
    outcome: Outcome,
    audience: str | None,
    force: bool,
    wait_seconds: float,
) -> list[Relation]:
    """Everything that the transaction does; the relations as they now stand."""
    made: list[Relation] = []
    standing: dict[str, list[Relation]] = {}
    outlived: list[swap.Place] = []
    for name in names:
        prefix = "" if audience or name == DATA_TEAM else f"{name}_"
        place = folder_of(folder, name)
        with opened(place) as con:
            edition = read_edition(con, place, generation, name, prefix=prefix)
            if not force:
                books.check_order(cursor, edition)
            made_here, outlived_here = _bring_edition_up_to_date(cursor, con, edition, outcome)
        made += made_here
        outlived += outlived_here
        standing[edition.role] = edition.relations
    gone = [name for name in books.editions_there(cursor) if name not in names]
    schemas_gone = [schema for name in gone for schema in books.schemas_of(cursor, name)]
    outlived += list(books.known_tables(cursor, schemas_gone))
    relations = [relation for each in standing.values() for relation in each]
    views = _views_to_make(cursor, relations, anew=bool(outlived))
    known_views = books.known_tables(cursor, sorted({relation.schema for relation in views}))
    outlived += [(view.schema, view.name) for view in views if (view.schema, view.name) in known_views]
    _check_references(cursor)
    if outlived:
        swap.drop(cursor, outlived, wait_seconds)
    for relation in made:
        tables.put_in_place(cursor, relation)
    for role, relations_of_role in standing.items():
        for view in [relation for relation in relations_of_role if relation in views]:
            tables.make_view(cursor, view, [role])
            books.note_table(cursor, view, tables.definition(view))
            outcome.made.append(view.full_name)
    for schema in sorted({tables.schema_for_new(relation) for relation in made} | set(schemas_gone)):
        cursor.execute(f"drop schema {identifier(schema)}")
    for name in gone:
        books.forget_edition(cursor, name)
    there = {(relation.schema, relation.name) for relation in relations}
    for schema, table in outlived:
        if (schema, table) not in there:
            books.forget_table(cursor, schema, table)
            outcome.removed.append(f"{schema}.{table}")
    return relations


def _views_to_make(cursor: psycopg2.extensions.cursor, relations: Sequence[Relation], *, anew: bool) -> list[Relation]:
    """Views that are new or read otherwise than before; all of them where a table that they read may be made anew."""
    views = [relation for relation in relations if relation.view_sql]
    known = books.known_tables(cursor, sorted({view.schema for view in views}))
    return [view for view in views if anew or known.get((view.schema, view.name)) != tables.definition(view)]


def _bring_edition_up_to_date(
    cursor: psycopg2.extensions.cursor, con: duckdb.DuckDBPyConnection, edition: Edition, outcome: Outcome
) -> tuple[list[Relation], list[swap.Place]]:
    """Tables that were made and still have to take their places, and tables that have to make room."""
    make_role(cursor, edition.role)
    books.take_schemas(cursor, edition)
    let_in(cursor, edition)
    known = books.known_tables(cursor, books.schemas_of(cursor, edition.name))
    books.refuse_foreign_tables(cursor, edition.relations, known)
    made: list[Relation] = []
    outlived = [place for place in known if place not in {(each.schema, each.name) for each in edition.relations}]
    for number, relation in enumerate(edition.relations):
        report(_STAGE, number, len(edition.relations))
        place = (relation.schema, relation.name)
        if relation.view_sql:
            continue  # made at the end, when what it reads is in its place
        if known.get(place) == tables.definition(relation):
            before = books.known_parts(cursor, relation)
            tables.make_indexes(cursor, relation)  # before rows change: afterwards foreign keys wait to be looked at
            tables.describe(cursor, relation)
            written, looked_at = tables.bring_up_to_date(cursor, con, relation, before)
            outcome.parts += [f"{relation.full_name} {part}" for part in looked_at]
        else:
            written = tables.make(cursor, con, relation, [edition.role])
            books.note_table(cursor, relation, tables.definition(relation))
            made.append(relation)
            outlived += [place] if place in known else []
            outcome.made.append(relation.full_name)
            looked_at = list(relation.parts)
        if looked_at:
            books.note_parts(cursor, relation)
        outcome.rows_written += written
    books.note_edition(cursor, edition)
    outcome.editions[edition.name] = len(edition.relations)
    return made, outlived


def _check_references(cursor: psycopg2.extensions.cursor) -> None:
    """Look at the foreign keys now and not at the end, while it is known what to do about one that does not hold."""
    import psycopg2.errors

    try:
        cursor.execute("set constraints all immediate")
    except psycopg2.errors.ForeignKeyViolation as error:
        place = (str(error.diag.schema_name), str(error.diag.table_name))
        raise _ReferenceBroken(place, str(error.diag.constraint_name)) from None


def _give_up_reference(con: psycopg2.extensions.connection, broken: _ReferenceBroken, wait_seconds: float) -> None:
    """What is delivered need not name rows that are there: a foreign key that does not hold is dropped and told."""
    with con, con.cursor() as cursor:
        cursor.execute(
            "select attname from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1] "
            "where conrelid = format('%%I.%%I', %s, %s)::regclass and conname = %s",
            [*broken.place, broken.name],
        )
        books.note_broken(cursor, *broken.place, [row[0] for row in cursor.fetchall()])
        swap.drop_reference(cursor, broken.place, broken.name, wait_seconds)


def _refer(con: psycopg2.extensions.connection, relations: Sequence[Relation], outcome: Outcome) -> None:
    """Foreign keys that are missing, of tables that were made or had to let go of them. Readers go on meanwhile.

    What is published stands whatever happens here; the next publish adds what is missing.
    """
    import psycopg2

    try:
        with con:
            _add_references(con, relations, outcome)
    except psycopg2.Error as error:
        note(f"The tables are published, but not every foreign key could be added ({type(error).__name__}).")


def _add_references(con: psycopg2.extensions.connection, relations: Sequence[Relation], outcome: Outcome) -> None:
    keys = {(relation.schema, relation.name): relation.key for relation in relations}
    with con.cursor() as cursor:
        for relation in relations:
            known = books.broken_references(cursor, relation)
            outcome.broken_references += [f"{relation.full_name}.{column}" for column in known]
            holding = {
                column: target
                for column, target in relation.references.items()
                if column not in known and keys.get(target[:2]) == [target[2]]
            }
            broken = tables.refer(cursor, replace(relation, references=holding))
            if broken:
                books.note_broken(cursor, relation.schema, relation.name, broken)
                outcome.broken_references += [f"{relation.full_name}.{column}" for column in broken]


def _tidy(con: psycopg2.extensions.connection, relations: Sequence[Relation], outcome: Outcome) -> None:
    """Let PostgreSQL count what it holds, for good plans, and use the room of rows that nobody can see any more.

    It would come to it by itself, later. Readers are not disturbed, and a failure takes nothing back.
    """
    import psycopg2

    changed = {entry.partition(" ")[0] for entry in outcome.parts} | set(outcome.made)
    with suppress(psycopg2.Error):
        con.autocommit = True
        with con.cursor() as cursor:
            for relation in relations:
                if relation.full_name in changed and not relation.view_sql:
                    cursor.execute(f"vacuum (analyze, truncate false) {tables.place(relation)}")
