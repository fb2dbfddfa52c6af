{# In each cell the stock is that of the hour before, plus what came in, less what went out; the first hour starts from nothing. A
   failure means that incidents were counted twice or lost from one hour to the next: nothing may be published. A run that carries
   tables on looks at its own days and the hours next to them. #}

{% test stock_adds_up(model, affected, unit) %}

{%- set touched = ref(affected) %}
with

hours as (
    select area_code, grade, kind, hour_at, incident_count, inflow_count, outflow_count
    from {{ model }}
    {% if not is_full_run() %}
    where {{ unit }} in (
        select {{ unit }} from {{ touched }}
        union
        select {{ plus_days(unit, -1) }} from {{ touched }}
        union
        select {{ plus_days(unit, 1) }} from {{ touched }}
    )
    {% endif %}
),

stocks as (
    select
        *,
        lag(incident_count) over (partition by area_code, grade, kind order by hour_at) as stock_before,
        lag(hour_at) over (partition by area_code, grade, kind order by hour_at) as hour_before
    from hours
),

first_hour as (
    select min(hour_at) as hour_at from {{ model }}
)

select stocks.*
from stocks
cross join first_hour
where (stocks.hour_before = stocks.hour_at - interval '1' hour or stocks.hour_at = first_hour.hour_at)
    and stocks.incident_count <> coalesce(stocks.stock_before, 0) + stocks.inflow_count - stocks.outflow_count

{% endtest %}
