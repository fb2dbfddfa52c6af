{# Rows that are walked through one after the other, because what came of one decides the next: recursion, or a fold over the rows
   of a group where an engine has no recursion or none with an aggregate in it. #}


{# The log times of incidents in the doubled hour, event after event: `ordered` has a row per event, numbered by `step`. A recorded
   time that is missing is passed over. Columns incident_key, incident_hash, event_no, event_at, recorded_at. #}
{% macro walked_through_doubled_hour(ordered) -%}
    {{ return(adapter.dispatch('walked_through_doubled_hour', 'control_room')(ordered)) }}
{%- endmacro %}

{% macro default__walked_through_doubled_hour(ordered) -%}
    {%- set event_at = second_pass_if_later('event.event_at', 'event.is_event_at_ambiguous', 'before.event_at') -%}
    {%- set recorded_at = second_pass_if_later('event.recorded_at', 'event.is_recorded_at_ambiguous', 'before.recorded_at') -%}
    select incident_key, incident_hash, resolved.event_no, resolved.event_at, resolved.recorded_at
    from (
        select
            incident_key,
            incident_hash,
            explode(
                aggregate(
                    array_sort(
                        collect_list(
                            named_struct(
                                'step', step, 'event_no', event_no, 'event_at', event_at, 'recorded_at', recorded_at,
                                'is_event_at_ambiguous', is_event_at_ambiguous,
                                'is_recorded_at_ambiguous', is_recorded_at_ambiguous
                            )
                        )
                    ),
                    cast(
                        named_struct('event_at', null, 'recorded_at', null, 'events', array())
                        as struct<
                            event_at: timestamp,
                            recorded_at: timestamp,
                            events: array<struct<event_no: bigint, event_at: timestamp, recorded_at: timestamp>>
                        >
                    ),
                    (before, event) -> cast(
                        named_struct(
                            'event_at', {{ event_at }},
                            'recorded_at', coalesce({{ recorded_at }}, before.recorded_at),
                            'events', concat(
                                before.events,
                                array(named_struct('event_no', event.event_no, 'event_at', {{ event_at }}, 'recorded_at', {{ recorded_at }}))
                            )
                        )
                        as struct<
                            event_at: timestamp,
                            recorded_at: timestamp,
                            events: array<struct<event_no: bigint, event_at: timestamp, recorded_at: timestamp>>
                        >
                    ),
                    walked -> walked.events
                )
            ) as resolved
        from {{ ordered }}
        group by incident_key, incident_hash
    ) as walked_through
{%- endmacro %}

{% macro duckdb__walked_through_doubled_hour(ordered) -%}
    select incident_key, incident_hash, event_no, step, event_at, recorded_at, recorded_at as last_recorded_at
    from {{ ordered }} as ordered
    where step = 1

    union all

    select
        ordered.incident_key,
        ordered.incident_hash,
        ordered.event_no,
        ordered.step,
        {{ second_pass_if_later('ordered.event_at', 'ordered.is_event_at_ambiguous', 'walked.event_at') }} as event_at,
        {{ second_pass_if_later('ordered.recorded_at', 'ordered.is_recorded_at_ambiguous', 'walked.last_recorded_at') }} as recorded_at,
        coalesce(
            {{ second_pass_if_later('ordered.recorded_at', 'ordered.is_recorded_at_ambiguous', 'walked.last_recorded_at') }},
            walked.last_recorded_at
        ) as last_recorded_at
    from walked
    inner join {{ ordered }} as ordered on walked.incident_key = ordered.incident_key and walked.step + 1 = ordered.step
{%- endmacro %}


{# The failings of bookings that name no appointment, one after the other: each ends the last booked that is alive and that none
   before it has ended. `nameless` has a row per failing, numbered by `step`; columns incident_hash, failed_at, booking_place. #}
{% macro walked_through_failings(nameless, bookings) -%}
    {{ return(adapter.dispatch('walked_through_failings', 'control_room')(nameless, bookings)) }}
{%- endmacro %}

{% macro default__walked_through_failings(nameless, bookings) -%}
    select incident_hash, ended.failed_at, ended.booking_place
    from (
        select
            incident_hash,
            explode(
                aggregate(
                    array_sort(collect_list(named_struct('step', step, 'failed_at', effective_at, 'places', alive_places))),
                    cast(array() as array<struct<failed_at: timestamp, booking_place: decimal(38, 0)>>),
                    (ended, failing) -> cast(
                        concat(
                            ended,
                            array(
                                named_struct(
                                    'failed_at', failing.failed_at,
                                    'booking_place', array_max(
                                        array_except(failing.places, transform(ended, one -> one.booking_place))
                                    )
                                )
                            )
                        )
                        as array<struct<failed_at: timestamp, booking_place: decimal(38, 0)>>
                    )
                )
            ) as ended
        from (
            select
                nameless.incident_hash,
                nameless.step,
                nameless.effective_at,
                collect_list(bookings.place) as alive_places
            from {{ nameless }} as nameless
            left join {{ bookings }} as bookings
                on nameless.incident_hash = bookings.incident_hash
                and {{ is_alive_at_failing() }}
            group by nameless.incident_hash, nameless.step, nameless.effective_at
        ) as failings
        group by incident_hash
    ) as walked_through
{%- endmacro %}

{% macro duckdb__walked_through_failings(nameless, bookings) -%}
    select distinct
        incident_hash,
        cast(0 as bigint) as step,
        effective_at as failed_at,
        cast(null as hugeint) as booking_place,
        '' as ended_places
    from {{ nameless }} as nameless
    where step = 1

    union all

    select
        nameless.incident_hash,
        nameless.step,
        nameless.effective_at as failed_at,
        max(bookings.place) as booking_place,
        walked.ended_places || coalesce('|' || cast(max(bookings.place) as varchar) || '|', '') as ended_places
    from walked
    inner join {{ nameless }} as nameless on walked.incident_hash = nameless.incident_hash and walked.step + 1 = nameless.step
    left join {{ bookings }} as bookings
        on nameless.incident_hash = bookings.incident_hash
        and {{ is_alive_at_failing() }}
        and position('|' || cast(bookings.place as varchar) || '|' in walked.ended_places) = 0
    group by nameless.incident_hash, nameless.step, nameless.effective_at, walked.ended_places
{%- endmacro %}

{# Whether a booking stands when a failing is keyed, whatever failings before it ended. #}
{% macro is_alive_at_failing() -%}
    bookings.place < nameless.place
        and (bookings.next_place > nameless.place or bookings.next_place is null)
        and (bookings.closed_place > nameless.place or bookings.closed_place is null)
        and (bookings.attended_at >= nameless.effective_at or bookings.attended_at is null)
        and (bookings.cancelled_at >= nameless.effective_at or bookings.cancelled_at is null)
{%- endmacro %}
