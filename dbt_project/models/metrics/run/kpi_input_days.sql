-- Which local days each set of inputs has: from its first delivered business date to its system's as-of date, without gaps.

{{ config(materialized='table', schema='intermediate') }}

with

inputs as (

    select * from {{ ref('kpi_inputs') }}

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }} where is_delivered

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

-- A day of whose rows too many were set aside came in name only: most of them, and it is not there; a share that shows, and it is
-- not complete. Few rows are not judged by shares.
limits as (

    select
        {{ newest_parameter('judged_rows_minimum') }} as judged_rows_minimum,
        {{ newest_parameter('quarantined_limit_ratio') }} as quarantined_limit_ratio

),

sent_days as (

    select
        delivered_days.*,
        not coalesce(
            delivered_days.quarantined_count >= limits.judged_rows_minimum
            and delivered_days.quarantined_count * 2 > delivered_days.read_count,
            false
        ) as is_good,
        not coalesce(
            delivered_days.quarantined_count >= limits.judged_rows_minimum
            and delivered_days.quarantined_count > limits.quarantined_limit_ratio * delivered_days.read_count,
            false
        ) as is_whole
    from delivered_days
    cross join limits

),

export_spans as (

    select
        delivered_days.export,
        delivered_days.system,
        as_of.as_of_date,
        min(delivered_days.business_date) as first_date,
        max(case when delivered_days.has_rows then delivered_days.business_date end) as newest_date
    from delivered_days
    inner join as_of on delivered_days.system = as_of.system
    group by delivered_days.export, delivered_days.system, as_of.as_of_date

),

-- A set that several systems date has no system of its own.
dated as (

    select
        inputs.input_set,
        max(inputs.history_days) as history_days,
        max(inputs.estimated_days_after_gap) as estimated_days_after_gap,
        case when count(distinct export_spans.system) = 1 then min(export_spans.system) end as system,
        min(export_spans.first_date) as first_date,
        max(export_spans.as_of_date) as last_date
    from inputs
    inner join export_spans on inputs.export = export_spans.export
    where inputs.role = 'dates'
    group by inputs.input_set

),

ended as (

    select
        inputs.input_set,
        case when count(*) = count(export_spans.newest_date) then min(export_spans.newest_date) end as last_date
    from inputs
    left join export_spans on inputs.export = export_spans.export
    where inputs.role = 'until'
    group by inputs.input_set

),

spans as (

    select
        dated.input_set,
        dated.system,
        dated.history_days,
        dated.estimated_days_after_gap,
        dated.first_date,
        case when ended.input_set is null then dated.last_date else ended.last_date end as last_date
    from dated
    left join ended on dated.input_set = ended.input_set

),

-- What was asked for each day and whether it came. What only helps is asked for once it has ever come; where it comes from
-- another system it is late, and not missing, on the days that system has not reached.
asked as (

    select
        spans.input_set,
        inputs.supplied_by,
        dates.local_date,
        inputs.role,
        coalesce(sent_days.is_good, false) as is_sent,
        coalesce(sent_days.is_whole, false) as is_whole,
        coalesce(dates.local_date between export_spans.first_date and export_spans.as_of_date, false) as is_expected,
        coalesce(dates.local_date > export_spans.as_of_date, false) as is_late
    from spans
    inner join inputs on spans.input_set = inputs.input_set and inputs.role in ('needs', 'helps', 'estimates')
    inner join dates on dates.local_date between spans.first_date and spans.last_date
    left join export_spans on inputs.export = export_spans.export
    left join sent_days
        on inputs.export = sent_days.export
        and dates.local_date = sent_days.business_date
        and (inputs.only_version = '' or inputs.only_version = sent_days.contract_version)
        and (inputs.not_version = '' or inputs.not_version <> sent_days.contract_version)

),

supplied as (

    select
        input_set,
        supplied_by,
        local_date,
        max(case when role = 'needs' and not is_sent then 1 else 0 end) = 0 as is_there,
        max(case when (role = 'needs' or (role = 'helps' and is_expected)) and not is_whole then 1 else 0 end) = 0 as is_complete,
        max(case when role = 'helps' and is_late then 1 else 0 end) = 0 as is_in_time,
        max(case when role = 'estimates' and is_expected and not is_sent then 1 else 0 end) = 0 as is_known
    from asked
    group by input_set, supplied_by, local_date

),

-- A day is there when one supplier has sent all that is needed, and as good as the best of those makes it.
supplied_days as (

    select
        input_set,
        local_date,
        max(case when is_there then 1 else 0 end) = 1 as is_there,
        max(case when is_there and is_complete then 1 else 0 end) = 1 as is_complete,
        max(case when is_there and is_complete and is_in_time then 1 else 0 end) = 1 as is_in_time,
        max(case when is_there and is_complete and is_in_time and is_known then 1 else 0 end) = 1 as is_known
    from supplied
    group by input_set, local_date

),

-- A set that asks for nothing has every day.
days as (

    select
        spans.input_set,
        spans.system,
        spans.estimated_days_after_gap,
        dates.local_date,
        dates.week_start_date,
        dates.month_start_date,
        dates.quarter_start_date,
        dates.year_start_date,
        coalesce(supplied_days.is_there, true) as is_there,
        coalesce(supplied_days.is_complete, true)
            and dates.local_date >= {{ plus_days('spans.first_date', 'spans.history_days') }} as is_complete,
        coalesce(supplied_days.is_complete and not supplied_days.is_in_time, false) as is_late,
        coalesce(supplied_days.is_in_time, true) as is_in_time,
        coalesce(supplied_days.is_in_time and not supplied_days.is_known, false) as is_estimated
    from spans
    inner join dates on dates.local_date between spans.first_date and spans.last_date
    left join supplied_days on spans.input_set = supplied_days.input_set and dates.local_date = supplied_days.local_date

),

with_last_gap as (

    select
        *,
        max(case when not is_there then local_date end) over (partition by input_set order by local_date) as last_gap_date
    from days

),

-- What ended on a day that is not there seems to go on: a while after it, a complete day is an estimate.
final as (

    select
        input_set,
        system,
        local_date,
        week_start_date,
        month_start_date,
        quarter_start_date,
        year_start_date,
        is_there,
        is_complete,
        is_late,
        is_estimated or (
            is_complete
            and is_in_time
            and coalesce(local_date <= {{ plus_days('last_gap_date', 'estimated_days_after_gap') }}, false)
        ) as is_estimated
    from with_last_gap

)

select * from final
