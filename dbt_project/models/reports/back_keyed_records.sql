-- The incidents keyed in late that each delivery brought: how many, of which days, how late. Paper records of an outage, weeks after it.

with

incidents as (
    select * from {{ ref('fct_incidents') }}
),

deliveries as (
    select delivery_id, name, business_date, received_at from {{ ref('deliveries') }}
),

back_key_limits as (
    select value as limit_seconds, valid_from, valid_to from {{ ref('dim_parameters') }} where parameter_code = 'back_key_seconds'
),

judged as (
    select
        incidents._delivery_id,
        incidents.created_date,
        incidents.is_back_record,
        {{ epoch_seconds('incidents.recorded_at') }} - {{ epoch_seconds('incidents.created_at') }} as delay_seconds,
        back_key_limits.limit_seconds
    from incidents
    left join back_key_limits
        on incidents.created_date >= back_key_limits.valid_from
        and (incidents.created_date < back_key_limits.valid_to or back_key_limits.valid_to is null)
),

counted as (
    select
        _delivery_id,
        count(*) as incident_count,
        min(created_date) as first_created_date,
        max(created_date) as last_created_date,
        {{ percentile('case when delay_seconds >= 0 then delay_seconds end', 0.5) }} as delay_median_seconds,
        max(case when delay_seconds >= 0 then delay_seconds end) as delay_max_seconds
    from judged
    where is_back_record or delay_seconds > limit_seconds
    group by _delivery_id
),

final as (
    select
        deliveries.delivery_id,
        deliveries.name,
        deliveries.business_date,
        deliveries.received_at,
        cast(counted.incident_count as bigint) as incident_count,
        counted.first_created_date,
        counted.last_created_date,
        cast(counted.delay_median_seconds as double) as delay_median_seconds,
        cast(counted.delay_max_seconds as bigint) as delay_max_seconds
    from counted
    inner join deliveries on counted._delivery_id = deliveries.delivery_id
)

select * from final
