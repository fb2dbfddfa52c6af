with

national as (
    select * from {{ ref('stg_bt_999_national') }}
),

final as (
    select
        force_name,
        month_date,
        call_count,
        mean_seconds,
        under_10_count,
        from_10_to_60_count,
        over_60_count,
        _delivery_id,
        _source_row
    from national
)

select * from final
