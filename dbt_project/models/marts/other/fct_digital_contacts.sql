with

contacts as (
    select * from {{ ref('stg_digital_contacts') }}
),

local as (
    select
        *,
        {{ to_local('opened_at') }} as opened_at_local,
        {{ to_local_date('opened_at') }} as opened_date
    from contacts
),

final as (
    select
        contact_key,
        channel_code,
        platform,
        direction,
        is_inbound,
        is_outbound,
        {{ to_instant('opened_at') }} as opened_at,
        opened_at_local,
        opened_date,
        coalesce({{ weekday_number('opened_date') }} < 6, false) as is_opened_on_weekday,
        {{ to_instant('first_reply_at') }} as first_reply_at,
        {{ to_local('first_reply_at') }} as first_reply_at_local,
        {{ to_local_date('first_reply_at') }} as first_reply_date,
        {{ to_instant('closed_at') }} as closed_at,
        {{ to_local('closed_at') }} as closed_at_local,
        {{ to_local_date('closed_at') }} as closed_date,
        {{ seconds_between('opened_at', 'first_reply_at') }} as first_reply_seconds,
        {{ seconds_between('opened_at', 'closed_at') }} as closed_seconds,
        topic,
        incident_key,
        _delivery_id,
        _source_row
    from local
)

select * from final
