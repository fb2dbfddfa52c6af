with

delivered as (
    select * from {{ source('landing', 'deliveries') }}
),

outcomes as (
    select * from {{ ref('int_outcomes_counted') }}
),

counted as (
    select
        delivered.*,
        coalesce(outcomes.rows_loaded, 0) as rows_loaded,
        coalesce(outcomes.rows_superseded, 0) as rows_superseded,
        case
            when delivered.is_counted then coalesce(outcomes.rows_duplicate, 0)
            when delivered.is_quarantined then 0
            else delivered.rows_read
        end as rows_duplicate,
        case when delivered.is_counted then delivered.rows_quarantined else 0 end as rows_quarantined_here,
        case when delivered.is_counted then delivered.rows_erased else 0 end as rows_erased_here
    from delivered
    left join outcomes on delivered.is_counted and delivered.content_no = outcomes.content_no
),

final as (
    select
        delivery_id,
        name,
        export,
        contract,
        contract_version,
        sha256,
        cast(bytes as bigint) as bytes,
        received_at,
        business_date,
        case
            when is_quarantined then 'QUARANTINED'
            when not is_counted then 'DUPLICATE'
            when rows_loaded = 0 and rows_superseded + rows_duplicate > 0 then 'SUPERSEDED'
            else 'LOADED'
        end as status,
        reason,
        cast(rows_read as bigint) as rows_read,
        cast(rows_loaded as bigint) as rows_loaded,
        cast(rows_superseded as bigint) as rows_superseded,
        cast(rows_duplicate as bigint) as rows_duplicate,
        cast(rows_quarantined_here as bigint) as rows_quarantined,
        cast(rows_erased_here as bigint) as rows_erased,
        cast(rows_left_out as bigint) as rows_left_out,
        unknown_columns,
        emptied as emptied_values
    from counted
)

select * from final
