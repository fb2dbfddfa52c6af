-- Where every delivered row went, by export.
-- Answers: Q22.
-- Shows: rows_read = loaded + superseded + duplicate + quarantined + erased: unaccounted_count is 0.
with

final as (
    select
        export, count(*) as files_count, max(business_date) as newest_business_date,
        cast(sum(rows_read) as bigint) as rows_read, cast(sum(rows_loaded) as bigint) as rows_loaded,
        cast(sum(rows_superseded) as bigint) as rows_superseded, cast(sum(rows_duplicate) as bigint) as rows_duplicate,
        cast(sum(rows_quarantined) as bigint) as rows_quarantined, cast(sum(rows_erased) as bigint) as rows_erased,
        cast(sum(rows_read - rows_loaded - rows_superseded - rows_duplicate - rows_quarantined - rows_erased) as bigint)
            as unaccounted_count
    from quality.deliveries
    group by export
)

select * from final order by export
