with

erasures as (
    select * from {{ source('landing', 'erasures') }}
),

final as (
    select
        erasure_id,
        erased_at,
        erased_by,
        kind,
        subject_digest,
        reason,
        cast(rows_erased as bigint) as rows_erased,
        rows_by_export,
        cast(mentions_masked as bigint) as mentions_masked,
        cast(rows_held as bigint) as rows_held,
        kept_from
    from erasures
)

select * from final
