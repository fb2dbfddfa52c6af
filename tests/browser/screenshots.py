"""The picture of the quality report in docs/, as the newest run made it: `make screenshots`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.site import DESK

PICTURE = Path("docs/quality-report.png")
_HEIGHT = 1100  # pixels: what the opening page says first


def take(report: Path, picture: Path) -> None:
    """A picture of the report's first page."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("chromium is not installed; .ci/run installs it")
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox refuses to work for root
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program, args=rights) as browser:
        page = browser.new_page(viewport={"width": DESK, "height": _HEIGHT})
        page.goto((report / "index.html").resolve(strict=True).as_uri())
        page.screenshot(path=str(picture))


if __name__ == "__main__":
    take(Path(sys.argv[1]), PICTURE)
