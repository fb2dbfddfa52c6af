with

thrive_risks as (
    select * from {{ ref('thrive_risks') }}
),

final as (
    select
        means as thrive_risk,
        label as thrive_risk_label,
        severity,
        is_high,
        valid_from,
        valid_to,
        source
    from thrive_risks
    where code = means
)

select * from final
