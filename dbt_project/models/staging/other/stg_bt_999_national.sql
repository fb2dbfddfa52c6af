-- The standing row of each force and month of the published national table.

with

delivered as (
    select * from {{ ref('base_bt_999_national') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        force as force_name,
        month as month_date,
        case when calls >= 0 then calls end as call_count,
        case when mean_seconds >= 0 then mean_seconds end as mean_seconds,
        case when under_10 >= 0 then under_10 end as under_10_count,
        case when from_10_to_60 >= 0 then from_10_to_60 end as from_10_to_60_count,
        case when over_60 >= 0 then over_60 end as over_60_count,
        _delivery_id,
        _source_row
    from standing
)

select * from final
