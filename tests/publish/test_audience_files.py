"""The files of audiences across generations: what is shared, what is written anew, what a copied one needs."""

from __future__ import annotations

import grp
import os
import secrets
import shutil
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import EnvironmentProblem
from orchestration.publish import audience_files, generation
from orchestration.publish.audience_files import AudienceFile
from orchestration.publish.audiences import Audience
from orchestration.publish.generation import Generation, Table
from orchestration.settings import Settings
from tests.support import settings_for

HEREFORD = Audience(name="hereford", label="Hereford", areas=["HEREF"])
EVERYBODY = Audience(name="everybody", label="Everybody")
INCIDENTS = Table(
    "marts",
    "fct_incidents",
    {"incident_key": "VARCHAR", "area_code": "VARCHAR", "created": "DATE", "secret": "VARCHAR"},
    "created",
    restricted=False,
    restricted_columns=frozenset({"secret"}),
    area_where="area_code in ({areas})",
    description="Incidents.",
    column_descriptions={"area_code": "Where.", "secret": "What nobody knows."},
)
EVENTS = Table(
    "marts",
    "fct_events",
    {"incident_key": "VARCHAR", "happened": "DATE"},
    "happened",
    restricted=False,
    area_where="incident_key in (select incident_key from marts.fct_incidents where area_code in ({areas}))",
    area_moves="incident_key in (select incident_key from intermediate.int_affected_incidents)",
)
VIEW = Table("reports", "per_area", {"area_code": "VARCHAR", "n": "BIGINT"}, None, 0, restricted=False)
CLOSED = Table("marts", "closed", {"x": "VARCHAR"}, None)
REVEALING = Table("reports", "secrets", {"secret": "VARCHAR"}, None, 1, restricted=False)


@dataclass
class Room:
    """Generations written by hand, one after the other, as publishing writes them."""

    settings: Settings
    build: duckdb.DuckDBPyConnection
    tables: Sequence[Table] = (EVENTS, INCIDENTS, VIEW, REVEALING, CLOSED)

    def publish(self, name: str, audiences: Sequence[Audience], *, anew: dict[str, list[str]], also: str = "") -> Path:
        """A generation in which the months of `anew` are files of their own, the others those of the one before."""
        folder = self.settings.published / name
        folder.mkdir(parents=True)
        months: dict[str, dict[str, tuple[int, str]]] = {}
        with duckdb.connect(str(folder / "occ.duckdb")) as con:
            con.execute("create schema marts; create schema reports; create schema quality")
            con.execute(
                "create table quality.generations as select 'g' as generation, now() as published_at, 7 as secret"
            )
            for table in (EVENTS, INCIDENTS):
                (folder / table.name).mkdir()
                of_table = months.setdefault(table.full_name, {})
                for month in ("2021-08", "2021-09"):
                    file = folder / table.name / f"{month}.parquet"
                    if month in anew.get(table.name, []):
                        where = f"strftime({table.month_of}, '%Y-%m') = '{month}'"
                        self.build.execute(f"copy (from {table.full_name} where {where}) to '{file}' (format parquet)")
                    else:
                        generation.share(self.settings.published / "current" / table.name / file.name, file)
                    of_table[month] = (0, "")
                generation.month_view(con, table.full_name, folder, list(of_table))
            con.execute(
                "create view reports.per_area as select area_code, count(*) as n from marts.fct_incidents group by 1"
            )
            con.execute("create view reports.secrets as select secret from marts.fct_incidents")
            con.execute(also)
        made = Generation(name, "", "", "", [], 0, months, {})
        audience_files.write(self.settings, self.build, made, self.tables, audiences)
        generation.move_pointer(self.settings, name)
        return folder

    def ask(self, audience: str, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.settings.audience_db(audience)), read_only=True) as con:
            return con.execute(sql).fetchall()

    def inode(self, audience: str, file: str) -> int:
        return (audience_files.folder_of(self.settings, audience) / file).stat().st_ino


BOTH = ["2021-08", "2021-09"]
ALL = {"fct_incidents": BOTH, "fct_events": BOTH}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    build = duckdb.connect()
    build.execute("create schema marts; create schema intermediate")
    build.execute("create table intermediate.int_affected_incidents (incident_key varchar)")
    build.execute(
        "create table marts.fct_incidents as from (values ('a', 'HEREF', date '2021-08-31', 'x'), "
        "('b', 'TELF', date '2021-08-31', 'y'), ('c', 'HEREF', date '2021-09-30', 'z')) "
        "t (incident_key, area_code, created, secret)"
    )
    build.execute(
        "create table marts.fct_events as from (values ('a', date '2021-08-31'), ('b', date '2021-08-31'), "
        "('b', date '2021-09-01'), ('c', date '2021-09-30')) t (incident_key, happened)"
    )
    return Room(settings_for(tmp_path, tmp_path), build)


def test_an_audience_reads_its_part_with_descriptions_and_views(room: Room) -> None:
    room.publish("g1", [EVERYBODY, HEREFORD], anew=ALL)
    assert room.ask("everybody", "from reports.per_area order by 1") == [("HEREF", 2), ("TELF", 1)]
    assert room.ask("hereford", "select incident_key from marts.fct_events order by 1") == [("a",), ("c",)]
    assert room.ask("everybody", "select comment from duckdb_columns() where column_name = 'area_code'")[0] == (
        "Where.",
    )
    assert room.ask("everybody", "from quality.generations limit 0") == []
    described = AudienceFile.read(audience_files.folder_of(room.settings, "everybody"))
    assert (described.views, described.left_out) == (["reports.per_area"], ["reports.secrets"])
    assert described.rows == {"marts.fct_events": 4, "marts.fct_incidents": 3}
    assert [each.audience for each in audience_files.published(room.settings)] == ["everybody", "hereford"]


