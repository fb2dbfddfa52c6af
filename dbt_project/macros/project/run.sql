{# What one run does: everything, or only what the pending deliveries touch. #}


{# True when every table is made from nothing. Models that hold one run's work then hold everything. #}
{% macro is_full_run() -%}
    {{ return(flags.FULL_REFRESH) }}
{%- endmacro %}


{# The strategy of every incremental fact: take out the units that this run affects, put their new rows in. A unit that no longer
   has rows goes away, which dbt's own delete+insert would leave behind. The model says which units those are:
   `meta: {affected: <model>, affected_where: <condition>}`; that model has the columns of the unique key. #}
{% macro get_incremental_affected_units_sql(arguments) -%}
    {%- set unit = arguments['unique_key'] -%}
    {%- set unit = unit if unit is string else unit | join(', ') -%}
    {%- set meta = config.get('meta') -%}
    {%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arguments['target_relation'] }}
    where ({{ unit }}) in (
        select {{ unit }} from {{ ref(meta['affected']) }} where {{ meta.get('affected_where', 'true') }}
    );

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}


{# The keys of an export that pending contents bring, of its base model. In a full run there is nothing to narrow down. #}
{% macro touched_keys(base_model, export) -%}
    (
        select _key
        from {{ base_model }}
        where _content_no in (
            select content_no from {{ source('landing', 'contents') }} where export = '{{ export }}' and is_pending
        )
    )
{%- endmacro %}


{# Whether an instant lies between the as-of instant of the generation that is out and the one now: what was not seen and is. #}
{% macro is_passed_by(as_of, instant) -%}
    ({{ instant }} < {{ as_of }}.as_of_at
        and ({{ as_of }}.published_as_of_at is null or {{ instant }} >= {{ as_of }}.published_as_of_at))
{%- endmacro %}
