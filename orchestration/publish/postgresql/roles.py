"""Who may read what: a group role for each edition, which the database's administrator grants to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.errors import EnvironmentProblem
from orchestration.publish.postgresql.edition import Edition, identifier
from orchestration.publish.postgresql.tables import OWN

if TYPE_CHECKING:
    import psycopg2


def make_role(cursor: psycopg2.extensions.cursor, role: str) -> None:
    """Make the group role if it is not there; nobody logs in as it. Raises EnvironmentProblem where we may not."""
    import psycopg2.errors

    cursor.execute("select 1 from pg_roles where rolname = %s", [role])
    if cursor.fetchall():
        return
    cursor.execute("savepoint occ_role")
    try:
        cursor.execute(f"create role {identifier(role)} nologin")
    except psycopg2.errors.InsufficientPrivilege:
        raise EnvironmentProblem(
            f"There is no role {role}, and the publishing user may not make one. Nothing was changed. Have the "
            f"database's administrator run: create role {role} nologin;  (see deploy/postgresql.sql)"
        ) from None
    except (psycopg2.errors.DuplicateObject, psycopg2.errors.UniqueViolation):
        cursor.execute("rollback to savepoint occ_role")  # somebody made it at this very moment
    cursor.execute("release savepoint occ_role")


def let_in(cursor: psycopg2.extensions.cursor, edition: Edition) -> None:
    """Let the edition's role, and nobody else, read its schemas, also what will be made there."""
    role = identifier(edition.role)
    for schema in map(identifier, edition.schemas.values()):
        cursor.execute(f"revoke all on schema {schema} from public")
        cursor.execute(f"grant usage on schema {schema} to {role}")
        cursor.execute(f"alter default privileges in schema {schema} grant select on tables to {role}")
    cursor.execute(f"revoke all on schema {OWN} from public")
