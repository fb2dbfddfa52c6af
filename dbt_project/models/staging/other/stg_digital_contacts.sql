-- The standing row of each digital contact.

with

delivered as (
    select * from {{ ref('base_digital_contacts') }}
),

channels as (
    select distinct code, means from {{ ref('channels') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        standing.contact_id as contact_key,
        coalesce(channels.means, 'UNKNOWN') as channel_code,
        standing.platform,
        case when standing.direction in ('IN', 'OUT') then standing.direction else 'UNKNOWN' end as direction,
        coalesce(standing.direction = 'IN', false) as is_inbound,
        coalesce(standing.direction = 'OUT', false) as is_outbound,
        standing.opened_at,
        standing.first_reply_at,
        standing.closed_at,
        standing.topic,
        standing.incident_ref as incident_key,
        standing._delivery_id,
        standing._source_row
    from standing
    left join channels on standing.channel = channels.code
)

select * from final
