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
        "update staging.stg_acd_segments set segment_start_date = segment_start_date + 1 where call_id = '0003'"
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
    "incidents_created_in_the_doubled_hour": _one(INCIDENTS, "created_at_is_ambiguous = true"),
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
    "log_in_the_doubled_hour": _one(LOG, "event_at_is_ambiguous = true"),
    # resource statuses
    "status_code_known": _one(STATUSES, "status_code = '66'"),
    "status_area_known": _one(STATUSES, "lpa = 'WALES'"),
    "status_incident_named": [f"update {STATUSES} set incident_ref = null where status_code = '6'"],
    "status_incident_came": _all(STATUSES, "incident_ref = 'WM-20200101-00001'"),
    "status_not_pressed_twice": [f"update {STATUSES} set status_code = '5' where status_code = '6'"],
    "status_en_route_before_scene": _gone(STATUSES, "status_code = '5'"),
    "status_not_before_its_incident": _all(STATUSES, "status_at = status_at - interval 1 hour"),
    "status_of_the_files_day": _one(STATUSES, "status_at = status_at - interval 7 day"),
    "status_in_the_doubled_hour": _one(STATUSES, "status_at_is_ambiguous = true"),
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
    "incidents_no_arrival_left_out": [
        "update marts.fct_incidents set invalid_at_scene_count = 1 where incident_key like '%00007'"
    ],
    "incidents_scene_not_before_assignment": _all("marts.fct_incidents", "first_assigned_at = '2022-01-01'"),
    "incidents_en_route_not_before_assignment": _all("marts.fct_incidents", "first_assigned_at = '2022-01-01'"),
    "incidents_graded_before_assigned": _all("marts.fct_incidents", "first_graded_at = '2022-01-01'"),
    "incidents_response_plausible": _all("marts.fct_incidents", "response_seconds = 30000"),
    "calls_new_incident_has_one": ["update marts.fct_calls set incident_key = null where call_key like '%0007'"],
    "incidents_source_agrees_with_call": _all("marts.fct_incidents", "source_code = '999'"),
    "states_high_risk_gets_a_resource": _all(STATES, "is_high_risk = true"),
    "states_log_came": _gone("marts.fct_incident_events", "incident_key like '%00009'"),
    "states_closed_by_an_event": _gone(
        "marts.fct_incident_events", "event_code = 'CLOSED' and incident_key like '%00009'"
    ),
    "states_no_wait_over_a_week": _all(STATES, "spell_started_at = spell_started_at - interval 7 day"),
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
        "insert into quality.schema_drift values ('acd_segments', 'FILE_QUARANTINED', null)"
    ],
    "deliveries_drift_rows_not_set_aside": [
        "insert into quality.schema_drift values ('acd_segments', 'ROWS_QUARANTINED', '2021-10-05')"
    ],
    "deliveries_drift_columns_not_emptied": [
        "insert into quality.schema_drift values ('acd_segments', 'NULL_VALUES', null)"
    ],
    "deliveries_drift_codes_kept": ["insert into quality.schema_drift values ('acd_segments', 'UNKNOWN_MEMBER', null)"],
    "deliveries_drift_layout_kept": ["insert into quality.schema_drift values ('acd_segments', 'READ', null)"],
}
