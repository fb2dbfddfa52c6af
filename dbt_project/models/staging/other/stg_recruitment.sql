-- The standing row of each month and stage.

with

delivered as (
    select * from {{ ref('base_recruitment') }}
),

recruitment_stages as (
    select distinct code, means from {{ ref('recruitment_stages') }}
),

-- Where the list says it, a stage comes after the one below it in order.
stage_orders as (
    select means as stage_code, label as stage_label, stage_order from {{ ref('recruitment_stages') }} where code = means
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        standing.month as month_date,
        standing.stage,
        coalesce(recruitment_stages.means, 'UNKNOWN') as stage_code,
        stage_orders.stage_label,
        stage_orders.stage_order,
        case when standing.stage_count >= 0 then standing.stage_count end as applicant_count,
        standing._delivery_id,
        standing._source_row
    from standing
    left join recruitment_stages on standing.stage = recruitment_stages.code
    left join stage_orders on coalesce(recruitment_stages.means, 'UNKNOWN') = stage_orders.stage_code
)

select * from final
