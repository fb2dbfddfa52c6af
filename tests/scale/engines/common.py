"""What every engine is told, and how it answers. Standard library only: it runs in the engines' own environments."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

SEGMENT_COLUMNS = (
    "CALL_ID", "SEGMENT", "SEG_START", "SEG_END", "DIALLED", "QUEUE", "DISPOSITION", "IVR_SECS", "QUEUE_SECS",
    "RING_SECS", "TALK_SECS", "HOLD_SECS", "WRAP_SECS", "AGENT_ID", "TEAM", "CLI", "WRAP_CODE",
)  # fmt: skip
WHOLE_NUMBERS = frozenset({"SEGMENT", *(name for name in SEGMENT_COLUMNS if name.endswith("_SECS"))})
INCIDENT_COLUMNS = (
    "INC_REF", "CREATED", "RECORDED", "SOURCE", "CALL_REF", "OPEN_CODE", "CLOSE_CODE", "QUALIFIERS", "GRADE_INIT",
    "GRADE_CURR", "LPA", "BEAT", "URBAN", "THRIVE_RISK", "DA_FLAG", "REPEAT_VICTIM", "BACK_RECORD", "LINKED_TO",
    "STATUS", "CLOSED", "LAST_UPDATED",
)  # fmt: skip
INCIDENT_TIMES = frozenset({"CREATED", "RECORDED", "CLOSED", "LAST_UPDATED"})
MORE_OF_VERSION_6 = ("AT_SCENE", "PNC")  # its first 21 columns mean what those of version 5 do
AT_SCENE = "AT_SCENE"
LOCAL_FORMAT = "%d/%m/%Y %H:%M:%S"
TEN_SECONDS, THIRTY_SECONDS = ("999", 10), ("101", 30)


class Work(NamedTuple):
    """What is to be done, and with how many threads."""

    segments: list[tuple[str, str]]  # path and day (ISO 8601)
    incidents_5: list[str]
    incidents_6: list[str]
    measuring: list[tuple[str, str]]  # line and queue; the line OTHER measures in any
    outcomes: dict[str, str]  # disposition to the outcome that it means for a last segment
    admin_categories: list[str]
    threads: int
    scratch: str

    def values(self, rows: Iterable[tuple[str, str]]) -> str:
        """Pairs of texts as the rows of a SQL `values` list."""
        return ", ".join(f"('{one}', '{other}')" for one, other in rows)

    @property
    def admin(self) -> str:
        """The categories as a SQL list."""
        return ", ".join(f"'{code}'" for code in self.admin_categories)


Answer = dict[str, float]  # `indicator|month|line or area` to a figure


def main(work: Callable[[Work], Answer]) -> None:
    """Read what is to be done, do it, write what was found: `python on_<engine>.py TASK.json OUT.json`."""
    task, out = (Path(each) for each in sys.argv[1:3])
    say("starting")
    told = json.loads(task.read_text())
    told["segments"] = [tuple(each) for each in told["segments"]]
    told["measuring"] = [tuple(each) for each in told["measuring"]]
    found = work(Work(**told))
    say("ending")
    out.write_text(json.dumps(found))


def say(stage: str) -> None:
    """Name the stage that begins: who measures listens on standard error."""
    print(stage, file=sys.stderr, flush=True)


def answer_of(calls: Iterable[Iterable[Any]], incidents: Iterable[Iterable[Any]]) -> Answer:
    """Figures by name, from rows in a fixed order.

    calls: month, line, presented, offered, answered, within 10 s, within 30 s, waited seconds, median, ninth decile.
    incidents: month, area, count.
    """
    found: Answer = {}
    names = ("calls_presented", "calls_offered", "calls_answered")
    for month, line, *figures in calls:
        key = f"{_month(month)}|{line}"
        for name, figure in zip(names, figures, strict=False):
            if figure:
                found[f"{name}|{key}"] = float(figure)
        answered, within_10, within_30, waited, median, decile = figures[2:]
        if not answered:
            continue
        for name, figure in (
            ("calls_wait_mean", float(waited)),  # the seconds waited by all: what the mean is made from
            ("calls_wait_median", float(median)),
            ("calls_wait_p90", float(decile)),
        ):
            found[f"{name}|{key}"] = figure
        if str(line) == "999":
            found[f"calls_999_within_10s|{key}"] = float(within_10)
        if str(line) == "101":
            found[f"calls_101_within_30s|{key}"] = float(within_30)
    for month, area, count in incidents:
        found[f"incidents_created|{_month(month)}|{area}"] = float(count)
    return found


def _month(value: Any) -> str:
    return str(value)[:7]


def opened(path: str) -> Any:
    """A delivered file as a stream of bytes, unpacked."""
    return gzip.open(path, "rb") if path.endswith(".gz") else Path(path).open("rb")
