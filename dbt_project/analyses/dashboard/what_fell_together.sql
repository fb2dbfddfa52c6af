-- What went with the weeks in which performance fell.
-- Answers: Q07.
-- Shows: Association, not cause: how each factor moved when 101 or 999 fell, with an interval.
with

final as (
    select performance, factor, grain, falls_count, changes_count, difference, lower_90, upper_90, p_value_adjusted, words, status, reason
    from metrics.factor_associations
)

select * from final order by performance, p_value_adjusted nulls last, factor
