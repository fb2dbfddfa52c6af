"""The shell of every page: one look, one content security policy, everything escaped, nothing loaded from elsewhere.

What belongs here: what the quality report, the briefings and `make docs` have in common. Not here: what a page says.

A set of pages is a `Site`: its name and its navigation. Templates extend `shell.html` and fill its block `main`; what
is put into them is escaped, so that what was delivered never becomes part of a page. The only style is the shell's own
sheet, allowed by its digest; a page has no script, no form that goes anywhere, no style attribute.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from orchestration.reports import formatting

_STYLE_SHEET = Path(__file__).parent / "page.css"


@dataclass(frozen=True)
class Site:
    """A set of pages that belong together."""

    name: str
    navigation: Sequence[tuple[str, str]]  # address from the set's folder, and what the link says
    about: str = ""  # what stands at the foot of every page
    packages: Sequence[str] = field(default=("orchestration.reports",))  # where its templates lie


@cache
def style() -> str:
    """The style sheet, as it stands in every page."""
    return _STYLE_SHEET.read_text(encoding="utf-8").strip()


@cache
def content_security_policy() -> str:
    """What a page may load: its own style, and pictures that stand in it."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def _templates(packages: tuple[str, ...]) -> Environment:
    loaders = [PackageLoader(package) for package in dict.fromkeys((*packages, "orchestration.reports"))]
    templates = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=formatting.visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.filters.update(formatting.FILTERS)
    # The sheet is ours and holds nothing that was delivered.
    templates.globals.update(style=Markup(style()), policy=content_security_policy())  # noqa: S704
    return templates


def page(site: Site, template: str, *, here: str, content: Mapping[str, Any]) -> str:
    """One page of a site. `here` is its address from the site's folder, as `rules/one.html`; links are made from it."""
    return _filled(site, template, here, {"deeper": 0, **content})


def part(site: Site, template: str, *, here: str, deeper: int, content: Mapping[str, Any]) -> Markup:
    """What stands in a page under a heading of its own, so with headings `deeper` levels down."""
    return Markup(_filled(site, template, here, {**content, "deeper": deeper}))  # noqa: S704  a template escaped it


def _filled(site: Site, template: str, here: str, content: Mapping[str, Any]) -> str:
    root = "../" * here.count("/")
    return _templates(tuple(site.packages)).get_template(template).render(site=site, here=here, root=root, **content)
