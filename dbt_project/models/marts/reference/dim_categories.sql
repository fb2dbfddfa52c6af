with

categories as (
    select * from {{ ref('categories') }}
),

final as (
    select
        means as category_code,
        label as category_label,
        family as category_family,
        is_admin,
        valid_from,
        valid_to,
        source
    from categories
    where code = means
)

select * from final
