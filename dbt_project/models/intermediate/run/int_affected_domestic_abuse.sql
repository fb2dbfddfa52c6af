-- The incidents whose domestic-abuse row this run works out again: those that are worked out again themselves, those whose outcome
-- a delivery touches, and every other incident of the same victims, by any version of the touched outcomes, as it may become or
-- cease to be a repeat. The others are found by their standing outcome alone: so whoever is in here has all incidents of its
-- victim in here. Empty in a full run.

with

outcomes as (
    select * from {{ ref('base_da_outcomes') }}
),

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

named as (
    select incident_key
    from affected_incidents

    union

    select incident_ref as incident_key
    from outcomes
    where _key in {{ touched_keys(ref('base_da_outcomes'), 'da_outcomes') }}
),

victims as (
    select distinct victim_token
    from outcomes
    where victim_token is not null and incident_ref in (select incident_key from named)
),

with_others as (
    select incident_key from named

    union

    select incident_ref as incident_key
    from outcomes
    where _outcome = 'loaded' and victim_token in (select victim_token from victims)
),

final as (
    select incident_key
    from with_others
    {% if is_full_run() %}where false{% endif %}
)

select * from final
