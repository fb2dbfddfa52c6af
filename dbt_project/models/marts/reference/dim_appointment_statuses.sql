with

appointment_statuses as (
    select * from {{ ref('appointment_statuses') }}
),

final as (
    select
        means as status,
        label as status_label,
        outcome,
        valid_from,
        valid_to,
        source
    from appointment_statuses
    where code = means
)

select * from final
