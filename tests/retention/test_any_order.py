"""Whatever is delivered, erased and delivered again, in whatever order: what was erased is nowhere.

A failure means that a forgotten incident or person came back, or that rows were lost that nobody asked to erase.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.landing.erasures import INCIDENT
from orchestration.retention import erasing
from tests.landing.room import Room
from tests.retention.world import INCIDENTS, made_file, settings_of, stored, subject_of, unaccounted

EXPORTS = ["saab_incidents", "saab_resource_status", "digital_contacts", "da_outcomes", "acd_segments"]
LINE = st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 3))
FILE = st.tuples(st.sampled_from(EXPORTS), st.lists(LINE, min_size=1, max_size=5), st.sampled_from(["", "_120000"]))
SUBJECTS = st.lists(st.integers(0, 6), min_size=1, max_size=2, unique=True)
# A step: deliver the next file, deliver an earlier one again under another name, forget the next subject, or run.
STEPS = st.lists(st.sampled_from(["deliver", "again", "forget", "land"]), min_size=4, max_size=10)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FILE, min_size=2, max_size=4), SUBJECTS, STEPS)
def test_what_was_erased_never_comes_back_and_the_order_does_not_matter(
    files: list[tuple[str, list[tuple[int, int, int]], str]], subjects: list[int], steps: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        room = Room(Path(name) / "some_order")
        first = Room(Path(name) / "erased_first")
        first.key_file = room.key_file
        for each in (room, first):  # something must be there before anything can be erased
            each.put("recruitment_20210901.csv", "MONTH,STAGE,COUNT\n2021-09,APPLIED,3\n")
            each.land()
        ours = settings_of(room)
        forgotten = [subject_of(ours, number) for number in subjects]
        for subject in forgotten:
            erasing.forget(settings_of(first), subject, reason="made up")

        waiting, asked, delivered = list(enumerate(files)), list(forgotten), []
        for step in [*steps, *(["deliver"] * len(files)), *(["forget"] * len(subjects)), "land"]:
            if step == "deliver" and waiting:
                number, (export, lines, suffix) = waiting.pop(0)
                delivered.append((number, export, made_file(export, lines)))
                for each in (room, first):
                    each.put(f"{number}/{export}_20210901{suffix}.csv", delivered[-1][2])
            elif step == "again" and delivered:
                number, export, content = delivered[len(steps) % len(delivered)]
                for each in (room, first):
                    each.put(f"again{number}/{export}_20210901_130000.csv", content)
            elif step == "forget" and asked:
                erasing.forget(ours, asked.pop(0), reason="made up")
            elif step == "land":
                room.land()
        first.land()

        found = stored(room)
        assert unaccounted(room) == []
        assert found == stored(first)
        everything = room.everything_stored()
        for subject in forgotten:
            assert subject.value.encode() not in everything
        kept = [each for number, each in enumerate(INCIDENTS) if number not in subjects]
        for name in kept:  # nobody asked for these
            in_files = any(name == row[index] for rows, index in _incident_rows(files) for row in rows)
            assert not in_files or name.encode() in everything
        assert all(subject.kind == INCIDENT or len(subject.value) == 16 for subject in forgotten)


def _incident_rows(files: list[tuple[str, list[tuple[int, int, int]], str]]) -> list[tuple[list[list[str]], int]]:
    """Good rows of the status export, by their incident: each of them stands somewhere."""
    return [
        ([[INCIDENTS[who]] for who, _, _ in lines], 0) for export, lines, _ in files if export == "saab_resource_status"
    ]
