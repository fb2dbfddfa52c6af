-- The cells in which unresourced incidents are counted: every area that holds on a day of the hours, or that an incident names, by
-- every grade and every kind, unknown members and UNGRADED with them.

with

as_of as (
    select * from {{ ref('int_states_as_of') }}
),

areas as (
    select distinct areas.means as area_code
    from {{ ref('areas') }} as areas
    inner join as_of
        on areas.valid_from <= as_of.as_of_date and (areas.valid_to > as_of.first_date or areas.valid_to is null)
    union
    select distinct area_code from {{ ref('stg_saab_incidents') }}
    union
    select 'UNKNOWN' as area_code
),

grades as (
    select means as grade from {{ ref('grades') }}
    union
    select 'UNKNOWN' as grade
    union
    select 'UNGRADED' as grade
),

kinds as (
    select hourly_kind as kind from {{ ref('diaries') }}
    union
    select 'LIVE' as kind
),

final as (
    select
        row_number() over (order by areas.area_code, grades.grade, kinds.kind) as cell_no,
        areas.area_code,
        grades.grade,
        kinds.kind
    from areas
    cross join grades
    cross join kinds
)

select * from final
