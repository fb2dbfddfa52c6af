with

grades as (
    select * from {{ ref('grades') }}
),

final as (
    select
        means as grade_code,
        label as grade_label,
        is_attendance_expected,
        urgency,
        valid_from,
        valid_to,
        source
    from grades
    where code = means
)

select * from final
