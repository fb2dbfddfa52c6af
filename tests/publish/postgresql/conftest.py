"""A warehouse of made-up generations, and an empty database to publish them to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from orchestration.publish.postgresql.publish import Outcome
from orchestration.publish.postgresql.publish import publish as publish_to
from orchestration.publish.postgresql.server import Address
from tests.postgres_server import PostgresServer
from tests.publish.postgresql.made_up import MadeUp


@dataclass(frozen=True)
class Database:
    """An empty database of the test's own."""

    server: PostgresServer
    name: str

    @property
    def address(self) -> str:
        return self.server.address(self.name)

    def ask(self, sql: str, user: str = "occ") -> list[tuple[Any, ...]]:
        return self.server.query(sql, self.name, user)

    def receive(self, made_up: MadeUp, **how: Any) -> Outcome:
        """Publish what is current to it."""
        return publish_to(made_up.settings, Address.of(self.address), **how)


@pytest.fixture
def made_up(tmp_path: Path) -> MadeUp:
    return MadeUp.below(tmp_path / "made_up")


@pytest.fixture
def database(postgres_server: PostgresServer) -> Database:
    return Database(postgres_server, postgres_server.new_database())


@pytest.fixture
def connect(database: Database) -> Iterator[Callable[..., Any]]:
    """Makes connections to the database that end with the test."""
    with ExitStack() as stack:

        def connect(user: str = "occ") -> Any:
            return stack.enter_context(closing(psycopg2.connect(database.server.address(database.name, user))))

        yield connect
