-- Q23. What is wrong with the data this week, by quality dimension and system, is it better than last week, and which indicators does
--   it touch?
-- Read: First the rules as they stand that failed (WARN or FAIL) or could not run (ERROR), by dimension and system: how many, how many
--   rows, how many at their newest judgement of a week before; is_better compares the failing rows; open_count is how many findings
--   nobody signed off (reports.quality_rules has them one by one). Then the rows and files set aside whose business date lies in the
--   week, by system, beside those of the week before.
-- Caveats: A rule looks at what was delivered or touched by its run: more deliveries, more failing rows. A rule that the newest run had
--   no rows for stands as it was last judged. Without a judgement that is a week older the comparison of rules is unknown, that of
--   rows set aside is not.
with

touched as (
    select dimension, system, string_agg(distinct kpi_id, ', ' order by kpi_id) as indicators
    from (select dimension, system, unnest(indicators) as kpi_id from reports.quality_rules where is_failing) as failing
    group by dimension, system
),

rules as (
    select
        '1 rules' as part,
        dimension,
        system,
        count(*) as checked_count,
        count(*) filter (where status in ('WARN', 'FAIL')) as failing_count,
        count(*) filter (where status = 'ERROR') as error_count,
        sum(case when status in ('WARN', 'FAIL') then failed_count else 0 end) as failing_rows,
        case
            when count(status_before) > 0 then sum(case when status_before in ('WARN', 'FAIL') then failed_count_before else 0 end)
        end as failing_rows_before,
        count(*) filter (where is_open) as open_count
    from reports.quality_rules
    group by dimension, system
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
        sum(case when dates.week_start_date = newest.week_start_date then 0 else deliveries.rows_quarantined end) as failing_rows_before,
        cast(null as bigint) as open_count
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
        parts.open_count,
        case when parts.part = '1 rules' then touched.indicators end as indicators
    from (select * from rules union all select * from set_aside) as parts
    left join touched on parts.dimension = touched.dimension and parts.system = touched.system
)

select * from final order by part, failing_rows desc, dimension, system
