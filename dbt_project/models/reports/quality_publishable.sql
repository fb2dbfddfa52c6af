-- What may be published: each indicator from the version of its system that is in use, its newest whole month, and what is found wrong.

with

register as (
    select * from {{ ref('kpi_register') }}
),

versions as (
    select * from {{ ref('dim_system_versions') }}
),

exports as (
    select * from {{ ref('export_spans') }}
),

months as (
    select * from {{ ref('kpi_latest_months') }}
),

rules as (
    select * from {{ ref('quality_rules') }} where is_failing
),

today as (
    select max(newest_business_date) as as_of_date from exports where export = 'saab_incidents'
),

past as (
    select versions.system_version
    from versions
    cross join today
    where versions.valid_to <= today.as_of_date or versions.valid_from > today.as_of_date
),

findings as (
    select
        register.kpi_id,
        register.system_version,
        count(*) as failing_rules_count,
        count(case when rules.is_open then 1 end) as open_findings_count
    from register
    inner join rules on array_contains(rules.indicators, register.kpi_id)
    group by register.kpi_id, register.system_version
),

final as (
    select
        register.kpi_id,
        register.system_version,
        register.system_version_label,
        register.label,
        register.definition,
        register.owner,
        register.better,
        register.status,
        register.since,
        register.reason,
        register.restored_by,
        register.limits,
        register.inputs,
        months.period_start,
        months.period_end,
        months.value,
        register.unit,
        months.numerator,
        months.denominator,
        months.measured_count,
        months.eligible_count,
        months.coverage_ratio,
        months.target,
        months.is_target_met,
        months.quality_state,
        months.disruption_keys,
        months.value_excluding_disruptions,
        months.day_count,
        months.complete_day_count,
        months.is_whole as is_whole_month,
        coalesce(findings.failing_rules_count, 0) as failing_rules_count,
        coalesce(findings.open_findings_count, 0) as open_findings_count
    from register
    left join past on register.system_version = past.system_version
    left join months on register.kpi_id = months.kpi_id
    left join findings on register.kpi_id = findings.kpi_id and register.system_version = findings.system_version
    where past.system_version is null
)

select * from final
