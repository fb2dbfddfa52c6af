"""Paths and environment, read once. Nothing else in the project reads an environment variable of ours."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.errors import UsageProblem

PROJECT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT / "dbt_project"
RULES = PROJECT / "expectations"

QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}


@dataclass(frozen=True)
class Settings:
    """Where things are. Every path is absolute."""

    landing: Path  # the folder that export files are dropped into; only ever read
    warehouse: Path  # everything this project writes
    profile: Path  # what belongs to one force
    key_file: Path  # the key that personal identifiers are tokenised under
    keep_generations: int  # how many published generations stay
    parsed_models: Path | None = None  # a folder in which warehouses share parsed models; else each parses its own
    first_day: date = date(2020, 1, 1)  # the first that Dagster shows as a partition; earlier ones land all the same
    dagster_postgres: str = field(default="", repr=False)  # where Dagster keeps its history; empty is SQLite
    publish_to: str = field(default="", repr=False)  # the PostgreSQL database that runs publish to as well
    alerts: Path | None = None  # whom to tell of failures and lateness
    smtp_password: str = field(default="", repr=False)  # where it does not stand in a file of its own
    reviews_file: Path | None = None  # what reviewers said of findings, where it is not in the warehouse
    reports_wanted: bool = True  # whether a run writes the pages for people
    lake: str = ""  # the PostgreSQL database of a lake, without a password; empty: there is none (docs/ducklake.md)
    lake_catalogue: str = "occ_lake"  # the schema in it
    lake_folder: Path | None = None  # of the lake's data, where it is not in the warehouse
    dagster_executor: str = ""  # module:name of what runs the steps of builds on Spark; empty is Dagster's own
    spark_environment: Path | None = None  # the engine's own Python environment, where it is not in the project

    @classmethod
    def from_environment(
        cls, *, landing: Path | None = None, warehouse: Path | None = None, profile: Path | None = None
    ) -> Settings:
        """Read the settings; an argument wins over the environment, the environment over the default."""
        return cls(
            landing=_path(landing, "OCC_LANDING", PROJECT / "build" / "landing"),
            warehouse=_path(warehouse, "OCC_WAREHOUSE", PROJECT / "build" / "warehouse"),
            profile=_profile(profile),
            key_file=_path(None, "OCC_TOKEN_KEY_FILE", Path.home() / ".config" / "occ" / "token.key"),
            keep_generations=int(os.environ.get("OCC_KEEP_GENERATIONS", "5")),
            parsed_models=_path(None, "OCC_PARSED_MODELS", PROJECT / "build" / "parsed_models"),
            first_day=_day("OCC_FIRST_DAY", date(2020, 1, 1)),
            dagster_postgres=os.environ.get("OCC_DAGSTER_POSTGRES", ""),
            publish_to=os.environ.get("OCC_PUBLISH_TO", ""),
            smtp_password=os.environ.get("OCC_SMTP_PASSWORD", ""),
            alerts=_path(None, "OCC_ALERTS", Path()) if os.environ.get("OCC_ALERTS") else None,
            dagster_executor=os.environ.get("OCC_DAGSTER_EXECUTOR", ""),
            spark_environment=_path(None, "OCC_SPARK_ENVIRONMENT", Path())
            if os.environ.get("OCC_SPARK_ENVIRONMENT")
            else None,
            reports_wanted=os.environ.get("OCC_REPORTS", "yes").lower() not in {"no", "0", "false"},
            lake=os.environ.get("OCC_LAKE", ""),
            lake_catalogue=os.environ.get("OCC_LAKE_CATALOGUE") or "occ_lake",
            lake_folder=_path(None, "OCC_LAKE_DATA", Path()) if os.environ.get("OCC_LAKE_DATA") else None,
        )

    @property
    def build(self) -> Path:
        """What is private to the pipeline and can be made again from the landing store."""
        return self.warehouse / "build"

    @property
    def build_db(self) -> Path:
        return self.build / "occ_build.duckdb"

    @property
    def dbt_target(self) -> Path:
        return self.build / "dbt"

    @property
    def published(self) -> Path:
        return self.warehouse / "published"

    @property
    def current_db(self) -> Path:
        """The newest generation that passed the audit: what BI tools open."""
        return self.published / "current" / "occ.duckdb"

    def audience_db(self, audience: str) -> Path:
        """The file of an audience in the newest generation; it need not be there."""
        return self.published / "current" / "audience" / audience / "occ.duckdb"

    @property
    def reports(self) -> Path:
        """Pages for people, a folder for each generation, and a link `current` to the newest."""
        return self.warehouse / "reports"

    @property
    def reviews(self) -> Path:
        """What reviewers said of the findings of the quality rules; it need not be there."""
        return self.reviews_file or self.warehouse / "reviews" / "reviews.yaml"

    @property
    def lake_data(self) -> Path:
        """The Parquet of the lake."""
        return self.lake_folder or self.warehouse / "lake"

    @property
    def time_zone(self) -> str:
        """The wall clock of the force."""
        return _time_zone(self.profile)

    @property
    def dagster_folder(self) -> Path:
        """What Dagster keeps of its own: its history of runs, unless that is in PostgreSQL."""
        return self.build / "dagster"

    @property
    def lock_file(self) -> Path:
        return self.warehouse / ".lock"

    def export(self) -> None:
        """Put the settings into the environment, where Dagster's and dbt's own configuration files read them."""
        os.environ.update(
            QUIET
            | {
                "OCC_LANDING": str(self.landing),
                "OCC_WAREHOUSE": str(self.warehouse),
                "OCC_PROFILE": str(self.profile),
                "OCC_SEEDS": "seeds",  # inside the project as dbt sees it; see orchestration/warehouse/dbt.py
                "OCC_TOKEN_KEY_FILE": str(self.key_file),
                "OCC_BUILD_DB": str(self.build_db),
                "OCC_TIME_ZONE": self.time_zone,
                "OCC_KEEP_GENERATIONS": str(self.keep_generations),
                "OCC_FIRST_DAY": self.first_day.isoformat(),
                "OCC_DAGSTER_POSTGRES": self.dagster_postgres,
                "OCC_PUBLISH_TO": self.publish_to,
                "OCC_ALERTS": str(self.alerts or ""),
                "OCC_REVIEWS": str(self.reviews_file or ""),
                "OCC_REPORTS": "yes" if self.reports_wanted else "no",
                "OCC_LAKE": self.lake,
                "OCC_LAKE_CATALOGUE": self.lake_catalogue,
                "OCC_LAKE_DATA": str(self.lake_data),
                "OCC_DAGSTER_DIR": str(self.dagster_folder),
                "DAGSTER_HOME": str(PROJECT),
                "OCC_PARSED_MODELS": str(self.parsed_models or ""),
            }
        )


def _path(given: Path | None, variable: str, default: Path) -> Path:
    chosen = given or Path(os.environ.get(variable) or default)
    return Path(os.path.abspath(chosen.expanduser()))


def _day(variable: str, default: date) -> date:
    try:
        return date.fromisoformat(os.environ.get(variable) or default.isoformat())
    except ValueError:
        raise UsageProblem(f"{variable} is not a day: write it as {default.isoformat()}.") from None


def _profile(given: Path | None) -> Path:
    """A profile is a folder, or the name of one that the project ships."""
    chosen = str(given or os.environ.get("OCC_PROFILE") or "west_mercia")
    shipped = PROJECT / "orchestration" / "profiles" / chosen
    return shipped if shipped.is_dir() else Path(os.path.abspath(Path(chosen).expanduser()))


def _time_zone(profile: Path) -> str:
    """The profile's wall clock, for dbt. A profile that cannot be read is reported by whoever loads it."""
    import yaml

    try:
        described = yaml.safe_load((profile / "profile.yaml").read_text())
        return str(described["time_zone"])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return "UTC"
