with

contacts as (
    select * from {{ ref('stg_digital_contacts') }}
),

final as (
    select
        contact_key,
        channel_code,
        platform,
        direction,
        {{ to_instant('opened_at') }} as opened_at,
        {{ to_local('opened_at') }} as opened_at_local,
        {{ to_local_date('opened_at') }} as opened_date,
        {{ to_instant('first_reply_at') }} as first_reply_at,
        {{ to_instant('closed_at') }} as closed_at,
        {{ seconds_between('opened_at', 'first_reply_at') }} as first_reply_seconds,
        topic,
        incident_key,
        _delivery_id,
        _source_row
    from contacts
)

select * from final
