"""Files for other tools: no text of a caller, an officer or a vandal acts on who opens them; numbers stay numbers."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from orchestration.errors import UsageProblem
from orchestration.publish import csv_files, excel, files, publish_log
from orchestration.publish.generation import Generation
from orchestration.publish.harmless import SIGNS, taken_back
from orchestration.settings import Settings
from tests.support import occ, settings_for

HOSTILE = [
    "=1+1", "+44 1905 000000", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u3000＝1", "\ufeff=1",
    "\u200b@x", "＝HYPERLINK(1)", "－1", "\x00=1", "'", "'=1", "''", "=cmd|' /C calc'!A0", "plain", "", " ", "1e5",
    "007", 'a"b', "a,b", "a;b", "a\nb", "a\r\nb", "<r>bold</r>", "<r><t>x</t></r>", "<r>&</r>", "_x0041_",
    "\x01\x0b\x1f", "\ufffe\uffff", "http://example.org", "mailto:a@b.example", "\U0001f600", "é", "&lt;", "]]>",
]  # fmt: skip
TEXTS = st.text() | st.text(alphabet=[*SIGNS, *"' \t\r\n\u00a0\u200b\ufeff;,\"<>&_x0041ra/"]) | st.sampled_from(HOSTILE)
GENERATION = Generation("20211201T060000Z", "2021-12-01T06:00:00+00:00", "abc", "v1", [], 0, {}, {})


def source(con: duckdb.DuckDBPyConnection, folder: Path, audience: str | None = None) -> files.Source:
    chosen, left_out = files._chosen(con, [], None)
    return files.Source(con, folder, GENERATION, audience, chosen, left_out)


def with_texts(texts: Sequence[str | None]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute("create schema marts")
    con.execute("create table marts.t (place integer, said varchar, said_too varchar[])")
    con.executemany("insert into marts.t values (?, ?, ?)", [(at, text, [text]) for at, text in enumerate(texts)])
    return con


def written_csv(con: duckdb.DuckDBPyConnection, folder: Path) -> str:
    opened = source(con, folder)
    csv_files.write(opened, opened.tables[0], folder, None)
    return (folder / "marts.t.csv").read_bytes().decode("utf-8-sig")


def written_excel(con: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    target = folder / "t.xlsx"
    target.unlink(missing_ok=True)
    excel.write(source(con, folder), target)
    return target


def acts(cell: str) -> bool:
    """Whether some spreadsheet takes the cell for a formula: judged apart from the pattern that the project uses."""
    if cell[:1] in {"\t", "\r", "\n"}:
        return True
    seen = next((sign for sign in cell if unicodedata.category(sign)[0] not in "ZC" and not sign.isspace()), "")
    return unicodedata.normalize("NFKC", seen)[:1] in {"=", "+", "-", "@", "−"} and seen != ""


# --- CSV ------------------------------------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=30))
def test_no_text_of_a_csv_file_acts_and_each_can_be_had_back(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with with_texts(texts) as con:
        written = written_csv(con, tmp_path_factory.mktemp("csv"))
    header, *rows = csv.reader(io.StringIO(written, newline=""))
    assert header == ["place", "said", "said_too"]
    assert [taken_back(said) for _, said, _ in rows] == texts
    assert [json.loads(taken_back(said)) for _, _, said in rows] == [[text] for text in texts]
    assert not [cell for row in rows for cell in row[1:] if acts(cell)]


def test_the_texts_that_are_known_to_act_do_not(tmp_path: Path) -> None:
    with with_texts(HOSTILE) as con:
        written = written_csv(con, tmp_path)
    cells = [said for _, said, _ in list(csv.reader(io.StringIO(written, newline="")))[1:]]
    assert [cell for cell in cells if acts(cell)] == []
    assert [taken_back(cell) for cell in cells] == HOSTILE
    unchanged = {text for text, cell in zip(HOSTILE, cells, strict=True) if text == cell}
    assert {"plain", "1e5", "007", "a;b", "é", "", "http://example.org"} <= unchanged


def test_every_form_of_a_sign_is_known() -> None:
    """A character that Unicode makes alike with a sign, and that the list misses, is a formula in some spreadsheet."""
    alike = {chr(code) for code in range(0x110000) if unicodedata.normalize("NFKC", chr(code))[:1] in {*"=+-@"}}
    assert alike - {""} <= set(SIGNS)


NUMBERS = """
select * from (values
    (-1::bigint, -0.5::double, -12.3400::decimal(18, 4), date '2021-12-01', timestamptz '2021-10-31 01:30:00.25+01',
     timestamp '2021-12-01 06:00:00', time '23:30:00', true),
    (9007199254740993, 1e-7, 0.0001, date '1899-12-31', timestamptz '2021-12-01 06:00:00Z',
     timestamp '9999-12-31 00:00:00', time '00:00:00', false),
    (null, '-inf'::double, null, '-infinity'::date, null, null, null, null)
) as t (whole, share, amount, on_date, happened_at, happened_at_local, at_time, is_so)
"""


def with_numbers() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute("create schema marts")
    con.execute(f"create table marts.t as {NUMBERS}")
    return con


def test_numbers_of_a_csv_file_stay_numbers_and_nothing_stays_nothing(tmp_path: Path) -> None:
    with with_numbers() as con:
        rows = written_csv(con, tmp_path).splitlines()
    assert rows[1:] == [
        "-1,-0.5,-12.3400,2021-12-01,2021-10-31 00:30:00.25Z,2021-12-01 06:00:00,23:30:00,true",
        "9007199254740993,1e-07,0.0001,1899-12-31,2021-12-01 06:00:00Z,9999-12-31 00:00:00,00:00:00,false",
        ",,,,,,,",
    ]


def test_an_empty_text_is_not_the_same_as_none(tmp_path: Path) -> None:
    with with_texts(["", None]) as con:
        assert re.findall(r"^\d,(.*?),", written_csv(con, tmp_path), flags=re.MULTILINE) == ['""', ""]


def test_pandas_polars_and_duckdb_read_the_same_from_a_csv_file(tmp_path: Path) -> None:
    texts = ["=1", "a,b", 'say "no"', "two\nlines", "é"]
    with with_texts(texts) as con:
        written_csv(con, tmp_path)
    path = tmp_path / "marts.t.csv"
    said = ["'=1", *texts[1:]]
    assert pd.read_csv(path)["said"].tolist() == said
    assert pl.read_csv(path)["said"].to_list() == said
    assert [row[0] for row in duckdb.sql(f"select said from read_csv('{path}') order by place").fetchall()] == said
    assert pd.read_csv(path).columns[0] == pl.read_csv(path).columns[0] == "place"


# --- Excel ----------------------------------------------------------------------------------------------------------
def cells(path: Path, sheet: str = "t") -> list[list[Any]]:
    """Cells of a sheet, without its headings."""
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in row] for row in book[sheet].iter_rows(min_row=2)]


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=30))
def test_no_text_of_a_workbook_acts_and_each_reads_as_it_was(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with with_texts(texts) as con:
        path = written_excel(con, tmp_path_factory.mktemp("excel"))
    _has_nothing_that_acts(path)
    # openpyxl turns line ends of mark-up into \n, as XML asks; xlsxwriter writes a return so that it stays.
    assert [unescape(said or "") for _, said, _ in cells(path)] == texts


def test_the_known_texts_do_not_act_in_a_workbook(tmp_path: Path) -> None:
    with with_texts(HOSTILE) as con:
        path = written_excel(con, tmp_path)
    _has_nothing_that_acts(path)
    assert [unescape(said or "") for _, said, _ in cells(path)] == HOSTILE


def _has_nothing_that_acts(path: Path) -> None:
    """No formula, no link, no text that became a number, and every part is XML that parses."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            root = ElementTree.fromstring(archive.read(name))
            tags = {element.tag.rpartition("}")[2] for element in root.iter()}
            assert not tags & {"f", "hyperlink", "hyperlinks", "b"} or name == "xl/styles.xml", name
            targets = [element.get("TargetMode") for element in root.iter() if element.tag.endswith("Relationship")]
            assert "External" not in targets
    sheet = openpyxl.load_workbook(path)["t"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, min_col=2) for cell in row if cell.value} <= {"s", "n"}
    assert not [cell for row in sheet.iter_rows(min_row=2, min_col=2) for cell in row if cell.data_type == "f"]


