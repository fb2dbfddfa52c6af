{# Every delivered row of an export that counts, and what became of it: 'loaded', 'superseded' or 'duplicate'.

   For each key the row with the newest update stamp stands; without a stamp, and on equal stamps, the newer delivery's; within a
   file the later row's. Of equal rows the earliest is the loaded one, the others are duplicates; rows that differ from the
   standing one are superseded. Only contested keys (more than one row) are judged: the rest pass straight through.

   When tables are carried on, the keys of pending contents are judged again over their whole history; standing elsewhere in the
   table they are replaced (unique key `_key`). Nothing depends on the order of arrival, as ranks are looked up anew. #}

{% macro delivered_rows(export, key, stamp=none, normalised={}) -%}
{%- set columns = landed_columns(export) -%}
{%- set key_csv = key | join(', ') -%}
with

contents as (
    select content_no, delivery_id, business_date, delivery_rank, contract_version, is_pending
    from {{ source('landing', 'contents') }}
    where export = '{{ export }}'
),

{% if is_incremental() %}
pending_rows as (
    select * from {{ landed_rows(export, key, columns, normalised) }} as landed where is_pending
),

candidates as (
    select * from pending_rows
    union all
    select
        {% for column in columns %}earlier.{{ column }}, {% endfor %}
        earlier._content_no, earlier._source_row, contents.delivery_id as _delivery_id, earlier._business_date,
        contents.delivery_rank, contents.contract_version, contents.is_pending, earlier._key
    from {{ this }} as earlier
    inner join contents on earlier._content_no = contents.content_no
    where not contents.is_pending and earlier._key in (select _key from pending_rows)
),
{% set rows = 'candidates' %}
{% else %}
{# The landing store is read once for each purpose, a few columns at a time, and never held in memory as a whole. #}
{% set rows = landed_rows(export, key, columns, normalised) %}
{% endif %}

contested_keys as (
    select _key from {{ rows }} as landed group by _key having count(*) > 1
),

contested as (
    select
        {{ key_csv }},
        {{ packed('_content_no', '_source_row') }} as row_id,
        {{ packed('delivery_rank', '_source_row') }} as delivery_order,
        {{ packed_after_instant(stamp, packed('delivery_rank', '_source_row')) if stamp else packed('delivery_rank', '_source_row') }}
            as standing_order,
        {{ hash_of(columns + ['contract_version']) }} as row_hash
    from {{ rows }} as landed
    where _key in (select _key from contested_keys)
),

standing as (
    select {{ key_csv }}, {{ value_at_max('row_hash', 'standing_order') }} as row_hash
    from contested
    group by {{ key_csv }}
),

loaded as (
    select {{ key_csv }}, row_hash, min(delivery_order) as delivery_order
    from contested
    inner join standing using ({{ key_csv }}, row_hash)
    group by {{ key_csv }}, row_hash
),

verdicts as (
    select
        contested.row_id,
        case
            when contested.row_hash <> loaded.row_hash then 'superseded'
            when contested.delivery_order = loaded.delivery_order then 'loaded'
            else 'duplicate'
        end as outcome
    from contested
    inner join loaded using ({{ key_csv }})
),

final as (
    select
        {% for column in columns %}landed.{{ column }}, {% endfor %}
        landed._content_no, landed._source_row, landed._delivery_id, landed._business_date, landed._key,
        coalesce(verdicts.outcome, 'loaded') as _outcome
    from {{ rows }} as landed
    left join verdicts on {{ packed('landed._content_no', 'landed._source_row') }} = verdicts.row_id
)

select * from final
{%- endmacro %}


{# The rows of an export's counted contents, with their delivery and key. #}
{% macro landed_rows(export, key, columns, normalised) -%}
{%- set key_parts = [] -%}
{%- for part in key -%}
    {%- do key_parts.append('contents.business_date' if part == '_business_date' else normalised.get(part, 'landing.' ~ part)) -%}
{%- endfor -%}
(
    select
        {% for column in columns %}{{ normalised.get(column, 'landing.' ~ column) }} as {{ column }}, {% endfor %}
        landing._content_no, landing._source_row, contents.delivery_id as _delivery_id, contents.business_date as _business_date,
        contents.delivery_rank, contents.contract_version, contents.is_pending,
        {{ hash_of(key_parts) }} as _key
    from {{ source('landing', export) }} as landing
    inner join contents on landing._content_no = contents.content_no
)
{%- endmacro %}


{# The export's own columns: all but provenance. #}
{% macro landed_columns(export) -%}
    {%- if not execute -%}
        {{ return([]) }}
    {%- endif -%}
    {#- By name and not as source(): a unit test puts made-up rows in the source's place, and the columns are the same. -#}
    {%- set database = 'memory' if target.name == 'ducklake' else target.get('database') -%}
    {%- set landed = api.Relation.create(database=database, schema='landing', identifier=export) -%}
    {%- set names = adapter.get_columns_in_relation(landed) | map(attribute='name') -%}
    {{ return(names | reject('in', ['_content_no', '_source_row']) | list) }}
{%- endmacro %}
