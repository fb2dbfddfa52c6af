"""What runs inside the engine's own environment: opens the session, shows it what was handed over, calls dbt.

Called as a script with one argument, a request as JSON (see `orchestration.spark.build`). It prints a line of JSON for
each event and ends 0 when every model was built and every test passed. It imports nothing of this project and nothing
that the engine's environment does not hold: neither DuckDB nor Dagster.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_saying = threading.Lock()
_servers: list[Any] = []  # a server that nothing names any more is stopped
_RESULTS = {"LogModelResult", "LogTestResult"}


def main(request: Mapping[str, Any]) -> int:
    os.environ.update({"TZ": "UTC", **request["environment"]})
    time.tzset()
    spark = session(request)
    _say("session", engine=f"Spark protocol {spark.version}")
    register(spark, request["tables"])
    built = build(request)
    if built is None:
        return 1
    made = [(table["schema"], table["name"]) for table in request["tables"] if table["is_published"]]
    if request["format"] != "parquet":
        # The models themselves build on Parquet, which every engine reads back as it wrote it.
        made += [(schema, name) for schema, name in built if schema in request["published"]]
    write(spark, made, request["to"], request["format"])
    fill_empty(spark, [*made, *built], request["to"])
    return 0


def session(request: Mapping[str, Any]) -> Any:
    """The session, which dbt finds: it asks for the one that is there.

    Of an engine that is reached by Spark Connect (`remote`), of Sail, which is started here, or of Spark itself, whose
    master stands in `conf`.
    """
    remote = request["remote"] or (_serve_sail() if request["engine"] == "sail" else "")
    if remote:
        os.environ.update({"SPARK_REMOTE": remote, "SPARK_CONNECT_MODE_ENABLED": "1"})
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.remote(remote) if remote else SparkSession.builder
    for name, value in request["conf"].items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _serve_sail() -> str:
    from pysail.spark import SparkConnectServer

    os.environ.setdefault("SAIL_MODE", "local-cluster")  # a driver and workers, as apart as on a cluster
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _servers.append(server)
    _, port = server.listening_address
    return f"sc://127.0.0.1:{port}"


def register(spark: Any, tables: Sequence[Mapping[str, Any]]) -> None:
    """Tables over the Parquet that was handed over, where it lies. Instants in it are UTC, as the session's zone is."""
    for schema in sorted({table["schema"] for table in tables}):
        spark.sql(f"create schema if not exists {schema}")
    for table in tables:
        name = f"{table['schema']}.{table['name']}"
        columns = ", ".join(
            f"`{field.name}` {field.dataType.simpleString().replace('timestamp_ntz', 'timestamp')}"
            for field in spark.read.parquet(table["location"]).schema
        )
        spark.sql(f"drop table if exists {name}")
        spark.sql(f"create table {name} ({columns}) using parquet location '{table['location']}'")


def build(request: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """`dbt build` from nothing: schema and name of what was built, or None where a model or a test failed."""
    from dbt.cli.main import dbtRunner

    def on_event(event: Any) -> None:
        if event.info.name in _RESULTS:
            _say("node", name=event.data.node_info.unique_id, seconds=round(event.data.execution_time, 2))

    outcome = dbtRunner(callbacks=[on_event]).invoke(list(request["dbt"]))
    if outcome.exception is not None:
        _say("failed", name="dbt", message=str(outcome.exception))
        return None
    results = outcome.result.results
    failed = [result for result in results if str(result.status) in {"error", "fail"}]
    for result in failed:
        _say("failed", name=result.node.unique_id, message=result.message or str(result.status))
    built = [(each.node.schema, each.node.alias) for each in results if each.node.resource_type == "model"]
    return None if failed else built


def write(spark: Any, tables: Sequence[tuple[str, str]], to: str, form: str) -> None:
    """Tables that no model has written to where readers look: what Python made, or every one in another format."""
    for schema, name in tables:
        spark.table(f"{schema}.{name}").write.format(form).save(f"{to}/{schema}/{name}")


def fill_empty(spark: Any, tables: Sequence[tuple[str, str]], to: str) -> None:
    """Sail writes no file for a table without rows; whoever reads Parquet must find its columns all the same."""
    for schema, name in tables:
        folder = Path(to, schema, name)
        if (
            "://" in to
            or not folder.parent.is_dir()
            or any(folder.rglob("*.parquet"))
            or (folder / "_delta_log").is_dir()
        ):
            continue
        import pyarrow.parquet as pq

        folder.mkdir(exist_ok=True)
        pq.write_table(spark.table(f"{schema}.{name}").limit(0).toArrow(), folder / "part-0.parquet")


def _say(what: str, **more: Any) -> None:
    with _saying:  # dbt calls back from threads of its own
        print(json.dumps({"event": what, **more}), flush=True)


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text())))
