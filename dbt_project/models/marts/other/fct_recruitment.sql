with

recruitment as (
    select * from {{ ref('stg_recruitment') }}
),

final as (
    select
        month_date,
        stage,
        applicant_count,
        _delivery_id,
        _source_row
    from recruitment
)

select * from final
