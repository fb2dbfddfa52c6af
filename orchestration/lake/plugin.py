"""What dbt calls when it opens its own database for the target `ducklake` (dbt_project/profiles.yml names this module).

dbt's database is an empty one in memory. It is told what was landed, which is the landing store's Parquet and a few
small tables beside it, and the lake is attached, where the models go. So no build holds a file that another needs.
"""

from __future__ import annotations

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from orchestration.lake import place
from orchestration.landing import load_profile
from orchestration.publish.generation import new_name
from orchestration.settings import Settings
from orchestration.warehouse import steps


class Plugin(BasePlugin):  # type: ignore[misc]
    """As dbt-duckdb wants it: by this name."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Before the first model."""
        settings = Settings.from_environment()
        tell_what_was_landed(conn, settings)
        place.attach(conn, place.lake_of(settings))


def tell_what_was_landed(con: DuckDBPyConnection, settings: Settings) -> None:
    """Schema `landing`, and what Python made of earlier runs, in the database that `con` opened."""
    con.execute("set TimeZone = 'UTC'")
    spill = str(settings.build / "lake_spill").replace("'", "''")
    con.execute(f"set temp_directory = '{spill}'")  # beyond its memory; else it were the folder one happens to be in
    steps.prepare_models(settings, con, load_profile(settings.profile), new_name(settings))
