-- Q23. What is wrong with the data this week, by quality dimension and system, is it better than last week, and which indicators does
--   it touch?
-- Read: First the rules of the newest generation that failed (WARN or FAIL) or could not run (ERROR), by dimension and system: how
--   many, how many rows, how many in the newest generation of a week before; is_better compares the failing rows. Then the rows and
--   files set aside whose business date lies in the week, by system, beside those of the week before.
-- Caveats: A rule looks at what was delivered or touched by its run: more deliveries, more failing rows. Without a generation that is a
--   week older the comparison of rules is unknown, that of rows set aside is not. NOT_APPLICABLE and NOT_RUN are not PASS.
with

ranked as (
    select *, row_number() over (partition by rule_id order by generation desc) as place
    from quality.rule_results
),

now as (select * from ranked where place = 1),

newest_before as (
    select ranked.rule_id, max(ranked.generation) as generation
    from ranked
    inner join now on ranked.rule_id = now.rule_id and ranked.business_date <= now.business_date - 7
    where ranked.place > 1
    group by ranked.rule_id
),

before as (
    select ranked.*
    from ranked
    inner join newest_before on ranked.rule_id = newest_before.rule_id and ranked.generation = newest_before.generation
),

touched as (
    select now.dimension, now.system, string_agg(distinct indicators.kpi_id, ', ' order by indicators.kpi_id) as indicators
    from now
    inner join (select rule_id, unnest(indicators) as kpi_id from quality.rules) as indicators on now.rule_id = indicators.rule_id
    where now.status in ('WARN', 'FAIL', 'ERROR')
    group by now.dimension, now.system
),

rules as (
    select
        '1 rules' as part,
        now.dimension,
        now.system,
        count(*) as checked_count,
        count(*) filter (where now.status in ('WARN', 'FAIL')) as failing_count,
        count(*) filter (where now.status = 'ERROR') as error_count,
        sum(case when now.status in ('WARN', 'FAIL') then now.failed_count else 0 end) as failing_rows,
        case
            when count(before.rule_id) > 0 then sum(case when before.status in ('WARN', 'FAIL') then before.failed_count else 0 end)
        end as failing_rows_before
    from now
    left join before on now.rule_id = before.rule_id
    group by now.dimension, now.system
),

newest as (
    select max(week_start_date) as week_start_date
    from quality.deliveries as deliveries
    inner join marts.dim_dates as dates on deliveries.business_date = dates.local_date
    where deliveries.export = 'saab_incidents' and deliveries.status in ('LOADED', 'SUPERSEDED') and deliveries.rows_read > 0
),

set_aside as (
    select
        '2 rows and files set aside' as part,
        'validity' as dimension,
        deliveries.export as system,
        count(*) filter (where dates.week_start_date = newest.week_start_date) as checked_count,
        count(*) filter (where dates.week_start_date = newest.week_start_date and deliveries.status = 'QUARANTINED') as failing_count,
        0 as error_count,
        sum(case when dates.week_start_date = newest.week_start_date then deliveries.rows_quarantined else 0 end) as failing_rows,
        sum(case when dates.week_start_date = newest.week_start_date then 0 else deliveries.rows_quarantined end) as failing_rows_before
    from quality.deliveries as deliveries
    inner join marts.dim_dates as dates on deliveries.business_date = dates.local_date
    inner join newest on dates.week_start_date in (newest.week_start_date, newest.week_start_date - 7)
    where deliveries.export is not null
    group by deliveries.export
),

final as (
    select
        parts.part, parts.dimension, parts.system, parts.checked_count, parts.failing_count, parts.error_count,
        cast(parts.failing_rows as bigint) as failing_rows,
        cast(parts.failing_rows_before as bigint) as failing_rows_before,
        parts.failing_rows < parts.failing_rows_before as is_better,
        case when parts.part = '1 rules' then touched.indicators end as indicators
    from (select * from rules union all select * from set_aside) as parts
    left join touched on parts.dimension = touched.dimension and parts.system = touched.system
)

select * from final order by part, failing_rows desc, dimension, system
