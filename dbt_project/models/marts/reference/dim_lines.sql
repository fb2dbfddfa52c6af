with

lines as (
    select * from {{ ref('lines') }}
),

final as (
    select
        means as line,
        label as line_label,
        target_seconds,
        valid_from,
        valid_to,
        source
    from lines
    where code = means
)

select * from final
