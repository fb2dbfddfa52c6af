with

dispositions as (
    select * from {{ ref('dispositions') }}
),

final as (
    select
        means as disposition_code,
        label as disposition_label,
        call_outcome,
        is_answer,
        is_test,
        is_transfer,
        valid_from,
        valid_to,
        source
    from dispositions
    where code = means
)

select * from final
