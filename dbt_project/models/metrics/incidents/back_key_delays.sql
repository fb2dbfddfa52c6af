-- How late the incidents were keyed in that were keyed in late: the median per period.

{%- set says -%}
indicators:
  - kpi_id: back_key_delay_median
    label: Delay of incidents keyed in late, median
    definition: Median seconds from creation to recording of the incidents of SAAB, duplicates too, that are marked as back-keyed or were recorded more than the limit in force (3,600 seconds) after they were created, by the local day they were created.
    formula: "median of RECORDED - CREATED over incidents with BACK_RECORD = Y or RECORDED - CREATED > back_key_seconds"
    limits: "Only of incidents already keyed in: those still on paper lengthen it when they come. One marked as back-keyed without a time of recording, or recorded before its creation, is not measured."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: Incident data steward
    version: "1"
    inputs: recorded
    columns: {saab_incidents: [recorded_at, is_back_record]}
    percentile: 0.5
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

saab_versions as (

    select distinct system_version from {{ ref('dim_system_versions') }} where export = 'saab_incidents'

),

incidents as (

    select *
    from {{ ref('fct_incidents') }}
    where system_version in (select system_version from saab_versions)

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = {{ sql_text(indicator.inputs) }}

),

limits as (

    select cast(value as bigint) as limit_seconds, valid_from, valid_to
    from {{ ref('parameters') }}
    where parameter = 'back_key_seconds'

),

timed as (

    select
        incidents.created_date,
        incidents.disruption_key,
        {{ dbt.datediff('incidents.created_at', 'incidents.recorded_at', 'second') }} as delay_seconds
    from incidents
    left join limits
        on incidents.created_date >= limits.valid_from
        and (incidents.created_date < limits.valid_to or limits.valid_to is null)
    where incidents.is_back_record
        or {{ dbt.datediff('incidents.created_at', 'incidents.recorded_at', 'second') }} > limits.limit_seconds

),

-- `other_delay_seconds` is that of an incident outside every disruption, filled only in periods that have one.
in_periods as (

    select
        period_days.period_type,
        period_days.period_start,
        case when timed.delay_seconds >= 0 then timed.delay_seconds end as delay_seconds,
        case when timed.delay_seconds >= 0 and period_days.is_disrupted and timed.disruption_key is null then timed.delay_seconds end
            as other_delay_seconds
    from timed
    inner join period_days on timed.created_date = period_days.local_date

),

final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        'force' as scope_type,
        'FORCE' as scope_code,
        cast({{ statistic_of(indicator, 'delay_seconds') }} as double) as statistic,
        cast({{ statistic_of(indicator, 'other_delay_seconds') }} as double) as other_statistic,
        cast(count(delay_seconds) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from in_periods
    group by period_type, period_start

)

select * from final
