-- Q22. Can each figure be traced to the export rows behind it, and every export row to where it went?
-- Read: First, per export, where every row went: rows_read = rows_loaded + rows_superseded + rows_duplicate + rows_quarantined + rows_erased, so
--   unaccounted_count is 0; and of the rows that came in (all but those of whole files delivered twice, and those set aside)
--   without_link_count lead to no row of a fact, directly or by quality.row_links. Then, for the newest day of calls_999_within_10s,
--   the calls behind the figure: numerator and denominator counted from the calls themselves beside the indicator's, so difference is
--   0, and how many of them name the delivered file and row they come from.
-- Caveats: The second part traces one figure as an example; any other is traced alike, by the _delivery_id and _source_row of the
--   fact's rows to quality.deliveries. Rows set aside stand in quality.quarantined_rows with their reason.
with

figure as (
    select *
    from metrics.kpi_results
    where kpi_id = 'calls_999_within_10s' and period_type = 'day' and scope_type = 'force' and denominator > 0
    order by period_start desc
    limit 1
),

behind as (
    select calls.wait_seconds, deliveries.delivery_id is not null and calls._source_row is not null as is_traced
    from marts.fct_calls as calls
    inner join figure on calls.offered_date = figure.period_start
    left join quality.deliveries as deliveries on calls._delivery_id = deliveries.delivery_id
    where calls.line = '999' and calls.outcome = 'answered' and calls.wait_seconds is not null
),

linked as (
    select _delivery_id as delivery_id, _source_row as source_row from marts.fct_calls
    union
    select _delivery_id, _source_row from marts.fct_call_segments
    union
    select _delivery_id, _source_row from marts.fct_agent_intervals
    union
    select _delivery_id, _source_row from marts.fct_incidents
    union
    select _delivery_id, _source_row from marts.fct_incident_events
    union
    select _delivery_id, _source_row from marts.fct_resource_statuses
    union
    select _delivery_id, _source_row from marts.fct_diary_appointments
    union
    select _delivery_id, _source_row from marts.fct_digital_contacts
    union
    select _delivery_id, _source_row from marts.fct_workforce
    union
    select _delivery_id, _source_row from marts.fct_recruitment
    union
    select _delivery_id, _source_row from marts.fct_disruptions
    union
    select _delivery_id, _source_row from marts.fct_999_national
    union
    select delivery_id, source_row from quality.row_links
),

links as (
    select delivery_id, count(*) as linked_count from linked group by delivery_id
),

rows_of_exports as (
    select
        '1 rows of the export' as part,
        coalesce(deliveries.export, 'unknown') as what,
        cast(sum(rows_read) as bigint) as rows_read,
        cast(sum(rows_loaded) as bigint) as rows_loaded,
        cast(sum(rows_superseded) as bigint) as rows_superseded,
        cast(sum(rows_duplicate) as bigint) as rows_duplicate,
        cast(sum(rows_quarantined) as bigint) as rows_quarantined,
        cast(sum(rows_erased) as bigint) as rows_erased,
        cast(
            sum(rows_read - rows_loaded - rows_superseded - rows_duplicate - rows_quarantined - rows_erased) as bigint
        ) as unaccounted_count,
        cast(
            sum(case when status in ('LOADED', 'SUPERSEDED') then rows_loaded + rows_superseded + rows_duplicate else 0 end)
            - sum(coalesce(links.linked_count, 0)) as bigint
        ) as without_link_count
    from quality.deliveries as deliveries
    left join links on deliveries.delivery_id = links.delivery_id
    group by deliveries.export
),

traced as (
    select
        count(*) filter (where wait_seconds <= 10) as counted_numerator,
        count(*) as counted_denominator,
        count(*) filter (where is_traced) as traced_count
    from behind
),

final as (
    select
        rows_of_exports.*, null as period_start, null as numerator, null as denominator, null as counted_numerator,
        null as counted_denominator, null as traced_count, null as difference, null as measured_count, null as eligible_count,
        null as quality_state, null as disruption_keys
    from rows_of_exports
    union all
    select
        '2 figure to rows', figure.kpi_id, null, null, null, null, null, null, null, null, figure.period_start, figure.numerator,
        figure.denominator, traced.counted_numerator, traced.counted_denominator, traced.traced_count,
        abs(figure.numerator - traced.counted_numerator) + abs(figure.denominator - traced.counted_denominator),
        figure.measured_count, figure.eligible_count, figure.quality_state, figure.disruption_keys
    from figure
    cross join traced
)

select * from final order by part, what