def test_numbers_and_dates_of_a_workbook_are_numbers_and_dates(tmp_path: Path) -> None:
    with with_numbers() as con:
        path = written_excel(con, tmp_path)
    first, second, *rest = cells(path)
    assert first == [
        -1, -0.5, -12.34, datetime(2021, 12, 1), datetime(2021, 10, 31, 0, 30, 0, 250000), datetime(2021, 12, 1, 6),
        time(23, 30), True,
    ]  # fmt: skip
    assert second[:4] == ["9007199254740993", 1e-7, 0.0001, "1899-12-31"], "what Excel cannot hold exactly is a text"
    assert second[7] is False
    assert rest[0][1] == "-inf"


def test_a_table_longer_than_a_sheet_goes_on_in_further_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "SHEET_ROWS", 4)
    with with_texts([str(number) for number in range(9)]) as con:
        book = openpyxl.load_workbook(written_excel(con, tmp_path))
    sheets = [name for name in book.sheetnames if name.startswith("t")]
    assert sheets == ["t", "t (2)", "t (3)"]
    assert [book[name]["A1"].value for name in sheets] == ["place"] * 3
    assert [cell.value for name in sheets for cell in book[name]["A"][1:]] == list(range(9))


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    with with_texts(["\U0001f600" * 20_000, "x" * 32_767]) as con:
        cut, whole = (row[1] for row in cells(written_excel(con, tmp_path)))
    assert cut.startswith("\U0001f600" * 10)
    assert cut.endswith("… (cut: Excel holds no longer text)")
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert whole == "x" * 32_767


