with

numbers as (
    select number from {{ numbers_below(48) }} as series
),

shifts as (
    select * from {{ ref('shifts') }} where valid_to is null
),

placed as (
    select
        cast(number as bigint) as half_hour_number,
        cast({{ whole_quotient('number', 2) }} as bigint) as hour_number,
        lpad(cast({{ whole_quotient('number', 2) }} as string), 2, '0') || case when number % 2 = 0 then ':00' else ':30' end as starts_at_label
    from numbers
),

final as (
    select
        placed.half_hour_number,
        placed.hour_number,
        placed.starts_at_label,
        min(shifts.shift) as shift
    from placed
    left join shifts
        on (
            not shifts.is_over_midnight
            and {{ time_of_day("placed.starts_at_label || ':00'") }} >= shifts.starts_at
            and {{ time_of_day("placed.starts_at_label || ':00'") }} < shifts.ends_at
        )
        or (
            shifts.is_over_midnight
            and (
                {{ time_of_day("placed.starts_at_label || ':00'") }} >= shifts.starts_at
                or {{ time_of_day("placed.starts_at_label || ':00'") }} < shifts.ends_at
            )
        )
    group by placed.half_hour_number, placed.hour_number, placed.starts_at_label
)

select * from final
