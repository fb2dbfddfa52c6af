{# Which version of a system its files came from. #}


{# Content number and system version of an export's contents, from the models' own CTEs `contents` and `system_versions` (of that
   export): the version that the contract is of; a contract that the reference data do not name yet is of the version live on the day. #}
{% macro system_version_of_contents(export) -%}
    select
        contents.content_no,
        coalesce(max(named.code), max(live.code), 'UNKNOWN') as system_version
    from contents
    left join system_versions as named on contents.contract_version = named.contract_version
    left join system_versions as live
        on contents.business_date >= live.live_from
        and (contents.business_date < live.live_to or live.live_to is null)
    where contents.export = '{{ export }}'
    group by contents.content_no
{%- endmacro %}
