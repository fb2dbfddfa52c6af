{# Keys and hashes. A hash only ever narrows a search or joins within one build; published keys are natural or made of text. #}


{# One integer for several values: joins and groups on it cost half of what text does. #}
{% macro hash_of(expressions) -%}
    {{ return(adapter.dispatch('hash_of', 'control_room')(expressions)) }}
{%- endmacro %}

{% macro default__hash_of(expressions) -%}
    xxhash64({{ expressions | join(', ') }})
{%- endmacro %}

{% macro duckdb__hash_of(expressions) -%}
    hash({{ expressions | join(', ') }})
{%- endmacro %}


{# A number divided by another, both whole and not negative, and the result whole. #}
{% macro whole_quotient(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient', 'control_room')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%}
    (({{ dividend }}) div ({{ divisor }}))
{%- endmacro %}

{% macro duckdb__whole_quotient(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{# The two numbers of a packed one. #}
{% macro first_of_packed(number) -%}
    {{ whole_quotient(number, 4294967296) }}
{%- endmacro %}

{% macro second_of_packed(number) -%}
    ({{ number }} % 4294967296)
{%- endmacro %}


{# A date as YYYYMMDD. #}
{% macro date_digits(day) -%}
    {{ return(adapter.dispatch('date_digits', 'control_room')(day)) }}
{%- endmacro %}

{% macro default__date_digits(day) -%}
    date_format({{ day }}, 'yyyyMMdd')
{%- endmacro %}

{% macro duckdb__date_digits(day) -%}
    strftime({{ day }}, '%Y%m%d')
{%- endmacro %}


{# Text filled with zeros on the left to a width; longer text stays whole. #}
{% macro zero_filled(text, width) -%}
    case when length({{ text }}) < {{ width }} then lpad({{ text }}, {{ width }}, '0') else {{ text }} end
{%- endmacro %}


{# One number that orders by a first number, then by a second one below 2^32. #}
{% macro packed(first, second) -%}
    (cast({{ first }} as bigint) * 4294967296 + cast({{ second }} as bigint))
{%- endmacro %}

{# One number that orders by an instant (nulls first), then by a packed number. #}
{% macro packed_after_instant(utc, number) -%}
    {{ return(adapter.dispatch('packed_after_instant', 'control_room')(utc, number)) }}
{%- endmacro %}

{% macro default__packed_after_instant(utc, number) -%}
    (cast(coalesce(unix_micros({{ utc }}), -9223372036854775807) as decimal(38, 0)) * 9223372036854775808 + {{ number }})
{%- endmacro %}

{# A lake keeps tables as Parquet, which has no whole numbers of 128 bits and would round them. #}
{% macro duckdb__packed_after_instant(utc, number) -%}
    {%- set whole = '(cast(coalesce(epoch_us(' ~ utc ~ '), -9223372036854775807) as hugeint) * 9223372036854775808 + ' ~ number ~ ')' -%}
    {{ 'cast(' ~ whole ~ ' as decimal(38, 0))' if target.name == 'ducklake' else whole }}
{%- endmacro %}


{# The greatest number that can follow an instant in `packed_after_instant`. #}
{% macro last_number() -%}
    9223372036854775806
{%- endmacro %}


{# The date that eight digits YYYYMMDD write; null where they write none. #}
{% macro date_of_digits(text) -%}
    {{ return(adapter.dispatch('date_of_digits', 'control_room')(text)) }}
{%- endmacro %}

{% macro default__date_of_digits(text) -%}
    cast(try_to_timestamp({{ text }}, 'yyyyMMdd') as date)
{%- endmacro %}

{% macro duckdb__date_of_digits(text) -%}
    cast(try_strptime({{ text }}, '%Y%m%d') as date)
{%- endmacro %}


{# The natural key of a call: its day's digits and its CALL_ID. #}
{% macro call_key(call_date, call_id) -%}
    {{ date_digits(call_date) }} || '-' || {{ call_id }}
{%- endmacro %}


{# The natural key of an incident of the system before SAAB Safe. #}
{% macro legacy_key(incident_date, incident_no) -%}
    'LEGACY-' || {{ date_digits(incident_date) }} || '-' || {{ incident_no }}
{%- endmacro %}
