-- What the other files share. `local_offset` and `utc_offset` (microseconds ahead of UTC) come from floor.py.

create temp macro to_local(utc) as make_timestamp(epoch_us(utc) + local_offset(utc));
create temp macro to_utc(wall) as make_timestamp(epoch_us(wall) - utc_offset(wall));
create temp macro to_instant(utc) as make_timestamptz(epoch_us(utc));
create temp macro from_instant(instant) as make_timestamp(epoch_us(instant));
create temp macro not_negative(number) as case when number >= 0 then number end;
create temp macro known_sum(number) as case when count(number) = count(*) then sum(number)::bigint end;
create temp macro seconds_between(first, last) as
    case when last >= first then epoch_us(last) // 1000000 - epoch_us(first) // 1000000 end;
create temp macro second_pass_if_later(first_pass, is_ambiguous, previous) as
    if(
        is_ambiguous and first_pass < previous and first_pass + interval 1 hour >= previous,
        first_pass + interval 1 hour,
        first_pass
    );
create temp macro clock_after(previous, clock) as
    previous::date + clock + if(previous::date + clock < previous, interval 1 day, interval 0 day);
create temp table as_of_dates as select system as system_code, max(last_date) as newest_date from files group by system;
create temp macro as_of_date(of_system) as (select newest_date from as_of_dates where system_code = of_system);
create temp macro as_of(of_system) as
    (as_of_date(of_system) + 1)::timestamp at time zone 'Europe/London' at time zone 'UTC';
create temp macro parameter(of_name) as (select value from reference.parameters where parameter = of_name);
create temp macro response_scope_type(without_area, without_urban) as
    case
        when without_area = 0 and without_urban = 0 then 'area_urban'
        when without_area = 0 then 'area'
        when without_urban = 0 then 'urban'
        else 'force'
    end;
create temp macro response_scope_code(without_area, without_urban, area, urban) as
    case
        when without_area = 0 and without_urban = 0 then area || '/' || urban
        when without_area = 0 then area
        when without_urban = 0 then urban
        else 'FORCE'
    end;

-- A list of systems or lines, with any separator and in any case, names one of them by a word that is its code or begins with
-- the code and a low line; a list that is empty names all.
create temp macro touches(listed, code) as
    listed is null or list_bool_or(
        list_transform(
            regexp_split_to_array(upper(listed), '[^A-Z0-9_]+'), word -> word = upper(code) or starts_with(word, upper(code) || '_')
        )
    );
