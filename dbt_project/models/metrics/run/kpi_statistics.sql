-- What does not add up: percentiles, medians and greatest values, worked out anew for each period.

{{ config(materialized='table', schema='intermediate') }}

{# The models of indicators that are worked out for each period, one line each. #}
{%- set by_period = [
    'calls_waits',
    'response_times',
    'response_stages',
    'back_key_delays',
    'tasking_times',
    'diary_waits',
    'domestic_abuse_attendance',
] %}

with

final as (

    {% for model in by_period %}
    select * from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
