"""Apache Superset on the published warehouse, with a ready dashboard: `make superset`.

Installs it into an environment of its own, starts it on this machine, connects it read-only to a published `occ.duckdb`
and makes the data sets, charts and dashboard of `dashboard.yaml` over its REST API; run again, it brings them up to
date and leaves alone what people made beside them.

    python deploy/superset/recipe.py [--database .../occ.duckdb] [--port 8088] [--picture docs/superset.png]
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from orchestration.dashboards import tiles
from orchestration.settings import PROJECT

HERE = Path(__file__).parent
USER = "admin"
_SECONDS_TO_START = 180
_WIDTH = 1600  # pixels of the picture
_LOOKS_WITHOUT_LOADING = 4
# Told by environment: an argument would show the password to everybody on the machine.
_MAKE_ADMIN = """
import os
from superset.app import create_app
with (app := create_app()).app_context():
    manager = app.appbuilder.sm
    if manager.find_user(os.environ["OCC_SUPERSET_USER"]) is None:
        manager.add_user(os.environ["OCC_SUPERSET_USER"], "Control", "Room", "nobody@localhost",
                         manager.find_role("Admin"), password=os.environ["OCC_SUPERSET_PASSWORD"])
"""


class Superset:
    """One installation below a work folder."""

    def __init__(self, work: Path, port: int) -> None:
        self._work, self._port = work, port
        self._bin = work / "venv" / "bin"
        self.address = f"http://127.0.0.1:{port}"

    def install(self) -> None:
        """The environment, by the lock file with hashes; nothing where it is there already."""
        lock = (HERE / "requirements.lock").read_text()
        stamp = self._work / "installed.lock"
        if stamp.exists() and stamp.read_text() == lock:
            return
        uv = str(Path(sys.executable).parent / "uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, self._work / "venv"], check=True)
        wanted = ["--require-hashes", "-r", HERE / "requirements.lock"]
        python = ["--python", self._bin / "python"]
        subprocess.run([uv, "pip", "install", "--quiet", "--compile-bytecode", *python, *wanted], check=True)
        stamp.write_text(lock)

    def prepare(self) -> None:
        """Its own database, its key, its user."""
        for name in ("secret.key", "password"):
            if not (self._work / name).exists():
                (self._work / name).touch(mode=0o600)
                (self._work / name).write_text(secrets.token_urlsafe(32))
        for command in (["superset", "db", "upgrade"], ["superset", "init"], ["python", "-c", _MAKE_ADMIN]):
            self._run(command)

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """The server, until the block ends."""
        with (self._work / "server.log").open("ab") as log:
            server = subprocess.Popen(
                [
                    *(self._bin / "gunicorn", "--bind", f"127.0.0.1:{self._port}", "--workers", "1", "--threads", "8"),
                    *("--worker-class", "gthread", "--timeout", "120", "superset.app:create_app()"),
                ],
                env=self._environment(), cwd=self._work, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            self._wait(server)
            yield server
        finally:
            server.terminate()
            server.wait(timeout=30)

    @property
    def password(self) -> str:
        return (self._work / "password").read_text()

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < until and server.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/health", timeout=5):  # noqa: S310 - this machine
                    return
            except OSError:
                time.sleep(1)
        raise SystemExit(f"Superset did not start; see {self._work / 'server.log'}")

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "FLASK_APP": "superset.app:create_app()",
            "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
            "OCC_SUPERSET_WORK": str(self._work),
            "OCC_SUPERSET_USER": USER,
            "OCC_SUPERSET_PASSWORD": self.password,
            "SCARF_ANALYTICS": "false",
        }

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            [self._bin / command[0], *command[1:]],
            env=self._environment(), cwd=self._work, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


class Api:
    """Superset's REST API, as its user."""

    def __init__(self, superset: Superset) -> None:
        self._address = superset.address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self._headers: dict[str, str] = {}
        said = self.post(
            "security/login", {"username": USER, "password": superset.password, "provider": "db", "refresh": True}
        )
        self._headers["Authorization"] = f"Bearer {said['access_token']}"
        self._headers["X-CSRFToken"] = self.get("security/csrf_token/")["result"]
        self._headers["Referer"] = superset.address

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, sent: Mapping[str, Any]) -> Any:
        return self._ask("POST", path, sent)

    def put(self, path: str, sent: Mapping[str, Any]) -> Any:
        return self._ask("PUT", path, sent)

    def keep(self, kind: str, named_by: str, sent: Mapping[str, Any], fixed: tuple[str, ...] = ()) -> int:
        """Make it, or bring the one of that name up to date but for what is `fixed` once made; its number.

        Nothing else is touched: what people made beside it stays.
        """
        wanted = {"filters": [{"col": named_by, "opr": "eq", "value": sent[named_by]}]}
        found = self.get(f"{kind}/?q={urllib.parse.quote(json.dumps(wanted))}")
        there = [each["id"] for each in found["result"]]
        if there:
            self.put(f"{kind}/{there[0]}", {key: value for key, value in sent.items() if key not in fixed})
            return int(there[0])
        return int(self.post(f"{kind}/", sent)["id"])

    def _ask(self, method: str, path: str, sent: Mapping[str, Any] | None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - this machine
            f"{self._address}/api/v1/{path}",
            data=json.dumps(sent).encode() if sent is not None else None,
            headers={**self._headers, "Content-Type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read()[:1000].decode()}") from None


class Dashboard:
    """Data sets, charts and the dashboard, made over the API."""

    def __init__(self, api: Api, database: Path) -> None:
        self._api = api
        self._plan: dict[str, Any] = yaml.safe_load((HERE / "dashboard.yaml").read_text())
        self.slug: str = self._plan["slug"]
        self._tiles = {tile.name: tile for tile in tiles()}
        self._data_sets: dict[str, int] = {}
        self._database = api.keep(
            "database",
            "database_name",
            {
                "database_name": "Published warehouse",
                "sqlalchemy_uri": f"duckdb:///{database}",
                "expose_in_sqllab": True,
                # A reader must never be able to write, nor keep the file from being replaced.
                "extra": json.dumps({"engine_params": {"connect_args": {"read_only": True}}}),
            },
        )

    def make(self) -> None:
        """Make it; it is found at /superset/dashboard/<slug>/."""
        charts: list[int] = []
        position: dict[str, Any] = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
            "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
            "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": self._plan["title"]}},
        }
        for number, row in enumerate(self._plan["rows"]):
            name = f"ROW-{number}"
            position["GRID_ID"]["children"].append(name)
            parents = ["ROOT_ID", "GRID_ID"]
            children: list[str] = []
            position[name] = {
                "type": "ROW", "id": name, "children": children, "parents": parents,
                "meta": {"background": "BACKGROUND_TRANSPARENT"},
            }  # fmt: skip
            if isinstance(row, dict):
                position[f"TEXT-{number}"] = {
                    "type": "MARKDOWN", "id": f"TEXT-{number}", "children": [], "parents": [*parents, name],
                    "meta": {"width": 12, "height": row["height"], "code": row["text"]},
                }  # fmt: skip
                children.append(f"TEXT-{number}")
                continue
            for chart in row:
                made = self._chart(chart)
                charts.append(made)
                position[f"CHART-{made}"] = {
                    "type": "CHART", "id": f"CHART-{made}", "children": [], "parents": [*parents, name],
                    "meta": {
                        "chartId": made, "width": chart["width"], "height": chart["height"],
                        "sliceName": chart["title"],
                    },
                }  # fmt: skip
                children.append(f"CHART-{made}")
        dashboard = self._api.keep(
            "dashboard",
            "slug",
            {
                "dashboard_title": self._plan["title"],
                "slug": self._plan["slug"],
                "published": True,
                "position_json": json.dumps(position),
                "json_metadata": json.dumps({"label_colors": self._plan["colours"], "cross_filters_enabled": False}),
            },
        )
        for chart_id in charts:
            self._api.put(f"chart/{chart_id}", {"dashboards": [dashboard]})

    def _data_set(self, name: str) -> int:
        if name not in self._data_sets:
            sent = {"database": self._database, "schema": "main", "table_name": name, "sql": self._tiles[name].sql}
            kept = self._api.keep("dataset", "table_name", sent, fixed=("database", "schema"))
            self._api.put(f"dataset/{kept}/refresh", {})
            self._data_sets[name] = kept
        return self._data_sets[name]

    def _chart(self, chart: Mapping[str, Any]) -> int:
        data_set = self._data_set(chart["tile"])
        form = _form(chart["type"], chart["shows"]) | {"datasource": f"{data_set}__table"}
        return self._api.keep(
            "chart",
            "slice_name",
            {
                "slice_name": chart["title"],
                "viz_type": form["viz_type"],
                "datasource_id": data_set,
                "datasource_type": "table",
                "params": json.dumps(form),
            },
        )


