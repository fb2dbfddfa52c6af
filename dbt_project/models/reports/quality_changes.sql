-- What changed in the week up to the newest delivered day.
-- Never a cross join before a left join here: DuckDB writes the view down with a comma, which binds looser, and cannot read it again.

with

rules as (
    select * from {{ ref('quality_rules') }}
),

reviews as (
    select * from {{ source('quality', 'reviews') }}
),

results as (
    select * from {{ source('quality', 'rule_results') }}
),

deliveries as (
    select * from {{ ref('deliveries') }}
),

register as (
    select * from {{ ref('quality_publishable') }}
),

drift as (
    select * from {{ ref('schema_drift') }}
),

disruptions as (
    select * from {{ ref('fct_disruptions') }}
),

arrivals as (
    select * from {{ ref('export_arrivals') }}
),

exports as (
    select * from {{ ref('export_spans') }}
),

newest as (
    select max(as_of_date) as as_of_date from exports
),

newest_run as (
    select max(substr(generation, 1, 8)) as run_day from results
),

newest_file as (
    select max(cast(received_at as date)) as received_date from deliveries
),

-- A run's own day is the one that its generation is named by.
week as (
    select
        {{ plus_days('newest.as_of_date', -7) }} as before_date,
        {{ plus_days(date_of_digits('newest_run.run_day'), -7) }} as before_run_date,
        {{ plus_days('newest_file.received_date', -7) }} as before_received_date
    from newest
    cross join newest_run
    cross join newest_file
),

changed_rules as (
    select
        'RULE' as kind,
        rule_id as subject,
        sentence as subject_label,
        system,
        status_before || case
            when status_before in ('WARN', 'FAIL') then ': ' || cast(failed_count_before as string) || ' failed' else ''
        end as what_before,
        status || case
            when status in ('WARN', 'FAIL')
                then ': ' || cast(failed_count as string) || ' of ' || cast(checked_count as string) || ' failed'
            else ''
        end as what_now,
        change in ('BETTER', 'MENDED') as is_better,
        case when is_failing then since_date else business_date end as since
    from rules
    where change in ('NEW', 'WORSE', 'BETTER', 'MENDED')
),

-- A file whose day nobody could tell is of the week in which it was taken in.
files as (
    select
        'FILE' as kind,
        deliveries.name as subject,
        exports.label as subject_label,
        deliveries.export as system,
        cast(null as string) as what_before,
        case
            when deliveries.status = 'QUARANTINED' then 'set aside whole: ' || coalesce(deliveries.reason, 'no reason is known')
            else cast(deliveries.rows_quarantined as string) || ' of ' || cast(deliveries.rows_read as string) || ' rows set aside'
        end as what_now,
        false as is_better,
        deliveries.business_date as since
    from deliveries
    inner join week
        on deliveries.business_date > week.before_date
        or (deliveries.business_date is null and cast(deliveries.received_at as date) > week.before_received_date)
    left join exports on deliveries.export = exports.export
    where deliveries.status = 'QUARANTINED' or deliveries.rows_quarantined > 0
),

changed_register as (
    select
        'REGISTER' as kind,
        register.kpi_id as subject,
        register.label as subject_label,
        register.system_version as system,
        cast(null as string) as what_before,
        register.status || coalesce(': ' || register.reason, '') as what_now,
        register.status = 'AVAILABLE' as is_better,
        register.since
    from register
    inner join week on register.since > week.before_date
),

drift_began as (
    select
        'DRIFT' as kind,
        drift.export as subject,
        exports.label as subject_label,
        drift.export as system,
        cast(null as string) as what_before,
        drift.what_changed as what_now,
        case when drift.severity <> 'info' then false end as is_better,
        drift.from_date as since
    from drift
    inner join week on drift.from_date > week.before_date
    left join exports on drift.export = exports.export
),

drift_ended as (
    select
        'DRIFT' as kind,
        drift.export as subject,
        exports.label as subject_label,
        drift.export as system,
        drift.what_changed as what_before,
        'as it was before' as what_now,
        case when drift.severity <> 'info' then true end as is_better,
        {{ plus_days('drift.until_date', 1) }} as since
    from drift
    inner join week on drift.until_date >= week.before_date
    left join exports on drift.export = exports.export
),

changed_disruptions as (
    select
        'DISRUPTION' as kind,
        disruptions.disruption_key as subject,
        cast(null as string) as subject_label,
        disruptions.systems as system,
        case when disruptions.started_date <= week.before_date then 'lasting' end as what_before,
        case when disruptions.ended_at is null then 'lasting' else 'ended' end as what_now,
        disruptions.ended_at is not null as is_better,
        case
            when disruptions.ended_at is null then disruptions.started_date else cast(disruptions.ended_at_local as date)
        end as since
    from disruptions
    inner join week on disruptions.started_date > week.before_date or cast(disruptions.ended_at_local as date) > week.before_date
),

reviews_taken as (
    select
        'REVIEW' as kind,
        reviews.rule_id as subject,
        rules.sentence as subject_label,
        rules.system,
        cast(null as string) as what_before,
        reviews.state || ' until ' || cast(reviews.expires_on as string) as what_now,
        cast(null as boolean) as is_better,
        reviews.reviewed_on as since
    from reviews
    inner join week on reviews.reviewed_on > week.before_run_date
    left join rules on reviews.rule_id = rules.rule_id
    where reviews.standing = 'IN_FORCE'
),

reviews_expired as (
    select
        'REVIEW' as kind,
        reviews.rule_id as subject,
        rules.sentence as subject_label,
        rules.system,
        reviews.state || ' until ' || cast(reviews.expires_on as string) as what_before,
        'expired' as what_now,
        case when rules.is_open then false end as is_better,
        {{ plus_days('reviews.expires_on', 1) }} as since
    from reviews
    inner join week on reviews.expires_on >= week.before_run_date
    left join rules on reviews.rule_id = rules.rule_id
    where reviews.standing = 'EXPIRED'
),

changed_arrivals as (
    select
        'ARRIVAL' as kind,
        arrivals.export as subject,
        arrivals.label as subject_label,
        arrivals.system,
        cast(null as string) as what_before,
        case arrivals.state when 'MISSING' then 'did not come' else 'came more than once' end as what_now,
        arrivals.state = 'CORRECTED' as is_better,
        arrivals.business_date as since
    from arrivals
    inner join week on coalesce(arrivals.due_date, {{ plus_days('arrivals.business_date', 1) }}) > {{ plus_days('week.before_date', 1) }}
    where arrivals.state in ('MISSING', 'CORRECTED')
),

final as (
    select * from changed_rules
    union all
    select * from files
    union all
    select * from changed_register
    union all
    select * from drift_began
    union all
    select * from drift_ended
    union all
    select * from changed_disruptions
    union all
    select * from reviews_taken
    union all
    select * from reviews_expired
    union all
    select * from changed_arrivals
)

select * from final
