"""Faults of delivered data as they happen: one entry a kind, planted alone in a clean delivery.

An entry says what went wrong, in which export, how it is planted, and what must tell of it: a rule, or `REJECTED` where
the file or rows must be set aside. What belongs here is data; ways of spoiling are in sheets.py.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass

from tests.mutate.sheets import (
    Change,
    Row,
    again,
    all_of,
    beside,
    bytes_of,
    copy,
    having,
    header,
    hours,
    moved,
    not_delivered,
    of_another_day,
    one_in,
    recoded,
    rounded,
    scaled,
    shifted,
    swapped,
    without,
    work_out,
    write,
)

SUMMER, WINTER = "summer", "winter"  # the last day is 30 September (clocks ahead), or 30 November 2021
REJECTED = "rejected"
DISRUPTIONS, NATIONAL = "service_disruptions", "bt_999_national"
CALLS, INTERVALS, INCIDENTS = "acd_segments", "acd_agent_intervals", "saab_incidents"
LOG, STATUS, DIARY = "saab_incident_log", "saab_resource_status", "saab_diary"
LEGACY, CONTACTS, WORKFORCE = "legacy_incidents", "digital_contacts", "workforce"
RECRUITMENT, OUTCOMES = "recruitment", "da_outcomes"


@dataclass(frozen=True)
class DataFault:
    """One kind of fault."""

    name: str
    sentence: str
    export: str
    how: Change
    expects: tuple[str, ...]  # any of these rules, or REJECTED
    world: str = SUMMER


DURATIONS = ("IVR_SECS", "QUEUE_SECS", "RING_SECS", "TALK_SECS", "HOLD_SECS", "WRAP_SECS")
INTERVAL_SECONDS = ("STAFFED_SECS", "AVAILABLE_SECS", "TALK_SECS", "HOLD_SECS", "WRAP_SECS", "AUX_SECS")
INCIDENT_TIMES = ("CREATED", "RECORDED", "CLOSED", "LAST_UPDATED")
LOG_TIMES = ("EVENT_TIME", "RECORDED_TIME")
NATIONAL_COUNTS = ("CALLS", "UNDER_10", "FROM_10_TO_60", "OVER_60")
NEXT_GRADE = {"1": "2", "2": "3", "3": "4", "4": "1"}


def _hour_later(column: str) -> Change:
    return shifted((column,), 60)


def _another_call(row: Row) -> Row:
    return row | {"CALL_ID": f"9{row['CALL_ID'][1:]}"}


def _next_event(row: Row) -> Row:
    return row | {"EVENT_NO": str(int(row["EVENT_NO"]) + 40)}


def _press_again(row: Row) -> Row:
    return row | {"STATUS_TIME": moved(row["STATUS_TIME"], 1)}


def _in_another_order(columns: list[str]) -> list[str]:
    """A header whose third and second last names changed places, over data that did not."""
    turned = list(columns)
    turned[2], turned[-2] = turned[-2], turned[2]
    return turned


def _thousands(value: str) -> str:
    return f"{int(value):,}" if value else value


def _cut(data: bytes) -> bytes:
    return data[: int(len(data) * 0.6)]


DATA_FAULTS: tuple[DataFault, ...] = (
    # --- telephony ---
    DataFault(
        "telephony_gap",
        "The telephony stream has a gap of four hours.",
        CALLS,
        without(hours("SEG_START", 9, 13)),
        ("segments_stream_without_gap",),
    ),
    DataFault(
        "half_day_of_calls",
        "The extract was cut off at noon.",
        CALLS,
        without(hours("SEG_START", 12, 24)),
        ("deliveries_volume_like_same_weekday", "segments_stream_without_gap"),
    ),
    DataFault(
        "every_second_call_lost",
        "Half of the calls are lost all day long.",
        CALLS,
        without(lambda row: row["CALL_ID"][-1] in "13579"),
        ("deliveries_volume_like_same_weekday", "incidents_call_ref_came", "intervals_talk_agrees_with_calls"),
    ),
    DataFault(
        "emergency_line_lost",
        "No call of 999 is in the extract.",
        CALLS,
        without(having(DIALLED="999")),
        ("calls_of_every_line", "incidents_call_ref_came"),
    ),
    DataFault(
        "emergency_calls_as_101",
        "Calls of 999 are delivered as calls of 101.",
        CALLS,
        recoded("DIALLED", {"999": "101"}),
        ("calls_of_every_line", "incidents_source_agrees_with_call"),
    ),
    DataFault(
        "abandoned_calls_left_out",
        "The extract holds no abandoned call.",
        CALLS,
        without(having(DISPOSITION="ABN")),
        ("calls_of_every_outcome",),
    ),
    DataFault(
        "answered_calls_as_abandoned",
        "A third of the answered calls is delivered as abandoned.",
        CALLS,
        write("DISPOSITION", "ABN", one_in(3, having(DISPOSITION="ANS"))),
        ("segments_abandoned_has_no_talk",),
    ),
    DataFault(
        "telephony_times_local",
        "Telephony delivers wall-clock times as if they were UTC.",
        CALLS,
        shifted(("SEG_START", "SEG_END"), 60),
        ("incidents_not_before_their_call",),
    ),
    DataFault(
        "telephony_clock_ten_minutes_fast",
        "The clock of telephony runs ten minutes ahead of the incident system's.",
        CALLS,
        shifted(("SEG_START", "SEG_END"), 10),
        ("incidents_not_before_their_call",),
    ),
    DataFault(
        "telephony_clock_ten_minutes_slow",
        "The clock of telephony runs ten minutes behind the incident system's.",
        CALLS,
        shifted(("SEG_START", "SEG_END"), -10),
        ("calls_start_on_their_file_day", "agent_intervals_same_clock_as_calls"),
    ),
    DataFault(
        "seconds_as_minutes",
        "Durations come in minutes.",
        CALLS,
        scaled(DURATIONS, 1 / 60),
        ("segments_seconds_fit_their_span",),
    ),
    DataFault(
        "seconds_as_milliseconds",
        "Durations come in milliseconds.",
        CALLS,
        scaled(DURATIONS, 1000),
        ("segments_seconds_fit_their_span", "calls_wait_plausible"),
    ),
    DataFault(
        "seconds_rounded_to_ten",
        "Durations are rounded to ten seconds.",
        CALLS,
        rounded(DURATIONS, 10),
        ("segments_seconds_not_rounded", "segments_seconds_fit_their_span"),
    ),
    DataFault(
        "decimal_seconds",
        "Durations come with decimals.",
        CALLS,
        work_out("TALK_SECS", lambda value: f"{value}.0" if value else value),
        (REJECTED, "deliveries_drift_rows_not_set_aside"),
    ),
    DataFault(
        "thousands_separator",
        "Long durations come with a thousands separator.",
        CALLS,
        work_out("TALK_SECS", _thousands),
        (REJECTED, "deliveries_rows_not_quarantined"),
    ),
    DataFault(
        "negative_ring",
        "A clock that was set back gives negative seconds of ringing.",
        CALLS,
        write("RING_SECS", "-3", one_in(40)),
        ("segments_ring_seconds_not_negative",),
    ),
    DataFault(
        "wrap_seconds_zero",
        "Wrap-up is no longer timed: its seconds are all nought.",
        CALLS,
        write("WRAP_SECS", "0"),
        ("segments_wrap_taken",),
    ),
    DataFault(
        "wait_columns_swapped",
        "Seconds in the queue and of talk have changed places.",
        CALLS,
        swapped("QUEUE_SECS", "TALK_SECS"),
        ("intervals_talk_agrees_with_calls",),
    ),
    DataFault(
        "header_columns_swapped",
        "Two names of the header changed places, over data that did not.",
        CALLS,
        header(_in_another_order),
        (REJECTED, "deliveries_drift_rows_not_set_aside", "deliveries_drift_files_not_set_aside"),
    ),
    DataFault(
        "unknown_disposition",
        "A release of telephony writes `Timed_out`, which nobody has explained.",
        CALLS,
        write("DISPOSITION", "Timed_out", one_in(25, having(DISPOSITION="ABN"))),
        ("segments_disposition_known",),
    ),
    DataFault(
        "queue_renamed",
        "The queue of 101 has a new name.",
        CALLS,
        recoded("QUEUE", {"OCC_101": "OCC_NON_EMERGENCY"}),
        ("segments_queue_known", "deliveries_drift_codes_kept"),
    ),
    DataFault(
        "team_renamed",
        "A team has a new name in the calls, and its old one in the intervals.",
        CALLS,
        recoded("TEAM", {"OCC_B": "OCC_BLUE"}),
        ("agent_intervals_every_answering_team",),
    ),
    DataFault(
        "transfer_legs_lost",
        "Only the first segment of each call is delivered.",
        CALLS,
        without(lambda row: row["SEGMENT"] != "1"),
        ("segments_transfer_went_on",),
    ),
    DataFault(
        "first_legs_lost",
        "The segment in the menu is not delivered.",
        CALLS,
        without(lambda row: row["SEGMENT"] == "1" and row["DISPOSITION"] == "XFER"),
        ("segments_first_one_came",),
    ),
    DataFault(
        "calls_twice_under_new_numbers",
        "A day's calls are in the file twice, the second time under other numbers.",
        CALLS,
        again(lambda _: True, _another_call),
        ("deliveries_volume_like_same_weekday", "intervals_talk_agrees_with_calls"),
    ),
    DataFault(
        "call_ids_used_again",
        "The counter of calls restarts within the day: numbers are used again.",
        CALLS,
        work_out("CALL_ID", lambda value: f"{int(value) % 40:06d}"),
        ("segments_key_once_in_a_file", "segments_key_wide_enough"),
    ),
    DataFault(
        "segments_twice_with_other_values",
        "Segments come twice in a file, with other durations.",
        CALLS,
        again(one_in(10), lambda row: row | {"TALK_SECS": str(int(row["TALK_SECS"] or 0) + 7)}),
        ("segments_key_once_in_a_file",),
    ),
    DataFault(
        "yesterdays_calls_again",
        "Yesterday's calls are delivered under today's date.",
        CALLS,
        of_another_day(1),
        ("calls_start_on_their_file_day",),
    ),
    DataFault(
        "day_delivered_twice",
        "The day's file is sent again, byte by byte.",
        CALLS,
        beside("{stem}_201500.csv", lambda sheet: sheet.data()),
        ("deliveries_not_delivered_twice",),
    ),
    DataFault(
        "day_delivered_again_under_another_date",
        "The day's file is sent again, byte by byte, under the date of the next day.",
        INCIDENTS,
        beside("saab_incidents_20211001.csv", lambda sheet: sheet.data()),
        ("deliveries_not_delivered_twice",),
    ),
    DataFault(
        "caller_numbers_gone",
        "The caller's number is not delivered any more.",
        CALLS,
        write("CLI", ""),
        ("segments_caller_present", "deliveries_drift_columns_not_emptied"),
    ),
    DataFault(
        "all_callers_withheld",
        "Every caller's number is withheld.",
        CALLS,
        write("CLI", "WITHHELD"),
        ("segments_withheld_share",),
    ),
    DataFault(
        "ends_equal_starts",
        "Segments end when they start.",
        CALLS,
        copy("SEG_END", "SEG_START"),
        ("segments_seconds_fit_their_span",),
    ),
    DataFault(
        "test_calls_all_day",
        "Test calls are counted among the others.",
        CALLS,
        write("DISPOSITION", "TEST", one_in(8, having(DISPOSITION="ANS"))),
        ("segments_test_call_share",),
    ),
    DataFault(
        "truncated_file",
        "The file breaks off in the middle of a record.",
        CALLS,
        bytes_of(_cut),
        (REJECTED, "deliveries_rows_not_quarantined", "deliveries_volume_like_same_weekday"),
    ),
    DataFault(
        "calls_never_delivered",
        "The day's calls do not come.",
        CALLS,
        not_delivered(),
        ("deliveries_in_step_with_their_system",),
    ),
    DataFault(
        "agent_missing",
        "Who answered is not in the extract.",
        CALLS,
        all_of(write("AGENT_ID", ""), write("TEAM", "")),
        ("segments_agent_named_when_answered", "deliveries_drift_columns_not_emptied"),
    ),
    DataFault(
        "intervals_gap",
        "Agent intervals of the night are missing.",
        INTERVALS,
        without(hours("INTERVAL_START", 2, 5)),
        ("intervals_none_missing",),
    ),
    DataFault(
        "intervals_an_hour_late",
        "Agent intervals are written in wall-clock time as if it were UTC.",
        INTERVALS,
        _hour_later("INTERVAL_START"),
        ("agent_intervals_same_clock_as_calls", "agent_intervals_of_the_files_day"),
    ),
    DataFault(
        "intervals_in_minutes",
        "Seconds of agent intervals come in minutes.",
        INTERVALS,
        scaled(INTERVAL_SECONDS, 1 / 60),
        ("intervals_talk_agrees_with_calls",),
    ),
    DataFault(
        "intervals_talk_counted_twice",
        "Talk is counted once for each leg.",
        INTERVALS,
        scaled(("TALK_SECS",), 2),
        ("intervals_talk_agrees_with_calls", "intervals_work_within_staffed"),
    ),
    DataFault(
        "intervals_off_the_half_hour",
        "Intervals start at a quarter past.",
        INTERVALS,
        shifted(("INTERVAL_START",), 15),
        ("intervals_on_the_half_hour",),
    ),
    DataFault(
        "intervals_team_lost",
        "A team is missing from the intervals.",
        INTERVALS,
        without(having(TEAM="OCC_B")),
        ("agent_intervals_every_answering_team",),
    ),
    # --- incidents ---
    DataFault(
        "grade_codes_shifted",
        "A release counts grades from nought: every grade is delivered as the next one.",
        INCIDENTS,
        all_of(recoded("GRADE_INIT", NEXT_GRADE), recoded("GRADE_CURR", NEXT_GRADE)),
        ("incidents_grade_as_the_log_says",),
    ),
    DataFault(
        "grade_missing",
        "Incidents come without their grade.",
        INCIDENTS,
        write("GRADE_CURR", "", one_in(5)),
        ("incidents_graded_when_closed",),
    ),
    DataFault(
        "area_renamed",
        "An area comes under its new code.",
        INCIDENTS,
        recoded("LPA", {"TELF": "TELFORD"}),
        ("incidents_area_known",),
    ),
    DataFault(
        "areas_merged",
        "Two areas are delivered under the code of one.",
        INCIDENTS,
        recoded("LPA", {"SWORC": "NWORC"}),
        ("incidents_of_every_area", "statuses_area_of_the_incident"),
    ),
    DataFault(
        "area_missing",
        "A tenth of the incidents comes without an area.",
        INCIDENTS,
        write("LPA", "", one_in(10)),
        ("incidents_area_present",),
    ),
    DataFault(
        "areas_incidents_lost",
        "The incidents of one area are not delivered.",
        INCIDENTS,
        without(having(LPA="HEREF")),
        ("incidents_of_every_area", "log_incident_came", "status_incident_came"),
    ),
    DataFault(
        "category_unknown",
        "A new category nobody has announced.",
        INCIDENTS,
        write("OPEN_CODE", "PSW-DRONE", one_in(20)),
        ("incidents_opening_code_known",),
    ),
    DataFault(
        "domestic_abuse_as_digit",
        "The domestic-abuse flag is 1 or 0.",
        INCIDENTS,
        recoded("DA_FLAG", {"Y": "1", "N": "0"}),
        ("incidents_domestic_abuse_flag_valid", "deliveries_drift_codes_kept"),
    ),
    DataFault(
        "domestic_abuse_never_flagged",
        "The domestic-abuse flag is N throughout.",
        INCIDENTS,
        write("DA_FLAG", "N"),
        ("incidents_of_every_flag",),
    ),
    DataFault(
        "back_keyed_batch",
        "After an outage of the night a batch of paper records is keyed in, and not flagged.",
        INCIDENTS,
        shifted(("CREATED",), -9 * 60, one_in(4)),
        ("incidents_back_keyed_share", "incidents_back_record_flag_agrees"),
    ),
    DataFault(
        "incident_times_utc",
        "The incident system delivers UTC as if it were the wall clock.",
        INCIDENTS,
        shifted(INCIDENT_TIMES, -60),
        ("incidents_not_before_their_call",),
    ),
    DataFault(
        "created_day_and_month_swapped",
        "Day and month are swapped.",
        INCIDENTS,
        all_of(*(work_out(name, lambda v: f"{v[3:5]}/{v[:2]}{v[5:]}" if v else v) for name in INCIDENT_TIMES)),
        (REJECTED, "deliveries_not_quarantined"),
    ),
    DataFault(
        "american_dates",
        "Times come in another format.",
        INCIDENTS,
        work_out("CREATED", lambda value: value.replace("/", "-")),
        (REJECTED, "deliveries_drift_rows_not_set_aside"),
    ),
    DataFault(
        "incident_closed_before_created",
        "Incidents are closed before they were created.",
        INCIDENTS,
        swapped("CLOSED", "CREATED", one_in(15, having(CLOSED="*"))),
        ("incidents_closed_not_before_created",),
    ),
    DataFault(
        "status_against_closing_time",
        "Closed incidents are delivered as open.",
        INCIDENTS,
        write("STATUS", "OPEN", one_in(6, having(STATUS="CLOSED"))),
        ("incidents_closed_time_when_closed",),
    ),
    DataFault(
        "incident_numbers_of_yesterday",
        "New incidents take the numbers of yesterday's.",
        INCIDENTS,
        work_out("INC_REF", lambda value: value.replace("20210930", "20210929")),
        ("incidents_key_wide_enough",),
    ),
    DataFault(
        "incidents_twice_in_the_file",
        "Incidents stand twice in a file, with other times of update.",
        INCIDENTS,
        again(one_in(8), lambda row: row | {"LAST_UPDATED": moved(row["LAST_UPDATED"], 1)}),
        ("incidents_once_in_a_file",),
    ),
    DataFault(
        "call_references_lost",
        "Incidents do not name their call.",
        INCIDENTS,
        write("CALL_REF", ""),
        ("incidents_call_named_when_phoned", "deliveries_drift_columns_not_emptied"),
    ),
    DataFault(
        "call_references_wrong",
        "The call that an incident names is the one before.",
        INCIDENTS,
        work_out("CALL_REF", lambda value: f"{value[:9]}9{value[10:]}", having(CALL_REF="*")),
        ("incidents_call_ref_came",),
    ),
    DataFault(
        "two_days_old_incidents",
        "The file of three days before is delivered under today's date.",
        INCIDENTS,
        of_another_day(3),
        ("incidents_changed_on_the_files_day",),
    ),
    DataFault(
        "yesterdays_incidents_again",
        "Yesterday's incidents are delivered under today's date.",
        INCIDENTS,
        of_another_day(1),
        ("deliveries_volume_like_same_weekday", "deliveries_bring_something_new"),
    ),
    DataFault(
        "thrive_not_recorded",
        "The risk is not delivered any more.",
        INCIDENTS,
        write("THRIVE_RISK", ""),
        ("deliveries_drift_columns_not_emptied", "incidents_risk_assessed_when_domestic"),
    ),
    DataFault(
        "column_missing",
        "A column of the contract is gone.",
        INCIDENTS,
        bytes_of(lambda data: b"\n".join(line.rsplit(b",", 1)[0] for line in data.splitlines())),
        (REJECTED, "deliveries_drift_files_not_set_aside"),
    ),
    DataFault(
        "column_renamed",
        "A column of the contract has a new name.",
        INCIDENTS,
        header(lambda columns: ["AREA" if name == "LPA" else name for name in columns]),
        (REJECTED, "deliveries_drift_files_not_set_aside"),
    ),
    DataFault(
        "column_added",
        "A column nobody has announced, that may hold anything.",
        INCIDENTS,
        bytes_of(
            lambda data: b"\n".join(
                line + (b",NOTES" if number == 0 else b",x") for number, line in enumerate(data.splitlines())
            )
        ),
        ("deliveries_no_unknown_columns",),
    ),
    DataFault(
        "delimiter_not_allowed",
        "Fields are parted by a bar.",
        INCIDENTS,
        bytes_of(lambda data: data.replace(b",", b"|")),
        (REJECTED, "deliveries_drift_files_not_set_aside"),
    ),
    DataFault(
        "delimiter_changed",
        "Fields are parted by a semicolon, which is allowed and stated.",
        STATUS,
        bytes_of(lambda data: data.replace(b",", b";")),
        ("deliveries_drift_layout_kept",),
    ),
    DataFault(
        "header_only",
        "The file holds a header and no row.",
        INCIDENTS,
        without(lambda _: True),
        ("deliveries_not_empty",),
    ),
    DataFault("empty_file", "The file holds nothing.", LOG, bytes_of(lambda _: b""), (REJECTED,)),
    DataFault(
        "cut_gzip",
        "A compressed file breaks off.",
        LOG,
        beside("{stem}_220000.csv.gz", lambda sheet: gzip.compress(sheet.data())[:-60]),
        (REJECTED, "deliveries_not_quarantined"),
    ),
    DataFault(
        "not_text",
        "A file that is no text.",
        DIARY,
        bytes_of(lambda data: data.split(b"\n")[0] + b"\n\x81\x8d\x8f\x90\n"),
        (REJECTED,),
    ),
    # --- log ---
    DataFault(
        "log_not_delivered",
        "The incidents come, their log does not.",
        LOG,
        not_delivered(),
        ("deliveries_days_of_a_system_together",),
    ),
    DataFault(
        "log_times_utc",
        "The log's times are UTC, the incidents' the wall clock.",
        LOG,
        shifted(LOG_TIMES, -60),
        ("log_not_before_its_incident",),
    ),
    DataFault(
        "log_stage_order_broken",
        "Assignments happen before anybody graded the incident.",
        LOG,
        shifted(("EVENT_TIME",), -90, having(EVENT_CODE="ASSIGNED")),
        ("log_event_order", "incidents_graded_before_assigned"),
    ),
    DataFault(
        "log_event_unknown",
        "Closings come under a code with a slip.",
        LOG,
        recoded("EVENT_CODE", {"CLOSED": "CLOSDE"}, one_in(9)),
        ("log_event_code_known",),
    ),
    DataFault(
        "log_closings_lost",
        "The log lacks the closings.",
        LOG,
        without(having(EVENT_CODE="CLOSED")),
        ("states_closed_by_an_event", "incidents_open_as_the_log_says"),
    ),
    DataFault(
        "log_events_lost",
        "Every seventh event of the log is lost.",
        LOG,
        without(one_in(7)),
        ("log_events_without_gap",),
    ),
    DataFault(
        "log_events_twice",
        "Events come twice under other numbers.",
        LOG,
        again(one_in(6), _next_event),
        ("log_events_without_gap",),
    ),
    DataFault(
        "log_assigned_twice",
        "Assignments are logged twice: a resource is with an incident twice at a time.",
        LOG,
        again(having(EVENT_CODE="ASSIGNED"), _next_event),
        ("events_assigned_once_at_a_time",),
    ),
    DataFault(
        "log_letting_go_lost",
        "Nobody logs that a resource is let go.",
        LOG,
        without(having(EVENT_CODE="UNASSIGNED")),
        ("events_of_every_kind", "log_events_without_gap"),
    ),
    DataFault(
        "log_keyed_late",
        "Events are keyed two hours after they happened.",
        LOG,
        shifted(("EVENT_TIME",), -120, one_in(3)),
        ("log_keyed_in_time",),
    ),
    DataFault(
        "log_callsign_missing",
        "Assignments do not name the resource.",
        LOG,
        write("CALLSIGN", ""),
        ("log_resource_named",),
    ),
    DataFault(
        "log_grades_as_words",
        "Grades are written as words.",
        LOG,
        recoded("TO_VALUE", {"1": "EMERGENCY", "2": "PRIORITY"}, having(EVENT_CODE="GRADED")),
        ("log_grade_known",),
    ),
    DataFault(
        "log_of_the_night_lost",
        "The log of the night shift is not delivered.",
        LOG,
        without(hours("EVENT_TIME", 0, 7)),
        ("events_no_half_day_silent", "log_events_without_gap"),
    ),
    # --- resources ---
    DataFault(
        "scene_missing_in_an_area",
        "Nobody in one area presses the button at the scene.",
        STATUS,
        without(having(STATUS_CODE="6", LPA="SHROP")),
        ("incidents_scene_missing_alike_in_areas",),
    ),
    DataFault(
        "scene_missing_for_a_callsign",
        "One crew never presses the button at the scene.",
        STATUS,
        without(having(STATUS_CODE="6", CALLSIGN="SHE01")),
        ("statuses_scene_pressed_by_every_callsign",),
    ),
    DataFault(
        "scene_missing",
        "No status at the scene is delivered.",
        STATUS,
        without(having(STATUS_CODE="6")),
        ("statuses_of_every_area", "incidents_scene_known_when_urgent"),
    ),
    DataFault(
        "en_route_missing",
        "No status en route is delivered.",
        STATUS,
        without(having(STATUS_CODE="5")),
        ("status_en_route_before_scene",),
    ),
    DataFault(
        "status_pressed_twice",
        "The radio sends every press twice.",
        STATUS,
        again(one_in(2), _press_again),
        ("status_not_pressed_twice",),
    ),
    DataFault(
        "radio_clock_wrong_after_change",
        "A month after the clocks went back the radio still runs an hour ahead.",
        STATUS,
        _hour_later("STATUS_TIME"),
        ("incidents_same_clock_as_radio", "states_at_scene_while_assigned"),
        WINTER,
    ),
    DataFault(
        "radio_times_utc",
        "The radio's times are UTC, all others the wall clock.",
        STATUS,
        shifted(("STATUS_TIME",), -60),
        ("incidents_same_clock_as_radio", "status_not_before_its_incident"),
    ),
    DataFault(
        "radio_clock_slow",
        "The radio's clock is five minutes slow.",
        STATUS,
        shifted(("STATUS_TIME",), -5),
        ("incidents_en_route_not_before_assignment", "incidents_scene_not_before_assignment"),
    ),
    DataFault(
        "status_codes_shifted",
        "Codes are counted from nought: at scene is delivered as en route.",
        STATUS,
        recoded("STATUS_CODE", {str(code): str(code - 1) for code in range(1, 17)}),
        ("status_en_route_before_scene", "incidents_scene_known_when_urgent"),
    ),
    DataFault(
        "status_code_unknown",
        "A code of a new radio.",
        STATUS,
        write("STATUS_CODE", "66", one_in(50)),
        ("status_code_known",),
    ),
    DataFault(
        "status_incident_lost",
        "Statuses do not name their incident.",
        STATUS,
        write("INC_REF", ""),
        ("status_incident_named", "deliveries_drift_columns_not_emptied"),
    ),
    DataFault(
        "statuses_half_missing",
        "Two thirds of the statuses are lost.",
        STATUS,
        without(lambda row: row["CALLSIGN"][-1] in "23456" or row["CALLSIGN"][2] in "LN"),
        ("deliveries_volume_like_same_weekday",),
    ),
    # --- diary ---
    DataFault(
        "slot_ends_before_it_starts",
        "Slots end before they start.",
        DIARY,
        swapped("SLOT_START", "SLOT_END", one_in(3)),
        ("diary_slot_end_after_start",),
    ),
    DataFault(
        "attended_without_time",
        "Attended appointments come without a time.",
        DIARY,
        write("ATTENDED_AT", "", having(STATUS="ATTENDED")),
        ("diary_attended_has_time",),
    ),
    DataFault(
        "appointment_status_unknown",
        "A new status of appointments.",
        DIARY,
        recoded("STATUS", {"FAILED": "NO_SHOW", "CANCELLED_VICTIM": "NO_SHOW", "CANCELLED_POLICE": "NO_SHOW"}),
        ("diary_status_known",),
    ),
    DataFault(
        "diary_versions_lost",
        "Versions of appointments are skipped.",
        DIARY,
        work_out("VERSION", lambda value: str(int(value) + 2)),
        ("diary_versions_without_gap",),
    ),
    DataFault(
        "diary_times_american",
        "Slots come as twelve-hour times.",
        DIARY,
        work_out("SLOT_START", lambda value: value.replace(":00:00", ":00 AM")),
        (REJECTED, "deliveries_drift_rows_not_set_aside", "deliveries_rows_not_quarantined"),
    ),
    DataFault(
        "appointments_of_unknown_incidents",
        "Appointments name incidents of another force.",
        DIARY,
        work_out("INC_REF", lambda value: value.replace("WM-", "WY-")),
        ("diary_incident_came",),
    ),
    # --- monthly ---
    DataFault(
        "legacy_scene_missing",
        "The old system's times at the scene are gone.",
        LEGACY,
        write("FirstAtScene", ""),
        ("legacy_scene_present", "deliveries_drift_columns_not_emptied"),
    ),
    DataFault(
        "legacy_numbers_missing",
        "Every ninth incident of the old system is missing.",
        LEGACY,
        without(one_in(9)),
        ("legacy_numbers_without_gap",),
    ),
    DataFault(
        "contacts_replied_before_opened",
        "Contacts are answered before they come.",
        CONTACTS,
        swapped("OPENED", "FIRST_REPLY", one_in(10, having(FIRST_REPLY="*"))),
        ("contacts_in_order",),
    ),
    DataFault(
        "contact_channel_unknown",
        "A new channel.",
        CONTACTS,
        recoded("CHANNEL", {"EMAIL": "WHATSAPP", "SOH": "WHATSAPP"}, one_in(10)),
        ("contacts_channel_known",),
    ),
    DataFault(
        "contacts_of_another_month",
        "The month before is delivered again, under other numbers.",
        CONTACTS,
        all_of(
            shifted(("OPENED", "FIRST_REPLY", "CLOSED"), -31 * 24 * 60),
            work_out("CONTACT_ID", lambda value: value.replace("C", "D")),
        ),
        ("contacts_opened_in_the_files_month",),
    ),
    DataFault(
        "workforce_of_another_month",
        "People of the month before under this month's name.",
        WORKFORCE,
        work_out("MONTH", lambda _: "2021-07"),
        ("workforce_month_is_the_files",),
    ),
    DataFault(
        "workforce_point_lost",
        "The decimal point is lost: a hundred times the people.",
        WORKFORCE,
        all_of(*(work_out(name, lambda v: v.replace(".", "")) for name in ("STRENGTH_FTE",))),
        ("workforce_strength_within_establishment",),
    ),
    DataFault(
        "workforce_all_points_lost",
        "The decimal point is lost in every figure.",
        WORKFORCE,
        all_of(
            *(
                work_out(name, lambda v: v.replace(".", ""))
                for name in ("ESTABLISHMENT_FTE", "STRENGTH_FTE", "ABSTRACTED_FTE")
            )
        ),
        ("workforce_total_like_the_month_before", "workforce_heads_carry_the_strength"),
    ),
    DataFault(
        "workforce_decimal_comma",
        "Figures come with a decimal comma.",
        WORKFORCE,
        work_out("STRENGTH_FTE", lambda value: value.replace(".", ",")),
        (REJECTED, "deliveries_drift_rows_not_set_aside", "deliveries_rows_not_quarantined"),
    ),
    DataFault(
        "recruitment_stage_missing",
        "A stage of recruitment is missing.",
        RECRUITMENT,
        without(having(STAGE="ASSESSED")),
        ("recruitment_stages_all_there",),
    ),
    DataFault(
        "recruitment_negative",
        "A correction is booked as a negative count.",
        RECRUITMENT,
        write("COUNT", "-3", having(STAGE="ASSESSED")),
        ("recruitment_counts_not_negative",),
    ),
    DataFault(
        "outcomes_of_other_incidents",
        "Outcomes name incidents that are not domestic abuse.",
        OUTCOMES,
        work_out("INC_REF", lambda value: f"{value[:-2]}{(int(value[-2:]) + 3) % 100:02d}"),
        ("outcomes_of_domestic_incidents", "outcomes_incident_came"),
    ),
    DataFault(
        "outcomes_incomplete",
        "Most outcomes of the month are not delivered.",
        OUTCOMES,
        without(lambda row: row["INC_REF"][-1] in "1234567"),
        ("domestic_outcome_came",),
    ),
    DataFault(
        "arrests_before_incidents",
        "Arrests are made before the incident.",
        OUTCOMES,
        shifted(("ARREST_AT",), -2 * 24 * 60, having(ARREST_AT="*")),
        ("outcomes_arrest_not_before_incident",),
    ),
    DataFault(
        "outcome_flags_as_words",
        "Flags are yes and no.",
        OUTCOMES,
        recoded("BWV", {"Y": "YES", "N": "NO"}),
        ("outcomes_flags_valid",),
    ),
    DataFault(
        "risk_tool_unknown",
        "A new tool of risk assessment.",
        OUTCOMES,
        write("RISK_TOOL", "DASH2", one_in(10, having(RISK_TOOL="*"))),
        ("outcomes_risk_tool_known",),
    ),
    DataFault(
        "outage_ends_before_it_starts",
        "An outage is over before it began.",
        DISRUPTIONS,
        swapped("STARTED", "RESTORED_AT"),
        ("disruptions_in_order",),
    ),
    DataFault(
        "outage_of_an_unknown_line",
        "An outage of lines nobody knows.",
        DISRUPTIONS,
        write("LINES", "all of them"),
        ("disruptions_line_known",),
    ),
    DataFault(
        "national_bands_off_by_one",
        "The three bands do not add up to the calls, by one.",
        NATIONAL,
        work_out("OVER_60", lambda value: str(int(value) + 1), having(FORCE="West Mercia")),
        ("national_bands_add_up",),
        WINTER,
    ),
    DataFault(
        "national_of_another_month",
        "National figures of the month before.",
        NATIONAL,
        write("MONTH", "2021-10"),
        ("national_month_is_the_files",),
        WINTER,
    ),
    DataFault(
        "national_mean_in_minutes",
        "The national mean comes in minutes.",
        NATIONAL,
        work_out("MEAN_SECONDS", lambda value: f"{float(value) / 60:.1f}"),
        ("national_mean_plausible",),
        WINTER,
    ),
    DataFault(
        "national_without_us",
        "The national table lacks the force's own row.",
        NATIONAL,
        without(having(FORCE="West Mercia")),
        ("national_force_there",),
        WINTER,
    ),
    DataFault(
        "national_against_own_calls",
        "The national table counts twice the force's own calls.",
        NATIONAL,
        all_of(*(work_out(name, lambda v: str(2 * int(v)), having(FORCE="West Mercia")) for name in NATIONAL_COUNTS)),
        ("national_calls_agree_with_own",),
        WINTER,
    ),
)