def test_a_month_that_did_not_change_is_shared_with_the_audiences_generation_before(room: Room) -> None:
    """Else publishing a day writes the history of every audience."""
    room.publish("g1", [EVERYBODY], anew=ALL)
    before = {month: room.inode("everybody", f"fct_incidents/{month}.parquet") for month in BOTH}
    room.publish("g2", [EVERYBODY], anew={"fct_incidents": ["2021-09"]})
    assert room.inode("everybody", "fct_incidents/2021-08.parquet") == before["2021-08"]
    assert room.inode("everybody", "fct_incidents/2021-09.parquet") != before["2021-09"]
    assert room.ask("everybody", "select count(*) from marts.fct_incidents") == [(3,)]
    described = AudienceFile.read(audience_files.folder_of(room.settings, "everybody"))
    assert described.rows["marts.fct_incidents"] == 3  # of shared months too


def test_no_month_is_shared_when_the_audience_reads_another_part_than_before(room: Room) -> None:
    """Areas were changed in audiences.yaml, or a column became restricted: what was read before must go."""
    room.publish("g1", [HEREFORD], anew=ALL)
    moved = HEREFORD.model_copy(update={"areas": ["TELF"]})
    room.publish("g2", [moved], anew={})
    assert room.ask("hereford", "select distinct area_code from marts.fct_incidents") == [("TELF",)]
    assert room.ask("hereford", "select distinct incident_key from marts.fct_events") == [("b",)]


def test_events_follow_their_incident_to_another_area(room: Room) -> None:
    """Its events did not change, so the data team's file of their month is the one it was."""
    room.publish("g1", [HEREFORD], anew=ALL)
    kept = room.inode("hereford", "fct_events/2021-08.parquet")
    room.build.execute("update marts.fct_incidents set area_code = 'TELF' where incident_key = 'c'")
    room.build.execute("insert into intermediate.int_affected_incidents values ('c')")
    room.publish("g2", [HEREFORD], anew={"fct_incidents": ["2021-09"]})
    assert room.ask("hereford", "select incident_key from marts.fct_events") == [("a",)]
    assert room.inode("hereford", "fct_events/2021-08.parquet") == kept


def test_no_byte_of_an_audiences_files_holds_what_was_planted(room: Room) -> None:
    """In a column that it does not read, in a row that it does not read, in a table of which it reads nothing: a copy
    from which these were taken out would hold them in its free pages."""
    planted = {name: "".join(secrets.choice(string.ascii_letters) for _ in range(40)) for name in ("c", "r", "t")}
    room.build.execute("update marts.fct_incidents set secret = ? where area_code = 'HEREF'", [planted["c"]])
    room.build.execute("insert into marts.fct_incidents values (?, 'TELF', date '2021-08-31', 's')", [planted["r"]])
    folder = room.publish("g1", [HEREFORD], anew=ALL, also=f"create table marts.closed as select '{planted['t']}' as x")
    mine = b"".join(path.read_bytes() for path in (folder / "audience").rglob("*") if path.is_file())
    assert [name for name, value in planted.items() if value.encode() in mine] == []
    of_data_team = [folder / "occ.duckdb", *folder.glob("*/*.parquet")]
    theirs = b"".join(path.read_bytes() for path in of_data_team)
    assert [name for name, value in planted.items() if value.encode() in theirs] == ["c", "r", "t"]


def test_nothing_is_shared_with_an_audience_that_was_taken_out_in_between(room: Room) -> None:
    room.publish("g1", [HEREFORD], anew=ALL)
    room.publish("g2", [], anew={})
    assert audience_files.published(room.settings) == []
    room.publish("g3", [HEREFORD], anew={})
    assert room.ask("hereford", "select count(*) from marts.fct_incidents") == [(2,)]


def test_the_views_of_a_generation_that_was_moved_name_their_files(room: Room, tmp_path: Path) -> None:
    room.publish("g1", [EVERYBODY], anew=ALL)
    elsewhere = settings_for(tmp_path / "elsewhere", tmp_path)
    shutil.copytree(room.settings.published, elsewhere.published, symlinks=True)
    shutil.rmtree(room.settings.published)
    for path in elsewhere.published.rglob("*"):
        path.chmod(0o700)
    audience_files.settle(elsewhere, "g1", [EVERYBODY])
    restored = Room(elsewhere, room.build)
    assert restored.ask("everybody", "from reports.per_area order by 1") == [("HEREF", 2), ("TELF", 1)]
    assert restored.ask("everybody", "select comment from duckdb_views() where view_name = 'fct_incidents'") == [
        ("Incidents.",)
    ]
    assert elsewhere.audience_db("everybody").stat().st_mode & 0o777 == 0o644


def test_an_audience_of_a_group_that_this_machine_does_not_have_is_told(room: Room) -> None:
    of_group = EVERYBODY.model_copy(update={"group": "no-such-group"})
    with pytest.raises(EnvironmentProblem, match="no-such-group, but there is no such group"):
        room.publish("g1", [of_group], anew=ALL)


def test_an_audience_of_a_group_is_closed_to_all_others(room: Room) -> None:
    of_group = EVERYBODY.model_copy(update={"group": grp.getgrgid(os.getgid()).gr_name})
    room.publish("g1", [of_group], anew=ALL)
    folder = audience_files.folder_of(room.settings, "everybody")
    assert (folder.stat().st_mode & 0o777, folder.stat().st_gid) == (0o750, os.getgid())
