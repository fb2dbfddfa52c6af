"""For each rule the fault that it must find: statements that plant it in the made-up build database."""

from __future__ import annotations

SEGMENTS = "staging.base_acd_segments"
INTERVALS = "staging.base_acd_agent_intervals"
INCIDENTS = "staging.base_saab_incidents"
LOG = "staging.base_saab_incident_log"
STATUSES = "staging.base_saab_resource_status"
DIARY = "staging.base_saab_diary"
LEGACY = "staging.base_legacy_incidents"
OUTCOMES = "staging.base_da_outcomes"
CONTACTS = "staging.base_digital_contacts"
STATES = "marts.fct_incident_states"
CALLS = "marts.fct_calls"
CALL_SEGMENTS = "marts.fct_call_segments"
TEAM_HALF_HOURS = "marts.fct_agent_intervals"
EVENTS = "marts.fct_incident_events"
PRESSED = "marts.fct_resource_statuses"
ENRICHED = "marts.fct_incidents"
HOURS = "marts.fct_unresourced_hourly"
APPOINTMENTS = "marts.fct_diary_appointments"
DOMESTIC = "marts.fct_domestic_abuse"
DIGITAL = "marts.fct_digital_contacts"
PEOPLE = "marts.fct_workforce"
FUNNEL = "marts.fct_recruitment"
OUTAGES = "marts.fct_disruptions"
NATIONAL = "marts.fct_999_national"
FIGURES = "metrics.kpi_results"


def _all(table: str, change: str) -> list[str]:
    return [f"update {table} set {change}"]


def _one(table: str, change: str) -> list[str]:
    """One row of the table, the last by file and line."""
    return [f"update {table} set {change} where (_content_no, _source_row) = ({_last(table)})"]


def _last(table: str) -> str:
    return f"select (_content_no, _source_row) from {table} order by _content_no desc, _source_row desc limit 1"


def _again(table: str, change: str = "") -> list[str]:
    """A row of the table once more, changed."""
    columns = f"* replace ({change})" if change else "*"
    return [f"insert into {table} select {columns} from {table} where (_content_no, _source_row) = ({_last(table)})"]


def _gone(table: str, where: str) -> list[str]:
    return [f"delete from {table} where {where}"]


def _weeks_before(table: str, column: str, weeks: int = 4) -> list[str]:
    """The rows of the table again in each of the weeks before, so that a weekday has its usual count."""
    return [
        f"insert into {table} select rows.* replace (rows.{column} - (7 * week)::integer as {column}) "
        f"from (select * from {table}) as rows cross join range(1, {weeks + 1}) as weeks (week)"
    ]


def _days_before(table: str, column: str, days: int = 7) -> list[str]:
    """The rows of its first day again on each of the days before."""
    return [
        f"insert into {table} select rows.* replace (rows.{column} - day::integer as {column}) "
        f"from (select * from {table} where {column} = (select min({column}) from {table})) as rows "
        f"cross join range(1, {days + 1}) as days (day)"
    ]


def _withdrawn(dictionary: str) -> list[str]:
    """Every code of a dictionary was withdrawn years ago."""
    return [f"update reference.{dictionary} set valid_to = '2019-01-01'"]


def _twice_on_a_day(dictionary: str) -> list[str]:
    """A code has another meaning from a day on, and the first does not end."""
    return [
        f"insert into marts.{dictionary} select * replace (date '2020-01-01' as valid_from) from "
        f"marts.{dictionary} limit 1"
    ]


