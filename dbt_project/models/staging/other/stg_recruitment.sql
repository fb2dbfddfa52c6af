-- The standing row of each month and stage.

with

delivered as (
    select * from {{ ref('base_recruitment') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        month as month_date,
        stage,
        case when stage_count >= 0 then stage_count end as applicant_count,
        _delivery_id,
        _source_row
    from standing
)

select * from final
