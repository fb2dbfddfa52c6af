-- The last judgement of each rule in each of the last 26 weeks.

with

judgements as (
    select * from {{ ref('quality_judgements') }}
),

newest as (
    select max(week_start_date) as week_start_date from judgements
),

ranked as (
    select
        judgements.*,
        row_number() over (partition by judgements.rule_id, judgements.week_start_date order by judgements.generation desc) as place
    from judgements
    inner join newest on judgements.week_start_date > {{ plus_days('newest.week_start_date', -182) }}
),

final as (
    select
        rule_id,
        week_start_date,
        generation,
        dimension,
        system,
        status,
        checked_count,
        failed_count,
        failed_ratio
    from ranked
    where place = 1
)

select * from final
