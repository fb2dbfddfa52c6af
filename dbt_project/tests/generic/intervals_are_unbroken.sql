{# The intervals of a unit follow each other without overlap and without gap: each ends where the next begins, the last is open, none
   is without length, and the first begins where the unit does. Every unit that is there at the as-of instant has them. A failure
   means that an incident is counted twice or not at all: nothing may be published. A run that carries tables on looks at the
   units it worked out. `units` is the model with a row per unit, `begins_at` its column, `as_of` the model with as_of_at. #}

{% test intervals_are_unbroken(model, unit, number, units, begins_at, as_of, affected) %}

{%- set touched %}
    {% if not is_full_run() %}
    where {{ unit }} in (select {{ unit }} from {{ ref(affected) }})
    {% endif %}
{%- endset %}
with

units as (
    select {{ unit }}, {{ to_instant(begins_at) }} as begins_at from {{ ref(units) }} {{ touched }}
),

as_of as (
    select {{ to_instant('as_of_at') }} as as_of_at from {{ ref(as_of) }}
),

intervals as (
    select
        {{ unit }},
        {{ number }} as number,
        started_at,
        ended_at,
        {{ hash_of([unit]) }} as unit_hash
    from {{ model }}
    {{ touched }}
),

followed as (
    select
        *,
        lead(started_at) over (partition by unit_hash order by number) as next_at
    from intervals
),

broken as (
    select {{ unit }}
    from followed
    where ended_at <= started_at
        or (ended_at is null) <> (next_at is null)
        or ended_at <> next_at
),

firsts as (
    select {{ unit }}, started_at from intervals where number = 1
),

begun_elsewhere as (
    select units.{{ unit }}
    from units
    inner join as_of on units.begins_at < as_of.as_of_at
    left join firsts on units.{{ unit }} = firsts.{{ unit }}
    where firsts.started_at is null or firsts.started_at <> units.begins_at
)

select {{ unit }} from broken
union all
select {{ unit }} from begun_elsewhere

{% endtest %}
