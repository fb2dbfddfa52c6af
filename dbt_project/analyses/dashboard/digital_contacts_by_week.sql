-- Digital contacts by platform and week, beside 101 calls.
-- Answers: Q06.
-- Shows: Engagements per elapsed day by channel, and the 101 calls offered in the week.
with

figures as (
    select kpi_id, period_start, scope_type, scope_code, value, quality_state
    from metrics.kpi_results
    where period_type = 'week'
        and (
            (kpi_id in ('digital_engagements_per_day', 'digital_outbound') and scope_type in ('force', 'channel'))
            or (kpi_id = 'calls_offered' and scope_type = 'line' and scope_code = '101')
        )
),

final as (
    select
        digital.period_start as week_start, digital.scope_code as channel,
        max(digital.value) filter (where digital.kpi_id = 'digital_engagements_per_day') as engagements_per_day,
        max(digital.value) filter (where digital.kpi_id = 'digital_outbound') as outbound_count,
        max(calls.value) as calls_101_offered,
        max(digital.quality_state) filter (where digital.kpi_id = 'digital_engagements_per_day') as quality_state
    from figures as digital
    left join figures as calls on digital.period_start = calls.period_start and calls.kpi_id = 'calls_offered'
    where digital.kpi_id <> 'calls_offered'
    group by digital.period_start, digital.scope_code
)

select * from final order by channel, week_start
