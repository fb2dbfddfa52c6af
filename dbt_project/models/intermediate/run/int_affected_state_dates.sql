-- The local dates that this run moves, from what was and is now the state of the incidents it works out again:
--   states   dates at which an interval begins, before or now
--   hours    days in whose hours the unresourced incidents may be others, or another day's files came
--   waits    days on which a wait may have begun or gone on that is now another, or an incident was created that waits on
-- What an incident leaves as it was moves nothing, so that a new day touches about a day and not the life of every open
-- incident. Days of a run that was not published stand until one is, as its states are already in the table. Empty in a
-- full run.

{%- set states_before = as_it_stands('fct_incident_states') %}
{%- set hours_before = as_it_stands('fct_unresourced_hourly') %}
{%- set standing = as_it_stands('int_affected_state_dates') %}

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

states_now as (
    select
        incident_key,
        area_code,
        grade,
        kind,
        thrive_risk,
        is_domestic_abuse,
        is_duplicate,
        spell_started_at,
        response_target_seconds,
        started_at,
        ended_at
    from {{ ref('int_states_placed') }}
    where {{ 'false' if is_full_run() else 'true' }}
),

as_of as (
    select * from {{ ref('int_states_as_of') }}
),

areas_now as (
    select distinct area_code from {{ ref('int_unresourced_cells') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

incidents as (
    select incident_ref as incident_key, created_at from {{ ref('base_saab_incidents') }}
),

response_targets as (
    select max(target_minutes) * 60 as longest_seconds from {{ ref('response_targets') }}
),

log as (
    select * from {{ ref('base_saab_incident_log') }}
),

limits as (
    select cast(max(value) as bigint) as limit_seconds from {{ ref('parameters') }} where parameter = 'rethrive_limit_seconds'
),

published as (
    select count(*) as published_count from contents where not is_pending
),

{% if states_before %}
states_then as (
    select
        incident_key,
        area_code,
        grade,
        kind,
        thrive_risk,
        is_domestic_abuse,
        is_duplicate,
        cast(spell_started_at as timestamp) as spell_started_at,
        response_target_seconds,
        cast(started_at as timestamp) as started_at,
        cast(ended_at as timestamp) as ended_at
    from {{ states_before }}
    where incident_key in (select incident_key from affected_incidents)
),

-- Who waited at the as-of instant then, and not yet beyond any target, may be beyond it now.
waiting_on as (
    select states.incident_key
    from {{ states_before }} as states
    cross join as_of
    cross join response_targets
    where states.ended_at is null
        and states.kind is not null
        and states.spell_started_at
            >= {{ to_instant(plus_seconds('as_of.published_as_of_at', '-response_targets.longest_seconds')) }}
),
{% endif %}

compared as (
    select *, 1 as side from states_now
    {% if states_before %}
    union all
    select *, -1 as side from states_then
    {% endif %}
),

counted as (
    select
        {{ hash_of([
            'incident_key', 'area_code', 'grade', 'kind', 'thrive_risk', 'is_domestic_abuse', 'spell_started_at',
            'response_target_seconds',
        ]) }} as wait_hash,
        started_at,
        ended_at,
        side
    from compared
    where kind is not null and not is_duplicate
),

changes as (
    select wait_hash, started_at as changed_at, side from counted
    union all
    select wait_hash, ended_at as changed_at, -side as side from counted where ended_at is not null
),

moved as (
    select wait_hash, changed_at, sum(side) as difference
    from changes
    group by wait_hash, changed_at
    having sum(side) <> 0
),

-- From each difference to the one that takes it back, or to the as-of instant.
ranges as (
    select
        changed_at as from_at,
        lead(changed_at) over (partition by wait_hash order by changed_at) as until_at,
        sum(difference) over (partition by wait_hash order by changed_at rows unbounded preceding) as difference
    from moved
),

bounded as (
    select
        ranges.from_at,
        -- A flow belongs to the hour that ends it.
        {{ plus_seconds('case when ranges.difference = 0 then ranges.from_at else coalesce(ranges.until_at, as_of.as_of_at) end', 3600) }}
            as until_at,
        {{ plus_seconds('ranges.from_at', '-limits.limit_seconds') }} as waited_from_at
    from ranges
    inner join as_of on ranges.from_at < as_of.as_of_at
    inner join limits on true
),

moved_hours as (
    select distinct {{ days_of(to_local_date('from_at'), to_local_date('until_at')) }} as affected_date from bounded
),

moved_waits as (
    select distinct {{ days_of(to_local_date('waited_from_at'), to_local_date('until_at')) }} as affected_date from bounded
),

touched_events as (
    select log.event_at, limits.limit_seconds
    from log
    inner join limits on true
    where log._key in {{ touched_keys(ref('base_saab_incident_log'), 'saab_incident_log') }}
),

-- The days between the as-of dates, and those whose files came.
passed as (
    select
        {{ days_of(plus_days('published_as_of_date', 1), 'as_of_date') }} as affected_date
    from as_of
    where published_as_of_date < as_of_date
),

arrived as (
    select business_date as affected_date
    from contents
    where is_pending and business_date is not null and export in ('saab_incidents', 'saab_incident_log')
),

-- An earlier first day puts hours before those there are, and moves what the first of them holds.
begun as (
    select {{ days_of('first_date', 'coalesce(published_first_date, as_of_date)') }} as affected_date
    from as_of
    where as_of_date is not null
        and (published_as_of_date is null or published_first_date is null or first_date < published_first_date)
),

{% if hours_before %}
-- Another list of areas is another list of cells, in every hour.
areas_then as (
    select distinct area_code
    from {{ hours_before }}
    where hour_at = (select max(hour_at) from {{ hours_before }})
),

other_areas as (
    select area_code from areas_then where area_code not in (select area_code from areas_now)
    union
    select area_code from areas_now where area_code not in (select area_code from areas_then)
),

celled as (
    select {{ days_of('first_date', 'as_of_date') }} as affected_date
    from as_of
    where as_of_date is not null and exists (select 1 from other_areas)
),
{% endif %}

found as (
    select 'states' as subject, {{ to_local_date('started_at') }} as affected_date from compared
    union
    select 'hours' as subject, affected_date from moved_hours
    union
    select 'hours' as subject, affected_date from passed
    union
    select 'hours' as subject, affected_date from arrived
    union
    select 'hours' as subject, affected_date from begun
    {% if hours_before %}
    union
    select 'hours' as subject, affected_date from celled
    {% endif %}
    union
    select 'waits' as subject, affected_date from moved_waits
    union
    select 'waits' as subject, {{ to_local_date('event_at') }} as affected_date from touched_events
    union
    select 'waits' as subject, {{ to_local_date(plus_seconds('event_at', '-limit_seconds')) }} as affected_date from touched_events
    union
    select 'waits' as subject, {{ to_local_date(plus_seconds('published_as_of_at', '-limit_seconds')) }} as affected_date
    from as_of
    inner join limits on published_as_of_at is not null
    {% if states_before %}
    union
    select 'waits' as subject, {{ to_local_date('created_at') }} as affected_date
    from incidents
    where incident_key in (select incident_key from waiting_on)
    {% endif %}
),

final as (
    select found.subject, found.affected_date, published.published_count
    from found
    inner join published on true
    where {{ 'false' if is_full_run() else 'true' }}
    {% if standing %}
    union
    select standing.subject, standing.affected_date, standing.published_count
    from {{ standing }} as standing
    inner join published on standing.published_count = published.published_count
    {% endif %}
)

select * from final
