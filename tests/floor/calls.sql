-- Segments, read once, and the calls they add up to. Calls get their incident and disruption in calls_linked.sql.

create table marts.fct_call_segments as
select
    getvariable('acd_segments_v1_days')[file_index::bigint + 1] || '-' || CALL_ID as call_key,
    SEGMENT as segment_no,
    getvariable('acd_segments_v1_dates')[file_index::bigint + 1] as call_date,
    to_instant(SEG_START) as segment_start_at,
    to_local(SEG_START) as segment_start_at_local,
    to_local(SEG_START)::date as segment_start_date,
    to_instant(SEG_END) as segment_end_at,
    coalesce(lines.means, 'OTHER') as line,
    case when QUEUE is not null then coalesce(queues.means, 'UNKNOWN') end as queue,
    coalesce(dispositions.means, 'UNKNOWN') as disposition_code,
    not_negative(IVR_SECS) as ivr_seconds,
    not_negative(QUEUE_SECS) as queue_seconds,
    not_negative(RING_SECS) as ring_seconds,
    not_negative(TALK_SECS) as talk_seconds,
    not_negative(HOLD_SECS) as hold_seconds,
    not_negative(WRAP_SECS) as wrap_seconds,
    AGENT_ID as agent_token,
    TEAM as team,
    case
        when CLI <> 'WITHHELD'
            then nullif(regexp_replace(if(starts_with(CLI, '+44'), '0' || CLI[4:], CLI), '[^0-9]', '', 'g'), '')
    end as caller_token,
    coalesce(CLI = 'WITHHELD', false) as is_withheld,
    case when WRAP_CODE is not null then coalesce(wrap_codes.means, 'UNKNOWN') end as wrap_code,
    getvariable('acd_segments_v1_ranks')[file_index::bigint + 1] as delivery_rank
from
    read_csv(
        getvariable('acd_segments_v1_files'),
        columns = {
            'CALL_ID': 'varchar', 'SEGMENT': 'bigint', 'SEG_START': 'timestamp', 'SEG_END': 'timestamp',
            'DIALLED': 'varchar', 'QUEUE': 'varchar', 'DISPOSITION': 'varchar', 'IVR_SECS': 'bigint',
            'QUEUE_SECS': 'bigint', 'RING_SECS': 'bigint', 'TALK_SECS': 'bigint', 'HOLD_SECS': 'bigint',
            'WRAP_SECS': 'bigint', 'AGENT_ID': 'varchar', 'TEAM': 'varchar', 'CLI': 'varchar', 'WRAP_CODE': 'varchar'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'
    )
left join reference.lines on DIALLED = lines.code
left join reference.queues on QUEUE = queues.code
left join reference.dispositions on DISPOSITION = dispositions.code
left join reference.wrap_codes on WRAP_CODE = wrap_codes.code;

-- Few keys come twice, so only those are ranked.
create temp table contested as
select call_key, segment_no from marts.fct_call_segments group by all having count(*) > 1;

delete from marts.fct_call_segments
where rowid in (
    select segments.rowid
    from marts.fct_call_segments as segments
    inner join contested using (call_key, segment_no)
    qualify row_number() over (partition by call_key, segment_no order by delivery_rank desc) > 1
);

drop table contested;

alter table marts.fct_call_segments drop column delivery_rank;

-- The lowest segment says the line, and the line says which queues measure.
create temp table call_lines as
select call_key, arg_min(line, segment_no) as call_line, max(segment_no) as last_no
from marts.fct_call_segments
group by call_key;

create temp table flagged_segments as
select
    segments.call_key,
    segment_no,
    call_line,
    queue_seconds + ring_seconds as waited_seconds,
    segment_no = last_no as is_last,
    is_answer and queue is not null as is_answered,
    queue is not null and (
        call_line in (select line from reference.measuring_queues where queue = '*')
        or (call_line, queue) in (select (line, queue) from reference.measuring_queues)
    ) as is_measuring,
    is_test,
    is_transfer,
    call_outcome,
    segment_start_at,
    ivr_seconds,
    talk_seconds,
    hold_seconds,
    wrap_seconds,
    team,
    caller_token,
    wrap_code
from marts.fct_call_segments as segments
inner join call_lines on segments.call_key = call_lines.call_key
inner join reference.dispositions on disposition_code = dispositions.code;

create temp table collapsed_calls as
select
    call_key,
    any_value(call_line) as line,
    arg_min(segment_start_at, segment_no) as offered_at,
    case
        when bool_or(is_test) then 'test'
        when bool_or(is_answered and is_measuring) then 'answered'
        when bool_or(is_answered) and not bool_or(is_last and is_measuring) then 'answered_elsewhere'
        else coalesce(arg_max_null(call_outcome, segment_no), 'unknown')
    end as outcome,
    known_sum(ivr_seconds) as ivr_seconds,
    case
        when bool_and(waited_seconds is not null) filter (is_measuring)
            then sum(waited_seconds) filter (is_measuring)::bigint
    end as wait_seconds,
    arg_min_null(segment_start_at + to_seconds(ivr_seconds + waited_seconds), segment_no)
        filter (is_answered and is_measuring) as answered_at,
    known_sum(talk_seconds) as talk_seconds,
    known_sum(hold_seconds) as hold_seconds,
    known_sum(wrap_seconds) as wrap_seconds,
    arg_min_null(team, segment_no) filter (is_answered and is_measuring) as team_answered,
    count(*) as segment_count,
    bool_or(is_transfer) as was_transferred,
    arg_min_null(caller_token, segment_no) as caller_token,
    arg_min_null(wrap_code, segment_no) filter (is_answered) as wrap_code,
    min(segment_no) filter (is_answered and is_measuring) as answered_no,
    max(segment_no) filter (is_measuring) as last_measuring_no
from flagged_segments
group by call_key;

-- Waiting ends with the first answer. Calls that were put back into a measuring queue afterwards are few.
update collapsed_calls
set wait_seconds = until_answer.wait_seconds
from (
    select call_key, known_sum(waited_seconds) as wait_seconds
    from flagged_segments
    inner join (select call_key, answered_no from collapsed_calls where answered_no < last_measuring_no) using (call_key)
    where is_measuring and segment_no <= answered_no
    group by call_key
) as until_answer
where collapsed_calls.call_key = until_answer.call_key;

drop table flagged_segments;
drop table call_lines;