FAULTS: dict[str, list[str]] = {
    # call segments
    "segments_disposition_present": _one(SEGMENTS, "disposition = null"),
    "segments_line_present": _one(SEGMENTS, "dialled = null"),
    "segments_disposition_known": _one(SEGMENTS, "disposition = 'Timed_out'"),
    "segments_line_known": _one(SEGMENTS, "dialled = '105'"),
    "segments_queue_known": _one(SEGMENTS, "queue = 'OCC_102'"),
    "segments_wrap_code_known": _one(SEGMENTS, "wrap_code = 'ET AL'"),
    "segments_ivr_seconds_not_negative": _one(SEGMENTS, "ivr_seconds = -1"),
    "segments_queue_seconds_not_negative": _one(SEGMENTS, "queue_seconds = -1"),
    "segments_ring_seconds_not_negative": _one(SEGMENTS, "ring_seconds = -3600"),
    "segments_talk_seconds_not_negative": _one(SEGMENTS, "talk_seconds = -1"),
    "segments_hold_seconds_not_negative": _one(SEGMENTS, "hold_seconds = -1"),
    "segments_wrap_seconds_not_negative": _one(SEGMENTS, "wrap_seconds = -1"),
    "segments_wait_present": _one(SEGMENTS, "ring_seconds = null"),
    "segments_handling_present_when_answered": _one(SEGMENTS, "wrap_seconds = null"),
    "segments_end_not_before_start": _one(SEGMENTS, "segment_end_at = segment_start_at - interval 1 second"),
    "segments_seconds_fit_their_span": _all(SEGMENTS, "talk_seconds = talk_seconds + 60"),
    "segments_first_one_came": _gone(SEGMENTS, "segment = 1 and call_id = '0010'"),
    "segments_without_gap": [f"update {SEGMENTS} set segment = 3 where segment = 2"],
    "segments_transfer_went_on": _gone(SEGMENTS, "segment = 2"),
    "segments_key_once_in_a_file": _again(SEGMENTS, "talk_seconds + 1 as talk_seconds"),
    "segments_key_wide_enough": _again(SEGMENTS, "segment_start_at + interval 1 minute as segment_start_at"),
    "segments_agent_named_when_answered": _all(SEGMENTS, "team = null"),
    "segments_wrap_code_set_when_answered": _all(SEGMENTS, "wrap_code = null"),
    "segments_withheld_share": _all(SEGMENTS, "is_withheld = 'Y', caller_token = null"),
    "segments_caller_present": _all(SEGMENTS, "caller_token = null"),
    "segments_test_call_share": _all(SEGMENTS, "disposition = 'TEST'"),
    "segments_stream_without_gap": _gone(SEGMENTS, "hour(segment_start_at) between 7 and 16"),
    "calls_start_on_their_file_day": [
        "update staging.stg_acd_segments set segment_start_date = segment_start_date + 1 where call_id like '000%'"
    ],
    # agent intervals
    "intervals_none_missing": _gone(INTERVALS, "hour(interval_start_at) in (3, 5)"),
    "intervals_on_the_half_hour": _one(INTERVALS, "interval_start_at = interval_start_at + interval 15 minute"),
    "intervals_seconds_not_negative": _one(INTERVALS, "aux_seconds = -5"),
    "intervals_staffed_present": _one(INTERVALS, "staffed_seconds = null"),
    "intervals_work_within_staffed": _all(INTERVALS, "staffed_seconds = 100"),
    "intervals_talk_agrees_with_calls": _all(INTERVALS, "talk_seconds = 1000"),
    "intervals_once_in_a_file": _again(INTERVALS),
    # incidents
    "incidents_area_present": _all(INCIDENTS, "lpa = null"),
    "incidents_area_known": _one(INCIDENTS, "lpa = 'WALES'"),
    "incidents_initial_grade_known": _one(INCIDENTS, "grade_initial = '9'"),
    "incidents_current_grade_known": _one(INCIDENTS, "grade_current = '9'"),
    "incidents_source_known": _one(INCIDENTS, "source = 'PIGEON'"),
    "incidents_opening_code_known": _one(INCIDENTS, "opening_code = 'X'"),
    "incidents_closing_code_known": _one(INCIDENTS, "closing_code = 'X'"),
    "incidents_risk_known": _one(INCIDENTS, "thrive_risk = 'VERY HIGH'"),
    "incidents_status_known": _one(INCIDENTS, "status = 'PARKED'"),
    "incidents_domestic_abuse_flag_valid": _one(INCIDENTS, "is_domestic_abuse = '1'"),
    "incidents_back_record_flag_valid": _one(INCIDENTS, "is_back_record = 'n'"),
    "incidents_other_flags_valid": _one(INCIDENTS, "pnc_checked = 'U'"),
    "incidents_flags_present": _one(INCIDENTS, "is_urban = null"),
    "incidents_closing_code_when_closed": _all(INCIDENTS, "closing_code = null"),
    "incidents_closed_time_when_closed": _one(INCIDENTS, "closed_at = null"),
    "incidents_graded_when_closed": _all(INCIDENTS, "grade_current = null"),
    "incidents_risk_assessed_when_domestic": _all(INCIDENTS, "thrive_risk = null"),
    "incidents_call_named_when_phoned": _all(INCIDENTS, "call_ref = null"),
    "incidents_call_ref_came": _one(INCIDENTS, "call_ref = '20211004-9999'"),
    "incidents_recorded_not_before_created": _one(INCIDENTS, "recorded_at = created_at - interval 1 second"),
    "incidents_closed_not_before_created": _one(INCIDENTS, "closed_at = created_at - interval 1 second"),
    "incidents_updated_not_before_recorded": _one(INCIDENTS, "updated_at = recorded_at - interval 1 second"),
    "incidents_scene_not_before_created": _one(INCIDENTS, "first_at_scene_at = created_at - interval 1 minute"),
    "incidents_update_stamp_present": _one(INCIDENTS, "updated_at = null"),
    "incidents_created_not_in_the_future": _one(INCIDENTS, "created_at = created_at + interval 3 day"),
    "incidents_changed_on_the_files_day": _one(INCIDENTS, "updated_at = updated_at - interval 7 day"),
    "incidents_back_keyed_share": _all(INCIDENTS, "recorded_at = created_at + interval 9 hour"),
    "incidents_back_record_flag_agrees": _all(INCIDENTS, "is_back_record = 'Y'"),
    "incidents_linked_to_came": _one(INCIDENTS, "linked_to = 'WM-20200101-00001'"),
    "incidents_not_linked_to_themselves": _one(INCIDENTS, "linked_to = incident_ref"),
    "incidents_once_in_a_file": _again(INCIDENTS, "updated_at + interval 1 second as updated_at"),
    "incidents_key_wide_enough": _again(INCIDENTS, "created_at + interval 1 hour as created_at"),
    "incidents_created_in_the_doubled_hour": _all(INCIDENTS, "created_at_is_ambiguous = true"),
    "incidents_not_before_their_call": _all(INCIDENTS, "created_at = created_at - interval 1 hour"),
    # incident log
    "log_event_code_known": _one(LOG, "event_code = 'CLOSDE'"),
    "log_event_code_present": _one(LOG, "event_code = null"),
    "log_incident_came": _one(LOG, "incident_ref = 'WM-20200101-00001'"),
    "log_events_without_gap": _gone(LOG, "event_no = 3"),
    "log_keyed_in_order": [f"update {LOG} set recorded_at = recorded_at - interval 1 hour where event_no = 4"],
    "log_event_order": [f"update {LOG} set event_at = event_at - interval 1 hour where event_no = 4"],
    "log_not_keyed_before_it_happened": _one(LOG, "recorded_at = event_at - interval 1 second"),
    "log_keyed_in_time": _all(LOG, "recorded_at = event_at + interval 2 hour"),
    "log_of_the_files_day": _one(LOG, "recorded_at = recorded_at + interval 7 day"),
    "log_resource_named": [f"update {LOG} set callsign = null where event_code = 'ASSIGNED'"],
    "log_grade_known": [f"update {LOG} set to_value = 'IMMEDIATE' where event_code = 'GRADED'"],
    "log_risk_known": _one(LOG, "event_code = 'THRIVE', to_value = 'AWFUL'"),
    "log_unassigned_was_assigned": [f"update {LOG} set callsign = 'ZZ99' where event_code = 'UNASSIGNED'"],
    "log_not_before_its_incident": [f"update {LOG} set event_at = event_at - interval 1 day where event_no = 1"],
    "log_key_wide_enough": _again(LOG, "event_at + interval 1 minute as event_at"),
    "log_in_the_doubled_hour": _all(LOG, "event_at_is_ambiguous = true"),
    # resource statuses
    "status_code_known": _one(STATUSES, "status_code = '66'"),
    "status_area_known": _one(STATUSES, "lpa = 'WALES'"),
    "status_incident_named": [f"update {STATUSES} set incident_ref = null where status_code = '6'"],
    "status_incident_came": _all(STATUSES, "incident_ref = 'WM-20200101-00001'"),
    "status_not_pressed_twice": [f"update {STATUSES} set status_code = '5' where status_code = '6'"],
    "status_en_route_before_scene": _gone(STATUSES, "status_code = '5'"),
    "status_not_before_its_incident": _all(STATUSES, "status_at = status_at - interval 1 hour"),
    "status_of_the_files_day": _one(STATUSES, "status_at = status_at - interval 7 day"),
    "status_in_the_doubled_hour": _all(STATUSES, "status_at_is_ambiguous = true"),
    # diary
    "diary_status_known": _one(DIARY, "status = 'KEPT'"),
    "diary_diary_known": _one(DIARY, "diary = 'DAIRY'"),
    "diary_slot_end_after_start": _one(DIARY, "slot_end_at = slot_start_at"),
    "diary_slot_present": _one(DIARY, "slot_end_at = null"),
    "diary_booked_before_slot": _all(DIARY, "booked_at = slot_end_at"),
    "diary_attended_has_time": _one(DIARY, "attended_at = null"),
    "diary_incident_came": _all(DIARY, "incident_ref = 'WM-20200101-00001'"),
    "diary_incident_named": _one(DIARY, "incident_ref = null"),
    "diary_booking_time_present": _one(DIARY, "booked_at = null"),
    "diary_versions_without_gap": _gone(DIARY, "version = 1"),
    "diary_area_known": _one(DIARY, "lpa = 'WALES'"),
    # the system before
    "legacy_grade_known": _one(LEGACY, "grade = '7'"),
    "legacy_area_known": _one(LEGACY, "lpa = 'WALES'"),
    "legacy_scene_present": _all(LEGACY, "first_at_scene_at = null"),
    "legacy_no_span_of_half_a_day": _one(LEGACY, "first_at_scene_at = created_at + interval 23 hour"),
    "legacy_numbers_without_gap": _gone(LEGACY, "incident_no = '5'"),
    # domestic-abuse outcomes
    "outcomes_incident_came": _one(OUTCOMES, "incident_ref = 'WM-20200101-00001'"),
    "outcomes_of_domestic_incidents": _all(INCIDENTS, "is_domestic_abuse = 'N'"),
    "outcomes_flags_valid": _one(OUTCOMES, "body_worn_video = 'YES'"),
    "outcomes_risk_tool_known": _one(OUTCOMES, "risk_tool = 'DASHBOARD'"),
    "outcomes_risk_graded_when_assessed": _one(OUTCOMES, "risk_grade = null"),
    "outcomes_arrest_not_before_incident": _one(OUTCOMES, "arrest_at = arrest_at - interval 1 day"),
    "outcomes_victim_present": _all(OUTCOMES, "victim_token = null"),
    # digital contacts
    "contacts_channel_known": _one(CONTACTS, "channel = 'FAX'"),
    "contacts_direction_known": _one(CONTACTS, "direction = 'SIDEWAYS'"),
    "contacts_in_order": _one(CONTACTS, "first_reply_at = opened_at - interval 1 second"),
    "contacts_incident_came": _all(CONTACTS, "incident_ref = 'WM-20200101-00001'"),
    # people
    "workforce_strength_within_establishment": _one("staging.base_workforce", "strength_fte = 30"),
    "workforce_abstraction_within_strength": _one("staging.base_workforce", "abstracted_fte = 19"),
    "workforce_numbers_not_negative": _one("staging.base_workforce", "abstracted_fte = -1.5"),
    "workforce_month_is_the_files": _one("staging.base_workforce", "month = date '2021-11-01'"),
    "recruitment_stages_all_there": _gone("staging.base_recruitment", "stage = 'ASSESSED' and month = '2021-09-01'"),
    "recruitment_stage_known": _one("staging.base_recruitment", "stage = 'VETTED'"),
    "recruitment_counts_not_negative": _one("staging.base_recruitment", "stage_count = -1"),
    # outages, national table
    "disruptions_in_order": _all("staging.base_service_disruptions", "restored_at = started_at - interval 1 day"),
    "disruptions_system_known": _all("staging.base_service_disruptions", "systems = 'RADIO, TELEPHONES'"),
    "disruptions_line_known": _all("staging.base_service_disruptions", "lines = 'all'"),
    "disruptions_calls_lost_present": _all("staging.base_service_disruptions", "calls_lost = null"),
    "disruptions_times_present": _all("staging.base_service_disruptions", "started_at = null"),
    "national_bands_add_up": _one("staging.base_bt_999_national", "over_60 = 6"),
    "national_mean_plausible": _one("staging.base_bt_999_national", "mean_seconds = 1"),
    # marts
    "calls_wait_known": _all("marts.fct_calls", "wait_seconds = null"),
    "calls_wait_plausible": ["update marts.fct_calls set wait_seconds = 7201 where call_key like '%0007'"],
    "calls_handle_time_known": _all("marts.fct_calls", "hold_seconds = null"),
    "calls_talk_plausible": ["update marts.fct_calls set talk_seconds = 99999 where call_key like '%0007'"],
    "calls_outcome_known": ["update marts.fct_calls set outcome = 'unknown' where call_key like '%0007'"],
    "incidents_scene_known_when_attended": _all("marts.fct_incidents", "first_at_scene_at = null"),
    "incidents_scene_known_when_urgent": _all("marts.fct_incidents", "first_at_scene_at = null"),
    "incidents_no_arrival_left_out": _all("marts.fct_incidents", "invalid_at_scene_count = 1"),
    "incidents_scene_not_before_assignment": _all("marts.fct_incidents", "first_assigned_at = '2022-01-01'"),
    "incidents_en_route_not_before_assignment": _all("marts.fct_incidents", "first_assigned_at = '2022-01-01'"),
    "incidents_graded_before_assigned": _all("marts.fct_incidents", "first_graded_at = '2022-01-01'"),
    "incidents_response_plausible": _all("marts.fct_incidents", "response_seconds = 30000"),
    "calls_new_incident_has_one": _all(CALLS, "incident_key = null"),
    "incidents_source_agrees_with_call": _all("marts.fct_incidents", "source_code = '999'"),
    "states_high_risk_gets_a_resource": _all(STATES, "is_high_risk = true"),
    "states_log_came": _gone("marts.fct_incident_events", "incident_key like '%00009'"),
    "states_closed_by_an_event": _gone(
        "marts.fct_incident_events", "event_code = 'CLOSED' and incident_key like '%00009'"
    ),
    "states_no_wait_over_a_week": _all(STATES, "spell_started_at = started_at - interval 7 day, ended_at = null"),
    "states_long_risk_reassessed": _gone("marts.fct_incident_events", "event_code = 'RETHRIVE'"),
    "states_booking_has_an_appointment": _gone("marts.fct_diary_appointments", "appointment_key like '%-8'"),
    "states_at_scene_while_assigned": _gone(STATES, "state = 'AT_SCENE'"),
    "states_resource_let_go": [f"update {STATES} set duration_seconds = 259201 where state = 'ASSIGNED'"],
    "hours_known": ["update marts.fct_unresourced_hourly set is_estimated = true where hour(hour_at) = 7"],
    "hours_come_and_go": ["update marts.fct_unresourced_hourly set outflow_count = 0 where day(hour_date) = 5"],
    "appointments_outcome_known": [
        "update marts.fct_diary_appointments set outcome = null where appointment_key like '%-8'"
    ],
    "appointments_day_known": [
        "update marts.fct_diary_appointments set appointment_date = null where appointment_key like '%-8'"
    ],
    "appointments_slot_after_report": [
        "update marts.fct_diary_appointments set days_from_report = null where appointment_key like '%-8'"
    ],
    "appointments_not_left_open": _all("marts.fct_diary_appointments", "outcome = 'OUTSTANDING'"),
    "domestic_outcome_came": _all("marts.fct_domestic_abuse", "has_outcome = false"),
    "domestic_assessed_when_attended": _all("marts.fct_domestic_abuse", "risk_tool = null"),
    "domestic_arrest_has_suspect": _all("marts.fct_domestic_abuse", "suspect_present = false"),
    # deliveries
    "deliveries_not_quarantined": [
        "update quality.deliveries set status = 'QUARANTINED' where name = 'acd_segments_20211005.csv'"
    ],
    "deliveries_rows_not_quarantined": [
        "update quality.deliveries set rows_quarantined = 3 where name = 'acd_segments_20211005.csv'"
    ],
    "deliveries_not_delivered_twice": [
        "update quality.deliveries set status = 'DUPLICATE' where name = 'acd_segments_20211005.csv'"
    ],
    "deliveries_same_name_same_bytes": [
        "update quality.deliveries set name = 'acd_segments_20211004.csv' where name = 'acd_segments_20211005.csv'"
    ],
    "deliveries_no_day_missing": ["delete from quality.deliveries where name = 'saab_diary_20210915.csv'"],
    "deliveries_no_month_missing": [
        "update quality.deliveries set business_date = '2021-07-01' where name = 'workforce_20210901.csv'"
    ],
    "deliveries_days_of_a_system_together": [
        "delete from quality.deliveries where name = 'saab_incident_log_20210915.csv'"
    ],
    "deliveries_not_behind_the_newest": [
        "update quality.deliveries set business_date = '2021-07-01' where name = 'acd_segments_20211005.csv'"
    ],
    "deliveries_in_step_with_their_system": [
        "delete from quality.deliveries where export = 'saab_diary' and business_date > '2021-09-20'"
    ],
    "deliveries_volume_like_same_weekday": [
        "update quality.deliveries set rows_loaded = 10 where name = 'acd_segments_20211005.csv'"
    ],
    "deliveries_not_empty": ["update quality.deliveries set rows_read = 0 where name = 'acd_segments_20211005.csv'"],
    "deliveries_without_erased_rows": [
        "update quality.deliveries set rows_erased = 3 where name = 'acd_segments_20211005.csv'"
    ],
    "deliveries_no_unknown_columns": [
        """update quality.deliveries set unknown_columns = '{"NOTES": 7}' where name = 'acd_segments_20211005.csv'"""
    ],
    "deliveries_corrected_rows_share": ["update quality.deliveries set rows_superseded = 60, rows_loaded = 40"],
    # schema drift
    "deliveries_drift_files_not_set_aside": [
        "insert into quality.schema_drift values ('acd_segments', 'FILE_QUARANTINED', null, 'changed')"
    ],
    "deliveries_drift_rows_not_set_aside": [
        "insert into quality.schema_drift values ('acd_segments', 'ROWS_QUARANTINED', '2021-10-05', 'changed')"
    ],
    "deliveries_drift_columns_not_emptied": [
        "insert into quality.schema_drift values ('acd_segments', 'NULL_VALUES', null, 'changed')"
    ],
    "deliveries_drift_codes_kept": [
        "insert into quality.schema_drift values ('acd_segments', 'UNKNOWN_MEMBER', null, 'changed')"
    ],
    "deliveries_drift_layout_kept": [
        "insert into quality.schema_drift values ('acd_segments', 'READ', null, 'columns_added')"
    ],
    # code lists as at the day of the row
    "segments_codes_of_their_day": _withdrawn("wrap_codes"),
    "incidents_codes_of_their_day": _withdrawn("areas"),
    "log_codes_of_their_day": _withdrawn("event_codes"),
    "status_codes_of_their_day": _withdrawn("areas"),
    "diary_codes_of_their_day": _withdrawn("diaries"),
    "legacy_codes_of_their_day": _withdrawn("areas"),
    "contacts_codes_of_their_day": _withdrawn("channels"),
    # calls as a whole
    "calls_answered_after_offered": [f"update {CALLS} set answered_at = offered_at - interval 1 hour"],
    "calls_not_there_twice": [f"insert into {CALLS} select * from {CALLS} where call_key like '%001%'"],
    "calls_volume_like_same_weekday": [
        *_weeks_before(CALLS, "offered_date"),
        *_gone(CALLS, "offered_date = '2021-10-05' and call_key not like '%000%'"),
    ],
    "calls_of_every_line": [
        f"update {CALLS} set line = '999' where call_key like '%3'",
        "insert into landing.contents select * replace (business_date - 7 as business_date) from landing.contents",
        f"insert into {CALLS} select rows.* replace ('999' as line) from {CALLS} as rows cross join range(4)",
        *_days_before(CALLS, "offered_date"),
        *_gone(CALLS, "line = '999' and offered_date = '2021-10-05'"),
    ],
    "calls_led_to_one_incident_each": [f"insert into {ENRICHED} select * from {ENRICHED}"],
    "calls_in_an_outage_are_few": ["update marts.fct_disruption_lines set answered_count = 39"],
    "call_segments_in_order": [
        f"update {CALL_SEGMENTS} set segment_start_at = segment_start_at - interval 1 hour where segment_no = 2"
    ],
    "call_segments_of_one_line": [f"update {CALL_SEGMENTS} set line = 'SWITCHBOARD' where segment_no = 2"],
    "call_segments_agent_on_one_call": [f"update {CALL_SEGMENTS} set agent_token = 'all', talk_seconds = 7200"],
    "call_segments_no_half_hour_silent": [
        f"insert into {CALL_SEGMENTS} select rows.* replace (call_date - (7 * week)::integer as call_date, "
        "segment_start_date - (7 * week)::integer as segment_start_date) "
        f"from (select * from {CALL_SEGMENTS}) as rows cross join range(1, 5) as weeks (week) cross join range(10)",
        *_gone(CALL_SEGMENTS, "segment_start_date = '2021-10-05' and hour(segment_start_at_local) = 14"),
    ],
    # half hours of the teams
    # Calls come in every other hour, by the half hours in the hours between.
    "agent_intervals_same_clock_as_calls": [
        f"update {CALL_SEGMENTS} set talk_seconds = 0 where hour(segment_start_at) % 2 = 1",
        f"update {TEAM_HALF_HOURS} set talk_seconds = case when hour(interval_at) % 2 = 1 then 240 else 0 end",
        f"update {CALL_SEGMENTS} set talk_seconds = 1 where talk_seconds = 0",
    ],
    "agent_intervals_staffed_when_calls_answered": [f"update {TEAM_HALF_HOURS} set staffed_seconds = 0"],
    "agent_intervals_every_answering_team": [f"update {TEAM_HALF_HOURS} set team = 'renamed'"],
    "agent_intervals_parts_fill_staffed": [f"update {TEAM_HALF_HOURS} set available_seconds = 100"],
    "agent_intervals_planned_heads_present": [f"update {TEAM_HALF_HOURS} set planned_heads = null"],
    "agent_intervals_of_the_files_day": [f"update {TEAM_HALF_HOURS} set interval_date = interval_date + 1"],
    "agent_intervals_staffed_like_same_weekday": [
        *_weeks_before(TEAM_HALF_HOURS, "interval_date"),
        f"update {TEAM_HALF_HOURS} set staffed_seconds = 100 where interval_date = '2021-10-05'",
    ],
    # the log as a whole
    "events_of_every_kind": [
        *_days_before(EVENTS, "event_date"),
        *_gone(EVENTS, "event_code = 'TASKED' and event_date = '2021-10-05'"),
    ],
    "events_no_half_day_silent": [
        f"insert into {EVENTS} select rows.* from {EVENTS} as rows cross join range(3)",
        *_gone(EVENTS, "event_at between '2021-10-05 04:00:00+00' and '2021-10-05 07:00:00+00'"),
    ],
    "events_created_once": [f"insert into {EVENTS} select * from {EVENTS} where event_code = 'CREATED' limit 1"],
    "events_nothing_after_closing": [f"update {EVENTS} set event_no = 20 where event_code = 'ASSIGNED'"],
    "events_booking_is_an_appointment": _gone(APPOINTMENTS, "appointment_key like '%-8'"),
    # statuses as intervals
    "statuses_one_at_a_time": [f"update {PRESSED} set ended_at = ended_at + interval 1 hour"],
    "statuses_in_one_area": [f"update {PRESSED} set area_code = 'HEREF' where status_code = '6'"],
    "statuses_scene_left": [f"update {PRESSED} set duration_seconds = 90000 where status_code = '6'"],
    "statuses_scene_pressed_by_every_callsign": [
        f"update {PRESSED} set resource = 'C1' where incident_key like '%1_'",
        f"insert into {PRESSED} select * replace (incident_key || 'a' as incident_key) from {PRESSED}",
        *_gone(PRESSED, "resource = 'C1' and status_code = '6'"),
    ],
    "statuses_of_every_area": [
        *_days_before(PRESSED, "started_date"),
        f"update {PRESSED} set area_code = 'HEREF' where started_date = '2021-10-05'",
    ],
    # incidents against log, calls and radio
    "incidents_stage_order": [f"update {ENRICHED} set first_graded_at = created_at - interval 1 hour"],
    "incidents_closed_after_scene": [f"update {ENRICHED} set closed_at = created_at"],
    "incidents_scene_missing_alike_in_areas": [
        f"update {ENRICHED} set area_code = 'HEREF' where incident_key like '%-0001_' or incident_key like '%-0002_'",
        f"update {ENRICHED} set first_at_scene_at = null where area_code = 'HEREF'",
    ],
    "incidents_same_clock_as_calls": [f"update {ENRICHED} set created_at = created_at + interval 1 hour"],
    "incidents_same_clock_as_radio": [f"update {ENRICHED} set first_en_route_at = first_en_route_at - interval 1 hour"],
    "incidents_created_as_the_log_says": [f"update {EVENTS} set event_at = event_at + interval 1 hour"],
    "incidents_grade_as_the_log_says": [f"update {EVENTS} set to_code = '4' where event_code = 'GRADED'"],
    "incidents_risk_as_the_log_says": [f"update {EVENTS} set to_code = 'HIGH' where event_code = 'THRIVE'"],
    "incidents_open_as_the_log_says": [f"update {EVENTS} set event_code = 'REOPENED' where event_code = 'CLOSED'"],
    "incidents_link_in_the_log": _gone(EVENTS, "event_code = 'LINKED'"),
    "incidents_volume_like_same_weekday": [
        f"update {ENRICHED} set source_code = '101'",
        *_weeks_before(ENRICHED, "created_date"),
        *_gone(ENRICHED, "created_date = '2021-10-05' and incident_key not like '%00001'"),
    ],
    "incidents_of_every_area": [
        *_days_before(ENRICHED, "created_date"),
        f"update {ENRICHED} set area_code = 'HEREF' where created_date = '2021-10-05'",
    ],
    "incidents_back_keyed_within_a_day": [f"update {ENRICHED} set recorded_at = created_at + interval 2 day"],
    "incidents_back_keyed_where_disrupted": [
        f"update {ENRICHED} set recorded_at = created_at + interval 2 hour",
        f"insert into {ENRICHED} select * from {ENRICHED}",
    ],
    # states and hours
    "states_do_not_overlap": [f"update {STATES} set ended_at = ended_at + interval 1 second where state_no = 1"],
    "states_leave_no_gap": [f"update {STATES} set ended_at = ended_at - interval 1 second where state_no = 1"],
    "states_begin_at_creation": [f"update {STATES} set started_at = started_at + interval 1 second where state_no = 1"],
    "states_numbered_once": [f"update {STATES} set state_no = 1 where state_no = 2"],
    "states_known": [f"update {STATES} set state = 'FORGOTTEN' where state_no = 2"],
    "hours_stock_adds_up": [f"update {HOURS} set incident_count = 9 where hour(hour_at) = 7"],
    "hours_without_gap": _gone(HOURS, "hour(hour_at) = 7"),
    "hours_parts_within_count": [f"update {HOURS} set high_risk_count = 9 where hour(hour_at) = 7"],
    "hours_agree_with_states": [f"update {HOURS} set incident_count = 9"],
    "hours_of_every_cell": _gone(HOURS, "hour(hour_at) = 7 and kind = 'SCHEDULED'"),
    "hours_seen_in_time": _gone(HOURS, "hour_date = '2021-10-05'"),
    # diary against log and radio
    "appointments_booked_in_the_log": _gone(EVENTS, "event_code = 'DIARY_BOOKED'"),
    "appointments_failed_in_the_log": _gone(EVENTS, "event_code = 'DIARY_FAILED'"),
    "appointments_moves_as_the_log_says": [f"update {APPOINTMENTS} set moves_count = 2"],
    "appointments_attended_as_the_radio_says": [
        f"update {APPOINTMENTS} set attended_at = attended_at + interval 2 hour"
    ],
    "appointments_area_of_the_incident": [f"update {APPOINTMENTS} set area_code = 'HEREF'"],
    "appointments_one_at_a_time": [
        f"update {APPOINTMENTS} set resource = 'D1', slot_start_at = '2021-10-04 09:00:00+00'"
    ],
    # domestic abuse
    "domestic_outcomes_alike_in_areas": [
        f"insert into {DOMESTIC} select rows.* from {DOMESTIC} as rows cross join range(9)",
        f"insert into {DOMESTIC} select * replace ('HEREF' as area_code, false as has_outcome) from {DOMESTIC} "
        f"limit 40",
    ],
    "domestic_repeats_marked": [f"update {ENRICHED} set is_repeat_victim = false"],
    "domestic_arrest_after_creation": [f"update {DOMESTIC} set arrest_at = arrest_at - interval 3 day"],
    "domestic_flag_as_incident": [f"insert into {DOMESTIC} select * from {DOMESTIC} limit 1"],
    "outcomes_once_in_a_file": _again(OUTCOMES),
    "outcomes_of_the_files_month": [
        *_all(OUTCOMES, "_business_date = '2021-07-01'"),
        f"insert into {OUTCOMES} select * from {OUTCOMES}",
    ],
    # digital contacts
    "contacts_once_in_a_file": _again(CONTACTS),
    "contacts_opened_in_the_files_month": _all(CONTACTS, "opened_at = opened_at - interval 70 day"),
    "contacts_opened_present": _one(CONTACTS, "opened_at = null"),
    "digital_every_weekday_has_some": [
        f"insert into {DIGITAL} select * replace (opened_date + 2 as opened_date) from {DIGITAL}"
    ],
    "digital_counts_like_the_months_before": [
        f"insert into {DIGITAL} select * replace (opened_date - 30 as opened_date) from {DIGITAL} "
        f"union all select * replace (opened_date - 60 as opened_date) from {DIGITAL}",
        f"insert into {DIGITAL} select rows.* from {DIGITAL} as rows cross join range(9) where opened_date = "
        f"'2021-10-04'",
    ],
    "digital_incident_from_a_digital_source": [f"update {ENRICHED} set source_code = '101'"],
    "digital_answered": [
        f"update {DIGITAL} set first_reply_at = null, closed_at = null",
        f"insert into {DIGITAL} select rows.* from {DIGITAL} as rows cross join range(3)",
    ],
    "digital_reply_plausible": [f"update {DIGITAL} set first_reply_seconds = 9999999"],
    # people
    "workforce_units_all_there": _gone(PEOPLE, "unit = 'U3' and month_date = '2021-10-01'"),
    "workforce_total_like_the_month_before": _gone(PEOPLE, "unit < 'U3' and month_date = '2021-10-01'"),
    "workforce_heads_carry_the_strength": [f"update {PEOPLE} set head_count = 9"],
    "workforce_strength_present": [f"update {PEOPLE} set strength_fte = null"],
    "workforce_call_takers_carry_the_staffed_hours": [f"update {TEAM_HALF_HOURS} set staffed_seconds = 3600000"],
    "workforce_once_a_month": [f"update {PEOPLE} set unit = 'U1'"],
    "recruitment_funnel_narrows": [f"update {FUNNEL} set applicant_count = 500 where stage = 'ASSESSED'"],
    "recruitment_month_in_time": [f"update {FUNNEL} set month_date = month_date - interval 6 month"],
    "recruitment_once_a_month": [f"insert into {FUNNEL} select * from {FUNNEL} limit 1"],
    # outages as used
    "outages_registered_once": [
        f"insert into {OUTAGES} select * replace ('O2' as disruption_key, started_at + interval 1 minute as "
        f"started_at) "
        f"from {OUTAGES}"
    ],
    "outages_ended": [f"update {OUTAGES} set ended_at = null, started_at = '2021-10-01 00:00:00+00'"],
    "outages_seen_in_the_calls": ["update marts.fct_disruption_lines set answered_count = 39"],
    "outages_lost_no_more_than_come": [f"update {OUTAGES} set calls_lost = 1400"],
    # national table
    "national_counts_valid": _one("staging.base_bt_999_national", "from_10_to_60 = -1"),
    "national_force_there": _gone(NATIONAL, "force_name = 'West Mercia'"),
    "national_months_without_gap": [
        f"insert into {NATIONAL} select * replace (date '2021-07-01' as month_date) from {NATIONAL}"
    ],
    "national_once_a_month": [f"insert into {NATIONAL} select * from {NATIONAL} limit 1"],
    "national_calls_agree_with_own": [f"update {NATIONAL} set call_count = 50"],
    "national_clock_is_the_longer_one": [f"update {NATIONAL} set under_10_count = 99"],
    "national_published_in_time": [f"update {NATIONAL} set month_date = '2021-05-01'"],
    # published figures
    "published_indicators_met": [f"update {FIGURES} set value = 0.7 where kpi_id = 'calls_101_within_30s'"],
    "published_counts_met": [f"update {FIGURES} set numerator = 5000 where kpi_id = 'calls_101_within_30s'"],
    "published_tolerance_stated": ["update marts.dim_published_figures set tolerance = null"],
    # calendar, dictionaries, targets
    "dates_once": ["insert into marts.dim_dates select * from marts.dim_dates limit 1"],
    "dates_as_long_as_their_hours": ["update marts.dim_dates set hours_count = 24"],
    "dates_hours_possible": ["update marts.dim_dates set hours_count = 22 where local_date = '2021-10-31'"],
    "dates_of_every_call": _gone("marts.dim_dates", "local_date = '2021-10-05'"),
    "dates_holidays_reach_far_enough": ["update intermediate.int_as_of set as_of_date = '2022-01-03'"],
    "dictionary_areas_one_meaning_a_day": _twice_on_a_day("dim_areas"),
    "dictionary_grades_one_meaning_a_day": _twice_on_a_day("dim_grades"),
    "dictionary_dispositions_one_meaning_a_day": _twice_on_a_day("dim_dispositions"),
    "dictionary_lines_one_meaning_a_day": _twice_on_a_day("dim_lines"),
    "dictionary_categories_one_meaning_a_day": _twice_on_a_day("dim_categories"),
    "targets_one_in_force": _twice_on_a_day("dim_targets"),
    "targets_of_known_indicators": ["update marts.dim_targets set kpi_id = 'calls_999_in_time'"],
    # indicators
    "kpi_shares_within_one": [f"update {FIGURES} set numerator = 101 where kpi_id = 'calls_999_within_10s'"],
    "kpi_value_is_the_fraction": [f"update {FIGURES} set value = 0.91 where kpi_id = 'calls_999_within_10s'"],
    "kpi_no_share_of_nothing": [f"update {FIGURES} set value = 0 where denominator = 0"],
    "kpi_coverage_within_one": [f"update {FIGURES} set coverage_ratio = 1.1 where period_type = 'week'"],
    "kpi_measured_within_eligible": [f"update {FIGURES} set measured_count = 101 where period_type = 'week'"],
    "kpi_value_or_not_available": [f"update {FIGURES} set value = null where period_type = 'week'"],
    "kpi_state_known": [f"update {FIGURES} set quality_state = 'FINE' where period_type = 'week'"],
    "kpi_once": [f"insert into {FIGURES} select * from {FIGURES} limit 1"],
    "kpi_not_negative": [f"update {FIGURES} set value = -1 where period_type = 'week'"],
    "kpi_lines_add_up_to_the_force": [f"update {FIGURES} set value = value + 1 where scope_code = '101'"],
    "kpi_areas_add_up_to_the_force": [f"update {FIGURES} set value = value + 1 where scope_type = 'area'"],
    "kpi_days_add_up_to_the_month": [f"update {FIGURES} set value = value + 1 where period_type = 'day'"],
    "kpi_stages_of_calls_add_up": [f"update {FIGURES} set value = 999 where kpi_id = 'calls_answered'"],
    "kpi_percentiles_in_order": [f"update {FIGURES} set value = 9 where kpi_id = 'calls_wait_median'"],
    "kpi_up_to_now": _gone(FIGURES, "kpi_id = 'calls_presented' and period_start = '2021-10-05'"),
    "kpi_measured_like_the_month_before": [
        f"update {FIGURES} set coverage_ratio = 0.3 where kpi_id = 'response_grade1_median' and period_start = "
        f"'2021-10-01'"
    ],
    "register_owner_named": ["update metrics.kpi_register set owner = null"],
    "register_reason_given": ["update metrics.kpi_register set restored_by = null"],
    "register_status_known": ["update metrics.kpi_register set status = 'SOON'"],
    "register_once": ["insert into metrics.kpi_register select * from metrics.kpi_register limit 1"],
    "register_of_every_figure": _gone("metrics.kpi_register", "kpi_id = 'calls_answered'"),
    "signals_limits_in_order": ["update metrics.kpi_signals set lower_limit = 0.65"],
    "signals_once_a_week": ["insert into metrics.kpi_signals select * from metrics.kpi_signals"],
    "signals_are_the_figures": ["update metrics.kpi_signals set value = 0.65"],
    # what came every day and comes no more, and what only looks like data
    "segments_abandoned_has_no_talk": _all(SEGMENTS, "disposition = 'ABN'"),
    "segments_seconds_not_rounded": _all(SEGMENTS, "talk_seconds = 120"),
    "segments_wrap_taken": _all(SEGMENTS, "wrap_seconds = 0"),
    "segments_talk_taken": _all(SEGMENTS, "talk_seconds = 0"),
    "calls_of_every_outcome": [
        "insert into landing.contents select * replace (business_date - 7 as business_date) from landing.contents",
        f"update {CALLS} set outcome = 'abandoned' where call_key like '%3' or call_key like '%4' or call_key "
        f"like '%5'",
        *_days_before(CALLS, "offered_date"),
        *_gone(CALLS, "outcome = 'abandoned' and offered_date = '2021-10-05'"),
    ],
    "incidents_of_every_flag": [
        *_days_before(ENRICHED, "created_date"),
        f"update {ENRICHED} set is_domestic_abuse = false where created_date = '2021-10-05'",
    ],
    "events_assigned_once_at_a_time": [
        *_gone(EVENTS, "event_code = 'UNASSIGNED'"),
        f"insert into {EVENTS} select * from {EVENTS} where event_code = 'ASSIGNED'",
    ],
    "statuses_area_of_the_incident": [f"update {PRESSED} set area_code = 'HEREF'"],
    "national_month_is_the_files": _all("staging.base_bt_999_national", "month = date '2021-08-01'"),
    "recruitment_month_is_the_files": _all("staging.base_recruitment", "month = month - interval 6 month"),
    "deliveries_bring_something_new": [
        "update quality.deliveries set rows_duplicate = 90, rows_loaded = 10 where name = 'acd_segments_20211005.csv'"
    ],
}
