with

system_versions as (
    select * from {{ ref('system_versions') }}
),

final as (
    select
        code as system_version,
        label as system_version_label,
        system,
        export,
        contract_version,
        live_from as valid_from,
        live_to as valid_to,
        source
    from system_versions
)

select * from final
