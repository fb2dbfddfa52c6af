"""The pictures of the quality report and of the briefings in docs/, as the newest run made them: `make screenshots`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from orchestration.reports.brief.reading import KINDS
from tests.browser.site import DESK

# Of the folder of a generation's reports: page, and the picture of what it says first.
PICTURES = {
    "quality/index.html": Path("docs/quality-report.png"),
    **{f"brief/{kind}/index.html": Path(f"docs/briefing-{kind}.png") for kind in KINDS},
}
_HEIGHT = 1100  # pixels: what the opening of a page says


def take(reports: Path) -> None:
    """A picture of the first page of each report."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("chromium is not installed; .ci/run installs it")
    rights = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox refuses to work for root
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program, args=rights) as browser:
        page = browser.new_page(viewport={"width": DESK, "height": _HEIGHT})
        for address, picture in PICTURES.items():
            page.goto((reports / address).resolve(strict=True).as_uri())
            page.screenshot(path=str(picture))


if __name__ == "__main__":
    take(Path(sys.argv[1]))
