-- Every delivered row of the export, and what became of it. Which row stands is settled here and nowhere else.
-- Incident numbers are written with five digits, so that 7 and 00007 are one incident.

{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='_key') }}

with

final as (
    {{ delivered_rows(
        'legacy_incidents',
        key=['incident_date', 'incident_no'],
        normalised={'incident_no': zero_filled('landing.incident_no', 5)},
    ) }}
)

select * from final
