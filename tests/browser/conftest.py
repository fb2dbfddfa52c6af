"""One browser and one report for every test here; the browser is the distribution's and never fetches anything."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from orchestration.reports.quality import place
from orchestration.settings import Settings
from tests.browser.site import Site
from tests.support import needs


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the distribution, without a window."""
    program = needs("chromium")
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox refuses to work for root
    quiet = ["--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(program), args=[*rights, *quiet])
        yield started
        started.close()


@pytest.fixture(scope="session")
def report(small_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The quality report of the small warehouse, every kind of fault in it."""
    folder = tmp_path_factory.mktemp("report") / "quality"
    place.write_pages(small_warehouse.current_db, folder)
    return Site(folder)
