-- Each rule as it stands: its newest judgement, the one of a week before, since when it fails, and what a reviewer said of it.

with

rules as (
    select * from {{ source('quality', 'rules') }}
),

results as (
    select * from {{ source('quality', 'rule_results') }}
),

judgements as (
    select * from {{ ref('quality_judgements') }}
),

reviews as (
    select * from {{ source('quality', 'reviews') }} where standing in ('IN_FORCE', 'EXPIRED')
),

newest_run as (
    select max(generation) as generation from results
),

in_run as (
    select results.rule_id, results.status, results.reason
    from results
    inner join newest_run on results.generation = newest_run.generation
),

ranked as (
    select *, row_number() over (partition by rule_id order by generation desc) as place
    from judgements
),

standing as (
    select * from ranked where place = 1
),

week_before as (
    select ranked.rule_id, max(ranked.generation) as generation
    from ranked
    inner join standing on ranked.rule_id = standing.rule_id
    where ranked.place > 1 and ranked.judged_date <= {{ plus_days('standing.judged_date', -7) }}
    group by ranked.rule_id
),

before as (
    select judgements.*
    from judgements
    inner join week_before on judgements.rule_id = week_before.rule_id and judgements.generation = week_before.generation
),

last_passes as (
    select rule_id, max(generation) as generation
    from judgements
    where status = 'PASS'
    group by rule_id
),

failing_since as (
    select judgements.rule_id, min(judgements.generation) as generation
    from judgements
    left join last_passes on judgements.rule_id = last_passes.rule_id
    where judgements.status <> 'PASS' and (last_passes.generation is null or judgements.generation > last_passes.generation)
    group by judgements.rule_id
),

since as (
    select judgements.rule_id, judgements.generation, judgements.judged_date
    from judgements
    inner join failing_since on judgements.rule_id = failing_since.rule_id and judgements.generation = failing_since.generation
),

-- What the reviewer saw: the newest judgement there was when the review was taken.
seen_at as (
    select reviews.rule_id, max(judgements.generation) as generation
    from reviews
    inner join judgements on reviews.rule_id = judgements.rule_id and judgements.generation <= reviews.seen_generation
    group by reviews.rule_id
),

seen as (
    select judgements.*
    from judgements
    inner join seen_at on judgements.rule_id = seen_at.rule_id and judgements.generation = seen_at.generation
),

joined as (
    select
        rules.rule_id,
        rules.sentence,
        rules.dimension,
        rules.system,
        rules.table_name,
        rules.severity,
        rules.owner,
        rules.threshold,
        rules.threshold_reason,
        rules.expectation,
        rules.indicators,
        rules.is_blocking,
        rules.scope,
        standing.status,
        coalesce(standing.gravity > 0, false) as is_failing,
        standing.checked_count,
        standing.failed_count,
        standing.failed_ratio,
        standing.judged_date as business_date,
        standing.generation,
        in_run.status as status_in_run,
        in_run.reason,
        before.status as status_before,
        before.failed_count as failed_count_before,
        before.failed_ratio as failed_ratio_before,
        before.judged_date as business_date_before,
        before.generation as generation_before,
        case
            when standing.rule_id is null then 'NONE'
            when before.rule_id is null then 'FIRST'
            when standing.gravity = 0 and before.gravity = 0 then 'NONE'
            when before.gravity = 0 then 'NEW'
            when standing.gravity = 0 then 'MENDED'
            when standing.gravity > before.gravity then 'WORSE'
            when standing.gravity < before.gravity then 'BETTER'
            -- A tenth up or down is how many rows came, not how good they are.
            when standing.failed_ratio > before.failed_ratio * 1.1 then 'WORSE'
            when standing.failed_ratio * 1.1 < before.failed_ratio then 'BETTER'
            else 'SAME'
        end as change,
        since.generation as since,
        since.judged_date as since_date,
        reviews.review_id,
        reviews.state as review_state,
        reviews.reviewer,
        reviews.reason as review_reason,
        reviews.reviewed_on,
        reviews.expires_on as review_expires_on,
        reviews.is_in_force as review_is_in_force,
        case
            when reviews.rule_id is null or coalesce(standing.gravity, 0) = 0 then null
            when not reviews.is_in_force then 'EXPIRED'
            when reviews.state = 'fixed' and standing.generation > reviews.seen_generation then 'FAILED_AGAIN'
            when standing.gravity > coalesce(seen.gravity, 0) then 'GRAVER'
            when standing.failed_ratio > 2 * seen.failed_ratio and standing.failed_count > seen.failed_count then 'GREW'
        end as reopened_because
    from rules
    left join standing on rules.rule_id = standing.rule_id
    left join in_run on rules.rule_id = in_run.rule_id
    left join before on rules.rule_id = before.rule_id
    left join since on rules.rule_id = since.rule_id
    left join reviews on rules.rule_id = reviews.rule_id
    left join seen on rules.rule_id = seen.rule_id
),

final as (
    select
        *,
        is_failing and (review_id is null or reopened_because is not null) as is_open
    from joined
)

select * from final
