-- The local days whose hours of unresourced incidents this run works out again. Empty in a full run.

{{ config(materialized='view') }}

with

state_dates as (
    select * from {{ ref('int_affected_state_dates') }}
),

final as (
    select distinct affected_date as hour_date from state_dates where subject = 'hours'
)

select * from final