@given(
    names=st.lists(
        st.tuples(st.sampled_from(["marts", "reports"]), st.text(st.sampled_from("abAB_'[]:*?/\\"), min_size=1)),
        unique=True,
    )
)
def test_excel_takes_the_name_of_every_sheet(names: list[tuple[str, str]]) -> None:
    tables = [files.SourceTable(schema, name, {}, "", {}, 0) for schema, name in names]
    sheets = list(excel.sheet_names(tables).values())
    assert len({sheet.lower() for sheet in sheets}) == len(tables)
    assert all(re.fullmatch(r"[^\[\]:*?/\\']{1,27}", sheet) for sheet in sheets)


def test_a_workbook_says_what_it_is(small_warehouse: Settings, tmp_path: Path) -> None:
    """Whoever is sent the workbook alone must see which figures these are and what their states mean."""
    target = tmp_path / "figures.xlsx"
    tables = ["--table", "metrics.kpi_signals", "--table", "marts.dim_areas"]
    said = occ(small_warehouse, ["publish", "--to", f"excel:{target}", *tables])
    assert said.returncode == 0, said.stderr
    book = openpyxl.load_workbook(target, read_only=True)
    assert book.sheetnames == ["About", "Columns", "kpi_signals", "dim_areas"]
    about = [[cell for cell in row if cell] for row in book["About"].iter_rows(values_only=True)]
    lines = {str(row[0]): [str(cell) for cell in row[1:]] for row in about if row}
    assert lines["Generation"] == [small_warehouse.current_db.resolve().parent.name]
    assert {"State NOT_AVAILABLE", "State DISRUPTED", "State PARTIAL", "State OK"} <= lines.keys()
    assert "10 s" in " ".join(lines["calls_999_within_10s"])
    described = {row[1]: row[3] for row in book["Columns"].iter_rows(min_row=2, values_only=True)}
    assert all(described[column] for column in ("centre", "lower_limit", "area_code"))
    refused = occ(small_warehouse, ["publish", "--to", f"excel:{target}", *tables])
    assert (refused.returncode, "is there already" in refused.stderr) == (2, True)


