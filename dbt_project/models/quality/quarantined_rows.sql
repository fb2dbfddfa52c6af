{{ config(materialized='view') }}

with

quarantined_rows as (
    select * from {{ source('landing', 'quarantined_rows') }}
),

final as (
    select
        delivery_id,
        row_number,
        column_name,
        value,
        reason,
        raw_row,
        field_count,
        row_sha256
    from quarantined_rows
)

select * from final
