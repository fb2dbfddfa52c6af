"""The report's sentences, each said of what the tables say. Nothing is worked out but how many lines a list has."""

from __future__ import annotations

from orchestration.reports.formatting import STATES, day, listing, number, plural, share, short_day
from orchestration.reports.quality.reading import FAILING, Published, Row

_SIGN_OFF = 'occ review {verb} {rule} --by "YOUR NAME" --reason "WHY" --until YYYY-MM-DD'

_REOPENED = {
    "EXPIRED": "That has expired, so it is open.",
    "FAILED_AGAIN": "It failed again since, so it is open.",
    "GRAVER": "It stands worse now than it did then, so it is open.",
    "GREW": "More than twice the share fails now, so it is open.",
}


def opening(it: Published) -> list[str]:
    """The paragraph that the report opens with: what got worse, better, may not go out, needs a decision."""
    if not it.generation["deliveries_count"]:
        return ["No file has been delivered yet, so there is nothing to judge and no figure to publish."]
    return [said for said in (_moved(it), _rules(it), _register(it), _decisions(it), _late(it)) if said]


def _moved(it: Published) -> str:
    first = "The rules have not been judged for a week yet. " if _is_first(it) else ""
    worse = sum(change["is_better"] is False for change in it.changes)
    better = sum(change["is_better"] is True for change in it.changes)
    if not worse and not better:
        if first:
            return first.strip()
        return "Nothing got worse and nothing got better since the week before."
    said = [f"{plural(worse, 'thing')} got worse" if worse else "nothing got worse"]
    said.append(
        f"{number(better) if worse else plural(better, 'thing')} got better" if better else "nothing got better"
    )
    return f"{first}Since the week before, {listing(said)}."


def _is_first(it: Published) -> bool:
    return bool(it.rules) and all(rule["status_before"] is None for rule in it.rules)


def _rules(it: Published) -> str:
    if not it.rules:
        return "No rule has been judged."
    counted = {status: sum(rule["status"] == status for rule in it.rules) for status in FAILING}
    said = [
        text
        for text, count in (
            (f"{number(counted['FAIL'])} {'fails' if counted['FAIL'] == 1 else 'fail'}", counted["FAIL"]),
            (f"{number(counted['WARN'])} {'warns' if counted['WARN'] == 1 else 'warn'}", counted["WARN"]),
            (f"{number(counted['ERROR'])} could not run", counted["ERROR"]),
        )
        if count
    ]
    return f"Of {plural(len(it.rules), 'rule')}, {listing(said) if said else 'none fails'}."


def _register(it: Published) -> str:
    if not it.publishable:
        return ""
    held = sum(row["status"] == "NOT_AVAILABLE" for row in it.indicators)
    partly = sum(row["status"] == "PARTIAL" for row in it.indicators)
    if not held and not partly:
        return "Every indicator is available for publication."
    said = [f"{number(held)} may not be published" if held else "", f"{number(partly)} only in part" if partly else ""]
    return f"Of {plural(len(it.indicators), 'indicator')}, {listing([each for each in said if each])}."


def _decisions(it: Published) -> str:
    if not it.rules:
        return ""
    count = len(it.open_findings)
    if not count:
        return "No finding waits for a decision."
    return f"{plural(count, 'finding')} {'waits' if count == 1 else 'wait'} for a decision."


def _late(it: Published) -> str:
    late = [row["export"] for row in it.freshness if row["is_late"]]
    return f"{listing(late)} {'is' if len(late) == 1 else 'are'} late." if late else ""


def standing(rule: Row) -> str:
    """What the newest judged result of a rule says."""
    status = rule["status"]
    if status is None or status in {"NOT_RUN", "NOT_APPLICABLE"}:
        return "There was nothing that it could judge."
    judged = f"judged on data to {day(rule['business_date'])}" if rule["business_date"] else "judged"
    lasting = (
        f" It has been so since {short_day(rule['since_date'])}." if status in FAILING and rule["since_date"] else ""
    )
    if status == "ERROR":
        return f"It could not be computed, so nothing can be said of the data.{lasting}"
    rows = f"{number(rule['failed_count'])} of {number(rule['checked_count'])} fail ({share(rule['failed_ratio'])})"
    return f"{rows}, {judged}.{lasting}"


def signed(rule: Row, reviews: list[Row]) -> str:
    """How a rule stands with the reviewers."""
    in_force = [review for review in reviews if review["is_in_force"]]
    if in_force:
        review = in_force[0]
        until = f" until {short_day(review['expires_on'])}" if review["expires_on"] else ""
        state = STATES[review["state"]][0].lower() if review["state"] in STATES else "signed off"
        again = f" {_REOPENED.get(rule['reopened_because'], 'It is open all the same.')}" if rule["is_open"] else ""
        return f"Signed off as {state} by {review['reviewer']}{until}.{again}"
    if rule["status"] not in FAILING:
        return "Nothing to sign off: it does not fail."
    return "It is open: nobody has signed it off" + (", or the sign-off has expired." if reviews else ".")


def sign_off(rule_id: str) -> list[tuple[str, str]]:
    """What each kind of sign-off means, and its command."""
    return [
        ("Accepted: it is seen, and the figures go out with it", _SIGN_OFF.format(verb="accept", rule=rule_id)),
        ("Known: the cause is known and somebody works on it", _SIGN_OFF.format(verb="known", rule=rule_id)),
        ("Fixed: the cause is gone; should it fail again, it is open", _SIGN_OFF.format(verb="fixed", rule=rule_id)),
    ]
