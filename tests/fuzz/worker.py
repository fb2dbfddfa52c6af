"""The process that lands spoiled files: apart from the fuzzer, so that it can be measured, and killed when it hangs.

What belongs here: one landing run over a folder, and what it left in the store. No judgement.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.fuzz.honest import CALLER
from tests.landing.room import Room

_FILES = """
with
bad as (
    select delivery_id, count(distinct row_number) as bad_rows from landing.quarantined_rows group by 1
)
select
    path, is_quarantined, duplicate_of is not null as is_duplicate, rows_read, rows_quarantined, reason,
    coalesce(bad_rows, 0) as bad_rows, content_no, export, is_counted
from landing.deliveries left join bad using (delivery_id)
"""
_LEAKS = f"""
select count(*) from landing.quarantined_values
where concat_ws(' ', column_name, value, reason, raw_row) like '%{CALLER}%'
"""


@dataclass
class Landed:
    """What became of a folder."""

    files: list[dict[str, Any]]
    ignored: list[str]
    unreadable: list[str]
    still_growing: list[str]
    leaks: int  # quarantined values that hold a caller's number
    peak_mib: int  # of resident memory while landing, over what the process held before


def land_folder(room_folder: Path) -> Landed:
    """Land `room_folder`/landing into a warehouse beside it."""
    room = Room(room_folder)
    before = _reset_peak()
    result = room.land()
    peak = _memory("VmHWM") - before
    with room.database() as con:
        cursor = con.execute(_FILES)
        names = [column[0] for column in cursor.description or []]
        files = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        for file in files:
            file["stored"] = 0
            if file["is_counted"]:
                sql = f"select count(*) from landing.{file['export']} where _content_no = ?"
                file["stored"] = con.execute(sql, [file["content_no"]]).fetchall()[0][0]
        leaks = con.execute(_LEAKS).fetchall()[0][0]
    return Landed(files, result.ignored, result.unreadable, result.still_growing, leaks, peak)


class Worker:
    """One process that lands folder after folder; a new one after a crash or a hang."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._line: Connection | None = None

    def land(self, room_folder: Path, seconds: float) -> Landed | str:
        """What became of the folder, or in one word what became of the process: `hang`, or `crash` and why."""
        if self._process is None:
            self._start()
        assert self._line is not None
        try:
            self._line.send(room_folder)
            if not self._line.poll(seconds):
                self.stop()
                return "hang"
            answer: Landed | str = self._line.recv()
        except (EOFError, OSError):
            self.stop()
            return "crash: the process died"
        return answer

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._line = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()


def _serve(line: Connection) -> None:
    while True:
        try:
            folder = line.recv()
        except EOFError:
            return
        try:
            line.send(land_folder(folder))
        except Exception as error:  # to be reported as a crash, whatever it is
            line.send(f"crash: {type(error).__name__}: {error}")


def _reset_peak() -> int:
    """Memory held now, in MiB; the highest mark is set back to it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _memory("VmHWM")  # not this kernel: the mark only rises, and the figure is too low
    return _memory("VmRSS")


def _memory(field: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) >> 10
