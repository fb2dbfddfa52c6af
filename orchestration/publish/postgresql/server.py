"""The way to a PostgreSQL server: its address, the connection, and what is said when something goes wrong there.

A password is never part of what is said. What is done in the database stands in the files beside this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.errors import EnvironmentProblem, UsageProblem

if TYPE_CHECKING:
    import psycopg2

_SCHEMES = ("postgresql://", "postgres://")
# As libpq reads it: all from the first colon to the first @, blanks and question marks too.
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")
_PASSWORD_PARAMETER = re.compile(r"[?&](password|sslpassword)=[^&]*")
_UNREADABLE = (
    "The address of the database cannot be read: write it as postgresql://USER@HOST:PORT/DATABASE, with any "
    "/ @ : ? # % of its parts as %2F %40 %3A %3F %23 %25."
)
# Readers never wait for us, so we may take our time; a server that does not answer at all is another matter.
_SESSION = """
set timezone = 'UTC'; set search_path = pg_catalog; set client_min_messages = error;
set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0;
set work_mem = '64MB'; set maintenance_work_mem = '256MB'; set jit = off;
"""


@dataclass(frozen=True)
class Address:
    """Where to publish to. `str()` of it names no password."""

    url: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Address:
        """Check an address as a user gave it. Raises UsageProblem, which does not repeat it."""
        if not is_address(url):
            raise UsageProblem("Write the database as postgresql://USER@HOST:PORT/DATABASE.")
        driver = _driver()
        try:
            driver.extensions.parse_dsn(url)
        except driver.ProgrammingError:
            raise UsageProblem(_UNREADABLE) from None
        return cls(url)

    def __str__(self) -> str:
        parts = _driver().extensions.parse_dsn(self.url)
        if "service" in parts and "host" not in parts:
            return f"postgresql service {parts['service']}"
        user, port = parts.get("user"), parts.get("port")
        host = parts.get("host", "")
        return (
            f"postgresql://{f'{user}@' if user else ''}{'' if host.startswith('/') else host}"
            f"{f':{port}' if port else ''}/{parts.get('dbname', '')}"
        )

    @property
    def secrets(self) -> list[str]:
        parts = _driver().extensions.parse_dsn(self.url)
        return [parts[name] for name in ("password", "sslpassword") if parts.get(name)]


def is_address(text: str) -> bool:
    """Whether a user means a PostgreSQL database by it."""
    return text.startswith(_SCHEMES)


def without_password(url: str) -> tuple[str, str | None]:
    """The address without its password, and the password; None where it holds none.

    Raises UsageProblem where the password cannot be told from the rest.
    """
    address = Address.of(url)
    secrets = address.secrets
    bare = _PASSWORD.sub(r"\1@", url)
    bare = _PASSWORD_PARAMETER.sub("", bare)
    if "?" not in bare:
        bare = bare.replace("&", "?", 1)
    if Address.of(bare).secrets:  # written in a way that only the driver reads
        raise UsageProblem(_UNREADABLE)
    return bare, secrets[0] if secrets else None


@contextmanager
def connected(address: Address) -> Iterator[psycopg2.extensions.connection]:
    """A connection; what is not committed when the block ends is as if it had never been.

    Raises EnvironmentProblem, in words for whoever publishes, whatever the server or the network does.
    """
    driver = _driver()
    try:
        con = driver.connect(address.url, application_name="occ publish", connect_timeout=10, keepalives_idle=30)
    except driver.OperationalError as error:
        raise EnvironmentProblem(
            f"There is no way into {address}: {_bare(str(error), address)}. Is the server up, the address right, and "
            "does pg_hba.conf let this user in? A password is read from OCC_PUBLISH_TO, PGPASSWORD, ~/.pgpass or a "
            "service file. Nothing was changed."
        ) from None
    try:
        con.set_client_encoding("UTF8")
        with con.cursor() as cursor:
            cursor.execute(_SESSION)
        con.commit()
        yield con
    except driver.Error as error:
        raise EnvironmentProblem(_said(error, address)) from None
    finally:
        con.close()


def _said(error: psycopg2.Error, address: Address) -> str:
    """What went wrong at the server, what became of the tables, and what to do. No value of a row is repeated."""
    code = error.pgcode or ""
    primary = _bare(error.diag.message_primary or "", address)
    detail = _bare(error.diag.message_detail or "", address)
    stands = "Nothing was changed: readers see what was published before."
    if code == "42501":
        return f"{address}: {primary}. {stands} What the publishing user needs is in deploy/postgresql.sql."
    if code == "53100":
        return f"{address}: the server's disk is full. {stands} Make room there and publish again."
    if code == "2BP01":  # others' views on a table that has new columns
        return f"{address}: {primary}: {detail}. {stands} Remove these first, or make them again afterwards."
    if code.startswith("57P") or not code:
        return f"{address}: the connection was lost. {stands} Publish again."
    where = ".".join(filter(None, (error.diag.schema_name, error.diag.table_name, error.diag.column_name)))
    return (
        f"{address}: the server refused with {type(error).__name__} ({code}){f' at {where}' if where else ''}. {stands}"
    )


def _bare(text: str, address: Address) -> str:
    for secret in address.secrets:
        text = text.replace(secret, "***")
    return " ".join(text.split()).rstrip(".")


def _driver() -> Any:
    try:
        import psycopg2
        import psycopg2.extensions
    except ImportError:
        raise EnvironmentProblem(
            "Publishing to PostgreSQL needs the extra `postgres` of this project: pip install '.[postgres]'."
        ) from None
    return psycopg2
