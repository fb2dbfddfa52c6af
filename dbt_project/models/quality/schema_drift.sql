with

schema_drift as (
    select * from {{ ref('int_schema_drift') }}
),

final as (
    select
        export,
        kind,
        column_name,
        changed_from,
        changed_to,
        from_date,
        until_date,
        first_file,
        deliveries_count,
        rows_count,
        concerned_count,
        outcome,
        severity,
        what_changed,
        what_to_do
    from schema_drift
)

select * from final
