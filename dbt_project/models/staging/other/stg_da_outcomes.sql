-- The standing row of each domestic-abuse outcome. A flag that was not filled in stays null here: not known is not "no".

with

delivered as (
    select * from {{ ref('base_da_outcomes') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        incident_ref as incident_key,
        crime_ref,
        victim_token,
        case suspect_present when 'Y' then true when 'N' then false end as is_suspect_present,
        arrest_at,
        risk_tool,
        risk_grade,
        case positive_action when 'Y' then true when 'N' then false end as has_positive_action,
        case body_worn_video when 'Y' then true when 'N' then false end as has_body_worn_video,
        case protective_order when 'Y' then true when 'N' then false end as has_protective_order,
        case victim_supports when 'Y' then true when 'N' then false end as is_victim_supporting,
        outcome_code,
        updated_at,
        _delivery_id,
        _source_row
    from standing
)

select * from final
