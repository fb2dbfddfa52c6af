{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='interval_date',
    meta={'affected': 'int_affected_agent_days'},
) }}

with

affected_agent_days as (
    select * from {{ ref('int_affected_agent_days') }}
),

intervals as (
    select *, {{ to_local_date('interval_at') }} as interval_date
    from {{ ref('stg_acd_agent_intervals') }}
),

final as (
    select
        {{ to_instant('interval_at') }} as interval_at,
        {{ to_local('interval_at') }} as interval_at_local,
        interval_date,
        team,
        staffed_seconds,
        available_seconds,
        talk_seconds,
        hold_seconds,
        wrap_seconds,
        aux_seconds,
        planned_heads_count as planned_heads,
        _delivery_id,
        _source_row
    from intervals
    {% if is_incremental() %}
    where interval_date in (select interval_date from affected_agent_days)
    {% endif %}
)

select * from final
