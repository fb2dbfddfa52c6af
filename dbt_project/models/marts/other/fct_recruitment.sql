with

recruitment as (
    select * from {{ ref('stg_recruitment') }}
),

final as (
    select
        month_date,
        stage,
        stage_code,
        stage_label,
        stage_order,
        applicant_count,
        _delivery_id,
        _source_row
    from recruitment
)

select * from final
