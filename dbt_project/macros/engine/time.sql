{# Instants, wall clocks and durations. Inside the build an instant is a UTC timestamp without zone; marts publish it with zone. #}


{# The wall clock of the force at a UTC instant. #}
{% macro to_local(instant) -%}
    {{ return(adapter.dispatch('to_local', 'control_room')(instant)) }}
{%- endmacro %}

{% macro default__to_local(instant) -%}
    cast(from_utc_timestamp({{ instant }}, '{{ var("time_zone") }}') as timestamp_ntz)
{%- endmacro %}

{# Offsets are looked up among the clock changes of the zone by halving: a few comparisons instead of the engine's time-zone
   function, which costs eight times as much. #}
{% macro duckdb__to_local(instant) -%}
    make_timestamp(epoch_us({{ instant }}) + {{ offset_us(instant, clock_changes()) }})
{%- endmacro %}

{% macro to_local_date(instant) -%}
    cast({{ to_local(instant) }} as date)
{%- endmacro %}


{# The UTC instant of a wall-clock time; for few rows only (starts and ends of days). #}
{% macro to_utc(local) -%}
    {{ return(adapter.dispatch('to_utc', 'control_room')(local)) }}
{%- endmacro %}

{% macro default__to_utc(local) -%}
    to_utc_timestamp({{ local }}, '{{ var("time_zone") }}')
{%- endmacro %}

{% macro duckdb__to_utc(local) -%}
    timezone('UTC', timezone('{{ var("time_zone") }}', cast({{ local }} as timestamp)))
{%- endmacro %}


{# A UTC timestamp without zone as a timestamp with time zone, for marts. The session's zone is UTC. #}
{% macro to_instant(utc) -%}
    {{ return(adapter.dispatch('to_instant', 'control_room')(utc)) }}
{%- endmacro %}

{% macro default__to_instant(utc) -%}
    cast({{ utc }} as timestamp)
{%- endmacro %}

{% macro duckdb__to_instant(utc) -%}
    make_timestamptz(epoch_us({{ utc }}))
{%- endmacro %}


{# Whole seconds from start to end; null when an end is missing or the order is impossible. #}
{% macro seconds_between(started, ended) -%}
    case when {{ ended }} >= {{ started }} then {{ epoch_seconds(ended) }} - {{ epoch_seconds(started) }} end
{%- endmacro %}

{% macro epoch_seconds(utc) -%}
    {{ return(adapter.dispatch('epoch_seconds', 'control_room')(utc)) }}
{%- endmacro %}

{% macro default__epoch_seconds(utc) -%}
    unix_seconds(cast({{ utc }} as timestamp))
{%- endmacro %}

{% macro duckdb__epoch_seconds(utc) -%}
    (epoch_us({{ utc }}) // 1000000)
{%- endmacro %}

{% macro plus_seconds(utc, seconds) -%}
    {{ return(adapter.dispatch('plus_seconds', 'control_room')(utc, seconds)) }}
{%- endmacro %}

{% macro default__plus_seconds(utc, seconds) -%}
    timestampadd(second, {{ seconds }}, {{ utc }})
{%- endmacro %}

{% macro duckdb__plus_seconds(utc, seconds) -%}
    make_timestamp(epoch_us({{ utc }}) + 1000000 * cast({{ seconds }} as bigint))
{%- endmacro %}

{% macro plus_days(day, days) -%}
    cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}

{% macro first_of_month(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}


{# The number of a day in its week: 1 is Monday, 7 is Sunday. #}
{% macro weekday_number(day) -%}
    {{ return(adapter.dispatch('weekday_number', 'control_room')(day)) }}
{%- endmacro %}

{% macro default__weekday_number(day) -%}
    (pmod(dayofweek({{ day }}) + 5, 7) + 1)
{%- endmacro %}

{% macro duckdb__weekday_number(day) -%}
    extract(isodow from {{ day }})
{%- endmacro %}


{# [[first instant, seconds ahead of UTC], ...] of the force's time zone. A run passes them in (OCC_CLOCK_CHANGES); without, they
   are searched here, month by month, as the time-zone library shows its own table to no template. #}
{% macro clock_changes() -%}
    {%- set given = fromjson(env_var('OCC_CLOCK_CHANGES', '[]')) -%}
    {{ return(given or searched_clock_changes()) }}
{%- endmacro %}

{% macro searched_clock_changes() -%}
    {%- set zone = modules.pytz.timezone(var('time_zone')) -%}
    {%- set start = modules.datetime.datetime(1985, 1, 1) -%}
    {%- set changes = [[start, zone.fromutc(start).utcoffset().total_seconds() | int]] -%}
    {%- for year in range(1985, 2046) -%}
        {%- for month in range(1, 13) -%}
            {%- set next_month = modules.datetime.datetime(year + month // 12, month % 12 + 1, 1) -%}
            {%- set after = zone.fromutc(next_month).utcoffset().total_seconds() | int -%}
            {%- if after != changes[-1][1] -%}
                {%- set bounds = namespace(low=modules.datetime.datetime(year, month, 1), high=next_month) -%}
                {%- for _ in range(40) -%}
                    {%- set middle = (bounds.low + (bounds.high - bounds.low) / 2).replace(microsecond=0) -%}
                    {%- if zone.fromutc(middle).utcoffset().total_seconds() | int == after -%}
                        {%- set bounds.high = middle -%}
                    {%- elif middle > bounds.low -%}
                        {%- set bounds.low = middle -%}
                    {%- endif -%}
                {%- endfor -%}
                {%- do changes.append([bounds.high, after]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(changes) }}
{%- endmacro %}

{% macro offset_us(instant, changes) -%}
    {%- if changes | length == 1 -%}
        {{ changes[0][1] * 1000000 }}
    {%- else -%}
        {%- set middle = (changes | length) // 2 -%}
        case when {{ instant }} < timestamp '{{ changes[middle][0] }}' then {{ offset_us(instant, changes[:middle]) }} else {{ offset_us(instant, changes[middle:]) }} end
    {%- endif -%}
{%- endmacro %}


{# A time in the doubled hour, given as its first pass: the second pass if the first lies before `previous` and the second does
   not. The second pass is an hour later. #}
{% macro second_pass_if_later(first_pass, is_ambiguous, previous) -%}
    case
        when {{ is_ambiguous }} and {{ first_pass }} < {{ previous }} and {{ plus_seconds(first_pass, 3600) }} >= {{ previous }}
            then {{ plus_seconds(first_pass, 3600) }}
        else {{ first_pass }}
    end
{%- endmacro %}


{# How many hours after a first instant the first whole hour at or after an instant lies; 0 for one before it. #}
{% macro hours_until(first, instant) -%}
    {{ return(adapter.dispatch('hours_until', 'control_room')(first, instant)) }}
{%- endmacro %}

{% macro default__hours_until(first, instant) -%}
    case when {{ instant }} <= {{ first }} then cast(0 as bigint) else (unix_micros({{ instant }}) - unix_micros({{ first }}) - 1) div 3600000000 + 1 end
{%- endmacro %}

{% macro duckdb__hours_until(first, instant) -%}
    case when {{ instant }} <= {{ first }} then 0 else (epoch_us({{ instant }}) - epoch_us({{ first }}) - 1) // 3600000000 + 1 end
{%- endmacro %}


{# A time of day written HH:MM:SS, to compare with one of the reference data. Spark has no such type: there it stays text. #}
{% macro time_of_day(text) -%}
    {{ return(adapter.dispatch('time_of_day', 'control_room')(text)) }}
{%- endmacro %}

{% macro default__time_of_day(text) -%}
    ({{ text }})
{%- endmacro %}

{% macro duckdb__time_of_day(text) -%}
    cast({{ text }} as time)
{%- endmacro %}
