with

targets as (
    select * from {{ ref('targets') }}
),

response_targets as (
    select * from {{ ref('response_targets') }}
),

indicator_targets as (
    select
        kpi_id || '|' || cast(valid_from as string) as target_key,
        'indicator' as target_type,
        kpi_id,
        line,
        cast(null as string) as grade_code,
        cast(null as boolean) as is_urban,
        target,
        cast(null as bigint) as target_seconds,
        plan,
        due_date,
        valid_from,
        valid_to,
        source
    from targets
),

grade_targets as (
    select
        'response|' || grade || '|' || case when is_urban then 'Y' else 'N' end || '|' || cast(valid_from as string) as target_key,
        'response' as target_type,
        cast(null as string) as kpi_id,
        cast(null as string) as line,
        grade as grade_code,
        is_urban,
        cast(null as double) as target,
        target_minutes * 60 as target_seconds,
        basis as plan,
        cast(null as date) as due_date,
        valid_from,
        valid_to,
        source
    from response_targets
),

final as (
    select * from indicator_targets
    union all
    select * from grade_targets
)

select * from final
