"""A folder of pages, and one of them opened: what it asked for, what it complained of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

PHONE, DESK = 360, 1280  # pixels across


@dataclass(frozen=True)
class Site:
    """Pages below a folder."""

    folder: Path

    def pages(self) -> list[Path]:
        return sorted(self.folder.rglob("*.html"))

    def one_of_each_kind(self) -> list[Path]:
        """Every page at the top, and of each folder below it the longest and the shortest."""
        below: list[Path] = []
        for folder in sorted(path for path in self.folder.iterdir() if path.is_dir()):
            by_length = sorted(folder.glob("*.html"), key=lambda path: (path.stat().st_size, path.name))
            below += {by_length[0], by_length[-1]} if by_length else set()
        return [*sorted(self.folder.glob("*.html")), *sorted(below)]


@dataclass
class Opened:
    """A page in the browser, and what went on while it was opened."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)  # of the console, of scripts, of the security policy
    dialogs: list[str] = field(default_factory=list)


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = DESK, scripts: bool = True, bypass_policy: bool = False
) -> Iterator[Opened]:
    """The page as a reader opens it from the folder; `bypass_policy` lets a test put a script of its own in."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=scripts, bypass_csp=bypass_policy
    )
    try:
        page = context.new_page()
        seen = Opened(page)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("console", lambda said: seen.complaints.append(said.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri())
        yield seen
    finally:
        context.close()
