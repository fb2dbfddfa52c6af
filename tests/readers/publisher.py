"""Publishes generations one after the other, as a run does, of tables so small that only publishing itself takes time.

Every table holds the number of the publish that wrote it. One month of the fact never changes: its file is shared with
the generation before, as the months are that a run does not touch.
"""

from __future__ import annotations

from typing import Any

import duckdb

from orchestration.publish import generation
from orchestration.settings import Settings

_TABLES = """
create schema landing;
create schema intermediate;
create schema marts;
create schema metrics;
create schema reports;
create schema quality;
create table landing.deliveries (delivery_id varchar, batch varchar);
create table landing.erasures (erasure_id varchar);
create table quality.deliveries (delivery_id varchar);
create table intermediate.int_touched_months (table_name varchar, month date);
create table marts.fct_made (made_date date, changed bigint, is_newest boolean, filling varchar);
create table marts.dim_made (changed bigint);
create table metrics.kpi_results (changed bigint, filling varchar);
create view reports.made_together as
    select made.changed
    from marts.fct_made as made
    union all
    select results.changed
    from metrics.kpi_results as results;
insert into intermediate.int_touched_months
    values ('fct_made', '2021-10-01'), ('fct_made', '2021-11-01'), ('fct_made', '2021-12-01');
insert into marts.fct_made select '2021-09-01', 0, false, repeat('z', 200) from range(500);
"""


def _model(schema: str, name: str, **meta: str) -> dict[str, Any]:
    return {
        "resource_type": "model", "schema": schema, "alias": name, "description": name, "columns": {}, "meta": meta,
        "config": {}, "depends_on": {"nodes": []},
    }  # fmt: skip


NODES = {
    "fct_made": _model("marts", "fct_made", month_of="made_date"),
    "dim_made": _model("marts", "dim_made"),
    "kpi_results": _model("metrics", "kpi_results"),
    "made_together": _model("reports", "made_together", published_as="view"),
}


class Publisher:
    """A warehouse that is published again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._con = duckdb.connect()
        self._con.execute("set TimeZone = 'UTC'")
        self._con.execute(_TABLES)
        self.published = 0
        self.removed = 0

    def publish(self) -> None:
        """One more generation; the pointer names it, and old ones are removed."""
        self.published += 1
        number = self.published
        for sql in (
            "delete from landing.deliveries",
            f"insert into landing.deliveries select 'd' || i, 'b' from range({number}) as made (i)",
            "delete from marts.fct_made where is_newest",
            # Ten rows a publish in each of the three months, so that a number can be counted too.
            "insert into marts.fct_made select month_start, {n}, true, repeat('x', 200) from range({n} * 10), "
            "(values (date '2021-10-01'), (date '2021-11-01'), (date '2021-12-01')) as months (month_start)",
            "delete from marts.dim_made",
            "insert into marts.dim_made values ({n})",
            "delete from metrics.kpi_results",
            "insert into metrics.kpi_results select {n}, repeat('y', 200) from range(2000)",
        ):
            self._con.execute(sql.replace("{n}", str(number)))
        name = generation.new_name(self._settings)
        generation.write(self._settings, self._con, name=name, code_version="", nodes=NODES, is_full=number == 1)
        generation.move_pointer(self._settings, name)
        self.removed += len(generation.remove_old(self._settings))

    def close(self) -> None:
        self._con.close()
