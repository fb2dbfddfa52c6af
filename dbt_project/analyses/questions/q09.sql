-- Q09. What are emergency (grade 1) response times, by area, urban and rural, month: median, 90th percentile, share within target; for
--   how many attended incidents could it be measured; and how, since the incident export lost the figure?
-- Read: Seconds from creation to the first resource at scene, of attended grade 1 incidents of the month. measured_count of
--   eligible_count attended incidents have a valid at-scene time; of these from_incident_export_count, from_resource_status_count and
--   from_legacy_export_count say where it comes from. The share within target is within_numerator / within_denominator. scope
--   area_urban is area / Y (urban) or N (rural).
-- Caveats: Version 5 of the incident export has no at-scene time: there it is won back from the status that officers press on their
--   radio, which can be missing or late; so before and after version 6 are not quite the same measure (Q20). Targets are a working
--   assumption where the reference data say so. A median of few incidents moves much: mind measured_count.
with

figures as (
    select *
    from metrics.kpi_results
    where period_type = 'month' and scope_type in ('force', 'area', 'urban', 'area_urban')
        and kpi_id in ('response_grade1_median', 'response_grade1_p90', 'response_grade1_within_target')
        and (getvariable('area') is null or scope_code = getvariable('area') or scope_code like getvariable('area') || '/%')
        and (getvariable('month') is null or period_start = cast(getvariable('month') as date))
),

sources as (
    select
        dates.month_start_date,
        case grouping(area_code, is_urban) when 0 then 'area_urban' when 1 then 'area' when 2 then 'urban' else 'force' end as scope_type,
        case grouping(area_code, is_urban)
            when 0 then area_code || '/' || urban_code
            when 1 then area_code
            when 2 then urban_code
            else 'FORCE'
        end as scope_code,
        count(*) filter (where at_scene_source = 'incident_export') as from_incident_export_count,
        count(*) filter (where at_scene_source = 'resource_status') as from_resource_status_count,
        count(*) filter (where at_scene_source = 'legacy_export') as from_legacy_export_count
    from (select *, case when is_urban then 'Y' else 'N' end as urban_code from marts.fct_incidents) as incidents
    inner join marts.dim_dates as dates on incidents.created_date = dates.local_date
    where is_attended and not is_duplicate and not is_back_record and grade_final = '1' and first_at_scene_at is not null
    group by grouping sets (
        (dates.month_start_date), (dates.month_start_date, area_code), (dates.month_start_date, is_urban, urban_code),
        (dates.month_start_date, area_code, is_urban, urban_code)
    )
),

final as (
    select
        medians.period_start as month_start,
        medians.scope_type,
        medians.scope_code,
        medians.value as median_seconds,
        p90.value as p90_seconds,
        within.numerator as within_numerator,
        within.denominator as within_denominator,
        within.value as within_ratio,
        medians.measured_count,
        medians.eligible_count,
        coalesce(sources.from_incident_export_count, 0) as from_incident_export_count,
        coalesce(sources.from_resource_status_count, 0) as from_resource_status_count,
        coalesce(sources.from_legacy_export_count, 0) as from_legacy_export_count,
        medians.quality_state,
        medians.disruption_keys,
        medians.value_excluding_disruptions as median_seconds_excluding_disruptions
    from (select * from figures where kpi_id = 'response_grade1_median') as medians
    left join (select * from figures where kpi_id = 'response_grade1_p90') as p90
        using (period_start, scope_type, scope_code)
    left join (select * from figures where kpi_id = 'response_grade1_within_target') as within
        using (period_start, scope_type, scope_code)
    left join sources
        on medians.period_start = sources.month_start_date
        and medians.scope_type = sources.scope_type
        and medians.scope_code = sources.scope_code
)

select * from final
order by month_start desc, list_position(['force', 'area', 'urban', 'area_urban'], scope_type), scope_code
