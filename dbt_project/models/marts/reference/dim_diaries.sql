with

diaries as (
    select * from {{ ref('diaries') }}
),

final as (
    select
        means as diary_code,
        label as diary_label,
        hourly_kind,
        valid_from,
        valid_to,
        source
    from diaries
    where code = means
)

select * from final