# --- folders --------------------------------------------------------------------------------------------------------
@pytest.fixture
def published(tmp_path: Path) -> Settings:
    """A generation of two small tables, and an audience that may read one of them."""
    settings = settings_for(tmp_path, tmp_path)
    folder = settings.published / GENERATION.generation
    for place, tables in ((folder, ("areas", "secrets")), (folder / "audience" / "board", ("areas",))):
        place.mkdir(parents=True)
        with duckdb.connect(str(place / "occ.duckdb")) as con:
            con.execute("create schema marts")
            for table in tables:
                con.execute(f"create table marts.{table} as select '={table}' as code, -1 as number")
    (folder / "generation.json").write_text(json.dumps(GENERATION.__dict__))
    (settings.published / "current").symlink_to(folder.name)
    return settings


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_audience_gets_its_own_tables_and_never_the_folder_of_another(
    kind: str, published: Settings, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    all_of_it = files.publish_files(published, f"{kind}:{ours}")
    part = files.publish_files(published, f"{kind}:{theirs}", audience="board")
    assert (set(all_of_it.rows), set(part.rows)) == ({"marts.areas", "marts.secrets"}, {"marts.areas"})
    assert not [path for path in theirs.rglob("*") if "secrets" in path.name or b"secrets" in _bytes(path)]
    assert {path.stat().st_mode & 0o777 for path in ours.rglob("*") if path.is_file()} == {0o640}
    assert {path.stat().st_mode & 0o777 for path in theirs.rglob("*") if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in (ours, theirs)} == {0o751, 0o755}
    with pytest.raises(UsageProblem, match="for the data team; name another folder"):
        files.publish_files(published, f"{kind}:{ours}", audience="board")
    with pytest.raises(UsageProblem, match="no audience council; it has: board"):
        files.publish_files(published, f"{kind}:{theirs}", audience="council")
    logged = [json.loads(line) for line in publish_log.file(published).read_text().splitlines()]
    assert [(line["kind"], line["to"], line["audience"], line["tables"], line["outcome"]) for line in logged] == [
        (kind, str(ours), None, 2, "PUBLISHED"),
        (kind, str(theirs), "board", 1, "PUBLISHED"),
        (kind, str(ours), "board", 0, "STOPPED"),
        (kind, str(theirs), "council", 0, "STOPPED"),
    ]


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_a_folder_is_replaced_in_one_step_and_keeps_what_readers_have_open(published: Settings, tmp_path: Path) -> None:
    target = tmp_path / "bi"
    for _ in range(3):
        files.publish_files(published, f"csv:{target}")
    names = sorted(path.name for path in target.iterdir())
    assert names == ["20211201T060000Z-2", "20211201T060000Z-3", "current"]
    assert (target / "current").resolve().name == "20211201T060000Z-3"


def test_a_folder_with_other_files_is_refused_and_left_alone(published: Settings, tmp_path: Path) -> None:
    target = tmp_path / "documents"
    target.mkdir()
    (target / "thesis.docx").write_text("years of work")
    with pytest.raises(UsageProblem, match="holds other files"):
        files.publish_files(published, f"csv:{target}")
    assert [path.name for path in target.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("csv:", "names no place"),
        ("csv:/nowhere/at/all", "There is no folder /nowhere/at"),
        ("excel:/nowhere/at/all.xlsx", "There is no folder /nowhere/at"),
        ("excel:figures.xls", r"does not end in \.xlsx"),
    ],
)
def test_a_target_that_cannot_be_written_is_said(to: str, said: str, published: Settings) -> None:
    with pytest.raises(UsageProblem, match=said):
        files.publish_files(published, to)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--single-file", "/nowhere/at/all.duckdb"], "There is no folder /nowhere/at"),
        (["--to", "host=db.example password=hidden"], "--to names none of postgresql://, csv:FOLDER"),
        (["--single-file", "{folder}/one.duckdb", "--table", "marts.areas"], "--single-file takes every table"),
    ],
)
def test_what_cannot_be_published_to_is_said_without_a_password(
    arguments: list[str], said: str, published: Settings, tmp_path: Path
) -> None:
    ended = occ(published, ["publish", *(each.format(folder=tmp_path) for each in arguments)])
    assert ended.returncode == 2
    assert ended.stderr.startswith(said)
    assert "hidden" not in ended.stderr
    assert not (tmp_path / "one.duckdb").exists()


def test_a_table_that_is_not_there_is_said_with_those_that_sound_like_it(published: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"no published table marts\.area; did you mean marts\.areas"):
        files.publish_files(published, f"csv:{tmp_path / 'bi'}", ["marts.area"])
