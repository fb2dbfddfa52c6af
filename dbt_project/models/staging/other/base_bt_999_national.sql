-- Every delivered row of the export, and what became of it. Which row stands is settled here and nowhere else.

{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='_key') }}

with

final as (
    {{ delivered_rows('bt_999_national', key=['force', 'month']) }}
)

select * from final
