"""A real PostgreSQL of the tests' own, from the distribution's programs: in a folder that goes away, on a free port.

On the socket everybody is let in as who they say they are; over TCP a password is asked for, as a BI tool meets it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.support import free_port, needs

_HOST_BASED = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
# A power cut need not be survived; the rest keeps the server small.
_OPTIONS = {"fsync": "off", "full_page_writes": "off", "max_connections": "60", "shared_buffers": "64MB"}


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs. Its superuser is `occ` with the password below; every `new_database` is empty."""

    programs: Path  # the folder of initdb, psql, pg_ctl ...
    folder: Path  # of the socket; data lie in `data` below
    port: int
    process: subprocess.Popen[bytes]
    password: str = "not a secret/at all@"  # of a kind that must be quoted wherever it is written
    _numbers: Any = None

    def address(self, database: str = "postgres", user: str = "occ") -> str:
        """The database as a URL, by the socket, without a password."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def tcp_address(self, database: str = "postgres", user: str = "occ", password: str | None = None) -> str:
        """The database as a URL, over TCP; without a password the client must know it from elsewhere."""
        from urllib.parse import quote

        secret = "" if password is None else ":" + quote(password, safe="")
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The name of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self.query(f"create database {name}")
        return name

    def query(self, sql: str, database: str = "postgres", user: str = "occ") -> list[tuple[Any, ...]]:
        """Rows of one statement, in a connection of its own, committed."""
        import psycopg2

        con = psycopg2.connect(self.address(database, user))
        try:
            con.autocommit = True
            with con.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            con.close()


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server; stop it, and remove all it wrote, at the end. Skips the test where none is installed."""
    programs = needs("initdb").parent
    user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o777)
        data = folder / "data"
        secret = folder / "password"
        secret.write_text(PostgresServer.password)
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "occ", "--pwfile", secret, "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, user=user, cwd=folder,
        )  # fmt: skip
        (data / "pg_hba.conf").write_text(_HOST_BASED)
        port = free_port()
        options = [word for key, value in _OPTIONS.items() for word in ("-c", f"{key}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-p", str(port), "-h", "127.0.0.1", *options],
                user=user, cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            end = time.monotonic() + 60
            ready = [programs / "pg_isready", "-q", "-h", folder, "-p", str(port)]
            while subprocess.run(ready).returncode:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < end, "PostgreSQL did not start"
                time.sleep(0.1)
            yield PostgresServer(programs, folder, port, process, _numbers=count(1))
        finally:
            process.send_signal(signal.SIGINT)  # ends sessions that a test left open
            process.wait(timeout=30)
