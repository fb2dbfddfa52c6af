-- How figures changed from the generation that is out to this one, and why. Rows of earlier generations are carried on: they are
-- known to nothing else.

{# A run that was not published leaves rows behind that nobody saw. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where generation not in (select generation from {{ source('landing', 'published_generations') }}){% endif %}",
) }}

{#- Names of files that are listed; how many there are is counted. -#}
{%- set listed_files = 5 %}
{#- Named outside the condition: dbt lists what a model reads while no run is known. #}
{%- set published_changes = source('landing', 'published_changes') %}

with

results as (

    select * from {{ ref('kpi_results') }}

),

published as (

    select * from {{ source('landing', 'published_figures') }}

),

published_generations as (

    select * from {{ source('landing', 'published_generations') }}

),

run as (

    select * from {{ source('landing', 'run') }}

),

contents as (

    select * from {{ source('landing', 'contents') }} where is_pending

),

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

inputs as (

    select * from {{ ref('kpi_inputs') }}

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

-- The first generation has nothing to differ from.
generation_before as (

    select max(generation) as generation from published_generations having count(*) > 0

),

-- What was computed since the last publication, be it by this run or by one that did not come to its end.
after as (

    select *, {{ hash_of(['kpi_id', 'period_type', 'period_start', 'scope_type', 'scope_code']) }} as figure_hash
    from results
    where generation not in (select generation from published_generations)

),

-- Periods of which this run computed everything, so that a figure that is gone is missed.
recomputed_periods as (

    select subject, period_type, period_start from {{ ref('kpi_periods') }}
    union
    select subject, period_type, period_start from after

),

before as (

    select
        published.*,
        {{ hash_of(['published.kpi_id', 'published.period_type', 'published.period_start', 'published.scope_type', 'published.scope_code']) }}
            as figure_hash
    from published
    {% if not is_full_run() %}
    inner join recomputed_periods
        on published.subject = recomputed_periods.subject
        and published.period_type = recomputed_periods.period_type
        and published.period_start = recomputed_periods.period_start
    {% endif %}

),

-- How far the deliveries reached, for all scopes of an indicator and period alike.
periods_before as (

    select
        kpi_id,
        period_type,
        period_start,
        max(day_count) as day_count,
        max(delivered_day_count) as delivered_day_count,
        max(complete_day_count) as complete_day_count,
        max(coalesce(late_day_count, 0)) as late_day_count
    from before
    group by kpi_id, period_type, period_start

),

periods_after as (

    select
        kpi_id,
        period_type,
        period_start,
        max(delivered_day_count) as delivered_day_count,
        max(complete_day_count) as complete_day_count,
        max(coalesce(late_day_count, 0)) as late_day_count
    from after
    group by kpi_id, period_type, period_start

),

paired as (

    select
        coalesce(after.kpi_id, before.kpi_id) as kpi_id,
        coalesce(after.period_type, before.period_type) as period_type,
        coalesce(after.period_start, before.period_start) as period_start,
        coalesce(after.period_end, before.period_end) as period_end,
        coalesce(after.scope_type, before.scope_type) as scope_type,
        coalesce(after.scope_code, before.scope_code) as scope_code,
        before.value as value_before,
        after.value as value_after,
        before.numerator as numerator_before,
        after.numerator as numerator_after,
        before.denominator as denominator_before,
        after.denominator as denominator_after,
        before.quality_state as quality_state_before,
        after.quality_state as quality_state_after,
        before.definition_version as version_before,
        after.definition_version as version_after,
        before.disruption_keys as disruptions_before,
        after.disruption_keys as disruptions_after,
        before.figure_hash is null as is_new,
        after.figure_hash is null as is_gone,
        coalesce(
            round(before.value, 9) is not distinct from round(after.value, 9)
            and round(before.numerator, 9) is not distinct from round(after.numerator, 9)
            and round(before.denominator, 9) is not distinct from round(after.denominator, 9),
            false
        ) as has_same_numbers
    from after
    full outer join before on after.figure_hash = before.figure_hash

),

changed as (

    select *
    from paired
    where is_new or is_gone or not has_same_numbers or quality_state_before <> quality_state_after

),

-- A figure that said that it was not whole yet is not restated when more of what it waited for comes.
judged as (

    select
        changed.*,
        definitions.input_set,
        periods_before.kpi_id is null as is_first,
        coalesce(
            (
                (periods_before.complete_day_count < periods_before.day_count or periods_before.late_day_count > 0)
                and (
                    periods_after.delivered_day_count > periods_before.delivered_day_count
                    or periods_after.complete_day_count > periods_before.complete_day_count
                    or periods_after.late_day_count < periods_before.late_day_count
                )
            )
            or (
                changed.quality_state_before in ('PARTIAL', 'LATE')
                and changed.quality_state_after in ('OK', 'ESTIMATED', 'DISRUPTED')
            )
            -- An export's own period runs on with its system: more of its dates are expected than before.
            or (
                changed.scope_type = 'export'
                and changed.quality_state_before = 'PARTIAL'
                and changed.denominator_after > changed.denominator_before
            ),
            false
        ) as has_run_on
    from changed
    left join definitions on changed.kpi_id = definitions.kpi_id
    left join periods_before
        on changed.kpi_id = periods_before.kpi_id
        and changed.period_type = periods_before.period_type
        and changed.period_start = periods_before.period_start
    left join periods_after
        on changed.kpi_id = periods_after.kpi_id
        and changed.period_type = periods_after.period_type
        and changed.period_start = periods_after.period_start

),

-- The files of this generation, by what they are an input of, and the days they speak of.
files as (

    select distinct
        inputs.input_set,
        contents.name,
        contents.business_date as first_date,
        coalesce(contents.covered_until, contents.business_date) as last_date
    from inputs
    inner join contents on inputs.export = contents.export

),

restated_periods as (

    select distinct input_set, period_type, period_start, period_end
    from judged
    where not is_first and not has_run_on

),

touching as (

    select
        restated_periods.input_set,
        restated_periods.period_type,
        restated_periods.period_start,
        files.name,
        row_number() over (
            partition by restated_periods.input_set, restated_periods.period_type, restated_periods.period_start
            order by files.name
        ) as place
    from restated_periods
    inner join files
        on restated_periods.input_set = files.input_set
        and files.first_date <= restated_periods.period_end
        and files.last_date >= restated_periods.period_start

),

touching_files as (

    select
        input_set,
        period_type,
        period_start,
        {{ dbt.listagg('case when place <= ' ~ listed_files ~ ' then name end', "', '", 'order by name') }} as deliveries,
        count(*) as deliveries_count
    from touching
    group by input_set, period_type, period_start

),

other_files as (

    select
        input_set,
        {{ dbt.listagg('case when place <= ' ~ listed_files ~ ' then name end', "', '", 'order by name') }} as deliveries,
        count(*) as deliveries_count
    from (select *, row_number() over (partition by input_set order by name) as place from files) as ranked
    group by input_set

),

-- Files that recorded, changed or took back a disruption.
disruption_files as (

    select
        {{ dbt.listagg('case when place <= ' ~ listed_files ~ ' then name end', "', '", 'order by name') }} as deliveries,
        count(*) as deliveries_count
    from (
        select name, row_number() over (order by name) as place
        from contents
        where delivery_id in (select _delivery_id from disruptions)
    ) as ranked

),

coded as (

    select
        judged.*,
        touching_files.deliveries as touching_deliveries,
        touching_files.deliveries_count as touching_count,
        other_files.deliveries as other_deliveries,
        other_files.deliveries_count as other_count,
        case
            when judged.is_first then 'FIRST'
            when judged.input_set is null or judged.version_before <> judged.version_after then 'DEFINITION'
            when judged.has_run_on then 'RAN_ON'
            when judged.has_same_numbers
                and coalesce(judged.disruptions_before, '') <> coalesce(judged.disruptions_after, '')
                then 'DISRUPTION'
            when touching_files.deliveries_count > 0 then 'DELIVERY'
            when run.has_new_code then 'CODE'
            when run.has_erasures then 'ERASURE'
            when other_files.deliveries_count > 0 then 'OTHER_DAYS'
            else 'RECOMPUTED'
        end as cause_code
    from judged
    cross join run
    left join touching_files
        on judged.input_set = touching_files.input_set
        and judged.period_type = touching_files.period_type
        and judged.period_start = touching_files.period_start
    left join other_files on judged.input_set = other_files.input_set

),

changes as (

    select
        run.generation,
        generation_before.generation as generation_before,
        run.started_at as restated_at,
        coded.kpi_id,
        coded.period_type,
        coded.period_start,
        coded.scope_type,
        coded.scope_code,
        coded.value_before,
        coded.value_after,
        coded.numerator_before,
        coded.numerator_after,
        coded.denominator_before,
        coded.denominator_after,
        coded.quality_state_before,
        coded.quality_state_after,
        coded.value_after - coded.value_before as change,
        coded.cause_code,
        case coded.cause_code
            when 'FIRST' then 'published for the first time'
            when 'RAN_ON' then 'more of the days, or of the exports, that it waited for came'
            when 'DEFINITION' then coalesce(
                'the definition changed from version ' || coded.version_before || ' to ' || coded.version_after,
                'the indicator was withdrawn'
            )
            when 'DISRUPTION' then 'a disruption was recorded, changed or taken back'
            when 'DELIVERY' then 'late or corrected files of its own days'
            when 'CODE' then 'reference data or code changed, and everything was computed anew'
            when 'ERASURE' then 'rows were erased, see quality.erasures'
            when 'OTHER_DAYS' then 'files of other days changed records of these days'
            else 'computed anew, though no file of its exports is new'
        end as cause,
        case coded.cause_code
            when 'DISRUPTION' then disruption_files.deliveries
            when 'DELIVERY' then coded.touching_deliveries
            when 'OTHER_DAYS' then coded.other_deliveries
        end as deliveries,
        cast(
            case coded.cause_code
                when 'DISRUPTION' then disruption_files.deliveries_count
                when 'DELIVERY' then coded.touching_count
                when 'OTHER_DAYS' then coded.other_count
                else 0
            end as bigint
        ) as deliveries_count,
        coded.cause_code not in ('FIRST', 'RAN_ON') as is_restatement
    from coded
    cross join run
    cross join generation_before
    cross join disruption_files

),

final as (

    select * from changes
    {% if is_full_run() %}
    union all
    select * from {{ published_changes }}
    {% endif %}

)

select * from final
