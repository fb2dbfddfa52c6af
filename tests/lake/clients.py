"""People at work on one lake, each a process of its own: `python -m tests.lake.clients WHAT NAME`.

The lake is what the environment says. A writer writes tables of its own and one that all write, in one transaction; a
reader looks whether what it sees belongs together.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from orchestration.lake import place
from orchestration.settings import Settings

ROUNDS = 12


def write(name: str) -> None:
    """Tables of one's own made and changed; a row for each round in the table of all; two tables kept equal."""
    with duckdb.connect() as con:
        lake = place.lake_of(Settings.from_environment())
        place.attach(con, lake, schemas=[name])
        for number in range(ROUNDS):
            con.execute("begin")
            con.execute(
                f"create or replace table lake.{name}.mine as select range as n from range({number + 1} * 1000)"
            )
            con.execute("insert into lake.shared.rounds values (?, ?)", [name, number])
            con.execute(f"create or replace view lake.{name}.sums as select sum(n) as total from lake.{name}.mine")
            con.execute("commit")


def read(name: str) -> None:
    """Until `NAME.stop` is there: what one query sees belongs together. Prints how many looks were taken."""
    stop, looks = Path(f"{name}.stop"), 0
    with duckdb.connect() as con:
        place.attach_to_read(con, place.lake_of(Settings.from_environment()))
        while not stop.exists() or not looks:
            con.execute("begin")
            for writer in ("ann", "ben", "cat"):
                rounds = con.execute("select count(*) from lake.shared.rounds where who = ?", [writer]).fetchall()[0][0]
                if rounds:
                    count = con.execute(f"select count(*) from lake.{writer}.mine").fetchall()[0][0]
                    total = con.execute(f"select total from lake.{writer}.sums").fetchall()[0][0]
                    assert count == rounds * 1000, (writer, rounds, count)
                    assert total == count * (count - 1) // 2
            con.execute("commit")
            looks += 1
    print(looks)


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
