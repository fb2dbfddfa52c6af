"""Figures in the documents are those that were measured: nobody types one in.

A failure means that README.md, docs/speed.md or docs/growth.svg says something else than docs/bench.json and
docs/bench-scale.json: run `make bench-tables`.
"""

from __future__ import annotations

from tests.floor import pages
from tests.scale.national import cost_at, fitted, size_within


def test_the_readme_says_what_was_measured() -> None:
    text = pages.README.read_text()
    assert pages.readme_with(text, pages.committed("bench"), pages.committed("bench-scale")) == text


def test_the_page_on_speed_says_what_was_measured() -> None:
    assert pages.page(pages.committed("bench"), pages.committed("bench-scale")) == pages.PAGE.read_text()


def test_the_growth_curve_is_drawn_from_what_was_measured() -> None:
    scale = pages.committed("bench-scale")
    assert pages.CHART.exists() == ("growth" in scale)
    if "growth" in scale:
        assert pages.digest(scale) in pages.CHART.read_text()


def test_no_measured_file_tells_where_it_was_measured() -> None:
    for path in (*pages.COMMITTED.values(), pages.PAGE):
        text = path.read_text() if path.exists() else ""
        assert "/tmp/" not in text
        assert "/home/" not in text


def test_a_curve_finds_the_law_behind_its_points() -> None:
    points = [(size, 12 + 40 * size**1.1) for size in (0.1, 0.3, 1, 3, 10)]
    fit = fitted(points)
    assert abs(fit["exponent"] - 1.1) < 0.01
    assert abs(fit["fixed"] - 12) < 0.5
    assert abs(size_within(fit, cost_at(fit, 7)) - 7) < 0.01
    assert fitted(points[:2]) == {}
    assert fitted([(0.1, 5.0), (0.2, 4.0), (0.3, 3.0)]) == {}