def _metric(label: str, sql: str) -> dict[str, Any]:
    return {"expressionType": "SQL", "sqlExpression": sql, "label": label, "optionName": f"metric_{label}"}


def _where(sql: str | None) -> list[dict[str, Any]]:
    return [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": sql}] if sql else []


def _form(viz_type: str, shows: Mapping[str, Any]) -> dict[str, Any]:
    """What Superset calls form data, from what the plan says of a chart."""
    if viz_type == "control":
        return _control_chart(shows)
    known = {"metric", "metrics", "where", "columns", "formats", "sort"}
    form: dict[str, Any] = {
        "viz_type": viz_type,
        "row_limit": 10_000,
        "adhoc_filters": _where(shows.get("where")),
        "show_legend": True,
        "rich_tooltip": True,
        **{key: value for key, value in shows.items() if key not in known},
    }
    if "metric" in shows:
        form["metric"] = _metric("figure", shows["metric"])
    if "metrics" in shows:
        form["metrics"] = [_metric(label, sql) for label, sql in shows["metrics"].items()]
    if "columns" in shows:
        form |= {
            "query_mode": "raw",
            "all_columns": shows["columns"],
            "column_config": {name: {"d3NumberFormat": format} for name, format in shows.get("formats", {}).items()},
            "order_by_cols": [json.dumps([name, way == "asc"]) for name, way in shows.get("sort", {}).items()],
            "table_timestamp_format": "%d %b %Y",
            "show_cell_bars": False,
            "color_pn": False,
        }
    return form


def _control_chart(shows: Mapping[str, Any]) -> dict[str, Any]:
    """The weekly value and what each point says; beneath it centre, limits and target without markers."""
    points = {
        "value": "max(value)",
        "improvement": "max(value) filter (where variation = 'improvement')",
        "concern": "max(value) filter (where variation = 'concern')",
        "disrupted": "max(value) filter (where quality_state = 'DISRUPTED')",
    }
    lines = {
        "centre": "max(centre)",
        "upper limit": "max(upper_limit)",
        "lower limit": "max(lower_limit)",
        "target": "max(target)",
    }
    filters = _where(f"kpi_id = '{shows['kpi']}'")
    return {
        "viz_type": "mixed_timeseries",
        "x_axis": "week_start",
        "metrics": [_metric(label, sql) for label, sql in points.items()],
        "metrics_b": [_metric(label, sql) for label, sql in lines.items()],
        "groupby": [],
        "groupby_b": [],
        "adhoc_filters": filters,
        "adhoc_filters_b": filters,
        "seriesType": "line",
        "seriesTypeB": "middle",  # steps: a limit or a target holds until it is another
        "markerEnabled": True,
        "markerSize": 7,
        "markerEnabledB": False,
        "opacityB": 0.2,
        "row_limit": 1000,
        "row_limit_b": 1000,
        "truncateYAxis": True,
        "y_axis_bounds": [None, None],
        "y_axis_format": shows["y_axis_format"],
        "y_axis_format_secondary": shows["y_axis_format"],
        "x_axis_time_format": "%d %b %Y",
        "show_legend": True,
        "rich_tooltip": True,
    }


def take_picture(superset: Superset, slug: str, picture: Path) -> None:
    """The whole dashboard as a person sees it, by the distribution's Chromium; nothing may come from elsewhere."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("chromium is not installed: no picture was taken")
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []
    asked: list[str] = []
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program, args=rights) as browser:
        page = browser.new_page(viewport={"width": _WIDTH, "height": 1000})
        # Superset has a counting pixel built in: its page asks for it, and the rules of superset_config.py refuse it.
        page.on("requestfinished", lambda request: asked.append(request.url))
        page.goto(f"{superset.address}/login/", wait_until="networkidle")  # before that the form does not answer
        page.locator("input[type=text], input#username").first.fill(USER)
        page.locator("input[type=password]").first.fill(superset.password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/login" not in address, timeout=120_000)
        page.goto(f"{superset.address}/superset/dashboard/{slug}/?standalone=1")
        page.wait_for_selector(".dashboard-component-chart-holder", timeout=120_000)
        height = page.evaluate("document.querySelector('.grid-container, .dashboard-content').scrollHeight")
        page.set_viewport_size({"width": _WIDTH, "height": int(height) + 120})
        drawn = 0
        while drawn < _LOOKS_WITHOUT_LOADING:  # Superset's own rules forbid a script to wait in the page
            page.wait_for_timeout(1_000)
            drawn = 0 if page.locator(".loading, [data-test=loading-indicator]").count() else drawn + 1
        failed = page.locator("[data-test=error-message], .ant-alert-error").count()
        page.screenshot(path=str(picture))
    elsewhere = [url for url in asked if not url.startswith((superset.address, "data:", "blob:"))]
    if failed or elsewhere:
        raise SystemExit(f"{failed} charts failed; loaded from elsewhere: {sorted(set(elsewhere)) or 'nothing'}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    published = PROJECT / "build" / "warehouse" / "published" / "current" / "occ.duckdb"
    parser.add_argument("--database", type=Path, default=published, help="a published occ.duckdb (default: make run's)")
    parser.add_argument("--work", type=Path, default=PROJECT / "build" / "superset", help="where Superset lies")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--picture", type=Path, help="take a picture of the dashboard, and stop")
    given = parser.parse_args()
    if not given.database.exists():
        parser.error(f"there is no {given.database}: run make run, or name another published occ.duckdb")
    given.work.mkdir(parents=True, exist_ok=True)
    superset = Superset(given.work.absolute(), given.port)
    superset.install()
    superset.prepare()
    with superset.serving() as server:
        dashboard = Dashboard(Api(superset), given.database.absolute())
        dashboard.make()
        if given.picture:
            take_picture(superset, dashboard.slug, given.picture)
            print(given.picture)
            return
        print(f"{superset.address}/superset/dashboard/{dashboard.slug}/ (Ctrl-C ends it)")
        print(f"user {USER}, password in {given.work / 'password'}")
        server.wait()


if __name__ == "__main__":
    main()
