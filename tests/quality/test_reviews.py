"""The reviews file: what is written by hand survives, what cannot be used is said with its place, nobody is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.errors import UsageProblem
from orchestration.quality import reviews
from orchestration.quality.reviews import Entry, Reviews

TODAY = date(2026, 11, 23)
BY_HAND = """\
# Agreed in the meeting of 20 November.

- rule: calls_wait_known   # the menu
  state: accepted
  by: "A. Reviewer"
  reason: >
    The menu loses waits of a few calls;
    the supplier is told.
  reviewed_on: 2026-11-20
  expires_on: 2027-01-31
"""


def _entry(rule: str = "diary_status_known", state: str = "known", day: date = TODAY, days: int = 30) -> Entry:
    return Entry.model_validate(
        {
            **{
                "rule": rule,
                "state": state,
                "by": "B. Reviewer",
                "reason": "It is worked on.",
                "reviewed_on": day,
            },
            "expires_on": None if state == "withdrawn" else day + timedelta(days=days),
        }
    )


def _standings(*entries: Entry, today: date = TODAY) -> list[tuple[str, str]]:
    return [(each.entry.state, each.standing) for each in Reviews(entries=list(entries)).standings(today)]


def test_what_people_wrote_stays_byte_for_byte_when_an_entry_is_added(tmp_path: Path) -> None:
    path = tmp_path / "reviews.yaml"
    path.write_text(BY_HAND.rstrip("\n"))
    reviews.add(path, _entry())
    assert path.read_text().startswith(BY_HAND)
    found = reviews.read(path, TODAY)
    assert [entry.rule for entry in found.entries] == ["calls_wait_known", "diary_status_known"]
    assert found.entries[0].reason == "The menu loses waits of a few calls; the supplier is told."
    assert found.problems == []


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_ends_of_lines_stay_as_the_file_has_them(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "reviews.yaml"
    path.write_bytes(BY_HAND.replace("\n", ending).encode())
    reviews.add(path, _entry())
    content = path.read_bytes()
    assert content.count(b"\r\n") == (content.count(b"\n") if ending == "\r\n" else 0)
    assert len(reviews.read(path, TODAY).entries) == 2


def test_a_new_file_says_what_it_is_and_a_link_into_a_checkout_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    link = tmp_path / "reviews.yaml"
    link.symlink_to(tmp_path / "checkout" / "reviews.yaml")
    reviews.add(link, _entry())
    assert link.is_symlink()
    assert (tmp_path / "checkout" / "reviews.yaml").read_text().startswith("# What reviewers said")


def test_reviewers_at_the_same_time_do_not_lose_each_others_entries(tmp_path: Path) -> None:
    path = tmp_path / "reviews" / "reviews.yaml"
    rules = [f"rule_{number:02}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda rule: reviews.add(path, _entry(rule)), rules))
    assert sorted(entry.rule for entry in reviews.read(path, TODAY).entries) == rules
    assert [file.name for file in path.parent.iterdir() if file.suffix not in {".yaml", ".lock"}] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]\n", "cannot be added to"),
        ("{rule: x}\n", "must be a list of entries"),
        ("- rule: [\n", "it is not YAML (line 2, column 1)"),
        ("  - rule: calls_wait_known\n", "cannot be added to"),
    ],
)
def test_a_file_that_cannot_be_added_to_is_left_as_it_is(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "reviews.yaml"
    path.write_text(content)
    with pytest.raises(UsageProblem) as raised:
        reviews.add(path, _entry())
    assert said in str(raised.value)
    assert "Nothing was changed" in str(raised.value)
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("state: accepted", "state: okay"), "state: Input should be 'accepted', 'known', 'fixed' or 'withdrawn'"),
        (("2027-01-31", "2026-11-01"), "expires_on lies before reviewed_on"),
        (("2027-01-31", "2028-01-31"), "expires_on lies more than 366 days after reviewed_on"),
        (("2027-01-31", "2027-02-30"), "day"),
        (("  expires_on: 2027-01-31\n", ""), "expires_on is missing"),
        (('by: "A. Reviewer"', "by: a@b.example.org"), "by: holds what looks like a telephone number or an e-mail"),
        (("is told.", "is told on 07700 900123."), "reason: holds what looks like a telephone number"),
        (("state: accepted", "stat: accepted"), "stat: is no field of an entry"),
        (("state: accepted", "state: accepted\n  state: known"), "state is said twice"),
        (("2026-11-20", "2026-11-24"), "reviewed_on lies after today"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_used_is_said_with_file_entry_and_line_and_the_others_hold(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = tmp_path / "reviews.yaml"
    reviews.add(path, _entry())
    path.write_text(path.read_text() + "\n" + BY_HAND.replace(*change))
    found = reviews.read(path, TODAY)
    assert [entry.rule for entry in found.entries] == ["diary_status_known"]
    (problem,) = found.problems
    assert problem.place == "reviews.yaml, entry 2 (line 15)"
    assert said in problem.problem
    assert "07700" not in problem.problem


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: &a [*a]\n", b"- " * 3000, b"just words\n", b"\x00"])
def test_a_file_that_is_no_list_of_reviews_is_a_problem_and_never_an_exception(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "reviews.yaml"
    path.write_bytes(content)
    found = reviews.read(path, TODAY)
    assert found.entries == []
    assert found.problems


def test_of_several_reviews_of_a_rule_the_last_counts_until_it_expires_or_is_withdrawn() -> None:
    first, second = _entry(day=TODAY - timedelta(days=9)), _entry(state="accepted", days=5)
    assert _standings(first) == [("known", "IN_FORCE")]
    assert _standings(first, second) == [("known", "REPLACED"), ("accepted", "IN_FORCE")]
    assert _standings(second, first) == [("known", "REPLACED"), ("accepted", "IN_FORCE")]  # by day, wherever they stand
    assert _standings(first, second, today=TODAY + timedelta(days=5))[1] == ("accepted", "IN_FORCE")
    assert _standings(first, second, today=TODAY + timedelta(days=6))[1] == ("accepted", "EXPIRED")
    assert _standings(first, _entry(state="withdrawn")) == [("known", "WITHDRAWN")]
    assert _standings(first, _entry(state="withdrawn"), second) == [("known", "WITHDRAWN"), ("accepted", "IN_FORCE")]
    assert _standings(first, first) == [("known", "IN_FORCE")]  # as a merge may leave it


def test_the_digest_changes_with_an_entry_with_the_day_of_expiry_and_with_a_problem_and_with_nothing_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "reviews.yaml"
    assert reviews.digest(reviews.read(path, TODAY), TODAY) == ""
    reviews.add(path, _entry(days=2))
    digests = [reviews.digest(reviews.read(path, day), day) for day in (TODAY + timedelta(days=n) for n in range(5))]
    assert digests[0] == digests[1] == digests[2] != digests[3] == digests[4]
    path.write_text("# a comment\n" + path.read_text())
    assert reviews.digest(reviews.read(path, TODAY), TODAY) == digests[0]
    path.write_text(path.read_text() + "- nonsense\n")
    assert reviews.digest(reviews.read(path, TODAY), TODAY) != digests[0]


def test_a_rule_that_is_no_more_is_named_with_those_near_it(tmp_path: Path) -> None:
    path = tmp_path / "reviews.yaml"
    path.write_text(BY_HAND)
    (problem,) = reviews.unknown_rules(reviews.read(path, TODAY), ["calls_waits_known", "other"])
    assert "there is no rule calls_wait_known; near it are calls_waits_known" in problem.problem
    with pytest.raises(UsageProblem, match="calls_waits_known"):
        reviews.known_rule("calls_wait_known", ["calls_waits_known"])
