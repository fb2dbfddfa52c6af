"""One browser and one report for every test here; the browser is the distribution's and never fetches anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, sync_playwright

from orchestration.docs import pages as documents
from orchestration.reports.quality import place
from orchestration.sample import write_sample
from orchestration.settings import Settings
from tests.browser import hostile
from tests.browser.site import Site
from tests.support import needs, settings_for, take_steps


@pytest.fixture(scope="session")
def report(small_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The quality report of the small warehouse, every kind of fault in it."""
    folder = tmp_path_factory.mktemp("report") / "quality"
    place.write_pages(small_warehouse.current_db, folder)
    return Site(folder)


@pytest.fixture(scope="session")
def browser(report: Site) -> Iterator[Browser]:
    """Chromium of the distribution, without a window; after the warehouse was made, for its loop disturbs Dagster."""
    program = needs("chromium")
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox refuses to work for root
    quiet = ["--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(program), args=[*rights, *quiet])
        yield started
        started.close()


@pytest.fixture(scope="session")
def hostile_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two clean weeks of a hundredth of a force, then spoiled with every text in every place."""
    folder = tmp_path_factory.mktemp("hostile")
    write_sample(
        folder / "sample", date_from=date(2021, 11, 1), date_to=date(2021, 11, 14), scale=0.01, seed=3,
        legacy_months=[], plant_faults=False, progress=None,
    )  # fmt: skip
    hostile.spoil(folder / "sample" / "landing")
    settings = settings_for(folder, folder / "sample" / "landing")
    take_steps(settings, rules=True)
    return settings


@pytest.fixture(scope="session")
def hostile_report(hostile_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("hostile_report")
    place.write_pages(hostile_warehouse.current_db, folder / "quality")
    documents.write_pages(hostile_warehouse, folder / "docs")
    return Site(folder / "quality")
