"""Texts that would do harm where somebody's page, terminal, query or spreadsheet took them for more than text, and a
delivery that holds every one of them in every place a sender can write: cells, file names, column names, codes.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from tests.browser import people

# What a payload would do, were it to run; the page says so by this name.
HIT = "document.title='occ-was-here'"
_EVENTS = (
    *("onload", "onerror", "onclick", "onmouseover", "onfocus", "ontoggle", "onanimationstart", "onpointerenter"),
    *("onbegin", "onend", "onscroll", "onwheel", "oncopy", "onpaste", "onbeforeprint", "onhashchange"),
)
_ELEMENTS = (
    *("img src=x", "svg", "body", "input autofocus", "details open", "video src=x", "audio src=x", "iframe src=x"),
    *("object data=x", "marquee", "select autofocus", "textarea autofocus", "math", "style", "link rel=stylesheet"),
)
_TEMPLATES = (
    *(
        "{{7*7}}",
        "{{config}}",
        "{% for x in [] %}",
        "{%raw%}",
        "{# no #}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{{=7*7}}",
    ),
    *("[[7*7]]", "{{constructor.constructor('x')()}}", "{{''.__class__.__mro__}}", "{{ cycler.__init__.__globals__ }}"),
    *("$(id)", "`id`", "{0.__class__}", "%s%s%n", "%x%x", "{!r}", "@(1+1)", "*{7*7}", "~{x}", "__${7*7}__::.x"),
)
_FORMULAS = (
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("x","y")', "\t=1+1", "\r=1+1", "=DDE()"),
    *('=IMPORTXML("x","y")', "+cmd|'x'!A1", "-2+3+cmd|'x'!A0", "@x", "=1+1;", "＝1+1", "＋1", "－1", "＠x"),
)
_SQL = (
    *("'; drop table marts.fct_calls; --", "' or 1=1 --", '" or ""="', "1; attach 'x' as y", "') union select 1 --"),
    *("$$; select 1; $$", "/* x */", "--", "';copy (select 1) to 'x';--", "\\'; select 1", "read_csv('/etc/passwd')"),
    *("`x`", "x'||'y", "null", "NULL", "true", "NaN", "Infinity", "-0", "1e999", "0x41", "UNKNOWN", "OTHER"),
)
_PATHS = (
    *("../../etc/passwd", "..\\..\\x", "/etc/passwd", "file:///etc/passwd", "C:\\x", "\\\\host\\x", "%2e%2e%2f", "~/x"),
    *("con", "nul", "aux.csv", ".", "..", "-rf", "--help", "x;id", "x|id", "x&id", "$HOME", "*", "?", "[a-z]", "{a,b}"),
)
_INVISIBLE = (
    *("\u202eabc", "\u202dabc", "\u2066abc\u2069", "\u2067abc", "\u200babc", "a\u200db", "\ufeffabc", "\u00adabc"),
    *("\u061cabc", "\u200eabc", "\u200fabc", "\u2028abc", "\u2029abc", "\u0085abc", "\x0babc", "\x0cabc", "\x7fabc"),
    *("\x1b[31mabc", "\x1b]0;abc\x07", "\x1b[2J", "\x1b]8;;http://x\x1b\\y", "\x9b31m", "\x08\x08abc", "\x07", "\x1bc"),
    *("\ufdd0abc", "\U000e0041\U000e0042", "\ufff9abc\ufffb", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A", "ℌ𝔢𝔩𝔩𝔬", "👩‍👩‍👧‍👦", "ａｂｃ", "ﷺ", "İ", "ß"),
)
_MARKDOWN = (
    *("[x](javascript:1)", "![x](http://x.invalid/x)", "**x**", "# x", "> x", "| a | b |", "```x```", "<!-- x -->"),
    *(
        "[bold]x[/bold]",
        "[link=http://x.invalid]x[/link]",
        "[/]",
        "[red",
        ":smile:",
        "\\[x]",
        "&lt;b&gt;",
        "&#60;b&#62;",
    ),
    *("&#x3c;script&#x3e;", "&amp;lt;", "%3Cscript%3E", "\\u003cscript\\u003e", "\\x3cscript\\x3e", "+ADw-script+AD4-"),
)
_DRAWING = (
    *("datum.x", "datum['x']", "signal('x')", "expr: 1", "[object Object]", "__proto__", "constructor", "toString"),
    *("prototype", "a.b", "a[0]", "a\\.b", "url(x)", "url(javascript:1)", "expression(1)", "@import 'x'", "</style>x"),
    *("</svg>x", "]]>x", "<![CDATA[x]]>", "<!DOCTYPE x>", "<?xml?>", "<?php ?>", "<use href=x>", "xlink:href"),
)


def texts() -> list[str]:
    """At least 300 of them, each different, none a name or number of a person."""
    found = [
        *(f"<{element} {event}={HIT}>" for element, event in itertools.product(_ELEMENTS, _EVENTS[:7])),
        *(f'" {event}={HIT} x="' for event in _EVENTS),
        *(f"' {event}={HIT} x='" for event in _EVENTS),
        *(f"<scr{between}ipt>{HIT}</script>" for between in ("", "\x00", "\t", "/", "<script>")),
        f"<SCRIPT>{HIT}</SCRIPT>", f"</title><script>{HIT}</script>", f"</table></main><script>{HIT}</script>",
        f"--><script>{HIT}</script>", f"]]><script>{HIT}</script>", f"<svg><script>{HIT}</script></svg>",
        f"<a href=javascript:{HIT}>x</a>", f"javascript:{HIT}", f"data:text/html,<script>{HIT}</script>",
        f"<meta http-equiv=refresh content=0;url=javascript:{HIT}>", "<base href=http://x.invalid/>",
        "<link rel=prefetch href=http://x.invalid/x>", "<img src=http://x.invalid/x>", "<form action=http://x.invalid>",
        *_TEMPLATES, *_FORMULAS, *_SQL, *_PATHS, *_INVISIBLE, *_MARKDOWN, *_DRAWING,
        "x" * 10_000, "<b>" * 2_000, "(" * 3_000, "\\" * 500, '"' * 501, "'" * 501, "a\nb", "a\r\nb", "a\tb", " ", "​",
    ]  # fmt: skip
    return list(dict.fromkeys(found))


_VALUE = re.compile(r"[\d.:/ TZ+-]+$")  # a number or a time: where a text instead is only ever a row set aside


def everything() -> list[str]:
    """The texts, and people: what must not come out at all goes in the same way as what must come out as text."""
    return [*texts(), *people.texts()]


def rows(header: list[str], honest: list[list[str]]) -> Iterator[list[str]]:
    """For each text a row with it in every place for words, each place another text; and one with it everywhere."""
    all_texts = everything()
    for number, text in enumerate(all_texts):
        row = list(honest[number % len(honest)])
        words = [place for place, cell in enumerate(row) if not _VALUE.match(cell) or not cell]
        for turn, place in enumerate(words):
            row[place] = all_texts[(number + 37 * turn) % len(all_texts)]
        yield row
        yield [text] * len(header)


def spoil(landing: Path) -> None:
    """Into clean exports: such rows at the end of a file of each export, such columns, and files of such names."""
    last: dict[str, Path] = {}
    for path in sorted(landing.rglob("*.csv")):
        last[re.sub(r"_\d{8}.*", "", path.name)] = path
    for path in last.values():
        _add_rows(path)
    named_columns = [path for path in sorted(landing.rglob("*.csv")) if path not in last.values()][:12]
    for number, path in enumerate(named_columns):
        _add_columns(path, everything()[number::12])
    for text in everything():
        _write(landing / "odd", text)


def _add_rows(path: Path) -> None:
    header, *honest = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows(header, honest))


def _add_columns(path: Path, names: list[str]) -> None:
    header, *honest = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*header, *names], *([*row, *names] for row in honest)])


def _write(folder: Path, name: str) -> None:
    """A file of that name, so far as a file system lets anybody name one so."""
    folder.mkdir(exist_ok=True)
    plain = name.replace("/", "∕").replace("\x00", "")[:120].encode()[:240].decode(errors="ignore")
    if plain.strip(". "):
        (folder / f"{plain}.csv").write_text(
            f"TEXT\n{name.splitlines()[0] if name.strip() else name}\n", encoding="utf-8"
        )
